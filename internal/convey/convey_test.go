package convey

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// node is one person's desk without disk and wire.
type node struct {
	t *testing.T
	r *record.Record
	n *uint64
	// clock is in the hands of the test.
	clock *record.Instant
}

type world struct {
	t     *testing.T
	n     uint64
	clock record.Instant
	desks map[record.Name]*node
}

// newWorld gives desks with lines envoy – go-between – official.
func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: 1000, desks: map[record.Name]*node{}}
	for _, n := range []record.Name{"envoy", "go-between", "official", "host"} {
		w.desks[n] = &node{t, record.New(n), &w.n, &w.clock}
	}
	g := w.desks["go-between"]
	g.hand(record.Person{Name: "envoy", Title: "The envoy"}, record.Person{Name: "official", Title: "The official", Of: "movement"},
		record.Party{Name: "power", Title: "The power", Side: "power"}, record.Party{Name: "movement", Title: "The movement", Side: "movement"},
		record.Role{Person: "envoy", Party: "power", As: record.Envoy}, record.Role{Person: "official", Party: "movement", As: record.Envoy},
		record.Rule{PassUnlessMarked: true})
	return w
}

func (d *node) context() Context {
	return Context{Record: d.r, Now: *d.clock, NewID: func() keys.ID {
		*d.n++
		var id keys.ID
		id[0] = 0xee
		binary.BigEndian.PutUint64(id[8:], *d.n)
		return id
	}}
}

func (d *node) hand(bodies ...record.Body) {
	d.t.Helper()
	for _, b := range bodies {
		p, err := Write(d.context(), record.Entry{Body: b})
		if err != nil {
			d.t.Fatal(err)
		}
		d.store(p)
	}
}

func (d *node) store(p Plan) {
	d.t.Helper()
	for _, e := range p.Entries {
		if _, err := d.r.Add(accord.Codec(), record.Item{Entry: e, Known: *d.clock, Came: record.ByHand()}); err != nil {
			d.t.Fatal(err)
		}
	}
}

