package record

import (
	"slices"
	"testing"
)

// sentTo is an entry that the keeper of these tests sends to somebody.
func sentOut(n uint64, at Instant, to ...Name) Item {
	return Item{Entry{ID: id(n), By: "go-between", At: at, Audience: to, Body: Note{"x"}}, at, Came{}}
}

// TestLaw5_WhatWasTakenBackWasNeverGiven is [REC-94]: the keeper
// sees that it was written and taken back; who would have got it sees nothing,
// and no number is missing.
func TestLaw5_WhatWasTakenBackWasNeverGiven(t *testing.T) {
	r := New("go-between")
	m := func(n uint64, at Instant, to ...Name) Item {
		it := sentOut(n, at, to...)
		it.Body = Message{From: "go-between", To: to[0], Form: Text, Fidelity: Verbatim, SpeechAct: Inform, Text: "said"}
		return it
	}
	mustAdd(t, r, m(1, 100, "envoy"))
	mustAdd(t, r, m(2, 200, "envoy", "official"))
	before := r.Clone()
	back := Item{Entry{ID: id(3), By: "go-between", At: 300, Corrects: id(2), Body: Correction{Now: Withdrawn{KindMessage}, Back: true, From: []Name{"envoy", "official"}}}, 300, Came{}}
	mustAdd(t, r, back)
	if r.SentTo("envoy") != 1 || r.SentTo("official") != 0 || before.SentTo("envoy") != 2 {
		t.Fatalf("%d and %d numbers are taken", r.SentTo("envoy"), r.SentTo("official"))
	}
	for _, who := range []Name{"envoy", "official"} {
		p := r.For(who, AsOf{})
		if _, there := p.Get(id(2)); there {
			t.Errorf("%s sees what was taken back", who)
		}
		if _, there := p.Get(id(3)); there {
			t.Errorf("%s sees that something was taken back", who)
		}
	}
	own, _ := r.For("go-between", AsOf{}).Get(id(2))
	if _, gone := own.Body.(Withdrawn); !gone || own.First == nil || len(own.Audience) != 0 || own.CorrectedBy != id(3) {
		t.Errorf("its author sees %+v", own)
	}
	then, _ := r.For("go-between", AsOf{Knew: 250}).Get(id(2))
	if then.First != nil || !slices.Equal(then.Audience, []Name{"envoy", "official"}) {
		t.Errorf("what we knew before it was taken back has changed: %+v", then)
	}
	mustAdd(t, r, m(4, 400, "envoy"))
	if r.SentTo("envoy") != 2 {
		t.Errorf("the next has number %d", r.SentTo("envoy"))
	}
	again := back
	again.ID = id(5)
	mustAdd(t, r, again)
	if r.SentTo("envoy") != 2 {
		t.Error("taken back twice, it frees two numbers")
	}
}

// TestLaw8_OnlyTheKeeperTakesBack is [REC-95]: what came over a line takes
// nothing back, and is not passed on.
func TestLaw8_OnlyTheKeeperTakesBack(t *testing.T) {
	r := New("go-between")
	it := sentOut(1, 100, "envoy")
	it.Body = Message{From: "go-between", To: "envoy", Form: Text, Fidelity: Verbatim, SpeechAct: Inform, Text: "said"}
	mustAdd(t, r, it)
	for n, came := range []Came{OverLine("envoy", 1), ByHand()} {
		by := Name("envoy")
		mustAdd(t, r, Item{Entry{ID: id(uint64(10 + n)), By: by, At: 200, Corrects: id(1), Body: Correction{Now: Withdrawn{KindMessage}, Back: true, From: []Name{"envoy"}}}, 200, came})
	}
	if r.WasTakenBack(id(1)) || r.SentTo("envoy") != 1 {
		t.Fatal("somebody else took back what the keeper sent")
	}
	if !IsPrivate(Correction{Now: Withdrawn{KindMessage}, Back: true}) {
		t.Error("that something was taken back may be sent")
	}
	for _, c := range []Correction{{Now: Note{"x"}, Back: true}, {Now: Withdrawn{KindNote}, From: []Name{"envoy"}}, {Now: Withdrawn{KindNote}, Back: true, From: []Name{"envoy", "envoy"}}} {
		if c.Check() == nil {
			t.Errorf("%+v is well-formed", c)
		}
	}
}
