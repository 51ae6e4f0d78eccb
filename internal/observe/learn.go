package observe

import (
	"math"
	"slices"
)

// scorer tells how much a window looks like the second class.
type scorer func(x []float64) float64

// learn fits the observer's classifier: a logistic regression, which sees sums
// of small shifts, and boosted stumps, which see thresholds; their scores are
// brought to one scale and added. Everything is learnt from the windows given
// here alone, the scales of the groups too.
func learn(list []sample, labels []bool, side func(*sample) []float64) func(*sample) (both, linear, stumps float64) {
	norm := normalise(list, side)
	xs := make([][]float64, len(list))
	for i := range list {
		xs[i] = norm(&list[i])
	}
	lin, st := logistic(xs, labels), boost(xs, labels)
	ml, sl := moments(xs, lin)
	ms, ss := moments(xs, st)
	return func(s *sample) (float64, float64, float64) {
		x := norm(s)
		a, b := lin(x), st(x)
		return (a-ml)/sl + (b-ms)/ss, a, b
	}
}

func moments(xs [][]float64, f scorer) (mean, sd float64) {
	sum, squares := 0.0, 0.0
	for _, x := range xs {
		y := f(x)
		sum += y
		squares += y * y
	}
	n := float64(len(xs))
	mean = sum / n
	sd = math.Sqrt(max(0, squares/n-mean*mean))
	if sd < 1e-12 {
		sd = 1
	}
	return mean, sd
}

// normalise gives each feature as its distance from what is usual in its group:
// an observer knows whom he watches, and desks differ in what is usual. Median
// and quartiles, so that rare stalls of the machine do not set the scale.
func normalise(list []sample, side func(*sample) []float64) func(*sample) []float64 {
	type scale struct{ mid, width []float64 }
	groups := map[int][]int{}
	for i := range list {
		groups[list[i].group] = append(groups[list[i].group], i)
	}
	scales := map[int]scale{}
	of := func(idx []int) scale {
		d := len(side(&list[idx[0]]))
		sc := scale{make([]float64, d), make([]float64, d)}
		col := make([]float64, len(idx))
		for j := range d {
			for k, i := range idx {
				col[k] = side(&list[i])[j]
			}
			slices.Sort(col)
			n := len(col)
			sc.mid[j], sc.width[j] = col[n/2], (col[n*3/4]-col[n/4])/1.35
			if sc.width[j] <= 0 {
				sc.width[j] = max((col[n-1]-col[0])/4, 1e-9)
			}
		}
		return sc
	}
	for g, idx := range groups {
		scales[g] = of(idx)
	}
	all := make([]int, len(list))
	for i := range all {
		all[i] = i
	}
	rest := of(all)
	return func(s *sample) []float64 {
		sc, ok := scales[s.group]
		if !ok {
			sc = rest
		}
		raw := side(s)
		x := make([]float64, len(raw))
		for j := range raw {
			x[j] = (raw[j] - sc.mid[j]) / sc.width[j]
		}
		return x
	}
}

// squash bounds what one feature can say to the regression.
func squash(x float64) float64 { return 4 * math.Tanh(x/4) }

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// logistic fits a ridge logistic regression by Newton's method.
func logistic(xs [][]float64, ys []bool) scorer {
	d := len(xs[0]) + 1
	w := make([]float64, d)
	row := make([]float64, d)
	fill := func(x []float64) {
		row[0] = 1
		for j, v := range x {
			row[j+1] = squash(v)
		}
	}
	ridge := 1e-3 * float64(len(xs))
	for range 6 {
		h, g := make([]float64, d*d), make([]float64, d)
		for i, x := range xs {
			fill(x)
			z := 0.0
			for j := range row {
				z += w[j] * row[j]
			}
			p := sigmoid(z)
			e, c := p, max(p*(1-p), 1e-4)
			if ys[i] {
				e--
			}
			for j, rj := range row {
				g[j] += e * rj
				cr := c * rj
				hj := h[j*d : j*d+j+1]
				for k := range hj {
					hj[k] += cr * row[k]
				}
			}
		}
		for j := 1; j < d; j++ {
			g[j] += ridge * w[j]
			h[j*d+j] += ridge
		}
		h[0] += 1e-6
		step := cholesky(h, g, d)
		for j := range w {
			w[j] -= step[j]
		}
	}
	return func(x []float64) float64 {
		z := w[0]
		for j, v := range x {
			z += w[j+1] * squash(v)
		}
		return z
	}
}

