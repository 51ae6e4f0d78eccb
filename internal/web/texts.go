package web

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

func randRead(b []byte) { rand.Read(b) }

func (c *call) t(id string, args ...any) string { return c.f.book.T(id, args...) }

func (c *call) word(value any) string { return c.f.book.Word(value) }

// name gives the title of a person or party, or its name.
func (c *call) name(n record.Name) string {
	if n == "" {
		return ""
	}
	return c.view.Title(n)
}

// within gives that title for use within a sentence.
func (c *call) within(n record.Name) string { return c.f.book.Name(c.view, n) }

// full names somebody in full, as a recipient must be named: title, name,
// party.
func (c *call) full(n record.Name) string {
	s := titled(c.view.Title(n), n)
	if p := c.view.PartyOf(n); p != "" && p != n {
		s += ", " + c.name(p)
	}
	return s
}

func titled(title string, n record.Name) string {
	if title == "" || title == string(n) {
		return string(n)
	}
	return title + " (" + string(n) + ")"
}

func (c *call) joined(list []record.Name) string {
	return c.f.book.Names(c.view, list)
}

// people gives options, with the empty one first where it has a text.
func (c *call) people(list []record.Name, empty string) []option {
	var out []option
	if empty != "" {
		out = append(out, option{Value: "", Text: empty})
	}
	for _, n := range list {
		out = append(out, option{Value: string(n), Text: c.full(n)})
	}
	return out
}

