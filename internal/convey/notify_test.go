package convey

import (
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestNobodyIsToldTwiceOrOutOfTurn is [CIR-43] at the desk that writes it.
func TestNobodyIsToldTwiceOrOutOfTurn(t *testing.T) {
	w := newWorld(t)
	plan := w.write("go-between", record.Entry{Body: circle.Plan{On: circle.OnFailed, Steps: []circle.PlanStep{{Who: "envoy", Hold: true}, {Who: "official"}}}})
	note := func(who record.Name, r circle.Reach) record.Entry {
		return record.Entry{Body: circle.Notification{Plan: plan, Who: who, Reach: r}}
	}
	try := func(want fault.Kind, drafts ...record.Entry) {
		t.Helper()
		if _, err := Write(w.desks["go-between"].context(), drafts...); !fault.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	try(fault.Refused, note("envoy", circle.Told))
	try(fault.NotFound, record.Entry{Body: circle.Notification{Plan: keys.ID{9}, Reach: circle.Begun}})
	w.write("go-between", note("", circle.Begun))
	try(fault.Refused, note("official", circle.Told))
	try(fault.Exists, note("envoy", circle.Told), note("envoy", circle.Told))     // twice in one transaction
	try(fault.Refused, note("envoy", circle.Told), note("official", circle.Told)) // the first holds the second
	w.write("go-between", note("envoy", circle.Told))
	try(fault.Exists, note("envoy", circle.Told))
	w.write("go-between", note("envoy", circle.Acknowledged))
	w.write("go-between", note("official", circle.Told))
	try(fault.NotFound, note("ally", circle.Told))
}

// TestLaw6_TheMessageAndTheNoteAreOne is [CIR-45] and [CIR-46]: who is told over
// a line is told by a message that goes to him alone, in the plan's words, in
// the transaction of the note; and stays told.
func TestLaw6_TheMessageAndTheNoteAreOne(t *testing.T) {
	w := newWorld(t)
	plan := w.write("go-between", record.Entry{Body: circle.Plan{On: circle.OnFailed, Steps: []circle.PlanStep{{Who: "envoy", Words: "It failed."}, {Who: "official", Words: "It failed."}}}})
	w.write("go-between", record.Entry{Body: circle.Notification{Plan: plan, Reach: circle.Begun}})
	id := keys.ID{5}
	words := func(to record.Name, text string, audience ...record.Name) record.Entry {
		return record.Entry{ID: id, Audience: audience, Body: record.Message{From: "go-between", To: to, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: text}}
	}
	note := record.Entry{Body: circle.Notification{Plan: plan, Who: "envoy", Reach: circle.Told, As: id}}
	try := func(want string, drafts ...record.Entry) {
		t.Helper()
		_, err := Write(w.desks["go-between"].context(), drafts...)
		wantRefused(t, err, want)
	}
	try("convey.told-apart", note)
	try("convey.told-apart", note, words("envoy", "It failed.", "envoy"))
	try("convey.other-words", words("envoy", "It did not fail.", "envoy"), note)
	try("convey.other-words", words("envoy", "It failed."), note) // it goes nowhere
	try("convey.other-words", words("envoy", "It failed.", "envoy", "official"), note)
	try("convey.other-words", words("official", "It failed.", "official"), note)
	note.ID = keys.ID{6}
	p, err := Write(w.desks["go-between"].context(), words("envoy", "It failed.", "envoy"), note)
	if err != nil || len(p.Parcels) != 1 || len(p.Parcels[0].Entries) != 1 || p.Parcels[0].To != "envoy" {
		t.Fatalf("%+v %v", p.Parcels, err)
	}
	w.deliver("go-between", p)
	by := w.write("go-between", record.Entry{Body: circle.Notification{Plan: plan, Who: "official", Reach: circle.Told, Form: record.Call}})
	fix := func(of keys.ID, now record.Body) record.Entry {
		return record.Entry{Corrects: of, Body: record.Correction{Now: now}}
	}
	gone := record.Withdrawn{Of: circle.KindNotification}
	try("convey.told-stands", fix(note.ID, gone))
	try("convey.told-stands", fix(note.ID, circle.Notification{Plan: plan, Who: "envoy", Reach: circle.NotReached}))
	try("convey.told-stands", fix(by, circle.Notification{Plan: plan, Who: "envoy", Reach: circle.Told}))
	w.write("go-between", fix(by, circle.Notification{Plan: plan, Who: "official", Reach: circle.Told, Form: record.Meeting}))
	w.write("go-between", fix(by, gone))
	w.write("go-between", record.Entry{Body: circle.Notification{Plan: plan, Who: "official", Reach: circle.NotReached}}) // he is next again
}
