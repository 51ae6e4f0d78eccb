package desk

import (
	"bytes"
	"context"
	"sync"
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
func (c *clock) run() {
	defer close(c.done)
	pause := uint64(1)
	for c.p.ctx.Err() == nil {
		conn, err := c.connect()
		if err == nil {
			pause = 1
			err = c.stay(conn)
			conn.Close()
		}
		c.left(err)
		if !c.sleepTicks(pause) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

func (c *clock) now() time.Time {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return time.Now().Add(c.skew)
}

// timetable is the cohort's. Whoever is away from the lock asks for it here: a
// membership is replaced while the beat goes on.
func (c *clock) timetable() relay.Timetable {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return c.member.Table
}

// sleepTicks waits for the start of the n-th tick from now.
func (c *clock) sleepTicks(n uint64) bool {
	t := c.timetable()
	tick, begun := t.Tick(c.now())
	if !begun {
		tick = 0
	}
	return c.sleepUntil(t.TickStart(tick+n), nil)
}

// sleepUntil waits for a moment of the relay's clock, and calls f for replies
// that come meanwhile, if any can. It reports false when the desk closes.
func (c *clock) sleepUntil(at time.Time, h *hearing) bool {
	timer := time.NewTimer(at.Sub(c.now()))
	defer timer.Stop()
	for {
		var replies <-chan client.Reply
		if h != nil {
			replies = h.replies
		}
		select {
		case <-c.p.ctx.Done():
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
	c       *clock
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
	c := h.c
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	cursor := c.deck.Cursor()
	c.behind = r.Head - min(r.Head, cursor+uint64(len(h.slates)))
	c.tally.add(0, c.member.Table.ReplySizeAt(r.Tick, len(r.Slates)))
	if r.Receipt.Status == relay.ReceiptSigned {
		c.receipt = r.Receipt
	}
	switch off := c.skew + r.Skew; {
	case r.Verdict != relay.Accepted && off.Abs() > maxSkew:
		c.trouble = "This machine's clock and the relay's differ by more than ten minutes. Set the machine's clock right."
	case r.Verdict != relay.Accepted && r.Skew.Abs() > c.member.Table.Period()/2:
		c.skew = off
	}
}

// connect dials the relay as a member.
func (c *clock) connect() (*client.Conn, error) {
	c.p.mu.Lock()
	m := c.member
	c.p.mu.Unlock()
	addr, err := relay.ParseAddress(m.Address)
	if err != nil {
		return nil, err
	}
	token, err := relay.TokenFromBytes(m.Token)
	if err != nil {
		return nil, err
	}
	dial, err := c.p.opt.way(m.Address, m.Tor)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.p.ctx, dialTime)
	defer cancel()
	conn, err := client.Dial(ctx, addr, client.Credentials{Token: token, Charters: m.Charters}, client.Options{Dial: dial})
	if err != nil {
		return nil, err
	}
	if got := conn.Timetable(); got != m.Table {
		conn.Close()
		return nil, fault.New(fault.Unauthentic, "desk.timetable", "ask the relay's operator, and do not trust it meanwhile", "the relay has changed the cohort's timetable, which never changes")
	}
	c.p.mu.Lock()
	c.online, c.trouble, c.out = true, "", false
	c.p.mu.Unlock()
	c.p.opt.Log.Info("relay reached", "cohort", m.Cohort)
	c.notify()
	return conn, c.keepCharters(conn)
}

// keepCharters stores rosters that are new, so that a relay that goes back to
// an older one is noticed.
func (c *clock) keepCharters(conn *client.Conn) error {
	c.keeping.Lock()
	defer c.keeping.Unlock()
	all := conn.Charters()
	c.p.mu.Lock()
	newest := all[len(all)-1]
	c.newest = newest.Charter().Roster
	if n := len(c.member.Charters); n > 0 && bytes.Equal(c.member.Charters[n-1], newest.Signed()) {
		c.p.mu.Unlock()
		return nil
	}
	m := *c.member
	m.Member = idIn(newest.Charter(), conn, m.Member)
	m.Charters = nil
	for _, c := range all {
		m.Charters = append(m.Charters, c.Signed())
	}
	m.FromTick = conn.FromTick()
	c.member = &m
	c.p.mu.Unlock()
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	return c.putMember(b)
}

// left notes that the connection is gone, and why.
func (c *clock) left(err error) {
	c.p.mu.Lock()
	c.online, c.beating = false, false
	if err != nil && c.p.ctx.Err() == nil {
		c.trouble = err.Error()
		c.out = notAdmitted(err)
		c.p.opt.Log.Info("relay lost", "kind", string(fault.KindOf(err)))
	}
	c.p.mu.Unlock()
	c.failOrders(fault.New(fault.Unreachable, "desk.relay-lost", "try again", "the relay was lost before the beat"))
	c.notify()
}

func (c *clock) notify() {
	d := c.p.home()
	if d == nil {
		c.tell()
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.changed()
}

// stay keeps the beat on one connection until it ends.
func (c *clock) stay(conn *client.Conn) error {
	t := c.timetable()
	h := &hearing{c: c, replies: conn.Replies(), slot: conn.Slot(), from: conn.FromTick()}
	c.setErrand(conn)
	lead := min(t.Period()/leadShare, maxLead)
	for {
		tick := c.nextTick(t, lead, conn.FromTick())
		if !c.sleepUntil(t.SendAt(tick).Add(-lead), h) {
			return c.ended(conn)
		}
		c.p.sending.begin()
		err := c.beat(conn, h, tick)
		c.p.sending.end()
		if err != nil {
			return err
		}
		if !c.sleepUntil(c.ingestAt(t, tick), h) {
			return c.ended(conn)
		}
		if err := c.between(conn); err != nil {
			return err
		}
	}
}

// ingestAt gives the moment for what is to be done between two beats: away from
// this clock's sending, and from any other's, whatever there is to do. It follows
// from the timetables alone. If there is no such moment it is the usual one.
func (c *clock) ingestAt(t relay.Timetable, tick uint64) time.Time {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	usual := t.SendAt(tick).Add(t.Period() / ingestShare)
	at := usual
	for _, o := range c.p.clocks {
		if o == c {
			continue
		}
		lead := min(o.member.Table.Period()/leadShare, maxLead)
		there := at.Add(o.skew - c.skew) // by the other relay's clock
		k, _ := o.member.Table.Tick(there)
		for _, send := range []time.Time{o.member.Table.SendAt(k), o.member.Table.SendAt(k + 1)} {
			if there.After(send.Add(-2*lead)) && there.Before(send.Add(lead)) {
				at = at.Add(send.Add(lead).Sub(there))
				break
			}
		}
	}
	if at.After(t.SendAt(tick + 1).Add(-2 * min(t.Period()/leadShare, maxLead))) {
		return usual
	}
	return at
}

func (c *clock) ended(conn *client.Conn) error {
	if c.p.ctx.Err() != nil {
		return nil
	}
	return conn.Err()
}

// nextTick gives the next tick that there is still time to prepare, above
// every tick used before: after the clock was set back, the desk waits until
// it has caught up, and no key is used twice.
func (c *clock) nextTick(t relay.Timetable, lead time.Duration, from uint64) uint64 {
	now := c.now()
	tick, _ := t.Tick(now)
	if now.After(t.SendAt(tick).Add(-lead)) {
		tick++
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.deck.Tick() > tick+uint64(maxSkew/t.Period()) {
		c.trouble = "This machine's clock was set back. The lines rest until it has caught up; set it right."
	}
	return max(tick, c.deck.Tick()+1, from)
}

// beat does one tick. A tick that cannot be stored, or not in time, is burned.
func (c *clock) beat(conn *client.Conn, h *hearing, tick uint64) error {
	t := c.timetable()
	n := min(len(h.slates), t.CatchUp, maxSlates)
	roster := func(t uint64) [32]byte { hash, _ := conn.RosterHash(t); return hash }
	cell, cursor, err := c.prepare(tick, roster, h.slates[:n])
	if err != nil {
		c.p.opt.Log.Error("tick burned", "kind", string(fault.KindOf(err)))
		return nil
	}
	h.slates = append(h.slates[:0], h.slates[n:]...)
	h.next = cursor
	if !c.sleepUntil(t.SendAt(tick), h) {
		return c.ended(conn)
	}
	if c.now().After(t.SendAt(tick).Add(t.Period() / burnShare)) {
		c.p.opt.Log.Warn("tick burned: the machine was too slow")
		return nil
	}
	c.p.mu.Lock()
	c.tally.add(t.RequestSizeAt(tick), 0)
	c.p.mu.Unlock()
	return conn.Send(c.p.ctx, tick, cursor, cell)
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

// moments counts the clocks that are at their moment of sending, so that other
// work can wait for another one.
type moments struct {
	mu    sync.Mutex
	busy  int
	ends  uint64        // how often one has ended
	ended chan struct{} // closed at the next end; nil while nobody waits
}

// maxWait is how many moments of sending other work waits for at most: on a
// machine so slow that one follows the other, it must still be done.
const maxWait = 4

func (s *moments) begin() {
	s.mu.Lock()
	s.busy++
	s.mu.Unlock()
}

func (s *moments) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	s.ends++
	if s.ended != nil {
		close(s.ended)
		s.ended = nil
	}
}

// wait returns when no clock is sending.
func (s *moments) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for last := s.ends + maxWait; s.busy > 0 && s.ends < last; {
		if s.ended == nil {
			s.ended = make(chan struct{})
		}
		ended := s.ended
		s.mu.Unlock()
		<-ended
		s.mu.Lock()
	}
}
