package observe

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/vault"
)

// halfVar tells a process that it is the desk process of a part: it holds the
// order that the part began with.
const halfVar = "BACKCHANNEL_OBSERVED"

// The files that a desk process inherits, behind the standard ones.
const (
	halfConn = 3
	halfLock = 4
)

var passphrase = []byte("observed")

func (o order) vault() string { return filepath.Join(o.Dir, string(o.Keeper)) }

// create makes the vault of the desk that is to be started.
func (o order) create() error { return desk.Create(o.vault(), o.Keeper, passphrase, vault.Cheap()) }

// serveLine makes this process a line process, and starts its desk process, which
// obeys from then on. It returns when both have ended.
func serveLine(ctx context.Context, o order) error {
	if runtime.GOOS == "windows" { // a desk and its lines are one process there
		return errors.ErrUnsupported
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := o.create(); err != nil {
		return err
	}
	lock, err := vault.Hold(o.vault())
	if err != nil {
		return err
	}
	first, err := json.Marshal(o)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fault.Wrap(err, fault.Internal, "observe.exe", "", "cannot find this program on the disk")
	}
	start := func(again bool, _ string) (net.Conn, func() int, error) {
		if again { // the desk process crashed: the observation ends
			cancel()
			return nil, nil, fault.New(fault.Internal, "observe.gone", "", "an observed desk has ended")
		}
		cmd := exec.Command(exe, os.Args[1:]...)
		cmd.Env = append(os.Environ(), halfVar+"="+string(first))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		conn, err := desk.WayTo(func(theirs *os.File) error {
			cmd.ExtraFiles = []*os.File{theirs, lock}
			return desk.Behind(cmd.Start)
		})
		return conn, func() int { cmd.Wait(); return cmd.ProcessState.ExitCode() }, err
	}
	_, err = desk.ServeLine(ctx, desk.LineProcess{Dir: o.vault(), Lock: lock, Start: start})
	return err
}

// inherit takes what a desk process has from its line process: the way to it, and
// the first order. There is none in another process.
func (p *part) inherit() (o order, err error) {
	text := os.Getenv(halfVar)
	if text == "" {
		return o, nil
	}
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&o); err != nil {
		return o, fault.Wrap(err, fault.Internal, "observe.order", "", "no such order")
	}
	if o.Aside != 0 {
		if err := only(o.Aside); err != nil {
			return o, err
		}
	}
	f := os.NewFile(halfConn, "line")
	defer f.Close()
	conn, err := net.FileConn(f)
	if err != nil {
		return o, fault.Wrap(err, fault.Internal, "observe.half", "", "this process was not started by a line process")
	}
	p.way = &desk.LineWay{Conn: conn, Lock: os.NewFile(halfLock, "lock")}
	return o, nil
}
