package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/casefile"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// fieldError is what is wrong with one field of a form.
type fieldError struct {
	name string
	error
}

func (e *fieldError) Unwrap() error { return e.error }

// inField says in which field something is wrong.
func inField(name string, err error) error { return &fieldError{name, err} }

// blame names the field that err is about, marks it and opens its group.
func (c *call) blame(p *formPage, n *notice, err error) {
	var bad *fieldError
	if !errors.As(err, &bad) {
		return
	}
	for g := range p.Groups {
		for i := range p.Groups[g].Fields {
			f := &p.Groups[g].Fields[i]
			if f.Name == bad.name {
				f.Wrong, p.Groups[g].Folded = true, false
				n.Kind = c.t("web.form.not-done-in", "Field", f.Label)
			}
		}
	}
}

// readCondition reads what a term waits for: what was ticked and listed, or
// what was written in brackets.
func readCondition(v url.Values) (accord.Condition, error) {
	var of []accord.Condition
	for _, n := range names(v, "after") {
		of = append(of, accord.Condition{Term: n})
	}
	events := slices.Concat(v["event"], strings.Split(lf(v.Get("new-events")), "\n"))
	for _, s := range events {
		s = strings.TrimSpace(s)
		same := func(c accord.Condition) bool { return c.Event != "" && accord.Event{What: c.Event}.Same(s) }
		if s != "" && !slices.ContainsFunc(of, same) {
			of = append(of, accord.Condition{Event: s})
		}
	}
	if s := one(v, "when"); s != "" {
		if len(of) > 0 {
			return accord.Condition{}, inField("when", fault.New(fault.Malformed, "web.condition-twice", "use the lists, or this field for all of it", "the condition is written in two places"))
		}
		c, err := casefile.ReadCondition(s)
		if err != nil {
			return c, inField("when", err)
		}
		return c, nil
	}
	c := accord.Condition{}
	switch {
	case len(of) == 0:
		return c, nil
	case len(of) == 1:
		c = of[0]
	case one(v, "how") == "any" || one(v, "how") == "none":
		c = accord.Condition{Op: "or", Of: of}
	default:
		c = accord.Condition{Op: "and", Of: of}
	}
	if one(v, "how") == "none" {
		c = accord.Condition{Op: "not", Of: []accord.Condition{c}}
	}
	return c, nil
}

// conditionValues fills the fields with a condition: the lists where they can
// say it, else the field for all the others.
func conditionValues(v url.Values, c accord.Condition) {
	if c.IsZero() {
		return
	}
	in, how := c, "all"
	if in.Op == "not" && len(in.Of) == 1 && (in.Of[0].Op == "" || in.Of[0].Op == "or") {
		in, how = in.Of[0], "none"
	} else if in.Op == "or" {
		how = "any"
	}
	leaves := in.Of
	if in.Op == "" {
		leaves = []accord.Condition{in}
	}
	if slices.ContainsFunc(leaves, func(l accord.Condition) bool { return l.Op != "" || strings.ContainsAny(l.Event, "\r\n") }) {
		v.Set("when", casefile.WriteCondition(c))
		return
	}
	v.Set("how", how)
	for _, l := range leaves {
		if l.Term != "" {
			v.Add("after", string(l.Term))
		} else {
			v.Add("event", l.Event)
		}
	}
}

// termValues fills the form with a version that is there.
func termValues(t accord.Term) url.Values {
	v := url.Values{
		"name": {string(t.Name)}, "sort": {string(t.Sort)}, "debtor": {string(t.Debtor)}, "creditor": {string(t.Creditor)}, "of": {string(t.Of)},
		"action": {t.Action}, "place": {t.Place}, "trigger": {t.Trigger}, "response": {t.Response}, "text": {t.Text}, "lang": {t.Lang}, "monitor": {string(t.Monitor)}, "zone": {string(t.Zone)},
	}
	if t.Effort {
		v.Set("effort", "yes")
	}
	for field, r := range map[string]accord.Range{"period": t.Period, "within": t.Within} {
		if !r.IsZero() {
			v.Set(field, rangeText(r))
		}
	}
	var q []string
	for _, r := range t.Quantity {
		q = append(q, rangeText(r))
	}
	v.Set("quantity", strings.Join(q, ", "))
	for field, list := range map[string][]record.Name{"against": t.Against, "covers": t.Covers, "needs": t.Needs, "benefits": t.Benefits, "persons": t.Persons} {
		for _, n := range list {
			v.Add(field, string(n))
		}
	}
	for field, at := range map[string]record.Instant{"by": t.By, "from": t.From, "until": t.Until} {
		if at != 0 {
			v.Set(field, at.Time().Format("2006-01-02T15:04:05"))
		}
	}
	conditionValues(v, t.When)
	return v
}
