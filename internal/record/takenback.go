package record

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// takesBack reports whether an item says that an entry of the keeper's was taken
// back before it left this desk. Only the keeper's own desk says so of its own:
// from elsewhere it is a withdrawal like any other.
func (r *Record) takesBack(it *Item) (Correction, bool) {
	c, ok := it.Body.(Correction)
	return c, ok && c.Back && it.By == r.keeper && it.Came.Over() == "" && len(it.Audience) == 0
}

// noteBack keeps that an entry was taken back: those who would have got it were
// given nothing, and its numbers are free.
func (r *Record) noteBack(it *Item, place int32) {
	c, ok := r.takesBack(it)
	if !ok || r.WasTakenBack(it.Corrects) {
		return
	}
	r.back.set(it.Corrects, place)
	for _, n := range c.From {
		r.sent.set(n, r.sent.m[n]-1)
	}
}

// WasTakenBack reports whether an entry of the keeper's was taken back before it
// left this desk.
func (r *Record) WasTakenBack(id keys.ID) bool {
	_, back := r.back.m[id]
	return back
}

// takenBack gives what says that an item was taken back, if the projection has
// it.
func (p *Projection) takenBack(it *Item) *Item {
	place, back := p.rec.back.m[it.ID]
	if !back || p.reader != p.rec.keeper {
		return nil
	}
	if p.index != nil {
		if place = p.index[place]; place < 0 {
			return nil
		}
	}
	return p.item(int(place))
}

// checkBack reports what is not well-formed in what takes an entry back.
func (c Correction) checkBack() error {
	if _, gone := c.Now.(Withdrawn); !c.Back && len(c.From) > 0 || c.Back && (!gone || len(c.From) > maxAudience) {
		return fault.New(fault.Malformed, "record.back", "", "something is taken back and yet says something, or comes back from too many")
	}
	for i, n := range c.From {
		if err := n.Check(); err != nil {
			return err
		}
		if slices.Contains(c.From[:i], n) {
			return fault.New(fault.Malformed, "record.back", "", "something is taken back from somebody twice")
		}
	}
	return nil
}
