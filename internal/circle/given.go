package circle

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Grant is one thing that somebody came to know: an entry or a text, that there
// is a channel, or explicitly nothing.
type Grant struct {
	To       record.Name     `json:"to"`
	What     record.Ref      `json:"what,omitzero"`
	Channel  bool            `json:"channel,omitempty"` // that there is a channel, and no entry of it
	Nothing  bool            `json:"nothing,omitempty"` // he was told, and nothing
	Owes     record.Name     `json:"owes,omitempty"`    // the party of which he was told that it owes nothing: an explicit empty set of terms
	By       record.Name     `json:"by,omitempty"`      // from whom; empty where nobody told him
	Footing  Footing         `json:"footing"`
	Own      bool            `json:"own,omitempty"`      // he said or wrote it himself
	Reported bool            `json:"reported,omitempty"` // somebody's word, not this desk's own knowledge
	Said     record.Interval `json:"said"`               // when he came to know it
	Known    record.Instant  `json:"known"`              // when this desk knew that
	Source   keys.ID         `json:"source"`             // the entry that says so
	Asked    keys.ID         `json:"asked,omitzero"`     // on whose asking: the request, or the message that asked
}

// Knows is what one person knows, in the order in which he came to.
type Knows struct {
	Who     record.Name     `json:"who"`
	Inside  bool            `json:"inside"` // takes part in the talks
	Grants  []Grant         `json:"grants"`
	Channel record.Interval `json:"channel,omitzero"` // when he first knew that there is a channel
	First   keys.ID         `json:"first,omitzero"`   // the entry that says so
}

