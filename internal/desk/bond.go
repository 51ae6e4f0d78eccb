package desk

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// A bond is two lines to one person over two relays: decision 0102. The first
// is the one that the two people opened; the second is set up over it, once they
// have compared words, by frames of the class of control. To the line protocol
// they are two lines like any others. Whatever goes over the first goes over the
// second too, under the same number; whoever receives takes the first copy.

// bondLife is how long a second line may take to open before it is tried anew.
const bondLife = 2 * time.Hour

// Bounds on what another desk says.
const (
	maxRelays = 4
	maxBond   = 8 << 10
)

// bondWire is what two desks say to each other about a second line.
type bondWire struct {
	Version int      `cbor:"1,keyasint"`
	Relays  [][]byte `cbor:"30,keyasint"`           // where this desk is a member: line.Relay.ID
	Invite  []byte   `cbor:"31,keyasint,omitempty"` // for a second line at one of them
	Again   bool     `cbor:"32,keyasint,omitempty"` // this desk has dropped its second line: make another
}

const bondVersion = 1

// decodeBond reads a foreign frame, and reports whether it is about a bond.
func decodeBond(frame []byte) (w bondWire, ok bool) {
	if err := wire.Decode(frame, maxBond, &w); err != nil || w.Version != bondVersion || len(w.Relays) > maxRelays {
		return bondWire{}, false
	}
	for _, id := range w.Relays {
		if len(id) != 32 {
			return bondWire{}, false
		}
	}
	return w, true
}

// stream is one class of one line.
type stream struct {
	line  lineID
	class line.Class
}

// relayID is what line.Relay.ID gives for the clock's cohort. The caller holds
// mu.
func (c *clock) relayID() []byte {
	addr, err := relay.ParseAddress(c.member.Address)
	if err != nil {
		return nil // it was parsed when the desk enrolled
	}
	id := relayOf(c.member, addr).ID()
	return id[:]
}

// seconds gives the second lines to a first that pick takes. The caller holds
// mu.
func (p *post) seconds(first lineID, pick func(found) bool) (out []found) {
	if len(p.clocks) < 2 {
		return nil
	}
	p.each(func(c *clock, st line.Status) {
		l := found{c, st, p.peers[c.id(st.Line)]}
		if l.q.Bond == first && pick(l) {
			out = append(out, l)
		}
	})
	return out
}

func mirrored(l found) bool { return l.q.Mirrored && l.st.Phase == line.PhaseOpen }

func whatever(found) bool { return true }

// together gives the first line and the second ones that a line belongs to. The
// caller holds mu.
func (p *post) together(n lineID) []lineID {
	first := n
	if q := p.peers[n]; q.Bond != 0 {
		first = q.Bond
	}
	out := []lineID{first}
	for id, q := range p.peers {
		if q.Bond == first {
			out = append(out, id)
		}
	}
	return out
}

// withdraw takes off the other decks what was acknowledged over one line, and
// gives the frames that need sending no more. One that was begun goes on to its
// end all the same, and stays in the outbox until then: the deck knows its
// segments by their numbers alone, and after a restart the next frame would take
// their place. The caller holds mu.
func (p *post) withdraw(acked []sent, live map[lineID]record.Name) (twins []sent) {
	for _, q := range acked {
		if q.noted || live[q.line] == "" {
			continue // it was withdrawn then; or nobody acknowledged it: its line is gone
		}
		for _, id := range p.together(q.line) {
			k := outKey{id, q.class, q.number}
			b, waits := p.unacked[k]
			if !waits || id == q.line {
				continue
			}
			gone := p.clock(id).withdraw(k)
			if delete(p.unacked, k); gone { // so that it is not noted as received twice
				twins = append(twins, sent{k, b, true})
			} else {
				p.begun[k] = b
			}
		}
	}
	return twins
}

// metaBegun names the frames of the outbox that are noted as received.
const metaBegun = "lines-begun"

// begunWire is one of them.
type begunWire struct {
	Line   lineID     `cbor:"1,keyasint"`
	Class  line.Class `cbor:"2,keyasint"`
	Number uint64     `cbor:"3,keyasint"`
}

