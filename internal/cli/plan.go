package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// write plans drafts, and stores and sends them once their author has seen
// what goes to whom.
func (a *app) write(h desk.Handle, s sending, drafts ...record.Entry) error {
	return a.commit(h, s, func(m desk.Mode) (convey.Plan, error) { return h.Write(a.ctx, m, drafts...) })
}

// commit shows what a plan would send, asks, and carries it out. If the plan
// would have become another while the person thought, it is shown again: what
// is sent is what was shown.
func (a *app) commit(h desk.Handle, s sending, plan func(desk.Mode) (convey.Plan, error)) error {
	p, err := plan(desk.Preview)
	if err == nil && !s.Show {
		err = a.careless(h, p)
	}
	if err != nil {
		return err
	}
	return a.carryOut(h, s, plan)
}

// careless warns of what those who get a plan could infer from it that they were
// not given.
func (a *app) careless(h desk.Handle, p convey.Plan) error {
	if len(p.Parcels) == 0 {
		return nil
	}
	s, err := a.look(h, clocks{})
	if err != nil {
		return err
	}
	v := view.Of(s.seen, s.now)
	for _, parcel := range p.Parcels {
		if list := a.book.Careless(v, parcel.To, p.Given(parcel.To)); len(list) > 0 {
			for _, line := range a.book.Hints(v, parcel.To, list) {
				a.note("cli.disclose.hint", "Line", line)
			}
		}
	}
	return nil
}

// carryOut is commit without that warning, for whoever has given his own.
func (a *app) carryOut(h desk.Handle, s sending, plan func(desk.Mode) (convey.Plan, error)) error {
	p, err := plan(desk.Preview)
	if err != nil {
		return err
	}
	if s.Show {
		return a.showPlan(h, p, false)
	}
	if len(p.Parcels) > 0 && !s.Yes {
		if err := a.agreeTo(h, p, plan); err != nil {
			return err
		}
	}
	if p, err = plan(desk.Commit); err != nil {
		return err
	}
	return a.showPlan(h, p, true)
}

// maxShown is how often a plan is shown again before the person is told to
// begin anew.
const maxShown = 3

func (a *app) agreeTo(h desk.Handle, p convey.Plan, plan func(desk.Mode) (convey.Plan, error)) error {
	if !a.deps.Console.Present() {
		return fault.New(fault.Refused, "cli.unconfirmed", "run it on a terminal, look with --show, or add --yes", "nothing leaves the desk without a yes")
	}
	at := p.Entries[0].At // the clock goes on while the person thinks: that is no change
	shown, err := a.preview(h, p, at)
	if err != nil {
		return err
	}
	for range maxShown {
		fmt.Fprint(a.deps.Err, shown)
		// Not part of what is compared: it changes with every tick.
		if err := a.printWaits(a.deps.Err, h, p); err != nil {
			return err
		}
		if err := a.confirm(false, a.say("cli.ask.send")); err != nil {
			return err
		}
		if p, err = plan(desk.Preview); err != nil {
			return err
		}
		again, err := a.preview(h, p, at)
		if err != nil || again == shown {
			return err
		}
		a.note("cli.plan.changed")
		shown = again
	}
	return fault.New(fault.Refused, "cli.plan-changed", "begin again", "what would be sent keeps changing")
}

// confirm asks for a yes. Anything else is a no, and a no is an error, so that
// a script notices.
func (a *app) confirm(yes bool, question string) error {
	if yes {
		return nil
	}
	if !a.deps.Console.Present() {
		return fault.New(fault.Refused, "cli.unconfirmed", "run it on a terminal, or add --yes", "nothing is done without a yes")
	}
	answer, err := a.deps.Console.Ask(a.ctx, harmless(question))
	if err != nil {
		return err
	}
	if !slices.Contains(strings.Fields(a.say("cli.answer.yes")), strings.ToLower(answer)) {
		return fault.New(fault.Refused, "cli.declined", "", "nothing was stored or sent")
	}
	return nil
}

// preview gives, as text, what each recipient would get if it were written at
// that moment.
func (a *app) preview(h desk.Handle, p convey.Plan, at record.Instant) (string, error) {
	v, err := a.viewOf(h)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, q := range p.Parcels {
		line(&b, a.say("cli.plan.to", "Peer", a.book.Name(v, q.To)))
		for _, e := range q.Entries {
			e.At = at
			if err := a.printEntry(&b, v, e); err != nil {
				return "", err
			}
		}
	}
	return b.String(), nil
}

func (a *app) viewOf(h desk.Handle) (*view.View, error) {
	s, err := a.look(h, clocks{})
	if err != nil {
		return nil, err
	}
	return view.Of(s.seen, s.now), nil
}

// shownPlan is a plan as --json gives it.
type shownPlan struct {
	Stored  bool          `json:"stored"`
	Entries []shownEntry  `json:"entries"`
	Parcels []shownParcel `json:"parcels"`
}

type shownParcel struct {
	To      record.Name  `json:"to"`
	First   uint64       `json:"first"`
	Entries []shownEntry `json:"entries"`
}

func (a *app) showPlan(h desk.Handle, p convey.Plan, stored bool) error {
	out := shownPlan{Stored: stored, Entries: []shownEntry{}, Parcels: []shownParcel{}}
	for _, e := range p.Entries {
		out.Entries = append(out.Entries, showEntry(e))
	}
	for _, q := range p.Parcels {
		sp := shownParcel{To: q.To, First: q.First}
		for _, e := range q.Entries {
			sp.Entries = append(sp.Entries, showEntry(e))
		}
		out.Parcels = append(out.Parcels, sp)
	}
	return a.result(out, func(w io.Writer) error {
		v, err := a.viewOf(h)
		if err != nil {
			return err
		}
		if !stored {
			text, err := a.preview(h, p, p.Entries[0].At)
			if err != nil {
				return err
			}
			if text == "" {
				text = a.say("cli.plan.stays") + "\n"
			}
			if _, err = io.WriteString(w, text); err != nil {
				return err
			}
			return a.printWaits(w, h, p)
		}
		for _, e := range p.Entries {
			if err := line(w, a.say("cli.plan.stored", "ID", e.ID.Short(), "What", a.book.Entry(v, e))); err != nil {
				return err
			}
		}
		for _, q := range p.Parcels {
			if err := line(w, a.say("cli.plan.queued", "Peer", a.book.Name(v, q.To), "N", len(q.Entries))); err != nil {
				return err
			}
		}
		return nil
	})
}
