package view

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// These are the ways in which real back channels are known to have failed, each
// as a story at the desk where it had to be seen. Every story has a twin in
// which all goes well, and no alarm is raised.

// raised checks which alarms stand, and that each of them names the entry that
// it is told by.
func (d *testDesk) raised(want map[AlarmKind]keys.ID) {
	d.t.Helper()
	got := map[AlarmKind]bool{}
	for _, a := range d.view().Alarms() {
		id, expected := want[a.Kind]
		if !expected {
			d.t.Errorf("not expected: %+v", a)
		} else if slices.Contains(a.Entries, id) {
			got[a.Kind] = true
		}
	}
	for k, id := range want {
		if !got[k] {
			d.t.Errorf("%s is not raised by entry %s, among %v", k, id.Short(), kinds(d.view().Alarms()))
		}
	}
}

// A go-between says that he carried the words; he carried others. On the phone
// he understood sixty where ninety was said, and nobody repeated it.
func TestFailure_Distortion(t *testing.T) {
	story := func(faithful bool) {
		d := channel(t, "go-between")
		words := "Once he is home we would push for seventy days."
		src := d.overEntry("envoy", record.Entry{Carrying: record.Carrying{Pass: record.PassMay}, Body: say("envoy", "go-between", record.Text, words)})
		if !faithful {
			words = "Once he is home you get seventy days."
		}
		copied := d.hand(record.Message{From: "envoy", Via: []record.Name{"go-between"}, To: "official", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: words})
		d.hand(record.Conveyance{Of: src, As: copied, To: "official", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
		call := d.handEntry(record.Entry{SaidBy: "official", HeardFrom: "official", Body: voiced("official", "go-between", record.Counter, "Sixty days.")})
		if faithful {
			d.hand(record.ReadBack{Of: call, By: "go-between", OK: true})
			d.raised(nil)
			return
		}
		d.hand(record.ReadBack{Of: call, By: "go-between", Corrected: "Ninety days."})
		d.raised(map[AlarmKind]keys.ID{NotVerbatim: copied, ReadBackMissing: call})
		list := d.view().Compared(src)
		if len(list) != 1 || list[0].To != "official" {
			t.Fatalf("%+v", list)
		}
		if left, right := sides(list[0].Runs); left == right {
			t.Fatal("the difference is not shown")
		}
	}
	story(true)
	story(false)
}

// "They have accepted", says the go-between, who has it from somebody; and the
// promise that was accepted had been his own view.
func TestFailure_HearsayTakenForAcceptance(t *testing.T) {
	d := channel(t, "envoy")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.mine("power", accord.Proposed, p, a)
	d.raised(nil)
	word := d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", About: []record.Ref{p.Ref()}, Body: told("go-between", record.Accept, "They accept it.")})
	report := d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Accepted, p.Ref())})
	d.hand(act("power", accord.Accepted, p.Ref()))
	d.raised(map[AlarmKind]keys.ID{HearsayWord: word, ReportedOnly: report})
	if d.view().Ledger().Agreement(p.Hash()).Verdict == accord.Agreed {
		t.Fatal("agreed by hearsay")
	}
	d.over("official", act("movement", accord.Accepted, p.Ref())) // his own act comes
	d.raised(nil)

	// At the go-between's own desk: he takes his view for the envoy's offer.
	d = channel(t, "go-between")
	d.hand(a)
	d.hand(p)
	view := say("go-between", "official", record.Text, "I think that they would.")
	view.Fidelity = record.OwnView
	own := d.hand(view)
	offer := d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Together: []keys.ID{own}, Body: act("power", accord.Proposed, p.Ref())})
	d.raised(map[AlarmKind]keys.ID{TakenForMore: offer, Unconfirmed: offer})
	d.over("envoy", act("power", accord.Proposed, p.Ref()))
	d.raised(nil)
}

// The movement accepts "the envoy's proposal". He never wrote that one.
func TestFailure_TwoTextsUnderOneName(t *testing.T) {
	for _, twin := range []bool{true, false} {
		d := channel(t, "go-between")
		a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
		pa, pb := pack("proposal", 1, 3, a), pack("proposal", 1, 4, b)
		if twin {
			pb, b = pa, a
		}
		d.put("envoy", "power", accord.Proposed, pa, a)
		yes := d.put("official", "movement", accord.Accepted, pb, b)
		if twin {
			d.raised(nil)
			continue
		}
		d.raised(map[AlarmKind]keys.ID{RivalAcceptance: yes, RivalTexts: yes})
	}
	// And two men bring two texts, each as the movement's.
	d := twoWays(t)
	a, b := term("process", "power", 1), term("process", "power", 2)
	b.Action = "otherwise"
	d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: a})
	second := d.overEntry("host", record.Entry{SaidBy: "official", HeardFrom: "official", Body: b})
	d.raised(map[AlarmKind]keys.ID{TextsContradict: second})
}

