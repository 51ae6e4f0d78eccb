package desk

import (
	"cmp"
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
)

// RekeyOrder asks for fresh keys for the open line to somebody. One of the two
// makes an invite for it, the other takes that up; they exchange it in person.
type RekeyOrder struct {
	For     record.Name
	Take    string        // the invite that they made; empty to make one
	Expires time.Duration // of the one that is made; 0 for the default
	Short   bool          // the one that is made is short: both are members of one relay
}

// Rekey implements Handle.
func (d *Desk) Rekey(ctx context.Context, o RekeyOrder) (string, error) {
	d.post.mu.Lock()
	l, ok := d.post.lineTo(o.For)
	d.post.mu.Unlock()
	if !ok || l.st.Phase != line.PhaseOpen {
		return "", noOpenLine(o.For)
	}
	if o.Take != "" {
		return "", d.take(ctx, o.Take, o.For, l.id())
	}
	return d.offer(ctx, InviteOrder{For: o.For, Expires: o.Expires, Short: o.Short}, l.id())
}

func noOpenLine(who record.Name) error {
	return fault.New(fault.NotFound, "desk.no-open-line", "look with `backchannel lines`", "there is no open line to %s", who)
}

// offer makes an invite: for a new line, or for fresh keys for one.
func (d *Desk) offer(ctx context.Context, o InviteOrder, replaces lineID) (string, error) {
	c, addr, err := d.post.ready(o.For, replaces, nil)
	if err != nil {
		return "", err
	}
	m := c.member
	life := cmp.Or(o.Expires, defaultInviteLife)
	req := change{
		Kind: changeInvite, Relay: relayOf(m, addr), Label: string(d.Keeper()), Short: o.Short, Seed: fresh(inviterSeed),
		Life: max(1, uint64(life/m.Table.Period())), Until: time.Now().Add(life).Unix(),
	}
	if o.Admit && o.Ticket == "" {
		if o.Ticket, err = c.ownTicket(); err != nil {
			return "", err
		}
	}
	if o.Ticket != "" {
		if _, err := relay.ParseTicket(o.Ticket); err != nil {
			return "", err
		}
		req.Tickets = [][]byte{[]byte(o.Ticket)}
	}
	q := peer{Name: o.For, Until: record.Instant(req.Until * 1000), Made: record.At(time.Now()), Replaces: replaces.number()}
	is, err := c.openLine(ctx, q, req)
	switch {
	case err != nil:
		return "", err
	case o.Short:
		return strings.Join(is.Groups, " "), nil
	}
	inv, err := line.DecodeInvite(is.Invite)
	if err != nil {
		return "", err
	}
	return inv.Text(), nil
}

// take takes up an invite: for a new line, or for fresh keys for one.
func (d *Desk) take(ctx context.Context, invite string, who record.Name, replaces lineID) error {
	inv, err := line.ParseInvite(invite)
	if err != nil {
		return err
	}
	if err := inv.CheckTime(time.Now().Unix()); err != nil {
		return err
	}
	p := d.post
	p.mu.Lock()
	enrolled := len(p.clocks) > 0
	p.mu.Unlock()
	if !enrolled {
		if inv.Short() {
			return fault.New(fault.Refused, "desk.short-invite", "ask for a whole invite, as a file or a QR code", "a short invite is for a member of the same relay, and this desk has no relay yet")
		}
		if len(inv.Tickets) == 0 {
			return fault.New(fault.Refused, "desk.no-ticket", "ask for an invite with a ticket, or enrol first", "this desk has no relay yet, and the invite brings no ticket")
		}
		if err := d.Enrol(ctx, inv.Addr, string(inv.Tickets[0])); err != nil {
			return err
		}
	}
	c, addr, err := p.ready(who, replaces, nil)
	if err != nil {
		return err
	}
	if inv, err = inv.On(relayOf(c.member, addr)); err != nil {
		return err
	}
	q := peer{Name: who, Made: record.At(time.Now()), Replaces: replaces.number()}
	_, err = c.openLine(ctx, q, change{Kind: changeAccept, Invite: inv.Encode(), Seed: fresh(joinerSeed)})
	return err
}

// Revoke implements Handle.
func (d *Desk) Revoke(ctx context.Context, who record.Name) error {
	n, err := d.drop(ctx, who, true)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "desk.no-invite", "look with `backchannel invites`", "no invite for %s is open", who)
	}
	return err
}

// Lost implements Handle. The keys go first: whatever else fails, whoever has
// the device hears nothing more.
func (d *Desk) Lost(ctx context.Context, who record.Name) error {
	return d.Hangup(ctx, who)
}

// drop removes every slot of somebody with its keys, or those that are not open,
// and gives how many there were.
func (d *Desk) drop(ctx context.Context, who record.Name, shut bool) (int, error) {
	p := d.post
	p.opening.Lock()
	defer p.opening.Unlock()
	gone := map[lineID]bool{}
	p.mu.Lock()
	clocks := p.clocks
	p.each(func(c *clock, st line.Status) {
		if id := c.id(st.Line); p.peers[id].Name == who && !(shut && st.Phase == line.PhaseOpen) {
			gone[id] = true
		}
	})
	p.mu.Unlock()
	for _, c := range clocks {
		if err := c.drop(ctx, gone, shut); err != nil {
			return 0, err
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	return len(gone), d.updatePeers(func(all map[lineID]peer) {
		p.mu.Lock()
		defer p.mu.Unlock()
		left := map[lineID]bool{}
		p.each(func(c *clock, st line.Status) { left[c.id(st.Line)] = true })
		for n := range gone {
			if !left[n] {
				delete(all, n)
			}
		}
	})
}

// drop removes those of the lines that are gone which hang on this clock.
func (c *clock) drop(ctx context.Context, gone map[lineID]bool, shut bool) error {
	o := change{Kind: changeRemove, Shut: shut}
	for n := range gone {
		if n.clock() == c.index {
			o.Lines = append(o.Lines, n.number())
		}
	}
	if len(o.Lines) == 0 {
		return nil
	}
	_, err := c.change(ctx, o)
	return err
}

// asCompared reports whether the keeper has compared the words that a line has
// now, and nobody came with its invite since.
func asCompared(q peer, st line.Status) bool {
	return q.Compared && (len(q.Of) == 0 || string(q.Of) == string(wordsHash(st))) && st.Again <= q.Tick
}

func wordsHash(st line.Status) []byte {
	h := sha256.Sum256([]byte(strings.Join(st.Words, " ")))
	return h[:16]
}

// fresh folds what is being done for fresh keys into the status of the line
// that they are for.
func (s *LineStatus) fresh(st line.Status, q peer, again record.Instant) {
	s.Fresh = &FreshKeys{Made: q.Made, Expires: q.Until, Inviter: st.Inviter, Again: again}
	if st.Phase == line.PhaseFailed {
		s.Fresh.Trouble = st.Reason.String()
	}
}
