package accord

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/internal/record"
)

// Change is how one thing differs between two versions.
type Change string

// The changes, as seen from the first version to the second.
const (
	Longer   Change = "longer"   // a period, at both ends
	Shorter  Change = "shorter"  // a period, at both ends
	More     Change = "more"     // a quantity, at both ends
	Fewer    Change = "fewer"    // a quantity, at both ends
	Wider    Change = "wider"    // a range that reaches further both ways
	Narrower Change = "narrower" // a range within the other
	Split    Change = "split"    // the same total in other parts: 10 against 5 + 5
	Changed  Change = "changed"  // another value
	OnlyA    Change = "only-a"   // absent in the second
	OnlyB    Change = "only-b"   // absent in the first
)

// Difference is one thing in which two versions differ. For ranges, A and B
// hold them and Low to High is how much the second lies above (or below) the
// first, at its two ends; for everything else AText and BText hold the values.
type Difference struct {
	Term   record.Name `json:"term,omitempty"` // of which term; empty for the package as a whole
	Field  string      `json:"field"`          // "period", "quantity", "debtor", "term" ...
	Change Change      `json:"change"`
	Unit   string      `json:"unit,omitempty"`
	A      []Range     `json:"a,omitempty"`
	B      []Range     `json:"b,omitempty"`
	Low    int64       `json:"low,omitempty"`
	High   int64       `json:"high,omitempty"`
	AText  string      `json:"aText,omitempty"`
	BText  string      `json:"bText,omitempty"`
}

// CompareTerms gives every field in which b differs from a. Name, version,
// salt and what it replaces are not differences: they differ by design.
func CompareTerms(a, b Term) []Difference {
	out := compareFields(a, b)
	out = append(out, compareQuantities(a.Quantity, b.Quantity)...)
	for i := range out {
		out[i].Term = cmp.Or(a.Name, b.Name)
	}
	return out
}

// ComparePackages gives every difference between two packages. Terms are held
// against one another by name; quantities over the whole package by unit, so
// that ten at once and five twice are seen to be the same ten.
func (l *Ledger) ComparePackages(a, b Package) []Difference {
	var out []Difference
	text := func(field, x, y string) {
		if x != y {
			out = append(out, Difference{Field: field, Change: changeOf(x, y), AText: x, BText: y})
		}
	}
	text("needs", names(l.Needed(a)), names(l.Needed(b)))
	text("parts", yes(a.Parts), yes(b.Parts))
	text("lapses", moment(a.Lapses), moment(b.Lapses))
	text("receipt-by", string(a.ReceiptBy), string(b.ReceiptBy))
	text("text", a.Text, b.Text)
	text("language", a.Lang, b.Lang)
	termsA, _ := l.TermsOf(a)
	termsB, _ := l.TermsOf(b)
	out = append(out, compareQuantities(quantities(termsA), quantities(termsB))...)
	inB := map[record.Name]Term{}
	for _, t := range termsB {
		inB[t.Body.Name] = t.Body
	}
	inA := map[record.Name]bool{}
	for _, t := range termsA {
		inA[t.Body.Name] = true
		other, both := inB[t.Body.Name]
		if !both {
			out = append(out, Difference{Term: t.Body.Name, Field: "term", Change: OnlyA, AText: t.Body.Action})
			continue
		}
		for _, d := range compareFields(t.Body, other) {
			d.Term = t.Body.Name
			out = append(out, d)
		}
	}
	for _, t := range termsB {
		if !inA[t.Body.Name] {
			out = append(out, Difference{Term: t.Body.Name, Field: "term", Change: OnlyB, BText: t.Body.Action})
		}
	}
	return out
}

func quantities(terms []Version[Term]) []Range {
	var out []Range
	for _, t := range terms {
		out = append(out, t.Body.Quantity...)
	}
	return out
}

// compareFields compares everything but quantities.
func compareFields(a, b Term) []Difference {
	var out []Difference
	if d, differ := compareRange("period", a.Period, b.Period, Longer, Shorter); differ {
		out = append(out, d)
	}
	if d, differ := compareRange("within", a.Within, b.Within, Longer, Shorter); differ {
		out = append(out, d)
	}
	for _, f := range []struct{ field, x, y string }{
		{"sort", string(a.Sort), string(b.Sort)},
		{"debtor", string(a.Debtor), string(b.Debtor)},
		{"creditor", string(a.Creditor), string(b.Creditor)},
		{"of", string(a.Of), string(b.Of)},
		{"action", a.Action, b.Action},
		{"effort", yes(a.Effort), yes(b.Effort)},
		{"persons", names(a.Persons), names(b.Persons)},
		{"when", a.When.String(), b.When.String()},
		{"against", names(a.Against), names(b.Against)},
		{"by", moment(a.By), moment(b.By)},
		{"place", a.Place, b.Place},
		{"covers", names(a.Covers), names(b.Covers)},
		{"trigger", a.Trigger, b.Trigger},
		{"response", a.Response, b.Response},
		{"monitor", string(a.Monitor), string(b.Monitor)},
		{"from", moment(a.From), moment(b.From)},
		{"until", moment(a.Until), moment(b.Until)},
		{"zone", string(a.Zone), string(b.Zone)},
		{"text", a.Text, b.Text},
		{"language", a.Lang, b.Lang},
		{"benefits", names(a.Benefits), names(b.Benefits)},
		{"depends-on", names(a.Needs), names(b.Needs)},
	} {
		if f.x != f.y {
			out = append(out, Difference{Field: f.field, Change: changeOf(f.x, f.y), AText: f.x, BText: f.y})
		}
	}
	return out
}

