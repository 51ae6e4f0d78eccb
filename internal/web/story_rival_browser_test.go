package web

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// TestStoryOfTwoRivalTextsOnTwoScreens plays what matters of the second case by
// clicking and typing: the envoy, in Arabic, puts a text forward; the movement,
// by phone, accepts another of the same name; that acceptance cannot be carried
// to him, the two are held against one another at both desks, and he rejects it
// by an act of his own.
func TestStoryOfTwoRivalTextsOnTwoScreens(t *testing.T) {
	c, gb, envoy := twoSeats(t, "rival-texts-2025")
	says := script(t, c)

	// Text A, written on the phone of whoever puts it forward.
	clockAt(t, "2025-05-22T07:00:00Z", gb, envoy)
	typedTerm(envoy, "", map[string]string{"name": "truce", "action": says("Hostilities cease."), "period": "45-60 days", "needs": "ally"})
	typedTerm(envoy, "", map[string]string{"name": "living", "action": says("Living captives are released."), "quantity": "10 captives", "debtor": "movement", "against": "truce"})
	typedTerm(envoy, "", map[string]string{"name": "bodies", "action": says("Bodies are returned."), "quantity": "19 bodies", "debtor": "movement", "against": "truce"})
	envoy.open("/propose")
	envoy.typed("name", "envoys-proposal")
	for _, term := range []string{"truce", "living", "bodies"} {
		envoy.ticked("terms", term)
	}
	for _, party := range []string{"movement", "power", "ally"} {
		envoy.ticked("needs", party)
	}
	envoy.ticked("as", "power")
	envoy.ticked("to", "go-between")
	envoy.second("The go-between (go-between)", rangeIn("ar", 45, 60, "days"))
	envoy.clean("a proposal before it goes, in Arabic")
	envoy.done()
	gb.open("/")
	gb.wants("The power proposes envoys-proposal, version 1")

	// The movement's text, as it came by phone: the same name, other numbers.
	clockAt(t, "2025-05-26T06:05:00Z", gb, envoy)
	typedTerm(gb, "truce", map[string]string{"period": "70 days"})
	typedTerm(gb, "living", map[string]string{"action": says("Living captives are released, five on the first day and five on the last."), "quantity": "5 captives, 5 captives"})
	typedTerm(gb, "", map[string]string{"name": "guarantee", "sort": string(accord.Guarantee), "action": says("War does not resume."), "debtor": "power", "covers": "truce"})
	gb.open("/terms")
	gb.follow("/propose/edit", "envoys-proposal, version 1")
	for _, old := range []string{"truce, version 1", "living, version 1", "bodies, version 1"} {
		gb.unticked("terms", old)
	}
	for _, term := range []string{"truce, version 2", "living, version 2", "guarantee, version 1"} {
		gb.ticked("terms", term)
	}
	gb.second("envoys-proposal, version 2", "70 days", "5 captives")
	gb.done()
	for _, position := range []string{"proposed", "accepted"} {
		gb.open("/terms")
		gb.follow("Log where somebody stands", "envoys-proposal, version 2")
		gb.picked("party", "movement")
		gb.ticked("position", position)
		gb.picked("heard", "official")
		gb.second("envoys-proposal, version 2")
		gb.done()
	}
	gb.open("/")
	gb.wants("Accepted, but never proposed", "Two texts under one name")
	gb.clean("two texts under one name")

	theRefusal(t, gb, says)
	theCounter(t, gb, envoy)

	// His own act, and his words beside it.
	clockAt(t, "2025-05-26T09:15:00Z", gb, envoy)
	says("Completely unacceptable. My text is another: forty-five to sixty days, ten living, nineteen bodies.")
	const no = "هذا غير مقبول إطلاقا. نصي غيره: من 45 إلى 60 يوما، وعشرة أحياء، و19 جثمانا."
	gb.open("/")
	envoy.open("/terms")
	envoy.follow("/act/", "envoys-proposal")
	envoy.ticked("position", string(accord.Rejected))
	envoy.ticked("to", "go-between")
	envoy.typed("text", no)
	envoy.second("The go-between (go-between)", no)
	envoy.runs(no, "rtl")
	envoy.done()
	gb.wants("The power rejects envoys-proposal, version 2", no)
	gb.runs(no, "rtl")
	gb.open("/standing")
	gb.wants("rejected", "its own act", "accepted, not confirmed", "a report by the go-between", "not agreed")
	gb.clean("where two texts stand")
	gb.home()
	envoy.home()
}

