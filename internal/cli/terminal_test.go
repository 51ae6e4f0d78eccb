package cli

import (
	"bytes"
	"testing"
)

// A counterpart's words cannot drive the terminal that shows them.
func TestForeignWordsCannotDriveTheTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := line(&out, "ten\x1b[2K\x1b[1A captives\r\u009b8m\n\tas agreed"); err != nil {
		t.Fatal(err)
	}
	if want := "ten\ufffd[2K\ufffd[1A captives\ufffd\ufffd8m\n\tas agreed\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}
