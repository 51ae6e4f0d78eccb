package cli

import (
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// layout is a way to write a time, and how long what it names lasts.
type layout struct {
	text  string
	until func(time.Time) time.Time // the first moment after it; nil for a moment
}

func layouts() []layout {
	day := func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }
	month := func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }
	year := func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }
	return []layout{
		{time.RFC3339, nil}, {"2006-01-02T15:04Z07:00", nil}, {"2006-01-02 15:04Z07:00", nil},
		{"2006-01-02T15:04:05", nil}, {"2006-01-02 15:04:05", nil}, {"2006-01-02T15:04", nil}, {"2006-01-02 15:04", nil},
		{"2 January 2006 15:04", nil}, {"2 Jan 2006 15:04", nil},
		{"2006-01-02", day}, {"2 January 2006", day}, {"2 Jan 2006", day},
		{"2006-01", month}, {"January 2006", month}, {"Jan 2006", month},
		{"2006", year},
	}
}

// when reads a time as people know it: a moment, a day, a month, a year, or
// from one to another ("2 May 2025 .. 5 May 2025"). What has no zone of its
// own is in loc.
func when(s string, loc *time.Location) (record.Interval, error) {
	if from, to, ok := strings.Cut(s, ".."); ok {
		a, err := when(from, loc)
		if err != nil {
			return record.Interval{}, err
		}
		b, err := when(to, loc)
		if err != nil {
			return record.Interval{}, err
		}
		v := record.Interval{From: a.From, To: b.To, Zone: a.Zone}
		return v, v.Check()
	}
	s = record.Digits(strings.TrimSpace(s))
	for _, l := range layouts() {
		t, err := time.ParseInLocation(l.text, s, loc)
		if err != nil {
			continue
		}
		v := record.Interval{From: record.At(t), To: record.At(t), Zone: zoneName(t)}
		if l.until != nil {
			v.To = record.At(l.until(t)) - 1
		}
		return v, nil
	}
	return record.Interval{}, fault.New(fault.Malformed, "cli.when",
		"write it as in 2025-05-26T14:00+03:00, \"2025-05-26 14:00\", 2025-05-26, \"26 May 2025\", \"April 2025\", or from one to another with ..",
		"%q is not a time", s)
}

// moment reads a time and gives its end: as it stood "in April" is as it stood
// when April was over.
func moment(s string, loc *time.Location) (record.Instant, error) {
	if s == "" {
		return 0, nil
	}
	v, err := when(s, loc)
	return v.To, err
}

// zoneName writes a time's zone as case files do: an offset, or UTC.
func zoneName(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return "UTC"
	}
	return t.Format("-07:00")
}
