package view_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

// seeds are of the records that the properties are tried on. To look for more,
// change begin.
const begin, seeds = 1, 3

// tried is one random record.
type tried struct {
	keeper record.Name
	lines  []record.Name
	items  []record.Item // in the order in which they came
	now    record.Instant
	rng    *rand.Rand
}

// each tries a property on random records of a go-between and of an envoy.
func each(t *testing.T, size int, property func(t *testing.T, x tried)) {
	for seed := uint64(begin); seed < begin+seeds; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			o := accordtest.Options{Gaps: seed%2 == 0, Critical: seed%3 == 0}
			if seed%2 == 0 {
				o.Keeper = "envoy"
			}
			g := accordtest.New(seed, o)
			property(t, tried{g.Keeper(), g.Lines(), g.Items(size), g.Now(), rand.New(rand.NewPCG(seed, 1))})
		})
	}
}

func (x tried) record(t *testing.T, items []record.Item) *record.Record {
	t.Helper()
	r := record.New(x.keeper)
	for _, it := range items {
		if _, err := r.Add(circle.Codec(), it); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// all gives everything that reader is shown, as of both clocks.
func (x tried) all(r *record.Record, reader record.Name, asOf record.AsOf) []viewtest.Asked {
	return viewtest.Everything(view.Of(r.For(reader, asOf), x.now), viewtest.Names{Items: x.items, Lines: x.lines, Limit: 10})
}

// moments gives places on the two clocks: all there is, and in the middle.
func (x tried) moments() []record.AsOf {
	known := x.items[len(x.items)/2].Known
	said := x.items[2*len(x.items)/3]
	return []record.AsOf{{}, {Knew: known}, {Stood: said.When()}, {Knew: known, Stood: x.items[len(x.items)/3].When()}}
}

// readers are the keeper and one of those to whom he writes.
func (x tried) readers() []record.Name {
	return []record.Name{x.keeper, x.lines[x.rng.IntN(len(x.lines))]}
}

// given says what law 5 lets reader see of another's record: what he wrote, and
// what the keeper addressed to him of what is ever sent.
func (x tried) given(it record.Item, reader record.Name) bool {
	return !record.IsPrivate(it.Body) && (it.By == reader || it.By == x.keeper && slices.Contains(it.Audience, reader) && !x.tookBack(it))
}

// tookBack reports whether the keeper took an entry of his back before it left.
func (x tried) tookBack(it record.Item) bool {
	return slices.ContainsFunc(x.items, func(o record.Item) bool {
		c, ok := o.Body.(record.Correction)
		return ok && c.Back && o.By == x.keeper && o.Corrects == it.ID
	})
}

func same(t *testing.T, what string, a, b []viewtest.Asked) {
	t.Helper()
	if d := viewtest.Differ(a, b); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

func TestLaw8_AnyOrderOfArrivalGivesTheSameViews(t *testing.T) {
	each(t, 300, func(t *testing.T, x tried) {
		r := x.record(t, x.items)
		items := append([]record.Item{}, x.items...)
		x.rng.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		other := x.record(t, items)
		for _, at := range x.moments() {
			for _, n := range x.readers() {
				same(t, fmt.Sprint(n, at), x.all(r, n, at), x.all(other, n, at))
			}
		}
	})
}

// What the journal gives back, what was built up entry by entry, and what went
// on from a snapshot in between are one record.
func TestLaw6_ReplayAndSnapshotGiveTheSameViews(t *testing.T) {
	each(t, 300, func(t *testing.T, x tried) {
		codec := circle.Codec()
		r, replayed := x.record(t, x.items), record.New(x.keeper)
		cut := x.rng.IntN(len(x.items))
		snapshot := x.record(t, x.items[:cut]).Clone()
		for i, it := range x.items {
			raw, err := codec.EncodeItem(it)
			if err != nil {
				t.Fatal(err)
			}
			back, err := codec.DecodeItem(raw)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := replayed.Add(codec, back); err != nil {
				t.Fatal(err)
			}
			if i >= cut {
				if _, err := snapshot.Add(codec, back); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, at := range x.moments() {
			for _, n := range x.readers() {
				want := x.all(r, n, at)
				same(t, fmt.Sprint("replay ", n, at), want, x.all(replayed, n, at))
				same(t, fmt.Sprint("snapshot ", n, at), want, x.all(snapshot, n, at))
			}
		}
	})
}

// What is logged later never changes what we knew at T: no view of it, for
// nobody.
func TestLaw8_LaterEntriesLeaveWhatWeKnew(t *testing.T) {
	each(t, 300, func(t *testing.T, x tried) {
		r := x.record(t, x.items)
		for range 3 {
			cut := 1 + x.rng.IntN(len(x.items)-1)
			knew := x.items[cut-1].Known
			for cut < len(x.items) && x.items[cut].Known == knew {
				cut++
			}
			before := x.record(t, x.items[:cut])
			for _, at := range []record.AsOf{{Knew: knew}, {Knew: knew, Stood: x.items[x.rng.IntN(cut)].When()}} {
				for _, n := range x.readers() {
					same(t, fmt.Sprint(n, at), x.all(before, n, at), x.all(r, n, at))
				}
			}
		}
	})
}

// What a reader sees is what he was given and nothing else: two records that
// differ only in what he was not given look the same to him. What the desk
// knows of how an entry came (its own clock, its lines, its numbers) he was not
// given either.
func TestLaw5_ViewsDependOnWhatTheReaderWasGiven(t *testing.T) {
	each(t, 500, func(t *testing.T, x tried) {
		r := x.record(t, x.items)
		for _, n := range x.lines {
			var given []record.Item
			for i, it := range x.items {
				if !x.given(it, n) {
					continue
				}
				it.Known += record.Instant(i)
				if it.Came.Over() != "" {
					it.Came = record.OverLine(it.Came.Over(), it.Came.Number()+uint64(i))
				}
				it.Audience = append([]record.Name{"somebody-else"}, it.Audience...)
				given = append(given, it)
			}
			if len(given) < 50 || len(given) > len(x.items)-50 {
				t.Fatalf("%s was given %d of %d: nothing is tried", n, len(given), len(x.items))
			}
			other := x.record(t, given)
			for _, at := range []record.AsOf{{}, {Stood: x.items[len(x.items)/2].When()}} {
				same(t, fmt.Sprint(n, at), x.all(r, n, at), x.all(other, n, at))
			}
		}
	})
}

// No view of a reader contains an id, a word, a name, a number or a hash of
// what he was not given.
func TestLaw5_NoViewContainsAByteNotGiven(t *testing.T) {
	each(t, 500, func(t *testing.T, x tried) {
		for _, n := range x.lines {
			marked := make([]record.Item, len(x.items))
			for i, it := range x.items {
				back, _ := it.Body.(record.Correction) // of what was taken back: as it is, or it takes nothing back
				if !x.given(it, n) && !back.Back {
					it.Entry = viewtest.Mark(it.Entry, i)
				}
				if it.By == x.keeper && !back.Back {
					it.Audience = append([]record.Name{viewtest.MarkWord + "-reader"}, it.Audience...)
				}
				marked[i] = it
			}
			r := x.record(t, marked)
			var hidden viewtest.Hidden
			for _, it := range marked {
				if !x.given(it, n) {
					hidden.Add(it.ID)
				}
			}
			v := view.Of(r.For(n, record.AsOf{}), x.now)
			for _, a := range viewtest.Everything(v, viewtest.Names{Lines: x.lines, Limit: 25}) {
				if bad := hidden.In(a.Answer); bad != "" {
					t.Fatalf("%s asks %s, and is told %q: %s", n, a.What, bad, a.Answer)
				}
			}
		}
	})
}
