package web

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"backchannel/internal/circle"
	"backchannel/internal/record"
)

// circleCase is a desk with something on each of the pages of who knows.
func circleCase(t *testing.T) *fake {
	t.Helper()
	gb := rivalCase(t).desks["go-between"]
	m := gb.find(t, isMessage("forty-five"))
	on := []record.Ref{{Entry: m.ID}}
	gb.must(t,
		record.Entry{Body: circle.Disclosure{To: "ally", What: on, Footing: circle.Briefed, By: "go-between", Form: record.Call}},
		record.Entry{Body: circle.Disclosure{To: "ally", Channel: true, Footing: circle.Leaked}},
		record.Entry{Body: circle.PlannedLine{For: "ally", As: circle.NotYet, Text: "We will speak to you first."}},
		record.Entry{SaidBy: "ally", HeardFrom: "ally", Body: circle.Request{By: "ally", Of: "go-between", Text: "Do you talk to them?"}},
		record.Entry{Body: circle.Incident{Sort: circle.Interception, To: "ally", Lines: []record.Name{"envoy"}, Text: "An intercept, they say."}},
		record.Entry{Body: circle.Plan{On: circle.OnDeath, Steps: []circle.PlanStep{{Who: "official", Form: record.Call, Hold: true, Words: "It is over."}, {Who: "envoy", Words: "He has died."}}}},
		record.Entry{Body: circle.Account{Source: circle.Source{Role: "a senior official", Knowledge: circle.Familiar}, Where: "a daily", Text: "He did it alone.", Claims: []circle.Claim{
			{Sort: circle.ClaimPart, Who: "go-between", Part: circle.Decisive}, {Sort: circle.ClaimSaid, Who: "envoy", On: on[0]},
		}}},
	)
	asked := gb.find(t, isBody(func(_ record.Item, _ circle.Request) bool { return true }))
	plan := gb.find(t, isBody(func(_ record.Item, _ circle.Plan) bool { return true }))
	gb.must(t,
		record.Entry{Answers: asked.ID, Body: circle.Answer{By: "go-between", To: "ally", As: circle.Decline, Text: "I say nothing to that."}},
		record.Entry{Body: circle.Notification{Plan: plan.ID, Reach: circle.Begun}},
		record.Entry{Body: circle.Retention{Of: m.ID, Policy: circle.DestroyOn, On: gb.clock}},
		record.Entry{Body: circle.Retention{Of: asked.ID, Policy: circle.LegalHold, Text: "an inquiry"}},
	)
	return gb
}

// TestCirclePagesInABrowser opens the pages of who knows at the two widths, and
// enters a disclosure in two steps.
func TestCirclePagesInABrowser(t *testing.T) {
	gb := circleCase(t)
	s := look(t, gb)
	s.login()
	of := func(what string, match func(record.Item) bool) string {
		return "/" + what + "/" + s.face.alias.of(gb.find(t, match).ID)
	}
	pages := map[string]string{
		"knows": "/knows", "knows-then": "/knows?knew=2025-05-01T00:00", "knows-of": "/knows/" + (&call{f: s.face}).personAlias("ally"), "asked": "/asked", "incidents": "/incidents",
		"notifications": "/notifications", "accounts": "/accounts", "disclose": "/disclose", "request": "/request", "planned": "/planned",
		"incident": "/incident", "notify": "/notify", "account": "/account",
		"kept": "/kept", "retain-channel": "/retain", "close": "/close", "destroy-due": "/destroy",
		"retain":   of("retain/entry", isMessage("forty-five")),
		"destroy":  of("destroy/entry", isMessage("forty-five")),
		"answer":   of("answer", isBody(func(_ record.Item, _ circle.Request) bool { return true })),
		"step":     of("incident/step", isBody(func(_ record.Item, _ circle.Incident) bool { return true })),
		"notified": of("notified", isBody(func(_ record.Item, _ circle.Plan) bool { return true })),
		"entry":    of("e", isBody(func(_ record.Item, _ circle.Account) bool { return true })),
	}
	for _, w := range []int64{360, 1280} {
		s.width(w)
		for name, path := range pages {
			s.open(path)
			s.clean(fmt.Sprintf("%s at %d", name, w))
			s.picture(fmt.Sprintf("circle-%s-%d", name, w))
		}
	}
	s.width(360)
	s.open("/record")
	s.press(`a[href$="/knows"]`)
	s.wants("Who knows", "The ally (ally)", "intercepted")
	s.press(`main a.button`)
	before := gb.commits
	s.run(`document.getElementById("to").value = "ally"; document.querySelector('input[name="what"][value="` + s.face.alias.of(gb.find(t, isMessage("قبلنا")).ID) + `"]').checked = true; document.querySelector('input[name="extent"][value="some"]').checked = true`)
	s.must(chromedp.SendKeys(chromedp.CSS("#text"), "They have accepted."))
	s.press(`main form button`)
	s.wants("What the ally comes to know", "قبلنا المقترح كما هو.", "What they could infer")
	s.clean("look at a disclosure")
	s.picture("circle-look-360")
	if gb.commits != before {
		t.Fatal("looking at it entered it")
	}
	s.press(`button[value="send"]`)
	s.wants("Done", "They have accepted.")
	s.home()
}

// The same pages, without a browser, have something to show.
func TestCirclePagesShowTheCase(t *testing.T) {
	b := open(t, circleCase(t))
	for path, want := range map[string]string{
		"/knows": "intercepted", "/asked": "Declined to comment: I say nothing to that.", "/incidents": "An intercept, they say.", "/notifications": "To be told next The movement's senior official",
		"/accounts": "He did it alone.",
	} {
		b.get(path).wants(t, 200, want)
		b.get(path+"?"+url.Values{"knew": {"2025-05-01T00:00"}}.Encode()).wants(t, 200, "An earlier view")
	}
}
