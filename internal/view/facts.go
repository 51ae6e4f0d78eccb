package view

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

func (a *asker) standing(args []string) error {
	s := a.v.Standing()
	keep := func(record.Ref) bool { return true }
	if len(args) == 1 {
		refs, err := a.texts(args[0])
		if err != nil {
			return err
		}
		hashes := map[keys.Hash]bool{}
		for _, r := range refs {
			hashes[r.Hash] = true
		}
		keep = func(r record.Ref) bool { return hashes[r.Hash] }
	}
	for _, p := range s.Packages {
		whole := keep(p.Ref)
		if whole {
			a.packageFacts(p)
		}
		for _, t := range p.Terms {
			if whole || len(args) == 1 && keep(t.Ref) {
				a.termFacts(t)
				a.cellFacts(t.Ref, t.Cells)
				if !whole {
					a.fact("in-package", a.label(t.Ref), "", a.label(p.Ref), p.Entry)
					a.packageFacts(p)
				}
			}
		}
	}
	for _, t := range s.Terms {
		if keep(t.Ref) {
			a.termFacts(t)
			a.cellFacts(t.Ref, t.Cells)
		}
	}
	return nil
}

func (a *asker) packageFacts(p PackageStanding) {
	on := a.label(p.Ref)
	g := p.Agreement
	a.fact("verdict", on, "", string(g.Verdict), append([]keys.ID{p.Entry}, g.Entries...)...)
	a.fact("weakest", on, "", string(g.Weakest), g.Entries...)
	for _, n := range g.Missing {
		a.fact("missing", on, n, Yes)
	}
	for _, n := range g.Unechoed {
		a.fact("echo-awaited", on, n, Yes)
	}
	a.cellFacts(p.Ref, p.Cells)
	for _, r := range p.Lacking {
		a.fact("lacking", on, "", a.label(r), p.Entry)
	}
}

func (a *asker) cellFacts(ref record.Ref, cells []Cell) {
	on := a.label(ref)
	for _, c := range cells {
		a.fact("position", on, c.Party, string(c.Position), c.Entries...)
		if c.Position == accord.Silent {
			continue
		}
		a.fact("rests", on, c.Party, string(c.Rests), c.Entries...)
		a.fact("by", on, c.Party, string(c.By), c.Entries...)
		confirmed := No
		switch {
		case c.Confirmed:
			confirmed = Yes
		case c.NotConfirmed:
			confirmed = "not-confirmed"
		}
		a.fact("confirmed", on, c.Party, confirmed, c.Entries...)
	}
}

func (a *asker) termFacts(t TermLine) {
	on, b := a.label(t.Ref), t.Term
	add := func(key, value string) {
		if value != "" {
			a.fact(key, on, "", value, t.Entry)
		}
	}
	add("sort", string(b.Sort))
	if b.Sort != accord.Expectation {
		debtor := string(b.Debtor)
		if debtor == "" {
			debtor = "unstated"
		}
		add("debtor", debtor)
	}
	add("of", string(b.Of))
	if b.Effort {
		add("effort", Yes)
	}
	if !b.Period.IsZero() {
		add("period", rangeText(b.Period))
	}
	if !b.Within.IsZero() {
		add("within", rangeText(b.Within))
	}
	for _, q := range b.Quantity {
		add("quantity", rangeText(q))
	}
	for _, n := range b.Against {
		add("against", string(n))
	}
	for _, n := range b.Covers {
		add("covers", string(n))
	}
	for _, r := range t.CoveredBy {
		add("covered-by", a.label(r))
	}
	for _, n := range b.Needs {
		add("depends-on", string(n))
	}
	add("when", b.When.String())
}

// rangeText gives a range as case files write it: "70-90 days", "10 captives".
func rangeText(r accord.Range) string {
	s := strconv.FormatInt(r.Min, 10)
	if r.Max != r.Min {
		s += "-" + strconv.FormatInt(r.Max, 10)
	}
	return s + " " + r.Unit
}

func rangesText(list []accord.Range) string {
	if len(list) == 0 {
		return None
	}
	parts := make([]string, len(list))
	for i, r := range list {
		parts[i], _, _ = strings.Cut(rangeText(r), " ")
	}
	return strings.Join(parts, "+")
}

func (a *asker) compare(args []string) error {
	x, err := a.text(args[0])
	if err != nil {
		return err
	}
	y, err := a.text(args[1])
	if err != nil {
		return err
	}
	c, err := a.v.Compare(x.Hash, y.Hash)
	if err != nil {
		return err
	}
	a.fact("same", "", "", yesNo(c.Same), c.Entries...)
	for _, d := range c.Differences {
		on := string(d.Term)
		switch {
		case len(d.A)+len(d.B) > 0 && d.Field == "quantity":
			on = strings.TrimSpace(on + " " + d.Unit)
			a.fact(d.Field, on, "", string(d.Change), c.Entries...)
			a.fact(d.Field+"-values", on, "", rangesText(d.A)+" / "+rangesText(d.B), c.Entries...)
		case len(d.A)+len(d.B) > 0:
			a.fact(d.Field, on, "", string(d.Change), c.Entries...)
			a.fact(d.Field+"-values", on, "", rangesText(d.A)+" / "+rangesText(d.B), c.Entries...)
			if d.High > 0 {
				a.fact(d.Field+"-by", on, "", rangeText(accord.Range{Min: d.Low, Max: d.High, Unit: d.Unit}), c.Entries...)
			}
		default:
			a.fact(d.Field, on, "", string(d.Change), c.Entries...)
		}
	}
	return nil
}

