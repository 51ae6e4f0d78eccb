package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// agreedCase is a go-between between two sides who agreed that ten people are
// released once a convoy has passed, and that the crossing then opens.
func agreedCase(t *testing.T) *room {
	t.Helper()
	r := rivalCase(t)
	to := []record.Name{"go-between"}
	terms := []accord.Term{
		{Name: "release", Version: 1, Sort: accord.Obligation, Debtor: "movement", Creditor: "power", Action: "people are released", Salt: keys.ID{41},
			Quantity: []accord.Range{{Min: 10, Max: 10, Unit: "people"}}, Persons: []record.Name{"driver"}, By: at("2025-05-25T12:00:00Z")},
		{Name: "crossing", Version: 1, Sort: accord.Obligation, Debtor: "power", Creditor: "movement", Action: "the crossing opens", Salt: keys.ID{42},
			When: accord.Condition{Event: "the convoy has passed"}},
	}
	pk := accord.Package{Name: "exchange", Version: 1, Needs: []record.Name{"power", "movement"}, Salt: keys.ID{43}}
	for _, x := range terms {
		pk.Terms = append(pk.Terms, x.Ref())
	}
	for party, who := range map[record.Name]record.Name{"power": "envoy", "movement": "official"} {
		f := r.desks[who]
		r.desks["go-between"].must(t, record.Entry{Body: record.Credential{Holder: who, Party: party, Issuer: party, May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}}})
		f.must(t, record.Entry{Audience: to, Body: terms[0]}, record.Entry{Audience: to, Body: terms[1]}, record.Entry{Audience: to, Body: pk})
		f.must(t, record.Entry{Audience: to, Body: accord.Act{Party: party, Position: accord.Accepted, On: pk.Ref()}})
		f.must(t, record.Entry{Audience: to, Body: accord.Act{Party: party, Echo: true, On: pk.Ref()}})
	}
	for _, f := range r.desks { // what was agreed binds from the moment after
		f.clock += 60_000
	}
	return r
}

func isTerm(name record.Name) func(record.Item) bool {
	return isBody(func(_ record.Item, b accord.Term) bool { return b.Name == name })
}

func TestPerformancePage(t *testing.T) {
	r := agreedCase(t)
	b := open(t, r.desks["go-between"])
	page := b.get("/performance")
	page.wants(t, 200, "Owed now", "release, version 1 overdue", "Owed now by the movement.", "10 people: 0 claimed, 0 verified.",
		"Nothing owed on these now", "crossing, version 1 conditional", "It waits for: \"the convoy has passed\".", "Say what was done")
	if strings.Contains(page.text(), "ceasefire") {
		t.Error("a term that nobody agreed on is owed")
	}
	b.get("/performance?stood=2025-05-01T00:00").wants(t, 200, "No agreed term has come due yet", "This is how things stood on 1 May 2025")
	b.get("/").wants(t, 200, "Who owes what, now")
}

// What a go-between heard is a report: it is kept, and moves nothing. What a
// side states of its own moves the term.
func TestLaw1_ADeedThatWasHeardMovesNothing(t *testing.T) {
	r := agreedCase(t)
	gb, official := r.desks["go-between"], r.desks["official"]
	b := open(t, gb)
	path := b.path("deed", gb.find(t, isTerm("release")))
	b.get(path).wants(t, 200, "Claimed", "Verified", "Alleged to be breached", "How many", "About whom", "Overdue", "it is kept and marked")
	b.post(path, url.Values{"by": {"movement"}, "deed": {"claimed"}}).wants(t, 400, "Choose who told you")
	b.post(path, url.Values{"by": {"movement"}}).wants(t, 400, "does not say what was done")
	b.post(path, url.Values{"deed": {"claimed"}}).wants(t, 400, "Choose the party")
	b.post(path, url.Values{"by": {"movement"}, "deed": {"claimed"}, "heard": {"official"}, "amount": {"ten"}}).wants(t, 400, "is not an amount")
	b.send(path, url.Values{"by": {"movement"}, "deed": {"claimed"}, "heard": {"official"}, "amount": {"4"}, "unit": {"people"}, "text": {"Four are over."}}, "Goes to nobody", "Four are over.")
	b.get("/performance").wants(t, 200, "release, version 1 overdue", "does not count: only reported")

	o := open(t, official)
	o.send(o.path("deed", official.find(t, isTerm("release"))), url.Values{"by": {"movement"}, "deed": {"claimed"}, "to": {"go-between"}}, "To The go-between (go-between)", "The movement")
	b.get("/performance").wants(t, 200, "release, version 1 claimed to be done", "By the word of the movement")
	b.get(b.path("deed", gb.find(t, isMessage("forty-five")))).wants(t, 409, "Only about a term")
}

