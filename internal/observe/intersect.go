package observe

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Presence is a model of who is online when. It is simple, and kinder to the
// observer than the world is: he watches for ever, and nobody's habits change.
//
// In every observation each member of the cohort is online with chance Online,
// apart from all others; a pair that talks is online together whenever it talks,
// which is with chance Talks in each observation, and else like everybody.
// An observation is one stretch of time in which somebody can be seen to be
// there or not: a day, say.
type Presence struct {
	Members int     `json:"members"`
	Online  float64 `json:"online"`
	Talks   float64 `json:"talks"`
}

// Exposure is how many observations it takes to single the pair out.
type Exposure struct {
	Presence
	Runs   int `json:"runs"`
	Median int `json:"median"` // observations; 0: not within Limit in half of the runs
	Most   int `json:"p90"`    // the same for nine of ten runs
	Limit  int `json:"limit"`
	// Known is the same when the observer knows one of the two and looks for
	// the other.
	Known int `json:"median_one_known"`
}

// Intersect simulates an observer who, after every observation, holds the pair
// that is likeliest for what he saw, and asks when that is the right pair with
// 95 % of his belief, all pairs having been as likely before.
func Intersect(p Presence, runs, limit int, seed uint64) Exposure {
	both, known := make([]int, runs), make([]int, runs)
	for i := range runs {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		both[i], known[i] = p.run(r, limit)
	}
	e := Exposure{Presence: p, Runs: runs, Limit: limit}
	e.Median, e.Most, e.Known = quantile(both, 0.5, limit), quantile(both, 0.9, limit), quantile(known, 0.5, limit)
	return e
}

func quantile(xs []int, q float64, limit int) int {
	s := slices.Sorted(slices.Values(xs))
	if v := s[min(len(s)-1, int(q*float64(len(s))))]; v <= limit {
		return v
	}
	return 0
}

// run gives after how many observations the pair of members 0 and 1 is singled
// out, and member 1 when 0 is known; limit+1 when not within the limit.
//
// All that counts of what was seen is how often each pair was there together:
// the likelihood of a pair is a constant times weight to that power.
func (p Presence) run(r *rand.Rand, limit int) (both, known int) {
	n := p.Members
	together := make([]int32, n*n)
	weight := p.weight()
	need := int32(math.Log(19) / weight) // ahead by less, the belief is below 95 %
	var top, topKnown int32              // of all other pairs, and of those of member 0
	there := make([]int, 0, n)
	both, known = limit+1, limit+1
	for k := 1; k <= limit && (both > limit || known > limit); k++ {
		there = there[:0]
		talks := r.Float64() < p.Talks
		for i := range n {
			if r.Float64() < p.Online || talks && i < 2 {
				there = append(there, i)
			}
		}
		for x, i := range there {
			row := together[i*n : i*n+n]
			for _, j := range there[x+1:] {
				row[j]++
				if i+j > 1 {
					top = max(top, row[j])
					if i == 0 {
						topKnown = max(topKnown, row[j])
					}
				}
			}
		}
		if both > limit && together[1]-top >= need && p.belief(together, weight, n) > 0.95 {
			both = k
		}
		if known > limit && together[1]-topKnown >= need && p.belief(together, weight, 1) > 0.95 {
			known = k
		}
	}
	return both, known
}

// weight is the logarithm of how much likelier a pair is for having been there
// together once more.
func (p Presence) weight() float64 {
	o, t := p.Online, p.Talks
	if t >= 1 {
		return 1e6 // never apart
	}
	return math.Log((t+(1-t)*o*o)/(o*o)) - math.Log(1-t)
}

// belief is the share of the right pair, 0 and 1, among all pairs, or among
// those of which the first is below first.
func (p Presence) belief(together []int32, weight float64, first int) float64 {
	n := p.Members
	sum := 0.0
	for i := range min(first, n) {
		for j := i + 1; j < n; j++ {
			sum += math.Exp(weight * float64(together[i*n+j]-together[1]))
		}
	}
	return 1 / sum
}

// IntersectionTable is the whole simulation: every size of cohort, members who
// are seldom, half of the time, mostly and nearly always there, and pairs that
// talk in every observation, in one of five, and in one of twenty.
func IntersectionTable(runs, limit int, seed uint64) (out []Exposure) {
	for _, n := range []int{8, 32, 128} {
		for _, online := range []float64{0.2, 0.5, 0.9, 0.99} {
			for _, talks := range []float64{1, 0.2, 0.05} {
				out = append(out, Intersect(Presence{n, online, talks}, runs, limit, seed))
			}
		}
	}
	return out
}
