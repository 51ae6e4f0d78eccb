package record

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

func id(n uint64) keys.ID {
	var i keys.ID
	i[0] = 0xee
	binary.BigEndian.PutUint64(i[8:], n)
	return i
}

func say(n uint64, by Name, at Instant, text string) Entry {
	return Entry{ID: id(n), By: by, At: at, Body: Message{From: by, To: "go-between", Form: Text, Fidelity: Verbatim, SpeechAct: Inform, Text: text}}
}

func mustAdd(t interface{ Fatal(...any) }, r *Record, it Item) {
	if _, err := r.Add(NewCodec(), it); err != nil {
		t.Fatal(err)
	}
}

// fullEntry has a value in every field.
func fullEntry() Entry {
	return Entry{
		ID: id(1), Critical: true, By: "envoy", At: 2000, SaidBy: "principal", HeardFrom: "adviser", Said: Interval{1000, 1500, "+03:00"},
		Corrects: id(2), Answers: id(3), Together: []keys.ID{id(4), id(5)},
		About:    []Ref{{Entry: id(6)}, {Name: "truce", Version: 2, Hash: keys.Hash{7}}},
		Audience: []Name{"go-between", "official"}, Carrying: Carrying{PassVerbatim, 3000, "exactly this"},
		Evidence: []Evidence{{SignedPaper, "in the safe"}, {Recollected, ""}},
		Body: Message{
			From: "envoy", Via: []Name{"adviser"}, To: "go-between", Form: Call, Fidelity: Paraphrase, Attribution: NonPaper, SpeechAct: Propose,
			Authority: "the principal", Text: "text", Lang: "en", Source: "texte", SourceLang: "fr", Translator: "adviser", Draft: 3, Denies: id(8),
		},
	}
}

func bodies() []Body {
	return []Body{
		fullEntry().Body,
		Person{"envoy", "The envoy", "power", "en", "Envoy"}, Party{"ally", "The ally", "power", true}, Role{"envoy", "power", Envoy},
		Credential{"envoy", "power", "principal", []Mandate{MaySpeak, MayBind}, []Name{"truce"}, 9000, "a letter"},
		Instruction{"envoy", "not below 45 days"}, Rule{true}, Rule{false}, Approach{"official", "envoy", []Name{"go-between"}, Call, "please"},
		Open{"open"}, Open{}, Close{"closed"}, Conveyance{id(2), id(3), "official", Conveyed, Translation, Meeting, "note"},
		ReadBack{id(2), "official", true, ""}, ReadBack{id(2), "official", false, "no"}, Note{"private"},
		Comparison{"envoy", id(4), CompareDone, Numbers{1, 9}, Numbers{}, []Finding{{true, Numbers{3, 4}, Differs, []keys.ID{id(2)}}}, 2, true},
		TimeZone{"ally", "Asia/Qatar", "Doha"}, TimeZone{Of: "ally"},
		Correction{Now: Note{"rather this"}, Reason: "misheard"}, Correction{Now: fullEntry().Body, Reason: ""},
		Correction{Now: Withdrawn{KindMessage}, Reason: "of another talk"},
		PersonStatus{"colonel", Held, Interval{From: 2000, To: 3000, Zone: "+03:00"}, "in the south"},
		ProofOfLife{"colonel", "family", "the dog's name?", "Rex", Moment(4000), "", "", "on tape"}, ProofOfLife{"colonel", "", "", "", Interval{}, "family", Doubtful, ""},
		Unknown{"sign", wire.MustEncode(map[int]string{1: "x"})}, Correction{Now: Unknown{"sign", wire.MustEncode(7)}, Reason: "x"},
	}
}

func TestCodecRoundTrip(t *testing.T) {
	codec := NewCodec()
	for _, b := range bodies() {
		e := fullEntry()
		e.Body = b
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Decode(raw)
		if err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%s: %v\n%+v\n%+v", b.Kind(), err, back, e)
		}
		it := Item{e, 4000, OverLine("envoy", 12)}
		stored, err := codec.EncodeItem(it)
		if err != nil {
			t.Fatal(err)
		}
		again, err := codec.DecodeItem(stored)
		if err != nil || !reflect.DeepEqual(again, it) {
			t.Errorf("%s: %v\n%+v\n%+v", b.Kind(), err, again, it)
		}
	}
}

