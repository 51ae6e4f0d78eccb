package cli

import (
	"io"

	"backchannel/internal/compare"
	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// compareLineCmd holds the record of a line against the record of the desk at
// its other end, or shows how far that has come and what was found.
type compareLineCmd struct {
	Peer    record.Name `arg:""`
	Ask     bool        `xor:"step"`
	Consent bool        `xor:"step"`
	Decline bool        `xor:"step"`
	Stop    bool        `xor:"step"`
	Yes     bool        `short:"y"`
}

// shownComparison is what `compare-line` gives.
type shownComparison struct {
	Peer   record.Name          `json:"peer"`
	Now    []desk.CompareStatus `json:"now"`
	Result *shownItem           `json:"result,omitempty"` // the newest, an entry of the record
}

// Run takes the step, or shows where things stand.
func (c *compareLineCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		l, err := lineTo(a, h, c.Peer)
		if err != nil {
			return err
		}
		v, err := a.viewOf(h)
		if err != nil {
			return err
		}
		step, ask := c.step()
		if step == "" {
			return c.show(a, v, l)
		}
		if ask != "" {
			if err := a.confirm(c.Yes, a.learned(v, l)+" "+a.say(ask)); err != nil {
				return err
			}
		}
		if err := h.CompareLine(a.ctx, c.Peer, step); err != nil {
			return err
		}
		a.note("cli.compare-line."+string(step), "Peer", string(c.Peer))
		return nil
	})
}

// step gives what is to be done, and the question before it.
func (c *compareLineCmd) step() (desk.CompareStep, string) {
	switch {
	case c.Ask:
		return desk.CompareAsk, "cli.ask.compare-line"
	case c.Consent:
		return desk.CompareConsent, "cli.ask.compare-line-consent"
	case c.Decline:
		return desk.CompareDecline, ""
	case c.Stop:
		return desk.CompareStop, ""
	}
	return "", ""
}

func (c *compareLineCmd) show(a *app, v *view.View, l desk.LineStatus) error {
	out := shownComparison{Peer: c.Peer, Now: l.Comparisons}
	if out.Now == nil {
		out.Now = []desk.CompareStatus{}
	}
	it, found := v.LineComparison(c.Peer)
	if found {
		s := showItem(it)
		out.Result = &s
	}
	return a.result(out, func(w io.Writer) error {
		var lines []string
		for _, s := range out.Now {
			lines = append(lines, a.book.Comparing(v, c.Peer, s.Phase, s.Asked, s.Sent, s.Came, s.Expires))
		}
		if found {
			lines = append(lines, a.book.Lines(v, it)...)
		}
		if len(lines) == 0 {
			lines = append(lines, a.say("cli.compare-line.none", "Peer", string(c.Peer)))
		}
		return a.print(w, lines...)
	})
}

// learned says what the other will learn, of what was asked or would be.
func (a *app) learned(v *view.View, l desk.LineStatus) string {
	for _, s := range l.Comparisons {
		if s.Phase == compare.Pending {
			return a.book.Learned(v, l.Peer, s.Sent, s.Came)
		}
	}
	return a.book.Learned(v, l.Peer, record.Numbers{}, record.Numbers{})
}

// printAsks says which of the other keepers ask to compare, and wait for an
// answer.
func (a *app) printAsks(h desk.Handle, w io.Writer, lines []desk.LineStatus) error {
	for _, l := range lines {
		for _, s := range l.Comparisons {
			if s.Phase != compare.Pending {
				continue
			}
			v, err := a.viewOf(h)
			if err != nil {
				return err
			}
			if err := line(w, a.book.Comparing(v, l.Peer, s.Phase, s.Asked, s.Sent, s.Came, s.Expires)); err != nil {
				return err
			}
		}
	}
	return nil
}