func (p *post) loadBegun() (map[outKey]bool, error) {
	b, err := p.d.vault.Meta(metaBegun)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	var list []begunWire
	if err == nil {
		err = wire.DecodeOwn(b, &list)
	}
	out := map[outKey]bool{}
	for _, k := range list {
		out[outKey{k.Line, k.Class, k.Number}] = true
	}
	return out, err
}

// begunList gives what is to be stored of them; nil if there are none, and none
// have just been acknowledged. The caller holds mu.
func (p *post) begunList(acked []sent) []begunWire {
	if len(p.begun) == 0 && !slices.ContainsFunc(acked, func(q sent) bool { return q.noted }) {
		return nil
	}
	out := []begunWire{}
	for k := range p.begun {
		out = append(out, begunWire{k.line, k.class, k.number})
	}
	return out
}

// firstCopies puts the frames that came over two lines into the order of their
// numbers, and leaves out those that came before. Each line brings its frames in
// order, and nothing is taken off one that has not arrived over the other: so
// what came over the two together has no gap, and whatever is not above the
// highest number is there already. This needs the rings to be read as they stood
// at one moment.
func (p *post) firstCopies(b *batch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	twice := map[stream][]arrived{}
	var keys []stream
	var out []arrived
	for _, f := range b.frames {
		group := p.together(f.line)
		if len(group) == 1 {
			out = append(out, f)
			continue
		}
		k := stream{group[0], f.Class}
		if _, there := twice[k]; !there {
			keys = append(keys, k)
		}
		twice[k] = append(twice[k], f)
	}
	for _, k := range keys {
		var last uint64
		for _, id := range p.together(k.line) {
			last = max(last, p.last[stream{id, k.class}])
		}
		list := twice[k]
		slices.SortStableFunc(list, func(x, y arrived) int {
			if x.Number < y.Number {
				return -1
			}
			return min(1, int(x.Number-y.Number))
		})
		for _, f := range list {
			if f.Number > last {
				last = f.Number
				out = append(out, f)
			}
		}
	}
	b.frames = out
}

// mirror queues what waits on a first line on a second one too, once that has
// opened. The caller holds Desk.mu.
func (d *Desk) mirror() error {
	p := d.post
	var frames []vault.Frame
	p.mu.Lock()
	all := maps.Clone(p.peers)
	fresh := false
	if len(p.clocks) > 1 {
		p.each(func(c *clock, st line.Status) {
			id := c.id(st.Line)
			q := all[id]
			if q.Bond == 0 || q.Mirrored || q.BondOf == nil || st.Phase != line.PhaseOpen {
				return
			}
			for k, b := range p.unacked {
				if k.line == q.Bond {
					frames = append(frames, vault.Frame{Line: lineKey(id), Class: uint8(k.class), Number: k.number, Bytes: b})
				}
			}
			q.Mirrored, fresh = true, true
			all[id] = q
		})
	}
	p.mu.Unlock()
	if !fresh {
		return nil
	}
	slices.SortFunc(frames, func(x, y vault.Frame) int {
		if x.Number < y.Number {
			return -1
		}
		return min(1, int(x.Number-y.Number))
	})
	return d.queueWith(frames, all)
}

// queueWith stores frames and whom the lines lead to, in one transaction, and
// queues the frames. The caller holds Desk.mu.
func (d *Desk) queueWith(frames []vault.Frame, all map[lineID]peer) error {
	err := d.vault.Update(func(tx *vault.Tx) error {
		for _, f := range frames {
			if err := tx.Queue(f); err != nil {
				return err
			}
		}
		return putPeers(tx, all)
	})
	if err != nil {
		return err
	}
	d.post.mu.Lock()
	d.post.peers = all
	d.post.mu.Unlock()
	d.post.queued(frames)
	return nil
}

// relays gives where the desk is a member. The caller holds mu.
func (p *post) relays() (out [][]byte) {
	for _, c := range p.clocks {
		out = append(out, c.relayID())
	}
	return out
}