// Every field of the envelope must reach the other end.
func TestEveryFieldOfTheEnvelopeIsEncoded(t *testing.T) {
	codec := NewCodec()
	base := fullEntry()
	was, _ := codec.Encode(base)
	v := reflect.ValueOf(base)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if name == "Body" || name == "ID" {
			continue
		}
		e := reflect.New(v.Type()).Elem()
		e.Set(v)
		e.Field(i).SetZero()
		raw, err := codec.Encode(e.Interface().(Entry))
		if err != nil || bytes.Equal(raw, was) {
			t.Errorf("%s is not encoded: %v", name, err)
		}
	}
}

func TestCodecRefuses(t *testing.T) {
	codec := NewCodec()
	good, _ := codec.Encode(say(1, "envoy", 10, "x"))
	inner := wire.MustEncode(correctionWire{Kind: KindCorrection, Now: wire.MustEncode(correctionWire{Kind: KindNote, Now: wire.MustEncode(Note{"x"})})})
	encode := func(k Kind, body wire.Raw) []byte {
		return wire.MustEncode(entryWire{ID: id(1), Kind: k, At: 1, Body: body})
	}
	for name, bad := range map[string][]byte{
		"empty":                      {},
		"cut":                        good[:len(good)-1],
		"trailing":                   append(bytes.Clone(good), 0),
		"no kind":                    encode("", wire.MustEncode(1)),
		"kind too long":              encode(Kind(bytes.Repeat([]byte("k"), wire.MaxName+1)), wire.MustEncode(1)),
		"another kind's body":        encode(KindNote, wire.MustEncode(Rule{true})),
		"unknown field in a body":    encode(KindNote, wire.MustEncode(map[int]any{1: "x", 9: "y"})),
		"correction in a correction": encode(KindCorrection, inner),
	} {
		if _, err := codec.Decode(bad); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := codec.Decode(make([]byte, wire.MaxEntry+1)); !fault.Is(err, fault.Limit) {
		t.Errorf("too long: %v", err)
	}
	if _, err := codec.Encode(Entry{ID: id(1)}); !fault.Is(err, fault.Malformed) {
		t.Errorf("no body: %v", err)
	}
}

// TestUnknownKinds is [REC-7].
func TestUnknownKinds(t *testing.T) {
	r := New("go-between")
	mustAdd(t, r, Item{say(1, "envoy", 10, "x"), 10, OverLine("envoy", 1)})
	harmless := Entry{ID: id(2), By: "envoy", At: 11, Body: Unknown{"sign", wire.MustEncode(1)}}
	mustAdd(t, r, Item{harmless, 11, OverLine("envoy", 2)})
	if err := r.Stopped(); err != nil {
		t.Fatalf("a harmless unknown kind stopped the channel: %v", err)
	}
	critical := Entry{ID: id(3), Critical: true, By: "envoy", At: 12, Body: Unknown{"oath", wire.MustEncode(1)}}
	mustAdd(t, r, Item{critical, 12, OverLine("envoy", 3)})
	if err := r.Stopped(); !fault.Is(err, fault.Refused) {
		t.Fatalf("a critical unknown kind did not stop the channel: %v", err)
	}
	if got := len(r.For("go-between", AsOf{}).Items()); got != 3 {
		t.Fatalf("%d entries are shown, want all 3", got)
	}
	if r.Clone().Stopped() == nil {
		t.Fatal("the clone is not stopped")
	}
}

// TestLaw8_NothingIsRewritten is [REC-8].
func TestLaw8_NothingIsRewritten(t *testing.T) {
	r := New("go-between")
	it := Item{say(1, "envoy", 10, "yes"), 10, OverLine("envoy", 1)}
	mustAdd(t, r, it)
	if fresh, err := r.Add(NewCodec(), it); fresh || err != nil {
		t.Fatalf("the same entry again: %v %v", fresh, err)
	}
	it.Body = say(1, "envoy", 10, "no").Body
	if _, err := r.Add(NewCodec(), it); !fault.Is(err, fault.Refused) {
		t.Fatalf("another text under the same id: %v", err)
	}
	if got := r.For("go-between", AsOf{}).Items()[0].Body.(Message).Text; got != "yes" {
		t.Fatalf("it now says %q", got)
	}
}

func text(t *testing.T, p *Projection, n uint64) string {
	t.Helper()
	s, ok := p.Get(id(n))
	if !ok {
		return ""
	}
	return s.Body.(Message).Text
}

// TestLaw8_CorrectionOnBothClocks is question O4: on the day of publication we
// still showed the first text.
//
// It is [REC-16].
func TestLaw8_CorrectionOnBothClocks(t *testing.T) {
	r := New("go-between")
	first := say(1, "go-between", 100, "the conflict is over")
	mustAdd(t, r, Item{first, 100, ByHand()})
	fix := Entry{ID: id(2), By: "go-between", At: 300, Corrects: id(1), Body: Correction{Now: say(0, "go-between", 0, "the conflict may end").Body, Reason: "misheard"}}
	mustAdd(t, r, Item{fix, 300, ByHand()})
	for name, c := range map[string]struct {
		asOf  AsOf
		want  string
		count int
	}{
		"now":                      {AsOf{}, "the conflict may end", 2},
		"as it stood then":         {AsOf{Stood: 150}, "the conflict may end", 2},
		"as we knew then":          {AsOf{Knew: 150}, "the conflict is over", 1},
		"both, then":               {AsOf{Stood: 150, Knew: 150}, "the conflict is over", 1},
		"before anything was said": {AsOf{Stood: 50}, "", 0},
		"before anything we knew":  {AsOf{Knew: 50}, "", 0},
	} {
		p := r.For("go-between", c.asOf)
		if got := text(t, p, 1); got != c.want || len(p.Items()) != c.count {
			t.Errorf("%s: %q and %d entries, want %q and %d", name, got, len(p.Items()), c.want, c.count)
		}
	}
	s, _ := r.For("go-between", AsOf{}).Get(id(1))
	if s.CorrectedBy != id(2) || s.First.(Message).Text != "the conflict is over" {
		t.Fatalf("the first wording is not kept: %+v", s)
	}
}

func TestLaw8_OthersCorrectionsStandBeside(t *testing.T) {
	r := New("go-between")
	mustAdd(t, r, Item{say(1, "envoy", 100, "yes"), 100, OverLine("envoy", 1)})
	for n, by := range map[uint64]Name{2: "go-between", 3: "official"} {
		came := ByHand()
		if by == "official" {
			came = OverLine("official", 1)
		}
		mustAdd(t, r, Item{Entry{ID: id(n), By: by, At: 200, Corrects: id(1), Body: Correction{Now: say(0, "envoy", 0, "no").Body, Reason: ""}}, 200, came})
	}
	// A correction into another kind is no correction either.
	mustAdd(t, r, Item{Entry{ID: id(4), By: "envoy", At: 200, Corrects: id(1), Body: Correction{Now: Open{}, Reason: ""}}, 200, OverLine("envoy", 2)})
	p := r.For("go-between", AsOf{})
	if got := text(t, p, 1); got != "yes" || len(p.Items()) != 4 {
		t.Fatalf("%q, %d entries", got, len(p.Items()))
	}
}

// TestTwoClocksDiffer is [REC-14].
func TestTwoClocksDiffer(t *testing.T) {
	r := New("go-between")
	late := say(1, "go-between", 500, "said early, logged late")
	late.Said = Interval{From: 50, To: 100, Zone: "+03:00"}
	mustAdd(t, r, Item{late, 500, ByHand()})
	has := func(a AsOf) bool { return len(r.For("go-between", a).Items()) == 1 }
	if !has(AsOf{Stood: 100}) || has(AsOf{Stood: 99}) || has(AsOf{Knew: 499}) || !has(AsOf{Knew: 500}) || has(AsOf{Stood: 100, Knew: 400}) {
		t.Fatal("the clocks are mixed up")
	}
}

func TestFind(t *testing.T) {
	r := New("go-between")
	mustAdd(t, r, Item{say(1, "envoy", 1, "x"), 1, ByHand()})
	mustAdd(t, r, Item{say(2, "envoy", 1, "x"), 1, ByHand()})
	if got, err := r.Find(id(2).String()); err != nil || got != id(2) {
		t.Fatal(got, err)
	}
	for prefix, want := range map[string]fault.Kind{"ee": fault.Malformed, "ee00": fault.Malformed, "ffff": fault.NotFound, "": fault.Malformed} {
		if _, err := r.Find(prefix); !fault.Is(err, want) {
			t.Errorf("%q: %v", prefix, err)
		}
	}
}

func TestChecks(t *testing.T) {
	for name, change := range map[string]func(*Entry){
		"no id":               func(e *Entry) { e.ID = keys.ID{} },
		"no time":             func(e *Entry) { e.At = 0 },
		"no author":           func(e *Entry) { e.By = "" },
		"no body":             func(e *Entry) { e.Body = nil },
		"interval turned":     func(e *Entry) { e.Said = Interval{From: 2, To: 1} },
		"name with capitals":  func(e *Entry) { e.SaidBy = "Envoy" },
		"hyphen at the end":   func(e *Entry) { e.HeardFrom = "envoy-" },
		"reference to naught": func(e *Entry) { e.About = []Ref{{}} },
		"too many readers":    func(e *Entry) { e.Audience = slices.Repeat([]Name{"a"}, maxAudience+1) },
		"too many references": func(e *Entry) { e.About = slices.Repeat([]Ref{{Name: "a"}}, maxAbout+1) },
		"text too long":       func(e *Entry) { e.Body = Note{string(make([]byte, wire.MaxText+1))} },
		"text not UTF-8":      func(e *Entry) { e.Body = Note{"\xff"} },
		"unknown form":        func(e *Entry) { e.Body = Approach{Asker: "a", To: "b", Form: "pigeon"} },
		"unknown step":        func(e *Entry) { e.Body = Conveyance{Of: id(1), To: "a", Step: "thrown"} },
		"read-back of naught": func(e *Entry) { e.Body = ReadBack{By: "a", OK: true} },
		"role of nobody":      func(e *Entry) { e.Body = Role{Person: "a", As: Envoy} },
		"too many hops": func(e *Entry) {
			m := fullEntry().Body.(Message)
			m.Via = slices.Repeat([]Name{"a"}, maxHops+1)
			e.Body = m
		},
	} {
		e := fullEntry()
		change(&e)
		if err := e.Check(); !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Limit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e := fullEntry()
	e.Audience = slices.Repeat([]Name{"a"}, maxAudience)
	e.Body = Note{string(bytes.Repeat([]byte("x"), wire.MaxText))}
	if err := e.Check(); err != nil {
		t.Errorf("at the bounds: %v", err)
	}
}

// FuzzDecode: whatever is accepted encodes to the same bytes again.
func FuzzDecode(f *testing.F) {
	codec := NewCodec()
	for _, b := range bodies() {
		e := fullEntry()
		e.Body = b
		raw, err := codec.Encode(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := codec.Decode(b)
		if err != nil {
			return
		}
		again, err := codec.Encode(e)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("accepted bytes that encode otherwise: %v", err)
		}
		e.By = "envoy"
		_ = e.Check()
	})
}

// TestProjectionDoesNotDependOnArrival is [REC-12].
func TestProjectionDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := randomItems(rt, "go-between", 12)
		a, b := New("go-between"), New("go-between")
		for _, it := range items {
			mustAdd(rt, a, it)
		}
		for _, it := range rapid.Permutation(items).Draw(rt, "order") {
			mustAdd(rt, b, it)
		}
		asOf := AsOf{Stood: Instant(rapid.IntRange(0, 60).Draw(rt, "stood")), Knew: Instant(rapid.IntRange(0, 60).Draw(rt, "knew"))}
		for _, reader := range []Name{"go-between", "envoy", "official"} {
			if !bytes.Equal(dump(a.For(reader, asOf)), dump(b.For(reader, asOf))) {
				rt.Fatalf("%s sees another record in another order of arrival", reader)
			}
			if a.SentTo(reader) != b.SentTo(reader) {
				rt.Fatal("numbers depend on the order of arrival")
			}
		}
	})
}

