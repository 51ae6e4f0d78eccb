package view

import (
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// none fails where an alarm of that kind stands.
func none(t testing.TB, v *View, k AlarmKind) {
	t.Helper()
	for _, a := range v.Alarms() {
		if a.Kind == k {
			t.Fatalf("%+v", a)
		}
	}
}

// stands checks an alarm on both clocks: it names these entries, it was not
// there before the last of them was known, and it is not there as it stood
// before they were said.
func (d *testDesk) stands(k AlarmKind, entries ...keys.ID) Alarm {
	d.t.Helper()
	al := alarm(d.t, d.view(), k)
	since := record.Instant(0)
	for _, id := range entries {
		it, _ := d.r.Get(id)
		since = max(since, it.Known)
		if !slices.Contains(al.Entries, id) {
			d.t.Fatalf("%s does not name %s: %+v", k, id.Short(), al)
		}
	}
	if len(al.Entries) != len(entries) || al.Since != since {
		d.t.Fatalf("%s: %+v, want since %d and %d entries", k, al, since, len(entries))
	}
	none(d.t, d.asOf(record.AsOf{Knew: since - 1}), k)
	alarm(d.t, d.asOf(record.AsOf{Knew: since}), k)
	alarm(d.t, d.asOf(record.AsOf{Stood: d.clock}), k)
	none(d.t, d.asOf(record.AsOf{Stood: 999}), k)
	return al
}

func voiced(from, to record.Name, act record.SpeechAct, text string) record.Message {
	return record.Message{From: from, To: to, Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: act, Text: text}
}

// TestReadBackMissing is [REC-61].
func TestReadBackMissing(t *testing.T) {
	d := channel(t, "go-between")
	said := d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Body: voiced("envoy", "go-between", record.Propose, "seventy days")})
	al := d.stands(ReadBackMissing, said)
	if al.By != "envoy" || al.Other != "go-between" || al.On.Entry != said || al.What != "" {
		t.Fatalf("%+v", al)
	}
	wrong := d.hand(record.ReadBack{Of: said, By: "go-between", Corrected: "sixty days"})
	if al := alarm(t, d.view(), ReadBackMissing); al.What != "corrected" || !slices.Equal(al.Entries, []keys.ID{said, wrong}) || al.Since != d.clock {
		t.Fatalf("%+v", al)
	}
	d.hand(record.ReadBack{Of: said, By: "go-between", OK: true})
	none(t, d.view(), ReadBackMissing)
}

func TestReadBackIsAskedOfWhatWeighs(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.put("official", "movement", accord.Floated, p, a)
	for _, e := range []record.Entry{
		{Body: voiced("envoy", "go-between", record.Inform, "he is well")},                                                                                   // small talk
		{Body: voiced("envoy", "go-between", record.Ask, "what would they say?")},                                                                            // moves nothing
		{Body: record.Message{From: "envoy", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Propose, Text: "in writing"}}, // can be read again
		{Body: record.Message{From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.OwnView, SpeechAct: record.Propose, Text: "I think"}},     // nobody's words but his
		{Body: record.Message{From: "minister", To: "envoy", Form: record.Meeting, Fidelity: record.Hearsay, SpeechAct: record.Accept, Text: "so one says"}}, // he was not there
		{About: []record.Ref{p.Ref()}, Body: voiced("envoy", "go-between", record.Inform, "we stand by it, and I write it")},                                 // settled below
		{Body: record.Note{Text: "nothing"}},
	} {
		d.handEntry(e)
	}
	d.over("envoy", voiced("envoy", "go-between", record.Propose, "by a voice note of his own desk"))
	if al := alarm(t, d.view(), ReadBackMissing); al.By != "envoy" || len(al.Entries) != 1 { // about an exact version
		t.Fatalf("%+v", al)
	}
	if got := slices.DeleteFunc(kinds(d.view().Alarms()), func(k AlarmKind) bool { return k != ReadBackMissing }); len(got) != 1 {
		t.Fatalf("%d things are to be read back", len(got))
	}
	// His own act says where he stands; nothing is left to repeat. (An act that
	// only floats is own as well.)
	d = channel(t, "go-between")
	d.put("envoy", "power", accord.Proposed, p, a)
	d.handEntry(record.Entry{About: []record.Ref{p.Ref()}, Body: voiced("envoy", "go-between", record.Propose, "as I wrote")})
	none(t, d.view(), ReadBackMissing)
	// A reader who is not the keeper is not asked to repeat anything.
	d.handEntry(record.Entry{Audience: []record.Name{"official"}, Body: voiced("envoy", "go-between", record.Propose, "something else")})
	alarm(t, d.view(), ReadBackMissing)
	none(t, Of(d.r.For("official", record.AsOf{}), d.clock), ReadBackMissing)
}

