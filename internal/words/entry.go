package words

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Name gives a person or party by title, for use within a sentence.
func (b *Book) Name(v *view.View, n record.Name) string {
	if n == "" {
		return ""
	}
	title := v.Title(n)
	if b.Lang() == "en" {
		if rest, ok := strings.CutPrefix(title, "The "); ok {
			title = "the " + rest
		}
	}
	return b.isolate(title)
}

// Names gives several, joined.
func (b *Book) Names(v *view.View, list []record.Name) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = b.Name(v, n)
	}
	return b.list(parts)
}

// Ref gives a version as people refer to it.
func (b *Book) Ref(v *view.View, r record.Ref) string {
	if r.IsZero() {
		return ""
	}
	if !r.Entry.IsZero() && r.Hash.IsZero() && r.Name == "" {
		return r.Entry.Short()
	}
	label := v.Label(r)
	if b.spoken {
		return b.say(v, r, label)
	}
	return label
}

// say gives a label as people say it. Where several texts bear one name and
// number, it says who brought this one; where one person brought several, only
// the hash tells them apart.
func (b *Book) say(v *view.View, r record.Ref, label string) string {
	name, rest, ok := strings.Cut(label, "@")
	version, _, twins := strings.Cut(rest, "#")
	switch {
	case !ok:
		return label
	case !twins:
		return b.T("ref.version", "Name", name, "Version", version)
	}
	by, alone := broughtBy(v.Ledger(), r)
	if !alone {
		return label
	}
	return b.T("ref.twin", "Name", name, "Version", version, "By", b.Name(v, by))
}

// broughtBy gives who brought a version, and whether he brought no other of its
// name and number.
func broughtBy(l *accord.Ledger, r record.Ref) (by record.Name, alone bool) {
	count := map[record.Name]int{}
	for _, p := range l.Packages() {
		if p.Body.Name == r.Name && p.Body.Version == r.Version {
			count[p.By]++
			if p.Hash == r.Hash {
				by = p.By
			}
		}
	}
	if by == "" {
		for _, t := range l.Terms() {
			if t.Body.Name == r.Name && t.Body.Version == r.Version {
				count[t.By]++
				if t.Hash == r.Hash {
					by = t.By
				}
			}
		}
	}
	return by, count[by] == 1
}

func (b *Book) refs(v *view.View, list []record.Ref) string {
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i] = b.Ref(v, r)
	}
	return b.list(parts)
}

