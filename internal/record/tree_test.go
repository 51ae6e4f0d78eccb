package record

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/keys"
)

// model is a tree beside a plain sorted slice that says what it must hold.
type model struct {
	t    tree
	want []int32
}

func (m *model) key(vals []uint64, p int32) uint64 { return vals[p] >> 2 } // so that keys tie

func (m *model) insert(vals []uint64, p int32) {
	by := func(a, b int32) int { return cmp.Or(cmp.Compare(vals[a], vals[b]), cmp.Compare(a, b)) }
	m.t.insert(m.key(vals, p), p, func(q int32) int { return by(p, q) })
	i, _ := slices.BinarySearchFunc(m.want, p, by)
	m.want = slices.Insert(slices.Clone(m.want), i, p)
}

func (m *model) check(t interface{ Fatalf(string, ...any) }, vals []uint64) {
	if got := slices.Collect(m.t.all()); !slices.Equal(got, m.want) {
		t.Fatalf("got %v\nwant %v", got, m.want)
	}
	if m.t.size() != len(m.want) {
		t.Fatalf("size %d, want %d", m.t.size(), len(m.want))
	}
	for i, p := range m.want {
		if got := m.t.nth(i); got != p {
			t.Fatalf("at %d stands %d, want %d", i, got, p)
		}
		same := func(q int32) int { return cmp.Or(cmp.Compare(vals[p], vals[q]), cmp.Compare(p, q)) }
		if n, last := m.t.rank(m.key(vals, p), same); n != i+1 || last != p {
			t.Fatalf("rank of %d: %d and %d, want %d", p, n, last, i+1)
		}
		if got := m.t.find(m.key(vals, p), same); got != p {
			t.Fatalf("found %d, want %d", got, p)
		}
	}
	half := len(m.want) / 2
	if got := slices.Collect(m.t.from(half)); !slices.Equal(got, m.want[half:]) {
		t.Fatalf("from the middle: %v", got)
	}
}

// Clones and their originals grow apart, and none disturbs another.
func TestTreeAgainstSlice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 3000).Draw(rt, "n")
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		spread := rapid.SampledFrom([]uint64{1, 3, 50, 1 << 60}).Draw(rt, "spread")
		rising := rapid.Bool().Draw(rt, "rising")
		vals := make([]uint64, n)
		for i := range vals {
			if vals[i] = rnd.Uint64N(spread); rising {
				vals[i] = uint64(i) * 3
			}
		}
		all := []*model{{}}
		for p := range vals {
			m := all[rnd.IntN(len(all))]
			m.insert(vals, int32(p))
			if len(all) < 6 && rnd.IntN(200) == 0 {
				all = append(all, &model{m.t.clone(), m.want})
			}
		}
		for _, m := range all {
			m.check(rt, vals)
		}
	})
}

// A tree that was filled at once is the tree of the same places, and grows on.
func TestTreeFilledAtOnce(t *testing.T) {
	for _, n := range []int{0, 1, 62, 63, 64, 126, 127, 63*63 - 1, 63 * 63, 63*63 + 1, 9000} {
		vals := make([]uint64, n+300)
		rnd := rand.New(rand.NewPCG(uint64(n), 1))
		for i := range vals {
			vals[i] = rnd.Uint64N(uint64(n) + 1)
		}
		m := &model{}
		var spots []spot
		for p := range int32(n) {
			m.want = append(m.want, p)
		}
		slices.SortFunc(m.want, func(a, b int32) int { return cmp.Or(cmp.Compare(vals[a], vals[b]), cmp.Compare(a, b)) })
		for _, p := range m.want {
			spots = append(spots, spot{m.key(vals, p), p})
		}
		m.t = fill(spots)
		m.check(t, vals)
		kept := &model{m.t.clone(), m.want}
		for p := n; p < n+300; p++ {
			m.insert(vals, int32(p))
		}
		m.check(t, vals)
		kept.check(t, vals)
	}
}

// In order, a tree is nearly full; in no order, two thirds; never nearly empty.
func TestTreeWastesLittle(t *testing.T) {
	const n = 100_000
	for name, c := range map[string]struct {
		val  func(i int) uint64
		most int
	}{
		"rising":  {func(i int) uint64 { return uint64(i) }, n/(fan-1) + 1},
		"falling": {func(i int) uint64 { return uint64(n - i) }, 2*n/(fan-1) + 1},
		"from within": {func(i int) uint64 { // always at the end of a node, and never of the last
			if i == 0 {
				return n
			}
			return uint64(i)
		}, 2*n/(fan-1) + 2},
	} {
		var tr tree
		for i := range n {
			tr.insert(c.val(i), int32(i), func(int32) int { return 1 })
		}
		var leaves func(n *node) int
		leaves = func(n *node) int {
			if n.kids == nil {
				return 1
			}
			sum := 0
			for _, k := range n.kids[:n.n] {
				sum += leaves(k.node)
			}
			return sum
		}
		if got := leaves(tr.root); got > c.most {
			t.Errorf("%s: %d leaves, at most %d expected", name, got, c.most)
		}
	}
}

