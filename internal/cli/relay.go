package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/jetstream"
)

// relayCmd holds what the operator of a relay does.
type relayCmd struct {
	Serve   relayServeCmd   `cmd:"" default:"withargs"`
	Tickets relayTicketsCmd `cmd:"" aliases:"ticket"`
	Status  relayStatusCmd  `cmd:""`
	Members relayMembersCmd `cmd:""`
	Remove  relayRemoveCmd  `cmd:""`
	Add     relayAddCmd     `cmd:"" group:"line"`
}

// relayDir is where a relay keeps its key and its log.
type relayDir struct {
	Data string `required:"" placeholder:"DIR"`
}

// relayServeCmd runs a relay.
type relayServeCmd struct {
	relayDir
	Listen    string        `default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	Advertise string        `placeholder:"HOST:PORT"`
	Cohort    string        `default:"main" placeholder:"NAME"`
	Period    time.Duration `default:"30s"`
	Capacity  int           `default:"32"`
	CatchUp   int           `default:"4"`
	JoinEvery uint64        `default:"20" placeholder:"TICKS"`
	Keep      time.Duration `default:"24h"`
	Metrics   string        `placeholder:"HOST:PORT"`
	Tickets   int           `default:"4" placeholder:"N"`
	Every     time.Duration `name:"ticket-epoch" default:"336h"`
	Onion     string        `placeholder:"HOST:PORT"`
	tether
}

// stopping is how long a relay may take to make durable what waits.
const stopping = 15 * time.Second

// Run runs the relay until it is interrupted.
func (c *relayServeCmd) Run(a *app) error {
	ctx, cancel := c.tied(a)
	defer cancel()
	if c.Period <= 0 || c.Keep <= 0 {
		return fault.New(fault.Malformed, "cli.period", "write it as in 30s or 24h", "a period and what is kept are longer than nothing")
	}
	t := relay.NewTimetable(c.Cohort, time.UnixMilli(0), c.Period)
	t.StartMS, t.Capacity, t.CatchUp, t.JoinEvery = 0, c.Capacity, c.CatchUp, c.JoinEvery
	t.Retention = max(relay.MinRetention, min(relay.MaxRetention, uint64(c.Keep/c.Period)))
	t = t.WithTickets(c.Tickets, c.Every)
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "cli.data", "", "there is no such folder")
	}
	cfg := relay.Config{
		Dir: dir, Listen: c.Listen, Advertise: c.Advertise, OpenLogs: jetstream.Opener(jetstream.Options{}), Cohorts: []relay.Timetable{t},
		Metrics: c.Metrics, Logger: slog.New(slog.NewTextHandler(a.deps.Err, nil)),
	}
	gone, err := c.behindTor(ctx, &cfg)
	if err != nil {
		return err
	}
	s, err := relay.Start(ctx, cfg)
	if err != nil {
		return err
	}
	err = a.result(s.Status(), func(w io.Writer) error {
		return line(w, a.say("cli.relay.serving", "Address", s.Addr().String(), "Cohort", c.Cohort, "Period", c.Period.String(), "Capacity", c.Capacity))
	})
	if err == nil {
		select {
		case <-ctx.Done():
		case <-gone:
			err = fault.New(fault.Unreachable, "cli.relay.tor-gone", "start Tor, then the relay again", "Tor has ended, and the onion service with it")
		case <-s.Failed():
			err = fault.New(fault.Corrupt, "cli.relay.failed", "look at what it logged; put the folder's backup in place, or begin with an empty one", "the relay's log is damaged")
		}
	}
	stop, done := context.WithTimeout(context.WithoutCancel(ctx), stopping)
	defer done()
	return errors.Join(err, s.Stop(stop))
}

// relayTicketsCmd asks the running relay for tickets.
type relayTicketsCmd struct {
	relayDir
	Cohort  string        `default:"main" placeholder:"NAME"`
	Expires time.Duration `default:"168h"`
	Count   int           `arg:"" optional:"" default:"1"`
}

// Run prints them, one a line. They are shown once.
func (c *relayTicketsCmd) Run(a *app) error {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "cli.data", "", "there is no such folder")
	}
	tickets, err := relay.AskTickets(a.ctx, dir, c.Cohort, c.Count, a.deps.Now().Add(c.Expires))
	if err != nil {
		return err
	}
	a.note("cli.tickets.secret", "N", len(tickets))
	return a.result(map[string]any{"tickets": tickets}, func(w io.Writer) error {
		for _, t := range tickets {
			if err := line(w, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// relayStatusCmd shows a running relay's counts.
type relayStatusCmd struct{ relayDir }

// Run shows them.
func (c *relayStatusCmd) Run(a *app) error {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "cli.data", "", "there is no such folder")
	}
	s, err := relay.AskStatus(a.ctx, dir)
	if err != nil {
		return err
	}
	return a.result(s, func(w io.Writer) error {
		if err := line(w, s.Address); err != nil {
			return err
		}
		for _, k := range s.Cohorts {
			err := line(w, a.say("cli.relay.cohort", "Cohort", k.Timetable.Cohort, "Period", k.Timetable.Period().String(), "Capacity", k.Timetable.Capacity,
				"Enrolled", k.Enrolled, "Connected", k.Connected, "Unspent", k.Unspent))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// tether ends a server when its stdin ends, so that it cannot outlive the
// program that started it.
type tether struct {
	Tethered bool `hidden:""`
}

func (t tether) tied(a *app) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(a.ctx)
	if t.Tethered {
		go func() {
			io.Copy(io.Discard, a.deps.In) // whatever ends it, it has ended
			cancel()
		}()
	}
	return ctx, cancel
}
