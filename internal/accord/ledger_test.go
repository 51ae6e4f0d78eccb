package accord

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// Any order in which lines and hands bring the same items gives the same
// ledger.
func TestLedgerDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, ref := goBetween(t)
		for range rapid.IntRange(0, 12).Draw(rt, "acts") {
			party := rapid.SampledFrom([]record.Name{"power", "movement"}).Draw(rt, "party")
			a := act(party, rapid.SampledFrom([]Position{Floated, Proposed, Accepted, Rejected, Withdrawn}).Draw(rt, "position"), ref)
			if rapid.IntRange(0, 3).Draw(rt, "echo") == 0 {
				a = echo(party, ref)
			}
			e := record.Entry{Body: a, At: record.Instant(rapid.IntRange(1, 3000).Draw(rt, "at"))}
			switch rapid.IntRange(0, 2).Draw(rt, "by") {
			case 0:
				d.handEntry(e)
			case 1:
				d.overEntry("envoy", e)
			default:
				d.overEntry("official", e)
			}
		}
		other := record.New("go-between")
		for _, it := range rapid.Permutation(d.r.Items()).Draw(rt, "order") {
			if _, err := other.Add(Codec(), it); err != nil {
				rt.Fatal(err)
			}
		}
		a, b := d.ledger(), Read(other.For("go-between", record.AsOf{}), d.clock+1)
		if !reflect.DeepEqual(told(a, d.r), told(b, d.r)) {
			rt.Fatal("two orders of arrival give two ledgers")
		}
	})
}

// told gives all that a ledger says.
func told(l *Ledger, r *record.Record) []any {
	out := []any{l.Now(), l.Terms(), l.Packages(), l.Acts(), l.Performances()}
	for _, t := range l.Terms() {
		out = append(out, l.Stances(t.Hash), l.ActsOn(t.Hash), l.Deeds(t.Hash), l.PackagesWith(t.Hash), l.Performance(t.Hash))
	}
	for _, pk := range l.Packages() {
		out = append(out, l.Stances(pk.Hash), l.ActsOn(pk.Hash), l.Agreement(pk.Hash))
	}
	for _, it := range r.Items() {
		out = append(out, l.Roles(it.By), l.Voice(it.By), l.Credentialed(it.By, "power"), l.MarksOf(it.ID))
	}
	return out
}

// What is logged later never changes what we knew.
func TestLaw8_AsWeKnewIsNotChangedByLaterEntries(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, ref := goBetween(t)
		write := func() {
			party := rapid.SampledFrom([]record.Name{"power", "movement"}).Draw(rt, "party")
			e := record.Entry{Body: act(party, rapid.SampledFrom([]Position{Proposed, Accepted, Withdrawn}).Draw(rt, "position"), ref)}
			if rapid.Bool().Draw(rt, "said earlier") {
				e.Said = record.Moment(record.Instant(rapid.IntRange(1, int(d.clock)).Draw(rt, "said")))
			}
			if rapid.Bool().Draw(rt, "by hand") {
				d.handEntry(e)
			} else {
				d.overEntry("envoy", e)
			}
		}
		for range rapid.IntRange(1, 6).Draw(rt, "before") {
			write()
		}
		knew := d.clock
		before := Read(d.r.For("go-between", record.AsOf{}), knew)
		for range rapid.IntRange(1, 6).Draw(rt, "after") {
			write()
		}
		after := Read(d.r.For("go-between", record.AsOf{Knew: knew}), knew)
		if !reflect.DeepEqual(told(before, d.r), told(after, d.r)) {
			rt.Fatal("what was logged later changed what we knew")
		}
	})
}

