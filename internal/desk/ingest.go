package desk

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"backchannel/internal/convey"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// segKey names a received segment.
type segKey struct {
	line   uint32
	class  line.Class
	run    uint32
	number uint32
}

func (k segKey) stored() (string, uint8, uint64) {
	return lineKey(k.line), uint8(k.class), uint64(k.run)<<32 | uint64(k.number)
}

// restoreParts brings back what was half received.
func (p *post) restoreParts(lines []line.Status) error {
	for _, st := range lines {
		for c := range line.Class(line.Classes) {
			b, err := p.d.vault.Meta(markName(st.Line, c))
			if err != nil {
				continue // nothing came yet
			}
			var m line.Mark
			if err := wire.DecodeOwn(b, &m); err != nil {
				return err
			}
			p.asm.Restore(m)
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
		p.asm.Add(r) // completes nothing: what was complete was taken out with its frame
		p.waiting[segKey{r.Line, r.Class, r.Run, r.Number}] = true
	}
	return nil
}

func markName(n uint32, c line.Class) string { return fmt.Sprintf("%s%d/%d", metaMark, n, c) }

// batch is what one ingest puts into the journal, in one transaction. Doing it
// again after a crash gives the same: the marks are stored with the entries
// that they stand behind.
type batch struct {
	items  []record.Item
	frames []line.Frame
	acked  []line.Queued
	marks  map[string]line.Mark
	keep   map[segKey][]byte // segments of frames that are not whole yet
	drop   []segKey
	cursor uint64

	compares map[record.Name]comparing

	queue []vault.Frame // to be sent: standings, and what is sent again
	stood bool          // a standing was asked for
	skip  []skipped
	tick  uint64 // of the deck
}

// ingest moves what the ring holds into the journal, and takes acknowledged
// frames out of the outbox.
func (d *Desk) ingest() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.post
	b := batch{marks: map[string]line.Mark{}, keep: map[segKey][]byte{}, compares: map[record.Name]comparing{}, cursor: d.vault.Cursor()}
	if err := p.read(&b); err != nil {
		return err
	}
	p.mu.Lock()
	b.acked = p.acked
	live := map[uint32]record.Name{}
	if p.deck != nil {
		b.tick = p.deck.Tick()
		for _, st := range p.deck.Lines() {
			live[st.Line] = p.peers[st.Line].Name
		}
	}
	p.mu.Unlock()
	now := max(d.now(), d.last)
	d.expireCompares(&b, now)
	if p.deck != nil {
		d.sayStandings(&b, live)
		d.takeNotes(&b, now)
	}
	if b.cursor == d.vault.Cursor() && len(b.acked) == 0 && len(b.compares) == 0 && !b.stood && len(b.items) == 0 {
		d.workOn()
		return nil
	}
	d.takeIn(&b, live, now)
	d.markReceived(&b, live, now)
	if err := d.store(b.items, func(tx *vault.Tx) error { return b.write(tx, d) }); err != nil {
		// The ring still holds the rows; the assembler must see them again.
		return p.reread(err)
	}
	p.mu.Lock()
	p.acked = p.acked[len(b.acked):]
	p.mu.Unlock()
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
func (p *post) read(b *batch) error {
	most := b.cursor + ingestRows
	err := p.store.Rows(b.cursor, func(index uint64, raw []byte) error {
		if index >= most {
			return errEnoughRows
		}
		b.cursor = index + 1
		r, err := line.DecodeRow(raw)
		if err != nil {
			return err
		}
		if !r.Real {
			return nil
		}
		k := segKey{r.Line, r.Class, r.Run, r.Number}
		b.keep[k] = slices.Clone(raw)
		frames, m, bad := p.asm.Add(r)
		b.frames = append(b.frames, frames...)
		b.marks[markName(r.Line, r.Class)] = m
		if bad > 0 {
			p.opt.Log.Warn("frames that do not verify were left out", "count", bad)
		}
		b.settle(p, m)
		return nil
	})
	if err == errEnoughRows {
		err = nil
	}
	return err
}

// settle drops the segments that a mark stands behind.
func (b *batch) settle(p *post, m line.Mark) {
	done := func(k segKey) bool {
		return k.line == m.Line && k.class == m.Class && (k.run < m.Run || k.run == m.Run && k.number < m.Next)
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
	p.asm = line.NewAssembler()
	p.waiting = map[segKey]bool{}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.restoreParts(p.deck.Lines()); err != nil {
		return err
	}
	return cause
}

// takeIn turns frames into items.
func (d *Desk) takeIn(b *batch, live map[uint32]record.Name, now record.Instant) {
	seen := map[keys.ID]bool{}
	for _, f := range b.frames {
		peer := live[f.Line]
		if peer == "" {
			continue // the line was hung up meanwhile
		}
		if f.Class == line.Control {
			if s, ok := convey.DecodeStanding(f.Bytes); ok {
				d.takeStanding(b, peer, s, now)
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
func (d *Desk) markReceived(b *batch, live map[uint32]record.Name, now record.Instant) {
	for _, q := range b.acked {
		peer := live[q.Line]
		if peer == "" || q.Class == line.Control || convey.IsAgain(q.Bytes) {
			continue
		}
		entries, err := convey.Contents(d.codec, q.Bytes)
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
	for _, q := range b.acked {
		if err := tx.Unqueue(lineKey(q.Line), uint8(q.Class), q.Number); err != nil {
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
	return tx.SetCursor(b.cursor)
}
