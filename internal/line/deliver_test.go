package line

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// spoken is what was said on a line and must arrive on the other end.
type spoken struct {
	from, to *desk
	lf, lt   uint32
	said     [Classes][][]byte
}

func (s *spoken) arrived() bool {
	for c := range Class(Classes) {
		if len(s.to.received(s.lt, c)) < len(s.said[c]) {
			return false
		}
	}
	return true
}

// check demands exactly what was said, once, in order.
func (s *spoken) check() error {
	for c := range Class(Classes) {
		if got := s.to.received(s.lt, c); !slices.EqualFunc(got, s.said[c], bytes.Equal) {
			return fmt.Errorf("%s to %s, class %d: %d frames said, %d arrived, or other ones", s.from.name, s.to.name, c, len(s.said[c]), len(got))
		}
	}
	return nil
}

// hostile is a relay that loses, repeats, replays, alters, swaps and invents,
// each with a chance in a hundred cells.
type hostile struct {
	rt                                     *rapid.T
	lose, repeat, replay, alter, swap, new int
	old                                    [][]byte
}

func (h *hostile) chance(pct int, what string) bool {
	return pct > 0 && rapid.IntRange(0, 99).Draw(h.rt, what) < pct
}

func (h *hostile) tamper(tick uint64, cells [][]byte) (out [][]byte) {
	for _, c := range cells {
		h.old = append(h.old, c)
		if h.chance(h.lose, "lose") {
			continue
		}
		if h.chance(h.alter, "alter") {
			c = bytes.Clone(c)
			c[rapid.IntRange(0, CellSize-1).Draw(h.rt, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(h.rt, "bit")
		}
		out = append(out, c)
		if h.chance(h.repeat, "repeat") {
			out = append(out, c)
		}
		if h.chance(h.replay, "replay") {
			out = append(out, h.old[rapid.IntRange(0, len(h.old)-1).Draw(h.rt, "which")])
		}
		if h.chance(h.new, "new") {
			junk := bytes.Repeat([]byte{byte(tick)}, rapid.SampledFrom([]int{0, 1, CellSize - 1, CellSize, CellSize + 1}).Draw(h.rt, "size"))
			out = append(out, junk)
		}
	}
	if len(out) > 1 && h.chance(h.swap, "swap") {
		slices.Reverse(out)
	}
	return out
}

// Three desks, two lines that share the middle one; a hostile relay; desks
// that go away and crash before or after the transaction. When the relay
// behaves again, everything is there: once, in order, unaltered. [LINE-2]
// [LINE-14] [LINE-16]
func TestLaw6_ExactlyOnceInOrderUnderFaults(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, "ann", "mid", "bob")
		a, m, b := w.desks[0], w.desks[1], w.desks[2]
		l1a, l1m := w.open(a, m)
		l2m, l2b := w.open(m, b)
		talk := []*spoken{{from: a, to: m, lf: l1a, lt: l1m}, {from: m, to: a, lf: l1m, lt: l1a},
			{from: m, to: b, lf: l2m, lt: l2b}, {from: b, to: m, lf: l2b, lt: l2m}}
		pct := func(name string) int { return rapid.SampledFrom([]int{0, 0, 10, 40}).Draw(rt, name) }
		h := &hostile{rt: rt, lose: pct("lose%"), repeat: pct("repeat%"), replay: pct("replay%"),
			alter: pct("alter%"), swap: pct("swap%"), new: pct("new%")}
		w.tamper = h.tamper
		crash := pct("crash%") / 4
		for _, p := range w.desks {
			p.onCrash = func(stage string) bool { return h.chance(crash, "crash "+stage) }
		}
		for range rapid.IntRange(5, 25).Draw(rt, "acts") {
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 0, 1:
				s := talk[rapid.IntRange(0, 3).Draw(rt, "line")]
				c := Class(rapid.IntRange(0, 3).Draw(rt, "class"))
				f := text(s.from, len(s.said[c]), rapid.SampledFrom([]int{0, 20, 876, 877, 3000, 20000}).Draw(rt, "bytes"))
				s.from.say(s.lf, c, f)
				s.said[c] = append(s.said[c], f)
			case 2:
				p := w.desks[rapid.IntRange(0, 2).Draw(rt, "who")]
				p.online = !p.online
				if p.online && rapid.Bool().Draw(rt, "restart") {
					p.reopen()
				}
			case 3: // the relay loses its last slates, and whoever has not fetched them never does
				for k := range uint64(rapid.IntRange(1, 6).Draw(rt, "back")) {
					delete(w.slates, w.tick-k)
				}
			case 4:
				w.desks[rapid.IntRange(0, 2).Draw(rt, "who")].lazy = rapid.Bool().Draw(rt, "lazy")
			default:
				w.run(rapid.IntRange(1, 40).Draw(rt, "ticks"))
			}
		}
		w.tamper = nil
		for _, p := range w.desks {
			p.online, p.onCrash, p.lazy = true, nil, false
		}
		w.until(2000, "everything arrives", func() bool {
			ok := true
			for _, s := range talk {
				ok = ok && s.arrived()
			}
			return ok && len(a.disk.outbox)+len(m.disk.outbox)+len(b.disk.outbox) == 0
		})
		for _, s := range talk {
			if err := s.check(); err != nil {
				rt.Fatal(err)
			}
		}
		for _, p := range w.desks {
			if n := p.saw(EventSetBack) + p.saw(EventPeerSetBack) + p.saw(EventBroken) + p.saw(EventFailed) + p.saw(EventReused); n != 0 {
				rt.Fatalf("%s raised %d false alarms: %v", p.name, n, p.events)
			}
		}
	})
}
