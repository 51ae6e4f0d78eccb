package convey

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// draftText writes a text of the go-between's own.
func draftText(w *world) accord.Package {
	t := accord.Term{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "the guns fall silent", Salt: keys.ID{1}}
	w.write("go-between", record.Entry{Body: t})
	p := accord.Package{Name: "truce", Version: 1, Terms: []accord.TermRef{t.Ref()}, Needs: []record.Name{"movement", "power"}, Salt: keys.ID{2}}
	w.write("go-between", record.Entry{Body: p})
	return p
}

// TestLaw5_WhatIsSaidInConfidenceGoesNoFarther is [REC-52].
func TestLaw5_WhatIsSaidInConfidenceGoesNoFarther(t *testing.T) {
	w := newWorld(t)
	p := draftText(w)
	asked := w.write("go-between", record.Entry{Audience: []record.Name{"envoy", "official"}, Body: accord.Sounding{On: p.Ref(), Text: "Would you consider a pause?"}})
	no := w.write("official", record.Entry{Audience: []record.Name{"go-between"}, Body: accord.SoundingAnswer{Of: asked, Party: "movement", Would: accord.WouldNot, Text: "not while they shell us"}})
	hard := w.write("official", record.Entry{Audience: []record.Name{"go-between"}, Body: accord.Criticism{On: p.Ref(), Text: "nothing about the guns"}})
	for _, of := range []keys.ID{no, hard} {
		for _, f := range []record.Fidelity{record.Verbatim, record.Paraphrase, record.OwnView, record.Hearsay} {
			_, err := w.carry(Order{Of: of, To: "envoy", Fidelity: f, Text: "they say no", Consent: "yes", Asked: true})
			wantRefused(t, err, "convey.confidence")
		}
	}
	_, err := Write(w.desks["official"].context(), record.Entry{Audience: []record.Name{"go-between", "host"}, Body: accord.Criticism{On: p.Ref(), Text: "x"}})
	wantRefused(t, err, "convey.confidence-many")
	_, err = Write(w.desks["official"].context(), record.Entry{Audience: []record.Name{"host"}, Body: accord.SoundingAnswer{Of: asked, Party: "movement", Would: accord.WouldNot}})
	wantRefused(t, err, "convey.sounding-to")
	_, err = Write(w.desks["official"].context(), record.Entry{Audience: []record.Name{"go-between"}, Body: accord.SoundingAnswer{Of: no, Party: "movement", Would: accord.WouldNot}})
	wantRefused(t, err, "convey.sounding")
	for _, it := range w.desks["envoy"].r.Items() {
		switch it.Body.(type) {
		case accord.SoundingAnswer, accord.Criticism:
			t.Errorf("the envoy has %+v", it.Entry)
		}
	}
}

// TestLaw1_ASoundingThatIsDeclinedLeavesNoOffer: nobody stands anywhere, no
// offer is on anybody's desk, and the one side does not learn of the other's no.
func TestLaw1_ASoundingThatIsDeclinedLeavesNoOffer(t *testing.T) {
	w := newWorld(t)
	p := draftText(w)
	asked := w.write("go-between", record.Entry{Audience: []record.Name{"envoy", "official"}, Body: accord.Sounding{On: p.Ref()}})
	forward := func(to ...record.Name) error {
		_, err := Write(w.desks["go-between"].context(), record.Entry{Audience: to, Body: accord.Sounding{On: p.Ref(), Of: asked, Forward: true}})
		return err
	}
	answer := func(who, party record.Name, would accord.Would) {
		w.write(who, record.Entry{Audience: []record.Name{"go-between"}, Body: accord.SoundingAnswer{Of: asked, Party: party, Would: would}})
	}
	wantRefused(t, forward("envoy"), "convey.sounding-early")
	answer("envoy", "power", accord.WouldConsider)
	wantRefused(t, forward("envoy", "official"), "convey.sounding-early")
	answer("official", "movement", accord.WouldIf)
	wantRefused(t, forward("envoy", "official"), "convey.sounding-early")
	answer("official", "movement", accord.WouldNot)
	wantRefused(t, forward("envoy", "official"), "convey.sounding-early")
	for name, d := range w.desks {
		l := accord.Read(d.r.For(name, record.AsOf{}), w.clock)
		if len(l.Acts()) != 0 || len(l.Stances(p.Hash())) != 0 {
			t.Errorf("%s has a stance", name)
		}
		for _, it := range d.r.Items() {
			if it.SaidBy != "" || it.HeardFrom != "" {
				t.Errorf("the sounding has an owner at %s: %+v", name, it.Entry)
			}
		}
	}
	if _, here := accord.Read(w.desks["envoy"].r.For("envoy", record.AsOf{}), w.clock).Package(p.Hash()); !here {
		t.Error("whoever is asked about a text has it")
	}
	answer("official", "movement", accord.WouldConsider)
	wantRefused(t, forward("envoy", "host"), "convey.sounding-asked")
	if err := forward("envoy", "official"); err != nil {
		t.Error(err)
	}
}