// Two channels run side by side. The question goes out by one and the answer
// comes by the other, and the two say opposite things.
func TestFailure_CrossedChannels(t *testing.T) {
	story := func(one bool) {
		d := twoWays(t)
		a := term("ceasefire", "power", 1)
		p := pack("truce", 1, 2, a)
		d.mine("power", accord.Proposed, p, a)
		asked := d.handEntry(record.Entry{Audience: []record.Name{"go-between"}, Body: say("envoy", "go-between", record.Text, "Will they take it?")})
		first := d.overEntry("go-between", record.Entry{About: []record.Ref{p.Ref()}, Body: told("go-between", record.Reject, "They will not take it.")})
		by := record.Name("host")
		if one {
			by = "go-between"
		}
		answer := d.overEntry(by, record.Entry{Answers: asked, Body: told(by, record.Inform, "They like it.")})
		second := d.overEntry(by, record.Entry{About: []record.Ref{p.Ref()}, Body: told(by, record.Counter, "They would take it with one change.")})
		if one {
			d.raised(nil)
			return
		}
		d.raised(map[AlarmKind]keys.ID{ChannelsCrossed: answer, ChannelsContradict: second})
		if !slices.Contains(alarm(t, d.view(), ChannelsContradict).Entries, first) {
			t.Error("the other half is not named")
		}
	}
	story(true)
	story(false)
}

// An envoy who may speak binds; another's letter has run out; a third has none,
// and says that he was sent.
func TestFailure_ExceededAuthority(t *testing.T) {
	story := func(may bool) {
		d := channel(t, "go-between")
		for _, n := range []record.Name{"deputy", "former"} {
			d.hand(record.Role{Person: n, Party: "power", As: record.Envoy})
		}
		d.hand(record.Person{Name: "cousin", Title: "A cousin", Of: "power"})
		limits, until := []record.Mandate{record.MaySpeak}, record.Instant(1001)
		if may {
			limits, until = []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}, 0
			d.hand(record.Credential{Holder: "cousin", Party: "power", Issuer: "power", May: limits})
		}
		d.hand(record.Credential{Holder: "deputy", Party: "power", Issuer: "power", May: limits})
		d.hand(record.Credential{Holder: "former", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}, Until: until})
		a := term("ceasefire", "power", 1)
		p := pack("truce", 1, 2, a)
		d.put("official", "movement", accord.Proposed, p, a)
		beyond := d.over("deputy", act("power", accord.Accepted, p.Ref()))
		late := d.over("former", act("power", accord.Accepted, p.Ref()))
		m := say("cousin", "go-between", record.Text, "We take it.")
		m.SpeechAct, m.Authority = record.Accept, "The principal sends me."
		claimed := d.over("cousin", m)
		if may {
			d.raised(nil)
			return
		}
		d.raised(map[AlarmKind]keys.ID{BeyondMandate: beyond, AuthorityExpired: late, AuthorityClaimed: claimed})
		if s := d.view().Ledger().Stance("power", p.Hash()); s.Confirmed() {
			t.Fatal("an act beyond the mandate counts")
		}
	}
	story(true)
	story(false)
}

// TestFailure_DoctoredRecord is [REC-66]. Afterwards the record is made to fit: the author changes words that others
// already acted on, somebody else says that they were never so, the party says
// that it never sent them, and a deal still rests on them.
func TestFailure_DoctoredRecord(t *testing.T) {
	d := channel(t, "go-between")
	src := d.overEntry("official", record.Entry{Body: say("official", "go-between", record.Text, "The conflict is over.")})
	passed := d.hand(record.Conveyance{Of: src, To: "envoy", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	d.raised(nil)
	fix := d.overEntry("official", record.Entry{Corrects: src, Body: record.Correction{Now: say("official", "go-between", record.Text, "The conflict may be over."), Reason: "a slip"}})
	d.raised(map[AlarmKind]keys.ID{ChangedAfterUse: fix})
	it, _ := d.view().Projection().Get(src)
	if it.First.(record.Message).Text != "The conflict is over." {
		t.Fatal("the first words are gone")
	}
	other := d.overEntry("envoy", record.Entry{Corrects: src, Body: record.Correction{Now: say("official", "go-between", record.Text, "The conflict goes on.")}})
	d.raised(map[AlarmKind]keys.ID{ChangedAfterUse: fix, RivalAccount: other})
	denial := d.over("official", record.Message{From: "official", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Deny, Denies: src, Text: "We never sent it."})
	d.raised(map[AlarmKind]keys.ID{ChangedAfterUse: fix, RivalAccount: other, DeniedBasis: passed})
	list := d.view().DisputeOfEntry(src)
	if len(list) != 1 || !list[0].Disputed || len(list[0].Claims) != 3 {
		t.Fatalf("%+v", list)
	}
	if c := list[0].Claims[1]; c.Entry != denial || c.Says != saysDenied || c.Rests != ByOwnWord {
		t.Fatalf("%+v", c)
	}
	// Whoever had the first words is told; then only the two accounts are left.
	for _, id := range []keys.ID{src, denial} {
		d.hand(record.Conveyance{Of: id, To: "envoy", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	}
	d.raised(map[AlarmKind]keys.ID{RivalAccount: other})
}
