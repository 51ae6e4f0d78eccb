package desk

import (
	"bytes"
	"context"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/wire"
)

// The beat of tick t, with period P and send moment S = start of t + P/2:
//
//	S - lead   step the deck, store its state and what arrived
//	S          send the cell, if all that was done in time; else burn the tick
//	S + P/4    ingest what arrived, away from the sending
//
// The lead takes up what the disk does, so that the moment of sending does not
// depend on it.
const (
	leadShare   = 8 // of the period
	ingestShare = 4
	burnShare   = 4 // a cell later than this share of the period is not sent
	maxLead     = 500 * time.Millisecond
	dialTime    = 20 * time.Second
	maxPause    = 32               // ticks between attempts to reach the relay
	maxSkew     = 10 * time.Minute // between the machine's clock and the relay's
)

// run keeps the beat until the desk closes. When it connects depends on the
// clock and on how often that has failed, on nothing that anybody says.
func (p *post) run() {
	defer close(p.done)
	pause := uint64(1)
	for p.ctx.Err() == nil {
		conn, err := p.connect()
		if err == nil {
			pause = 1
			err = p.stay(conn)
			conn.Close()
		}
		p.left(err)
		if !p.sleepTicks(pause) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

func (p *post) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Add(p.skew)
}

// timetable is the cohort's. Whoever is away from the lock asks for it here: a
// membership is replaced while the beat goes on.
func (p *post) timetable() relay.Timetable {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.member.Table
}

// sleepTicks waits for the start of the n-th tick from now.
func (p *post) sleepTicks(n uint64) bool {
	t := p.timetable()
	tick, begun := t.Tick(p.now())
	if !begun {
		tick = 0
	}
	return p.sleepUntil(t.TickStart(tick+n), nil)
}

// sleepUntil waits for a moment of the relay's clock, and calls f for replies
// that come meanwhile, if any can. It reports false when the desk closes.
func (p *post) sleepUntil(at time.Time, h *hearing) bool {
	timer := time.NewTimer(at.Sub(p.now()))
	defer timer.Stop()
	for {
		var replies <-chan client.Reply
		if h != nil {
			replies = h.replies
		}
		select {
		case <-p.ctx.Done():
			return false
		case <-timer.C:
			return true
		case r, ok := <-replies:
			if !ok {
				return false // the connection is gone
			}
			h.take(r)
		}
	}
}

// hearing gathers what comes from the relay between two beats.
type hearing struct {
	p       *post
	replies <-chan client.Reply
	slates  []line.Slate
	next    uint64 // tick of the next slate to keep
	slot    int    // of this desk's member
	from    uint64 // before this tick the slot was somebody else's
}

// mine reports whether a slate has a cell of this desk's member.
func (h *hearing) mine(s relay.Slate) bool {
	return s.Tick >= h.from && h.slot < len(s.Present) && s.Present[h.slot]
}

func (h *hearing) take(r client.Reply) {
	for _, s := range r.Slates {
		if s.Tick < h.next || len(h.slates) > 0 && s.Tick <= h.slates[len(h.slates)-1].Tick {
			continue // held already
		}
		h.slates = append(h.slates, line.Slate{Tick: s.Tick, Cells: s.Cells, Mine: h.mine(s)})
	}
	p := h.p
	p.mu.Lock()
	defer p.mu.Unlock()
	cursor := p.deck.Cursor()
	p.behind = r.Head - min(r.Head, cursor+uint64(len(h.slates)))
	p.tally.add(0, p.member.Table.ReplySizeAt(r.Tick, len(r.Slates)))
	if r.Receipt.Status == relay.ReceiptSigned {
		p.receipt = r.Receipt
	}
	switch off := p.skew + r.Skew; {
	case r.Verdict != relay.Accepted && off.Abs() > maxSkew:
		p.trouble = "This machine's clock and the relay's differ by more than ten minutes. Set the machine's clock right."
	case r.Verdict != relay.Accepted && r.Skew.Abs() > p.member.Table.Period()/2:
		p.skew = off
	}
}

// connect dials the relay as a member.
func (p *post) connect() (*client.Conn, error) {
	p.mu.Lock()
	m := p.member
	p.mu.Unlock()
	addr, err := relay.ParseAddress(m.Address)
	if err != nil {
		return nil, err
	}
	token, err := relay.TokenFromBytes(m.Token)
	if err != nil {
		return nil, err
	}
	dial, err := p.opt.way(m.Address, m.Tor)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(p.ctx, dialTime)
	defer cancel()
	conn, err := client.Dial(ctx, addr, client.Credentials{Token: token, Charters: m.Charters}, client.Options{Dial: dial})
	if err != nil {
		return nil, err
	}
	if got := conn.Timetable(); got != m.Table {
		conn.Close()
		return nil, fault.New(fault.Unauthentic, "desk.timetable", "ask the relay's operator, and do not trust it meanwhile", "the relay has changed the cohort's timetable, which never changes")
	}
	p.mu.Lock()
	p.online, p.trouble, p.out = true, "", false
	p.mu.Unlock()
	p.opt.Log.Info("relay reached", "cohort", m.Cohort)
	p.notify()
	return conn, p.keepCharters(conn)
}

// keepCharters stores rosters that are new, so that a relay that goes back to
// an older one is noticed.
func (p *post) keepCharters(conn *client.Conn) error {
	p.keeping.Lock()
	defer p.keeping.Unlock()
	all := conn.Charters()
	p.mu.Lock()
	newest := all[len(all)-1]
	p.newest = newest.Charter().Roster
	if n := len(p.member.Charters); n > 0 && bytes.Equal(p.member.Charters[n-1], newest.Signed()) {
		p.mu.Unlock()
		return nil
	}
	m := *p.member
	m.Member = idIn(newest.Charter(), conn, m.Member)
	m.Charters = nil
	for _, c := range all {
		m.Charters = append(m.Charters, c.Signed())
	}
	m.FromTick = conn.FromTick()
	p.member = &m
	p.mu.Unlock()
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	return p.keepMember(b)
}

// left notes that the connection is gone, and why.
func (p *post) left(err error) {
	p.mu.Lock()
	p.online, p.beating = false, false
	if err != nil && p.ctx.Err() == nil {
		p.trouble = err.Error()
		p.out = notAdmitted(err)
		p.opt.Log.Info("relay lost", "kind", string(fault.KindOf(err)))
	}
	p.mu.Unlock()
	p.failOrders(fault.New(fault.Unreachable, "desk.relay-lost", "try again", "the relay was lost before the beat"))
	p.notify()
}

func (p *post) notify() {
	if d := p.home(); d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.changed()
	}
}

