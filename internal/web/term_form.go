package web

import (
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// termForm writes a term. It stays on the desk until a package is proposed.
func termForm(about bool) form {
	f := form{path: "/term", build: buildTerm, read: readTerm}
	if about {
		f.path, f.about = "/term/edit", true
	}
	return f
}

func buildTerm(c *call, of record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.term.title"), Intro: c.t("web.term.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/fates"), c.t("web.fates.title")}, {c.href("/proof"), c.t("web.proof.title")}}}
	folded := v == nil // what the old version says stands open where it says something
	if old, ok := of.Body.(accord.Term); ok {
		p.Head, p.Intro = c.t("web.term.edit-title"), c.t("web.term.edit-intro")
		about := c.aboutView(of)
		p.About = &about
		if v == nil {
			v = termValues(old)
		}
	}
	var sorts, others []option
	for _, s := range []accord.TermKind{accord.Obligation, accord.Gesture, accord.Expectation, accord.Guarantee} {
		sorts = append(sorts, option{Value: string(s), Text: capital(c.word(s)), Hint: c.t("web.term." + string(s) + "-hint")})
	}
	for _, n := range c.termNames() {
		if string(n) != v.Get("name") {
			others = append(others, option{Value: string(n), Text: string(n)})
		}
	}
	p.Groups = []group{
		{Fields: []field{
			text("name", c.t("web.term.name"), c.t("web.name-hint"), v.Get("name"), true),
			radios("sort", c.t("web.term.sort"), "", chosen(sorts, v, "sort", string(accord.Obligation))...),
			text("action", c.t("web.term.action"), c.t("web.term.action-hint"), v.Get("action"), true),
			c.party(v, "debtor", "web.term.debtor", c.t("web.term.debtor-hint")),
			c.party(v, "creditor", "web.term.creditor", ""),
			text("quantity", c.t("web.term.quantity"), c.t("web.term.quantity-hint"), v.Get("quantity"), false),
			text("period", c.t("web.term.period"), c.t("web.term.period-hint"), v.Get("period"), false),
			area("text", c.t("web.term.text"), c.t("web.term.text-hint"), v.Get("text"), false),
		}},
		{Head: c.t("web.term.persons"), Folded: folded && !holds(v, "persons"), Fields: c.personFields(v)},
		{Head: c.t("web.term.waits"), Folded: folded && !holds(v, "after", "event", "when"), Fields: c.conditionFields(v, others)},
		c.guaranteeFields(v, others, folded),
		c.moreFields(v, others, folded),
	}
	return p, nil
}

// holds reports whether anything is filled in.
func holds(v url.Values, names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return one(v, n) != "" })
}

