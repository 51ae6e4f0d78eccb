package words

import (
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// ZoneOf gives the zone of that name, by the list of the machine or the one
// that the program brings along. The machine's own zone is none.
func ZoneOf(name string) (*time.Location, error) {
	if err := (record.TimeZone{Of: "x", Zone: name}).Check(); err != nil {
		return nil, err
	}
	in, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return nil, fault.New(fault.NotFound, "words.zone", "write the name of a zone, as Asia/Qatar or Europe/Oslo", "%q is not a zone", name)
	}
	return in, nil
}

// With gives the same book with moments told by these clocks too, beside UTC. It
// is for pages on which a moment is shown in full to the keeper whose clocks
// they are, and for nothing that goes to anybody else. A zone that is not known
// here is left out.
func (b *Book) With(zones []record.TimeZone) *Book {
	l := b.look
	l.Capitals = nil
	for _, z := range zones {
		if in, err := ZoneOf(z.Zone); err == nil {
			l.Capitals = append(l.Capitals, Capital{z.Shown(), in})
		}
	}
	return b.Shown(l)
}