// theRefusal tries to carry the movement's acceptance to the envoy, who never
// put that text forward.
func theRefusal(t *testing.T, gb seat, says func(string) string) {
	t.Helper()
	says("The movement has accepted the envoy's proposal.")
	before := sent(t, gb.d, "envoy")
	gb.open("/record")
	gb.follow("The movement accepts envoys-proposal, version 2", "The movement accepts envoys-proposal, version 2")
	gb.follow("Carry", "The movement accepts envoys-proposal, version 2")
	gb.picked("to", "envoy")
	gb.typed("consent", "by phone")
	gb.press(`main form[method="post"] button`)
	gb.wants("Not done", "never put forward", "The two texts, side by side", "45 to 60 days", "70 days", "19 bodies", "War does not resume")
	gb.clean("a refusal, with the two texts")
	gb.picture("story-rival-refused")
	if sent(t, gb.d, "envoy") != before {
		t.Error("a rival acceptance went")
	}
}

// theCounter carries the text for what it is, a counter-proposal, and reads at
// the envoy's desk, in Arabic, where the two differ.
func theCounter(t *testing.T, gb, envoy seat) {
	t.Helper()
	envoy.open("/")
	gb.open("/record")
	gb.follow("The movement proposes envoys-proposal, version 2", "The movement proposes envoys-proposal, version 2")
	gb.follow("Carry", "The movement proposes envoys-proposal, version 2")
	gb.picked("to", "envoy")
	gb.typed("consent", "by phone")
	gb.second("To The envoy (envoy), The power", "70 days", "War does not resume")
	gb.done()
	envoy.open("/standing")
	envoy.wants("War does not resume")
	envoy.open("/standing") // what is offered to compare is not made anew by itself
	ar := envoy.word
	const js = `() => { const o = [...document.getElementById("a").options].filter(o => o.text.includes("envoys-proposal")); document.getElementById("a").value = o[0].value; document.getElementById("b").value = o[1].value; return o.length }`
	if n := ask[int](envoy.screen, js); n != 2 {
		t.Fatalf("%d texts to compare", n)
	}
	envoy.press(`form[action$="/compare"] button`)
	envoy.wants(ar("web.compare.side-by-side"), ar("web.compare.differs"), rangeIn("ar", 45, 60, "days"), rangeIn("ar", 70, 70, "days"), rangeIn("ar", 19, 19, "bodies"), ar("web.compare.none"))
	envoy.misses("Compare", "longer", "accept")
	envoy.clean("two texts compared, in Arabic")
	envoy.picture("story-rival-compared")
	// Word by word, in the direction of the words and not of the page.
	if got := ask[string](envoy.screen, `() => document.querySelector("main table bdi") ? getComputedStyle(document.querySelector("main table")).direction : ""`); got != "rtl" {
		t.Errorf("the table of differences runs %q", got)
	}
	envoy.width(1280) // the table scrolls in its own box on a phone
	envoy.runs("Living captives are released, five on the first day and five on the last", "ltr")
	envoy.width(360)
}

// typedTerm writes a term, or a new version of the one of that name.
func typedTerm(s seat, old string, fields map[string]string) {
	s.t.Helper()
	s.open("/terms")
	if old == "" {
		s.follow(s.word("web.term.title"), "")
	} else {
		s.follow("/term/edit/", old+", version 1")
	}
	for _, name := range []string{"name", "action", "period", "quantity"} {
		if v := fields[name]; v != "" {
			s.cleared(name)
			s.typed(name, v)
		}
	}
	for _, name := range []string{"debtor", "of", "creditor"} {
		if v := fields[name]; v != "" {
			s.picked(name, v)
		}
	}
	for _, name := range []string{"sort", "needs", "against", "covers"} {
		if v := fields[name]; v != "" {
			s.ticked(name, v)
		}
	}
	s.second(fields["action"])
	s.done()
}

// sent counts what a desk says it sent to somebody.
func sent(t *testing.T, h desk.Handle, to record.Name) (n int) {
	t.Helper()
	rec, err := h.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range rec.Known() {
		if it.By == h.Keeper() && rec.GivenTo(it, to) {
			n++
		}
	}
	return n
}
