package view

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

type testDesk struct {
	t       testing.TB
	r       *record.Record
	n       uint64
	numbers map[record.Name]uint64
	clock   record.Instant
}

func newDesk(t testing.TB, keeper record.Name) *testDesk {
	return &testDesk{t: t, r: record.New(keeper), numbers: map[record.Name]uint64{}, clock: 1000}
}

func (d *testDesk) add(came record.Came, e record.Entry) keys.ID {
	d.t.Helper()
	d.n++
	d.clock += 10
	e.ID[0] = 0xee
	binary.BigEndian.PutUint64(e.ID[8:], d.n)
	if e.At == 0 {
		e.At = d.clock
	}
	if _, err := d.r.Add(accord.Codec(), record.Item{Entry: e, Known: d.clock, Came: came}); err != nil {
		d.t.Fatal(err)
	}
	return e.ID
}

func (d *testDesk) hand(b record.Body) keys.ID { return d.handEntry(record.Entry{Body: b}) }

func (d *testDesk) handEntry(e record.Entry) keys.ID {
	d.t.Helper()
	e.By = d.r.Keeper()
	return d.add(record.ByHand(), e)
}

func (d *testDesk) over(peer record.Name, b record.Body) keys.ID {
	d.t.Helper()
	return d.overEntry(peer, record.Entry{Body: b})
}

func (d *testDesk) overEntry(peer record.Name, e record.Entry) keys.ID {
	d.t.Helper()
	e.By = peer
	d.numbers[peer]++
	return d.add(record.OverLine(peer, d.numbers[peer]), e)
}

func (d *testDesk) view() *View { return d.asOf(record.AsOf{}) }

func (d *testDesk) asOf(a record.AsOf) *View { return Of(d.r.For(d.r.Keeper(), a), d.clock+1) }

func salt(n byte) keys.ID { return keys.ID{0: 1, 15: n} }

func term(name, debtor record.Name, n byte) accord.Term {
	return accord.Term{Name: name, Version: 1, Sort: accord.Obligation, Debtor: debtor, Action: "does " + string(name), Salt: salt(n)}
}

func pack(name record.Name, version int, n byte, terms ...accord.Term) accord.Package {
	p := accord.Package{Name: name, Version: version, Needs: []record.Name{"movement", "power"}, Salt: salt(n)}
	for _, t := range terms {
		p.Terms = append(p.Terms, t.Ref())
	}
	return p
}

func act(party record.Name, p accord.Position, on record.Ref) accord.Act {
	return accord.Act{Party: party, Position: p, On: on}
}

func say(from, to record.Name, form record.Form, text string) record.Message {
	return record.Message{From: from, To: to, Form: form, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: text}
}

// channel is a go-between's desk with people of two sides and an ally who is
// not at the table.
func channel(t testing.TB, keeper record.Name) *testDesk {
	d := newDesk(t, keeper)
	for _, b := range []record.Body{
		record.Person{Name: "envoy", Title: "The envoy", Of: "power"}, record.Person{Name: "official", Title: "The official", Of: "movement"},
		record.Person{Name: "go-between", Title: "The go-between"}, record.Person{Name: "minister", Title: "The minister", Of: "ally"},
		record.Party{Name: "power", Title: "The power", Side: "power"}, record.Party{Name: "movement", Title: "The movement", Side: "movement"},
		record.Party{Name: "ally", Title: "The ally", Side: "power", Absent: true},
		record.Role{Person: "envoy", Party: "power", As: record.Envoy}, record.Role{Person: "official", Party: "movement", As: record.Envoy},
		record.Role{Person: "go-between", As: record.GoBetween},
	} {
		d.hand(b)
	}
	for holder, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.hand(record.Credential{Holder: holder, Party: party, Issuer: party, May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}})
	}
	return d
}

// put brings texts and a stance over a line.
func (d *testDesk) put(peer, party record.Name, position accord.Position, p accord.Package, terms ...accord.Term) keys.ID {
	d.t.Helper()
	for _, t := range terms {
		d.over(peer, t)
	}
	d.over(peer, p)
	return d.over(peer, act(party, position, p.Ref()))
}

func kinds(list []Alarm) []AlarmKind {
	out := []AlarmKind{}
	for _, a := range list {
		out = append(out, a.Kind)
	}
	slices.Sort(out)
	return out
}

func alarm(t testing.TB, v *View, k AlarmKind) Alarm {
	t.Helper()
	for _, a := range v.Alarms() {
		if a.Kind == k {
			return a
		}
	}
	t.Fatalf("no alarm %s among %v", k, kinds(v.Alarms()))
	return Alarm{}
}

// everything writes all that a view can show.
func everything(t interface{ Fatal(...any) }, v *View) string {
	out := map[string]any{
		"standing": v.Standing(), "owes": v.Owes(), "paths": v.Paths(), "approaches": v.Approaches(), "traffic": v.Traffic(0, 0),
		"direct": v.Direct("power", "movement", nil), "told": v.Passed("ally", ""), "alarms": v.Alarms(), "turns": v.Turns(),
		"people": v.People(), "parties": v.Parties(), "timeline": v.Timeline(),
	}
	for _, tm := range v.Ledger().Terms() {
		out["term "+tm.Hash.String()], _ = v.Term(tm.Hash)
	}
	for _, q := range []string{"approach", "direct power movement", "messages by form side path", "paths", "what ceasefire", "standing", "owes", "nothing", "passed envoy official", "told ally", "alarms", "since rival-texts", "turns"} {
		a, err := Ask(v, Query{Text: q})
		if err != nil {
			t.Fatal(q, err)
		}
		out["ask "+q] = a
	}
	b, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
