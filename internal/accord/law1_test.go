package accord

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/record"
)

func (d *testDesk) wantVerdict(ref record.Ref, want Verdict) {
	d.t.Helper()
	if got := d.ledger().Agreement(ref.Hash); got.Verdict != want {
		d.t.Fatalf("verdict %q, want %q: %+v", got.Verdict, want, got)
	}
}

func (d *testDesk) wantStance(party record.Name, ref record.Ref, p Position, r Rests) {
	d.t.Helper()
	if s := d.ledger().Stance(party, ref.Hash); s.Position != p || s.Rests != r {
		d.t.Fatalf("%s stands at %q resting on %q, want %q on %q", party, s.Position, s.Rests, p, r)
	}
}

// TestLaw1_AgreedNeedsOwnActsAndEchoes is [REC-38].
func TestLaw1_AgreedNeedsOwnActsAndEchoes(t *testing.T) {
	d, ref := goBetween(t)
	d.wantVerdict(ref, NotAgreed)
	d.over("envoy", act("power", Accepted, ref))
	d.wantVerdict(ref, NotAgreed)
	d.over("official", act("movement", Accepted, ref))
	d.wantVerdict(ref, EchoAwaited)
	d.over("envoy", echo("power", ref))
	d.wantVerdict(ref, EchoAwaited)
	d.over("official", echo("movement", ref))
	d.wantVerdict(ref, Agreed)
	if a := d.ledger().Agreement(ref.Hash); a.Weakest != OnOwnMandate || len(a.Entries) != 4 || len(a.Missing)+len(a.Unechoed) != 0 {
		t.Fatalf("%+v", a)
	}
}

func TestLaw1_HandEntryOfGoBetweenIsOnlyReported(t *testing.T) {
	d, ref := goBetween(t)
	d.hand(act("power", Accepted, ref))
	d.hand(echo("power", ref))
	d.wantStance("power", ref, Accepted, OnReport)
	d.over("official", act("movement", Accepted, ref))
	d.over("official", echo("movement", ref))
	d.wantVerdict(ref, AsReported)
	a := d.ledger().Agreement(ref.Hash)
	if a.Weakest != OnReport || !slices.Equal(a.Reported, []record.Name{"go-between"}) || !slices.Equal(a.Missing, []record.Name{"power"}) {
		t.Fatalf("%+v", a)
	}
}

// However a go-between dresses what he logs, it stays a report.
func TestLaw1_DressedHandEntriesStayReports(t *testing.T) {
	for name, e := range map[string]record.Entry{
		"said by the envoy":         {SaidBy: "envoy"},
		"said by the party":         {SaidBy: "power"},
		"heard from the envoy":      {HeardFrom: "envoy"},
		"said by and heard from":    {SaidBy: "envoy", HeardFrom: "envoy"},
		"with signed paper":         {Evidence: []record.Evidence{{What: record.SignedPaper}}},
		"said by himself":           {SaidBy: "go-between"},
		"under a credential of his": {},
	} {
		d, ref := goBetween(t)
		a := act("power", Accepted, ref)
		if name == "under a credential of his" {
			a.Under = d.hand(record.Credential{Holder: "go-between", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}})
		}
		e.Body = a
		d.handEntry(e)
		if s := d.ledger().Stance("power", ref.Hash); s.Rests != OnReport || s.Confirmed() {
			t.Errorf("%s: rests on %q", name, s.Rests)
		}
	}
}

// A voice comes from the keeper's own role entries. What a peer says of himself
// or of others gives nobody a voice.
func TestLaw1_PeerCannotMakeHimselfAnEnvoy(t *testing.T) {
	d, ref := goBetween(t)
	d.over("official", record.Person{Name: "official", Title: "The envoy of the power", Of: "power"})
	d.over("official", record.Party{Name: "official", Title: "The power", Side: "power"})
	d.over("official", record.Credential{Holder: "official", Party: "power", Issuer: "power", May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}})
	// A role never travels (convey refuses it); here it is in the record all the same.
	d.over("official", record.Role{Person: "official", Party: "power", As: record.Principal})
	for _, e := range []record.Entry{{}, {SaidBy: "envoy"}, {SaidBy: "power"}, {SaidBy: "official"}, {HeardFrom: "envoy"}} {
		e.Body = act("power", Accepted, ref)
		d.overEntry("official", e)
		d.wantStance("power", ref, Accepted, OnReport)
	}
	if v := d.ledger().Voice("official"); !slices.Equal(v, []record.Name{"movement"}) {
		t.Fatalf("official speaks for %v", v)
	}
}

