package view

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// twoWays is an envoy's desk with a go-between and a host, who are two ways to
// the same other side.
func twoWays(t testing.TB) *testDesk {
	d := channel(t, "envoy")
	d.hand(record.Person{Name: "host", Title: "The host", Of: "third-state"})
	d.hand(record.Person{Name: "host-aide", Title: "His aide", Of: "third-state"})
	d.hand(record.Party{Name: "third-state", Title: "The third state"})
	d.hand(record.Role{Person: "host", As: record.Mediator})
	return d
}

// mine is put, by the keeper himself.
func (d *testDesk) mine(party record.Name, position accord.Position, p accord.Package, terms ...accord.Term) {
	d.t.Helper()
	for _, t := range terms {
		d.hand(t)
	}
	d.hand(p)
	d.hand(act(party, position, p.Ref()))
}

// told is a message of the official's that reached the envoy through somebody.
func told(via record.Name, act record.SpeechAct, text string) record.Message {
	return record.Message{From: "official", Via: []record.Name{via}, To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: act, Text: text}
}

// TestChannelsContradict is [REC-62].
func TestChannelsContradict(t *testing.T) {
	d := twoWays(t)
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.mine("power", accord.Proposed, p, a)
	first := d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Accepted, p.Ref())})
	none(t, d.view(), ChannelsContradict)
	second := d.overEntry("host", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Rejected, p.Ref())})
	al := d.stands(ChannelsContradict, first, second)
	if al.Party != "movement" || al.By != "go-between" || al.Other != "host" || al.On != p.Ref() {
		t.Fatalf("%+v", al)
	}
	// The first way now brings the same: a party that moves is no contradiction.
	d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Withdrawn, p.Ref())})
	none(t, d.view(), ChannelsContradict)
	// And its own act settles it, whatever they bring.
	d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Accepted, p.Ref())})
	alarm(t, d.view(), ChannelsContradict)
	d.over("official", act("movement", accord.Rejected, p.Ref()))
	none(t, d.view(), ChannelsContradict)
}

func TestOneWayDoesNotContradictItself(t *testing.T) {
	d := twoWays(t)
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.mine("power", accord.Proposed, p, a)
	d.overEntry("host", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Accepted, p.Ref())})
	d.overEntry("host-aide", record.Entry{SaidBy: "official", HeardFrom: "official", Body: act("movement", accord.Rejected, p.Ref())})
	none(t, d.view(), ChannelsContradict) // two people of one house are one way
}

func TestChannelsBringDifferentWords(t *testing.T) {
	d := twoWays(t)
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.mine("power", accord.Proposed, p, a)
	text := "We can live with seventy days if the first ten come home before it begins."
	first := d.overEntry("go-between", record.Entry{About: []record.Ref{p.Ref()}, Body: told("go-between", record.Counter, text)})
	d.overEntry("host", record.Entry{About: []record.Ref{p.Ref()}, Body: told("host", record.Counter, "We can live with seventy days if the first ten come home before that begins.")})
	none(t, d.view(), ChannelsContradict) // nearly the same
	second := d.overEntry("host", record.Entry{About: []record.Ref{p.Ref()}, Body: told("host", record.Counter, "Ninety days, and nobody comes home until a guarantor has signed on paper.")})
	if al := d.stands(ChannelsContradict, first, second); al.Party != "movement" {
		t.Fatalf("%+v", al)
	}
	// A paraphrase has other words by its nature.
	d = twoWays(t)
	d.mine("power", accord.Proposed, p, a)
	d.overEntry("go-between", record.Entry{About: []record.Ref{p.Ref()}, Body: told("go-between", record.Counter, text)})
	m := told("host", record.Counter, "They want something else, longer, and on paper.")
	m.Fidelity = record.Paraphrase
	d.overEntry("host", record.Entry{About: []record.Ref{p.Ref()}, Body: m})
	none(t, d.view(), ChannelsContradict)
}

