package circle

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Exposure is what an incident exposed, as far as the record tells.
type Exposure struct {
	Incident Incident        `json:"incident"`
	Entry    keys.ID         `json:"entry"`
	Said     record.Interval `json:"said"`
	Since    record.Instant  `json:"since"`   // known since
	By       record.Name     `json:"by"`      // who logged it
	Source   record.Name     `json:"source"`  // from whom
	Entries  []keys.ID       `json:"entries"` // exposed, in order
	Affected []record.Name   `json:"affected"`
	Steps    []Step          `json:"steps"`
}

// Step is one line of the checklist of an incident.
type Step struct {
	Do    Remedy      `json:"do"`
	Who   record.Name `json:"who,omitempty"`
	Text  string      `json:"text,omitempty"`
	Done  bool        `json:"done"`
	By    record.Name `json:"by,omitempty"`
	Entry keys.ID     `json:"entry,omitzero"` // that says so; zero for one that follows from the incident
}

// Incidents gives every incident, in order.
func (c *Circle) Incidents() []keys.ID { return ids(c.items(c.incidents)) }

func ids(list []record.Seen) []keys.ID {
	out := make([]keys.ID, len(list))
	for i, it := range list {
		out[i] = it.ID
	}
	return out
}

// Exposed gives what one incident exposed.
func (c *Circle) Exposed(id keys.ID) (Exposure, bool) {
	it, _ := c.p.Get(id)
	b, ok := it.Body.(Incident)
	if !ok {
		return Exposure{}, false
	}
	x := Exposure{Incident: b, Entry: it.ID, Said: it.Said, Since: b.Known, By: it.By, Source: it.HeardFrom}
	if x.Source == "" {
		x.Source = it.Speaker()
	}
	if x.Said.IsZero() {
		x.Said = record.Moment(it.At)
	}
	if x.Since == 0 {
		x.Since = it.At
	}
	exposed := c.exposed(b)
	x.Entries = ids(exposed)
	for _, e := range exposed {
		for _, n := range c.hands(e) {
			if n != b.To && n != c.p.Keeper() && !slices.Contains(x.Affected, n) && !slices.Contains(b.People, n) {
				x.Affected = append(x.Affected, n)
			}
		}
	}
	slices.Sort(x.Affected)
	x.Steps = c.checklist(it.ID, b, x.Affected)
	return x, true
}

// exposed gives the entries that an incident exposed. A leak and a wrong
// recipient: those that it names. An interception: also what was said while it
// lasted by those whom it concerns, over the lines that it concerns, in the
// forms that it concerns. Of a desk that was lost or seized: also all that had
// come to it by then.
func (c *Circle) exposed(b Incident) []record.Seen {
	var named, candidates []keys.ID
	for _, r := range b.What {
		if !r.Entry.IsZero() {
			named = append(named, r.Entry)
		}
	}
	if b.Sort == Leak || b.Sort == WrongRecipient {
		return c.items(named) // these give what they name, and no more
	}
	for _, n := range b.Lines {
		candidates = append(candidates, c.line[n]...)
	}
	for _, n := range b.People {
		if n == c.p.Keeper() {
			candidates = append(candidates, c.all()...)
		} else {
			candidates = append(candidates, c.told[n]...)
		}
	}
	if len(b.Lines)+len(b.People) == 0 && len(b.Forms) > 0 {
		candidates = c.all()
	}
	var out []keys.ID
	for _, it := range c.items(candidates) {
		if d, ok := it.Body.(Disclosure); ok && b.Sort.ofDesk() {
			for _, r := range d.What { // what its keeper was told of is on it
				if !r.Entry.IsZero() && !past(it, b) {
					named = append(named, r.Entry)
				}
			}
		}
		if !record.IsPrivate(it.Body) && c.spoken(it) && (b.Sort.ofDesk() || c.near(it, b)) && !past(it, b) && (b.Sort.ofDesk() || it.When() >= b.From) && b.inForm(it) {
			out = append(out, it.ID)
		}
	}
	return c.items(named, out)
}

// near reports whether an item passed where the incident was: over one of its
// lines, or with one of its people there. What a go-between handed on to
// somebody else was not said by whoever he had it from.
func (c *Circle) near(it record.Seen, b Incident) bool {
	at := slices.Concat(b.Lines, b.People)
	peer := it.Came.Over()
	switch {
	case len(at) == 0 || slices.Contains(at, c.p.Keeper()):
		return true
	case peer != "":
		return slices.Contains(at, peer)
	case it.By == c.p.Keeper() && len(it.Audience) > 0:
		return slices.ContainsFunc(it.Audience, func(n record.Name) bool { return slices.Contains(at, n) })
	}
	return true
}

