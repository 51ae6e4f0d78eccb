package accord

import (
	"slices"
	"strings"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// truth is yes, no, or not to be known.
type truth int

const (
	isFalse truth = iota
	isUnclear
	isTrue
)

// leaf is a leaf of a condition as it turned out: it holds from At on; 0 for
// not yet.
type leaf struct {
	at      record.Instant
	unclear bool
	entries []keys.ID
}

func (w leaf) when(t record.Instant) truth {
	switch {
	case w.unclear:
		return isUnclear
	case w.at != 0 && w.at <= t:
		return isTrue
	}
	return isFalse
}

// ready computes from when the term binds: when its own conditions hold, and
// those of what it is exchanged for, or that was performed already.
func (f *frame) ready() {
	at, ok := f.own(nil)
	if !ok {
		f.unclear = true
		return
	}
	f.waitsFor(at, f.t.When.String())
	group := f.exchange()
	for _, c := range group {
		if c.unclear {
			f.unclear = true
			return
		}
		other := f.x.frame(c.term)
		if !other.bound {
			f.waitsFor(0, "against "+string(c.term.Body.Name))
			at = 0
			continue
		}
		theirs, ok := other.own(exchanged(f.t.Name, group))
		if theirs == 0 {
			if early := f.x.course(c.term.Hash).done; early != 0 {
				theirs, ok = early, true
			}
		}
		if !ok {
			f.unclear = true
			return
		}
		f.waitsFor(theirs, "against "+string(c.term.Body.Name))
		f.entries = append(f.entries, other.entries...)
		if at != 0 && theirs != 0 {
			at = max(at, theirs)
		} else {
			at = 0
		}
	}
	f.readyAt = at
}

func (f *frame) waitsFor(at record.Instant, what string) {
	f.x.l.until(at)
	if at == 0 || at > f.x.l.clock {
		f.waits = append(f.waits, what)
	}
}

// partner is a term for which another is exchanged.
type partner struct {
	term    Version[Term]
	unclear bool
}

func exchanged(own record.Name, group []partner) []record.Name {
	out := []record.Name{own}
	for _, c := range group {
		out = append(out, c.term.Body.Name)
	}
	return out
}

// exchange gives every term that is exchanged for this one, directly or through
// others.
func (f *frame) exchange() []partner {
	var out []partner
	seen := map[record.Name]bool{f.t.Name: true}
	todo := slices.Clone(f.t.Against)
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		if seen[n] {
			continue
		}
		seen[n] = true
		h, ok := f.named(n)
		t, here := f.x.l.Term(h)
		if !ok || !here {
			return []partner{{unclear: true}}
		}
		out = append(out, partner{term: t})
		todo = append(todo, t.Body.Against...)
	}
	return out
}

// own gives from when the term's own conditions hold: 0 for not yet, and false
// where that cannot be known. What is exchanged is not held back by waiting for
// its counterpart: terms in assumed count as done.
func (f *frame) own(assumed []record.Name) (record.Instant, bool) {
	base := max(f.deal.agreed, f.t.From, 1)
	leaves := map[string]leaf{}
	f.leaves(f.t.When, assumed, base, leaves)
	moments := []record.Instant{base}
	for _, w := range leaves {
		f.x.l.until(w.at)
		if w.at > base {
			moments = append(moments, w.at)
		}
		f.entries = append(f.entries, w.entries...)
	}
	slices.Sort(moments)
	for _, t := range moments {
		if t <= f.x.l.clock || t == base {
			if holds(f.t.When, leaves, t) == isTrue {
				return t, true
			}
		}
	}
	return 0, holds(f.t.When, leaves, f.x.l.clock) != isUnclear
}

func (f *frame) leaves(c Condition, assumed []record.Name, base record.Instant, out map[string]leaf) {
	switch {
	case c.Term != "" && slices.Contains(assumed, c.Term):
		out["t "+string(c.Term)] = leaf{at: base}
	case c.Term != "":
		out["t "+string(c.Term)] = f.termLeaf(c.Term)
	case c.Event != "":
		out["e "+eventName(c.Event)] = f.eventLeaf(c.Event)
	}
	for _, o := range c.Of {
		f.leaves(o, assumed, base, out)
	}
}

