package cli

import (
	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// matter says what somebody was told or asked of.
type matter struct {
	What []string `placeholder:"ID" sep:"none"`
}

// what reads entries and versions.
func (d *draft) what(m matter) ([]record.Ref, error) {
	var out []record.Ref
	for _, s := range m.What {
		r, err := reference(d.s.record, d.v, s)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// enter makes a draft, lets f write its body, and stores it.
func (a *app) enter(f func(d *draft) error, h heard, s sending, to ...record.Name) error {
	return a.with(func(handle desk.Handle) error {
		d, err := a.draft(handle)
		if err != nil {
			return err
		}
		if err := first(d.heard(h), f(d)); err != nil {
			return err
		}
		d.e.Audience = to
		return a.write(handle, s, d.e)
	})
}

// requestCmd enters that an outsider asks, or shows what was asked.
type requestCmd struct {
	Enter requestEnterCmd `cmd:"" name:"enter"`
	List  askedListCmd    `cmd:"" name:"list"`
}

type requestEnterCmd struct {
	By record.Name `arg:""`
	Of record.Name `placeholder:"NAME"`
	matter
	Form record.Form `placeholder:"HOW"`
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it.
func (c *requestEnterCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	if c.SaidBy == "" {
		c.SaidBy = c.By
	}
	return a.enter(func(d *draft) error {
		of := c.Of
		if of == "" {
			of = d.h.Keeper()
		}
		what, err := d.what(c.matter)
		d.e.Body = circle.Request{By: c.By, Of: of, What: what, Form: c.Form, Text: words}
		return err
	}, c.heard, c.sending, c.To...)
}

// answerCmd enters what was said to somebody who asked.
type answerCmd struct {
	Request string       `arg:"" placeholder:"ID"`
	As      circle.Reply `arg:"" enum:"confirm,deny,decline-to-comment,not-yet,silence"`
	By      record.Name  `placeholder:"NAME"`
	Form    record.Form  `placeholder:"HOW"`
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it.
func (c *answerCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.enter(func(d *draft) error {
		it, err := d.find(c.Request)
		if err != nil {
			return err
		}
		b := circle.Answer{By: c.By, As: c.As, Form: c.Form, Text: words}
		if b.By == "" {
			b.By = d.h.Keeper()
		}
		if r, ok := it.Body.(circle.Request); ok {
			b.To = r.By
		}
		d.e.Answers, d.e.Body = it.ID, b
		if p, ok := d.v.Request(it.ID); ok && p.Otherwise(b) {
			line := circle.PlannedLine{For: b.To, What: p.Planned.What, As: p.Planned.As, Text: p.Planned.Text}
			a.note("cli.answer.otherwise", "Line", a.book.Entry(d.v, record.Entry{Body: line}))
		}
		return nil
	}, c.heard, c.sending, c.To...)
}

// plannedCmd enters what is to be said to somebody if he asks.
type plannedCmd struct {
	For record.Name  `arg:""`
	As  circle.Reply `arg:"" enum:"confirm,deny,decline-to-comment,not-yet,silence"`
	matter
	Text []string `arg:"" optional:""`
}

// Run enters it.
func (c *plannedCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.enter(func(d *draft) error {
		what, err := d.what(c.matter)
		d.e.Body = circle.PlannedLine{For: c.For, What: what, As: c.As, Text: words}
		return err
	}, heard{}, sending{})
}

// incidentCmd is what happened to the channel, and what is done about it.
type incidentCmd struct {
	Enter incidentEnterCmd `cmd:"" name:"enter"`
	Do    incidentDoCmd    `cmd:"" name:"do"`
	Step  incidentStepCmd  `cmd:"" name:"step"`
	List  exposedCmd       `cmd:"" name:"list"`
}

type incidentEnterCmd struct {
	Sort   circle.Mishap `arg:"" enum:"interception,leak,lost-desk,seized-desk,wrong-recipient"`
	NowIn  record.Name   `name:"now-with" placeholder:"NAME"`
	From   string        `placeholder:"WHEN"`
	Until  string        `placeholder:"WHEN"`
	Known  string        `placeholder:"WHEN"`
	People []record.Name `placeholder:"NAME"`
	Lines  []record.Name `placeholder:"NAME"`
	Forms  []record.Form `placeholder:"HOW"`
	matter
	Channel bool
	heard
	Text []string `arg:"" optional:""`
}

// Run enters it.
func (c *incidentEnterCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.enter(func(d *draft) error {
		b := circle.Incident{Sort: c.Sort, To: c.NowIn, People: c.People, Lines: c.Lines, Forms: c.Forms, Channel: c.Channel, Text: words}
		if c.From != "" {
			v, err := when(c.From, a.deps.Zone)
			if err != nil {
				return err
			}
			b.From = v.From
		}
		until, err1 := moment(c.Until, a.deps.Zone)
		known, err2 := moment(c.Known, a.deps.Zone)
		what, err3 := d.what(c.matter)
		b.Until, b.Known, b.What = until, known, what
		d.e.Body = b
		return first(err1, err2, err3)
	}, c.heard, sending{})
}

type incidentStepCmd struct {
	ID   string        `arg:""`
	Do   circle.Remedy `arg:"" enum:"re-key,close-line,tell,other"`
	Who  record.Name   `arg:"" optional:""`
	Done bool
	By   record.Name `placeholder:"NAME"`
	Text string      `placeholder:"TEXT"`
}

// Run enters a step about an incident.
func (c *incidentStepCmd) Run(a *app) error {
	return a.enter(func(d *draft) error {
		it, err := d.find(c.ID)
		d.e.Body = circle.IncidentStep{Of: it.ID, Do: c.Do, Who: c.Who, Done: c.Done, By: c.By, Text: c.Text}
		return err
	}, heard{}, sending{})
}
