package words

import (
	"strings"
	"time"
	"unicode/utf8"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Standing gives where we stand, as text: each package with its terms and a
// table of the parties, then the terms that are in none.
func (b *Book) Standing(v *view.View, s view.Standing) string {
	if len(s.Packages)+len(s.Terms) == 0 {
		return b.T("standing.none") + "\n"
	}
	var out strings.Builder
	for i, p := range s.Packages {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(b.Package(v, p))
	}
	if len(s.Terms) > 0 {
		if len(s.Packages) > 0 {
			out.WriteString("\n")
		}
		out.WriteString(b.T("standing.loose") + "\n")
		for _, t := range s.Terms {
			out.WriteString("  " + b.TermLine(v, t) + "\n")
			for _, c := range t.Cells {
				out.WriteString("    " + b.Cell(v, c) + "\n")
			}
		}
	}
	return out.String()
}

// Package gives where we stand on one package, as text.
func (b *Book) Package(v *view.View, p view.PackageStanding) string {
	var out strings.Builder
	line := func(s string) { out.WriteString(s + "\n") }
	line(strings.Join(b.PackageHead(v, p), " "))
	line("  " + b.T("standing.terms"))
	for _, t := range p.Terms {
		line("    " + b.TermLine(v, t))
		for _, c := range t.Cells {
			line("      " + b.Cell(v, c))
		}
	}
	rows := [][]string{{b.T("standing.head-party"), b.T("standing.head-position"), b.T("standing.head-rests"), b.T("standing.head-confirmed")}}
	for _, c := range p.Cells {
		rows = append(rows, []string{b.Name(v, c.Party), b.Word(c.Position), b.Rests(v, c), b.Confirmed(c)})
	}
	for _, row := range table(rows) {
		line("  " + row)
	}
	for _, c := range p.Cells {
		for _, s := range b.Strength(v, c) {
			line("  " + capital(b.T("standing.evidence", "Party", b.Name(v, c.Party), "What", s)))
		}
	}
	return out.String()
}

// PackageHead gives what stands above a package's table, a sentence each. The
// first is its verdict.
func (b *Book) PackageHead(v *view.View, p view.PackageStanding) []string {
	a := p.Agreement
	out := []string{b.T("standing.package", "On", b.Ref(v, p.Ref), "Verdict", b.Word(a.Verdict)), b.T("standing.brought", "By", b.Name(v, p.By))}
	add := func(say bool, id string, args ...any) {
		if say {
			out = append(out, b.T(id, args...))
		}
	}
	add(a.Weakest != "", "standing.weakest", "Rests", b.Word(a.Weakest), "By", b.Names(v, a.Reported))
	add(len(a.Missing) > 0, "standing.missing", "Who", b.Names(v, a.Missing))
	add(a.Strength != accord.NoStrength, "standing.strength", "Strength", b.Word(a.Strength))
	add(a.Verdict == accord.EchoAwaited, "standing.unechoed", "Who", b.Names(v, a.Unechoed))
	add(len(a.Awaited) > 0, "standing.awaited", "Who", b.Names(v, a.Awaited))
	add(a.Verdict == accord.EchoAwaited || a.Verdict == accord.Agreed, "standing.hash", "Words", HashWords(p.Ref.Hash))
	add(p.Lapses != 0, "standing.lapses", "When", b.Instant(p.Lapses))
	add(p.Lapses != 0 && p.ReceiptBy != "", "standing.receipt-by", "By", b.Name(v, p.ReceiptBy))
	add(len(p.Namesakes) > 0, "standing.namesakes", "Which", b.refs(v, p.Namesakes))
	add(len(p.Lacking) > 0, "standing.lacking", "Which", b.refs(v, p.Lacking))
	return out
}

// TermLine gives a term of a package in one line, with its label.
func (b *Book) TermLine(v *view.View, t view.TermLine) string {
	s := b.Ref(v, t.Ref) + ": " + b.Term(v, t.Term)
	if len(t.CoveredBy) > 0 {
		s = b.how(s, b.T("term.covered", "Terms", b.refs(v, t.CoveredBy)))
	}
	return s
}

// Rests says what a cell rests on.
func (b *Book) Rests(v *view.View, c view.Cell) string {
	if c.Rests == accord.OnReport {
		return b.T("cell.report-by", "By", b.Name(v, c.By))
	}
	return b.Word(c.Rests)
}

// Confirmed says whether a cell is confirmed.
func (b *Book) Confirmed(c view.Cell) string {
	switch {
	case c.Position == accord.Silent:
		return b.T("cell.silent")
	case c.Echoed:
		return b.T("cell.echoed")
	case c.Confirmed:
		return b.T("cell.confirmed")
	case c.NotConfirmed:
		return b.T("cell.not-confirmed")
	case c.Position == accord.Accepted:
		return b.T("cell.unmandated")
	}
	return b.T("cell.own")
}

// Cell says where a party stands, in one line.
func (b *Book) Cell(v *view.View, c view.Cell) string {
	switch c.Position {
	case accord.Silent:
		return b.T("cell.says-silent", "Party", b.Name(v, c.Party))
	case accord.Lapsed:
		return b.T("cell.says-lapsed", "Party", b.Name(v, c.Party))
	}
	confirmed := ""
	if c.NotConfirmed || c.Position == accord.Accepted {
		confirmed = b.Confirmed(c)
	}
	return b.T("cell.says", "Party", b.Name(v, c.Party), "Position", b.Word(c.Position), "Rests", b.Rests(v, c), "Confirmed", confirmed)
}

// table lines up columns. Widths are counted in characters.
func table(rows [][]string) []string {
	var width []int
	for _, row := range rows {
		for i, s := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], utf8.RuneCountInString(s))
		}
	}
	out := make([]string, len(rows))
	for r, row := range rows {
		var line strings.Builder
		for i, s := range row {
			line.WriteString(s)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", width[i]-utf8.RuneCountInString(s)+2))
			}
		}
		out[r] = strings.TrimRight(line.String(), " ")
	}
	return out
}

