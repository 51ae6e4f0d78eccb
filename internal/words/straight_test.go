package words

import "testing"

// TestNobodyReadsOtherWordsThanStandThere: a mark that turns letters and digits
// round is shown, and a name cannot turn the sentence that it stands in.
func TestNobodyReadsOtherWordsThanStandThere(t *testing.T) {
	if got := Straight("in \u202e09\u202c and \u202d90 days, \u2067עשר\u2069"); got != "in \ufffd09\u202c and \ufffd90 days, \u2067עשר\u2069" {
		t.Errorf("%q", got)
	}
	b := Open("en")
	for name, want := range map[string]string{
		"המתווך\u2069 (the south)":  "\u2068המתווך (the south)\u2069",
		"\u2067המתווך":              "\u2068\u2067המתווך\u2069\u2069",
		"the \u2067south":           "the \u2067south\u2069",
		"the \u2067south\u2069 one": "the \u2067south\u2069 one",
		"\u2069\u2069south":         "south",
	} {
		if got := b.isolate(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
