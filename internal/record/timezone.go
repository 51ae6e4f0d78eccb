package record

import (
	"strings"
	"unicode"

	"backchannel/internal/fault"
)

// KindTimeZone is the kind of TimeZone.
const (
	KindTimeZone Kind = "time-zone"
)

// TimeZone says by which clock a party or a person lives, so that moments can
// be told in it beside UTC. It changes nothing but what the keeper is shown: no
// deadline is computed with it. It stays on this desk: where somebody is thought
// to be is nobody else's business. The newest one counts; one without a zone
// takes it away.
type TimeZone struct {
	Of    Name   `cbor:"1,keyasint" json:"of"`
	Zone  string `cbor:"2,keyasint,omitempty" json:"zone,omitempty"`  // its name in the IANA database: "Asia/Qatar"
	Place string `cbor:"3,keyasint,omitempty" json:"place,omitempty"` // the capital or city, for people to read; empty for the zone's own
}

// maxPlace bounds the name of a place, in bytes: it stands beside every moment.
const maxPlace = 80

// Kind gives KindTimeZone.
func (TimeZone) Kind() Kind { return KindTimeZone }

// Check reports what is not well-formed. Whether there is a zone of that name
// stands in a file of the machine, and is for those who show it to find out.
func (z TimeZone) Check() error {
	switch {
	case z.Zone == "" && z.Place != "":
		return fault.New(fault.Malformed, "record.time-zone", "write the name of a zone, as Asia/Qatar or Europe/Oslo", "a place without a zone")
	case z.Zone != "" && !zoneName(z.Zone):
		return fault.New(fault.Malformed, "record.time-zone", "write the name of a zone, as Asia/Qatar or Europe/Oslo", "%q is not a zone", z.Zone)
	case len(z.Place) > maxPlace || strings.ContainsFunc(z.Place, unicode.IsControl):
		return fault.New(fault.Limit, "record.place", "shorten it", "the name of a place of more than %d bytes, or of more than one line", maxPlace)
	}
	return first(z.Of.Check(), CheckText(z.Place))
}

// Shown gives what the place is called: what people wrote, else the last part of
// the zone's name.
func (z TimeZone) Shown() string {
	if z.Place != "" {
		return z.Place
	}
	return strings.ReplaceAll(z.Zone[strings.LastIndexByte(z.Zone, '/')+1:], "_", " ")
}

// zoneName reports whether s has the shape of a name of the IANA database:
// parts with slashes between them, each beginning with a letter. No other path
// has that shape.
func zoneName(s string) bool {
	if len(s) > maxZone || strings.EqualFold(s, "local") {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || !letter(part[0]) {
			return false
		}
		for i := range len(part) {
			if c := part[i]; !letter(c) && (c < '0' || c > '9') && !strings.ContainsRune("_+-", rune(c)) {
				return false
			}
		}
	}
	return true
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
