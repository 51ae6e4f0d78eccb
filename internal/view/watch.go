package view

import (
	"bytes"
	"cmp"
	"slices"

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
	bulk     found     // what was found while that is done
	watched  map[subject]*looked
	raised   ranks[*Alarm]
	awaited  ranks[*Turn]
	courses  ranks[*course]       // of terms of whose performance there is something to tell
	unpassed map[*looked]struct{} // what waits to be passed on
}

// found is what was found on a subject. Pointers tell apart what is the same.
type found struct {
	alarms  []*Alarm
	turns   []*Turn
	courses []*course
}

// looked is what was found when a subject was looked at. A subject on which
// there was nothing, and which leans on nothing, is not kept: it is looked at
// again only when an entry concerns it.
type looked struct {
	lean.Result
	v *View
	s subject
	found
}

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
		all := v.subjects()
		v.watched, v.unpassed = make(map[subject]*looked, len(all)), map[*looked]struct{}{}
		v.raised.compare, v.awaited.compare, v.courses.compare = compareAlarms, compareTurns, compareCourses
		for _, s := range all {
			v.look(s)
		}
		v.raised.fill(v.bulk.alarms)
		v.awaited.fill(v.bulk.turns)
		v.courses.fill(v.bulk.courses)
		v.begun, v.bulk = true, found{}
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
	now := found{turns: v.turnsOf(s), courses: v.coursesOf(s)}
	for _, al := range a.out {
		now.alarms = append(now.alarms, &al)
	}
	waits := v.book != nil && s.of == ofEntry && v.waits(v.item(s.id))
	v.book.Close(&w.Result)
	v.watching = nil

	v.keep(&w.found, now)
	if waits {
		v.unpassed[w] = struct{}{}
	} else {
		delete(v.unpassed, w)
	}
	if len(now.alarms)+len(now.turns)+len(now.courses) == 0 && !waits && w.Free() {
		delete(v.watched, s)
		return
	}
	v.watched[s] = w
	v.book.Keep(&w.Result, w)
}

// keep puts what was found on a subject in the place of what was found before.
func (v *View) keep(was *found, now found) {
	if v.begun {
		renew(&v.raised, was.alarms, now.alarms)
		renew(&v.awaited, was.turns, now.turns)
		renew(&v.courses, was.courses, now.courses)
	} else {
		v.bulk.alarms = append(v.bulk.alarms, now.alarms...)
		v.bulk.turns = append(v.bulk.turns, now.turns...)
		v.bulk.courses = append(v.bulk.courses, now.courses...)
	}
	*was = now
}

func renew[T comparable](list *ranks[T], was, now []T) {
	for _, x := range was {
		list.remove(x)
	}
	for _, x := range now {
		list.insert(x)
	}
}

// turnsOf gives whose turn it is on a subject. Only a view that grows keeps it.
func (v *View) turnsOf(s subject) []*Turn {
	var turns []Turn
	switch {
	case v.book == nil:
	case s.of == ofEntry:
		turns = v.questionTurn(v.item(s.id))
	case s.of == ofPackage:
		if pk, ok := v.l.Package(s.hash); ok {
			turns = v.packageTurns(v.pack(pk).standing)
		}
	}
	var out []*Turn
	for _, t := range turns {
		out = append(out, &t)
	}
	return out
}

// course is the place of a term in the list of what was done.
type course struct {
	ref      record.Ref
	owed     bool
	deadline record.Instant
}

// coursesOf gives the place of a term, if there is something to tell of its
// performance. Only a view that grows keeps it.
func (v *View) coursesOf(s subject) []*course {
	if v.book == nil || s.of != ofTerm {
		return nil
	}
	t, here := v.l.Term(s.hash)
	c := v.l.Performance(s.hash)
	if !here || !c.Shown() {
		return nil
	}
	return []*course{{t.Ref, c.Owing() && binds(t.Body), c.Deadline}}
}

// compareCourses puts what is owed first, by deadline.
func compareCourses(x, y *course) int {
	return cmp.Or(compareBool(y.owed, x.owed), compareMoment(x.deadline, y.deadline), compareRefs(x.ref, y.ref))
}

// compareTurns puts first what waits longest.
func compareTurns(x, y *Turn) int {
	return cmp.Or(cmp.Compare(x.Since, y.Since), cmp.Compare(x.Does, y.Does), cmp.Compare(x.Who, y.Who), compareRefs(x.On, y.On), bytes.Compare(x.Entry[:], y.Entry[:]))
}

func compareRefs(x, y record.Ref) int {
	return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Version, y.Version), bytes.Compare(x.Hash[:], y.Hash[:]), bytes.Compare(x.Entry[:], y.Entry[:]))
}

// compareAlarms orders alarms by age. No two that differ are the same to it.
func compareAlarms(x, y *Alarm) int {
	return cmp.Or(cmp.Compare(x.Since, y.Since), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.On.Name, y.On.Name),
		cmp.Compare(x.On.Version, y.On.Version), cmp.Compare(x.Party, y.Party), cmp.Compare(x.By, y.By), cmp.Compare(x.Other, y.Other),
		bytes.Compare(x.On.Hash[:], y.On.Hash[:]), bytes.Compare(x.Rival.Hash[:], y.Rival.Hash[:]), cmp.Compare(x.First, y.First),
		cmp.Compare(x.What, y.What), bytes.Compare(x.On.Entry[:], y.On.Entry[:]), cmp.Compare(x.Last, y.Last),
		slices.CompareFunc(x.Entries, y.Entries, func(a, b keys.ID) int { return bytes.Compare(a[:], b[:]) }))
}
