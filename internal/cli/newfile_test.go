package cli

import (
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
)

// TestWhatIsWrittenOverwritesNothingAndIsItsOwners: what is there stays, also
// where it is a link or a folder, and an error says what is wrong.
func TestWhatIsWrittenOverwritesNothingAndIsItsOwners(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "invite")
	if err := writeSecret(file, "secret"); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	for _, link := range [][2]string{{"to it", file}, {"to nothing", filepath.Join(dir, "nothing")}} {
		if err := os.Symlink(link[1], filepath.Join(dir, link[0])); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"invite", "to it", "to nothing", "."} {
		if err := writeSecret(filepath.Join(dir, name), "other"); !fault.Is(err, fault.Exists) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "secret\n" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := os.Lstat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a link was followed")
	}
	if err := writeSecret(filepath.Join(dir, "no folder", "x"), "x"); !fault.Is(err, fault.Disk) {
		t.Errorf("no folder: %v", err)
	}
}