func TestReadBackOfWhatWasCarriedByVoice(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	offer := d.put("envoy", "power", accord.Proposed, p, a)
	talk := d.over("envoy", say("envoy", "go-between", record.Text, "how is he?"))
	d.hand(record.Conveyance{Of: talk, To: "official", Step: record.Conveyed, Form: record.Call, Fidelity: record.Paraphrase})
	d.hand(record.Conveyance{Of: offer, To: "official", Step: record.Drafted, Form: record.Call})
	none(t, d.view(), ReadBackMissing)
	told := d.hand(record.Conveyance{Of: offer, To: "official", Step: record.Conveyed, Form: record.Call})
	if al := d.stands(ReadBackMissing, told); al.Other != "official" || al.On.Entry != offer {
		t.Fatalf("%+v", al)
	}
	d.hand(record.ReadBack{Of: offer, By: "minister", OK: true}) // somebody else's
	alarm(t, d.view(), ReadBackMissing)
	d.hand(record.ReadBack{Of: offer, By: "official", OK: true})
	none(t, d.view(), ReadBackMissing)
	// What was to be carried word for word is asked about, whatever it does.
	exact := d.overEntry("envoy", record.Entry{Carrying: record.Carrying{Pass: record.PassVerbatim}, Body: say("envoy", "go-between", record.Text, "these words")})
	heard := d.hand(record.Conveyance{Of: exact, To: "official", Step: record.Conveyed, Form: record.Call, Fidelity: record.Verbatim})
	d.stands(ReadBackMissing, heard)
}

func TestNotVerbatim(t *testing.T) {
	d := channel(t, "go-between")
	src := d.overEntry("envoy", record.Entry{Carrying: record.Carrying{Pass: record.PassMay}, Body: say("envoy", "go-between", record.Text, "We would push for  seventy days.")})
	fine := d.hand(say("envoy", "official", record.Text, "We would push for seventy days."))
	d.hand(record.Conveyance{Of: src, As: fine, To: "official", Step: record.Conveyed, Fidelity: record.Verbatim})
	para := d.hand(say("envoy", "minister", record.Text, "They push."))
	d.hand(record.Conveyance{Of: src, As: para, To: "minister", Step: record.Conveyed, Fidelity: record.Paraphrase})
	none(t, d.view(), NotVerbatim)
	bent := d.hand(say("envoy", "official", record.Text, "We will give seventy days."))
	mark := d.hand(record.Conveyance{Of: src, As: bent, To: "official", Step: record.Conveyed, Fidelity: record.Verbatim})
	if al := d.stands(NotVerbatim, src, mark, bent); al.What != "verbatim" || al.Other != "official" || al.By != "go-between" {
		t.Fatalf("%+v", al)
	}
	d = channel(t, "go-between")
	src = d.overEntry("envoy", record.Entry{Carrying: record.Carrying{Pass: record.PassVerbatim}, Body: say("envoy", "go-between", record.Text, "word for word")})
	mark = d.hand(record.Conveyance{Of: src, To: "official", Step: record.Conveyed, Form: record.Meeting, Fidelity: record.Paraphrase})
	if al := d.stands(NotVerbatim, src, mark); al.What != "paraphrase" {
		t.Fatalf("%+v", al)
	}
}

