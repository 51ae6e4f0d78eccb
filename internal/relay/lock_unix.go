//go:build unix

package relay

import (
	"os"
	"path/filepath"
	"syscall"

	"backchannel/internal/fault"
)

// lockDir takes the data folder for this process. The kernel lets go of it
// when the process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "relay.lock", "", "cannot open the lock of the relay's data folder")
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fault.Wrap(err, fault.InUse, "relay.in-use", "stop the other relay first", "another relay uses this data folder")
	}
	return f, nil
}
