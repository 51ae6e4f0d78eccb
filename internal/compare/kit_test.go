package compare

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// world is desks without disk and wire: everybody has a line to everybody.
type world struct {
	t     testing.TB
	n     uint64
	clock record.Instant
	desks map[record.Name]*record.Record
	given map[record.Name]map[record.Name][]record.Entry // what went over each line, by sender and reader
}

var codec = accord.Codec()

func newWorld(t testing.TB) *world {
	w := &world{t: t, clock: 1000, desks: map[record.Name]*record.Record{}, given: map[record.Name]map[record.Name][]record.Entry{}}
	for _, n := range []record.Name{"go-between", "envoy", "official"} {
		w.desks[n], w.given[n] = record.New(n), map[record.Name][]record.Entry{}
	}
	w.write("go-between", record.Entry{Body: record.Person{Name: "envoy", Title: "The envoy", Of: "power"}})
	w.write("go-between", record.Entry{Body: record.Party{Name: "power", Title: "The power", Side: "power"}})
	w.write("go-between", record.Entry{Body: record.Rule{PassUnlessMarked: true}})
	return w
}

func (w *world) id() keys.ID {
	w.n++
	var id keys.ID
	id[0] = 0xee
	binary.BigEndian.PutUint64(id[8:], w.n)
	return id
}

func (w *world) context(at record.Name) convey.Context {
	return convey.Context{Record: w.desks[at], Now: w.clock, NewID: w.id}
}

func (w *world) add(at record.Name, it record.Item) {
	w.t.Helper()
	if _, err := w.desks[at].Add(codec, it); err != nil {
		w.t.Fatal(err)
	}
}

