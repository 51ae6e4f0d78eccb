package view

import (
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The alarms of comparing a line with the desk at its other end.
const (
	RecordsDiffer      AlarmKind = "records-differ"      // By's record of the line and this one differ at Last numbers; the first of Entries says at which
	ComparisonWithheld AlarmKind = "comparison-withheld" // By consented to compare and did not show what he had committed to
)

// compared is the comparisons of one line that count: the newest, and the
// newest that was carried through. One that was not does not hide what an
// earlier one found.
type compared struct{ newest, done keys.ID }

// comparedWith gives the comparisons of a line that count.
func (v *View) comparedWith(peer record.Name) (at compared) {
	newer := func(old keys.ID, it record.Seen) bool { return old.IsZero() || v.item(old).Known <= it.Known }
	for _, it := range v.under(key{of: keyComparison, name: peer}) {
		c := it.Body.(record.Comparison) // keysOf puts nothing else there
		if newer(at.newest, it) {
			at.newest = it.ID
		}
		if c.Outcome == record.CompareDone && newer(at.done, it) {
			at.done = it.ID
		}
	}
	return at
}

// LineComparison gives the newest comparison of the line to peer.
func (v *View) LineComparison(peer record.Name) (record.Seen, bool) {
	it := v.item(v.comparedWith(peer).newest)
	_, ok := it.Body.(record.Comparison)
	return it, ok
}

// recordsDiffer looks at what came of comparing one line.
func (a *alarms) recordsDiffer(peer record.Name) {
	at := a.v.comparedWith(peer)
	if c, ok := a.v.item(at.done).Body.(record.Comparison); ok && !c.Same() {
		al := Alarm{Kind: RecordsDiffer, By: peer, First: 1, Last: c.Different()}
		ids := []keys.ID{at.done}
		for _, f := range c.Findings {
			ids = append(ids, f.Entries...)
		}
		a.raise(al, ids[:min(len(ids), maxRaised)]...)
	}
	if c, ok := a.v.item(at.newest).Body.(record.Comparison); ok && c.Outcome != record.CompareDone {
		a.raise(Alarm{Kind: ComparisonWithheld, By: peer, What: string(c.Outcome)}, at.newest)
	}
}

// maxRaised bounds the entries that one alarm names: the comparison itself
// names the rest.
const maxRaised = 33
