package cli

import (
	"io"
	"time"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/relay"
)

// costCmd says what being a member of a cohort would cost. It needs no desk.
type costCmd struct {
	Members int           `default:"32"`
	Period  time.Duration `default:"30s"`
}

// Run reckons it.
func (c *costCmd) Run(a *app) error {
	t := relay.NewTimetable("cost", time.UnixMilli(0), c.Period)
	t.Capacity = c.Members
	if t.CatchUp*t.Capacity*t.CellSize > relay.MaxReply {
		t.CatchUp = 1
	}
	if err := t.Check(); err != nil {
		return err
	}
	k := desk.CostOf(t)
	return a.result(k, func(w io.Writer) error {
		return a.print(w, a.say("cli.cost", "Members", k.Members, "Period", a.book.Duration(k.Period), "Day", a.book.Bytes(k.Day),
			"Text", a.book.Duration(k.Text), "Note", a.book.Duration(k.Note), "Photo", a.book.Duration(k.Photo)))
	})
}

// waits says how long each of a plan's parcels will take.
func (a *app) waits(h desk.Handle, p convey.Plan) ([]time.Duration, error) {
	if len(p.Parcels) == 0 {
		return nil, nil
	}
	status, err := h.Relay(a.ctx)
	if err != nil {
		return nil, err
	}
	lines, err := h.Lines(a.ctx)
	if err != nil {
		return nil, err
	}
	out := make([]time.Duration, len(p.Parcels))
	for i, q := range p.Parcels {
		b, err := q.Encode(circle.Codec())
		if err != nil {
			return nil, err
		}
		for _, l := range lines {
			if l.Peer == q.To && l.Phase == desk.Opened {
				out[i] = status.WaitFor(l, len(b))
			}
		}
	}
	return out, nil
}

// printWaits prints them, for people who are about to say yes.
func (a *app) printWaits(w io.Writer, h desk.Handle, p convey.Plan) error {
	waits, err := a.waits(h, p)
	if err != nil {
		return err
	}
	v, err := a.viewOf(h)
	if err != nil {
		return err
	}
	for i, d := range waits {
		id := "cli.plan.wait"
		if d == 0 {
			id = "cli.plan.wait-closed"
		}
		if err := line(w, a.say(id, "Peer", a.book.Name(v, p.Parcels[i].To), "Wait", a.book.Duration(d))); err != nil {
			return err
		}
	}
	return nil
}
