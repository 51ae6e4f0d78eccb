package record

import (
	"testing"
)

// held is a body that its author cannot take back where he stated it first
// hand, nor on another desk.
type held struct{ Note }

func (held) Kind() Kind                      { return "held" }
func (held) Lasts(firstHand, here bool) bool { return firstHand || !here }

func withdraw(n uint64, by Name, at Instant, what Item) Item {
	return Item{Entry{ID: id(n), By: by, At: at, Corrects: what.ID, Body: Correction{Now: Withdrawn{what.Body.Kind()}, Reason: "of another talk"}}, at, Came{}}
}

// TestLaw8_WhatWasWithdrawnIsShownAsSuch is [REC-53]: it counts as nothing from
// then on, and what we knew before does not change.
func TestLaw8_WhatWasWithdrawnIsShownAsSuch(t *testing.T) {
	m := Message{From: "envoy", To: "go-between", Form: Call, Fidelity: Paraphrase, SpeechAct: Inform, Text: "x"}
	said := Item{Entry{ID: id(1), By: "go-between", At: 10, SaidBy: "envoy", HeardFrom: "envoy", Body: m, Audience: []Name{"ally"}}, 10, Came{}}
	gone := withdraw(2, "go-between", 20, said)
	gone.Audience = []Name{"ally"}
	other := withdraw(3, "envoy", 30, said)
	other.Came = OverLine("envoy", 1)
	for name, order := range map[string][]Item{"in order": {said, gone}, "the other way": {gone, said}, "with another's": {said, gone, other}} {
		r := New("go-between")
		for _, it := range order {
			if _, err := r.Add(NewCodec(), it); err != nil {
				t.Fatal(err)
			}
		}
		for _, reader := range []Name{"go-between", "ally"} {
			s, ok := r.For(reader, AsOf{}).Get(id(1))
			if _, is := s.Body.(Withdrawn); !ok || !is || s.Body.Kind() != KindMessage || s.CorrectedBy != id(2) || s.First.(Message).Text != "x" {
				t.Errorf("%s, %s: %+v", name, reader, s)
			}
		}
		if s, _ := r.For("go-between", AsOf{Knew: 19}).Get(id(1)); s.Body.(Message).Text != "x" || s.First != nil {
			t.Errorf("%s: what we knew changed: %+v", name, s)
		}
	}
	r := New("go-between")
	for _, it := range []Item{said, other} {
		if _, err := r.Add(NewCodec(), it); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ := r.For("go-between", AsOf{}).Get(id(1)); s.First != nil {
		t.Error("somebody withdrew what another wrote")
	}
}

func TestLaw8_WhatOthersReliedOnIsNotWithdrawn(t *testing.T) {
	for _, c := range []struct {
		name  string
		heard Name
		came  Came
		gone  bool
	}{{"his own word", "", ByHand(), false}, {"another's word, typed here", "envoy", ByHand(), true}, {"another's word, from a line", "envoy", OverLine("ally", 1), false}} {
		by := Name("go-between")
		if c.came.Over() != "" {
			by = c.came.Over()
		}
		it := Item{Entry{ID: id(1), By: by, At: 10, HeardFrom: c.heard, Body: held{}}, 10, c.came}
		fix := withdraw(2, by, 20, it)
		fix.Came = c.came
		r := New("go-between")
		r.take(it)
		r.take(fix)
		s, _ := r.For("go-between", AsOf{}).Get(id(1))
		if _, gone := s.Body.(Withdrawn); gone != c.gone {
			t.Errorf("%s: withdrawn is %v", c.name, gone)
		}
	}
}

func TestLaw5_AWithdrawalIsAsPrivateAsWhatItWithdraws(t *testing.T) {
	for k, private := range map[Kind]bool{KindNote: true, KindInstruction: true, KindRule: true, KindRole: true, KindTimeZone: true, KindMessage: false} {
		if IsPrivate(Correction{Now: Withdrawn{k}}) != private {
			t.Error(k)
		}
	}
}
