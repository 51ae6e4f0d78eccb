package convey

import (
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// inTurn reports why a note of a notification plan may not be made: it would
// tell somebody twice, or before his turn. What goes with it in one plan counts
// as made, so that two notes of one transaction cannot pass each other.
func (b *builder) inTurn(d record.Entry) error {
	n, ok := d.Body.(circle.Notification)
	if !ok || !d.Corrects.IsZero() {
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
	return circle.Allow(f.Plan, f.Begun, notes, n)
}