func holds(c Condition, leaves map[string]leaf, t record.Instant) truth {
	switch {
	case c.IsZero():
		return isTrue
	case c.Term != "":
		return leaves["t "+string(c.Term)].when(t)
	case c.Event != "":
		return leaves["e "+eventName(c.Event)].when(t)
	case c.Op == "not":
		return isTrue - holds(c.Of[0], leaves, t)
	}
	out := isTrue
	if c.Op == "or" {
		out = isFalse
	}
	for _, o := range c.Of {
		if c.Op == "or" {
			out = max(out, holds(o, leaves, t))
		} else {
			out = min(out, holds(o, leaves, t))
		}
	}
	return out
}

// named gives the version that a condition means by a name: of the same
// package, or else the only one of that name here that can be meant.
func (f *frame) named(n record.Name) (keys.Hash, bool) {
	for _, r := range f.deal.pack.Body.Terms {
		if r.Name == n {
			return r.Hash, true
		}
	}
	var found []keys.Hash
	for _, v := range f.x.l.named(n).terms {
		_, bound := f.x.dealOf(v.hash)
		if t := v.asTerm().Body; bound || t.Sort == Gesture || t.Sort == Expectation {
			found = append(found, v.hash)
		}
	}
	if len(found) != 1 {
		return keys.Hash{}, false
	}
	return found[0], true
}

func (f *frame) termLeaf(n record.Name) leaf {
	h, ok := f.named(n)
	if !ok || h == f.hash {
		return leaf{unclear: true}
	}
	c := f.x.course(h)
	if c.State == IsUnknown && c.done == 0 {
		return leaf{unclear: true}
	}
	return leaf{at: c.done, entries: c.Entries}
}

// eventLeaf weighs what was said of an event by those whom the term concerns.
// The word of a monitor or guarantor settles it; where parties contradict one
// another it is disputed, and nobody's duty rests on it.
func (f *frame) eventLeaf(what string) leaf {
	type word struct {
		at     record.Instant
		denied bool
		entry  keys.ID
	}
	latest := map[record.Name]word{}
	var settled *word
	for _, d := range f.x.l.saidOf(eventName(what)) {
		b := d.it.Body.(Event) // the ledger puts nothing else there
		as, rests := f.voice(d.it, b.By, record.MaySpeak)
		neutral := slices.Contains(as, AsMonitor) || slices.Contains(as, AsGuarantor)
		party := b.By
		if len(as) == 0 {
			for _, n := range append([]record.Name{b.By}, f.x.l.Voice(b.By)...) {
				if f.bound && slices.Contains(f.x.l.Needed(f.deal.pack.Body), n) {
					party, as = n, []Actor{AsNobody}
					rests = f.x.l.rests(d.it, n, record.MaySpeak, f.t.Name)
				}
			}
		}
		if f.x.l.until(d.at); len(as) == 0 || f.x.count(rests) != Counted || d.at > f.x.l.clock {
			continue
		}
		w := word{d.at, b.Denied, d.it.ID}
		if b.At != 0 && b.At < d.at {
			w.at = b.At
		}
		if neutral {
			settled = &w
		} else {
			if old, said := latest[party]; said && old.denied == w.denied {
				w.at = min(w.at, old.at)
			}
			latest[party] = w
		}
	}
	if settled != nil {
		if settled.denied {
			return leaf{entries: []keys.ID{settled.entry}}
		}
		return leaf{at: settled.at, entries: []keys.ID{settled.entry}}
	}
	var out leaf
	yes, no := false, false
	for _, w := range latest {
		out.entries = append(out.entries, w.entry)
		if w.denied {
			no = true
			continue
		}
		yes = true
		if out.at == 0 || w.at < out.at {
			out.at = w.at
		}
	}
	out.unclear = yes && no
	return out
}

// after gives the moment that lies a range's upper end (or lower, if first) of
// time after t. Days are of 24 hours; months and years are of the calendar, in
// the term's zone. A unit that is no time gives 0.
func after(t record.Instant, n int64, unit string, in Zone) record.Instant {
	if t == 0 || n > 1<<20 {
		return 0
	}
	zone, err := in.location()
	if err != nil {
		zone = time.UTC
	}
	u := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(unit)), "s")
	switch u {
	case "month":
		return record.At(t.Time().In(zone).AddDate(0, int(n), 0))
	case "year":
		return record.At(t.Time().In(zone).AddDate(int(n), 0, 0))
	}
	lengths := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}
	if lengths[u] == 0 {
		return 0
	}
	return t + record.Instant(n*lengths[u].Milliseconds())
}

