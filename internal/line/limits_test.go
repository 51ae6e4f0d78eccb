package line

import (
	"bytes"
	"testing"

	"backchannel/internal/fault"
)

// Every bound of the package's own calls, at it and above it.
func TestBounds(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, _ := w.open(a, b)
	q := Queued{Slot: 0, Line: la, Class: Text, Number: a.status(la).NextFrame, Bytes: make([]byte, MaxFrame)}
	d, err := a.d.Queue(q)
	must(t, err)
	refuse := func(what string, kind fault.Kind, change func(*Queued)) {
		t.Helper()
		c := q
		c.Number++
		change(&c)
		if _, err := d.Queue(c); !fault.Is(err, kind) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refuse("frame above the bound", fault.Limit, func(c *Queued) { c.Bytes = make([]byte, MaxFrame+1) })
	refuse("number not above", fault.Refused, func(c *Queued) { c.Number-- })
	refuse("no such slot", fault.NotFound, func(c *Queued) { c.Slot = Slots })
	refuse("negative slot", fault.NotFound, func(c *Queued) { c.Slot = -1 })
	refuse("empty slot", fault.NotFound, func(c *Queued) { c.Slot = 1 })
	refuse("another line", fault.Refused, func(c *Queued) { c.Line++ })
	refuse("no such class", fault.Malformed, func(c *Queued) { c.Class = Classes })
	d = a.d
	for i := range MaxQueue {
		d, err = d.Queue(Queued{Line: la, Class: File, Number: uint64(i + 1)})
		must(t, err)
	}
	if _, err := d.Queue(Queued{Line: la, Class: File, Number: MaxQueue + 1}); !fault.Is(err, fault.Limit) {
		t.Errorf("queue above the bound: %v", err)
	}
	for name, bad := range map[string][]byte{"short": a.disk.state[1:], "long": append(a.disk.state, 0), "length": append([]byte{0xff, 0xff}, a.disk.state[2:]...),
		"bytes": append(append([]byte{}, a.disk.state[:9]...), bytes.Repeat([]byte{0xff}, StateSize-9)...)} {
		if _, _, err := Open(bad, nil); !fault.Is(err, fault.Corrupt) {
			t.Errorf("state, %s: %v", name, err)
		}
	}
	if _, err := DecodeRow(make([]byte, RowSize-1)); !fault.Is(err, fault.Corrupt) {
		t.Errorf("short row: %v", err)
	}
}

// A removed line leaves no key behind; its slot serves a new line, and rows of
// the old one are told apart by the line's number.
func TestRemoveAndReuseOfASlot(t *testing.T) {
	w := newWorld(t, "ann", "bob", "cay")
	a, b, c := w.desks[0], w.desks[1], w.desks[2]
	la, _ := w.open(a, b)
	w.run(5)
	before := windows(a.d)
	d, err := a.d.Remove(0)
	must(t, err)
	empty, err := New(w.relay, 1, a.kem, [64]byte{})
	must(t, err)
	public := windows(empty)
	kept := d.clone()
	kept.dummy, kept.filler, kept.used = empty.dummy, empty.filler, empty.used
	for k := range windows(kept) {
		if before[k] && !public[k] {
			t.Fatalf("still there: %x", k)
		}
	}
	a.d, a.disk.state = d, d.State()
	l2, l3 := w.open(a, c)
	if l2 == la || a.status(l2).Slot != 0 {
		t.Fatalf("line %d after %d in slot %d", l2, la, a.status(l2).Slot)
	}
	a.say(l2, Text, []byte("hello"))
	w.run(20)
	if got := c.received(l3, Text); len(got) != 1 || len(b.disk.got) != 0 {
		t.Fatal("the new line does not carry")
	}
	if _, err := a.d.Queue(Queued{Slot: 0, Line: la, Class: Text, Number: 1 << 60}); !fault.Is(err, fault.Refused) {
		t.Errorf("queueing on the old line: %v", err)
	}
}

// A desk that does not ingest stops reading before a row is overwritten, keeps
// sending, and goes on when it has ingested. [LINE-17]
func TestFullRingStopsReading(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	b.lazy = true
	var said [][]byte
	for i := range 60 {
		said = append(said, text(a, i, 2000))
		a.say(la, Text, said[i])
	}
	w.run(150)
	if b.d.Batch()-b.disk.from != RingBatches {
		t.Fatalf("%d batches wait, the ring has %d", b.d.Batch()-b.disk.from, RingBatches)
	}
	b.lazy = false
	w.until(400, "all of it", func() bool { return len(a.disk.outbox) == 0 })
	got := b.received(lb, Text)
	if len(got) != len(said) {
		t.Fatalf("%d of %d", len(got), len(said))
	}
	for i := range got {
		if string(got[i]) != string(said[i]) {
			t.Fatalf("frame %d", i)
		}
	}
}

// The wait that is shown is the wait there is, when both are there and nothing
// is lost; a frame of a more urgent class overtakes.
func TestWait(t *testing.T) {
	for _, size := range []int{0, 100, 876, 877, 5000, 60000} {
		w := newWorld(t, "ann", "bob")
		a, b := w.desks[0], w.desks[1]
		la, _ := w.open(a, b)
		w.run(10)
		a.say(la, File, make([]byte, 30000))
		want := a.d.Wait(Text, size)
		full := a.d.Wait(File, size)
		a.say(la, Text, make([]byte, size))
		n := w.until(2000, "the text", func() bool { return len(b.disk.got) == 1 })
		if n < int(want) || n > int(want)+int(want)/4+4 {
			t.Errorf("%d bytes: said %d ticks, took %d", size, want, n)
		}
		if full <= want {
			t.Errorf("behind the file %d ticks, before it %d", full, want)
		}
	}
}

// The largest frame passes.
func TestOneMegabyte(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	f := text(a, 1, MaxFrame)[:MaxFrame]
	wait := a.d.Wait(File, len(f))
	a.say(la, File, f)
	n := w.until(2*int(wait), "the file", func() bool { return len(b.disk.got) == 1 })
	t.Logf("1 MiB: %d ticks said, %d taken", wait, n)
	if got := b.received(lb, File); string(got[0]) != string(f) {
		t.Fatal("not the same bytes")
	}
}
