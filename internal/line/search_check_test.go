package line

import (
	"maps"
	"slices"
	"testing"
)

// settle lets quiet ticks pass until everything is there: nothing is lost or
// shown twice, and no state is one that the two do not get out of. A vault that
// was put back is repaired as people do it.
func (s *search) settle(p *spot) {
	const limit = 500
	for k := 0; ; k++ {
		key := s.key(p)
		if s.good[key] {
			return
		}
		s.good[key] = true
		s.live++
		p = s.mend(s.step(p, quiet))
		s.longest = max(s.longest, k)
		if s.settled(p) {
			s.whole(p)
			return
		}
		if k == limit {
			s.t.Fatalf("not settled after %d quiet ticks: %s", limit, p.path())
		}
	}
}

func (s *search) settled(p *spot) bool {
	a, b := &p.ends[0], &p.ends[1]
	for i, e := range []*end{a, b} {
		sl := &e.d.slots[e.slot()]
		other := &p.ends[1-i]
		if len(e.outbox) > 0 || p.tick > sl.Heard+8 || sl.Epoch < 3 || e.d.renewal(1) >= 0 {
			return false
		}
		for _, b := range e.said {
			if !slices.Contains(other.got, b) {
				return false
			}
		}
	}
	return true
}

// whole looks at what was shown: once, and in order where no vault was put
// back.
func (s *search) whole(p *spot) {
	for i := range p.ends {
		got := p.ends[i].got
		if !p.put && !slices.Equal(got, p.ends[1-i].said) {
			s.t.Fatalf("said %v, shown %v: %s", p.ends[1-i].said, got, p.path())
		}
		count := map[byte]int{}
		for _, b := range got {
			if count[b]++; count[b] > 1 {
				s.t.Fatalf("shown twice: %v: %s", got, p.path())
			}
		}
	}
}

// mend does what driver and keepers do: renew, take up, compare words, send
// again what a vault put back has lost.
func (s *search) mend(p *spot) *spot {
	var open [2]int
	for i := range p.ends {
		e := &p.ends[i]
		st, err := e.d.Status(e.slot())
		must(s.t, err)
		next := e.d
		switch st.Due {
		case DueRenew:
			next, err = e.d.Renew(st.Slot, s.kem(p, i), [96]byte(s.bytes(96, "renew", p.tick, i, p.put)))
		case DueTakeUp:
			next, err = e.d.TakeUp(st.Slot, s.kem(p, i), [80]byte(s.bytes(80, "take", p.tick, i, p.put)))
		}
		must(s.t, err)
		e.d, e.stored = next, next.State()
		open[i] = e.d.renewal(1)
	}
	a, b := p.ends[0].d, p.ends[1].d
	if open[0] >= 0 && open[1] >= 0 && a.slots[open[0]].Phase == PhaseOpen && b.slots[open[1]].Phase == PhaseOpen {
		if a.slots[open[0]].SAS != b.slots[open[1]].SAS {
			s.t.Fatalf("words differ: %s", p.path())
		}
		for i := range p.ends {
			e := &p.ends[i]
			next, err := e.d.Adopt(open[i])
			must(s.t, err)
			e.d, e.stored = next, next.State()
		}
	}
	if p.put && p.tick%16 == 0 {
		s.again(p)
	}
	return p
}

// again is what standings come to: what the other's journal lacks is queued
// once more, if it is not under way.
func (s *search) again(p *spot) {
	for i := range p.ends {
		e, other := &p.ends[i], &p.ends[1-i]
		for _, b := range e.said {
			if !slices.Contains(other.got, b) && !slices.ContainsFunc(e.outbox, func(q Queued) bool { return q.Bytes[0] == b }) {
				s.say(e, b)
			}
		}
	}
}