func TestEventForm(t *testing.T) {
	r := agreedCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/event").wants(t, 200, "the convoy has passed", "It did not happen")
	b.post("/event", url.Values{"by": {"power"}, "heard": {"envoy"}}).wants(t, 400, "does not say what happened")
	b.send("/event", url.Values{"what": {"the convoy has passed"}, "by": {"movement"}, "heard": {"official"}, "happened": {"no"}}, "it did not happen: the convoy has passed")
	b.get("/performance").wants(t, 200, "crossing, version 1 conditional")
	o := open(t, r.desks["official"])
	o.send("/event", url.Values{"other": {"The convoy  has passed"}, "by": {"movement"}, "happened": {"yes"}, "at": {"2025-05-26T08:00"}, "to": {"go-between"}}, "it happened: The convoy has passed")
	b.get("/performance").wants(t, 200, "crossing, version 1")
	if it := gb.find(t, isBody(func(it record.Item, e accord.Event) bool { return it.By == "official" })); it.Body.(accord.Event).At != at("2025-05-26T08:00:00Z") {
		t.Errorf("%+v", it.Body)
	}
}

func TestMandates(t *testing.T) {
	r := agreedCase(t)
	envoy := r.desks["envoy"]
	b := open(t, envoy)
	b.get("/mandates").wants(t, 200, "No credential is in the record", "No instruction is noted")
	b.get("/credential").wants(t, 200, "Only on certain texts", "release", "Accepts, echoes")
	b.post("/credential", url.Values{"holder": {"envoy"}, "party": {"power"}, "issuer": {"power"}}).wants(t, 400, "does not say what he may do")
	b.post("/credential", url.Values{"may": {"bind"}}).wants(t, 400, "Choose all three")
	b.send("/credential", url.Values{"holder": {"envoy"}, "party": {"power"}, "issuer": {"power"}, "may": {"speak", "bind"}, "on": {"exchange"}, "until": {"2025-06-01"},
		"evidence": {"A letter, seen."}, "to": {"go-between"}}, "To The go-between (go-between)", "A letter, seen.")
	b.send("/instruction", url.Values{"holder": {"envoy"}, "text": {"Not below 45 days."}}, "Goes to nobody", "Not below 45 days.")
	b.post("/instruction", url.Values{"holder": {"envoy"}, "text": {" "}}).wants(t, 400, "There are no words in it")
	b.get("/mandates").wants(t, 200, "exchange", "1 June 2025", "shown to the go-between", "Not below 45 days.", "They stay on this desk")
	other := open(t, r.desks["go-between"]).get("/mandates")
	other.wants(t, 200, "the envoy showed it to you", "A letter, seen.")
	if strings.Contains(other.text(), "Not below") {
		t.Error("an instruction is seen elsewhere")
	}
}

func TestCaucusRule(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/rule").wants(t, 200, "Nobody has set a rule on this desk", "cannot be taken back")
	b.post("/rule", url.Values{"rule": {"ask-first"}}).wants(t, 409, "That is the rule already")
	b.post("/rule", url.Values{}).wants(t, 400, "Choose one of the two")
	official := gb.find(t, isMessage("قبلنا"))
	b.post(b.path("carry", official), url.Values{"to": {"envoy"}, "fidelity": {"verbatim"}}).wants(t, 409)
	b.send("/rule", url.Values{"rule": {"unless-marked"}}, "Goes to nobody")
	b.get("/rule").wants(t, 200, "The rule since 26 May 2025")
	b.post(b.path("carry", official), url.Values{"to": {"envoy"}, "fidelity": {"verbatim"}}).wants(t, 200, "To The envoy (envoy)")
}

// Old questions that nobody answered are folded, so that the latest are seen
// on a small screen.
func TestTurnsAreFolded(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	for i := range 9 {
		gb.must(t, record.Entry{SaidBy: "official", HeardFrom: "official", Said: record.Moment(at(fmt.Sprintf("2025-03-%02dT10:00:00Z", i+1))),
			Body: record.Message{From: "official", To: "envoy", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Ask, Text: fmt.Sprintf("Question %d?", i)}})
	}
	home := open(t, gb).get("/")
	home.wants(t, 200, "7 more, the oldest since 1 March 2025")
	if open, folded, _ := strings.Cut(home.body, "<details "); strings.Count(open, "has not answered") > openTurns || !strings.Contains(folded, "</details>") {
		t.Error("the old ones stand open")
	}
}

// TestWhatChanged: what came since a moment, by when it came to be known and by
// when it was said.
func TestWhatChanged(t *testing.T) {
	r := agreedCase(t)
	b := open(t, r.desks["go-between"])
	b.get("/").wants(t, 200, "What changed")
	b.get("/changed?since=2020-01-01T00:00").wants(t, 200, "What moved", "came to be known here", "exchange, version 1: agreed", "release, version 1: from nothing to be done to overdue", "New entries", "New alarm:")
	b.get("/changed?since=2099-01-01T00:00&said=1").wants(t, 200, "was said", "Nothing changed.")
	b.get("/changed?since=soon").wants(t, 400, "is not a time")
}
