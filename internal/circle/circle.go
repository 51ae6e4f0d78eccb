package circle

import (
	"bytes"
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// Circle says who was given what, as the reader of one projection may see it.
// It keeps ids by subject and reads each entry anew when it is asked, so that a
// correction shows, and what it says of one person costs what he knows.
type Circle struct {
	p    *record.Projection
	book *lean.Book // in which is noted what is read; nil where nothing grows

	told      index[record.Name]     // entries that give somebody something, or that he said or wrote
	line      index[record.Name]     // entries that went over a line of this desk
	people    index[record.Name]     // introductions and roles of a person or party
	members   index[record.Name]     // introductions of the people of a party
	acts      index[record.Name]     // acts in the name of a party
	to        index[record.Name]     // incidents by who has it now
	of        index[keys.ID]         // steps of an incident, progress of a plan, answers to a request
	talks     index[record.Name]     // messages that somebody carried for him
	denied    index[keys.ID]         // messages that deny an entry
	heard     index[keys.ID]         // what came over a line in answer to an entry, or reads it back
	lines     index[record.Name]     // planned lines
	listed    index[record.Kind]     // incidents, requests, plans, accounts, retention
	everybody []record.Name          // whom told and to know, in no order that means anything
	reaches   map[keys.ID]*reach     // whom incidents concern, as far as was looked
	trails    map[record.Name]*trail // of those of whom parts were asked

	sources map[keys.ID]*lean.Source // entries on which something leans, here or not
	grown   lean.Source              // that there are more entries
	fixed   lean.Source              // that some entry was corrected
	met     lean.Source              // everybody, and whom incidents gave something
}

// New gives the circle of p before Add has been called for any of its items.
// What it reads for somebody who computes is noted in book; nil notes nothing.
func New(p *record.Projection, book *lean.Book) *Circle {
	names := func() index[record.Name] { return index[record.Name]{} }
	return &Circle{
		p: p, book: book, told: names(), line: names(), people: names(), members: names(), acts: names(), to: names(), lines: names(), talks: names(),
		of: index[keys.ID]{}, denied: index[keys.ID]{}, heard: index[keys.ID]{}, listed: index[record.Kind]{}, reaches: map[keys.ID]*reach{}, trails: map[record.Name]*trail{}, sources: map[keys.ID]*lean.Source{},
	}
}

// Read gives the circle of p.
func Read(p *record.Projection) *Circle {
	c := New(p, nil)
	for _, it := range p.Items() {
		c.Add(it)
	}
	return c
}

// Add takes in one item of the projection. Called again for an item that was
// corrected since, it takes in what it says now.
func (c *Circle) Add(it record.Seen) {
	c.changed(it)
	c.stir(it)
	if c.foreign(it) {
		return
	}
	for _, n := range c.readers(it) {
		c.tell(n, it.ID)
	}
	for _, n := range c.over(it) {
		note(c, c.line, n, it.ID)
	}
	c.answered(it)
	switch b := it.Body.(type) {
	case record.Role:
		note(c, c.people, b.Person, it.ID)
	case record.Person:
		note(c, c.people, b.Name, it.ID)
		note(c, c.members, b.Of, it.ID)
	case record.Party:
		note(c, c.people, b.Name, it.ID)
	case accord.Act:
		note(c, c.acts, b.Party, it.ID)
	case record.Message:
		note(c, c.denied, b.Denies, it.ID)
		if len(b.Via) > 0 {
			note(c, c.talks, b.From, it.ID)
		}
	case PlannedLine:
		note(c, c.lines, b.For, it.ID)
	case Request:
		note(c, c.listed, KindRequest, it.ID)
	case Answer:
		note(c, c.of, it.Answers, it.ID)
	case Incident:
		note(c, c.listed, KindIncident, it.ID)
		note(c, c.to, b.To, it.ID)
		c.book.Change(&c.met)
	case IncidentStep:
		note(c, c.of, b.Of, it.ID)
	case Plan:
		note(c, c.listed, KindPlan, it.ID)
	case Notification:
		note(c, c.of, b.Plan, it.ID)
	case Account:
		note(c, c.listed, KindAccount, it.ID)
	case Retention:
		note(c, c.listed, KindRetention, it.ID)
	}
}

// foreign reports whether an item is of a private kind and another desk's: no
// desk sends these; one that lies may.
func (c *Circle) foreign(it record.Seen) bool {
	return record.IsPrivate(it.Body) && it.By != c.p.Keeper()
}

// over gives the lines of this desk that an item went over, by who is at the
// other end.
func (c *Circle) over(it record.Seen) []record.Name {
	if peer := it.Came.Over(); peer != "" {
		return []record.Name{peer}
	}
	if it.By == c.p.Keeper() {
		return it.Audience
	}
	return nil
}

// answered notes what came over a line under the entry that it answers, or
// reads back: by what it said first, since he who takes his words back has heard
// all the same.
func (c *Circle) answered(it record.Seen) {
	if it.Came.Over() == "" {
		return
	}
	note(c, c.heard, it.Answers, it.ID)
	first := it.First
	if first == nil {
		first = it.Body
	}
	if r, ok := first.(record.ReadBack); ok {
		note(c, c.heard, r.Of, it.ID)
	}
}

func (c *Circle) tell(who record.Name, id keys.ID) {
	if who == "" || who == c.p.Keeper() {
		return // the keeper has everything
	}
	if l := c.told[who]; l == nil || len(l.ids) == 0 {
		c.everybody = append(c.everybody, who)
	}
	c.book.Change(&c.met)
	note(c, c.told, who, id)
}

// items gives the items of a list of ids as they are now, each once, in the
// order of the record: whatever the order in which they came.
func (c *Circle) items(lists ...[]keys.ID) []record.Seen {
	var out []record.Seen
	seen := map[keys.ID]bool{}
	for _, list := range lists {
		for _, id := range list {
			if it, ok := c.get(id); ok && !seen[id] {
				seen[id] = true
				out = append(out, it)
			}
		}
	}
	slices.SortFunc(out, func(a, b record.Seen) int { return inOrder(&a, &b) })
	return out
}

func inOrder(a, b *record.Seen) int {
	return cmp.Or(cmp.Compare(a.When(), b.When()), cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:]))
}

