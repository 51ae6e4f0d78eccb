package accord

import (
	"cmp"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// standing is where everybody stands on one version.
type standing struct {
	lean.Result
	acts    []Statement // in the order in which they take effect
	parties []Stance    // in the order in which they first acted
	lapsed  bool        // its deadline has passed, and moved what was open
	folding bool
}

// standing gives where everybody stands on the version of that hash.
func (l *Ledger) standing(h keys.Hash) *standing {
	v := l.version(h)
	if len(v.acts) == 0 && len(v.signed) == 0 {
		l.book.Read(&v.said)
		return &standing{}
	}
	if v.stand == nil {
		v.stand = &standing{}
	}
	s := v.stand
	if s.folding || l.book.Fresh(&s.Result) {
		return s
	}
	l.book.Open(&s.Result)
	s.folding = true
	l.fold(v, s)
	s.folding = false
	l.book.Close(&s.Result)
	return s
}

func (l *Ledger) fold(v *version, s *standing) {
	l.book.Read(&v.said)
	s.acts, s.parties, s.lapsed = nil, nil, false
	var when []effective
	for _, place := range v.acts {
		it := l.spoken(l.p.At(int(place)))
		if a, ok := it.Body.(Act); ok && a.On.Hash == v.hash {
			s.acts = append(s.acts, Statement{it, l.rests(it, a.Party, a.Mandate(), a.On.Name)})
			when = append(when, l.effect(int(place), it))
		}
	}
	s.acts = inEffect(s.acts, when)
	slices.SortFunc(when, compareMoments)
	for i, st := range s.acts {
		if !l.copied(st) {
			l.act(s, st, when[i].at)
		}
	}
	l.lapse(v, s)
}

// direct reports whether the entry is its author's own: typed by the keeper of
// this desk, or brought by the line to whoever wrote it.
func direct(keeper record.Name, it record.Seen) bool {
	return it.By == keeper && it.Came.Over() == "" || it.By != keeper && it.Came.Over() == it.By
}

// counts reports whether a credential counts at this desk. The keeper says so
// by logging it; otherwise it must be shown by its holder, or by a principal of
// the party, himself. Anybody else's word for it widens no mandate: the
// counterpart could otherwise turn an envoy's float into a binding act.
func (l *Ledger) counts(it record.Seen, c record.Credential) bool {
	switch {
	case !direct(l.keeper, it):
		return false
	case it.By == l.keeper:
		return true
	case !it.FirstHand():
		return false
	case it.By == c.Holder || it.By == c.Party:
		return true
	}
	return slices.ContainsFunc(l.roles(it.By), func(r record.Role) bool { return r.Party == c.Party && r.As == record.Principal })
}

// roles gives the roles of a person as the keeper assigned them.
func (l *Ledger) roles(n record.Name) []record.Role {
	p := at(l, l.people, n, false)
	if !l.book.Fresh(&p.asRoles) {
		l.book.Open(&p.asRoles)
		l.book.Read(&p.src)
		p.roles = nil
		for _, place := range p.named {
			if r, ok := l.p.At(int(place)).Body.(record.Role); ok && r.Person == n {
				p.roles = append(p.roles, r)
			}
		}
		l.book.Close(&p.asRoles)
	}
	return p.roles
}

// mandates gives the credentials of a person that count.
func (l *Ledger) mandates(n record.Name) []record.Credential {
	p := at(l, l.people, n, false)
	if !l.book.Fresh(&p.asMandates) {
		l.book.Open(&p.asMandates)
		l.book.Read(&p.src)
		p.mandates = nil
		for _, place := range p.shown {
			it := l.p.At(int(place))
			if c, ok := it.Body.(record.Credential); ok && c.Holder == n && l.counts(it, c) {
				p.mandates = append(p.mandates, c)
			}
		}
		l.book.Close(&p.asMandates)
	}
	return p.mandates
}

// spoken gives an act as it counts. An act in somebody's own voice is changed
// by another act and by nothing else: a correction of it is shown, and moves no
// stance. A report is corrected like anything else.
func (l *Ledger) spoken(it record.Seen) record.Seen {
	first, corrected := it.First.(Act)
	if corrected && l.rests(it, first.Party, first.Mandate(), first.On.Name) != OnReport {
		it.Body = first
	}
	return it
}

// effective is when a statement takes effect.
type effective struct {
	at   record.Instant
	turn int // among own statements at the same moment
}

func compareMoments(a, b effective) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.turn, b.turn))
}

// inEffect puts statements, which come in the order in which they were said, in
// the order in which they take effect.
func inEffect[T any](list []T, when []effective) []T {
	if slices.IsSortedFunc(when, compareMoments) {
		return list
	}
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return compareMoments(when[i], when[j]) })
	out := make([]T, len(list))
	for k, i := range order {
		out[k] = list[i]
	}
	return out
}

// effect gives when a statement takes effect. Reports count from when they were
// said. What a person does himself counts in the order in which he did it,
// which the numbers of his line prove, and which the times that he writes can
// only make later: a withdrawal dated back before one's own echo comes after it
// all the same.
func (l *Ledger) effect(place int, it record.Seen) effective {
	if m, ok := l.late[place]; ok {
		return m
	}
	return effective{at: it.When()}
}

