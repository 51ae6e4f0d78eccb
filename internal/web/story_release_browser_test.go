package web

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// TestStoryOfAReleaseOnTwoScreens plays what matters of the first case by
// clicking and typing: the go-between in English on a laptop, the envoy in
// Arabic on a phone, a relay and a line between them. The movement has no desk:
// what it says comes by phone, and is logged by hand (law 7).
func TestStoryOfAReleaseOnTwoScreens(t *testing.T) {
	c, gb, envoy := twoSeats(t, "release-2025")
	says := script(t, c)

	// A call from the movement, logged, and carried as a translation beside its
	// source.
	clockAt(t, "2025-05-01T14:40:00Z", gb, envoy)
	asked := says("Does the envoy speak for his principal, or only to him?")
	const askedAr = "هل يتكلم المبعوث باسم رئيسه، أم إليه فقط؟"
	envoy.open("/")
	gb.open("/")
	gb.follow("Log a call or meeting", "")
	gb.picked("from", "official")
	gb.ticked("whose", "verbatim")
	gb.typed("text", asked)
	gb.picked("act", string(record.Ask))
	gb.second("Goes to nobody: it is logged on this desk alone", asked)
	gb.done()
	gb.follow("Carry", asked)
	gb.picked("to", "envoy")
	gb.ticked("fidelity", string(record.Translation))
	gb.typed("text", askedAr)
	gb.picked("lang", "ar")
	gb.typed("consent", "by phone, on the same call")
	gb.second("To The envoy (envoy), The power", "This is exactly what will be seen there", askedAr, asked, "arrives in about", "Send to the envoy")
	gb.runs(askedAr, "rtl")
	gb.done()

	// It comes to the envoy by itself, each language in its own direction.
	envoy.wants(askedAr, asked, envoy.word("fidelity.translation"), envoy.word("web.entry.source"))
	envoy.runs(askedAr, "rtl")
	envoy.runs(asked, "ltr")
	envoy.clean("the envoy's first page")
	envoy.picture("story-envoy-home")

	// He answers in Arabic.
	clockAt(t, "2025-05-02T07:15:00Z", gb, envoy)
	says("Releasing the captive unconditionally would carry substantial benefit for the principal.")
	const answer = "إطلاق سراح الأسير دون شروط سيعود على رئيسي بفائدة كبيرة."
	gb.open("/")
	envoy.follow("/write", askedAr)
	envoy.picked("to", "go-between")
	envoy.typed("text", answer)
	envoy.picked("pass", string(record.PassMay))
	envoy.picked("meant", "official")
	envoy.picked("lang", "ar")
	envoy.second(envoy.word("web.look.to"), "The go-between", answer, envoy.word("pass.may-pass"))
	envoy.clean("the envoy's second step")
	envoy.done()
	gb.wants(answer, "Carrying instruction: may be passed on")
	gb.runs(answer, "rtl")
	if got := gb.how(answer); got.Page != "ltr" || got.Lang != "ar" {
		t.Errorf("Arabic on an English page: %+v", got)
	}

	thePhoneCall(t, gb, says)
	theTerms(t, gb, envoy)

	// Reported, and not confirmed: on this page, and as an alarm.
	gb.open("/standing")
	gb.follow("Log where somebody stands", "pause")
	gb.picked("party", "power")
	gb.ticked("position", "proposed")
	gb.picked("heard", "envoy")
	gb.second("The power proposes pause, version 1")
	gb.done()
	gb.open("/standing")
	gb.wants("proposed, not confirmed", "a report by the go-between", "not agreed", "70 to 90 days", "Unstated")
	gb.open("/")
	gb.wants("Not confirmed", "The power has not confirmed pause, version 1")

	// The envoy has the text before him, in his language and with its range.
	envoy.open("/standing")
	envoy.wants("Hostilities cease", envoy.word("web.standing.terms"), envoy.word("sort.gesture"), envoy.word("web.party.absent"))
	envoy.runs("Hostilities cease, "+rangeIn("ar", 70, 90, "days"), "ltr")
	envoy.misses("may be passed on", "not confirmed", "Where we stand")
	envoy.clean("where we stand, in Arabic")
	envoy.picture("story-envoy-standing")

	whoIsTold(envoy, says)
	theRelease(t, gb, envoy, says)
	gb.home()
	envoy.home()
}

// thePhoneCall logs what the envoy said on the phone, and that it was read back.
func thePhoneCall(t *testing.T, gb seat, says func(string) string) {
	t.Helper()
	clockAt(t, "2025-05-05T13:20:00Z", gb)
	said := says("Once the captive is out the power would push for a ceasefire of 70 to 90 days, longer than anything before; " +
		"ten captives would go free for it; nobody starts again while they negotiate.")
	gb.open("/log")
	gb.picked("from", "envoy")
	gb.ticked("whose", "paraphrase")
	gb.typed("text", said)
	gb.picked("act", string(record.Float))
	gb.second(said)
	gb.done()
	gb.follow("Log a read-back", said)
	gb.picked("by", "go-between")
	gb.ticked("ok", "yes")
	gb.second("Goes to nobody")
	gb.done()
}

