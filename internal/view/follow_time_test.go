package view_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

const minute = record.Instant(60_000)

// bargain writes a negotiation that comes to something: few texts with
// deadlines, conditions and lapses, which two sides propose, accept, echo,
// perform and suspend, within hours.
type bargain struct {
	rng     *rand.Rand
	at      record.Instant
	n       uint64
	numbers map[record.Name]uint64
	terms   []accord.Term
	packs   []accord.Package
	said    []record.Entry // own acts and reports that may be corrected
	plan    []func() record.Item
}

func (g *bargain) one(in int) bool { return g.rng.IntN(in) == 0 }

func pickOf[T any](g *bargain, list ...T) T { return list[g.rng.IntN(len(list))] }

func (g *bargain) item(by record.Name, over bool, e record.Entry) record.Item {
	g.n++
	g.at += record.Instant(g.rng.Int64N(int64(8 * minute)))
	e.ID[0], e.By, e.At = 7, by, g.at
	binary.BigEndian.PutUint64(e.ID[8:], g.n)
	if g.one(4) { // what he says of when he said it
		e.Said = record.Moment(g.at - record.Instant(g.rng.Int64N(int64(90*minute))))
	}
	it := record.Item{Entry: e, Known: g.at, Came: record.ByHand()}
	if over {
		g.numbers[by]++
		it.Came = record.OverLine(by, g.numbers[by])
	}
	if e.Body.Kind() != record.KindCorrection {
		g.said = append(g.said, it.Entry)
	}
	return it
}

func (g *bargain) condition() accord.Condition {
	leaf := func() accord.Condition {
		if g.one(2) && len(g.terms) > 0 {
			return accord.Condition{Term: pickOf(g, g.terms...).Name}
		}
		return accord.Condition{Event: pickOf(g, "rain", "dawn")}
	}
	switch g.rng.IntN(4) {
	case 0:
		return accord.Condition{}
	case 1:
		return accord.Condition{Op: pickOf(g, "and", "or"), Of: []accord.Condition{leaf(), leaf()}}
	case 2:
		return accord.Condition{Op: "not", Of: []accord.Condition{leaf()}}
	}
	return leaf()
}

func (g *bargain) soon() record.Instant {
	return g.at + record.Instant(g.rng.Int64N(int64(200*minute)))
}

func (g *bargain) term() accord.Term {
	t := accord.Term{
		Name: pickOf[record.Name](g, "truce", "return", "watch"), Version: 1 + g.rng.IntN(3), Sort: accord.Obligation, Action: "does it",
		Debtor: pickOf[record.Name](g, "power", "movement"), When: g.condition(), Salt: keys.ID{1, byte(g.n), byte(g.n >> 8)},
	}
	if g.one(2) {
		t.By = g.soon()
	}
	if g.one(3) {
		t.Within = accord.Range{Min: 5, Max: 20, Unit: "minutes"}
	}
	if g.one(3) {
		t.Period = accord.Range{Min: 20, Max: 60, Unit: "minutes"}
	}
	if g.one(4) {
		t.From = g.soon()
	}
	if g.one(4) {
		t.Until = g.soon()
	}
	if g.one(4) && len(g.terms) > 0 {
		t.Against = []record.Name{pickOf(g, g.terms...).Name}
	}
	if g.one(5) && len(g.terms) > 0 {
		t.Sort, t.Covers = accord.Guarantee, []record.Name{pickOf(g, g.terms...).Name}
	}
	g.terms = append(g.terms, t)
	return t
}

func (g *bargain) pack() accord.Package {
	p := accord.Package{Name: "deal", Version: 1 + len(g.packs), Needs: []record.Name{"movement", "power"}, Salt: keys.ID{2, byte(g.n), byte(g.n >> 8)}}
	for _, t := range g.terms[max(0, len(g.terms)-1-g.rng.IntN(3)):] {
		p.Terms = append(p.Terms, t.Ref())
		for _, o := range p.Terms[:len(p.Terms)-1] {
			if o.Name == t.Name {
				p.Terms = p.Terms[:len(p.Terms)-1] // a name once
				break
			}
		}
	}
	if g.one(2) {
		p.Lapses = g.soon()
	}
	if len(g.packs) > 0 && g.one(2) {
		p.Replaces = pickOf(g, g.packs...).Hash()
	}
	g.packs = append(g.packs, p)
	return p
}

// sides are who speaks for whom, over his line.
var sides = map[record.Name]record.Name{"envoy": "power", "official": "movement"}

