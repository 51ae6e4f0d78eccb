package accord

import "backchannel/internal/record"

// expect computes from when an expectation is open. It stands alone: who says
// whether its conditions hold are its holder, the monitor and, where it stands
// in an agreed package, the parties to that.
func (f *frame) expect() {
	if f.t.When.IsZero() {
		f.readyAt = f.t.From
		return
	}
	agreed := f.deal.agreed
	f.deal.agreed = 0 // nobody has to agree to what somebody expects
	at, ok := f.own(nil)
	f.deal.agreed = agreed
	f.readyAt, f.unclear = at, !ok
	f.waitsFor(at, f.t.When.String())
}

// expected gives the state of an expectation at t by clock and conditions:
// nobody can say that it was not met before it is open.
func (f *frame) expected(t record.Instant) (State, record.Instant) {
	switch {
	case f.t.When.IsZero() && f.t.From == 0:
		return IsOpen, 0
	case f.unclear:
		return IsUnknown, 0
	case f.readyAt == 0 || t < f.readyAt:
		return IsConditional, 0
	}
	return IsOpen, f.readyAt
}
