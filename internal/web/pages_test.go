package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// send fills in a form, checks what the second step shows, confirms it, and
// gives the page that follows.
func (b *browser) send(path string, v url.Values, shows ...string) answer {
	b.t.Helper()
	look := b.post(path, v)
	look.wants(b.t, 200, shows...)
	done := b.post("/confirm", url.Values{"confirm": {look.token(b.t)}, "go": {"send"}})
	if done.StatusCode != 303 {
		b.t.Fatalf("%s: %d %s", path, done.StatusCode, done.text())
	}
	page := b.get(strings.TrimPrefix(done.Header.Get("Location"), b.face.root))
	page.wants(b.t, 200, "Done")
	return page
}

func isBody[T record.Body](match func(record.Item, T) bool) func(record.Item) bool {
	return func(it record.Item) bool {
		b, ok := it.Body.(T)
		return ok && match(it, b)
	}
}

func (b *browser) path(what string, it record.Item) string {
	return "/" + what + "/" + b.face.alias.of(it.ID)
}

func TestHome(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	home := b.get("/")
	home.wants(t, 200,
		"Accepted, but never proposed. The movement accepted truce, version 1", "which the power never put forward",
		"Two texts under one name", "Raised by:", "Came in, not yet carried", "The envoy to the movement's senior official",
		"Carrying instruction: may be passed on", "The power has not decided", "open", "412, every 30 seconds", "421.9 kB up, 13.5 MB down")
	if strings.Index(home.body, "never proposed") > strings.Index(home.body, "Authority unknown") {
		t.Error("the least urgent alarm comes first")
	}
	// Carried, it does not wait any more. Its desk sees nothing of the other's.
	m := r.desks["go-between"].find(t, isMessage("forty-five"))
	b.send(b.path("carry", m), url.Values{"to": {"official"}, "fidelity": {"verbatim"}})
	if text := b.get("/").text(); strings.Contains(text, "Carrying instruction: may be passed on") {
		t.Error("what was carried still waits")
	}
	party := open(t, r.desks["envoy"]).get("/")
	party.wants(t, 200, "The power proposes truce, version 1", "who is not at the table")
	for _, other := range []string{"not yet carried", "قبلنا", "never put forward"} {
		if strings.Contains(party.text(), other) {
			t.Errorf("the envoy's page tells of %q", other)
		}
	}
}

func TestClocks(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	if text := b.get("/clock").text(); strings.Contains(text, "Case clock") || !strings.Contains(text, "Now 26 May 2025, 09:00 UTC") {
		t.Errorf("the machine's clock: %s", text)
	}
	b.face.opt.CaseClock = true
	b.get("/").wants(t, 200, "Case clock (not this computer's) 26 May 2025, 09:00 UTC")
	b.face.opt.CaseClock = false
	r.desks["go-between"].clock = at("2025-06-01T12:00:00Z")
	b.get("/").wants(t, 200, "Case clock (not this computer's) 1 June 2025, 12:00 UTC")
}

func TestRecordOnTwoClocks(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	b.get("/record").wants(t, 200, "30 entries", "forty-five", "They ask for a channel", "logged here 26 May 2025, 09:00 UTC")
	stood := b.get("/record?stood=2025-05-01T00:00")
	stood.wants(t, 200, "1 entry", "They ask for a channel", "This is how things stood on 1 May 2025", "Back to now")
	if strings.Contains(stood.text(), "forty-five") {
		t.Error("it shows what was said later")
	}
	// In April this desk knew nothing of it yet.
	b.get("/record?knew=2025-05-01T00:00").wants(t, 200, "0 entries", "This is what this desk knew on 1 May 2025")
	b.get("/record?stood=2025-05-01T00:00&knew=2025-05-26T09:00").wants(t, 200, "1 entry", "as far as this desk knew on")
	b.get("/record?stood=yesterday").wants(t, 400, `"yesterday" is not a time`, "Write it as")
	b.get("/standing?stood=2025-05-01T00:00").wants(t, 200, "No package is in the record yet")
}

