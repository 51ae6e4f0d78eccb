package casefile

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/record"
)

// dateHint is the remedy for every time that cannot be read.
const dateHint = "write a time as 2025-05-12 18:10, with +03:00 behind it if it is in another zone than the clock"

// zone is an offset from UTC. Names of zones are not read: what they mean
// changes from year to year and from machine to machine.
type zone struct {
	name string // "+03:00" or "UTC"
	loc  *time.Location
}

func parseZone(s string) (zone, bool) {
	if s == "UTC" || s == "Z" {
		return zone{"UTC", time.UTC}, true
	}
	t, err := time.Parse("-07:00", s)
	if err != nil || len(s) != 6 {
		return zone{}, false
	}
	_, offset := t.Zone()
	if offset < -14*3600 || offset > 14*3600 {
		return zone{}, false
	}
	return zone{s, time.FixedZone(s, offset)}, true
}

// looksLikeZone reports whether s was meant for a zone.
func looksLikeZone(s string) bool {
	return s == "UTC" || s == "Z" || len(s) > 1 && (s[0] == '+' || s[0] == '-') && s[1] >= '0' && s[1] <= '9'
}

// cursor walks the tokens of a statement.
type cursor struct {
	tokens []token
	next   int
	line   int // of the token taken last
}

func (c *cursor) peek() (token, bool) {
	if c.next < len(c.tokens) {
		return c.tokens[c.next], true
	}
	return token{}, false
}

func (c *cursor) take() (token, bool) {
	t, ok := c.peek()
	if ok {
		c.next++
		c.line = t.line
	}
	return t, ok
}

// takeWord takes the next token if it is a word that ok accepts.
func (c *cursor) takeWord(ok func(string) bool) (string, bool) {
	t, there := c.peek()
	if !there || t.kind != tokWord || !ok(t.text) {
		return "", false
	}
	c.take()
	return t.text, true
}

// moment reads a date, a time and perhaps a zone. Day is where a time without
// a date falls; zero if it must have one.
func (c *cursor) moment(z zone, day time.Time) (time.Time, zone, error) {
	date, ok := c.takeWord(func(s string) bool { return strings.Contains(s, "-") && !looksLikeZone(s) })
	if !ok {
		if t, there := c.peek(); day.IsZero() || there && t.kind == tokWord && !strings.Contains(t.text, ":") {
			c.take()
			return time.Time{}, z, wrong("time", dateHint, "%s is not a date", shown(t, there))
		}
		date = day.Format(time.DateOnly)
	}
	clock, ok := c.takeWord(func(s string) bool { return strings.Contains(s, ":") && !looksLikeZone(s) })
	if !ok {
		return time.Time{}, z, wrong("time", dateHint, "the date %s has no time of day", date)
	}
	if own, given, err := c.zone(); err != nil {
		return time.Time{}, z, err
	} else if given {
		z = own
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", date+" "+clock, z.loc)
	if err != nil {
		t, err = time.ParseInLocation("2006-01-02 15:04:05", date+" "+clock, z.loc)
	}
	if err != nil || !sensible(t) {
		return time.Time{}, z, wrong("time", dateHint, "%q is not a time", date+" "+clock)
	}
	return t, z, nil
}

// zone takes a zone if one stands next.
func (c *cursor) zone() (zone, bool, error) {
	s, ok := c.takeWord(looksLikeZone)
	if !ok {
		return zone{}, false, nil
	}
	z, ok := parseZone(s)
	if !ok {
		return zone{}, false, wrong("zone", "write it as +03:00, -05:30 or UTC", "%q is not a zone", s)
	}
	return z, true, nil
}

// interval reads when something was said: a moment, a day, a month ("April
// 2025" or 2025-04), or two of these with .. between them.
func (c *cursor) interval(z zone) (record.Interval, error) {
	from, to, z, err := c.span(z)
	if err != nil {
		return record.Interval{}, err
	}
	if _, ok := c.takeWord(func(s string) bool { return s == ".." }); ok {
		if _, to, z, err = c.span(z); err != nil {
			return record.Interval{}, err
		}
	}
	v := record.Interval{From: record.At(from), To: record.At(to), Zone: z.name}
	return v, v.Check()
}

// span reads one end of an interval as the first and the last moment of it.
func (c *cursor) span(z zone) (from, to time.Time, in zone, err error) {
	t, ok := c.peek()
	if !ok || t.kind != tokWord {
		return from, to, z, wrong("time", "write a time, a day, 2025-04 or April 2025", "%s is not a time", shown(t, ok))
	}
	if month, err := time.Parse("January", t.text); err == nil {
		c.take()
		year, there := c.take()
		n, err := strconv.Atoi(year.text)
		from = time.Date(n, month.Month(), 1, 0, 0, 0, 0, z.loc)
		if !there || err != nil || !sensible(from) {
			return from, to, z, wrong("time", "write the year behind the month, as in April 2025", "%s is not a year", shown(year, there))
		}
		return c.whole(from, from.AddDate(0, 1, 0), z)
	}
	if month, err := time.ParseInLocation("2006-01", t.text, z.loc); err == nil && sensible(month) {
		c.take()
		return c.whole(month, month.AddDate(0, 1, 0), z)
	}
	if c.next+1 >= len(c.tokens) || !strings.Contains(c.tokens[c.next+1].text, ":") || looksLikeZone(c.tokens[c.next+1].text) {
		c.take()
		day, err := time.ParseInLocation(time.DateOnly, t.text, z.loc)
		if err != nil || !sensible(day) {
			return from, to, z, wrong("time", "write a time, a day, 2025-04 or April 2025", "%q is not a time", t.text)
		}
		return c.whole(day, day.AddDate(0, 0, 1), z)
	}
	from, z, err = c.moment(z, time.Time{})
	return from, from, z, err
}

// whole gives the span from the start of from to the last millisecond before
// end, in the zone that stands behind it if one does.
func (c *cursor) whole(from, end time.Time, z zone) (time.Time, time.Time, zone, error) {
	own, given, err := c.zone()
	if err != nil {
		return from, end, z, err
	}
	if given {
		_, was := from.Zone()
		_, is := from.In(own.loc).Zone()
		shift := time.Duration(was-is) * time.Second
		from, end, z = from.Add(shift), end.Add(shift), own
	}
	return from, end.Add(-time.Millisecond), z, nil
}

// sensible refuses years that can only be mistakes.
func sensible(t time.Time) bool { return t.Year() >= 1900 && t.Year() < 2200 }

func shown(t token, there bool) string {
	switch {
	case !there:
		return "the end of the statement"
	case t.kind == tokText:
		return "a text in quotes"
	}
	return fmt.Sprintf("%q", t.text)
}
