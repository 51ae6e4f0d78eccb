package desk

import (
	"errors"
	"slices"

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
func (p *post) between(conn *client.Conn) error {
	if !p.homing.TryLock() {
		return nil
	}
	defer p.homing.Unlock()
	if p.home() == nil {
		p.stow()
	} else {
		p.takeInAll()
	}
	p.mend()
	if err := p.keepCharters(conn); err != nil {
		return err
	}
	if p.home() != nil {
		p.keepTickets()
	}
	p.setErrand(conn)
	return nil
}

// takeInAll takes in what arrived. The caller holds homing.
func (p *post) takeInAll() {
	d := p.home()
	if err := d.ingest(); err != nil {
		p.say(err)
	}
	if r, err := d.Record(p.ctx); err == nil {
		d.keepSnapshot(r, snapBeat)
	}
	if p.store.Stowed() > 0 {
		d.work.Go(func() {
			if err := p.store.Empty(); err != nil {
				p.say(err)
			}
		})
	}
}

func (p *post) say(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = err.Error()
}

// Bounds on what is heard while nobody is at home.
const (
	maxHeard   = 64
	stowAtOnce = 2 * maxSlates // slates stowed between two beats, at most
	ingestRows = 64 * line.Slots
)

var errEnoughRows = errors.New("enough for once")

// hear keeps events for the desk. The caller holds mu.
func (p *post) hear(events []line.Event) {
	for _, e := range events {
		switch e.Kind {
		case line.EventAcked, line.EventEpoch, line.EventJoining:
			continue // the deck tells of these by itself
		}
		same := func(x line.Event) bool { return x.Kind == e.Kind && x.Line == e.Line }
		if len(p.heard) < maxHeard && !slices.ContainsFunc(p.heard, same) {
			p.heard = append(p.heard, e)
		}
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

// stow moves what arrived into the inbox: one place for each slate. When that
// fails the ring fills up, and then nothing more is acknowledged.
func (p *post) stow() {
	for range stowAtOnce {
		p.mu.Lock()
		heard := p.heard
		p.mu.Unlock()
		var list []heardWire
		for _, e := range heard {
			list = append(list, heardWire{e.Kind, e.Slot, e.Line, e.Reason, e.Tick})
		}
		note, err := wire.Encode(list)
		for err == nil && len(note) > vault.NoteSize-2 {
			list = list[:len(list)/2]
			note, err = wire.Encode(list)
		}
		var done bool
		if err == nil {
			done, err = p.store.Stow(line.Slots, note)
		}
		if err != nil {
			p.opt.Log.Error("what arrived cannot be stowed; nothing more is acknowledged")
			return
		}
		if !done {
			return
		}
		p.mu.Lock()
		p.heard = p.heard[len(list):]
		p.mu.Unlock()
	}
}

// heedNotes heeds what was heard while nobody was at home.
func (p *post) heedNotes() error {
	var events []line.Event
	err := p.store.Notes(func(note []byte) error {
		var list []heardWire
		if err := wire.DecodeOwn(note, &list); err != nil {
			return err
		}
		for _, e := range list {
			events = append(events, line.Event{Kind: e.Kind, Slot: e.Slot, Line: e.Line, Reason: e.Reason, Tick: e.Tick})
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heed(append(events, p.heard...))
	p.heard = nil
	return nil
}

// keepMember stores the membership. While nobody is at home it stays in memory,
// and is stored when the desk is unlocked.
func (p *post) keepMember(b []byte) error {
	d := p.home()
	if d == nil {
		return nil
	}
	return d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaRelay, b) })
}
