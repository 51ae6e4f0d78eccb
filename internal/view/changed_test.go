package view

import (
	"reflect"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

func TestChanged(t *testing.T) {
	d := channel(t, "go-between")
	a, b := term("ceasefire", "power", 1), term("ceasefire", "power", 2)
	pa, pb := pack("truce", 1, 3, a), pack("truce", 1, 4, b)
	d.put("envoy", "power", accord.Proposed, pa, a)
	before := d.view()
	d.put("official", "movement", accord.Accepted, pb, b)
	c := Changed(before, d.view())
	if len(c.New) != 3 || len(c.Stances) != 1 || c.Stances[0].After.Position != accord.Accepted || len(c.Verdicts) != 1 || len(c.Raised) != 2 || len(c.Gone) != 0 {
		t.Fatalf("%+v", c)
	}
	if back := Changed(d.view(), before); len(back.Gone) != 2 || len(back.New) != 0 {
		t.Fatalf("%+v", back)
	}
	if none := Changed(before, before); !reflect.DeepEqual(none, Changes{}) {
		t.Fatalf("%+v", none)
	}
}

// What the clock alone moves has changed as well, with no entry for it.
func TestChangedByTheClockAlone(t *testing.T) {
	d := channel(t, "go-between")
	a := term("release", "power", 1)
	a.By = 5000
	p := pack("swap", 1, 3, a)
	d.put("envoy", "power", accord.Accepted, p, a)
	d.over("official", act("movement", accord.Accepted, p.Ref()))
	for who, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.over(who, accord.Act{Party: party, Echo: true, On: p.Ref()})
	}
	x := d.view()
	now := Of(x.Projection(), a.By-1)
	late := Of(x.Projection(), a.By+1)
	c := Changed(now, late)
	if len(c.New) != 0 || len(c.Courses) != 1 || c.Courses[0].Before != accord.IsDue || c.Courses[0].After.Course.State != accord.IsOverdue {
		t.Fatalf("%+v", c)
	}
}
