package desk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// segKey names a received segment.
type segKey struct {
	line   lineID
	class  line.Class
	run    uint32
	number uint32
}

func (k segKey) stored() (string, uint8, uint64) {
	return lineKey(k.line), uint8(k.class), uint64(k.run)<<32 | uint64(k.number)
}

// restoreParts brings back what was half received.
func (p *post) restoreParts(lines []lineID) error {
	for _, id := range lines {
		for class := range line.Class(line.Classes) {
			b, err := p.d.vault.Meta(markName(id, class))
			if err != nil {
				continue // nothing came yet
			}
			var m line.Mark
			if err := wire.DecodeOwn(b, &m); err != nil {
				return err
			}
			p.clock(id).asm.Restore(m)
			p.last[stream{id, class}] = m.Last
		}
	}
	parts, err := p.d.vault.Segments()
	if err != nil {
		return err
	}
	for _, g := range parts {
		r, err := line.DecodeRow(g.Bytes)
		if err != nil {
			return err
		}
		k, err := keyOf(vault.Frame{Line: g.Line})
		if err != nil || k.line.clock() >= len(p.clocks) {
			return errors.Join(err, fault.New(fault.Corrupt, "desk.segments", "run `backchannel verify`", "a part of a frame belongs to no line"))
		}
		p.clock(k.line).asm.Add(r) // completes nothing: what was complete was taken out with its frame
		p.waiting[segKey{k.line, r.Class, r.Run, r.Number}] = true
	}
	return nil
}

func markName(n lineID, c line.Class) string { return fmt.Sprintf("%s%d/%d", metaMark, n, c) }

// arrived is a frame that came whole.
type arrived struct {
	line lineID
	line.Frame
}

// batch is what one ingest puts into the journal, in one transaction. Doing it
// again after a crash gives the same: the marks are stored with the entries
// that they stand behind.
type batch struct {
	items   []record.Item
	frames  []arrived
	acked   []sent
	marks   map[string]line.Mark
	keep    map[segKey][]byte // segments of frames that are not whole yet
	drop    []segKey
	twins   []sent            // frames that arrived over the other of two lines
	begun   []begunWire       // those of them that go on to their end; nil if nothing changes
	peers   map[lineID]peer   // as they will be; nil if nothing changes
	last    map[stream]uint64 // the last frame that came whole
	upto    []uint64          // of each clock: what of its ring is read
	cursors []uint64          // of each clock: what is ingested with this

	compares map[record.Name]comparing

	queue []vault.Frame // to be sent: standings, and what is sent again
	stood bool          // a standing was asked for
	skip  []skipped
	tick  uint64 // of all decks together
}

// ingest moves what the rings hold into the journal, and takes acknowledged
// frames out of the outbox.
func (d *Desk) ingest() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.takeRings()
}

