package view

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// somebody is what is known of one name of a person or a party.
type somebody struct {
	lean.Result
	person   record.Person
	isPerson bool // somebody introduced him
	party    PartyInfo
	isParty  bool // somebody introduced it, or texts and acts name it
	belongs  record.Name
}

// somebody gives what is known of a name.
func (v *View) somebody(n record.Name) *somebody {
	s := v.people[n]
	if s == nil {
		s = &somebody{}
		if v.book.Computing() {
			v.people[n] = s
		}
	}
	if !v.book.Fresh(&s.Result) {
		v.book.Open(&s.Result)
		v.meet(n, s)
		v.book.Close(&s.Result)
	}
	return s
}

// meet fills in what is known of a name. Of several introductions the keeper's
// own counts, the last; else the first that somebody sent.
func (v *View) meet(n record.Name, s *somebody) {
	s.person, s.isPerson, s.party, s.isParty, s.belongs = record.Person{}, false, PartyInfo{}, false, ""
	for _, it := range v.under(key{of: keyPerson, name: n}) {
		if b, ok := it.Body.(record.Person); ok && (it.By == v.p.Keeper() || !s.isPerson) {
			s.person, s.isPerson = b, true
		}
	}
	for _, it := range v.under(key{of: keyParty, name: n}) {
		b, ok := it.Body.(record.Party)
		mine := it.By == v.p.Keeper()
		if !ok || !mine && s.isParty {
			continue
		}
		s.party, s.isParty = PartyInfo{b.Name, b.Title, b.Side, b.Absent, it.ID}, true
		if !mine {
			s.party.Side = "" // who is on which side is for the keeper alone to say
		}
	}
	if !s.isParty && n != "" && (v.l.Mentioned(n) || len(v.under(key{of: keyBound, name: n})) > 0) {
		s.party, s.isParty = PartyInfo{Name: n}, true
	}
	for _, r := range v.l.Roles(n) {
		if r.Party != "" && (s.belongs == "" || r.As.Speaks()) {
			s.belongs = r.Party
		}
	}
	if s.belongs == "" {
		s.belongs = s.person.Of
	}
}

// names sees to it that everybody whom a wording names is among those known.
func (v *View) names(body record.Body) {
	add := func(list ...record.Name) {
		for _, n := range list {
			if n != "" && v.people[n] == nil {
				v.people[n] = &somebody{}
			}
		}
	}
	switch b := body.(type) {
	case record.Person:
		add(b.Name)
	case record.Party:
		add(b.Name)
	case record.Role:
		add(b.Person)
	case accord.Term:
		add(b.Debtor, b.Of)
		add(b.Needs...)
	case accord.Package:
		add(b.Needs...)
	case accord.Act:
		add(b.Party)
	case accord.NothingOwed:
		add(b.Party)
	}
}

// Parties gives every party that the record names, by name.
func (v *View) Parties() []PartyInfo {
	out := []PartyInfo{}
	for n := range v.people {
		if s := v.somebody(n); s.isParty {
			out = append(out, s.party)
		}
	}
	slices.SortFunc(out, func(a, b PartyInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// party gives a party; one that nobody introduced has its name alone.
func (v *View) party(n record.Name) PartyInfo {
	if s := v.somebody(n); s.isParty {
		return s.party
	}
	return PartyInfo{Name: n}
}

// People gives everybody who was introduced, by name.
func (v *View) People() []record.Person {
	out := []record.Person{}
	for n := range v.people {
		if s := v.somebody(n); s.isPerson {
			out = append(out, s.person)
		}
	}
	slices.SortFunc(out, func(a, b record.Person) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// peopleOf gives a party and the people who belong to it.
func (v *View) peopleOf(party record.Name) []record.Name {
	out := []record.Name{party}
	for _, it := range v.under(key{of: keyMember, name: party}) {
		var n record.Name
		switch b := it.Body.(type) {
		case record.Person:
			n = b.Name
		case record.Role:
			n = b.Person
		}
		if n != party && !slices.Contains(out, n) && v.somebody(n).belongs == party {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// Title gives the title of a person or party, or its name where it has none.
func (v *View) Title(n record.Name) string {
	s := v.somebody(n)
	if s.person.Title != "" {
		return s.person.Title
	}
	if s.party.Title != "" {
		return s.party.Title
	}
	return string(n)
}

// Roles gives the roles of a person as the keeper assigned them.
func (v *View) Roles(n record.Name) []record.Role { return v.l.Roles(n) }

// PartyOf gives the party that a person belongs to; n itself if it is a party;
// "" for a go-between or a stranger.
func (v *View) PartyOf(n record.Name) record.Name {
	s := v.somebody(n)
	if s.isParty {
		return n // whatever somebody says that a person of that name belongs to
	}
	return s.belongs
}

// Side gives the side on which a person or party stands: the side of its
// party, or that party's own name where no side is given; "" for somebody who
// stands on none.
func (v *View) Side(n record.Name) record.Name {
	party := v.PartyOf(n)
	if s := v.somebody(party).party.Side; s != "" {
		return s
	}
	return party
}
