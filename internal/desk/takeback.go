package desk

import (
	"context"
	"slices"

	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// What was sent waits in the outbox until a tick takes its first part. Until
// then its sender can take it back, whole: decision 0128. What of it is in the
// record stays there, marked; its frames leave the outbox in the transaction that
// marks it; its numbers are given again, so that no gap shows.

// Departure is one sending that waits on this desk.
type Departure struct {
	Entries []keys.ID     `json:"entries"` // all that was written with it
	To      []record.Name `json:"to"`      // who would get it
	Begun   bool          `json:"begun"`   // a part of it is on its way: it cannot be taken back any more
	After   bool          `json:"after"`   // something was sent to one of them behind it, which must be taken back first
}

// sending is what one plan put into the journal and the outbox; stored under
// metaSendings.
type sending struct {
	Entries []keys.ID   `cbor:"1,keyasint"`
	Frames  []begunWire `cbor:"2,keyasint"`
}

const (
	metaSendings = "sendings"
	maxSendings  = 64 // that are kept: of more, the oldest cannot be taken back
)

func (d *Desk) loadSendings() error {
	b, err := d.vault.Meta(metaSendings)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err == nil {
		err = wire.DecodeOwn(b, &d.sendings)
	}
	return err
}

// sendingsWith gives the sendings that still wait, with one more if it has
// frames. The caller holds mu.
func (d *Desk) sendingsWith(p convey.Plan, frames []vault.Frame) []sending {
	out := d.waitingSendings(keys.ID{})
	if len(frames) == 0 {
		return out
	}
	s := sending{}
	for _, e := range p.Entries {
		s.Entries = append(s.Entries, e.ID)
	}
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			panic(err) // we made the key ourselves
		}
		s.Frames = append(s.Frames, begunWire{k.line, k.class, k.number})
	}
	out = append(out, s)
	return out[max(0, len(out)-maxSendings):]
}

// waitingSendings gives the sendings of which something waits, but for the one
// with that entry. The caller holds mu.
func (d *Desk) waitingSendings(but keys.ID) (out []sending) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range d.sendings {
		if !slices.Contains(s.Entries, but) && slices.ContainsFunc(p.copies(s), func(k outKey) bool { return p.unacked[k] != nil }) {
			out = append(out, s)
		}
	}
	return out
}

// putSendings stores them. A vault without any has nothing to say of them.
func putSendings(tx *vault.Tx, all []sending) error {
	b, err := wire.Encode(all)
	if err != nil {
		return err
	}
	return tx.SetMeta(metaSendings, b)
}

// copies gives the frames of a sending, with those that a second line was given
// since. The caller holds mu.
func (p *post) copies(s sending) (out []outKey) {
	for _, f := range s.Frames {
		if f.Line.clock() >= len(p.clocks) {
			continue
		}
		for _, id := range p.together(f.Line) {
			k := outKey{id, f.Class, f.Number}
			if slices.Contains(out, k) || id.clock() >= len(p.clocks) {
				continue
			}
			_, waits := p.unacked[k]
			if _, begun := p.begun[k]; waits || begun || id == f.Line {
				out = append(out, k)
			}
		}
	}
	return out
}

// departure says how a sending stands. The caller holds Desk.mu.
func (d *Desk) departure(s sending) (out Departure, frames map[outKey][]byte) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	out.Entries, frames = s.Entries, map[outKey][]byte{}
	for _, k := range p.copies(s) {
		b, waits := p.unacked[k]
		if frames[k] = b; !waits {
			out.Begun = true // gone, or on its way
			continue
		}
		to := p.peers[k.line].Name
		if !slices.Contains(out.To, to) {
			out.To = append(out.To, to)
		}
		if _, whole := p.clock(k.line).deck.Withdraw(k.line.number(), k.class, k.number); !whole {
			out.Begun = true
		}
		if first, err := convey.First(b); err == nil {
			entries, err := convey.Contents(d.codec, b)
			out.After = out.After || err == nil && first+uint64(len(entries))-1 != d.record.SentTo(to)
		}
	}
	out.Begun = out.Begun || len(frames) == 0
	slices.Sort(out.To)
	return out, frames
}

// Departures implements Handle.
func (d *Desk) Departures(context.Context) ([]Departure, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.locked {
		return nil, errLocked()
	}
	var out []Departure
	for _, s := range d.sendings {
		if x, _ := d.departure(s); len(x.To) > 0 {
			out = append(out, x)
		}
	}
	return out, nil
}

func errBegun() error {
	return fault.New(fault.Refused, "desk.begun", "correct it: they will see both what you said and what you say now", "it has left, or a part of it is on its way: it cannot be taken back any more")
}

