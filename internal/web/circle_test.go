package web

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

func TestWhoKnows(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/record").wants(t, 200, "Who knows and who is told")
	b.get("/knows").wants(t, 200, "Who knows", "Inside the talks", "The envoy (envoy), The power", "Was given", "As we knew")
	m := gb.find(t, isMessage("forty-five"))
	b.get(b.path("e", m)).wants(t, 200, "Enter that somebody was told")
	form := b.path("disclose/entry", m)
	page := b.get(form)
	page.wants(t, 200, "Who was told, or learned", "It stays on this desk and sends nothing")
	if !strings.Contains(page.body, `value="`+b.face.alias.of(m.ID)+`" checked`) {
		t.Error("the entry that it is about is not ticked")
	}
	told := url.Values{"to": {"ally"}, "extent": {"some"}, "what": {b.face.alias.of(m.ID)}, "footing": {"briefed"}, "how": {"call"}, "said": {"2025-05-10T10:00"}}
	b.send(form, told, "Goes to nobody", "What the ally comes to know", "We can speak of a ceasefire of forty-five to sixty days", "What they could infer", "names somebody of whom the reader has not heard")
	b.get("/knows").wants(t, 200, "Outside", "The ally (ally)", "Knew of the channel 10 May 2025, 10:00 UTC", "briefed", "from the go-between", "known here 26 May 2025")
	ally := "/knows/" + sha(b, "ally")
	b.get(ally).wants(t, 200, "What the ally knows", "Was given: 1", "The envoy to the movement's senior official")
	b.get(ally+"?stood=2025-05-01T00:00").wants(t, 200, "An earlier view", "Not, as far as this desk knows", "Was given: 0")
	b.get(ally+"?knew=2025-05-11T00:00").wants(t, 200, "Was given: 0")
	b.get("/knows/nobody").wants(t, 404)
	b.send("/disclose", url.Values{"to": {"ally"}, "extent": {"channel"}, "footing": {"intercepted"}, "heard": {"envoy"}}, "that there is a channel", "intercepted")
	b.get(ally).wants(t, 200, "That there is a channel", "intercepted", "somebody's word, not this desk's own knowledge")
	b.send("/disclose", url.Values{"to": {"ally"}, "extent": {"nothing"}, "footing": {"briefed"}}, "was told nothing")
	b.post("/disclose", url.Values{"to": {"ally"}, "extent": {"some"}, "footing": {"briefed"}}).wants(t, 400, "Not done")
	b.post("/disclose", url.Values{"extent": {"channel"}, "footing": {"briefed"}}).wants(t, 400, "It does not say who was told")
}

// TestALongListOfWhoKnowsComesByPages: the newest first, and none of them lost
// between two pages.
func TestALongListOfWhoKnowsComesByPages(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	var told []record.Entry
	for i := range 30 {
		told = append(told, record.Entry{Body: circle.Disclosure{To: record.Name("friend-" + number(uint64(100+i))), Channel: true, Footing: circle.Briefed, By: "go-between"}})
	}
	for i := range 55 {
		told = append(told, record.Entry{Said: record.Moment(gb.clock + record.Instant(i)*60_000), Body: circle.Disclosure{To: "ally", Channel: true, Footing: circle.Briefed, By: "go-between"}})
	}
	gb.must(t, told...)
	b := open(t, gb)
	first, second := b.get("/knows").text(), b.get("/knows?page=2").text()
	for i := range 30 {
		n := "friend-" + number(uint64(100+i))
		if strings.Contains(first, n) == strings.Contains(second, n) {
			t.Errorf("%s is on neither page, or on both", n)
		}
	}
	ally := "/knows/" + sha(b, "ally")
	page := b.get(ally)
	page.wants(t, 200, "Was given: 55", "The newest first")
	if n := strings.Count(page.body, "/e/"); n < maxShown || strings.Contains(page.text(), "26 May 2025, 09:00 UTC; known") {
		t.Errorf("%d entries, or the oldest, on the first page", n)
	}
	if rest := b.get(ally + "?page=2"); strings.Count(rest.text(), "; known here") != 5 || !strings.Contains(rest.text(), "26 May 2025, 09:00 UTC; known") {
		t.Error(rest.text())
	}
	b.get(ally+"?page=9").wants(t, 200, "Was given: 55")
}

