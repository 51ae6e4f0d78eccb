package casefile

import (
	"strings"
	"testing"

	"backchannel/internal/accord"
)

// Times of a term are told in the zone that stands behind them, or that of the
// clock, and keep it.
func TestTermsKeepTheZoneOfTheirTimes(t *testing.T) {
	head := "title \"t\"\nclock 2024-03-01 09:00 +01:00\nparty a \"A\"\nperson p \"P\" of a as envoy\ndesk p\n"
	for line, want := range map[string]accord.Zone{
		"by 2024-04-01 12:00 -03:00":                                 "-03:00",
		"by 2024-04-01 12:00":                                        "+01:00",
		"from 2024-04-01 12:00 +03:00 until 2024-05-01 12:00 +03:00": "+03:00",
		"": "",
		"by 2024-04-01 12:00 from 2024-03-15 12:00 +03:00": "refused",
	} {
		c, err := Parse("x.case", []byte(head+`p: term l x v1 obligation debtor a "does it" `+line+"\n"))
		switch {
		case want == "refused":
			if err == nil || !strings.Contains(err.Error(), "two zones") {
				t.Errorf("%s: %v", line, err)
			}
		case err != nil:
			t.Errorf("%s: %v", line, err)
		default:
			if got := c.Steps[0].body.(*accord.Term).Zone; got != want {
				t.Errorf("%s: %q", line, got)
			}
		}
	}
}
