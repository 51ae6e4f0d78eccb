package cli

import (
	"io"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

// statusCmd enters how somebody is said to be, or shows what is said.
type statusCmd struct {
	Person record.Name   `arg:""`
	Status record.Status `arg:"" optional:"" enum:",alive,held,hurt,ill,missing,released,dead,unknown" default:""`
	AsOf   string        `placeholder:"WHEN"`
	heard
	passing
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever --to names; without a status it shows
// who says what, and what proves it.
func (c *statusCmd) Run(a *app) error {
	if c.Status == "" {
		return a.see(clocks{}, func(v *view.View) error {
			f := v.Fate(c.Person)
			return a.result(f, func(w io.Writer) error { return a.print(w, a.book.Fate(v, f)...) })
		})
	}
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		b := record.PersonStatus{Person: c.Person, Status: c.Status, Text: words}
		if c.AsOf != "" {
			if b.As, err = when(c.AsOf, a.deps.Zone); err != nil {
				return err
			}
		}
		if err := first(d.heard(c.heard), d.passing(c.passing)); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = b, c.To
		return a.write(d.h, c.sending, d.e)
	})
}

// proofCmd enters one step of a proof of life.
type proofCmd struct {
	Person   record.Name       `arg:""`
	Question string            `placeholder:"TEXT"`
	AskedBy  record.Name       `placeholder:"NAME"`
	Answer   string            `placeholder:"TEXT"`
	Shows    string            `placeholder:"WHEN"`
	Found    record.Assessment `enum:",convincing,doubtful,unconvincing" default:"" placeholder:"HOW"`
	By       record.Name       `placeholder:"NAME"`
	Answers  string            `placeholder:"ID"`
	heard
	passing
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever --to names.
func (c *proofCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		b := record.ProofOfLife{Person: c.Person, AskedBy: c.AskedBy, Question: c.Question, Answer: c.Answer, Assessment: c.Found, Text: words}
		if c.Found != "" {
			b.AssessedBy = or(c.By, d.h.Keeper())
		}
		if c.Shows != "" {
			if b.Date, err = when(c.Shows, a.deps.Zone); err != nil {
				return err
			}
		}
		if err := first(d.heard(c.heard), d.passing(c.passing), d.refers(nil, c.Answers)); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = b, c.To
		return a.write(d.h, c.sending, d.e)
	})
}
