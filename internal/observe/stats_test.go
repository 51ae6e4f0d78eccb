package observe

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.Abs(got-want) > by {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

func TestAUC(t *testing.T) {
	b := []int{1, 2, 3, 4}
	second := []bool{false, false, true, true}
	near(t, "apart", rank([]float64{1, 2, 3, 4}, second, b).auc(nil, nil), 1, 0)
	near(t, "the other way", rank([]float64{4, 3, 2, 1}, second, b).auc(nil, nil), 0, 0)
	near(t, "all ties", rank([]float64{1, 1, 1, 1}, second, b).auc(nil, nil), 0.5, 0)
	near(t, "one wrong", rank([]float64{1, 3, 2, 4}, second, b).auc(nil, nil), 0.75, 0)
	near(t, "weighted", rank([]float64{1, 3, 2, 4}, second, []int{0, 1, 0, 1}).auc([]float64{1, 0}, nil), 1, 0)
	near(t, "flipped", rank([]float64{1, 2, 3, 4}, second, []int{0, 0, 0, 0}).auc(nil, []bool{true}), 0, 0)
}

// TestTheTestsOfEquivalence: what is equal is found so with enough windows, not
// with few; what differs by little more than the margin is not.
func TestTheTestsOfEquivalence(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	made := func(n int, shift float64) (f folds) {
		for i := range f {
			var score []float64
			var second []bool
			var block []int
			for j := range n {
				score = append(score, r.NormFloat64(), r.NormFloat64()+shift)
				second, block = append(second, false, true), append(block, j/4, j/4)
			}
			f[i] = rank(score, second, block)
		}
		return f
	}
	for _, c := range []struct {
		name       string
		n          int
		shift      float64
		equivalent bool
		differ     bool
	}{{"equal", 8000, 0, true, false}, {"few", 100, 0, false, false}, {"an AUC of 0.55", 8000, 0.18, false, true}} {
		f := made(c.n, c.shift)
		a, se := f.auc([2][]float64{}, [2][]bool{}), f.deviation(r, 200)
		if p := equivalent(a, se); (p < 0.01) != c.equivalent {
			t.Errorf("%s: auc %.4f ± %.4f, p %v", c.name, a, se, p)
		}
		// As a formula has it: sqrt((m+n+1)/12mn), for each half.
		near(t, "standard error", se, math.Sqrt(1/(6*float64(c.n))/2), se/3)
		if p := f.permuted(r, 200); (p < 0.01) != c.differ {
			t.Errorf("%s: permutation p %v", c.name, p)
		}
	}
}

func TestHolm(t *testing.T) {
	got := holm([]float64{0.03, 0.01, 0.04, 0.02})
	for i, want := range []float64{0.06, 0.04, 0.06, 0.06} {
		near(t, "holm", got[i], want, 1e-12)
	}
}

// TestClopperPearson compares with bounds from the published tables.
func TestClopperPearson(t *testing.T) {
	low, high := clopper(5, 10, 0.025)
	near(t, "5 of 10, low", low, 0.1871, 1e-4)
	near(t, "5 of 10, high", high, 0.8129, 1e-4)
	low, high = clopper(0, 10, 0.025)
	near(t, "0 of 10, low", low, 0, 0)
	near(t, "0 of 10, high", high, 0.3085, 1e-4)
	low, _ = clopper(10, 10, 0.025)
	near(t, "10 of 10, low", low, 0.6915, 1e-4)
	if e := epsilon(5000, 10000, 5000, 10000); e != 0 {
		t.Errorf("a coin shows epsilon %v", e)
	}
	if e := epsilon(9000, 10000, 1000, 10000); e < 2 || e > math.Log(9) {
		t.Errorf("nine of ten against one of ten shows epsilon %v", e)
	}
}

// TestTheClassifier sees what is there, of either kind, and nothing else.
func TestTheClassifier(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for _, c := range []struct {
		name string
		make func(x []float64)
		low  float64
		high float64
	}{
		{"nothing", func([]float64) {}, 0.46, 0.54},
		{"small shifts everywhere", func(x []float64) {
			for j := range x {
				x[j] += 0.25
			}
		}, 0.7, 0.95},
		{"a rare stall", func(x []float64) {
			if r.IntN(2) == 0 {
				x[3] += 50
			}
		}, 0.7, 0.8},
		{"more spread", func(x []float64) { x[5] *= 4 }, 0.7, 0.9},
	} {
		var all []sample
		for b := range 1000 {
			for _, class := range []Class{Silence, Text} {
				x := make([]float64, 20)
				for j := range x {
					x[j] = r.NormFloat64() + float64(b%3)*5 // groups differ
				}
				x[7] = 1 // and one feature never changes
				if class == Text {
					for j := range x {
						x[j] -= float64(b%3) * 5
					}
					c.make(x)
					for j := range x {
						x[j] += float64(b%3) * 5
					}
					x[7] = 1
				}
				all = append(all, sample{kind: Shaped, class: class, group: b % 3, block: b, outside: x})
			}
		}
		var halves [2][]sample
		for _, s := range all {
			halves[s.block/3%2] = append(halves[s.block/3%2], s)
		}
		var f folds
		var tl tally
		for i := range halves {
			f[i], _, _ = tl.judged(halves[1-i], halves[i], pairs()[0], func(s *sample) []float64 { return s.outside })
		}
		if a := f.auc([2][]float64{}, [2][]bool{}); a < c.low || a > c.high {
			t.Errorf("%s: AUC %.3f", c.name, a)
		}
	}
}

// TestEveryPlanIsFair: every class has the same acts in number, at moments
// within its own time, and each stands in every block once.
func TestEveryPlanIsFair(t *testing.T) {
	p := planner{r: rand.New(rand.NewPCG(3, 3)), kind: Shaped, ticks: 4, list: classes(Shaped, pairs()), dir: t.TempDir()}
	p.table.PeriodMS = 1000
	seen := map[Class]int{}
	orders := map[Class]bool{}
	next := uint64(10)
	for b := range 50 {
		list := p.block(b, next)
		orders[list[0].class] = true
		for _, w := range list {
			seen[w.class]++
			if w.begin() != next {
				t.Fatalf("%s begins at %d, not %d", w.class, w.begin(), next)
			}
			next = w.end() + uint64(w.tail)
			for i := range w.acts {
				if len(w.acts[i]) != 2 {
					t.Errorf("%s: %d acts", w.class, len(w.acts[i]))
				}
				for _, a := range w.acts[i] {
					if tick := uint64(a.At / 1e9); tick < w.begin() || tick >= next {
						t.Errorf("%s: %s at tick %d, outside of %d to %d", w.class, a.Do, tick, w.begin(), next)
					}
				}
			}
		}
	}
	if len(seen) != 8 || len(orders) < 6 {
		t.Errorf("classes %v, first ones %v", seen, orders)
	}
	for c, n := range seen {
		if n != 50 {
			t.Errorf("%s stands in %d blocks of 50", c, n)
		}
	}
}
