package cli

import (
	"encoding/json"
	"io"
	"os"
	"strings"
	"time"
	_ "time/tzdata" // zones by name, on machines that have no list of them

	"backchannel/internal/desk"
	"backchannel/internal/exchange"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// importCmd holds what takes files in.
type importCmd struct {
	WhatsApp importWhatsAppCmd `cmd:"" name:"whatsapp"`
	Signal   importSignalCmd   `cmd:""`
	CSV      importCSVCmd      `cmd:"" name:"csv"`
	JSON     importJSONCmd     `cmd:"" name:"json"`
	Undo     importUndoCmd     `cmd:""`
}

// importing is what every import is told.
type importing struct {
	File      string      `arg:"" placeholder:"FILE"`
	Label     record.Name `required:"" placeholder:"NAME"`
	Person    []string    `placeholder:"\"DISPLAY NAME=NAME\"" sep:"none"`
	HeardFrom record.Name `placeholder:"NAME"`
	Commit    bool
}

// chatting is what an import of a chat is told besides.
type chatting struct {
	Skip []string    `placeholder:"\"DISPLAY NAME\"" sep:"none"`
	To   record.Name `placeholder:"NAME"`
}

func (i importing) order(c chatting) (exchange.Order, error) {
	o := exchange.Order{Label: i.Label, People: map[string]record.Name{}, Skip: c.Skip, To: c.To, HeardFrom: i.HeardFrom}
	for _, s := range i.Person {
		at := strings.LastIndexByte(s, '=') // names here have none, those in a file may
		if at < 1 {
			return o, fault.New(fault.Malformed, "cli.import-person", "write it as in --person \"Name in the file=envoy\"", "%q does not say who somebody is", s)
		}
		o.People[s[:at]] = record.Name(s[at+1:])
	}
	return o, nil
}

// importZone reads a zone: an offset or a name. The machine's own is not
// taken for it, since the file may come from a phone elsewhere.
func importZone(s string) (*time.Location, error) {
	if t, err := time.Parse("-07:00", s); err == nil {
		_, offset := t.Zone()
		return time.FixedZone(s, offset), nil
	}
	if z, err := time.LoadLocation(s); err == nil && s != "" && !strings.EqualFold(s, "local") {
		return z, nil
	}
	return nil, fault.New(fault.Malformed, "cli.zone", "say where the phone was: Europe/Berlin, +03:00 or UTC", "%q is not a zone", s)
}

// importWhatsAppCmd takes in WhatsApp's text export.
type importWhatsAppCmd struct {
	importing
	chatting
	Zone  string             `required:"" placeholder:"ZONE"`
	Dates exchange.DateOrder `enum:",dmy,mdy" default:"" placeholder:"ORDER"`
}

// Run shows what it would add, or adds it.
func (c *importWhatsAppCmd) Run(a *app) error {
	zone, err := importZone(c.Zone)
	if err != nil {
		return err
	}
	return a.importChat(c.importing, c.chatting, func(r io.Reader) (exchange.Chat, error) { return exchange.WhatsApp(r, zone, c.Dates) })
}

// importSignalCmd takes in messages of Signal Desktop.
type importSignalCmd struct {
	importing
	chatting
	Zone string `default:"UTC" placeholder:"ZONE"`
}

// Run shows what it would add, or adds it.
func (c *importSignalCmd) Run(a *app) error {
	zone, err := importZone(c.Zone)
	if err != nil {
		return err
	}
	return a.importChat(c.importing, c.chatting, func(r io.Reader) (exchange.Chat, error) { return exchange.Signal(r, zone) })
}

// importCSVCmd takes in a table.
type importCSVCmd struct {
	importing
	chatting
	Zone string `required:"" placeholder:"ZONE"`
}

// Run shows what it would add, or adds it.
func (c *importCSVCmd) Run(a *app) error {
	zone, err := importZone(c.Zone)
	if err != nil {
		return err
	}
	return a.importChat(c.importing, c.chatting, func(r io.Reader) (exchange.Chat, error) { return exchange.CSV(r, zone) })
}

func (a *app) importChat(i importing, ch chatting, read func(io.Reader) (exchange.Chat, error)) error {
	o, err := i.order(ch)
	if err != nil {
		return err
	}
	c, err := readFile(i.File, read)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, clocks{})
		if err != nil {
			return err
		}
		in, err := c.Drafts(s.record, s.now, o)
		if err != nil {
			return err
		}
		for _, n := range c.Backwards {
			a.note("cli.import.backwards", "Line", n)
		}
		return a.takeIn(h, i, in)
	})
}