func TestLongRecordHasPages(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	for range 2 * perPage {
		gb.must(t, record.Entry{Body: record.Note{Text: "a note among many"}})
	}
	b := open(t, gb)
	first := b.get("/record")
	first.wants(t, 200, "230 entries", "1 2 3")
	if n := strings.Count(first.body, `class="entry"`); n != perPage {
		t.Errorf("%d entries on a page", n)
	}
	if n := strings.Count(b.get("/record?page=3").body, `class="entry"`); n != 30 {
		t.Errorf("%d entries on the last page", n)
	}
	for _, p := range []string{"99", "-1", "x", "0", strings.Repeat("9", 99)} {
		b.get("/record?page="+p).wants(t, 200)
	}
}

func TestEntry(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get(b.path("e", gb.find(t, isMessage("forty-five")))).wants(t, 200,
		"Kind message", "Logged by The envoy (envoy), The power", "over the line from the envoy, number 1", "Carrying instruction may be passed on",
		"Through whose hands", "Carry")
	b.get(b.path("e", gb.find(t, isMessage("ask for a channel")))).wants(t, 200, "logged by hand", "Heard from The movement's senior official", "Said April 2025", "Correct")
	b.get(b.path("e", gb.find(t, isBody(func(_ record.Item, a accord.Act) bool { return a.Party == "movement" })))).wants(t, 200,
		"The movement accepts truce, version 1", "Belongs with", "Package truce, version 1")
}

func TestLogByHand(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	call := url.Values{
		"from": {"official"}, "to": {"go-between"}, "how": {"call"}, "whose": {"paraphrase"}, "act": {"warn"}, "text": {"Not before Friday."},
		"said": {"2025-05-25T18:30"}, "heard": {"envoy"}, "evidence": {"memory"}, "note": {"He sounded tired."},
	}
	page := b.send("/log", call, "Goes to nobody: it is logged on this desk alone", "Not before Friday.", "He sounded tired.", "Heard from The envoy")
	page.wants(t, 200, "logged by hand", "Said 25 May 2025, 18:30 UTC", "memory")
	it := gb.find(t, isMessage("Friday"))
	if it.SaidBy != "official" || it.HeardFrom != "envoy" || it.Came != record.ByHand() || len(it.Audience) != 0 {
		t.Fatalf("%+v", it)
	}
	for field, bad := range map[string]string{"from": "", "to": "official", "text": "", "said": "soon", "how": "smoke", "act": "shout", "whose": "guess"} {
		v := clone(call)
		v.Set(field, bad)
		b.post("/log", v).wants(t, 400, "Log a call or meeting", "Not done")
	}
	v := clone(call)
	v.Set("until", "2025-05-01T00:00")
	b.post("/log", v).wants(t, 400, "earlier time first")
}

func TestWriteRefusals(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	for field, bad := range map[string]string{"to": "", "text": "", "act": "shout", "not-before": "soon"} {
		v := writing("x")
		v.Set(field, bad)
		b.post("/write", v).wants(t, 400, "Write to somebody", "Not done")
	}
	v := writing("x")
	v.Set("to", "nobody-known")
	b.post("/write", v).wants(t, 404, "There is no line to nobody-known", "Invite them first")
	alone := newRoom("go-between").desks["go-between"]
	open(t, alone).get("/write").wants(t, 200, "No line is open", "log by hand")
}

