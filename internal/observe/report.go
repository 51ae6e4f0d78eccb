package observe

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// Finding is how well one observer tells one pair apart.
type Finding struct {
	Pair
	Side    string     `json:"side"`    // outside or inside
	Windows [2]int     `json:"windows"` // of each class, every one judged by what was learnt without it
	AUC     float64    `json:"auc"`     // 0.5: no better than a coin
	Error   float64    `json:"standard_error"`
	CI90    [2]float64 `json:"ci90"`
	Linear  float64    `json:"auc_linear"` // the two halves of the classifier by themselves
	Stumps  float64    `json:"auc_stumps"`

	Permuted   float64 `json:"p_no_difference"`    // block permutation
	Equivalent float64 `json:"p_equivalence"`      // two one-sided tests
	Corrected  float64 `json:"p_equivalence_holm"` // for all the pairs that must be equivalent
	Advantage  float64 `json:"advantage"`          // hits less false alarms
	Epsilon    float64 `json:"epsilon_at_least"`   // lower bound at 95 %
	Passed     bool    `json:"passed"`             // it came out as it must
	Telling    []Tell  `json:"telling"`            // single features that come nearest to telling
}

// Tell is one feature's own AUC.
type Tell struct {
	Feature string  `json:"feature"`
	AUC     float64 `json:"auc"`
}

// Report is what an observation found, with what it takes to make it again.
type Report struct {
	Commit   string    `json:"commit"`
	Date     string    `json:"date"`
	Machine  string    `json:"machine"`
	Seed     uint64    `json:"seed"`
	PeriodMS int64     `json:"period_ms"`
	Ticks    int       `json:"window_ticks"`
	Groups   int       `json:"groups"`
	Desks    int       `json:"desks"`
	Blocks   int       `json:"blocks"`
	Late     int       `json:"blocks_left_out"`      // a window began late
	Apart    bool      `json:"desk_processes_apart"` // they had a processor of their own
	Margin   float64   `json:"margin"`
	Seconds  int       `json:"seconds"`
	Did      counts    `json:"did"`
	Findings []Finding `json:"findings"`
	Passed   bool      `json:"passed"`
}

// Observe makes an observation and says what it found.
func Observe(ctx context.Context, cfg Config) (Report, error) {
	if err := cfg.Check(); err != nil {
		return Report{}, err
	}
	began := time.Now()
	o, err := watch(ctx, cfg)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		Date: began.UTC().Format(time.RFC3339), Machine: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version(), Seed: cfg.Seed,
		PeriodMS: cfg.Period.Milliseconds(), Ticks: cfg.Ticks, Groups: cfg.Groups, Desks: cfg.Groups * Shaped.seats(), Blocks: cfg.Blocks,
		Margin: margin, Did: o.counts, Late: o.late, Apart: o.apart,
	}
	for _, p := range cfg.pairs() {
		for _, side := range []string{"outside", "inside"} {
			r.Findings = append(r.Findings, find(o.samples, p, side, cfg))
		}
	}
	r.judge()
	r.Seconds = int(time.Since(began).Seconds())
	return r, nil
}

// judge corrects for the number of tests and says what came out as it must.
func (r *Report) judge() {
	var ps []float64
	for _, f := range r.Findings {
		if f.Above == 0 {
			ps = append(ps, f.Equivalent)
		}
	}
	ps = holm(ps)
	r.Passed = len(r.Findings) > 0
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Above > 0 {
			f.Corrected = 1
			// That a control is seen by one observer is enough: what it does
			// wrong may be seen from one place alone.
			f.Passed = f.AUC > f.Above
		} else {
			f.Corrected, ps = ps[0], ps[1:]
			f.Passed = f.Corrected < 0.05
		}
		r.Passed = r.Passed && f.Passed
	}
}

// superblock is how many blocks in a row are drawn, and put into a fold,
// together: at most four, and few enough that there are several.
func superblock(blocks int) int { return max(1, min(4, blocks/8)) }

// fold puts a stretch of time into one of two halves, by chance: of every two
// that follow one another, one into each.
func fold(seed uint64, group, stretch int) int {
	r := rand.New(rand.NewPCG(seed^0x5eed, uint64(group)<<32|uint64(stretch/2)))
	return (r.IntN(2) + stretch) % 2
}