// takeRings is ingest. The caller holds mu.
func (d *Desk) takeRings() error {
	p := d.post
	if err := d.mirror(); err != nil {
		return err
	}
	b := batch{marks: map[string]line.Mark{}, last: map[stream]uint64{}, keep: map[segKey][]byte{}, compares: map[record.Name]comparing{}}
	p.mu.Lock()
	clocks := p.clocks
	b.acked = p.acked
	live := map[lineID]record.Name{}
	p.each(func(c *clock, st line.Status) { live[c.id(st.Line)] = p.peers[c.id(st.Line)].Name })
	for _, c := range clocks {
		b.tick += c.deck.Tick()
		b.upto = append(b.upto, c.store.Next())
		b.cursors = append(b.cursors, d.vault.CursorOf(c.index))
	}
	unnoted := maps.Clone(p.begun)
	b.twins = p.withdraw(b.acked, live)
	b.begun = p.begunList(b.acked)
	p.mu.Unlock()
	moved := false
	for i, c := range clocks {
		from := b.cursors[i]
		if err := c.read(&b); err != nil {
			return err
		}
		moved = moved || b.cursors[i] != from
	}
	now := max(d.now(), d.last)
	d.expireCompares(&b, now)
	if len(clocks) > 0 {
		d.sayStandings(&b, live)
		d.takeNotes(&b, now)
	}
	if !moved && len(b.acked) == 0 && len(b.compares) == 0 && !b.stood && len(b.items) == 0 {
		d.workOn()
		return nil
	}
	p.firstCopies(&b)
	d.takeIn(&b, live, now)
	d.markReceived(&b, live, now)
	if err := d.store(b.items, func(tx *vault.Tx) error { return b.write(tx, d) }); err != nil {
		// The rings still hold the rows; the assemblers must see them again.
		p.mu.Lock()
		for _, q := range b.twins {
			p.unacked[q.outKey] = q.bytes
		}
		for k, b := range p.begun {
			if _, before := unnoted[k]; !before {
				p.unacked[k] = b
				delete(p.begun, k)
			}
		}
		p.mu.Unlock()
		return p.reread(err)
	}
	p.mu.Lock()
	p.acked = p.acked[len(b.acked):]
	if b.peers != nil {
		p.peers = b.peers
	}
	p.mu.Unlock()
	maps.Copy(p.last, b.last)
	d.comparesTaken(&b)
	d.skipNow(&b)
	p.queued(b.queue)
	for k := range b.keep {
		p.waiting[k] = true
	}
	for _, k := range b.drop {
		delete(p.waiting, k)
	}
	return nil
}

// read feeds the assembler with the rows that were not ingested yet.
func (c *clock) read(b *batch) error {
	most := min(b.upto[c.index], b.cursors[c.index]+ingestRows) // what came since is for the next ingest
	err := c.store.Rows(b.cursors[c.index], func(index uint64, raw []byte) error {
		if index >= most {
			return errEnoughRows
		}
		b.cursors[c.index] = index + 1
		r, err := line.DecodeRow(raw)
		if err != nil {
			return err
		}
		if !r.Real {
			return nil
		}
		id := c.id(r.Line)
		b.keep[segKey{id, r.Class, r.Run, r.Number}] = slices.Clone(raw)
		frames, m, bad := c.asm.Add(r)
		for _, f := range frames {
			b.frames = append(b.frames, arrived{id, f})
		}
		b.marks[markName(id, r.Class)], b.last[stream{id, r.Class}] = m, m.Last
		if bad > 0 {
			c.p.opt.Log.Warn("frames that do not verify were left out", "count", bad)
		}
		b.settle(c.p, id, m)
		return nil
	})
	if err == errEnoughRows {
		err = nil
	}
	return err
}

// settle drops the segments that a mark stands behind.
func (b *batch) settle(p *post, id lineID, m line.Mark) {
	done := func(k segKey) bool {
		return k.line == id && k.class == m.Class && (k.run < m.Run || k.run == m.Run && k.number < m.Next)
	}
	maps.DeleteFunc(b.keep, func(k segKey, _ []byte) bool { return done(k) })
	for k := range p.waiting {
		if done(k) && !slices.Contains(b.drop, k) {
			b.drop = append(b.drop, k)
		}
	}
}

// reread starts the assembler again from what is stored, after a failure.
func (p *post) reread(cause error) error {
	p.waiting = map[segKey]bool{}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clocks {
		c.asm = line.NewAssembler()
	}
	if err := p.restoreParts(p.lineIDs()); err != nil {
		return err
	}
	return cause
}

