package cli

import (
	"slices"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// incidentDoCmd does a step of the checklist of an incident, as far as the desk
// can, and then notes that it is done.
type incidentDoCmd struct {
	ID  string        `arg:""`
	Do  circle.Remedy `arg:"" enum:"re-key,close-line,tell"`
	Who record.Name   `arg:""`
	handing
	sending
	Text []string `arg:"" optional:""`
}

// Run names who is concerned, asks, does it, and notes it. A step that was not
// done is not noted.
func (c *incidentDoCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		it, err := d.find(c.ID)
		if err != nil {
			return err
		}
		x, ok := d.v.Exposure(it.ID)
		if !ok {
			return fault.New(fault.Malformed, "cli.no-incident", "`backchannel incident list` shows them", "entry %s is no incident", it.ID.Short())
		}
		step, err := x.Open(c.Do, c.Who)
		if err != nil {
			return err
		}
		a.note("cli.incident.concerns", "Do", a.book.Word(c.Do), "Who", a.book.Name(d.v, c.Who), "Others", a.book.Names(d.v, x.Concerned(c.Who)))
		switch c.Do {
		case circle.Tell:
			return c.tell(a, d.h, x)
		case circle.CloseLine:
			return c.closeLine(a, d.h, x)
		}
		return c.rekey(a, d.h, x, step)
	})
}

// tell sends the words, and notes it in the same transaction.
func (c *incidentDoCmd) tell(a *app, h desk.Handle, x circle.Exposure) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	drafts, err := x.Telling(h.Keeper(), a.newID(), c.Who, words)
	if err != nil {
		return err
	}
	return a.write(h, c.sending, drafts...)
}

// closeLine closes the line, if there is one still, and notes it.
func (c *incidentDoCmd) closeLine(a *app, h desk.Handle, x circle.Exposure) error {
	lines, err := h.Lines(a.ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(lines, func(l desk.LineStatus) bool { return l.Peer == c.Who }) {
		if c.Show {
			return nil
		}
		if err := a.confirm(c.Yes, a.say("cli.ask.hangup", "Peer", string(c.Who))); err != nil {
			return err
		}
		if err := h.Lost(a.ctx, c.Who); err != nil {
			return err
		}
	}
	return c.note(a, h, x, true, "")
}

// rekey makes an invite for fresh keys, and notes the words that the line had.
// Called again once it has others, and these were compared, it notes that this
// is done.
func (c *incidentDoCmd) rekey(a *app, h desk.Handle, x circle.Exposure, step circle.Step) error {
	l, err := lineTo(a, h, c.Who)
	if err != nil {
		return err
	}
	fresh := l.FreshSince(step.Text)
	switch {
	case fresh && l.Compared:
		return c.note(a, h, x, true, "")
	case fresh || l.Fresh != nil:
		return fault.New(fault.Refused, "cli.rekey-open", "when the other desk has taken the invite up, compare the words with `backchannel words`, then say this again", "fresh keys for the line to %s are being made", c.Who)
	case c.Show:
		return nil
	}
	if err := a.confirm(c.Yes, a.say("cli.ask.rekey", "Peer", string(c.Who))); err != nil {
		return err
	}
	invite, err := h.Rekey(a.ctx, desk.RekeyOrder{For: c.Who, Expires: c.Expires, Short: c.Short})
	if err != nil {
		return err
	}
	return first(c.note(a, h, x, false, l.KeyWords()), a.hand(&c.handing, invite, c.Who))
}

// note notes how far a step has come.
func (c *incidentDoCmd) note(a *app, h desk.Handle, x circle.Exposure, done bool, text string) error {
	b := circle.IncidentStep{Of: x.Entry, Do: c.Do, Who: c.Who, Done: done, By: h.Keeper(), Text: text}
	return a.write(h, sending{Show: c.Show}, record.Entry{Body: b})
}
