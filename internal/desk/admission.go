package desk

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// Tickets to hand on, and leaving. Both ride in the errands of join ticks,
// whose length and moment are the same for every member. What a desk asks for
// follows from the clock: the tickets of the ticket epoch, with the same bytes
// at every join tick, had or not.

// stock is the tickets that the desk has to hand on; stored under metaTickets.
type stock struct {
	Got     uint64        `cbor:"1,keyasint"` // ticket epoch + 1 of the last batch
	Tickets []stockTicket `cbor:"2,keyasint"`
}

type stockTicket struct {
	Epoch uint64 `cbor:"1,keyasint"`
	Text  string `cbor:"2,keyasint"`
}

const metaTickets = "relay-tickets"

func newSeed() []byte {
	seed := make([]byte, 32)
	rand.Read(seed)
	return seed
}

// notAdmitted reports whether the relay knows this desk no more.
func notAdmitted(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && f.ID == "relay.not-admitted"
}

// idIn gives the desk's id in a roster, if it is there by now.
func idIn(c relay.Charter, conn *client.Conn, known []byte) []byte {
	if r := c.Roster; r.FromTick >= conn.FromTick() && r.Has(conn.Slot()) {
		return bytes.Clone(r.Members[conn.Slot()][:])
	}
	return known
}

// loadStock brings back the tickets to hand on.
func (c *clock) loadStock() error {
	b, err := c.p.d.vault.Meta(ofClock(metaTickets, c.index))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return wire.DecodeOwn(b, &c.stock)
}

// setErrand says what rides at the next join tick.
func (c *clock) setErrand(conn *client.Conn) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	t := c.member.Table
	tick, _ := t.Tick(time.Now().Add(c.skew))
	next := (tick/t.JoinEvery + 1) * t.JoinEvery
	var e relay.Errand
	if key, ok := keyAt(conn, next); ok && len(c.member.Seed) == 32 {
		if c.batch == nil || c.batch.Errand().Epoch != key.Epoch+1 {
			b, err := relay.NewBatch([32]byte(c.member.Seed), key, t.Tickets)
			if err != nil {
				c.trouble = err.Error()
				return
			}
			c.batch = b
		}
		e = c.batch.Errand()
	}
	e.Leave = c.member.Leaving
	conn.SetErrand(e)
}

// keyAt gives the ticket key of the charter in force at a tick.
func keyAt(conn *client.Conn, tick uint64) (key relay.TicketKey, ok bool) {
	for _, v := range conn.Charters() {
		if v.Charter().Roster.FromTick <= tick {
			key, ok = v.TicketKey()
		}
	}
	return key, ok
}

// keepTickets makes tickets of a receipt that came, and stores them, away from
// the sending.
func (c *clock) keepTickets() {
	c.p.mu.Lock()
	r, b, s := c.receipt, c.batch, c.stock
	c.receipt = relay.Receipt{}
	c.p.mu.Unlock()
	if r.Status != relay.ReceiptSigned || b == nil || s.Got >= b.Errand().Epoch {
		return
	}
	tickets, err := b.Finish(r)
	if err == nil {
		err = c.setStock(s.with(stockOf(b, tickets)))
	}
	if err != nil {
		c.p.mu.Lock()
		c.trouble = err.Error()
		c.p.mu.Unlock()
	}
}

func stockOf(b *relay.Batch, tickets []relay.Ticket) stock {
	s := stock{Got: b.Errand().Epoch}
	for _, k := range tickets {
		s.Tickets = append(s.Tickets, stockTicket{s.Got - 1, k.Text()})
	}
	return s
}

// with gives the stock with a batch that came, and without what is too old.
func (s stock) with(came stock) stock {
	s.Tickets = slices.DeleteFunc(slices.Clone(s.Tickets), func(k stockTicket) bool { return k.Epoch+2 < came.Got })
	return stock{came.Got, append(s.Tickets, came.Tickets...)}
}

func (c *clock) setStock(s stock) error {
	b, err := wire.Encode(s)
	if err != nil {
		return err
	}
	if err := c.p.d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(ofClock(metaTickets, c.index), b) }); err != nil {
		return err
	}
	c.p.mu.Lock()
	c.stock = s
	c.p.mu.Unlock()
	return nil
}

