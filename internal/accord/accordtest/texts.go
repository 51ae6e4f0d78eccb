package accordtest

import (
	"fmt"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// Bounds that keep what is looked up per subject small.
const (
	maxVersions = 6  // of one name
	maxActs     = 24 // on one version, and deeds
	maxUses     = 8  // of one event
)

var (
	deeds = map[accord.TermKind][]accord.Deed{
		accord.Obligation: {
			accord.Claimed, accord.Claimed, accord.Verified, accord.Verified, accord.Alleged, accord.Found, accord.Suspended, accord.Resumed, accord.Discharged,
		},
		accord.Gesture:     {accord.Announced, accord.Done},
		accord.Expectation: {accord.Met, accord.Unmet},
		accord.Guarantee:   {accord.Triggered, accord.Answered, accord.Verified, accord.Discharged},
	}
	sorts     = []accord.TermKind{accord.Obligation, accord.Obligation, accord.Obligation, accord.Obligation, accord.Gesture, accord.Expectation, accord.Guarantee}
	actions   = []string{"hostilities cease", "people are released", "the crossing opens", "the convoy passes", "talks begin", "the area is left"}
	units     = []string{"days", "captives", "trucks", "hours"}
	positions = []accord.Position{accord.Floated, accord.Proposed, accord.Proposed, accord.Accepted, accord.Accepted, accord.Rejected, accord.Denied, accord.Withdrawn}
	places    = []string{"", "the north", "the crossing"}
)

// inUse gives a name of the pool, or a new one where that has been used enough.
func (g *Gen) inUse(p *pool[*named], most int, make func(n int) record.Name) *named {
	if n := from(g, p); n != nil && len(p.all) >= p.max/2 && n.used < most {
		n.used++
		return n
	}
	g.serial++
	n := &named{name: make(g.serial), used: 1}
	p.add(n)
	return n
}

func numbered(word string) func(int) record.Name {
	return func(n int) record.Name { return record.Name(fmt.Sprintf("%s-%d", word, n)) }
}

// topic gives the name of a term that is in use.
func (g *Gen) topic() record.Name {
	if n := from(g, &g.topics); n != nil && !g.dangling() {
		return n.name
	}
	return "truce"
}

func (g *Gen) topicsOf(most int) []record.Name {
	var out []record.Name
	for range g.rng.IntN(most + 1) {
		if n := g.topic(); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (g *Gen) captives() []record.Name {
	var out []record.Name
	for i := range g.rng.IntN(4) {
		out = append(out, record.Name(fmt.Sprintf("captive-%d", i+1)))
	}
	return out
}

func (g *Gen) measure() accord.Range {
	low := int64(g.rng.IntN(90))
	return accord.Range{Min: low, Max: low + int64(g.rng.IntN(20)), Unit: pick(g, units)}
}

func (g *Gen) condition(depth int) accord.Condition {
	switch {
	case depth > 2 || g.one(2):
		if g.one(2) {
			return accord.Condition{Term: g.topic()}
		}
		return accord.Condition{Event: g.happening()}
	case g.one(3):
		return accord.Condition{Op: "not", Of: []accord.Condition{g.condition(depth + 1)}}
	}
	return accord.Condition{Op: pick(g, []string{"and", "or"}), Of: []accord.Condition{g.condition(depth + 1), g.condition(depth + 1)}}
}

// happening gives the name of an event, in words.
func (g *Gen) happening() string {
	return string(g.inUse(&g.events, maxUses, numbered("convoy")).name) + " has passed"
}

func (g *Gen) term(*draft) record.Body {
	n := g.inUse(&g.topics, maxVersions, numbered("term"))
	t := accord.Term{
		Name: n.name, Version: n.used, Sort: pick(g, sorts), Debtor: g.partyName(), Creditor: g.partyName(), Action: pick(g, actions),
		Effort: g.one(6), Place: pick(g, places), Text: g.maybe(g.text()), Lang: "en", Salt: g.id(), Persons: g.captives(), Replaces: n.last,
	}
	if g.one(8) {
		t.Version = max(1, t.Version-1) // a rival text under the same name and number
	}
	for g.one(3) && len(t.Quantity) < 2 {
		t.Quantity = append(t.Quantity, g.measure())
	}
	if g.one(3) {
		t.Period = g.measure()
		t.Period.Unit = "days"
	}
	if g.one(4) {
		t.By = g.now + record.Instant(g.rng.IntN(30*day))
	} else if g.one(4) {
		t.Within = accord.Range{Min: 1, Max: 1 + int64(g.rng.IntN(10)), Unit: "days"}
	}
	if g.one(4) {
		t.From = g.now
		t.Until = g.now + record.Instant(g.rng.IntN(60*day))
	}
	t.Zone = []accord.Zone{"", "+03:00", "", "-05:30"}[g.serial%4]
	if g.one(3) {
		t.Monitor = pick(g, []record.Name{"third-state", "observer"})
	}
	if g.one(4) {
		t.Debtor = ""
	}
	g.sorted(&t)
	h := t.Hash()
	n.last = h
	g.terms.add(&version{ref: t.Ref().Ref(), term: t, needs: []record.Name{"power", "movement"}})
	return t
}

// sorted gives a term what its sort has, and takes away what it cannot have.
func (g *Gen) sorted(t *accord.Term) {
	switch t.Sort {
	case accord.Obligation:
		if g.one(2) {
			t.When = g.condition(0)
		}
		if g.one(3) {
			t.Against = g.topicsOf(2)
		}
	case accord.Expectation:
		t.Of, t.Debtor = t.Debtor, ""
	case accord.Guarantee:
		t.Covers, t.Trigger, t.Response = []record.Name{g.topic()}, g.happening(), g.text()
		if t.Debtor == "" {
			t.Debtor = "third-state"
		}
	}
	if g.one(5) {
		t.Benefits = []record.Name{g.partyName()}
	}
	if g.one(6) {
		t.Needs = []record.Name{pick(g, parties).Name}
	}
}

// pack puts recent terms together. Half of them are then agreed, by acts that
// come among other entries.
func (g *Gen) pack(d *draft) record.Body {
	var terms []accord.TermRef
	var of []*version
	for range 1 + g.rng.IntN(4) {
		t := from(g, &g.terms)
		if t == nil {
			return g.term(d)
		}
		if !slices.ContainsFunc(terms, func(r accord.TermRef) bool { return r.Name == t.term.Name }) {
			terms, of = append(terms, accord.TermRef{Name: t.ref.Name, Version: t.ref.Version, Hash: t.ref.Hash}), append(of, t)
		}
	}
	if g.dangling() {
		terms = append(terms, accord.TermRef{Name: "elsewhere", Version: 1, Hash: g.hash()})
	}
	n := g.inUse(&g.titles, maxVersions, numbered("package"))
	p := accord.Package{
		Name: n.name, Version: n.used, Terms: terms, Needs: []record.Name{"power", "movement"}, Parts: g.one(8), Replaces: n.last,
		Text: g.maybe(g.text()), Lang: "en", Salt: g.id(),
	}
	if g.one(8) {
		p.Version = max(1, p.Version-1)
	}
	if g.one(5) {
		p.Needs = append(p.Needs, "ally")
	}
	if g.one(4) {
		p.Lapses = g.now + record.Instant(g.rng.IntN(5*day))
		p.ReceiptBy = g.person()
	}
	v := &version{ref: p.Ref(), needs: p.Needs, terms: of}
	n.last = v.ref.Hash
	g.packs.add(v)
	if g.one(2) && len(g.plan) < 64 {
		g.agree(v)
	}
	return p
}

// agree plans that every party that a package needs accepts and echoes it.
func (g *Gen) agree(v *version) {
	for _, echo := range []bool{false, true} {
		for _, party := range v.needs {
			a := accord.Act{Party: party, On: v.ref, Echo: echo}
			if !echo {
				a.Position = accord.Accepted
			}
			g.plan = append(g.plan, func(d *draft) {
				g.by(d, g.voice(party))
				v.acts++
				d.Body, d.own = a, true
			})
		}
	}
	g.plan = append(g.plan, func(*draft) {
		for _, t := range v.terms {
			g.agreed.add(t)
		}
	})
}

// voice gives who speaks for a party, most often its envoy.
func (g *Gen) voice(party record.Name) record.Name {
	best := g.person()
	for _, p := range cast {
		if p.of == party {
			best = p.name
			if !g.one(8) {
				break
			}
		}
	}
	return best
}

func (g *Gen) act(d *draft) record.Body {
	v := from(g, &g.packs)
	if v == nil || g.one(4) {
		v = from(g, &g.terms)
	}
	if v == nil || v.acts >= maxActs {
		return nil
	}
	v.acts++
	a := accord.Act{Party: pick(g, v.needs), On: v.ref, Position: pick(g, positions), Text: g.maybe(g.text())}
	switch {
	case g.one(8):
		a.Party = g.partyName()
	case g.dangling():
		a.On.Hash = g.hash()
	}
	if g.one(6) {
		a.Position, a.Echo = "", true
	}
	if !g.one(4) {
		g.by(d, g.voice(a.Party))
		d.own = g.one(2)
	}
	if g.one(3) {
		a.Under = g.ref(&g.creds)
	}
	return a
}

// who gives the party that would speak of the performance of t.
func (g *Gen) who(t accord.Term) record.Name {
	n := pick(g, []record.Name{t.Debtor, t.Debtor, t.Creditor, t.Monitor})
	if n == "" || g.one(8) {
		return g.partyName()
	}
	return n
}

func (g *Gen) performance(d *draft) record.Body {
	v := from(g, &g.agreed)
	if v == nil || g.one(4) {
		v = from(g, &g.terms)
	}
	if v == nil || v.acts >= maxActs {
		return nil
	}
	v.acts++
	p := accord.Performance{By: g.who(v.term), On: v.ref, Deed: pick(g, deeds[v.term.Sort]), Text: g.maybe(g.text())}
	if g.dangling() {
		p.On.Hash = g.hash()
	}
	if len(v.term.Quantity) > 0 && g.one(2) {
		q := pick(g, v.term.Quantity)
		p.Amount, p.Unit = int64(g.rng.IntN(int(q.Max)+1)), q.Unit
	}
	if len(v.term.Persons) > 0 && g.one(2) {
		p.Persons = v.term.Persons[:1]
	}
	if !g.one(4) {
		g.by(d, g.voice(p.By))
		d.own = true
	}
	return p
}

func (g *Gen) event(d *draft) record.Body {
	e := accord.Event{By: g.partyName(), What: g.happening(), Denied: g.one(5), Text: g.maybe(g.text())}
	if g.one(3) {
		e.At = g.now - record.Instant(g.rng.IntN(3*day))
	}
	if !g.one(3) {
		g.by(d, g.voice(e.By))
		d.own = true
	}
	return e
}

func (g *Gen) nothing(*draft) record.Body {
	n := accord.NothingOwed{Party: pick(g, parties).Name, Text: g.maybe(g.text())}
	if g.one(2) {
		n.Told = g.person()
	}
	return n
}