// capital begins a sentence.
func capital(s string) string {
	for i, r := range s {
		return s[:i] + strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}

// Entry gives an entry in one line.
func (b *Book) Entry(v *view.View, e record.Entry) string {
	s := b.body(v, e, e.Body)
	if v.Reported(e) {
		s = b.T("entry.reported", "By", b.Name(v, e.By), "What", s)
	}
	return capital(s)
}

func (b *Book) body(v *view.View, e record.Entry, body record.Body) string {
	switch x := body.(type) {
	case record.Message:
		return b.message(v, x)
	case record.Conveyance:
		return b.T("entry.conveyance", "By", b.Name(v, e.Speaker()), "What", b.what(v, x.Of), "Step", b.Word(x.Step), "To", b.Name(v, x.To),
			"How", b.how(b.Word(x.Form), b.Word(x.Fidelity)))
	case record.ReadBack:
		if x.OK {
			return b.T("entry.read-back-ok", "By", b.Name(v, x.By), "What", b.what(v, x.Of))
		}
		return b.T("entry.read-back-corrected", "By", b.Name(v, x.By), "What", b.what(v, x.Of), "Text", x.Corrected)
	case accord.Act:
		if x.Echo {
			return b.T("entry.echo", "Party", b.Name(v, x.Party), "On", b.Ref(v, x.On))
		}
		return b.T("entry.act", "Party", b.Name(v, x.Party), "On", b.Ref(v, x.On), "Position", b.Word(x.Position), "Text", x.Text)
	case accord.Term:
		return b.T("entry.term", "On", b.Ref(v, x.Ref().Ref()), "Term", b.Term(v, x))
	case accord.Package:
		var terms []record.Ref
		for _, t := range x.Terms {
			terms = append(terms, t.Ref())
		}
		return b.T("entry.package", "On", b.Ref(v, x.Ref()), "Terms", b.refs(v, terms), "Needs", b.Names(v, x.Needs))
	case accord.Performance:
		return b.T("entry.performance", "By", b.Name(v, x.By), "On", b.Ref(v, x.On), "Deed", b.Word(x.Deed), "Text", x.Text)
	case accord.Event:
		return b.event(v, x)
	case accord.NothingOwed:
		return b.T("entry.nothing-owed", "Party", b.Name(v, x.Party), "Told", b.Name(v, x.Told), "Text", x.Text)
	case record.Correction:
		if _, gone := x.Now.(record.Withdrawn); gone {
			if x.Back {
				return b.T("entry.taken-back", "What", b.what(v, e.Corrects), "From", b.Names(v, x.From))
			}
			return b.T("entry.withdrawal", "What", b.what(v, e.Corrects), "Reason", x.Reason)
		}
		return b.T("entry.correction", "What", b.what(v, e.Corrects), "Now", b.body(v, e, x.Now), "Reason", x.Reason)
	case record.Comparison:
		return b.LineComparison(v, x)
	case record.Unknown:
		return b.T("entry.unknown", "Kind", string(x.Of))
	}
	if s, ok := b.Aside(v, e, body); ok {
		return s
	}
	if s, ok := b.circle(v, e, body); ok {
		return s
	}
	if s, ok := b.signing(v, body); ok {
		return s
	}
	return b.people(v, body)
}

// people says the bodies that are about people and the channel itself.
func (b *Book) people(v *view.View, body record.Body) string {
	switch x := body.(type) {
	case record.Person:
		return b.T("entry.person", "Title", b.isolate(x.Title), "Of", b.Name(v, x.Of))
	case record.Party:
		return b.T("entry.party", "Title", b.isolate(x.Title), "Side", string(x.Side), "Absent", x.Absent)
	case record.Role:
		return b.T("entry.role", "Person", b.Name(v, x.Person), "As", b.Word(x.As), "Party", b.Name(v, x.Party))
	case record.Credential:
		may := make([]string, len(x.May))
		for i, m := range x.May {
			may[i] = b.Word(m)
		}
		on := make([]string, len(x.On))
		for i, n := range x.On {
			on[i] = string(n)
		}
		until := ""
		if x.Until != 0 {
			until = b.Instant(x.Until)
		}
		return b.T("entry.credential", "Holder", b.Name(v, x.Holder), "May", b.list(may), "Party", b.Name(v, x.Party), "Issuer", b.Name(v, x.Issuer),
			"On", b.list(on), "Until", until, "Evidence", x.Evidence)
	case record.Instruction:
		return b.T("entry.instruction", "Holder", b.Name(v, x.Holder), "Text", x.Text)
	case record.TimeZone:
		return b.T("entry.time-zone", "Of", b.Name(v, x.Of), "Zone", x.Zone, "Place", b.isolate(x.Shown()))
	case record.Rule:
		if x.PassUnlessMarked {
			return b.T("entry.rule-marked")
		}
		return b.T("entry.rule-consent")
	case record.Approach:
		return b.T("entry.approach", "Asker", b.Name(v, x.Asker), "To", b.Name(v, x.To), "Through", b.Names(v, x.Through), "Text", x.Text)
	case record.Open:
		return b.T("entry.open", "Text", x.Text)
	case record.Close:
		return b.T("entry.close", "Text", x.Text)
	case record.Note:
		return b.T("entry.note", "Text", x.Text)
	}
	return b.Word(body.Kind())
}

func (b *Book) message(v *view.View, m record.Message) string {
	id := "entry.message"
	if m.Text == "" {
		id = "entry.message-empty"
	}
	return b.T(id, "From", b.Name(v, m.From), "Does", b.Word(m.SpeechAct), "To", b.Name(v, m.To), "Via", b.Names(v, m.Via),
		"How", b.how(b.Word(m.Form), b.Word(m.Fidelity)), "Text", b.carried(m.Text))
}

func (b *Book) how(parts ...string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, b.T("list.comma"))
}

