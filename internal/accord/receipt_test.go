package accord

import (
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// deadline is a go-between's desk with a truce that lapses at 5000, by the
// receipt of that person or party.
func deadline(t *testing.T, receipt record.Name) (*testDesk, record.Ref) {
	d, _ := goBetween(t)
	_, _, p := truce()
	p.Version, p.Lapses, p.ReceiptBy = 2, 5000, receipt
	d.over("envoy", p)
	return d, p.Ref()
}

// at sets the clock so that the next entry comes at that moment.
func (d *testDesk) at(t record.Instant) *testDesk { d.clock = t - 10; return d }

func (d *testDesk) yes(who, party record.Name, ref record.Ref) (accepted, echoed keys.ID) {
	d.t.Helper()
	return d.over(who, act(party, Accepted, ref)), d.over(who, echo(party, ref))
}

// TestTheLastMomentIsInTime is [REC-35]: a deadline is met at its very millisecond, and
// missed one later.
func TestTheLastMomentIsInTime(t *testing.T) {
	for said, want := range map[record.Instant]Verdict{4999: Agreed, 5000: Agreed, 5001: NotAgreed} {
		d, ref := deadline(t, "")
		d.yes("envoy", "power", ref)
		d.over("official", act("movement", Accepted, ref))
		d.overEntry("official", record.Entry{At: said, Body: echo("movement", ref)})
		d.clock = 9000
		d.wantVerdict(ref, want)
	}
	d, ref := deadline(t, "")
	d.yes("envoy", "power", ref)
	for now, want := range map[record.Instant]Position{5000: Accepted, 5001: Lapsed} {
		d.clock = now - 1 // the ledger is read one later
		d.wantStance("power", ref, want, OnOwnMandate)
	}
}

// TestSaidInTimeAndLate is [REC-39]: without a receipt that counts, what was said in time
// is in time, whenever it arrives.
func TestSaidInTimeAndLate(t *testing.T) {
	d, ref := deadline(t, "")
	d.yes("envoy", "power", ref)
	d.at(6000).wantStance("power", ref, Lapsed, OnOwnMandate)
	d.overEntry("official", record.Entry{At: 4000, Body: act("movement", Accepted, ref)})
	d.wantVerdict(ref, NotAgreed)
	d.overEntry("official", record.Entry{At: 4001, Body: echo("movement", ref)})
	d.wantVerdict(ref, Agreed)
	// As it was known before, it had lapsed.
	l := Read(d.r.For("go-between", record.AsOf{Knew: 6000}), 6500)
	if v := l.Agreement(ref.Hash).Verdict; v != NotAgreed {
		t.Error(v)
	}
	// An old time on what comes behind a later act of one's own is no way back.
	e, ref := deadline(t, "")
	e.yes("envoy", "power", ref)
	e.at(6000).over("official", act("movement", Rejected, ref))
	e.overEntry("official", record.Entry{At: 4000, Body: act("movement", Accepted, ref)})
	e.overEntry("official", record.Entry{At: 4001, Body: echo("movement", ref)})
	e.wantVerdict(ref, NotAgreed)
}

// TestReceiptMeetsTheDeadline is [REC-40].
func TestReceiptMeetsTheDeadline(t *testing.T) {
	const late, inTime = record.Instant(5001), record.Instant(5000)
	mark := func(of keys.ID, to record.Name, step record.Step) record.Conveyance {
		return record.Conveyance{Of: of, To: to, Step: step}
	}
	for name, c := range map[string]struct {
		receipt record.Name
		do      func(d *testDesk, ref record.Ref)
		want    Verdict
	}{
		"the keeper's, in time":       {"go-between", func(d *testDesk, ref record.Ref) { d.at(inTime-10).yes("official", "movement", ref) }, Agreed},
		"the keeper's, the echo late": {"go-between", func(d *testDesk, ref record.Ref) { d.at(inTime).yes("official", "movement", ref) }, NotAgreed},
		"the keeper's, said in time, here late": {"go-between", func(d *testDesk, ref record.Ref) {
			d.at(late)
			d.overEntry("official", record.Entry{At: 4000, Body: act("movement", Accepted, ref)})
			d.overEntry("official", record.Entry{At: 4001, Body: echo("movement", ref)})
		}, NotAgreed},
		"his own": {"official", func(d *testDesk, ref record.Ref) {
			d.hand(record.Note{Text: "the power's acceptance is handed on below"})
			d.at(4000).yes("official", "movement", ref)
		}, NotAgreed}, // the envoy's is not known to have reached the official
		"a party's own":       {"movement", func(d *testDesk, ref record.Ref) { d.at(4000).yes("official", "movement", ref) }, NotAgreed},
		"nothing known of it": {"envoy", func(d *testDesk, ref record.Ref) { d.at(4000).yes("official", "movement", ref) }, NotAgreed},
		"conveyed is not received": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.hand(mark(a, "envoy", record.Conveyed))
			d.hand(mark(e, "envoy", record.Conveyed))
		}, NotAgreed},
		"received, as the go-between says": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.hand(mark(a, "envoy", record.Received))
			d.hand(mark(e, "envoy", record.Received))
		}, NotAgreed},
		"received, as a third one says": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.over("host", mark(a, "envoy", record.Received))
			d.over("host", mark(e, "envoy", record.Received))
		}, NotAgreed},
		"received, as he says himself": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.over("envoy", mark(a, "envoy", record.Received))
			d.over("envoy", mark(e, "envoy", record.Received))
		}, Agreed},
		"received for his party": {"power", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.over("envoy", mark(a, "envoy", record.Received))
			d.over("envoy", mark(e, "envoy", record.Received))
		}, Agreed},
		"received, as he says himself, the echo late": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.over("envoy", mark(a, "envoy", record.Received))
			d.at(late).over("envoy", mark(e, "envoy", record.Received))
		}, NotAgreed},
		"handed on and acknowledged": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.handOn(a, act("movement", Accepted, ref), "envoy")
			d.handOn(e, echo("movement", ref), "envoy")
		}, Agreed},
		"handed on and acknowledged late": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.handOn(a, act("movement", Accepted, ref), "envoy")
			d.at(late).handOn(e, echo("movement", ref), "envoy")
		}, NotAgreed},
		"handed on to somebody else": {"envoy", func(d *testDesk, ref record.Ref) {
			a, e := d.at(4000).yes("official", "movement", ref)
			d.handOn(a, act("movement", Accepted, ref), "host")
			d.handOn(e, echo("movement", ref), "host")
		}, NotAgreed},
	} {
		d, ref := deadline(t, c.receipt)
		d.yes("envoy", "power", ref)
		c.do(d, ref)
		before := d.ledger().Agreement(ref.Hash)
		d.clock = max(d.clock, 9000)
		after := d.ledger().Agreement(ref.Hash)
		if after.Verdict != c.want {
			t.Errorf("%s: %s, want %s", name, after.Verdict, c.want)
		}
		if c.want == NotAgreed && before.Verdict == Agreed {
			t.Errorf("%s: agreed, until the clock took it back", name)
		}
		if s := d.ledger().Stance("movement", ref.Hash); c.want == NotAgreed && s.Position != Lapsed {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// handOn carries an act to somebody over a line, whose desk acknowledges it.
func (d *testDesk) handOn(of keys.ID, a Act, to record.Name) {
	d.t.Helper()
	it, _ := d.r.Get(of)
	c := d.handEntry(record.Entry{SaidBy: it.By, HeardFrom: it.By, Audience: []record.Name{to}, Body: a})
	d.hand(record.Conveyance{Of: of, As: c, To: to, Step: record.Conveyed})
	d.hand(record.Conveyance{Of: c, To: to, Step: record.Received})
}

// Before the deadline it says what is missing.
func TestReceiptIsAwaited(t *testing.T) {
	d, ref := deadline(t, "envoy")
	d.yes("envoy", "power", ref)
	a, e := d.yes("official", "movement", ref)
	got := d.ledger().Agreement(ref.Hash)
	if got.Verdict != Unreceived || len(got.Awaited) != 1 || got.Awaited[0] != "movement" {
		t.Fatalf("%+v", got)
	}
	d.over("envoy", record.Conveyance{Of: a, To: "envoy", Step: record.Received})
	d.over("envoy", record.Conveyance{Of: e, To: "envoy", Step: record.Received})
	d.wantVerdict(ref, Agreed)
}

// TestCrossings is [REC-41]: what crosses under way is settled by the order in which
// each party did it, and by nothing that a clock or a go-between says.
func TestCrossings(t *testing.T) {
	d, ref := goBetween(t) // withdrawal and the other's acceptance cross
	d.over("envoy", act("power", Accepted, ref))
	d.over("official", act("movement", Accepted, ref))
	d.over("envoy", act("power", Withdrawn, ref))
	d.wantVerdict(ref, NotAgreed)
	d.over("official", echo("movement", ref))
	d.wantVerdict(ref, NotAgreed)
	d.wantStance("power", ref, Withdrawn, OnOwnMandate)
	d.over("envoy", act("power", Accepted, ref)) // accepted anew, it counts anew
	d.over("envoy", echo("power", ref))
	d.wantVerdict(ref, Agreed)

	e, ref := goBetween(t) // withdrawal and one's own echo: which he did first
	e.over("envoy", act("power", Accepted, ref))
	e.over("envoy", echo("power", ref))
	e.over("envoy", act("power", Withdrawn, ref))
	e.yes("official", "movement", ref)
	e.wantVerdict(ref, Agreed)

	f, ref := goBetween(t) // dated back before the echo, it comes after it all the same
	f.over("envoy", act("power", Accepted, ref))
	f.over("envoy", echo("power", ref))
	f.overEntry("envoy", record.Entry{At: 1001, Body: act("power", Withdrawn, ref)})
	f.yes("official", "movement", ref)
	f.wantVerdict(ref, Agreed)

	g, ref := goBetween(t) // a withdrawal that is only reported moves nothing
	g.over("envoy", act("power", Accepted, ref))
	g.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: act("power", Withdrawn, ref)})
	g.over("envoy", echo("power", ref))
	g.yes("official", "movement", ref)
	g.wantVerdict(ref, Agreed)

	h, ref := deadline(t, "") // withdrawn before the deadline, by him who had not echoed
	h.over("envoy", act("power", Accepted, ref))
	h.yes("official", "movement", ref)
	h.at(4999).over("envoy", act("power", Withdrawn, ref))
	h.clock = 9000
	h.wantStance("power", ref, Withdrawn, OnOwnMandate)
	h.wantStance("movement", ref, Lapsed, OnOwnMandate)
	h.wantVerdict(ref, NotAgreed)

	i, ref := deadline(t, "") // a withdrawal after the deadline finds nothing to withdraw
	i.yes("envoy", "power", ref)
	i.yes("official", "movement", ref)
	i.at(6000).over("envoy", act("power", Withdrawn, ref))
	i.wantVerdict(ref, Agreed)
}
