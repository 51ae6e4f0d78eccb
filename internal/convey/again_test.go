package convey

import (
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// What is sent again is what was sent, under its numbers: the desk that has it
// takes in nothing, one that lost it takes it all in, once. [REC-90] [REC-92]
func TestLaw6_AgainIsWhatWasSent(t *testing.T) {
	codec := circle.Codec()
	a, b, lost := record.New("ann"), record.New("bob"), record.New("bob")
	seq := byte(0)
	id := func() keys.ID { seq++; return keys.ID{seq} }
	take := func(r *record.Record, frame []byte) int {
		t.Helper()
		got, err := Receive(Context{Record: r, Now: 500, NewID: id}, codec, "ann", frame)
		if err != nil || len(got.Refused) > 0 {
			t.Fatal(err, got.Refused)
		}
		for _, it := range got.Items {
			if _, err := r.Add(codec, it); err != nil {
				t.Fatal(err)
			}
		}
		return len(got.Items)
	}
	for i := range 150 {
		now := record.Instant(100 + i)
		p, err := Write(Context{Record: a, Now: now, NewID: id}, record.Entry{ID: keys.ID{1, byte(i)}, Audience: []record.Name{"bob"},
			Body: record.Message{From: "ann", To: "bob", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "words"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entries {
			if _, err := a.Add(codec, record.Item{Entry: e, Known: now}); err != nil {
				t.Fatal(err)
			}
		}
		frame, err := p.Parcels[0].Encode(codec)
		if err != nil {
			t.Fatal(err)
		}
		take(b, frame)
		if i < 10 {
			take(lost, frame)
		}
	}
	have, _ := Have(lost, "ann", map[uint64]bool{})
	all, _ := Have(b, "ann", map[uint64]bool{})
	frames, old, err := Again(a, codec, "bob", have, Sent(a, "bob"), 0)
	if err != nil || old != 0 || len(frames) < 2 {
		t.Fatal(len(frames), old, err)
	}
	n := 0
	for _, f := range frames {
		if !IsAgain(f) {
			t.Fatal("a frame that does not say that it comes again")
		}
		if take(b, f) != 0 {
			t.Fatal("something came twice")
		}
		n += take(lost, f) + take(lost, f)
	}
	if got, top := Have(lost, "ann", map[uint64]bool{}); got != all || top != all || uint64(n) != all-have {
		t.Fatalf("%d of %d, %d taken in", got, all, n)
	}
	_, old, err = Again(a, codec, "bob", have, Sent(a, "bob"), 200)
	if err != nil || old == 0 {
		t.Fatal("what is too old is not told", err)
	}
}

// Numbers of entries that are not here are passed over, and given to nothing
// else. [REC-91]
func TestSkippedNumbersAreNotGivenAgain(t *testing.T) {
	codec := circle.Codec()
	r := record.New("ann")
	seq := byte(0)
	next := func(want uint64) {
		t.Helper()
		seq++
		p, err := Write(Context{Record: r, Now: record.Instant(seq), NewID: func() keys.ID { seq++; return keys.ID{seq} }}, record.Entry{Audience: []record.Name{"bob"},
			Body: record.Message{From: "ann", To: "bob", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "words"}})
		if err != nil || p.Parcels[0].First != want {
			t.Fatal(p.Parcels[0].First, want, err)
		}
		for _, e := range p.Entries {
			if _, err := r.Add(codec, record.Item{Entry: e, Known: record.Instant(seq)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	next(1)
	n := r.SentTo("bob")
	before := r.Clone()
	r.Skip("bob", record.Numbers{First: n + 1, Last: n + 5})
	r.Skip("bob", record.Numbers{First: n + 1, Last: n + 5})
	next(n + 6)
	if before.SentTo("bob") != n || len(r.Skipped("bob")) != 1 || r.NextSent("bob", n) != n+6 {
		t.Fatal("a clone changed, or the same was passed over twice")
	}
}

// A standing reads as it was written, and nothing else does.
func FuzzStanding(f *testing.F) {
	b, err := Standing{StandingAsk, 3, 4, 5, 6}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, ok := DecodeStanding(b)
		if !ok {
			return
		}
		again, err := s.Encode()
		if err != nil || string(again) != string(b) {
			t.Fatal("it reads, and writes otherwise")
		}
	})
}
