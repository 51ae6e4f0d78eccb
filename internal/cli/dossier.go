package cli

import (
	"backchannel/internal/desk"
	"backchannel/internal/exchange"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/web"
)

// accountDossierCmd writes the accounts that one reader was given, beside the
// record, as one document.
type accountDossierCmd struct {
	For record.Name `required:"" placeholder:"NAME"`
	Out string      `short:"o" placeholder:"FILE"`
	clocks
}

// Run writes it.
func (c *accountDossierCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.record.For(c.For, s.seen.AsOf()), s.now)
		d, err := exchange.MakeDossier(v)
		if err != nil {
			return err
		}
		if c.For == h.Keeper() {
			a.note("cli.dossier.own")
		}
		raw, err := d.JSON()
		if !a.root.JSON && err == nil {
			raw, err = web.Dossier(a.book, v, d)
		}
		if err != nil {
			return err
		}
		return a.putOut(c.Out, string(raw))
	})
}
