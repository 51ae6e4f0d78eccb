package words

import "testing"

func TestSpeaks(t *testing.T) {
	b := Open("en")
	if got := b.T("changes.entries", "N", 1) + b.T("changes.entries", "N", 3); got != "1 new entry.3 new entries." {
		t.Fatal(got)
	}
}
