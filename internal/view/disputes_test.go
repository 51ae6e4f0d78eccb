package view

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func TestDisputedStances(t *testing.T) {
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	report := func(d *testDesk, by record.Name, position accord.Position) {
		d.overEntry(by, record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", position, p.Ref())})
	}
	own := func(d *testDesk, position accord.Position) { d.over("official", act("movement", position, p.Ref())) }
	for name, c := range map[string]struct {
		story func(d *testDesk)
		want  bool
	}{
		"nobody says otherwise":        {func(d *testDesk) { own(d, accord.Accepted) }, false},
		"it moved itself":              {func(d *testDesk) { own(d, accord.Accepted); own(d, accord.Withdrawn) }, false},
		"a report of what it then did": {func(d *testDesk) { report(d, "host", accord.Accepted); own(d, accord.Accepted) }, false},
		"it did, and then withdrew": {func(d *testDesk) {
			own(d, accord.Accepted)
			own(d, accord.Withdrawn)
			report(d, "host", accord.Accepted)
		}, false},
		"it never did":    {func(d *testDesk) { own(d, accord.Rejected); report(d, "host", accord.Accepted) }, true},
		"one way, moving": {func(d *testDesk) { report(d, "host", accord.Accepted); report(d, "host-aide", accord.Rejected) }, false},
		"two ways":        {func(d *testDesk) { report(d, "host", accord.Accepted); report(d, "go-between", accord.Rejected) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := twoWays(t)
			d.mine("power", accord.Proposed, p, a)
			c.story(d)
			found := false
			for _, x := range d.view().Disputes() {
				found = found || x.Party == "movement" && x.On == p.Ref()
			}
			if found != c.want {
				t.Fatalf("disputed: %v, want %v: %+v", found, c.want, d.view().DisputesOn(p.Hash()))
			}
		})
	}
}

// Law 8: what is denied later was not disputed as we knew before, and both
// accounts stand.
func TestLaw8_DisputedAtBothClocks(t *testing.T) {
	d := channel(t, "go-between")
	src := d.over("official", say("official", "go-between", record.Text, "so it is"))
	before := d.clock
	m := say("envoy", "go-between", record.Text, "it is not")
	m.SpeechAct, m.Denies = record.Deny, src
	denial := d.over("envoy", m)
	list := d.view().Disputes()
	if len(list) != 1 || list[0].On.Entry != src || len(list[0].Claims) != 2 || list[0].Claims[1].Entry != denial || list[0].Claims[1].Who != "envoy" {
		t.Fatalf("%+v", list)
	}
	if got := d.asOf(record.AsOf{Knew: before}).Disputes(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	// Somebody who was not given the denial knows of no dispute.
	if got := Of(d.r.For("official", record.AsOf{}), d.clock).Disputes(); len(got) != 0 {
		t.Fatalf("%+v", got)
	}
	fix := d.overEntry("envoy", record.Entry{Corrects: denial, Body: record.Correction{Now: say("envoy", "go-between", record.Text, "I have nothing to say")}})
	if got := d.view().Disputes(); len(got) != 0 {
		t.Fatalf("what was corrected away still denies: %+v", got)
	}
	c := d.view().Corrections()
	if len(c) != 1 || c[0].Entry != fix || c[0].Of != denial || !c[0].Stands || c[0].By != "envoy" {
		t.Fatalf("%+v", c)
	}
}

func TestAuthorityAsRecorded(t *testing.T) {
	d := channel(t, "go-between")
	if m := d.view().Authority("minister"); !m.None() {
		t.Fatalf("%+v", m)
	}
	limits := d.hand(record.Instruction{Holder: "envoy", Text: "listen, and write nothing"})
	says := d.overEntry("official", record.Entry{About: []record.Ref{{Entry: limits}}, Body: say("official", "go-between", record.Text, "he wrote")})
	d.overEntry("envoy", record.Entry{About: []record.Ref{{Entry: limits}}, Body: say("envoy", "go-between", record.Text, "I did not")})
	m := d.view().Authority("envoy")
	if len(m.Credentials) != 1 || len(m.Instructions) != 1 || m.Instructions[0].ID != limits || len(m.Accounts) != 1 || m.Accounts[0].ID != says || len(m.Alarms) != 0 {
		t.Fatalf("%+v", m)
	}
	together := d.handEntry(record.Entry{Together: []keys.ID{says}, Body: say("envoy", "go-between", record.Call, "beside it")})
	if got := d.view().Together(says); len(got) != 1 || got[0] != together {
		t.Fatalf("%v", got)
	}
	if got := d.view().Together(together); len(got) != 1 || got[0] != says {
		t.Fatalf("%v", got)
	}
}