// importJSONCmd takes in the export of another desk.
type importJSONCmd struct {
	importing
	Texts bool
}

// Run shows what it would add, or adds it.
func (c *importJSONCmd) Run(a *app) error {
	o, err := c.order(chatting{})
	if err != nil {
		return err
	}
	f, err := readFile(c.File, exchange.ReadRecord)
	if err != nil {
		return err
	}
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, clocks{})
		if err != nil {
			return err
		}
		in, err := f.Drafts(s.record, s.now, exchange.Take{Order: o, Texts: c.Texts})
		if err != nil {
			return err
		}
		return a.takeIn(h, c.importing, in)
	})
}

func readFile[T any](name string, read func(io.Reader) (T, error)) (T, error) {
	f, err := os.Open(name)
	if err != nil {
		var none T
		return none, fault.Wrap(err, fault.NotFound, "cli.import-file", "name a file that you can read", "cannot read %s", name)
	}
	defer f.Close()
	return read(f)
}

// shownImport is what an import gives.
type shownImport struct {
	Stored  bool            `json:"stored"`
	Label   record.Name     `json:"label"`
	Entries []shownEntry    `json:"entries"`
	There   int             `json:"there"`
	Left    []exchange.Left `json:"left"`
	Early   []int           `json:"early,omitempty"` // lines from before the approach
}

// takeIn shows what an import would add, or adds it. Either way the desk plans
// it first, all of it, so that nothing is stored of what it would refuse.
func (a *app) takeIn(h desk.Handle, i importing, in exchange.Import) error {
	out := shownImport{Stored: i.Commit, Label: i.Label, Entries: []shownEntry{}, There: in.There, Left: in.Left, Early: in.Early}
	entries, err := a.writeAll(h, i.Commit, in.Drafts)
	if err != nil {
		return err
	}
	for _, e := range entries {
		out.Entries = append(out.Entries, showEntry(e))
	}
	if out.Left == nil {
		out.Left = []exchange.Left{}
	}
	return a.result(out, func(w io.Writer) error {
		v, err := a.viewOf(h)
		if err != nil {
			return err
		}
		if !i.Commit {
			if err := a.listImport(w, v, entries, in.Left); err != nil {
				return err
			}
		}
		if len(in.Early) > 0 {
			a.note("cli.import.early", "N", len(in.Early), "Line", in.Early[0])
		}
		if in.There > 0 {
			a.note("cli.import.there", "N", in.There)
		}
		if len(in.Left) > 0 {
			a.note("cli.import.left", "N", len(in.Left))
		}
		if i.Commit {
			return line(w, a.say("cli.import.stored", "N", len(entries), "Label", string(i.Label)))
		}
		return line(w, a.say("cli.import.would", "N", len(entries)))
	})
}

// listImport prints what an import would add, and what it leaves out.
func (a *app) listImport(w io.Writer, v *view.View, entries []record.Entry, left []exchange.Left) error {
	for _, e := range entries {
		if err := line(w, a.book.Interval(e.Said)+"  "+a.book.Entry(v, e)); err != nil {
			return err
		}
	}
	for _, l := range left {
		if err := line(w, a.say("cli.import.left-out", "Line", l.N, "Why", l.Why)); err != nil {
			return err
		}
	}
	return nil
}

// Bounds on what is written at once: a desk that is being served takes calls
// of limited size.
const (
	atOnce      = 256
	atOnceBytes = 1 << 20
)

// writeAll plans drafts that stay on the desk and, with commit, stores them,
// some at a time. What was stored before an interruption is found there by the
// next import under the same label.
func (a *app) writeAll(h desk.Handle, commit bool, drafts []record.Entry) ([]record.Entry, error) {
	modes := []desk.Mode{desk.Preview}
	if commit {
		modes = append(modes, desk.Commit)
	}
	var out []record.Entry
	for _, m := range modes {
		out = nil
		for rest := drafts; len(rest) > 0; {
			n, size := 0, 0
			for n < min(len(rest), atOnce) && (n == 0 || size < atOnceBytes) {
				b, err := json.Marshal(rest[n].Body)
				if err != nil {
					return nil, fault.Wrap(err, fault.Internal, "cli.import-encode", "", "an entry does not encode")
				}
				size += len(b)
				n++
			}
			p, err := h.Write(a.ctx, m, rest[:n]...)
			if err != nil {
				return nil, err
			}
			out, rest = append(out, p.Entries...), rest[n:]
		}
	}
	return out, nil
}

