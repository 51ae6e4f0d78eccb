package cli

import (
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// circleCmds are the commands about who knows, who is told, and what is said
// afterwards.
type circleCmds struct {
	Knows    knowsCmd    `cmd:"" group:"knows"`
	Disclose discloseCmd `cmd:"" group:"knows"`
	Request  requestCmd  `cmd:"" group:"knows"`
	Answer   answerCmd   `cmd:"" group:"knows"`
	Planned  plannedCmd  `cmd:"" name:"planned-line" group:"knows"`
	Incident incidentCmd `cmd:"" group:"knows"`
	Notify   notifyCmd   `cmd:"" group:"knows"`
	Account  accountCmd  `cmd:"" group:"knows"`
	Retain   retainCmd   `cmd:"" group:"knows"`
	Destroy  destroyCmd  `cmd:"" group:"knows"`
	Close    closeCmd    `cmd:"" group:"knows"`
	Reopen   reopenCmd   `cmd:"" group:"knows"`
}

// facts asks the record one question and prints the answer.
func (a *app) facts(c clocks, words ...string) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		got, err := view.Ask(v, view.Query{Text: strings.TrimSpace(strings.Join(words, " ")), Zone: a.deps.Zone})
		if err != nil {
			return err
		}
		return a.result(got, func(w io.Writer) error { return a.print(w, a.book.Grouped(v, got)...) })
	})
}

// knowsCmd shows who was told what.
type knowsCmd struct {
	Who record.Name `arg:"" optional:""`
	clocks
}

// Run shows it.
func (c *knowsCmd) Run(a *app) error { return a.facts(c.clocks, "knew", string(c.Who)) }

type askedListCmd struct {
	Who record.Name `arg:"" optional:""`
	clocks
}

// Run shows what was asked, what was planned to be said, and what was.
func (c *askedListCmd) Run(a *app) error { return a.facts(c.clocks, "asked", string(c.Who)) }

type exposedCmd struct {
	ID string `arg:"" optional:""`
	clocks
}

// Run shows what incidents exposed, and what is to be done.
func (c *exposedCmd) Run(a *app) error { return a.facts(c.clocks, "exposed", c.ID) }

type notifiedCmd struct {
	ID string `arg:"" optional:""`
	clocks
}

// Run shows how far plans have come.
func (c *notifiedCmd) Run(a *app) error { return a.facts(c.clocks, "notified", c.ID) }

type accountsCmd struct {
	On string `arg:"" optional:""`
	clocks
}

// Run shows what people say, beside what the record can count.
func (c *accountsCmd) Run(a *app) error { return a.facts(c.clocks, "accounts", c.On) }
