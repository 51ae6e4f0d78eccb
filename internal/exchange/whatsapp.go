package exchange

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// DateOrder is the order of day and month in a WhatsApp export, which follows the
// phone's settings.
type DateOrder string

// The orders. What begins with a year of four digits needs none.
const (
	AnyDates DateOrder = "" // as the file shows, if it does
	DayMonth DateOrder = "dmy"
	MonthDay DateOrder = "mdy"
)

// header is what stands before each message: [26/05/2025, 12:15:03] on one
// make of phone, 26/05/2025, 12:15 - on the other, with the separators and the
// clock of the phone's region.
var header = regexp.MustCompile(`^(\[)?(\d{1,4})([./-])(\d{1,2})[./-](\d{2,4})\.?,? ?(?:\w+ )?(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: ?([AaPp])\.? ?[Mm]\.?)?(\] ?| - )`)

// stamp is a header as written.
type stamp struct {
	n         int
	bracket   bool
	dates     [3]int
	yearFirst bool
	clock     [3]int
	seconds   bool
	wall      string // the header, cleaned
	rest      string // what stands behind it
}

// headerRunes is how far into a line a header can reach.
const headerRunes = 64

// readStamp reads the header of a line. Marks of direction are skipped, and
// the digits, spaces and signs of other scripts are read as ours; what stands
// behind the header is left as it is.
func readStamp(n int, line string) (stamp, bool) {
	var clean strings.Builder
	var origin []int // place in line of each byte of clean
	runes := 0
	for i, r := range line {
		if runes++; runes > headerRunes {
			break
		}
		s := plainRune(r)
		for range len(s) {
			origin = append(origin, i)
		}
		clean.WriteString(s)
	}
	origin = append(origin, len(line))
	m := header.FindStringSubmatchIndex(clean.String())
	if m == nil {
		return stamp{}, false
	}
	part := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return clean.String()[m[2*i]:m[2*i+1]]
	}
	number := func(i int) int {
		v, _ := strconv.Atoi(part(i)) // digits, by the pattern, or nothing
		return v
	}
	s := stamp{
		n: n, bracket: part(1) != "", dates: [3]int{number(2), number(4), number(5)}, yearFirst: len(part(2)) == 4,
		clock: [3]int{number(6), number(7), number(8)}, seconds: part(8) != "", wall: part(0),
	}
	if s.bracket != strings.HasPrefix(part(10), "]") || !s.yearFirst && len(part(2)) > 2 || len(part(5)) == 3 {
		return stamp{}, false
	}
	switch strings.ToLower(part(9)) {
	case "a":
		if s.clock[0] == 12 {
			s.clock[0] = 0
		}
	case "p":
		if s.clock[0] < 12 {
			s.clock[0] += 12
		}
	}
	s.rest = rest(line, clean.String(), origin, m[1])
	return s, true
}

// rest gives what stands in line behind the header that ends at end in clean.
func rest(line, clean string, origin []int, end int) string {
	if end >= len(clean) && origin[end] == len(line) {
		return ""
	}
	return line[origin[end]:]
}

// plainRune gives a rune of a header as we write it.
func plainRune(r rune) string {
	switch {
	case isBidi(r):
		return ""
	case r >= '٠' && r <= '٩':
		return string('0' + r - '٠')
	case r >= '۰' && r <= '۹':
		return string('0' + r - '۰')
	case r == '،':
		return ","
	case r == '\u00a0' || r == '\u202f':
		return " "
	case r == 'ص':
		return "AM"
	case r == 'م':
		return "PM"
	case r == '–' || r == '—':
		return "-"
	}
	return string(r)
}