func numbered(n int) Item {
	e := Entry{ID: keys.ID{byte(n >> 16), byte(n >> 8), byte(n), 1}, By: "go-between", At: Instant(1 + n), Body: Note{Text: "x"}}
	switch n % 4 {
	case 0:
		e.Body = Person{Name: Name("person-" + string(rune('a'+n%20))), Title: "x"}
		e.Audience = []Name{"envoy"}
	case 1:
		e.Said = Moment(Instant(1 + n*7919%1000))
	case 2:
		e.Body = Rule{PassUnlessMarked: n%8 == 2}
		e.At = Instant(1 + n*31%977)
	}
	return Item{Entry: e, Known: Instant(n + 1)}
}

func fillUp(t testing.TB, r *Record, from, to int) {
	t.Helper()
	for n := from; n < to; n++ {
		if fresh, err := r.Add(NewCodec(), numbered(n)); err != nil || !fresh {
			t.Fatal(n, fresh, err)
		}
	}
}

// picture is all that a record answers.
func picture(r *Record) (out []any) {
	for i, it := range r.InOrder() {
		p, ok := r.PlaceOf(it.ID)
		out = append(out, i, p, ok, it.ID)
	}
	for _, it := range r.Known() {
		out = append(out, it.ID)
	}
	for _, n := range []Name{"envoy", "person-a", "person-e", "person-i"} {
		b, ok := r.Introduction(n)
		out = append(out, r.SentTo(n), r.HasMet("envoy", n), b, ok)
	}
	last, ok := r.Newest(KindNote)
	return append(out, r.Len(), last.ID, ok, fmt.Sprint(r.Rules()))
}

// A clone stays as it was while the original grows, and the other way round;
// readers of clones and the writer of the original share nothing that changes
// (the race detector watches).
func TestCloneStaysAsItWas(t *testing.T) {
	r := New("go-between")
	type kept struct {
		r    *Record
		want []any
	}
	var clones []kept
	var wg sync.WaitGroup
	for n := 0; n < 400; n += 37 {
		fillUp(t, r, n, n+37)
		c := r.Clone()
		clones = append(clones, kept{c, picture(c)})
		wg.Go(func() { picture(c.Clone()) })
		wg.Go(func() { c.For("envoy", AsOf{}) })
	}
	wg.Wait()
	for i, k := range clones {
		if !slices.Equal(picture(k.r), k.want) {
			t.Fatalf("clone %d changed as its original grew", i)
		}
	}
	before := picture(r)
	for _, k := range clones[:3] { // they grow on their own
		fillUp(t, k.r, 1000, 1100)
	}
	if !slices.Equal(picture(r), before) {
		t.Fatal("the original changed as its clones grew")
	}
	for i, k := range clones[3:] {
		if !slices.Equal(picture(k.r), k.want) {
			t.Fatalf("clone %d changed as another grew", i+3)
		}
	}
	// What grew apart is the record of what it holds.
	again := New("go-between")
	for _, it := range clones[1].r.Known() {
		if _, err := again.Add(NewCodec(), it); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(picture(again), picture(clones[1].r)) {
		t.Fatal("a clone that grew is another record than its items make")
	}
}

// Taking a picture of a record, and adding to it afterwards, allocates no more
// in a long record than in a short one.
func TestCloneCostsTheSameAtAnyLength(t *testing.T) {
	cost := func(n int) float64 {
		r := New("go-between")
		fillUp(t, r, 0, n)
		next := n
		return testing.AllocsPerRun(50, func() {
			r.Clone()
			fillUp(t, r, next, next+1)
			next++
		})
	}
	if short, long := cost(1000), cost(60_000); long > 1.5*short {
		t.Fatalf("%v allocations at 1,000 entries, %v at 60,000", short, long)
	}
}

func TestFindByPrefix(t *testing.T) {
	r := New("go-between")
	for _, id := range []keys.ID{{0xab, 0xcd, 1}, {0xab, 0xce}, {0xff, 0xff, 0xff}, {0, 0, 0, 1}} {
		it := numbered(3)
		it.ID = id
		if _, err := r.Add(NewCodec(), it); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string]keys.ID{
		"abcd": {0xab, 0xcd, 1}, "abcd01": {0xab, 0xcd, 1}, "abce": {0xab, 0xce}, "ffff": {0xff, 0xff, 0xff}, "0000": {0, 0, 0, 1},
		"00000001000000000000000000000000": {0, 0, 0, 1},
		"abc":                              {}, "abcf": {}, "ABCD": {}, "gggg": {}, "abcd0": {0xab, 0xcd, 1}, "abcd02": {},
		"000000010000000000000000000000000": {}, "fffffe": {},
	} {
		got, err := r.Find(prefix)
		if got != want || (err == nil) == want.IsZero() {
			t.Errorf("%s: %s %v", prefix, got, err)
		}
	}
	it := numbered(3)
	it.ID = keys.ID{0xab, 0xcd, 2}
	if _, err := r.Add(NewCodec(), it); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Find("abcd"); err == nil {
		t.Errorf("two begin so, and %s was found", got)
	}
}
