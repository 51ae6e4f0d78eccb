package accord

import (
	"cmp"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Rests says what a stance rests on.
type Rests string

// What a stance can rest on, weakest first.
const (
	OnNothing    Rests = ""
	OnReport     Rests = "reported"
	OnOwnAct     Rests = "own-act"               // by its own voice, which has no mandate for it
	OnOwnMandate Rests = "own-act-under-mandate" // by its own voice, which has
)

// Stance is where a party stands on one exact version, as far as the reader of
// the projection can tell.
type Stance struct {
	Party    record.Name
	On       record.Ref
	Position Position
	Rests    Rests
	By       record.Name    // whose act or report it is
	Entry    keys.ID        // the entry it rests on
	At       record.Instant // when it was said
	Echo     keys.ID        // the party's own echo; zero for none
	Reports  []keys.ID      // reports that an own act overrides, or that came before
}

// Confirmed reports whether the party itself accepted, under a mandate to bind.
func (s Stance) Confirmed() bool { return s.Position == Accepted && s.Rests == OnOwnMandate }

// NotConfirmed reports whether something is attributed to the party and it has
// done nothing itself.
func (s Stance) NotConfirmed() bool { return s.Position != Silent && s.Rests == OnReport }

// Own reports whether the stance rests on the party's own act.
func (s Stance) Own() bool { return s.Rests == OnOwnAct || s.Rests == OnOwnMandate }

// Backing says how strongly the party stands behind the version: 0 for not at
// all, 1 for as reported, 2 for by an act of its own.
func (s Stance) Backing() int {
	switch {
	case s.Position != Floated && s.Position != Proposed && s.Position != Accepted:
		return 0
	case s.Own():
		return 2
	}
	return 1
}

// Version is a term or a package as it came to this desk.
type Version[T any] struct {
	Body  T
	Hash  keys.Hash
	Entry keys.ID     // the entry that first brought it
	By    record.Name // who brought it
	Ref   record.Ref  // how entries refer to it
}

// Statement is an act or a deed that the fold met, with what it rests on.
type Statement struct {
	Item  record.Seen
	Rests Rests
}

// Ledger is what a projected record says about terms, packages and stances.
// It is made by Read and does not change.
type Ledger struct {
	now        record.Instant
	terms      []Version[Term]
	packages   []Version[Package]
	termAt     map[keys.Hash]int
	packAt     map[keys.Hash]int
	voices     map[record.Name][]record.Role
	shown      []record.Seen // credentials, before it is known which count
	creds      []record.Credential
	stances    map[keys.Hash]map[record.Name]*Stance
	acts       []Statement
	actsOn     map[keys.Hash][]Statement
	named      map[record.Name][]int // packages by name
	termsNamed map[record.Name][]int
	deeds      map[keys.Hash][]Statement

	keeper record.Name
	said   map[keys.ID]record.Instant // when each act was said
	clock  record.Instant             // the moment for performance: now, or as of either clock
	within map[keys.Hash][]int        // the packages that a term stands in
	heirs  map[keys.Hash][]int        // the packages that replace a package
	stated map[keys.Hash][]deedAt     // deeds in the order in which they take effect
	events map[string][]deedAt        // events by name, in that order

	evidence evidence // signatures and receipts
}

// Read folds a projection. Now is the moment for lapses; where the projection
// is as it stood earlier, that earlier moment counts.
func Read(p *record.Projection, now record.Instant) *Ledger {
	if t := p.AsOf().Stood; t != 0 && t < now {
		now = t
	}
	l := &Ledger{
		now: now, termAt: map[keys.Hash]int{}, packAt: map[keys.Hash]int{},
		voices: map[record.Name][]record.Role{}, stances: map[keys.Hash]map[record.Name]*Stance{}, deeds: map[keys.Hash][]Statement{},
		actsOn: map[keys.Hash][]Statement{}, named: map[record.Name][]int{}, termsNamed: map[record.Name][]int{},
		evidence: newEvidence(),
		keeper:   p.Keeper(), said: map[keys.ID]record.Instant{}, within: map[keys.Hash][]int{}, heirs: map[keys.Hash][]int{}, stated: map[keys.Hash][]deedAt{}, events: map[string][]deedAt{},
	}
	for _, it := range p.Items() {
		l.collect(p.Keeper(), it)
	}
	for _, it := range l.shown {
		if l.counts(p.Keeper(), it) {
			l.creds = append(l.creds, it.Body.(record.Credential)) // collect puts nothing else there
		}
	}
	var acts []record.Seen
	for _, it := range p.Items() {
		switch b := it.Body.(type) {
		case Act:
			acts = append(acts, l.spoken(p.Keeper(), it))
		case Performance:
			l.deeds[b.On.Hash] = append(l.deeds[b.On.Hash], Statement{it, l.rests(p.Keeper(), it, b.By, record.MaySpeak, b.On.Name)})
		}
	}
	last := map[record.Name]record.Instant{} // own acts count no earlier than the one before: REC-33
	for _, it := range inEffect(p.Keeper(), acts) {
		at := it.When()
		if direct(p.Keeper(), it) && it.FirstHand() {
			at = max(at, last[it.By])
			last[it.By] = at
		}
		l.act(p.Keeper(), it, at, it.Body.(Act)) // only acts were gathered
	}
	l.lapse()
	l.clock = now
	if t := p.AsOf().Knew; t != 0 && t < now {
		l.clock = t
	}
	for i, pk := range l.packages {
		if !pk.Body.Replaces.IsZero() {
			l.heirs[pk.Body.Replaces] = append(l.heirs[pk.Body.Replaces], i)
		}
		for _, t := range pk.Body.Terms {
			l.within[t.Hash] = append(l.within[t.Hash], i)
		}
	}
	l.performed(p)
	return l
}

func (l *Ledger) collect(keeper record.Name, it record.Seen) {
	l.evidence.gather(keeper, it)
	switch b := it.Body.(type) {
	case record.Role:
		// A voice is given by the keeper alone: otherwise anybody on a line
		// could name himself the other side's envoy.
		if it.By == keeper {
			l.voices[b.Person] = append(l.voices[b.Person], b)
		}
	case record.Credential:
		l.shown = append(l.shown, it)
	default:
		// A text is known by its hash, and people may have accepted it: the first
		// wording stays a version, whatever its author corrects afterwards. What
		// should not have been there at all is none.
		if _, gone := b.(record.Withdrawn); it.First != nil && !gone {
			l.text(it, it.First)
		}
		l.text(it, b)
	}
}

func (l *Ledger) text(it record.Seen, body record.Body) {
	switch b := body.(type) {
	case Term:
		h := b.Hash()
		if _, seen := l.termAt[h]; !seen {
			l.termAt[h] = len(l.terms)
			l.termsNamed[b.Name] = append(l.termsNamed[b.Name], len(l.terms))
			l.terms = append(l.terms, Version[Term]{b, h, it.ID, it.By, record.Ref{Name: b.Name, Version: b.Version, Hash: h}})
		}
	case Package:
		h := b.Hash()
		if _, seen := l.packAt[h]; !seen {
			l.packAt[h] = len(l.packages)
			l.named[b.Name] = append(l.named[b.Name], len(l.packages))
			l.packages = append(l.packages, Version[Package]{b, h, it.ID, it.By, record.Ref{Name: b.Name, Version: b.Version, Hash: h}})
		}
	}
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
func (l *Ledger) counts(keeper record.Name, it record.Seen) bool {
	c, ok := it.Body.(record.Credential)
	switch {
	case !ok || !direct(keeper, it):
		return false
	case it.By == keeper:
		return true
	case !it.FirstHand():
		return false
	case it.By == c.Holder || it.By == c.Party:
		return true
	}
	return slices.ContainsFunc(l.voices[it.By], func(r record.Role) bool { return r.Party == c.Party && r.As == record.Principal })
}

// spoken gives an act as it counts. An act in somebody's own voice is changed
// by another act and by nothing else: a correction of it is shown, and moves no
// stance. A report is corrected like anything else.
func (l *Ledger) spoken(keeper record.Name, it record.Seen) record.Seen {
	first, corrected := it.First.(Act)
	if corrected && l.rests(keeper, it, first.Party, first.Mandate(), first.On.Name) != OnReport {
		it.Body = first
	}
	return it
}

// inEffect puts acts in the order in which they take effect. Reports count from
// when they were said. What a person does himself counts in the order in which
// he did it, which the numbers of his line prove, and which the times that he
// writes can only make later: a withdrawal dated back before one's own echo
// comes after it all the same.
func inEffect(keeper record.Name, acts []record.Seen) []record.Seen {
	own := map[record.Name][]int{}
	for i, it := range acts {
		if direct(keeper, it) && it.FirstHand() {
			own[it.By] = append(own[it.By], i)
		}
	}
	type moment struct {
		at   record.Instant
		turn int // among own acts at the same moment
	}
	when := make([]moment, len(acts))
	for i, it := range acts {
		when[i].at = it.When()
	}
	for _, list := range own {
		slices.SortStableFunc(list, func(i, j int) int {
			a, b := acts[i], acts[j]
			return cmp.Or(cmp.Compare(a.Came.Number(), b.Came.Number()), cmp.Compare(a.Known, b.Known), cmp.Compare(a.At, b.At))
		})
		for k := 1; k < len(list); k++ {
			if before, now := when[list[k-1]], &when[list[k]]; now.at <= before.at {
				*now = moment{before.at, before.turn + 1}
			}
		}
	}
	order := make([]int, len(acts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(when[i].at, when[j].at), cmp.Compare(when[i].turn, when[j].turn))
	})
	out := make([]record.Seen, len(acts))
	for k, i := range order {
		out[k] = acts[i]
	}
	return out
}

// rests says what a statement in the name of party rests on. It is the one
// place where law 1 distinguishes an act from hearsay.
func (l *Ledger) rests(keeper record.Name, it record.Seen, party record.Name, need record.Mandate, on record.Name) Rests {
	if !direct(keeper, it) || !it.FirstHand() {
		return OnReport
	}
	return l.voiced(it.By, party, need, on, it.When())
}

// voiced says what an act of that person in the name of party would rest on.
func (l *Ledger) voiced(who, party record.Name, need record.Mandate, on record.Name, at record.Instant) Rests {
	if who == party {
		return OnOwnMandate // a person who is a party speaks for himself
	}
	for _, role := range l.voices[who] {
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
	for _, c := range l.creds {
		if c.Holder == who && c.Party == party && slices.Contains(c.May, need) &&
			(len(c.On) == 0 || slices.Contains(c.On, on)) && (c.Until == 0 || at <= c.Until) {
			return true
		}
	}
	return false
}

func (l *Ledger) act(keeper record.Name, it record.Seen, at record.Instant, a Act) {
	rests := l.rests(keeper, it, a.Party, a.Mandate(), a.On.Name)
	l.acts = append(l.acts, Statement{it, rests})
	l.actsOn[a.On.Hash] = append(l.actsOn[a.On.Hash], Statement{it, rests})
	if l.stances[a.On.Hash] == nil {
		l.stances[a.On.Hash] = map[record.Name]*Stance{}
	}
	s := l.stances[a.On.Hash][a.Party]
	if s == nil {
		s = &Stance{Party: a.Party, On: a.On, Position: Silent}
		l.stances[a.On.Hash][a.Party] = s
	}
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
func (l *Ledger) lapse() {
	for _, p := range l.packages {
		if p.Body.Lapses == 0 || l.now <= p.Body.Lapses || l.Agreement(p.Hash).Verdict == Agreed {
			continue
		}
		for _, s := range l.stances[p.Hash] {
			if s.Position == Floated || s.Position == Proposed || s.Position == Accepted {
				s.Position = Lapsed
			}
		}
		l.evidence.lapsed[p.Hash] = true
	}
}

// Now gives the moment for which the ledger was read.
func (l *Ledger) Now() record.Instant { return l.now }

// Terms gives every version of every term, in the order in which they came up.
func (l *Ledger) Terms() []Version[Term] { return l.terms }

// Packages gives every version of every package, in that order.
func (l *Ledger) Packages() []Version[Package] { return l.packages }

// Term gives the version of that hash.
func (l *Ledger) Term(h keys.Hash) (Version[Term], bool) { return lookup(l.terms, l.termAt, h) }

// Package gives the version of that hash.
func (l *Ledger) Package(h keys.Hash) (Version[Package], bool) {
	return lookup(l.packages, l.packAt, h)
}

func lookup[T any](all []Version[T], at map[keys.Hash]int, h keys.Hash) (Version[T], bool) {
	i, ok := at[h]
	if !ok {
		return Version[T]{}, false
	}
	return all[i], true
}

// TermsOf gives the terms of a package that this desk has, and reports whether
// it has them all.
func (l *Ledger) TermsOf(p Package) ([]Version[Term], bool) {
	var out []Version[Term]
	for _, r := range p.Terms {
		if t, ok := l.Term(r.Hash); ok {
			out = append(out, t)
		}
	}
	return out, len(out) == len(p.Terms)
}

// Stance gives where party stands on the version of that hash: Silent if
// nothing is known.
func (l *Ledger) Stance(party record.Name, h keys.Hash) Stance {
	if s := l.stances[h][party]; s != nil {
		return l.proven(*s, h)
	}
	return l.proven(Stance{Party: party, On: record.Ref{Hash: h}, Position: Silent}, h)
}

// Stances gives every stance other than silence on the version of that hash,
// by party.
func (l *Ledger) Stances(h keys.Hash) []Stance {
	var out []Stance
	for _, s := range l.stances[h] {
		if s := l.proven(*s, h); s.Position != Silent {
			out = append(out, s)
		}
	}
	for _, party := range l.Signatories(h) {
		if s := l.Stance(party, h); l.stances[h][party] == nil && s.Position != Silent {
			out = append(out, s) // it did nothing here but sign
		}
	}
	slices.SortFunc(out, func(a, b Stance) int { return cmp.Compare(a.Party, b.Party) })
	return out
}

// Rival gives another package of the same name that party stands behind more
// strongly than behind the version on. Hearsay does not outweigh an act: that
// somebody is said to have accepted a text does not hide that he himself put
// forward another.
func (l *Ledger) Rival(party record.Name, on record.Ref) (Version[Package], bool) {
	backing := l.Stance(party, on.Hash).Backing()
	for _, i := range l.named[on.Name] {
		if p := l.packages[i]; p.Hash != on.Hash && l.Stance(party, p.Hash).Backing() > backing {
			return p, true
		}
	}
	return Version[Package]{}, false
}

// Acts gives every act with what it rests on, in the order in which they were
// said.
func (l *Ledger) Acts() []Statement { return l.acts }

// ActsOn gives the acts on the version of that hash, in that order.
func (l *Ledger) ActsOn(h keys.Hash) []Statement { return l.actsOn[h] }

// Named gives every version of packages and terms of that name.
func (l *Ledger) Named(n record.Name) ([]Version[Package], []Version[Term]) {
	var packages []Version[Package]
	var terms []Version[Term]
	for _, i := range l.named[n] {
		packages = append(packages, l.packages[i])
	}
	for _, i := range l.termsNamed[n] {
		terms = append(terms, l.terms[i])
	}
	return packages, terms
}

// PackagesWith gives the packages in which the version of a term stands.
func (l *Ledger) PackagesWith(term keys.Hash) []Version[Package] {
	var out []Version[Package]
	for _, i := range l.within[term] {
		out = append(out, l.packages[i])
	}
	return out
}

// Deeds gives what was stated about the performance of the version of that
// hash.
func (l *Ledger) Deeds(h keys.Hash) []Statement { return l.deeds[h] }

// Voice gives the parties that person speaks for, as the keeper says.
func (l *Ledger) Voice(person record.Name) []record.Name {
	var out []record.Name
	for _, r := range l.voices[person] {
		if r.As.Speaks() && !slices.Contains(out, r.Party) {
			out = append(out, r.Party)
		}
	}
	return out
}

// Credentialed reports whether any credential that counts here is recorded for
// that person and party, whatever it allows.
func (l *Ledger) Credentialed(person, party record.Name) bool {
	return slices.ContainsFunc(l.creds, func(c record.Credential) bool { return c.Holder == person && c.Party == party })
}