// Owes gives who owes what, as text, party by party.
func (b *Book) Owes(v *view.View, list []view.PartyOwes) string {
	if len(list) == 0 {
		return b.T("owes.none") + "\n"
	}
	var out strings.Builder
	for _, o := range list {
		out.WriteString(capital(b.T("owes.party", "Party", b.Name(v, o.Party.Name), "Absent", o.Party.Absent)) + "\n")
		for _, s := range b.OwedBy(v, o) {
			out.WriteString("  " + s + "\n")
		}
	}
	return out.String()
}

// OwedBy gives what one party owes, a line each.
func (b *Book) OwedBy(v *view.View, o view.PartyOwes) []string {
	var out []string
	add := func(id string, list []view.Debt) {
		for _, d := range list {
			use := id
			switch {
			case id == "owes.would" && d.Owed:
				use = "owes.owed"
			case id == "owes.would" && d.Package.IsZero():
				use = "owes.stated"
			}
			out = append(out, b.T(use, "Term", b.Term(v, d.Term.Term), "On", b.Ref(v, d.Term.Ref), "Package", b.Ref(v, d.Package)))
		}
	}
	add("owes.would", o.Debts)
	add("owes.gesture", o.Gestures)
	add("owes.expected", o.Expected)
	add("owes.needed", o.Needed)
	for _, n := range o.Nothing {
		s := b.Nothing(v, n)
		out = append(out, s)
	}
	if len(out) == 0 {
		out = append(out, b.T("owes.nothing-recorded"))
	}
	return out
}

// Nothing gives a statement that a party owes nothing, and what contradicts
// it.
func (b *Book) Nothing(v *view.View, n view.Nothing) string {
	s := b.T("owes.nothing-said", "By", b.Name(v, n.By), "To", b.Name(v, n.To), "When", b.Stamp(n.When))
	if len(n.Contradicts) > 0 {
		s = b.how(s, b.T("owes.contradicts", "Terms", b.refs(v, n.Contradicts)))
	}
	return s
}

// What says what a term is, a sentence each.
func (b *Book) What(v *view.View, t view.TermView) []string {
	term := t.TermLine.Term
	out := []string{b.T("what.is", "On", b.Ref(v, t.Ref), "Sort", b.Word(term.Sort), "Term", capital(b.Term(v, term))+".")}
	switch {
	case !term.When.IsZero():
		out = append(out, b.T("what.antecedent", "Condition", b.Condition(term.When)))
	case len(term.Against) == 0:
		out = append(out, b.T("what.no-antecedent"))
	}
	if len(t.ForIt) == 0 {
		out = append(out, b.T("what.nobody-owes"))
	}
	for _, o := range t.ForIt {
		out = append(out, b.T("what.for-it", "Term", b.Term(v, o.Term), "On", b.Ref(v, o.Ref)))
	}
	for _, o := range t.Beside {
		out = append(out, b.T("what.beside", "Term", b.Term(v, o.Term), "On", b.Ref(v, o.Ref)))
	}
	return out
}