// TestTextsContradict is [REC-63].
func TestTextsContradict(t *testing.T) {
	d := twoWays(t)
	one, two := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
	two.Action = "does otherwise"
	x := d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: one})
	none(t, d.view(), TextsContradict)
	y := d.overEntry("host", record.Entry{SaidBy: "official", HeardFrom: "official", Body: two})
	al := d.stands(TextsContradict, x, y)
	if al.Party != "movement" || al.On != one.Ref().Ref() || al.Rival != two.Ref().Ref() {
		t.Fatalf("%+v", al)
	}
	list := d.view().DisputesUnder("ceasefire")
	if len(list) != 1 || !list[0].Disputed || len(list[0].Claims) != 2 || list[0].Claims[0].Text == list[0].Claims[1].Text {
		t.Fatalf("%+v", list)
	}
	d.over("official", act("movement", accord.Proposed, two.Ref().Ref())) // that one is his
	none(t, d.view(), TextsContradict)
	// Another number is another draft.
	d = twoWays(t)
	two.Version = 2
	d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", Body: one})
	d.overEntry("host", record.Entry{SaidBy: "official", HeardFrom: "official", Body: two})
	none(t, d.view(), TextsContradict)
}

// TestChannelsCrossed is [REC-64].
func TestChannelsCrossed(t *testing.T) {
	d := twoWays(t)
	asked := d.handEntry(record.Entry{Audience: []record.Name{"go-between"}, Body: say("envoy", "go-between", record.Text, "will they?")})
	d.overEntry("go-between", record.Entry{Answers: asked, Body: told("go-between", record.Inform, "they will")})
	none(t, d.view(), ChannelsCrossed)
	crossing := d.overEntry("host", record.Entry{Answers: asked, Body: told("host", record.Inform, "they will not")})
	al := d.stands(ChannelsCrossed, asked, crossing)
	if al.Party != "official" || al.By != "host" || al.Other != "go-between" {
		t.Fatalf("%+v", al)
	}
	// It was sent both ways after all.
	d.hand(record.Conveyance{Of: asked, To: "host", Step: record.Handed, Form: record.Call})
	none(t, d.view(), ChannelsCrossed)
}

// TestCorroboration is [REC-60] and [REC-65]: it never says that anything is true.
func TestCorroboration(t *testing.T) {
	text := "One matter stands between us; if there is a wish to settle it, an envoy would be received."
	near := "If there is a wish to settle it an envoy would be received: one matter stands between us all."
	d := twoWays(t)
	d.hand(record.Person{Name: "leader", Title: "The leader", Of: "movement"})
	first := d.overEntry("go-between", record.Entry{Body: told("go-between", record.Inform, text)})
	m := told("host", record.Inform, near)
	m.From = "leader" // of the same party
	second := d.overEntry("host", record.Entry{Body: m})
	v := d.view()
	list := v.Corroborations()
	if len(list) != 1 || list[0].First != first || list[0].Second != second || list[0].Party != "movement" || !slices.Equal(list[0].Ways, []record.Name{"go-between", "host"}) {
		t.Fatalf("%+v", list)
	}
	none(t, v, ChannelsContradict)
	for _, id := range []keys.ID{first, second} {
		if got := v.CorroborationsOf(id); len(got) != 1 || got[0].First != first || got[0].Second != second {
			t.Fatalf("%+v", got)
		}
	}
	if got := d.asOf(record.AsOf{Knew: d.clock - 1}).Corroborations(); len(got) != 0 {
		t.Fatalf("known too early: %+v", got)
	}
	none := func(name string, change func(*record.Message)) {
		d := twoWays(t)
		d.overEntry("go-between", record.Entry{Body: told("go-between", record.Inform, text)})
		m := told("host", record.Inform, near)
		change(&m)
		d.overEntry("host", record.Entry{Body: m})
		if got := d.view().Corroborations(); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	none("through the same hands", func(m *record.Message) { m.Via = []record.Name{"go-between", "host"} })
	none("another language", func(m *record.Message) { m.Lang = "fr" })
	none("of his own", func(m *record.Message) { m.Fidelity = record.OwnView })
	none("of the other side", func(m *record.Message) { m.From = "minister" })
	none("other words", func(m *record.Message) { m.Text = "Nothing will be received before the shooting has stopped for good." })

	// Sixty per cent is of all words: as many again make it another text.
	d = twoWays(t)
	d.overEntry("go-between", record.Entry{Body: told("go-between", record.Inform, text)})
	d.clock += 121 * 24 * 3600 * 1000
	d.overEntry("host", record.Entry{Body: told("host", record.Inform, text)})
	if got := d.view().Corroborations(); len(got) != 0 {
		t.Fatalf("after four months: %+v", got)
	}
}

func TestAuthorityExpired(t *testing.T) {
	d := channel(t, "go-between")
	d.hand(record.Role{Person: "deputy", Party: "power", As: record.Envoy})
	d.hand(record.Credential{Holder: "deputy", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind, record.MayOffer}, Until: 1300})
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("official", "movement", accord.Proposed, p, a)
	d.over("deputy", act("power", accord.Accepted, p.Ref()))
	none(t, d.view(), AuthorityExpired) // it runs to 1300
	d = channel(t, "go-between")
	d.hand(record.Role{Person: "deputy", Party: "power", As: record.Envoy})
	d.hand(record.Credential{Holder: "deputy", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}, Until: 1100})
	d.put("official", "movement", accord.Proposed, p, a)
	late := d.over("deputy", act("power", accord.Accepted, p.Ref()))
	if al := d.stands(AuthorityExpired, late); al.By != "deputy" || al.Party != "power" {
		t.Fatalf("%+v", al)
	}
	none(t, d.view(), BeyondMandate)
	d.hand(record.Credential{Holder: "deputy", Party: "power", Issuer: "power", May: []record.Mandate{record.MayBind}})
	none(t, d.view(), AuthorityExpired) // shown to have had another
}

