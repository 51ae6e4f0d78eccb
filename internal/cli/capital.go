package cli

import (
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// capitalCmd notes by whose clock times are told beside UTC. It never leaves the
// desk.
type capitalCmd struct {
	Of    record.Name `arg:""`
	Zone  string      `placeholder:"ZONE" xor:"zone"`
	Place string      `placeholder:"TEXT"`
	None  bool        `xor:"zone"`
}

// Run enters it.
func (c *capitalCmd) Run(a *app) error {
	if !c.None && c.Zone == "" {
		return fault.New(fault.Malformed, "cli.zone", "name a zone with --zone, or take it away with --none", "it does not say by which clock")
	}
	return a.writeTo(sendTo{}, func(desk.Handle) (record.Body, error) {
		if c.Zone != "" {
			if _, err := words.ZoneOf(c.Zone); err != nil {
				return nil, err
			}
		}
		return record.TimeZone{Of: c.Of, Zone: c.Zone, Place: c.Place}, nil
	})
}

// inFull gives the words for moments that are shown in full: by the clocks of
// the parties too. What goes to anybody else is never told with them.
func (a *app) inFull(v *view.View) *words.Book { return a.book.With(v.Zones()) }
