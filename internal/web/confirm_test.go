package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

func writing(text string) url.Values {
	return url.Values{"to": {"envoy"}, "act": {"inform"}, "text": {text}}
}

func TestNothingGoesBeforeItIsConfirmed(t *testing.T) {
	r := rivalCase(t)
	gb, envoy := r.desks["go-between"], r.desks["envoy"]
	b := open(t, gb)
	before := envoy.record.Len()
	look := b.post("/write", writing("Two lines\r\nof it."))
	look.wants(t, 200, "To The envoy (envoy), The power", "Two lines of it.", "Send to the envoy", "arrives in about 1 minute and 30 seconds")
	if gb.commits != 3 && envoy.record.Len() != before {
		t.Fatal("looking sent it")
	}
	done := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}})
	if done.StatusCode != 303 {
		t.Fatalf("%d: %s", done.StatusCode, done.text())
	}
	page := b.get(strings.TrimPrefix(done.Header.Get("Location"), b.face.root))
	page.wants(t, 200, "Done", "sent to the envoy")
	got := envoy.find(t, isMessage("Two lines"))
	if m := got.Body.(record.Message); m.Text != "Two lines\nof it." || got.Came.Over() != "go-between" {
		t.Fatalf("%+v", got)
	}
}

func TestConfirmationWorksOnce(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	v := url.Values{"confirm": {b.post("/write", writing("once")).token(t)}, "go": {"send"}}
	b.post("/confirm", v)
	before := gb.commits
	b.post("/confirm", v).wants(t, 409, "answered already", "nothing is done a second time")
	if gb.commits != before {
		t.Fatal("it was sent twice")
	}
}

func TestConfirmationIsNotForged(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	token := b.post("/write", writing("mine")).token(t)
	before := gb.commits

	for _, forged := range []string{"", strings.Repeat("A", 43), token + "A"} {
		b.post("/confirm", url.Values{"confirm": {forged}, "go": {"send"}}).wants(t, 410, "nothing was sent")
	}
	// Another browser of the same desk, with a token that it saw.
	other := &browser{t: t, face: b.face, clock: b.clock}
	other.login(b.face.Link())
	other.post("/confirm", url.Values{"confirm": {token}, "go": {"send"}}).wants(t, 410, "nothing was sent")
	// And the same too late.
	b.clock.pass(pendingLife)
	b.post("/confirm", url.Values{"confirm": {token}, "go": {"send"}}).wants(t, 410, "too old")
	if gb.commits != before {
		t.Fatal("something was sent")
	}
}

func TestChangeIt(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	before := gb.commits
	token := b.post("/write", writing("not quite so")).token(t)
	again := b.post("/confirm", url.Values{"confirm": {token}, "go": {"back"}})
	again.wants(t, 200, "Write to somebody", "not quite so")
	if !strings.Contains(again.body, `<option value="envoy" selected>`) {
		t.Error("the recipient was forgotten")
	}
	if !strings.Contains(again.body, `action="`+b.face.root+`/write"`) {
		t.Error("the form leads elsewhere")
	}
	b.post("/confirm", url.Values{"confirm": {token}, "go": {"send"}}).wants(t, 409)
	if gb.commits != before {
		t.Fatal("it was sent")
	}
}

// What was shown is what is sent: when the plan would be another by the time of
// the second click, it is shown again.
func TestStalePlanIsShownAgain(t *testing.T) {
	r := rivalCase(t)
	gb, official := r.desks["go-between"], r.desks["official"]
	b := open(t, gb)
	pk := gb.find(t, func(it record.Item) bool { _, ok := it.Body.(accord.Package); return ok && it.By == "envoy" })
	path := "/carry/" + b.face.alias.of(pk.ID)
	order := url.Values{"to": {"official"}, "consent": {"by phone"}}
	look := b.post(path, order)
	look.wants(t, 200, "To The movement's senior official", "45 to 60 days", "19 bodies")
	before := official.record.Len()

	// Meanwhile one of its terms goes to the same person in another way.
	for _, it := range gb.record.Known() {
		if term, ok := it.Body.(accord.Term); ok && term.Name == "bodies" {
			if _, err := gb.Carry(t.Context(), desk.Commit, convey.Order{Of: it.ID, To: "official", Fidelity: record.Verbatim, Consent: "yes"}); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	alone := official.record.Len()
	if alone == before {
		t.Fatal("the test did not carry the term")
	}
	stale := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}})
	stale.wants(t, 200, "Look again", "nothing was sent", "45 to 60 days")
	if official.record.Len() != alone {
		t.Fatal("a plan went that nobody was shown")
	}
	done := b.post("/confirm", url.Values{"confirm": {stale.token(t)}, "go": {"send"}})
	if done.StatusCode != 303 || official.record.Len() == alone {
		t.Fatalf("%d %s", done.StatusCode, done.text())
	}
}

// Time and ids that are drawn anew do not make a plan stale; words do.
func TestPrint(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	order := convey.Order{Of: m.ID, To: "official", Fidelity: record.Paraphrase, Text: "a", Consent: "by phone", Receipt: true}
	show := func(o convey.Order) [32]byte {
		p, err := gb.Carry(t.Context(), desk.Preview, o)
		if err != nil {
			t.Fatal(err)
		}
		d, err := digest(b.face.codec, p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := show(order)
	gb.clock += 1000
	if show(order) != first {
		t.Error("the clock alone made it another plan")
	}
	for name, change := range map[string]func(*convey.Order){
		"words":   func(o *convey.Order) { o.Text = "b" },
		"by hand": func(o *convey.Order) { o.Form = record.Call },
		"consent": func(o *convey.Order) { o.Consent = "by letter" },
		"receipt": func(o *convey.Order) { o.Receipt = false },
	} {
		o := order
		change(&o)
		if show(o) == first {
			t.Errorf("%s: the same print for another plan", name)
		}
	}
}
