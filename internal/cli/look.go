package cli

import (
	"io"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// see runs f with the view of the keeper's record as of the two clocks.
func (a *app) see(c clocks, f func(v *view.View) error) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c)
		if err != nil {
			return err
		}
		return f(view.Of(s.seen, s.now))
	})
}

// standingCmd shows where we stand.
type standingCmd struct{ clocks }

// Run shows it.
func (c *standingCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		s := v.Standing()
		return a.result(s, func(w io.Writer) error { return a.print(w, a.book.Standing(v, s)) })
	})
}

// owesCmd shows who owes what.
type owesCmd struct {
	Party record.Name `arg:"" optional:""`
	clocks
}

// Run shows it.
func (c *owesCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		o := v.Owes()
		if c.Party != "" {
			o = []view.PartyOwes{v.OwedBy(c.Party)}
		}
		return a.result(o, func(w io.Writer) error { return a.print(w, a.book.Owes(v, o)) })
	})
}

// recordCmd shows the record, or one entry of it.
type recordCmd struct {
	ID   string      `arg:"" optional:""`
	Kind record.Kind `placeholder:"KIND"`
	Last int         `placeholder:"N"`
	clocks
}

// Run shows it.
func (c *recordCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		if c.ID != "" {
			it, err := findEntry(s.seen, s.record, c.ID)
			if err != nil {
				return err
			}
			return a.result(showItem(it), func(w io.Writer) error {
				return a.print(w, append(a.inFull(v).Lines(v, it), a.book.Beside(v, it)...)...)
			})
		}
		var items []record.Seen
		for _, it := range s.seen.Items() {
			if c.Kind == "" || it.Body.Kind() == c.Kind {
				items = append(items, it)
			}
		}
		if c.Last < 0 {
			return fault.New(fault.Malformed, "cli.last", "give a number from 1", "%d is not a number of entries", c.Last)
		}
		if c.Last > 0 && c.Last < len(items) {
			items = items[len(items)-c.Last:]
		}
		out := []shownItem{}
		for _, it := range items {
			out = append(out, showItem(it))
		}
		return a.result(out, func(w io.Writer) error { return a.printItems(w, v, items) })
	})
}

// pathsCmd shows through whom things came.
type pathsCmd struct {
	ID    string `arg:"" optional:""`
	Since string `placeholder:"WHEN"`
	clocks
}

// shownPaths is what `paths` gives.
type shownPaths struct {
	Approaches []view.Asking `json:"approaches"`
	Traffic    view.Traffic  `json:"traffic"`
	Paths      []view.Path   `json:"paths"`
}

// Run shows them.
func (c *pathsCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		if c.ID != "" {
			it, err := findEntry(s.seen, s.record, c.ID)
			if err != nil {
				return err
			}
			p, _ := v.Path(it.ID)
			return a.result(p, func(w io.Writer) error { return a.print(w, a.book.Path(v, p)...) })
		}
		since := record.Instant(0)
		if c.Since != "" {
			t, err := when(c.Since, a.deps.Zone)
			if err != nil {
				return err
			}
			since = t.From
		}
		out := shownPaths{v.Approaches(), v.Traffic(since, 0), v.Paths()}
		return a.result(out, func(w io.Writer) error { return a.printPaths(w, v, out) })
	})
}

// compareCmd shows how two texts differ.
type compareCmd struct {
	A string `arg:""`
	B string `arg:""`
	clocks
}

// Run shows it.
func (c *compareCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		x, err := v.Version(c.A)
		if err != nil {
			return err
		}
		y, err := v.Version(c.B)
		if err != nil {
			return err
		}
		cmp, err := v.Compare(x.Hash, y.Hash)
		if err != nil {
			return err
		}
		return a.result(cmp, func(w io.Writer) error { return a.print(w, a.book.Comparison(v, cmp)...) })
	})
}

// alarmsCmd shows what does not fit together.
type alarmsCmd struct{ clocks }

// Run shows it.
func (c *alarmsCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		al := v.Alarms()
		if al == nil {
			al = []view.Alarm{}
		}
		return a.result(al, func(w io.Writer) error { return a.printAlarms(w, v, al) })
	})
}
