package cli

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/bonafides"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

// bonaFidesCmd holds what shows who is at the other end.
type bonaFidesCmd struct {
	Ask    proofAskCmd    `cmd:""`
	Take   proofTakeCmd   `cmd:""`
	Sign   proofSignCmd   `cmd:""`
	Reveal proofRevealCmd `cmd:""`
	List   proofListCmd   `cmd:""`
	Forget proofForgetCmd `cmd:""`
}

// sealedYesCmd holds what shows whether both would say yes.
type sealedYesCmd struct {
	Ask  yesAskCmd  `cmd:""`
	Take yesTakeCmd `cmd:""`
}

// through is how a text that only programs read goes to a party. The yes comes
// before it is made: what was made and not sent would be missed at the other
// end.
type through struct {
	Through record.Name `placeholder:"NAME"`
	Yes     bool        `short:"y"`
}

// agreed asks whether it is to be sent.
func (t through) agreed(a *app, to record.Name) error {
	if t.Through == "" {
		return nil
	}
	return a.confirm(t.Yes, a.say("cli.ask.sealed", "Through", string(t.Through), "To", string(to)))
}

// send sends a text that was agreed to, with what is to be kept of it here.
func (t through) send(a *app, h desk.Handle, to record.Name, text, keep string) error {
	e := desk.Sealing(h.Keeper(), to, t.Through, text)
	e.ID = a.newID()
	drafts := []record.Entry{e}
	if keep != "" { // nobody else could tell him what he said
		drafts = append(drafts, record.Entry{About: []record.Ref{{Entry: e.ID}}, Body: record.Note{Text: keep}})
	}
	return a.write(h, sending{Yes: true}, drafts...)
}

// prove takes one step, says what is known after it, and sends or prints what is
// to be sent.
func (a *app) prove(t through, o desk.ProofOrder, in record.Seen) error {
	return a.with(func(h desk.Handle) error { return a.proveWith(h, t, o, in) })
}

func (a *app) proveWith(h desk.Handle, t through, o desk.ProofOrder, in record.Seen) error {
	if err := t.agreed(a, o.Peer); err != nil {
		return err
	}
	r, err := h.Prove(a.ctx, o)
	if err != nil {
		return err
	}
	told := a.sayProof(r)
	if slices.Contains([]desk.ProofGot{desk.ProofSame, desk.ProofOther, desk.ProofBothYes, desk.ProofNotBoth, desk.ProofSeen}, r.Got) {
		note := record.Entry{Body: record.Note{Text: told[0]}}
		if !in.ID.IsZero() {
			note.About = []record.Ref{{Entry: in.ID}}
		}
		if _, err := h.Write(a.ctx, desk.Commit, note); err != nil {
			return err
		}
	}
	if r.Send == "" {
		return a.result(r, func(w io.Writer) error { return a.print(w, told...) })
	}
	if !a.root.JSON {
		if err := a.print(a.deps.Err, told...); err != nil {
			return err
		}
	}
	if t.Through == "" {
		return a.result(r, func(w io.Writer) error { return line(w, r.Send) })
	}
	return t.send(a, h, o.Peer, r.Send, "")
}

// sayProof says what is known after a step, the outcome first.
func (a *app) sayProof(r desk.ProofAnswer) []string {
	peer := string(r.Peer)
	out := []string{a.say("prove-got."+string(r.Got), "Peer", peer, "About", r.About, "Sign", r.Sign, "Words", strings.Join(r.Words, " "))}
	if (r.Got == desk.ProofBothYes || r.Got == desk.ProofAsked && r.About != "" || r.Got == desk.ProofAnswered) && r.State == pouch.OneWay {
		out = append(out, a.say("prove-got.one-way"))
	}
	if r.State == pouch.Conflict {
		out = append(out, a.say("pouch-state.conflict"))
	}
	if r.Failed > 0 {
		out = append(out, a.say("prove-got.failed", "Count", r.Failed, "Peer", peer))
	}
	return out
}

// proofAskCmd begins a run over a secret.
type proofAskCmd struct {
	Peer       record.Name `arg:""`
	About      string      `placeholder:"TEXT"`
	SecretFile string      `placeholder:"FILE"`
	through
}

// Run begins it.
func (c *proofAskCmd) Run(a *app) error {
	secret, err := a.secretArg(c.SecretFile, "cli.ask.secret")
	if err != nil {
		return err
	}
	return a.prove(c.through, desk.ProofOrder{Step: desk.ProofAsk, Peer: c.Peer, Secret: secret, About: c.About}, record.Seen{})
}

// proofTakeCmd takes in whatever came.
type proofTakeCmd struct {
	pouchText
	Of         record.Name `placeholder:"NAME"`
	SecretFile string      `placeholder:"FILE"`
	Seen       string      `placeholder:"WHEN"`
	Again      bool
	through
}

// Run takes it in. A secret is asked for where the text asks for one.
func (c *proofTakeCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		o, it, err := c.order(a, h, c.Of)
		if err != nil {
			return err
		}
		o.Again = c.Again
		if c.Seen != "" {
			v, err := when(c.Seen, a.deps.Zone)
			if err != nil {
				return err
			}
			o.Seen = v.From // "on Sunday" is not before it began
		}
		if c.SecretFile != "" {
			if o.Secret, err = a.secretFile(c.SecretFile); err != nil {
				return err
			}
		} else if err := a.askSecret(h, &o); err != nil {
			return err
		}
		return a.proveWith(h, c.through, o, it)
	})
}

