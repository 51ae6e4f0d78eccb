package vault

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes f for this open file alone. The system lets go of it when the
// process ends, however it ends.
func tryLock(f *os.File) (taken bool, err error) {
	err = windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return true, nil
	}
	return false, err
}

// syncDir does nothing: Windows has no such call, and its file systems keep
// their own journal of names.
func syncDir(string) error { return nil }

// dupFile is nothing here: no other process shares a lock.
func dupFile(*os.File) (*os.File, error) { return nil, errors.ErrUnsupported }

// letGo is nothing here: closing lets go of a lock.
func letGo(*os.File) error { return nil }
