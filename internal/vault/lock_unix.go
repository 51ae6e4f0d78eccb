//go:build unix

package vault

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// tryLock takes f for this open file alone. The kernel lets go of it when the
// process ends, however it ends.
func tryLock(f *os.File) (taken bool, err error) {
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// letGo lets go of the lock of f. Closing does so only when no process has f open
// any more, and one that is just being started has it until it runs.
func letGo(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// dupFile gives another handle of the same open file, and so of its lock.
func dupFile(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// syncDir puts a folder's list of files on disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return diskFault(err, "cannot open the vault's folder")
	}
	defer d.Close()
	return diskFault(d.Sync(), "cannot sync the vault's folder")
}
