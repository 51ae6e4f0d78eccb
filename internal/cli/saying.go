package cli

import (
	"slices"

	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// logCmd is the hand entry of something that was said outside the program.
type logCmd struct {
	From      record.Name      `placeholder:"NAME"`
	To        record.Name      `placeholder:"NAME"`
	Via       []record.Name    `placeholder:"NAME"`
	Form      record.Form      `enum:"text,call,voice-note,meeting,paper" default:"call"`
	Fidelity  record.Fidelity  `enum:"verbatim,translation,paraphrase,own-view,hearsay" default:"paraphrase"`
	Act       record.SpeechAct `enum:"inform,ask,float,propose,counter,accept,reject,confirm,deny,decline-to-comment,withdraw,warn,report" default:"inform"`
	HeardFrom record.Name      `placeholder:"NAME"`
	Said      string           `placeholder:"WHEN"`
	Evidence  []string         `placeholder:"KIND[:NOTE]" sep:"none"`
	quoting
	passing
	Private string   `name:"private-note" placeholder:"TEXT"`
	Text    []string `arg:"" optional:""`
}

// quoting is how a message may be quoted, and what it belongs to.
type quoting struct {
	Attribution record.Attribution `enum:",on-the-record,not-for-attribution,non-paper" default:"" placeholder:"HOW"`
	Authority   string             `placeholder:"TEXT"`
	Lang        string             `placeholder:"LANG"`
	Answers     string             `placeholder:"ID"`
	About       []string           `placeholder:"ID|NAME@VERSION"`
}

// Run logs it.
func (c *logCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		from, to := or(c.From, d.h.Keeper()), or(c.To, d.h.Keeper())
		switch {
		case from == to:
			return fault.New(fault.Malformed, "cli.log-self", "say from whom with --from, or to whom with --to", "a message from %s to himself", from)
		case from != d.h.Keeper() && to != d.h.Keeper() && c.HeardFrom == "" && len(c.Via) > 0 && !slices.Contains(c.Via, d.h.Keeper()):
			// Without other hands it was said to the keeper, for whom it is meant.
			return fault.New(fault.Malformed, "cli.log-heard", "say from whom you have it with --heard-from", "you were not part of what %s said to %s", from, to)
		}
		d.strangers(append([]record.Name{from, to, c.HeardFrom}, c.Via...)...)
		said := heard{SaidBy: from, HeardFrom: c.HeardFrom, Said: c.Said, Evidence: c.Evidence}
		if err := first(d.heard(said), d.passing(c.passing), d.refers(c.About, c.Answers)); err != nil {
			return err
		}
		d.e.Body = record.Message{
			From: from, Via: c.Via, To: to, Form: c.Form, Fidelity: c.Fidelity, Attribution: c.Attribution,
			SpeechAct: c.Act, Authority: c.Authority, Text: words, Lang: c.Lang,
		}
		drafts := []record.Entry{d.e}
		if c.Private != "" {
			drafts[0].ID = a.newID()
			drafts = append(drafts, record.Entry{About: []record.Ref{{Entry: drafts[0].ID}}, Body: record.Note{Text: c.Private}})
		}
		return a.write(d.h, sending{}, drafts...)
	})
}

// sayCmd sends a message over a line.
type sayCmd struct {
	To      record.Name      `required:"" placeholder:"NAME"`
	Through record.Name      `placeholder:"NAME"`
	Act     record.SpeechAct `enum:"inform,ask,float,propose,counter,accept,reject,confirm,deny,decline-to-comment,withdraw,warn,report" default:"inform"`
	quoting
	passing
	sending
	Text []string `arg:"" optional:""`
}

// Run shows it, asks, and sends it.
func (c *sayCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		if err := first(d.passing(c.passing), d.refers(c.About, c.Answers)); err != nil {
			return err
		}
		d.e.Audience = []record.Name{or(c.Through, c.To)}
		d.e.Body = record.Message{
			From: d.h.Keeper(), To: c.To, Form: record.Text, Fidelity: record.Verbatim, Attribution: c.Attribution,
			SpeechAct: c.Act, Authority: c.Authority, Text: words, Lang: c.Lang,
		}
		return a.write(d.h, c.sending, d.e)
	})
}

// noteCmd keeps a note that never leaves the desk.
type noteCmd struct {
	About []string `placeholder:"ID|NAME@VERSION"`
	Text  []string `arg:"" optional:""`
}