// what names an entry that another refers to.
func (b *Book) what(v *view.View, id keys.ID) string {
	it, ok := v.Projection().Get(id)
	if !ok {
		return b.T("entry.another")
	}
	return b.Word(it.Body.Kind()) + " " + id.Short()
}

// Lines gives an entry in full, a line for each thing that its envelope says.
// The first line is Entry.
func (b *Book) Lines(v *view.View, it record.Seen) []string {
	out := append([]string{b.Entry(v, it.Entry)}, b.Envelope(v, it.Entry)...)
	if it.First != nil {
		out = append(out, b.T("entry.corrected", "First", b.body(v, it.Entry, it.First)))
	}
	if c, ok := it.Body.(record.Comparison); ok {
		out = append(out, b.Findings(v, c)...)
	}
	if peer := it.Came.Over(); peer != "" {
		out = append(out, b.T("entry.over-line", "Peer", b.Name(v, peer), "Number", b.Number(strconv.FormatUint(it.Came.Number(), 10))))
	} else if it.By == v.Projection().Keeper() {
		out = append(out, b.T("entry.by-hand"))
	}
	return out
}

// Envelope gives what the envelope of an entry says, a line for each thing.
func (b *Book) Envelope(v *view.View, e record.Entry) []string {
	var out []string
	add := func(say bool, id string, args ...any) {
		if say {
			out = append(out, b.T(id, args...))
		}
	}
	add(e.By != "", "entry.by", "By", b.Name(v, e.By))
	add(e.SaidBy != "" && e.SaidBy != e.By, "entry.said-by", "By", b.Name(v, e.SaidBy))
	add(e.HeardFrom != "", "entry.heard-from", "From", b.Name(v, e.HeardFrom))
	add(!e.Said.IsZero(), "entry.said-at", "When", b.Interval(e.Said))
	add(e.At != 0, "entry.logged-at", "When", b.Instant(e.At))
	add(len(e.Audience) > 0, "entry.audience", "Who", b.Names(v, e.Audience))
	add(e.Carrying.Pass != "", "entry.carrying", "Pass", b.Word(e.Carrying.Pass))
	add(e.Carrying.NotBefore != 0, "entry.not-before", "When", b.Instant(e.Carrying.NotBefore))
	add(e.Carrying.Words != "", "entry.words", "Text", e.Carrying.Words)
	add(!e.Answers.IsZero(), "entry.answers", "What", b.what(v, e.Answers))
	add(!e.Corrects.IsZero() && e.Body.Kind() != record.KindCorrection, "entry.corrects", "What", b.what(v, e.Corrects))
	for _, id := range e.Together {
		add(true, "entry.together", "What", b.what(v, id))
	}
	add(len(e.About) > 0, "entry.about", "What", b.refs(v, e.About))
	for _, x := range e.Evidence {
		add(true, "entry.evidence", "What", b.how(b.Word(x.What), x.Note))
	}
	out = append(out, b.spelt(e.Body)...)
	if m, ok := e.Body.(record.Message); ok {
		add(m.Attribution != "", "entry.attribution", "How", b.Word(m.Attribution))
		add(m.Authority != "", "entry.authority", "Text", m.Authority)
		add(m.Source != "", "entry.source", "Lang", m.SourceLang, "Text", b.isolate(m.Source))
		add(m.Translator != "", "entry.translator", "By", b.Name(v, m.Translator))
	}
	return out
}
