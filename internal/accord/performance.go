package accord

import (
	"cmp"
	"slices"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// State is a place on the axis of performance.
type State string

// The states. Only terms of an agreed package have one, gestures and
// expectations aside.
const (
	NoState       State = ""
	IsConditional State = "conditional" // waits for its conditions
	IsDue         State = "due"
	IsInForce     State = "in-force" // a duty that lasts
	IsClaimed     State = "claimed"
	IsVerified    State = "verified"
	IsOverdue     State = "overdue" // by the clock, which never says breach
	IsAlleged     State = "breach-alleged"
	IsFound       State = "breach-found"
	IsSuspended   State = "suspended"
	IsDischarged  State = "discharged"
	IsExpired     State = "expired"
	IsUnknown     State = "unknown"   // its conditions are disputed, run in a circle, or name what is not here
	IsAnnounced   State = "announced" // a gesture
	IsDone        State = "done"      // a gesture
	IsOpen        State = "open"      // an expectation
	IsMet         State = "met"       // an expectation
	IsUnmet       State = "unmet"     // an expectation
	IsArmed       State = "armed"     // a guarantee
	IsTriggered   State = "triggered" // a guarantee
	IsAnswered    State = "answered"  // a guarantee
)

// Actor is in what capacity somebody speaks of a term.
type Actor string

// The actors. Clock stands for time and conditions.
const (
	AsNobody    Actor = ""
	AsDebtor    Actor = "debtor"
	AsCreditor  Actor = "creditor"
	AsMonitor   Actor = "monitor"
	AsGuarantor Actor = "guarantor"
)

// Mark says why a statement is kept and does not count.
type Mark string

// The marks.
const (
	Counted     Mark = ""
	OnlyReport  Mark = "reported"           // by somebody else than him whose word it is
	NoMandate   Mark = "without-mandate"    // by his own voice, which has no mandate for it
	NotHis      Mark = "not-for-him-to-say" // not in his capacity
	OutOfTurn   Mark = "out-of-turn"        // not from the state that it was in
	UnclearPart Mark = "part-unclear"       // an amount or persons that the term does not know
)

// Told is one statement about a term's performance and what became of it.
type Told struct {
	Entry   keys.ID        `json:"entry"`
	Deed    Deed           `json:"deed"`
	By      record.Name    `json:"by,omitempty"`     // in whose name
	Logged  record.Name    `json:"logged,omitempty"` // who wrote it
	At      record.Instant `json:"at,omitempty"`
	Rests   Rests          `json:"rests,omitempty"`
	As      Actor          `json:"as,omitempty"`
	Why     Mark           `json:"why,omitempty"`
	From    State          `json:"from,omitempty"`
	To      State          `json:"to,omitempty"`
	Amount  int64          `json:"amount,omitempty"`
	Unit    string         `json:"unit,omitempty"`
	Persons []record.Name  `json:"persons,omitempty"`
}

// Share is how much of one quantity was claimed and verified.
type Share struct {
	Asked    Range `json:"asked"`
	Claimed  int64 `json:"claimed,omitempty"`
	Verified int64 `json:"verified,omitempty"`
}

// PersonShare is what was claimed and verified about one person.
type PersonShare struct {
	Name     record.Name `json:"name,omitempty"`
	Claimed  bool        `json:"claimed,omitempty"`
	Verified bool        `json:"verified,omitempty"`
}

// Course is how one version of a term has gone: its place on the axis of
// performance, as this desk can verify.
type Course struct {
	Term       record.Ref     `json:"term,omitzero"`
	Sort       TermKind       `json:"sort"`
	Package    record.Ref     `json:"package,omitzero"` // under which agreed package; zero for none
	State      State          `json:"state"`
	Since      record.Instant `json:"since,omitempty"`      // 0: not known
	By         record.Name    `json:"by,omitempty"`         // whose statement moved it; empty: clock and conditions
	Rests      Rests          `json:"rests,omitempty"`      // what that statement rests on
	Reported   State          `json:"reported,omitempty"`   // where it would be if reports counted; empty where that is the same
	ReportedBy []record.Name  `json:"reportedBy,omitempty"` // whose reports those are
	Shares     []Share        `json:"shares,omitempty"`     // per quantity
	Persons    []PersonShare  `json:"persons,omitempty"`    // per person
	Partial    bool           `json:"partial,omitempty"`    // some of it was claimed or verified, and not all
	Late       bool           `json:"late,omitempty"`       // what was owed came after its deadline
	Ready      record.Instant `json:"ready,omitempty"`      // when it came due, in force or to be armed; 0: it has not
	Deadline   record.Instant `json:"deadline,omitempty"`   // when the clock alone will move it next; 0: it will not
	Ends       record.Instant `json:"ends,omitempty"`       // of a duty that lasts: its last moment
	MayEnd     record.Instant `json:"mayEnd,omitempty"`     // where its period is a range: the first moment at which it may have ended
	Paused     time.Duration  `json:"paused,omitempty"`     // how long its clock was stopped
	Waits      []string       `json:"waits,omitempty"`      // conditions and counter-terms that hold it back
	Told       []Told         `json:"told,omitempty"`       // every statement about it, in order
	Entries    []keys.ID      `json:"entries,omitempty"`    // what it rests on

	done    record.Instant // when it was first performed, for conditions that name it
	stopped record.Instant // since when its clock stands
}

// Owing reports whether its debtor has something left to do.
func (c Course) Owing() bool {
	switch c.State {
	case IsDue, IsInForce, IsOverdue, IsAlleged, IsFound, IsTriggered:
		return true
	}
	return false
}

// deedAt is a deed or an event with the moment from which it counts.
type deedAt struct {
	it record.Seen
	at record.Instant
}

// statedOn gives the deeds on a version in the order in which they take effect,
// as acts do (REC-33).
func (l *Ledger) statedOn(h keys.Hash) []deedAt {
	v := l.version(h)
	l.book.Read(&v.done)
	return l.inOrder(v.deeds, func(b record.Body) bool {
		p, ok := b.(Performance)
		return ok && p.On.Hash == h
	})
}

// saidOf gives what was said of an event, in that order.
func (l *Ledger) saidOf(name string) []deedAt {
	e := at(l, l.events, name, false)
	l.book.Read(&e.src)
	return l.inOrder(e.places, func(b record.Body) bool {
		e, ok := b.(Event)
		return ok && eventName(e.What) == name
	})
}

func (l *Ledger) inOrder(places []int32, about func(record.Body) bool) []deedAt {
	var out []deedAt
	var when []effective
	for _, place := range places {
		it := asStated(l.keeper, l.p.At(int(place)))
		if about(it.Body) {
			m := l.effect(int(place), it)
			out, when = append(out, deedAt{it, m.at}), append(when, m)
		}
	}
	return inEffect(out, when)
}

// asStated gives a statement as it counts. A correction of one's own may mend
// how much, whom and the words; what was stated, of what and for whom is
// changed by another statement alone, since others may have acted on it.
func asStated(keeper record.Name, it record.Seen) record.Seen {
	if !direct(keeper, it) || !it.FirstHand() {
		return it
	}
	undone := false
	switch first := it.First.(type) {
	case Performance:
		now, ok := it.Body.(Performance)
		undone = !ok || now.Deed != first.Deed || now.On.Hash != first.On.Hash || now.By != first.By
	case Event:
		now, ok := it.Body.(Event)
		undone = !ok || now.What != first.What || now.Denied != first.Denied || now.By != first.By
	}
	if undone {
		it.Body = it.First
	}
	return it
}

// coursed keeps a course.
type coursed struct {
	lean.Result
	Course
}

// Performance gives how the version of that hash has gone.
func (l *Ledger) Performance(h keys.Hash) Course {
	v := l.version(h)
	if v.course == nil {
		v.course = &coursed{}
	}
	if !l.book.Fresh(&v.course.Result) {
		l.book.Open(&v.course.Result)
		v.course.Course = l.performance(h)
		l.book.Close(&v.course.Result)
	}
	c := v.course.Course
	if c.stopped != 0 {
		// It grows with every moment, and is not kept: else every suspended term
		// would have to be computed anew whenever somebody looks.
		c.Paused += time.Duration(l.clock-c.stopped) * time.Millisecond
	}
	return c
}

// performance computes the course on which own acts count, and beside it the
// one on which reports do. Each starts afresh, so that where conditions run in
// a circle it does not matter which term was asked of first.
func (l *Ledger) performance(h keys.Hash) Course {
	own := (&axis{l, false, map[keys.Hash]*Course{}}).course(h)
	said := (&axis{l, true, map[keys.Hash]*Course{}}).course(h)
	if said.State != own.State {
		own.Reported = said.State
		for _, t := range said.Told {
			if t.Why == Counted && t.Rests == OnReport && !slices.Contains(own.ReportedBy, t.Logged) {
				own.ReportedBy = append(own.ReportedBy, t.Logged)
			}
		}
	}
	return own
}

// Shown reports whether there is anything to tell of a course: a state, or
// something that was stated or reported.
func (c Course) Shown() bool { return c.State != NoState || c.Reported != NoState || len(c.Told) > 0 }

// Performances gives how every version of every term has gone that has a
// state, or of which a performance was stated or reported.
func (l *Ledger) Performances() []Course {
	var out []Course
	for _, v := range l.terms {
		if c := l.Performance(v.hash); c.Shown() {
			out = append(out, c)
		}
	}
	return out
}

// axis computes courses. A weak one lets reports count: it says what would be
// so if they were true, and never what is.
type axis struct {
	l    *Ledger
	weak bool
	memo map[keys.Hash]*Course
}

// course gives the course of a term; one that runs into itself by its
// conditions is unknown.
func (x *axis) course(h keys.Hash) Course {
	if c, ok := x.memo[h]; ok {
		if c == nil {
			return Course{State: IsUnknown}
		}
		return *c
	}
	t, ok := x.l.Term(h)
	if !ok {
		return Course{Term: record.Ref{Hash: h}}
	}
	x.memo[h] = nil
	c := x.frame(t).run()
	x.memo[h] = &c
	return c
}

// deal is the agreed package under which a term stands.
type deal struct {
	pack     Version[Package]
	agreed   record.Instant
	replaced record.Instant // when an agreed package took its place, in which the term no longer stands
	entries  []keys.ID
}

// dealt keeps under which agreed package a term stands.
type dealt struct {
	lean.Result
	deal
}

// dealOf gives the first agreed package in which the version stands.
func (x *axis) dealOf(h keys.Hash) (deal, bool) {
	v, which, book := x.l.version(h), 0, x.l.book
	if x.weak {
		which = 1
	}
	d := v.deals[which]
	if d == nil {
		d = &dealt{}
		v.deals[which] = d
	}
	if !book.Fresh(&d.Result) {
		book.Open(&d.Result)
		d.deal = x.findDeal(v)
		book.Close(&d.Result)
	}
	return d.deal, d.agreed != 0
}

func (x *axis) findDeal(v *version) deal {
	var best deal
	x.l.book.Read(&v.text)
	for _, pk := range v.within {
		if at, entries, ok := x.agreed(pk.hash); ok && (best.agreed == 0 || at < best.agreed) {
			best = deal{pack: pk.asPackage(), agreed: at, entries: entries}
		}
	}
	if best.agreed == 0 {
		return best
	}
	for _, pk := range x.l.successors(best.pack) {
		b := pk.asPackage().Body
		if slices.ContainsFunc(b.Terms, func(r TermRef) bool { return r.Hash == v.hash }) {
			continue
		}
		named := b.Replaces == best.pack.Hash
		if at, entries, ok := x.agreed(pk.hash); ok && (named || at > best.agreed) && (best.replaced == 0 || at < best.replaced) {
			best.replaced = max(at, best.agreed)
			best.entries = append(slices.Clone(best.entries), entries...)
		}
	}
	return best
}

// successors gives the packages that take the place of pk once they are agreed:
// those that say so, and those of its name that need everybody whom it needs.
// What a name says stands under the hash, and needs no mention of a version
// that not everybody was given.
func (l *Ledger) successors(pk Version[Package]) []*version {
	old := l.version(pk.Hash)
	l.book.Read(&old.text)
	out := slices.Clone(old.heirs)
	needed := l.Needed(pk.Body)
	for _, v := range l.named(pk.Body.Name).packages {
		next := v.asPackage()
		if next.Hash == pk.Hash || next.Body.Replaces == pk.Hash {
			continue
		}
		have := l.Needed(next.Body)
		if !slices.ContainsFunc(needed, func(n record.Name) bool { return !slices.Contains(have, n) }) {
			out = append(out, v)
		}
	}
	return out
}

// agreed gives the moment at which a package was agreed: of the last act that
// it took.
func (x *axis) agreed(h keys.Hash) (record.Instant, []keys.ID, bool) {
	a := x.l.Agreement(h)
	if a.Verdict != Agreed && (!x.weak || a.Verdict != AsReported) {
		return 0, nil, false
	}
	at := record.Instant(1)
	for _, id := range a.Entries {
		at = max(at, x.l.signedAt(id))
		if place, here := x.l.p.Place(id); here {
			it := x.l.p.At(place)
			at = max(at, it.When())
		}
	}
	return at, a.Entries, true
}

// creditors gives who may verify, allege, suspend and discharge. Where a term
// names nobody it is the other party of a package of two; among several, nobody.
func (f *frame) creditors() []record.Name {
	switch {
	case f.t.Creditor != "":
		return []record.Name{f.t.Creditor}
	case f.t.Sort == Gesture || f.t.Sort == Expectation || !f.bound:
		return nil
	}
	var out []record.Name
	for _, n := range f.x.l.Needed(f.deal.pack.Body) {
		if n != f.t.Debtor {
			out = append(out, n)
		}
	}
	if len(out) != 1 {
		return nil
	}
	return out
}

// capacities gives in what capacities somebody may speak of the term. A debtor
// is nothing else: nobody verifies his own performance.
func (f *frame) capacities(who record.Name) []Actor {
	var out []Actor
	if who == "" {
		return nil
	}
	if who == f.t.Debtor {
		return []Actor{AsDebtor}
	}
	if f.t.Sort == Expectation && who == f.t.Of {
		return nil // nobody says of himself that he met what was expected of him
	}
	if slices.Contains(f.creditors(), who) {
		out = append(out, AsCreditor)
	}
	if who == f.t.Monitor {
		out = append(out, AsMonitor)
	}
	for _, g := range f.covers {
		if who == g.Debtor && !slices.Contains(out, AsGuarantor) {
			out = append(out, AsGuarantor)
		}
		if who == g.Monitor && !slices.Contains(out, AsMonitor) {
			out = append(out, AsMonitor)
		}
	}
	return out
}

// guarantees gives the guarantees of the same package that cover the term.
func (f *frame) guarantees() []Term {
	if !f.bound || f.t.Sort != Obligation {
		return nil
	}
	var out []Term
	for _, r := range f.deal.pack.Body.Terms {
		if t, here := f.x.l.Term(r.Hash); here && t.Body.Sort == Guarantee && slices.Contains(t.Body.Covers, f.t.Name) {
			out = append(out, t.Body)
		}
	}
	return out
}

// voice says in whose name a statement is, in what capacities, and what it
// rests on. A person who speaks for a party may name himself.
func (f *frame) voice(it record.Seen, by record.Name, need record.Mandate) ([]Actor, Rests) {
	names := append([]record.Name{by}, f.x.l.Voice(by)...)
	for _, n := range names {
		as := f.capacities(n)
		if len(as) == 0 {
			continue
		}
		rests := f.x.l.rests(it, n, need, f.t.Name)
		if rests == OnReport && f.x.l.posted(it, n, as) {
			rests = OnOwnMandate
		}
		return as, rests
	}
	return nil, f.x.l.rests(it, by, need, f.t.Name)
}

// posted reports whether the keeper knows the author of an own statement as
// the monitor, or the guarantor, that the name stands for.
func (l *Ledger) posted(it record.Seen, name record.Name, as []Actor) bool {
	if !direct(l.keeper, it) || !it.FirstHand() {
		return false
	}
	return slices.ContainsFunc(l.roles(it.By), func(r record.Role) bool {
		return r.Party == name && (r.As == record.Monitor && slices.Contains(as, AsMonitor) || r.As == record.Guarantor && slices.Contains(as, AsGuarantor))
	})
}

// count reports whether a statement that rests on that counts on this axis.
func (x *axis) count(r Rests) Mark {
	switch {
	case r == OnOwnMandate || x.weak:
		return Counted
	case r == OnOwnAct:
		return NoMandate
	}
	return OnlyReport
}

// Mandate gives what the deed needs its author to be allowed. What changes the
// duty itself takes a mandate to bind.
func (d Deed) Mandate() record.Mandate {
	if d == Suspended || d == Resumed || d == Discharged {
		return record.MayBind
	}
	return record.MaySpeak
}

func sortIDs(list []keys.ID) []keys.ID {
	slices.SortFunc(list, func(a, b keys.ID) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(list)
}
