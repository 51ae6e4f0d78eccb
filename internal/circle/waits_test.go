package circle

import (
	"testing"

	"backchannel/internal/record"
)

// TestLaw5_WhatWaitsForSomebodyIsNotGivenToHim is [CIR-14].
func TestLaw5_WhatWaitsForSomebodyIsNotGivenToHim(t *testing.T) {
	told := say("minister", "official", record.Inform)
	for name, c := range map[string]struct {
		log  func(d *room) record.Ref
		want bool
	}{
		"told to the keeper by voice": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{SaidBy: "minister", HeardFrom: "minister", Body: told})}
		}, false},
		"told to the keeper over its author's line": {func(d *room) record.Ref { return record.Ref{Entry: d.over("minister", record.Entry{Body: told})} }, false},
		"told to him, as a third says": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{SaidBy: "minister", HeardFrom: "go-between", Body: told})}
		}, true},
		"told to him, as he says": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{SaidBy: "minister", HeardFrom: "official", Body: told})}
		}, true},
		"told to him, as another line says": {func(d *room) record.Ref { return record.Ref{Entry: d.over("go-between", record.Entry{Body: told})} }, true},
		"through the keeper's hands": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{SaidBy: "minister", HeardFrom: "minister", Body: say("minister", "official", record.Inform, "envoy")})}
		}, true},
		"given by the keeper to another hand": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{Body: say("envoy", "official", record.Inform), Audience: []record.Name{"minister"}})}
		}, false},
		"given by the keeper to both": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{Body: say("envoy", "official", record.Inform), Audience: []record.Name{"minister", "official"}})}
		}, true},
		"shown to him": {func(d *room) record.Ref {
			return record.Ref{Entry: d.hand(record.Entry{SaidBy: "minister", HeardFrom: "minister", Audience: []record.Name{"official"}, Body: told})}
		}, true},
	} {
		d := newRoom(t)
		id := c.log(d).Entry
		if _, got := given(d.circle().Of("official"), id); got != c.want {
			t.Errorf("%s: given %v, want %v", name, got, c.want)
		}
		if _, got := given(d.circle().Of("minister"), id); !got {
			t.Errorf("%s: who said it does not have it", name)
		}
		d.note(record.Conveyance{Of: id, To: "official", Step: record.Conveyed})
		if _, got := given(d.circle().Of("official"), id); !got {
			t.Errorf("%s: not given when it was passed on", name)
		}
	}
}