// sayRelays tells a desk where this one is a member, if that is at two relays
// and words were compared. The caller holds Desk.mu.
func (d *Desk) sayRelays(b *batch, who record.Name, again bool) {
	p := d.post
	p.mu.Lock()
	w := bondWire{Version: bondVersion, Relays: p.relays(), Again: again}
	p.mu.Unlock()
	if len(w.Relays) < 2 || !p.trusted(who) {
		return
	}
	frame, err := wire.Encode(w)
	if err == nil {
		err = b.send(p, line.Control, who, frame)
	}
	if err != nil {
		d.opt.Log.Warn("where this desk is a member was not said", "kind", string(fault.KindOf(err)))
	}
}

// takeBond keeps what another desk says about a second line. What is to be done
// about it is done away from the beat. The caller holds Desk.mu.
func (d *Desk) takeBond(b *batch, who record.Name, w bondWire) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lineTo(who)
	if !ok || !asCompared(l.q, l.st) {
		return
	}
	if b.peers == nil {
		b.peers = maps.Clone(p.peers)
	}
	q := b.peers[l.id()]
	q.Relays = w.Relays
	if len(w.Invite) > 0 {
		q.Offered = w.Invite
	}
	b.peers[l.id()] = q
	if w.Again {
		for _, s := range p.seconds(l.id(), whatever) {
			t := b.peers[s.id()]
			t.BondOf = nil // so it is out of date
			b.peers[s.id()] = t
		}
	}
}

// bondStep is one thing to do about a second line.
type bondStep struct {
	drop   lineID // this one is to go
	first  found  // for this one a second is to be made
	on     *clock
	accept bool
}

// bondSteps gives what is to be done. The caller holds mu.
func (p *post) bondSteps() (out []bondStep) {
	if len(p.clocks) < 2 {
		return nil
	}
	firsts := map[lineID]bool{}
	p.each(func(c *clock, st line.Status) {
		l := found{c, st, p.peers[c.id(st.Line)]}
		if l.q.Name == "" || l.q.Bond != 0 || st.Phase == line.PhaseFailed {
			return
		}
		firsts[l.id()] = true
		if st.Phase != line.PhaseOpen || st.Replaces != 0 || st.Renews != 0 {
			return
		}
		seconds := p.seconds(l.id(), whatever)
		for _, s := range seconds {
			if l.outdated(s) {
				out = append(out, bondStep{drop: s.id(), first: l})
			}
		}
		if len(seconds) > 0 || !asCompared(l.q, st) {
			return
		}
		for _, on := range p.clocks {
			there := slices.ContainsFunc(l.q.Relays, func(id []byte) bool { return bytes.Equal(id, on.relayID()) })
			if on != c && there && (st.Inviter || l.q.Offered != nil) {
				out = append(out, bondStep{first: l, on: on, accept: !st.Inviter})
			}
		}
	})
	p.each(func(c *clock, st line.Status) {
		if q := p.peers[c.id(st.Line)]; q.Bond != 0 && !firsts[q.Bond] {
			out = append(out, bondStep{drop: c.id(st.Line)})
		}
	})
	return out
}

// outdated reports whether a second line to l must go: it failed, or one of its
// two vaults was put back, or the first has got other keys, or its invite never
// left, or another has come.
func (l found) outdated(s found) bool {
	return s.st.Phase == line.PhaseFailed || s.st.Due != line.DueNothing || !bytes.Equal(s.q.BondOf, wordsHash(l.st)) ||
		s.st.Inviter && !s.q.Said || !s.st.Inviter && l.q.Offered != nil
}

// tend does what is to be done about second lines, away from the beat. The
// caller holds homing.
func (p *post) tend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.d
	if d == nil || p.tending || len(p.bondSteps()) == 0 {
		return
	}
	p.tending = true
	d.work.Go(func() {
		d.tend()
		p.mu.Lock()
		p.tending = false
		p.mu.Unlock()
	})
}

func (d *Desk) tend() {
	p := d.post
	if !p.opening.TryLock() {
		return // somebody opens a line: at the next beat
	}
	defer p.opening.Unlock()
	p.mu.Lock()
	steps := p.bondSteps()
	p.mu.Unlock()
	for _, s := range steps {
		var err error
		switch {
		case s.drop != 0:
			err = d.dropSecond(s)
		case s.accept:
			err = d.acceptSecond(s)
		default:
			err = d.offerSecond(s)
		}
		if err != nil {
			d.opt.Log.Warn("a second line waits", "kind", string(fault.KindOf(err)))
		}
	}
}

