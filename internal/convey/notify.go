package convey

import (
	"slices"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// inTurn reports why a note of a notification plan may not be made: it would
// tell somebody twice, or before his turn. What goes with it in one plan counts
// as made, so that two notes of one transaction cannot pass each other.
func (b *builder) inTurn(d record.Entry) error {
	if fix, ok := d.Body.(record.Correction); ok {
		return b.staysTold(d.Corrects, fix.Now)
	}
	n, ok := d.Body.(circle.Notification)
	if !ok {
		return nil
	}
	c := circle.Read(b.c.Record.For(b.c.Record.Keeper(), record.AsOf{}))
	f, known := c.Following(n.Plan, b.c.ledger())
	for _, e := range b.entries {
		if p, is := e.Body.(circle.Plan); is && e.ID == n.Plan {
			f, known = circle.Following{Plan: p}, true
		}
	}
	if !known {
		return fault.New(fault.NotFound, "convey.no-plan", "name the notification plan that it belongs to", "no notification plan %s is here", n.Plan.Short())
	}
	var notes []circle.Notification
	for _, x := range f.Notes {
		notes = append(notes, x.Notification)
	}
	for _, e := range b.entries {
		if x, is := e.Body.(circle.Notification); is && x.Plan == n.Plan {
			notes = append(notes, x)
		}
	}
	if err := circle.Allow(f.Plan, f.Begun, notes, n); err != nil || n.As.IsZero() {
		return err
	}
	return b.toldBy(f.Plan, n)
}

// toldBy reports why a message is not what tells somebody of a plan: it must go
// to him alone, in the plan's words, in this very transaction. A note without
// its message, or the message without its note, would be somebody skipped, or
// told twice.
func (b *builder) toldBy(p circle.Plan, n circle.Notification) error {
	for _, e := range b.entries {
		m, ok := e.Body.(record.Message)
		if !ok || e.ID != n.As {
			continue
		}
		words := slices.ContainsFunc(p.Steps, func(s circle.PlanStep) bool { return s.Who == n.Who && s.Words == m.Text })
		if words && m.To == n.Who && slices.Equal(e.Audience, []record.Name{n.Who}) {
			return nil
		}
		return fault.New(fault.Refused, "convey.other-words", "correct the plan if he is to be told something else", "the message for %s is not the plan's, or not for him alone", n.Who)
	}
	return fault.New(fault.Refused, "convey.told-apart", "send it with `backchannel notify send`", "the message that tells %s does not go with the note that he was told", n.Who)
}

// staysTold reports why a note of a plan may not be corrected so: whom it is
// about and how far it came stay as they were noted, and what went over a line
// stays. A note of the hand that was wrong can be withdrawn.
func (b *builder) staysTold(of keys.ID, now record.Body) error {
	it, _ := b.c.Record.Get(of)
	was, ok := it.Body.(circle.Notification)
	if !ok {
		return nil
	}
	n, same := now.(circle.Notification)
	if _, gone := now.(record.Withdrawn); gone && was.As.IsZero() {
		return nil
	}
	if same && n.Plan == was.Plan && n.Who == was.Who && n.Reach == was.Reach && n.As == was.As {
		return nil
	}
	return fault.New(fault.Refused, "convey.told-stands", "withdraw a note that was wrong; what went over a line stays told", "how far a plan has come is not corrected into something else")
}
