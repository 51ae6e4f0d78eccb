package view

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// performance answers `performance [TERM]`: the place of a term on the axis of
// performance; without a term, of all.
func (a *asker) performance(args []string) error {
	list := a.v.Performance()
	if len(args) == 1 {
		refs, err := a.texts(args[0])
		if err != nil {
			return err
		}
		list = nil
		for _, r := range refs {
			if p, ok := a.v.PerformanceOf(r.Hash); ok {
				list = append(list, p)
			}
		}
	}
	for _, p := range list {
		a.courseFacts(p)
	}
	return nil
}

func (a *asker) courseFacts(p Performed) {
	c, on, debtor := p.Course, a.label(p.Term.Ref), p.Term.Term.Debtor
	a.fact("performance", on, "", string(c.State), c.Entries...)
	if c.State == accord.NoState && c.Reported == accord.NoState && len(c.Told) == 0 {
		return
	}
	if c.Reported != "" {
		a.fact("performance-reported", on, "", string(c.Reported), c.Entries...)
		for _, n := range c.ReportedBy {
			a.fact("reported-by", on, "", string(n))
		}
	}
	add := func(key string, t record.Instant) {
		if t != 0 {
			a.fact(key, on, "", t.String(), c.Entries...)
		}
	}
	add("performance-since", c.Since)
	if c.By != "" {
		a.fact("moved-by", on, "", string(c.By), c.Entries...)
		a.fact("performance-rests", on, "", string(c.Rests), c.Entries...)
	}
	if c.State != accord.NoState && binds(p.Term.Term) {
		a.fact("owed-now", on, debtor, yesNo(p.Owed), c.Entries...)
	}
	add("deadline", c.Deadline)
	add("runs-to", c.Ends)
	add("may-end", c.MayEnd)
	if c.Paused != 0 {
		a.fact("clock-stopped", on, "", c.Paused.String())
	}
	for _, w := range c.Waits {
		a.fact("waits-for", on, "", w)
	}
	if c.Late {
		a.fact("late", on, "", Yes, c.Entries...)
	}
	a.shareFacts(on, c)
	for _, t := range c.Told {
		if t.Why != accord.Counted {
			a.fact("does-not-count", on, t.Logged, string(t.Deed)+" "+string(t.Why), t.Entry)
		}
	}
}

func (a *asker) shareFacts(on string, c accord.Course) {
	if c.Partial {
		a.fact("partial", on, "", Yes, c.Entries...)
	}
	count := func(n int64, unit string) string { return strings.TrimSpace(strconv.FormatInt(n, 10) + " " + unit) }
	for _, s := range c.Shares {
		a.fact("claimed", on, "", count(s.Claimed, s.Asked.Unit), c.Entries...)
		a.fact("verified", on, "", count(s.Verified, s.Asked.Unit), c.Entries...)
		if left := s.Asked.Min - s.Verified; left > 0 {
			a.fact("remains", on, "", count(left, s.Asked.Unit), c.Entries...)
		}
	}
	for _, p := range c.Persons {
		if p.Claimed {
			a.fact("claimed", on, p.Name, Yes, c.Entries...)
		}
		if p.Verified {
			a.fact("verified", on, p.Name, Yes, c.Entries...)
		} else {
			a.fact("remains", on, p.Name, Yes, c.Entries...)
		}
	}
}
