package line

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

// A deck that follows by states shows the lines as the one that is stepped does,
// and names as done exactly the frames that were acknowledged.
func TestFollowSeesWhatIsStepped(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 109))
	w := newWorld(t, "a", "b")
	a, b := w.desks[0], w.desks[1]
	la, _ := w.open(a, b)
	copied, err := AtRest(a.d.State())
	must(t, err)
	waiting := map[uint64]bool{}
	for n := range 120 {
		if n < 80 && r.IntN(3) == 0 {
			s := copied.slots[copied.slotOf(la)]
			q := Queued{Slot: copied.slotOf(la), Line: la, Class: Text, Bytes: text(a, n, r.IntN(4000))}
			q.Number = a.say(la, q.Class, q.Bytes)
			if copied, err = copied.Queue(q); err != nil {
				t.Fatal(err, s.Line)
			}
			waiting[q.Number] = true
		}
		if n == 40 { // between: it was stepped several times
			w.run(3)
		}
		w.run(1)
		var done []Queued
		copied, done, err = copied.Follow(a.d.State())
		must(t, err)
		for _, q := range done {
			if !waiting[q.Number] {
				t.Fatalf("frame %d is done, and did not wait", q.Number)
			}
			delete(waiting, q.Number)
		}
		if got, want := copied.Lines(), a.d.Lines(); !reflect.DeepEqual(got, want) {
			t.Fatalf("tick %d: it shows\n%+v, not\n%+v", n, got, want)
		}
		if len(waiting) != copied.Lines()[0].Frames[Text] {
			t.Fatalf("tick %d: %d frames wait, and it shows %d", n, len(waiting), copied.Lines()[0].Frames[Text])
		}
	}
	if len(waiting) > 0 {
		t.Errorf("%d frames were never done", len(waiting))
	}
	// A line that is gone has nothing that waits.
	a.say(la, Text, text(a, 500, 100))
	s := a.status(la)
	copied, err = copied.Queue(Queued{Slot: s.Slot, Line: la, Class: Text, Number: s.NextFrame, Bytes: []byte("x")})
	must(t, err)
	gone, err := a.d.Remove(s.Slot)
	must(t, err)
	copied, done, err := copied.Follow(gone.State())
	must(t, err)
	if len(done) != 1 || len(copied.Lines()) != 0 {
		t.Errorf("of a line that is gone %d frames are done, and %d lines shown", len(done), len(copied.Lines()))
	}
}
