package words

import (
	"slices"
	"testing"

	"backchannel/internal/circle"
)

// TestPhrases: turns of phrase are taken apart, each once, and of each sort
// there are some.
func TestPhrases(t *testing.T) {
	got := Open("en").Phrases()
	for _, sort := range []circle.HintSort{circle.HintAgreed, circle.HintBefore, circle.HintChannel} {
		if len(got[sort]) < 5 || slices.Contains(got[sort], "") || slices.ContainsFunc(got[sort], func(s string) bool { return len(s) < 5 }) {
			t.Errorf("%s: %q", sort, got[sort])
		}
	}
	if !slices.Contains(got[circle.HintAgreed], "as agreed") || !slices.Contains(got[circle.HintChannel], "the other channel") {
		t.Errorf("%q", got)
	}
}
