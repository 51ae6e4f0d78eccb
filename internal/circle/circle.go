package circle

import (
	"bytes"
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Circle says who was given what, as the reader of one projection may see it.
// It keeps ids by subject and reads each entry anew when it is asked, so that a
// correction shows, and what it says of one person costs what he knows.
type Circle struct {
	p         *record.Projection
	told      map[record.Name][]keys.ID // entries that give somebody something, or that he said or wrote
	line      map[record.Name][]keys.ID // entries that went over a line of this desk
	people    map[record.Name][]keys.ID // introductions and roles of a person or party
	members   map[record.Name][]keys.ID // introductions of the people of a party
	acts      map[record.Name][]keys.ID // acts in the name of a party
	to        map[record.Name][]keys.ID // incidents by who has it now
	of        map[keys.ID][]keys.ID     // steps of an incident, progress of a plan, answers to a request
	talks     map[record.Name][]keys.ID // messages that somebody carried for him
	denied    map[keys.ID][]keys.ID     // messages that deny an entry
	lines     map[record.Name][]keys.ID // planned lines
	heard     map[keys.ID][]keys.ID     // what came over a line in answer to an entry, or reads it back
	incidents []keys.ID
	requests  []keys.ID
	plans     []keys.ID
	accounts  []keys.ID
	retention []keys.ID
	everybody []record.Name // whom told and to know, in no order that means anything
}

// New gives the circle of p before Add has been called for any of its items.
func New(p *record.Projection) *Circle {
	names := func() map[record.Name][]keys.ID { return map[record.Name][]keys.ID{} }
	return &Circle{
		p: p, told: names(), line: names(), people: names(), members: names(), acts: names(), to: names(), lines: names(), talks: names(),
		of: map[keys.ID][]keys.ID{}, denied: map[keys.ID][]keys.ID{},
		heard: map[keys.ID][]keys.ID{},
	}
}

// Read gives the circle of p.
func Read(p *record.Projection) *Circle {
	c := New(p)
	for _, it := range p.Items() {
		c.Add(it)
	}
	return c
}

// Add takes in one item of the projection. Called again for an item that was
// corrected since, it takes in what it says now.
func (c *Circle) Add(it record.Seen) {
	if record.IsPrivate(it.Body) && it.By != c.p.Keeper() {
		return // no desk sends these; one that lies may
	}
	for _, n := range c.readers(it) {
		c.tell(n, it.ID)
	}
	c.travelled(it)
	c.answered(it)
	switch b := it.Body.(type) {
	case record.Role:
		note(c.people, b.Person, it.ID)
	case record.Person:
		note(c.people, b.Name, it.ID)
		note(c.members, b.Of, it.ID)
	case record.Party:
		note(c.people, b.Name, it.ID)
	case accord.Act:
		note(c.acts, b.Party, it.ID)
	case record.Message:
		note(c.denied, b.Denies, it.ID)
		if len(b.Via) > 0 {
			note(c.talks, b.From, it.ID)
		}
	case PlannedLine:
		note(c.lines, b.For, it.ID)
	case Request:
		c.requests = once(c.requests, it.ID)
	case Answer:
		note(c.of, it.Answers, it.ID)
	case Incident:
		c.incidents = once(c.incidents, it.ID)
		note(c.to, b.To, it.ID)
	case IncidentStep:
		note(c.of, b.Of, it.ID)
	case Plan:
		c.plans = once(c.plans, it.ID)
	case Notification:
		note(c.of, b.Plan, it.ID)
	case Account:
		c.accounts = once(c.accounts, it.ID)
	case Retention:
		c.retention = once(c.retention, it.ID)
	}
}

// travelled notes an item under the line of this desk that it went over.
func (c *Circle) travelled(it record.Seen) {
	if peer := it.Came.Over(); peer != "" {
		note(c.line, peer, it.ID)
		return
	}
	if it.By == c.p.Keeper() {
		for _, n := range it.Audience {
			note(c.line, n, it.ID)
		}
	}
}

// answered notes what came over a line under the entry that it answers, or
// reads back: by what it said first, since he who takes his words back has heard
// all the same.
func (c *Circle) answered(it record.Seen) {
	if it.Came.Over() == "" {
		return
	}
	note(c.heard, it.Answers, it.ID)
	first := it.First
	if first == nil {
		first = it.Body
	}
	if r, ok := first.(record.ReadBack); ok {
		note(c.heard, r.Of, it.ID)
	}
}

func (c *Circle) tell(who record.Name, id keys.ID) {
	if who == "" || who == c.p.Keeper() {
		return // the keeper has everything
	}
	if len(c.told[who]) == 0 {
		c.everybody = append(c.everybody, who)
	}
	note(c.told, who, id)
}

// note adds an id under a key, once in a row.
func note[K comparable](m map[K][]keys.ID, k K, id keys.ID) {
	var none K
	if k != none {
		m[k] = once(m[k], id)
	}
}

// once adds an id that is not the last one already.
func once(list []keys.ID, id keys.ID) []keys.ID {
	if len(list) > 0 && list[len(list)-1] == id {
		return list
	}
	return append(list, id)
}

// items gives the items of a list of ids as they are now, each once, in the
// order of the record: whatever the order in which they came.
func (c *Circle) items(lists ...[]keys.ID) []record.Seen {
	var out []record.Seen
	seen := map[keys.ID]bool{}
	for _, list := range lists {
		for _, id := range list {
			if it, ok := c.p.Get(id); ok && !seen[id] {
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
	out := slices.Clone(c.everybody)
	for n := range c.to {
		if len(c.told[n]) == 0 && n != c.p.Keeper() {
			out = append(out, n)
		}
	}
	out = slices.DeleteFunc(out, func(n record.Name) bool { return !c.anything(n) })
	slices.Sort(out)
	return out
}

// anything reports whether somebody was given anything.
func (c *Circle) anything(n record.Name) bool {
	for _, id := range c.told[n] {
		if it, ok := c.p.Get(id); ok && slices.Contains(c.readers(it), n) {
			return true
		}
	}
	for _, it := range c.items(c.to[n]) {
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
	for _, it := range c.items(c.people[n]) {
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
	for _, it := range c.items(c.members[n]) {
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
	for _, it := range c.items(c.people[n]) {
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
	for _, it := range c.items(c.talks[n]) {
		if m, ok := it.Body.(record.Message); ok && m.From == n && len(m.Via) > 0 {
			return true
		}
	}
	party := c.PartyOf(n)
	at := false
	for _, it := range c.items(c.people[party]) {
		if b, ok := it.Body.(record.Party); ok && it.By == c.p.Keeper() {
			at = b.Side != "" && !b.Absent
		}
	}
	return at
}
