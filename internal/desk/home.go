package desk

import (
	"errors"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/relay/client"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// The post outlives the desk that it serves: while the desk is locked the beat
// goes on, and nobody is at home. What the beat then wants of the desk waits, or
// is done without it: what arrives is stowed, sealed to the vault's public key
// (spec/inbox.md).

// home gives the desk, or nil while it is locked.
func (p *post) home() *Desk {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.d
}

// between does what is to be done between two beats. When the desk is just
// being locked or unlocked it is left for the next time: no tick waits for it.
func (c *clock) between(conn *client.Conn) error {
	p := c.p
	if !p.homing.TryRLock() {
		return nil
	}
	defer p.homing.RUnlock()
	p.mu.Lock()
	away := p.away != nil
	p.mu.Unlock()
	switch {
	case away:
		c.tell()
		c.tellTickets()
	case p.home() == nil:
		c.stow()
		c.mend()
	default:
		c.takeInAll()
		c.mend()
		p.tend()
	}
	if err := c.keepCharters(conn); err != nil {
		return err
	}
	if p.home() != nil {
		c.keepTickets()
	}
	c.setErrand(conn)
	return nil
}

// takeInAll takes in what arrived. While somebody at the desk writes, it is left
// for the next time: an import may take longer than a tick, and the ring has
// room for 64. The caller holds homing.
func (c *clock) takeInAll() {
	d := c.p.home()
	if !d.mu.TryLock() {
		return
	}
	err := d.takeRings()
	r := d.snapshot()
	d.mu.Unlock()
	if err != nil {
		c.say(err)
	}
	d.keepSnapshot(r, snapBeat)
	if c.store.Stowed() > 0 {
		d.work.Go(func() {
			if err := c.store.Empty(); err != nil {
				c.say(err)
			}
		})
	}
}

func (c *clock) say(err error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.fails(err)
}

// fails notes what went wrong. The caller holds post.mu.
func (c *clock) fails(err error) {
	c.trouble = err.Error()
	if fault.Is(err, fault.Disk) {
		c.full = c.trouble
	}
}

// roomAgain takes back what a disk was said to refuse, since something was
// written. What else is wrong stays.
func (p *post) roomAgain() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clocks {
		if c.full != "" && c.trouble == c.full {
			c.trouble = ""
		}
		c.full = ""
	}
}

// Bounds on what is heard while nobody is at home.
const (
	maxHeard   = 64
	stowAtOnce = 2 * maxSlates // slates stowed between two beats, at most
	ingestRows = 64 * line.Slots
)

var errEnoughRows = errors.New("enough for once")

// hear keeps events for the desk. The caller holds mu.
func (c *clock) hear(events []line.Event) {
	for _, e := range events {
		switch e.Kind {
		case line.EventAcked, line.EventEpoch, line.EventJoining:
			continue // the deck tells of these by itself
		}
		c.heard = addHeard(c.heard, []heardWire{{e.Kind, e.Slot, e.Line, e.Reason, e.Tick}})
	}
}

// heardWire is an event as it is stowed.
type heardWire struct {
	Kind   line.EventKind `cbor:"1,keyasint"`
	Slot   int            `cbor:"2,keyasint"`
	Line   uint32         `cbor:"3,keyasint"`
	Reason line.Reason    `cbor:"4,keyasint,omitempty"`
	Tick   uint64         `cbor:"5,keyasint"`
}

// addHeard gives what was heard, and then more of it: of each line each kind once,
// in a new list, so that who has the old one keeps it as it is.
func addHeard(was, more []heardWire) []heardWire {
	all := slices.Clip(was)
	for _, e := range more {
		same := func(x heardWire) bool { return x.Kind == e.Kind && x.Line == e.Line }
		if len(all) < maxHeard && !slices.ContainsFunc(all, same) {
			all = append(all, e)
		}
	}
	return all
}

// heardEvents gives what was heard as the deck said it.
func heardEvents(list []heardWire) []line.Event {
	var events []line.Event
	for _, e := range list {
		events = append(events, line.Event{Kind: e.Kind, Slot: e.Slot, Line: e.Line, Reason: e.Reason, Tick: e.Tick})
	}
	return events
}

// stow moves what arrived into the inbox: one place for each slate. When that
// fails the ring fills up, and then nothing more is acknowledged.
func (c *clock) stow() {
	p := c.p
	for range stowAtOnce {
		p.mu.Lock()
		list := c.heard
		p.mu.Unlock()
		note, err := wire.Encode(list)
		for err == nil && len(note) > vault.NoteSize-2 {
			list = list[:len(list)/2]
			note, err = wire.Encode(list)
		}
		var done bool
		if err == nil {
			done, err = c.store.Stow(line.Slots, note)
		}
		if err != nil {
			p.opt.Log.Error("what arrived cannot be stowed; nothing more is acknowledged")
			return
		}
		if !done {
			return
		}
		p.mu.Lock()
		c.heard = c.heard[len(list):]
		p.mu.Unlock()
	}
}

// heedNotes heeds what was heard while nobody was at home.
func (p *post) heedNotes() error {
	for _, c := range p.clocks {
		if err := c.heedNotes(); err != nil {
			return err
		}
	}
	return nil
}

func (c *clock) heedNotes() error {
	var heard []heardWire
	err := c.store.Notes(func(note []byte) error {
		var list []heardWire
		if err := wire.DecodeOwn(note, &list); err != nil {
			return err
		}
		heard = append(heard, list...)
		return nil
	})
	if err != nil {
		return err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.heed(heardEvents(append(heard, c.heard...)))
	c.heard = nil
	return nil
}

// putMember stores the membership. While nobody is at home it stays in memory,
// and is stored when the desk is unlocked.
func (c *clock) putMember(b []byte) error {
	d := c.p.home()
	if d == nil {
		c.p.mu.Lock()
		defer c.p.mu.Unlock()
		c.tellMember()
		return nil
	}
	return d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(ofClock(metaRelay, c.index), b) })
}
