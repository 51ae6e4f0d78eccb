package view

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// View is a projected record, read for one moment.
type View struct {
	p       *record.Projection
	l       *accord.Ledger
	now     record.Instant
	persons map[record.Name]record.Person
	parties map[record.Name]PartyInfo
	roles   map[record.Name][]record.Role
	partyOf map[record.Name]record.Name

	packages   map[record.Name][]record.Ref // versions by name
	texts      map[record.Ref]int           // how many texts bear a name and a number
	guarantees []accord.Version[accord.Term]

	marks    map[keys.ID][]record.Seen              // conveyances and read-backs, by what they are of
	compared map[record.Name]compared               // comparisons, by line
	nothings map[record.Name][]record.Seen          // that somebody owes nothing, by party
	numbers  map[record.Name]map[uint64]record.Seen // what a line brought, by peer and number
	links    links
	circle   *circle.Circle
	beside   beside
}

// PartyInfo is a party as this desk knows it.
type PartyInfo struct {
	Name   record.Name `json:"name"`
	Title  string      `json:"title"`
	Side   record.Name `json:"side,omitempty"`
	Absent bool        `json:"absent,omitempty"` // not at the table
	Entry  keys.ID     `json:"entry,omitzero"`   // that introduced it; zero for one only named
}

// Of reads a projection for the moment now. Where the projection is as it
// stood earlier, that earlier moment counts.
func Of(p *record.Projection, now record.Instant) *View {
	v := &View{
		p: p, l: accord.Read(p, now),
		persons: map[record.Name]record.Person{}, parties: map[record.Name]PartyInfo{},
		roles: map[record.Name][]record.Role{}, partyOf: map[record.Name]record.Name{},
		packages: map[record.Name][]record.Ref{}, texts: map[record.Ref]int{},
		circle: circle.New(p),
		marks:  map[keys.ID][]record.Seen{}, nothings: map[record.Name][]record.Seen{}, compared: map[record.Name]compared{}, numbers: map[record.Name]map[uint64]record.Seen{}, links: newLinks(), beside: newBeside(),
	}
	v.now = v.l.Now()
	v.guarantees = guarantees(v.l.Terms())
	for _, t := range v.l.Terms() {
		v.texts[record.Ref{Name: t.Body.Name, Version: t.Body.Version}]++
	}
	for _, pk := range v.l.Packages() {
		v.texts[record.Ref{Name: pk.Body.Name, Version: pk.Body.Version}]++
		v.packages[pk.Body.Name] = append(v.packages[pk.Body.Name], pk.Ref)
	}
	for _, it := range p.Items() {
		v.index(it)
		own := it.By == p.Keeper()
		switch b := it.Body.(type) {
		case record.Person:
			if _, known := v.persons[b.Name]; own || !known {
				v.persons[b.Name] = b
			}
		case record.Party:
			if old, known := v.parties[b.Name]; own || !known || old.Entry.IsZero() {
				info := PartyInfo{b.Name, b.Title, b.Side, b.Absent, it.ID}
				if !own {
					info.Side = "" // who is on which side is for the keeper alone to say
				}
				v.parties[b.Name] = info
			}
		case record.Role:
			if own {
				v.roles[b.Person] = append(v.roles[b.Person], b)
			}
		}
	}
	v.nameParties()
	for person, list := range v.roles {
		for _, r := range list {
			if r.Party != "" && (v.partyOf[person] == "" || r.As.Speaks()) {
				v.partyOf[person] = r.Party
			}
		}
	}
	for name, b := range v.persons {
		if v.partyOf[name] == "" && b.Of != "" {
			v.partyOf[name] = b.Of
		}
	}
	return v
}