// TestLaw8_KnewIsNotChangedByLaterEntries is [REC-15].
func TestLaw8_KnewIsNotChangedByLaterEntries(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		items := randomItems(rt, "go-between", 12)
		knew := Instant(rapid.IntRange(1, 60).Draw(rt, "knew"))
		then, now := New("go-between"), New("go-between")
		for _, it := range items {
			mustAdd(rt, now, it)
			if it.Known <= knew {
				mustAdd(rt, then, it)
			}
		}
		for _, reader := range []Name{"go-between", "envoy", "official"} {
			if !bytes.Equal(dump(then.For(reader, AsOf{Knew: knew})), dump(now.For(reader, AsOf{Knew: knew}))) {
				rt.Fatalf("what was logged later changed what %s could know", reader)
			}
		}
	})
}

// TestLaw5_TwoRecordsThatDifferInWhatAReaderWasNotGiven: they are the same to
// him, byte by byte.
//
// It is [REC-13].
func TestLaw5_TwoRecordsThatDifferInWhatAReaderWasNotGiven(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := New("go-between"), New("go-between")
		given := map[keys.ID]bool{}
		items := randomItems(rt, "go-between", 14)
		for _, it := range items {
			mustAdd(rt, a, it)
			if a.GivenTo(it, "envoy") {
				given[it.ID] = true
				// What he was given may speak of what he was not: in the other record
				// that part is missing.
				it.Entry.Audience = slices.DeleteFunc(slices.Clone(it.Audience), func(n Name) bool { return n != "envoy" })
				mustAdd(rt, b, it)
			}
		}
		for _, it := range randomItems(rt, "go-between", 8) { // and other secrets in their place
			it.ID[1] = 1
			it.Audience = slices.DeleteFunc(it.Audience, func(n Name) bool { return n == "envoy" })
			if it.By != "envoy" {
				mustAdd(rt, b, it)
			}
		}
		if !bytes.Equal(dump(a.For("envoy", AsOf{})), dump(b.For("envoy", AsOf{}))) {
			rt.Fatal("the envoy can tell two records apart by what he was not given")
		}
		shown := dump(a.For("envoy", AsOf{}))
		for _, it := range items {
			if !given[it.ID] && bytes.Contains(shown, it.ID[:]) {
				rt.Fatalf("the id of %s shows, which he was not given", it.ID)
			}
		}
		for _, s := range a.For("envoy", AsOf{}).Items() {
			if len(s.Audience) != 0 || IsPrivate(s.Body) {
				rt.Fatal("the names of other readers, or something private, is shown")
			}
		}
		if a.SentTo("envoy") != b.SentTo("envoy") {
			rt.Fatal("his numbers tell of what he was not given")
		}
	})
}

