package cli

import (
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// undoCmd takes back what was sent and has not left, or shows what waits.
type undoCmd struct {
	ID  string `arg:"" optional:""`
	Yes bool   `short:"y"`
}

// Run names who would have got it, asks, and takes it back.
func (c *undoCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		list, err := d.h.Departures(a.ctx)
		if err != nil {
			return err
		}
		if c.ID == "" {
			return a.result(list, func(w io.Writer) error { return a.printDepartures(w, d.v, list) })
		}
		of, err := d.find(c.ID)
		if err != nil {
			return err
		}
		return a.takeBack(d, of, list, c.Yes)
	})
}

func (a *app) takeBack(d *draft, of record.Seen, list []desk.Departure, yes bool) error {
	for _, x := range list {
		for _, id := range x.Entries {
			if id != of.ID || yes {
				continue
			}
			if err := a.confirm(yes, a.say("cli.undo.ask", "To", a.book.Names(d.v, x.To))); err != nil {
				return err
			}
		}
	}
	out, err := d.h.TakeBack(a.ctx, of.ID)
	if err != nil {
		return err
	}
	return a.result(out, func(w io.Writer) error { return a.print(w, a.say("cli.undo.done", "To", a.book.Names(d.v, out.To))) })
}

func (a *app) printDepartures(w io.Writer, v *view.View, list []desk.Departure) error {
	if len(list) == 0 {
		return a.print(w, a.say("cli.undo.none"))
	}
	for _, x := range list {
		id := "cli.undo.waits"
		switch {
		case x.Begun:
			id = "cli.undo.begun"
		case x.After:
			id = "cli.undo.after"
		}
		if err := line(w, a.say(id, "To", a.book.Names(v, x.To))); err != nil {
			return err
		}
		for _, e := range x.Entries {
			if err := a.printLeaving(w, v, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) printLeaving(w io.Writer, v *view.View, id keys.ID) error {
	it, ok := v.Projection().Get(id)
	if !ok || len(it.Audience) == 0 {
		return nil
	}
	return line(w, strings.Join([]string{"", id.Short(), a.book.Entry(v, it.Entry)}, "  "))
}
