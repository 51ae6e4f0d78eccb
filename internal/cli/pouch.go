package cli

import (
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

// pouchCmd holds what seals texts for a party through go-betweens.
type pouchCmd struct {
	Key       pouchKeyCmd       `cmd:""`
	Introduce pouchIntroduceCmd `cmd:""`
	Learn     pouchLearnCmd     `cmd:""`
	Check     pouchCheckCmd     `cmd:""`
	Drop      pouchDropCmd      `cmd:""`
	Peers     pouchPeersCmd     `cmd:""`
	Seal      pouchSealCmd      `cmd:""`
	Open      pouchOpenCmd      `cmd:""`
	Copy      pouchCopyCmd      `cmd:""`
}

// pouchKeyCmd shows the desk's own key.
type pouchKeyCmd struct{}

// Run shows it, with its words.
func (c *pouchKeyCmd) Run(a *app) error {
	return a.pouch(desk.PouchOrder{Step: desk.PouchKey}, func(w io.Writer, r desk.PouchAnswer) error {
		a.note("cli.pouch.own", "Words", strings.Join(r.Words, " "))
		return line(w, r.Text)
	})
}

func (a *app) pouch(o desk.PouchOrder, show func(io.Writer, desk.PouchAnswer) error) error {
	return a.with(func(h desk.Handle) error {
		r, err := h.Pouch(a.ctx, o)
		if err != nil {
			return err
		}
		return a.result(r, func(w io.Writer) error { return show(w, r) })
	})
}

// pouchIntroduceCmd sends the desk's own key through a go-between.
type pouchIntroduceCmd struct {
	Peer    record.Name `arg:""`
	Through record.Name `required:"" placeholder:"NAME"`
	sending
}

// Run sends it.
func (c *pouchIntroduceCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		r, err := h.Pouch(a.ctx, desk.PouchOrder{Step: desk.PouchKey})
		if err != nil {
			return err
		}
		return a.write(h, c.sending, desk.Sealing(h.Keeper(), c.Peer, c.Through, r.Text))
	})
}

// pouchText is a text in an entry, or in a file.
type pouchText struct {
	Entry string `arg:"" optional:""`
	File  string `placeholder:"FILE"`
}

// text gives it, and the message that it stands in.
func (c *pouchText) text(a *app, h desk.Handle) (string, record.Seen, error) {
	if (c.Entry == "") == (c.File == "") {
		return "", record.Seen{}, fault.New(fault.Malformed, "cli.pouch-where", "give the entry's id, or a file with --file", "it must be said where it stands: in one entry, or in one file")
	}
	if c.File != "" {
		s, err := a.wholeFile(c.File, maxPouchFile)
		return s, record.Seen{}, err
	}
	s, err := a.look(h, clocks{})
	if err != nil {
		return "", record.Seen{}, err
	}
	it, err := findEntry(s.seen, s.record, c.Entry)
	if err != nil {
		return "", it, err
	}
	m, ok := it.Body.(record.Message)
	if !ok {
		return "", it, fault.New(fault.Malformed, "cli.pouch-entry", "name the message in which it came", "that entry is no message")
	}
	return m.Text, it, nil
}

// pouchLearnCmd takes in the key of a party.
type pouchLearnCmd struct {
	pouchText
	Of record.Name   `placeholder:"NAME"`
	By []record.Name `placeholder:"NAME"`
}

// Run takes it in.
func (c *pouchLearnCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		text, it, err := c.text(a, h)
		if err != nil {
			return err
		}
		of, by := c.Of, c.By
		if m, ok := it.Body.(record.Message); ok {
			of = or(of, m.From)
			if len(by) == 0 {
				by = desk.Hands(it)
			}
		}
		r, err := h.Pouch(a.ctx, desk.PouchOrder{Step: desk.PouchLearn, Peer: of, By: by, Text: text})
		if err != nil {
			return err
		}
		return a.result(r, func(w io.Writer) error {
			return a.print(w, a.say("cli.pouch.learnt", "Peer", string(of), "By", strings.Join(names(by), ", "), "Words", strings.Join(r.Words, " ")), a.say("pouch-state."+string(r.State)))
		})
	})
}

func names(list []record.Name) (out []string) {
	for _, n := range list {
		out = append(out, string(n))
	}
	return out
}