// dump writes all that a projection shows.
func dump(p *Projection) []byte {
	codec := NewCodec()
	var out []byte
	for _, s := range p.Items() {
		raw, err := codec.EncodeItem(s.Item)
		if err != nil {
			panic(err)
		}
		out = append(out, raw...)
		out = append(out, s.CorrectedBy[:]...)
		if s.First != nil {
			first, _ := encodeBody(s.First)
			out = append(out, first...)
		}
	}
	return out
}

// randomItems draws items of a go-between's record that refer to one another.
func randomItems(rt *rapid.T, keeper Name, most int) []Item {
	people := []Name{keeper, "envoy", "official"}
	n := rapid.IntRange(1, most).Draw(rt, "items")
	ref := func(label string) keys.ID {
		if k := rapid.IntRange(0, n).Draw(rt, label); k > 0 {
			return id(uint64(k))
		}
		return keys.ID{}
	}
	numbers := map[Name]uint64{}
	var out []Item
	for i := range n {
		at := Instant(rapid.IntRange(1, 50).Draw(rt, "at"))
		e := say(uint64(i+1), rapid.SampledFrom(people).Draw(rt, "by"), at, rapid.StringMatching(`[a-z]{0,4}`).Draw(rt, "text"))
		e.Answers = ref("answers")
		if other := ref("together"); !other.IsZero() {
			e.Together = []keys.ID{other}
			e.About = []Ref{{Entry: other}}
		}
		switch rapid.IntRange(0, 6).Draw(rt, "kind") {
		case 0:
			e.Body = rapid.SampledFrom([]Body{Note{"secret"}, Role{"envoy", "power", Envoy}, Correction{Now: Note{"rather"}, Reason: ""}}).Draw(rt, "private")
		case 1:
			e.Body = Conveyance{Of: id(uint64(rapid.IntRange(1, n).Draw(rt, "of"))), As: ref("as"), To: "official", Step: Conveyed}
		case 2:
			e.Corrects = ref("corrects")
			e.Body = Correction{Now: say(0, e.By, 0, "corrected").Body}
		case 3:
			m := e.Body.(Message)
			m.Denies = ref("denies")
			e.Body = m
		}
		if rapid.Bool().Draw(rt, "said earlier") {
			e.Said = Interval{From: 1, To: Instant(rapid.IntRange(1, 50).Draw(rt, "said"))}
		}
		it := Item{e, at + Instant(rapid.IntRange(0, 9).Draw(rt, "delay")), ByHand()}
		if e.By != keeper {
			numbers[e.By]++
			it.Came = OverLine(e.By, numbers[e.By])
		} else {
			for _, p := range people[1:] {
				if rapid.Bool().Draw(rt, "given") {
					it.Audience = append(it.Audience, p)
				}
			}
		}
		out = append(out, it)
	}
	return out
}

