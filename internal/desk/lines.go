package desk

import (
	"cmp"
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

const (
	defaultInviteLife = 24 * time.Hour
	day               = 24 * time.Hour
)

// Enrol implements Handle.
func (d *Desk) Enrol(ctx context.Context, address, ticket string) error {
	p := d.post
	p.mu.Lock()
	c := p.at(address)
	refused := len(p.clocks) > 0 && (c == nil || !c.out)
	p.mu.Unlock()
	if refused {
		return fault.New(fault.Exists, "desk.enrolled", "one desk is a member of one cohort", "this desk is enrolled at a relay already")
	}
	return d.enrolAt(ctx, address, ticket, c)
}

// AddRelay implements Handle.
func (d *Desk) AddRelay(ctx context.Context, address, ticket string) error {
	p := d.post
	p.mu.Lock()
	c, n := p.at(address), len(p.clocks)
	again := c != nil && c.out
	p.mu.Unlock()
	switch {
	case again:
		return d.enrolAt(ctx, address, ticket, c)
	case n == 0:
		return noRelayYet()
	case c != nil || n == vault.Decks:
		return fault.New(fault.Exists, "desk.two-relays", "look with `backchannel lines`", "this desk is a member there already, or at %d relays", vault.Decks)
	}
	if err := d.enrolAt(ctx, address, ticket, nil); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.clocks {
		c.standAll() // so that the other desks hear of it
	}
	return nil
}

// at gives the clock of a relay, or nil. The caller holds mu.
func (p *post) at(address string) *clock {
	for _, c := range p.clocks {
		if c.member.Address == address {
			return c
		}
	}
	return nil
}

// enrolAt makes the desk a member: for the first time at this relay, or again
// where its clock is.
func (d *Desk) enrolAt(ctx context.Context, address, ticket string, again *clock) error {
	addr, err := relay.ParseAddress(address)
	if err != nil {
		return err
	}
	tk, err := relay.ParseTicket(ticket)
	if err != nil {
		return err
	}
	token, code, err := d.pendingToken(address)
	if err != nil {
		return err
	}
	dial, err := d.opt.way(address, false)
	if err != nil {
		return err
	}
	opt := client.Options{Dial: dial}
	en, err := client.Enrol(ctx, addr, tk, token, code, opt)
	if err != nil {
		return err
	}
	// A first connection tells the timetable and the clock.
	conn, err := client.Dial(ctx, addr, client.Credentials{Token: token, Charters: en.Charters}, opt)
	if err != nil {
		return err
	}
	defer conn.Close()
	m := &membership{Address: address, Token: token.Bytes(), Charters: en.Charters, Cohort: conn.Timetable().Cohort, FromTick: en.FromTick, Table: conn.Timetable(), Code: code.Text(), Seed: newSeed(), Tor: d.opt.Tor != ""}
	if again != nil {
		return again.readmit(m)
	}
	return d.post.adopt(m, addr, time.Now())
}

// pendingToken gives the token and the revocation code that will be this
// desk's at the relay. They are stored before the ticket is spent, so that an
// interrupted enrolment can be done again with the same ticket.
func (d *Desk) pendingToken(address string) (token relay.Token, code relay.Revocation, err error) {
	type pending struct {
		Address string `cbor:"1,keyasint"`
		Token   []byte `cbor:"2,keyasint"`
		Code    string `cbor:"3,keyasint"`
	}
	var q pending
	if b, err := d.vault.Meta(metaPending); err == nil {
		if err := wire.DecodeOwn(b, &q); err != nil {
			return token, code, err
		}
		if q.Address == address && q.Code != "" {
			if token, err = relay.TokenFromBytes(q.Token); err == nil {
				code, err = relay.ParseRevocation(q.Code)
			}
			return token, code, err
		}
	}
	token, code = relay.NewToken(), relay.NewRevocation()
	b, err := wire.Encode(pending{address, token.Bytes(), code.Text()})
	if err != nil {
		return token, code, err
	}
	return token, code, d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaPending, b) })
}

// adopt makes a clock: an empty deck, then the membership, then the beat.
func (p *post) adopt(m *membership, addr relay.Address, now time.Time) error {
	tick, _ := m.Table.Tick(now)
	var seed [64]byte
	rand.Read(seed[:])
	deck, err := line.New(relayOf(m, addr), tick, keys.XWing(), seed)
	if err != nil {
		return err
	}
	p.mu.Lock()
	c := p.newClock(len(p.clocks))
	p.mu.Unlock()
	c.member, c.deck = m, deck
	if c.store, err = p.d.vault.DeckAt(c.index, shape()); err != nil {
		return err
	}
	if _, err := c.store.Tick(deck.State()); err != nil {
		return err
	}
	if err := c.keepMember(m); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clocks = append(p.clocks, c)
	c.start()
	if p.line != nil {
		return p.line.begun(c)
	}
	return nil
}

