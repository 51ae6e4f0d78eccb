package view

import (
	"reflect"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// entry looks for every alarm about one entry.
func (a *alarms) entry(id keys.ID) {
	it := a.v.item(id)
	switch b := it.Body.(type) {
	case nil:
		return
	case record.Message:
		a.spoken(it, b)
		a.deniedBasis(it)
		a.claimsAuthority(it, b)
		a.hearsay(it, b)
		a.crossed(it)
	case record.Conveyance:
		a.carriedByVoice(it, b)
		a.notVerbatim(it, b)
	case accord.Act:
		a.takenForMore(it)
	case circle.Incident, circle.Plan, circle.Request:
		a.circle(it)
	}
	a.stopped(id)
	a.corrections(it)
}

// byVoice reports whether what was said that way left nothing to read again.
func byVoice(f record.Form) bool {
	return f == record.Call || f == record.VoiceNote || f == record.Meeting
}

// weighs reports whether a message matters enough to be repeated: it takes or
// gives up a position, it is about an exact version, or its author asked that
// it be passed on word for word. Small talk does not.
func weighs(it record.Seen, m record.Message) bool {
	return weight(m.SpeechAct) != 0 || it.Carrying.Pass == record.PassVerbatim || len(versions(it)) > 0
}

// versions gives the exact versions that an entry is about.
func versions(it record.Seen) []record.Ref {
	var out []record.Ref
	for _, r := range it.About {
		if !r.Hash.IsZero() {
			out = append(out, r)
		}
	}
	return out
}

// spoken looks whether what was said by voice, and weighs, was read back, and
// stood. It asks this only of what the keeper logged himself: he was there, and
// can still do it. What the party has since done itself needs no repetition.
func (a *alarms) spoken(it record.Seen, m record.Message) {
	v := a.v
	if !byVoice(m.Form) || !weighs(it, m) || !a.keepersOwn(it) || !v.sourceOf(it.ID).IsZero() {
		return
	}
	if m.Fidelity == record.Hearsay || m.Fidelity == record.OwnView || m.Fidelity == record.Sealed {
		return
	}
	if about := versions(it); len(about) > 0 && !slices.ContainsFunc(about, func(r record.Ref) bool { return !v.actedOn(m.From, r.Hash) }) {
		return
	}
	a.readBack(Alarm{Kind: ReadBackMissing, By: m.From, Other: m.To, On: record.Ref{Entry: it.ID}}, it.ID, v.marksOf(it.ID))
}

// carriedByVoice asks the same of what was carried by voice: an act, a text, or
// words that matter.
func (a *alarms) carriedByVoice(it record.Seen, c record.Conveyance) {
	v := a.v
	src := v.item(c.Of)
	if !byVoice(c.Form) || !a.keepersOwn(it) || c.Step != record.Handed && c.Step != record.Conveyed {
		return
	}
	switch b := src.Body.(type) {
	case record.Message:
		if !weighs(src, b) || c.Fidelity == record.OwnView {
			return
		}
	case accord.Act, accord.Term, accord.Package, accord.Performance, accord.NothingOwed:
	default:
		return
	}
	marks := append(slices.Clone(v.marksOf(it.ID)), v.marksOf(c.As)...)
	for _, m := range v.marksOf(c.Of) {
		if r, ok := m.Body.(record.ReadBack); ok && r.By == c.To {
			marks = append(marks, m)
		}
	}
	a.readBack(Alarm{Kind: ReadBackMissing, By: it.Speaker(), Other: c.To, On: record.Ref{Entry: c.Of}}, it.ID, marks)
}

// keepersOwn reports whether the keeper wrote an entry, and is who looks.
func (a *alarms) keepersOwn(it record.Seen) bool {
	p := a.v.p
	return p.Reader() == p.Keeper() && it.By == p.Keeper() && it.Came.Over() == ""
}

// readBack raises al unless the last read-back among marks was let stand.
func (a *alarms) readBack(al Alarm, id keys.ID, marks []record.Seen) {
	var last record.Seen
	for _, m := range marks {
		if _, ok := m.Body.(record.ReadBack); ok && (last.Body == nil || m.When() >= last.When()) {
			last = m
		}
	}
	if last.Body == nil {
		a.raise(al, id)
		return
	}
	if r := last.Body.(record.ReadBack); !r.OK { // only read-backs were taken
		al.What = "corrected"
		a.raise(al, id, last.ID)
	}
}

// notVerbatim looks whether words that were marked as passed on word for word,
// or that were to be, went on as other words.
func (a *alarms) notVerbatim(it record.Seen, c record.Conveyance) {
	v := a.v
	src, as := v.item(c.Of), v.item(c.As)
	m, ok := src.Body.(record.Message)
	if !ok || c.Step == record.Drafted || c.Step == record.Returned || c.Step == record.Lost || c.Fidelity == record.OwnView {
		return
	}
	al := Alarm{Kind: NotVerbatim, By: it.Speaker(), Other: c.To, On: record.Ref{Entry: src.ID}}
	if src.Carrying.Pass == record.PassVerbatim && (c.Fidelity == record.Paraphrase || c.Fidelity == record.Hearsay) {
		al.What = string(c.Fidelity)
		a.raise(al, src.ID, it.ID, as.ID)
		return
	}
	words := m.Text
	if src.Carrying.Words != "" {
		words = src.Carrying.Words
	}
	copied, ok := as.Body.(record.Message)
	if ok && c.Fidelity == record.Verbatim && strings.Join(strings.Fields(copied.Text), " ") != strings.Join(strings.Fields(words), " ") {
		al.What = string(record.Verbatim)
		a.raise(al, src.ID, it.ID, as.ID)
	}
}

// deniedBasis looks whether a message that was denied still carries something:
// an act, a text or words of weight that name it, or that it was passed on to
// somebody who was not told of the denial.
func (a *alarms) deniedBasis(it record.Seen) {
	v := a.v
	denials := v.denialsOf(it.ID)
	if len(denials) == 0 {
		return
	}
	var basis []keys.ID
	for _, n := range v.namersOf(it.ID) {
		switch b := n.Body.(type) {
		case accord.Act:
			if s := v.l.Stance(b.Party, b.On.Hash); s.Entry == n.ID && Behind(s.Position) {
				basis = append(basis, n.ID)
			}
		case accord.Term:
			if len(v.supports(b.Hash())) > 0 {
				basis = append(basis, n.ID)
			}
		case accord.Package:
			if len(v.supports(b.Hash())) > 0 {
				basis = append(basis, n.ID)
			}
		case record.Message:
			if weight(b.SpeechAct) != 0 && b.Denies != it.ID {
				basis = append(basis, n.ID)
			}
		}
	}
	for _, m := range v.marksOf(it.ID) {
		c, ok := m.Body.(record.Conveyance)
		if ok && c.Of == it.ID && (c.Step == record.Conveyed || c.Step == record.Received) && !v.toldOf(c.To, denials) {
			basis = append(basis, m.ID)
		}
	}
	if len(basis) == 0 {
		return
	}
	d := denials[0]
	a.raise(Alarm{Kind: DeniedBasis, Party: it.Body.(record.Message).From, By: d.Speaker(), On: record.Ref{Entry: it.ID}}, append([]keys.ID{it.ID, d.ID}, basis...)...)
}

// denialsOf gives the denials of a message, those aside that were denied
// themselves by whoever is said to have made them.
func (v *View) denialsOf(id keys.ID) []record.Seen {
	var out []record.Seen
	for _, n := range v.namersOf(id) {
		m, ok := n.Body.(record.Message)
		if !ok || m.Denies != id || m.SpeechAct != record.Deny {
			continue
		}
		takenBack := slices.ContainsFunc(v.namersOf(n.ID), func(o record.Seen) bool {
			b, ok := o.Body.(record.Message)
			return ok && b.Denies == n.ID && b.From == m.From
		})
		if !takenBack {
			out = append(out, n)
		}
	}
	return out
}

// toldOf reports whether somebody was told of one of these entries: he said it,
// it was given or said to him, or carried.
func (v *View) toldOf(who record.Name, list []record.Seen) bool {
	for _, it := range list {
		m, _ := it.Body.(record.Message)
		if who == m.From || who == m.To || who == it.By || who == it.HeardFrom || slices.Contains(it.Audience, who) {
			return true
		}
		for _, mark := range v.marksOf(it.ID) {
			if c, ok := mark.Body.(record.Conveyance); ok && c.To == who && (c.Step == record.Conveyed || c.Step == record.Received) {
				return true
			}
		}
	}
	return false
}

// takenForMore looks whether an act that somebody reports rests on words that
// were no more than a float, or the go-between's own view.
func (a *alarms) takenForMore(it record.Seen) {
	act, ok := it.Body.(accord.Act)
	if !ok || act.Position != accord.Proposed && act.Position != accord.Accepted || a.v.direct(it) && a.v.isOf(it.By, act.Party) {
		return
	}
	if s := a.v.l.Stance(act.Party, act.On.Hash); s.Own() || s.Entry != it.ID {
		return
	}
	named := append([]keys.ID{it.Answers}, it.Together...)
	for _, r := range it.About {
		named = append(named, r.Entry)
	}
	for _, id := range named {
		m, ok := a.v.item(id).Body.(record.Message)
		if !ok || m.SpeechAct != record.Float && m.Fidelity != record.OwnView {
			continue
		}
		what := string(record.Float)
		if m.Fidelity == record.OwnView {
			what = string(record.OwnView)
		}
		a.raise(Alarm{Kind: TakenForMore, Party: act.Party, By: it.By, Other: m.From, On: act.On, What: what}, id, it.ID)
		return
	}
}

// corrections looks for somebody else's account of what an entry should have
// said, and for words that were corrected after others had them.
func (a *alarms) corrections(it record.Seen) {
	v := a.v
	var own []record.Seen
	for _, f := range v.fixesOf(it.ID) {
		c := f.Body.(record.Correction) // link puts nothing else there
		if f.By == it.By {
			own = append(own, f)
			continue
		}
		if !reflect.DeepEqual(c.Now, it.Body) {
			a.raise(Alarm{Kind: RivalAccount, Party: it.By, By: f.By, On: record.Ref{Entry: it.ID}}, it.ID, f.ID)
		}
	}
	if it.First == nil || len(own) == 0 {
		return
	}
	fix := v.item(it.CorrectedBy)
	first, ok := it.First.(record.Message)
	now, _ := it.Body.(record.Message)
	if !ok || first.Text == now.Text {
		return
	}
	for _, m := range v.marksOf(it.ID) {
		c, ok := m.Body.(record.Conveyance)
		if ok && c.Of == it.ID && c.Step == record.Conveyed && !v.toldOf(c.To, []record.Seen{fix}) && !v.toldAgain(c.To, it.ID, fix) {
			a.raise(Alarm{Kind: ChangedAfterUse, By: it.By, Other: c.To, On: record.Ref{Entry: it.ID}}, it.ID, m.ID, fix.ID)
		}
	}
}

// toldAgain reports whether an entry was carried to somebody once more after it
// was corrected.
func (v *View) toldAgain(who record.Name, id keys.ID, fix record.Seen) bool {
	return slices.ContainsFunc(v.marksOf(id), func(m record.Seen) bool {
		c, ok := m.Body.(record.Conveyance)
		return ok && c.Of == id && c.To == who && c.Step == record.Conveyed && m.Known > fix.Known
	})
}

// actedOn reports whether the party of a person has a stance of its own on a
// version.
func (v *View) actedOn(person record.Name, h keys.Hash) bool {
	s := v.l.Stance(v.PartyOf(person), h)
	return s.Own()
}
