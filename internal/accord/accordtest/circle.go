package accordtest

import (
	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// what gives some entries and texts.
func (g *Gen) what() []record.Ref {
	var out []record.Ref
	for range g.rng.IntN(4) {
		if t := g.anyText(); g.one(3) && !t.IsZero() {
			out = append(out, t)
		} else if id := g.some(); !id.IsZero() {
			out = append(out, record.Ref{Entry: id})
		}
	}
	return out
}

// mine makes the keeper the author: what is private to a desk comes from nobody
// else.
func (g *Gen) mine(d *draft) {
	g.by(d, g.o.Keeper)
	d.own = g.one(2)
}

func (g *Gen) disclosure(d *draft) record.Body {
	g.mine(d)
	x := circle.Disclosure{To: g.person(), What: g.what(), Channel: g.one(3), Footing: pick(g, circle.Footings()), Form: pick(g, forms), Text: g.maybe(g.text())}
	if v := from(g, &g.packs); v != nil && len(v.terms) > 0 && g.one(4) {
		x.What, x.Channel = []record.Ref{pick(g, v.terms).ref}, false
		x.Proof, x.Signed = v.ref, []record.Name{pick(g, v.needs)}
		if g.one(2) {
			x.Proof.Entry = g.entry()
		}
	}
	x.Nothing = len(x.What) == 0 && !x.Channel
	if g.one(2) {
		x.By = g.person()
	}
	if g.one(3) {
		d.Answers = g.ref(&g.requests)
	}
	return x
}

func (g *Gen) request(d *draft) record.Body {
	if !d.ID.IsZero() { // else it is what a correction says
		g.requests.add(d.ID)
	}
	return circle.Request{By: g.person(), Of: g.person(), What: g.what(), Form: pick(g, forms), Text: g.maybe(g.text())}
}

func (g *Gen) answer(d *draft) record.Body {
	d.Answers = g.ref(&g.requests)
	a := circle.Answer{By: g.person(), To: g.person(), As: pick(g, circle.Replies()), Form: pick(g, forms)}
	if a.As != circle.Silence {
		a.Text = g.text()
	}
	return a
}

func (g *Gen) plannedLine(d *draft) record.Body {
	g.mine(d)
	return circle.PlannedLine{For: g.person(), What: g.what(), As: pick(g, circle.Replies()), Text: g.maybe(g.text())}
}

func (g *Gen) incident(d *draft) record.Body {
	g.mine(d)
	i := circle.Incident{Sort: pick(g, circle.Mishaps()), People: []record.Name{g.person()}, What: g.what(), Channel: g.one(3), Text: g.maybe(g.text())}
	if g.one(2) {
		i.To = g.person()
	}
	if len(g.o.Lines) > 0 && g.one(2) {
		i.Lines = []record.Name{pick(g, g.o.Lines)}
	}
	if g.one(3) {
		i.Forms = []record.Form{pick(g, forms)}
	}
	if g.one(2) {
		i.From = g.now - record.Instant(1+g.rng.IntN(day))
	}
	if g.one(2) {
		i.Until, i.Known = g.now-record.Instant(g.rng.IntN(hour)), g.now
		i.Until = max(i.Until, i.From)
	}
	if !d.ID.IsZero() {
		g.incidents.add(d.ID)
	}
	return i
}

func (g *Gen) incidentStep(d *draft) record.Body {
	g.mine(d)
	return circle.IncidentStep{Of: g.ref(&g.incidents), Do: pick(g, circle.Remedies()), Who: g.person(), Done: g.one(2), By: g.person(), Text: g.text()}
}

func (g *Gen) notificationPlan(d *draft) record.Body {
	g.mine(d)
	p := circle.Plan{On: pick(g, circle.Occasions()), What: g.text()}
	if v := from(g, &g.packs); v != nil && p.On == circle.OnAgreed {
		p.Text = v.ref
	}
	for _, n := range g.hops() {
		dup := false
		for _, s := range p.Steps {
			dup = dup || s.Who == n
		}
		if !dup {
			p.Steps = append(p.Steps, circle.PlanStep{Who: n, By: g.person(), Form: pick(g, forms), Hold: g.one(2), Words: g.text()})
		}
	}
	if len(p.Steps) == 0 {
		p.Steps = []circle.PlanStep{{Who: g.person()}}
	}
	if !d.ID.IsZero() {
		g.plans.add(&plan{d.ID, p.Steps})
	}
	return p
}

// plan is a notification plan that entries may still be about.
type plan struct {
	id    keys.ID
	steps []circle.PlanStep
}

func (g *Gen) notification(d *draft) record.Body {
	g.mine(d)
	n := circle.Notification{Reach: pick(g, circle.Reached()), By: g.person(), Form: pick(g, forms), Text: g.maybe(g.text())}
	p := from(g, &g.plans)
	if p == nil || g.dangling() {
		p = &plan{g.id(), []circle.PlanStep{{Who: "envoy"}}}
	}
	n.Plan = p.id
	if n.Reach != circle.Begun {
		n.Who = pick(g, p.steps).Who
	}
	if n.Reach == circle.Told && g.one(2) {
		n.As = g.some()
	}
	return n
}

var claimed = []accord.Position{accord.Floated, accord.Proposed, accord.Accepted, accord.Rejected, accord.Withdrawn}

func (g *Gen) account(*draft) record.Body {
	a := circle.Account{Where: g.maybe("the press"), Text: g.text()}
	switch g.rng.IntN(3) {
	case 0:
		a.Source.Name = g.person()
	case 1:
		a.Source.Role, a.Source.Of = "an official", g.partyName()
	default:
		a.Source.Knowledge = pick(g, circle.Levels())
	}
	if g.one(5) {
		a.Declined = true
		return a
	}
	for range 1 + g.rng.IntN(3) {
		c := circle.Claim{Sort: pick(g, circle.ClaimSorts()), Who: g.person(), Not: g.one(4), Text: g.maybe(g.text())}
		switch c.Sort {
		case circle.ClaimStance:
			c.Who, c.Position, c.On = g.partyName(), pick(g, claimed), g.anyText()
		case circle.ClaimUnconditional:
			c.Who, c.On = "", g.anyText()
		case circle.ClaimPart:
			c.Part = pick(g, circle.Parts())
		default:
			if id := g.some(); !id.IsZero() {
				c.On = record.Ref{Entry: id}
			}
		}
		a.Claims = append(a.Claims, c)
	}
	return a
}

func (g *Gen) retention(d *draft) record.Body {
	g.mine(d)
	r := circle.Retention{Policy: pick(g, circle.Policies()), Text: g.maybe(g.text())}
	if g.one(2) {
		r.Of = g.some()
	}
	if r.Policy == circle.DestroyOn {
		r.On = g.now + record.Instant(g.rng.IntN(60*day))
	}
	return r
}
