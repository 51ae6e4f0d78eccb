package cli

import (
	"io"
	"strings"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// say gives the text of that id from the catalogue. Args are pairs of a name
// and a value; N chooses the plural form.
func (a *app) say(id string, args ...any) string { return a.book.T(id, args...) }

// sayIf is say, or "" where the catalogue has no such text.
func (a *app) sayIf(id string) string {
	if !a.book.Has(id) {
		return ""
	}
	return a.book.T(id)
}

// printEntry prints an entry as somebody would get it: what it says, and what
// stands on its envelope.
func (a *app) printEntry(w io.Writer, v *view.View, e record.Entry) error {
	if err := line(w, "  "+a.book.Entry(v, e)); err != nil {
		return err
	}
	for _, s := range a.book.Envelope(v, e) {
		if err := line(w, "      "+s); err != nil {
			return err
		}
	}
	return nil
}

// printLines prints the lines, one each.
func (a *app) printLines(w io.Writer, lines []desk.LineStatus) error {
	if len(lines) == 0 {
		return line(w, a.say("cli.lines.none"))
	}
	for _, l := range lines {
		expires, heard := "", ""
		if l.Expires != 0 {
			expires = a.book.Instant(l.Expires)
		}
		if l.Heard != 0 {
			heard = a.book.Instant(l.Heard)
		}
		err := line(w, a.say("cli.lines."+string(l.Phase), "Peer", string(l.Peer), "Compared", l.Compared, "Queued", l.Queued,
			"Wait", a.book.Duration(l.Wait), "Expires", expires, "Heard", heard, "Trouble", a.reasonIf(l.Trouble), "Fresh", l.Fresh != nil))
		if err == nil && l.Again != 0 {
			err = line(w, "  "+a.say("line.again", "At", a.book.Instant(l.Again)))
		}
		if err == nil && l.Second != nil {
			err = line(w, "  "+a.say("cli.lines.second", "Relay", l.Second.Relay, "Open", l.Second.Open, "Online", l.Second.Online))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// printRelay prints what the desk knows of its relay, and what it costs.
func (a *app) printRelay(w io.Writer, s desk.RelayStatus) error {
	if s.Address == "" {
		return line(w, a.say("cli.relay.none"))
	}
	err := line(w, a.say("cli.relay.at", "Address", s.Address, "Cohort", s.Cohort, "Online", s.Online, "Tick", s.Tick, "Period", s.Period.String(),
		"Enrolled", s.Enrolled, "Capacity", s.Capacity, "Vouched", s.Vouched, "Up", a.book.Bytes(s.BytesUp), "Down", a.book.Bytes(s.BytesDown), "Day", a.book.Bytes(s.DayBytes)))
	if err == nil {
		err = line(w, a.say("cli.relay.roster", "Next", a.instant(s.Next), "From", a.instant(s.From), "Until", a.instant(s.Until),
			"Out", s.Out, "Leaving", s.Leaving, "Tickets", s.Tickets, "Member", s.Member))
	}
	if err == nil && s.Trouble != "" {
		err = line(w, a.say("cli.relay.trouble", "Trouble", s.Trouble))
	}
	if err != nil || s.Other == nil {
		return err
	}
	if err := a.printRelay(w, *s.Other); err != nil {
		return err
	}
	return line(w, a.say("cli.relay.both", "Both", s.Both))
}

// print prints a text, or lines.
func (a *app) print(w io.Writer, lines ...string) error {
	return line(w, strings.TrimRight(strings.Join(lines, "\n"), "\n"))
}

// printItems prints entries, one a line, with id and time.
func (a *app) printItems(w io.Writer, v *view.View, items []record.Seen) error {
	if len(items) == 0 {
		return line(w, a.say("cli.record.none"))
	}
	for _, it := range items {
		said := it.Said
		if said.IsZero() {
			said = record.Moment(it.At)
		}
		if err := line(w, it.ID.Short()+"  "+a.book.Interval(said)+"  "+a.book.Entry(v, it.Entry)); err != nil {
			return err
		}
	}
	return nil
}

// printPaths prints who asked for the channel, how much came, and through whom.
func (a *app) printPaths(w io.Writer, v *view.View, p shownPaths) error {
	var out []string
	for _, k := range p.Approaches {
		out = append(out, a.book.Asking(v, k))
	}
	out = append(out, a.book.Traffic(v, p.Traffic, "form", "path")...)
	return a.print(w, append(out, a.book.Paths(v, p.Paths))...)
}

// printAlarms prints alarms, one a line, each with the entries that raise it.
func (a *app) printAlarms(w io.Writer, v *view.View, list []view.Alarm) error {
	if len(list) == 0 {
		return line(w, a.say("alarm.none"))
	}
	for _, al := range list {
		var ids []string
		for _, id := range al.Entries {
			ids = append(ids, id.Short())
		}
		if err := line(w, a.book.AlarmSince(v, al)+" ["+strings.Join(ids, " ")+"]"); err != nil {
			return err
		}
	}
	return nil
}
