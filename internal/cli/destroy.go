package cli

import (
	"fmt"
	"io"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/view"
)

// destroyCmd destroys entries for good: those that are named, or all that is
// due.
type destroyCmd struct {
	ID     []string `arg:"" optional:""`
	Agreed bool
	Reason string `placeholder:"TEXT"`
	sending
}

// Run shows what goes, what stays and who else has it, asks, and does it.
func (c *destroyCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, clocks{})
		if err != nil {
			return err
		}
		o := desk.DestroyOrder{Only: len(c.ID) > 0, Agreed: c.Agreed, Reason: c.Reason}
		for _, text := range c.ID {
			it, err := findEntry(s.seen, s.record, text)
			if err != nil {
				return err
			}
			o.Named = append(o.Named, it.ID)
		}
		out, err := h.Destroy(a.ctx, desk.Preview, o)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		var shown strings.Builder
		if err := a.printDestruction(&shown, v, out); err != nil {
			return err
		}
		if c.Show || len(out.Goes) == 0 {
			return a.result(out, func(w io.Writer) error { _, err := io.WriteString(w, shown.String()); return err })
		}
		if !c.Yes {
			fmt.Fprint(a.deps.Err, shown.String())
		}
		if err := a.confirm(c.Yes, a.say("cli.destroy.ask", "Count", len(out.Goes))); err != nil {
			return err
		}
		// Only what was shown: what has become due meanwhile waits for the desk's clock.
		again := desk.DestroyOrder{Only: true, Agreed: c.Agreed, Reason: c.Reason}
		for _, d := range out.Goes {
			if d.With.IsZero() {
				again.Named = append(again.Named, d.Entry)
			}
		}
		done, err := h.Destroy(a.ctx, desk.Commit, again)
		if err != nil {
			return err
		}
		if len(done.Goes) == 0 {
			return fault.New(fault.Refused, "cli.destroy-changed", "look again with --show", "what was shown does not go any more, and nothing was destroyed")
		}
		return a.result(done, func(w io.Writer) error {
			lines := []string{a.say("cli.destroy.done", "Count", len(done.Goes))}
			for _, b := range done.Backups {
				id := "backup.renewed"
				if b.Left != 0 {
					id = "backup.left"
				}
				lines = append(lines, a.say(id, "File", b.File, "When", a.book.Instant(b.Made)))
			}
			return a.print(w, lines...)
		})
	})
}

// printDestruction says what goes, what stays, and who else has it.
func (a *app) printDestruction(w io.Writer, v *view.View, out desk.Destruction) error {
	if len(out.Goes) == 0 {
		if err := a.print(w, a.say("cli.destroy.nothing")); err != nil {
			return err
		}
	} else if err := a.print(w, a.say("cli.destroy.goes", "Count", len(out.Goes))); err != nil {
		return err
	}
	for _, d := range out.Goes {
		if err := a.printDoom(w, v, d); err != nil {
			return err
		}
	}
	if len(out.Stays) > 0 {
		if err := a.print(w, a.say("cli.destroy.stays", "Count", len(out.Stays))); err != nil {
			return err
		}
	}
	for _, d := range out.Stays {
		if err := a.printDoom(w, v, d); err != nil {
			return err
		}
	}
	for _, b := range out.Backups {
		if err := a.print(w, a.say("backup.holds", "File", b.File, "When", a.book.Instant(b.Made))); err != nil {
			return err
		}
	}
	if len(out.Goes) == 0 {
		return nil
	}
	return a.print(w, a.say("destroy.cannot"))
}

func (a *app) printDoom(w io.Writer, v *view.View, d circle.Doom) error {
	it, _ := v.Projection().Get(d.Entry)
	if err := line(w, "  "+d.Entry.Short()+"  "+a.book.Entry(v, it.Entry)); err != nil {
		return err
	}
	var refer, stood []string
	for _, id := range d.Refer {
		refer = append(refer, id.Short())
	}
	for _, n := range d.Stood {
		stood = append(stood, string(n))
	}
	var about []string
	if d.Stays != "" {
		about = append(about, a.say("cli.destroy.why", "Stays", a.book.Word(d.Stays)))
	}
	if len(d.Given) > 0 {
		about = append(about, a.say("cli.destroy.given", "Given", a.book.Names(v, d.Given), "Many", len(d.Given) > 1))
	}
	if len(d.Stood) > 0 {
		about = append(about, a.say("cli.destroy.stood", "Stood", strings.Join(stood, ", ")))
	}
	if len(d.Refer) > 0 {
		about = append(about, a.say("cli.destroy.refer", "Refer", strings.Join(refer, " ")))
	}
	for i, s := range about {
		about[i] = "    " + s
	}
	if len(about) == 0 {
		return nil
	}
	return a.print(w, about...)
}