// stay keeps the beat on one connection until it ends.
func (p *post) stay(conn *client.Conn) error {
	t := p.timetable()
	h := &hearing{p: p, replies: conn.Replies(), slot: conn.Slot(), from: conn.FromTick()}
	p.setErrand(conn)
	lead := min(t.Period()/leadShare, maxLead)
	for {
		tick := p.nextTick(t, lead, conn.FromTick())
		if !p.sleepUntil(t.SendAt(tick).Add(-lead), h) {
			return p.ended(conn)
		}
		if err := p.beat(conn, h, tick); err != nil {
			return err
		}
		if !p.sleepUntil(t.SendAt(tick).Add(t.Period()/ingestShare), h) {
			return p.ended(conn)
		}
		if err := p.between(conn); err != nil {
			return err
		}
	}
}

func (p *post) ended(conn *client.Conn) error {
	if p.ctx.Err() != nil {
		return nil
	}
	return conn.Err()
}

// nextTick gives the next tick that there is still time to prepare, above
// every tick used before: after the clock was set back, the desk waits until
// it has caught up, and no key is used twice.
func (p *post) nextTick(t relay.Timetable, lead time.Duration, from uint64) uint64 {
	now := p.now()
	tick, _ := t.Tick(now)
	if now.After(t.SendAt(tick).Add(-lead)) {
		tick++
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deck.Tick() > tick+uint64(maxSkew/t.Period()) {
		p.trouble = "This machine's clock was set back. The lines rest until it has caught up; set it right."
	}
	return max(tick, p.deck.Tick()+1, from)
}

// beat does one tick. A tick that cannot be stored, or not in time, is burned.
func (p *post) beat(conn *client.Conn, h *hearing, tick uint64) error {
	t := p.timetable()
	n := min(len(h.slates), t.CatchUp, maxSlates)
	roster := func(t uint64) [32]byte { hash, _ := conn.RosterHash(t); return hash }
	cell, cursor, err := p.prepare(tick, roster, h.slates[:n])
	if err != nil {
		p.opt.Log.Error("tick burned", "kind", string(fault.KindOf(err)))
		return nil
	}
	h.slates = append(h.slates[:0], h.slates[n:]...)
	h.next = cursor
	if !p.sleepUntil(t.SendAt(tick), h) {
		return p.ended(conn)
	}
	if p.now().After(t.SendAt(tick).Add(t.Period() / burnShare)) {
		p.opt.Log.Warn("tick burned: the machine was too slow")
		return nil
	}
	p.mu.Lock()
	p.tally.add(t.RequestSizeAt(tick), 0)
	p.mu.Unlock()
	return conn.Send(p.ctx, tick, cursor, cell)
}

// tally counts the bytes of one day, so that the keeper sees what a desk
// costs.
type tally struct {
	day      string
	up, down uint64
}

func (t *tally) add(up, down int) {
	if day := time.Now().Format(time.DateOnly); day != t.day {
		*t = tally{day: day}
	}
	t.up += uint64(up)
	t.down += uint64(down)
}