func TestCarry(t *testing.T) {
	r := rivalCase(t)
	gb, official := r.desks["go-between"], r.desks["official"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	path := b.path("carry", m)
	b.get(path).wants(t, 200, "Carry it on", "Its author says May be passed on.", "Verbatim", "Paraphrase", "Own view", "The movement's senior official (official)")
	if strings.Contains(b.get(path).body, `<option value="envoy"`) {
		t.Error("it offers to carry a message back to whoever sent it")
	}
	b.post(path, url.Values{"to": {"official"}, "fidelity": {"paraphrase"}}).wants(t, 400, "needs its own words", "Carry it on")
	b.post(path, url.Values{"to": {"official"}, "fidelity": {"verbatim"}, "text": {"Altered."}}).wants(t, 409, "not the words to be carried verbatim")
	b.send(path, url.Values{"to": {"official"}, "fidelity": {"paraphrase"}, "text": {"They would talk of six to eight weeks."}, "marks": {"receipt"}},
		"To The movement's senior official (official), The movement", "They would talk of six to eight weeks.", "paraphrase", "Attributed to The envoy",
		"To The envoy (envoy), The power", "conveyed")
	got := official.find(t, isMessage("six to eight"))
	if got.SaidBy != "envoy" || got.Body.(record.Message).Fidelity != record.Paraphrase {
		t.Fatalf("%+v", got)
	}
	for _, it := range official.record.Known() {
		if mm, ok := it.Body.(record.Message); ok && strings.Contains(mm.Text, "forty-five") {
			t.Fatal("the words themselves went along")
		}
	}
	// Without consent it does not pass.
	arabic := gb.find(t, isMessage("قبلنا"))
	b.post(b.path("carry", arabic), url.Values{"to": {"envoy"}, "fidelity": {"verbatim"}}).wants(t, 409, "none is recorded for this", "say under Consent")
	b.send(b.path("carry", arabic), url.Values{"to": {"envoy"}, "fidelity": {"translation"}, "text": {"We accept the proposal as it is."}, "lang": {"en"}, "consent": {"by phone"}},
		"We accept the proposal as it is.", "The text that was translated:", "قبلنا المقترح كما هو.")
}

// A go-between who tries to carry B as accepted sees why it is not, and the two
// texts beside one another.
func TestRivalIsNotCarried(t *testing.T) {
	r := rivalCase(t)
	gb, envoy := r.desks["go-between"], r.desks["envoy"]
	b := open(t, gb)
	act := gb.find(t, isBody(func(_ record.Item, a accord.Act) bool { return a.Party == "movement" && a.Position == accord.Accepted }))
	before := envoy.record.Len()
	a := b.post(b.path("carry", act), url.Values{"to": {"envoy"}, "consent": {"by phone"}})
	a.wants(t, 409, "The movement accepts a text named truce that the power never put forward", "Carry the text itself, as a counter-proposal",
		"The two texts, side by side", "45 to 60 days", "70 days", "longer by 10 to 25 days", "19 bodies", "absent in the second", "guarantee", "Carry the text itself")
	if confirmField.MatchString(a.body) || envoy.record.Len() != before {
		t.Fatal("it can be confirmed all the same")
	}
}

func TestStandingAndCompare(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/standing").wants(t, 200, "truce, version 1", "not agreed", "accepted, confirmed", "silent", "proposed", "its own act under a mandate",
		"Who owes what", "The ally not at the table", "is needed for", "Compare with truce, version 1")
	var pks []record.Item
	for _, it := range gb.record.Known() {
		if _, ok := it.Body.(accord.Package); ok {
			pks = append(pks, it)
		}
	}
	url := "/compare?a=" + b.face.alias.of(pks[0].ID) + "&b=" + b.face.alias.of(pks[1].ID)
	b.get(url).wants(t, 200, "What differs", "ceasefire: period (days)", "45 to 60 days", "70 days")
	same := "/compare?a=" + b.face.alias.of(pks[0].ID) + "&b=" + b.face.alias.of(pks[0].ID)
	b.get(same).wants(t, 200, "It is the same text")
	b.get("/compare").wants(t, 404)
	m := gb.find(t, isMessage("forty-five"))
	b.get("/compare?a="+b.face.alias.of(m.ID)+"&b="+b.face.alias.of(pks[0].ID)).wants(t, 404, "Choose two packages")
}