// write plans an entry, stores it, and takes it in at the other desks.
func (w *world) write(from record.Name, e record.Entry) keys.ID {
	w.t.Helper()
	if e.ID.IsZero() {
		e.ID = w.id()
	}
	p, err := convey.Write(w.context(from), e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.deliver(from, p)
	return e.ID
}

func (w *world) deliver(from record.Name, p convey.Plan) {
	w.t.Helper()
	for _, e := range p.Entries {
		w.add(from, record.Item{Entry: e, Known: w.clock, Came: record.ByHand()})
	}
	for _, parcel := range p.Parcels {
		frame, err := parcel.Encode(codec)
		if err != nil {
			w.t.Fatal(err)
		}
		taken, err := convey.Receive(w.context(parcel.To), codec, from, frame)
		if err != nil || len(taken.Refused) > 0 {
			w.t.Fatal(err, taken.Refused)
		}
		for _, it := range taken.Items {
			w.add(parcel.To, it)
		}
	}
	w.clock += 7
}

func say(from, to record.Name, text string) record.Entry {
	return record.Entry{Audience: []record.Name{to}, Body: record.Message{From: from, To: to, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: text}}
}

// talk has the three write n entries of many sorts that refer to one another,
// to people who were given them and to people who were not.
func (w *world) talk(r *rand.Rand, n int) {
	names := []record.Name{"go-between", "envoy", "official"}
	var ids []keys.ID
	for i := range n {
		from := names[r.IntN(3)]
		to := names[(r.IntN(2)+1+index(names, from))%3]
		e := say(from, to, fmt.Sprint("message ", i))
		if r.IntN(3) == 0 {
			e.Audience = nil
			for _, n := range names {
				if n != from {
					e.Audience = append(e.Audience, n)
				}
			}
		}
		mine := func() keys.ID { // an entry that the writer has
			for range 20 {
				if len(ids) == 0 {
					break
				}
				if id := ids[r.IntN(len(ids))]; !id.IsZero() {
					if _, ok := w.desks[from].Get(id); ok {
						return id
					}
				}
			}
			return keys.ID{}
		}
		e.Answers = mine()
		if id := mine(); !id.IsZero() {
			e.About = []record.Ref{{Entry: id}}
			e.Together = []keys.ID{id, mine()}
			if e.Together[1].IsZero() {
				e.Together = e.Together[:1]
			}
		}
		switch id := mine(); {
		case r.IntN(6) == 0:
			e = record.Entry{Body: record.Note{Text: fmt.Sprint("note ", i)}}
		case r.IntN(6) == 0 && !id.IsZero():
			if _, err := convey.Carry(w.context(from), convey.Order{Of: id, To: to, Fidelity: record.Verbatim, Consent: "by phone", Receipt: true}); err == nil {
				p, _ := convey.Carry(w.context(from), convey.Order{Of: id, To: to, Fidelity: record.Verbatim, Consent: "by phone", Receipt: true})
				w.deliver(from, p)
				continue
			}
		case r.IntN(6) == 0 && !id.IsZero():
			if it, _ := w.desks[from].Get(id); it.By == from && it.Body.Kind() == record.KindMessage {
				m := it.Body.(record.Message)
				m.Text = "rather this"
				e = record.Entry{Corrects: id, Audience: it.Audience, Body: record.Correction{Now: m, Reason: "misheard"}}
			}
		}
		e.ID = w.id()
		if _, err := convey.Write(w.context(from), e); err != nil {
			continue // it speaks of something that the reader was not given
		}
		ids = append(ids, w.write(from, e))
	}
}

func index(names []record.Name, n record.Name) int {
	for i, m := range names {
		if m == n {
			return i
		}
	}
	return -1
}

// end is one desk in a comparison.
type end struct {
	w    *world
	at   record.Name
	peer record.Name
	r    *record.Record
	run  Run
	got  *record.Comparison
	sent []Message
}

func (e *end) context() Context { return Context{e.r, codec, e.peer, e.w.clock} }

var drawn byte

func secrets() Secrets {
	drawn++
	return Secrets{keys.ID{0xaa, drawn}, keys.Hash{0xbb, drawn}, keys.Hash{0xcc, drawn}}
}

// take takes a message in as a desk does.
func (e *end) take(t testing.TB, m Message) {
	t.Helper()
	b, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if m, err = Decode(b); err != nil {
		t.Fatal(err)
	}
	if m.Step == StepAsk {
		e.run, _ = e.run.Asking(m, e.w.clock)
		return
	}
	var got *record.Comparison
	if e.run, got = e.run.Take(e.peer, m, e.w.clock); got != nil {
		e.got = got
	}
}

// advance works off what waits, twice, as after a crash.
func (e *end) advance(t testing.TB) {
	t.Helper()
	before := e.run
	run, out, got, err := before.Advance(e.context())
	again, out2, got2, err2 := before.Advance(e.context())
	if err != nil || err2 != nil || fmt.Sprint(run, out, got) != fmt.Sprint(again, out2, got2) {
		t.Fatalf("doing it again gives something else: %v %v", err, err2)
	}
	e.run = run
	if out != nil {
		e.sent = append(e.sent, *out)
	}
	if got != nil {
		if err := got.Check(); err != nil {
			t.Fatal(err)
		}
		e.got = got
	}
}

func (w *world) ends(asker, asked record.Name) (*end, *end) {
	return &end{w: w, at: asker, peer: asked, r: w.desks[asker]}, &end{w: w, at: asked, peer: asker, r: w.desks[asked]}
}

// begin asks, and answers yes.
func begin(t testing.TB, a, b *end) {
	t.Helper()
	run, m, err := Ask(a.context(), a.r.SentTo(a.peer), Life, secrets())
	if err != nil {
		t.Fatal(err)
	}
	a.run = run
	b.take(t, m)
	if b.run.Phase != Pending {
		t.Fatal("the ask did not arrive", b.run.Phase)
	}
	if b.run, m, err = b.run.Consent(b.context(), b.r.SentTo(b.peer), secrets()); err != nil {
		t.Fatal(err)
	}
	b.sent = append(b.sent, m)
}

// settle carries messages until none is left.
func settle(t testing.TB, a, b *end) {
	t.Helper()
	for range 10 {
		for _, p := range [][2]*end{{a, b}, {b, a}} {
			for len(p[0].sent) > 0 {
				m := p[0].sent[0]
				p[0].sent = p[0].sent[1:]
				p[1].take(t, m)
				p[1].advance(t)
			}
		}
	}
}

// both compares whole, and gives what each enters.
func both(t testing.TB, a, b *end) (record.Comparison, record.Comparison) {
	t.Helper()
	begin(t, a, b)
	settle(t, a, b)
	if a.got == nil || b.got == nil || a.run.Phase != Done || b.run.Phase != Done {
		t.Fatalf("it did not end: %s %s", a.run.Phase, b.run.Phase)
	}
	return *a.got, *b.got
}

// doctored gives a record that says something else than r.
func doctored(t testing.TB, r *record.Record, change func(i int, it *record.Item) bool) *record.Record {
	t.Helper()
	out := record.New(r.Keeper())
	for i, it := range r.Known() {
		if !change(i, &it) {
			continue
		}
		if _, err := out.Add(codec, it); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
