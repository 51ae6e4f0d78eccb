package cli

import (
	"io"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// performanceCmd shows how far terms have come.
type performanceCmd struct {
	On string `arg:"" optional:"" placeholder:"NAME@VERSION"`
	clocks
}

// Run shows it.
func (c *performanceCmd) Run(a *app) error {
	return a.see(c.clocks, func(v *view.View) error {
		list := v.Performance()
		if c.On != "" {
			ref, err := v.Version(c.On)
			if err != nil {
				return err
			}
			list = nil
			if p, ok := v.PerformanceOf(ref.Hash); ok {
				list = append(list, p)
			}
		}
		if list == nil {
			list = []view.Performed{}
		}
		return a.result(list, func(w io.Writer) error { return a.print(w, a.inFull(v).Performance(v, list)) })
	})
}

// eventCmd states that something happened.
type eventCmd struct {
	What string      `arg:""`
	By   record.Name `placeholder:"NAME"`
	When string      `placeholder:"WHEN"`
	Not  bool
	heard
	To []record.Name `placeholder:"NAME"`
	sending
	Text []string `arg:"" optional:""`
}

// Run enters it, and sends it to whoever --to names.
func (c *eventCmd) Run(a *app) error {
	words, err := a.input(c.Text)
	if err != nil {
		return err
	}
	return a.drafting(func(d *draft) error {
		by, err := d.voice(c.By, "--by")
		if err != nil {
			return err
		}
		e := accord.Event{By: by, What: c.What, Denied: c.Not, Text: words}
		if c.When != "" {
			at, err := when(c.When, a.deps.Zone)
			if err != nil {
				return err
			}
			e.At = at.From
		}
		if err := d.heard(c.heard); err != nil {
			return err
		}
		d.e.Body, d.e.Audience = e, c.To
		if known := d.v.Events(); !slices.ContainsFunc(known, e.Same) {
			a.note("cli.event.unnamed", "What", c.What, "Known", strings.Join(known, "; "))
		}
		return a.write(d.h, c.sending, d.e)
	})
}
