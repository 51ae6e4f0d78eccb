package web

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// tab opens another tab of the same browser.
func (s *screen) tab() *screen {
	s.t.Helper()
	ctx, stop := chromedp.NewContext(s.ctx)
	s.t.Cleanup(stop)
	other := &screen{t: s.t, ctx: ctx, face: s.face, base: s.base}
	other.must(chromedp.Func(other.watch))
	return other
}

func got(f *fake, text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.record.Known() {
		if isMessage(text)(it) {
			return true
		}
	}
	return false
}

// TestTheWrongRecipientOnTheScreen tries to send to somebody else than meant:
// by a slip that the second step shows, by going back, from two tabs, twice,
// and to somebody who is not any more who he was.
func TestTheWrongRecipientOnTheScreen(t *testing.T) {
	r := rivalCase(t)
	gb, envoy, official := r.desks["go-between"], r.desks["envoy"], r.desks["official"]
	s := look(t, gb)
	s.width(360)
	s.login()
	write := func(s *screen, to, text string) {
		s.open("/write")
		s.picked("to", to)
		s.typed("text", text)
		s.press(`main form[method="post"] button`)
	}

	// The slip is on the screen before anything goes: in full, on top, on the button.
	before := gb.commits
	write(s, "envoy", "For the official alone.")
	s.wants("To The envoy (envoy), The power", "Send to the envoy")
	if top := ask[float64](s, `() => [...document.querySelectorAll(".envelope h2")][0].getBoundingClientRect().bottom`); top > 800 {
		t.Errorf("the recipient stands %v pixels down, off the screen of a phone", top)
	}
	s.press(`button[value="back"]`)
	s.wants("Only people with an open line are listed.")
	if has := ask[string](s, `() => document.getElementById("to").value + ": " + document.getElementById("text").value`); has != "envoy: For the official alone." {
		t.Errorf("what was typed is gone: %q", has)
	}
	s.picked("to", "official")
	s.press(`main form[method="post"] button`)
	s.wants("To The movement's senior official (official), The movement")
	s.misses("To The envoy")
	if gb.commits != before {
		t.Fatal("something went before it was confirmed")
	}
	s.done()
	if got(envoy, "For the official alone.") || !got(official, "For the official alone.") {
		t.Fatal("it went to the wrong one")
	}

	// Two tabs, a side in each: each sends what it shows, to whom it shows.
	other := s.tab()
	other.width(360)
	write(s, "envoy", "This is the envoy's.")
	write(other, "official", "This is the official's.")
	s.done()
	other.done()
	if !got(envoy, "This is the envoy's.") || got(official, "This is the envoy's.") || !got(official, "This is the official's.") || got(envoy, "This is the official's.") {
		t.Fatal("one tab sent what the other showed")
	}

	// Pressed twice, it goes once.
	before = gb.commits
	write(s, "envoy", "Once is enough.")
	const twice = `(() => { const f = document.querySelector("form[action$='/confirm']"), b = new URLSearchParams(new FormData(f)); b.set("go", "send");
		return Promise.all([1, 2].map(() => fetch(f.action, {method: "POST", body: b}))).then(all => all.length) })()`
	if n, err := chromedp.Run(s.ctx, chromedp.Evaluate[int](twice, chromedp.EvalAwaitPromise)); err != nil || n != 2 || gb.commits != before+1 {
		t.Fatalf("pressed twice, it went %d times: %v", gb.commits-before, err)
	}

	// He is somebody else by the time the button is pressed.
	write(s, "envoy", "As agreed with the power.")
	s.wants("To The envoy (envoy), The power")
	gb.must(t, record.Entry{Body: record.Person{Name: "envoy", Title: "The former envoy", Of: "ally"}})
	before = gb.commits
	s.press(`button[value="send"]`)
	s.wants("Look again", "nothing was sent", "To The former envoy (envoy)")
	if gb.commits != before || got(envoy, "As agreed with the power.") {
		t.Fatal("it went to somebody who was not shown")
	}

	// And his line is closed.
	if err := gb.Hangup(t.Context(), "envoy"); err != nil {
		t.Fatal(err)
	}
	s.press(`button[value="send"]`)
	s.wants("Not done")
	if gb.commits != before {
		t.Fatal("it was sent without a line")
	}
	s.clean("a form that was not done")
}