// theTerms writes the terms and puts them to the envoy.
func theTerms(t *testing.T, gb, envoy seat) {
	t.Helper()
	typedTerm(gb, "", map[string]string{"name": "release", "sort": string(accord.Gesture), "action": "The captive is released.", "debtor": "movement"})
	gb.follow("Carry", "The captive is released")
	gb.picked("to", "envoy")
	gb.second("To The envoy (envoy), The power", "The captive is released")
	gb.done()
	typedTerm(gb, "", map[string]string{"name": "captives", "sort": string(accord.Obligation), "action": "Captives are released.", "quantity": "10 captives", "debtor": "movement"})
	typedTerm(gb, "", map[string]string{"name": "ceasefire", "sort": string(accord.Obligation), "action": "Hostilities cease.", "period": "70-90 days", "needs": "ally", "against": "captives"})
	typedTerm(gb, "", map[string]string{"name": "power-guarantee", "sort": string(accord.Guarantee), "action": "Hostilities do not resume while negotiations go on.", "debtor": "power", "covers": "ceasefire"})

	gb.open("/propose")
	gb.typed("name", "pause")
	for _, name := range []string{"captives, version 1", "ceasefire, version 1", "power-guarantee, version 1"} {
		gb.ticked("terms", name)
	}
	for _, party := range []string{"movement", "power", "ally"} {
		gb.ticked("needs", party)
	}
	gb.ticked("to", "envoy")
	gb.second("To The envoy (envoy), The power", "70 to 90 days", "10 captives")
	gb.done()
}

// whoIsTold is planned, and told in that order: officials of the ally, and the
// family, which hears it in Arabic. Each second step shows who is told, in full,
// and in which words. The plan is made in Arabic and carried out in English.
func whoIsTold(envoy seat, says func(string) string) {
	envoy.t.Helper()
	clockAt(envoy.t, "2025-05-11T17:05:00Z", envoy)
	official := says("The captive will be released.")
	says("He comes home. More cannot be said.")
	const home = "سيعود إلى بيته. لا يمكن قول أكثر من ذلك."
	const premier, minister, family = "The ally's prime minister (ally-premier), The ally", "The ally's strategic affairs minister (ally-minister), The ally", "The captive's family (family)"
	envoy.open("/notifications")
	envoy.follow(envoy.word("web.notify.title"), "")
	for i, who := range []string{"ally-premier", "ally-minister", "family"} {
		n := "-" + number(uint64(i+1))
		envoy.picked("who"+n, who)
		envoy.picked("how"+n, "call")
		if who != "family" {
			envoy.typed("words"+n, official)
			continue
		}
		envoy.ticked("hold"+n, "yes")
		envoy.typed("words"+n, home)
	}
	envoy.second(envoy.word("web.notify.each"), premier, minister, official, family, home, envoy.word("form.call"))
	envoy.runs(home, "rtl")
	envoy.runs(official, "ltr")
	envoy.clean("who is told, in Arabic")
	envoy.done()

	envoy.speak("en")
	note := func(what string, shows ...string) {
		envoy.open("/notifications")
		envoy.follow("/notified/", "")
		envoy.ticked("note", what)
		envoy.second(append(shows, "Who is told, and in exactly which words", premier, minister, official, family, home)...)
		envoy.runs(home, "rtl")
		envoy.done()
	}
	note("begun")
	note("told ally-premier", "this step")
	note("told ally-minister", "this step")
	note("told family", "this step")
	note("acknowledged family", "this step")
	envoy.open("/notifications")
	envoy.wants(family, "has acknowledged")
	envoy.clean("who was told, in English")
	envoy.speak("ar")
}

// theRelease is done, reported, and seen at both desks for what it is.
func theRelease(t *testing.T, gb, envoy seat, says func(string) string) {
	t.Helper()
	clockAt(t, "2025-05-12T15:40:00Z", gb, envoy)
	envoy.open("/performance")
	gb.open("/terms")
	gb.follow("Say what was done", "release, version 1")
	gb.ticked("deed", string(accord.Done))
	gb.picked("by", "movement")
	gb.picked("heard", "official")
	gb.typed("text", says("He has been handed over."))
	gb.ticked("to", "envoy")
	gb.second("To The envoy (envoy), The power", "He has been handed over.")
	gb.done()
	envoy.open("/")
	envoy.wants("He has been handed over.")
	envoy.runs("He has been handed over.", "ltr")
	says("We have him.")
	const have = "لقد استلمناه."
	gb.open("/")
	envoy.follow("/write", "")
	envoy.picked("to", "go-between")
	envoy.typed("text", have)
	envoy.picked("lang", "ar")
	envoy.second(have)
	envoy.done()
	gb.wants(have)
	gb.runs(have, "rtl")
	gb.open("/performance")
	gb.run(`document.querySelectorAll("main details").forEach(d => d.querySelector("summary").click())`)
	gb.wants("release, version 1", "The captive is released")
	gb.clean("how far the terms have come")
}
