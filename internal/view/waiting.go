package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Waiting gives what somebody sent here, meant for somebody else, that was not
// passed on yet, in the order in which it was said. Whoever speaks for a party
// is sent things for itself.
func (v *View) Waiting() []record.Seen {
	if len(v.l.Voice(v.p.Keeper())) > 0 {
		return nil
	}
	var out []record.Seen
	if v.book == nil {
		for _, it := range v.p.InOrder() {
			if v.waits(it) {
				out = append(out, it)
			}
		}
		return out
	}
	v.settle()
	for w := range v.unpassed {
		out = append(out, v.item(w.s.id))
	}
	v.inOrder(out)
	return out
}

// inOrder puts items in the order in which they were said.
func (v *View) inOrder(list []record.Seen) {
	slices.SortFunc(list, func(a, b record.Seen) int {
		x, _ := v.p.Place(a.ID)
		y, _ := v.p.Place(b.ID)
		return v.p.Compare(x, y)
	})
}

// waits reports whether an entry waits for the keeper to pass it on.
func (v *View) waits(it record.Seen) bool {
	keeper := v.p.Keeper()
	switch b := it.Body.(type) {
	case record.Message:
		// By hand, what was said to the keeper for somebody else is logged as
		// said to that other: it then waits here too.
		if it.By == keeper && it.FirstHand() || b.From == keeper || b.To == keeper || slices.Contains(b.Via, keeper) {
			return false
		}
	case accord.Act, record.Approach:
		if it.Came.Over() == "" {
			return false
		}
	default:
		return false
	}
	return it.Carrying.Pass != record.PassNot && !slices.ContainsFunc(v.marksOf(it.ID), func(m record.Seen) bool {
		c, ok := m.Body.(record.Conveyance)
		return ok && m.By == keeper && c.Of == it.ID
	})
}

// aboutVersion gives the entries that bear a text, and the acts and deeds on it.
func (v *View) aboutVersion(h keys.Hash) []keys.ID {
	out := v.l.Bearers(h)
	for _, s := range slices.Concat(v.l.ActsOn(h), v.l.Deeds(h)) {
		out = append(out, s.Item.ID)
	}
	return out
}

// Related gives the entries that an entry names, that name it, or that are
// about the same version, in the order in which they were said.
func (v *View) Related(it record.Seen) []record.Seen {
	ids := append([]keys.ID{it.Corrects, it.Answers, it.CorrectedBy}, it.Together...)
	for _, r := range it.About {
		ids = append(ids, r.Entry)
	}
	switch b := it.Body.(type) {
	case record.Conveyance:
		ids = append(ids, b.Of, b.As)
	case accord.Term:
		ids = append(ids, v.aboutVersion(b.Hash())...)
	case accord.Package:
		ids = append(ids, v.aboutVersion(b.Hash())...)
	case accord.Act:
		ids = append(ids, v.aboutVersion(b.On.Hash)...)
	case accord.Performance:
		ids = append(ids, v.aboutVersion(b.On.Hash)...)
	}
	for _, o := range slices.Concat(v.namersOf(it.ID), v.fixesOf(it.ID), v.marksOf(it.ID)) {
		ids = append(ids, o.ID)
	}
	var out []record.Seen
	seen := map[keys.ID]bool{it.ID: true}
	for _, id := range ids {
		if o, here := v.p.Get(id); here && !seen[id] {
			seen[id] = true
			out = append(out, o)
		}
	}
	v.inOrder(out)
	return out
}