// deliver stores a plan at from and takes its parcels in at their desks.
func (w *world) deliver(from record.Name, p Plan) {
	w.t.Helper()
	w.clock += 10
	w.desks[from].store(p)
	for _, parcel := range p.Parcels {
		frame, err := parcel.Encode(accord.Codec())
		if err != nil {
			w.t.Fatal(err)
		}
		to := w.desks[parcel.To]
		taken, err := Receive(to.context(), accord.Codec(), from, frame)
		if err != nil || len(taken.Refused) > 0 {
			w.t.Fatalf("%s: %v %v", parcel.To, err, taken.Refused)
		}
		for _, it := range taken.Items {
			if _, err := to.r.Add(accord.Codec(), it); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// write delivers one entry and gives its id.
func (w *world) write(from record.Name, e record.Entry) keys.ID {
	w.t.Helper()
	c := w.desks[from].context()
	e.ID = c.NewID()
	p, err := Write(c, e)
	if err != nil {
		w.t.Fatal(err)
	}
	w.deliver(from, p)
	return e.ID
}

func (w *world) carry(o Order) (Plan, error) { return Carry(w.desks["go-between"].context(), o) }

func message(from, to record.Name, text string) record.Entry {
	return record.Entry{Audience: []record.Name{to}, Body: record.Message{From: from, To: to, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Propose, Text: text, Lang: "en"}}
}

func wantRefused(t *testing.T, err error, id string) {
	t.Helper()
	e, ok := err.(*fault.Error)
	if !ok || e.ID != id {
		t.Fatalf("got %v, want %s", err, id)
	}
}

func TestCarryVerbatimToTheOtherSide(t *testing.T) {
	w := newWorld(t)
	id := w.write("envoy", message("envoy", "go-between", "seventy days"))
	p, err := w.carry(Order{Of: id, To: "official", Fidelity: record.Verbatim, Receipt: true})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	var got record.Seen
	for _, it := range w.desks["official"].r.For("official", record.AsOf{}).Items() {
		if _, ok := it.Body.(record.Message); ok {
			got = it
		}
	}
	m := got.Body.(record.Message)
	if m.Text != "seventy days" || m.From != "envoy" || !slices.Equal(m.Via, []record.Name{"go-between"}) || m.To != "official" || m.Fidelity != record.Verbatim {
		t.Fatalf("%+v", m)
	}
	if got.By != "go-between" || got.SaidBy != "envoy" || got.HeardFrom != "envoy" || got.FirstHand() {
		t.Fatalf("%+v", got.Entry)
	}
	if got.ID == id {
		t.Fatal("the id at the other side tells of the first entry")
	}
	// The envoy learns that it was conveyed, and not the id of what was.
	last := w.desks["envoy"].r.Items()
	c, ok := last[len(last)-1].Body.(record.Conveyance)
	if !ok || c.Of != id || !c.As.IsZero() || c.Step != record.Conveyed || c.To != "official" {
		t.Fatalf("%+v", last[len(last)-1].Body)
	}
}

func TestCarryingInstructions(t *testing.T) {
	consent := "he said so on the telephone"
	for name, c := range map[string]struct {
		carrying record.Carrying
		rule     bool // all passes but what is marked
		order    Order
		want     string // "" for passed
	}{
		"no consent":                  {record.Carrying{}, false, Order{Fidelity: record.Verbatim}, "convey.consent"},
		"consent":                     {record.Carrying{}, false, Order{Fidelity: record.Verbatim, Consent: consent}, ""},
		"the rule lets it pass":       {record.Carrying{}, true, Order{Fidelity: record.Verbatim}, ""},
		"may pass":                    {record.Carrying{Pass: record.PassMay}, false, Order{Fidelity: record.Verbatim}, ""},
		"not, whatever the rule":      {record.Carrying{Pass: record.PassNot}, true, Order{Fidelity: record.Verbatim, Consent: consent}, "convey.not"},
		"verbatim, paraphrased":       {record.Carrying{Pass: record.PassVerbatim}, true, Order{Fidelity: record.Paraphrase, Text: "some days"}, "convey.verbatim"},
		"verbatim, as own view":       {record.Carrying{Pass: record.PassVerbatim}, true, Order{Fidelity: record.OwnView, Text: "some days"}, "convey.verbatim"},
		"verbatim, altered":           {record.Carrying{Pass: record.PassVerbatim}, true, Order{Fidelity: record.Verbatim, Text: "eighty days"}, "convey.altered"},
		"verbatim, translated":        {record.Carrying{Pass: record.PassVerbatim}, true, Order{Fidelity: record.Translation, Text: "soixante-dix jours", Lang: "fr"}, ""},
		"only if asked, unasked":      {record.Carrying{Pass: record.PassIfAsked}, true, Order{Fidelity: record.Verbatim}, "convey.if-asked"},
		"only if asked, asked":        {record.Carrying{Pass: record.PassIfAsked}, true, Order{Fidelity: record.Verbatim, Asked: true}, ""},
		"own idea, named":             {record.Carrying{Pass: record.PassAsOwnIdea}, true, Order{Fidelity: record.Verbatim}, "convey.own-idea"},
		"own idea":                    {record.Carrying{Pass: record.PassAsOwnIdea}, true, Order{Fidelity: record.OwnView}, ""},
		"not before, before":          {record.Carrying{NotBefore: 9000}, true, Order{Fidelity: record.Verbatim}, "convey.not-before"},
		"not before, after":           {record.Carrying{NotBefore: 1010}, true, Order{Fidelity: record.Verbatim}, ""},
		"back to where it came from":  {record.Carrying{}, true, Order{To: "envoy", Fidelity: record.Verbatim}, "convey.back"},
		"to oneself":                  {record.Carrying{}, true, Order{To: "go-between", Fidelity: record.Verbatim}, "convey.back"},
		"a paraphrase without words":  {record.Carrying{}, true, Order{Fidelity: record.Paraphrase}, "convey.words"},
		"a translation of no tongue":  {record.Carrying{}, true, Order{Fidelity: record.Translation, Text: "x"}, "convey.words"},
		"in no known way":             {record.Carrying{}, true, Order{Fidelity: record.Sealed}, "convey.fidelity"},
		"authorised wording, altered": {record.Carrying{Words: "some weeks"}, true, Order{Fidelity: record.Verbatim, Text: "seventy days"}, "convey.altered"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.desks["go-between"].hand(record.Rule{PassUnlessMarked: c.rule})
			e := message("envoy", "go-between", "seventy days")
			e.Carrying = c.carrying
			c.order.Of = w.write("envoy", e)
			if c.order.To == "" {
				c.order.To = "official"
			}
			_, err := w.carry(c.order)
			if c.want == "" && err != nil {
				t.Fatal(err)
			}
			if c.want != "" {
				wantRefused(t, err, c.want)
			}
		})
	}
}

func TestOnlyTheAuthorisedWordingPasses(t *testing.T) {
	w := newWorld(t)
	e := message("envoy", "go-between", "between us: seventy days, perhaps ninety")
	e.Carrying = record.Carrying{Words: "a longer period than before"}
	p, err := w.carry(Order{Of: w.write("envoy", e), To: "official", Fidelity: record.Verbatim})
	if err != nil {
		t.Fatal(err)
	}
	frame, _ := p.Parcels[0].Encode(accord.Codec())
	if bytes.Contains(frame, []byte("seventy")) || bytes.Contains(frame, []byte("between us")) || !bytes.Contains(frame, []byte("a longer period")) {
		t.Fatal("more passes than the authorised wording")
	}
}

// What is carried as the go-between's own idea bears no trace of its author.
func TestOwnIdeaLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	e := message("envoy", "go-between", "what about seventy days")
	e.Carrying.Pass = record.PassAsOwnIdea
	id := w.write("envoy", e)
	p, err := w.carry(Order{Of: id, To: "official", Fidelity: record.OwnView})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Parcels) != 1 || p.Parcels[0].To != "official" {
		t.Fatalf("%+v", p.Parcels)
	}
	frame, _ := p.Parcels[0].Encode(accord.Codec())
	for _, trace := range [][]byte{[]byte("envoy"), []byte("power"), id[:]} {
		if bytes.Contains(frame, trace) {
			t.Errorf("the parcel contains %q", trace)
		}
	}
	m := p.Parcels[0].Entries[0].Body.(record.Message)
	if m.From != "go-between" || m.Fidelity != record.OwnView || len(m.Via) != 0 {
		t.Fatalf("%+v", m)
	}
}