// pouchCheckCmd notes that the keeper compared the words of a key himself.
type pouchCheckCmd struct {
	Peer  record.Name `arg:""`
	Words []string    `arg:""`
	How   pouch.How   `enum:"in-person,voice,secret,sign" required:""`
}

// Run notes it.
func (c *pouchCheckCmd) Run(a *app) error {
	o := desk.PouchOrder{Step: desk.PouchCheck, Peer: c.Peer, Text: strings.Join(c.Words, " "), How: c.How}
	return a.pouch(o, a.pouchState)
}

func (a *app) pouchState(w io.Writer, r desk.PouchAnswer) error {
	return line(w, string(r.Peer)+": "+a.say("pouch-state."+string(r.State)))
}

// pouchDropCmd forgets a key that was swapped, or is out of use.
type pouchDropCmd struct {
	Peer  record.Name `arg:""`
	Words []string    `arg:""`
}

// Run forgets it.
func (c *pouchDropCmd) Run(a *app) error {
	return a.pouch(desk.PouchOrder{Step: desk.PouchDrop, Peer: c.Peer, Text: strings.Join(c.Words, " ")}, a.pouchState)
}

// pouchPeersCmd lists the keys that are held.
type pouchPeersCmd struct{}

// Run lists them.
func (c *pouchPeersCmd) Run(a *app) error {
	return a.pouch(desk.PouchOrder{Step: desk.PouchPeers}, func(w io.Writer, r desk.PouchAnswer) error {
		for _, p := range r.Peers {
			lines := []string{string(p.Name) + ": " + a.say("pouch-state."+string(p.State))}
			for _, k := range p.Keys {
				lines = append(lines, "  "+a.say("cli.pouch.held", "Words", strings.Join(k.Words, " "), "By", strings.Join(k.By, "; "), "Compared", string(k.Compared)))
			}
			if err := a.print(w, lines...); err != nil {
				return err
			}
		}
		return nil
	})
}

// pouchSealCmd seals a text for a party.
type pouchSealCmd struct {
	Peer record.Name `arg:""`
	Text []string    `arg:"" optional:""`
	through
}

// Run seals it, and sends it through a go-between or prints it.
func (c *pouchSealCmd) Run(a *app) error {
	text, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		held, err := h.Pouch(a.ctx, desk.PouchOrder{Step: desk.PouchPeers})
		if err != nil {
			return err
		}
		for _, p := range held.Peers {
			if p.Name == c.Peer && p.State == pouch.OneWay {
				a.note("pouch-state.one-way")
			}
		}
		if err := c.agreed(a, c.Peer); err != nil {
			return err
		}
		r, err := h.Pouch(a.ctx, desk.PouchOrder{Step: desk.PouchSeal, Peer: c.Peer, Text: text})
		if err != nil {
			return err
		}
		if c.Through == "" {
			return a.result(r, func(w io.Writer) error { return line(w, r.Text) })
		}
		return c.send(a, h, c.Peer, r.Text, text)
	})
}

// pouchOpenCmd opens a pouch that came.
type pouchOpenCmd struct{ pouchText }

// Run opens it, and logs what was in it on this desk alone.
func (c *pouchOpenCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		text, it, err := c.text(a, h)
		if err != nil {
			return err
		}
		r, err := h.Pouch(a.ctx, desk.PouchOrder{Step: desk.PouchOpen, Text: text})
		if err != nil {
			return err
		}
		if !r.Again {
			if _, err := h.Write(a.ctx, desk.Commit, r.Opened(h.Keeper(), it)); err != nil {
				return err
			}
		}
		a.note("cli.pouch.opened", "Peer", string(r.Peer), "Number", r.Number, "Again", r.Again, "Missed", len(r.Missed))
		a.note("pouch-state." + string(r.State))
		return a.result(r, func(w io.Writer) error { return line(w, r.Text) })
	})
}

// pouchCopyCmd gives what came in a message, as it is to be passed on by hand.
type pouchCopyCmd struct {
	Entry string `arg:""`
}

// Run prints it.
func (c *pouchCopyCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		text, _, err := (&pouchText{Entry: c.Entry}).text(a, h)
		if err != nil {
			return err
		}
		return a.result(desk.PouchAnswer{Text: text}, func(w io.Writer) error { return line(w, text) })
	})
}
