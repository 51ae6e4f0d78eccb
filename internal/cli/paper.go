package cli

import (
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/paper"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// exportPaperCmd puts what one reader was given on paper: a page to print, or a
// file for a word processor.
type exportPaperCmd struct {
	What string      `arg:"" enum:"standing,text,sheet,record,whole"`
	On   string      `arg:"" optional:"" placeholder:"TEXT"`
	For  record.Name `required:"" placeholder:"NAME"`
	Out  string      `short:"o" placeholder:"FILE"`
	clocks
}

// Run writes it.
func (c *exportPaperCmd) Run(a *app) error {
	if c.Out != "" && !strings.HasSuffix(c.Out, ".html") && !strings.HasSuffix(c.Out, ".docx") {
		return fault.New(fault.Malformed, "cli.paper-form", "end its name in .html to print it, or in .docx for a word processor", "the name of the file does not say what it is to be")
	}
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		v := view.Of(s.record.For(c.For, s.seen.AsOf()), s.now)
		o := paper.Order{Kind: paper.Kind(c.What), Now: s.now}
		if o.Kind == paper.Text || o.Kind == paper.Sheet {
			if o.On, err = v.Version(c.On); err != nil {
				return err
			}
		}
		d, err := paper.Make(a.book, v, o)
		if err != nil {
			return err
		}
		write := d.HTML
		if strings.HasSuffix(c.Out, ".docx") {
			write = d.Word
		}
		raw, err := write()
		if err != nil {
			return err
		}
		if c.For == h.Keeper() {
			a.note("cli.export.own")
		}
		return a.putOut(c.Out, string(raw))
	})
}
