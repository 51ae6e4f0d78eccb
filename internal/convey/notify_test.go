package convey

import (
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestNobodyIsToldTwiceOrOutOfTurn is [CIR-43] at the desk that writes it.
func TestNobodyIsToldTwiceOrOutOfTurn(t *testing.T) {
	w := newWorld(t)
	plan := w.write("go-between", record.Entry{Body: circle.Plan{On: circle.OnFailed, Steps: []circle.PlanStep{{Who: "envoy", Hold: true}, {Who: "official"}}}})
	note := func(who record.Name, r circle.Reach) record.Entry {
		return record.Entry{Body: circle.Notification{Plan: plan, Who: who, Reach: r}}
	}
	try := func(want fault.Kind, drafts ...record.Entry) {
		t.Helper()
		if _, err := Write(w.desks["go-between"].context(), drafts...); !fault.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	try(fault.Refused, note("envoy", circle.Told))
	try(fault.NotFound, record.Entry{Body: circle.Notification{Plan: keys.ID{9}, Reach: circle.Begun}})
	w.write("go-between", note("", circle.Begun))
	try(fault.Refused, note("official", circle.Told))
	try(fault.Exists, note("envoy", circle.Told), note("envoy", circle.Told))     // twice in one transaction
	try(fault.Refused, note("envoy", circle.Told), note("official", circle.Told)) // the first holds the second
	w.write("go-between", note("envoy", circle.Told))
	try(fault.Exists, note("envoy", circle.Told))
	w.write("go-between", note("envoy", circle.Acknowledged))
	w.write("go-between", note("official", circle.Told))
	try(fault.NotFound, note("ally", circle.Told))
}
