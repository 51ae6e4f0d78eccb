package cli

import (
	"io"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/view"
)

// disputedCmd shows on what accounts stand against one another.
type disputedCmd struct {
	On string `arg:"" optional:""`
	clocks
}

// Run shows it.
func (c *disputedCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		list := []view.Dispute{}
		switch ref, wrong := v.Version(c.On); {
		case c.On == "":
			list = append(list, v.Disputes()...)
		case wrong == nil:
			list = append(append(list, v.DisputesOn(ref.Hash)...), v.DisputesUnder(ref.Name)...)
		default:
			it, err := findEntry(s.seen, s.record, c.On)
			if err != nil {
				return err
			}
			list = append(list, v.DisputeOfEntry(it.ID)...)
		}
		return a.result(list, func(w io.Writer) error { return a.print(w, a.book.Disputes(v, list)...) })
	})
}

// correctedCmd shows what was corrected, word by word.
type correctedCmd struct {
	ID string `arg:"" optional:""`
	clocks
}

// Run shows it.
func (c *correctedCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.seen, s.now)
		list := []view.Correcting{}
		if c.ID == "" {
			list = append(list, v.Corrections()...)
		} else {
			it, err := findEntry(s.seen, s.record, c.ID)
			if err != nil {
				return err
			}
			list = append(list, v.CorrectionsOf(it.ID)...)
		}
		return a.result(list, func(w io.Writer) error { return a.print(w, a.book.Corrections(v, list)...) })
	})
}

// corroboratedCmd shows what came by two ways that share no hand.
type corroboratedCmd struct{ clocks }

// Run shows it.
func (c *corroboratedCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := append([]view.Corroboration{}, v.Corroborations()...)
		return a.result(list, func(w io.Writer) error { return a.print(w, a.book.Corroborations(v, list)...) })
	})
}

// advise tells what a package leaves open, before somebody accepts it or puts
// it forward. It refuses nothing.
func (a *app) advise(v *view.View, act accord.Act) {
	if act.Position != accord.Accepted && act.Position != accord.Proposed {
		return
	}
	open := false
	for _, ad := range v.AdviceOn(act.On.Hash) {
		if ad.Is == accord.IsStated {
			continue
		}
		if !open {
			open = true
			a.note("advice.head")
		}
		a.note("cli.advice", "Text", a.book.OneAdvice(v, ad))
	}
}
