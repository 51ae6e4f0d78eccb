package view

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Performed is one term and how far it has come.
type Performed struct {
	Term   TermLine      `json:"term"`
	Course accord.Course `json:"course"`
	Owed   bool          `json:"owed"` // its debtor has something left to do, now
}

// Performance gives every term that has a place on the axis of performance, or
// of which a performance was reported: who owes what, now. What is owed comes
// first, by deadline.
func (v *View) Performance() []Performed {
	if v.book != nil {
		return v.SomePerformance(0, v.CountPerformance())
	}
	var out []Performed
	for _, c := range v.l.Performances() {
		if p, ok := v.performed(c); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Performed) int { return compareCourses(a.place(), b.place()) })
	return out
}

func (p Performed) place() *course { return &course{p.Term.Ref, p.Owed, p.Course.Deadline} }

// CountPerformance gives how many terms Performance tells of.
func (v *View) CountPerformance() int {
	if v.book == nil {
		return len(v.Performance())
	}
	v.settle()
	return v.courses.n
}

// SomePerformance gives n of them, from the one at from on.
func (v *View) SomePerformance(from, n int) []Performed {
	if v.book == nil {
		return window(v.Performance(), from, n)
	}
	v.settle()
	var out []Performed
	for _, c := range v.courses.some(from, n) {
		if p, ok := v.PerformanceOf(c.ref.Hash); ok {
			out = append(out, p)
		}
	}
	return out
}

// PerformanceOf gives how far the term of that hash has come.
func (v *View) PerformanceOf(h keys.Hash) (Performed, bool) { return v.performed(v.l.Performance(h)) }

// OwesNow gives what party owes at this moment, under what is agreed. What is
// only conditional, or stands only as reported, is not owed.
func (v *View) OwesNow(party record.Name) []Performed {
	return slices.DeleteFunc(v.Performance(), func(p Performed) bool { return !p.Owed || p.Term.Term.Debtor != party })
}

func (v *View) performed(c accord.Course) (Performed, bool) {
	t, ok := v.l.Term(c.Term.Hash)
	if !ok {
		return Performed{}, false
	}
	return Performed{v.termLine(t, v.l.Covering(t.Body.Name)), c, c.Owing() && binds(t.Body)}, true
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// compareMoment puts no moment after every moment.
func compareMoment(a, b record.Instant) int {
	if a == 0 || b == 0 {
		return compareBool(a == 0, b == 0)
	}
	return cmp.Compare(a, b)
}

// Events gives what terms wait for that happens outside them, in their words,
// each once.
func (v *View) Events() []string {
	var out []string
	for _, t := range v.l.Terms() {
		for _, what := range t.Body.When.Events() {
			if !slices.ContainsFunc(out, accord.Event{What: what}.Same) {
				out = append(out, what)
			}
		}
	}
	return out
}
