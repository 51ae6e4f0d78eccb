package demo

import (
	"context"
	"errors"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// stage is a casefile.Stage of real desks. It reaches each over its control
// socket.
type stage struct {
	order []record.Name
	desks map[record.Name]*desk.Remote
}

// Desk implements casefile.Stage.
func (s *stage) Desk(keeper record.Name) (desk.Handle, error) {
	d, ok := s.desks[keeper]
	if !ok {
		return nil, fault.New(fault.NotFound, "demo.no-desk", "", "%s has no desk in the demo", keeper).WithHint("declare it in the case: desk %s", keeper)
	}
	return d, nil
}

// SetClock implements casefile.Stage.
func (s *stage) SetClock(ctx context.Context, t record.Instant) error {
	for _, n := range s.order {
		if err := s.desks[n].SetClock(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// Disturb implements casefile.Stage: the wire of the demo is a real one, and
// is left alone.
func (s *stage) Disturb(context.Context, casefile.Disturbance) (bool, error) { return false, nil }

// Bounds on waiting for the lines.
const (
	patience = 2 * time.Minute        // for something to arrive
	glance   = 100 * time.Millisecond // between looks
)

// Settle implements casefile.Stage: whatever one desk says it sent to another
// must be in the record of the other.
func (s *stage) Settle(ctx context.Context) error {
	return until(ctx, "demo.settle", "what was sent has not all arrived", func() (bool, error) {
		records := map[record.Name]*record.Record{}
		for _, n := range s.order {
			r, err := s.desks[n].Record(ctx)
			if err != nil {
				return false, err
			}
			records[n] = r
		}
		for _, from := range s.order {
			for _, to := range s.order {
				if from != to && convey.Sent(records[from], to) > came(records[to], from) {
					return false, nil
				}
			}
		}
		return true, nil
	})
}

// came counts what arrived over the line from peer.
func came(r *record.Record, peer record.Name) (n uint64) {
	for _, it := range r.Known() {
		if it.Came.Over() == peer {
			n++
		}
	}
	return n
}

// until looks until done, ctx ends, or patience does.
func until(ctx context.Context, id, text string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fault.New(fault.Unreachable, id, "run it again with --keep and look at the logs in its folder", "%s", text))
	defer cancel()
	for {
		ok, err := done()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case ok || err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(glance):
		}
	}
}

// openLines opens the lines of a case, all at once: by invites that go from
// desk to desk as people would hand them over, and that bring a relay ticket
// to whoever is no member yet.
func (s *stage) openLines(ctx context.Context, relay string, tickets func(n int) ([]string, error), lines []casefile.Line) error {
	have, err := tickets(len(s.order))
	if err != nil {
		return err
	}
	next := func() string { t := have[0]; have = have[1:]; return t }
	member := map[record.Name]bool{}
	for _, l := range lines {
		if !member[l.A] {
			if err := s.desks[l.A].Enrol(ctx, relay, next()); err != nil {
				return err
			}
			member[l.A] = true
		}
		o := desk.InviteOrder{For: l.B}
		if !member[l.B] {
			o.Ticket = next()
		}
		invite, err := s.desks[l.A].Invite(ctx, o)
		if err != nil {
			return err
		}
		if err := s.desks[l.B].Join(ctx, invite, l.A); err != nil {
			return err
		}
		member[l.B] = true
	}
	for _, l := range lines {
		if err := s.compareWords(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// compareWords does what two people do on the phone once their line is open.
func (s *stage) compareWords(ctx context.Context, l casefile.Line) error {
	var a, b desk.LineStatus
	err := until(ctx, "demo.line", "a line does not open", func() (bool, error) {
		var err error
		if a, err = lineTo(ctx, s.desks[l.A], l.B); err != nil {
			return false, err
		}
		if b, err = lineTo(ctx, s.desks[l.B], l.A); err != nil {
			return false, err
		}
		return a.Phase == desk.Opened && b.Phase == desk.Opened, nil
	})
	if err != nil {
		return err
	}
	same := len(a.Words) > 0 && len(a.Words) == len(b.Words)
	for i := range a.Words {
		same = same && a.Words[i] == b.Words[i]
	}
	if !same {
		return fault.New(fault.Unauthentic, "demo.words", "", "the words of the line between %s and %s differ", l.A, l.B)
	}
	return errors.Join(s.desks[l.A].Compared(ctx, l.B, true), s.desks[l.B].Compared(ctx, l.A, true))
}

func lineTo(ctx context.Context, h desk.Handle, peer record.Name) (desk.LineStatus, error) {
	lines, err := h.Lines(ctx)
	if err != nil {
		return desk.LineStatus{}, err
	}
	for _, l := range lines {
		if l.Peer != peer {
			continue
		}
		if l.Phase == desk.Stopped {
			return l, fault.New(fault.Unauthentic, "demo.stopped", "", "the line from %s to %s stopped: %s", h.Keeper(), peer, l.Trouble)
		}
		return l, nil
	}
	return desk.LineStatus{}, nil
}