// TestMisconveyanceOnTheScreen tries to pass an offer on as something else than
// was said.
func TestMisconveyanceOnTheScreen(t *testing.T) {
	r := rivalCase(t)
	gb, envoy, official := r.desks["go-between"], r.desks["envoy"], r.desks["official"]
	gb.must(t,
		record.Entry{Body: record.Person{Name: "lead", Title: "The lead negotiator", Of: "movement"}},
		record.Entry{Body: record.Person{Name: "deputy", Title: "The deputy envoy", Of: "power"}},
	)
	gb.lines = append(gb.lines, desk.LineStatus{Peer: "deputy", Phase: desk.Opened})
	const offer = "A ceasefire of 45 to 60 days, 10 living, 19 bodies."
	envoy.must(t, record.Entry{Audience: []record.Name{"go-between"}, Carrying: record.Carrying{Pass: record.PassMay}, Body: record.Message{
		From: "envoy", To: "official", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Propose, Text: offer,
	}})
	it := gb.find(t, isMessage(offer))
	s := look(t, gb)
	s.width(1280)
	s.login()
	carry := func(to, fidelity, text, lang string) {
		s.open("/carry/" + s.face.alias.of(it.ID))
		s.picked("to", to)
		s.ticked("fidelity", fidelity)
		if text != "" {
			s.typed("text", text)
		}
		if lang != "" {
			s.picked("lang", lang)
		}
		s.press(`main form[method="post"] button`)
	}
	before := gb.commits

	// Verbatim in other words is refused.
	carry("official", "verbatim", "A ceasefire of 45 to 70 days.", "")
	s.wants("Not done", "not the words to be carried verbatim")

	// In other words, with other numbers: both stand side by side, with what differs.
	carry("official", "paraphrase", "They offer 45 to 70 days, ten living and 19 bodies.", "")
	s.wants("The numbers differ", "Said, and not in these words: 60 · 10.", "In these words, and never said: 70.", "What was said, to compare", offer, "Send to the movement's senior official")
	at := ask[[]float64](s, `() => [...document.querySelectorAll(".pair > *")].map(e => e.getBoundingClientRect().top)`)
	if len(at) != 2 || at[0]-at[1] > 40 || at[1]-at[0] > 40 {
		t.Errorf("what was said does not stand beside what goes: %v", at)
	}
	s.clean("other numbers")
	s.picture("numbers-1280")
	s.width(360)
	s.clean("other numbers, on a phone")
	s.width(1280)

	// A translation is compared in whatever digits it is written.
	carry("official", "translation", "وقف لإطلاق النار من ٤٥ إلى ٦٠ يوما، و١٠ أحياء، و١٩ جثمانا.", "ar")
	s.wants("٤٥", offer)
	s.misses("The numbers differ")
	carry("official", "translation", "وقف لإطلاق النار من ٤٥ إلى ٧٠ يوما، و١٠ أحياء، و١٩ جثمانا.", "ar")
	s.wants("The numbers differ", "60", "70")

	// Back to where it came from: not to its author at all, and not to his side
	// without a warning.
	s.open("/carry/" + s.face.alias.of(it.ID))
	if list := ask[[]string](s, `() => [...document.getElementById("to").options].map(o => o.value)`); slices.Contains(list, "envoy") || !slices.Contains(list, "deputy") {
		t.Errorf("it may go to %v", list)
	}
	carry("deputy", "verbatim", "", "")
	s.wants("Back to the side that it came from", "The deputy envoy stands on the side that this came from")
	if gb.commits != before || got(official, "45") {
		t.Error("looking at it sent it")
	}

	// What goes is exactly what was shown.
	carry("official", "paraphrase", "They offer 45 to 60 days, 10 living and 19 bodies.", "")
	s.wants("What was said, to compare")
	s.misses("The numbers differ", "Back to the side")
	s.done()
	if !got(official, "They offer 45 to 60 days, 10 living and 19 bodies.") || got(official, offer) {
		t.Error("something else arrived than was shown")
	}
	s.home()
}

func TestFigures(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               nil,
		"70-90 days":                     {"70", "90"},
		"من ٧٠ إلى ٩٠ يوما":              {"70", "90"},
		"۷۰ روز":                         {"70"},
		"1,500 and 1.500 and 1500":       {"1500", "1500", "1500"},
		"2.5 tonnes":                     {"2", "5"},
		"on 05.06., at 9:00":             {"5", "6", "9", "0"},
		"seventy days":                   nil,
		"10 living, 19 bodies, 10 again": {"10", "19", "10"},
	} {
		if got := figures(text); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	if got := lacking([]string{"10", "10", "19"}, []string{"19", "10"}); !slices.Equal(got, []string{"10"}) {
		t.Error(got)
	}
}
