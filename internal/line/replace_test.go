package line

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"backchannel/internal/fault"
)

// replace starts fresh keys for the lines la and lb of a and b.
func (w *world) replace(a, b *desk, la, lb uint32) *Invite {
	w.t.Helper()
	inv := a.invite()
	for _, p := range []struct {
		*desk
		line uint32
	}{{a, la}, {b, lb}} {
		if p.desk == b {
			b.accept(inv)
		}
		next, err := p.d.Replace(p.status(p.d.lines).Slot, p.line)
		must(w.t, err)
		p.d, p.disk.state = next, next.State()
	}
	return inv
}

// Talk goes on both ways while two people make fresh keys for their line, with
// cells lost and both desks killed at any step: all of it arrives once and in
// order, on the same line, under keys that owe nothing to the old ones.
// [LINE-40] [LINE-41] [LINE-42]
func TestFreshKeysForAnOpenLineLoseNothing(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	replaced := 0
	for round := range 6 {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		was := [2][]string{a.status(la).Words, b.status(lb).Words}
		old := a.disk.clone()
		w.replace(a, b, la, lb)
		loss := []float64{0, 0, 0.1, 0.2, 0.1, 0.1}[round]
		w.tamper = func(_ uint64, cells [][]byte) (out [][]byte) {
			for _, c := range cells {
				if rng.Float64() >= loss {
					out = append(out, c)
				}
			}
			return out
		}
		if round%2 == 1 {
			for _, p := range w.desks {
				p.onCrash = func(string) bool { return rng.IntN(12) == 0 }
			}
		}
		ab, ba := &spoken{from: a, to: b, lf: la, lt: lb}, &spoken{from: b, to: a, lf: lb, lt: la}
		for range 25 {
			for _, s := range []*spoken{ab, ba} {
				f := text(s.from, len(s.said[Text]), 40+rng.IntN(2000))
				s.from.say(s.lf, Text, f)
				s.said[Text] = append(s.said[Text], f)
			}
			w.run(4)
		}
		w.until(600, "all is there under fresh keys", func() bool {
			return ab.arrived() && ba.arrived() && len(a.d.Lines()) == 1 && len(b.d.Lines()) == 1
		})
		for _, s := range []*spoken{ab, ba} {
			must(t, s.check())
		}
		sa, sb := a.status(la), b.status(lb)
		if sa.Phase != PhaseOpen || fmt.Sprint(sa.Words) != fmt.Sprint(sb.Words) || fmt.Sprint(sa.Words) == fmt.Sprint(was[0]) {
			t.Fatalf("words %v and %v, before %v", sa.Words, sb.Words, was)
		}
		replaced += a.saw(EventReplaced) + b.saw(EventReplaced)
		// A thief of the state before cannot read on: he has no part in the new keys.
		thief, _, err := Open(old.state, nil)
		must(t, err)
		for i := range thief.slots {
			for k := range a.d.slots {
				x, y := &thief.slots[i], &a.d.slots[k]
				if x.Line == la && y.Line == la && (x.Root == y.Root || x.Send.Key == y.Send.Key || x.Recv.Key == y.Recv.Key) {
					t.Fatal("a key of before is in use")
				}
			}
		}
		if n := bytes.Count(a.d.State(), old.root(t, la)); n != 0 {
			t.Fatal("the old root is still stored")
		}
	}
	if replaced < 12 {
		t.Fatalf("only %d replaced", replaced)
	}
}

func (k *disk) root(t *testing.T, line uint32) []byte {
	d, _, err := Open(k.state, nil)
	must(t, err)
	return d.slots[d.slotOf(line)].Root[:]
}

// The connection is cut at every tick of the making of fresh keys, one way or
// both, until the invite has expired. Afterwards both desks have the new keys
// or both the old ones, and the line carries. [LINE-42]
func TestFreshKeysAreTakenByBothOrNone(t *testing.T) {
	ends := map[string]int{}
	step := 5
	if testing.Short() {
		step = 20
	}
	for cut := 0; cut <= 45; cut += step {
		for way := range 3 {
			w := newWorld(t, "ann", "bob")
			a, b := w.desks[0], w.desks[1]
			la, lb := w.open(a, b)
			words := fmt.Sprint(a.status(la).Words)
			w.replace(a, b, la, lb)
			w.run(cut)
			from := w.tick
			w.tamper = func(tick uint64, cells [][]byte) [][]byte {
				if tick > from+150 {
					return cells
				}
				switch way {
				case 0:
					return nil
				case 1:
					return cells[:1] // bob is not heard
				}
				return cells[1:] // ann is not heard
			}
			w.run(150)
			a.say(la, Text, []byte("to bob"))
			b.say(lb, Text, []byte("to ann"))
			w.run(60)
			if len(a.received(la, Text)) != 1 || len(b.received(lb, Text)) != 1 {
				t.Fatalf("cut at %d, way %d: %d and %d arrived", cut, way, len(a.received(la, Text)), len(b.received(lb, Text)))
			}
			wa, wb := fmt.Sprint(a.status(la).Words), fmt.Sprint(b.status(lb).Words)
			if wa != wb {
				t.Fatalf("cut at %d, way %d: two kinds of keys", cut, way)
			}
			ends[fmt.Sprint("new ", wa != words)]++
		}
	}
	t.Log(ends)
	if len(ends) != 2 {
		t.Fatal("the moments tried do not differ")
	}
}

// A line that is not open has no keys to replace, and one is replaced by one
// handshake at a time. A replaced line that is removed leaves a new one.
func TestReplaceRefusals(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	a.invite()
	slot := a.status(a.d.lines).Slot
	if _, err := a.d.Replace(slot, 99); !fault.Is(err, fault.Refused) {
		t.Error(err)
	}
	if _, err := a.d.Replace(a.status(la).Slot, la); !fault.Is(err, fault.Refused) {
		t.Error(err)
	}
	if _, err := a.d.Replace(7, la); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	w.replace(a, b, la, lb)
	if _, err := a.d.Replace(slot, la); !fault.Is(err, fault.Exists) {
		t.Error(err)
	}
	next, err := b.d.Remove(b.status(lb).Slot)
	must(t, err)
	b.d = next
	next, err = a.d.Remove(a.status(la).Slot)
	must(t, err)
	a.d = next
	w.run(100)
	if b.saw(EventOpened) != 2 || b.phase(lb+1) != PhaseOpen || a.saw(EventOpened) != 2 {
		t.Error("a line of its own does not open")
	}
}
