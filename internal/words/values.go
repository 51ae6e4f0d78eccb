package words

import (
	"fmt"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Word gives the word for a value of one of the fixed sets: a position, a
// verdict, a form … A value that the catalogue does not know gives itself.
func (b *Book) Word(value any) string {
	group, id := groupOf(value)
	if id == "" && group != "pass" {
		return ""
	}
	if group == "pass" && id == "" {
		id = "by-rule"
	}
	if s, ok := b.text(group+"."+id, nil); ok {
		return s
	}
	if group == "kind" {
		return b.T("kind.unknown", "Kind", id)
	}
	return id
}

func groupOf(value any) (group, id string) {
	switch x := value.(type) {
	case accord.Position:
		group = "position"
	case accord.Rests:
		group = "rests"
	case accord.Verdict:
		group = "verdict"
	case accord.Strength:
		group = "strength"
	case accord.TermKind:
		group = "sort"
	case accord.Deed:
		group = "deed"
	case accord.State:
		group = "state"
	case accord.Mark:
		group = "mark"
	case accord.Would:
		group = "would"
	case view.SoundingState:
		group = "sounding-state"
	case record.Status:
		group = "status"
	case record.Assessment:
		group = "assessment"
	case accord.Change:
		group = "change"
	case record.Fidelity:
		group = "fidelity"
	case record.Form:
		group = "form"
	case record.Step:
		group = "step"
	case record.SpeechAct:
		group = "speech"
	case record.Attribution:
		group = "attribution"
	case record.Pass:
		group = "pass"
	case record.RoleKind:
		group = "role"
	case record.Mandate:
		group = "mandate"
	case record.EvidenceKind:
		group = "evidence"
	case record.Kind:
		group = "kind"
	case view.Grounds:
		group = "grounds"
	case accord.Matter:
		group = "matter"
	case accord.Settled:
		group = "settled"
	case view.AlarmKind:
		group = "alarm-kind"
	case view.TurnKind:
		group = "turn-kind"
	case Calendar:
		group = "calendar"
	case view.Pace:
		group = "pace"
	default:
		if group = circleGroup(x); group == "" {
			return "", fmt.Sprint(x)
		}
	}
	return group, fmt.Sprint(value)
}

// Field gives the word for a field that a comparison names.
func (b *Book) Field(name string) string { return b.T("field." + name) }

// Instant gives a moment, in the book's zone.
func (b *Book) Instant(i record.Instant) string {
	if i == 0 {
		return b.T("time.none")
	}
	return b.moment(i.Time().In(b.zone))
}

// InstantIn gives a moment in the zone in which it was told; in the book's
// where none was.
func (b *Book) InstantIn(i record.Instant, zone string) string {
	if i == 0 {
		return b.T("time.none")
	}
	return b.moment(i.Time().In(zoneOf(zone, b.zone)))
}

func (b *Book) month(t time.Time) string { return b.T(fmt.Sprintf("month.%d", int(t.Month()))) }

// Interval gives when something was said, in the zone in which it was told if
// that is known: a moment, a day, a month, or between two of them.
func (b *Book) Interval(v record.Interval) string {
	zone := zoneOf(v.Zone, b.zone)
	from, to := v.From.Time().In(zone), v.To.Time().In(zone)
	switch {
	case v.IsZero():
		return b.T("time.none")
	case v.IsMoment():
		return b.moment(from)
	}
	if !midnight(from) || !midnight(afterwards(to)) {
		return b.T("time.between", "From", b.moment(from), "To", b.moment(to))
	}
	end := afterwards(to)
	switch {
	case from.AddDate(0, 0, 1).Equal(end):
		return b.day(from)
	case from.Day() == 1 && from.AddDate(0, 1, 0).Equal(end):
		return b.wholeMonth(from, to)
	}
	return b.T("time.between", "From", b.day(from), "To", b.day(to))
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// afterwards gives the moment after a last millisecond, second or minute.
func afterwards(t time.Time) time.Time {
	switch {
	case t.Nanosecond() != 0:
		return t.Add(time.Millisecond)
	case t.Second() == 59:
		return t.Add(time.Second)
	case t.Minute() == 59:
		return t.Add(time.Minute)
	}
	return t
}

// zoneOf reads a zone as entries give it: "+03:00", or a name of the IANA
// database.
func zoneOf(s string, otherwise *time.Location) *time.Location {
	if s == "" {
		return otherwise
	}
	if t, err := time.Parse("-07:00", s); err == nil {
		return t.Location()
	}
	if loc, err := time.LoadLocation(s); err == nil && s != "Local" {
		return loc
	}
	return otherwise
}

// Stamp gives both clocks.
func (b *Book) Stamp(s view.Stamp) string {
	return b.T("time.both", "Said", b.Interval(s.Said), "Known", b.Instant(s.Known))
}

// Duration gives a duration in its two largest units.
func (b *Book) Duration(d time.Duration) string {
	d = max(d, -d)
	units := []struct {
		id string
		of time.Duration
	}{
		{"duration.days", 24 * time.Hour}, {"duration.hours", time.Hour}, {"duration.minutes", time.Minute}, {"duration.seconds", time.Second},
	}
	var parts []string
	for _, u := range units {
		if n := int(d / u.of); n > 0 {
			parts = append(parts, b.T(u.id, "N", n))
			d %= u.of
		} else if len(parts) > 0 {
			break
		}
		if len(parts) == 2 {
			break
		}
	}
	if len(parts) == 0 {
		return b.T("duration.now")
	}
	return b.list(parts)
}

// Bytes gives a number of bytes as people read it.
func (b *Book) Bytes(n uint64) string {
	for _, u := range []struct {
		id string
		of uint64
	}{{"bytes.gb", 1e9}, {"bytes.mb", 1e6}, {"bytes.kb", 1e3}} {
		if n >= u.of {
			return b.T(u.id, "Size", b.Number(fmt.Sprintf("%.1f", float64(n)/float64(u.of))))
		}
	}
	return b.T("bytes.b", "N", int(n))
}
