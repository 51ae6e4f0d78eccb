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
	rests := map[keys.ID]accord.Rests{}
	for _, s := range v.l.Acts() {
		rests[s.Item.ID] = s.Rests
	}
	out := make([]Moment, 0, len(v.p.Items()))
	for _, it := range v.p.Items() {
		out = append(out, Moment{it, stamp(it), rests[it.ID]})
	}
	return out
}

// Changes is what differs between two views of one record.
type Changes struct {
	New      []keys.ID     `json:"new"` // entries
	Stances  []StanceMove  `json:"stances"`
	Verdicts []VerdictMove `json:"verdicts"`
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

// Changed gives what changed from before to after.
func Changed(before, after *View) Changes {
	var c Changes
	for _, it := range after.p.Items() {
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
	c.Raised, c.Gone = alarmsBeyond(after, before), alarmsBeyond(before, after)
	return c
}

// alarmsBeyond gives the alarms of v that do not stand in w.
func alarmsBeyond(v, w *View) []Alarm {
	have := w.Alarms()
	return slices.DeleteFunc(v.Alarms(), func(a Alarm) bool {
		return slices.ContainsFunc(have, func(b Alarm) bool { return a.same(b) })
	})
}

func (a Alarm) same(b Alarm) bool {
	return a.Kind == b.Kind && a.Party == b.Party && a.By == b.By && a.Other == b.Other && a.On == b.On && a.Rival == b.Rival && a.First == b.First && a.What == b.What
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
)

// Turns gives whose turn it is: questions without an answer, live packages on
// which a needed party is silent, and echoes that are awaited.
func (v *View) Turns() []Turn {
	var out []Turn
	answered := map[keys.ID]bool{}
	for _, it := range v.p.Items() {
		answered[it.Answers] = true
	}
	for _, it := range v.messages() {
		m := it.Body.(record.Message) // messages gives nothing else
		if m.SpeechAct == record.Ask && !answered[it.ID] {
			out = append(out, Turn{m.To, ToAnswer, record.Ref{}, it.When(), it.ID})
		}
	}
	for _, pk := range v.l.Packages() {
		s := v.packageStanding(pk)
		if !s.Live {
			continue
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
	}
	return out
}
