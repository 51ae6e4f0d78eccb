package exchange

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// signalMessage is what is read of a row of Signal Desktop's messages. Tools
// that export it keep these names; the author's stands under one of several.
type signalMessage struct {
	Type          string            `json:"type"`
	SentAt        json.Number       `json:"sent_at"`
	Timestamp     json.Number       `json:"timestamp"`
	Author        string            `json:"author"`
	Source        string            `json:"source"`
	SourceService string            `json:"sourceServiceId"`
	SourceUUID    string            `json:"sourceUuid"`
	Body          *string           `json:"body"`
	Attachments   []json.RawMessage `json:"attachments"`
	Deleted       bool              `json:"deletedForEveryone"`
	Edits         []json.RawMessage `json:"editHistory"`
}

// Signal reads messages of Signal Desktop as JSON: a list of them, an object
// with a list under "messages", or one a line. Zone is for showing only: the
// times are exact.
func Signal(r io.Reader, zone *time.Location) (Chat, error) {
	c := Chat{What: "chat export", Mine: true}
	b, err := all(r)
	if err != nil {
		return c, err
	}
	err = elements(b, "messages", func(n int, raw json.RawMessage) error {
		var m signalMessage
		if err := json.Unmarshal(raw, &m); err != nil {
			return badJSON(n, raw, err)
		}
		if m.Type != "incoming" && m.Type != "outgoing" {
			why := m.Type
			if why == "" {
				return at(n, fault.Malformed, "exchange.signal-type", "give each message its \"type\": \"incoming\" or \"outgoing\"", "a message without a type")
			}
			c.Left = append(c.Left, Left{n, short(why)})
			return nil
		}
		return c.signal(n, m, zone)
	})
	if err != nil {
		return c, err
	}
	return c, c.inOrder()
}

func (c *Chat) signal(n int, m signalMessage, zone *time.Location) error {
	if err := c.room(n); err != nil {
		return err
	}
	wall := m.SentAt.String()
	if wall == "" {
		wall = m.Timestamp.String()
	}
	ms, err := strconv.ParseInt(wall, 10, 64)
	t := time.UnixMilli(ms).In(zone)
	if err != nil || t.Year() < 2010 || t.Year() > 2200 {
		return at(n, fault.Malformed, "exchange.signal-time", "give \"sent_at\" or \"timestamp\" in milliseconds since 1970", "%q is not the time of a message", short(wall))
	}
	l := Line{
		N: n, Own: m.Type == "outgoing", Wall: wall, Form: record.Text, Fidelity: record.Verbatim, Evidence: record.Recording,
		Said: record.Interval{From: record.Instant(ms), To: record.Instant(ms), Zone: zone.String()},
	}
	for _, s := range []string{m.Author, m.Source, m.SourceService, m.SourceUUID} {
		if l.From == "" {
			l.From = s
		}
	}
	if l.From == "" && !l.Own {
		return at(n, fault.Malformed, "exchange.signal-author", "give it under \"author\", \"source\" or \"sourceServiceId\"", "an incoming message without its author")
	}
	if m.Body != nil {
		l.Text = *m.Body
	}
	switch {
	case m.Deleted:
		l.Mark = Deleted
	case len(m.Edits) > 0:
		l.Mark = Edited
	case len(m.Attachments) > 0:
		l.Mark = Media
	}
	if l.Text == "" && l.Mark == "" {
		c.Left = append(c.Left, Left{n, "empty"})
		return nil
	}
	c.Lines = append(c.Lines, l)
	return nil
}

// elements gives the objects of a JSON file with their lines: of a list, of
// the list under key in an object, or one behind another.
func elements(b []byte, key string, each func(n int, raw json.RawMessage) error) error {
	w := walker{b: b, dec: json.NewDecoder(bytes.NewReader(b)), line: 1}
	switch w.peek() {
	case 0:
		return fault.New(fault.Malformed, "exchange.empty", "check that this is the right file and the right kind of import", "there is nothing in the file")
	case '[':
		if err := w.list(each); err != nil {
			return err
		}
		return w.end()
	}
	found, err := w.underKey(key, each)
	if err != nil {
		return err
	}
	if found {
		return w.end()
	}
	w = walker{b: b, dec: json.NewDecoder(bytes.NewReader(b)), line: 1}
	for w.peek() != 0 {
		if err := w.one(each); err != nil {
			return err
		}
	}
	return nil
}