// besides adds what a field holds and the list has not: a version that names
// somebody who was not introduced keeps him.
func besides(list []record.Name, v url.Values, field string) []record.Name {
	for _, n := range names(v, field) {
		if !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	return list
}

// more does the same for names of terms and events.
func more(list []option, v url.Values, field string) []option {
	out := slices.Clone(list)
	for _, s := range v[field] {
		if s != "" && !slices.ContainsFunc(out, func(o option) bool { return o.Value == s }) {
			out = append(out, option{Value: s, Text: s})
		}
	}
	return out
}

func (c *call) party(v url.Values, name, label, hint string) field {
	return choose(name, c.t(label), hint, false, chosen(c.people(besides(c.parties(), v, name), c.t("web.term.unstated")), v, name, "")...)
}

func (c *call) moreFields(v url.Values, others []option, folded bool) group {
	g := group{Head: c.t("web.form.more"), Folded: folded, Fields: []field{
		checks("effort", c.t("web.term.effort"), "", chosen([]option{{Value: "yes", Text: c.t("web.term.effort-yes")}}, v, "effort", "")...),
		c.party(v, "of", "web.term.of", ""),
		checks("needs", c.t("web.term.needs"), c.t("web.term.needs-hint"), chosen(c.people(besides(c.parties(), v, "needs"), ""), v, "needs", "")...),
		checks("benefits", c.t("web.term.benefits"), "", chosen(c.people(besides(c.parties(), v, "benefits"), ""), v, "benefits", "")...),
		when("by", c.t("web.term.by"), c.t("web.utc"), v.Get("by")),
		text("within", c.t("field.within"), c.t("web.term.within-hint"), v.Get("within"), false),
		when("from", c.t("web.term.from"), c.t("web.utc"), v.Get("from")),
		when("until", c.t("web.term.until"), c.t("web.utc"), v.Get("until")),
		text("zone", c.t("field.zone"), c.t("web.term.zone-hint"), v.Get("zone"), false),
		text("place", c.t("web.term.place"), "", v.Get("place"), false),
		choose("monitor", c.t("web.term.monitor"), "", false, chosen(c.people(besides(append(c.parties(), c.persons()...), v, "monitor"), c.t("web.term.unstated")), v, "monitor", "")...),
		choose("lang", c.t("web.write.lang"), "", false, chosen(c.langs(), v, "lang", "")...),
	}}
	if others = more(others, v, "against"); len(others) > 0 {
		g.Fields = append(g.Fields, checks("against", c.t("web.term.against"), c.t("web.term.against-hint"), chosen(others, v, "against", "")...))
	}
	return g
}

func (c *call) guaranteeFields(v url.Values, others []option, folded bool) group {
	g := group{Head: capital(c.word(accord.Guarantee)), Folded: folded && !holds(v, "covers", "trigger", "response")}
	if others = more(others, v, "covers"); len(others) > 0 {
		g.Fields = append(g.Fields, checks("covers", c.t("web.term.covers"), "", chosen(others, v, "covers", "")...))
	}
	g.Fields = append(g.Fields,
		text("trigger", c.t("web.term.trigger"), "", v.Get("trigger"), false),
		text("response", c.t("web.term.response"), "", v.Get("response"), false))
	return g
}

// personFields asks whom a term is about. Beside each stands how he is said to
// be, and what proves that he lives.
func (c *call) personFields(v url.Values) []field {
	list := c.people(besides(c.persons(), v, "persons"), "")
	for i := range list {
		list[i].Hint = c.fateHint(record.Name(list[i].Value))
	}
	out := []field{area("new-persons", c.t("web.term.new-persons"), c.t("web.term.new-persons-hint"), v.Get("new-persons"), false)}
	if len(list) > 0 {
		out = append([]field{checks("persons", c.t("web.term.persons"), "", chosen(list, v, "persons", "")...)}, out...)
	}
	return out
}

func (c *call) fateHint(n record.Name) string {
	f := c.view.Fate(n)
	var parts []string
	for _, s := range f.Now {
		parts = append(parts, capital(c.f.book.Account(c.view, s))+".")
	}
	for _, p := range f.Proofs {
		parts = append(parts, c.f.book.LifeProof(c.view, p)...)
	}
	if len(f.Now) > 0 && len(f.Proofs) == 0 {
		parts = append(parts, c.t("web.term.no-proof"))
	}
	return strings.Join(parts, " ")
}

// conditionFields asks what a term waits for: all, any or none of terms and
// events, or a condition in brackets as case files have it.
func (c *call) conditionFields(v url.Values, others []option) []field {
	how := []option{{Value: "all", Text: c.t("web.term.all")}, {Value: "any", Text: c.t("web.term.any")},
		{Value: "none", Text: c.t("web.term.none"), Hint: c.t("web.term.none-hint")}}
	out := []field{radios("how", c.t("web.term.how"), "", chosen(how, v, "how", "all")...)}
	var events []option
	for _, s := range c.view.Events() {
		events = append(events, option{Value: s})
	}
	terms := more(others, v, "after")
	events = more(events, v, "event")
	for i, o := range terms {
		terms[i].Text = capital(c.f.book.Condition(accord.Condition{Term: record.Name(o.Value)}))
	}
	for i, o := range events {
		events[i].Text = capital(c.f.book.Condition(accord.Condition{Event: o.Value}))
	}
	if len(terms) > 0 {
		out = append(out, checks("after", c.t("web.term.after"), "", chosen(terms, v, "after", "")...))
	}
	if len(events) > 0 {
		out = append(out, checks("event", c.t("web.term.events"), "", chosen(events, v, "event", "")...))
	}
	return append(out,
		area("new-events", c.t("web.term.new-events"), c.t("web.term.new-events-hint"), v.Get("new-events"), false),
		text("when", c.t("web.term.brackets"), c.t("web.term.brackets-hint"), v.Get("when"), false))
}

func readTerm(c *call, of record.Seen, v url.Values) (intent, error) {
	t := accord.Term{
		Name: nameOf(v, "name"), Sort: accord.TermKind(one(v, "sort")), Debtor: nameOf(v, "debtor"), Creditor: nameOf(v, "creditor"),
		Of: nameOf(v, "of"), Action: one(v, "action"), Effort: one(v, "effort") == "yes", Against: names(v, "against"), Covers: names(v, "covers"),
		Needs: names(v, "needs"), Place: one(v, "place"), Trigger: one(v, "trigger"), Response: one(v, "response"),
		Benefits: names(v, "benefits"), Monitor: nameOf(v, "monitor"), Persons: names(v, "persons"),
		Text: lf(v.Get("text")), Lang: one(v, "lang"), Zone: accord.Zone(one(v, "zone")), Salt: newID(),
	}
	for _, other := range c.ledger.Terms() {
		if other.Body.Name == t.Name {
			t.Version = max(t.Version, other.Body.Version)
		}
	}
	t.Version++
	if err := readAmounts(&t, v); err != nil {
		return intent{}, err
	}
	var err error
	if t.When, err = readCondition(v); err != nil {
		return intent{}, err
	}
	fresh, err := c.newPersons(v)
	if err != nil {
		return intent{}, err
	}
	in := intent{}
	for _, p := range fresh {
		t.Persons = append(t.Persons, p.Name)
		in.drafts = append(in.drafts, record.Entry{ID: newID(), Body: p})
	}
	if err := t.Check(); err != nil {
		return intent{}, inField(wrongIn(t), err)
	}
	in.drafts = append(in.drafts, record.Entry{ID: newID(), Body: t})
	return in, nil
}

// readAmounts reads how many, how long and when.
func readAmounts(t *accord.Term, v url.Values) (err error) {
	if t.Quantity, err = ranges(one(v, "quantity")); err != nil {
		return inField("quantity", err)
	}
	for name, into := range map[string]*accord.Range{"period": &t.Period, "within": &t.Within} {
		list, err := ranges(one(v, name))
		if err == nil && len(list) > 1 {
			err = fault.New(fault.Malformed, "web.period", "write it as in 70-90 days", "more than one period")
		}
		if err != nil {
			return inField(name, err)
		}
		if len(list) == 1 {
			*into = list[0]
		}
	}
	for name, into := range map[string]*record.Instant{"by": &t.By, "from": &t.From, "until": &t.Until} {
		if *into, err = instant(v, name); err != nil {
			return inField(name, err)
		}
	}
	return nil
}

// newPersons reads people who were not named before, one on a line: a short
// name, and who it is.
func (c *call) newPersons(v url.Values) ([]record.Person, error) {
	var out []record.Person
	for line := range strings.SplitSeq(lf(v.Get("new-persons")), "\n") {
		name, title, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		p := record.Person{Name: record.Name(name), Title: strings.TrimSpace(title)}
		if err := p.Name.Check(); err != nil {
			return nil, inField("new-persons", err)
		}
		if p.Title == "" {
			return nil, inField("new-persons", fault.New(fault.Malformed, "web.new-person", "write a short name and who it is, one person on a line", "it does not say who %q is", name))
		}
		same := func(other record.Person) bool { return other.Name == p.Name }
		if slices.ContainsFunc(out, same) || slices.Contains(c.persons(), p.Name) || slices.Contains(c.parties(), p.Name) {
			return nil, inField("new-persons", fault.New(fault.Exists, "web.known-person", "tick them above, or choose another short name", "somebody is named %s already", name))
		}
		out = append(out, p)
	}
	return out, nil
}

// wrongIn says which field of the form makes a term what it cannot be.
func wrongIn(t accord.Term) string {
	utc := t
	utc.Zone = ""
	depends := !t.When.IsZero() || len(t.Against) > 0
	switch {
	case utc.Check() == nil:
		return "zone"
	case t.Name.Check() != nil:
		return "name"
	case t.Action == "" || record.CheckText(t.Action) != nil:
		return "action"
	case t.Sort == accord.Gesture && !t.When.IsZero():
		return "how"
	case t.Sort == accord.Gesture && depends:
		return "against"
	case t.Sort == accord.Expectation && t.Debtor != "", t.Sort == accord.Guarantee && len(t.Covers) > 0 && t.Debtor == "":
		return "debtor"
	case t.Sort == accord.Guarantee || len(t.Covers) > 0:
		return "covers"
	case t.When.Check() != nil:
		return "when"
	}
	return "sort"
}