func TestAct(t *testing.T) {
	r := rivalCase(t)
	gb, envoy := r.desks["go-between"], r.desks["envoy"]
	pk := func(f *fake, by record.Name) record.Item {
		return f.find(t, isBody(func(it record.Item, _ accord.Package) bool { return it.By == by }))
	}
	// A go-between has no voice, and can only log what it was told.
	b := open(t, gb)
	path := b.path("act", pk(gb, "envoy"))
	b.get(path).wants(t, 200, "You speak for no party on this desk")
	b.post(path, url.Values{"party": {"power"}, "position": {"accepted"}, "to": {"envoy"}}).wants(t, 409, "You do not speak for power")
	b.send(b.path("report", pk(gb, "envoy")), url.Values{"party": {"movement"}, "position": {"rejected"}, "heard": {"official"}},
		"Goes to nobody", "The movement rejects truce, version 1")
	b.get("/standing").wants(t, 200, "rejected, not confirmed", "a report by the go-between")
	for position, open := range map[string]bool{"accepted": true, "proposed": true, "rejected": false} {
		look := b.post(b.path("report", pk(gb, "envoy")), url.Values{"party": {"movement"}, "position": {position}, "heard": {"official"}})
		look.wants(t, 200, "Goes to nobody")
		if strings.Contains(look.text(), "Before anybody accepts") != open {
			t.Errorf("%s: what the text leaves open is shown where it is not asked for, or is not", position)
		}
	}

	// The envoy acts on its own text, to the go-between.
	e := open(t, envoy)
	path = e.path("act", pk(envoy, "envoy"))
	e.get(path).wants(t, 200, "Accept", "Reject", "Deny", "Propose", "Float", "Withdraw", "Echo", "The go-between (go-between)")
	e.post(path, url.Values{"party": {"power"}, "position": {"withdrawn"}}).wants(t, 400, "Tick who is to get it")
	e.post(path, url.Values{"party": {"power"}, "to": {"go-between"}}).wants(t, 400, "does not say what is done")
	e.post(path, url.Values{"party": {"movement"}, "position": {"accepted"}, "to": {"go-between"}}).wants(t, 409, "You do not speak for movement")
	e.send(path, url.Values{"party": {"power"}, "position": {"withdrawn"}, "to": {"go-between"}, "text": {"For now."}},
		"To The go-between (go-between)", "The power withdraws from truce, version 1", "For now.", "Send to the go-between")
	b.get("/standing").wants(t, 200, "withdrawn")
	e.send(path, url.Values{"party": {"power"}, "position": {"echo"}, "to": {"go-between"}}, "The power echoes the text of truce, version 1")
	if a := e.get(e.path("act", envoy.find(t, isMessage("forty-five")))); a.StatusCode != 409 {
		t.Errorf("acting on a message: %d", a.StatusCode)
	}
}

func TestTermsAndPackages(t *testing.T) {
	r := rivalCase(t)
	gb, envoy := r.desks["go-between"], r.desks["envoy"]
	e := open(t, envoy)
	term := url.Values{
		"name": {"aid"}, "sort": {"obligation"}, "action": {"aid trucks enter"}, "debtor": {"power"}, "creditor": {"movement"},
		"quantity": {"400–600 trucks, 2 crossings"}, "period": {"1 day"}, "needs": {"ally"}, "against": {"captives"}, "by": {"2025-06-01T12:00"},
	}
	e.send("/term", term, "Goes to nobody", "Term aid, version 1: obligation", "aid trucks enter", "400 to 600 trucks", "1 June 2025, 12:00 UTC")
	for field, bad := range map[string]string{"name": "Aid!", "action": "", "quantity": "many", "period": "1 day, 2 days", "sort": "wish", "by": "soon"} {
		v := clone(term)
		v.Set(field, bad)
		e.post("/term", v).wants(t, 400, "Write a term", "Not done")
	}
	aid := envoy.find(t, isBody(func(_ record.Item, x accord.Term) bool { return x.Name == "aid" }))
	edit := e.path("term/edit", aid)
	e.get(edit).wants(t, 200, "New version of a term")
	if page := e.get(edit).body; !strings.Contains(page, `value="400-600 trucks, 2-2 crossings"`) && !strings.Contains(page, `value="400-600 trucks, 2 crossings"`) {
		t.Error("the old version's quantity is not in the form")
	}
	term.Set("quantity", "500 trucks")
	e.send(edit, term, "Term aid, version 2")
	newest := envoy.find(t, isBody(func(_ record.Item, x accord.Term) bool { return x.Name == "aid" && x.Version == 2 }))
	if !newest.Body.(accord.Term).Replaces.IsZero() {
		t.Error("the new version names the old, which not everybody may have been given")
	}

	ceasefire := envoy.find(t, isBody(func(_ record.Item, x accord.Term) bool { return x.Name == "ceasefire" }))
	pk := url.Values{
		"name": {"truce"}, "terms": {e.face.alias.of(newest.ID), e.face.alias.of(ceasefire.ID)}, "needs": {"power", "movement"},
		"as": {"power"}, "position": {"proposed"}, "to": {"go-between"}, "lapses": {"2025-07-01T00:00"},
	}
	e.get("/propose").wants(t, 200, "aid, version 2", "ceasefire, version 1", "Whose acceptance it needs", "Nobody's")
	old := envoy.find(t, isBody(func(_ record.Item, _ accord.Package) bool { return true }))
	look := e.post(e.path("propose/edit", old), pk)
	look.wants(t, 200, "To The go-between (go-between)", "Term aid, version 2", "Package truce, version 2", "The power proposes truce, version 2",
		"Before anybody accepts", "This is advice: nothing is refused for it")
	if strings.Contains(look.text(), "Term ceasefire, version 1") {
		t.Error("a term goes again to somebody who has it")
	}
	e.send(e.path("propose/edit", old), pk)
	b := open(t, gb)
	b.get("/standing").wants(t, 200, "truce, version 2", "aid, version 2", "500 trucks")
	b.get("/terms").wants(t, 200, "Package truce, version 2", "Term aid, version 2: obligation")
	v := clone(pk)
	v.Set("as", "movement")
	e.post("/propose", v).wants(t, 409, "You do not speak for movement")
	v = clone(pk)
	v.Del("terms")
	e.post("/propose", v).wants(t, 400, "no terms")
}

