package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// closing is a desk in this process or another's.
type closing interface {
	desk.Handle
	Close() error
}

// dir gives the folder of the desk that the command is about.
func (a *app) dir() (string, error) {
	if a.root.Desk != "" {
		return filepath.Abs(a.root.Desk)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fault.Wrap(err, fault.NotFound, "cli.home", "name the desk's folder with --desk", "there is no home folder to look for a desk in")
	}
	return filepath.Join(home, ".backchannel"), nil
}

// with runs f with the desk: the one that is being served there, or else the
// vault itself, opened for the while and without going to the relay.
func (a *app) with(f func(h desk.Handle) error) error {
	h, err := a.open()
	if err != nil {
		return err
	}
	return errors.Join(f(h), h.Close())
}

func (a *app) open() (closing, error) {
	if a.deps.open != nil {
		return a.deps.open()
	}
	dir, err := a.dir()
	if err != nil {
		return nil, err
	}
	if err := a.deskIn(dir); err != nil {
		return nil, err
	}
	served, err := desk.Connect(a.ctx, dir)
	if err == nil {
		return served, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	d, err := a.openVault(a.ctx, dir, desk.Options{Offline: true, Tor: a.root.Tor})
	if fault.Is(err, fault.InUse) {
		// Its owner may just have begun to serve it.
		served, again := desk.Connect(a.ctx, dir)
		if again == nil {
			return served, nil
		}
		if !fault.Is(again, fault.NotFound) {
			return nil, again // it is locked, perhaps
		}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// deskIn looks for a desk before the passphrase is asked for.
func (a *app) deskIn(dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "cli.no-desk", "make one with `backchannel desk init`, or name its folder with --desk", "there is no desk in %s", dir)
	}
	return nil
}

// openVault asks for the passphrase and opens the vault in this process.
func (a *app) openVault(ctx context.Context, dir string, opt desk.Options) (*desk.Desk, error) {
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return nil, err
	}
	defer clear(pass)
	var d *desk.Desk
	err = a.during("cli.opening", func() (err error) {
		for end := a.deps.Now().Add(inUse); ; {
			d, err = desk.Open(ctx, dir, pass, opt)
			if !fault.Is(err, fault.InUse) || !a.deps.Now().Before(end) {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(inUse / 20):
			}
		}
	})
	return d, err
}

// inUse is how long a vault that another command holds is waited for: commands
// hold it for moments, a desk that is being served for long.
const inUse = 2 * time.Second

// sight is what the keeper of a desk looks at: his record as of two clocks.
type sight struct {
	record *record.Record
	seen   *record.Projection
	now    record.Instant
}

// look gives what the keeper sees as of the two clocks.
func (a *app) look(h desk.Handle, c clocks) (sight, error) {
	var s sight
	var asOf record.AsOf
	var err error
	if asOf.Stood, err = moment(c.AsItStood, a.deps.Zone); err != nil {
		return s, err
	}
	if asOf.Knew, err = moment(c.AsWeKnew, a.deps.Zone); err != nil {
		return s, err
	}
	if s.record, err = h.Record(a.ctx); err != nil {
		return s, err
	}
	if s.now, err = h.Clock(a.ctx); err != nil {
		return s, err
	}
	s.seen = s.record.For(h.Keeper(), asOf)
	return s, nil
}