func TestAskedByOutsiders(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/asked").wants(t, 200, "Asked by outsiders", "Nobody has asked, and nothing is prepared")
	b.send("/planned", url.Values{"for": {"ally"}, "as": {"not-yet"}, "text": {"We will speak to you first."}}, "If the ally asks whether there is a channel: not yet", "Goes to nobody")
	b.get("/asked").wants(t, 200, "Prepared, and not asked yet", "The ally (ally)", "We will speak to you first.")
	b.send("/request", url.Values{"by": {"ally"}, "of": {"go-between"}, "how": {"call"}, "text": {"Do you talk to them?"}}, "The ally asks the go-between whether there is a channel", "Do you talk to them?")
	b.get("/asked").wants(t, 200, "no answer yet", "Planned answer", "Not yet: We will speak to you first.", "What was said Nothing yet.")
	asked := gb.find(t, isBody(func(_ record.Item, _ circle.Request) bool { return true }))
	b.get(b.path("answer", asked)).wants(t, 200, "Planned answer", "We will speak to you first.", "Declined to comment")
	b.post(b.path("answer", asked), url.Values{"by": {"envoy"}, "as": {"deny"}}).wants(t, 400, "Choose who told you")
	b.post(b.path("answer", asked), url.Values{"by": {"go-between"}, "as": {"silence"}, "text": {"Nothing."}}).wants(t, 400, "Not done")
	b.send(b.path("answer", asked), url.Values{"by": {"go-between"}, "as": {"confirm"}, "text": {"We do."}}, "Other than planned", "What was planned: Not yet: We will speak to you first.", "The go-between to the ally: confirmed", "We do.")
	b.get("/asked").wants(t, 200, "Confirmed: We do.", "Other than planned", "from the go-between")
	b.get("/knows/"+sha(b, "ally")).wants(t, 200, "That there is a channel", "confirmed on asking")
	b.send(b.path("answer", asked), url.Values{"by": {"go-between"}, "as": {"deny"}, "to": {"envoy"}}, "To The envoy", "What they could infer")
	b.get(b.path("answer", gb.find(t, isMessage("forty-five")))).wants(t, 409, "Only what somebody asked")
	b.post("/request", url.Values{"of": {"go-between"}}).wants(t, 400, "does not say who asks")
}

func TestIncidentsOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/incidents").wants(t, 200, "Incidents", "No incident is in this record")
	b.send("/incident", url.Values{"sort": {"interception"}, "to": {"ally"}, "lines": {"envoy"}, "text": {"An intercept, they say."}, "heard": {"official"}, "known": {"2025-05-26T10:00"}},
		"Goes to nobody", "Incident: interception", "An intercept, they say.")
	page := b.get("/incidents")
	page.wants(t, 200, "Interception", "The ally (ally)", "the beginning, as far as anybody knows", "it may still go on", "Known since 26 May 2025, 10:00 UTC", "Known from The movement's senior official",
		"Checklist", "Open the line anew: the envoy", "to be done", "Entries exposed:", "The envoy to the movement's senior official", "steps are to be done")
	x := gb.find(t, isBody(func(_ record.Item, _ circle.Incident) bool { return true }))
	form := b.path("incident/step", x)
	b.get(form).wants(t, 200, "Open the line anew: the envoy", "To be done", "Another")
	b.send(form, url.Values{"step": {"re-key envoy"}, "done": {"yes"}, "by": {"go-between"}}, "open the line anew (the envoy), done")
	b.send(form, url.Values{"step": {"other"}, "done": {"no"}, "text": {"Change rooms."}}, "Change rooms.")
	b.get("/incidents").wants(t, 200, "Open the line anew: the envoy done by the go-between", "Change rooms. to be done")
	gb.clock += 60_000 // the last word is the one logged last
	b.send(form, url.Values{"step": {"other Change rooms."}, "done": {"yes"}}, "Change rooms.")
	b.get("/incidents").wants(t, 200, "Change rooms. done")

	// [CIR-24]: the desk does what it can itself, and says before whom it concerns.
	do := b.path("incident/do", x)
	b.get(do).wants(t, 200, "Tell: the envoy", "They get these words and nothing else")
	tell := url.Values{"step": {"tell envoy"}, "text": {"Expect my call."}}
	first, second := b.post(do, tell), b.post(do, tell)
	first.wants(t, 200, "To The envoy", "Expect my call.", "Also affected The movement's senior official")
	for i, page := range []answer{first, second} {
		want := []int{303, 409}[i]
		if a := b.post("/confirm", url.Values{"confirm": {page.token(t)}, "go": {"send"}}); a.StatusCode != want {
			t.Error(i, a.StatusCode, a.text())
		}
	}
	told := 0
	for _, it := range r.desks["envoy"].record.Known() {
		if isMessage("Expect my call.")(it) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the envoy was told %d times", told)
	}
	b.get("/incidents").wants(t, 200, "Tell: the envoy done by the go-between")
	b.send("/incident", url.Values{"sort": {"lost-desk"}, "people": {"envoy"}}, "Incident: lost desk")
	lost := gb.find(t, isBody(func(_ record.Item, i circle.Incident) bool { return i.Sort == circle.LostDesk }))
	shut := b.path("incident/do", lost)
	b.get("/incidents").wants(t, 200, "Close the line: the envoy to be done")
	b.send(shut, url.Values{"step": {"close-line envoy"}}, "This closes the line", "The line to the envoy is closed at once", "Also affected", "close the line (the envoy), done")
	if slices.ContainsFunc(gb.lines, func(l desk.LineStatus) bool { return l.Peer == "envoy" }) {
		t.Error("the line to the envoy is still there")
	}
	b.get("/incidents").wants(t, 200, "Close the line: the envoy done by the go-between")
	b.post(shut, url.Values{"step": {"close-line envoy"}}).wants(t, 409, "Not done", "done already")
	b.post(shut, url.Values{"step": {"close-line nobody"}}).wants(t, 404, "no step about this incident")
	b.get("/knows/"+sha(b, "ally")).wants(t, 200, "intercepted", "The envoy to the movement's senior official")
	b.get(b.path("incident/step", gb.find(t, isMessage("forty-five")))).wants(t, 409, "Only about an incident")
	b.post("/incident", url.Values{"sort": {"leak"}}).wants(t, 400, "Not done")
	b.post(form, url.Values{"done": {"yes"}}).wants(t, 400, "which step")
}

// TestRekeyOnThePage: the step makes a code, and is done when the line has other
// keys and their words were compared: [CIR-24].
func TestRekeyOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.send("/incident", url.Values{"sort": {"interception"}, "lines": {"envoy"}}, "Incident: interception")
	x := gb.find(t, isBody(func(_ record.Item, _ circle.Incident) bool { return true }))
	do, step := b.path("incident/do", x), url.Values{"step": {"re-key envoy"}}
	b.get(do).wants(t, 200, "Open the line anew: the envoy", "When you meet: the desk makes a code for you to show them")
	page := b.post(do, step)
	page.wants(t, 200, "This makes a code for fresh keys", "to be shown to the envoy in person and to nobody else", "Goes to nobody", "to be done by the go-between")
	shown := b.post("/confirm", url.Values{"confirm": {page.token(t)}, "go": {"send"}})
	shown.wants(t, 200, "Code for fresh keys, for The envoy (envoy), The power")
	if !strings.Contains(shown.body, "bci1-fresh-keys-for-envoy") {
		t.Error("the code is not shown")
	}
	b.get("/incidents").wants(t, 200, "Open the line anew: the envoy to be done by the go-between fresh keys are being made")
	gb.clock += 60_000
	b.get(do).wants(t, 200, "Once the new words were compared")
	b.post(do, step).wants(t, 409, "Not done", "compare the new words on the page of lines")
	i := slices.IndexFunc(gb.lines, func(l desk.LineStatus) bool { return l.Peer == "envoy" })
	gb.lines[i].Fresh, gb.lines[i].Words = nil, []string{"other", "words", "than", "before"}
	b.post(do, step).wants(t, 409, "Not done", "compare the new words")
	gb.lines[i].Compared = true
	b.send(do, step, "Fresh keys are in use", "open the line anew (the envoy), done by the go-between")
	b.get("/incidents").wants(t, 200, "Open the line anew: the envoy done by the go-between")
	b.post(do, step).wants(t, 409, "done already")
}

