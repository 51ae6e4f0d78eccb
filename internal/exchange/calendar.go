package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Date is a moment to keep in mind.
type Date struct {
	What  DateKind
	At    record.Instant
	Name  record.Name // of the term or package; empty for an instruction to wait
	Text  string      // what is done by then; empty where nothing says
	Entry keys.ID
}

// DateKind is a sort of date.
type DateKind string

// The sorts of date.
const (
	Due       DateKind = "due"        // a term's deadline
	Begins    DateKind = "begins"     // a term is in force from then
	Ends      DateKind = "ends"       // a term is in force until then
	Lapses    DateKind = "lapses"     // a package lapses unless accepted by all
	NotBefore DateKind = "not-before" // an entry may be passed on from then
)

// Dates gives the dates in what the reader of p may see: of every version that
// no other version replaces. When an entry may be passed on is for whoever
// carries it, so only the keeper gets that.
func Dates(p *record.Projection, now record.Instant) []Date {
	var out []Date
	add := func(what DateKind, t record.Instant, name record.Name, text string, entry keys.ID) {
		if t > 0 {
			out = append(out, Date{what, t, name, text, entry})
		}
	}
	l := accord.Read(p, now)
	replaced := outdated(l)
	for _, t := range l.Terms() {
		if replaced[t.Hash] {
			continue
		}
		add(Due, t.Body.By, t.Body.Name, t.Body.Action, t.Entry)
		add(Begins, t.Body.From, t.Body.Name, t.Body.Action, t.Entry)
		add(Ends, t.Body.Until, t.Body.Name, t.Body.Action, t.Entry)
	}
	for _, pk := range l.Packages() {
		if !replaced[pk.Hash] {
			add(Lapses, pk.Body.Lapses, pk.Body.Name, "", pk.Entry)
		}
	}
	if p.Reader() == p.Keeper() {
		for _, it := range p.Items() {
			add(NotBefore, it.Carrying.NotBefore, "", "", it.ID)
		}
	}
	return out
}

// outdated gives the versions that another takes the place of: that says so, or
// that whoever brought it put forward later under the same name. What was
// agreed counts until another is agreed.
func outdated(l *accord.Ledger) map[keys.Hash]bool {
	out, agreed := map[keys.Hash]bool{}, map[keys.Hash]bool{}
	type text struct{ name, by record.Name }
	terms, packs := map[text]int{}, map[text]int{}
	for _, t := range l.Terms() {
		out[t.Body.Replaces] = true
		k := text{t.Body.Name, t.By}
		terms[k] = max(terms[k], t.Body.Version)
	}
	for _, pk := range l.Packages() {
		out[pk.Body.Replaces] = true
		k := text{pk.Body.Name, pk.By}
		packs[k] = max(packs[k], pk.Body.Version)
		if l.Agreement(pk.Hash).Verdict == accord.Agreed {
			for _, t := range pk.Body.Terms {
				agreed[t.Hash] = l.Performance(t.Hash).State != accord.IsDischarged
			}
		}
	}
	for _, t := range l.Terms() {
		out[t.Hash] = !agreed[t.Hash] && (out[t.Hash] || t.Body.Version < terms[text{t.Body.Name, t.By}])
	}
	for _, pk := range l.Packages() {
		out[pk.Hash] = out[pk.Hash] || pk.Body.Version < packs[text{pk.Body.Name, pk.By}]
	}
	return out
}

// Calendar gives dates as an iCalendar file (RFC 5545). Summary gives the
// words that each is shown with; whoever sees the calendar sees them, so they
// are for the caller to choose. Ids say nothing of the entries.
func Calendar(dates []Date, made record.Instant, summary func(Date) string) []byte {
	var b strings.Builder
	put := func(name, value string) { fold(&b, name+":"+value) }
	put("BEGIN", "VCALENDAR")
	put("VERSION", "2.0")
	put("PRODID", "-//Backchannel//Backchannel//EN")
	for _, d := range dates {
		put("BEGIN", "VEVENT")
		put("UID", uid(d))
		put("DTSTAMP", icsTime(made))
		put("DTSTART", icsTime(d.At))
		put("SUMMARY", escape(summary(d)))
		put("CLASS", "PRIVATE")
		put("TRANSP", "TRANSPARENT")
		put("END", "VEVENT")
	}
	put("END", "VCALENDAR")
	return []byte(b.String())
}

func icsTime(i record.Instant) string { return i.Time().Format("20060102T150405Z") }

// uid is the same each time, so that a calendar that is imported again moves
// events and does not double them.
func uid(d Date) string {
	h := sha256.Sum256(wire.MustEncode([]string{"backchannel calendar 1", d.Entry.String(), string(d.What)}))
	return hex.EncodeToString(h[:16])
}

// escape writes a text as a value. Control characters have no form there.
func escape(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\ufffd"))
	s = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// fold writes a line in pieces of at most 75 bytes, never within a character.
func fold(b *strings.Builder, line string) {
	const width = 75
	room := width
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], width-1
	}
	b.WriteString(line + "\r\n")
}