func TestParaphraseCarriedWordForWordStaysOne(t *testing.T) {
	w := newWorld(t)
	e := message("envoy", "go-between", "roughly seventy")
	m := e.Body.(record.Message)
	m.Fidelity = record.Paraphrase
	e.Body = m
	p, err := w.carry(Order{Of: w.write("envoy", e), To: "official", Fidelity: record.Verbatim})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Parcels[0].Entries[0].Body.(record.Message).Fidelity; got != record.Paraphrase {
		t.Fatalf("it became %s", got)
	}
}

func truce(version int, days int64) (accord.Term, accord.Package) {
	a := accord.Term{Name: "ceasefire", Version: version, Sort: accord.Obligation, Debtor: "power", Action: "hostilities cease", Period: accord.Range{Min: days, Max: days, Unit: "days"}, Salt: keys.ID{1}}
	return a, accord.Package{Name: "truce", Version: version, Terms: []accord.TermRef{a.Ref()}, Needs: []record.Name{"movement", "power"}, Salt: keys.ID{2}}
}

func (w *world) propose(from, party record.Name, version int, days int64) record.Ref {
	w.t.Helper()
	a, p := truce(version, days)
	to := []record.Name{"go-between"}
	plan, err := Write(w.desks[from].context(), record.Entry{Audience: to, Body: a}, record.Entry{Audience: to, Body: p},
		record.Entry{Audience: to, Body: accord.Act{Party: party, Position: accord.Proposed, On: p.Ref()}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.deliver(from, plan)
	return p.Ref()
}

// TestLaw1_RivalAcceptanceIsNotCarried: two sides must not be brought to agree
// to different texts.
func TestLaw1_RivalAcceptanceIsNotCarried(t *testing.T) {
	w := newWorld(t)
	a := w.propose("envoy", "power", 1, 60)
	b := w.propose("official", "movement", 1, 70)
	accept := func(ref record.Ref) keys.ID {
		return w.write("official", record.Entry{Audience: []record.Name{"go-between"}, Body: accord.Act{Party: "movement", Position: accord.Accepted, On: ref}})
	}
	rival, own := accept(b), accept(a)
	_, err := w.carry(Order{Of: rival, To: "envoy"})
	wantRefused(t, err, "convey.rival")
	if fault.HintOf(err) == "" || !strings.Contains(err.Error(), "never put forward") {
		t.Fatalf("%v", err)
	}
	p, err := w.carry(Order{Of: own, To: "envoy"})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	// At the envoy's desk it rests on the go-between's report.
	envoy := w.desks["envoy"]
	envoy.hand(record.Role{Person: "official", Party: "movement", As: record.Envoy})
	s := accord.Read(envoy.r.For("envoy", record.AsOf{}), w.clock).Stance("movement", a.Hash)
	if s.Position != accord.Accepted || s.Rests != accord.OnReport || s.By != "go-between" {
		t.Fatalf("%+v", s)
	}
	// The text itself may be carried, as a counter-proposal.
	for _, it := range w.desks["go-between"].r.Known() {
		if pk, ok := it.Body.(accord.Package); ok && pk.Hash() == b.Hash {
			if _, err := w.carry(Order{Of: it.ID, To: "envoy"}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Nobody can answer a text that he does not have.
func TestActIsCarriedWithItsText(t *testing.T) {
	w := newWorld(t)
	w.propose("envoy", "power", 1, 60)
	var of keys.ID
	for _, it := range w.desks["go-between"].r.Known() {
		if it.Body.Kind() == accord.KindAct {
			of = it.ID
		}
	}
	p, err := w.carry(Order{Of: of, To: "official"})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	l := accord.Read(w.desks["official"].r.For("official", record.AsOf{}), w.clock)
	if len(l.Packages()) != 1 || len(l.Terms()) != 1 || len(l.Acts()) != 1 {
		t.Fatalf("%d packages, %d terms, %d acts", len(l.Packages()), len(l.Terms()), len(l.Acts()))
	}
	p, err = w.carry(Order{Of: of, To: "official"})
	if err != nil || len(p.Parcels[0].Entries) != 1 {
		t.Fatalf("the text goes twice: %v %d", err, len(p.Parcels[0].Entries))
	}
}

// TestPrivateKindsNeverTravel is [REC-9].
func TestPrivateKindsNeverTravel(t *testing.T) {
	w := newWorld(t)
	id := w.write("go-between", record.Entry{Body: record.Note{Text: "secret"}})
	private := []record.Body{
		record.Note{Text: "x"}, record.Rule{}, record.Instruction{Holder: "envoy", Text: "x"}, record.Role{Person: "a", Party: "b", As: record.Envoy},
		record.TimeZone{Of: "power", Zone: "Asia/Qatar"}, record.Correction{Now: record.Note{Text: "rather"}},
	}
	for _, b := range private {
		e := record.Entry{Audience: []record.Name{"envoy"}, Body: b}
		if b.Kind() == record.KindCorrection {
			e.Corrects = id
		}
		_, err := Write(w.desks["go-between"].context(), e)
		wantRefused(t, err, "convey.private")
		// And one that arrives all the same is left out.
		e.ID, e.At, e.Audience = keys.ID{7, 7}, 1, nil
		frame := rawFrame(t, 1, e)
		taken, err := Receive(w.desks["go-between"].context(), accord.Codec(), "envoy", frame)
		if err != nil || len(taken.Items) != 0 || len(taken.Refused) != 1 {
			t.Fatalf("%s: %v %+v", b.Kind(), err, taken)
		}
	}
	_, err := w.carry(Order{Of: id, To: "envoy", Fidelity: record.Verbatim})
	wantRefused(t, err, "convey.private")
}

func rawFrame(t testing.TB, first uint64, entries ...record.Entry) []byte {
	w := parcelWire{Version: parcelVersion, First: first}
	for _, e := range entries {
		raw, err := accord.Codec().Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		w.Entries = append(w.Entries, raw)
	}
	return wire.MustEncode(w)
}

func TestStoppedChannel(t *testing.T) {
	w := newWorld(t)
	id := w.write("envoy", message("envoy", "go-between", "x"))
	g := w.desks["go-between"]
	frame := rawFrame(t, 9, record.Entry{ID: keys.ID{9}, At: 1, Critical: true, Body: record.Unknown{Of: "oath", Raw: wire.MustEncode(1)}})
	taken, err := Receive(g.context(), accord.Codec(), "envoy", frame)
	if err != nil || len(taken.Items) != 1 {
		t.Fatal(err, taken)
	}
	if _, err := g.r.Add(accord.Codec(), taken.Items[0]); err != nil {
		t.Fatal(err)
	}
	_, err = w.carry(Order{Of: id, To: "official", Fidelity: record.Verbatim})
	wantRefused(t, err, "record.critical")
	_, err = Write(g.context(), record.Entry{Body: record.Note{Text: "x"}})
	wantRefused(t, err, "record.critical")
}

// TestReceiveHostileFrames is [REC-6] and [REC-11].
func TestReceiveHostileFrames(t *testing.T) {
	w := newWorld(t)
	g := w.desks["go-between"]
	ok := message("official", "go-between", "x")
	ok.ID, ok.At, ok.Audience = keys.ID{1}, 1, nil
	many := slices.Repeat([]record.Entry{ok}, wire.MaxPacket+1)
	for name, c := range map[string]struct {
		frame []byte
		want  fault.Kind
	}{
		"empty":            {nil, fault.Malformed},
		"not CBOR":         {[]byte("hello"), fault.Malformed},
		"another version":  {wire.MustEncode(parcelWire{Version: 2, First: 1, Entries: []wire.Raw{{0x01}}}), fault.Malformed},
		"number nought":    {rawFrame(t, 0, ok), fault.Malformed},
		"no entries":       {rawFrame(t, 1), fault.Malformed},
		"too many entries": {rawFrame(t, 1, many...), fault.Limit},
		"too long":         {make([]byte, wire.MaxFrame+1), fault.Limit},
	} {
		if _, err := Receive(g.context(), accord.Codec(), "envoy", c.frame); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The author is whoever is at the other end of the line, whatever it says.
	forged := ok
	forged.By, forged.Audience = "official", []record.Name{"host"}
	taken, err := Receive(g.context(), accord.Codec(), "envoy", rawFrame(t, 4, forged, ok))
	if err != nil || len(taken.Items) != 1 || len(taken.Refused) != 1 {
		t.Fatal(err, taken)
	}
	it := taken.Items[0]
	if it.By != "envoy" || it.Came.Over() != "envoy" || it.Came.Number() != 4 || len(it.Audience) != 0 || it.Known != w.clock {
		t.Fatalf("%+v", it)
	}
}

// Taking in the same frames again, in any order, brings nothing new, and nobody
// can put another entry in the place of one.
func TestReceiveTwiceBringsNothing(t *testing.T) {
	w := newWorld(t)
	w.write("envoy", message("envoy", "go-between", "x"))
	g, sent := w.desks["go-between"], w.desks["envoy"].r.At(0).Entry
	for peer, want := range map[record.Name]int{"envoy": 0, "official": 1} {
		taken, err := Receive(g.context(), accord.Codec(), peer, rawFrame(t, 1, sent))
		if err != nil || len(taken.Items) != 0 || len(taken.Refused) != want {
			t.Errorf("%s: %v %+v", peer, err, taken)
		}
	}
}

func FuzzReceive(f *testing.F) {
	a, p := truce(1, 60)
	base := message("envoy", "go-between", "x")
	base.ID, base.At, base.Audience = keys.ID{1}, 1, nil
	for _, b := range []record.Body{base.Body, a, p, accord.NothingOwed{Party: "ally"}, record.Role{Person: "a", Party: "b", As: record.Envoy}, record.Unknown{Of: "x", Raw: wire.MustEncode(1)}} {
		base.Body = b
		f.Add(rawFrame(f, 1, base))
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		w := newWorld(t)
		g := w.desks["go-between"]
		taken, err := Receive(g.context(), accord.Codec(), "envoy", frame)
		if err != nil {
			return
		}
		for _, it := range taken.Items {
			if it.By != "envoy" || it.Came.Over() != "envoy" || record.IsPrivate(it.Body) {
				t.Fatalf("%+v", it)
			}
			if _, err := g.r.Add(accord.Codec(), it); err != nil {
				t.Fatalf("taken in, and refused by the record: %v", err)
			}
		}
		l := accord.Read(g.r.For("go-between", record.AsOf{}), w.clock)
		for _, pk := range l.Packages() {
			if s := l.Stance("movement", pk.Hash); s.Own() {
				t.Fatal("the envoy acted for the movement")
			}
		}
		if _, err := Write(g.context(), message("go-between", "official", "y")); err != nil && g.r.Stopped() == nil {
			t.Fatal(err)
		}
	})
}

func TestLaw5_NumbersRunPerLine(t *testing.T) {
	w := newWorld(t)
	for range 3 {
		w.write("go-between", message("go-between", "envoy", "x"))
	}
	w.write("go-between", message("go-between", "official", "y"))
	first := func(reader record.Name) uint64 {
		for _, it := range w.desks[reader].r.Known() {
			if it.Body.Kind() == record.KindMessage {
				return it.Came.Number()
			}
		}
		return 0
	}
	if got := first("official"); got != 1 {
		t.Fatalf("the official's first message is number %d", got)
	}
	for _, n := range []record.Name{"envoy", "official"} {
		if _, _, missing := Gap(w.desks[n].r, "go-between"); missing {
			t.Errorf("%s sees a gap", n)
		}
	}
}

func TestGap(t *testing.T) {
	r := record.New("go-between")
	for _, n := range []uint64{1, 2, 5, 9} {
		e := message("envoy", "go-between", "x")
		e.ID, e.By, e.At = keys.ID{byte(n)}, "envoy", 1
		if _, err := r.Add(accord.Codec(), record.Item{Entry: e, Known: 1, Came: record.OverLine("envoy", n)}); err != nil {
			t.Fatal(err)
		}
	}
	if a, b, missing := Gap(r, "envoy"); !missing || a != 3 || b != 8 {
		t.Fatal(a, b, missing)
	}
	if _, _, missing := Gap(r, "official"); missing {
		t.Fatal("a gap where nothing came")
	}
}

// TestLaw5_ParcelsHoldNothingElse: two go-between's records that differ only in
// what the official was not given send him the same bytes.
func TestLaw5_ParcelsHoldNothingElse(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		secrets := rapid.IntRange(0, 5).Draw(rt, "secrets")
		answer := rapid.Bool().Draw(rt, "answers a secret")
		frames := func(n int) []byte {
			w := newWorld(t)
			g := w.desks["go-between"]
			var secret []keys.ID
			for i := range n {
				e := message("envoy", "go-between", strings.Repeat("s", i+1))
				secret = append(secret, w.write("envoy", e))
				secret = append(secret, w.write("go-between", message("go-between", "envoy", "received")))
				secret = append(secret, w.write("go-between", record.Entry{Body: record.Note{Text: "secret"}}))
			}
			w.n, w.clock = 1<<20, 1<<20 // ids and time are no secret here
			e := message("go-between", "official", "good morning")
			e.Audience = append(e.Audience, "envoy")
			if n > 0 {
				e.Together = secret
				e.About = []record.Ref{{Entry: secret[0]}}
				if answer {
					e.Answers = secret[0]
				}
			}
			p, err := Write(g.context(), e)
			if err != nil {
				rt.Fatal(err)
			}
			for _, parcel := range p.Parcels {
				if parcel.To == "official" {
					b, err := parcel.Encode(accord.Codec())
					if err != nil {
						rt.Fatal(err)
					}
					return b
				}
			}
			rt.Fatal("no parcel")
			return nil
		}
		if !bytes.Equal(frames(secrets), frames(0)) {
			rt.Fatal("the parcel tells of what the official was not given")
		}
	})
}

// What a recipient was sent is what the sender's projection says he was given.
func TestLaw5_ProjectionIsWhatWasSent(t *testing.T) {
	w := newWorld(t)
	id := w.write("envoy", message("envoy", "go-between", "x"))
	p, err := w.carry(Order{Of: id, To: "official", Fidelity: record.Verbatim, Receipt: true})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	for _, reader := range []record.Name{"envoy", "official"} {
		var sent, got []record.Entry
		for _, it := range w.desks["go-between"].r.For(reader, record.AsOf{}).Items() {
			if it.By == "go-between" {
				sent = append(sent, it.Entry)
			}
		}
		for _, it := range w.desks[reader].r.For(reader, record.AsOf{}).Items() {
			if it.By == "go-between" {
				got = append(got, it.Entry)
			}
		}
		if !reflect.DeepEqual(sent, got) {
			t.Errorf("%s: sent %+v\ngot %+v", reader, sent, got)
		}
	}
}

func TestIntroductions(t *testing.T) {
	w := newWorld(t)
	e := message("go-between", "envoy", "x")
	m := e.Body.(record.Message)
	m.Via = []record.Name{"official"}
	e.Body = m
	w.write("go-between", e)
	met := map[record.Name]int{}
	for _, it := range w.desks["envoy"].r.Known() {
		switch b := it.Body.(type) {
		case record.Person:
			met[b.Name]++
		case record.Party:
			met[b.Name]++
			if b.Side != "" {
				t.Error("the side is the keeper's own reading")
			}
		}
	}
	if !reflect.DeepEqual(met, map[record.Name]int{"official": 1, "movement": 1}) {
		t.Fatalf("met %v", met)
	}
	w.write("go-between", e)
	if n := w.desks["go-between"].r.SentTo("envoy"); n != 4 {
		t.Fatalf("%d entries went to the envoy, want two messages and two introductions", n)
	}
}

func TestWriteRefusesWhatCannotBeReadAgain(t *testing.T) {
	w := newWorld(t)
	c := w.desks["go-between"].context()
	big := strings.Repeat("x", wire.MaxText)
	for name, e := range map[string]record.Entry{
		"too long together":   {Body: record.Message{From: "envoy", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Ask, Text: big, Source: big, Authority: big}},
		"unit not UTF-8":      {Body: accord.Term{Name: "a", Version: 1, Sort: accord.Obligation, Action: "x", Salt: keys.ID{1}, Period: accord.Range{Min: 1, Max: 1, Unit: "\xff"}}},
		"language not UTF-8":  {Body: record.Message{From: "envoy", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Ask, Lang: "\xff"}},
		"to oneself":          {Audience: []record.Name{"go-between"}, Body: record.Open{}},
		"nothing":             {},
		"of what is withheld": {Audience: []record.Name{"official"}, Body: record.ReadBack{Of: keys.ID{5}, By: "official", OK: true}},
	} {
		if _, err := Write(c, e); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// Acts count in order, even on a clock that stands still.
func TestActsAreOrderedOnAStandingClock(t *testing.T) {
	w := newWorld(t)
	ref := w.propose("envoy", "power", 1, 60)
	d := w.desks["envoy"]
	d.hand(record.Role{Person: "envoy", Party: "power", As: record.Principal})
	at := w.clock
	for _, p := range []accord.Position{accord.Rejected, accord.Floated, accord.Withdrawn, accord.Proposed, accord.Accepted} {
		d.hand(accord.Act{Party: "power", Position: p, On: ref})
		if s := accord.Read(d.r.For("envoy", record.AsOf{}), at+100).Stance("power", ref.Hash); s.Position != p {
			t.Fatalf("stands at %s after %s", s.Position, p)
		}
	}
	p, err := Write(d.context(), record.Entry{Body: accord.Act{Party: "power", Position: accord.Rejected, On: ref}}, record.Entry{Body: accord.Act{Party: "power", Position: accord.Accepted, On: ref}})
	if err != nil || p.Entries[1].At <= p.Entries[0].At {
		t.Fatal(err, p.Entries)
	}
}

// What somebody said on the telephone is his, although the keeper typed it.
func TestHandEntriesNeedConsentToo(t *testing.T) {
	w := newWorld(t)
	w.desks["go-between"].hand(record.Rule{}) // nothing passes without consent
	log := func(e record.Entry) keys.ID {
		e.ID = w.desks["go-between"].context().NewID()
		p, err := Write(w.desks["go-between"].context(), e)
		if err != nil {
			t.Fatal(err)
		}
		w.desks["go-between"].store(p)
		return e.ID
	}
	heard := log(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: message("envoy", "go-between", "between us").Body})
	_, err := w.carry(Order{Of: heard, To: "official", Fidelity: record.Verbatim})
	wantRefused(t, err, "convey.consent")
	if _, err := w.carry(Order{Of: heard, To: "official", Fidelity: record.Verbatim, Consent: "he said: tell them"}); err != nil {
		t.Fatal(err)
	}
	own := log(record.Entry{Body: message("go-between", "official", "my own thought").Body})
	if _, err := w.carry(Order{Of: own, To: "official", Fidelity: record.Verbatim}); err != nil {
		t.Fatal("the keeper's own words:", err)
	}
}