// earliest gives the earlier of two moments, of which 0 is none.
func earliest(a, b record.Instant) record.Instant {
	switch {
	case a == 0:
		return b
	case b == 0:
		return a
	}
	return min(a, b)
}

// deadline gives by when what is due once must be done.
func (f *frame) deadline() record.Instant {
	d := earliest(f.t.By, after(f.readyAt, f.t.Within.Max, f.t.Within.Unit, f.t.Zone))
	if d != 0 {
		d += f.paused
	}
	return d
}

// ends gives the last moment of a duty that lasts, by the longest reading of
// its period, and the first moment at which it may have ended.
func (f *frame) ends() (last, first record.Instant) {
	last = earliest(f.t.Until, after(f.readyAt, f.t.Period.Max, f.t.Period.Unit, f.t.Zone))
	first = earliest(f.t.Until, after(f.readyAt, f.t.Period.Min, f.t.Period.Unit, f.t.Zone))
	if last != 0 {
		last, first = last+f.paused, first+f.paused
	}
	return last, first
}

// limit gives until when what is conditional can still come due.
func (f *frame) limit() record.Instant {
	if f.t.When.IsZero() && len(f.t.Against) == 0 {
		return f.t.Until
	}
	return earliest(f.t.By, f.t.Until)
}

// phase gives the state at t by clock and conditions alone, and since when.
func (f *frame) phase(t record.Instant) (State, record.Instant) {
	switch {
	case f.t.Sort == Gesture:
		return NoState, 0
	case f.t.Sort == Expectation:
		return f.expected(t)
	case !f.bound || t < f.deal.agreed:
		return NoState, 0
	case f.unclear:
		return IsUnknown, f.deal.agreed
	}
	limit := f.limit()
	waits := f.readyAt == 0 || t < f.readyAt
	switch {
	case limit != 0 && t > limit && (waits || f.readyAt > limit):
		return IsExpired, limit
	case waits:
		return IsConditional, f.deal.agreed
	case f.t.Sort == Guarantee:
		if f.t.Until != 0 && t > f.t.Until {
			return IsExpired, f.t.Until
		}
		return f.guarded(t)
	case f.lasts():
		if last, _ := f.ends(); last != 0 && t > last {
			return IsExpired, last
		}
		return IsInForce, f.readyAt
	}
	if d := f.deadline(); d != 0 && t > d {
		return IsOverdue, d
	}
	return IsDue, f.readyAt
}

// guarded gives the state of a guarantee that is in effect: what sets it off
// is a breach found of what it covers, or its trigger, said to have happened.
func (f *frame) guarded(t record.Instant) (State, record.Instant) {
	if f.trigger != 0 && f.trigger <= t {
		return IsTriggered, max(f.trigger, f.readyAt)
	}
	return IsArmed, f.readyAt
}

// triggers computes when a guarantee was set off.
func (f *frame) triggers() {
	if f.t.Sort != Guarantee || !f.bound || f.readyAt == 0 {
		return
	}
	note := func(at record.Instant, entries []keys.ID) {
		if at != 0 && (f.t.Until == 0 || at <= f.t.Until) {
			f.trigger = earliest(f.trigger, max(at, f.readyAt))
			f.entries = append(f.entries, entries...)
		}
	}
	if f.t.Trigger != "" {
		if w := f.eventLeaf(f.t.Trigger); !w.unclear {
			note(w.at, w.entries)
		}
		return
	}
	for _, n := range f.t.Covers {
		h, ok := f.named(n)
		if !ok || h == f.hash {
			continue
		}
		c := f.x.course(h)
		for _, t := range c.Told {
			if t.Why == Counted && t.To == IsFound {
				note(t.At, []keys.ID{t.Entry})
			}
		}
	}
}

// lasts reports whether the term is a duty that lasts and not one to be done
// once.
func (f *frame) lasts() bool {
	return f.t.Sort == Obligation && (!f.t.Period.IsZero() || f.t.Until != 0)
}
