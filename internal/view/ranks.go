package view

import "slices"

// ranks keeps a list in order, in stretches of bounded length: to put something
// in or take it out moves few others, however many there are.
type ranks[T comparable] struct {
	compare func(a, b T) int
	runs    [][]T // none is empty
	n       int
}

const maxRun = 256 // things in one stretch

// fill makes the stretches of a list, which it puts in order.
func (x *ranks[T]) fill(list []T) {
	slices.SortFunc(list, x.compare)
	x.runs, x.n = nil, len(list)
	for part := range slices.Chunk(list, maxRun/2) {
		x.runs = append(x.runs, slices.Clone(part))
	}
}

// run gives the stretch in which r has its place.
func (x *ranks[T]) run(r T) int {
	i, there := slices.BinarySearchFunc(x.runs, r, func(run []T, r T) int { return x.compare(run[0], r) })
	if !there {
		i--
	}
	return max(i, 0)
}

func (x *ranks[T]) insert(r T) {
	x.n++
	if len(x.runs) == 0 {
		x.runs = [][]T{{r}}
		return
	}
	k := x.run(r)
	i, _ := slices.BinarySearchFunc(x.runs[k], r, x.compare)
	run := slices.Insert(x.runs[k], i, r)
	x.runs[k] = run
	if len(run) > maxRun {
		half := len(run) / 2
		x.runs = slices.Insert(x.runs, k+1, slices.Clone(run[half:]))
		x.runs[k] = slices.Clip(run[:half])
	}
}

func (x *ranks[T]) remove(r T) {
	for k := x.run(r); k < len(x.runs); k++ { // those that are the same may fill more than one
		i := slices.Index(x.runs[k], r)
		if i < 0 {
			continue
		}
		x.n--
		if x.runs[k] = slices.Delete(x.runs[k], i, i+1); len(x.runs[k]) == 0 {
			x.runs = slices.Delete(x.runs, k, k+1)
		}
		return
	}
}

// some gives n things, from the one at from on.
func (x *ranks[T]) some(from, n int) []T {
	var out []T
	from = max(from, 0)
	for _, run := range x.runs {
		if from >= len(run) {
			from -= len(run)
			continue
		}
		for _, r := range run[from:] {
			if len(out) >= n {
				return out
			}
			out = append(out, r)
		}
		from = 0
	}
	return out
}

// values gives what pointers point to.
func values[T any](list []*T) []T {
	var out []T
	for _, x := range list {
		out = append(out, *x)
	}
	return out
}

// window gives n things of a list, from the one at from on.
func window[T any](list []T, from, n int) []T {
	from = min(max(from, 0), len(list))
	return list[from:min(from+max(n, 0), len(list))]
}
