package accord

import (
	"testing"

	"backchannel/internal/record"
)

// TestLaw1_WhatStandsBesideATextMovesNoStance is [REC-51].
func TestLaw1_WhatStandsBesideATextMovesNoStance(t *testing.T) {
	d, on := goBetween(t)
	before := d.ledger()
	asked := d.hand(Sounding{On: on, Text: "would you?"})
	d.over("official", SoundingAnswer{Of: asked, Party: "movement", Would: WouldConsider})
	d.over("envoy", SoundingAnswer{Of: asked, Party: "power", Would: WouldConsider})
	d.hand(Sounding{On: on, Of: asked, Forward: true})
	d.over("official", Criticism{On: on, Text: "too short"})
	d.hand(Translation{On: on, Lang: "fr", Text: "la trêve", Translator: "host"})
	d.over("official", record.PersonStatus{Person: "pilot", Status: record.Alive})
	d.over("official", record.ProofOfLife{Person: "pilot", Answer: "Rex"})
	l := d.ledger()
	if len(l.Acts()) != 0 || len(l.Stances(on.Hash)) != 0 || l.Agreement(on.Hash).Verdict != NotAgreed {
		t.Errorf("%+v", l.Stances(on.Hash))
	}
	if len(l.Terms()) != len(before.Terms()) || len(l.Packages()) != 1 || l.Packages()[0].Hash != on.Hash {
		t.Error("a hash changed")
	}
}

func TestLaw1_AWithdrawnReportMovesNoStance(t *testing.T) {
	d, on := goBetween(t)
	id := d.handEntry(record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", Accepted, on)})
	if s := d.ledger().Stance("movement", on.Hash); s.Position != Accepted {
		t.Fatalf("%+v", s)
	}
	d.handEntry(record.Entry{Corrects: id, Body: record.Correction{Now: record.Withdrawn{Of: KindAct}}})
	if s := d.ledger().Stance("movement", on.Hash); s.Position != Silent || len(d.ledger().Acts()) != 0 {
		t.Errorf("%+v", s)
	}
	own := d.over("official", act("movement", Accepted, on))
	d.overEntry("official", record.Entry{Corrects: own, Body: record.Correction{Now: record.Withdrawn{Of: KindAct}}})
	if s := d.ledger().Stance("movement", on.Hash); s.Position != Accepted || s.Rests != OnOwnMandate {
		t.Errorf("an own act was taken back by a correction: %+v", s)
	}
	text := d.ledger().Packages()[0]
	d.overEntry("envoy", record.Entry{Corrects: text.Entry, Body: record.Correction{Now: record.Withdrawn{Of: KindPackage}}})
	if _, here := d.ledger().Package(on.Hash); !here {
		t.Error("a text that came over a line was taken back")
	}
}

func TestBesideRefusals(t *testing.T) {
	_, _, p := truce()
	for name, b := range map[string]record.Body{
		"a sounding about nothing": Sounding{}, "of no version": Sounding{On: record.Ref{Name: "truce"}}, "put forward out of the blue": Sounding{Text: "x", Forward: true},
		"an answer to nothing": SoundingAnswer{Party: "power", Would: WouldNot}, "a shrug": SoundingAnswer{Of: testID(1), Party: "power", Would: "perhaps"}, "an answer for nobody": SoundingAnswer{Of: testID(1), Would: WouldNot},
		"a wordless criticism": Criticism{On: p.Ref()}, "a criticism of nothing": Criticism{Text: "x"}, "of a bad term": Criticism{On: p.Ref(), Text: "x", Term: "The Truce"},
		"a translation into nothing": Translation{On: p.Ref(), Text: "x"}, "of nothing": Translation{Lang: "fr", Text: "x"}, "without words": Translation{On: p.Ref(), Lang: "fr"},
		"by no name": Translation{On: p.Ref(), Lang: "fr", Text: "x", Translator: "The host"},
	} {
		if b.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, b := range []record.Body{Sounding{Text: "x"}, Sounding{On: p.Ref()}, SoundingAnswer{Of: testID(1), Party: "power", Would: WouldIf}, Criticism{On: p.Ref(), Text: "x", Term: "pause", For: "power"}, Translation{On: p.Ref(), Lang: "pt-BR", Text: "x"}} {
		if err := b.Check(); err != nil {
			t.Error(err)
		}
	}
}
