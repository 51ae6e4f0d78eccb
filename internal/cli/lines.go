package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

// enrolCmd makes the desk a member at a relay.
type enrolCmd struct {
	Address string `arg:""`
	Ticket  string `arg:"" optional:""`
}

// Run redeems the ticket.
func (c *enrolCmd) Run(a *app) error {
	ticket, err := a.secretArg(c.Ticket, "cli.ask.ticket")
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		if err := a.during("cli.enrolling", func() error { return h.Enrol(a.ctx, c.Address, ticket) }); err != nil {
			return err
		}
		s, err := h.Relay(a.ctx)
		if err != nil {
			return err
		}
		a.note("cli.enrolled.code")
		return a.result(s, func(w io.Writer) error { return a.printRelay(w, s) })
	})
}

// inviteCmd makes an invite.
type inviteCmd struct {
	Peer   record.Name `arg:""`
	Ticket string      `placeholder:"FILE" xor:"admit"`
	Admit  bool        `xor:"admit"`
	handing
}

// Run makes it, and hands it out.
func (c *inviteCmd) Run(a *app) error {
	ticket := ""
	if c.Ticket != "" {
		t, err := a.secretFile(c.Ticket)
		if err != nil {
			return err
		}
		ticket = t
	}
	return a.with(func(h desk.Handle) error {
		invite, err := h.Invite(a.ctx, desk.InviteOrder{For: c.Peer, Ticket: ticket, Admit: c.Admit, Expires: c.Expires, Short: c.Short})
		if err != nil {
			return err
		}
		return a.hand(&c.handing, invite, c.Peer)
	})
}

// joinCmd takes up an invite.
type joinCmd struct {
	Peer   record.Name `arg:""`
	Invite string      `arg:"" optional:""`
}

// Run takes it up.
func (c *joinCmd) Run(a *app) error {
	invite, err := a.secretArg(c.Invite, "cli.ask.invite")
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		if err := a.during("cli.joining", func() error { return h.Join(a.ctx, invite, c.Peer) }); err != nil {
			return err
		}
		a.note("cli.joined", "Peer", string(c.Peer))
		return nil
	})
}

// linesCmd shows the lines and the relay.
type linesCmd struct{}

// Run shows them.
func (c *linesCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		lines, err := h.Lines(a.ctx)
		if err != nil {
			return err
		}
		relay, err := h.Relay(a.ctx)
		if err != nil {
			return err
		}
		if lines == nil {
			lines = []desk.LineStatus{}
		}
		v := map[string]any{"relay": relay, "lines": lines}
		return a.result(v, func(w io.Writer) error {
			if err := a.printRelay(w, relay); err != nil {
				return err
			}
			if err := a.printLines(w, lines); err != nil {
				return err
			}
			return a.printAsks(h, w, lines)
		})
	})
}

// wordsCmd shows the words of a line, and notes whether they are the same at
// the other end.
type wordsCmd struct {
	Peer      record.Name `arg:""`
	Same      bool        `xor:"how"`
	Different bool        `xor:"how"`
}

// Run shows them, or notes how the comparison went.
func (c *wordsCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		l, err := lineTo(a, h, c.Peer)
		if err != nil {
			return err
		}
		if c.Same || c.Different {
			return a.compared(h, c.Peer, c.Same)
		}
		if len(l.Words) == 0 {
			return fault.New(fault.Refused, "cli.words-not-yet", "wait until `backchannel lines` shows the line as open", "the line to %s is not open yet", c.Peer)
		}
		err = a.result(l, func(w io.Writer) error { return line(w, strings.Join(l.Words, " ")) })
		if err != nil || a.root.JSON || l.Compared || !a.deps.Console.Present() {
			return err
		}
		answer, err := a.deps.Console.Ask(a.ctx, a.say("cli.ask.words", "Peer", string(c.Peer)))
		switch {
		case err != nil || answer == "":
			return err
		case slices.Contains(strings.Fields(a.say("cli.answer.same")), strings.ToLower(answer)):
			return a.compared(h, c.Peer, true)
		case slices.Contains(strings.Fields(a.say("cli.answer.different")), strings.ToLower(answer)):
			return a.compared(h, c.Peer, false)
		}
		return nil
	})
}

func (a *app) compared(h desk.Handle, peer record.Name, same bool) error {
	if err := h.Compared(a.ctx, peer, same); err != nil {
		return err
	}
	if same {
		a.note("cli.words.same", "Peer", string(peer))
	} else {
		a.note("cli.words.different", "Peer", string(peer))
	}
	return nil
}

// hangupCmd closes a line.
type hangupCmd struct {
	Peer record.Name `arg:""`
	Yes  bool        `short:"y"`
}

// Run asks, and closes it.
func (c *hangupCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if _, err := lineTo(a, h, c.Peer); err != nil {
			return err
		}
		if err := a.confirm(c.Yes, a.say("cli.ask.hangup", "Peer", string(c.Peer))); err != nil {
			return err
		}
		return h.Hangup(a.ctx, c.Peer)
	})
}

func lineTo(a *app, h desk.Handle, peer record.Name) (desk.LineStatus, error) {
	lines, err := h.Lines(a.ctx)
	if err != nil {
		return desk.LineStatus{}, err
	}
	i := slices.IndexFunc(lines, func(l desk.LineStatus) bool { return l.Peer == peer })
	if i < 0 {
		return desk.LineStatus{}, fault.New(fault.NotFound, "cli.no-line", "`backchannel lines` shows those there are", "there is no line to %s", peer)
	}
	return lines[i], nil
}

// secretArg gives a secret: from the file that arg names, from stdin for "-",
// or from the terminal. It is never the argument itself, which other users of
// the machine can read while a command runs.
func (a *app) secretArg(arg, ask string) (string, error) {
	switch {
	case arg == "" && a.deps.Console.Present():
		b, err := a.deps.Console.Secret(a.ctx, a.say(ask))
		return strings.TrimSpace(string(b)), err
	case arg == "":
		arg = "-"
	}
	return a.secretFile(arg)
}

const maxSecret = 64 << 10 // bytes of a file with an invite or a ticket

func (a *app) secretFile(name string) (string, error) { return a.wholeFile(name, maxSecret) }

const maxPouchFile = 256 << 10 // bytes of a file with a pouch

func (a *app) wholeFile(name string, most int64) (string, error) {
	in := a.deps.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", fault.Wrap(err, fault.NotFound, "cli.secret-file", "name the file that it was saved in, or - for stdin; a secret is never an argument, which other programs can read",
				"cannot read the file")
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, most))
	if err != nil {
		return "", fault.Wrap(err, fault.Disk, "cli.secret-file", "", "cannot read the file")
	}
	return strings.TrimSpace(string(b)), nil
}

func writeSecret(name, text string) error { return newFile(name, []byte(text+"\n")) }

// line prints text, and what is in it of others' words cannot drive the
// terminal: no colours, no moving about, nothing that hides what stands there.
func line(w io.Writer, s string) error {
	_, err := fmt.Fprintln(w, harmless(s))
	return err
}

func harmless(s string) string {
	return words.Straight(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s))
}
