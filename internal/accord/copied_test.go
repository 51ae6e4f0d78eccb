package accord

import (
	"slices"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// carry logs what Carry plans for an act: the copy, and the mark.
func (d *testDesk) carry(of keys.ID, body Act, speaker, to record.Name) keys.ID {
	d.t.Helper()
	c := d.handEntry(record.Entry{SaidBy: speaker, HeardFrom: speaker, Audience: []record.Name{to}, Body: body})
	d.mark(of, c, to)
	return c
}

func (d *testDesk) mark(of, as keys.ID, to record.Name) {
	d.t.Helper()
	d.hand(record.Conveyance{Of: of, As: as, To: to, Step: record.Conveyed, Fidelity: record.Verbatim})
}

func (d *testDesk) wantRests(party record.Name, ref record.Ref, on keys.ID, reports ...keys.ID) {
	d.t.Helper()
	if s := d.ledger().Stance(party, ref.Hash); s.Entry != on || !slices.Equal(s.Reports, reports) {
		d.t.Fatalf("%s stands by %s, with %v beside it; want %s and %v", party, s.Entry, s.Reports, on, reports)
	}
}

// TestLaw1_ACarriedCopyIsNoLaterAct is [REC-43].
func TestLaw1_ACarriedCopyIsNoLaterAct(t *testing.T) {
	said := record.Entry{SaidBy: "official", HeardFrom: "official"}
	log := func(d *testDesk, p Position, ref record.Ref) keys.ID {
		e := said
		e.Body = act("movement", p, ref)
		return d.handEntry(e)
	}
	t.Run("of a report", func(t *testing.T) {
		d, ref := goBetween(t)
		proposed := log(d, Proposed, ref)
		accepted := log(d, Accepted, ref)
		d.carry(proposed, act("movement", Proposed, ref), "official", "envoy")
		d.wantStance("movement", ref, Accepted, OnReport)
		d.wantRests("movement", ref, accepted, proposed)
		if n := len(d.ledger().ActsOn(ref.Hash)); n != 3 {
			t.Errorf("%d acts are shown, want all 3", n)
		}
	})
	t.Run("of an own act", func(t *testing.T) {
		d, ref := goBetween(t)
		proposed := d.over("official", act("movement", Proposed, ref))
		d.carry(proposed, act("movement", Proposed, ref), "official", "envoy")
		d.wantRests("movement", ref, proposed) // the keeper's copy is no report beside it
	})
	t.Run("of a copy", func(t *testing.T) {
		d, ref := goBetween(t)
		first := d.carry(log(d, Proposed, ref), act("movement", Proposed, ref), "official", "envoy")
		log(d, Accepted, ref)
		d.carry(first, act("movement", Proposed, ref), "official", "host")
		d.wantStance("movement", ref, Accepted, OnReport)
	})
	t.Run("of what was corrected or withdrawn afterwards", func(t *testing.T) {
		d, ref := goBetween(t)
		proposed := log(d, Proposed, ref)
		d.carry(proposed, act("movement", Proposed, ref), "official", "envoy")
		d.handEntry(record.Entry{Corrects: proposed, Body: record.Correction{Now: act("movement", Floated, ref)}})
		d.wantStance("movement", ref, Floated, OnReport)
		d.handEntry(record.Entry{Corrects: proposed, Body: record.Correction{Now: record.Withdrawn{Of: KindAct}}})
		d.wantStance("movement", ref, Silent, OnNothing)
	})
}

// What the mark does not make a copy of an act that is here is a statement like
// any other: [REC-43].
func TestLaw1_OnlyTheKeepersOwnCopyIsPassedOver(t *testing.T) {
	other := record.Ref{Name: "truce", Version: 2, Hash: keys.Hash{0: 9}}
	for name, say := range map[string]func(d *testDesk, ref record.Ref, proposed keys.ID){
		"no mark": func(d *testDesk, ref record.Ref, _ keys.ID) { d.hand(act("movement", Rejected, ref)) },
		"of an entry that is not here": func(d *testDesk, ref record.Ref, _ keys.ID) {
			d.carry(testID(999), act("movement", Rejected, ref), "official", "envoy")
		},
		"of another party's act": func(d *testDesk, ref record.Ref, _ keys.ID) {
			d.carry(d.hand(act("power", Rejected, ref)), act("movement", Rejected, ref), "official", "envoy")
		},
		"of an act on another text": func(d *testDesk, ref record.Ref, _ keys.ID) {
			d.carry(d.hand(act("movement", Rejected, other)), act("movement", Rejected, ref), "official", "envoy")
		},
		"of itself": func(d *testDesk, ref record.Ref, _ keys.ID) {
			c := d.hand(act("movement", Rejected, ref))
			d.mark(c, c, "envoy")
		},
		"in a ring": func(d *testDesk, ref record.Ref, _ keys.ID) {
			a, b := d.hand(act("movement", Rejected, ref)), d.hand(act("movement", Rejected, ref))
			d.mark(a, b, "envoy")
			d.mark(b, a, "envoy")
		},
		"by the mark of another": func(d *testDesk, ref record.Ref, proposed keys.ID) {
			c := d.hand(act("movement", Rejected, ref))
			d.over("envoy", record.Conveyance{Of: proposed, As: c, To: "envoy", Step: record.Conveyed})
		},
		"as the keeper heard of a mark": func(d *testDesk, ref record.Ref, proposed keys.ID) {
			c := d.hand(act("movement", Rejected, ref))
			d.handEntry(record.Entry{SaidBy: "envoy", Body: record.Conveyance{Of: proposed, As: c, To: "envoy", Step: record.Conveyed}})
		},
		"of what somebody else sent": func(d *testDesk, ref record.Ref, proposed keys.ID) {
			d.mark(proposed, d.over("envoy", act("movement", Rejected, ref)), "envoy")
		},
	} {
		d, ref := goBetween(t)
		proposed := d.hand(act("movement", Proposed, ref))
		say(d, ref, proposed)
		if s := d.ledger().Stance("movement", ref.Hash); s.Position != Rejected || s.Rests != OnReport {
			t.Errorf("%s: %s on %q", name, s.Position, s.Rests)
		}
	}
}

// No mark takes back what a person says in his own voice: [REC-43].
func TestLaw1_AMarkTakesBackNoOwnAct(t *testing.T) {
	d := newDesk(t, "envoy")
	d.role("envoy", "power", record.Principal)
	_, _, p := truce()
	first := d.hand(act("power", Proposed, p.Ref()))
	again := d.hand(act("power", Accepted, p.Ref()))
	d.mark(first, again, "host")
	d.wantStance("power", p.Ref(), Accepted, OnOwnMandate)

	b, ref := goBetween(t)
	proposed := b.over("official", act("movement", Proposed, ref))
	accepted := b.over("official", act("movement", Accepted, ref))
	b.mark(proposed, accepted, "envoy")
	b.wantStance("movement", ref, Accepted, OnOwnMandate)
}

// TestLaw5_TheCopyIsAllThatItsRecipientHas: without the source, or without the
// mark, nothing is passed over, and whoever was given neither learns of neither.
func TestLaw5_TheCopyIsAllThatItsRecipientHas(t *testing.T) {
	for _, seesMark := range []bool{false, true} {
		d, ref := goBetween(t)
		proposed := d.handEntry(record.Entry{SaidBy: "official", Body: act("movement", Proposed, ref)})
		d.handEntry(record.Entry{SaidBy: "official", Body: act("movement", Accepted, ref)})
		c := d.handEntry(record.Entry{SaidBy: "official", HeardFrom: "official", Audience: []record.Name{"envoy"}, Body: act("movement", Proposed, ref)})
		mark := record.Entry{Body: record.Conveyance{Of: proposed, As: c, To: "envoy", Step: record.Conveyed}}
		if seesMark {
			mark.Audience = []record.Name{"envoy"}
		}
		d.handEntry(mark)
		l := Read(d.r.For("envoy", record.AsOf{}), d.clock+1)
		if s := l.Stance("movement", ref.Hash); s.Position != Proposed || s.Rests != OnReport || s.Entry != c || len(s.Reports) > 0 {
			t.Errorf("sees the mark %v: %+v", seesMark, s)
		}
	}
	// At his own desk it came over the line, and no mark is there.
	e := newDesk(t, "envoy")
	_, _, p := truce()
	c := e.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", Proposed, p.Ref())})
	e.wantStance("movement", p.Ref(), Proposed, OnReport)
	e.wantRests("movement", p.Ref(), c)
}

// TestLaw8_AMarkThatComesLateMovesWhatWasFolded: in whatever order act, copy and
// mark become known, a ledger that is kept up to date says the same.
func TestLaw8_AMarkThatComesLateMovesWhatWasFolded(t *testing.T) {
	_, _, p := truce()
	at := func(n uint64, when record.Instant, b record.Body) record.Item {
		return record.Item{Entry: record.Entry{ID: testID(n), By: "go-between", At: when, Said: record.Moment(when), Body: b}, Known: 90, Came: record.ByHand()}
	}
	items := []record.Item{
		at(1, 10, act("movement", Proposed, p.Ref())), at(2, 20, act("movement", Accepted, p.Ref())), at(3, 30, act("movement", Proposed, p.Ref())),
		at(4, 40, record.Conveyance{Of: testID(1), As: testID(3), To: "envoy", Step: record.Conveyed}),
	}
	var orders func(order, rest []record.Item)
	orders = func(order, rest []record.Item) {
		for i := range rest {
			orders(append(slices.Clone(order), rest[i]), slices.Delete(slices.Clone(rest), i, i+1))
		}
		if len(rest) > 0 {
			return
		}
		r := record.New("go-between")
		l := Follow(r.For("go-between", record.AsOf{}), 100, lean.New(100))
		for _, it := range order {
			if _, err := r.Add(Codec(), it); err != nil {
				t.Fatal(err)
			}
			l.Update(r.For("go-between", record.AsOf{}), 100)
			l.Stance("movement", p.Hash()) // folds what is there
		}
		if s := l.Stance("movement", p.Hash()); s.Position != Accepted || s.Entry != testID(2) || len(s.Reports) != 1 {
			var ids []keys.ID
			for _, it := range order {
				ids = append(ids, it.ID)
			}
			t.Errorf("in the order %v: %+v", ids, s)
		}
	}
	orders(nil, items)
}
