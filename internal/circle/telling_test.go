package circle

import (
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestWhoAnswersHasHeard is [CIR-48]: of somebody who was told over a line, his
// own entry that answers the message or reads it back is his acknowledgement.
// The receipt of his desk, somebody else's word and what he says of other things
// are none.
func TestWhoAnswersHasHeard(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(d *room, msg keys.ID) keys.ID
		heard bool
	}{
		"an answer": {func(d *room, m keys.ID) keys.ID {
			return d.over("minister", record.Entry{Answers: m, Body: say("minister", "envoy", record.Inform)})
		}, true},
		"a read-back": {func(d *room, m keys.ID) keys.ID {
			return d.over("minister", record.Entry{Body: record.ReadBack{Of: m, By: "minister", OK: true}})
		}, true},
		"an answer taken back": {func(d *room, m keys.ID) keys.ID {
			id := d.over("minister", record.Entry{Answers: m, Body: say("minister", "envoy", record.Inform)})
			d.over("minister", record.Entry{Corrects: id, Body: record.Correction{Now: record.Withdrawn{Of: record.KindMessage}}})
			return id
		}, true},
		"a read-back taken back": {func(d *room, m keys.ID) keys.ID {
			id := d.over("minister", record.Entry{Body: record.ReadBack{Of: m, By: "minister", OK: true}})
			d.over("minister", record.Entry{Corrects: id, Body: record.Correction{Now: record.Withdrawn{Of: record.KindReadBack}}})
			return id
		}, true},
		"his desk has it": {func(d *room, m keys.ID) keys.ID {
			return d.hand(record.Entry{Body: record.Conveyance{Of: m, To: "minister", Step: record.Received}})
		}, false},
		"he speaks of something else": {func(d *room, m keys.ID) keys.ID {
			return d.over("minister", record.Entry{Body: say("minister", "envoy", record.Inform)})
		}, false},
		"somebody else says so": {func(d *room, m keys.ID) keys.ID {
			return d.over("go-between", record.Entry{SaidBy: "minister", HeardFrom: "minister", Answers: m, Body: say("minister", "envoy", record.Inform)})
		}, false},
		"somebody else reads it back": {func(d *room, m keys.ID) keys.ID {
			return d.over("go-between", record.Entry{Body: record.ReadBack{Of: m, By: "minister", OK: true}})
		}, false},
		"the keeper writes it down": {func(d *room, m keys.ID) keys.ID {
			return d.hand(record.Entry{SaidBy: "minister", Answers: m, Body: say("minister", "envoy", record.Inform)})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newRoom(t)
			p := d.note(Plan{On: OnFailed, Steps: []PlanStep{{Who: "minister", Hold: true, Words: "It failed."}, {Who: "family"}}})
			d.note(Notification{Plan: p, Reach: Begun})
			f, _ := d.circle().Following(p, d.ledger())
			id := keys.ID{0xee, 1}
			drafts, err := f.Telling("envoy", id)
			if err != nil {
				t.Fatal(err)
			}
			drafts[0].By = "envoy"
			d.add(drafts[0], record.ByHand())
			d.note(drafts[1].Body)
			if f, _ = d.circle().Following(p, d.ledger()); f.Steps[0].Turn != WasTold || f.Steps[1].HeldBy != "minister" || f.Steps[0].Arrived {
				t.Fatalf("%+v", f.Steps)
			}
			source := c.do(d, id)
			f, _ = d.circle().Following(p, d.ledger())
			if heard := f.Steps[0].Turn == HasAcknowledged && f.Steps[1].Turn == Next; heard != c.heard {
				t.Fatalf("%+v", f.Steps)
			}
			if last := f.Notes[len(f.Notes)-1]; c.heard && (last.Entry != source || last.Reach != Acknowledged || last.Who != "minister") {
				t.Errorf("%+v", last)
			}
			if f.Steps[0].Arrived != (name == "his desk has it") {
				t.Errorf("arrived: %v", f.Steps[0].Arrived)
			}
		})
	}
}

// TestTellingIsOfWhoeverIsNext is [CIR-45]: the message and the note go
// together, to him alone, in the words of the plan.
func TestTellingIsOfWhoeverIsNext(t *testing.T) {
	d := newRoom(t)
	steps := []PlanStep{{Who: "minister", Words: "It failed."}, {Who: "official", Form: record.Call, Words: "By hand."}, {Who: "family"}}
	p := d.note(Plan{On: OnFailed, Steps: steps})
	telling := func() ([]record.Entry, error) {
		f, _ := d.circle().Following(p, d.ledger())
		return f.Telling("envoy", keys.ID{7})
	}
	want := func(kind fault.Kind) {
		t.Helper()
		if _, err := telling(); !fault.Is(err, kind) {
			t.Errorf("%v, want %v", err, kind)
		}
	}
	want(fault.Refused) // it has not begun
	d.note(Notification{Plan: p, Reach: Begun})
	drafts, err := telling()
	if err != nil || len(drafts) != 2 {
		t.Fatal(drafts, err)
	}
	m, n := drafts[0].Body.(record.Message), drafts[1].Body.(Notification)
	if m.To != "minister" || m.From != "envoy" || m.Text != "It failed." || len(drafts[0].Audience) != 1 || drafts[0].Audience[0] != "minister" || drafts[0].ID != n.As || n.Who != "minister" || n.Reach != Told || n.Plan != p {
		t.Errorf("%+v", drafts)
	}
	d.note(Notification{Plan: p, Who: "minister", Reach: Told})
	want(fault.Refused) // the next is told by hand
	d.note(Notification{Plan: p, Who: "official", Reach: Told})
	want(fault.Malformed) // the plan has no words for the last
	if err := (Notification{Plan: p, Who: "family", Reach: Acknowledged, As: keys.ID{7}}).Check(); !fault.Is(err, fault.Malformed) {
		t.Error(err)
	}
	if s := (Notification{Plan: p, Who: "family", Reach: Told, As: keys.ID{7}}).Scrub(func(id keys.ID) bool { return id == p }); s.(Notification).As != (keys.ID{}) {
		t.Error("the id of a message that its reader was not given")
	}
}