// walker goes through a JSON file and counts lines.
type walker struct {
	b    []byte
	dec  *json.Decoder
	at   int // bytes that line counts
	line int
}

// peek gives the next byte that is neither space nor a separator, or 0, and
// moves the count of lines there.
func (w *walker) peek() byte {
	i := int(w.dec.InputOffset())
	for i < len(w.b) && bytes.IndexByte([]byte(" \t\r\n,:"), w.b[i]) >= 0 {
		i++
	}
	w.count(i)
	if i == len(w.b) {
		return 0
	}
	return w.b[i]
}

func (w *walker) count(to int) {
	if to > w.at {
		w.line += bytes.Count(w.b[w.at:to], []byte("\n"))
		w.at = to
	}
}

func (w *walker) bad(err error) error {
	w.count(min(int(w.dec.InputOffset()), len(w.b)))
	var s *json.SyntaxError
	if errors.As(err, &s) {
		w.count(min(int(s.Offset), len(w.b)))
	}
	return fault.Wrap(err, fault.Malformed, "exchange.json", "export it again, or mend the JSON there", "line %d: not JSON", w.line)
}

func (w *walker) one(each func(n int, raw json.RawMessage) error) error {
	var raw json.RawMessage
	w.peek()
	n := w.line
	if err := w.dec.Decode(&raw); err != nil {
		return w.bad(err)
	}
	if len(raw) == 0 || raw[0] != '{' {
		return at(n, fault.Malformed, "exchange.json-object", "give a list of objects, or one object a line", "not a JSON object")
	}
	return each(n, raw)
}

func (w *walker) list(each func(n int, raw json.RawMessage) error) error {
	if _, err := w.dec.Token(); err != nil {
		return w.bad(err)
	}
	for w.dec.More() {
		if err := w.one(each); err != nil {
			return err
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return w.bad(err)
	}
	return nil
}

// underKey goes through the list under key of the object that comes next.
func (w *walker) underKey(key string, each func(n int, raw json.RawMessage) error) (found bool, err error) {
	if _, err := w.dec.Token(); err != nil {
		return false, w.bad(err)
	}
	if w.b[w.at] != '{' {
		return false, at(w.line, fault.Malformed, "exchange.json-object", "give a list of objects, or one object a line", "not a JSON object")
	}
	for w.dec.More() {
		name, err := w.dec.Token()
		if err != nil {
			return found, w.bad(err)
		}
		if name == key && w.peek() == '[' {
			if found {
				return true, at(w.line, fault.Malformed, "exchange.json-twice", "export it again", "%q stands there twice", key)
			}
			found = true
			if err := w.list(each); err != nil {
				return true, err
			}
			continue
		}
		var skip json.RawMessage
		if err := w.dec.Decode(&skip); err != nil {
			return found, w.bad(err)
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return found, w.bad(err)
	}
	return found, nil
}

func (w *walker) end() error {
	if w.peek() != 0 {
		return at(w.line, fault.Malformed, "exchange.json-behind", "export it again", "something stands behind the end")
	}
	return nil
}

// badJSON tells which field of an object does not fit.
func badJSON(n int, raw []byte, err error) error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		n += bytes.Count(raw[:min(int(t.Offset), len(raw))], []byte("\n"))
		return at(n, fault.Malformed, "exchange.json-field", "compare it with docs/exchange.md", "%q is a %s, and something else is expected", t.Field, t.Value)
	}
	return fault.Wrap(err, fault.Malformed, "exchange.json-field", "compare it with docs/exchange.md", "line %d: an object that does not fit", n)
}
