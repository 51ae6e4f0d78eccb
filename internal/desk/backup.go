package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// Backup is a file with a copy of the desk, as the desk remembers it: one that
// it made, or the one that it came from.
type Backup struct {
	File string         `cbor:"1,keyasint" json:"file"`
	Made record.Instant `cbor:"2,keyasint" json:"made"`
	Sum  string         `cbor:"3,keyasint,omitempty" json:"-"`              // of what is in it, by which it is known again
	Left record.Instant `cbor:"4,keyasint,omitempty" json:"left,omitempty"` // it holds what was destroyed then
	Next string         `cbor:"5,keyasint,omitempty" json:"-"`              // the sum of what is taking its place
}

// A backup holds the vault whole, with the keys of that moment, so nothing that
// is destroyed in the vault is destroyed in it. What the desk can do is to
// remember its backups, and to make those anew that hold something destroyed,
// where it finds them again as it left them. What it does not find it names.

const (
	metaBackups = "backups"
	maxBackups  = 64 // remembered; the oldest that hold nothing destroyed are forgotten first
)

// Backup implements Handle. The file must not be there yet.
func (d *Desk) Backup(_ context.Context, file string) (Backup, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return Backup{}, errClosed()
	}
	file, err := filepath.Abs(file)
	if err != nil {
		return Backup{}, moveFault(err, "cannot find the place of the file")
	}
	if _, err := os.Lstat(file); err == nil {
		return Backup{}, fault.New(fault.Exists, "desk.move-file", "name a file that is not there yet", "the file is there already")
	}
	all, err := d.backups()
	if err != nil {
		return Backup{}, err
	}
	all = slices.DeleteFunc(all, func(b Backup) bool { return b.File == file }) // it is gone
	b := Backup{File: file, Made: record.At(time.Now())}
	// It is remembered before there is a byte of it, and its sum afterwards.
	if err := d.keepBackups(append(all, b)); err != nil {
		return Backup{}, err
	}
	if b.Sum, err = d.copyTo(file); err != nil {
		return Backup{}, errors.Join(err, d.keepBackups(all))
	}
	return b, d.keepBackups(append(all, b))
}

// Backups implements Handle. Those that hold something destroyed and are found
// again are made anew first.
func (d *Desk) Backups(context.Context) ([]Backup, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed()
	}
	return d.renewBackups()
}

// copyTo writes a copy of the vault to a file, whole or not at all.
func (d *Desk) copyTo(file string) (sum string, err error) {
	part := file + ".part"
	os.Remove(part) // of an earlier attempt
	out, err := newArchive(part)
	if err != nil {
		return "", err
	}
	err = d.vault.Copy(func(name string, size int64, r io.Reader) error {
		return moveFaultIf(out.add(name, size, r), "cannot write the file")
	})
	if err == nil {
		sum, err = out.end()
	}
	if err = errors.Join(err, out.f.Close()); err == nil {
		err = moveFaultIf(os.Rename(part, file), "cannot write the file")
	}
	if err != nil {
		os.Remove(part)
	}
	return sum, err
}

func moveFaultIf(err error, what string) error {
	if err == nil {
		return nil
	}
	return moveFault(err, what)
}

// renewBackups makes those backups anew that hold what was destroyed, where
// they are found as this desk left them, and gives all that it remembers. The
// caller holds mu.
func (d *Desk) renewBackups() ([]Backup, error) {
	return d.renewBackupsWith(func(string) error { return nil })
}

func (d *Desk) renewBackupsWith(step func(string) error) ([]Backup, error) {
	all, err := d.backups()
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Left == 0 || all[i].Sum == "" {
			continue
		}
		if err := d.renewBackup(all, &all[i], step); err != nil {
			d.opt.Log.Error("a backup was not made anew", "kind", string(fault.KindOf(err)))
		}
	}
	return all, nil
}