// Path gives the way of an entry, a line for each hop.
func (b *Book) Path(v *view.View, p view.Path) []string {
	var out []string
	for _, h := range p.Hops {
		form := b.Word(h.Form)
		if h.Line {
			form = b.T("path.line")
		}
		out = append(out, capital(b.T("path.hop", "From", b.Name(v, h.From), "To", b.Name(v, h.To), "Step", b.Word(h.Step),
			"How", b.how(form, b.Word(h.Fidelity)), "Reported", h.Reported, "When", b.Stamp(h.When))))
	}
	if p.Fidelity != "" {
		out = append(out, b.T("path.fidelity", "Fidelity", b.Word(p.Fidelity)))
	}
	for _, r := range p.ReadBacks {
		id := "path.read-back-ok"
		if !r.OK {
			id = "path.read-back-corrected"
		}
		out = append(out, b.T(id, "By", b.Name(v, r.By), "Text", r.Corrected))
	}
	return out
}

// Paths gives the ways of entries, as text.
func (b *Book) Paths(v *view.View, list []view.Path) string {
	if len(list) == 0 {
		return b.T("path.none") + "\n"
	}
	var out strings.Builder
	for _, p := range list {
		if it, ok := v.Projection().Get(p.Entry); ok {
			out.WriteString(p.Entry.Short() + "  " + b.Entry(v, it.Entry) + "\n")
		}
		for _, s := range b.Path(v, p) {
			out.WriteString("    " + s + "\n")
		}
	}
	return out.String()
}

// Asking says who asked for the channel.
func (b *Book) Asking(v *view.View, a view.Asking) string {
	return capital(b.T("asking.says", "Asker", b.Name(v, a.Asker), "To", b.Name(v, a.To), "Through", b.Names(v, a.Through), "When", b.Stamp(a.When)))
}

// Traffic gives counts and tempo, a line each, summed over all axes but those.
func (b *Book) Traffic(v *view.View, t view.Traffic, axes ...string) []string {
	out := []string{b.T("traffic.total", "N", t.Total, "From", b.Instant(t.From), "To", b.Instant(t.To))}
	for _, c := range t.By(axes...) {
		var what []string
		for _, x := range axes {
			switch x {
			case "form":
				what = append(what, b.Word(c.Form))
			case "side":
				side := b.T("traffic.nobody")
				if c.Side != "" {
					side = b.Name(v, c.Side)
				}
				what = append(what, side)
			case "path":
				what = append(what, b.Name(v, c.Path))
			}
		}
		if len(axes) > 0 {
			out = append(out, capital(b.T("traffic.count", "What", b.how(what...), "N", c.N)))
		}
	}
	rate := func(r view.Rate) string { return b.T("traffic.rate", "N", r.Messages, "Days", r.Days) }
	return append(out, b.T("traffic.tempo", "Pace", b.how(b.Word(t.Tempo.Pace), rate(t.Tempo.Before), rate(t.Tempo.Within))))
}

// Turn says whose turn it is.
func (b *Book) Turn(v *view.View, t view.Turn) string {
	what := ""
	if it, ok := v.Projection().Get(t.Entry); ok && t.Does == view.ToAnswer {
		what = b.Entry(v, it.Entry)
	}
	return capital(b.T("turn."+string(t.Does), "Who", b.Name(v, t.Who), "On", b.Ref(v, t.On), "Since", b.Instant(t.Since), "Span", b.waited(v, t), "What", what))
}

// waited says how long somebody has been waited for; "" for less than a minute.
func (b *Book) waited(v *view.View, t view.Turn) string {
	d := time.Duration(v.Now()-t.Since) * time.Millisecond
	if t.Since == 0 || d < time.Minute {
		return ""
	}
	return b.Duration(d)
}

// Changes gives what changed, a sentence each.
func (b *Book) Changes(v *view.View, c view.Changes) []string {
	var out []string
	if len(c.New) > 0 {
		out = append(out, b.T("changes.entries", "N", len(c.New)))
	}
	for _, m := range c.Stances {
		out = append(out, capital(b.T("changes.stance", "Party", b.Name(v, m.After.Party), "On", b.Ref(v, m.On),
			"Before", b.Word(m.Before.Position), "After", b.how(b.Word(m.After.Position), b.Rests(v, m.After)))))
	}
	for _, m := range c.Verdicts {
		out = append(out, b.T("changes.verdict", "On", b.Ref(v, m.On), "Verdict", b.Word(m.After)))
	}
	for _, m := range c.Courses {
		before := b.T("changes.no-state")
		if m.Before != accord.NoState {
			before = b.Word(m.Before)
		}
		out = append(out, b.T("changes.course", "On", b.Ref(v, m.On), "Before", before, "After", b.State(m.After.Course)))
	}
	for _, a := range c.Raised {
		out = append(out, b.T("changes.raised", "Alarm", b.Alarm(v, a)))
	}
	for _, a := range c.Gone {
		out = append(out, b.T("changes.gone", "Alarm", b.Alarm(v, a)))
	}
	if len(out) == 0 {
		out = append(out, b.T("changes.none"))
	}
	return out
}