// cholesky solves h·x = g for a positive definite h, given by its lower half,
// which it overwrites.
func cholesky(h, g []float64, d int) []float64 {
	for j := range d {
		for k := range j {
			for i := j; i < d; i++ {
				h[i*d+j] -= h[i*d+k] * h[j*d+k]
			}
		}
		r := math.Sqrt(max(h[j*d+j], 1e-9))
		for i := j; i < d; i++ {
			h[i*d+j] /= r
		}
		h[j*d+j] = r
	}
	x := slices.Clone(g)
	for i := range d {
		for k := range i {
			x[i] -= h[i*d+k] * x[k]
		}
		x[i] /= h[i*d+i]
	}
	for i := d - 1; i >= 0; i-- {
		for k := i + 1; k < d; k++ {
			x[i] -= h[k*d+i] * x[k]
		}
		x[i] /= h[i*d+i]
	}
	return x
}

const (
	bins   = 32
	rounds = 120
	shrink = 0.1
)

type stump struct {
	feature   int
	cut       float64 // at most this is low
	low, high float64
}

// binned is every feature cut into quantiles.
type binned struct {
	edges [][]float64 // by feature, ascending
	of    [][]uint8   // by feature and window
}

func binning(xs [][]float64) binned {
	d := len(xs[0])
	b := binned{make([][]float64, d), make([][]uint8, d)}
	col := make([]float64, len(xs))
	for j := range d {
		for i, x := range xs {
			col[i] = x[j]
		}
		slices.Sort(col)
		var e []float64
		for k := 1; k < bins; k++ {
			v := col[k*len(col)/bins]
			if (len(e) == 0 || v > e[len(e)-1]) && v < col[len(col)-1] {
				e = append(e, v)
			}
		}
		b.edges[j] = e
		b.of[j] = make([]uint8, len(xs))
		for i, x := range xs {
			k, _ := slices.BinarySearch(e, x[j])
			b.of[j][i] = uint8(k)
		}
	}
	return b
}

// boost fits gradient-boosted stumps to the logistic loss.
func boost(xs [][]float64, ys []bool) scorer {
	b := binning(xs)
	f := make([]float64, len(xs))
	grad, hess := make([]float64, len(xs)), make([]float64, len(xs))
	var list []stump
	for range rounds {
		for i := range f {
			p := sigmoid(f[i])
			grad[i], hess[i] = p, p*(1-p)
			if ys[i] {
				grad[i]--
			}
		}
		s, cut, ok := b.best(grad, hess)
		if !ok {
			break
		}
		list = append(list, s)
		for i, k := range b.of[s.feature] {
			if int(k) <= cut {
				f[i] += s.low
			} else {
				f[i] += s.high
			}
		}
	}
	return func(x []float64) float64 {
		z := 0.0
		for _, s := range list {
			if x[s.feature] <= s.cut {
				z += s.low
			} else {
				z += s.high
			}
		}
		return z
	}
}

// best finds the cut that lowers the loss most.
func (b *binned) best(grad, hess []float64) (s stump, at int, ok bool) {
	const prior = 1 // as much as one window's evidence for nothing
	most := 1e-9
	for j, edges := range b.edges {
		var g, h [bins]float64
		for i, k := range b.of[j] {
			g[k] += grad[i]
			h[k] += hess[i]
		}
		var gl, hl, gt, ht float64
		for k := range bins {
			gt += g[k]
			ht += h[k]
		}
		for k := range edges {
			gl += g[k]
			hl += h[k]
			gr, hr := gt-gl, ht-hl
			gain := gl*gl/(hl+prior) + gr*gr/(hr+prior)
			if gain > most && hl > prior && hr > prior {
				most, at, ok = gain, k, true
				s = stump{feature: j, cut: edges[k], low: -shrink * gl / (hl + prior), high: -shrink * gr / (hr + prior)}
			}
		}
	}
	return s, at, ok
}
