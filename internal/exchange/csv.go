package exchange

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// columns are those of a table, those that must be there first.
var columns = [...]string{"when", "from", "to", "text", "form", "fidelity", "evidence", "lang"}

const needed = 4

// CSV reads a table of messages. Its first row names the columns, in any
// order: when, from, to, text, and as wanted form, fidelity, evidence, lang.
// A time without a zone of its own is in zone.
func CSV(r io.Reader, zone *time.Location) (Chat, error) {
	c := Chat{What: "table"}
	b, err := all(r)
	if err != nil {
		return c, err
	}
	in := csv.NewReader(bytes.NewReader(b))
	in.ReuseRecord = true
	head, _, _ := bytes.Cut(b, []byte("\n"))
	if !bytes.Contains(head, []byte(",")) && bytes.Contains(head, []byte(";")) {
		in.Comma = ';' // as spreadsheets write it where the comma is for decimals
	}
	place, err := heading(in)
	if err != nil {
		return c, err
	}
	for {
		row, err := in.Read()
		if err == io.EOF {
			return c, c.inOrder()
		}
		if err != nil {
			return c, badCSV(err)
		}
		n, _ := in.FieldPos(0)
		cell := map[string]string{}
		for i, name := range place {
			if len(row[i]) > wire.MaxText {
				return c, at(n, fault.Limit, "exchange.text", "shorten it, or leave it out and keep it as a file", "a cell of %d bytes, where at most %d are allowed", len(row[i]), wire.MaxText)
			}
			cell[name] = row[i]
		}
		if err := c.row(n, cell, zone); err != nil {
			return c, err
		}
	}
}

func badCSV(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return fault.Wrap(p.Err, fault.Malformed, "exchange.csv", "every row needs as many cells as the first; quotes within a cell are doubled", "line %d: not a row of the table", p.Line)
	}
	return fault.Wrap(err, fault.Malformed, "exchange.csv", "", "not a table")
}

// heading reads the first row and gives the columns in their order.
func heading(in *csv.Reader) ([]string, error) {
	row, err := in.Read()
	if err == io.EOF {
		return nil, fault.New(fault.Malformed, "exchange.empty", "check that this is the right file and the right kind of import", "there is nothing in the file")
	}
	if err != nil {
		return nil, badCSV(err)
	}
	bad := func(text string, args ...any) error {
		return at(1, fault.Malformed, "exchange.csv-column", "", text, args...).
			WithHint("name the columns %s in the first row; %s may be there as well", strings.Join(columns[:needed], ", "), strings.Join(columns[needed:], ", "))
	}
	var out []string
	for _, s := range row {
		name := strings.ToLower(strings.TrimSpace(s))
		if !slices.Contains(columns[:], name) {
			return nil, bad("%q is not a column", short(s))
		}
		if slices.Contains(out, name) {
			return nil, bad("the column %s stands there twice", name)
		}
		out = append(out, name)
	}
	for _, name := range columns[:needed] {
		if !slices.Contains(out, name) {
			return nil, bad("there is no column %s", name)
		}
	}
	return out, nil
}

func (c *Chat) row(n int, cell map[string]string, zone *time.Location) error {
	if err := c.room(n); err != nil {
		return err
	}
	said, err := tableTime(n, strings.TrimSpace(cell["when"]), zone)
	if err != nil {
		return err
	}
	l := Line{
		N: n, From: cell["from"], To: cell["to"], Wall: strings.TrimSpace(cell["when"]), Said: said, Text: cell["text"], Lang: cell["lang"],
		Form: record.Form(cell["form"]), Fidelity: record.Fidelity(cell["fidelity"]), Evidence: record.EvidenceKind(cell["evidence"]),
	}
	if plainName(l.From) == "" || plainName(l.To) == "" || strings.TrimSpace(l.Text) == "" {
		return at(n, fault.Malformed, "exchange.csv-cell", "fill in when, from, to and text", "a cell is empty that may not be")
	}
	if l.Form == "" {
		l.Form = record.Text
	}
	if l.Fidelity == "" {
		if l.Fidelity = record.Paraphrase; l.Form == record.Text {
			l.Fidelity = record.Verbatim
		}
	}
	switch l.Evidence {
	case "":
		l.Evidence = record.Recollected
	case record.SignedPaper, record.UnsignedDoc, record.Recording, record.Recollected:
	default:
		return at(n, fault.Malformed, "exchange.csv-evidence", "use signed-paper, paper, recording or memory", "%q is not a sort of evidence", short(string(l.Evidence)))
	}
	if len(l.Lang) > wire.MaxName {
		return at(n, fault.Limit, "exchange.csv-lang", "write it as in en or ar", "a language of %d bytes", len(l.Lang))
	}
	c.Lines = append(c.Lines, l)
	return nil
}

// tableTime reads the time of a row. Only forms that mean one thing everywhere
// are taken: 26/05 and 05/26 are refused.
func tableTime(n int, s string, zone *time.Location) (record.Interval, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1900 && t.Year() <= 2200 {
			name := t.Format("-07:00")
			if _, offset := t.Zone(); offset == 0 {
				name = "UTC"
			}
			return record.Interval{From: record.At(t), To: record.At(t), Zone: name}, nil
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		v, err := wallTime(n, [6]int{t.Year(), int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()}, zone)
		if err == nil && layout == "2006-01-02" {
			v.To = record.At(time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone)) - 1
		}
		return v, err
	}
	return record.Interval{}, at(n, fault.Malformed, "exchange.csv-time", "write it as in 2025-05-26 14:00, 2025-05-26T14:00+03:00 or 2025-05-26", "%q is not a time that means one thing everywhere", short(s))
}
