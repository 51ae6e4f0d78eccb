package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// Reported says whether an entry tells what a party did as somebody else has
// it: a report, which must never be read as the party's own act.
func (v *View) Reported(e record.Entry) bool {
	var party record.Name
	switch b := e.Body.(type) {
	case accord.Act:
		party = b.Party
	case accord.Performance:
		party = b.By
	default:
		return false
	}
	return !e.FirstHand() || e.By != party && !slices.Contains(v.l.Voice(e.By), party)
}