// find judges one pair from one side.
func find(all []sample, p Pair, side string, cfg Config) Finding {
	seed, stretch := cfg.Seed, superblock(cfg.Blocks)
	get := func(s *sample) []float64 { return s.outside }
	if side == "inside" {
		get = func(s *sample) []float64 { return s.inside }
	}
	var halves [2][]sample
	f := Finding{Pair: p, Side: side, AUC: 0.5, Equivalent: 1, Permuted: 1}
	for _, s := range all {
		if s.kind != p.Kind || s.class != p.A && s.class != p.B {
			continue
		}
		s.block /= stretch
		i := fold(seed, s.group, s.block)
		halves[i] = append(halves[i], s)
		if s.class == p.B {
			f.Windows[1]++
		} else {
			f.Windows[0]++
		}
	}
	if len(halves[0]) < 8 || len(halves[1]) < 8 {
		return f
	}
	t := tally{}
	var both, linear, stumps folds
	for i := range halves {
		both[i], linear[i], stumps[i] = t.judged(halves[1-i], halves[i], p, get)
	}
	none, straight := [2][]float64{}, [2][]bool{}
	r := rand.New(rand.NewPCG(seed, 7))
	f.AUC, f.Linear, f.Stumps = both.auc(none, straight), linear.auc(none, straight), stumps.auc(none, straight)
	f.Error = both.deviation(r, 1000)
	f.CI90 = [2]float64{f.AUC - 1.645*f.Error, f.AUC + 1.645*f.Error}
	f.Permuted = both.permuted(r, 2000)
	f.Equivalent = equivalent(f.AUC, f.Error)
	f.Advantage = float64(t.hits)/float64(max(1, t.positives)) - float64(t.alarms)/float64(max(1, t.negatives))
	f.Epsilon = epsilon(t.hits, t.positives, t.alarms, t.negatives)
	f.Telling = telling(append(slices.Clone(halves[0]), halves[1]...), p, get, featureNames(p.Kind, cfg.Ticks, side == "inside"))
	return f
}

// tally counts what a test with a threshold gets right and wrong.
type tally struct{ hits, positives, alarms, negatives int }

// judged learns from some windows and scores others.
func (t *tally) judged(train, test []sample, p Pair, get func(*sample) []float64) (both, linear, stumps ranked) {
	labels := make([]bool, len(train))
	for i := range train {
		labels[i] = train[i].class == p.B
	}
	score := learn(train, labels, get)
	known := make([]float64, len(train))
	for i := range train {
		known[i], _, _ = score(&train[i])
	}
	cut := threshold(known, labels)
	n := len(test)
	a, b, c := make([]float64, n), make([]float64, n), make([]float64, n)
	second, block := make([]bool, n), make([]int, n)
	for i := range test {
		s := &test[i]
		a[i], b[i], c[i] = score(s)
		second[i], block[i] = s.class == p.B, s.group<<20|s.block
		switch said := a[i] > cut; {
		case second[i]:
			t.positives++
			if said {
				t.hits++
			}
		default:
			t.negatives++
			if said {
				t.alarms++
			}
		}
	}
	return rank(a, second, block), rank(b, second, block), rank(c, second, block)
}

// threshold is the score that parts the known windows best.
func threshold(score []float64, second []bool) float64 {
	sorted := slices.Sorted(slices.Values(score))
	best, most := sorted[len(sorted)/2], -1.0
	for q := 1; q < 40; q++ {
		cut := sorted[q*(len(sorted)-1)/40]
		var hit, alarm, pos, neg float64
		for i, s := range score {
			if second[i] {
				pos++
			} else {
				neg++
			}
			if s > cut && second[i] {
				hit++
			} else if s > cut {
				alarm++
			}
		}
		if d := hit/max(1, pos) - alarm/max(1, neg); d > most {
			best, most = cut, d
		}
	}
	return best
}

// telling gives the features that by themselves come nearest to telling. It is
// for whoever looks for the cause of a leak, and is not corrected for their
// number.
func telling(list []sample, p Pair, get func(*sample) []float64, names []string) []Tell {
	norm := normalise(list, get)
	xs := make([][]float64, len(list))
	second, block := make([]bool, len(list)), make([]int, len(list))
	for i := range list {
		xs[i], second[i] = norm(&list[i]), list[i].class == p.B
	}
	out := make([]Tell, len(names))
	col := make([]float64, len(list))
	for j := range names {
		for i := range xs {
			col[i] = xs[i][j]
		}
		out[j] = Tell{names[j], rank(col, second, block).auc(nil, nil)}
	}
	slices.SortFunc(out, func(a, b Tell) int { return -cmp.Compare(math.Abs(a.AUC-0.5), math.Abs(b.AUC-0.5)) })
	return out[:min(6, len(out))]
}