// Alarm gives an alarm in one sentence.
func (b *Book) Alarm(v *view.View, a view.Alarm) string {
	by := b.Name(v, a.By)
	if a.Kind == view.RivalAcceptance && v.PartyOf(a.By) == a.Party {
		by = "" // its own act, not a report
	}
	on := b.Ref(v, a.On)
	if !a.On.Entry.IsZero() && a.On.Hash.IsZero() {
		on = b.what(v, a.On.Entry)
	}
	return capital(b.T("alarm."+string(a.Kind), "Party", b.Name(v, a.Party), "By", by, "Other", b.Name(v, a.Other),
		"On", on, "Rival", b.Ref(v, a.Rival), "First", a.First, "Last", a.Last, "N", int(a.Last-a.First)+1, "What", b.alarmWhat(v, a)))
}

// alarmWhat says what an alarm is about beside people and texts.
func (b *Book) alarmWhat(v *view.View, a view.Alarm) string {
	switch a.Kind {
	case view.Unconfirmed, view.BeyondMandate, view.AuthorityUnknown, view.AuthorityExpired:
		return b.Word(accord.Position(a.What))
	case view.RecordsDiffer:
		return b.differs(v, a)
	case view.IncidentOpen:
		return b.Word(circle.Mishap(a.What))
	case view.SaidOtherwise:
		return b.Word(circle.Reply(a.What))
	case view.HearsayDeed:
		return b.Word(accord.Deed(a.What))
	case view.ConditionCircle:
		return b.list(strings.Fields(a.What))
	}
	if s, ok := b.text("alarm-what."+a.What, nil); ok {
		return s
	}
	return a.What
}

// AlarmSince gives an alarm and since when it stands.
func (b *Book) AlarmSince(v *view.View, a view.Alarm) string {
	return b.T("alarm.since", "Alarm", b.Alarm(v, a), "When", b.Instant(a.Since))
}

// Comparison gives how two versions differ, a line each.
func (b *Book) Comparison(v *view.View, c view.Comparison) []string {
	x, y := b.Ref(v, c.A), b.Ref(v, c.B)
	if c.Same || len(c.Differences) == 0 {
		return []string{b.T("compare.same", "A", x, "B", y)}
	}
	out := []string{b.T("compare.head", "A", x, "B", y, "N", len(c.Differences))}
	for _, d := range c.Differences {
		out = append(out, b.Difference(v, d, c.A, c.B))
	}
	return out
}

// Difference says one difference between x and y: "period: longer by 10 to 20
// days", "quantity: 10 against 5 + 5".
func (b *Book) Difference(v *view.View, d accord.Difference, x, y record.Ref) string {
	what := b.Field(d.Field)
	if d.Field == "quantity" && d.Unit != "" {
		what = d.Unit
	}
	if d.Term != "" {
		what = b.T("diff.of-term", "Term", string(d.Term), "What", what)
	}
	a, z := b.parts(d, d.A, d.AText), b.parts(d, d.B, d.BText)
	args := []any{"What", what, "Change", b.Word(d.Change), "A", a, "B", z}
	switch d.Change {
	case accord.OnlyA:
		return b.T("diff.only-a", append(args, "Where", b.Ref(v, y))...)
	case accord.OnlyB:
		return b.T("diff.only-b", append(args, "Where", b.Ref(v, x))...)
	case accord.Longer, accord.Shorter, accord.More, accord.Fewer:
		return b.T("diff.by", append(args, "By", b.Range(accord.Range{Min: d.Low, Max: d.High, Unit: d.Unit}))...)
	case accord.Split:
		return b.T("diff.split", args...)
	case accord.Wider, accord.Narrower:
		return b.T("diff.ranges", args...)
	}
	return b.T("diff.changed", args...)
}

// parts gives one side of a difference: "10", "5 + 5", "45 to 60 days".
func (b *Book) parts(d accord.Difference, list []accord.Range, text string) string {
	if len(list) == 0 {
		return b.isolate(text)
	}
	parts := make([]string, len(list))
	for i, r := range list {
		if d.Field == "quantity" {
			r.Unit = "" // the unit is what the difference is about
		}
		parts[i] = strings.TrimSpace(b.Range(r))
	}
	return strings.Join(parts, " + ")
}
