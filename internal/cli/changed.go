package cli

import (
	"io"
	"slices"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// turnsCmd shows whose turn it is.
type turnsCmd struct {
	Who record.Name `arg:"" optional:""`
	clocks
}

// Run shows it.
func (c *turnsCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := append([]view.Turn{}, v.Turns()...)
		if c.Who != "" {
			list = slices.DeleteFunc(list, func(t view.Turn) bool { return t.Who != c.Who && v.PartyOf(t.Who) != c.Who })
		}
		return a.result(list, func(w io.Writer) error {
			if len(list) == 0 {
				return a.print(w, a.book.T("turn.none"))
			}
			lines := make([]string, len(list))
			for i, t := range list {
				lines[i] = t.Entry.Short() + "  " + a.book.Turn(v, t)
			}
			return a.print(w, lines...)
		})
	})
}

// changedCmd shows what changed since a moment.
type changedCmd struct {
	Since  string `required:"" placeholder:"WHEN"`
	BySaid bool
	clocks
}

// Run shows it.
func (c *changedCmd) Run(a *app) error {
	from, err := when(c.Since, a.deps.Zone)
	if err != nil {
		return err
	}
	since := from.From // of a day: its beginning
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		then := record.AsOf{Knew: since}
		if c.BySaid {
			then = record.AsOf{Stood: since}
		}
		v := view.Of(s.seen, s.now)
		changes := view.Changed(view.Of(s.record.For(h.Keeper(), then), since), v)
		return a.result(changes, func(w io.Writer) error {
			out := []string{a.book.T("changed.since", "When", a.book.Instant(since), "Said", c.BySaid)}
			out = append(out, a.book.Changes(v, changes)...)
			for _, id := range changes.New {
				if it, ok := s.seen.Get(id); ok {
					out = append(out, "    "+id.Short()+"  "+a.book.Entry(v, it.Entry))
				}
			}
			return a.print(w, out...)
		})
	})
}