// chain puts an own statement into the chain of those of its author: acts in
// one, deeds and events in another.
func (l *Ledger) chain(place int, it record.Seen) {
	which := 0
	switch it.Body.Kind() {
	case KindAct:
	case KindPerformance, KindEvent:
		which = 1
	default:
		return
	}
	if !direct(l.keeper, it) || !it.FirstHand() {
		return
	}
	c := &at(l, l.people, it.By, true).chains[which]
	i := len(*c)
	if i > 0 && l.compareOwn(int((*c)[i-1]), place) > 0 {
		i, _ = slices.BinarySearchFunc(*c, place, func(a int32, b int) int { return l.compareOwn(int(a), b) })
	}
	*c = slices.Insert(*c, i, int32(place))
	for k := i; k < len(*c); k++ {
		this := int((*c)[k])
		seen := l.p.At(this)
		when := effective{at: seen.When()}
		if k > 0 {
			if last := int((*c)[k-1]); true {
				if before := l.effect(last, l.p.At(last)); when.at <= before.at {
					when = effective{before.at, before.turn + 1}
				}
			}
		}
		if k > i && when == l.effect(this, seen) {
			break // and so are all that follow
		}
		if delete(l.late, this); when != l.effect(this, seen) {
			l.late[this] = when
		}
		if k > i {
			l.moved(this)
		}
	}
}

// moved has changed what leans on when an own statement takes effect.
func (l *Ledger) moved(place int) {
	for _, body := range l.p.Wordings(place) {
		switch b := body.(type) {
		case Act:
			l.book.Change(&l.keep(b.On.Hash).said)
		case Performance:
			l.book.Change(&l.keep(b.On.Hash).done)
		case Event:
			l.book.Change(&at(l, l.events, eventName(b.What), true).src)
		}
	}
}

// compareOwn orders the statements of one author as he made them.
func (l *Ledger) compareOwn(i, j int) int {
	a, b := l.p.At(i), l.p.At(j)
	return cmp.Or(cmp.Compare(a.Came.Number(), b.Came.Number()), cmp.Compare(a.Known, b.Known), cmp.Compare(a.At, b.At), l.p.Compare(i, j))
}

// rests says what a statement in the name of party rests on. It is the one
// place where law 1 distinguishes an act from hearsay.
func (l *Ledger) rests(it record.Seen, party record.Name, need record.Mandate, on record.Name) Rests {
	if !direct(l.keeper, it) || !it.FirstHand() {
		return OnReport
	}
	return l.voiced(it.By, party, need, on, it.When())
}

// voiced says what an act of that person in the name of party would rest on.
func (l *Ledger) voiced(who, party record.Name, need record.Mandate, on record.Name, at record.Instant) Rests {
	if who == party {
		return OnOwnMandate // a person who is a party speaks for himself
	}
	for _, role := range l.roles(who) {
		if role.Party != party || !role.As.Speaks() {
			continue
		}
		if role.As == record.Principal || l.mandated(who, party, need, on, at) {
			return OnOwnMandate
		}
		return OnOwnAct
	}
	return OnReport
}

func (l *Ledger) mandated(who, party record.Name, need record.Mandate, on record.Name, at record.Instant) bool {
	for _, c := range l.mandates(who) {
		if c.Party == party && slices.Contains(c.May, need) && (len(c.On) == 0 || slices.Contains(c.On, on)) && (c.Until == 0 || at <= c.Until) {
			return true
		}
	}
	return false
}

func (l *Ledger) act(st *standing, said Statement, at record.Instant) {
	it, rests, a := said.Item, said.Rests, said.Item.Body.(Act) // fold gathers only acts
	i := slices.IndexFunc(st.parties, func(s Stance) bool { return s.Party == a.Party })
	if i < 0 {
		i = len(st.parties)
		st.parties = append(st.parties, Stance{Party: a.Party, On: a.On, Position: Silent})
	}
	s := &st.parties[i]
	switch {
	case l.tooLate(at, a):
		return // what has lapsed is put forward again as a new version
	case a.Echo:
		if rests == OnOwnMandate && s.Confirmed() && s.Echo.IsZero() {
			s.Echo = it.ID
		}
		return
	case rests == OnReport && s.Own():
		s.Reports = append(s.Reports, it.ID) // a report never overrides an own act
		return
	case !s.Echo.IsZero():
		return // an acceptance stands once its author has echoed the text
	case rests == OnOwnAct && s.Rests == OnOwnMandate:
		return // an act beyond the mandate does not undo one within it
	}
	if s.Rests == OnReport {
		s.Reports = append(s.Reports, s.Entry)
	}
	s.Position, s.Rests, s.By, s.Entry, s.At = a.Position, rests, it.By, it.ID, it.When()
}

// tooLate reports whether an act puts forward, accepts or echoes a package
// after that had lapsed.
func (l *Ledger) tooLate(at record.Instant, a Act) bool {
	p, ok := l.Package(a.On.Hash)
	if !ok || p.Body.Lapses == 0 || at <= p.Body.Lapses {
		return false
	}
	return a.Echo || a.Position == Floated || a.Position == Proposed || a.Position == Accepted
}

// lapse moves what was open when its deadline passed. What everybody accepted
// and echoed in time stands.
func (l *Ledger) lapse(v *version, s *standing) {
	p, ok := l.Package(v.hash)
	if !ok || p.Body.Lapses == 0 {
		return
	}
	l.until(p.Body.Lapses + 1)
	if l.now <= p.Body.Lapses || l.Agreement(v.hash).Verdict == Agreed {
		return
	}
	s.lapsed = true
	for i := range s.parties {
		if s := &s.parties[i]; s.Position == Floated || s.Position == Proposed || s.Position == Accepted {
			s.Position = Lapsed
		}
	}
}