// compareQuantities compares two lists of quantities unit by unit.
func compareQuantities(a, b []Range) []Difference {
	var units []string
	for _, r := range append(slices.Clone(a), b...) {
		if !slices.Contains(units, r.Unit) {
			units = append(units, r.Unit)
		}
	}
	var out []Difference
	for _, u := range units {
		ofA, ofB := ofUnit(a, u), ofUnit(b, u)
		d, differ := compareRange("quantity", total(ofA, u), total(ofB, u), More, Fewer)
		if !differ && !sameParts(ofA, ofB) {
			d, differ = Difference{Field: "quantity", Change: Split, Unit: u}, true
		}
		if differ {
			d.Unit, d.A, d.B = u, ofA, ofB
			out = append(out, d)
		}
	}
	return out
}

func ofUnit(list []Range, unit string) []Range {
	var out []Range
	for _, r := range list {
		if r.Unit == unit {
			out = append(out, r)
		}
	}
	return out
}

func total(list []Range, unit string) Range {
	if len(list) == 0 {
		return Range{}
	}
	sum := Range{Unit: unit}
	for _, r := range list {
		sum.Min, sum.Max = sum.Min+r.Min, sum.Max+r.Max
	}
	return sum
}

func sameParts(a, b []Range) bool {
	order := func(x, y Range) int { return cmp.Or(cmp.Compare(x.Min, y.Min), cmp.Compare(x.Max, y.Max)) }
	return slices.Equal(slices.SortedFunc(slices.Values(a), order), slices.SortedFunc(slices.Values(b), order))
}

// compareRange compares two ranges end by end: 70–90 is longer than 60–70 by
// 10 to 20.
func compareRange(field string, a, b Range, up, down Change) (Difference, bool) {
	if a == b {
		return Difference{}, false
	}
	d := Difference{Field: field, Unit: cmp.Or(a.Unit, b.Unit), A: []Range{a}, B: []Range{b}}
	low, high := b.Min-a.Min, b.Max-a.Max
	switch {
	case b.IsZero():
		d.Change, d.B = OnlyA, nil
	case a.IsZero():
		d.Change, d.A = OnlyB, nil
	case a.Unit != b.Unit:
		d.Change, d.Unit = Changed, ""
	case low >= 0 && high >= 0:
		d.Change, d.Low, d.High = up, min(low, high), max(low, high)
	case low <= 0 && high <= 0:
		d.Change, d.Low, d.High = down, min(-low, -high), max(-low, -high)
	case low < 0:
		d.Change = Wider
	default:
		d.Change = Narrower
	}
	return d, true
}

func changeOf(a, b string) Change {
	switch {
	case a == "":
		return OnlyB
	case b == "":
		return OnlyA
	}
	return Changed
}

// moment gives i to the millisecond, so that no difference is lost.
func moment(i record.Instant) string {
	if i == 0 {
		return ""
	}
	return i.Time().Format(time.RFC3339Nano)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func names(list []record.Name) string {
	s := make([]string, len(list))
	for i, n := range list {
		s[i] = string(n)
	}
	slices.Sort(s)
	return strings.Join(s, " ")
}

// String gives c in words: "release and not (event)". The zero Condition is "".
func (c Condition) String() string {
	switch {
	case c.Term != "":
		return string(c.Term)
	case c.Event != "":
		return strconv.Quote(c.Event)
	case c.Op == "not" && len(c.Of) == 1:
		return "not " + c.Of[0].nested()
	}
	parts := make([]string, len(c.Of))
	for i, o := range c.Of {
		parts[i] = o.nested()
	}
	return strings.Join(parts, " "+c.Op+" ")
}

func (c Condition) nested() string {
	if len(c.Of) > 0 {
		return "(" + c.String() + ")"
	}
	return c.String()
}

// Terms gives the names of the terms that c depends on.
func (c Condition) Terms() []record.Name {
	var out []record.Name
	if c.Term != "" {
		out = append(out, c.Term)
	}
	for _, o := range c.Of {
		out = append(out, o.Terms()...)
	}
	return out
}

// Events gives the events that c depends on.
func (c Condition) Events() []string {
	var out []string
	if c.Event != "" {
		out = append(out, c.Event)
	}
	for _, o := range c.Of {
		out = append(out, o.Events()...)
	}
	return out
}
