package vault

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData puts f's data on disk. Its size never changes, so fdatasync does.
func syncData(f *os.File) error {
	for {
		if err := unix.Fdatasync(int(f.Fd())); err != unix.EINTR {
			return err
		}
	}
}