// latest gives the last of those items in the order in which they were logged.
func latest(list []record.Seen) (record.Seen, bool) {
	if len(list) == 0 {
		return record.Seen{}, false
	}
	return slices.MaxFunc(list, func(a, b record.Seen) int {
		return cmp.Or(cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:]))
	}), true
}

// Keeper gives whose desk it is.
func (c *Circle) Keeper() record.Name { return c.p.Keeper() }

// Everybody gives all who were given anything, or said anything, or to whom an
// incident brought something, by name. The keeper is not among them.
func (c *Circle) Everybody() []record.Name {
	c.book.Read(&c.met)
	out := slices.Clone(c.everybody)
	for n := range c.to {
		if l := c.told[n]; (l == nil || len(l.ids) == 0) && n != c.p.Keeper() {
			out = append(out, n)
		}
	}
	out = slices.DeleteFunc(out, func(n record.Name) bool { return !c.anything(n) })
	slices.Sort(out)
	return out
}

// anything reports whether somebody was given anything.
func (c *Circle) anything(n record.Name) bool {
	for _, id := range under(c, c.told, n) {
		if it, ok := c.get(id); ok && slices.Contains(c.readers(it), n) {
			return true
		}
	}
	for _, it := range c.items(under(c, c.to, n)) {
		if len(c.exposures(it)) > 0 {
			return true
		}
	}
	return false
}

// PartyOf gives the party of a person: by the keeper's own role for him, or as
// he was introduced; "" for none. A party is its own.
func (c *Circle) PartyOf(n record.Name) record.Name {
	party := record.Name("")
	for _, it := range c.items(under(c, c.people, n)) {
		switch b := it.Body.(type) {
		case record.Party:
			return n
		case record.Role:
			if it.By == c.p.Keeper() && b.Party != "" {
				return b.Party
			}
		case record.Person:
			if party == "" || it.By == c.p.Keeper() {
				party = b.Of
			}
		}
	}
	return party
}

// MembersOf gives a party and its people, or one person alone.
func (c *Circle) MembersOf(n record.Name) []record.Name {
	out := []record.Name{n}
	for _, it := range c.items(under(c, c.members, n)) {
		if p, ok := it.Body.(record.Person); ok && p.Of == n && !slices.Contains(out, p.Name) {
			out = append(out, p.Name)
		}
	}
	slices.Sort(out)
	return out
}

// inside reports whether somebody takes part in the talks, as this desk has it:
// in a role that the keeper gave him, other than that of one who is told; by a
// party that is at the table; or since somebody carries for him. Anybody else is
// outside: default-deny.
func (c *Circle) inside(n record.Name) bool {
	if n == c.p.Keeper() {
		return true
	}
	told := false
	for _, it := range c.items(under(c, c.people, n)) {
		if r, ok := it.Body.(record.Role); ok && it.By == c.p.Keeper() {
			if r.As != record.Contact {
				return true
			}
			told = true
		}
	}
	if told {
		return false
	}
	for _, it := range c.items(under(c, c.talks, n)) {
		if m, ok := it.Body.(record.Message); ok && m.From == n && len(m.Via) > 0 {
			return true
		}
	}
	party := c.PartyOf(n)
	at := false
	for _, it := range c.items(under(c, c.people, party)) {
		if b, ok := it.Body.(record.Party); ok && it.By == c.p.Keeper() {
			at = b.Side != "" && !b.Absent
		}
	}
	return at
}
