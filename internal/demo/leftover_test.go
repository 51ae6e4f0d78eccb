//go:build unix

package demo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// Only what nobody holds is removed: not a demo that runs, not one whose
// child still runs, not one that was to be kept, not what is not ours.
func TestASweepLeavesWhatIsInUse(t *testing.T) {
	tmp := t.TempDir()
	folder := func(name string, locked bool) (string, *os.File) {
		dir := filepath.Join(tmp, name)
		if err := os.MkdirAll(filepath.Join(dir, "vault"), 0o700); err != nil {
			t.Fatal(err)
		}
		if !locked {
			return dir, nil
		}
		f, err := lockFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		return dir, f
	}
	_, running := folder("bcdemo-running", true)
	defer running.Close()
	folder("bcdemo-kept", false)
	_, killed := folder("bcdemo-killed", true)
	killed.Close()
	_, other := folder("something-else", true)
	other.Close()
	orphaned, parent := folder("bcdemo-orphaned", true)
	held, err := holdFolder(orphaned)
	if err != nil || len(held) != 1 {
		t.Fatal(held, err)
	}
	child := exec.Command("cat")
	child.ExtraFiles = held
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	held[0].Close()
	parent.Close()
	left := func() []string {
		t.Helper()
		list, err := os.ReadDir(tmp)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range list {
			names = append(names, e.Name())
		}
		return names
	}
	sweep(tmp)
	if got, want := left(), []string{"bcdemo-kept", "bcdemo-orphaned", "bcdemo-running", "something-else"}; !slices.Equal(got, want) {
		t.Errorf("%v is left, want %v", got, want)
	}
	stdin.Close()
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	sweep(tmp)
	if got := left(); slices.Contains(got, "bcdemo-orphaned") {
		t.Errorf("%v is left", got)
	}
}
