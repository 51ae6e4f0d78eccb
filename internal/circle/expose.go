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
func (c *Circle) Incidents() []keys.ID { return ids(c.items(under(c, c.listed, KindIncident))) }

func ids(list []record.Seen) []keys.ID {
	out := make([]keys.ID, len(list))
	for i, it := range list {
		out[i] = it.ID
	}
	return out
}

// Exposed gives what one incident exposed.
func (c *Circle) Exposed(id keys.ID) (Exposure, bool) {
	it, _ := c.get(id)
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
	x.Affected = c.affected(it.ID, b)
	x.Steps = c.checklist(it.ID, b, x.Affected)
	return x, true
}

// Steps gives the checklist of one incident, without all that it exposed.
func (c *Circle) Steps(id keys.ID) (Incident, []Step, bool) {
	it, _ := c.get(id)
	b, ok := it.Body.(Incident)
	if !ok {
		return b, nil, false
	}
	return b, c.checklist(id, b, c.affected(id, b)), true
}

// exposed gives the entries that an incident exposed. A leak and a wrong
// recipient: those that it names. An interception: also what was said while it
// lasted by those whom it concerns, over the lines that it concerns, in the
// forms that it concerns. Of a desk that was lost or seized: also all that had
// come to it by then.
func (c *Circle) exposed(b Incident) []record.Seen {
	named := named(b.What)
	lists, all := c.where(b)
	if all {
		lists = [][]keys.ID{c.all()}
	}
	var out []keys.ID
	for _, it := range c.items(lists...) {
		exposed, told := c.exposes(it, b)
		named = append(named, told...)
		if exposed {
			out = append(out, it.ID)
		}
	}
	return c.items(named, out)
}

func named(what []record.Ref) []keys.ID {
	var out []keys.ID
	for _, r := range what {
		if !r.Entry.IsZero() {
			out = append(out, r.Entry)
		}
	}
	return out
}

// where gives the entries among which those exposed are; or that they may be
// anywhere. A leak and a wrong recipient give what they name, and no more.
func (c *Circle) where(b Incident) (lists [][]keys.ID, all bool) {
	if b.Sort == Leak || b.Sort == WrongRecipient {
		return nil, false
	}
	if slices.Contains(b.People, c.p.Keeper()) || len(b.Lines)+len(b.People) == 0 && len(b.Forms) > 0 {
		return nil, true
	}
	for _, n := range b.Lines {
		lists = append(lists, under(c, c.line, n))
	}
	for _, n := range b.People {
		lists = append(lists, under(c, c.told, n))
	}
	return lists, false
}

// exposes reports whether an item is exposed for where it passed, and names
// what it tells of that was on a desk.
func (c *Circle) exposes(it record.Seen, b Incident) (exposed bool, told []keys.ID) {
	in := func(list []record.Name) bool {
		return slices.ContainsFunc(list, func(n record.Name) bool { return n == c.p.Keeper() || slices.Contains(c.readers(it), n) })
	}
	at := len(b.Lines)+len(b.People) == 0 || in(b.People) || slices.ContainsFunc(c.over(it), func(n record.Name) bool { return slices.Contains(b.Lines, n) })
	if !at || c.foreign(it) || past(it, b) {
		return false, nil
	}
	if d, ok := it.Body.(Disclosure); ok && b.Sort.ofDesk() {
		told = named(d.What) // what its keeper was told of is on it
	}
	return !record.IsPrivate(it.Body) && c.spoken(it) && (b.Sort.ofDesk() || c.near(it, b) && it.When() >= b.From) && b.inForm(it), told
}

// reach is whom an incident concerns, as far as was looked. Entries are taken
// in as they come; a correction has it all looked at again.
type reach struct {
	upTo  []int // of each list where they are; or of all places
	names map[record.Name]bool
	wait  []keys.ID // named, and not here yet
}

// concerned gives through whose hands an entry went, and whom a message is meant
// for: it concerns him before he has it.
func (c *Circle) concerned(it record.Seen) []record.Name {
	out := slices.Clone(c.readers(it))
	if m, ok := it.Body.(record.Message); ok {
		out = append(out, m.To)
	}
	return out
}

// affected gives everybody whom an exposed entry concerns, but those
// whose incident it is, whoever has it now, and the keeper. An entry more costs
// what it is, not all that was exposed before.
func (c *Circle) affected(id keys.ID, b Incident) []record.Name {
	r := c.reaches[id]
	if r == nil {
		r = &reach{names: map[record.Name]bool{}, wait: named(b.What)}
		c.reaches[id] = r
	}
	c.book.Read(&c.fixed)
	lists, all := c.where(b)
	take := func(it record.Seen) {
		exposed, told := c.exposes(it, b)
		if exposed {
			r.pass(c.concerned(it))
		}
		r.wait = append(r.wait, told...)
	}
	if r.upTo == nil {
		r.upTo = make([]int, len(lists)+1)
	}
	for i, l := range lists {
		for ; r.upTo[i] < len(l); r.upTo[i]++ {
			if it, ok := c.p.Get(l[r.upTo[i]]); ok {
				take(it)
			}
		}
	}
	if all {
		c.book.Read(&c.grown)
		for ; r.upTo[0] < c.p.Len(); r.upTo[0]++ {
			take(c.p.At(r.upTo[0]))
		}
	}
	r.wait = slices.DeleteFunc(r.wait, func(id keys.ID) bool {
		it, ok := c.p.Get(id)
		if ok {
			r.pass(c.concerned(it))
			return true
		}
		c.get(id) // what comes later is looked at then
		return false
	})
	var out []record.Name
	for n := range r.names {
		if n != b.To && n != c.p.Keeper() && !slices.Contains(b.People, n) {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

func (r *reach) pass(names []record.Name) {
	for _, n := range names {
		r.names[n] = true
	}
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
	c.book.Read(&c.grown)
	var out []keys.ID
	for _, it := range c.p.Items() {
		out = append(out, it.ID)
	}
	return out
}

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
		if len(under(c, c.line, n)) > 0 {
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
	said := slices.Clone(c.items(under(c, c.of, id)))
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
