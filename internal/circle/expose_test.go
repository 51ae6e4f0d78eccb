package circle

import (
	"slices"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func exposedBy(t *testing.T, d *room, i Incident) Exposure {
	t.Helper()
	id := d.note(i)
	x, ok := d.circle().Exposed(id)
	if !ok {
		t.Fatal("no incident")
	}
	return x
}

// TestWhatAnIncidentExposes is [CIR-20] and [CIR-21].
func TestWhatAnIncidentExposes(t *testing.T) {
	d := newRoom(t)
	line := d.over("go-between", record.Entry{Body: record.Message{From: "official", Via: []record.Name{"go-between"}, To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Ask, Text: "x"}})
	call := d.note(say("envoy", "go-between", record.Inform))
	mid := d.clock
	other := d.note(say("minister", "envoy", record.Ask))
	sent := d.hand(record.Entry{Audience: []record.Name{"official"}, Body: say("envoy", "official", record.Inform)})
	d.note(record.Note{Text: "mine alone"})
	told := d.note(Disclosure{To: "family", What: entry(line), Footing: Briefed})
	for i, c := range []struct {
		of   Incident
		want []keys.ID
	}{
		{Incident{Sort: Interception, Lines: []record.Name{"go-between"}}, []keys.ID{line}},
		{Incident{Sort: Interception, People: []record.Name{"go-between"}}, []keys.ID{line, call}},
		{Incident{Sort: Interception, People: []record.Name{"go-between"}, Forms: []record.Form{record.Text}}, []keys.ID{line}},
		{Incident{Sort: Interception, Forms: []record.Form{record.Call}}, []keys.ID{call, other, sent}},
		{Incident{Sort: Interception, People: []record.Name{"go-between", "minister"}, Until: mid}, []keys.ID{line, call}},
		{Incident{Sort: Interception, People: []record.Name{"go-between", "minister"}, From: mid + 1}, []keys.ID{other}},
		{Incident{Sort: Interception, People: []record.Name{"envoy"}}, []keys.ID{line, call, other, sent}},
		{Incident{Sort: Interception, People: []record.Name{"official"}}, []keys.ID{sent}}, // what was carried on for him went elsewhere
		{Incident{Sort: SeizedDesk, People: []record.Name{"family"}}, []keys.ID{line}},
		{Incident{Sort: SeizedDesk, People: []record.Name{"family"}, Until: mid}, nil},
		{Incident{Sort: SeizedDesk, People: []record.Name{"official"}, From: mid + 5}, []keys.ID{line, sent}}, // it held all that came before
		{Incident{Sort: Leak, People: []record.Name{"official"}, Channel: true}, nil},
		{Incident{Sort: WrongRecipient, To: "minister", What: entry(call)}, []keys.ID{call}},
	} {
		if x := exposedBy(t, d, c.of); !slices.Equal(x.Entries, c.want) {
			t.Errorf("%d: %v, want %v", i, x.Entries, c.want)
		}
	}
	x := exposedBy(t, d, Incident{Sort: Interception, To: "ally", People: []record.Name{"go-between"}})
	if !slices.Equal(x.Affected, []record.Name{"official"}) {
		t.Error(x.Affected)
	}
	if x.Since == 0 || x.Source != "envoy" || told.IsZero() {
		t.Errorf("%+v", x)
	}
	// What is exposed later does not change what we knew before.
	if x, _ := d.asOf(record.AsOf{Knew: mid}).Exposed(x.Entry); len(x.Entries) != 0 {
		t.Error("as we knew then, there was no incident")
	}
}

// TestTheChecklist is [CIR-22].
func TestTheChecklist(t *testing.T) {
	d := newRoom(t)
	d.over("go-between", record.Entry{Body: say("official", "envoy", record.Ask, "go-between")})
	id := d.note(Incident{Sort: Interception, People: []record.Name{"go-between"}})
	d.hand(record.Entry{At: 9000, Body: IncidentStep{Of: id, Do: Rekey, Who: "go-between", Done: true, By: "envoy"}})
	d.hand(record.Entry{At: 8000, Body: IncidentStep{Of: id, Do: Rekey, Who: "go-between"}}) // logged before, said as if after
	other := d.note(IncidentStep{Of: id, Do: Other, Text: "Change the meeting place."})
	x, _ := d.circle().Exposed(id)
	want := []struct {
		do   Remedy
		who  record.Name
		done bool
	}{{Rekey, "go-between", true}, {Tell, "official", false}, {Other, "", false}}
	if len(x.Steps) != len(want) {
		t.Fatalf("%+v", x.Steps)
	}
	for i, w := range want {
		if s := x.Steps[i]; s.Do != w.do || s.Who != w.who || s.Done != w.done {
			t.Errorf("%d: %+v", i, s)
		}
	}
	if x.Steps[2].Entry != other {
		t.Errorf("%+v", x.Steps[2])
	}
	x = exposedBy(t, d, Incident{Sort: LostDesk, People: []record.Name{"go-between"}})
	if len(x.Steps) == 0 || x.Steps[0].Do != CloseLine {
		t.Errorf("%+v", x.Steps)
	}
}

// TestRequestsAndPlannedLines is [CIR-35].
func TestRequestsAndPlannedLines(t *testing.T) {
	d := newRoom(t)
	about := entry(keys.ID{7})
	d.note(PlannedLine{For: "minister", As: Deny})
	early := d.note(PlannedLine{For: "minister", What: about, As: Decline})
	line := d.note(PlannedLine{For: "minister", What: about, As: NotYet, Text: "Not yet."})
	d.note(PlannedLine{For: "family", What: about, As: Confirm})
	ask := d.note(Request{By: "minister", Of: "envoy", What: about})
	asPlanned := d.hand(record.Entry{Answers: ask, Body: Answer{By: "envoy", To: "minister", As: NotYet, Text: "Not yet."}})
	d.note(PlannedLine{For: "minister", What: about, As: Confirm}) // too late for the first answer
	d.hand(record.Entry{Answers: ask, Body: Answer{By: "envoy", To: "minister", As: Confirm, Text: "Well, yes."}})
	open := d.note(Request{By: "family", Of: "envoy"})
	list := d.circle().Requests("")
	if len(list) != 2 || list[0].Entry != ask || list[1].Entry != open {
		t.Fatalf("%+v", list)
	}
	a := list[0]
	if a.Line != line || a.Line == early || len(a.Answers) != 2 || a.Answers[0].Entry != asPlanned || a.Answers[0].Else || !a.Answers[1].Else {
		t.Errorf("%+v", a)
	}
	if list[1].Planned != nil || len(list[1].Answers) != 0 {
		t.Errorf("%+v", list[1])
	}
	if got := d.circle().Requests("ally"); len(got) != 1 || got[0].Entry != ask {
		t.Error("of a party: of its people")
	}
}

// TestHowLongItIsKept is [CIR-60].
func TestHowLongItIsKept(t *testing.T) {
	d := newRoom(t)
	m := d.note(say("envoy", "family", record.Inform))
	kept := func(id keys.ID) Policy { return d.circle().Retention(id).Policy }
	if kept(m) != Keep || kept(keys.ID{}) != Keep {
		t.Error("what nobody spoke of is kept")
	}
	d.note(Retention{Policy: DestroyOnClose})
	if kept(m) != DestroyOnClose {
		t.Error("an entry is kept as the channel is")
	}
	d.note(Retention{Of: m, Policy: DestroyOn, On: 99})
	if k := d.circle().Retention(m); k.Policy != DestroyOn || k.On != 99 || kept(keys.ID{}) != DestroyOnClose {
		t.Errorf("%+v", k)
	}
	d.note(Retention{Of: m, Policy: Keep})
	if kept(m) != Keep {
		t.Error("the last word counts")
	}
	d.note(Retention{Policy: LegalHold})
	if kept(m) != LegalHold || kept(keys.ID{}) != LegalHold {
		t.Error("a legal hold goes before all")
	}
	d.note(Retention{Policy: Keep})
	if kept(m) != Keep {
		t.Error("it was lifted")
	}
}