// An entry that says it is by somebody who did not bring it is nobody's own.
//
// It is [REC-30].
func TestLaw1_ForgedAuthorIsAReport(t *testing.T) {
	d, ref := goBetween(t)
	d.add(record.OverLine("official", 9), "envoy", record.Entry{Body: act("power", Accepted, ref)})
	d.wantStance("power", ref, Accepted, OnReport)
	d.add(record.ByHand(), "envoy", record.Entry{Body: act("power", Accepted, ref)})
	d.wantStance("power", ref, Accepted, OnReport)
	d.add(record.OverLine("envoy", 9), "go-between", record.Entry{Body: act("power", Accepted, ref)})
	d.wantStance("power", ref, Accepted, OnReport)
}

// What an envoy passes on from somebody else is hearsay on his line too, and so
// it is at his own desk.
func TestLaw1_HearsayOfAnEnvoyIsAReport(t *testing.T) {
	for name, e := range map[string]record.Entry{"said by the principal": {SaidBy: "principal"}, "heard from the principal": {HeardFrom: "principal"}} {
		d, ref := goBetween(t)
		e.Body = act("power", Accepted, ref)
		d.overEntry("envoy", e)
		if s := d.ledger().Stance("power", ref.Hash); s.Rests != OnReport {
			t.Errorf("%s: rests on %q", name, s.Rests)
		}
		own := newDesk(t, "envoy")
		own.role("envoy", "power", record.Principal)
		own.handEntry(e)
		if s := own.ledger().Stance("power", ref.Hash); s.Rests != OnReport {
			t.Errorf("%s, at his own desk: rests on %q", name, s.Rests)
		}
		own.hand(act("power", Accepted, ref))
		own.wantStance("power", ref, Accepted, OnOwnMandate)
	}
}

func TestLaw1_ActBeyondMandateDoesNotBind(t *testing.T) {
	d := newDesk(t, "go-between")
	d.role("envoy", "power", record.Envoy)
	a, b, p := truce()
	for _, x := range []record.Body{a, b, p} {
		d.over("envoy", x)
	}
	d.over("envoy", record.Credential{Holder: "envoy", Party: "power", Issuer: "principal", May: []record.Mandate{record.MaySpeak, record.MayOffer}})
	d.over("envoy", act("power", Proposed, p.Ref()))
	d.wantStance("power", p.Ref(), Proposed, OnOwnMandate)
	d.over("envoy", act("power", Accepted, p.Ref()))
	d.wantStance("power", p.Ref(), Proposed, OnOwnMandate) // the act is in the record, and moves nothing
	d.over("envoy", echo("power", p.Ref()))
	if got := len(d.ledger().Acts()); got != 3 {
		t.Fatalf("%d acts are recorded", got)
	}
}

// TestLaw1_MandateEndsAndIsNarrow is [REC-31].
func TestLaw1_MandateEndsAndIsNarrow(t *testing.T) {
	for name, c := range map[string]record.Credential{
		"another party": {Party: "host", May: []record.Mandate{record.MayBind}},
		"another text":  {Party: "power", May: []record.Mandate{record.MayBind}, On: []record.Name{"aid"}},
		"ended":         {Party: "power", May: []record.Mandate{record.MayBind}, Until: 1},
		"may not bind":  {Party: "power", May: []record.Mandate{record.MaySpeak, record.MayOffer}},
		"of another":    {Holder: "official", Party: "power", May: []record.Mandate{record.MayBind}},
	} {
		d := newDesk(t, "go-between")
		d.role("envoy", "power", record.Envoy)
		_, _, p := truce()
		if c.Holder == "" {
			c.Holder = "envoy"
		}
		c.Issuer = "principal"
		d.hand(c)
		d.over("envoy", act("power", Accepted, p.Ref()))
		if s := d.ledger().Stance("power", p.Hash()); s.Rests != OnOwnAct || s.Confirmed() {
			t.Errorf("%s: rests on %q", name, s.Rests)
		}
	}
}

// The other side would like the envoy to have more of a mandate than he has.
//
// It is [REC-32].
func TestLaw1_NobodyElseWidensAMandate(t *testing.T) {
	d := newDesk(t, "go-between")
	d.role("envoy", "power", record.Envoy)
	d.role("principal", "power", record.Principal)
	d.role("official", "movement", record.Envoy)
	_, _, p := truce()
	bind := record.Credential{Holder: "envoy", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}}
	d.over("official", bind)
	d.overEntry("envoy", record.Entry{SaidBy: "principal", HeardFrom: "principal", Body: bind})
	d.over("envoy", act("power", Accepted, p.Ref()))
	d.wantStance("power", p.Ref(), Accepted, OnOwnAct)
	d.over("principal", bind)
	d.wantStance("power", p.Ref(), Accepted, OnOwnMandate)
}

