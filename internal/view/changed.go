package view

import (
	"fmt"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Changes is what differs between two views of one record.
type Changes struct {
	New      []keys.ID     `json:"new"` // entries
	Stances  []StanceMove  `json:"stances"`
	Verdicts []VerdictMove `json:"verdicts"`
	Courses  []CourseMove  `json:"courses"`
	Raised   []Alarm       `json:"raised"`
	Gone     []Alarm       `json:"gone"`
}

// StanceMove is a party that stands elsewhere than before.
type StanceMove struct {
	On     record.Ref `json:"on"`
	Before Cell       `json:"before"`
	After  Cell       `json:"after"`
}

// VerdictMove is a package that is nearer to, or farther from, agreed.
type VerdictMove struct {
	On     record.Ref     `json:"on"`
	Before accord.Verdict `json:"before,omitempty"` // "" for a package that was not there
	After  accord.Verdict `json:"after"`
}

// CourseMove is a term that has come farther, by what was done or by the clock
// alone.
type CourseMove struct {
	On     record.Ref   `json:"on"`
	Before accord.State `json:"before,omitempty"` // "" for a term that had no place on the axis
	After  Performed    `json:"after"`
}

// Changed gives what changed from before to after. What a later correction took
// out of the record since is named by the correction, which is new.
func Changed(before, after *View) Changes {
	var c Changes
	for _, it := range after.p.InOrder() {
		if _, had := before.p.Get(it.ID); !had {
			c.New = append(c.New, it.ID)
		}
	}
	var refs []record.Ref
	for _, pk := range after.l.Packages() {
		ref := pk.Ref
		refs = append(refs, ref)
		var was accord.Verdict
		if _, had := before.l.Package(pk.Hash); had {
			was = before.l.Agreement(pk.Hash).Verdict
		}
		if now := after.l.Agreement(pk.Hash).Verdict; now != was {
			c.Verdicts = append(c.Verdicts, VerdictMove{ref, was, now})
		}
	}
	for _, t := range after.l.Terms() {
		refs = append(refs, t.Ref)
	}
	for _, ref := range refs {
		for _, s := range after.l.Stances(ref.Hash) {
			was := before.l.Stance(s.Party, ref.Hash)
			if was.Position != s.Position || was.Rests != s.Rests || was.Echo != s.Echo {
				c.Stances = append(c.Stances, StanceMove{ref, before.cell(was, false), after.cell(s, false)})
			}
		}
	}
	for _, p := range after.Performance() {
		if was := before.l.Performance(p.Term.Ref.Hash).State; was != p.Course.State {
			c.Courses = append(c.Courses, CourseMove{p.Term.Ref, was, p})
		}
	}
	c.Raised, c.Gone = alarmsBeyond(after, before), alarmsBeyond(before, after)
	return c
}

// alarmsBeyond gives the alarms of v that do not stand in w. One that stands
// for other entries than before is the same alarm.
func alarmsBeyond(v, w *View) []Alarm {
	have := map[string]bool{}
	for _, a := range w.Alarms() {
		have[a.same()] = true
	}
	var out []Alarm
	for _, a := range v.Alarms() {
		if !have[a.same()] {
			out = append(out, a)
		}
	}
	return out
}

// same gives what two alarms share that are one.
func (a Alarm) same() string {
	return fmt.Sprintf("%q", []any{a.Kind, a.Party, a.By, a.Other, a.On, a.Rival, a.First, a.What})
}
