package web

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// What was sent and waits is shown, with who would get it, on the first page and
// on its own; one press takes it back, and what has left says how it is put
// right.
func TestStory_UndoBeforeTheBeatOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	lacks := func(a answer, what string) {
		t.Helper()
		if strings.Contains(a.text(), what) {
			t.Errorf("it says %q", what)
		}
	}
	lacks(b.get("/"), "Waits to leave")
	gb.must(t, record.Entry{Audience: []record.Name{"envoy"}, Body: record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "for somebody else"}})
	m := gb.find(t, isMessage("for somebody else"))
	gb.departures = []desk.Departure{{Entries: []keys.ID{m.ID}, To: []record.Name{"envoy"}}}
	var back []keys.ID
	begun := false
	gb.takeBack = func(id keys.ID) (desk.Departure, error) {
		if begun {
			return desk.Departure{}, fault.New(fault.Refused, "desk.begun", "correct it: they will see both what you said and what you say now", "it has left, or a part of it is on its way: it cannot be taken back any more")
		}
		back = append(back, id)
		return gb.departures[0], nil
	}
	page := b.path("e", m)
	for _, p := range []string{"/", page + "?done=1"} {
		b.get(p).wants(t, 200, "Waits to leave", "It would go to The envoy (envoy), The power with", "Take it back")
	}
	form := url.Values{"of": {path.Base(page)}}
	if a := b.post("/undo", form); a.StatusCode != 303 || !strings.HasSuffix(a.Header.Get("Location"), page+"?done=back") || len(back) != 1 || back[0] != m.ID {
		t.Fatal(a.StatusCode, a.Header.Get("Location"), back)
	}
	b.get(page+"?done=back").wants(t, 200, "Nobody got it")
	b.post("/undo", url.Values{"of": {"x"}}).wants(t, 404, "Nothing of that name")

	begun = true
	gb.departures[0].Begun = true
	gone := b.get(page)
	gone.wants(t, 200, "A part of it is on its way", "Correct it instead")
	lacks(gone, "Take it back")
	b.post("/undo", form).wants(t, 409, "It was not taken back", "cannot be taken back any more", "Correct")
	gb.departures[0].Begun, gb.departures[0].After = false, true
	b.get(page).wants(t, 200, "Take that back first")
}