// askSecret asks the person for a secret, if there is somebody to ask and the
// text wants one. Looking at an ask spends nothing.
func (a *app) askSecret(h desk.Handle, o *desk.ProofOrder) error {
	if !a.deps.Console.Present() || !strings.HasPrefix(o.Text, bonafides.Prefix) {
		return nil
	}
	look := *o
	look.Look = true
	r, err := h.Prove(a.ctx, look)
	if err != nil || r.Got != desk.ProofNeed {
		return err
	}
	if err := a.print(a.deps.Err, a.sayProof(r)...); err != nil {
		return err
	}
	o.Secret, err = a.secretArg("", "cli.ask.secret")
	return err
}

// order reads the text that came, and from whom.
func (c *pouchText) order(a *app, h desk.Handle, of record.Name) (desk.ProofOrder, record.Seen, error) {
	text, it, err := c.text(a, h)
	if err != nil {
		return desk.ProofOrder{}, it, err
	}
	if m, ok := it.Body.(record.Message); ok {
		of = or(of, m.From)
	}
	return desk.ProofOrder{Step: desk.ProofTake, Peer: of, Text: text}, it, nil
}

// proofSignCmd foretells a sign.
type proofSignCmd struct {
	Peer record.Name `arg:""`
	Text []string    `arg:"" optional:""`
	through
}

// Run gives what is to be sent before it.
func (c *proofSignCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.prove(c.through, desk.ProofOrder{Step: desk.ProofSign, Peer: c.Peer, Text: words}, record.Seen{})
}

// proofRevealCmd opens a sign of one's own.
type proofRevealCmd struct {
	Number int         `arg:""`
	Peer   record.Name `arg:""`
	through
}

// Run gives what is to be sent after it.
func (c *proofRevealCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		r, err := h.Prove(a.ctx, desk.ProofOrder{Step: desk.ProofList})
		if err != nil {
			return err
		}
		own := slices.DeleteFunc(r.Open, func(x desk.ProofOpen) bool { return x.What != "own-sign" })
		if c.Number < 1 || c.Number > len(own) {
			return fault.New(fault.NotFound, "cli.no-sign", "list them with `backchannel bona-fides list`", "no sign of yours has the number %d", c.Number)
		}
		return a.proveWith(h, c.through, desk.ProofOrder{Step: desk.ProofReveal, Peer: c.Peer, Text: own[c.Number-1].Text}, record.Seen{})
	})
}

// proofListCmd lists what is open.
type proofListCmd struct{}

// Run lists it.
func (c *proofListCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		r, err := h.Prove(a.ctx, desk.ProofOrder{Step: desk.ProofList})
		if err != nil {
			return err
		}
		return a.result(r, func(w io.Writer) error {
			number := 0
			for _, x := range r.Open {
				if x.What == "own-sign" {
					number++
				}
				at := ""
				if x.At != 0 {
					at = a.book.Instant(x.At)
				}
				if err := line(w, a.say("proof-open."+x.What, "Peer", string(x.Peer), "About", x.About, "At", at, "Number", number, "Failed", x.Failed)); err != nil {
					return err
				}
			}
			if len(r.Open) == 0 {
				return line(w, a.say("proof-open.none"))
			}
			return nil
		})
	})
}

// proofForgetCmd drops what is open with somebody.
type proofForgetCmd struct {
	Peer record.Name `arg:""`
}

// Run drops it.
func (c *proofForgetCmd) Run(a *app) error {
	return a.prove(through{}, desk.ProofOrder{Step: desk.ProofForget, Peer: c.Peer}, record.Seen{})
}

// yesAskCmd asks, under seal, whether both would say yes.
type yesAskCmd struct {
	Package string      `arg:""`
	Peer    record.Name `arg:""`
	Answer  string      `placeholder:"FILE"`
	through
}

// Run asks.
func (c *yesAskCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		o := desk.ProofOrder{Step: desk.ProofAsk, Peer: c.Peer}
		if err := a.yesTo(h, &o, c.Package, c.Answer); err != nil {
			return err
		}
		return a.proveWith(h, c.through, o, record.Seen{})
	})
}

// yesTo reads the package and what the keeper says to it.
func (a *app) yesTo(h desk.Handle, o *desk.ProofOrder, pack, answer string) error {
	d, err := a.draft(h)
	if err != nil {
		return err
	}
	ref, err := d.v.Version(pack)
	if err != nil {
		return err
	}
	said, err := a.secretArg(answer, "cli.ask.sealed-yes")
	if err != nil {
		return err
	}
	said = strings.ToLower(strings.TrimSpace(said))
	yes := slices.Contains(strings.Fields(a.say("cli.answer.yes")), said)
	if !yes && !slices.Contains(strings.Fields(a.say("cli.answer.no")), said) {
		return fault.New(fault.Malformed, "cli.yes-or-no", "answer yes or no", "that is neither yes nor no")
	}
	o.Package, o.About, o.Yes = ref.Hash, string(ref.Name)+"@"+strconv.Itoa(ref.Version), &yes
	return nil
}

// yesTakeCmd takes in what came about a sealed yes.
type yesTakeCmd struct {
	pouchText
	Of      record.Name `placeholder:"NAME"`
	Package string      `placeholder:"NAME@VERSION"`
	Answer  string      `placeholder:"FILE"`
	through
}

// Run takes it in.
func (c *yesTakeCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		o, it, err := c.order(a, h, c.Of)
		if err != nil {
			return err
		}
		if c.Package != "" {
			if err := a.yesTo(h, &o, c.Package, c.Answer); err != nil {
				return err
			}
		}
		return a.proveWith(h, c.through, o, it)
	})
}