func TestReadBackAndCorrection(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	m := gb.find(t, isMessage("forty-five"))
	b.post(b.path("readback", m), url.Values{"by": {"official"}, "ok": {"no"}}).wants(t, 400, "Not done")
	b.send(b.path("readback", m), url.Values{"by": {"official"}, "ok": {"yes"}}, "Read back by the movement's senior official", "it stands")
	b.get(b.path("e", m)).wants(t, 200, "Read back by the movement's senior official, and it stands")

	call := gb.find(t, isMessage("ask for a channel"))
	b.get(b.path("correct", m)).wants(t, 409, "Only what you wrote yourself")
	if form := b.get(b.path("correct", call)); !strings.Contains(form.body, "They ask for a channel.</textarea>") {
		t.Error("the form begins empty")
	}
	b.post(b.path("correct", call), url.Values{"text": {"They ask for a channel."}, "reason": {"misheard"}}).wants(t, 400, "words that stand there already")
	b.send(b.path("correct", call), url.Values{"text": {"They ask for talks."}, "reason": {"misheard"}}, "They ask for talks.", "misheard")
	b.get(b.path("e", call)).wants(t, 200, "They ask for talks.", "It said first, before it was corrected:", "They ask for a channel.")
}

func TestPeople(t *testing.T) {
	alone := newRoom("go-between").desks["go-between"]
	b := open(t, alone)
	b.get("/").wants(t, 200, "Nothing is in the record yet", "A desk works alone too")
	b.send("/party", url.Values{"name": {"ally"}, "title": {"The ally"}, "side": {"power"}, "absent": {"yes"}}, "Party: The ally (ally)", "On whose side power", "Not at the table")
	b.send("/person", url.Values{"name": {"minister"}, "title": {"The minister"}, "party": {"ally"}, "role": {"envoy"}}, "Person: The minister (minister)", "Of which party The ally (ally)", "minister: envoy for the ally")
	b.get("/lines").wants(t, 200, "The minister (minister)", "The ally (ally) not at the table")
	b.post("/person", url.Values{"name": {"No Name"}, "title": {"x"}}).wants(t, 400, "is not a name")
	b.post("/person", url.Values{"name": {"x"}, "title": {"x"}, "role": {"envoy"}}).wants(t, 400, "Not done")
}

