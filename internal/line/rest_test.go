package line

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// resume gives the deck its outbox again, as a driver does.
func (p *desk) resume() {
	next, done, err := p.d.Resume(slices.Clone(p.disk.outbox))
	must(p.w.t, err)
	for _, q := range done {
		p.drop(q.Line, q.Class, q.Number)
	}
	p.d = next
}

// A desk that rests sends nothing of what waits, and takes in and acknowledges
// what comes; afterwards it goes on where it was. Nothing is sent twice that had
// arrived, nothing is lost, and the work of a tick is the same.
func TestLaw6_ARestingDeckGoesOnWhereItWas(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 4))
		w := newWorld(t, "a", "b")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		var said, heard [][]byte
		for round := range 5 {
			for n := range 1 + r.IntN(4) {
				f := text(a, 10*round+n, r.IntN(9000))
				a.say(la, Text, f)
				said = append(said, f)
			}
			w.run(r.IntN(12))
			run := a.d.slots[a.status(la).Slot].Run
			a.d = a.d.Rest()
			for n := range 3 {
				f := text(b, 10*round+n, r.IntN(3000))
				b.say(lb, Text, f)
				heard = append(heard, f)
			}
			w.run(3)
			got := len(b.received(lb, Text))
			w.until(100, "what b says arrives and is acknowledged", func() bool {
				return len(a.received(la, Text)) == len(heard) && b.status(lb).Queued == [Classes]int{}
			})
			if len(b.received(lb, Text)) != got {
				t.Fatalf("seed %d: a resting desk sent a frame", seed)
			}
			if r.IntN(2) == 0 {
				a.reopen() // it was killed, and is opened from the disk
			} else {
				a.resume()
			}
			if now := a.d.slots[a.status(la).Slot].Run; now != run {
				t.Fatalf("seed %d: all is sent again", seed)
			}
		}
		w.until(200, "all arrives", func() bool { return len(b.received(lb, Text)) == len(said) && len(a.disk.outbox) == 0 })
		if !slices.EqualFunc(b.received(lb, Text), said, bytes.Equal) || !slices.EqualFunc(a.received(la, Text), heard, bytes.Equal) {
			t.Fatalf("seed %d: other frames arrived, or in another order", seed)
		}
		for i, x := range a.works {
			if y := b.works[i]; x.Seals != y.Seals || x.Opens != y.Opens || x.Derives != y.Derives || x.KEMs != y.KEMs {
				t.Fatalf("seed %d: the work of a tick differs: %+v and %+v", seed, x, y)
			}
		}
	}
}