// TakeBack implements Handle.
func (d *Desk) TakeBack(_ context.Context, entry keys.ID) (Departure, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, err := d.writeTime()
	if err != nil {
		return Departure{}, err
	}
	if d.record.WasTakenBack(entry) {
		return Departure{}, fault.New(fault.Exists, "desk.taken-back", "", "it was taken back already")
	}
	i := slices.IndexFunc(d.sendings, func(s sending) bool { return slices.Contains(s.Entries, entry) })
	if i < 0 {
		return Departure{}, errBegun()
	}
	out, frames := d.departure(d.sendings[i])
	items, err := d.backItems(out, now)
	switch {
	case err != nil:
		return out, err
	case out.Begun:
		return out, errBegun()
	case out.After:
		return out, fault.New(fault.Refused, "desk.sent-after", "take back what you sent them after it first", "something was sent behind it to the same person, and their numbers must have no gap")
	}
	if err := d.post.hold(frames); err != nil {
		return out, err
	}
	left := d.waitingSendings(entry)
	err = d.store(items, func(tx *vault.Tx) error {
		for k := range frames {
			if err := tx.Unqueue(lineKey(k.line), uint8(k.class), k.number); err != nil {
				return err
			}
		}
		return putSendings(tx, left)
	})
	d.post.letGo(frames, err == nil)
	if err == nil {
		d.sendings = left
	}
	return out, err
}

// backItems gives what the record says of a sending that is taken back. The
// caller holds mu.
func (d *Desk) backItems(x Departure, now record.Instant) (out []record.Item, err error) {
	for _, id := range x.Entries {
		it, ok := d.record.Get(id)
		if !ok {
			return nil, fault.New(fault.Refused, "desk.taken-back-gone", "", "a part of it was destroyed")
		}
		if it.Body.Kind() == record.KindCorrection {
			return nil, fault.New(fault.Refused, "desk.back-correction", "correct it once more", "a correction is not taken back")
		}
		var from []record.Name
		for _, n := range it.Audience {
			if !slices.Contains(from, n) {
				from = append(from, n)
			}
		}
		fix := d.logged(record.Correction{Now: record.Withdrawn{Of: it.Body.Kind()}, Back: true, From: from}, now)
		fix.Corrects = id
		out = append(out, fix)
	}
	return out, nil
}

// hold takes frames off the decks, all or none: none of them was begun, and from
// here on none is. Whoever keeps the clocks says so. The caller holds Desk.mu.
func (p *post) hold(frames map[outKey][]byte) error {
	p.mu.Lock()
	if p.line == nil {
		defer p.mu.Unlock()
		if err := p.offDecks(frames); err != nil {
			return err
		}
		for k := range frames {
			delete(p.unacked, k)
		}
		return nil
	}
	var list []begunWire
	for k := range frames {
		list = append(list, begunWire{k.line, k.class, k.number})
		delete(p.unacked, k)
		p.held[k] = false
	}
	p.mu.Unlock()
	// Nobody may go away while the answer is under way: what the line process let
	// go of is sent by nobody until the desk gives it again.
	_, err := p.line.ask(context.Background(), partMsg{Kind: partRecall, Body: wire.MustEncode(list)})
	if err != nil {
		p.letGo(frames, false)
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for k := range frames { // the copy is no younger than the deck
		c := p.clock(k.line)
		c.deck, _ = c.deck.Withdraw(k.line.number(), k.class, k.number)
	}
	return nil
}

// offDecks takes frames off the decks, all or none. The caller holds mu.
func (p *post) offDecks(frames map[outKey][]byte) error {
	decks := map[*clock]*line.Deck{}
	for k := range frames {
		c := p.clock(k.line)
		if decks[c] == nil {
			decks[c] = c.deck
		}
		next, whole := decks[c].Withdraw(k.line.number(), k.class, k.number)
		if !whole {
			return errBegun()
		}
		decks[c] = next
	}
	for c, deck := range decks {
		c.deck = deck
	}
	return nil
}

// letGo ends the holding of frames: they are gone, or they wait again as before.
func (p *post) letGo(frames map[outKey][]byte, gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, b := range frames {
		passed := p.held[k]
		delete(p.held, k)
		if gone {
			continue
		}
		c := p.clock(k.line)
		if p.line == nil || passed || !c.has(k) {
			c.queue(k, b) // nothing came behind it meanwhile: its sender holds Desk.mu
		}
		p.unacked[k] = b
	}
}

// has reports whether a frame waits on the deck, begun or not. The caller holds
// post.mu.
func (c *clock) has(k outKey) bool {
	next, whole := c.deck.Withdraw(k.line.number(), k.class, k.number)
	return !whole || next != c.deck
}

// passHeld leaves out frames that are being taken back, which are not given to a
// line process that comes up meanwhile. The caller holds mu.
func (p *post) passHeld(queued [][]line.Queued) {
	for i, c := range p.clocks {
		queued[i] = slices.DeleteFunc(queued[i], func(q line.Queued) bool {
			k := outKey{c.id(q.Line), q.Class, q.Number}
			if _, held := p.held[k]; !held {
				return false
			}
			p.held[k] = true
			return true
		})
	}
}

// recall takes frames off the decks for the desk process, if none was begun.
func (l *lineEnd) recall(m partMsg) error {
	var list []begunWire
	if err := wire.DecodeOwn(m.Body, &list); err != nil {
		return err
	}
	p := l.post
	p.mu.Lock()
	frames := map[outKey][]byte{}
	err := errLineGone()
	for _, f := range list {
		frames[outKey{f.Line, f.Class, f.Number}] = nil
	}
	if l.gone && !slices.ContainsFunc(list, func(f begunWire) bool { return f.Line.clock() >= len(p.clocks) }) {
		err = p.offDecks(frames)
	}
	p.mu.Unlock()
	respond(l.conn, m.ID, partAnswerBody{}, err)
	return nil
}
