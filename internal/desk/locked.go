package desk

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// Locked is a desk that was locked: its lines go on ticking, and what arrives is
// sealed to the vault's public key. It has the keys of the lines and of nothing
// else; record, names, and what waits to be sent are gone from it. To the relay,
// and on every wire, it is the same desk.
type Locked struct {
	vault *vault.Locked
	post  *post
	opt   Options
}

func errLocked() error {
	return fault.New(fault.Refused, "desk.locked", "unlock it with `backchannel unlock`", "this desk is locked")
}

// AskLock asks whoever serves the desk to lock it.
func (d *Desk) AskLock() {
	select {
	case d.lockAsk <- struct{}{}:
	default: // somebody has
	}
}

// LockAsked gives a channel on which a value comes when somebody has asked.
func (d *Desk) LockAsked() <-chan struct{} { return d.lockAsk }

// Used tells when a call last came over the control socket.
func (d *Desk) Used() time.Time { return time.UnixMilli(d.used.Load()) }

// Lock locks the desk. The faces that show it must be gone by then: the desk is
// closed, and gives nothing any more. An error beside the outcome says that
// something could not be written; the desk is locked all the same.
func (d *Desk) Lock() (*Locked, error) {
	p := d.post
	d.end()
	p.opening.Lock()
	defer p.opening.Unlock()
	p.homing.Lock()
	defer p.homing.Unlock()
	d.work.Wait()
	for _, c := range p.clocks {
		c.keeping.Lock()
		defer c.keeping.Unlock()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed()
	}
	d.closed, d.locked = true, true
	for _, c := range d.subs {
		close(c)
	}
	d.subs = nil
	d.keepSnapshot(d.record, snapAtAll)
	d.wipeAgain()
	for _, c := range p.clocks {
		c.failOrders(errLocked())
	}
	l := &Locked{post: p, opt: d.opt}
	p.leave()
	var err error
	if l.vault, err = d.vault.Lock(); l.vault == nil {
		return nil, err
	}
	d.record, d.snap, d.ledger, d.fresh, d.compares = record.New(""), nil, nil, nil, nil
	for range 3 { // what is pooled is let go by the second
		runtime.GC()
	}
	debug.FreeOSMemory()
	return l, err
}

func errClosed() error {
	return fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
}

// leave drops what the post knows besides its lines. The caller holds homing and
// keeping.
func (p *post) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.d = nil
	for _, c := range p.clocks {
		c.deck = c.deck.Rest()
		m := *c.member
		m.Code = ""
		c.member = &m
		c.trouble, c.stock, c.receipt = "", stock{}, relay.Receipt{}
		c.asm, c.heard = line.NewAssembler(), nil
	}
	p.peers, p.unacked, p.begun, p.acked = map[lineID]peer{}, map[outKey][]byte{}, map[outKey][]byte{}, nil
	p.standing, p.resends = map[lineID]bool{}, map[record.Name]resent{}
	p.notes, p.noted, p.waiting, p.last = nil, map[string]bool{}, map[segKey]bool{}, map[stream]uint64{}
}

// Unlock opens the vault again around the beat, and takes in what arrived. After
// an error the desk is locked as before.
func (l *Locked) Unlock(ctx context.Context, pass []byte) (*Desk, error) {
	v, err := l.vault.Unlock(pass)
	if err != nil {
		return nil, err
	}
	d := newDesk(ctx, v, l.opt)
	d.post = l.post
	if err := d.load(); err != nil {
		return nil, l.again(v, err)
	}
	p := l.post
	p.homing.Lock()
	defer p.homing.Unlock()
	if err := p.comeHome(d); err != nil {
		p.leave()
		return nil, l.again(v, err)
	}
	if err := d.loadCompares(); err != nil {
		p.leave()
		return nil, l.again(v, err)
	}
	d.takeInWhatWaits()
	d.mu.Lock()
	if err := d.sweep(); err != nil {
		d.opt.Log.Error("what is due was not destroyed", "kind", string(fault.KindOf(err)))
	}
	d.mu.Unlock()
	d.work.Go(func() { d.sweeping(d.ctx) })
	p.mu.Lock()
	for _, c := range p.clocks {
		c.start() // if it was enrolled and never begun
	}
	p.mu.Unlock()
	return d, nil
}

// again locks a vault that could not be used.
func (l *Locked) again(v *vault.Vault, cause error) error {
	var err error
	l.vault, err = v.Lock()
	return errors.Join(cause, err)
}

// comeHome gives the post a desk again. The caller holds homing.
func (p *post) comeHome(d *Desk) error {
	p.mu.Lock()
	p.d = d
	p.mu.Unlock()
	for _, c := range p.clocks {
		if err := c.storeMember(); err != nil {
			return err
		}
	}
	if err := p.resume(); err != nil {
		return err
	}
	return p.heedNotes()
}

// resume gives the decks what waits, and brings back who the lines lead to. The
// disk is read before mu is taken, so that no tick waits for it.
func (p *post) resume() error {
	peers, err := p.loadPeers()
	if err != nil {
		return err
	}
	queued, err := p.loadOutbox()
	if err != nil {
		return err
	}
	begun, err := p.loadBegun()
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.peers, p.acked = peers, nil
	p.wait(queued, begun)
	for i, c := range p.clocks {
		if err := c.resume(queued[i]); err != nil {
			p.mu.Unlock()
			return err
		}
	}
	lines := p.lineIDs()
	p.mu.Unlock()
	for _, c := range p.clocks {
		if err := c.loadStock(); err != nil {
			return err
		}
	}
	return p.restoreParts(lines)
}

// resume gives the deck what waits. The caller holds mu.
func (c *clock) resume(queued []line.Queued) error {
	deck, finished, err := c.deck.Resume(queued)
	if err != nil {
		return err
	}
	c.began(deck, finished)
	return nil
}

// storeMember stores the rosters that came meanwhile.
func (c *clock) storeMember() error {
	c.keeping.Lock()
	defer c.keeping.Unlock()
	raw, err := c.p.d.vault.Meta(ofClock(metaRelay, c.index))
	if err != nil {
		return err
	}
	var m membership
	if err := wire.DecodeOwn(raw, &m); err != nil {
		return err
	}
	c.p.mu.Lock()
	now := c.member
	m.Charters, m.FromTick, m.Member = now.Charters, now.FromTick, now.Member
	c.member = &m
	c.p.mu.Unlock()
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	return c.putMember(b)
}

// takeInWhatWaits empties the inboxes into the journal, a part at a time. What
// it cannot take in waits for the beat, and shows as trouble. The caller holds
// homing.
func (d *Desk) takeInWhatWaits() {
	for _, c := range d.post.clocks {
		cursor := func() uint64 { return d.vault.CursorOf(c.index) }
		for before := ^uint64(0); cursor() != before && cursor() < c.store.Next(); {
			before = cursor()
			if err := d.ingest(); err != nil {
				c.say(err)
				return
			}
		}
		if err := c.store.Empty(); err != nil {
			c.say(err)
		}
	}
}

// Stowed tells how many places of the fuller inbox are taken, of vault.MaxPlaces.
func (l *Locked) Stowed() (most int) {
	for _, c := range l.post.clocks {
		most = max(most, c.store.Stowed())
	}
	return most
}

// Close ends the beat too.
func (l *Locked) Close() error {
	l.post.close()
	return l.vault.Close()
}