// past reports whether an item was said after the incident ended. What was said
// "in April" may have been said before.
func past(it record.Seen, b Incident) bool {
	from := it.At
	if !it.Said.IsZero() {
		from = it.Said.From
	}
	return b.Until != 0 && from > b.Until
}

func (b Incident) inForm(it record.Seen) bool {
	if len(b.Forms) == 0 {
		return true
	}
	form := record.Text // what goes over a line and is no message
	if m, ok := it.Body.(record.Message); ok {
		form = m.Form
	}
	return slices.Contains(b.Forms, form)
}

// spoken reports whether an item ever left somebody: it was said, sent or
// carried, and is not only on this desk.
func (c *Circle) spoken(it record.Seen) bool {
	if _, ok := it.Body.(record.Message); ok {
		return true
	}
	return it.By != c.p.Keeper() || len(it.Audience) > 0 || !it.FirstHand()
}

// all gives every entry of the projection.
func (c *Circle) all() []keys.ID {
	var out []keys.ID
	for _, it := range c.p.Items() {
		out = append(out, it.ID)
	}
	return out
}

// hands gives through whose hands an item went.
func (c *Circle) hands(it record.Seen) []record.Name { return c.readers(it) }

// exposures gives what an incident gave whoever has it now.
func (c *Circle) exposures(it record.Seen) []Grant {
	b, ok := it.Body.(Incident)
	if !ok || b.To == "" {
		return nil
	}
	said := it.Said
	if said.IsZero() {
		said = record.Moment(it.At)
	}
	if b.Until != 0 {
		said = record.Interval{From: b.From, To: b.Until, Zone: said.Zone}
		if b.From == 0 {
			said.From = b.Until // by then at the latest
		}
	}
	g := Grant{To: b.To, Footing: b.Sort.Footing(), Said: said, Known: it.Known, Source: it.ID, Reported: it.HeardFrom != ""}
	if b.Sort == Leak && len(b.People) == 1 {
		g.By = b.People[0]
	}
	var out []Grant
	if b.Channel {
		channel := g
		channel.Channel = true
		out = append(out, channel)
	}
	for _, e := range c.exposed(b) {
		one := g
		one.What = record.Ref{Entry: e.ID, Hash: hashOf(e.Body)}
		out = append(out, one)
	}
	for _, r := range b.What {
		if r.Entry.IsZero() {
			one := g
			one.What = r
			out = append(out, one)
		}
	}
	return out
}

// checklist gives what is to be done: what follows from the incident, and what
// was written down beside; each as the last word on it has it.
func (c *Circle) checklist(id keys.ID, b Incident, affected []record.Name) []Step {
	var out []Step
	add := func(s Step) {
		if !slices.ContainsFunc(out, func(o Step) bool { return o.Do == s.Do && o.Who == s.Who && o.Text == s.Text }) {
			out = append(out, s)
		}
	}
	lines := slices.Clone(b.Lines)
	for _, n := range b.People {
		if len(c.line[n]) > 0 {
			lines = append(lines, n)
		}
	}
	for _, n := range lines {
		switch b.Sort {
		case Interception:
			add(Step{Do: Rekey, Who: n})
		case LostDesk, SeizedDesk:
			add(Step{Do: CloseLine, Who: n})
		}
	}
	for _, n := range affected {
		add(Step{Do: Tell, Who: n})
	}
	said := slices.Clone(c.items(c.of[id]))
	slices.SortStableFunc(said, func(a, b record.Seen) int { // the last word is the one logged last
		if x, _ := latest([]record.Seen{a, b}); x.ID == a.ID {
			return 1
		}
		return -1
	})
	for _, it := range said {
		s, ok := it.Body.(IncidentStep)
		if !ok || s.Of != id {
			continue
		}
		i := slices.IndexFunc(out, func(o Step) bool {
			return o.Do == s.Do && o.Who == s.Who && (s.Do != Other || o.Text == s.Text)
		})
		if i < 0 {
			out = append(out, Step{})
			i = len(out) - 1
		}
		out[i] = Step{s.Do, s.Who, s.Text, s.Done, s.By, it.ID}
	}
	return out
}
