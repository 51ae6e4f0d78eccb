package cli

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

// memberCmd holds what concerns the desk's place in its cohort.
type memberCmd struct {
	Code   memberCodeCmd   `cmd:""`
	Leave  memberLeaveCmd  `cmd:""`
	Remove memberRevokeCmd `cmd:""`
}

// memberCodeCmd shows the revocation code.
type memberCodeCmd struct {
	Out   string `placeholder:"FILE"`
	Relay string `name:"of" placeholder:"ADDRESS"`
}

// Run shows it, or writes it to a file that only its owner reads.
func (c *memberCodeCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		address, code, err := h.Revocation(a.ctx, c.Relay)
		if err != nil {
			return err
		}
		if c.Out != "" {
			if err := writeSecret(c.Out, code); err != nil {
				return err
			}
		}
		a.note("cli.member.code", "Address", address)
		if c.Out != "" {
			return nil
		}
		return a.result(map[string]string{"address": address, "code": code}, func(w io.Writer) error { return line(w, code) })
	})
}

// memberLeaveCmd leaves the cohort.
type memberLeaveCmd struct {
	Yes   bool   `short:"y"`
	Relay string `name:"of" placeholder:"ADDRESS"`
}

// Run asks, and leaves at the next join epoch.
func (c *memberLeaveCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if err := a.confirm(c.Yes, a.say("cli.ask.leave")); err != nil {
			return err
		}
		if err := h.LeaveRelay(a.ctx, c.Relay); err != nil {
			return err
		}
		a.note("cli.member.leaving")
		return nil
	})
}

// memberRevokeCmd takes a desk off that was lost, from any machine.
type memberRevokeCmd struct {
	Address string `arg:""`
	Code    string `arg:"" optional:""`
}

// Run shows the relay the code.
func (c *memberRevokeCmd) Run(a *app) error {
	code, err := a.secretArg(c.Code, "cli.ask.code")
	if err != nil {
		return err
	}
	var dial func(ctx context.Context, network, address string) (net.Conn, error)
	if a.root.Tor != "" {
		dial = client.Tor(a.root.Tor)
	}
	at, err := desk.RevokeMember(a.ctx, c.Address, code, dial)
	if err != nil {
		return err
	}
	return a.result(map[string]any{"until": at}, func(w io.Writer) error {
		return line(w, a.say("cli.member.removed", "At", a.instant(record.At(at))))
	})
}

// relayAddCmd makes the desk a member at a second relay.
type relayAddCmd struct {
	Address string `arg:""`
	Ticket  string `arg:"" optional:""`
	Yes     bool   `short:"y"`
}

// Run says what a second relay helps against and what not, and asks.
func (c *relayAddCmd) Run(a *app) error {
	ticket, err := a.secretArg(c.Ticket, "cli.ask.ticket")
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		a.note("cli.relay.intersection")
		if err := a.confirm(c.Yes, a.say("cli.ask.second")); err != nil {
			return err
		}
		if err := h.AddRelay(a.ctx, c.Address, ticket); err != nil {
			return err
		}
		s, err := h.Relay(a.ctx)
		if err != nil {
			return err
		}
		a.note("cli.relay.added")
		return a.result(s, func(w io.Writer) error { return a.printRelay(w, s) })
	})
}

// relayMembersCmd lists a running relay's members.
type relayMembersCmd struct {
	relayDir
	Cohort string `default:"main" placeholder:"NAME"`
}

// Run lists them: a slot, a random id, and from when to when.
func (c *relayMembersCmd) Run(a *app) error {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "cli.data", "", "there is no such folder")
	}
	list, err := relay.AskMembers(a.ctx, dir, c.Cohort)
	if err != nil {
		return err
	}
	return a.result(map[string]any{"members": list}, func(w io.Writer) error {
		for _, m := range list {
			from, until := "", ""
			if !m.From.IsZero() {
				from = a.instant(record.At(m.From))
			}
			if !m.Until.IsZero() {
				until = a.instant(record.At(m.Until))
			}
			if err := line(w, a.say("cli.relay.member", "ID", m.ID, "Slot", m.Slot, "From", from, "Until", until)); err != nil {
				return err
			}
		}
		return nil
	})
}

// relayRemoveCmd takes a member off.
type relayRemoveCmd struct {
	relayDir
	Cohort string `default:"main" placeholder:"NAME"`
	ID     string `arg:""`
}

// Run asks the running relay to do it at the next join epoch.
func (c *relayRemoveCmd) Run(a *app) error {
	dir, err := filepath.Abs(c.Data)
	if err != nil {
		return fault.Wrap(err, fault.NotFound, "cli.data", "", "there is no such folder")
	}
	at, err := relay.AskRemove(a.ctx, dir, c.Cohort, c.ID)
	if err != nil {
		return err
	}
	return a.result(map[string]any{"until": at}, func(w io.Writer) error {
		return line(w, a.say("cli.member.removed", "At", a.instant(record.At(at))))
	})
}

// behindTor makes the relay an onion service, if that is asked for. What it
// gives is closed when Tor has ended; nil without.
func (c *relayServeCmd) behindTor(ctx context.Context, cfg *relay.Config) (<-chan struct{}, error) {
	if c.Onion == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fault.New(fault.Refused, "cli.relay.onion", "listen on 127.0.0.1", "an onion service listens on a loopback address only")
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fault.Wrap(err, fault.Disk, "relay.dir", "", "cannot make the relay's data folder")
	}
	lc := net.ListenConfig{KeepAlive: -1}
	if cfg.Listener, err = lc.Listen(ctx, "tcp", c.Listen); err != nil {
		return nil, fault.Wrap(err, fault.Unreachable, "relay.listen", "is another program on this port?", "cannot listen on %s", c.Listen)
	}
	o, err := relay.StartOnion(ctx, c.Onion, cfg.Dir, cfg.Listener.Addr().String())
	if err != nil {
		cfg.Listener.Close()
		return nil, err
	}
	context.AfterFunc(ctx, func() { o.Close() })
	if cfg.Advertise == "" {
		cfg.Advertise = o.HostPort
	}
	// Everybody comes from this machine.
	cfg.Limits.HostPerSecond, cfg.Limits.HostBurst = 100, 500
	return o.Gone(), nil
}
