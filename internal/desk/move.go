package desk

import (
	"archive/tar"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// A desk moves whole: decision 0090. The old folder is marked as moved before
// the first byte of it is copied, and never opens as a desk again; the copy
// carries the mark too, and loses it where it arrives. So at no moment, killed
// or not, are there two folders that open, and no key is used twice.

const (
	metaMoved   = "moved"
	arrivingSum = "arriving" // in a folder that is not a desk yet: the sum of its archive
	endEntry    = "end"      // the last entry of an archive: the sum of all before
	maxMoveFile = 1 << 40
)

// movedMark says that a desk is on another machine, or on its way there.
type movedMark struct {
	At record.Instant `cbor:"1,keyasint"`
	ID [16]byte       `cbor:"2,keyasint"`
}

// stays refuses to open a desk that has moved. Arriving says that this folder
// is where it is to go on.
func stays(v *vault.Vault, dir string) error {
	b, err := v.Meta(metaMoved)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	var m movedMark
	if err == nil {
		err = wire.DecodeOwn(b, &m)
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, arrivingSum)); err == nil {
		return fault.New(fault.Refused, "desk.arriving", "finish with `backchannel desk move-in`", "this desk is still on its way here")
	}
	return fault.New(fault.Refused, "desk.moved", "use it there; two copies of one desk must never run", "this desk was moved to another machine on %s", m.At)
}

// MoveOut retires the desk in dir and writes it, still encrypted, to a new
// file. Done again after an interruption it writes the same desk.
func MoveOut(dir string, pass []byte, file string) error {
	return moveOut(dir, pass, file, func(string) error { return nil })
}

func moveOut(dir string, pass []byte, file string, step func(string) error) error {
	if _, err := os.Lstat(file); err == nil {
		return fault.New(fault.Exists, "desk.move-file", "name a file that is not there yet", "the file is there already")
	}
	v, err := vault.Open(dir, pass)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, arrivingSum)); err == nil {
		if _, err := v.Meta(metaMoved); err == nil {
			return errors.Join(fault.New(fault.Refused, "desk.arriving", "finish with `backchannel desk move-in`", "this desk is still on its way here"), v.Close())
		}
	}
	if _, err = v.Meta(metaMoved); fault.Is(err, fault.NotFound) {
		m := movedMark{At: record.At(time.Now())}
		rand.Read(m.ID[:])
		var b []byte
		if b, err = wire.Encode(m); err == nil {
			err = v.Update(func(tx *vault.Tx) error { return tx.SetMeta(metaMoved, b) })
		}
	}
	if err := errors.Join(err, v.Close()); err != nil {
		return err
	}
	if err := step("marked"); err != nil {
		return err
	}
	part := file + ".part"
	os.Remove(part) // of an earlier attempt
	if err := pack(dir, part, step); err != nil {
		return err
	}
	if err := os.Rename(part, file); err != nil {
		return moveFault(err, "cannot write the file")
	}
	return nil
}

func moveFault(err error, what string) error {
	return fault.Wrap(err, fault.Disk, "desk.move-disk", "make room or choose another place, and do it again; nothing is lost", "%s", what)
}

// pack writes the vault's files as an archive.
func pack(dir, file string, step func(string) error) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return moveFault(err, "cannot read the vault's folder")
	}
	out, err := newArchive(file)
	if err != nil {
		return err
	}
	defer out.f.Close()
	for _, f := range list {
		if !f.Type().IsRegular() || f.Name() == "lock" || f.Name() == arrivingSum {
			continue
		}
		b, err := os.Open(filepath.Join(dir, f.Name()))
		if err != nil {
			return moveFault(err, "cannot read the vault")
		}
		info, err := b.Stat()
		if err == nil {
			err = out.add(f.Name(), info.Size(), b)
		}
		if err := errors.Join(err, b.Close()); err != nil {
			return moveFault(err, "cannot copy the vault")
		}
		if err := step("packed " + f.Name()); err != nil {
			return err
		}
	}
	if _, err := out.end(); err != nil {
		return err
	}
	return step("packed")
}

// archive is a file with the files of a vault, under way.
type archive struct {
	f   *os.File
	w   *tar.Writer
	sum hash.Hash
}

func newArchive(file string) (*archive, error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, moveFault(err, "cannot write the file")
	}
	return &archive{f, tar.NewWriter(f), sha256.New()}, nil
}

func (a *archive) add(name string, size int64, r io.Reader) error {
	if err := a.w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	io.WriteString(a.sum, name+"\x00")
	_, err := io.Copy(io.MultiWriter(a.w, a.sum), r)
	return err
}

// end writes the sum of it all, which it gives, and syncs.
func (a *archive) end() (string, error) {
	end := []byte(hex.EncodeToString(a.sum.Sum(nil)))
	err := a.w.WriteHeader(&tar.Header{Name: endEntry, Mode: 0o600, Size: int64(len(end))})
	if err == nil {
		_, err = a.w.Write(end)
	}
	if err := errors.Join(err, a.w.Close(), a.f.Sync()); err != nil {
		return "", moveFault(err, "cannot write the file")
	}
	return string(end), nil
}

