package view

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// A comparison that found something raises an alarm that names the entries,
// and a later one that was not carried through does not hide it.
func TestARecordThatDiffersRaisesAnAlarm(t *testing.T) {
	r := record.New("go-between")
	n := byte(0)
	add := func(body record.Body) keys.ID {
		n++
		e := record.Entry{ID: keys.ID{n}, By: "go-between", At: record.Instant(n), Body: body}
		if _, err := r.Add(accord.Codec(), record.Item{Entry: e, Known: record.Instant(n)}); err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	alarms := func(reader record.Name) map[AlarmKind]Alarm {
		out := map[AlarmKind]Alarm{}
		for _, a := range Of(r.For(reader, record.AsOf{}), 1000).Alarms() {
			out[a.Kind] = a
		}
		return out
	}
	said := add(record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "x"})
	c := record.Comparison{Peer: "envoy", Run: keys.ID{9}, Outcome: record.CompareDone, Sent: record.Numbers{First: 1, Last: 9}}
	add(c)
	if a := alarms("go-between"); len(a) != 0 {
		t.Fatal("an alarm where nothing differs", a)
	}
	c.Findings = []record.Finding{{Sent: true, Numbers: record.Numbers{First: 4, Last: 4}, How: record.Differs, Entries: []keys.ID{said}}}
	found := add(c)
	a := alarms("go-between")[RecordsDiffer]
	if a.By != "envoy" || a.Last != 1 || len(a.Entries) != 2 || a.Entries[0] != found || a.Entries[1] != said || a.Since != record.Instant(n) {
		t.Fatalf("%+v", a)
	}
	c.Findings, c.Outcome = nil, record.CompareWithheld
	add(c)
	got := alarms("go-between")
	if _, stands := got[RecordsDiffer]; !stands || got[ComparisonWithheld].What != "withheld" {
		t.Fatalf("%+v", got)
	}
	c.Outcome = record.CompareDone
	add(c)
	if got := alarms("go-between"); len(got) != 0 {
		t.Fatalf("a newer comparison found nothing: %+v", got)
	}
	if got := alarms("envoy"); len(got) != 0 {
		t.Fatalf("law 5: another reader sees %+v", got)
	}
}
