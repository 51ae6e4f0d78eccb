package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
)

// clobber has the collector write over the memory that it frees, so that what a
// desk held is gone when it is locked. The runtime looks for that when a process
// begins, and so it begins anew.
func (a *app) clobber() {
	const name, set = "GODEBUG", "clobberfree=1"
	was := os.Getenv(name)
	if a.deps.again == nil || strings.Contains(was, "clobberfree=") {
		return
	}
	if err := a.deps.again(name + "=" + strings.TrimPrefix(was+","+set, ",")); err != nil {
		a.note("cli.no-clobber", "Error", err.Error())
	}
}

// idle gives a channel that is closed when nobody has used the desk for as long
// as it waits before it locks.
func (c *deskServeCmd) idle(ctx context.Context, used []func() time.Time) <-chan struct{} {
	out := make(chan struct{})
	if c.LockAfter <= 0 {
		return out
	}
	go func() {
		begun := time.Now()
		for {
			last := begun
			for _, f := range used {
				if t := f(); t.After(last) {
					last = t
				}
			}
			left := c.LockAfter - time.Since(last)
			if left <= 0 {
				close(out)
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(left):
			}
		}
	}()
	return out
}

// lockedUntil locks a desk, whose faces are gone by now, and gives it again when
// somebody has unlocked it; nil when ctx ends before. Its lines go on.
func (c *deskServeCmd) lockedUntil(ctx context.Context, a *app, d *desk.Desk, dir string) (*desk.Desk, error) {
	l, err := d.Lock()
	if l == nil {
		return nil, errors.Join(err, d.Close())
	}
	if err != nil {
		a.fail(err) // it is locked all the same
	}
	d, err = l.ServeControl(ctx, dir, func() { a.note("cli.locked") })
	switch {
	case d == nil:
		return nil, errors.Join(err, l.Close())
	case err != nil || ctx.Err() != nil:
		return nil, errors.Join(err, d.Close())
	}
	a.note("cli.unlocked")
	return d, nil
}

// lockCmd locks a desk that is being served.
type lockCmd struct{}

// Run locks it, and returns when it is locked.
func (c *lockCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	r, err := desk.Connect(a.ctx, dir)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "cli.lock-not-served", "nothing is to be locked: its vault opens with the passphrase alone", "this desk is not being served")
	}
	if err != nil {
		return err
	}
	if err := errors.Join(r.AskLock(a.ctx), r.Close()); err != nil {
		return err
	}
	err = a.during("cli.locking", func() error {
		for !desk.IsLocked(a.ctx, dir) {
			select {
			case <-a.ctx.Done():
				return a.ctx.Err()
			case <-time.After(lockLook):
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.result(map[string]bool{"locked": true}, func(w io.Writer) error { return line(w, a.say("cli.lock.done")) })
}

// lockLook is how often it is looked whether the desk is locked by now.
const lockLook = 50 * time.Millisecond

// unlockCmd unlocks it.
type unlockCmd struct{}

// Run asks for the passphrase and unlocks the desk.
func (c *unlockCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	if r, err := desk.Connect(a.ctx, dir); err == nil {
		r.Close()
		return fault.New(fault.Exists, "desk.not-locked", "go on", "this desk is not locked")
	} else if !desk.IsLocked(a.ctx, dir) {
		return err
	}
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return err
	}
	defer clear(pass)
	if err := a.during("cli.opening", func() error { return desk.Unlock(a.ctx, dir, pass) }); err != nil {
		return err
	}
	return a.result(map[string]bool{"locked": false}, func(w io.Writer) error { return line(w, a.say("cli.unlock.done")) })
}
