package line

import (
	"bytes"
	"slices"
	"testing"
)

// TestWithdraw is [LINE-53]: a frame that was not begun is taken off wherever it
// stands, one that was begun goes on, and what is left arrives whole, in order.
func TestWithdraw(t *testing.T) {
	w := newWorld(t, "a", "b")
	a, b := w.desks[0], w.desks[1]
	la, lb := w.open(a, b)
	var said [][]byte
	var numbers []uint64
	for i := range 5 {
		said = append(said, bytes.Repeat([]byte{byte('0' + i)}, 3*SegmentSize))
		numbers = append(numbers, a.say(la, Text, said[i]))
	}
	w.run(2) // the first is begun
	for _, k := range []int{0, 1, 4} {
		next, gone := a.d.Withdraw(la, Text, numbers[k])
		if gone != (k != 0) {
			t.Fatalf("frame %d: gone %v", k, gone)
		}
		a.d = next
		if gone {
			a.disk.outbox = slices.DeleteFunc(a.disk.outbox, func(q Queued) bool { return q.Number == numbers[k] })
		}
	}
	for _, none := range []func() (*Deck, bool){
		func() (*Deck, bool) { return a.d.Withdraw(la, Text, numbers[1]) },
		func() (*Deck, bool) { return a.d.Withdraw(la, Control, numbers[2]) },
		func() (*Deck, bool) { return a.d.Withdraw(la+7, Text, numbers[2]) },
	} {
		if next, gone := none(); !gone || next != a.d {
			t.Error("what is not there is taken off")
		}
	}
	a.reopen()
	w.run(2)
	said = append(said, []byte("and on"))
	a.say(la, Text, said[5])
	w.until(200, "the rest arrives", func() bool { return len(b.received(lb, Text)) == 4 })
	want := [][]byte{said[0], said[2], said[3], said[5]}
	if got := b.received(lb, Text); !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("%d frames, or others", len(got))
	}
}
