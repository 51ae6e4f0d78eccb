package web

import (
	"strings"

	"net/http"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// standingPage is where we stand, and who owes what.
type standingPage struct {
	Stood, Knew string
	Slides      []slide
	AsOf        notice
	Moved       bool
	Packages    []packageView
	Loose       []termRow
	Owes        []owesView
	Compare     []option
}

type packageView struct {
	ID      string // for the heading
	Title   string
	Href    string
	Verdict tag
	Head    []string
	Cells   []cellView // one for each party
	Terms   []termRow
	Twins   []link
	Actions []link
	NotLive bool
}

type cellView struct {
	Party string
	Text  string
	More  string
	Tone  string
	Links []link
}

type termRow struct {
	Title string
	Href  string
	Sort  string
	Text  string
	Who   string
	For   string
	Cover string
}

type owesView struct {
	Party string
	Table string
	Rows  []link
}

func (c *call) standing(w http.ResponseWriter, r *http.Request) error {
	q := c.slid(r.URL.Query())
	at, err := asOfIn(q)
	if err != nil {
		return err
	}
	p := standingPage{Stood: q.Get("stood"), Knew: q.Get("knew"), Slides: c.slides(at), Moved: at != record.AsOf{}}
	v := c.view
	if p.Moved {
		v = view.Of(c.rec.For(c.f.h.Keeper(), at), c.now)
		p.AsOf = c.asOfNotice(at)
	}
	s := v.Standing()
	for _, pk := range slices.Backward(s.Packages) {
		p.Packages = append(p.Packages, c.packageView(v, pk))
	}
	for _, t := range s.Terms {
		p.Loose = append(p.Loose, c.termRow(t))
	}
	for _, o := range v.Owes() {
		p.Owes = append(p.Owes, c.owesView(o))
	}
	p.Compare = c.versions(v)
	c.show(w, http.StatusOK, "standing", c.t("web.nav.standing"), !p.Moved, p)
	return nil
}

// versions gives every version as a choice for comparing.
func (c *call) versions(v *view.View) []option {
	var out []option
	for _, pk := range v.Ledger().Packages() {
		out = append(out, option{Value: c.f.alias.of(pk.Entry), Text: c.refText(pk.Body.Ref())})
	}
	for _, t := range v.Ledger().Terms() {
		out = append(out, option{Value: c.f.alias.of(t.Entry), Text: c.refText(t.Body.Ref().Ref())})
	}
	return out
}

func (c *call) packageView(v *view.View, pk view.PackageStanding) packageView {
	p := packageView{
		ID: "p-" + c.f.alias.of(pk.Entry), Title: c.refText(pk.Ref), Href: c.entryHref("e", pk.Entry), NotLive: !pk.Live,
		Verdict: c.verdict(pk.Agreement), Head: c.f.book.PackageHead(v, pk)[1:], // the verdict is a tag
	}
	for _, cell := range pk.Cells {
		p.Cells = append(p.Cells, c.cellView(cell))
	}
	for _, t := range pk.Terms {
		p.Terms = append(p.Terms, c.termRow(t))
	}
	for _, twin := range pk.Namesakes {
		if other, ok := v.Ledger().Package(twin.Hash); ok {
			p.Twins = append(p.Twins, link{c.compareHref(other.Entry, pk.Entry), c.t("web.standing.compare-with", "Name", c.refText(twin))})
		}
	}
	if it, ok := c.all.Get(pk.Entry); ok {
		p.Actions = c.actions(it)
	}
	return p
}

func (c *call) compareHref(a, b keys.ID) string {
	return c.href("/compare?a=" + c.f.alias.of(a) + "&b=" + c.f.alias.of(b))
}

func (c *call) cellView(cell view.Cell) cellView {
	v := cellView{Party: c.name(cell.Party), Text: c.cellText(cell), More: c.f.book.Rests(c.view, cell)}
	switch {
	case cell.Confirmed:
		v.Tone = "good"
	case cell.NotConfirmed:
		v.Tone = "care"
	case cell.Position == accord.Rejected || cell.Position == accord.Denied || cell.Position == accord.Withdrawn || cell.Position == accord.Lapsed:
		v.Tone = "alarm"
	}
	for _, id := range cell.Entries {
		if it, ok := c.all.Get(id); ok {
			v.Links = append(v.Links, link{c.entryHref("e", id), c.head(it.Entry)})
		}
	}
	text, links := c.strength(cell)
	v.More, v.Links = v.More+text, append(v.Links, links...)
	return v
}

func (c *call) termRow(t view.TermLine) termRow {
	row := termRow{
		Title: c.refText(t.Ref), Href: c.entryHref("e", t.Entry), Sort: c.word(t.Term.Sort), Text: c.termLine(t.Term),
		Who: c.debtorText(t.Term), For: c.joined(t.Term.Against),
	}
	for i, g := range t.CoveredBy {
		if i > 0 {
			row.Cover += ", "
		}
		row.Cover += c.refText(g)
	}
	return row
}

// termLine says what is done, how many and how long.
func (c *call) termLine(t accord.Term) string {
	s := strings.TrimRight(t.Action, ".") // more follows
	for _, q := range t.Quantity {
		s += ", " + c.f.book.Range(q)
	}
	if !t.Period.IsZero() {
		s += ", " + c.f.book.Range(t.Period)
	}
	return s
}

func (c *call) debtorText(t accord.Term) string {
	switch {
	case t.Sort == accord.Expectation:
		return c.t("web.standing.expected", "Of", c.within(t.Of))
	case t.Debtor == "":
		return c.t("web.term.unstated")
	}
	return c.name(t.Debtor)
}

func (c *call) owesView(o view.PartyOwes) owesView {
	v := owesView{Party: c.name(o.Party.Name), Table: ""}
	if o.Party.Absent {
		v.Table = c.t("web.party.absent")
	}
	var entries []keys.ID // one for each line, in the same order
	for _, list := range [][]view.Debt{o.Debts, o.Gestures, o.Expected, o.Needed} {
		for _, d := range list {
			entries = append(entries, d.Term.Entry)
		}
	}
	for _, n := range o.Nothing {
		entries = append(entries, n.Entry)
	}
	for i, s := range c.f.book.OwedBy(c.view, o) {
		row := link{Text: s}
		if i < len(entries) {
			row.Href = c.entryHref("e", entries[i])
		}
		v.Rows = append(v.Rows, row)
	}
	return v
}

// comparePage is two versions side by side.
type comparePage struct {
	A, B  string
	AHref string
	BHref string
	Same  bool
	Rows  []diffRow
	SideA []termRow
	SideB []termRow
	StandA,
	StandB []cellView
}

type diffRow struct{ What, A, B, Change string }

// compare holds two versions against one another; nil if one is not here.
func (c *call) compare(a, b keys.Hash) *comparePage {
	cmp, err := c.view.Compare(a, b)
	if err != nil {
		return nil
	}
	p := &comparePage{A: c.refText(cmp.A), B: c.refText(cmp.B), Same: cmp.Same}
	p.AHref, p.BHref = c.entryHref("e", cmp.Entries[0]), c.entryHref("e", cmp.Entries[1])
	for _, d := range cmp.Differences {
		p.Rows = append(p.Rows, c.diffRow(d))
	}
	side := func(h keys.Hash) (rows []termRow, cells []cellView) {
		if pk, ok := c.view.Package(h); ok {
			for _, t := range pk.Terms {
				rows = append(rows, c.termRow(t))
			}
			for _, cell := range pk.Cells {
				cells = append(cells, c.cellView(cell))
			}
		}
		return rows, cells
	}
	p.SideA, p.StandA = side(cmp.A.Hash)
	p.SideB, p.StandB = side(cmp.B.Hash)
	return p
}

func (c *call) comparison(w http.ResponseWriter, r *http.Request) error {
	a, err := c.subject(r.URL.Query().Get("a"))
	if err != nil {
		return err
	}
	b, err := c.subject(r.URL.Query().Get("b"))
	if err != nil {
		return err
	}
	if _, err := c.view.Compare(hashOf(a.Body), hashOf(b.Body)); err != nil {
		return err
	}
	c.show(w, http.StatusOK, "compare", c.t("web.compare.title"), false, c.compare(hashOf(a.Body), hashOf(b.Body)))
	return nil
}

func (c *call) diffRow(d accord.Difference) diffRow {
	row := diffRow{A: d.AText, B: d.BText, Change: c.changeText(d)}
	row.What = c.f.book.Field(d.Field)
	if d.Unit != "" {
		row.What += " (" + d.Unit + ")"
	}
	if d.Term != "" {
		row.What = c.t("web.compare.of-term", "Term", string(d.Term), "What", row.What)
	}
	list := func(rs []accord.Range) string {
		s := ""
		for i, r := range rs {
			if i > 0 {
				s += " + "
			}
			s += c.f.book.Range(r)
		}
		return s
	}
	if len(d.A) > 0 {
		row.A = list(d.A)
	}
	if len(d.B) > 0 {
		row.B = list(d.B)
	}
	none := c.t("web.compare.none")
	if row.A == "" {
		row.A = none
	}
	if row.B == "" {
		row.B = none
	}
	return row
}