// WhatsApp reads WhatsApp's text export of a chat. Its times have no zone, so
// the zone of the phone that wrote it must be given.
func WhatsApp(r io.Reader, zone *time.Location, dates DateOrder) (Chat, error) {
	c := Chat{What: "chat export"}
	var stamps []stamp
	bytes := 0
	err := eachLine(r, func(n int, line string) error {
		s, ok := readStamp(n, line)
		switch {
		case ok && (len(stamps) == 0 || s.bracket == stamps[0].bracket):
			if len(stamps) >= MaxMessages {
				return at(n, fault.Limit, "exchange.many", "export the chat in parts, and import them under the same label", "more than %d messages", MaxMessages)
			}
			stamps, bytes = append(stamps, s), len(s.rest)
		case len(stamps) == 0 && strings.TrimSpace(line) == "":
		case len(stamps) == 0:
			return at(n, fault.Malformed, "exchange.whatsapp", "export the chat from WhatsApp without media, and import the text file; other tables go in as CSV", "no line of a WhatsApp export begins like this")
		default:
			if bytes += len(line) + 1; bytes > 2*wire.MaxText {
				return at(n, fault.Limit, "exchange.text", "shorten it, or leave it out and keep it as a file", "a message that began on line %d is too long", stamps[len(stamps)-1].n)
			}
			last := &stamps[len(stamps)-1]
			last.rest += "\n" + line
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	if dates, err = orderOf(stamps, dates); err != nil {
		return c, err
	}
	for _, s := range stamps {
		if err := c.whatsapp(s, dates, zone); err != nil {
			return c, err
		}
	}
	return c, c.inOrder()
}

// orderOf finds the order of day and month from the whole file, and refuses to
// guess where nothing in it tells.
func orderOf(stamps []stamp, dates DateOrder) (DateOrder, error) {
	const hint = "say which with --dates dmy or --dates mdy"
	switch dates {
	case AnyDates, DayMonth, MonthDay:
	default:
		return "", fault.New(fault.Malformed, "exchange.dates", "use dmy or mdy", "%.40q is not an order of dates", string(dates))
	}
	var day, month, unclear int // the first line that shows each
	for _, s := range stamps {
		a, b := s.dates[0], s.dates[1]
		switch {
		case s.yearFirst || a == b:
		case a > 12 && day == 0:
			day = s.n
		case b > 12 && month == 0:
			month = s.n
		case a <= 12 && b <= 12 && unclear == 0:
			unclear = s.n
		}
	}
	switch {
	case day != 0 && month != 0:
		return "", fault.New(fault.Malformed, "exchange.dates-mixed", "export the chat again: one export has one order", "line %d has the day first and line %d the month", day, month)
	case day != 0 && dates == MonthDay:
		return "", at(day, fault.Malformed, "exchange.dates-not", "say --dates dmy", "this date has no month %d", stampAt(stamps, day).dates[0])
	case month != 0 && dates == DayMonth:
		return "", at(month, fault.Malformed, "exchange.dates-not", "say --dates mdy", "this date has no month %d", stampAt(stamps, month).dates[1])
	case dates != AnyDates:
		return dates, nil
	case month != 0:
		return MonthDay, nil
	case day != 0 || unclear == 0:
		return DayMonth, nil
	}
	s := stampAt(stamps, unclear)
	return "", at(unclear, fault.Malformed, "exchange.dates-unclear", hint, "nothing in the file shows whether %d/%d is day and month or month and day", s.dates[0], s.dates[1])
}

func stampAt(stamps []stamp, n int) stamp {
	for _, s := range stamps {
		if s.n == n {
			return s
		}
	}
	return stamp{}
}

// whatsapp adds the message of one header.
func (c *Chat) whatsapp(s stamp, dates DateOrder, zone *time.Location) error {
	y, m, d := s.dates[2], s.dates[1], s.dates[0]
	switch {
	case s.yearFirst:
		y, d = s.dates[0], s.dates[2]
	case dates == MonthDay:
		m, d = s.dates[0], s.dates[1]
	}
	if y < 100 {
		y += 2000
	}
	said, err := wallTime(s.n, [6]int{y, m, d, s.clock[0], s.clock[1], s.clock[2]}, zone)
	if err != nil {
		return err
	}
	name, words, ok := cutName(s.rest)
	own := strings.HasPrefix(words, "\u200e") // WhatsApp's own words, on phones that write brackets
	words = strings.TrimLeft(words, "\u200e\u200f")
	if !ok || own && strings.HasPrefix(words, "Messages and calls are end-to-end encrypted") {
		c.Left = append(c.Left, Left{s.n, "system"})
		return nil
	}
	words, mark := markOf(words)
	c.Lines = append(c.Lines, Line{
		N: s.n, From: name, Wall: s.wall, Said: said, Text: words, Mark: mark, App: own,
		Form: record.Text, Fidelity: record.Verbatim, Evidence: record.Recording,
	})
	return nil
}

// cutName splits "Name: words". Words may be empty or begin on the next line.
func cutName(s string) (name, words string, ok bool) {
	first, _, _ := strings.Cut(s, "\n")
	if i := strings.Index(first, ": "); i > 0 {
		return s[:i], s[i+2:], plainName(s[:i]) != ""
	}
	if name, found := strings.CutSuffix(first, ":"); found && name != "" {
		return name, strings.TrimPrefix(s[len(first):], "\n"), plainName(name) != ""
	}
	return "", "", false
}

// markOf gives what WhatsApp itself says of a message, in English exports; in
// others its words stay in the text. The mark of an edit is taken off.
func markOf(words string) (string, Mark) {
	bare := strings.Map(func(r rune) rune {
		if isBidi(r) {
			return -1
		}
		return r
	}, words)
	bare = strings.TrimSpace(bare)
	if strings.HasSuffix(bare, "<This message was edited>") {
		i := strings.LastIndex(words, "<This message was edited>")
		return strings.TrimRight(words[:i], " \u200e\u200f"), Edited
	}
	switch strings.TrimSuffix(bare, ".") {
	case "This message was deleted", "You deleted this message", "This message was deleted by admin":
		return words, Deleted
	case "<Media omitted>", "image omitted", "video omitted", "audio omitted", "sticker omitted", "GIF omitted", "Contact card omitted", "document omitted", "video note omitted":
		return words, Media
	}
	if strings.HasPrefix(bare, "<attached: ") || strings.HasSuffix(bare, "(file attached)") || strings.HasSuffix(bare, " document omitted") {
		return words, Media
	}
	return words, ""
}

// wallTime gives when a clock in zone showed that. In the hour that a zone has
// twice it gives both.
func wallTime(n int, v [6]int, zone *time.Location) (record.Interval, error) {
	t := time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, zone)
	same := func(t time.Time) bool {
		return t.Year() == v[0] && int(t.Month()) == v[1] && t.Day() == v[2] && t.Hour() == v[3] && t.Minute() == v[4] && t.Second() == v[5]
	}
	utc := time.Date(v[0], time.Month(v[1]), v[2], v[3], v[4], v[5], 0, time.UTC)
	switch {
	case !same(utc):
		return record.Interval{}, at(n, fault.Malformed, "exchange.date", "check the order of day and month (--dates)", "there is no such date or time")
	case !same(t):
		return record.Interval{}, at(n, fault.Malformed, "exchange.zone-gap", "check --zone", "clocks in %s skipped that time", zone)
	case v[0] < 2000 || v[0] > 2200:
		return record.Interval{}, at(n, fault.Malformed, "exchange.year", "check that the file is by the Gregorian calendar", "the year %d", v[0])
	}
	out := record.Interval{From: record.At(t), To: record.At(t), Zone: zone.String()}
	for _, d := range []time.Duration{-time.Hour, time.Hour} {
		if u := t.Add(d); same(u) {
			out.From, out.To = min(out.From, record.At(u)), max(out.To, record.At(u))
		}
	}
	return out, nil
}
