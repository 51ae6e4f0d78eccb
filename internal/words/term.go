package words

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Range gives a quantity or a period: "70 to 90 days".
func (b *Book) Range(r accord.Range) string {
	id := "term.range"
	if r.Min == r.Max {
		id = "term.one"
	}
	return b.T(id, "Min", b.Number(strconv.FormatInt(r.Min, 10)), "Max", b.Number(strconv.FormatInt(r.Max, 10)), "Unit", b.unit(r.Unit, r.Max))
}

// Term gives a term in one line.
func (b *Book) Term(v *view.View, t accord.Term) string {
	out := []string{b.termHead(v, t)}
	add := func(say bool, id string, args ...any) {
		if say {
			out = append(out, b.T(id, args...))
		}
	}
	add(t.Effort, "term.effort")
	add(t.Creditor != "" && t.Sort != accord.Expectation, "term.creditor", "Creditor", b.Name(v, t.Creditor))
	for _, q := range t.Quantity {
		add(true, "term.quantity", "Quantity", b.Range(q))
	}
	add(!t.Period.IsZero(), "term.for", "Period", b.Range(t.Period))
	add(len(t.Persons) > 0, "term.persons", "Persons", b.Names(v, t.Persons))
	add(len(t.Against) > 0, "term.against", "Terms", b.bare(t.Against))
	if !t.When.IsZero() {
		out = append(out, b.Condition(t.When))
	}
	add(t.By != 0, "term.by", "When", b.InstantIn(t.By, string(t.Zone)))
	add(!t.Within.IsZero(), "term.within", "Range", b.Range(t.Within))
	add(t.From != 0, "term.from", "When", b.InstantIn(t.From, string(t.Zone)))
	add(t.Until != 0, "term.until", "When", b.InstantIn(t.Until, string(t.Zone)))
	add(t.Place != "", "term.at", "Place", t.Place)
	add(t.Trigger != "", "term.trigger", "Trigger", t.Trigger)
	add(t.Response != "", "term.response", "Response", t.Response)
	add(t.Monitor != "", "term.monitor", "Monitor", b.Name(v, t.Monitor))
	add(len(t.Needs) > 0, "term.needs", "Parties", b.Names(v, t.Needs))
	add(len(t.Benefits) > 0, "term.benefits", "Parties", b.Names(v, t.Benefits))
	return b.how(out...)
}

func (b *Book) termHead(v *view.View, t accord.Term) string {
	t.Action = strings.TrimRight(t.Action, ".") // it stands within a sentence here
	unstated := ""
	if t.Debtor == "" {
		unstated = "-unstated"
	}
	switch t.Sort {
	case accord.Gesture:
		return b.T("term.gesture"+unstated, "Debtor", b.Name(v, t.Debtor), "Action", t.Action)
	case accord.Expectation:
		return b.T("term.expectation", "Of", b.Name(v, t.Of), "Creditor", b.Name(v, t.Creditor), "Action", t.Action)
	case accord.Guarantee:
		return b.T("term.guarantee", "Debtor", b.Name(v, t.Debtor), "Covers", b.bare(t.Covers), "Action", t.Action)
	}
	return b.T("term.obligation"+unstated, "Debtor", b.Name(v, t.Debtor), "Action", t.Action)
}

// bare gives names of terms, which have no titles.
func (b *Book) bare(list []record.Name) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = string(n)
	}
	return b.list(parts)
}
