package cli

import (
	"fmt"
	"io"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// retainCmd says how long the channel, or one entry, is kept; or shows what was
// said about that.
type retainCmd struct {
	Policy circle.Policy `arg:"" enum:",keep,destroy-on,destroy-on-close,legal-hold" optional:"" default:""`
	ID     string        `arg:"" optional:""`
	On     string        `placeholder:"WHEN"`
	Reason string        `placeholder:"TEXT"`
	sending
}

// Run shows what the word would destroy, asks, and enters it. It destroys
// nothing by itself; the desk does, when the time has come.
func (c *retainCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if c.Policy == "" {
			return c.list(a, h)
		}
		d, err := a.draft(h)
		if err != nil {
			return err
		}
		on, err := moment(c.On, a.deps.Zone)
		if err != nil {
			return err
		}
		b := circle.Retention{Policy: c.Policy, On: on, Text: c.Reason}
		if c.ID != "" {
			it, err := d.find(c.ID)
			if err != nil {
				return err
			}
			b.Of = it.ID
		}
		if err := b.Check(); err != nil {
			return err
		}
		if on != 0 && on <= d.s.now {
			return fault.New(fault.Refused, "cli.retain-past", "name a time that lies ahead; `backchannel destroy` destroys now", "this time has passed")
		}
		if c.Policy == circle.DestroyOn || c.Policy == circle.DestroyOnClose {
			if err := a.foresee(h, c.sending, desk.DestroyOrder{If: &b, At: on, Closed: on == 0}, a.say("cli.ask.retain")); err != nil || c.Show {
				return err
			}
		}
		d.e.Body = b
		return a.write(h, sending{Show: c.Show}, d.e)
	})
}

// shownRetention is what was said about how long things are kept, as --json
// gives it.
type shownRetention struct {
	Channel circle.Kept    `json:"channel"`
	Entries []shownKept    `json:"entries"`
	Next    record.Instant `json:"next,omitempty"` // when something is due by date
}

type shownKept struct {
	Of keys.ID `json:"of"`
	circle.Kept
}

func (c *retainCmd) list(a *app, h desk.Handle) error {
	s, err := a.look(h, clocks{})
	if err != nil {
		return err
	}
	v, ring := view.Of(s.seen, s.now), circle.Read(s.seen)
	out := shownRetention{Channel: ring.Retention(keys.ID{}), Entries: []shownKept{}, Next: ring.NextDue(s.now)}
	for _, it := range s.seen.Items() {
		if b, ok := it.Body.(circle.Retention); ok && !b.Of.IsZero() {
			if k := ring.Retention(b.Of); k.Entry == it.ID {
				out.Entries = append(out.Entries, shownKept{b.Of, k})
			}
		}
	}
	return a.result(out, func(w io.Writer) error {
		if out.Channel.Entry.IsZero() {
			if err := a.print(w, a.say("cli.retain.nothing")); err != nil {
				return err
			}
		}
		for _, k := range append([]shownKept{{Kept: out.Channel}}, out.Entries...) {
			if it, ok := s.seen.Get(k.Entry); ok {
				if err := a.printEntry(w, v, it.Entry); err != nil {
					return err
				}
			}
		}
		if out.Next == 0 {
			return nil
		}
		return a.print(w, a.say("cli.retain.next", "When", a.book.Instant(out.Next)))
	})
}

// closeCmd enters that the channel is closed.
type closeCmd struct {
	sending
	Text []string `arg:"" optional:""`
}

// Run shows what closing would destroy, asks if there is anything, and enters
// it.
func (c *closeCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		if err := a.foresee(h, c.sending, desk.DestroyOrder{Closed: true}, a.say("cli.ask.close")); err != nil || c.Show {
			return err
		}
		return a.write(h, sending{}, record.Entry{Body: record.Close{Text: words}})
	})
}

// reopenCmd enters that the channel is open again.
type reopenCmd struct {
	Text []string `arg:"" optional:""`
}

// Run enters it.
func (c *reopenCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		return a.write(h, sending{}, record.Entry{Body: record.Open{Text: words}})
	})
}

// foresee shows what would be destroyed by what has not been entered yet, and
// asks if that is anything. With --show it shows it and no more.
func (a *app) foresee(h desk.Handle, s sending, o desk.DestroyOrder, question string) error {
	out, err := h.Destroy(a.ctx, desk.Preview, o)
	if err != nil {
		return err
	}
	if o.If != nil { // what other words make due is not of this one's doing
		mine := out.Goes[:0:0]
		for _, d := range out.Goes {
			if d.By.IsZero() {
				mine = append(mine, d)
			}
		}
		out.Goes = mine
		held := out.Stays[:0:0]
		for _, d := range out.Stays {
			if d.By.IsZero() {
				held = append(held, d)
			}
		}
		out.Stays = held
	}
	seen, err := a.look(h, clocks{})
	if err != nil {
		return err
	}
	var shown strings.Builder
	if err := a.printDestruction(&shown, view.Of(seen.seen, seen.now), out); err != nil {
		return err
	}
	if s.Show {
		return a.result(out, func(w io.Writer) error { _, err := io.WriteString(w, shown.String()); return err })
	}
	if len(out.Goes) == 0 || s.Yes {
		return nil
	}
	fmt.Fprint(a.deps.Err, shown.String())
	return a.confirm(false, question)
}
