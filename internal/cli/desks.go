package cli

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// deskCmd holds what makes a desk and keeps it running.
type deskCmd struct {
	Init  deskInitCmd  `cmd:""`
	Serve deskServeCmd `cmd:""`
	Page  deskPageCmd  `cmd:""`

	MoveOut deskMoveOutCmd `cmd:"" name:"move-out"`
	MoveIn  deskMoveInCmd  `cmd:"" name:"move-in"`
	Backup  deskBackupCmd  `cmd:""`
	Restore deskRestoreCmd `cmd:""`
}

// deskInitCmd makes a desk.
type deskInitCmd struct {
	Keeper record.Name `arg:""`
	Title  string      `placeholder:"TEXT"`
	Rule   string      `enum:",consent,unless-marked" default:"" placeholder:"RULE"`
	Cheap  bool        `hidden:"" name:"weak-passphrase"` // for the demo and tests: opens at once, and so to a guesser too
}

// Run makes the vault, and enters its keeper and the caucus rule.
func (c *deskInitCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := c.Keeper.Check(); err != nil {
		return err
	}
	open, err := c.rule(a)
	if err != nil {
		return err
	}
	pass, err := a.passphrase(a.root.Passphrase, true)
	if err != nil {
		return err
	}
	defer clear(pass)
	params := vault.Strong()
	if c.Cheap {
		params = vault.Cheap()
	}
	if err := a.during("cli.creating", func() error { return desk.Create(dir, c.Keeper, pass, params) }); err != nil {
		return err
	}
	title := c.Title
	if title == "" {
		title = strings.ReplaceAll(string(c.Keeper), "-", " ")
	}
	d, err := desk.Open(a.ctx, dir, pass, desk.Options{Offline: true})
	if err != nil {
		return err
	}
	_, err = d.Write(a.ctx, desk.Commit,
		record.Entry{Body: record.Person{Name: c.Keeper, Title: title}},
		record.Entry{Body: record.Rule{PassUnlessMarked: open}})
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	return a.result(map[string]string{"desk": dir, "keeper": string(c.Keeper)}, func(w io.Writer) error {
		return line(w, a.say("cli.init.done", "Dir", dir, "Keeper", title))
	})
}

// rule asks for the caucus rule: at set-up the desk asks, and the cautious
// answer is the default.
func (c *deskInitCmd) rule(a *app) (unlessMarked bool, err error) {
	if c.Rule != "" || !a.deps.Console.Present() || a.root.Passphrase != "" {
		return c.Rule == "unless-marked", nil
	}
	for {
		answer, err := a.deps.Console.Ask(a.ctx, a.say("cli.ask.rule"))
		switch answer = record.Digits(strings.TrimSpace(answer)); {
		case err != nil || answer == "" || answer == "1" || answer == "2":
			return answer == "2", err
		}
	}
}

// deskServeCmd keeps a desk at its relay and serves its page.
type deskServeCmd struct {
	Listen    string `default:"127.0.0.1:0" placeholder:"HOST:PORT"`
	NoPage    bool
	CaseClock bool
	Offline   bool
	LockAfter time.Duration `default:"30m" placeholder:"DURATION"`

	CoverAfter time.Duration `default:"5m" placeholder:"DURATION"`
	tether
}

// serving is what `desk serve --json` prints when it is ready.
type serving struct {
	Keeper record.Name `json:"keeper"`
	Desk   string      `json:"desk"`
	Page   string      `json:"page,omitempty"` // a login link, which works once
}

// Run serves the desk until it is interrupted.
func (c *deskServeCmd) Run(a *app) error {
	a.clobber()
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	logs := slog.New(slog.NewTextHandler(a.deps.Err, &slog.HandlerOptions{Level: slog.LevelInfo}))
	opt := desk.Options{CaseClock: c.CaseClock, Offline: c.Offline, Log: logs, Tor: a.root.Tor}
	switch name, _ := part(); {
	case a.deps.again == nil || c.Offline: // one process does it all
	case name == partDesk || name == partAgain:
		return c.serveApart(a, dir, opt)
	default:
		return c.lines(a, dir, logs)
	}
	d, err := a.openVault(a.ctx, dir, opt)
	if err != nil {
		return err
	}
	ctx, cancel := c.tied(a)
	defer cancel()
	for {
		err := c.serve(ctx, a, d, dir, logs)
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, d.Close())
		}
		if d, err = c.lockedUntil(ctx, a, d, dir); d == nil || err != nil {
			return err
		}
	}
}

func (c *deskServeCmd) serve(ctx context.Context, a *app, d *desk.Desk, dir string, logs *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 3)
	running := 1
	used := []func() time.Time{d.Used}
	go func() { ended <- d.ServeControl(ctx, dir) }()
	s := serving{Keeper: d.Keeper(), Desk: dir}
	if !c.NoPage {
		ln, err := net.Listen("tcp", c.Listen)
		if err == nil {
			c.Listen = ln.Addr().String() // the same when it was locked and unlocked
			d.Note(c.Listen)
		}
		if err != nil {
			return fault.Wrap(err, fault.Unreachable, "cli.listen", "choose another port with --listen, or 0 for any", "cannot listen on %s", c.Listen)
		}
		page, err := a.deps.Page(d, c.CaseClock, logs)
		if err != nil {
			return errors.Join(err, ln.Close())
		}
		page.Cover(c.CoverAfter)
		link := func() string { return "http://" + ln.Addr().String() + page.Link() }
		s.Page, used = link(), append(used, page.Used)
		running += 2
		go func() { ended <- page.Serve(ctx, ln) }()
		go func() { ended <- serveLinks(ctx, dir, link) }()
	}
	err := a.result(s, func(w io.Writer) error {
		if s.Page == "" {
			return line(w, a.say("cli.serving.no-page", "Keeper", string(s.Keeper)))
		}
		return line(w, a.say("cli.serving", "Keeper", string(s.Keeper), "Page", s.Page))
	})
	if err == nil {
		select {
		case <-ctx.Done():
		case <-d.LockAsked():
		case <-c.idle(ctx, used):
		case err = <-ended:
			running--
		}
	}
	cancel()
	for ; running > 0; running-- {
		err = errors.Join(err, <-ended)
	}
	return err
}

// verifyCmd checks the whole vault.
type verifyCmd struct{}

// Run checks it.
func (c *verifyCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	if r, err := desk.Connect(a.ctx, dir); err == nil {
		r.Close()
		return fault.New(fault.InUse, "cli.verify-served", "stop `backchannel desk serve` first", "this desk is being served, and its vault is in use")
	}
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return err
	}
	defer clear(pass)
	b := a.bar("cli.verifying")
	rep, err := desk.Verify(dir, pass, func(done, total uint64) { b.step(int(done), int(total)) })
	b.end()
	if err != nil {
		return err
	}
	return a.result(rep, func(w io.Writer) error {
		if err := line(w, a.say("cli.verified", "Entries", rep.Entries, "Keeper", string(rep.Keeper))); err != nil {
			return err
		}
		for _, p := range rep.People {
			if err := line(w, a.say("cli.verified.traffic", "Peer", string(p.With), "Sent", p.Sent, "Came", p.Came)); err != nil {
				return err
			}
		}
		for _, n := range rep.Notices {
			if err := line(w, n); err != nil {
				return err
			}
		}
		return nil
	})
}
