package convey

import (
	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Back asks for an entry to be given back to its author.
type Back struct {
	Of   keys.ID
	Note string      // why
	Form record.Form // empty: over the line; else how it was said by hand
}

// Return drafts that an entry goes back to its author, unseen by the other
// side: a mark on it that he gets and nobody else does. From then on it is not
// carried, unless he corrects it or sends another.
func Return(c Context, o Back) (record.Entry, error) {
	r, l := c.Record, c.ledger()
	src, ok := l.Projection().Get(o.Of)
	it, _ := r.Get(o.Of)
	switch {
	case !ok:
		return record.Entry{}, fault.New(fault.NotFound, "convey.source", "look it up with `backchannel record`", "no such entry to give back")
	case record.IsPrivate(it.Body) || ownWords(r.Keeper(), it.Entry):
		return record.Entry{}, fault.New(fault.Refused, "convey.return-own", "correct it, or let it lie", "this is your own: there is nobody to give it back to")
	case returned(l, src):
		return record.Entry{}, fault.New(fault.Refused, "convey.returned", "wait for its author", "it was given back already")
	}
	for _, m := range l.MarksOf(o.Of) {
		if x, is := m.Body.(record.Conveyance); is && x.Of == o.Of && m.By == r.Keeper() && (x.Step == record.Conveyed || x.Step == record.Received || x.Step == record.Handed) {
			return record.Entry{}, fault.New(fault.Refused, "convey.return-late", "tell its author who has it", "%s has it already", x.To)
		}
	}
	back := record.Entry{Body: record.Conveyance{Of: o.Of, To: it.Speaker(), Step: record.Returned, Form: o.Form, Note: o.Note}}
	if over := it.Came.Over(); over != "" {
		x := back.Body.(record.Conveyance)
		x.To, back.Body = over, x // along the line on which it came: who is beyond it is for them
		if o.Form == "" {
			back.Audience = []record.Name{over}
		}
	}
	return back, nil
}

// returned reports whether the keeper gave an entry back and its author has not
// corrected it since. Since: by how they came here.
func returned(l *accord.Ledger, src record.Seen) bool {
	p := l.Projection()
	back := -1
	for _, m := range l.MarksOf(src.ID) {
		if x, ok := m.Body.(record.Conveyance); ok && x.Of == src.ID && x.Step == record.Returned && m.By == p.Keeper() {
			at, _ := p.Place(m.ID)
			back = max(back, at)
		}
	}
	if back < 0 || src.CorrectedBy.IsZero() {
		return back >= 0
	}
	fixed, _ := p.Place(src.CorrectedBy)
	return back > fixed
}
