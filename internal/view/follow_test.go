package view_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

// shown dumps the views that a page shows, for comparing after every entry.
func shown(v *view.View) []viewtest.Asked {
	l := v.Ledger()
	out := []viewtest.Asked{
		{What: "alarms", Answer: viewtest.Dump(v.Alarms())}, {What: "turns", Answer: viewtest.Dump(v.Turns())},
		{What: "standing", Answer: viewtest.Dump(v.Standing())}, {What: "owes", Answer: viewtest.Dump(v.Owes())},
		{What: "performance", Answer: viewtest.Dump(v.Performance())}, {What: "parties", Answer: viewtest.Dump(v.Parties())},
		{What: "people", Answer: viewtest.Dump(v.People())}, {What: "traffic", Answer: viewtest.Dump(v.Traffic(0, 0))},
		{What: "passed", Answer: viewtest.Dump(v.Passed("envoy", "official"))}, {What: "told", Answer: viewtest.Dump(v.Passed("go-between", ""))},
		{What: "direct", Answer: viewtest.Dump(v.Direct("power", "movement", nil))}, {What: "corrections", Answer: viewtest.Dump(v.Corrections())},
		{What: "keys", Answer: viewtest.Dump(v.Keys())}, {What: "fates", Answer: viewtest.Dump(v.Fates())},
	}
	for _, t := range l.Terms() {
		out = append(out, viewtest.Asked{What: "course " + t.Hash.String(), Answer: viewtest.Dump(l.Performance(t.Hash))})
	}
	return out
}

// arrivals puts items in an order in which they might come: most as they were
// written, some much later, some lines in disorder.
func arrivals(rng *rand.Rand, items []record.Item) []record.Item {
	type due struct {
		at int
		it record.Item
	}
	var list []due
	for i, it := range items {
		at := i * 10
		switch rng.IntN(8) {
		case 0:
			at += rng.IntN(40) * 10
		case 1:
			at = rng.IntN(len(items)) * 10
		}
		list = append(list, due{at, it})
	}
	slices.SortStableFunc(list, func(a, b due) int { return a.at - b.at })
	out := make([]record.Item, len(list))
	for i, d := range list {
		out[i] = d.it
	}
	return out
}

// TestIncrementalViewsAreThoseOfAFreshReading: whatever comes, in whatever
// order, and however time passes between, a view that was brought up to date
// says what one read afresh says. What was read in between makes no difference.
func TestIncrementalViewsAreThoseOfAFreshReading(t *testing.T) {
	for seed := uint64(begin); seed < begin+3*seeds; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 2))
			o := accordtest.Options{Gaps: seed%2 == 0, Critical: seed%3 == 0}
			if seed%3 == 1 {
				o.Keeper = "envoy"
			}
			g := accordtest.New(seed, o)
			items := g.Items(160)
			if seed%4 != 0 {
				items = arrivals(rng, items)
			}
			r := record.New(g.Keeper())
			now := items[0].At
			v := view.Follow(r.For(g.Keeper(), record.AsOf{}), now)
			for i, it := range items {
				if _, err := r.Add(accord.Codec(), it); err != nil {
					t.Fatal(err)
				}
				now = max(now, it.Known)
				if rng.IntN(6) == 0 {
					now += record.Instant(rng.Int64N(40 * 24 * 3600 * 1000))
				}
				if rng.IntN(3) == 0 {
					continue // several come before anybody looks
				}
				p := r.For(g.Keeper(), record.AsOf{})
				next := v.Next(p, now)
				if next != v {
					t.Fatal("it began anew")
				}
				if rng.IntN(3) == 0 {
					v.Alarms() // or only some of it is looked at
					continue
				}
				fresh := view.Of(p, now)
				if d := viewtest.Differ(shown(v), shown(fresh)); d != "" {
					t.Fatalf("seed %d, after %d entries, the last %s: %s", seed, i+1, it.Body.Kind(), d)
				}
				if i%50 == 49 || i == len(items)-1 {
					n := viewtest.Names{Items: items, Lines: g.Lines(), Limit: 4}
					if d := viewtest.Differ(viewtest.Everything(v, n), viewtest.Everything(fresh, n)); d != "" {
						t.Fatalf("seed %d, after %d entries, the last %s: %s", seed, i+1, it.Body.Kind(), d)
					}
				}
			}
		})
	}
}