// keepMember stores a membership that was just begun.
func (c *clock) keepMember(m *membership) error {
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	return c.p.d.vault.Update(func(tx *vault.Tx) error {
		if err := tx.SetMeta(ofClock(metaRelay, c.index), b); err != nil {
			return err
		}
		return tx.DeleteMeta(metaPending)
	})
}

func relayOf(m *membership, addr relay.Address) line.Relay {
	return line.Relay{Addr: m.Address, Pin: addr.Pin[:], Cohort: m.Cohort}
}

// Invite implements Handle.
func (d *Desk) Invite(ctx context.Context, o InviteOrder) (string, error) { return d.offer(ctx, o, 0) }

// openLine puts a new line on the deck at the next beat. The keys are made
// beforehand, so that the beat does not do more than at other times. Whom it leads to is stored before the
// deck is, so that no crash leaves a line that leads nowhere; an entry for a
// line that then is not opened does no harm, since the number is used again.
func (c *clock) openLine(ctx context.Context, q peer, o change) (made, error) {
	c.p.opening.Lock()
	defer c.p.opening.Unlock()
	_, m, err := c.openHeld(ctx, q, o)
	return m, err
}

// openHeld is openLine for whoever holds opening, and gives the line. The slots
// of what failed with the same person are freed first.
func (c *clock) openHeld(ctx context.Context, q peer, o change) (lineID, made, error) {
	p := c.p
	p.mu.Lock()
	deck := c.deck
	for _, st := range deck.Lines() {
		if st.Phase == line.PhaseFailed && p.peers[c.id(st.Line)].Name == q.Name {
			o.Free = append(o.Free, st.Line)
		}
	}
	p.mu.Unlock()
	o.Replaces = q.Replaces
	try, err := o.prepare()
	if err != nil {
		return 0, made{}, err
	}
	_, m, err := try.apply(deck)
	if err != nil {
		return 0, m, err
	}
	o.Line, q.Line = m.Line, c.id(m.Line)
	if err := p.d.updatePeers(func(all map[lineID]peer) { all[q.Line] = q }); err != nil {
		return 0, m, err
	}
	m, err = c.change(ctx, o)
	return q.Line, m, err
}

// ready checks that a new line to somebody may be opened, or fresh keys made
// for one, and gives the clock that it hangs on.
func (p *post) ready(who record.Name, replaces lineID, on *clock) (*clock, relay.Address, error) {
	if err := who.Check(); err != nil {
		return nil, relay.Address{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.clocks) == 0 {
		return nil, relay.Address{}, noRelayYet()
	}
	if who == p.d.record.Keeper() {
		return nil, relay.Address{}, fault.New(fault.Refused, "desk.self", "name somebody else", "a line leads to somebody else")
	}
	if _, there := p.lineTo(who); there && replaces == 0 {
		return nil, relay.Address{}, fault.New(fault.Exists, "desk.line-exists", "hang it up first with `backchannel hangup`", "there is a line to %s already", who)
	}
	switch {
	case replaces != 0:
		on = p.clock(replaces)
	case on == nil:
		on = p.clocks[0]
	}
	addr, err := relay.ParseAddress(on.member.Address)
	return on, addr, err
}

// Join implements Handle.
func (d *Desk) Join(ctx context.Context, invite string, who record.Name) error {
	return d.take(ctx, invite, who, 0)
}

func (d *Desk) updatePeers(change func(map[lineID]peer)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.post
	p.mu.Lock()
	all := maps.Clone(p.peers)
	p.mu.Unlock()
	change(all)
	if err := d.vault.Update(func(tx *vault.Tx) error { return putPeers(tx, all) }); err != nil {
		return err
	}
	p.mu.Lock()
	p.peers = all
	p.mu.Unlock()
	d.changed()
	return nil
}

func putPeers(tx *vault.Tx, all map[lineID]peer) error {
	b, err := wire.Encode(slices.SortedFunc(maps.Values(all), func(a, b peer) int { return cmp.Compare(a.Line, b.Line) }))
	if err != nil {
		return err
	}
	return tx.SetMeta(metaLines, b)
}

// Compared implements Handle.
func (d *Desk) Compared(ctx context.Context, who record.Name, same bool) error {
	p := d.post
	p.mu.Lock()
	l, ok := p.lineTo(who)
	st, q := l.st, l.q
	var renewal line.Status
	var renewed bool
	if ok {
		renewal, renewed = l.c.renewalOf(st.Line)
	}
	p.mu.Unlock()
	switch {
	case !ok || st.Phase != line.PhaseOpen:
		return noOpenLine(who)
	case renewed:
		if err := l.c.endRenewal(ctx, renewal, same); err != nil || !same {
			return err
		}
		st = renewal
	case !same:
		return d.Hangup(ctx, who)
	}
	defer p.standOn(q.Line)
	return d.updatePeers(func(all map[lineID]peer) {
		now := all[q.Line] // more may be known of it by now
		now.Line, now.Name = q.Line, q.Name
		now.Compared, now.Of, now.Tick = true, wordsHash(st), st.Again
		all[q.Line] = now
	})
}

// Hangup implements Handle.
func (d *Desk) Hangup(ctx context.Context, who record.Name) error {
	n, err := d.drop(ctx, who, false)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "desk.no-line-to", "look with `backchannel lines`", "there is no line to %s", who)
	}
	if err != nil {
		return err
	}
	return d.dropCompares(who)
}