// TestAuthorityClaimedInWords is [REC-68].
func TestAuthorityClaimedInWords(t *testing.T) {
	d := channel(t, "go-between")
	d.hand(record.Person{Name: "cousin", Title: "A cousin", Of: "movement"})
	d.hand(record.Person{Name: "leader", Title: "The leader", Of: "movement"})
	d.hand(record.Role{Person: "leader", Party: "movement", As: record.Principal})
	says := func(from record.Name, act record.SpeechAct, authority string) record.Message {
		m := say(from, "go-between", record.Text, "so it is")
		m.SpeechAct, m.Authority = act, authority
		return m
	}
	d.over("cousin", says("cousin", record.Inform, "the leadership sends me")) // talk
	d.over("cousin", says("cousin", record.Propose, ""))                       // claims nothing
	d.over("leader", says("leader", record.Accept, "I decide"))                // he does
	d.over("official", says("official", record.Accept, "my letter"))           // and so does his letter say
	none(t, d.view(), AuthorityClaimed)
	id := d.over("cousin", says("cousin", record.Propose, "the leadership sends me"))
	if al := d.stands(AuthorityClaimed, id); al.By != "cousin" || al.Party != "movement" || al.What != "unknown" {
		t.Fatalf("%+v", al)
	}
	d.hand(record.Credential{Holder: "cousin", Party: "movement", Issuer: "leader", May: []record.Mandate{record.MayOffer}})
	none(t, d.view(), AuthorityClaimed)
	d.over("cousin", says("cousin", record.Accept, "the leadership sends me"))
	if al := alarm(t, d.view(), AuthorityClaimed); al.What != "exceeded" {
		t.Fatalf("%+v", al)
	}
}

func TestHearsayTakenForAcceptance(t *testing.T) {
	d := channel(t, "envoy")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.mine("power", accord.Proposed, p, a)
	m := told("go-between", record.Accept, "they accept")
	id := d.overEntry("go-between", record.Entry{SaidBy: "official", HeardFrom: "official", About: []record.Ref{p.Ref()}, Body: m})
	if al := d.stands(HearsayWord, id); al.Party != "movement" || al.By != "go-between" || al.What != "accept" {
		t.Fatalf("%+v", al)
	}
	if g := d.view().Ledger().Agreement(p.Hash()); g.Verdict != accord.NotAgreed {
		t.Fatal(g.Verdict)
	}
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	none(t, d.view(), HearsayWord)
	// What he says himself over his own line is no hearsay; nor is a proposal
	// that a go-between carries.
	d = channel(t, "go-between")
	own := say("official", "go-between", record.Text, "we accept")
	own.SpeechAct = record.Accept
	d.over("official", own)
	d.overEntry("envoy", record.Entry{SaidBy: "official", HeardFrom: "official", Body: told("envoy", record.Propose, "seventy days")})
	none(t, d.view(), HearsayWord)
	rumour := told("minister", record.Propose, "ninety days, one hears")
	rumour.Fidelity = record.Hearsay
	heard := d.overEntry("minister", record.Entry{SaidBy: "official", HeardFrom: "minister", Body: rumour})
	d.stands(HearsayWord, heard)
	d.overEntry("official", record.Entry{Answers: heard, Body: say("official", "go-between", record.Text, "so it is")})
	none(t, d.view(), HearsayWord)
}

