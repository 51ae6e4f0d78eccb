package words

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/hijri"
	"backchannel/internal/record"
)

// Calendar is by which calendar days are told.
type Calendar string

// Digits are those that numbers are written with.
type Digits string

// What a reader chooses. What is stored is the same whatever is shown.
const (
	Gregorian Calendar = "gregorian"
	Hijri     Calendar = "hijri" // Umm al-Qura; see package hijri
	Both      Calendar = "both"

	Western Digits = "western" // 0123456789
	Eastern Digits = "eastern" // ٠١٢٣٤٥٦٧٨٩
)

// Calendars gives every calendar.
func Calendars() []Calendar { return []Calendar{Gregorian, Hijri, Both} }

// Capital is a place whose time is told beside UTC.
type Capital struct {
	Place string
	Zone  *time.Location
}

// Look is how a reader wants dates and numbers shown.
type Look struct {
	Calendar Calendar
	Digits   Digits
	Capitals []Capital
}

// Shown gives the same book with dates and numbers as that reader wants them.
func (b *Book) Shown(l Look) *Book {
	c := *b
	c.look = l
	return &c
}

// Look gives how the book shows dates and numbers.
func (b *Book) Look() Look { return b.look }

// numeral is a number that is written with Arabic-Indic digits. It is a number
// still: a text of the catalogue may ask how many.
type numeral int64

// String gives the number.
func (n numeral) String() string { return eastern(strconv.FormatInt(int64(n), 10)) }

// Number gives a number with the reader's digits.
func (b *Book) Number(s string) string {
	if b.look.Digits == Eastern {
		return eastern(s)
	}
	return s
}

// argument gives an argument of a text as the reader reads it: numbers with his
// digits. Texts are left alone: they are somebody's words.
func (b *Book) argument(v any) any {
	if b.look.Digits != Eastern {
		return v
	}
	switch n := v.(type) {
	case int:
		return numeral(n)
	case int64:
		return numeral(n)
	case uint64:
		return numeral(n)
	case uint32:
		return numeral(n)
	}
	return v
}

func eastern(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '٠'
		}
		return r
	}, s)
}

// hijriDay gives a day by the Islamic calendar.
func (b *Book) hijriDay(t time.Time) string {
	_, off := t.Zone()
	secs := t.Unix() + int64(off)
	days := secs / 86400
	if secs%86400 < 0 {
		days--
	}
	d := hijri.On(int(days))
	s := b.T("time.hijri", "Day", d.Day, "Month", b.T("hijri-month."+strconv.Itoa(d.Month)), "Year", d.Year)
	if d.Reckoned {
		s = b.T("time.reckoned", "Day", s)
	}
	return s
}

// moment gives a moment. Where the reader wants the time of capitals, UTC comes
// first, and then theirs, with the day where it is another there; the zone in
// which something was told stands last, unless it is one of them.
func (b *Book) moment(t time.Time) string {
	if len(b.look.Capitals) == 0 {
		return b.at(t)
	}
	utc := t.UTC()
	out := b.at(utc)
	also := func(in time.Time, place string) {
		id := "time.also"
		if in.YearDay() != utc.YearDay() {
			id = "time.also-day"
		}
		out += b.T(id, "Clock", b.clock(in), "Place", place, "Day", b.day(in))
	}
	offsets := []int{0}
	var at []time.Time
	var places [][]string
	for _, c := range b.look.Capitals {
		in := t.In(c.Zone)
		_, off := in.Zone()
		if i := slices.IndexFunc(at, func(o time.Time) bool { _, have := o.Zone(); return have == off }); i >= 0 {
			places[i] = append(places[i], b.isolate(c.Place))
			continue
		}
		at, places, offsets = append(at, in), append(places, []string{b.isolate(c.Place)}), append(offsets, off)
	}
	for i, in := range at {
		also(in, b.list(places[i]))
	}
	if _, told := t.Zone(); !slices.Contains(offsets, told) {
		also(t, zoneText(t))
	}
	return out
}

// at gives a moment in its own zone.
func (b *Book) at(t time.Time) string {
	if b.look.Calendar == Hijri || b.look.Calendar == Both {
		return b.T("time.at", "Day", b.day(t), "Clock", b.clock(t), "Zone", b.Number(zoneText(t)))
	}
	return b.T("time.moment", "Day", t.Day(), "Month", b.month(t), "Year", t.Year(), "Clock", b.clock(t), "Zone", b.Number(zoneText(t)))
}

func (b *Book) clock(t time.Time) string {
	if t.Second() != 0 {
		return b.Number(t.Format("15:04:05"))
	}
	return b.Number(t.Format("15:04"))
}

func zoneText(t time.Time) string {
	zone := t.Format("MST")
	if zone == "" || strings.ContainsAny(zone[:1], "+-") {
		return "UTC" + t.Format("-07:00")
	}
	return zone
}

// Day gives the day of a moment, in the zone of the book; in UTC where the time
// of capitals is told beside it.
func (b *Book) Day(i record.Instant) string {
	if len(b.look.Capitals) > 0 {
		return b.day(i.Time())
	}
	return b.day(i.Time().In(b.zone))
}

func (b *Book) day(t time.Time) string {
	if b.look.Calendar == Hijri {
		return b.hijriDay(t)
	}
	s := b.T("time.day", "Day", t.Day(), "Month", b.month(t), "Year", t.Year())
	if b.look.Calendar == Both {
		s = b.T("time.by-both", "Day", s, "Hijri", b.hijriDay(t))
	}
	return s
}

// wholeMonth gives a month of the Gregorian calendar, which is no month of the
// other.
func (b *Book) wholeMonth(from, last time.Time) string {
	days := func() string { return b.T("time.between", "From", b.hijriDay(from), "To", b.hijriDay(last)) }
	if b.look.Calendar == Hijri {
		return days()
	}
	s := b.T("time.month", "Month", b.month(from), "Year", from.Year())
	if b.look.Calendar == Both {
		s = b.T("time.by-both", "Day", s, "Hijri", days())
	}
	return s
}
