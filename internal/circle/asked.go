package circle

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Asked is one request, what was planned to be said to it, and what was.
type Asked struct {
	Request Request         `json:"request"`
	Entry   keys.ID         `json:"entry"`
	Said    record.Interval `json:"said"`
	Known   record.Instant  `json:"known"`
	Planned *PlannedLine    `json:"planned,omitempty"`
	Line    keys.ID         `json:"line,omitzero"` // the entry of the planned line
	Answers []Answered      `json:"answers,omitempty"`
}

// Answered is one answer to a request.
type Answered struct {
	Answer
	Said  record.Interval `json:"said"`
	Known record.Instant  `json:"known"`
	Entry keys.ID         `json:"entry"`
	Else  bool            `json:"else,omitempty"` // other than was planned
}

// Requests gives every request of an outsider; of one alone, where who is
// given.
func (c *Circle) Requests(who record.Name) []Asked {
	var out []Asked
	for _, it := range c.items(under(c, c.listed, KindRequest)) {
		r, ok := it.Body.(Request)
		if !ok || who != "" && r.By != who && c.PartyOf(r.By) != who {
			continue
		}
		out = append(out, c.asked(it, r))
	}
	return out
}

// Asked gives one request.
func (c *Circle) Asked(id keys.ID) (Asked, bool) {
	it, _ := c.get(id)
	r, ok := it.Body.(Request)
	if !ok {
		return Asked{}, false
	}
	return c.asked(it, r), true
}

func (c *Circle) asked(it record.Seen, r Request) Asked {
	a := Asked{Request: r, Entry: it.ID, Said: saidAt(it), Known: it.Known}
	var answers []record.Seen
	for _, x := range c.items(under(c, c.of, it.ID)) {
		if _, ok := x.Body.(Answer); ok && x.Answers == it.ID {
			answers = append(answers, x)
		}
	}
	var before record.Instant // a line prepared after the answer was not what it followed
	if len(answers) > 0 {
		before = answers[0].At
	}
	var fitting []record.Seen
	for _, x := range c.items(under(c, c.lines, r.By)) {
		l, ok := x.Body.(PlannedLine)
		if ok && l.For == r.By && about(l.What, r.What) && (before == 0 || x.At <= before) {
			fitting = append(fitting, x)
		}
	}
	if x, ok := latest(fitting); ok {
		l := x.Body.(PlannedLine) // nothing else was put there
		a.Planned, a.Line = &l, x.ID
	}
	for _, x := range answers {
		b := x.Body.(Answer) // nothing else was put there
		a.Answers = append(a.Answers, Answered{b, saidAt(x), x.Known, x.ID, a.Otherwise(b)})
	}
	return a
}

// Otherwise reports whether an answer is other than was planned.
func (a Asked) Otherwise(b Answer) bool {
	return a.Planned != nil && (a.Planned.As != b.As || a.Planned.Text != b.Text)
}

// about reports whether a line that was prepared about one thing serves where
// another is asked about: they share an entry or a text, or both are about
// whether there is a channel.
func about(line, asked []record.Ref) bool {
	if len(line) == 0 || len(asked) == 0 {
		return len(line) == len(asked)
	}
	return slices.ContainsFunc(line, func(x record.Ref) bool {
		return slices.ContainsFunc(asked, func(y record.Ref) bool { return same(x, y) })
	})
}

// same reports whether two references point at one thing.
func same(x, y record.Ref) bool {
	switch {
	case !x.Hash.IsZero() && !y.Hash.IsZero():
		return x.Hash == y.Hash
	case !x.Entry.IsZero() && !y.Entry.IsZero():
		return x.Entry == y.Entry
	}
	return x.Name != "" && x.Name == y.Name && (x.Version == 0 || y.Version == 0 || x.Version == y.Version)
}

func saidAt(it record.Seen) record.Interval {
	if it.Said.IsZero() {
		return record.Moment(it.At)
	}
	return it.Said
}

// Lines gives every planned line for one person, in order.
func (c *Circle) Lines(who record.Name) []record.Seen { return c.items(under(c, c.lines, who)) }

// Kept is how long one entry, or the channel, is kept.
type Kept struct {
	Policy Policy         `json:"policy"`
	On     record.Instant `json:"on,omitempty"`
	Entry  keys.ID        `json:"entry,omitzero"` // that says so; zero where nobody said anything
}

// Retention gives how long an entry is kept; the channel, for the zero id. The
// last word on it counts, and a legal hold on it or on the channel before every
// other. What nobody spoke of is kept as the channel is.
func (c *Circle) Retention(of keys.ID) Kept {
	channel, entry := Kept{Policy: Keep}, Kept{}
	var last, lastOf record.Seen
	for _, it := range c.items(under(c, c.listed, KindRetention)) {
		b, ok := it.Body.(Retention)
		if !ok || it.By != c.p.Keeper() {
			continue
		}
		k := Kept{b.Policy, b.On, it.ID}
		if x, _ := latest([]record.Seen{last, it}); b.Of.IsZero() && x.ID == it.ID {
			channel, last = k, it
		}
		if x, _ := latest([]record.Seen{lastOf, it}); !of.IsZero() && b.Of == of && x.ID == it.ID {
			entry, lastOf = k, it
		}
	}
	if entry.Policy == "" || channel.Policy == LegalHold {
		return channel
	}
	return entry
}