func TestDeedsThatNobodyVouchesFor(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	a.Creditor = "movement"
	p := pack("truce", 1, 2, a)
	d.put("envoy", "power", accord.Accepted, p, a)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	for peer, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.over(peer, accord.Act{Party: party, On: p.Ref(), Echo: true})
	}
	if g := d.view().Ledger().Agreement(p.Hash()); g.Verdict != accord.Agreed {
		t.Fatal(g.Verdict)
	}
	deed := func(by record.Name, what accord.Deed) accord.Performance {
		return accord.Performance{On: a.Ref().Ref(), By: by, Deed: what}
	}
	reported := d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: deed("power", accord.Claimed)})
	al := d.stands(HearsayDeed, reported)
	if al.Party != "power" || al.By != "go-between" || al.What != "claimed" || al.On != a.Ref().Ref() {
		t.Fatalf("%+v", al)
	}
	none(t, d.view(), ClaimUnverified)
	claimed := d.over("envoy", deed("power", accord.Claimed))
	none(t, d.view(), HearsayDeed)
	if al := d.stands(ClaimUnverified, claimed); al.Party != "power" {
		t.Fatalf("%+v", al)
	}
	d.over("official", deed("movement", accord.Verified))
	none(t, d.view(), ClaimUnverified)
}

func TestConditionsThatCanNeverHold(t *testing.T) {
	d := channel(t, "go-between")
	a, b, c := term("truce", "power", 1), term("release", "movement", 2), term("aid", "power", 3)
	a.When = accord.Condition{Term: "release"}
	b.When = accord.Condition{Op: "and", Of: []accord.Condition{{Event: "the handover"}, {Term: "aid"}}}
	a.Against = []record.Name{"release"}
	p := pack("pause", 1, 9, a, b, c)
	d.put("envoy", "power", accord.Proposed, p, a, b, c)
	none(t, d.view(), ConditionCircle)
	none(t, d.view(), NamesNothing)
	c.When = accord.Condition{Term: "truce"}
	q := pack("pause", 2, 10, a, b, c)
	d.over("envoy", c)
	pk := d.over("envoy", q)
	none(t, d.view(), ConditionCircle) // nobody stands behind it
	offer := d.over("envoy", act("power", accord.Proposed, q.Ref()))
	al := alarm(t, d.view(), ConditionCircle)
	if al.On != a.Ref().Ref() || al.Rival != q.Ref() || al.What != "truce release aid" || !slices.Contains(al.Entries, pk) || !slices.Contains(al.Entries, offer) || al.Since != d.clock {
		t.Fatalf("%+v", al)
	}
	if got := slices.DeleteFunc(kinds(d.view().Alarms()), func(k AlarmKind) bool { return k != ConditionCircle }); len(got) != 1 {
		t.Fatalf("one circle is one alarm: %v", got)
	}
	d.over("envoy", act("power", accord.Withdrawn, q.Ref()))
	none(t, d.view(), ConditionCircle)

	e := term("watch", "movement", 4)
	e.When, e.Against = accord.Condition{Term: "handover"}, []record.Name{"aid", "prisoners"}
	d.over("envoy", e)
	d.over("envoy", act("power", accord.Proposed, e.Ref().Ref()))
	var names []string
	for _, al := range d.view().Alarms() {
		if al.Kind == NamesNothing && al.On == e.Ref().Ref() {
			names = append(names, al.What)
		}
	}
	if !slices.Equal(names, []string{"handover", "prisoners"}) {
		t.Fatal(names)
	}
	d.over("envoy", term("handover", "power", 5))
	d.over("envoy", term("prisoners", "power", 6))
	none(t, d.view(), NamesNothing)
}
