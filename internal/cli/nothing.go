package cli

import (
	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// nothingCmd enters that somebody was told that he owes nothing.
type nothingCmd struct {
	Party record.Name `arg:""`
	Told  record.Name `placeholder:"NAME"`
	About []string    `placeholder:"NAME@VERSION"`
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run says what speaks against it now, enters it, and sends it to whoever --to
// names. It is not refused: what is said is logged, and what contradicts it is
// an alarm from then on.
func (c *nothingCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		if err := first(d.heard(c.heard), d.refers(c.About, "")); err != nil {
			return err
		}
		for _, r := range d.v.AgainstNothing(c.Party, d.e.About) {
			a.note("cli.nothing.against", "Party", a.book.Name(d.v, c.Party), "Term", a.book.Ref(d.v, r))
		}
		d.e.Audience = c.To
		d.e.Body = accord.NothingOwed{Party: c.Party, Told: c.Told, Text: words}
		return a.write(d.h, c.sending, d.e)
	})
}
