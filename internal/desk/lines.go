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
	enrolled, out := p.member, p.out
	p.mu.Unlock()
	if enrolled != nil && (!out || enrolled.Address != address) {
		return fault.New(fault.Exists, "desk.enrolled", "one desk is a member of one cohort", "this desk is enrolled at a relay already")
	}
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
	if enrolled != nil {
		return p.readmit(enrolled, m)
	}
	return p.adopt(m, addr, time.Now())
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

// adopt makes the desk a member: an empty deck, then the membership, then the
// beat.
func (p *post) adopt(m *membership, addr relay.Address, now time.Time) error {
	tick, _ := m.Table.Tick(now)
	var seed [64]byte
	rand.Read(seed[:])
	deck, err := line.New(relayOf(m, addr), tick, keys.XWing(), seed)
	if err != nil {
		return err
	}
	store, err := p.d.vault.Deck(shape())
	if err != nil {
		return err
	}
	if _, err := store.Tick(deck.State()); err != nil {
		return err
	}
	b, err := wire.Encode(m)
	if err != nil {
		return err
	}
	err = p.d.vault.Update(func(tx *vault.Tx) error {
		if err := tx.SetMeta(metaRelay, b); err != nil {
			return err
		}
		return tx.DeleteMeta(metaPending)
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.member, p.deck, p.store = m, deck, store
	p.start()
	return nil
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
func (p *post) openLine(ctx context.Context, q peer, open func(*line.Deck) (*line.Deck, int, error)) error {
	p.opening.Lock()
	defer p.opening.Unlock()
	do := p.replacing(q, open)
	p.mu.Lock()
	deck := p.deck
	p.mu.Unlock()
	next, slot, err := do(deck)
	if err != nil {
		return err
	}
	st, err := next.Status(slot)
	if err != nil {
		return err
	}
	q.Line = st.Line
	if err := p.d.updatePeers(func(all map[uint32]peer) { all[q.Line] = q }); err != nil {
		return err
	}
	return p.change(ctx, func(dk *line.Deck) (*line.Deck, error) {
		next, slot, err := do(dk)
		if err != nil {
			return nil, err
		}
		if st, err := next.Status(slot); err != nil || st.Line != q.Line {
			return nil, fault.New(fault.Internal, "desk.line-number", "try again", "another line was opened meanwhile")
		}
		return next, nil
	})
}

// replacing first frees the slots of what failed with the same person, and
// says which line's keys the new ones are for.
func (p *post) replacing(q peer, open func(*line.Deck) (*line.Deck, int, error)) func(*line.Deck) (*line.Deck, int, error) {
	p.mu.Lock()
	peers := p.peers // replaced whole when it changes
	p.mu.Unlock()
	return func(dk *line.Deck) (*line.Deck, int, error) {
		for _, st := range dk.Lines() {
			if st.Phase != line.PhaseFailed || peers[st.Line].Name != q.Name {
				continue
			}
			next, err := dk.Remove(st.Slot)
			if err != nil {
				return nil, 0, err
			}
			dk = next
		}
		next, slot, err := open(dk)
		if err != nil || q.Replaces == 0 {
			return next, slot, err
		}
		next, err = next.Replace(slot, q.Replaces)
		return next, slot, err
	}
}

// ready checks that a new line to somebody may be opened, or fresh keys made
// for one.
func (p *post) ready(who record.Name, replaces uint32) (*membership, relay.Address, error) {
	if err := who.Check(); err != nil {
		return nil, relay.Address{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.member == nil {
		return nil, relay.Address{}, fault.New(fault.Refused, "desk.no-relay", "enrol with `backchannel enrol`, or take an invite with `backchannel join`", "this desk has no relay yet")
	}
	if who == p.d.record.Keeper() {
		return nil, relay.Address{}, fault.New(fault.Refused, "desk.self", "name somebody else", "a line leads to somebody else")
	}
	if _, _, there := p.lineTo(who); there && replaces == 0 {
		return nil, relay.Address{}, fault.New(fault.Exists, "desk.line-exists", "hang it up first with `backchannel hangup`", "there is a line to %s already", who)
	}
	addr, err := relay.ParseAddress(p.member.Address)
	return p.member, addr, err
}

// Join implements Handle.
func (d *Desk) Join(ctx context.Context, invite string, who record.Name) error {
	return d.take(ctx, invite, who, 0)
}

func (d *Desk) updatePeers(change func(map[uint32]peer)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.post
	p.mu.Lock()
	all := maps.Clone(p.peers)
	p.mu.Unlock()
	change(all)
	list := slices.SortedFunc(maps.Values(all), func(a, b peer) int { return cmp.Compare(a.Line, b.Line) })
	b, err := wire.Encode(list)
	if err != nil {
		return err
	}
	if err := d.vault.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaLines, b) }); err != nil {
		return err
	}
	p.mu.Lock()
	p.peers = all
	p.mu.Unlock()
	d.changed()
	return nil
}

// Compared implements Handle.
func (d *Desk) Compared(ctx context.Context, who record.Name, same bool) error {
	p := d.post
	p.mu.Lock()
	st, q, ok := p.lineTo(who)
	var renewal line.Status
	var renewed bool
	if ok {
		renewal, renewed = p.renewalOf(st.Line)
	}
	p.mu.Unlock()
	switch {
	case !ok || st.Phase != line.PhaseOpen:
		return noOpenLine(who)
	case renewed:
		if err := p.endRenewal(ctx, renewal, same); err != nil || !same {
			return err
		}
		st = renewal
	case !same:
		return d.Hangup(ctx, who)
	}
	defer p.standOn(q.Line)
	return d.updatePeers(func(all map[uint32]peer) {
		q.Compared, q.Of, q.Tick = true, wordsHash(st), st.Again
		all[q.Line] = q
	})
}

// Hangup implements Handle.
func (d *Desk) Hangup(ctx context.Context, who record.Name) error {
	n, err := d.drop(ctx, who, func(line.Status) bool { return true })
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
	if p.deck == nil {
		return out
	}
	t := p.member.Table
	when := func(tick uint64) record.Instant {
		if tick == 0 {
			return 0
		}
		return record.At(t.SendAt(tick))
	}
	at := map[uint32]int{}
	for _, st := range p.deck.Lines() {
		if st.Renews != 0 {
			continue // shown with the line that it renews
		}
		q := p.peers[st.Line]
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
		p.renewalStatus(st.Line, &s)
		s.Wait = time.Duration(p.deck.Wait(line.Text, 0)) * t.Period()
		at[st.Line] = len(out)
		out = append(out, s)
	}
	for _, st := range p.deck.Lines() {
		if i, ok := at[st.Replaces]; ok && st.Replaces != 0 {
			out[i].fresh(st, p.peers[st.Line], when(st.Again))
			out[at[st.Line]].Peer = "" // it is shown with the line that it is for
		}
	}
	out = slices.DeleteFunc(out, func(s LineStatus) bool { return s.Peer == "" })
	slices.SortFunc(out, func(a, b LineStatus) int { return cmp.Compare(a.Peer, b.Peer) })
	return out
}

// Relay implements Handle.
func (d *Desk) Relay(context.Context) (RelayStatus, error) {
	p := d.post
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.member == nil {
		return RelayStatus{Trouble: p.trouble}, nil
	}
	t := p.member.Table
	tick, _ := t.Tick(time.Now().Add(p.skew))
	s := RelayStatus{
		Address: p.member.Address, Cohort: p.member.Cohort, Online: p.online, Tick: tick, Period: t.Period(),
		Capacity: t.Capacity, Behind: p.behind, BytesUp: p.tally.up, BytesDown: p.tally.down, Trouble: p.trouble, Enrolled: p.newest.Enrolled(),
		DayBytes: dayBytes(t),
	}
	p.admission(&s, tick)
	for _, st := range p.deck.Lines() {
		if st.Phase == line.PhaseOpen {
			s.Vouched++
		}
	}
	return s, nil
}
