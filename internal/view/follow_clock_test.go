package view

import (
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// TestAFollowedTermComesDueAndOverdueByTheClockAlone: no entry comes, and the
// view knows all the same.
func TestAFollowedTermComesDueAndOverdueByTheClockAlone(t *testing.T) {
	d := channel(t, "go-between")
	x := term("withdrawal", "power", 1)
	x.From, x.By = d.clock+5_000, d.clock+10_000
	p := pack("truce", 1, 2, x)
	d.put("envoy", "power", accord.Accepted, p, x)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	for who, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.over(who, accord.Act{Party: party, On: p.Ref(), Echo: true})
	}
	now := d.clock + 1
	all := d.r.For("go-between", record.AsOf{})
	v := Follow(all, now)
	for _, step := range []struct {
		at   record.Instant
		want accord.State
	}{{now, accord.IsConditional}, {x.From, accord.IsDue}, {x.By, accord.IsDue}, {x.By + 1, accord.IsOverdue}} {
		v = v.Next(all, step.at)
		list := v.Performance()
		if len(list) != 1 || list[0].Course.State != step.want {
			t.Fatalf("at %d: %+v, want %s", step.at, list, step.want)
		}
		if fresh := Of(all, step.at).Performance(); fresh[0].Course.State != step.want {
			t.Fatalf("afresh at %d: %s", step.at, fresh[0].Course.State)
		}
	}
}
