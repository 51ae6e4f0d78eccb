package view

import "slices"

// ranks keeps the alarms that stand, in order, in stretches of bounded length:
// to put one in or take one out moves few others, however many there are.
type ranks struct {
	runs [][]*raised // none is empty
	n    int
}

const maxRun = 256 // alarms in one stretch

// fill makes the stretches of a list that is in order.
func (x *ranks) fill(list []*raised) {
	x.runs, x.n = nil, len(list)
	for part := range slices.Chunk(list, maxRun/2) {
		x.runs = append(x.runs, slices.Clone(part))
	}
}

// run gives the stretch in which r has its place.
func (x *ranks) run(r *raised) int {
	i, there := slices.BinarySearchFunc(x.runs, r, func(run []*raised, r *raised) int { return compareRaised(run[0], r) })
	if !there {
		i--
	}
	return max(i, 0)
}

func (x *ranks) insert(r *raised) {
	x.n++
	if len(x.runs) == 0 {
		x.runs = [][]*raised{{r}}
		return
	}
	k := x.run(r)
	i, _ := slices.BinarySearchFunc(x.runs[k], r, compareRaised)
	run := slices.Insert(x.runs[k], i, r)
	x.runs[k] = run
	if len(run) > maxRun {
		half := len(run) / 2
		x.runs = slices.Insert(x.runs, k+1, slices.Clone(run[half:]))
		x.runs[k] = slices.Clip(run[:half])
	}
}

func (x *ranks) remove(r *raised) {
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

// some gives n alarms, from the one at from on.
func (x *ranks) some(from, n int) []Alarm {
	var out []Alarm
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
			out = append(out, r.Alarm)
		}
		from = 0
	}
	return out
}