// everybody gives all people that the record introduces and all with a line,
// but one.
func (c *call) everybody(but record.Name) []record.Name {
	var out []record.Name
	add := func(n record.Name) {
		if n != but && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, l := range c.lines {
		add(l.Peer)
	}
	for _, p := range c.view.People() {
		add(p.Name)
	}
	slices.Sort(out)
	return out
}

func (c *call) parties() []record.Name {
	var out []record.Name
	for _, p := range c.view.Parties() {
		out = append(out, p.Name)
	}
	return out
}

// values makes options of a fixed set, each by its word in the catalogue.
func values[T ~string](c *call, set string, list ...T) []option {
	var out []option
	for _, v := range list {
		o := option{Value: string(v), Text: capital(c.word(v))}
		if set != "" {
			o.Hint = c.t("web." + set + "." + string(v) + "-hint")
		}
		out = append(out, o)
	}
	return out
}

// capital begins a choice that stands by itself.
func capital(s string) string {
	for i, r := range s {
		return s[:i] + strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

func (c *call) speechActs() []option {
	return values(c, "", record.Inform, record.Ask, record.Float, record.Propose, record.Counter, record.Accept, record.Reject,
		record.Confirm, record.Deny, record.Decline, record.Withdraw, record.Warn, record.Report)
}

func (c *call) forms() []option {
	return values(c, "", record.Call, record.Meeting, record.Text, record.VoiceNote, record.Paper)
}

func (c *call) fidelities() []option {
	return values(c, "fidelity", record.Verbatim, record.Translation, record.Paraphrase, record.OwnView)
}

func (c *call) passes() []option {
	return append([]option{{Value: "", Text: c.t("web.pass.rule")}},
		values(c, "", record.PassMay, record.PassVerbatim, record.PassIfAsked, record.PassAsOwnIdea, record.PassNot)...)
}

func (c *call) attributions() []option {
	return append([]option{{Value: "", Text: c.t("web.none-chosen")}},
		values(c, "", record.OnTheRecord, record.NotForAttr, record.NonPaper)...)
}

func (c *call) evidences() []option {
	return append([]option{{Value: "", Text: c.t("web.none-chosen")}},
		values(c, "", record.SignedPaper, record.UnsignedDoc, record.Recording, record.Recollected)...)
}

func (c *call) langs() []option {
	out := []option{{Value: "", Text: c.t("web.none-chosen")}}
	for _, l := range []struct{ code, name string }{
		{"ar", "العربية"}, {"en", "English"}, {"fr", "Français"}, {"he", "עברית"}, {"ru", "Русский"}, {"es", "Español"},
	} {
		out = append(out, option{Value: l.code, Text: l.name})
	}
	return out
}

func (c *call) mandates(cr record.Credential) string {
	var out []string
	for _, m := range cr.May {
		out = append(out, c.word(m))
	}
	return strings.Join(out, ", ")
}

// saidText says when something was said.
func (c *call) saidText(e record.Entry) string { return whenSaid(c.f.book, e) }

// cameText says how it came here: by a line, whose other end is known, or by
// somebody's hand.
func (c *call) cameText(it record.Seen) string {
	if over := it.Came.Over(); over != "" {
		return c.t("web.entry.over-line", "From", c.within(over), "Number", c.number(it.Came.Number()))
	}
	if it.By == c.f.h.Keeper() && len(it.Audience) > 0 {
		return c.t("web.entry.sent", "To", c.joined(it.Audience))
	}
	return c.t("web.entry.by-hand")
}

func (c *call) refText(r record.Ref) string { return c.f.book.Ref(c.view, r) }

func (c *call) termTitle(t accord.Term) string { return c.refText(t.Ref().Ref()) }

// termText says in one line what a term is.
func (c *call) termText(t accord.Term) string { return c.f.book.Term(c.view, t) }

// termFacts says what stands in a term, and nothing that only this desk knows
// beside it: it is also shown as what others will see, and read out to them.
func (c *call) termFacts(b *words.Book, t accord.Term) []fact {
	var out []fact
	add := func(id, s string) {
		if s != "" {
			out = append(out, fact{Label: c.t(id), Text: s})
		}
	}
	add("web.term.action", t.Action)
	if t.Effort {
		add("web.term.effort", c.t("web.term.effort-yes"))
	}
	var q []string
	for _, r := range t.Quantity {
		q = append(q, c.f.book.Range(r))
	}
	add("web.term.quantity", strings.Join(q, ", "))
	if !t.Period.IsZero() {
		add("web.term.period", c.f.book.Range(t.Period))
	}
	if !t.Within.IsZero() {
		add("field.within", c.f.book.Range(t.Within))
	}
	add("web.term.debtor", c.name(t.Debtor))
	if t.Debtor == "" && t.Sort == accord.Obligation {
		add("web.term.debtor", c.t("web.term.unstated"))
	}
	add("web.term.creditor", c.name(t.Creditor))
	add("web.term.of", c.name(t.Of))
	add("web.term.persons", c.joined(t.Persons))
	add("web.term.when", c.f.book.Condition(t.When))
	add("web.term.against", c.joined(t.Against))
	add("web.term.covers", c.joined(t.Covers))
	add("web.term.trigger", t.Trigger)
	add("web.term.response", t.Response)
	add("web.term.monitor", c.name(t.Monitor))
	add("web.term.needs", c.joined(t.Needs))
	add("web.term.benefits", c.joined(t.Benefits))
	if t.By != 0 {
		add("web.term.by", b.InstantIn(t.By, string(t.Zone)))
	}
	add("web.term.place", t.Place)
	if t.From != 0 {
		add("web.term.from", b.InstantIn(t.From, string(t.Zone)))
	}
	if t.Until != 0 {
		add("web.term.until", b.InstantIn(t.Until, string(t.Zone)))
	}
	return out
}

func (c *call) packageFacts(b *words.Book, p accord.Package) []fact {
	var out []fact
	var terms []link
	for _, r := range p.Terms {
		l := link{Text: c.refText(r.Ref())}
		if t, ok := c.ledger.Term(r.Hash); ok {
			l.Href = c.entryHref("e", t.Entry)
			l.Text += ": " + c.termLine(t.Body)
		}
		terms = append(terms, l)
	}
	out = append(out, fact{Label: c.t("web.propose.terms"), Links: terms}, fact{Label: c.t("web.propose.needs"), Text: c.joined(p.Needs)})
	if p.Lapses != 0 {
		out = append(out, fact{Label: c.t("web.propose.lapses"), Text: b.Instant(p.Lapses)})
	}
	if p.Parts {
		out = append(out, fact{Label: c.t("web.propose.parts"), Text: c.t("web.propose.parts-yes")})
	}
	if p.ReceiptBy != "" {
		out = append(out, fact{Label: c.t("web.propose.receipt"), Text: c.full(p.ReceiptBy)})
	}
	return append(out, fact{Label: c.t("web.entry.hash"), Text: hashWords(p.Hash())})
}

// hashWords gives the words by which people tell two texts apart over the
// phone: as many as for a key, since who writes a text can try many.
func hashWords(h keys.Hash) string { return strings.Join(h.Words(keys.FingerprintWords), " ") }

// number gives a number with the digits that the reader chose.
func (c *call) number(n uint64) string { return c.f.book.Number(number(n)) }

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// span says a stretch of time. Ticks of a case that is played are shorter than
// a second.
func (c *call) span(d time.Duration) string {
	if d > 0 && d < time.Second {
		return c.t("web.milliseconds", "Ms", d.Milliseconds())
	}
	return c.f.book.Duration(d.Round(time.Second))
}

// lf writes the ends of lines as everywhere else: a browser's form sends two
// bytes for each.
func lf(s string) string { return strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), " \n\t") }
