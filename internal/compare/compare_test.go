package compare

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func seeded(t *testing.T, seed uint64) *rand.Rand {
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 4))
}

// CMP-3: both ends of an honest line give the same form to every number,
// whatever was said, to whom, corrected, or given later.
func TestBothEndsGiveTheSameForm(t *testing.T) {
	for seed := range uint64(30) {
		w := newWorld(t)
		w.talk(seeded(t, seed), 60)
		for _, p := range [][2]record.Name{{"go-between", "envoy"}, {"envoy", "official"}, {"official", "go-between"}} {
			forms := func(at, peer record.Name, sent bool) (out []string) {
				err := Read(w.desks[at], codec, peer, w.desks[at].Len(), func(s bool, n uint64, _ keys.ID, form []byte) {
					if s == sent {
						out = append(out, fmt.Sprintf("%d %x", n, form))
					}
				})
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			a, b := forms(p[0], p[1], true), forms(p[1], p[0], false)
			if len(a) == 0 || strings.Join(a, "\n") != strings.Join(b, "\n") {
				t.Fatalf("%s to %s: sent\n%s\ncame\n%s", p[0], p[1], strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
		}
	}
}

// CMP-30: two honest records compare as the same, whoever asks, and one frame
// each is enough.
func TestHonestRecordsAreTheSame(t *testing.T) {
	for seed := range uint64(10) {
		w := newWorld(t)
		w.talk(seeded(t, seed), 300)
		a, b := w.ends("go-between", "envoy")
		x, y := both(t, a, b)
		if !x.Same() || !y.Same() {
			t.Fatalf("honest records differ: %+v %+v", x, y)
		}
		if x.Sent.Count() != a.r.SentTo("envoy") || x.Came.Count() != b.r.SentTo("go-between") || x.Sent != y.Came || x.Came != y.Sent {
			t.Fatalf("it does not cover the line: %+v %+v", x, y)
		}
	}
}

// message gives the place of the n-th message from one to another.
func message(r *record.Record, by record.Name, n int) record.Item {
	for _, it := range r.Known() {
		if _, ok := it.Body.(record.Message); ok && it.By == by {
			if n--; n == 0 {
				return it
			}
		}
	}
	panic("no such message")
}

func finding(t *testing.T, c record.Comparison, sent bool, how record.Match, number uint64) record.Finding {
	t.Helper()
	for _, f := range c.Findings {
		if f.Sent == sent && f.How == how && f.Numbers.First <= number && number <= f.Numbers.Last {
			return f
		}
	}
	t.Fatalf("no finding %s at %d: %+v", how, number, c)
	return record.Finding{}
}

// straight is a line with n messages each way.
func straight(t *testing.T, n int) *world {
	w := newWorld(t)
	for i := range n {
		w.write("go-between", say("go-between", "envoy", fmt.Sprint("out ", i+1)))
		w.write("envoy", say("envoy", "go-between", fmt.Sprint("back ", i+1)))
	}
	return w
}

// CMP-30: a word changed, an entry taken out, one put in, or two exchanged, at
// either end and in either direction, is named at both.
func TestADoctoredRecordIsSeen(t *testing.T) {
	change := func(id keys.ID) func(int, *record.Item) bool {
		return func(_ int, it *record.Item) bool {
			if it.ID == id {
				m := it.Body.(record.Message)
				m.Text += " and not more"
				it.Body = m
			}
			return true
		}
	}
	for _, who := range []string{"asker", "asked"} {
		for _, by := range []record.Name{"go-between", "envoy"} {
			t.Run(fmt.Sprint(who, " doctors what ", by, " said"), func(t *testing.T) {
				w := straight(t, 100)
				a, b := w.ends("go-between", "envoy")
				bad := a
				if who == "asked" {
					bad = b
				}
				id := message(bad.r, by, 71).ID
				number := uint64(71) // introductions come first on one of the lines
				if it, _ := w.desks["envoy"].Get(id); by == "go-between" {
					number = it.Came.Number()
				}
				bad.r = doctored(t, bad.r, change(id))
				x, y := both(t, a, b)
				for _, c := range []struct {
					keeper record.Name
					c      record.Comparison
				}{{"go-between", x}, {"envoy", y}} {
					f := finding(t, c.c, c.keeper == by, record.Differs, number)
					if len(c.c.Findings) != 1 || f.Numbers.Count() != 1 || len(f.Entries) != 1 || f.Entries[0] != id {
						t.Errorf("%s finds %+v", c.keeper, c.c.Findings)
					}
				}
			})
		}
	}
}

func TestAnEntryTakenOutIsSeen(t *testing.T) {
	w := straight(t, 200)
	a, b := w.ends("go-between", "envoy")
	gone := message(a.r, "go-between", 50).ID
	it, _ := b.r.Get(gone)
	a.r = doctored(t, a.r, func(_ int, it *record.Item) bool { return it.ID != gone })
	x, y := both(t, a, b)
	finding(t, x, true, record.OnlyThere, it.Came.Number())
	f := finding(t, y, false, record.OnlyHere, it.Came.Number())
	if len(f.Entries) != 1 || f.Entries[0] != gone {
		t.Errorf("%+v", f)
	}
	finding(t, x, true, record.Moved, it.Came.Number()+1)
	// What came and was taken out leaves its number empty: nothing moves.
	w = straight(t, 200)
	a, b = w.ends("go-between", "envoy")
	gone = message(a.r, "envoy", 50).ID
	a.r = doctored(t, a.r, func(_ int, it *record.Item) bool { return it.ID != gone })
	x, y = both(t, a, b)
	finding(t, x, false, record.OnlyThere, 50)
	if f := finding(t, y, true, record.OnlyHere, 50); len(x.Findings) != 1 || len(y.Findings) != 1 || f.Entries[0] != gone {
		t.Errorf("%+v %+v", x, y)
	}
}

func TestAnEntryPutInIsSeen(t *testing.T) {
	w := straight(t, 100)
	a, b := w.ends("go-between", "envoy")
	e := say("envoy", "go-between", "We accept.")
	e.ID, e.By, e.At, e.Audience = w.id(), "envoy", w.clock, nil
	if _, err := a.r.Add(codec, record.Item{Entry: e, Known: w.clock, Came: record.OverLine("envoy", 101)}); err != nil {
		t.Fatal(err)
	}
	x, y := both(t, a, b)
	finding(t, x, false, record.OnlyHere, 101)
	finding(t, y, true, record.OnlyThere, 101)
}

// CMP-13: whoever asks cannot leave out the end of the record.
func TestTheEndCannotBeLeftOut(t *testing.T) {
	w := straight(t, 100)
	a, b := w.ends("go-between", "envoy")
	cut := func(_ int, it *record.Item) bool { return it.By == "go-between" || it.Came.Number() <= 90 }
	a.r = doctored(t, a.r, cut)
	x, y := both(t, a, b)
	finding(t, x, false, record.OnlyThere, 95)
	finding(t, y, true, record.OnlyHere, 100)
	if x.Came.Last != 100 {
		t.Error(x.Came)
	}
}

// CMP-4: what is corrected later is compared as it was first sent, and what
// was given later changes nothing that was sent before.
func TestCorrectedEntriesCompareAsFirstSent(t *testing.T) {
	w := newWorld(t)
	secret := w.write("official", say("official", "go-between", "between us"))
	e := say("go-between", "envoy", "seventy days")
	e.About = []record.Ref{{Entry: secret}}
	id := w.write("go-between", e)
	m := e.Body.(record.Message)
	m.Text = "sixty days"
	w.write("go-between", record.Entry{Corrects: id, Audience: []record.Name{"envoy"}, Body: record.Correction{Now: m}})
	w.write("go-between", record.Entry{Corrects: id, Body: record.Correction{Now: m}}) // by the keeper for himself
	e = say("go-between", "envoy", "this answers what comes next")
	next := w.id()
	e.Answers = next
	w.write("go-between", e)
	e = say("go-between", "envoy", "next")
	e.ID = next
	w.write("go-between", e)
	a, b := w.ends("go-between", "envoy")
	if x, y := both(t, a, b); !x.Same() || !y.Same() {
		t.Fatalf("%+v %+v", x, y)
	}
}

// Law 5: nothing that went over another line changes a byte that is sent, but
// for what was drawn for it.
func TestLaw5_OtherLinesChangeNoByte(t *testing.T) {
	frames := func(secrets int) []byte {
		drawn = 0
		w := straight(t, 70)
		for i := range secrets {
			w.write("official", say("official", "go-between", fmt.Sprint("secret ", i)))
			w.write("go-between", say("go-between", "official", fmt.Sprint("answer ", i)))
		}
		w.n, w.clock = 1<<20, 1<<20
		a, b := w.ends("go-between", "envoy")
		b.r = doctored(t, b.r, func(_ int, it *record.Item) bool { return it.Came.Number() != 30 })
		var out bytes.Buffer
		begin(t, a, b)
		for range 6 {
			for _, p := range [][2]*end{{a, b}, {b, a}} {
				for _, m := range p[0].sent {
					raw, _ := m.Encode()
					out.Write(raw)
					p[1].take(t, m)
					p[1].advance(t)
				}
				p[0].sent = nil
			}
		}
		if a.got == nil {
			t.Fatal("it did not end")
		}
		return out.Bytes()
	}
	if !bytes.Equal(frames(0), frames(5)) {
		t.Fatal("what went to somebody else can be told from a comparison")
	}
}

// CMP-23: a record of more than a page's worth that differs everywhere stays within
// its bounds, and says what it did not tell apart.
func TestMuchThatDiffersStaysBounded(t *testing.T) {
	w := newWorld(t)
	r := [2]*record.Record{record.New("go-between"), record.New("envoy")}
	const n = (MaxOpened + 3) * PageSize
	for i := range n {
		for k := range r {
			e := say("go-between", "envoy", fmt.Sprint(i, k*(1-i%2)))
			e.ID, e.By, e.At = keys.ID{1, byte(i >> 8), byte(i)}, "go-between", 1000
			it := record.Item{Entry: e, Known: 1000}
			if k == 1 {
				it.Came, it.Audience = record.OverLine("go-between", uint64(i+1)), nil
			}
			if _, err := r[k].Add(codec, it); err != nil {
				t.Fatal(err)
			}
		}
	}
	a, b := w.ends("go-between", "envoy")
	a.r, b.r = r[0], r[1]
	x, y := both(t, a, b)
	if x.More == 0 || len(x.Findings) != maxFindings || y.More != x.More {
		t.Fatalf("%d findings and %d more", len(x.Findings), x.More)
	}
	raw, err := codec.Encode(record.Entry{ID: keys.ID{1}, By: "envoy", At: 1, Body: x})
	if err != nil || len(raw) > 256<<10 {
		t.Fatal(len(raw), err)
	}
	if _, err := codec.Decode(raw); err != nil {
		t.Fatal(err)
	}
}

// CMP-30, [CIR-66]: what one desk has destroyed is not compared there, and
// different at the other; everything else is the same.
func TestDestroyedIsNotCompared(t *testing.T) {
	w := straight(t, 100)
	a, b := w.ends("go-between", "envoy")
	id := message(a.r, "envoy", 71).ID
	a.r = doctored(t, a.r, func(_ int, it *record.Item) bool {
		if it.ID == id {
			*it = record.Bury(*it, record.Destroyed{On: 9})
		}
		return true
	})
	x, y := both(t, a, b)
	if f := x.Findings; len(f) != 1 || f[0].How != record.NotComparable || len(f[0].Entries) != 1 || f[0].Entries[0] != id {
		t.Error("where it was destroyed:", f)
	}
	if f := y.Findings; len(f) != 1 || f[0].How != record.Differs || f[0].Entries[0] != id {
		t.Error("at the other end:", f)
	}
}
