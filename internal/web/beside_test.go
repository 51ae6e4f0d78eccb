package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

func TestHowPeopleAre(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	b.get("/fates").wants(t, 200, "How people are", "Nothing is said here of anybody")
	b.get("/status").wants(t, 200, "Enter how somebody is", "Held")
	b.send("/status", url.Values{"person": {"envoy"}, "status": {"held"}, "who": {"official"}, "said": {"2025-05-02T10:00"}, "text": {"in good health"}},
		"as the movement's senior official says: held", "in good health")
	b.send("/status", url.Values{"person": {"envoy"}, "status": {"dead"}, "said": {"2025-05-03T10:00"}})
	b.get("/fates").wants(t, 200, "The envoy (envoy)", "These accounts differ", "Held, as the movement's senior official says", "Dead, as the go-between says")
	b.post("/status", url.Values{"person": {"envoy"}, "status": {"asleep"}}).wants(t, 400, "Not done")

	b.send("/proof", url.Values{"person": {"envoy"}, "question": {"The dog's name?"}, "who": {"official"}}, "Proof of life, the envoy", "The dog's name?")
	first := r.desks["go-between"].find(t, isBody(func(_ record.Item, p record.ProofOfLife) bool { return p.Question != "" }))
	b.get(b.path("proof/next", first)).wants(t, 200, "The dog's name?")
	b.send(b.path("proof/next", first), url.Values{"person": {"envoy"}, "answer": {"Rex"}, "found": {"convincing"}}, "answer: Rex")
	b.get("/fates").wants(t, 200, "asked by the movement's senior official: The dog's name? Answer: Rex The go-between finds it convincing", "Answer or assess")
	b.post("/proof", url.Values{"person": {"envoy"}}).wants(t, 400, "Not done")
}

func TestDraftsAndSoundingsOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb, envoy := r.desks["go-between"], r.desks["envoy"]
	term := accord.Term{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "a pause", Persons: []record.Name{"envoy"}, Salt: newID()}
	pk := accord.Package{Name: "respite", Version: 1, Terms: []accord.TermRef{term.Ref()}, Needs: []record.Name{"power", "movement"}, Salt: newID()}
	gb.must(t, record.Entry{Body: term}, record.Entry{Body: pk})
	b := open(t, gb)
	text := gb.find(t, isBody(func(_ record.Item, x accord.Package) bool { return x.Name == "respite" }))
	b.get(b.path("sound", text)).wants(t, 200, "Nobody offers anything by this")
	b.send(b.path("sound", text), url.Values{"to": {"envoy", "official"}, "text": {"Would a pause do?"}}, "To The envoy", "would you consider respite, version 1?")
	b.get("/drafts").wants(t, 200, "asks about respite, version 1", "open", "The envoy", "no answer yet")

	// Each answers alone, in confidence.
	for who, would := range map[string]string{"envoy": "yes", "official": "no"} {
		d := r.desks[record.Name(who)]
		side := open(t, d)
		asked := d.find(t, isBody(func(_ record.Item, s accord.Sounding) bool { return s.Text == "Would a pause do?" }))
		party := map[string]string{"envoy": "power", "official": "movement"}[who]
		side.get(side.path("sound/answer", asked)).wants(t, 200, "It goes to whoever asked")
		side.send(side.path("sound/answer", asked), url.Values{"party": {party}, "would": {would}, "text": {"in private " + who}}, "To The go-between")
	}
	page := b.get("/drafts")
	page.wants(t, 200, "declined: there was no offer", "in private envoy", "in private official")
	side := open(t, envoy)
	own := side.get("/drafts")
	own.wants(t, 200, "answered", "in private envoy")
	if strings.Contains(own.text(), "in private official") || strings.Contains(own.text(), "declined") {
		t.Error("one side sees what the other said in confidence")
	}
	asked := gb.find(t, isBody(func(_ record.Item, s accord.Sounding) bool { return true }))
	b.get(b.path("sound/forward", asked)).wants(t, 200, "Put it forward")
	if page := b.post(b.path("sound/forward", asked), url.Values{}); page.StatusCode == 200 {
		t.Error("it is put forward although somebody would not consider it")
	}
	theirs := envoy.find(t, isBody(func(_ record.Item, x accord.Package) bool { return x.Name == "respite" }))
	side.get(side.path("criticise", theirs)).wants(t, 200, "In confidence")
	side.send(side.path("criticise", theirs), url.Values{"text": {"too short for us"}, "to": {"go-between"}, "term": {"pause"}}, "To The go-between", "too short for us")
	b.get("/drafts").wants(t, 200, "respite, version 1, written by the go-between", "too short for us")
	other := open(t, r.desks["official"])
	if text := other.get("/drafts").text(); strings.Contains(text, "too short for us") || !strings.Contains(text, "respite") {
		t.Error("the other side's page of drafts: ", text)
	}
	b.get(b.path("translate", text)).wants(t, 200, "It stands beside the text")
	part := gb.find(t, isBody(func(_ record.Item, x accord.Term) bool { return x.Name == "pause" }))
	b.send(b.path("translate", part), url.Values{"lang": {"fr"}, "text": {"une pause"}}, "une pause")
	b.get(b.path("e", part)).wants(t, 200, "Also in fr", "une pause")
}

func TestGiveBackAndWithdraw(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	b.get(b.path("e", m)).wants(t, 200, "Give back")
	b.get(b.path("giveback", m)).wants(t, 200, "The other side never sees it")
	b.send(b.path("giveback", m), url.Values{"text": {"they will not hear this"}}, "To The envoy", "they will not hear this")
	b.post(b.path("carry", m), url.Values{"to": {"official"}, "fidelity": {"verbatim"}}).wants(t, 409, "Not done", "given back")
	if strings.Contains(open(t, r.desks["official"]).get("/record").text(), "will not hear this") {
		t.Error("the other side sees what was given back")
	}
	log := gb.find(t, isMessage("ask for a channel"))
	b.get(b.path("e", log)).wants(t, 200, "Withdraw")
	b.send(b.path("withdraw", log), url.Values{"reason": {"another talk"}}, "another talk")
	b.get(b.path("e", log)).wants(t, 200, "Withdrawn: message", "They ask for a channel")
}