// TestLaw5_ATextOfSomebodyIsNotFloatedAsNobodysOwn, but where he allows it.
func TestLaw5_ATextOfSomebodyIsNotFloatedAsNobodysOwn(t *testing.T) {
	w := newWorld(t)
	term := accord.Term{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "the guns fall silent", Salt: keys.ID{1}}
	w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: term})
	_, err := Write(w.desks["go-between"].context(), record.Entry{Audience: []record.Name{"official"}, Body: accord.Sounding{On: term.Ref().Ref()}})
	wantRefused(t, err, "convey.owner")
	term.Salt = keys.ID{3}
	w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: term, Carrying: record.Carrying{Pass: record.PassAsOwnIdea}})
	plan, err := Write(w.desks["go-between"].context(), record.Entry{Audience: []record.Name{"official"}, Body: accord.Sounding{On: term.Ref().Ref()}})
	if err != nil {
		t.Fatal(err)
	}
	w.deliver("go-between", plan)
	for _, it := range w.desks["official"].r.Items() {
		if it.SaidBy == "envoy" || it.HeardFrom == "envoy" || slices.Contains(it.Audience, "envoy") {
			t.Errorf("it names its author: %+v", it.Entry)
		}
	}
}

func TestLaw8_WithdrawingIsRefusedWhereOthersRelied(t *testing.T) {
	w := newWorld(t)
	p := draftText(w)
	gone := func(by record.Name, id keys.ID, k record.Kind) error {
		_, err := Write(w.desks[by].context(), record.Entry{Corrects: id, Body: record.Correction{Now: record.Withdrawn{Of: k}}})
		return err
	}
	m := w.write("envoy", message("envoy", "go-between", "seventy days"))
	if err := gone("envoy", m, record.KindMessage); err != nil {
		t.Error(err)
	}
	wantRefused(t, gone("go-between", m, record.KindMessage), "convey.withdraw-foreign")
	own := w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: accord.Act{Party: "power", Position: accord.Floated, On: p.Ref()}})
	wantRefused(t, gone("envoy", own, accord.KindAct), "convey.withdraw-own")
	reported := w.write("go-between", record.Entry{HeardFrom: "official", SaidBy: "official", Body: accord.Act{Party: "movement", Position: accord.Accepted, On: p.Ref()}})
	if err := gone("go-between", reported, accord.KindAct); err != nil {
		t.Error(err)
	}
	term := accord.Term{Name: "boats", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "boats go home", Salt: keys.ID{9}}
	text := w.write("go-between", record.Entry{HeardFrom: "official", SaidBy: "official", Body: term})
	if err := gone("go-between", text, accord.KindTerm); err != nil {
		t.Error(err)
	}
	w.write("go-between", record.Entry{Body: accord.Act{Party: "go-between", Position: accord.Accepted, On: term.Ref().Ref()}})
	wantRefused(t, gone("go-between", text, accord.KindTerm), "convey.withdraw-relied")
}
