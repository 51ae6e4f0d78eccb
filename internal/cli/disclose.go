package cli

import (
	"io"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// discloseCmd tells somebody over the line, or enters that he was told
// otherwise, or learned.
type discloseCmd struct {
	To record.Name `arg:""`
	matter
	Channel bool
	Nothing bool
	Footing circle.Footing `enum:"party,briefed,confirmed,inferred,intercepted,leaked,public" default:"briefed" placeholder:"HOW"`
	By      record.Name    `placeholder:"NAME"`
	Form    record.Form    `placeholder:"HOW"`
	Answers string         `placeholder:"ID"`
	Send    bool
	Consent string `placeholder:"HOW"`
	Asked   bool
	Preview bool
	heard
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, or sends it; with --preview it shows what the reader would see
// and could infer, and stops.
func (c *discloseCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	if (c.Send || c.Preview) && (c.By != "" || c.Form != "" || c.heard.given()) {
		return fault.New(fault.Malformed, "cli.disclose-send", "leave --by, --form, --said-by, --heard-from, --said and --evidence out", "what goes over the line now is told by you, now")
	}
	return a.drafting(func(d *draft) error {
		if err := first(d.heard(c.heard), d.refers(nil, c.Answers)); err != nil {
			return err
		}
		what, err := d.what(c.matter)
		if err != nil {
			return err
		}
		b := circle.Disclosure{To: c.To, What: what, Channel: c.Channel, Nothing: c.Nothing, Footing: c.Footing, By: c.By, Form: c.Form, Text: words}
		if b.By == "" && (c.Footing == circle.Briefed || c.Footing == circle.Confirmed || c.Footing == circle.OfParty) {
			b.By = d.h.Keeper()
		}
		order := convey.Order{Disclosure: &b, Request: d.e.Answers, Consent: c.Consent, Asked: c.Asked}
		switch {
		case c.Preview:
			return a.previewAs(d, order)
		case c.Send:
			return a.sendDisclosure(d, order, c.sending)
		}
		d.e.Body = b
		return a.write(d.h, sending{}, d.e)
	})
}

// given reports whether anything of it was said.
func (h heard) given() bool {
	return h.SaidBy != "" || h.HeardFrom != "" || h.Said != "" || len(h.Evidence) > 0
}

// sendDisclosure shows who would get exactly what, and what he could infer from
// it; asks, and sends it.
func (a *app) sendDisclosure(d *draft, order convey.Order, s sending) error {
	plan := func(m desk.Mode) (convey.Plan, error) { return d.h.Carry(a.ctx, m, order) }
	p, err := plan(desk.Preview)
	if err != nil {
		return err
	}
	if !s.Show {
		a.note("cli.disclose.to", "Who", a.book.Name(d.v, order.Disclosure.To))
		for _, line := range a.book.Hints(d.v, order.Disclosure.To, a.book.Infers(d.v, order.Disclosure.To, p.Given(order.Disclosure.To))) {
			a.note("cli.disclose.hint", "Line", line)
		}
	}
	return a.carryOut(d.h, s, plan)
}

// shownPreview is a preview as --json gives it.
type shownPreview struct {
	As      record.Name   `json:"as"`
	Entries []shownEntry  `json:"entries"` // new to him, as he would have them
	Hints   []circle.Hint `json:"hints"`
}

// previewAs shows what somebody would have after a disclosure and has not now,
// as he would see it; and what he could infer from it that he was not given. It
// plans the sending also where there is no line: told by hand, it is the same.
func (a *app) previewAs(d *draft, order convey.Order) error {
	to := order.Disclosure.To
	out := shownPreview{As: to, Entries: []shownEntry{}, Hints: []circle.Hint{}}
	if order.Disclosure.Nothing {
		return a.result(out, func(w io.Writer) error { return line(w, a.say("cli.disclose.nothing", "Who", a.book.Name(d.v, to))) })
	}
	p, err := convey.Carry(convey.Context{Record: d.s.record, Now: d.s.now, NewID: func() keys.ID { return a.newID() }}, order)
	if err != nil {
		return err
	}
	seen, fresh, err := p.SeenBy(circle.Codec(), d.s.record, to)
	if err != nil {
		return err
	}
	his := view.Of(seen, d.s.now)
	var text strings.Builder
	for _, id := range fresh {
		it, _ := seen.Get(id)
		out.Entries = append(out.Entries, showEntry(it.Entry))
		if err := a.printEntry(&text, his, it.Entry); err != nil {
			return err
		}
	}
	out.Hints = a.book.Infers(d.v, to, p.Given(to))
	return a.result(out, func(w io.Writer) error {
		if err := line(w, a.say("cli.disclose.as", "Who", a.book.Name(d.v, to))); err != nil {
			return err
		}
		if _, err := io.WriteString(w, text.String()); err != nil {
			return err
		}
		return a.print(w, a.book.Hints(d.v, to, out.Hints)...)
	})
}