// theft has a passive thief copy one desk, read along, and go blind.
func (s *search) theft(p *spot, who int) {
	const limit = 120
	stolen := p.ends[who].copy()
	last := p.tick
	for p.tick < last+40 {
		if p.tick > last+limit {
			break
		}
		before := stolen.d.slots[0]
		n := s.mend(s.step(p, quiet))
		for _, ch := range []chain{before.Send, before.SendNext} {
			if ch.On && ch.Pos <= n.tick {
				ch.walk(n.tick-ch.Pos, n.tick, &Work{})
				if tag, _ := ch.tickKeys(&Work{}); tag == n.tags[who] {
					last = n.tick
				}
			}
		}
		in := StepInput{Tick: n.tick, Roster: s.roster, Ingested: stolen.d.Batch(), KEM: s.kem(n, 7)}
		for _, sl := range p.slates {
			if sl.Tick+2 <= n.tick && sl.Tick >= stolen.d.Cursor() {
				in.Slates = append(in.Slates, sl)
			}
		}
		next, _, err := stolen.d.Step(in)
		must(s.t, err)
		stolen.d = next
		last = max(last, next.slots[0].Heard)
		p = n
		if p.tick > 5000 {
			s.t.Fatalf("the thief still reads: %s", p.path())
		}
	}
	s.healed++
}

// limits of one search.
type scope struct {
	Ticks  int // steps
	Faults int // of them that are not quiet
	Thefts int // every so many states, one theft from each desk
}

func (s *search) run(sc scope) (depths []int) {
	type at struct {
		p    *spot
		left int
	}
	frontier := []at{{s.start(4), sc.Faults}}
	best := map[[32]byte]int{}
	for range sc.Ticks {
		depths = append(depths, len(frontier))
		var next []at
		for _, f := range frontier {
			for m := quiet; m < moves; m++ {
				left := f.left
				if m != quiet {
					if left--; left < 0 {
						break
					}
				}
				n := s.step(f.p, m)
				key := s.key(n)
				if was, ok := best[key]; ok && was >= left {
					s.merged++
					continue
				}
				best[key] = left
				s.states++
				if sc.Thefts > 0 && s.states%sc.Thefts == 0 {
					s.theft(n, 0)
					s.theft(n, 1)
				}
				next = append(next, at{n, left})
			}
		}
		frontier = next
	}
	epochs := map[uint32]int{}
	for _, f := range frontier {
		epochs[f.p.ends[0].d.slots[f.p.ends[0].slot()].Epoch]++
		s.settle(f.p)
	}
	s.t.Logf("epochs at the last step: %v", maps.Collect(maps.All(epochs)))
	return append(depths, len(frontier))
}

// Every sequence of steps up to a bound, across two changes of epoch: no
// deadlock, no key used twice, nothing lost or shown twice, no false alarm,
// and every passive theft heals. [LINE-1] [LINE-2] [LINE-16] [LINE-19]
func TestLaw6_EverySmallTalkEndsWell(t *testing.T) {
	sc, states := scope{Ticks: 26, Faults: 1, Thefts: 40}, 2500
	if testing.Short() {
		sc, states = scope{Ticks: 8, Faults: 1, Thefts: 60}, 300
	}
	s := &search{t: t, relay: Relay{Addr: "r:1", Pin: []byte("pin"), Cohort: "c"}, good: map[[32]byte]bool{}}
	s.run(sc)
	t.Logf("%d steps, %d faults: %d states (%d met again), %d quiet states behind them, at most %d quiet ticks until all is well, %d thefts healed",
		sc.Ticks, sc.Faults, s.states, s.merged, s.live, s.longest, s.healed)
	if s.states < states || s.healed == 0 {
		t.Fatalf("only %d states, %d thefts", s.states, s.healed)
	}
}

// TestTrialSearch goes further than a test may.
func TestTrialSearch(t *testing.T) {
	trial(t, "line-search", func(t *testing.T) map[string]any {
		sc := scope{Ticks: 26, Faults: 2, Thefts: 400}
		s := &search{t: t, relay: Relay{Addr: "r:1", Pin: []byte("pin"), Cohort: "c"}, good: map[[32]byte]bool{}}
		depths := s.run(sc)
		t.Logf("%d steps, %d faults: %d states", sc.Ticks, sc.Faults, s.states)
		return map[string]any{"scope": sc, "states": s.states, "metAgain": s.merged, "quietStates": s.live, "longestQuiet": s.longest, "thefts": s.healed, "frontier": depths}
	})
}
