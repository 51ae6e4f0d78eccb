package observe

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"time"

	"backchannel/internal/relay"
)

// vector gathers features with their names.
type vector struct {
	values []float64
	names  []string
}

func (v *vector) add(name string, x float64) {
	v.values = append(v.values, x)
	v.names = append(v.names, name)
}

// spread adds what there is to say of a series: each value, since what happens
// where in a window is known, and its quantiles, for what may happen anywhere.
func (v *vector) spread(name string, xs []float64) {
	for i, x := range xs {
		v.add(fmt.Sprint(name, " ", i), x)
	}
	sorted := slices.Sorted(slices.Values(xs))
	sum, squares := 0.0, 0.0
	for _, x := range xs {
		sum += x
		squares += x * x
	}
	n := float64(len(xs))
	mean := sum / n
	v.add(name+" mean", mean)
	v.add(name+" sd", math.Sqrt(max(0, squares/n-mean*mean)))
	for _, q := range []float64{0, 0.25, 0.5, 0.75, 1} {
		v.add(fmt.Sprintf("%s q%d", name, int(q*100)), sorted[int(math.Round(q*(n-1)))])
	}
}

func (v *vector) total(name string, xs []float64) {
	sum, most := 0.0, 0.0
	for _, x := range xs {
		sum += x
		most = max(most, x)
	}
	v.add(name, sum)
	v.add(name+" max", most)
}

// wireTick is one tick on one wire.
type wireTick struct {
	sent, first, last  int64 // Unix nanoseconds; 0: nothing
	upBytes, downBytes float64
	upReads, downReads float64
	dials              float64
}

// wire sorts what was seen into the ticks of a window.
func wire(t relay.Timetable, w *window, events []event) []wireTick {
	ticks := make([]wireTick, w.ticks)
	for _, e := range events {
		n, _ := t.Tick(time.Unix(0, e.at))
		if n < w.first || n >= w.end() {
			continue
		}
		k := &ticks[n-w.first]
		switch e.dir {
		case dialled:
			k.dials++
		case up:
			k.upReads++
			k.upBytes += float64(e.n)
			// The beat's cell is the last thing that a desk sends in a tick; a
			// connection that is made anew begins with other things.
			k.sent, k.first = e.at, 0
		case down:
			k.downReads++
			k.downBytes += float64(e.n)
			if k.first == 0 {
				k.first = e.at
			}
			k.last = e.at
		}
	}
	return ticks
}

func micros(ns int64) float64 { return float64(ns) / 1000 }

// outside gives the features of one member's wire in one window.
func outside(t relay.Timetable, w *window, events []event) []float64 {
	return outsideVector(t, w, events).values
}

func outsideVector(t relay.Timetable, w *window, events []event) *vector {
	ticks := wire(t, w, events)
	missing := micros(t.Period().Nanoseconds())
	var offset, gaps, ack, long, up, upReads, down, downReads, dials []float64
	var before int64
	for i, k := range ticks {
		o, a, l, g := missing, missing, missing, missing
		if k.sent != 0 {
			o = micros(k.sent - t.SendAt(w.first+uint64(i)).UnixNano())
			if before != 0 {
				g = micros(k.sent - before)
			}
			before = k.sent
		}
		if k.first != 0 {
			a, l = micros(k.first-k.sent), micros(k.last-k.first)
		}
		offset, ack, long = append(offset, o), append(ack, a), append(long, l)
		if i > 0 {
			gaps = append(gaps, g)
		}
		up, upReads = append(up, k.upBytes), append(upReads, k.upReads)
		down, downReads, dials = append(down, k.downBytes), append(downReads, k.downReads), append(dials, k.dials)
	}
	v := &vector{}
	v.spread("offset", offset)
	v.spread("gap", gaps)
	v.spread("acknowledged", ack)
	v.spread("reply", long)
	v.total("bytes up", up)
	v.total("reads up", upReads)
	v.total("bytes down", down)
	v.total("reads down", downReads)
	v.total("connections", dials)
	return v
}

// inside gives the features of the relay's account of one member.
func inside(t relay.Timetable, w *window, seen []relay.Seen) []float64 {
	return insideVector(t, w, seen).values
}

func insideVector(t relay.Timetable, w *window, seen []relay.Seen) *vector {
	missing := micros(t.Period().Nanoseconds())
	series := func() []float64 {
		xs := make([]float64, w.ticks)
		for i := range xs {
			xs[i] = missing
		}
		return xs
	}
	came, stored, answered := series(), series(), series()
	lag, slates, refused, ones, tag := make([]float64, w.ticks), make([]float64, w.ticks), make([]float64, w.ticks), make([]float64, w.ticks), make([]float64, w.ticks)
	exchanges := 0
	for _, s := range seen {
		if s.Request.Tick < w.first || s.Request.Tick >= w.end() {
			continue
		}
		exchanges++
		i := s.Request.Tick - w.first
		came[i] = micros(int64(s.Came.Sub(t.SendAt(s.Request.Tick))))
		stored[i] = micros(int64(s.Stored.Sub(s.Came)))
		answered[i] = micros(int64(s.Answered.Sub(s.Stored)))
		lag[i] = float64(s.Request.Tick - min(s.Request.Tick, s.Request.Cursor))
		slates[i] = float64(s.Slates)
		if s.Verdict != relay.Accepted {
			refused[i] = 1
		}
		for j, b := range s.Request.Cell {
			n := float64(bits.OnesCount8(b))
			ones[i] += n
			if j < 16 {
				tag[i] += n
			}
		}
	}
	v := &vector{}
	v.spread("came", came)
	v.spread("stored", stored)
	v.spread("answered", answered)
	v.spread("lag", lag)
	v.total("slates", slates)
	v.total("refused", refused)
	v.total("ones", ones)
	v.total("ones of tags", tag)
	v.add("exchanges", float64(exchanges))
	return v
}

// featureNames gives the names, by side, for all seats of a kind.
func featureNames(k Kind, ticks int, inner bool) (out []string) {
	w := &window{ticks: ticks}
	t := relay.Timetable{PeriodMS: 100}
	v := outsideVector(t, w, nil)
	if inner {
		v = insideVector(t, w, nil)
	}
	for seat := range k.seats() {
		for _, n := range v.names {
			out = append(out, fmt.Sprintf("%s: %s", names[seat], n))
		}
	}
	return out
}
