package accord

import (
	"time"

	"backchannel/internal/fault"
)

// Zone is the zone in which a term tells its times: an offset from UTC, such as
// "+03:00". Names of zones are not taken, since what they mean stands in a file
// of the machine and changes from year to year; an offset means the same
// everywhere. Empty is UTC.
type Zone string

func (s Zone) location() (*time.Location, error) {
	if s == "" || s == "UTC" {
		return time.UTC, nil
	}
	digit := func(i int) int { return int(s[i] - '0') }
	ok := len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':'
	for _, i := range []int{1, 2, 4, 5} {
		ok = ok && s[i] >= '0' && s[i] <= '9'
	}
	if !ok || digit(4) > 5 || 10*digit(1)+digit(2) > 14 {
		return nil, fault.New(fault.Malformed, "accord.zone", "write it as +03:00, -05:30 or UTC", "%q is not a zone", string(s))
	}
	minutes := 60*(10*digit(1)+digit(2)) + 10*digit(4) + digit(5)
	if s[0] == '-' {
		minutes = -minutes
	}
	return time.FixedZone(string(s), 60*minutes), nil
}
