package web

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// TestNothingComesFromElsewhere: the page names no address but its own, has no
// script or style within it, and is small.
func TestNothingComesFromElsewhere(t *testing.T) {
	total := 0
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(files, path)
		for _, banned := range []string{"http:", "https:", "//cdn", "url(", "@import", "<style", "style=", " onclick", " onsubmit", "javascript:", "<script>", "eval(", "innerHTML ="} {
			if strings.Contains(string(b), banned) {
				t.Errorf("%s holds %q", path, banned)
			}
		}
		if strings.HasPrefix(path, "static/") {
			total += len(b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if total == 0 || total > 32<<10 {
		t.Errorf("style sheet and script have %d bytes", total)
	}
}

func TestAxeIsAsPublished(t *testing.T) {
	want, err := os.ReadFile("testdata/axe-core.sha256")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(want)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		b, err := os.ReadFile("testdata/" + name)
		if err != nil || !ok {
			t.Fatal(line, err)
		}
		if got := sha256.Sum256(b); hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s is not the published file", name)
		}
	}
}
