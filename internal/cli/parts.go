package cli

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/vault"
)

// A desk that is served is two processes of this program: the line process, which
// the keeper starts, and the desk process, which it starts. The latter has the
// passphrase, the vault and the page. See docs/decisions/0109.

// partVar tells a process which part it is, and what the one before it noted.
const partVar = "BACKCHANNEL_PART"

const (
	partDesk  = "desk"       // opens the desk
	partAgain = "desk-again" // waits until somebody unlocks it
	partLine  = "line"       // in the place of one that ended
)

// The files that a part inherits, behind the standard ones.
const (
	partConn = 3
	partLock = 4
)

// exitCode ends the program with a code that another part gave. What there was to
// say, that part has said.
type exitCode int

func (c exitCode) Error() string { return "exit " + strconv.Itoa(int(c)) }

// part tells which part this process is, and what was noted; nothing in a process
// that the keeper started.
func part() (name, note string) {
	name, note, _ = strings.Cut(os.Getenv(partVar), " ")
	return name, note
}

// startPart starts another part of this program with the vault's lock, and gives
// the way to it.
func startPart(name, note string, lock *os.File) (net.Conn, *exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "cli.part", "", "the program cannot start its other part")
	}
	cmd := exec.Command(exe)
	cmd.Args = os.Args
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, partVar+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, strings.TrimSpace(partVar+"="+name+" "+note))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	conn, err := desk.WayTo(func(theirs *os.File) error {
		cmd.ExtraFiles = []*os.File{theirs, lock}
		if name == partLine {
			return cmd.Start()
		}
		return desk.Behind(cmd.Start)
	})
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "cli.part", "", "the program cannot start its other part")
	}
	return conn, cmd, nil
}

// inherited gives the end of the way between the parts, and the lock.
func inherited() (net.Conn, *os.File, error) {
	f := os.NewFile(partConn, "part")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "cli.part", "", "this part of the program was not started by another")
	}
	syscall.CloseOnExec(partLock)
	return conn, os.NewFile(partLock, "lock"), nil
}

// lines is the line process. It never sees the passphrase.
func (c *deskServeCmd) lines(a *app, dir string, logs *slog.Logger) error {
	var conn net.Conn
	var lock *os.File
	var err error
	if name, _ := part(); name == partLine {
		conn, lock, err = inherited()
	} else {
		lock, err = a.hold(dir)
	}
	if err != nil {
		return err
	}
	start := func(again bool, note string) (net.Conn, func() int, error) {
		name := partDesk
		if again {
			name = partAgain
		}
		conn, cmd, err := startPart(name, note, lock)
		if err != nil {
			return nil, nil, err
		}
		stop := context.AfterFunc(a.ctx, func() { cmd.Process.Signal(syscall.SIGTERM) })
		return conn, func() int {
			defer stop()
			cmd.Wait() // what matters of it is the code
			return cmd.ProcessState.ExitCode()
		}, nil
	}
	code, err := desk.ServeLine(a.ctx, desk.LineProcess{Dir: dir, Lock: lock, Desk: conn, Start: start, Log: logs})
	if err == nil && code != 0 {
		return exitCode(code)
	}
	return err
}

// hold takes the lock of a vault that another command may have for a moment.
func (a *app) hold(dir string) (*os.File, error) {
	for end := a.deps.Now().Add(inUse); ; {
		f, err := vault.Hold(dir)
		if !fault.Is(err, fault.InUse) || !a.deps.Now().Before(end) {
			return f, err
		}
		select {
		case <-a.ctx.Done():
			return nil, a.ctx.Err()
		case <-time.After(inUse / 20):
		}
	}
}

// apart opens the desk in a desk process, and gives it when it is open, and what
// it is tied to; nil if the program was ended before.
func (c *deskServeCmd) apart(a *app, dir string, opt desk.Options) (d *desk.Desk, ctx context.Context, cancel context.CancelFunc, err error) {
	ctx, cancel = a.ctx, func() {}
	conn, lock, err := inherited()
	if err != nil {
		return nil, ctx, cancel, err
	}
	// The line process passes on what it is told to end by, and the terminal may
	// have told both: the second time must not end this one in the middle.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	opt.Line = &desk.LineWay{Conn: conn, Lock: lock, Start: func() (net.Conn, error) {
		conn, cmd, err := startPart(partLine, "", lock)
		if err == nil {
			go cmd.Wait() // it ends behind this one, as a rule
		}
		return conn, err
	}}
	name, note := part()
	if name == partDesk {
		if d, err = a.openVault(ctx, dir, opt); err != nil {
			opt.Line.Bye()
			return nil, ctx, cancel, err
		}
		// Not before: the passphrase may come over what it is tied to.
		ctx, cancel = c.tied(a)
		return d, ctx, cancel, nil
	}
	ctx, cancel = c.tied(a)
	if note != "" {
		c.Listen = note // as it was
	}
	d, err = desk.Await(ctx, dir, func() { a.note("cli.locked") }, opt)
	switch {
	case d == nil && (err == nil || ctx.Err() != nil):
		opt.Line.Bye()
		return nil, ctx, cancel, nil
	case d != nil && (err != nil || ctx.Err() != nil):
		return nil, ctx, cancel, errors.Join(err, d.Close())
	case err == nil:
		a.note("cli.unlocked")
	}
	return d, ctx, cancel, err
}

// serveApart is the desk process.
func (c *deskServeCmd) serveApart(a *app, dir string, opt desk.Options) error {
	d, ctx, cancel, err := c.apart(a, dir, opt)
	defer cancel()
	if d == nil {
		return err
	}
	if err := c.serve(ctx, a, d, dir, opt.Log); err != nil || ctx.Err() != nil {
		return errors.Join(err, d.Close())
	}
	if err := d.Leave(); err != nil {
		a.fail(err) // it is locked all the same
	}
	return nil // the desk process that follows says so
}