func TestWhomToTell(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/notifications").wants(t, 200, "Whom to tell", "Nothing is planned")
	b.get("/notify").wants(t, 200, "1: who is told", "More people", "When it is agreed")
	b.send("/notify", url.Values{"on": {"death"}, "who-1": {"official"}, "how-1": {"call"}, "hold-1": {"yes"}, "words-1": {"It is over."}, "who-2": {"envoy"}, "words-2": {"He has died."}, "who-4": {"ally"}, "by-4": {"envoy"}, "how-4": {"meeting"}},
		"Goes to nobody", "Plan when somebody dies", "To be told, in this order: the movement's senior official, the envoy and the ally",
		"The movement's senior official (official), The movement The next waits for the acknowledgement Told by The go-between (go-between): Call. The words as planned: It is over.",
		"The envoy (envoy), The power Over the line, by The go-between (go-between). This is exactly what will be seen there: He has died.", "Told by The envoy (envoy), The power: Meeting", "No words are planned for this person")
	plan := gb.find(t, isBody(func(_ record.Item, _ circle.Plan) bool { return true }))
	form := b.path("notified", plan)
	b.get("/notifications").wants(t, 200, "When somebody dies", "has not begun", "waits for it to begin", "The next waits for the acknowledgement", "by the envoy: Meeting", "in these words: “It is over.”")
	if text := b.get(form).text(); !strings.Contains(text, "the plan begins") || strings.Contains(text, "Note that") {
		t.Error("before it has begun, the form offers: ", text)
	}
	b.post(form, url.Values{"note": {"told official"}}).wants(t, 409, "has not begun")
	b.send(form, url.Values{"note": {"begun"}, "by": {"go-between"}}, "begun", "in exactly which words", "It is over.", "He has died.")
	b.get("/notifications").wants(t, 200, "To be told next The movement's senior official", "held", "waits for the movement's senior official")
	b.post(form, url.Values{"note": {"told envoy"}}).wants(t, 409, "Not done", "waits for")
	b.post(form, url.Values{"note": {"send envoy"}}).wants(t, 409, "not to be told over a line now")
	b.send(form, url.Values{"note": {"told official"}, "by": {"go-between"}, "how": {"call"}, "said": {"2025-05-26T08:00"}}, "the movement's senior official told by the go-between",
		"The movement's senior official (official), The movement The next waits for the acknowledgement next this step")
	b.post(form, url.Values{"note": {"told official"}}).wants(t, 409, "told already")
	b.post(form, url.Values{"note": {"told envoy"}}).wants(t, 409, "waits for")
	b.send(form, url.Values{"note": {"acknowledged official"}}, "acknowledged")
	b.get(form).wants(t, 200, "Tell the envoy now, over the line, in the words of the plan")
	// Two pages show the telling; only one of them tells.
	first, second := b.post(form, url.Values{"note": {"send envoy"}}), b.post(form, url.Values{"note": {"send envoy"}})
	first.wants(t, 200, "To The envoy (envoy), The power", "He has died.")
	if a := b.post("/confirm", url.Values{"confirm": {first.token(t)}, "go": {"send"}}); a.StatusCode != 303 {
		t.Error(a.StatusCode, a.text())
	}
	b.post("/confirm", url.Values{"confirm": {second.token(t)}, "go": {"send"}}).wants(t, 409, "told already")
	n := 0
	for _, it := range r.desks["envoy"].record.Known() {
		if isMessage("He has died.")(it) {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the envoy was told %d times", n)
	}
	b.get("/notifications").wants(t, 200, "To be told next The ally (ally)")
	b.get(b.path("notified", gb.find(t, isMessage("forty-five")))).wants(t, 409, "no notification plan")
	b.post("/notify", url.Values{"on": {"agreed"}}).wants(t, 400, "Not done")
}

func TestAccountsOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/accounts").wants(t, 200, "Accounts", "No account is in this record")
	m := gb.find(t, isMessage("forty-five"))
	b.send("/account", url.Values{
		"role": {"a senior official"}, "of": {"ally"}, "knowledge": {"familiar"}, "where": {"a daily"}, "text": {"He did it alone."},
		"claim-1": {"part decisive"}, "who-1": {"go-between"}, "claim-2": {"said"}, "who-2": {"envoy"}, "on-2": {b.face.alias.of(m.ID)},
		"claim-3": {"knew"}, "who-3": {"ally"}, "not-3": {"yes"}, "words-3": {"nobody told us"},
	}, "Goes to nobody", "A senior official, in a daily, says that the go-between was decisive", "He did it alone.", "did not know of the channel")
	b.send("/account", url.Values{"source": {"official"}, "declined": {"yes"}}, "declined to comment")
	b.send("/account", url.Values{"source": {"envoy"}, "claim-1": {"part marginal"}, "who-1": {"go-between"}}, "was marginal")
	page := b.get("/accounts")
	page.wants(t, 200, "A senior official", "Appeared in a daily", "Familiar with the matter", "That the go-between was decisive The record weighs nobody", "The opposite is said in",
		"That the envoy said", "Entries speak for it", "Speaks for it", "The envoy to the movement's senior official", "That the ally did not know of the channel (“nobody told us”) Nothing here speaks for it or against it",
		"Declined to comment", "What the record can count", "The go-between (go-between)", "Spoke", "Carried", "Said of them by others alone")
	for _, verdict := range []string{"true", "false", "lie", "wrong", "right."} {
		text := strings.ReplaceAll(page.text(), "Nothing here says who is right.", "")
		if strings.Contains(text, " "+verdict) {
			t.Errorf("the page judges: %q in %s", verdict, text)
		}
	}
	b.post("/account", url.Values{"source": {"envoy"}}).wants(t, 400, "Not done")
	b.post("/account", url.Values{"source": {"envoy"}, "claim-1": {"said"}, "who-1": {"envoy"}}).wants(t, 400, "does not say what it is about")
}

