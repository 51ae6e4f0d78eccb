package view_test

import (
	"fmt"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

// carried gives the items with many of the acts carried on by the keeper, once
// or in a chain, and which entries that adds. Copies and marks come at any time
// after the act, and in either order.
func (x tried) carried() (items []record.Item, added map[keys.ID]bool) {
	items, added = slices.Clone(x.items), map[keys.ID]bool{}
	last := x.items[len(x.items)-1]
	hand := func(said record.Instant, e record.Entry) keys.ID {
		e.ID = keys.ID{0: 0xcc, 14: byte(len(added) >> 8), 15: byte(len(added))}
		e.By, e.At, e.Said = x.keeper, last.Known, record.Moment(said)
		added[e.ID] = true
		items = append(items, record.Item{Entry: e, Known: last.Known, Came: record.ByHand()})
		return e.ID
	}
	for i, it := range x.items {
		a, ok := it.Body.(accord.Act)
		for of := it.ID; ok && x.rng.IntN(2) == 0; {
			said := x.items[i+x.rng.IntN(len(x.items)-i)].When()
			as := hand(said, record.Entry{SaidBy: it.Speaker(), HeardFrom: it.By, Audience: []record.Name{x.lines[0]}, Body: a})
			hand(said, record.Entry{Body: record.Conveyance{Of: of, As: as, To: x.lines[0], Step: record.Conveyed, Fidelity: record.Verbatim}})
			of = as
		}
	}
	return items, added
}

// TestLaw1_CarryingMovesNoStance: whatever the keeper carries, everybody stands
// where he stood before, and by the same entries.
func TestLaw1_CarryingMovesNoStance(t *testing.T) {
	each(t, 600, func(t *testing.T, x tried) {
		items, added := x.carried()
		if len(added) < 20 {
			t.Fatalf("only %d entries added: nothing is tried", len(added))
		}
		before := accord.Read(x.record(t, x.items).For(x.keeper, record.AsOf{}), x.now)
		after := accord.Read(x.record(t, items).For(x.keeper, record.AsOf{}), x.now)
		shown := 0
		for _, s := range before.Acts() {
			h := s.Item.Body.(accord.Act).On.Hash
			if a, b := viewtest.Dump(before.Stances(h)), viewtest.Dump(after.Stances(h)); a != b {
				t.Fatalf("on %s it was %s and is %s", h, a, b)
			}
			if a, b := viewtest.Dump(before.Agreement(h)), viewtest.Dump(after.Agreement(h)); a != b {
				t.Fatalf("on %s it was %s and is %s", h, a, b)
			}
			shown += len(after.ActsOn(h)) - len(before.ActsOn(h))
		}
		if shown == 0 {
			t.Error("no copy is shown among the acts")
		}
	})
}

// TestLaw8_CopiesAndMarksInAnyOrderGiveTheSameViews: a view that is kept up to
// date while acts, copies and marks come in any order ends as one that is read
// afresh, and as the views of any other order.
func TestLaw8_CopiesAndMarksInAnyOrderGiveTheSameViews(t *testing.T) {
	each(t, 150, func(t *testing.T, x tried) {
		items, _ := x.carried()
		want := shown(view.Of(x.record(t, items).For(x.keeper, record.AsOf{}), x.now))
		x.rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		r := record.New(x.keeper)
		v := view.Follow(r.For(x.keeper, record.AsOf{}), x.now)
		for i, it := range items {
			if _, err := r.Add(accord.Codec(), it); err != nil {
				t.Fatal(err)
			}
			p := r.For(x.keeper, record.AsOf{})
			v.Next(p, x.now).Alarms() // computes what leans on what is there
			if i%40 == 39 {
				same(t, fmt.Sprintf("after %d", i+1), shown(v), shown(view.Of(p, x.now)))
			}
		}
		same(t, "in the end", shown(v), want)
	})
}