// MoveIn puts the desk that MoveOut wrote into dir, and makes it the one that
// runs. It can be done again after an interruption.
func MoveIn(file, dir string, pass []byte) error {
	return moveIn(file, dir, pass, func(string) error { return nil })
}

func moveIn(file, dir string, pass []byte, step func(string) error) error {
	_, err := os.Lstat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		tmp := dir + ".arriving"
		if err := os.RemoveAll(tmp); err != nil { // of an earlier attempt; it never counted
			return moveFault(err, "cannot remove what an earlier attempt left")
		}
		if err := unpack(file, tmp, step); err != nil {
			return errors.Join(err, os.RemoveAll(tmp))
		}
		if err := step("unpacked"); err != nil {
			return err
		}
		if err := os.Rename(tmp, dir); err != nil {
			return moveFault(err, "cannot make the desk's folder")
		}
	case err != nil:
		return moveFault(err, "cannot look for the desk's folder")
	}
	if err := step("placed"); err != nil {
		return err
	}
	return arrive(file, dir, pass, step)
}

// arrive takes the mark from a copy that is where it is to go on.
func arrive(file, dir string, pass []byte, step func(string) error) error {
	note := filepath.Join(dir, arrivingSum)
	was, err := os.ReadFile(note)
	if err != nil {
		return fault.New(fault.Exists, "desk.move-there", "name a folder that is not there yet", "there is a desk in that folder already")
	}
	if sum, err := sumOf(file); err != nil || sum != string(was) {
		return errors.Join(err, fault.New(fault.Refused, "desk.move-other", "name the file that you began with", "another desk is arriving in that folder"))
	}
	v, err := vault.Open(dir, pass)
	if err != nil {
		return err
	}
	err = v.Update(func(tx *vault.Tx) error {
		if err := tx.DeleteMeta(metaMoved); err != nil {
			return err
		}
		// What was unpaired since a backup was made must not come back with it.
		if err := tx.DeleteMeta(metaPhones); err != nil {
			return err
		}
		return rememberArrival(tx, file, string(was))
	})
	if err := errors.Join(err, v.Close()); err != nil {
		return err
	}
	if err := step("arrived"); err != nil {
		return err
	}
	if err := os.Remove(note); err != nil {
		return moveFault(err, "cannot end the move")
	}
	return nil
}

// eachFile reads an archive to its end, and gives its sum if that is right.
func eachFile(file string, take func(name string, r io.Reader) error) (string, error) {
	bad := func(err error) error {
		return fault.Wrap(err, fault.Malformed, "desk.move-cut", "copy it again, whole", "the file is no moved desk, or a part of one")
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fault.Wrap(err, fault.NotFound, "desk.move-none", "name the file that move-out wrote", "cannot read the file")
	}
	defer f.Close()
	r, sum := tar.NewReader(f), sha256.New()
	var seen []string
	for {
		h, err := r.Next()
		if err != nil {
			return "", bad(err)
		}
		if h.Typeflag != tar.TypeReg || h.Size > maxMoveFile || slices.Contains(seen, h.Name) ||
			strings.ContainsAny(h.Name, "/\\:\x00") || strings.Trim(h.Name, ".") == "" || h.Name == arrivingSum || len(seen) > 64 {
			return "", bad(errors.New("not a file of a vault"))
		}
		if h.Name == endEntry {
			end, err := io.ReadAll(io.LimitReader(r, 65))
			if got := hex.EncodeToString(sum.Sum(nil)); err != nil || string(end) != got {
				return "", bad(errors.Join(err, errors.New("another sum")))
			}
			return string(end), nil
		}
		seen = append(seen, h.Name)
		io.WriteString(sum, h.Name+"\x00")
		from := &noting{r: io.TeeReader(r, sum)}
		if err := take(h.Name, from); from.err != nil || err != nil {
			if from.err != nil {
				err = bad(from.err)
			}
			return "", err
		}
	}
}

// noting keeps what went wrong with reading apart from what did with writing.
type noting struct {
	r   io.Reader
	err error
}

func (n *noting) Read(p []byte) (int, error) {
	k, err := n.r.Read(p)
	if err != nil && err != io.EOF {
		n.err = err
	}
	return k, err
}

func sumOf(file string) (string, error) {
	return eachFile(file, func(_ string, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
}

// unpack writes the files of an archive, and then that they are arriving.
func unpack(file, dir string, step func(string) error) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return moveFault(err, "cannot make the desk's folder")
	}
	put := func(name string, r io.Reader) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return moveFault(err, "cannot write the vault")
		}
		_, err = io.Copy(f, r)
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return moveFault(err, "cannot write the vault")
		}
		return nil
	}
	sum, err := eachFile(file, func(name string, r io.Reader) error {
		if err := put(name, r); err != nil {
			return err
		}
		return step("unpacked " + name)
	})
	if err != nil {
		return err
	}
	return put(arrivingSum, strings.NewReader(sum))
}
