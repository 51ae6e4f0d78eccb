package convey

import (
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestLaw5_ATextTellsNothingOfAnEarlierOne: a field under the hash cannot be
// taken out, so a text that names an earlier version goes only to who has it.
func TestLaw5_ATextTellsNothingOfAnEarlierOne(t *testing.T) {
	w := newWorld(t)
	first := accord.Term{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "a pause", Salt: keys.ID{1}}
	w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: first})
	second := first
	second.Version, second.Salt, second.Replaces = 2, keys.ID{2}, first.Hash()
	id := w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: second})
	_, err := w.carry(Order{Of: id, To: "official"})
	wantRefused(t, err, "convey.replaces")
	pack := accord.Package{Name: "truce", Version: 1, Terms: []accord.TermRef{second.Ref()}, Needs: []record.Name{"power"}, Salt: keys.ID{3}}
	of := w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: pack})
	_, err = w.carry(Order{Of: of, To: "official"})
	wantRefused(t, err, "convey.replaces")
	pack.Version, pack.Replaces, pack.Terms, pack.Salt = 2, pack.Hash(), []accord.TermRef{first.Ref()}, keys.ID{4}
	of = w.write("envoy", record.Entry{Audience: []record.Name{"go-between"}, Body: pack})
	_, err = w.carry(Order{Of: of, To: "official"})
	wantRefused(t, err, "convey.replaces")
	if n := w.desks["official"].r.Len(); n != 0 {
		t.Errorf("%d entries went", n)
	}
	plan, err := Write(w.desks["go-between"].context(), record.Entry{Audience: []record.Name{"official"}, Body: first}, record.Entry{Audience: []record.Name{"official"}, Body: second})
	if err != nil {
		t.Fatal("both together:", err)
	}
	w.deliver("go-between", plan)
	if _, err = w.carry(Order{Of: id, To: "official"}); err != nil {
		t.Error("he has the earlier one:", err)
	}
}

func TestACircleIsRefusedWhenItIsWritten(t *testing.T) {
	w := newWorld(t)
	a := accord.Term{Name: "release", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "they go", When: accord.Condition{Term: "pause"}, Salt: keys.ID{1}}
	b := accord.Term{Name: "pause", Version: 1, Sort: accord.Obligation, Debtor: "movement", Action: "a pause", When: accord.Condition{Term: "release"}, Salt: keys.ID{2}}
	p := accord.Package{Name: "truce", Version: 1, Terms: []accord.TermRef{a.Ref(), b.Ref()}, Needs: []record.Name{"power"}, Salt: keys.ID{3}}
	w.write("go-between", record.Entry{Body: a})
	write := func(drafts ...record.Entry) error {
		_, err := Write(w.desks["go-between"].context(), drafts...)
		return err
	}
	err := write(record.Entry{Body: b}, record.Entry{Body: p})
	wantRefused(t, err, "convey.circle")
	if !strings.Contains(err.Error(), "release waits for pause waits for release") {
		t.Error(err)
	}
	self := a
	self.When.Term = "release"
	wantRefused(t, write(record.Entry{Body: self}), "convey.circle")
	if err := write(record.Entry{Body: b}, record.Entry{SaidBy: "official", HeardFrom: "official", Body: p}); err != nil {
		t.Error("what somebody else wrote is logged as it is:", err)
	}
	other := b
	other.Version, other.When = 2, accord.Condition{}
	if err := write(record.Entry{Body: b}, record.Entry{Body: other}, record.Entry{Body: accord.Package{Name: "truce", Version: 2, Terms: []accord.TermRef{a.Ref(), other.Ref()}, Needs: p.Needs, Salt: keys.ID{4}}}); err != nil {
		t.Error("another version of the term closes no circle:", err)
	}
}
