package cli

import (
	"path/filepath"

	"backchannel/internal/desk"
)

// deskMoveOutCmd retires a desk here, for it to go on elsewhere.
type deskMoveOutCmd struct {
	File string `arg:""`
	Yes  bool   `short:"y"`
}

// Run asks, marks the desk as moved, and writes it to the file.
func (c *deskMoveOutCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	if err := a.deskIn(dir); err != nil {
		return err
	}
	if err := a.confirm(c.Yes, a.say("cli.ask.move-out")); err != nil {
		return err
	}
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return err
	}
	defer clear(pass)
	if err := a.during("cli.moving-out", func() error { return desk.MoveOut(dir, pass, c.File) }); err != nil {
		return err
	}
	a.note("cli.moved-out", "Dir", dir, "File", c.File)
	return nil
}

// deskMoveInCmd lets a desk go on here that was moved out elsewhere.
type deskMoveInCmd struct {
	File string `arg:""`
}

// Run puts it into the folder.
func (c *deskMoveInCmd) Run(a *app) error {
	dir, err := a.dir()
	if err != nil {
		return err
	}
	pass, err := a.passphrase(a.root.Passphrase, false)
	if err != nil {
		return err
	}
	defer clear(pass)
	if err := a.during("cli.moving-in", func() error { return desk.MoveIn(c.File, filepath.Clean(dir), pass) }); err != nil {
		return err
	}
	a.note("cli.moved-in", "Dir", dir, "File", c.File)
	return nil
}
