package convey

import (
	"testing"

	"backchannel/internal/record"
)

// TestLaw5_WhatIsGivenBackIsSeenByItsAuthorAlone: the other side has no trace
// of it, and it is not carried until its author mends it.
func TestLaw5_WhatIsGivenBackIsSeenByItsAuthorAlone(t *testing.T) {
	w := newWorld(t)
	of := w.write("envoy", message("envoy", "go-between", "they are thieves"))
	back := func(o Back) (Plan, error) {
		e, err := Return(w.desks["go-between"].context(), o)
		if err != nil {
			return Plan{}, err
		}
		return Write(w.desks["go-between"].context(), e)
	}
	p, err := back(Back{Of: of, Note: "they will not read on"})
	if err != nil || len(p.Parcels) != 1 || p.Parcels[0].To != "envoy" {
		t.Fatalf("%+v %v", p, err)
	}
	w.deliver("go-between", p)
	seen := 0
	for _, it := range w.desks["envoy"].r.Items() {
		if c, ok := it.Body.(record.Conveyance); ok && c.Of == of && c.Step == record.Returned && c.Note == "they will not read on" {
			seen++
		}
	}
	if seen != 1 || w.desks["official"].r.Len() != 0 {
		t.Errorf("its author sees it %d times; the other side has %d entries", seen, w.desks["official"].r.Len())
	}
	for _, f := range []record.Fidelity{record.Verbatim, record.Paraphrase, record.OwnView} {
		_, err = w.carry(Order{Of: of, To: "official", Fidelity: f, Text: "they are not happy"})
		wantRefused(t, err, "convey.returned")
	}
	_, err = back(Back{Of: of})
	wantRefused(t, err, "convey.returned")

	now := message("envoy", "go-between", "they took what was ours").Body
	w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Corrects: of, Body: record.Correction{Now: now, Reason: "put otherwise"}})
	p, err = w.carry(Order{Of: of, To: "official", Fidelity: record.Verbatim})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", p)
	if m, ok := w.desks["official"].r.Items()[0].Body.(record.Message); !ok || m.Text != "they took what was ours" {
		t.Errorf("%+v", w.desks["official"].r.Items()[0].Body)
	}
	for _, it := range w.desks["official"].r.Items() {
		if c, ok := it.Body.(record.Conveyance); ok {
			t.Errorf("the other side learns that it was given back: %+v", c)
		}
	}
	_, err = back(Back{Of: of})
	wantRefused(t, err, "convey.return-late")
	own := w.write("go-between", message("go-between", "envoy", "any word?"))
	_, err = back(Back{Of: own})
	wantRefused(t, err, "convey.return-own")
	byHand := w.write("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: message("official", "go-between", "no").Body})
	if p, err = back(Back{Of: byHand, Form: record.Call}); err != nil || len(p.Parcels) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	w.deliver("go-between", p)
	_, err = w.carry(Order{Of: byHand, To: "envoy", Fidelity: record.Verbatim})
	wantRefused(t, err, "convey.returned")
}