// importUndoCmd takes an import back.
type importUndoCmd struct {
	Label  record.Name `arg:""`
	Reason string      `placeholder:"TEXT"`
	Commit bool
}

// shownUndo is what taking an import back gives.
type shownUndo struct {
	Stored  bool         `json:"stored"`
	Entries []shownEntry `json:"entries"`
	Already int          `json:"already"`
	Passed  []string     `json:"passed"` // entries that were passed on
	Kept    []string     `json:"kept"`   // texts
}

// Run shows the corrections, or enters them.
func (c *importUndoCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, clocks{})
		if err != nil {
			return err
		}
		reason := c.Reason
		if reason == "" {
			reason = a.say("cli.import.undo-reason", "Label", string(c.Label))
		}
		u, err := exchange.Undo(s.record, c.Label, reason)
		if err != nil {
			return err
		}
		out := shownUndo{Stored: c.Commit, Entries: []shownEntry{}, Already: u.Already, Passed: []string{}, Kept: []string{}}
		for _, id := range u.Passed {
			out.Passed = append(out.Passed, id.Short())
		}
		for _, id := range u.Kept {
			out.Kept = append(out.Kept, id.Short())
		}
		entries, err := a.writeAll(h, c.Commit, u.Drafts)
		if err != nil {
			return err
		}
		for _, e := range entries {
			out.Entries = append(out.Entries, showEntry(e))
		}
		return a.result(out, func(w io.Writer) error { return a.printUndo(w, out) })
	})
}

func (a *app) printUndo(w io.Writer, u shownUndo) error {
	if len(u.Passed) > 0 {
		a.note("cli.import.passed", "N", len(u.Passed), "IDs", strings.Join(u.Passed, " "))
	}
	if len(u.Kept) > 0 {
		a.note("cli.import.kept", "N", len(u.Kept), "IDs", strings.Join(u.Kept, " "))
	}
	if u.Already > 0 {
		a.note("cli.import.already", "N", u.Already)
	}
	if u.Stored {
		return line(w, a.say("cli.import.undone", "N", len(u.Entries)))
	}
	return line(w, a.say("cli.import.would-undo", "N", len(u.Entries)))
}

// exportCmd holds what takes something out.
type exportCmd struct {
	JSON  exportJSONCmd  `cmd:"" name:"json"`
	Paper exportPaperCmd `cmd:"" name:"paper"`
	ICS   exportICSCmd   `cmd:"" name:"ics"`
}

// exportJSONCmd gives the record as one reader was given it.
type exportJSONCmd struct {
	For record.Name `required:"" placeholder:"NAME"`
	Out string      `placeholder:"FILE"`
	clocks
}

// Run writes it.
func (c *exportJSONCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, c.clocks)
		if err != nil {
			return err
		}
		f, err := exchange.Export(s.record.For(c.For, s.seen.AsOf()), s.now)
		if err != nil {
			return err
		}
		if c.For == h.Keeper() {
			a.note("cli.export.own")
		}
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		if err := enc.Encode(f); err != nil {
			return fault.Wrap(err, fault.Internal, "cli.export-encode", "", "the record does not encode")
		}
		return a.putOut(c.Out, b.String())
	})
}

// exportICSCmd gives the dates in the record as a calendar.
type exportICSCmd struct {
	For   record.Name `placeholder:"NAME"`
	Names bool
	Out   string `placeholder:"FILE"`
}

// Run writes it.
func (c *exportICSCmd) Run(a *app) error {
	return a.with(func(h desk.Handle) error {
		s, err := a.look(h, clocks{})
		if err != nil {
			return err
		}
		dates := exchange.Dates(s.record.For(or(c.For, h.Keeper()), record.AsOf{}), s.now)
		if len(dates) == 0 {
			return fault.New(fault.NotFound, "cli.no-dates", "deadlines stand in terms (by, from, until) and packages (lapses)", "there is no date to export")
		}
		return a.putOut(c.Out, string(exchange.Calendar(dates, s.now, func(d exchange.Date) string {
			if c.Names && d.Name != "" {
				return a.say("cli.date-named."+string(d.What), "Name", string(d.Name), "Text", d.Text)
			}
			return a.say("cli.date." + string(d.What))
		})))
	})
}

// putOut writes an export to stdout, or to a new file that only its owner
// reads. An export is not encrypted.
func (a *app) putOut(file, text string) error {
	if file == "" {
		_, err := io.WriteString(a.deps.Out, text)
		return err
	}
	if err := newFile(file, []byte(text)); err != nil {
		return err
	}
	a.note("cli.export.written", "File", file)
	return nil
}