func TestLines(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/lines").wants(t, 200, "words not compared yet", "They are the same", "renewed 3 times", "Nothing: all that was sent has arrived")
	b.post("/lines/compared", url.Values{"peer": {"envoy"}, "words": {"same"}})
	b.post("/lines/compared", url.Values{"peer": {"official"}, "words": {"differ"}})
	b.get("/lines").wants(t, 200, "words compared", "stopped", "The words differ.")
	b.post("/lines/compared", url.Values{"peer": {"envoy"}, "words": {"perhaps"}}).wants(t, 400, "does not say how")
	b.post("/lines/compared", url.Values{"peer": {"stranger"}, "words": {"same"}}).wants(t, 404, "no line")

	made := b.post("/lines/invite", url.Values{"peer": {"second-host"}, "ticket": {"t"}})
	made.wants(t, 200, "Invite for second-host", "bci1-an-invite-for-second-host", "A secret", "compare words by voice")
	if strings.Contains(b.get("/lines").body, "bci1-") {
		t.Error("the invite is shown again")
	}
	b.post("/lines/invite", url.Values{"other": {"Not A Name"}}).wants(t, 400, "is not a name")
	if a := b.post("/lines/join", url.Values{"peer": {"ally"}, "invite": {" bci1-xyz\r\n"}}); a.StatusCode != 303 || len(gb.joins) != 1 || gb.joins[0] != "bci1-xyz" {
		t.Errorf("%d %q", a.StatusCode, gb.joins)
	}
	b.post("/lines/join", url.Values{"peer": {"ally"}, "invite": {"used"}}).wants(t, 410, "used already", "Ask for a new one")

	asked := b.post("/lines/hangup", url.Values{"peer": {"envoy"}})
	asked.wants(t, 200, "Close this line for good?")
	if strings.Contains(asked.body, "data-live=") || !strings.Contains(b.get("/lines").body, "data-live=") {
		t.Error("the answer to a form makes itself fresh, or the page does not")
	}
	if len(gb.lines) != 4 {
		t.Fatal("it was closed without asking")
	}
	b.post("/lines/hangup", url.Values{"peer": {"envoy"}, "sure": {"yes"}})
	if len(gb.lines) != 3 {
		t.Fatal("it was not closed")
	}
}

func TestRelay(t *testing.T) {
	gb := rivalCase(t).desks["go-between"]
	b := open(t, gb)
	b.get("/relay").wants(t, 200, "29 enrolled, 3 vouched for by your own lines", "94.0 MB", "What is hidden", "What is not hidden", "Who talks to whom", "A court may order")
	gb.relay.Trouble, gb.relay.Online, gb.relay.Behind = "It does not answer.", false, 12
	b.get("/relay").wants(t, 200, "It does not answer.", "not reached", "12 ticks")
	gb.relay = desk.RelayStatus{}
	b.get("/relay").wants(t, 200, "Join a relay", "Ticket")
	b.post("/relay/enrol", url.Values{"address": {"r:1"}, "ticket": {"old"}}).wants(t, 410, "This ticket has expired")
	if a := b.post("/relay/enrol", url.Values{"address": {"r:1"}, "ticket": {"new"}}); a.StatusCode != 303 || len(gb.enrolls) != 1 {
		t.Errorf("%d %q", a.StatusCode, gb.enrolls)
	}
}

// What somebody else wrote is text on the page, and never a part of it.
func TestForeignWordsAreText(t *testing.T) {
	r := rivalCase(t)
	const evil = `</blockquote><script>alert(1)</script><img src=x onerror=alert(1)>`
	r.desks["envoy"].must(t,
		record.Entry{Audience: []record.Name{"go-between"}, Body: record.Person{Name: "stranger", Title: evil}},
		record.Entry{Audience: []record.Name{"go-between"}, Body: record.Message{From: "envoy", To: "go-between", Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: evil, Lang: `" onmouseover="alert(1)`}},
	)
	b := open(t, r.desks["go-between"])
	for _, path := range []string{"/", "/record", "/lines", "/log"} {
		a := b.get(path)
		a.wants(t, 200, "alert(1)")
		if strings.Contains(a.body, "<script>alert") || strings.Contains(a.body, "<img src=x") || strings.Contains(a.body, `" onmouseover="`) {
			t.Errorf("%s: somebody else's words are a part of the page", path)
		}
	}
}