// Lines implements Handle.
func (d *Desk) Lines(context.Context) ([]LineStatus, error) {
	out := d.post.lines()
	d.compareStatus(out)
	return out, nil
}

func (p *post) lines() []LineStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []LineStatus{}
	at := map[lineID]int{}
	for _, c := range p.clocks {
		out = c.lines(out, at)
	}
	for id, i := range at {
		if q := p.peers[id]; q.Bond != 0 {
			if j, ok := at[q.Bond]; ok {
				out[j].beside(out[i], p.clock(id), q)
			}
			out[i].Peer = "" // it is shown with the first
		}
	}
	out = slices.DeleteFunc(out, func(s LineStatus) bool { return s.Peer == "" })
	slices.SortFunc(out, func(a, b LineStatus) int { return cmp.Compare(a.Peer, b.Peer) })
	return out
}

// lines adds the status of every line of a clock; one without a peer is shown
// with another. The caller holds mu.
func (c *clock) lines(out []LineStatus, at map[lineID]int) []LineStatus {
	t := c.member.Table
	when := func(tick uint64) record.Instant {
		if tick == 0 {
			return 0
		}
		return record.At(t.SendAt(tick))
	}
	for _, st := range c.deck.Lines() {
		if st.Renews != 0 {
			continue // shown with the line that it renews
		}
		q := c.p.peers[c.id(st.Line)]
		s := LineStatus{Peer: q.Name, Words: st.Words, Compared: asCompared(q, st), Epoch: uint64(st.Epoch), Made: q.Made,
			Inviter: st.Inviter, Heard: when(st.Heard), Again: when(st.Again)}
		if s.Compared {
			s.Again = 0
		}
		switch st.Phase {
		case line.PhaseOpen:
			s.Phase = Opened
		case line.PhaseFailed:
			s.Phase, s.Trouble = Stopped, st.Reason.String()
		default:
			s.Phase, s.Expires = Invited, q.Until
		}
		for _, n := range st.Queued {
			s.Queued += n
		}
		c.renewalStatus(st.Line, &s)
		s.Wait = time.Duration(c.deck.Wait(line.Text, 0)) * t.Period()
		at[c.id(st.Line)] = len(out)
		out = append(out, s)
	}
	for _, st := range c.deck.Lines() {
		if i, ok := at[c.id(st.Replaces)]; ok && st.Replaces != 0 {
			out[i].fresh(st, c.p.peers[c.id(st.Line)], when(st.Again))
			out[at[c.id(st.Line)]].Peer = "" // it is shown with the line that it is for
		}
	}
	return out
}

// beside folds a second line into the status of the first. Whatever arrives over
// one of them has arrived.
func (s *LineStatus) beside(o LineStatus, c *clock, q peer) {
	s.Second = &SecondLine{Relay: c.member.Address, Open: o.Phase == Opened && q.Mirrored, Heard: o.Heard, Online: c.online}
	s.Heard = max(s.Heard, o.Heard)
	if s.Second.Open {
		s.Queued, s.Wait = min(s.Queued, o.Queued), min(s.Wait, o.Wait)
	}
}

// Relay implements Handle.
func (d *Desk) Relay(context.Context) (RelayStatus, error) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.clocks) == 0 {
		return RelayStatus{}, nil
	}
	s := p.clocks[0].status()
	if len(p.clocks) > 1 {
		o := p.clocks[1].status()
		s.Other = &o
		for _, q := range p.peers {
			if q.Bond != 0 && q.Mirrored {
				s.Both++
			}
		}
		o.Both = s.Both
	}
	return s, nil
}

// status gives the relay as its clock sees it. The caller holds mu.
func (c *clock) status() RelayStatus {
	t := c.member.Table
	tick, _ := t.Tick(time.Now().Add(c.skew))
	s := RelayStatus{
		Address: c.member.Address, Cohort: c.member.Cohort, Online: c.online, Tick: tick, Period: t.Period(),
		Capacity: t.Capacity, Behind: c.behind, BytesUp: c.tally.up, BytesDown: c.tally.down, Trouble: c.trouble, Enrolled: c.newest.Enrolled(),
		DayBytes: dayBytes(t),
	}
	c.admission(&s, tick)
	for _, st := range c.deck.Lines() {
		if st.Phase == line.PhaseOpen {
			s.Vouched++
		}
	}
	return s
}
