package convey

import (
	"bytes"
	"slices"
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// theHost is told something: he has a line to the go-between and takes no part.
func disclosing(t *testing.T) (*world, func(o Order) (Plan, error)) {
	w := newWorld(t)
	w.desks["go-between"].hand(record.Person{Name: "host", Title: "The host"}, record.Rule{PassUnlessMarked: false})
	return w, func(o Order) (Plan, error) { return Carry(w.desks["go-between"].context(), o) }
}

func brief(what []record.Ref, text string) *circle.Disclosure {
	return &circle.Disclosure{To: "host", What: what, Footing: circle.Briefed, Text: text}
}

// TestLaw5_ADisclosureGivesWhatItNames is [CIR-31] and [CIR-32]: what is named
// is given, word for word and with whoever said it, and nothing else; what is
// shown beforehand is what he then has; and it is logged in the same
// transaction, on this desk alone.
func TestLaw5_ADisclosureGivesWhatItNames(t *testing.T) {
	w, do := disclosing(t)
	other := w.write("official", message("official", "go-between", "we are weary"))
	e := message("envoy", "go-between", "seventy days")
	e.Answers, e.Carrying.Pass = other, record.PassMay
	id := w.write("envoy", e)
	o := Order{Disclosure: brief([]record.Ref{{Entry: id}}, "For you alone.")}
	p, err := do(o)
	if err != nil || len(p.Parcels) != 1 || p.Parcels[0].To != "host" {
		t.Fatalf("%+v %v", p.Parcels, err)
	}
	frame, _ := p.Parcels[0].Encode(circle.Codec())
	for _, trace := range [][]byte{[]byte("weary"), []byte("official"), other[:], id[:]} {
		if bytes.Contains(frame, trace) {
			t.Errorf("the parcel holds %q", trace)
		}
	}
	shown, fresh, err := p.SeenBy(circle.Codec(), w.desks["go-between"].r, "host")
	if err != nil || len(fresh) == 0 {
		t.Fatal(fresh, err)
	}
	w.deliver("go-between", p)
	got := w.desks["host"].r
	if got.Len() != len(fresh) {
		t.Errorf("he was shown %d entries and got %d", len(fresh), got.Len())
	}
	for _, f := range fresh {
		it, ok := got.Get(f)
		before, _ := shown.Get(f)
		before.By, it.By = "", ""
		a, err1 := circle.Codec().Encode(before.Entry)
		b, err2 := circle.Codec().Encode(it.Entry)
		if !ok || err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("shown %+v, got %+v", before.Entry, it.Entry)
		}
	}
	d, ok := circle.Disclosure{}, false
	for _, e := range p.Entries {
		if x, is := e.Body.(circle.Disclosure); is {
			d, ok = x, true
		}
	}
	if !ok || d.By != "go-between" || d.Form != record.Text || d.To != "host" || d.What[0].Entry != id {
		t.Errorf("%+v", d)
	}
	if !slices.ContainsFunc(p.Parcels[0].Entries, func(e record.Entry) bool {
		m, ok := e.Body.(record.Message)
		return ok && e.SaidBy == "envoy" && m.From == "envoy" && m.Text == "seventy days" && m.Fidelity == record.Verbatim
	}) {
		t.Errorf("%+v", p.Parcels[0].Entries)
	}
	_, err = do(o)
	wantRefused(t, err, "convey.has-it") // also after a crash: nobody is given it twice
}

// TestDisclosingATextByItsVersion gives a package with its terms, once.
func TestDisclosingATextByItsVersion(t *testing.T) {
	w, do := disclosing(t)
	term, pack := truce(1, 70)
	w.write("go-between", record.Entry{Body: term})
	w.write("go-between", record.Entry{Body: pack})
	p, err := do(Order{Disclosure: brief([]record.Ref{pack.Ref(), term.Ref().Ref()}, "")})
	if err != nil {
		t.Fatal(err)
	}
	var texts int
	for _, e := range p.Parcels[0].Entries {
		if !hashOf(e.Body).IsZero() {
			texts++
		}
	}
	if texts != 2 {
		t.Errorf("%d texts go for two", texts)
	}
	w.deliver("go-between", p)
	_, err = do(Order{Disclosure: brief([]record.Ref{term.Ref().Ref()}, "")})
	wantRefused(t, err, "convey.has-it")
}

// TestLaw4_ADisclosureAsksAsCarryingDoes is [CIR-31]: the caucus rule, the
// carrying instruction and confidence hold whoever the reader is.
func TestLaw4_ADisclosureAsksAsCarryingDoes(t *testing.T) {
	w, do := disclosing(t)
	said := func(pass record.Pass) []record.Ref {
		e := message("envoy", "go-between", "seventy days")
		e.Carrying.Pass = pass
		return []record.Ref{{Entry: w.write("envoy", e)}}
	}
	refused := func(want string, o Order) {
		t.Helper()
		_, err := do(o)
		wantRefused(t, err, want)
	}
	refused("convey.consent", Order{Disclosure: brief(said(""), "")})
	refused("convey.not", Order{Disclosure: brief(said(record.PassNot), ""), Consent: "he said so"})
	refused("convey.if-asked", Order{Disclosure: brief(said(record.PassIfAsked), "")})
	refused("convey.own-idea", Order{Disclosure: brief(said(record.PassAsOwnIdea), "")})
	note := w.write("go-between", record.Entry{Body: record.Note{Text: "mine"}})
	refused("convey.private", Order{Disclosure: brief([]record.Ref{{Entry: note}}, "")})
	refused("convey.source", Order{Disclosure: brief([]record.Ref{{Entry: keys.ID{1, 2}}}, "")})
	refused("convey.source", Order{Disclosure: brief([]record.Ref{{Name: "truce", Version: 1, Hash: keys.Hash{1}}}, "")})
	refused("convey.source", Order{Disclosure: brief([]record.Ref{{Name: "truce"}}, "")})
	refused("convey.disclose-nothing", Order{Disclosure: &circle.Disclosure{To: "host", Nothing: true, Footing: circle.Briefed}})
	refused("convey.disclose-footing", Order{Disclosure: &circle.Disclosure{To: "host", Channel: true, Footing: circle.Leaked, Text: "x"}})
	refused("convey.words", Order{Disclosure: &circle.Disclosure{To: "host", Channel: true, Footing: circle.Briefed}})
	refused("convey.disclosure", Order{To: "official", Disclosure: brief(said(record.PassMay), "")})
	p, err := do(Order{Disclosure: brief(said(""), ""), Consent: "he said so on the telephone"})
	if err != nil || len(p.Parcels) != 1 {
		t.Fatal(err)
	}
	p, err = do(Order{Disclosure: &circle.Disclosure{To: "host", Channel: true, Footing: circle.Confirmed, Text: "There are talks."}})
	if err != nil || len(p.Parcels) != 1 || len(p.Parcels[0].Entries) != 1 {
		t.Fatalf("%+v %v", p, err)
	}
	if _, err := Carry(w.desks["go-between"].context(), Order{Disclosure: brief([]record.Ref{{Entry: keys.ID{}}}, "")}); err == nil {
		t.Error("a reference to nothing is disclosed")
	}
}
