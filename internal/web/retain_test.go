package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// How long things are kept, and destroying them, in two steps: who has it and
// what hangs on it stands there before the second.
func TestStory_KeptAndDestroyedOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/kept").wants(t, 200, "What is kept", "The channel", "Keep", "Nothing is due", "This desk remembers none")
	m := gb.find(t, isMessage("forty-five"))
	b.get(b.path("e", m)).wants(t, 200, "How long it is kept")
	gb.must(t, record.Entry{Body: record.ReadBack{Of: m.ID, By: "go-between", OK: true}})
	one := b.path("retain/entry", m)
	b.get(one).wants(t, 200, "How long it is kept", "forty-five", "Legal hold", "Destroy for good")
	b.post(one, url.Values{"policy": {"destroy-on"}, "on": {"2020-01-01T00:00"}}).wants(t, 409, "This time has passed")
	b.post(one, url.Values{"policy": {"destroy-on"}}).wants(t, 400, "Not done")
	b.send(one, url.Values{"policy": {"destroy-on"}, "on": {"2030-01-01T00:00"}, "reason": {"he asked"}},
		"Goes to nobody", "This will be destroyed: 1", "forty-five", "It cannot be undone", "other people's desks", "Others have it", "The envoy", "Stay, refer to it, and may repeat its words")
	b.get("/kept").wants(t, 200, "Said of single entries", "1 January 2030", "Nothing is due")

	// A legal hold: nothing of it goes, whoever asks.
	gb.clock += 60_000
	b.send(one, url.Values{"policy": {"legal-hold"}, "reason": {"an inquiry"}}, "legal hold")
	gone := b.path("destroy/entry", m)
	b.get(gone).wants(t, 200, "Destroy for good", "under a legal hold")
	b.post(gone, url.Values{}).wants(t, 409, "Not done", "Nothing of this goes")
	gb.clock += 60_000
	b.send(one, url.Values{"policy": {"keep"}}, "Goes to nobody")

	// The first step destroys nothing; the second destroys what was shown, once.
	look := b.post(gone, url.Values{"reason": {"asked again"}})
	look.wants(t, 200, "Look before it is destroyed", "This goes, for good: 1", "forty-five", "It cannot be undone", "The envoy", "Destroy it for good")
	if strings.Contains(look.text(), "logged on this desk alone") {
		t.Error("it shows a word of retention as what is done")
	}
	still := gb.find(t, isMessage("forty-five"))
	if still.ID != m.ID {
		t.Fatal("the first step destroyed it")
	}
	again := b.post(gone, url.Values{})
	if a := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}}); a.StatusCode != 303 || !strings.HasSuffix(a.Header.Get("Location"), "/kept") {
		t.Fatal(a.StatusCode, a.text())
	}
	b.post("/confirm", url.Values{"confirm": {again.token(t)}, "go": {"send"}}).wants(t, 409, "Nothing of this goes")
	it, _ := gb.record.Get(m.ID)
	if _, destroyed := it.Body.(record.Destroyed); !destroyed {
		t.Fatal("not destroyed")
	}
	for _, path := range []string{"/kept", "/record", b.path("e", m)} {
		page := b.get(path)
		page.wants(t, 200)
		if strings.Contains(page.text(), "forty-five") {
			t.Errorf("%s shows what was destroyed", path)
		}
	}
	b.get("/kept").wants(t, 200, "Destroyed: 1", "Destroyed on")
}

// What becomes due while somebody thinks is not destroyed with what he saw.
func TestWhatWasShownIsDestroyedAndNothingElse(t *testing.T) {
	gb := newRoom("go-between").desks["go-between"]
	gb.must(t, record.Entry{Body: record.Note{Text: "first note"}}, record.Entry{Body: record.Note{Text: "second note"}})
	note := func(text string) record.Item {
		return gb.find(t, isBody(func(_ record.Item, n record.Note) bool { return n.Text == text }))
	}
	first, second := note("first note"), note("second note")
	b := open(t, gb)
	due := func(x record.Item) record.Entry {
		return record.Entry{Body: circle.Retention{Of: x.ID, Policy: circle.DestroyOn, On: gb.clock}}
	}
	gb.must(t, due(first))
	b.get("/kept").wants(t, 200, "the desk destroys it within a minute", "This goes, for good: 1", "first note")
	look := b.post("/destroy", url.Values{})
	look.wants(t, 200, "first note")
	if strings.Contains(look.text(), "second note") {
		t.Fatal("not due")
	}
	gb.must(t, due(second))
	if a := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}}); a.StatusCode != 303 {
		t.Fatal(a.StatusCode, a.text())
	}
	if it, _ := gb.record.Get(second.ID); it.Body.Kind() != record.KindNote {
		t.Fatal(it)
	} else if _, gone := it.Body.(record.Destroyed); gone {
		t.Fatal("what nobody was shown is destroyed")
	}
	// A correction that came meanwhile changes what goes: it is shown again.
	look = b.post(b.path("destroy/entry", second), url.Values{})
	gb.must(t, record.Entry{Corrects: second.ID, Body: record.Correction{Now: record.Note{Text: "second, corrected"}, Reason: "a slip"}})
	b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}}).wants(t, 200, "Look again", "second, corrected")
}

func TestClosingShowsWhatItDestroys(t *testing.T) {
	gb := newRoom("go-between").desks["go-between"]
	gb.must(t, record.Entry{Body: record.Note{Text: "a thought"}})
	b := open(t, gb)
	gb.backups = []desk.Backup{{File: "/media/stick", Made: gb.clock, Left: gb.clock}}
	b.get("/kept").wants(t, 200, "/media/stick", "holds what was destroyed")
	b.send("/retain", url.Values{"policy": {"destroy-on-close"}}, "This will be destroyed: 1", "a thought")
	b.get("/close").wants(t, 200, "Close the channel")
	b.send("/close", url.Values{"text": {"It is over."}}, "This will be destroyed: 1", "a thought", "It is over.")
	b.get("/kept").wants(t, 200, "This goes, for good: 1", "a thought")
	look := b.post("/destroy", url.Values{})
	look.wants(t, 200, "a thought", "It cannot be undone")
	if a := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}}); a.StatusCode != 303 {
		t.Fatal(a.StatusCode, a.text())
	}
	b.get("/kept").wants(t, 200, "Nothing is due", "Destroyed: 1")
}
