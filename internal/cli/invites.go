package cli

import (
	"io"
	"strings"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	deck "backchannel/internal/line"
	"backchannel/internal/qrcode"
	"backchannel/internal/record"
)

// handing is how an invite is handed over.
type handing struct {
	As      string `enum:"text,typed,qr" default:"text" placeholder:"FORM"`
	Short   bool
	Expires time.Duration `default:"24h"`
	Out     string        `placeholder:"FILE"`
}

// hand prints an invite in the form that was asked for, or writes it to a file
// that only its owner reads.
func (a *app) hand(c *handing, invite string, peer record.Name) error {
	inv, err := deck.ParseInvite(invite)
	if err != nil {
		return err
	}
	groups := inv.Groups()
	if c.As == "typed" || c.Short {
		invite = inRows(groups)
	}
	if c.Out != "" {
		if err := writeSecret(c.Out, invite); err != nil {
			return err
		}
		a.note("cli.invite.written", "File", c.Out, "Peer", string(peer))
		if c.As != "qr" {
			return nil
		}
	}
	a.note("cli.invite.secret", "Peer", string(peer))
	if c.As != "qr" || a.root.JSON {
		return a.result(map[string]any{"invite": invite, "groups": groups}, func(w io.Writer) error { return line(w, invite) })
	}
	code, err := qrcode.New(strings.Join(groups, ""))
	if err != nil {
		return err
	}
	return a.print(a.deps.Out, code.Blocks()...)
}

// inRows gives groups as people type them: five to a row, so that the eye
// finds its place again.
func inRows(groups []string) string {
	var b strings.Builder
	for i, g := range groups {
		switch {
		case i > 0 && i%5 == 0:
			b.WriteByte('\n')
		case i > 0:
			b.WriteByte(' ')
		}
		b.WriteString(g)
	}
	return b.String()
}

// invitesCmd lists the invites that are open.
type invitesCmd struct{}

// Run lists them.
func (c *invitesCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		all, err := h.Lines(a.ctx)
		if err != nil {
			return err
		}
		open := []desk.LineStatus{}
		for _, l := range all {
			if l.Inviter && l.Phase != desk.Opened || l.Fresh != nil && l.Fresh.Inviter {
				open = append(open, l)
			}
		}
		return a.result(open, func(w io.Writer) error {
			if len(open) == 0 {
				return line(w, a.say("cli.invites.none"))
			}
			for _, l := range open {
				if err := line(w, a.sayInvite(l)); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (a *app) sayInvite(l desk.LineStatus) string {
	made, expires, again, trouble, fresh := l.Made, l.Expires, l.Again, l.Trouble, false
	if l.Fresh != nil {
		made, expires, again, trouble, fresh = l.Fresh.Made, l.Fresh.Expires, l.Fresh.Again, l.Fresh.Trouble, true
	}
	s := a.say("cli.invites.one", "Peer", string(l.Peer), "Fresh", fresh, "Made", a.instant(made), "Expires", a.instant(expires))
	if trouble != "" {
		s += " " + a.reason(trouble)
	}
	if again != 0 {
		s += " " + a.say("line.again", "At", a.instant(again))
	}
	return s
}

func (a *app) instant(t record.Instant) string {
	if t == 0 {
		return ""
	}
	return a.book.Instant(t)
}

func (a *app) reason(r string) string { return a.say("line-reason." + r) }

func (a *app) reasonIf(r string) string {
	if r == "" {
		return ""
	}
	return a.reason(r)
}

// revokeCmd takes an invite back.
type revokeCmd struct {
	Peer record.Name `arg:""`
}

// Run takes it back.
func (c *revokeCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if err := h.Revoke(a.ctx, c.Peer); err != nil {
			return err
		}
		a.note("cli.invite.revoked", "Peer", string(c.Peer))
		return nil
	})
}

// rekeyCmd makes fresh keys for a line with somebody who is met in person.
type rekeyCmd struct {
	Peer record.Name `arg:""`
	Take string      `placeholder:"FILE"`
	handing
}

// Run makes an invite for them, or takes the one that they made.
func (c *rekeyCmd) Run(a *app) error {
	take := ""
	if c.Take != "" {
		t, err := a.secretFile(c.Take)
		if err != nil {
			return err
		}
		if take = t; take == "" {
			return fault.New(fault.Malformed, "cli.rekey-empty", "name the file with the invite that they made", "there is no invite in it")
		}
	}
	return a.with(func(h desk.Handle) error {
		var invite string
		err := a.during("cli.rekeying", func() (err error) {
			invite, err = h.Rekey(a.ctx, desk.RekeyOrder{For: c.Peer, Take: take, Expires: c.Expires, Short: c.Short})
			return err
		})
		if err != nil {
			return err
		}
		if take == "" {
			if err := a.hand(&c.handing, invite, c.Peer); err != nil {
				return err
			}
		}
		a.note("cli.rekeyed", "Peer", string(c.Peer))
		return nil
	})
}

// lostCmd closes the line to a desk that was lost or seized.
type lostCmd struct {
	Peer record.Name `arg:""`
	Yes  bool        `short:"y"`
}

// Run asks, and closes it.
func (c *lostCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if _, err := lineTo(a, h, c.Peer); err != nil {
			return err
		}
		if err := a.confirm(c.Yes, a.say("cli.ask.lost", "Peer", string(c.Peer))); err != nil {
			return err
		}
		if err := h.Lost(a.ctx, c.Peer); err != nil {
			return err
		}
		a.note("cli.lost", "Peer", string(c.Peer))
		return nil
	})
}