// The kept numbers are what a count over the record gives.
func TestLaw5_NumbersAreACount(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := New("go-between")
		for _, it := range randomItems(rt, "go-between", 14) {
			it.Audience = append(it.Audience, it.Audience...) // named twice, given once
			mustAdd(rt, r, it)
		}
		for _, c := range []*Record{r, r.Clone()} {
			for _, reader := range []Name{"envoy", "official"} {
				var want uint64
				for _, it := range c.Known() {
					if it.By == "go-between" && c.GivenTo(it, reader) {
						want++
					}
				}
				if got := c.SentTo(reader); got != want {
					rt.Fatalf("%d entries went to %s, and %d are counted", want, reader, got)
				}
			}
		}
	})
}

// TestLaw5_ACorrectedBodyIsScrubbedToo: what a correction says instead is held
// to the same rule as what was said first.
func TestLaw5_ACorrectedBodyIsScrubbedToo(t *testing.T) {
	codec := NewCodec()
	r := New("keeper")
	id := func(b byte) keys.ID { return keys.ID{b} }
	add := func(e Entry) {
		t.Helper()
		e.By, e.At = "keeper", 1000
		if _, err := r.Add(codec, Item{Entry: e, Known: 1000, Came: ByHand()}); err != nil {
			t.Fatal(err)
		}
	}
	m := Message{From: "keeper", To: "reader", Form: Text, Fidelity: Verbatim, SpeechAct: Deny, Text: "no"}
	fixed := m
	fixed.Denies, fixed.Text = id(9), "not that"
	add(Entry{ID: id(9), Body: Note{Text: "private"}})
	add(Entry{ID: id(1), Audience: []Name{"reader"}, Body: m})
	add(Entry{ID: id(2), Audience: []Name{"reader"}, Corrects: id(1), Body: Correction{Now: fixed}})
	got, ok := r.For("reader", AsOf{}).Get(id(1))
	if !ok || got.CorrectedBy != id(2) || got.Body.(Message).Text != "not that" {
		t.Fatalf("%+v", got)
	}
	if !got.Body.(Message).Denies.IsZero() {
		t.Fatal("the reader sees the id of an entry that he was not given")
	}
	if own, _ := r.For("keeper", AsOf{}).Get(id(1)); own.Body.(Message).Denies != id(9) {
		t.Fatal("the keeper does not see his own reference")
	}
}