// TestDeniedBasis is [REC-67].
func TestDeniedBasis(t *testing.T) {
	d := channel(t, "go-between")
	src := d.handEntry(record.Entry{SaidBy: "official", HeardFrom: "official", Body: say("official", "go-between", record.Text, "it is over")})
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	d.over("envoy", a)
	d.over("envoy", p)
	d.overEntry("envoy", record.Entry{Answers: src, Body: say("envoy", "go-between", record.Text, "did he say so?")}) // talk rests on nothing
	offer := d.overEntry("envoy", record.Entry{Answers: src, Body: act("power", accord.Proposed, p.Ref())})
	none(t, d.view(), DeniedBasis)
	denial := d.over("official", record.Message{From: "official", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Deny, Text: "never", Denies: src})
	if al := d.stands(DeniedBasis, src, denial, offer); al.Party != "official" || al.By != "official" || al.On.Entry != src {
		t.Fatalf("%+v", al)
	}
	d.over("envoy", act("power", accord.Withdrawn, p.Ref()))
	none(t, d.view(), DeniedBasis)

	// Passed on as if it stood, until the other is told of the denial.
	told := d.hand(record.Conveyance{Of: src, To: "envoy", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	d.stands(DeniedBasis, src, denial, told)
	d.hand(record.Conveyance{Of: denial, To: "envoy", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	none(t, d.view(), DeniedBasis)
	// A denial that its author takes back denies nothing.
	d.hand(record.Conveyance{Of: src, To: "minister", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	alarm(t, d.view(), DeniedBasis)
	d.over("official", record.Message{From: "official", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Deny, Text: "I did not deny it", Denies: denial})
	if al := alarm(t, d.view(), DeniedBasis); al.On.Entry != denial { // which the envoy still has
		t.Fatalf("%+v", al)
	}
}

func TestTakenForMore(t *testing.T) {
	d := channel(t, "go-between")
	a := term("ceasefire", "power", 1)
	p := pack("truce", 1, 2, a)
	m := say("envoy", "go-between", record.Text, "one could think of seventy days")
	m.SpeechAct = record.Float
	float := d.over("envoy", m)
	d.hand(a)
	d.hand(p)
	d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Answers: float, Body: act("power", accord.Floated, p.Ref())})
	none(t, d.view(), TakenForMore)
	offer := d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", Answers: float, Body: act("power", accord.Proposed, p.Ref())})
	if al := d.stands(TakenForMore, float, offer); al.Party != "power" || al.By != "go-between" || al.Other != "envoy" || al.What != "float" {
		t.Fatalf("%+v", al)
	}
	d.over("envoy", act("power", accord.Proposed, p.Ref())) // now he did
	none(t, d.view(), TakenForMore)
	own := say("go-between", "official", record.Text, "I think they will")
	own.Fidelity = record.OwnView
	view := d.hand(own)
	q := pack("pause", 1, 3, a)
	d.hand(q)
	promise := d.handEntry(record.Entry{SaidBy: "envoy", HeardFrom: "envoy", About: []record.Ref{{Entry: view}}, Body: act("power", accord.Proposed, q.Ref())})
	if al := d.stands(TakenForMore, view, promise); al.What != "own-view" {
		t.Fatalf("%+v", al)
	}
}

func TestRivalAccountsStandSideBySide(t *testing.T) {
	d := channel(t, "go-between")
	src := d.overEntry("envoy", record.Entry{Body: say("envoy", "go-between", record.Text, "sixty")})
	d.overEntry("envoy", record.Entry{Corrects: src, Body: record.Correction{Now: say("envoy", "go-between", record.Text, "seventy"), Reason: "a slip"}})
	none(t, d.view(), RivalAccount) // his own
	agreeing := d.overEntry("official", record.Entry{Corrects: src, Body: record.Correction{Now: say("envoy", "go-between", record.Text, "seventy")}})
	none(t, d.view(), RivalAccount) // somebody else says the same
	other := d.overEntry("official", record.Entry{Corrects: src, Body: record.Correction{Now: say("envoy", "go-between", record.Text, "ninety")}})
	al := alarm(t, d.view(), RivalAccount)
	if al.Party != "envoy" || al.By != "official" || !slices.Equal(al.Entries, []keys.ID{src, other}) || slices.Contains(al.Entries, agreeing) {
		t.Fatalf("%+v", al)
	}
	if it, _ := d.view().Projection().Get(src); it.Body.(record.Message).Text != "seventy" {
		t.Fatal("somebody else's correction counted")
	}
}

func TestChangedAfterUse(t *testing.T) {
	d := channel(t, "go-between")
	src := d.overEntry("envoy", record.Entry{Body: say("envoy", "go-between", record.Text, "sixty")})
	told := d.hand(record.Conveyance{Of: src, To: "official", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	none(t, d.view(), ChangedAfterUse)
	fix := d.overEntry("envoy", record.Entry{Corrects: src, Body: record.Correction{Now: say("envoy", "go-between", record.Text, "seventy")}})
	if al := d.stands(ChangedAfterUse, src, told, fix); al.By != "envoy" || al.Other != "official" {
		t.Fatalf("%+v", al)
	}
	d.hand(record.Conveyance{Of: src, To: "official", Step: record.Conveyed, Form: record.Text, Fidelity: record.Verbatim})
	none(t, d.view(), ChangedAfterUse)
}
