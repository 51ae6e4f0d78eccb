package desk

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// inAnyFile gives the files below root that hold text: as they are, or for
// whoever has the passphrase. What only older blocks of them hold is tried by
// TestDestroyedIsNowhere in package vault.
func inAnyFile(t *testing.T, root, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case e.Name() == "head": // of a vault
			if dir := filepath.Dir(path); strings.Contains(spill(t, dir), text) {
				found = append(found, dir)
			}
		case e.Type().IsRegular():
			if strings.Contains(lootFile(t, path), text) {
				found = append(found, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The scan of everything that a desk writes: its folder, the system's folder for
// temporary files, and its backups. Before, it finds the words in each of them;
// after, in none but the copy that somebody made without the desk.
func TestDestroyedIsInNoFileThatTheDeskWrote(t *testing.T) {
	root := t.TempDir()
	at := func(name string) string { return filepath.Join(root, name) }
	for _, name := range []string{"tmp", "backups", "elsewhere"} {
		if err := os.Mkdir(at(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []string{"TMPDIR", "SQLITE_TMPDIR"} {
		t.Setenv(v, at("tmp"))
	}
	d, dir := openIn(t, at("desk"), "envoy", Options{Offline: true})
	says := record.Message{From: "envoy", To: "official", Form: record.Call, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: secret}
	ids := enter(t, d, draftNote(secret), record.Entry{Body: says}, draftNote("kept"))
	enter(t, d, record.Entry{Corrects: ids[0], Body: record.Correction{Now: record.Note{Text: secret + " or the fourth"}, Reason: secret}})
	var filler []record.Entry
	for i := range record.PackItems { // so that there is a snapshot of it
		filler = append(filler, draftNote(fmt.Sprint("filler ", i)))
	}
	if _, err := d.Write(t.Context(), Commit, filler...); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Backup(t.Context(), at("backups/stick")); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(at("backups/stick"))
	if err == nil {
		err = os.WriteFile(at("elsewhere/copy"), whole, 0o600)
	}
	if err == nil {
		err = os.WriteFile(at("tmp/forgotten"), []byte("so the scan looks here: "+secret), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := inAnyFile(t, root, secret); len(got) != 4 {
		t.Fatal("the scan does not see all that there is before: ", got)
	}
	if err := os.Remove(at("tmp/forgotten")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: []keys.ID{ids[0], ids[1]}, Only: true}); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		if got := inAnyFile(t, root, secret); len(got) != 1 || got[0] != at("elsewhere/copy") {
			t.Fatalf("%s: the words are in %v", when, got)
		}
		if list, err := os.ReadDir(at("tmp")); err != nil || len(list) > 0 {
			t.Fatal(when, ": files are left behind: ", list, err)
		}
		if got := inAnyFile(t, root, "filler 7"); len(got) != 3 {
			t.Fatal(when, ": the scan does not find what is to be there: ", got)
		}
	}
	check("while it runs")
	d.Close()
	check("closed")
	d = reopen(t, dir, Options{Offline: true})
	check("open again")
	if _, err := d.Backup(t.Context(), at("backups/second")); err != nil {
		t.Fatal(err)
	}
	if got := inAnyFile(t, at("backups"), secret); len(got) != 0 {
		t.Fatal("a backup made since holds it: ", got)
	}
}