func (g *bargain) next() record.Item {
	if len(g.plan) > 0 {
		f := g.plan[0]
		g.plan = g.plan[1:]
		return f()
	}
	who := pickOf[record.Name](g, "envoy", "official")
	own := func(b record.Body) record.Item { return g.item(who, true, record.Entry{Body: b}) }
	hand := func(b record.Body) record.Item {
		return g.item("go-between", false, record.Entry{Body: b, SaidBy: who})
	}
	switch k := g.rng.IntN(24); {
	case len(g.terms) == 0 || k == 0:
		return own(g.term())
	case len(g.packs) == 0 || k == 1:
		return own(g.pack())
	case k == 2:
		return g.item("go-between", false, record.Entry{Body: record.Role{Person: who, Party: sides[who], As: pickOf(g, record.Envoy, record.Principal)}})
	case k == 3:
		return g.item("go-between", false, record.Entry{Body: record.Credential{
			Holder: who, Party: sides[who], Issuer: sides[who], May: []record.Mandate{record.MaySpeak, record.MayOffer, record.MayBind}}})
	case k == 4:
		return own(accord.Event{By: sides[who], What: pickOf(g, "rain", "dawn"), Denied: g.one(5)})
	case k == 5 && len(g.said) > 0:
		old := pickOf(g, g.said...)
		now := old.Body
		switch b := now.(type) {
		case accord.Act:
			b.Position, b.Echo = accord.Rejected, false
			now = b
		case accord.Performance:
			b.On.Hash = pickOf(g, g.terms...).Hash()
			now = b
		case accord.Term:
			b.Action = "does another thing"
			now = b
		case record.Role:
			b.As = record.Contact
			now = b
		}
		return g.item(old.By, old.By != "go-between", record.Entry{Corrects: old.ID, Body: record.Correction{Now: now}})
	case k < 9: // they agree
		on := g.packs[len(g.packs)-1].Ref()
		for _, a := range []accord.Act{{Position: accord.Accepted}, {Echo: true}} {
			for _, n := range []record.Name{"envoy", "official"} {
				a.Party, a.On = sides[n], on
				g.plan = append(g.plan, func() record.Item { return g.item(n, true, record.Entry{Body: a}) })
			}
		}
		return g.next()
	case k < 18:
		a := accord.Act{Party: sides[who], On: g.packs[len(g.packs)-1].Ref(), Position: pickOf(g, accord.Proposed, accord.Accepted, accord.Accepted, accord.Accepted, accord.Withdrawn)}
		if g.one(3) {
			a.Position, a.Echo = "", true
		}
		if g.one(6) {
			return hand(a)
		}
		return own(a)
	}
	t := pickOf(g, g.terms...)
	d := accord.Performance{By: sides[who], On: t.Ref().Ref(), Deed: pickOf(g, accord.Claimed, accord.Verified, accord.Suspended, accord.Resumed, accord.Alleged, accord.Discharged)}
	if g.one(6) {
		return hand(d)
	}
	return own(d)
}

// TestIncrementalViewsKeepTime: deadlines, lapses, conditions and clocks that
// stand still move on by themselves between entries, and own acts take effect in
// the order of their numbers, in whatever order they come.
func TestIncrementalViewsKeepTime(t *testing.T) {
	states := map[accord.State]bool{}
	many := uint64(25 * seeds)
	if testing.Short() {
		many = 8 * seeds
	}
	for seed := uint64(begin); seed < begin+many; seed++ {
		rng := rand.New(rand.NewPCG(seed, 3))
		g := &bargain{rng: rng, at: 1000 * minute, numbers: map[record.Name]uint64{}}
		var items []record.Item
		if seed%5 != 0 { // else roles and mandates come late
			for who, party := range map[record.Name]record.Name{"envoy": "power"} {
				items = append(items, g.item("go-between", false, record.Entry{Body: record.Role{Person: who, Party: party, As: record.Principal}}),
					g.item("go-between", false, record.Entry{Body: record.Role{Person: "official", Party: "movement", As: record.Principal}}))
			}
		}
		for range 60 {
			items = append(items, g.next())
		}
		if seed%3 == 0 {
			items = arrivals(rng, items)
		}
		r := record.New("go-between")
		now := items[0].At
		v := view.Follow(r.For("go-between", record.AsOf{}), now)
		for i, it := range items {
			if _, err := r.Add(accord.Codec(), it); err != nil {
				t.Fatal(seed, err)
			}
			now = max(now, it.Known)
			for range rng.IntN(3) { // time passes and nothing comes
				now += record.Instant(rng.Int64N(int64(15 * minute)))
				p := r.For("go-between", record.AsOf{})
				v = v.Next(p, now)
				if rng.IntN(4) == 0 {
					continue
				}
				for _, c := range v.Ledger().Performances() {
					states[c.State] = true
				}
				if d := viewtest.Differ(told(v), told(view.Of(p, now))); d != "" {
					t.Fatalf("seed %d, after %d entries, the last %s: %s", seed, i+1, it.Body.Kind(), d)
				}
			}
			if rng.IntN(4) == 0 {
				now += minute
			}
		}
	}
	for _, s := range []accord.State{accord.IsDue, accord.IsInForce, accord.IsOverdue, accord.IsConditional, accord.IsExpired, accord.IsSuspended, accord.IsDischarged, accord.IsVerified} {
		if !states[s] {
			t.Errorf("no term ever came to be %s, so this shows little", s)
		}
	}
}

// told dumps what time moves.
func told(v *view.View) []viewtest.Asked {
	l := v.Ledger()
	out := []viewtest.Asked{
		{What: "alarms", Answer: viewtest.Dump(v.Alarms())}, {What: "turns", Answer: viewtest.Dump(v.Turns())},
		{What: "performance", Answer: viewtest.Dump(v.Performance())}, {What: "standing", Answer: viewtest.Dump(v.Standing())},
	}
	for _, t := range l.Terms() {
		out = append(out, viewtest.Asked{What: fmt.Sprint("course ", t.Hash), Answer: viewtest.Dump(l.Performance(t.Hash))})
	}
	for _, p := range l.Packages() {
		out = append(out, viewtest.Asked{What: fmt.Sprint("agreement ", p.Hash), Answer: viewtest.Dump(l.Agreement(p.Hash))})
	}
	return out
}