func TestLaw1_ReportNeverOverridesOwnAct(t *testing.T) {
	d, ref := goBetween(t)
	d.over("envoy", act("power", Rejected, ref))
	d.hand(act("power", Accepted, ref))
	d.over("official", act("power", Accepted, ref))
	d.wantStance("power", ref, Rejected, OnOwnMandate)
	if s := d.ledger().Stance("power", ref.Hash); len(s.Reports) != 2 {
		t.Fatalf("%d reports are kept beside it", len(s.Reports))
	}
}

// TestLaw1_OtherTextOfTheSameNameIsAnotherText is [REC-25].
func TestLaw1_OtherTextOfTheSameNameIsAnotherText(t *testing.T) {
	d, ref := goBetween(t)
	_, b, p := truce()
	a := obligation("ceasefire", "power")
	a.Period = Range{70, 90, "days"}
	p.Terms = []TermRef{a.Ref(), b.Ref()}
	for _, x := range []record.Body{a, p} {
		d.over("official", x)
	}
	d.over("official", act("movement", Accepted, p.Ref()))
	d.over("envoy", act("power", Accepted, ref))
	d.wantVerdict(ref, NotAgreed)
	d.wantVerdict(p.Ref(), NotAgreed)
}

// A package cannot bind somebody by leaving him out of the list.
func TestLaw1_DebtorsAreNeeded(t *testing.T) {
	d, _ := goBetween(t)
	x := obligation("aid", "host")
	p := Package{Name: "aid", Version: 1, Terms: []TermRef{x.Ref()}, Needs: []record.Name{"power"}, Salt: salt(3)}
	d.over("envoy", x)
	d.over("envoy", p)
	d.over("envoy", act("power", Accepted, p.Ref()))
	d.over("envoy", echo("power", p.Ref()))
	d.wantVerdict(p.Ref(), NotAgreed)
}

func TestLaw1_WithoutTheWholeTextNothingIsAgreed(t *testing.T) {
	d, _ := goBetween(t)
	x := obligation("aid", "power")
	p := Package{Name: "aid", Version: 1, Terms: []TermRef{x.Ref()}, Needs: []record.Name{"power"}, Salt: salt(3)}
	d.over("envoy", p)
	d.over("envoy", act("power", Accepted, p.Ref()))
	d.over("envoy", echo("power", p.Ref()))
	d.wantVerdict(p.Ref(), Incomplete)
	d.over("envoy", x)
	d.wantVerdict(p.Ref(), Agreed)
}

// TestLaw1_WithdrawalCrossesEcho is [REC-33] and [REC-34].
func TestLaw1_WithdrawalCrossesEcho(t *testing.T) {
	both := func(t *testing.T) (*testDesk, record.Ref) {
		d, ref := goBetween(t)
		d.over("envoy", act("power", Accepted, ref))
		d.over("official", act("movement", Accepted, ref))
		return d, ref
	}
	t.Run("before the echo it counts", func(t *testing.T) {
		d, ref := both(t)
		d.over("official", echo("movement", ref))
		d.over("envoy", act("power", Withdrawn, ref))
		d.over("envoy", echo("power", ref))
		d.wantStance("power", ref, Withdrawn, OnOwnMandate)
		d.wantVerdict(ref, NotAgreed)
	})
	t.Run("after the echo nothing undoes it", func(t *testing.T) {
		d, ref := both(t)
		d.over("official", echo("movement", ref))
		d.over("envoy", echo("power", ref))
		for _, p := range []Position{Withdrawn, Rejected, Denied, Floated, Proposed} {
			d.over("envoy", act("power", p, ref))
			d.wantVerdict(ref, Agreed)
		}
	})
	t.Run("dated back it comes after all the same", func(t *testing.T) {
		for back := record.Instant(0); back < 60; back += 5 {
			d, ref := both(t)
			d.over("official", echo("movement", ref))
			d.over("envoy", echo("power", ref))
			at := d.clock - back
			d.overEntry("envoy", record.Entry{At: at, Said: record.Moment(at), Body: act("power", Withdrawn, ref)})
			d.wantVerdict(ref, Agreed)
		}
	})
	t.Run("a correction undoes no act", func(t *testing.T) {
		d, ref := both(t)
		d.over("official", echo("movement", ref))
		accepted := d.over("envoy", act("power", Accepted, ref))
		d.over("envoy", echo("power", ref))
		d.overEntry("envoy", record.Entry{Corrects: accepted, Body: record.Correction{Now: act("power", Rejected, ref)}})
		d.wantVerdict(ref, Agreed)
	})
	t.Run("a corrected text stays a version", func(t *testing.T) {
		d, ref := both(t)
		d.over("official", echo("movement", ref))
		d.over("envoy", echo("power", ref))
		a, _, _ := truce()
		for _, it := range d.r.Known() {
			if term, ok := it.Body.(Term); ok && term.Name == a.Name {
				term.Action = "does nothing"
				d.overEntry("envoy", record.Entry{Corrects: it.ID, Body: record.Correction{Now: term}})
			}
		}
		d.wantVerdict(ref, Agreed)
	})
}

