package line

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// thieves is what many thefts came to: ticks for which the thief could read,
// and how often.
type thieves struct {
	Lines  int         `json:"lines"` // open lines of the desk that was robbed
	Lose   int         `json:"losePercent"`
	Thefts int         `json:"thefts"`
	Ticks  map[int]int `json:"ticksReadable"`
	Median int         `json:"median"`
	P95    int         `json:"p95"`
	Worst  int         `json:"worst"`
}

// rob has a passive thief copy all of a desk's keys at some tick, and read every
// slate from then on, as the desk would. It gives for how many ticks he could
// open anything of the first line, in either direction.
func rob(t *testing.T, seed uint64, lines, lose int) int {
	r := rand.New(rand.NewPCG(seed, uint64(lines*1000+lose)))
	names := []string{"hub"}
	for k := range lines {
		names = append(names, fmt.Sprint("peer", k))
	}
	w := newWorld(t, names...)
	for i, p := range w.desks {
		p.kem = toyKEM{[16]byte{byte(seed), byte(seed >> 8), byte(i)}}
	}
	hub := w.desks[0]
	for _, p := range w.desks[1:] {
		w.open(hub, p)
	}
	w.tamper = func(_ uint64, cells [][]byte) (out [][]byte) {
		for _, c := range cells {
			if r.IntN(100) >= lose {
				out = append(out, c)
			}
		}
		return out
	}
	w.run(r.IntN(40))
	victim := w.desks[r.IntN(2)] // either end of the first line
	d, _, err := Open(victim.disk.state, nil)
	must(t, err)
	thief := &desk{w: w, name: "thief", d: d, kem: victim.kem}
	stolen, last := w.tick, w.tick
	for w.tick < last+uint64(60*lines) { // silence for that long: he is blind
		w.run(1)
		in := thief.input()
		in.Ingested = thief.d.batch
		for _, ch := range []chain{thief.d.slots[0].Send, thief.d.slots[0].SendNext} {
			ch.walk(w.tick-min(ch.Pos, w.tick), w.tick, &Work{})
			tag, _ := ch.tickKeys(&Work{})
			for _, cell := range w.slates[w.tick] {
				if ch.On && bytes.Equal(cell[:TagSize], tag[:]) {
					last = w.tick
				}
			}
		}
		next, _, err := thief.d.Step(in)
		must(t, err)
		thief.d = next
		last = max(last, thief.d.slots[0].Heard)
		if w.tick > stolen+4000 {
			t.Fatalf("seed %d, %d lines, %d%% lost: he still reads", seed, lines, lose)
		}
	}
	return int(last - stolen)
}

func robMany(t *testing.T, n, lines, lose int) thieves {
	out := thieves{Lines: lines, Lose: lose, Thefts: n, Ticks: map[int]int{}}
	var all []int
	for seed := range uint64(n) {
		k := rob(t, seed, lines, lose)
		all = append(all, k)
		out.Ticks[k]++
	}
	slices.Sort(all)
	out.Median, out.P95, out.Worst = all[n/2], all[n*95/100], all[n-1]
	t.Logf("%d lines, %d%% lost, %d thefts: median %d, 95 of 100 within %d, worst %d ticks", lines, lose, n, out.Median, out.P95, out.Worst)
	return out
}

// A passive theft heals by itself: at zero loss within two epochs of
// about ten ticks for every line that shares the cell; with loss, later.
func TestPassiveTheftHealsInTime(t *testing.T) {
	for _, c := range []struct{ n, lines, lose, median, worst int }{{8, 1, 0, 24, 36}, {2, 3, 0, 60, 80}, {5, 1, 10, 45, 100}, {5, 1, 30, 60, 200}} {
		if testing.Short() {
			c.n = max(2, c.n/4)
		}
		got := robMany(t, c.n, c.lines, c.lose)
		if got.Median > c.median || got.Worst > c.worst {
			t.Errorf("more than %d or %d: %v", c.median, c.worst, got.Ticks)
		}
	}
}

// TestTrialHealing measures the distribution. Seeds are 0, 1, 2, … in each run.
func TestTrialHealing(t *testing.T) {
	trial(t, "healing", func(t *testing.T) map[string]any {
		var all []thieves
		for _, lose := range []int{0, 1, 2, 5, 10, 20, 30} {
			all = append(all, robMany(t, 300, 1, lose))
		}
		for _, lines := range []int{2, 4, 8} {
			all = append(all, robMany(t, 40, lines, 0))
		}
		return map[string]any{"what": "ticks for which a passive thief of one desk's whole state can open cells of a line, either way", "runs": all}
	})
}
