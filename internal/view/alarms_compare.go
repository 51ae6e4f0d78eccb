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

// indexComparison keeps the newest. Only the keeper's own are there to see.
func (v *View) indexComparison(it record.Seen, c record.Comparison) {
	if it.By != v.p.Keeper() {
		return
	}
	newer := func(old keys.ID) bool { return old.IsZero() || v.item(old).Known <= it.Known }
	at := v.compared[c.Peer]
	if newer(at.newest) {
		at.newest = it.ID
	}
	if c.Outcome == record.CompareDone && newer(at.done) {
		at.done = it.ID
	}
	v.compared[c.Peer] = at
}

// LineComparison gives the newest comparison of the line to peer.
func (v *View) LineComparison(peer record.Name) (record.Seen, bool) {
	it := v.item(v.compared[peer].newest)
	_, ok := it.Body.(record.Comparison)
	return it, ok
}

// recordsDiffer looks at what came of comparing one line.
func (a *alarms) recordsDiffer(peer record.Name) {
	at, found := a.v.compared[peer]
	if !found {
		return
	}
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
