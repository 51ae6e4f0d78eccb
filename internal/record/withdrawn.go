package record

import "backchannel/internal/fault"

// Withdrawn stands in a Correction for what should not have been in the record
// at all, and in a projection in place of the body that was withdrawn. It is of
// the kind that it takes the place of, and is none of the types of that kind:
// whatever counts, reads or adds up entries passes it by. What was said first
// stays in the record, and is shown as we knew it before.
type Withdrawn struct{ Of Kind }

// Kind gives the kind of what was withdrawn.
func (w Withdrawn) Kind() Kind { return w.Of }

// Check reports what is not well-formed.
func (w Withdrawn) Check() error {
	if w.Of == "" || w.Of == KindCorrection {
		return fault.New(fault.Malformed, "record.withdrawn", "correct the entry again instead", "a correction is not withdrawn")
	}
	return nil
}

// Laster is a body that others may have relied on, so that its author cannot
// take it out of the record alone: an act, a deed, a text.
type Laster interface {
	// Lasts reports whether it stays where its author stated it first hand, or
	// where it was not typed on the desk that reads it.
	Lasts(firstHand, here bool) bool
}

// Lasts reports whether an entry of the reader's desk stays although its author
// withdraws it.
func Lasts(it Item, here bool) bool {
	l, ok := it.Body.(Laster)
	return ok && l.Lasts(it.FirstHand(), here)
}

// Confider is a body that is said in confidence to whoever it is given to.
type Confider interface{ InConfidence() bool }

// InConfidence reports whether b is for whoever was given it and nobody else:
// it is never passed on, in whatever words.
func InConfidence(b Body) bool {
	if c, ok := b.(Correction); ok {
		b = c.Now
	}
	c, ok := b.(Confider)
	return ok && c.InConfidence()
}