func TestPositionsMove(t *testing.T) {
	for name, c := range map[string]struct {
		acts  []Position
		hand  []bool // by the go-between's hand, else over the envoy's line
		want  Position
		rests Rests
	}{
		"nothing":               {nil, nil, Silent, OnNothing},
		"float, propose":        {[]Position{Floated, Proposed}, []bool{false, false}, Proposed, OnOwnMandate},
		"report, then own":      {[]Position{Accepted, Rejected}, []bool{true, false}, Rejected, OnOwnMandate},
		"own, then report":      {[]Position{Rejected, Accepted}, []bool{false, true}, Rejected, OnOwnMandate},
		"report, then report":   {[]Position{Accepted, Denied}, []bool{true, true}, Denied, OnReport},
		"accept, withdraw":      {[]Position{Accepted, Withdrawn}, []bool{false, false}, Withdrawn, OnOwnMandate},
		"withdraw, accept":      {[]Position{Withdrawn, Accepted}, []bool{false, false}, Accepted, OnOwnMandate},
		"denied what was heard": {[]Position{Proposed, Denied}, []bool{true, false}, Denied, OnOwnMandate},
	} {
		t.Run(name, func(t *testing.T) {
			d, ref := goBetween(t)
			for i, p := range c.acts {
				if c.hand[i] {
					d.hand(act("power", p, ref))
				} else {
					d.over("envoy", act("power", p, ref))
				}
			}
			d.wantStance("power", ref, c.want, c.rests)
		})
	}
}

func TestTermChecks(t *testing.T) {
	ok := fullTerm()
	if err := ok.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Term){
		"no version":              func(x *Term) { x.Version = 0 },
		"no salt":                 func(x *Term) { x.Salt = [16]byte{} },
		"no action":               func(x *Term) { x.Action = "" },
		"gesture with antecedent": func(x *Term) { x.Sort, x.Covers = Gesture, nil },
		"expectation with debtor": func(x *Term) { x.Sort, x.Covers = Expectation, nil },
		"guarantee about nothing": func(x *Term) { x.Covers = nil },
		"guarantee by nobody":     func(x *Term) { x.Debtor = "" },
		"obligation that covers":  func(x *Term) { x.Sort = Obligation },
		"unknown sort":            func(x *Term) { x.Sort, x.Covers = "promise", nil },
		"range turned round":      func(x *Term) { x.Period = days(90, 70) },
		"range without unit":      func(x *Term) { x.Period = Range{1, 2, ""} },
		"negative":                func(x *Term) { x.Quantity = []Range{{-1, 2, "days"}} },
		"named twice":             func(x *Term) { x.Needs = []record.Name{"ally", "ally"} },
		"bad name":                func(x *Term) { x.Monitor = "The Host" },
		"condition of nothing":    func(x *Term) { x.When = Condition{Op: "and"} },
		"condition term or event": func(x *Term) { x.When = Condition{Term: "a", Event: "b"} },
		"not of two":              func(x *Term) { x.When = Condition{Op: "not", Of: []Condition{{Term: "a"}, {Term: "b"}}} },
		"too deep":                func(x *Term) { x.When = nest(maxDepth + 2) },
	} {
		x := fullTerm()
		change(&x)
		if err := x.Check(); !fault.Is(err, fault.Malformed) && !fault.Is(err, fault.Limit) {
			t.Errorf("%s: %v", name, err)
		}
	}
	x := fullTerm()
	x.When = nest(maxDepth)
	if err := x.Check(); err != nil {
		t.Errorf("at the bound: %v", err)
	}
}

func nest(n int) Condition {
	c := Condition{Event: "x"}
	for range n {
		c = Condition{Op: "not", Of: []Condition{c}}
	}
	return c
}

func TestKindsOfAccordRoundTrip(t *testing.T) {
	codec := Codec()
	_, _, p := truce()
	for _, b := range []record.Body{
		fullTerm(), fullPackage(), act("power", Accepted, p.Ref()), echo("power", p.Ref()),
		Performance{By: "power", On: p.Ref(), Deed: Claimed, Amount: 3, Persons: []record.Name{"captive"}, Text: "x"},
		NothingOwed{Party: "ally", Told: "ally-minister", Text: "nothing"},
	} {
		e := record.Entry{ID: testID(1), By: "power", At: 1, Body: b, Critical: true}
		raw, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Decode(raw)
		if err != nil || !reflect.DeepEqual(back, e) {
			t.Errorf("%s: %v\n%+v\n%+v", b.Kind(), err, back, e)
		}
		if c, ok := b.(interface{ Critical() bool }); !ok || !c.Critical() {
			t.Errorf("%s is not critical", b.Kind())
		}
	}
}
