package demo

import (
	"os"
	"path/filepath"
)

// A demo that was killed leaves its folder. Each demo holds a lock in its
// folder, and so does every process that it starts, so the system lets go of
// the lock when the last of them has ended, however it ended. The next demo
// removes what nobody holds. A folder that is to be kept has no lock.
const (
	folderName = "bcdemo"
	lockName   = "demo.lock"
)

// sweep removes the folders of demos that are surely over. What it cannot
// remove it leaves: that is no reason not to start.
func sweep(tmp string) {
	dirs, err := filepath.Glob(filepath.Join(tmp, folderName+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		if lock := takeOver(dir); lock != nil {
			os.RemoveAll(dir)
			lock.Close()
		}
	}
}
