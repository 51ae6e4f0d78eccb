package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/record"
)

func TestReadOut(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	b.get(b.path("e", m)).wants(t, 200, "Read it out")
	form := b.get(b.path("read-out", m))
	form.wants(t, 200, "Read it to somebody", "Its author says")
	if !strings.Contains(form.body, `value="call" checked`) {
		t.Error("a call is not chosen")
	}
	if strings.Contains(form.text(), "Over the line") {
		t.Error("the voice goes over no line")
	}
	before := gb.commits
	card := b.post(b.path("read-out", m), url.Values{"to": {"official"}, "how": {"call"}, "fidelity": {"verbatim"}})
	card.wants(t, 200, "Read this out", "Say this to The movement's senior official", "in the words of the envoy", "forty-five to sixty days", "This card is all that may be said", "I have said it")
	if gb.commits != before {
		t.Fatal("the card noted something")
	}
	done := b.post("/confirm", url.Values{"confirm": {card.token(t)}, "go": {"send"}})
	page := b.get(strings.TrimPrefix(done.Header.Get("Location"), b.face.root))
	page.wants(t, 200, "Done", "Did they repeat it back?")
	said := gb.find(t, func(it record.Item) bool {
		x, ok := it.Body.(record.Message)
		return ok && it.By == "go-between" && x.Form == record.Call && x.To == "official"
	})
	if x := said.Body.(record.Message); x.From != "envoy" || x.Fidelity != record.Verbatim || len(said.Audience) != 0 {
		t.Errorf("%+v", said)
	}

	// What is not said by voice is handed over.
	card = b.post(b.path("carry", m), url.Values{"to": {"official"}, "how": {"paper"}, "fidelity": {"verbatim"}})
	card.wants(t, 200, "Hand this over", "This goes to The movement's senior official", "I have handed it over")
	if strings.Contains(card.text(), "Read this out") || strings.Contains(card.text(), "Say this to") {
		t.Error("a paper is read out")
	}

	// In other words, the card says that they are.
	card = b.post(b.path("read-out", m), url.Values{"to": {"official"}, "how": {"meeting"}, "fidelity": {"paraphrase"}, "text": {"They could live with up to two months."}})
	card.wants(t, 200, "not the words of the envoy, but what was meant", "up to two months")
	if strings.Contains(card.text(), "forty-five") {
		t.Error("the card holds what is not to be said")
	}
}

// What its author wants without his name is read out without it.
func TestReadOutWithoutAName(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	gb.must(t, record.Entry{SaidBy: "envoy", Carrying: record.Carrying{Pass: record.PassMay}, Body: record.Message{
		From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.Verbatim, Attribution: record.NotForAttr, SpeechAct: record.Inform, Text: "There is room on the days.",
	}})
	b := open(t, gb)
	card := b.post(b.path("read-out", gb.find(t, isMessage("room on the days"))), url.Values{"to": {"official"}, "how": {"call"}, "fidelity": {"verbatim"}})
	card.wants(t, 200, "without a name", "Do not say that it comes from the envoy")
	if strings.Contains(card.text(), "in the words of the envoy") {
		t.Error("the card names him")
	}
}

// The caucus rule holds for the voice as it does for the line.
func TestReadOutAsksForConsent(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	gb.must(t, record.Entry{SaidBy: "envoy", Body: record.Message{From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "Between us: we are tired."}})
	b := open(t, gb)
	m := gb.find(t, isMessage("we are tired"))
	refused := b.post(b.path("read-out", m), url.Values{"to": {"official"}, "how": {"call"}, "fidelity": {"verbatim"}})
	if refused.StatusCode == 200 || strings.Contains(refused.text(), "Say this to") {
		t.Errorf("%d: read out without consent", refused.StatusCode)
	}
	b.post(b.path("read-out", m), url.Values{"to": {"official"}, "how": {"call"}, "fidelity": {"verbatim"}, "consent": {"on the phone, at noon"}}).wants(t, 200, "Say this to", "we are tired")
}

// What is passed on goes over the line by itself only where there is one.
func TestOverTheLineFirstWhereThereIsOne(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	chosen := func() string {
		t.Helper()
		_, form, _ := strings.Cut(b.get(b.path("carry", m)).body, `name="how"`)
		before, _, ok := strings.Cut(form, " checked")
		if !ok {
			t.Fatal("no way is chosen")
		}
		return before[strings.LastIndex(before, "value="):]
	}
	if got := chosen(); got != `value=""` {
		t.Error("with a line:", got)
	}
	gb.lines = nil
	if got := chosen(); got != `value="call"` {
		t.Error("without one:", got)
	}
}
