package circle

import (
	"bytes"
	"cmp"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Known is part of what one person knows: some of the grants, the newest first,
// and how many there are. What he said or wrote himself is counted, and not
// among them.
type Known struct {
	Knows
	Given int `json:"given"` // of all of them
	Owned int `json:"owned"` // of what he said or wrote himself
}

// trail keeps the entries that give one person something in the order in which
// he came to know it, so that the newest are found without the rest. An entry
// keeps its place: corrections change neither when it was said nor when it was
// known. How many grants it holds is counted anew when it was corrected.
type trail struct {
	taken int // of the ids of the index
	steps []step
	stale []keys.ID // to be counted anew
	given int
	owned int
}

const maxStale = 1000 // entries to be counted anew, before all are

type step struct {
	to, known, when, at record.Instant
	id                  keys.ID
	given, owned        uint16
}

func (a step) compare(b step) int {
	return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.known, b.known), cmp.Compare(a.when, b.when), cmp.Compare(a.at, b.at), bytes.Compare(a.id[:], b.id[:]))
}

func stepOf(it record.Seen) step {
	said := it.Said
	if said.IsZero() {
		said = record.Moment(it.At)
	}
	return step{to: said.To, known: it.Known, when: it.When(), at: it.At, id: it.ID}
}

// Some gives n of the grants of one person, from the one at from on, the newest
// first: what Of gives whole.
func (c *Circle) Some(who record.Name, from, n int) Known {
	if who == c.p.Keeper() || len(under(c, c.to, who)) > 0 {
		return c.someOf(who, from, n) // an incident gives much at once, and not in its place
	}
	t := c.trailOf(who)
	out := Known{Knows: Knows{Who: who, Inside: c.inside(who)}, Given: t.given, Owned: t.owned}
	g := c.granterOf(who)
	for i := range t.steps {
		if s := t.steps[i]; s.given == 0 && (s.owned == 0 || !out.Inside) {
			continue
		}
		if out.begin(c.grantsIn(&g, t.steps[i].id)) {
			break
		}
	}
	skip := max(from, 0)
	for i := len(t.steps) - 1; i >= 0 && len(out.Grants) < n; i-- {
		s := t.steps[i]
		if skip >= int(s.given) {
			skip -= int(s.given)
			continue
		}
		list := slices.DeleteFunc(c.grantsIn(&g, s.id), func(x Grant) bool { return x.Own })
		slices.Reverse(list)
		list = list[min(skip, len(list)):]
		out.Grants = append(out.Grants, list[:min(len(list), n-len(out.Grants))]...)
		skip = 0
	}
	return out
}

// begin notes since when he knows of the channel, if these grants tell.
func (k *Knows) begin(list []Grant) bool {
	for _, g := range list {
		// What an outsider says himself does not show that he knows of a channel.
		if !g.Nothing && (k.Inside || !g.Own) {
			k.Channel, k.First = g.Said, g.Source
			return true
		}
	}
	return false
}

// someOf is Some by way of all there is.
func (c *Circle) someOf(who record.Name, from, n int) Known {
	out := Known{Knows: c.Of(who)}
	all := len(out.Grants)
	out.Grants = slices.DeleteFunc(out.Grants, func(g Grant) bool { return g.Own })
	out.Given = len(out.Grants)
	out.Owned = all - out.Given
	slices.Reverse(out.Grants)
	from = min(max(from, 0), out.Given)
	out.Grants = out.Grants[from:min(from+max(n, 0), out.Given)]
	return out
}

// trailOf brings the trail of one person up to date.
func (c *Circle) trailOf(who record.Name) *trail {
	ids := under(c, c.told, who)
	t := c.trails[who]
	if t == nil {
		t = &trail{}
		c.trails[who] = t
	}
	g := c.granterOf(who)
	fresh := ids[t.taken:]
	t.taken = len(ids)
	if len(t.steps) == 0 {
		for _, id := range fresh {
			if it, ok := c.get(id); ok {
				t.steps = append(t.steps, stepOf(it))
			}
		}
		slices.SortFunc(t.steps, step.compare)
		t.steps = slices.CompactFunc(t.steps, func(a, b step) bool { return a.id == b.id })
		for i := range t.steps {
			t.count(c, &g, i)
		}
		t.stale = nil
		return t
	}
	for i, id := range slices.Concat(fresh, t.stale) {
		it, ok := c.get(id)
		if !ok {
			continue
		}
		s := stepOf(it)
		at, there := slices.BinarySearchFunc(t.steps, s, step.compare)
		if !there && i >= len(fresh) {
			continue // it gives him nothing
		}
		if !there {
			t.steps = slices.Insert(t.steps, at, s)
		}
		t.count(c, &g, at)
	}
	t.stale = nil
	return t
}

// count counts the grants of one entry.
func (t *trail) count(c *Circle, g *granter, i int) {
	s := &t.steps[i]
	t.given, t.owned = t.given-int(s.given), t.owned-int(s.owned)
	s.given, s.owned = 0, 0
	for _, x := range c.grantsIn(g, s.id) {
		if x.Own {
			s.owned++
		} else {
			s.given++
		}
	}
	t.given, t.owned = t.given+int(s.given), t.owned+int(s.owned)
}

// granterOf gives what says what entries give one person.
func (c *Circle) granterOf(who record.Name) granter {
	g := granter{c: c, only: who, foot: Briefed}
	if c.inside(who) {
		g.foot = OfParty
	}
	return g
}

func (c *Circle) grantsIn(g *granter, id keys.ID) []Grant {
	it, ok := c.get(id)
	if !ok {
		return nil
	}
	return g.grants(it)
}

// stir has the grants of an item, and of what answers it, counted anew.
func (c *Circle) stir(it record.Seen) {
	if len(c.trails) == 0 {
		return
	}
	var answers []keys.ID
	if l := c.of[it.ID]; l != nil {
		answers = l.ids
	}
	for who, t := range c.trails {
		t.stale = append(append(t.stale, it.ID), answers...)
		if len(t.stale) > maxStale+len(t.steps) {
			delete(c.trails, who) // nobody looks at him any more
		}
	}
}

// Inside reports whether somebody takes part in the talks, as this desk has it.
func (c *Circle) Inside(n record.Name) bool { return c.inside(n) }
