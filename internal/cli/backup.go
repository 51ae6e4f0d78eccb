package cli

import (
	"io"
	"path/filepath"

	"backchannel/internal/desk"
)

// deskBackupCmd writes a backup, or shows those that the desk remembers.
type deskBackupCmd struct {
	File string `arg:"" optional:""`
}

// Run writes it, or shows them.
func (c *deskBackupCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		if c.File == "" {
			return c.list(a, h)
		}
		b, err := h.Backup(a.ctx, c.File)
		if err != nil {
			return err
		}
		return a.result(b, func(w io.Writer) error { return a.print(w, a.say("cli.backup.done", "File", b.File)) })
	})
}

func (c *deskBackupCmd) list(a *app, h desk.Handle) error {
	all, err := h.Backups(a.ctx)
	if err != nil {
		return err
	}
	if all == nil {
		all = []desk.Backup{}
	}
	return a.result(all, func(w io.Writer) error {
		if len(all) == 0 {
			return a.print(w, a.say("cli.backup.none"))
		}
		for _, b := range all {
			id := "cli.backup.one"
			if b.Left != 0 {
				id = "backup.left"
			}
			if err := a.print(w, a.say(id, "File", b.File, "When", a.book.Instant(b.Made))); err != nil {
				return err
			}
		}
		return nil
	})
}

// deskRestoreCmd puts a backup into a new folder.
type deskRestoreCmd struct {
	File string `arg:""`
	Yes  bool   `short:"y"`
}

// Run says what coming back from a backup means, asks, and does it.
func (c *deskRestoreCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.confirm(c.Yes, a.say("cli.ask.restore")); err != nil {
		return err
	}
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return err
	}
	defer clear(pass)
	if err := a.during("cli.restoring", func() error { return desk.MoveIn(c.File, filepath.Clean(dir), pass) }); err != nil {
		return err
	}
	a.note("cli.restored", "Dir", dir)
	return nil
}
