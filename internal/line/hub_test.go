package line

import "testing"

// A go-between opens lines to three desks at once: all share one cell per
// tick, and one KEM operation.
func TestThreeLinesOpenAtOnce(t *testing.T) {
	w := newWorld(t, "hub", "ann", "bob", "cay")
	hub := w.desks[0]
	for _, p := range w.desks[1:] {
		p.accept(hub.invite())
	}
	n := w.until(140, "three lines", func() bool {
		for _, p := range w.desks[1:] {
			if p.phase(1) != PhaseOpen {
				return false
			}
		}
		return true
	})
	t.Logf("three lines at once: %d ticks", n)
	for i, p := range w.desks[1:] {
		hub.say(uint32(i+1), Text, text(hub, i, 300))
		p.say(1, Text, text(p, i, 300))
	}
	n = w.until(40, "a text each way on each", func() bool {
		return len(hub.disk.got) == 3 && len(w.desks[1].disk.got)+len(w.desks[2].disk.got)+len(w.desks[3].disk.got) == 3
	})
	t.Logf("a text each way on each: %d ticks", n)
}
