package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// namersOf gives the entries that answer, deny, belong with or are about an
// entry.
func (v *View) namersOf(id keys.ID) []record.Seen { return v.under(idOf(keyNaming, id)) }

// fixesOf gives the corrections of an entry, by whomever.
func (v *View) fixesOf(id keys.ID) []record.Seen { return v.under(idOf(keyFix, id)) }

// saidAbout gives the messages about a version.
func (v *View) saidAbout(h keys.Hash) []record.Seen { return v.under(key{of: keyAbout, hash: h}) }

// spokenBy gives the messages that are attributed to a person or party.
func (v *View) spokenBy(n record.Name) []record.Seen { return v.under(key{of: keySpoken, name: n}) }

// sourceOf gives the entry that another was made from when it was handed on;
// the zero ID for one that is no copy.
func (v *View) sourceOf(id keys.ID) keys.ID {
	var from keys.ID
	for _, m := range v.marksOf(id) {
		if c, ok := m.Body.(record.Conveyance); ok && c.As == id && !c.Of.IsZero() && c.Of != id && c.Fidelity != record.OwnView {
			from = c.Of
		}
	}
	return from
}

// weight says what a speech act does to a position: 1 for taking or keeping
// one, -1 for giving one up or refusing, 0 for talk.
func weight(a record.SpeechAct) int {
	switch a {
	case record.Propose, record.Counter, record.Accept:
		return 1
	case record.Reject, record.Withdraw:
		return -1
	}
	return 0
}

// leaning is weight for a position on a version.
func leaning(p accord.Position) int {
	switch {
	case Behind(p):
		return 1
	case p == accord.Rejected || p == accord.Denied || p == accord.Withdrawn:
		return -1
	}
	return 0
}

// hands gives those through whom an entry attributed to speaker came: not the
// speaker, nor his party's people, nor whoever it was said to, nor the keeper.
// A hand stands there with its party, since two people of one house are one
// way.
func (v *View) hands(it record.Seen, speaker record.Name, to record.Name, via ...record.Name) []record.Name {
	own := func(n record.Name) bool {
		return n == speaker || v.PartyOf(speaker) != "" && v.PartyOf(n) == v.PartyOf(speaker)
	}
	var out []record.Name
	add := func(n record.Name) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, n := range append(slices.Clone(via), it.HeardFrom, it.By) {
		if n == "" || n == to || n == v.p.Keeper() || own(n) {
			continue
		}
		add(n)
		if p := v.PartyOf(n); p != v.PartyOf(v.p.Keeper()) {
			add(p)
		}
	}
	return out
}

// way gives the hands of a message.
func (v *View) way(it record.Seen) []record.Name {
	m, ok := it.Body.(record.Message)
	if !ok {
		return nil
	}
	return v.hands(it, m.From, m.To, m.Via...)
}

// apart reports whether two ways share no hand, and at least one has a hand.
func apart(a, b []record.Name) bool {
	return len(a)+len(b) > 0 && !slices.ContainsFunc(a, func(n record.Name) bool { return slices.Contains(b, n) })
}

// direct reports whether the entry is its author's own word: typed by the
// keeper of this desk, or brought by the line to whoever wrote it.
func (v *View) direct(it record.Seen) bool {
	if !it.FirstHand() {
		return false
	}
	if it.By == v.p.Keeper() {
		return it.Came.Over() == ""
	}
	return it.Came.Over() == it.By
}
