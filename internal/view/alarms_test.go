package view

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

func TestNoAlarmWhereNothingIsWrong(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Proposed, p, a)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	d.over("envoy", act("power", accord.Accepted, p.Ref()))
	if got := d.view().Alarms(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

// An open counter-proposal under its own number is how people negotiate.
func TestCounterProposalRaisesNothing(t *testing.T) {
	d := channel(t, "go-between")
	a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
	d.put("envoy", "power", accord.Proposed, pack("truce", 1, 3, a), a)
	d.put("official", "movement", accord.Proposed, pack("truce", 2, 4, b), b)
	if got := d.view().Alarms(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

// TestRivalTexts is questions T1 and T5.
func TestRivalTexts(t *testing.T) {
	for name, c := range map[string]struct {
		version int
		over    bool // the movement's own line, else logged by the go-between
		want    []AlarmKind
	}{
		"own act, same number":     {1, true, []AlarmKind{RivalAcceptance, RivalTexts}},
		"own act, next number":     {2, true, []AlarmKind{RivalAcceptance, RivalTexts}},
		"reported, same number":    {1, false, []AlarmKind{Unconfirmed, RivalAcceptance, RivalTexts}},
		"reported, another number": {2, false, []AlarmKind{Unconfirmed, RivalAcceptance, RivalTexts}},
	} {
		t.Run(name, func(t *testing.T) {
			d := channel(t, "go-between")
			a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
			pa, pb := pack("truce", 1, 3, a), pack("truce", c.version, 4, b)
			d.put("envoy", "power", accord.Proposed, pa, a)
			d.hand(say("official", "go-between", record.Call, "before"))
			if got := d.view().Alarms(); len(got) != 0 {
				t.Fatalf("too early: %+v", got)
			}
			before := d.clock
			var id = record.Ref{}
			if c.over {
				id.Entry = d.put("official", "movement", accord.Accepted, pb, b)
			} else {
				d.hand(b)
				d.hand(pb)
				id.Entry = d.handEntry(record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Accepted, pb.Ref())})
			}
			accepted := d.clock
			d.over("envoy", act("power", accord.Rejected, pb.Ref()))
			d.over("envoy", act("power", accord.Proposed, pa.Ref())) // again, later: it raises nothing anew
			d.clock += 500

			v := d.view()
			slices.Sort(c.want)
			if got := kinds(v.Alarms()); !slices.Equal(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			al := alarm(t, v, RivalAcceptance)
			if al.Party != "movement" || al.Other != "power" || al.On != pb.Ref() || al.Rival != pa.Ref() || !slices.Contains(al.Entries, id.Entry) || al.Since != accepted {
				t.Fatalf("%+v, accepted at %d", al, accepted)
			}
			if al := alarm(t, v, RivalTexts); al.Since != accepted {
				t.Fatalf("%+v", al)
			}
			for _, pk := range []accord.Package{pa, pb} {
				if got := v.Ledger().Agreement(pk.Hash()).Verdict; got != accord.NotAgreed {
					t.Fatalf("%s is %s", pk.Name, got)
				}
			}
			// As we knew before, there was none; as we knew then, it stood.
			if got := d.asOf(record.AsOf{Knew: before}).Alarms(); len(got) != 0 {
				t.Fatalf("%+v", got)
			}
			alarm(t, d.asOf(record.AsOf{Knew: accepted}), RivalAcceptance)
		})
	}
}

// Somebody accepts what nobody proposed.
func TestAcceptanceOfNothingProposed(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("official", "movement", accord.Accepted, p, a)
	if al := alarm(t, d.view(), RivalAcceptance); al.Other != "power" || !al.Rival.IsZero() {
		t.Fatalf("%+v", al)
	}
	// Whoever accepts his own proposal early only waits for the others.
	e := channel(t, "go-between")
	e.put("official", "movement", accord.Proposed, p, a)
	e.over("official", act("movement", accord.Accepted, p.Ref()))
	if got := e.view().Alarms(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

// A peer cannot put out an alarm by saying who belongs to whom.
func TestPeerCannotMoveSides(t *testing.T) {
	d := newDesk(t, "go-between") // the keeper introduced nobody
	a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
	d.over("official", record.Party{Name: "movement", Title: "x", Side: "power"})
	d.over("official", record.Party{Name: "power", Title: "x", Side: "power"})
	d.over("official", record.Person{Name: "movement", Title: "x", Of: "power"})
	d.put("envoy", "power", accord.Proposed, pack("truce", 1, 3, a), a)
	d.put("official", "movement", accord.Accepted, pack("truce", 1, 4, b), b)
	alarm(t, d.view(), RivalAcceptance)
}

// TestAbsentAndToldNothing is question R9.
func TestAbsentAndToldNothing(t *testing.T) {
	d := channel(t, "envoy")
	cease := term("ceasefire", "", 1)
	cease.Needs = []record.Name{"ally"}
	p := pack("truce", 1, 2, cease)
	told := d.handEntry(record.Entry{Said: record.Moment(700), Body: accord.NothingOwed{Party: "ally", Told: "minister", Text: "nothing in return"}})
	if got := d.view().Alarms(); len(got) != 0 {
		t.Fatalf("too early: %+v", got)
	}
	d.put("go-between", "power", accord.Proposed, p, cease)
	raised := d.clock
	d.clock += 100
	v := d.view()
	if got, want := kinds(v.Alarms()), []AlarmKind{BindsAbsent, Unconfirmed, ToldNothing}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	al := alarm(t, v, ToldNothing)
	if al.Party != "ally" || al.By != "envoy" || al.Other != "minister" || al.On != cease.Ref().Ref() || al.Rival != p.Ref() || al.Since != raised || !slices.Contains(al.Entries, told) {
		t.Fatalf("%+v", al)
	}
	o := v.OwedBy("ally")
	if len(o.Debts) != 0 || len(o.Needed) != 1 || len(o.Nothing) != 1 || o.Nothing[0].By != "envoy" || o.Nothing[0].To != "minister" || o.Nothing[0].When.Said != record.Moment(700) || !o.Party.Absent {
		t.Fatalf("%+v", o)
	}
	// The text is withdrawn: it needs nobody any more.
	d.over("go-between", act("power", accord.Withdrawn, p.Ref()))
	if got := d.view().Alarms(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestNothingOwedAboutAnotherText(t *testing.T) {
	d := channel(t, "envoy")
	cease := term("ceasefire", "ally", 1)
	p := pack("truce", 1, 2, cease)
	d.handEntry(record.Entry{About: []record.Ref{{Name: "aid"}}, Body: accord.NothingOwed{Party: "ally"}})
	d.put("go-between", "power", accord.Proposed, p, cease)
	for _, a := range d.view().Alarms() {
		if a.Kind == ToldNothing {
			t.Fatalf("%+v", a)
		}
	}
	d.handEntry(record.Entry{About: []record.Ref{p.Ref()}, Body: accord.NothingOwed{Party: "ally"}})
	alarm(t, d.view(), ToldNothing)
}

func TestAlarmsOfAuthority(t *testing.T) {
	d := channel(t, "go-between")
	d.hand(record.Role{Person: "deputy", Party: "power", As: record.Envoy})
	d.hand(record.Role{Person: "aide", Party: "power", As: record.Envoy})
	d.hand(record.Credential{Holder: "deputy", Party: "power", Issuer: "power", May: []record.Mandate{record.MaySpeak}})
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Proposed, p, a)
	d.over("official", act("movement", accord.Proposed, p.Ref()))
	over := d.over("deputy", act("power", accord.Accepted, p.Ref()))
	unknown := d.over("aide", act("power", accord.Accepted, p.Ref()))
	v := d.view()
	if al := alarm(t, v, BeyondMandate); al.By != "deputy" || !slices.Contains(al.Entries, over) || al.What != "accepted" {
		t.Fatalf("%+v", al)
	}
	if al := alarm(t, v, AuthorityUnknown); al.By != "aide" || !slices.Contains(al.Entries, unknown) {
		t.Fatalf("%+v", al)
	}
	if s := v.Ledger().Stance("power", p.Hash()); s.Confirmed() {
		t.Fatal("an act beyond the mandate confirmed something")
	}
}

func TestAlarmsOfLines(t *testing.T) {
	d := channel(t, "go-between")
	d.over("envoy", say("envoy", "go-between", record.Text, "1"))
	d.numbers["envoy"] = 4
	d.over("envoy", say("envoy", "go-between", record.Text, "5"))
	al := alarm(t, d.view(), NumberGap)
	if al.By != "envoy" || al.First != 2 || al.Last != 4 || al.Since != d.clock {
		t.Fatalf("%+v", al)
	}
	// A record as it stood earlier has holes that are none.
	if got := kinds(d.asOf(record.AsOf{Stood: d.clock}).Alarms()); len(got) != 0 {
		t.Fatal(got)
	}
	d.overEntry("official", record.Entry{Critical: true, Body: record.Unknown{Of: "oath", Raw: wire.MustEncode(1)}})
	if al := alarm(t, d.view(), ChannelStopped); al.By != "official" || al.What != "oath" {
		t.Fatalf("%+v", al)
	}
	// Numbers are the keeper's alone to see.
	if got := kinds(Of(d.r.For("envoy", record.AsOf{}), d.clock).Alarms()); len(got) != 0 {
		t.Fatal(got)
	}
}

func TestAgreedAsReportedIsAnAlarm(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Accepted, p, a)
	d.hand(act("movement", accord.Accepted, p.Ref()))
	if al := alarm(t, d.view(), ReportedOnly); al.By != "go-between" || al.On != p.Ref() || al.Since != d.clock {
		t.Fatalf("%+v", al)
	}
}
