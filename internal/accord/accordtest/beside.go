package accordtest

import (
	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

var (
	woulds   = []accord.Would{accord.WouldConsider, accord.WouldNot, accord.WouldIf}
	assessed = []record.Assessment{record.Convincing, record.Doubtful, record.Unconvincing}
)

// span gives a stretch of days that is past.
func (g *Gen) span() record.Interval {
	from := g.now - record.Instant(1+g.rng.IntN(20*day))
	return record.Interval{From: from, To: from + record.Instant(g.rng.IntN(2*day)), Zone: pick(g, zones)}
}

func (g *Gen) captive() record.Name {
	if list := g.captives(); len(list) > 0 {
		return list[len(list)-1]
	}
	return "captive-1"
}

func (g *Gen) status(*draft) record.Body {
	s := record.PersonStatus{Person: g.captive(), Status: pick(g, record.Statuses()), Text: g.maybe(g.text())}
	if g.one(2) {
		s.As = g.span()
	}
	return s
}

func (g *Gen) proof(d *draft) record.Body {
	p := record.ProofOfLife{Person: g.captive(), Text: g.maybe(g.text())}
	switch g.rng.IntN(3) {
	case 0:
		p.AskedBy, p.Question = g.person(), g.text()
	case 1:
		p.Answer, p.Date = g.text(), g.span()
	default:
		p.AssessedBy, p.Assessment = g.person(), pick(g, assessed)
	}
	if p.Question == "" {
		d.Answers = g.ref(&g.proofs)
	}
	g.proofs.add(d.ID)
	return p
}

// anyText gives the reference to a text; the zero one where there is none yet.
func (g *Gen) anyText() record.Ref {
	v := from(g, &g.packs)
	if v == nil || g.one(3) {
		v = from(g, &g.terms)
	}
	if v == nil {
		return record.Ref{}
	}
	return v.ref
}

func (g *Gen) sounding(d *draft) record.Body {
	s := accord.Sounding{On: g.anyText(), Text: g.text()}
	if of := from(g, &g.soundings); g.one(4) && of != (keys.ID{}) {
		s.Of, s.Forward = of, true
	} else {
		g.soundings.add(d.ID)
	}
	return s
}

func (g *Gen) soundingAnswer(*draft) record.Body {
	return accord.SoundingAnswer{Of: g.ref(&g.soundings), Party: g.partyName(), Would: pick(g, woulds), Text: g.maybe(g.text())}
}

func (g *Gen) criticism(*draft) record.Body {
	c := accord.Criticism{On: g.anyText(), Text: g.text()}
	if c.On.IsZero() {
		return nil
	}
	if g.one(2) {
		c.Term, c.For = g.topic(), g.partyName()
	}
	return c
}

func (g *Gen) translation(*draft) record.Body {
	t := accord.Translation{On: g.anyText(), Lang: pick(g, langs), Text: g.text()}
	if t.On.IsZero() {
		return nil
	}
	if g.one(2) {
		t.Translator = g.person()
	}
	return t
}
