//go:build !unix

package relay

import (
	"os"
	"path/filepath"

	"backchannel/internal/fault"
)

// lockDir takes the data folder for this process. Here an open file cannot be
// removed by another process; that it can be is the sign that its owner died.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	os.Remove(path)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fault.Wrap(err, fault.InUse, "relay.in-use", "stop the other relay first", "another relay uses this data folder")
	}
	return f, nil
}