// index notes an item under what it is about, so that a view of one subject
// need not look through the record.
func (v *View) index(it record.Seen) {
	v.links.link(it)
	v.circle.Add(it)
	v.beside.add(it)
	if peer := it.Came.Over(); peer != "" {
		if v.numbers[peer] == nil {
			v.numbers[peer] = map[uint64]record.Seen{}
		}
		v.numbers[peer][it.Came.Number()] = it
	}
	mark := func(of keys.ID) {
		if !of.IsZero() {
			v.marks[of] = append(v.marks[of], it)
		}
	}
	switch b := it.Body.(type) {
	case record.Conveyance:
		mark(b.Of)
		if b.As != b.Of {
			mark(b.As)
		}
	case record.ReadBack:
		mark(b.Of)
	case record.Comparison:
		v.indexComparison(it, b)
	case accord.NothingOwed:
		v.nothings[b.Party] = append(v.nothings[b.Party], it)
	}
}

// marksOf gives the conveyances and read-backs of an entry.
func (v *View) marksOf(id keys.ID) []record.Seen { return v.marks[id] }

// nameParties adds the parties that texts and acts name and that nobody has
// introduced.
func (v *View) nameParties() {
	add := func(list ...record.Name) {
		for _, n := range list {
			if _, known := v.parties[n]; n != "" && !known {
				v.parties[n] = PartyInfo{Name: n}
			}
		}
	}
	for _, t := range v.l.Terms() {
		add(t.Body.Debtor, t.Body.Of)
		add(t.Body.Needs...)
	}
	for _, pk := range v.l.Packages() {
		add(pk.Body.Needs...)
	}
	for _, it := range v.p.Items() {
		switch b := it.Body.(type) {
		case accord.Act:
			add(b.Party)
		case accord.NothingOwed:
			add(b.Party)
		}
	}
}

// Projection gives what the view was made from.
func (v *View) Projection() *record.Projection { return v.p }

// Ledger gives the stances that the view was made from.
func (v *View) Ledger() *accord.Ledger { return v.l }

// Now gives the moment for which the view was made.
func (v *View) Now() record.Instant { return v.now }

// Parties gives every party that the record names, by name.
func (v *View) Parties() []PartyInfo {
	out := make([]PartyInfo, 0, len(v.parties))
	for _, p := range v.parties {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b PartyInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// party gives a party; one that nobody introduced has its name alone.
func (v *View) party(n record.Name) PartyInfo {
	if p, ok := v.parties[n]; ok {
		return p
	}
	return PartyInfo{Name: n}
}

// People gives everybody who was introduced, by name.
func (v *View) People() []record.Person {
	out := make([]record.Person, 0, len(v.persons))
	for _, p := range v.persons {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b record.Person) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Title gives the title of a person or party, or its name where it has none.
func (v *View) Title(n record.Name) string {
	if p, ok := v.persons[n]; ok && p.Title != "" {
		return p.Title
	}
	if p, ok := v.parties[n]; ok && p.Title != "" {
		return p.Title
	}
	return string(n)
}

// Roles gives the roles of a person as the keeper assigned them.
func (v *View) Roles(n record.Name) []record.Role { return v.roles[n] }

// PartyOf gives the party that a person belongs to; n itself if it is a party;
// "" for a go-between or a stranger.
func (v *View) PartyOf(n record.Name) record.Name {
	if _, ok := v.parties[n]; ok {
		return n // whatever somebody says that a person of that name belongs to
	}
	return v.partyOf[n]
}

// Side gives the side on which a person or party stands: the side of its
// party, or that party's own name where no side is given; "" for somebody who
// stands on none.
func (v *View) Side(n record.Name) record.Name {
	party := v.PartyOf(n)
	if s := v.parties[party].Side; s != "" {
		return s
	}
	return party
}

// item gives the item of that id; the zero Seen if the reader has none.
func (v *View) item(id keys.ID) record.Seen {
	it, _ := v.p.Get(id)
	return it
}

// Stamp is when something was said and when this desk knew it: the two clocks.
type Stamp struct {
	Said  record.Interval `json:"said"`
	Known record.Instant  `json:"known"`
}

func stamp(it record.Seen) Stamp {
	said := it.Said
	if said.IsZero() {
		said = record.Moment(it.At)
	}
	return Stamp{said, it.Known}
}
