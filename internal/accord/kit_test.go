package accord

import (
	"encoding/binary"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// testDesk is one keeper's record, filled by hand and by lines.
type testDesk struct {
	t       *testing.T
	r       *record.Record
	n       uint64
	numbers map[record.Name]uint64
	clock   record.Instant
}

func newDesk(t *testing.T, keeper record.Name) *testDesk {
	return &testDesk{t: t, r: record.New(keeper), numbers: map[record.Name]uint64{}, clock: 1000}
}

func testID(n uint64) keys.ID {
	var id keys.ID
	id[0] = 0xee
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

func (d *testDesk) add(came record.Came, by record.Name, e record.Entry) keys.ID {
	d.t.Helper()
	d.n++
	d.clock += 10
	e.ID, e.By = testID(d.n), by
	if e.At == 0 {
		e.At = d.clock
	}
	if _, err := d.r.Add(Codec(), record.Item{Entry: e, Known: d.clock, Came: came}); err != nil {
		d.t.Fatal(err)
	}
	return e.ID
}

// hand logs what the keeper types.
func (d *testDesk) hand(b record.Body) keys.ID { return d.handEntry(record.Entry{Body: b}) }

func (d *testDesk) handEntry(e record.Entry) keys.ID {
	d.t.Helper()
	return d.add(record.ByHand(), d.r.Keeper(), e)
}

// over takes in what the line to peer brought.
func (d *testDesk) over(peer record.Name, b record.Body) keys.ID {
	d.t.Helper()
	return d.overEntry(peer, record.Entry{Body: b})
}

func (d *testDesk) overEntry(peer record.Name, e record.Entry) keys.ID {
	d.t.Helper()
	d.numbers[peer]++
	return d.add(record.OverLine(peer, d.numbers[peer]), peer, e)
}

func (d *testDesk) ledger() *Ledger {
	return Read(d.r.For(d.r.Keeper(), record.AsOf{}), d.clock+1)
}

func (d *testDesk) role(person, party record.Name, as record.RoleKind) {
	d.t.Helper()
	d.hand(record.Role{Person: person, Party: party, As: as})
}

func salt(n byte) keys.ID { return keys.ID{0: 1, 15: n} }

func obligation(name, debtor record.Name) Term {
	return Term{Name: name, Version: 1, Sort: Obligation, Debtor: debtor, Action: "does " + string(name), Salt: salt(1)}
}

// truce is a package of one obligation on each of two parties.
func truce() (Term, Term, Package) {
	a, b := obligation("ceasefire", "power"), obligation("return", "movement")
	return a, b, Package{Name: "truce", Version: 1, Terms: []TermRef{a.Ref(), b.Ref()}, Needs: []record.Name{"movement", "power"}, Salt: salt(2)}
}

func act(party record.Name, p Position, on record.Ref) Act {
	return Act{Party: party, Position: p, On: on}
}

func echo(party record.Name, on record.Ref) Act { return Act{Party: party, Echo: true, On: on} }

// goBetween is a go-between's desk with lines to both sides' envoys, who hold
// mandates, and the text of a truce.
func goBetween(t *testing.T) (*testDesk, record.Ref) {
	d := newDesk(t, "go-between")
	d.role("envoy", "power", record.Envoy)
	d.role("official", "movement", record.Envoy)
	for holder, party := range map[record.Name]record.Name{"envoy": "power", "official": "movement"} {
		d.hand(record.Credential{Holder: holder, Party: party, Issuer: party, May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}})
	}
	a, b, p := truce()
	d.over("envoy", a)
	d.over("envoy", b)
	d.over("envoy", p)
	return d, p.Ref()
}
