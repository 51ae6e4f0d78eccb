package accord

import (
	"testing"
	"time"

	"backchannel/internal/record"
)

func TestZonesAreOffsets(t *testing.T) {
	for s, want := range map[Zone]int{"": 0, "UTC": 0, "+03:00": 10800, "-05:30": -19800, "+14:00": 50400, "+00:59": 3540} {
		if z, err := s.location(); err != nil {
			t.Error(s, err)
		} else if _, got := time.Unix(0, 0).In(z).Zone(); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	for _, s := range []Zone{"Local", "Asia/Beirut", "+3:00", "+03.00", "+15:00", "+03:60", "+0300", "03:00", "+03:00 ", "+aa:00"} {
		x := obligation("x", "power")
		x.Zone = s
		if x.Check() == nil {
			t.Errorf("%q is taken", s)
		}
	}
}

// [PERF-11]: a month ends where the term is told, not in Greenwich.
func TestMonthsAreOfTheTermsZone(t *testing.T) {
	begins := record.At(time.Date(2024, 1, 31, 22, 0, 0, 0, time.UTC)) // the first of February in +03:00
	for zone, want := range map[Zone]time.Time{
		"":       time.Date(2024, 3, 2, 22, 0, 0, 0, time.UTC), // a 31 February is the 2 March
		"+03:00": time.Date(2024, 2, 29, 22, 0, 0, 0, time.UTC),
	} {
		if got := after(begins, 1, "month", zone); got != record.At(want) {
			t.Errorf("%q: %s, want %s", zone, got, want)
		}
	}
}