// Run keeps it.
func (c *noteCmd) Run(a *app) error {
	words, err := a.needInput(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		if err := d.refers(c.About, ""); err != nil {
			return err
		}
		d.e.Body = record.Note{Text: words}
		return a.write(d.h, sending{}, d.e)
	})
}

// approachCmd logs, or sends, a request for a channel.
type approachCmd struct {
	Asker     record.Name   `placeholder:"NAME"`
	For       record.Name   `required:"" placeholder:"NAME"`
	Through   []record.Name `placeholder:"NAME"`
	Form      record.Form   `enum:"text,call,voice-note,meeting,paper" default:"call"`
	HeardFrom record.Name   `placeholder:"NAME"`
	Said      string        `placeholder:"WHEN"`
	To        []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run logs it, and sends it to whoever --to names.
func (c *approachCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		asker := or(c.Asker, d.h.Keeper())
		if err := d.heard(heard{SaidBy: asker, HeardFrom: c.HeardFrom, Said: c.Said}); err != nil {
			return err
		}
		d.e.Audience = c.To
		d.e.Body = record.Approach{Asker: asker, To: c.For, Through: c.Through, Form: c.Form, Text: words}
		return a.write(d.h, c.sending, d.e)
	})
}

// readBackCmd notes that the hearer repeated a message.
type readBackCmd struct {
	ID        string        `arg:""`
	By        record.Name   `placeholder:"NAME"`
	Ok        bool          `xor:"how" required:""`
	Corrected string        `xor:"how" required:"" placeholder:"TEXT"`
	Said      string        `placeholder:"WHEN"`
	To        []record.Name `placeholder:"NAME"`
	sending
}

// Run notes it.
func (c *readBackCmd) Run(a *app) error {
	return a.drafting(func(d *draft) error {
		of, err := d.find(c.ID)
		if err != nil {
			return err
		}
		if err := d.heard(heard{Said: c.Said}); err != nil {
			return err
		}
		d.e.Audience = c.To
		d.e.Body = record.ReadBack{Of: of.ID, By: or(c.By, d.h.Keeper()), OK: c.Ok, Corrected: c.Corrected}
		return a.write(d.h, c.sending, d.e)
	})
}

// markCmd notes how far a message has come on its way.
type markCmd struct {
	ID   string      `arg:""`
	Step record.Step `arg:"" enum:"drafted,handed,conveyed,received,returned,lost"`
	To   record.Name `required:"" placeholder:"NAME"`
	Form record.Form `enum:",text,call,voice-note,meeting,paper" default:"" placeholder:"FORM"`
	heard
	Text []string `arg:"" optional:""`
}

// Run notes it.
func (c *markCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		of, err := d.find(c.ID)
		if err != nil {
			return err
		}
		if err := d.heard(c.heard); err != nil {
			return err
		}
		d.e.Body = record.Conveyance{Of: of.ID, To: c.To, Step: c.Step, Form: c.Form, Note: words}
		return a.write(d.h, sending{}, d.e)
	})
}

// carryCmd passes an entry on.
type carryCmd struct {
	ID       string          `arg:""`
	To       record.Name     `required:"" placeholder:"NAME"`
	Fidelity record.Fidelity `enum:"verbatim,translation,paraphrase,own-view,hearsay" default:"verbatim"`
	Lang     string          `placeholder:"LANG"`
	Form     record.Form     `enum:",call,voice-note,meeting,paper,text" default:"" placeholder:"FORM"`
	Said     string          `placeholder:"WHEN"`
	Consent  string          `placeholder:"HOW"`
	Asked    bool
	Receipt  bool
	sending
	Text []string `arg:"" optional:""`
}

// Run shows exactly what goes to whom under which fidelity, asks, and passes
// it on.
func (c *carryCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		of, err := d.find(c.ID)
		if err != nil {
			return err
		}
		o := convey.Order{
			Of: of.ID, To: c.To, Fidelity: c.Fidelity, Text: words, Lang: c.Lang, Form: c.Form,
			Consent: c.Consent, Asked: c.Asked, Receipt: c.Receipt,
		}
		if c.Said != "" {
			if o.Said, err = when(c.Said, a.deps.Zone); err != nil {
				return err
			}
		}
		return a.commit(d.h, c.sending, func(m desk.Mode) (convey.Plan, error) { return d.h.Carry(a.ctx, m, o) })
	})
}

func or(a, b record.Name) record.Name {
	if a != "" {
		return a
	}
	return b
}

func first(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}