// renewBackup puts the vault as it is now in the place of a backup, b of all.
// The new one is whole and known before the old one is moved aside, and the old
// one is written over where it stands. After a crash it goes on where it was.
func (d *Desk) renewBackup(all []Backup, b *Backup, step func(string) error) error {
	next, old := b.File+".next", b.File+".old"
	if b.Next == "" {
		if !hasSum(b.File, b.Sum) {
			return nil // it is not there: whoever has it is told
		}
		os.Remove(next) // of an earlier attempt
		sum, err := d.copyTo(next)
		if err != nil {
			return err
		}
		b.Next = sum
		if err := errors.Join(d.keepBackups(all), step("copied")); err != nil {
			return err
		}
	}
	if hasSum(b.File, b.Sum) {
		if err := errors.Join(moveFaultIf(os.Rename(b.File, old), "cannot move the old backup aside"), step("aside")); err != nil {
			return err
		}
	}
	if !hasSum(b.File, b.Next) {
		if !hasSum(next, b.Next) {
			return nil
		}
		if err := errors.Join(moveFaultIf(os.Rename(next, b.File), "cannot write the file"), step("placed")); err != nil {
			return err
		}
	}
	if _, err := os.Lstat(old); err == nil {
		if err := errors.Join(overwrite(old), step("overwritten")); err != nil {
			return err
		}
		if err := os.Remove(old); err != nil {
			return moveFault(err, "cannot remove the old backup")
		}
	}
	*b = Backup{File: b.File, Made: record.At(time.Now()), Sum: b.Next}
	return d.keepBackups(all)
}

func hasSum(file, want string) bool {
	sum, err := sumOf(file)
	return err == nil && sum == want
}

// overwrite writes noise over a file, in place.
func overwrite(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return moveFault(err, "cannot write over the old backup")
	}
	defer f.Close()
	fi, err := f.Stat()
	if err == nil {
		_, err = io.CopyN(f, rand.Reader, fi.Size())
	}
	return moveFaultIf(errors.Join(err, f.Sync()), "cannot write over the old backup")
}

func (d *Desk) backups() ([]Backup, error) { return readBackups(d.vault.Meta) }

func readBackups(meta func(string) ([]byte, error)) (out []Backup, err error) {
	b, err := meta(metaBackups)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err == nil {
		err = wire.DecodeOwn(b, &out)
	}
	return out, err
}

func (d *Desk) keepBackups(all []Backup) error {
	return d.vault.Update(func(tx *vault.Tx) error { return putBackups(tx, all) })
}

func putBackups(tx *vault.Tx, all []Backup) error {
	for len(all) > maxBackups {
		i := max(slices.IndexFunc(all, func(b Backup) bool { return b.Left == 0 }), 0)
		all = slices.Delete(slices.Clone(all), i, i+1)
	}
	b, err := wire.Encode(all)
	if err != nil {
		return err
	}
	return tx.SetMeta(metaBackups, b)
}

// rememberArrival notes the file that a desk came from: it holds the desk of
// that moment still.
func rememberArrival(tx *vault.Tx, file, sum string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return moveFault(err, "cannot find the place of the file")
	}
	all, err := readBackups(tx.Meta)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(b Backup) bool { return b.File == file })
	return putBackups(tx, append(all, Backup{File: file, Made: record.At(time.Now()), Sum: sum}))
}

// holders gives the backups that hold something known since a moment.
func (d *Desk) holders(since record.Instant) ([]Backup, error) {
	all, err := d.backups()
	return slices.DeleteFunc(all, func(b Backup) bool { return b.Made < since }), err
}

// staleBackups notes, with the destruction, which backups hold some of it.
func staleBackups(tx *vault.Tx, held []Backup, now record.Instant) error {
	if len(held) == 0 {
		return nil
	}
	all, err := readBackups(tx.Meta)
	if err != nil {
		return err
	}
	for i := range all {
		if slices.ContainsFunc(held, func(b Backup) bool { return b.File == all[i].File }) {
			all[i].Left, all[i].Next = max(all[i].Left, now), ""
		}
	}
	return putBackups(tx, all)
}