func TestLaw1_ReportIsCorrectedLikeAnythingElse(t *testing.T) {
	d, ref := goBetween(t)
	id := d.hand(act("power", Accepted, ref))
	d.handEntry(record.Entry{Corrects: id, Body: record.Correction{Now: act("power", Floated, ref), Reason: "misheard"}})
	d.wantStance("power", ref, Floated, OnReport)
}

// TestLaw1_LapsedIsNotRevived is [REC-35].
func TestLaw1_LapsedIsNotRevived(t *testing.T) {
	d, _ := goBetween(t)
	_, _, p := truce()
	p.Version, p.Lapses = 2, d.clock+25
	d.over("envoy", p)
	d.over("envoy", act("power", Accepted, p.Ref()))
	d.clock += 1000
	d.over("official", act("movement", Accepted, p.Ref()))
	d.over("official", echo("movement", p.Ref()))
	d.over("envoy", echo("power", p.Ref()))
	d.wantStance("power", p.Ref(), Lapsed, OnOwnMandate)
	d.wantStance("movement", p.Ref(), Silent, OnNothing)
	d.wantVerdict(p.Ref(), NotAgreed)
}

func TestLaw1_AgreedInTimeDoesNotLapse(t *testing.T) {
	d, _ := goBetween(t)
	_, _, p := truce()
	p.Version, p.Lapses = 2, d.clock+1000
	d.over("envoy", p)
	for _, a := range []Act{act("power", Accepted, p.Ref()), echo("power", p.Ref())} {
		d.over("envoy", a)
	}
	for _, a := range []Act{act("movement", Accepted, p.Ref()), echo("movement", p.Ref())} {
		d.over("official", a)
	}
	d.clock += 5000
	d.wantVerdict(p.Ref(), Agreed)
}

// Whatever a go-between and a hostile envoy of the other side write, the power
// has accepted nothing unless its own envoy did.
func TestLaw1_NoSequenceOfOthersMakesAnOwnAct(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, ref := goBetween(t)
		positions := []Position{Floated, Proposed, Accepted, Rejected, Denied, Withdrawn}
		names := []record.Name{"", "envoy", "power", "official", "movement", "go-between"}
		for range rapid.IntRange(1, 15).Draw(rt, "entries") {
			e := record.Entry{
				SaidBy: rapid.SampledFrom(names).Draw(rt, "said by"), HeardFrom: rapid.SampledFrom(names).Draw(rt, "heard from"),
				At: record.Instant(rapid.IntRange(1, 5000).Draw(rt, "at")),
			}
			party := rapid.SampledFrom([]record.Name{"power", "movement"}).Draw(rt, "party")
			switch rapid.IntRange(0, 4).Draw(rt, "kind") {
			case 0:
				e.Body = record.Credential{Holder: "envoy", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}}
			case 1:
				e.Body = record.Person{Name: rapid.SampledFrom(names[1:]).Draw(rt, "name"), Title: "The power", Of: "power"}
			case 2:
				e.Body = echo(party, ref)
			default:
				e.Body = act(party, rapid.SampledFrom(positions).Draw(rt, "position"), ref)
			}
			if rapid.Bool().Draw(rt, "by hand") {
				d.handEntry(e)
			} else {
				d.overEntry("official", e)
			}
		}
		l := d.ledger()
		if s := l.Stance("power", ref.Hash); s.Own() || !s.Echo.IsZero() {
			rt.Fatalf("the power stands at %+v", s)
		}
		if l.Agreement(ref.Hash).Verdict == Agreed {
			rt.Fatal("agreed")
		}
	})
}
