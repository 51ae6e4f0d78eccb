package desk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// lootFile gives what a file with a copy of a desk gives to whoever has its
// passphrase, and the file as it is. What is no whole copy gives its bytes.
func lootFile(t testing.TB, file string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "back")
	if _, err := sumOf(file); err != nil {
		return string(raw)
	}
	if err := MoveIn(file, dir, pass); err != nil {
		t.Fatal(err)
	}
	return string(raw) + spill(t, dir)
}

// allIn gives what all files below a folder give.
func allIn(t testing.TB, root string, desk string) string {
	t.Helper()
	out := spill(t, desk)
	list, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if !f.IsDir() {
			out += lootFile(t, filepath.Join(root, f.Name()))
		}
	}
	return out
}

// [CIR-68] A backup that the desk finds again is made anew without what was
// destroyed; one that it does not find is named until it comes back; a file
// that is not its own is left alone.
func TestDestroyedIsInNoBackupThatTheDeskFinds(t *testing.T) {
	d, dir := open(t, "envoy", Options{Offline: true})
	root := t.TempDir()
	file := func(name string) string { return filepath.Join(root, name) }
	early, err := d.Backup(t.Context(), file("early"))
	if err != nil {
		t.Fatal(err)
	}
	ids := enter(t, d, draftNote(secret), draftNote("kept"), draftNote("destroyed later"))
	d.last += 5 // so that the first backup is older
	for _, name := range []string{"here", "away", "changed"} {
		if _, err := d.Backup(t.Context(), file(name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Backup(t.Context(), file("here")); !fault.Is(err, fault.Exists) {
		t.Fatal(err)
	}
	if !strings.Contains(allIn(t, root, dir), secret) || !strings.Contains(lootFile(t, file("here")), secret) {
		t.Fatal("the words are not found before, so they would not be missed after")
	}
	pocket := filepath.Join(t.TempDir(), "pocket")
	if err := errors.Join(os.Rename(file("away"), pocket), os.WriteFile(file("changed"), []byte("somebody's letter"), 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids[:1], Only: true})
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]bool{}
	for _, b := range out.Backups {
		left[filepath.Base(b.File)] = b.Left != 0
	}
	delete(left, filepath.Base(early.File)) // may be of the same millisecond
	if fmt.Sprint(left) != "map[away:true changed:true here:false]" {
		t.Fatal("not named as it is: ", left)
	}
	if b, err := os.ReadFile(file("changed")); err != nil || string(b) != "somebody's letter" {
		t.Fatal("a file that is not the desk's was touched")
	}
	if strings.Contains(allIn(t, root, dir), secret) {
		t.Fatal("the words are still there")
	}
	if got := lootFile(t, file("here")); !strings.Contains(got, "kept") {
		t.Fatal("the backup that was made anew holds nothing")
	}
	if !strings.Contains(lootFile(t, pocket), secret) {
		t.Fatal("a backup that nobody found lost the words: then this test shows nothing")
	}
	// It comes back; the desk makes it anew when it is opened, as it does with
	// what is destroyed by its clock.
	if err := os.Rename(pocket, file("away")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	d = reopen(t, dir, Options{Offline: true})
	if strings.Contains(allIn(t, root, dir), secret) || !strings.Contains(lootFile(t, file("away")), "kept") {
		t.Fatal("the words are still there, or the backup is no backup any more")
	}
	all, err := d.Backups(t.Context())
	if err != nil || len(all) != 4 {
		t.Fatal(all, err)
	}
	for _, b := range all {
		if (b.Left != 0) != (filepath.Base(b.File) == "changed") {
			t.Errorf("%+v", b)
		}
	}
}

// [CIR-68] What a desk came from holds the desk of that moment: it is
// remembered too.
func TestWhatADeskCameFromIsMadeAnewToo(t *testing.T) {
	d, dir := open(t, "envoy", Options{Offline: true})
	ids := enter(t, d, draftNote(secret), draftNote("kept"))
	root := t.TempDir()
	file, moved := filepath.Join(root, "file"), filepath.Join(t.TempDir(), "desk")
	d.Close()
	if err := errors.Join(MoveOut(dir, pass, file), MoveIn(file, moved, pass)); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, moved, Options{Offline: true})
	out, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids[:1], Only: true})
	if err != nil || len(out.Backups) != 1 || out.Backups[0].Left != 0 {
		t.Fatal(out, err)
	}
	if strings.Contains(allIn(t, root, moved), secret) {
		t.Fatal("the words are still in the file that the desk came from")
	}
}

// [CIR-68] Killed between any two steps of making a backup anew, the words are
// gone at the next opening, and there is a backup.
func TestCrash_BackupMadeAnew(t *testing.T) {
	all := []string{"copied", "aside", "placed", "overwritten"}
	for n := range len(all) {
		d, dir := open(t, "envoy", Options{Offline: true})
		root := t.TempDir()
		file := filepath.Join(root, "stick")
		ids := enter(t, d, draftNote(secret), draftNote("kept"))
		if _, err := d.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(file, away); err != nil { // so that destroying leaves it
			t.Fatal(err)
		}
		if _, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: []keys.ID{ids[0]}, Only: true}); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(away, file); err != nil {
			t.Fatal(err)
		}
		var steps []string
		errKilled := errors.New("killed")
		d.mu.Lock()
		d.renewBackupsWith(func(s string) error {
			if steps = append(steps, s); len(steps) == n+1 {
				return errKilled
			}
			return nil
		})
		d.mu.Unlock()
		if !slices.Equal(steps, all[:n+1]) {
			t.Fatal(steps)
		}
		d.Close()
		d = reopen(t, dir, Options{Offline: true})
		if strings.Contains(allIn(t, root, dir), secret) || !strings.Contains(lootFile(t, file), "kept") {
			t.Fatalf("killed after %v", steps)
		}
		if list, _ := os.ReadDir(root); len(list) != 1 {
			t.Fatalf("killed after %v: files are left over: %v", steps, list)
		}
		if list, err := d.Backups(t.Context()); err != nil || len(list) != 1 || list[0].Left != 0 {
			t.Fatal(list, err)
		}
		d.Close()
	}
}
