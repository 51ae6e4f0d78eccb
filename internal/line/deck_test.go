package line

import (
	"bytes"
	"slices"
	"testing"
)

func TestTwoDesksTalk(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	start := w.tick
	la, lb := w.open(a, b)
	t.Logf("handshake: %d ticks", w.tick-start)
	wa, wb := a.status(la).Words, b.status(lb).Words
	if len(wa) != CompareWords || !slices.Equal(wa, wb) {
		t.Fatalf("compare words: %v %v", wa, wb)
	}
	var fa, fb [][]byte
	for i := range 10 {
		fa = append(fa, text(a, i, 10+i*700))
		a.say(la, Text, fa[i])
		fb = append(fb, text(b, i, 3000-i*300))
		b.say(lb, Text, fb[i])
	}
	n := w.until(300, "delivery", func() bool { return len(a.disk.outbox) == 0 && len(b.disk.outbox) == 0 })
	t.Logf("delivery: %d ticks", n)
	if !slices.EqualFunc(b.received(lb, Text), fa, bytes.Equal) || !slices.EqualFunc(a.received(la, Text), fb, bytes.Equal) {
		t.Fatal("not what was said")
	}
	e := a.status(la).Epoch
	w.run(100)
	t.Logf("epochs in 100 idle ticks: %d", a.status(la).Epoch-e)
	if a.status(la).Epoch < e+5 {
		t.Fatal("silence does not heal")
	}
}
