package circle

import (
	"encoding/binary"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// room is an envoy's desk. Each entry takes ten milliseconds.
type room struct {
	t     testing.TB
	r     *record.Record
	n     uint64
	num   map[record.Name]uint64
	clock record.Instant
}

func newRoom(t testing.TB) *room {
	d := &room{t: t, r: record.New("envoy"), num: map[record.Name]uint64{}, clock: 1000}
	for _, b := range []record.Body{
		record.Party{Name: "power", Title: "The power", Side: "power"}, record.Party{Name: "movement", Title: "The movement", Side: "movement"},
		record.Party{Name: "ally", Title: "The ally", Side: "power", Absent: true},
		record.Person{Name: "envoy", Title: "The envoy", Of: "power"}, record.Person{Name: "minister", Title: "The minister", Of: "ally"},
		record.Person{Name: "official", Title: "The official", Of: "movement"}, record.Person{Name: "family", Title: "The family"},
		record.Person{Name: "go-between", Title: "The go-between"},
		record.Role{Person: "envoy", Party: "power", As: record.Envoy}, record.Role{Person: "official", Party: "movement", As: record.Envoy},
		record.Role{Person: "go-between", As: record.GoBetween}, record.Role{Person: "family", As: record.Contact},
	} {
		d.hand(record.Entry{Body: b})
	}
	return d
}

func (d *room) add(e record.Entry, came record.Came) keys.ID {
	d.t.Helper()
	d.n++
	d.clock += 10
	e.ID[0] = 0xee
	binary.BigEndian.PutUint64(e.ID[8:], d.n)
	if e.At == 0 {
		e.At = d.clock
	}
	if _, err := d.r.Add(Codec(), record.Item{Entry: e, Known: d.clock, Came: came}); err != nil {
		d.t.Fatal(err)
	}
	return e.ID
}

func (d *room) hand(e record.Entry) keys.ID {
	d.t.Helper()
	e.By = d.r.Keeper()
	return d.add(e, record.ByHand())
}

func (d *room) note(b record.Body) keys.ID { d.t.Helper(); return d.hand(record.Entry{Body: b}) }

func (d *room) over(peer record.Name, e record.Entry) keys.ID {
	d.t.Helper()
	e.By = peer
	d.num[peer]++
	return d.add(e, record.OverLine(peer, d.num[peer]))
}

func (d *room) circle() *Circle { return d.asOf(record.AsOf{}) }

func (d *room) asOf(a record.AsOf) *Circle { return Read(d.r.For(d.r.Keeper(), a)) }

func (d *room) ledger() *accord.Ledger {
	return accord.Read(d.r.For(d.r.Keeper(), record.AsOf{}), d.clock+1)
}

func say(from, to record.Name, act record.SpeechAct, via ...record.Name) record.Message {
	return record.Message{From: from, To: to, Via: via, Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: act, Text: "words"}
}

func given(k Knows, id keys.ID) (Grant, bool) {
	for _, g := range k.Grants {
		if g.What.Entry == id {
			return g, true
		}
	}
	return Grant{}, false
}

func entry(id keys.ID) []record.Ref { return []record.Ref{{Entry: id}} }
