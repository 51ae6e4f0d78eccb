package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Moment is one entry of the record in order, with both clocks.
type Moment struct {
	Item  record.Seen
	When  Stamp
	Rests accord.Rests // of an act or a deed
}

// Timeline gives the record in the order in which things were said.
func (v *View) Timeline() []Moment {
	return v.Moments(0, v.p.Len())
}

// Moments gives n entries of the timeline, from the one at from on.
func (v *View) Moments(from, n int) []Moment {
	out := []Moment{}
	for i := max(from, 0); i < v.p.Len() && len(out) < n; i++ {
		it := v.p.At(v.p.Nth(i))
		m := Moment{Item: it, When: stamp(it)}
		if _, act := it.Body.(accord.Act); act {
			m.Rests = v.l.RestsOf(it)
		}
		out = append(out, m)
	}
	return out
}

// Turn is something that waits for somebody.
type Turn struct {
	Who   record.Name    `json:"who"` // a person or a party
	Does  TurnKind       `json:"does"`
	On    record.Ref     `json:"on,omitzero"`
	Since record.Instant `json:"since"`
	Entry keys.ID        `json:"entry"` // that it waits for an answer to
}

// TurnKind is what is awaited.
type TurnKind string

// What can be awaited.
const (
	ToAnswer TurnKind = "answer" // a question
	ToDecide TurnKind = "decide" // on a text that somebody put forward
	ToEcho   TurnKind = "echo"   // the text that all accepted
	ToReword TurnKind = "reword" // a question that was given back to him
)

// Turns gives whose turn it is: questions without an answer, live packages on
// which a needed party is silent, and echoes that are awaited. What waits
// longest comes first.
func (v *View) Turns() []Turn {
	if v.book != nil {
		return v.SomeTurns(0, v.CountTurns())
	}
	var out []Turn
	for _, it := range v.under(key{of: keyQuestion}) {
		out = append(out, v.questionTurn(it)...)
	}
	for _, pk := range v.l.Packages() {
		out = append(out, v.packageTurns(v.pack(pk).standing)...)
	}
	slices.SortFunc(out, func(a, b Turn) int { return compareTurns(&a, &b) })
	return out
}

// CountTurns gives how many turns there are.
func (v *View) CountTurns() int {
	if v.book == nil {
		return len(v.Turns())
	}
	v.settle()
	return v.awaited.n
}

// SomeTurns gives n turns, from the one at from on.
func (v *View) SomeTurns(from, n int) []Turn {
	if v.book == nil {
		return window(v.Turns(), from, n)
	}
	v.settle()
	return values(v.awaited.some(from, n))
}

// questionTurn gives whose turn it is to answer a question.
func (v *View) questionTurn(it record.Seen) []Turn {
	m, ok := it.Body.(record.Message)
	if !ok || m.SpeechAct != record.Ask || !v.sourceOf(it.ID).IsZero() {
		return nil // what was passed on waits once
	}
	if slices.ContainsFunc(v.namersOf(it.ID), func(n record.Seen) bool { return n.Answers == it.ID }) {
		return nil
	}
	if back, ok := v.givenBack(it); ok {
		return []Turn{{m.From, ToReword, record.Ref{}, back.When(), it.ID}}
	}
	return []Turn{{m.To, ToAnswer, record.Ref{}, it.When(), it.ID}}
}

// givenBack gives the mark by which an entry went back to its author, unless he
// has corrected it since.
func (v *View) givenBack(it record.Seen) (record.Seen, bool) {
	var back record.Seen
	found := false
	for _, m := range v.marksOf(it.ID) {
		if c, ok := m.Body.(record.Conveyance); ok && c.Step == record.Returned && c.Of == it.ID {
			back, found = m, true
		}
	}
	if !found || slices.ContainsFunc(v.fixesOf(it.ID), func(n record.Seen) bool { return n.By == it.By && n.Known > back.Known }) {
		return record.Seen{}, false
	}
	return back, true
}

// packageTurns gives who has to decide on a package, or to echo it.
func (v *View) packageTurns(s PackageStanding) []Turn {
	var out []Turn
	if !s.Live {
		return nil
	}
	var last Cell
	for _, c := range s.Cells {
		if Behind(c.Position) && c.At >= last.At {
			last = c
		}
	}
	for _, c := range s.Cells {
		turn := Turn{Who: c.Party, On: s.Ref, Since: last.At, Entry: last.Entries[0]}
		switch {
		case c.Needed && (c.Position == accord.Silent || c.NotConfirmed):
			turn.Does = ToDecide
		case c.Needed && s.Agreement.Verdict == accord.EchoAwaited && !c.Echoed:
			turn.Does = ToEcho
		default:
			continue
		}
		out = append(out, turn)
	}
	return out
}
