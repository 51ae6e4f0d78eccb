package accord

import (
	"cmp"
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
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
//
// It indexes entries by what they are about, and computes what is asked of it
// when it is asked. One that Read made does not change, save that it keeps what
// it computed: it is not for several goroutines at once. One that Follow made
// takes in what the record gains.
type Ledger struct {
	p      *record.Projection
	book   *lean.Book // nil where the ledger does not grow
	keeper record.Name
	now    record.Instant
	clock  record.Instant // the moment for performance: now, or as of either clock
	taken  int            // places taken in

	versions map[keys.Hash]*version
	terms    []*version // those that are here, in the order in which they came up
	packages []*version
	names    map[record.Name]*named
	people   map[record.Name]*person
	events   map[string]*noted
	marks    map[keys.ID]*noted  // conveyances and read-backs of an entry
	bears    map[int][]keys.Hash // texts that a corrected entry bears
	late     map[int]effective   // own statements that count later than they say
	shelves  shelves

	evidence evidence // signatures and receipts
}

// shelves keeps lists that were asked for whole.
type shelves struct {
	terms    []Version[Term]
	packages []Version[Package]
}

// Read folds a projection. Now is the moment for lapses; where the projection
// is as it stood earlier, that earlier moment counts.
func Read(p *record.Projection, now record.Instant) *Ledger { return read(p, now, nil) }

// Follow gives a ledger of the keeper's own projection of all there is, which
// Update brings up to date. Whoever computes from it may lean on it in book.
func Follow(p *record.Projection, now record.Instant, book *lean.Book) *Ledger {
	if !p.Grows() {
		book = nil
	}
	return read(p, now, book)
}

func read(p *record.Projection, now record.Instant, book *lean.Book) *Ledger {
	if t := p.AsOf().Stood; t != 0 && t < now {
		now = t
	}
	l := &Ledger{
		p: p, book: book, keeper: p.Keeper(), now: now, clock: now,
		versions: map[keys.Hash]*version{}, names: map[record.Name]*named{}, people: map[record.Name]*person{},
		events: map[string]*noted{}, marks: map[keys.ID]*noted{}, evidence: newEvidence(), bears: map[int][]keys.Hash{}, late: map[int]effective{},
	}
	if t := p.AsOf().Knew; t != 0 && t < now {
		l.clock = t
	}
	l.take()
	return l
}

// Update takes in what the record gained, and moves on to now: p is a later
// projection of the same record. Time does not go back here.
func (l *Ledger) Update(p *record.Projection, now record.Instant) {
	l.p, l.now = p, max(l.now, now)
	l.clock = l.now
	l.take()
	l.book.At(int64(l.now))
}

// until says that what is being computed holds until just before t.
func (l *Ledger) until(t record.Instant) { l.book.Until(int64(t)) }

// Now gives the moment for which the ledger was read.
func (l *Ledger) Now() record.Instant { return l.now }

// Projection gives what the ledger was read from.
func (l *Ledger) Projection() *record.Projection { return l.p }

// Terms gives every version of every term, in the order in which they came up.
func (l *Ledger) Terms() []Version[Term] {
	if l.shelves.terms == nil {
		l.shelves.terms = make([]Version[Term], 0, len(l.terms))
		for _, v := range l.terms {
			l.shelves.terms = append(l.shelves.terms, v.asTerm())
		}
	}
	return l.shelves.terms
}

// Packages gives every version of every package, in that order.
func (l *Ledger) Packages() []Version[Package] {
	if l.shelves.packages == nil {
		l.shelves.packages = make([]Version[Package], 0, len(l.packages))
		for _, v := range l.packages {
			l.shelves.packages = append(l.shelves.packages, v.asPackage())
		}
	}
	return l.shelves.packages
}

// CountPackages gives how many versions of packages there are.
func (l *Ledger) CountPackages() int { return len(l.packages) }

// SomePackages gives n of them, from the one at from on, in the same order.
func (l *Ledger) SomePackages(from, n int) []Version[Package] {
	from = min(max(from, 0), len(l.packages))
	return asPackages(l.packages[from:min(from+max(n, 0), len(l.packages))])
}

// Term gives the version of that hash.
func (l *Ledger) Term(h keys.Hash) (Version[Term], bool) {
	v := l.version(h)
	l.book.Read(&v.text)
	if _, ok := v.body.(Term); !ok {
		return Version[Term]{}, false
	}
	return v.asTerm(), true
}

// Package gives the version of that hash.
func (l *Ledger) Package(h keys.Hash) (Version[Package], bool) {
	v := l.version(h)
	l.book.Read(&v.text)
	if _, ok := v.body.(Package); !ok {
		return Version[Package]{}, false
	}
	return v.asPackage(), true
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

// Named gives every version of packages and terms of that name.
func (l *Ledger) Named(n record.Name) ([]Version[Package], []Version[Term]) {
	x := l.named(n)
	return asPackages(x.packages), asTerms(x.terms)
}

// Numbered gives how many texts bear that name and number.
func (l *Ledger) Numbered(n record.Name, version int) int {
	x, count := l.named(n), 0
	for _, v := range x.packages {
		if v.body.(Package).Version == version {
			count++
		}
	}
	for _, v := range x.terms {
		if v.body.(Term).Version == version {
			count++
		}
	}
	return count
}

// Covering gives the guarantees about terms of that name.
func (l *Ledger) Covering(n record.Name) []Version[Term] { return asTerms(l.named(n).covering) }

// Linked gives the terms that wait for a term of that name, or are exchanged
// for it.
func (l *Ledger) Linked(n record.Name) []Version[Term] { return asTerms(l.named(n).linked) }

// Touching gives the terms that a party owes, that are expected of it, or that
// cannot happen without it.
func (l *Ledger) Touching(party record.Name) []Version[Term] { return asTerms(l.named(party).touching) }

// CountTouching gives how many terms Touching gives.
func (l *Ledger) CountTouching(party record.Name) int { return len(l.named(party).touching) }

// SomeTouching gives n of them, from the one at from on.
func (l *Ledger) SomeTouching(party record.Name, from, n int) []Version[Term] {
	list := l.named(party).touching
	from = min(max(from, 0), len(list))
	return asTerms(list[from:min(from+max(n, 0), len(list))])
}

// Mentioned reports whether a text or a statement is about a party of that
// name.
func (l *Ledger) Mentioned(party record.Name) bool { return l.named(party).mentions > 0 }

// PackagesWith gives the packages in which the version of a term stands.
func (l *Ledger) PackagesWith(term keys.Hash) []Version[Package] {
	v := l.version(term)
	l.book.Read(&v.text)
	return asPackages(v.within)
}

// Earlier orders versions by when they came up.
func (l *Ledger) Earlier(a, b keys.Hash) int {
	x, y := l.version(a), l.version(b)
	if len(x.bearers) == 0 || len(y.bearers) == 0 {
		return cmp.Compare(len(y.bearers), len(x.bearers)) // what is not here comes last
	}
	return l.compareBearers(x.bearers[0], y.bearers[0])
}

// Loose reports whether the version of a term stands in no package.
func (l *Ledger) Loose(term keys.Hash) bool {
	v := l.version(term)
	l.book.Read(&v.text)
	return len(v.within) == 0
}

// Bearers gives the entries that bear the text of that hash, or bore it first.
func (l *Ledger) Bearers(h keys.Hash) []keys.ID {
	v := l.version(h)
	l.book.Read(&v.text)
	var out []keys.ID
	for _, b := range v.bearers {
		if id := l.p.At(int(b.place)).ID; !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// MarksOf gives the conveyances and read-backs of an entry, in the order in
// which they were said.
func (l *Ledger) MarksOf(id keys.ID) []record.Seen {
	m := l.marksAt(id)
	l.book.Read(&m.src)
	return l.markedAs(m, id)
}

// Marks is MarksOf for whoever will be told of a new mark and need not lean on
// there being none.
func (l *Ledger) Marks(id keys.ID) []record.Seen {
	if m := l.marks[id]; m != nil {
		return l.markedAs(m, id)
	}
	return nil
}

func (l *Ledger) markedAs(m *noted, id keys.ID) []record.Seen {
	var out []record.Seen
	for _, place := range m.places {
		it := l.p.At(int(place))
		switch b := it.Body.(type) {
		case record.Conveyance:
			if b.Of == id || b.As == id {
				out = append(out, it)
			}
		case record.ReadBack:
			if b.Of == id {
				out = append(out, it)
			}
		}
	}
	return out
}

// Stance gives where party stands on the version of that hash: Silent if
// nothing is known.
func (l *Ledger) Stance(party record.Name, h keys.Hash) Stance {
	for _, s := range l.standing(h).parties {
		if s.Party == party {
			return l.proven(s, h)
		}
	}
	return l.proven(Stance{Party: party, On: record.Ref{Hash: h}, Position: Silent}, h)
}

// Stances gives every stance other than silence on the version of that hash,
// by party.
func (l *Ledger) Stances(h keys.Hash) []Stance {
	var out []Stance
	add := func(s Stance) {
		if s.Position != Silent {
			out = append(out, s)
		}
	}
	acted := l.standing(h).parties
	for _, s := range acted {
		add(l.proven(s, h))
	}
	for _, party := range l.Signatories(h) {
		if !slices.ContainsFunc(acted, func(s Stance) bool { return s.Party == party }) {
			add(l.Stance(party, h)) // it did nothing here but sign
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
	for _, v := range l.named(on.Name).packages {
		if v.hash != on.Hash && l.Stance(party, v.hash).Backing() > backing {
			return v.asPackage(), true
		}
	}
	return Version[Package]{}, false
}

// Acts gives every act with what it rests on, in the order in which they take
// effect. It goes through the whole record.
func (l *Ledger) Acts() []Statement {
	var out []Statement
	var when []effective
	for place, it := range l.p.InOrder() {
		if _, ok := it.Body.(Act); ok {
			it = l.spoken(it)
			a := it.Body.(Act) // spoken gives nothing else for an act
			out = append(out, Statement{it, l.rests(it, a.Party, a.Mandate(), a.On.Name)})
			when = append(when, l.effect(place, it))
		}
	}
	return inEffect(out, when)
}

// ActsOn gives the acts on the version of that hash, in that order.
func (l *Ledger) ActsOn(h keys.Hash) []Statement { return l.standing(h).acts }

// RestsOf says what an act or a deed rests on; OnNothing for anything else.
func (l *Ledger) RestsOf(it record.Seen) Rests {
	it = l.spoken(it)
	switch b := it.Body.(type) {
	case Act:
		return l.rests(it, b.Party, b.Mandate(), b.On.Name)
	case Performance:
		return l.rests(it, b.By, record.MaySpeak, b.On.Name)
	}
	return OnNothing
}

// Deeds gives what was stated about the performance of the version of that
// hash.
func (l *Ledger) Deeds(h keys.Hash) []Statement {
	v := l.version(h)
	l.book.Read(&v.done)
	var out []Statement
	for _, place := range v.deeds {
		it := l.p.At(int(place))
		if b, ok := it.Body.(Performance); ok && b.On.Hash == h {
			out = append(out, Statement{it, l.rests(it, b.By, record.MaySpeak, b.On.Name)})
		}
	}
	return out
}

// Roles gives the roles of a person as the keeper assigned them.
func (l *Ledger) Roles(n record.Name) []record.Role { return l.roles(n) }

// Voice gives the parties that person speaks for, as the keeper says.
func (l *Ledger) Voice(person record.Name) []record.Name {
	var out []record.Name
	for _, r := range l.roles(person) {
		if r.As.Speaks() && !slices.Contains(out, r.Party) {
			out = append(out, r.Party)
		}
	}
	return out
}

// Credentialed reports whether any credential that counts here is recorded for
// that person and party, whatever it allows.
func (l *Ledger) Credentialed(person, party record.Name) bool {
	return slices.ContainsFunc(l.mandates(person), func(c record.Credential) bool { return c.Party == party })
}