// takeIn turns frames into items.
func (d *Desk) takeIn(b *batch, live map[lineID]record.Name, now record.Instant) {
	seen := map[keys.ID]bool{}
	for _, f := range b.frames {
		peer := live[f.line]
		if peer == "" {
			continue // the line was hung up meanwhile
		}
		if f.Class == line.Control {
			if s, ok := convey.DecodeStanding(f.Bytes); ok {
				d.takeStanding(b, peer, s, now)
			} else if w, ok := decodeBond(f.Bytes); ok {
				d.takeBond(b, peer, w)
			} else {
				d.takeCompare(b, peer, f.Bytes, now)
			}
			continue
		}
		c := d.context(now)
		t, err := convey.Receive(c, d.codec, peer, f.Bytes)
		if err != nil {
			t.Refused = append(t.Refused, fmt.Sprintf("A parcel from %s was not taken in: %v.", peer, err))
		}
		for _, it := range t.Items {
			if !seen[it.ID] {
				seen[it.ID] = true
				b.items = append(b.items, it)
			}
		}
		if len(t.Refused) > 0 {
			const most = 20 // a hostile desk must not fill the record with its refusals
			note := record.Note{Text: strings.Join(t.Refused[:min(most, len(t.Refused))], "\n")}
			b.items = append(b.items, d.logged(note, now))
		}
	}
}

// logged gives an item that the desk itself writes.
func (d *Desk) logged(body record.Body, now record.Instant) record.Item {
	e := record.Entry{ID: newID(), By: d.record.Keeper(), At: now, Body: body}
	return record.Item{Entry: e, Known: now, Came: record.ByHand()}
}

// markReceived logs that what was acknowledged has been received: the other
// desk has it on disk.
func (d *Desk) markReceived(b *batch, live map[lineID]record.Name, now record.Instant) {
	type copied struct {
		peer   record.Name
		class  line.Class
		number uint64
	}
	seen := map[copied]bool{} // over two lines the other desk may have got it twice
	for _, q := range b.acked {
		peer := live[q.line]
		again := seen[copied{peer, q.class, q.number}]
		seen[copied{peer, q.class, q.number}] = true
		if peer == "" || again || q.noted || q.class == line.Control || convey.IsAgain(q.bytes) {
			continue
		}
		entries, err := convey.Contents(d.codec, q.bytes)
		if err != nil {
			panic(err) // a frame that this desk made and the vault authenticated
		}
		for _, e := range entries {
			switch e.Body.(type) {
			case record.Person, record.Party, record.Conveyance:
				continue // introductions and receipts have no receipts of their own
			}
			b.items = append(b.items, d.logged(record.Conveyance{Of: e.ID, To: peer, Step: record.Received}, now))
		}
	}
}

func (b *batch) write(tx *vault.Tx, d *Desk) error {
	for _, q := range slices.Concat(b.acked, b.twins) {
		if err := tx.Unqueue(lineKey(q.line), uint8(q.class), q.number); err != nil {
			return err
		}
	}
	if b.begun != nil {
		raw, err := wire.Encode(b.begun)
		if err == nil {
			err = tx.SetMeta(metaBegun, raw)
		}
		if err != nil {
			return err
		}
	}
	if b.peers != nil {
		if err := putPeers(tx, b.peers); err != nil {
			return err
		}
	}
	for name, m := range b.marks {
		raw, err := wire.Encode(m)
		if err != nil {
			return err
		}
		if err := tx.SetMeta(name, raw); err != nil {
			return err
		}
	}
	for k, raw := range b.keep {
		l, c, n := k.stored()
		if err := tx.PutSegment(vault.Segment{Line: l, Class: c, Number: n, Bytes: raw}); err != nil {
			return err
		}
	}
	for _, k := range b.drop {
		l, c, n := k.stored()
		if err := tx.DropSegments(l, c, n); err != nil {
			return err
		}
	}
	for peer, c := range b.compares {
		if err := c.write(tx, peer); err != nil {
			return err
		}
	}
	for _, f := range b.queue {
		if err := tx.Queue(f); err != nil {
			return err
		}
	}
	if err := b.writeSkipped(tx, d); err != nil {
		return err
	}
	for i, n := range b.cursors {
		if err := tx.SetCursorOf(i, n); err != nil {
			return err
		}
	}
	return nil
}
