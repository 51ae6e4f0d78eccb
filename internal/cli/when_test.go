package cli

import (
	"testing"
	"time"

	"backchannel/internal/fault"
)

func TestWhenReadsTimesAsPeopleWriteThem(t *testing.T) {
	zone := time.FixedZone("", 3*3600)
	for _, c := range []struct{ in, from, to, zone string }{
		{"2025-05-26T14:00:00Z", "2025-05-26T14:00:00Z", "2025-05-26T14:00:00Z", "UTC"},
		{"2025-05-26T14:00+02:00", "2025-05-26T12:00:00Z", "2025-05-26T12:00:00Z", "+02:00"},
		{"2025-05-26 14:00", "2025-05-26T11:00:00Z", "2025-05-26T11:00:00Z", "+03:00"},
		{"26 May 2025 14:00", "2025-05-26T11:00:00Z", "2025-05-26T11:00:00Z", "+03:00"},
		{"2025-05-26", "2025-05-25T21:00:00Z", "2025-05-26T20:59:59Z", "+03:00"},
		{"April 2025", "2025-03-31T21:00:00Z", "2025-04-30T20:59:59Z", "+03:00"},
		{"2025-04", "2025-03-31T21:00:00Z", "2025-04-30T20:59:59Z", "+03:00"},
		{"2025", "2024-12-31T21:00:00Z", "2025-12-31T20:59:59Z", "+03:00"},
		{"April 2025 .. 12 May 2025", "2025-03-31T21:00:00Z", "2025-05-12T20:59:59Z", "+03:00"},
	} {
		v, err := when(c.in, zone)
		if err != nil {
			t.Errorf("%q: %v", c.in, err)
			continue
		}
		if v.From.String() != c.from || v.To.String() != c.to || v.Zone != c.zone {
			t.Errorf("%q: got %s to %s zone %s, want %s to %s zone %s", c.in, v.From, v.To, v.Zone, c.from, c.to, c.zone)
		}
	}
}

func TestWhenRefusesWhatIsNotATime(t *testing.T) {
	for _, in := range []string{"", "soon", "2025-13-01", "31 June 2025", "2025-05-02 .. 2025-05-01", "..", "14:00"} {
		if v, err := when(in, time.UTC); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q: got %v, %v; want it refused as malformed", in, v, err)
		}
	}
}
