package line

import (
	"bytes"
	"maps"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// Law 2, the core's part: whatever a desk's lines do, each tick does the same
// work and gives state, rows and cell of the same size. Three desks live
// through a random workload beside a desk that has no line at all. [CELL-8]
// [LINE-3]
func TestLaw2_WorkIsTheSameForAnyWorkload(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, "idle", "ann", "mid", "bob")
		idle, a, m, b := w.desks[0], w.desks[1], w.desks[2], w.desks[3]
		var lines []uint32
		for range rapid.IntRange(3, 12).Draw(rt, "acts") {
			switch rapid.IntRange(0, 4).Draw(rt, "act") {
			case 0: // a line opens
				if len(lines) < 4 && a.online {
					m.accept(a.invite())
					lines = append(lines, m.d.lines)
				}
			case 1: // an invite goes nowhere
				if n := len(b.d.Lines()); n < 8 {
					b.invite()
				}
			case 2: // talk, from a word to a file
				for _, l := range lines {
					if m.phase(l) == PhaseOpen {
						m.say(l, Class(rapid.IntRange(0, 3).Draw(rt, "class")), make([]byte, rapid.SampledFrom([]int{1, 5000, 1 << 20}).Draw(rt, "bytes")))
					}
				}
			case 3: // the counterpart goes away, or comes back
				a.online = !a.online
			}
			w.run(rapid.IntRange(1, 60).Draw(rt, "ticks"))
		}
		for _, p := range []*desk{m, b} {
			for i, got := range p.works {
				if want := idle.works[i]; got != want {
					rt.Fatalf("%s, tick %d: %+v, an idle desk: %+v", p.name, i, got, want)
				}
			}
		}
	})
}

// The comparison above can fail: leaving out one step of one chain shows.
func TestLaw2_ComparisonSeesSkippedWork(t *testing.T) {
	w := newWorld(t, "idle", "ann")
	w.run(3)
	a, b := w.desks[0].works[2], w.desks[1].works[2]
	b.Chains--
	if a == b {
		t.Fatal("a skipped chain step does not show")
	}
	if a.Seals != 1 || a.Opens != Slots || a.KEMs[0]+a.KEMs[1]+a.KEMs[2] != 1 || a.Rows != Slots {
		t.Fatalf("one tick with one slate: %+v", a)
	}
}

// windows gives every 16-byte string, not all of one byte, of every byte array
// in a deck's state: keys, hashes, buffers. Ticks of sending are no secret.
func windows(d *Deck) map[[16]byte]bool {
	st := d.stored()
	out := map[[16]byte]bool{}
	collectBytes(reflect.ValueOf(&st).Elem(), func(b []byte) {
		for i := 0; i+16 <= len(b); i++ {
			if k := [16]byte(b[i:]); bytes.Count(k[:], k[:1]) < 8 {
				out[k] = true
			}
		}
	})
	return out
}

func collectBytes(v reflect.Value, f func([]byte)) {
	switch {
	case v.Type() == reflect.TypeFor[sentTicks]():
	case v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8:
		f(v.Slice(0, v.Len()).Bytes())
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			collectBytes(v.Index(i), f)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			collectBytes(v.Field(i), f)
		}
	}
}

// Law 3, the core's part: after a tick, the state holds no tag and no key of a
// cell sent or opened, nor anything that was in a cell. [LINE-4]
func TestLaw3_StateHoldsNothingSpent(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, _ := w.open(a, b)
	a.say(la, Text, text(a, 1, 3000))
	type secret struct {
		what string
		at   uint64
		b    [16]byte
	}
	var spent []secret
	for range 60 {
		for _, p := range w.desks {
			for _, s := range []*slot{&p.d.slots[0]} {
				for name, c := range map[string]chain{"send": s.Send, "receive": s.Recv, "next receive": s.RecvNext} {
					if c.On && c.Pos <= w.tick {
						tag, key := c.tickKeys(&Work{})
						spent = append(spent, secret{name + " tag", c.Pos, tag}, secret{name + " key", c.Pos, [16]byte(key[:16])},
							secret{name + " chain", c.Pos, [16]byte(c.Key[:16])})
					}
				}
				if s.Asked {
					spent = append(spent, secret{"epoch seed", w.tick, [16]byte(s.Seed[:16])})
				}
			}
		}
		w.run(1)
	}
	for _, c := range w.slates[w.tick-3] {
		spent = append(spent, secret{"cell", w.tick - 3, [16]byte(c[:16])}, secret{"cell", w.tick - 3, [16]byte(c[500:])})
	}
	w.run(40) // two epochs on
	for _, p := range w.desks {
		have := p.d.State()
		for _, s := range spent {
			if bytes.Contains(have, s.b[:]) {
				t.Errorf("%s still holds the %s of tick %d", p.name, s.what, s.at)
			}
		}
	}
	if len(spent) < 300 {
		t.Fatalf("only %d secrets looked for", len(spent))
	}
}

// Law 4, the core's part: two desks that share a go-between and nothing else
// have no 16 bytes in common but what is public. Public is what desks in
// another world hold too, that has the same relay and clock and other people.
func TestLaw4_OpposingDesksShareNothing(t *testing.T) {
	play := func(names ...string) *world {
		w := newWorld(t, names...)
		a, m, b := w.desks[0], w.desks[1], w.desks[2]
		la, _ := w.open(a, m)
		lm, _ := w.open(m, b)
		a.say(la, Text, text(a, 1, 2000))
		m.say(lm, Text, text(m, 1, 2000))
		return w
	}
	w, other := play("ann", "mid", "bob"), play("cat", "mix", "dog")
	shared := 0
	for range 30 {
		w.run(1)
		other.run(1)
		public := map[[16]byte]bool{}
		for _, p := range other.desks {
			maps.Copy(public, windows(p.d))
		}
		mine := windows(w.desks[0].d)
		for k := range windows(w.desks[2].d) {
			if mine[k] && !public[k] {
				t.Fatalf("both hold %x", k)
			}
		}
		for k := range windows(w.desks[1].d) {
			if mine[k] && !public[k] {
				shared++
			}
		}
	}
	if shared == 0 {
		t.Fatal("two ends of one line seem to share nothing: the test looks at the wrong bytes")
	}
}