// What the keeper was not given is on none of these pages of his, and what he
// noted for himself is on nobody else's.
func TestLaw5_CirclePagesShowTheKeepersProjection(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	m := gb.find(t, isMessage("forty-five"))
	gb.must(t, record.Entry{Body: record.Person{Name: "minister", Title: "The minister"}}, record.Entry{Body: circle.Disclosure{To: "minister", What: []record.Ref{{Entry: m.ID}}, Footing: circle.Briefed, By: "go-between", Text: "kept-apart"}})
	gb.must(t, record.Entry{Body: circle.Account{Source: circle.Source{Name: "minister"}, Text: "kept-apart"}})
	gb.must(t, record.Entry{Body: circle.Plan{On: circle.OnDeath, Steps: []circle.PlanStep{{Who: "minister", Words: "kept-apart"}}}})
	gb.must(t, record.Entry{Body: circle.Incident{Sort: circle.Leak, To: "minister", Channel: true, Text: "kept-apart"}})
	gb.must(t, record.Entry{Body: circle.PlannedLine{For: "minister", As: circle.Deny, Text: "kept-apart"}})
	own := open(t, gb)
	own.get("/knows").wants(t, 200, "The minister (minister)")
	for _, who := range []record.Name{"envoy", "official"} {
		b := open(t, r.desks[who])
		for _, path := range circlePaths {
			text := b.get(path)
			text.wants(t, 200)
			for _, secret := range []string{"kept-apart", "minister"} {
				if strings.Contains(text.text(), secret) {
					t.Errorf("%s: %s shows %q", who, path, secret)
				}
			}
			if who == "official" && strings.Contains(text.text(), "forty-five") {
				t.Errorf("%s: %s shows what the envoy said", who, path)
			}
		}
	}
}

var circlePaths = []string{"/knows", "/asked", "/incidents", "/notifications", "/accounts", "/kept"}

// sha gives the address of what a person knows.
func sha(b *browser, n record.Name) string {
	c := &call{f: b.face}
	return c.personAlias(n)
}