func (a *asker) agreed(args []string) error {
	refs, err := a.texts(args[0])
	if err != nil {
		return err
	}
	if len(args) == 2 || len(args) == 3 && args[1] != "by" {
		return fault.New(fault.Malformed, "view.words", "write: agreed TEXT by PARTY", "%q is not a question", a.q.Text)
	}
	if len(refs) == 0 { // nobody had put it to this desk by then
		var who record.Name
		if len(args) == 3 {
			who = record.Name(args[2])
		}
		a.fact("agreed", args[0], who, No)
		return nil
	}
	for _, r := range refs {
		on := a.label(r)
		if len(args) == 3 {
			a.hadAgreed(on, r, record.Name(args[2]))
			continue
		}
		if _, ok := a.v.l.Package(r.Hash); ok {
			g := a.v.agreement(r.Hash)
			value := No
			switch g.Verdict {
			case accord.Agreed:
				value = Yes
			case accord.AsReported:
				value = "as-reported"
			}
			a.fact("agreed", on, "", value, g.Entries...)
			a.fact("verdict", on, "", string(g.Verdict), g.Entries...)
			continue
		}
		for _, c := range a.v.cells(r.Hash, nil) {
			a.hadAgreed(on, r, c.Party)
		}
	}
	return nil
}

// hadAgreed says whether one party had accepted: yes is its own act under a
// mandate, and nothing less.
func (a *asker) hadAgreed(on string, r record.Ref, party record.Name) {
	s := a.v.l.Stance(party, r.Hash)
	value := No
	switch {
	case s.Confirmed():
		value = Yes
	case s.Position == accord.Accepted && s.Rests == accord.OnOwnAct:
		value = "without-mandate"
	case s.Position == accord.Accepted:
		value = "as-reported"
	}
	a.fact("agreed", on, party, value, s.Entry)
	a.fact("position", on, party, string(s.Position), s.Entry)
	if s.Rests != accord.OnNothing {
		a.fact("rests", on, party, string(s.Rests), s.Entry)
		a.fact("by", on, party, string(s.By), s.Entry)
	}
}

func (a *asker) what(args []string) error {
	refs, err := a.texts(args[0])
	if err != nil {
		return err
	}
	for _, r := range refs {
		t, ok := a.v.Term(r.Hash)
		if !ok {
			continue
		}
		on := a.label(r)
		a.termFacts(t.TermLine)
		antecedent := t.Condition
		if antecedent == "" && len(t.TermLine.Term.Against) > 0 {
			antecedent = "against " + join(t.TermLine.Term.Against)
		}
		a.fact("antecedent", on, "", antecedent, t.Entry)
		if len(t.ForIt) == 0 {
			a.fact("owed-for-it", on, "", None, t.Entry)
		}
		for _, o := range t.ForIt {
			a.fact("owed-for-it", on, o.Term.Debtor, a.label(o.Ref), o.Entry)
		}
		for _, n := range t.TermLine.Term.Benefits {
			a.fact("beneficiary", on, "", string(n), t.Entry)
		}
		a.besideTerm(r, t.TermLine.Term.Persons)
		for _, o := range t.Beside {
			holder := o.Term.Creditor
			a.fact("beside", on, holder, a.label(o.Ref), o.Entry)
			a.fact("owed", a.label(o.Ref), "", No, o.Entry)
			if o.Term.Of != "" {
				a.fact("expected-of", a.label(o.Ref), "", string(o.Term.Of), o.Entry)
			}
		}
	}
	return nil
}

func (a *asker) owes(args []string) error {
	var list []PartyOwes
	if len(args) == 1 {
		list = []PartyOwes{a.v.OwedBy(record.Name(args[0]))}
	} else {
		list = a.v.Owes()
	}
	for _, o := range list {
		who := o.Party.Name
		if o.Party.Absent {
			a.fact("not-at-the-table", "", who, Yes, o.Party.Entry)
		}
		owed := false
		for _, d := range o.Debts {
			value := "if-agreed"
			switch {
			case d.Owed:
				value, owed = "owed", true
			case d.Package.IsZero():
				value = "as-stated"
			}
			a.fact("owes", a.label(d.Term.Ref), who, value, append(d.Entries, d.Supports...)...)
		}
		if !owed && len(o.Debts) == 0 {
			a.fact("owes", "", who, None)
		}
		for _, d := range o.Gestures {
			a.fact("gesture", a.label(d.Term.Ref), who, "not-owed", d.Entries...)
		}
		for _, d := range o.Expected {
			a.fact("expected", a.label(d.Term.Ref), who, "not-owed", d.Entries...)
		}
		for _, d := range o.Needed {
			a.fact("needed-for", a.label(d.Term.Ref), who, a.label(d.Package), append(d.Entries, d.Supports...)...)
		}
		a.nothingFacts(o.Nothing)
	}
	return nil
}

func (a *asker) nothing(args []string) error {
	for _, o := range a.v.Owes() {
		if len(args) == 0 || record.Name(args[0]) == o.Party.Name {
			a.nothingFacts(o.Nothing)
		}
	}
	return nil
}

func (a *asker) nothingFacts(list []Nothing) {
	for _, n := range list {
		a.fact("nothing-owed", "", n.Party, Yes, n.Entry)
		a.fact("said-by", "", n.Party, string(n.By), n.Entry)
		a.fact("said-to", "", n.Party, string(n.To), n.Entry)
		a.fact("said-at", "", n.Party, span(n.When.Said), n.Entry)
		for _, r := range n.Contradicts {
			a.fact("contradicts", a.label(r), n.Party, Yes, n.Entry)
		}
	}
}
