package observe

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// margin is how far from a coin's an AUC may be and still count as one.
const margin = 0.02

// ranked is scored windows, ascending, for quick sums over many weightings.
type ranked struct {
	score  []float64
	second []bool // of the pair's second class
	block  []int  // numbered from 0
	blocks int
}

func rank(score []float64, second []bool, block []int) ranked {
	order := make([]int, len(score))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(score[a], score[b]) })
	r := ranked{}
	number := map[int]int{}
	for _, i := range order {
		n, ok := number[block[i]]
		if !ok {
			n = len(number)
			number[block[i]] = n
		}
		r.score, r.second, r.block = append(r.score, score[i]), append(r.second, second[i]), append(r.block, n)
	}
	r.blocks = len(number)
	return r
}

// auc is the chance that a window of the second class scores above one of the
// first, ties counting half. weight is by block; flip swaps a block's labels.
func (r ranked) auc(weight []float64, flip []bool) float64 {
	var below, wins, first, second float64
	for i := 0; i < len(r.score); {
		var a, b float64
		j := i
		for ; j < len(r.score) && r.score[j] == r.score[i]; j++ {
			w := 1.0
			if weight != nil {
				w = weight[r.block[j]]
			}
			if r.second[j] != (flip != nil && flip[r.block[j]]) {
				b += w
			} else {
				a += w
			}
		}
		wins += b * (below + a/2)
		below += a
		first, second = first+a, second+b
		i = j
	}
	if first == 0 || second == 0 {
		return 0.5
	}
	return wins / (first * second)
}

// folds are the two halves of the windows, each scored by what was learnt from
// the other.
type folds [2]ranked

func (f folds) auc(weight [2][]float64, flip [2][]bool) float64 {
	return (f[0].auc(weight[0], flip[0]) + f[1].auc(weight[1], flip[1])) / 2
}

// deviation is the AUC's standard error by a bootstrap of whole blocks, since
// windows near one another are alike.
func (f folds) deviation(r *rand.Rand, times int) float64 {
	sum, squares := 0.0, 0.0
	for range times {
		var w [2][]float64
		for i := range f {
			w[i] = make([]float64, f[i].blocks)
			for range f[i].blocks {
				w[i][r.IntN(f[i].blocks)]++
			}
		}
		a := f.auc(w, [2][]bool{})
		sum += a
		squares += a * a
	}
	n := float64(times)
	return math.Sqrt(max(0, squares/n-(sum/n)*(sum/n)) * n / (n - 1))
}

// permuted is how often an AUC is as far from a coin's when the labels within
// each block are swapped at random: the p-value against *no difference*.
func (f folds) permuted(r *rand.Rand, times int) float64 {
	far := math.Abs(f.auc([2][]float64{}, [2][]bool{}) - 0.5)
	hits := 1
	for range times {
		var flip [2][]bool
		for i := range f {
			flip[i] = make([]bool, f[i].blocks)
			for j := range flip[i] {
				flip[i][j] = r.IntN(2) == 1
			}
		}
		if math.Abs(f.auc([2][]float64{}, flip)-0.5) >= far {
			hits++
		}
	}
	return float64(hits) / float64(times+1)
}

func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// equivalent is the p-value of two one-sided tests: small when the AUC is
// within the margin of a coin's (Schuirmann 1987).
func equivalent(auc, se float64) float64 {
	if se == 0 {
		if math.Abs(auc-0.5) < margin {
			return 0
		}
		return 1
	}
	return normal((math.Abs(auc-0.5) - margin) / se)
}

// holm corrects p-values for being many (Holm 1979).
func holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ps[a], ps[b]) })
	out := make([]float64, len(ps))
	top := 0.0
	for k, i := range order {
		top = max(top, min(1, ps[i]*float64(len(ps)-k)))
		out[i] = top
	}
	return out
}

// binomialTail is the chance of k or more of n, each with chance p.
func binomialTail(k, n int, p float64) float64 {
	if k <= 0 {
		return 1
	}
	if p <= 0 {
		return 0
	}
	if p >= 1 {
		return 1
	}
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	sum := 0.0
	lp, lq := math.Log(p), math.Log1p(-p)
	for i := k; i <= n; i++ {
		t := math.Exp(lg(n) - lg(i) - lg(n-i) + float64(i)*lp + float64(n-i)*lq)
		sum += t
		if i > int(p*float64(n))+1 && t < sum*1e-17 {
			break
		}
	}
	return min(1, sum)
}

// clopper gives the exact bounds of a chance of which k of n came true, each
// wrong at most with chance alpha (Clopper and Pearson 1934).
func clopper(k, n int, alpha float64) (low, high float64) {
	solve := func(more func(p float64) bool) float64 {
		a, b := 0.0, 1.0
		for range 60 {
			if m := (a + b) / 2; more(m) {
				b = m
			} else {
				a = m
			}
		}
		return (a + b) / 2
	}
	low, high = 0, 1
	if k > 0 {
		low = solve(func(p float64) bool { return binomialTail(k, n, p) > alpha })
	}
	if k < n {
		high = solve(func(p float64) bool { return 1-binomialTail(k+1, n, p) < alpha })
	}
	return low, high
}

// epsilon is the lower bound on the epsilon of differential privacy that a test
// with these hits and false alarms shows, at 95 %: it bounds the ratio of the
// two chances, either way (Jagielski, Ullman and Oprea, NeurIPS 2020).
func epsilon(hits, positives, alarms, negatives int) float64 {
	const alpha = 0.05 / 4 // two chances are bounded, each on both sides
	tl, th := clopper(hits, positives, alpha)
	fl, fh := clopper(alarms, negatives, alpha)
	e := 0.0
	for _, r := range [][2]float64{{tl, fh}, {1 - th, 1 - fl}, {fl, th}, {1 - fh, 1 - tl}} {
		if r[0] > 0 && r[1] > 0 {
			e = max(e, math.Log(r[0]/r[1]))
		}
	}
	return e
}
