package view

import (
	"slices"

	"backchannel/internal/circle"
)

// Counted is what the record can count, beside what people say.
type Counted struct {
	Paths  []Count        `json:"paths"`  // messages, by the hand through which they went
	People []circle.Deeds `json:"people"` // by name: who spoke, carried, proposed and accepted, or is only said to have
}

// Counted counts for everybody of whom accounts speak, also where there is
// nothing, and for everybody else of whom there is anything to count. People of
// a party count for themselves, and for the party.
func (v *View) Counted() Counted {
	out := Counted{Paths: v.Traffic(0, 0).By("path")}
	spokenOf := partsIn(v.Accounts())
	people := slices.Clone(spokenOf)
	for _, p := range v.Parties() {
		people = append(people, p.Name)
	}
	for _, p := range v.People() {
		people = append(people, p.Name)
	}
	slices.Sort(people)
	for _, n := range slices.Compact(people) {
		d := v.Deeds(n)
		if slices.Contains(spokenOf, n) || len(d.Spoke)+len(d.Carried)+len(d.Proposed)+len(d.Accepted)+len(d.Reported) > 0 {
			out.People = append(out.People, d)
		}
	}
	return out
}
