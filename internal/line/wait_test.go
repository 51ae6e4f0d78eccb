package line

import "testing"

// TestTheWaitThatIsShownIsKept: what Wait and Ticks promise is what it takes,
// to a text and to what needs hundreds of cells, in which acknowledgements and
// healing take their share.
func TestTheWaitThatIsShownIsKept(t *testing.T) {
	for _, n := range []int{200, 900, 3000, 30_000, 120_000, 300_000} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, lb := w.open(a, b)
		w.run(200)
		shown := int(a.d.Wait(Text, n))
		if n := int(Ticks(n)); n != shown {
			t.Errorf("%d ticks, and %d at a desk where nothing waits", n, shown)
		}
		a.say(la, Text, text(a, 1, n))
		took := w.until(2*shown+20, "the frame", func() bool { return len(b.received(lb, Text)) == 1 })
		t.Logf("%d bytes: %d ticks shown, %d taken", n, shown, took)
		if took > shown || took < shown*3/4-2 {
			t.Errorf("%d bytes: %d ticks shown, %d taken", n, shown, took)
		}
	}
}
