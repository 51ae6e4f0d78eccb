package view

import (
	"bytes"
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// watch is the part of a view that keeps alarms and turns up to date, subject
// by subject.
type watch struct {
	watching *looked   // what is being looked at
	pending  []subject // to be looked at, again or for the first time
	begun    bool      // every subject was looked at once
	bulk     []*raised // what was found while that is done
	watched  map[subject]*looked
	raised   ranks
	turning  map[*looked]struct{} // whose turn it is somewhere
	unpassed map[*looked]struct{} // what waits to be passed on
	shown    map[*looked]struct{} // terms of whose performance there is something to tell
}

// looked is what was found when a subject was looked at. A subject on which
// there was nothing, and which leans on nothing, is not kept: it is looked at
// again only when an entry concerns it.
type looked struct {
	lean.Result
	v      *View
	s      subject
	alarms []*raised
	turns  []Turn
}

// raised is an alarm that stands.
type raised struct{ Alarm }

// Renew looks at the subject again.
func (w *looked) Renew() { w.v.look(w.s) }

// concern has looked at what an item concerns.
func (v *View) concern(it *record.Seen, body record.Body) {
	if !v.begun {
		return
	}
	v.pending = append(v.pending, subjectsOf(it, body)...)
	switch b := body.(type) {
	case record.Conveyance:
		v.pending = append(v.pending, subject{of: ofEntry, id: b.Of}, subject{of: ofEntry, id: b.As})
	case record.ReadBack:
		v.pending = append(v.pending, subject{of: ofEntry, id: b.Of})
	}
}

// concerned has looked at the entry that something now stands under.
func (v *View) concerned(k key) {
	if v.begun && k.of <= keyFix {
		v.pending = append(v.pending, subject{of: ofEntry, id: keys.ID(k.hash[:len(keys.ID{})])})
	}
}

// settle looks at everything that is to be looked at.
func (v *View) settle() {
	if !v.begun {
		v.watched, v.turning, v.shown = map[subject]*looked{}, map[*looked]struct{}{}, map[*looked]struct{}{}
		v.unpassed = map[*looked]struct{}{}
		for _, s := range v.subjects() {
			v.look(s)
		}
		slices.SortFunc(v.bulk, compareRaised)
		v.raised.fill(v.bulk)
		v.begun, v.bulk = true, nil
	}
	seen := map[subject]bool{}
	for _, s := range v.pending {
		if !seen[s] {
			seen[s] = true
			v.look(s)
		}
	}
	v.pending = nil
	for k := v.book.Next(); k != nil; k = v.book.Next() {
		k.Renew()
	}
}

// look looks at one subject.
func (v *View) look(s subject) {
	w := v.watched[s]
	if w == nil {
		w = &looked{v: v, s: s}
	}
	v.watching = w
	v.book.Open(&w.Result)
	a := alarms{v: v}
	a.about(s)
	turns, shown := v.turnsOf(s)
	waits := v.book != nil && s.of == ofEntry && v.waits(v.item(s.id))
	v.book.Close(&w.Result)
	v.watching = nil

	for _, r := range w.alarms {
		v.raised.remove(r)
	}
	w.alarms, w.turns = nil, turns
	for _, al := range a.out {
		r := &raised{al}
		w.alarms = append(w.alarms, r)
		if v.begun {
			v.raised.insert(r)
		} else {
			v.bulk = append(v.bulk, r)
		}
	}
	set(v.turning, w, len(turns) > 0)
	set(v.shown, w, shown)
	set(v.unpassed, w, waits)
	if len(w.alarms) == 0 && len(turns) == 0 && !shown && !waits && w.Free() {
		delete(v.watched, s)
		return
	}
	v.watched[s] = w
	v.book.Keep(&w.Result, w)
}

func set[K comparable](m map[K]struct{}, k K, in bool) {
	if in {
		m[k] = struct{}{}
	} else {
		delete(m, k)
	}
}

// turnsOf gives whose turn it is on a subject, and whether there is a
// performance to tell of. Only a view that grows keeps them.
func (v *View) turnsOf(s subject) ([]Turn, bool) {
	switch {
	case v.book == nil:
	case s.of == ofEntry:
		return v.questionTurn(v.item(s.id)), false
	case s.of == ofPackage:
		if pk, ok := v.l.Package(s.hash); ok {
			return v.packageTurns(v.pack(pk).standing), false
		}
	case s.of == ofTerm:
		return nil, v.l.Performance(s.hash).Shown()
	}
	return nil, false
}

// watchedTurns gives the turns that were found: questions, then packages.
func (v *View) watchedTurns() []Turn {
	v.settle()
	list := make([]*looked, 0, len(v.turning))
	for w := range v.turning {
		list = append(list, w)
	}
	slices.SortFunc(list, func(a, b *looked) int {
		if a.s.of != b.s.of {
			return -cmp.Compare(a.s.of, b.s.of) // ofEntry comes behind ofPackage
		}
		if a.s.of == ofEntry {
			x, _ := v.p.Place(a.s.id)
			y, _ := v.p.Place(b.s.id)
			return v.p.Compare(x, y)
		}
		return v.l.Earlier(a.s.hash, b.s.hash)
	})
	var out []Turn
	for _, w := range list {
		out = append(out, w.turns...)
	}
	return out
}

// watchedTerms gives the terms of whose performance there is something to tell.
func (v *View) watchedTerms() []accord.Course {
	v.settle()
	var out []accord.Course
	for w := range v.shown {
		out = append(out, v.l.Performance(w.s.hash))
	}
	slices.SortFunc(out, func(a, b accord.Course) int { return v.l.Earlier(a.Term.Hash, b.Term.Hash) })
	return out
}

// compareRaised orders alarms by age. No two that differ are the same to it.
func compareRaised(x, y *raised) int {
	return cmp.Or(cmp.Compare(x.Since, y.Since), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.On.Name, y.On.Name),
		cmp.Compare(x.On.Version, y.On.Version), cmp.Compare(x.Party, y.Party), cmp.Compare(x.By, y.By), cmp.Compare(x.Other, y.Other),
		bytes.Compare(x.On.Hash[:], y.On.Hash[:]), bytes.Compare(x.Rival.Hash[:], y.Rival.Hash[:]), cmp.Compare(x.First, y.First),
		cmp.Compare(x.What, y.What), bytes.Compare(x.On.Entry[:], y.On.Entry[:]), cmp.Compare(x.Last, y.Last),
		slices.CompareFunc(x.Entries, y.Entries, func(a, b keys.ID) int { return bytes.Compare(a[:], b[:]) }))
}
