package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"backchannel/internal/casefile"
	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// loomStage plays a case at desks with vaults, in no more time than it takes to
// write them.
type loomStage struct{ *desk.Loom }

// Desk implements casefile.Stage.
func (s loomStage) Desk(keeper record.Name) (desk.Handle, error) {
	d, err := s.Loom.Desk(keeper)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// Disturb implements casefile.Stage.
func (s loomStage) Disturb(context.Context, casefile.Disturbance) (bool, error) { return false, nil }

// madeVaults is what `case play --vault` gives.
type madeVaults struct {
	Made map[record.Name]string `json:"made"` // folders, by keeper
}

// makeVaults plays a case at desks that stay: vaults of a talk that nobody had,
// and that cannot be told from those of one that somebody did.
func (c *casePlayCmd) makeVaults(a *app, k *casefile.Case) (err error) {
	out := madeVaults{Made: map[record.Name]string{}}
	for _, n := range k.AllDesks() {
		out.Made[n] = filepath.Join(c.Vault, string(n))
	}
	pass, err := a.passphrase(a.root.Passphrase, true)
	if err != nil {
		return err
	}
	defer clear(pass)
	o := desk.LoomOrder{Dirs: out.Made, Passphrase: pass, Params: vault.Strong(), Relay: c.Relay, From: k.Chain()[0].Start, To: k.End()}
	if c.Cheap {
		o.Params = vault.Cheap()
	}
	l, err := desk.NewLoom(a.ctx, o)
	if err != nil {
		return err
	}
	err = errors.Join(c.weave(a, k, l), l.Close())
	if err != nil {
		return err
	}
	return a.result(out, func(w io.Writer) error {
		for _, n := range k.AllDesks() {
			if err := line(w, a.say("cli.case.made", "Keeper", string(n), "Dir", out.Made[n])); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *casePlayCmd) weave(a *app, k *casefile.Case, l *desk.Loom) error {
	var pairs [][2]record.Name
	for _, x := range k.AllLines() {
		pairs = append(pairs, [2]record.Name{x.A, x.B})
	}
	if err := l.OpenLines(a.ctx, pairs); err != nil {
		return err
	}
	return a.playOn(loomStage{l}, k)
}
