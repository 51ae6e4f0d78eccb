//go:build unix

package demo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"backchannel/internal/fault"
)

// lockFolder puts a lock into a new folder and holds it. The lock is there
// only once it is held, so that nobody finds it free in between.
func lockFolder(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_SH), os.Rename(path+".new", path))
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "demo.lock", "make room, or set TMPDIR", "cannot lock the temporary folder")
	}
	return f, nil
}

// holdFolder gives a hold on the lock of a folder for a child to inherit; none
// where the folder has no lock.
func holdFolder(dir string) ([]*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = unix.Flock(int(f.Fd()), unix.LOCK_SH)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "demo.lock", "", "cannot lock the temporary folder")
	}
	return []*os.File{f}, nil
}

// takeOver gives the lock of a folder of ours that nobody holds; nil for any
// other.
func takeOver(dir string) *os.File {
	at, err := os.Lstat(dir)
	if err != nil || !at.IsDir() {
		return nil
	}
	if s, ok := at.Sys().(*syscall.Stat_t); !ok || int(s.Uid) != os.Getuid() {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|unix.O_NOFOLLOW, 0)
	if err != nil {
		return nil
	}
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		f.Close()
		return nil
	}
	return f
}