// ownTicket takes a ticket out of the stock, for good: one that is lost with
// its invite is lost. The oldest goes first.
func (c *clock) ownTicket() (string, error) {
	c.p.opening.Lock()
	defer c.p.opening.Unlock()
	c.p.mu.Lock()
	s := c.stock
	tick, _ := c.member.Table.Tick(time.Now().Add(c.skew))
	now := c.member.Table.TicketEpoch(tick)
	c.p.mu.Unlock()
	good := slices.DeleteFunc(slices.Clone(s.Tickets), func(k stockTicket) bool { return k.Epoch+1 < now })
	if len(good) == 0 {
		return "", fault.New(fault.NotFound, "desk.no-own-ticket", "wait for the next tickets, or ask the relay's operator for one", "this desk has no ticket to hand on")
	}
	s.Tickets = good[1:]
	return good[0].Text, c.setStock(s)
}

// readmit makes the desk a member again, with the lines that it had: they hang
// on relay and cohort, not on the membership.
func (c *clock) readmit(m *membership) error {
	c.p.mu.Lock()
	old := c.member
	c.p.mu.Unlock()
	if m.Cohort != old.Cohort || m.Table != old.Table {
		return fault.New(fault.Refused, "desk.other-cohort", "use another desk for it; the lines of this one belong to its cohort", "the ticket is for another cohort")
	}
	if err := c.keepMember(m); err != nil {
		return err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.member, c.out, c.batch, c.receipt, c.trouble = m, false, nil, relay.Receipt{}, ""
	if c.p.line != nil {
		c.p.line.member(c)
	}
	return nil
}

// LeaveRelay implements Handle.
func (d *Desk) LeaveRelay(_ context.Context, address string) error {
	c, err := d.post.only(address)
	if err != nil {
		return err
	}
	return c.leave()
}

func (c *clock) leave() error {
	c.keeping.Lock()
	defer c.keeping.Unlock()
	c.p.mu.Lock()
	m := *c.member
	m.Leaving = true
	c.member = &m
	if c.p.line != nil {
		c.p.line.member(c)
	}
	c.p.mu.Unlock()
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	return c.p.d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(ofClock(metaRelay, c.index), b) })
}

// only gives the clock of a relay; of the only one if it is not named.
func (p *post) only(address string) (*clock, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.clocks) == 0:
		return nil, noRelayYet()
	case address == "" && len(p.clocks) == 1:
		return p.clocks[0], nil
	}
	if c := p.at(address); c != nil {
		return c, nil
	}
	return nil, fault.New(fault.NotFound, "desk.which-relay", "name one of those that `backchannel lines` shows", "this desk is no member there, or of two relays")
}

// Revocation implements Handle.
func (d *Desk) Revocation(_ context.Context, relay string) (address, code string, err error) {
	c, err := d.post.only(relay)
	if err != nil {
		return "", "", err
	}
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	if c.member.Code == "" {
		return "", "", fault.New(fault.NotFound, "desk.no-code", "ask the relay's operator, who can take it off too", "this desk has no revocation code")
	}
	return c.member.Address, c.member.Code, nil
}

func noRelayYet() error {
	return fault.New(fault.Refused, "desk.no-relay", "enrol with `backchannel enrol`, or take an invite with `backchannel join`", "this desk has no relay yet")
}

// RevokeMember takes a member off a relay's roster by his revocation code. It needs
// no desk: his is lost.
func RevokeMember(ctx context.Context, address, code string, dial func(ctx context.Context, network, address string) (net.Conn, error)) (time.Time, error) {
	addr, err := relay.ParseAddress(address)
	if err != nil {
		return time.Time{}, err
	}
	c, err := relay.ParseRevocation(code)
	if err != nil {
		return time.Time{}, err
	}
	return client.Revoke(ctx, addr, c, client.Options{Dial: dial})
}

// admission fills in what of the status is about coming, leaving and tickets.
// The caller holds mu.
func (c *clock) admission(s *RelayStatus, tick uint64) {
	m, t := c.member, c.member.Table
	at := func(tick uint64) record.Instant { return record.At(t.TickStart(tick)) }
	s.Next = at((tick/t.JoinEvery + 1) * t.JoinEvery)
	if m.FromTick > tick {
		s.From = at(m.FromTick)
	}
	s.Leaving, s.Out, s.Tickets = m.Leaving, c.out, len(c.stock.Tickets)
	if len(m.Member) != len(relay.MemberID{}) {
		return
	}
	id := relay.MemberID(m.Member)
	s.Member = id.String()
	if r := c.newest; r.Version > 0 && !slices.Contains(r.Members, id) {
		s.Until = at(r.FromTick)
	}
}
