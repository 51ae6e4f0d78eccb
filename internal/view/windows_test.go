package view_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

// TestWindowsAreWindowsOfTheWhole: what a view gives by parts is what it gives
// whole, whether it follows the record or was read from nothing, and out of
// bounds there is nothing.
func TestWindowsAreWindowsOfTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 7))
	for seed := range uint64(4) {
		g := accordtest.New(seed, accordtest.Options{})
		r := record.New(g.Keeper())
		for range 300 {
			if _, err := r.Add(circle.Codec(), g.Next()); err != nil {
				t.Fatal(err)
			}
		}
		p := r.For(r.Keeper(), record.AsOf{})
		for _, v := range []*view.View{view.Of(p, g.Now()), view.Follow(p, g.Now())} {
			for range 20 {
				from, n := rng.IntN(60)-5, rng.IntN(40)
				isWindow(t, "alarms", v.Alarms(), v.SomeAlarms(from, n), from, n)
				isWindow(t, "turns", v.Turns(), v.SomeTurns(from, n), from, n)
				isWindow(t, "performance", v.Performance(), v.SomePerformance(from, n), from, n)
				isWindow(t, "packages", v.Standing().Packages, v.SomePackages(from, n), from, n)
			}
			if v.CountTurns() != len(v.Turns()) || v.CountPerformance() != len(v.Performance()) || v.Ledger().CountPackages() != len(v.Standing().Packages) {
				t.Errorf("seed %d: the counts are not those of the lists", seed)
			}
			for _, whole := range v.Owes() {
				n := v.Ledger().CountTouching(whole.Party.Name)
				var parts []string
				for from := 0; from < n; from += 7 {
					o := v.SomeOwed(whole.Party.Name, from, 7)
					parts = append(parts, debts(o)...)
				}
				if a, b := sorted(debts(whole)), sorted(parts); !slices.Equal(a, b) {
					t.Errorf("seed %d, %s: whole %d, by parts %d debts", seed, whole.Party.Name, len(a), len(b))
				}
			}
		}
	}
}

func isWindow[T any](t *testing.T, what string, whole, part []T, from, n int) {
	t.Helper()
	from = min(max(from, 0), len(whole))
	want := whole[from:min(from+n, len(whole))]
	if len(want)+len(part) > 0 && viewtest.Dump(want) != viewtest.Dump(part) {
		t.Errorf("%s: %d from %d on are not those of the whole list", what, n, from)
	}
}

func debts(o view.PartyOwes) []string {
	var out []string
	for _, list := range [][]view.Debt{o.Debts, o.Gestures, o.Expected, o.Needed} {
		for _, d := range list {
			out = append(out, viewtest.Dump(d))
		}
	}
	return out
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// TestWindowsOfWhatSomebodyKnows: what is given by parts is what is given whole,
// the newest first, for everybody, while the record grows and is corrected.
func TestWindowsOfWhatSomebodyKnows(t *testing.T) {
	rng := rand.New(rand.NewPCG(43, 7))
	shown, incidents := 0, 0
	for seed := range uint64(4) {
		g := accordtest.New(seed, accordtest.Options{})
		r := record.New(g.Keeper())
		add := func(n int) *record.Projection {
			for range n {
				if _, err := r.Add(circle.Codec(), g.Next()); err != nil {
					t.Fatal(err)
				}
			}
			return r.For(r.Keeper(), record.AsOf{})
		}
		v := view.Follow(add(300), g.Now())
		for range 8 {
			for _, v := range []*view.View{v, view.Of(v.Projection(), g.Now())} {
				for _, n := range append(v.Knowing(), r.Keeper(), "nobody") {
					whole := v.Knows(n)
					all := len(whole.Grants)
					whole.Grants = slices.DeleteFunc(whole.Grants, func(x circle.Grant) bool { return x.Own })
					slices.Reverse(whole.Grants)
					for range 3 {
						from, most := rng.IntN(60)-5, rng.IntN(40)
						part := v.SomeKnown(n, from, most)
						isWindow(t, "what "+string(n)+" knows", whole.Grants, part.Grants, from, most)
						if part.Given != len(whole.Grants) || part.Owned != all-len(whole.Grants) || part.First != whole.First || part.Channel != whole.Channel || part.Inside != whole.Inside {
							t.Errorf("seed %d, %s: %d given and %d of his own, want %d and %d; %v, %v", seed, n, part.Given, part.Owned, len(whole.Grants), all-len(whole.Grants), part.First, whole.First)
						}
						shown += len(part.Grants)
					}
				}
				incidents += len(v.Exposures())
			}
			v = v.Next(add(20), g.Now())
		}
	}
	if shown == 0 || incidents == 0 {
		t.Errorf("%d grants shown, %d incidents", shown, incidents)
	}
}
