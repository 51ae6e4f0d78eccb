package vault

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"backchannel/internal/fault"
)

var errShort = errors.New("too short")

// diskFault names an error of the file system.
func diskFault(err error, text string, args ...any) error {
	if err == nil {
		return nil
	}
	failed := fault.Wrap(err, fault.Disk, "vault.disk",
		"check the disk and the permissions of the vault's folder; what was acknowledged is safe", text, args...)
	if errors.Is(err, syscall.ENOSPC) {
		return fault.Wrap(failed, fault.Disk, "vault.disk-full", "make room on this disk and try again; what was acknowledged is safe", "the disk is full")
	}
	return failed
}

// replaceFile puts data in place of the file at once: after a power cut there
// is the old file or the new one, never a part.
func replaceFile(path string, data []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return diskFault(err, "cannot write %s", filepath.Base(path))
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		os.Remove(tmp) // only the part that never counted
		return diskFault(err, "cannot write %s", filepath.Base(path))
	}
	return syncDir(filepath.Dir(path))
}

// file is what the deck and the mark need of a file. Tests put one in its
// place that fails or forgets.
type file interface {
	ReadAt(p []byte, off int64) (int, error)
	WriteAt(p []byte, off int64) (int, error)
	Sync() error // everything written is on disk
	Close() error
}

// osFile is a file of a fixed size: its data is what must be synced, not its
// times.
type osFile struct{ *os.File }

func (f osFile) Sync() error { return syncData(f.File) }

func openFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}
