package accord

import (
	"math"
	"slices"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// move says from which states a deed, by somebody in that capacity, takes a
// term to which. An empty To keeps the state: what was done is counted.
// spec/performance.md states the same table.
type move struct {
	deed Deed
	as   []Actor
	from []State
	to   State
}

// moves gives the table for a sort of term.
func (f *frame) moves() []move {
	debtor, creditor, neutral := []Actor{AsDebtor}, []Actor{AsCreditor}, []Actor{AsMonitor, AsGuarantor}
	checks := []Actor{AsCreditor, AsMonitor}
	switch f.t.Sort {
	case Gesture:
		return []move{{Announced, debtor, []State{NoState}, IsAnnounced}, {Done, debtor, []State{NoState, IsAnnounced}, IsDone}}
	case Expectation:
		return []move{{Met, checks, []State{IsConditional, IsUnknown, IsOpen, IsUnmet}, IsMet}, {Unmet, checks, []State{IsOpen, IsMet}, IsUnmet}}
	case Guarantee:
		return []move{
			{Triggered, []Actor{AsDebtor, AsMonitor}, []State{IsArmed}, IsTriggered},
			{Answered, debtor, []State{IsTriggered}, IsAnswered},
			{Discharged, creditor, []State{IsConditional, IsArmed, IsTriggered, IsUnknown}, IsDischarged},
		}
	}
	both := []move{
		{Claimed, debtor, []State{IsAlleged, IsFound}, ""},
		{Suspended, creditor, []State{IsDue, IsInForce, IsOverdue}, IsSuspended},
		{Resumed, creditor, []State{IsSuspended}, ""},
		{Discharged, creditor, []State{IsConditional, IsDue, IsInForce, IsOverdue, IsClaimed, IsAlleged, IsFound, IsSuspended, IsUnknown}, IsDischarged},
	}
	if f.lasts() {
		return append(both,
			move{Claimed, debtor, []State{IsInForce, IsExpired}, IsClaimed},
			move{Verified, checks, []State{IsInForce, IsClaimed, IsAlleged, IsFound, IsExpired}, IsVerified},
			move{Alleged, creditor, []State{IsInForce, IsClaimed, IsVerified, IsExpired}, IsAlleged},
			move{Found, neutral, []State{IsInForce, IsClaimed, IsVerified, IsAlleged, IsExpired}, IsFound},
		)
	}
	return append(both,
		move{Claimed, debtor, []State{IsConditional, IsUnknown, IsDue, IsOverdue}, IsClaimed},
		move{Verified, checks, []State{IsConditional, IsUnknown, IsDue, IsOverdue, IsClaimed, IsAlleged, IsFound}, IsVerified},
		move{Alleged, creditor, []State{IsDue, IsOverdue, IsClaimed}, IsAlleged},
		move{Found, neutral, []State{IsDue, IsOverdue, IsClaimed, IsVerified, IsAlleged}, IsFound},
	)
}

// frame is what one course is computed in.
type frame struct {
	x       *axis
	v       Version[Term]
	t       Term
	hash    keys.Hash
	deal    deal
	bound   bool // it stands in an agreed package
	unclear bool
	readyAt record.Instant
	trigger record.Instant
	waits   []string
	covers  []Term // the guarantees that cover it

	state   State // by a statement; empty while clock and conditions rule
	since   record.Instant
	by      record.Name
	rests   Rests
	stopped record.Instant // since when its clock stands
	paused  record.Instant // how long it stood before
	late    bool
	done    record.Instant
	shares  []Share
	persons []PersonShare
	others  []record.Name // persons counted for a quantity, where the term names none
	seconds []record.Name // those of them that were verified
	told    []Told
	entries []keys.ID
}

func (x *axis) frame(t Version[Term]) *frame {
	f := &frame{x: x, v: t, t: t.Body, hash: t.Hash}
	if t.Body.Sort != Gesture {
		f.deal, f.bound = x.dealOf(t.Hash)
		f.covers = f.guarantees()
	}
	for _, q := range t.Body.Quantity {
		f.shares = append(f.shares, Share{Asked: q})
	}
	for _, n := range t.Body.Persons {
		f.persons = append(f.persons, PersonShare{Name: n})
	}
	return f
}

// run folds what was stated, in order, over clock and conditions.
func (f *frame) run() Course {
	now := f.x.l.clock
	switch {
	case f.t.Sort == Expectation:
		f.expect()
	case f.bound:
		f.entries = append(f.entries, f.deal.entries...)
		f.ready()
		f.triggers()
	}
	for _, d := range f.x.l.statedOn(f.hash) {
		if d.at > now {
			f.x.l.until(d.at)
			continue
		}
		f.replace(d.at)
		f.tell(d)
	}
	f.replace(now)
	if f.lasts() && f.readyAt != 0 && f.readyAt <= now && f.done == 0 {
		f.done = f.readyAt
	}
	f.holdsUntil()
	return f.result(now)
}

// holdsUntil says at which moments clock and conditions may move the term.
func (f *frame) holdsUntil() {
	last, first := f.ends()
	for _, t := range []record.Instant{f.deal.agreed, f.deal.replaced, f.readyAt, f.limit(), f.t.From, f.t.By, f.t.Until, f.trigger, f.deadline(), last, first} {
		if t != 0 {
			f.x.l.until(t)
			f.x.l.until(t + 1)
		}
	}
}

// replace ends what an agreed package that took the place of this one left out.
func (f *frame) replace(by record.Instant) {
	at := f.deal.replaced
	if at == 0 || at > by || f.t.Sort == Expectation {
		return // nobody owed what was expected: there is nothing to end
	}
	f.deal.replaced = 0
	switch s, _ := f.at(at); s {
	case IsConditional, IsDue, IsInForce, IsOverdue, IsSuspended, IsArmed, IsUnknown:
		f.state, f.since, f.by, f.rests = IsDischarged, at, "", OnNothing
	}
}

// at gives the state at t, and since when.
func (f *frame) at(t record.Instant) (State, record.Instant) {
	if f.state == "" {
		return f.phase(t)
	}
	if last, _ := f.ends(); f.lasts() && last != 0 && f.since <= last && t > last && (f.state == IsClaimed || f.state == IsVerified) {
		return IsExpired, last // what was said while it lasted says nothing of its end
	}
	return f.state, f.since
}

// tell takes in one statement.
func (f *frame) tell(d deedAt) {
	b := d.it.Body.(Performance) // the ledger puts nothing else there
	as, rests := f.voice(d.it, b.By, b.Deed.Mandate())
	from, _ := f.at(d.at)
	t := Told{Entry: d.it.ID, Deed: b.Deed, By: b.By, Logged: d.it.By, At: d.at, Rests: rests, From: from, To: from,
		Amount: b.Amount, Unit: b.Unit, Persons: b.Persons}
	var m *move
	mine := false
	for _, c := range f.moves() {
		if c.deed != b.Deed {
			continue
		}
		for _, a := range as {
			if !slices.Contains(c.as, a) {
				continue
			}
			t.As, mine = a, true
			if m == nil && slices.Contains(c.from, from) {
				m = &c
			}
		}
	}
	if t.As == AsNobody && len(as) > 0 {
		t.As = as[0]
	}
	switch mark := f.x.count(rests); {
	case mark != Counted:
		t.Why = mark
	case !mine:
		t.Why = NotHis
	case m == nil:
		t.Why = OutOfTurn
	case !f.part(b):
		t.Why = UnclearPart
	default:
		f.apply(&t, b.Deed, m.to)
	}
	f.told = append(f.told, t)
}

// apply moves the term.
func (f *frame) apply(t *Told, d Deed, to State) {
	f.entries = append(f.entries, t.Entry)
	switch d {
	case Suspended:
		f.stopped = t.At
	case Resumed:
		f.state = ""
		if phase, _ := f.phase(f.stopped); phase != IsOverdue {
			f.paused += t.At - f.stopped // what was left of its time runs on
		}
		f.stopped = 0
		t.To, _ = f.at(t.At)
		return
	case Claimed, Done:
		if !f.whole(false) {
			to = ""
		}
	case Verified, Met:
		if !f.whole(true) {
			to = ""
		}
	}
	if to == "" {
		return
	}
	if t.From == IsOverdue && (to == IsClaimed || to == IsVerified) {
		f.late = true
	}
	f.state, f.since, f.by, f.rests = to, t.At, t.By, t.Rests
	t.To = to
	switch to {
	case IsVerified, IsDischarged, IsDone, IsMet, IsAnswered:
		if f.done == 0 && !f.lasts() {
			f.done = t.At
		}
	}
}

// part counts what a deed says was done, and reports whether that is clear. A
// deed that names no part is about the whole.
func (f *frame) part(b Performance) bool {
	checked := b.Deed == Verified || b.Deed == Met
	if b.Deed != Claimed && b.Deed != Done && !checked {
		return true
	}
	if b.Amount == 0 && len(b.Persons) == 0 {
		f.all(checked)
		return true
	}
	i := -1
	if len(f.shares) == 1 && (b.Unit == "" || b.Unit == f.shares[0].Asked.Unit) {
		i = 0
	} else if b.Unit != "" {
		i = slices.IndexFunc(f.shares, func(s Share) bool { return s.Asked.Unit == b.Unit })
	}
	if b.Amount > 0 && i < 0 {
		return false
	}
	for _, n := range b.Persons {
		if len(f.persons) > 0 && !slices.ContainsFunc(f.persons, func(p PersonShare) bool { return p.Name == n }) || len(f.persons) == 0 && i < 0 {
			return false
		}
	}
	fresh := f.mark(b.Persons, checked)
	amount := b.Amount
	if amount == 0 {
		amount = fresh
	}
	if i >= 0 {
		if s := &f.shares[i]; checked {
			s.Verified = addUp(s.Verified, amount)
			s.Claimed = max(s.Claimed, s.Verified)
		} else {
			s.Claimed = addUp(s.Claimed, amount)
		}
	}
	return true
}

// addUp adds amounts, which others wrote: it does not run over.
func addUp(a, b int64) int64 {
	if b > math.MaxInt64-a {
		return math.MaxInt64
	}
	return a + b
}

// mark notes persons and gives how many were not noted before.
func (f *frame) mark(names []record.Name, checked bool) int64 {
	fresh := int64(0)
	for _, n := range names {
		list := &f.others
		if checked {
			list = &f.seconds
		}
		if !slices.Contains(*list, n) {
			*list = append(*list, n)
			fresh++
		}
		for i := range f.persons {
			if p := &f.persons[i]; p.Name == n {
				p.Claimed = true
				p.Verified = p.Verified || checked
			}
		}
	}
	return fresh
}

func (f *frame) all(checked bool) {
	for i := range f.shares {
		s := &f.shares[i]
		s.Claimed = max(s.Claimed, s.Asked.Min)
		if checked {
			s.Verified = max(s.Verified, s.Asked.Min)
		}
	}
	for i := range f.persons {
		f.persons[i].Claimed = true
		f.persons[i].Verified = f.persons[i].Verified || checked
	}
}

// whole reports whether everything was claimed, or verified.
func (f *frame) whole(checked bool) bool {
	for _, s := range f.shares {
		if s.Claimed < s.Asked.Min || checked && s.Verified < s.Asked.Min {
			return false
		}
	}
	for _, p := range f.persons {
		if !p.Claimed || checked && !p.Verified {
			return false
		}
	}
	return true
}

func (f *frame) result(now record.Instant) Course {
	c := Course{
		Term: f.v.Ref, Sort: f.t.Sort, Late: f.late, Shares: f.shares, Persons: f.persons, Told: f.told, done: f.done,
		Paused: time.Duration(f.paused) * time.Millisecond,
	}
	c.State, c.Since = f.at(now)
	if f.bound && f.t.Sort != Expectation {
		c.Package = f.deal.pack.Ref
	}
	if f.readyAt != 0 && f.readyAt <= now {
		c.Ready = f.readyAt
	}
	if c.State == f.state {
		c.By, c.Rests = f.by, f.rests
	}
	c.stopped = f.stopped
	for _, s := range f.shares {
		c.Partial = c.Partial || s.Claimed > 0 && (s.Claimed < s.Asked.Min || s.Verified > 0 && s.Verified < s.Asked.Min)
	}
	some, all := false, true
	for _, p := range f.persons {
		some, all = some || p.Claimed, all && p.Claimed
	}
	c.Partial = c.Partial || some && !all
	if c.State == IsConditional || c.State == IsUnknown {
		c.Waits = f.waits
	}
	f.times(&c)
	c.Entries = sortIDs(append(f.entries, f.v.Entry))
	return c
}

// times fills in what the clock will do next.
func (f *frame) times(c *Course) {
	if f.lasts() && c.Ready != 0 {
		last, first := f.ends()
		c.Ends = last
		if first != last {
			c.MayEnd = first
		}
	}
	switch c.State {
	case IsConditional:
		c.Deadline = f.limit()
	case IsDue:
		c.Deadline = f.deadline()
	case IsInForce:
		c.Deadline = c.Ends
	case IsArmed:
		c.Deadline = f.t.Until
	}
}
