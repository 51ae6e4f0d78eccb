package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Mandated is what is recorded here of what somebody may do, and of what he did
// beyond it.
type Mandated struct {
	Who          record.Name   `json:"who"`
	Credentials  []record.Seen `json:"-"` // that count here, for his party
	Instructions []record.Seen `json:"-"` // this desk's own, about him
	Alarms       []Alarm       `json:"alarms,omitempty"`
	Accounts     []record.Seen `json:"-"` // what people say about his credentials, his instructions, or what he logged
}

// None reports whether nothing is recorded.
func (m Mandated) None() bool {
	return len(m.Credentials)+len(m.Instructions)+len(m.Alarms)+len(m.Accounts) == 0
}

// Authority gives what is recorded of somebody's authority.
func (v *View) Authority(who record.Name) Mandated {
	m := Mandated{Who: who, Credentials: v.l.Credentials(who, v.PartyOf(who)), Instructions: v.instructed(who)}
	for _, al := range v.Alarms() {
		switch al.Kind {
		case BeyondMandate, AuthorityUnknown, AuthorityExpired, AuthorityClaimed:
			if al.By == who {
				m.Alarms = append(m.Alarms, al)
			}
		}
	}
	for _, it := range append(slices.Clone(m.Credentials), m.Instructions...) {
		for _, n := range v.namersOf(it.ID) {
			if b, ok := n.Body.(record.Message); ok && b.From != who {
				m.Accounts = append(m.Accounts, n)
			}
		}
	}
	return m
}

// instructed gives the instructions that this desk keeps about somebody.
func (v *View) instructed(who record.Name) []record.Seen {
	return v.under(key{of: keyInstructed, name: who})
}

// Together gives the entries that belong with one, whichever of them says so.
func (v *View) Together(id keys.ID) []keys.ID {
	it := v.item(id)
	out := slices.Clone(it.Together)
	for _, n := range v.namersOf(id) {
		if slices.Contains(n.Together, id) && !slices.Contains(out, n.ID) {
			out = append(out, n.ID)
		}
	}
	return out
}

// Compared is the words of one entry beside those of another: what was said
// beside what was passed on, a translation's source as it was translated, or
// what was said first.
type Compared struct {
	Left  keys.ID     `json:"left"`
	Right keys.ID     `json:"right"`
	To    record.Name `json:"to,omitempty"` // to whom the words on the right went
	Runs  []Run       `json:"runs"`
}

// Compared gives what an entry's words can be held against: of a copy, what it
// was made from; of what was passed on, each copy that has other words; of what
// was corrected, what it said first. Words in two languages are not compared.
func (v *View) Compared(id keys.ID) []Compared {
	it := v.item(id)
	m, ok := it.Body.(record.Message)
	if !ok {
		return nil
	}
	var out []Compared
	add := func(left, right keys.ID, a, b record.Message, to record.Name) {
		if a.Text != b.Text && a.Text != "" && b.Text != "" && a.Lang == b.Lang {
			out = append(out, Compared{left, right, to, Wording(a.Text, b.Text)})
		}
	}
	if src, ok := v.item(v.sourceOf(id)).Body.(record.Message); ok {
		add(v.sourceOf(id), id, src, m, m.To)
	}
	for _, mark := range v.marksOf(id) {
		c, ok := mark.Body.(record.Conveyance)
		if copied, isMessage := v.item(c.As).Body.(record.Message); ok && c.Of == id && isMessage && c.As != id && c.Fidelity != record.OwnView {
			add(id, c.As, m, copied, c.To)
		}
	}
	if first, ok := it.First.(record.Message); ok {
		add(id, it.CorrectedBy, first, m, "")
	}
	return out
}

// AdviceOn gives how far the matters that agreements are wrecked by are settled
// in the package of that hash.
func (v *View) AdviceOn(h keys.Hash) []accord.Advice {
	pk, ok := v.l.Package(h)
	if !ok {
		return nil
	}
	return v.l.Completeness(pk.Body)
}
