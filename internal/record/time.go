package record

import (
	"time"

	"backchannel/internal/fault"
)

// Instant is a moment in milliseconds since 1970-01-01T00:00:00Z. Zero means
// "none given".
type Instant int64

// At gives the Instant of t.
func At(t time.Time) Instant {
	if t.IsZero() {
		return 0
	}
	return Instant(t.UnixMilli())
}

// Time gives i in UTC; the zero Time for none.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// String gives i as RFC 3339 in UTC to the second, or "".
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format(time.RFC3339)
}

// Interval is when something was said, as well as it is known: a moment, or
// "in April". From and To are both included and equal for a moment. Zone is
// the zone in which it was told ("+03:00" or an IANA name), for showing only.
type Interval struct {
	From Instant `cbor:"1,keyasint" json:"from"`
	To   Instant `cbor:"2,keyasint" json:"to"`
	Zone string  `cbor:"3,keyasint,omitempty" json:"zone,omitempty"`
}

// Moment is the Interval of one instant.
func Moment(i Instant) Interval { return Interval{From: i, To: i} }

// IsZero reports whether no time was given.
func (v Interval) IsZero() bool { return v.From == 0 && v.To == 0 }

// IsMoment reports whether v is a single instant.
func (v Interval) IsMoment() bool { return v.From == v.To }

// Check reports what is not well-formed.
func (v Interval) Check() error {
	if v.To < v.From {
		return fault.New(fault.Malformed, "record.interval", "give the earlier time first", "the interval ends before it begins")
	}
	if len(v.Zone) > maxZone {
		return fault.New(fault.Limit, "record.zone", "", "zone of more than %d bytes", maxZone)
	}
	return nil
}
