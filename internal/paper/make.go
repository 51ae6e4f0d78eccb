package paper

import (
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// Kind is what is put on paper.
type Kind string

// What can be put on paper.
const (
	Stand  Kind = "standing" // where everybody stands on every text, and who owes what
	Text   Kind = "text"     // one text, and where everybody stands on it
	Sheet  Kind = "sheet"    // one text alone, without header, names or date: a paper without author
	Record Kind = "record"   // everything in order
	Whole  Kind = "whole"    // where everybody stands, and everything in order
)

// Order is what is asked for.
type Order struct {
	Kind Kind
	On   record.Ref     // the text, where one is meant
	Now  record.Instant // when it is made; shown in the header, where there is one
}

// Make puts on paper what v shows. V is of what the reader was given: what is
// not in it is not in the document.
func Make(b *words.Book, v *view.View, o Order) (Document, error) {
	b = b.Spoken()
	d := Document{Lang: b.Lang(), RTL: b.Dir() == "rtl"}
	m := maker{b: b, v: v, d: &d}
	switch o.Kind {
	case Stand:
		d.Title = b.T("paper.standing")
		m.standing()
	case Text, Sheet:
		pk, ok := v.Package(o.On.Hash)
		if !ok {
			return d, fault.New(fault.NotFound, "paper.text", "name a text that this reader was given: `backchannel export json --for NAME` shows what that is", "this reader was not given that text")
		}
		if o.Kind == Sheet {
			m.terms(pk, false)
			return d, nil
		}
		d.Title, d.Window = b.Ref(v, pk.Ref), b.T("paper.window")
		m.text(pk)
	case Record:
		d.Title = b.T("paper.record")
		m.record()
	case Whole:
		d.Title = b.T("paper.whole")
		m.standing()
		m.record()
	default:
		return d, fault.New(fault.Malformed, "paper.kind", "say standing, text, sheet, record or whole", "%q is nothing that is put on paper", string(o.Kind))
	}
	if d.Window == "" {
		d.Window = d.Title
	}
	d.Header = []string{b.T("paper.for", "Who", b.Name(v, v.Projection().Reader())), b.T("paper.made", "When", b.Instant(o.Now)), b.T("paper.only")}
	if len(d.Blocks) == 0 {
		m.say(b.T("paper.nothing"))
	}
	return d, nil
}

type maker struct {
	b *words.Book
	v *view.View
	d *Document
}

func (m maker) add(b Block)     { m.d.Blocks = append(m.d.Blocks, b) }
func (m maker) head(s string)   { m.add(Block{Heading: s, Level: 2}) }
func (m maker) say(s string)    { m.add(Block{Text: s}) }
func (m maker) list(s []string) { m.add(Block{List: s}) }

// text puts a text on paper with where everybody stands on it.
func (m maker) text(pk view.PackageStanding) {
	head := m.b.PackageHead(m.v, pk)
	m.head(head[0])
	if pk.Text != "" {
		m.add(Block{Quote: pk.Text})
	}
	if len(head) > 1 {
		m.list(head[1:])
	}
	m.terms(pk, true)
	t := Table{Caption: m.b.T("paper.who-stands"), Head: []string{
		m.b.T("standing.head-party"), m.b.T("standing.head-position"), m.b.T("standing.head-rests"), m.b.T("standing.head-confirmed"),
	}}
	for _, c := range pk.Cells {
		t.Rows = append(t.Rows, []string{m.b.Name(m.v, c.Party), m.b.Word(c.Position), m.b.Rests(m.v, c), m.b.Confirmed(c)})
	}
	if len(t.Rows) > 0 {
		m.add(Block{Table: &t})
	}
}

// terms lists the terms of a text. On a sheet they are numbered, and bear no
// version: whoever reads it learns what is proposed, and not how it came about.
func (m maker) terms(pk view.PackageStanding, versions bool) {
	var list []string
	for _, t := range pk.Terms {
		if versions {
			list = append(list, m.b.TermLine(m.v, t))
			continue
		}
		list = append(list, m.b.T("paper.term", "Name", string(t.Term.Name), "Text", m.b.Term(m.v, t.Term)))
	}
	for _, r := range pk.Lacking {
		list = append(list, m.b.T("paper.lacking", "Name", string(r.Name)))
	}
	m.add(Block{List: list, Numbers: !versions})
}

func (m maker) standing() {
	for _, pk := range m.v.Standing().Packages {
		m.text(pk)
	}
	m.owed()
}

func (m maker) owed() {
	owes := m.v.Owes()
	if len(owes) == 0 {
		return
	}
	m.head(m.b.T("paper.owes"))
	for _, o := range owes {
		lines := m.b.OwedBy(m.v, o)
		if len(lines) == 0 {
			continue
		}
		m.add(Block{Heading: m.b.Name(m.v, o.Party.Name), Level: 3})
		m.list(lines)
	}
}

// record puts everything on paper in the order in which it was said.
func (m maker) record() {
	day := ""
	for _, x := range m.v.Timeline() {
		if d := m.b.Day(x.Item.When()); d != day {
			day = d
			m.head(d)
		}
		m.say(m.b.T("paper.entry", "When", m.b.Stamp(x.When), "Text", m.b.Entry(m.v, x.Item.Entry)))
	}
}
