package view

import (
	"encoding/json"
	"reflect"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// The newest zone of a party counts, one without a zone takes it away, and
// nobody but the keeper has any.
func TestLaw5_TheNewestZoneCountsForTheKeeperAlone(t *testing.T) {
	d := newDesk(t, "go-between")
	set := func(of record.Name, zone string) {
		d.handEntry(record.Entry{Audience: []record.Name{"envoy"}, Body: record.TimeZone{Of: of, Zone: zone}})
	}
	set("power", "Europe/Oslo")
	set("movement", "Asia/Qatar")
	set("power", "America/New_York")
	set("ally", "Asia/Riyadh")
	set("ally", "")
	want := []record.TimeZone{{Of: "movement", Zone: "Asia/Qatar"}, {Of: "power", Zone: "America/New_York"}}
	if got := d.view().Zones(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if got := Of(d.r.For("envoy", record.AsOf{}), d.clock+1).Zones(); len(got) != 0 {
		t.Errorf("the envoy sees %v", got)
	}
}

// TestAZoneMovesNothing is [REC-96]: where we stand, who owes what, whose turn
// it is and what alarms are the same with it and without.
func TestAZoneMovesNothing(t *testing.T) {
	all := func(zone bool) string {
		d := channel(t, "go-between")
		if zone {
			d.hand(record.TimeZone{Of: "power", Zone: "America/New_York"})
		} else {
			d.hand(record.Note{})
		}
		a := term("truce", "power", 1)
		p := pack("spring", 1, 2, a)
		p.Lapses = 999_999
		d.put("official", "movement", accord.Proposed, p, a)
		v := d.view()
		out, err := json.Marshal([]any{v.Standing(), v.Owes(), v.Turns(), v.Alarms()})
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if a, b := all(true), all(false); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}