// Entries gives the entries that he was given, each once. What he said or wrote
// himself nobody gave him.
func (k Knows) Entries() []keys.ID {
	var out []keys.ID
	seen := map[keys.ID]bool{}
	for _, g := range k.Grants {
		if id := g.What.Entry; !g.Own && !id.IsZero() && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// Has reports whether he was given that entry, or that version of a text.
func (k Knows) Has(r record.Ref) bool {
	return slices.ContainsFunc(k.Grants, func(g Grant) bool {
		return !r.Entry.IsZero() && g.What.Entry == r.Entry || !r.Hash.IsZero() && g.What.Hash == r.Hash
	})
}

// Of gives what one person was given. Of the keeper it gives nothing: he has
// the record.
func (c *Circle) Of(who record.Name) Knows {
	k := Knows{Who: who, Inside: c.inside(who), Grants: c.direct(who)}
	for _, it := range c.items(under(c, c.to, who)) {
		k.Grants = append(k.Grants, c.exposures(it)...)
	}
	slices.SortStableFunc(k.Grants, func(a, b Grant) int {
		return cmp.Or(cmp.Compare(a.Said.To, b.Said.To), cmp.Compare(a.Known, b.Known))
	})
	k.begin(k.Grants)
	return k
}

// direct gives what he was given otherwise than by an incident.
func (c *Circle) direct(who record.Name) []Grant {
	var out []Grant
	if who == c.p.Keeper() {
		return nil
	}
	g := granter{c: c, only: who, foot: Briefed}
	if c.inside(who) {
		g.foot = OfParty
	}
	for _, it := range c.items(under(c, c.told, who)) {
		out = append(out, g.grants(it)...)
	}
	return out
}

// readers gives whom one item gives anything.
func (c *Circle) readers(it record.Seen) []record.Name {
	g := granter{c: c, quick: true}
	g.grants(it)
	return g.names
}

// grants gives whom one item gives what.
func (g *granter) grants(it record.Seen) []Grant {
	g.it, g.said, g.out = it, it.Said, nil
	if g.said.IsZero() {
		g.said = record.Moment(it.At)
	}
	if record.IsPrivate(it.Body) {
		if d, ok := it.Body.(Disclosure); ok {
			g.disclosure(d)
		}
		return g.out
	}
	this := g.ref(it)
	switch b := it.Body.(type) {
	case record.Message:
		g.message(this, b)
	case record.Conveyance:
		if b.Step == record.Handed || b.Step == record.Conveyed || b.Step == record.Received {
			what := b.As
			if what.IsZero() {
				what = b.Of
			}
			g.give(b.To, g.refTo(what), it.Speaker(), "")
		}
		return g.out // a mark is nothing that anybody is given by itself, save its audience
	case record.ReadBack:
		g.give(b.By, g.refTo(b.Of), "", "")
	case accord.NothingOwed:
		if b.Told != "" {
			g.add(Grant{To: b.Told, What: this, Owes: b.Party, By: it.Speaker(), Footing: g.foot})
		}
	case Request:
		g.own(b.By, this)
		g.give(b.Of, this, b.By, "")
	case Answer:
		g.answer(this, b)
	}
	g.own(it.Speaker(), this)
	g.give(it.HeardFrom, this, "", "")
	g.own(it.By, this)
	for _, n := range it.Audience {
		g.give(n, this, it.By, "")
	}
	return g.out
}

// granter gathers what one item gives.
type granter struct {
	c     *Circle
	only  record.Name // to whom; empty: to anybody
	foot  Footing     // on which he stands who was told in the course of the talks
	quick bool        // names alone
	it    record.Seen
	said  record.Interval
	out   []Grant
	names []record.Name // of whoever is given anything
}

func (g *granter) add(x Grant) {
	if g.quick {
		if x.To != "" && x.To != g.c.p.Keeper() && !slices.Contains(g.names, x.To) {
			g.names = append(g.names, x.To)
		}
		return
	}
	if x.To == "" || x.To == g.c.p.Keeper() || g.only != "" && x.To != g.only || slices.ContainsFunc(g.out, func(o Grant) bool { return o.To == x.To && o.What == x.What && o.Channel == x.Channel }) {
		return
	}
	x.Said, x.Known, x.Source = g.said, g.it.Known, g.it.ID
	x.Reported = !x.Own && (g.it.HeardFrom != "" || g.it.By != x.By && g.it.By != x.To) && g.it.Came.Over() != x.To
	g.out = append(g.out, x)
}

// give gives what to somebody, from somebody, on the footing that he has; or on
// another one, where that is said.
func (g *granter) give(to record.Name, what record.Ref, by record.Name, on Footing) {
	if to == "" || what.IsZero() {
		return
	}
	if on == "" {
		on = g.foot
	}
	g.add(Grant{To: to, What: what, By: by, Footing: on})
}

// own says that somebody said or wrote it himself.
func (g *granter) own(who record.Name, what record.Ref) {
	g.add(Grant{To: who, What: what, By: who, Footing: g.foot, Own: true})
}

// message gives it to every hand on its way: the hands between carry a sealed
// one unread.
func (g *granter) message(this record.Ref, m record.Message) {
	g.own(m.From, this)
	last := m.From
	for _, n := range m.Via {
		if m.Fidelity != record.Sealed {
			g.give(n, this, last, "")
		}
		last = n
	}
	asked, ok := g.c.get(g.it.Answers)
	if ask, is := asked.Body.(record.Message); ok && is && m.SpeechAct == record.Confirm && ask.SpeechAct == record.Ask && ask.From == m.To {
		g.add(Grant{To: m.To, What: this, By: last, Footing: Confirmed, Asked: asked.ID})
		return
	}
	if !g.waits(m) {
		g.give(m.To, this, last, "")
	}
}

// waits reports whether a message says for whom it is meant, and went no further
// than to the keeper: its author told him, by voice or over his line, and says
// nothing of any other way; or no further than from him, to a hand that is to
// pass it on. Whom it is meant for has it when it was passed on.
func (g *granter) waits(m record.Message) bool {
	keeper, it := g.c.p.Keeper(), &g.it
	switch {
	case m.To == keeper || slices.Contains(m.Via, keeper) || slices.Contains(it.Audience, m.To):
		return false
	case m.From == keeper:
		return it.By == keeper && it.FirstHand() && len(m.Via) == 0 && len(it.Audience) > 0
	case it.Came.Over() != "":
		return it.Came.Over() == m.From && it.By == m.From && it.FirstHand()
	}
	return it.By == keeper && it.HeardFrom == m.From
}

func (g *granter) disclosure(d Disclosure) {
	if d.Nothing {
		g.add(Grant{To: d.To, Nothing: true, By: d.By, Footing: d.Footing})
	}
	if d.Channel {
		g.add(Grant{To: d.To, Channel: true, By: d.By, Footing: d.Footing, Asked: g.it.Answers})
	}
	for _, r := range d.What {
		g.add(Grant{To: d.To, What: r, By: d.By, Footing: d.Footing, Asked: g.it.Answers})
	}
}

// answer gives the answer itself; and what was asked about, where it confirms.
func (g *granter) answer(this record.Ref, a Answer) {
	g.own(a.By, this)
	if a.As == Silence {
		return
	}
	on := Footing("")
	if a.As == Confirm {
		on = Confirmed
	}
	asked, ok := g.c.get(g.it.Answers)
	r, is := asked.Body.(Request)
	if ok && is && a.As == Confirm {
		if len(r.What) == 0 {
			g.add(Grant{To: a.To, Channel: true, By: a.By, Footing: Confirmed, Asked: asked.ID})
		}
		for _, what := range r.What {
			g.add(Grant{To: a.To, What: what, By: a.By, Footing: Confirmed, Asked: asked.ID})
		}
	}
	g.give(a.To, this, a.By, on)
}

// refTo gives a reference to an entry, with the hash of the text that it bears
// here.
func (g *granter) refTo(id keys.ID) record.Ref {
	if id.IsZero() {
		return record.Ref{}
	}
	if g.quick {
		return record.Ref{Entry: id}
	}
	it, _ := g.c.get(id)
	it.ID = id
	return g.ref(it)
}

func (g *granter) ref(it record.Seen) record.Ref {
	if g.quick {
		return record.Ref{Entry: it.ID}
	}
	return record.Ref{Entry: it.ID, Hash: hashOf(it.Body)}
}

func hashOf(b record.Body) keys.Hash {
	if t, ok := b.(interface{ Hash() keys.Hash }); ok {
		return t.Hash()
	}
	return keys.Hash{}
}
