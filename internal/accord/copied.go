package accord

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// copied reports whether a statement is the keeper's copy of an act that he
// carried, where the act itself is here. The party acted when it acted, and not
// again each time somebody is given it. Without the act the copy is all there is,
// and counts: so it does at the desk of whoever was given it.
//
// A copy is a report. What the keeper says again in his own voice is an act of
// his, and no mark takes it back.
func (l *Ledger) copied(st Statement) bool {
	a, ok := st.Item.Body.(Act)
	if !ok || !l.mayCopy(st.Item, a) {
		return false
	}
	// A copy may be carried on. What matters is that it began with an act that is
	// none: marks in a ring would else leave nothing.
	chain := []keys.ID{st.Item.ID}
	for i := 0; i < len(chain); i++ {
		from := l.copiedFrom(chain[i], a)
		if i > 0 && len(from) == 0 {
			return true
		}
		for _, id := range from {
			if !slices.Contains(chain, id) {
				chain = append(chain, id)
			}
		}
	}
	return false
}

// mayCopy reports whether an entry could be the keeper's copy of such an act.
func (l *Ledger) mayCopy(it record.Seen, a Act) bool {
	return it.By == l.keeper && direct(l.keeper, it) && l.rests(it, a.Party, a.Mandate(), a.On.Name) == OnReport
}

// copiedFrom gives the acts of the same party on the same text that the keeper
// says he handed on as that entry. Nobody else's mark counts: it would hide what
// the keeper wrote.
func (l *Ledger) copiedFrom(id keys.ID, a Act) []keys.ID {
	if it, here := l.p.Get(id); !here || !l.mayCopy(it, a) {
		return nil
	}
	var out []keys.ID
	for _, m := range l.MarksOf(id) {
		b, ok := m.Body.(record.Conveyance)
		if !ok || b.As != id || b.Of == id || b.Fidelity == record.OwnView || m.By != l.keeper || !direct(l.keeper, m) || !m.FirstHand() {
			continue
		}
		if place, here := l.p.Place(b.Of); here && l.acted(place, a) && !slices.Contains(out, b.Of) {
			out = append(out, b.Of)
		}
	}
	return out
}

// acted reports whether the entry at a place ever was an act of that party on
// that text: one that its author corrected afterwards was carried as it was.
func (l *Ledger) acted(place int, a Act) bool {
	return slices.ContainsFunc(l.p.Wordings(place), func(body record.Body) bool {
		b, ok := body.(Act)
		return ok && b.Party == a.Party && b.On.Hash == a.On.Hash
	})
}
