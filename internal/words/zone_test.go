package words

import (
	"strings"
	"testing"

	"backchannel/internal/record"
)

// A zone is told by whose it is and what the place is called, and so is that it
// was taken away, in every language.
func TestAZoneIsTold(t *testing.T) {
	_, v := newScene(t)
	for _, lang := range Languages() {
		b := Open(lang)
		set := b.Entry(v, record.Entry{By: "go-between", Body: record.TimeZone{Of: "ally", Zone: "America/New_York"}})
		gone := b.Entry(v, record.Entry{By: "go-between", Body: record.TimeZone{Of: "ally"}})
		for _, s := range []string{set, gone} {
			if !strings.Contains(strings.ToLower(s), "the ally") {
				t.Errorf("%s: whose is not told: %s", lang, s)
			}
		}
		if !strings.Contains(set, "New York") || !strings.Contains(set, "America/New_York") || strings.Contains(gone, "New York") {
			t.Errorf("%s: %s; %s", lang, set, gone)
		}
	}
}