// dropSecond removes a second line. What waits on it waits on the first too. If
// the other desk does not know, it is told.
func (d *Desk) dropSecond(s bondStep) error {
	p := d.post
	c := p.clock(s.drop)
	// From here on nothing is queued on it, and no number is given again that the
	// other desk knows from it.
	err := d.updatePeers(func(all map[lineID]peer) {
		q := all[s.drop]
		q.Mirrored, q.BondOf = false, nil
		all[s.drop] = q
		if f, there := all[q.Bond]; there {
			f.Floor = max(f.Floor, c.nextFrame(s.drop))
			all[q.Bond] = f
		}
	})
	if err != nil {
		return err
	}
	if err := c.drop(d.ctx, map[lineID]bool{s.drop: true}, false); err != nil {
		return err
	}
	if err := d.updatePeers(func(all map[lineID]peer) { delete(all, s.drop) }); err != nil {
		return err
	}
	p.mu.Lock()
	p.arrived(func(k outKey) bool { return k.line == s.drop }) // out of the outbox, with the next ingest
	w := bondWire{Version: bondVersion, Relays: p.relays(), Again: true}
	p.mu.Unlock()
	if s.first.c == nil || s.first.st.Inviter || s.first.q.Offered != nil {
		return nil
	}
	return d.sayBond(s.first, w, func(map[lineID]peer) {})
}

// nextFrame gives a number above all that a line has had.
func (c *clock) nextFrame(n lineID) (number uint64) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	for _, st := range c.deck.Lines() {
		if c.id(st.Line) == n {
			number = st.NextFrame
		}
	}
	return number
}

// sayBond queues a frame about a second line on the first, and notes that.
func (d *Desk) sayBond(first found, w bondWire, note func(map[lineID]peer)) error {
	frame, err := wire.Encode(w)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	frames, err := d.post.frameIn(line.Control, first.q.Name, frame)
	if err != nil {
		return err
	}
	all := maps.Clone(d.post.peers)
	note(all)
	return d.queueWith(frames, all)
}

// offerSecond makes an invite for a second line, and sends it over the first.
func (d *Desk) offerSecond(s bondStep) error {
	p := d.post
	p.mu.Lock()
	m := s.on.member
	w := bondWire{Version: bondVersion, Relays: p.relays()}
	p.mu.Unlock()
	addr, err := relay.ParseAddress(m.Address)
	if err != nil {
		return err
	}
	id, is, err := s.on.openHeld(d.ctx, s.second(), change{Kind: changeInvite, Relay: relayOf(m, addr), Seed: fresh(inviterSeed),
		Life: max(1, uint64(bondLife/m.Table.Period())), Until: time.Now().Add(bondLife).Unix()})
	if err != nil {
		return err
	}
	w.Invite = is.Invite
	return d.sayBond(s.first, w, func(all map[lineID]peer) {
		q := all[id]
		q.Said = true
		all[id] = q
	})
}

// second gives what is kept of a new second line.
func (s bondStep) second() peer {
	return peer{Name: s.first.q.Name, Made: record.At(time.Now()), Bond: s.first.id(), BondOf: wordsHash(s.first.st)}
}

// acceptSecond takes up an invite that came over the first line. One that is of
// no use is forgotten; the other desk makes another when it has run out.
func (d *Desk) acceptSecond(s bondStep) error {
	err := d.acceptOn(d.ctx, s)
	if s.on.p.ctx.Err() != nil || fault.Is(err, fault.Unreachable) || fault.Is(err, fault.Disk) {
		return err // it is tried again
	}
	forget := d.updatePeers(func(all map[lineID]peer) {
		q := all[s.first.id()]
		q.Offered = nil
		all[s.first.id()] = q
	})
	if err != nil {
		return err
	}
	return forget
}

func (d *Desk) acceptOn(ctx context.Context, s bondStep) error {
	_, _, err := s.on.openHeld(ctx, s.second(), change{Kind: changeAccept, Invite: s.first.q.Offered, Seed: fresh(joinerSeed)})
	return err
}
