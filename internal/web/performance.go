package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// performancePage is how far each term has come: who owes what, now.
type performancePage struct {
	Stood, Knew string
	AsOf        notice
	Moved       bool
	Parts       []coursePart
	Do          []link
}

// coursePart is some of the terms, under a heading.
type coursePart struct {
	ID, Head string
	Folded   bool
	Terms    []courseView
}

// courseView is one term.
type courseView struct {
	Title, Href string
	State       tag
	Sort, Text  string
	Lines       []string
	Actions     []link
}

func (c *call) performance(w http.ResponseWriter, r *http.Request) error {
	at, err := c.asOf(r)
	if err != nil {
		return err
	}
	p := performancePage{
		Stood: r.URL.Query().Get("stood"), Knew: r.URL.Query().Get("knew"), Moved: at != record.AsOf{},
		Do: []link{{c.href("/event"), c.t("web.event.title")}, {c.href("/standing"), c.t("web.nav.standing")}},
	}
	v := c.view
	if p.Moved {
		v = view.Of(c.rec.For(c.f.h.Keeper(), at), c.now)
		p.AsOf = c.asOfNotice(at)
	}
	parts := []coursePart{
		{ID: "owed", Head: c.t("web.performance.owed")}, {ID: "agreed", Head: c.t("web.performance.agreed")},
		{ID: "unagreed", Head: c.t("web.performance.unagreed"), Folded: true},
	}
	for _, t := range v.Performance() {
		i := 1
		switch {
		case t.Owed:
			i = 0
		case t.Course.State == accord.NoState:
			i = 2
		}
		parts[i].Terms = append(parts[i].Terms, c.courseView(v, t))
	}
	for _, part := range parts {
		if len(part.Terms) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	c.show(w, http.StatusOK, "performance", c.t("web.performance.title"), !p.Moved, p)
	return nil
}

func (c *call) courseView(v *view.View, t view.Performed) courseView {
	out := courseView{
		Title: c.refText(t.Term.Ref), State: tag{stateTone(t.Course.State), c.f.book.State(t.Course)},
		Sort: c.word(t.Term.Term.Sort), Text: c.f.book.Performed(v, t)[1], Lines: c.inFull().CourseLines(v, t),
	}
	if known, ok := c.ledger.Term(t.Term.Ref.Hash); ok {
		out.Href = c.entryHref("e", known.Entry)
		out.Actions = []link{{c.entryHref("deed", known.Entry), c.t("web.do.deed")}}
	}
	return out
}

func stateTone(s accord.State) string {
	switch s {
	case accord.IsVerified, accord.IsDischarged, accord.IsDone, accord.IsMet, accord.IsAnswered:
		return "good"
	case accord.IsOverdue, accord.IsAlleged, accord.IsFound, accord.IsUnmet, accord.IsTriggered:
		return "alarm"
	case accord.IsDue, accord.IsClaimed, accord.IsSuspended, accord.IsUnknown:
		return "care"
	}
	return ""
}

// deedForm states what was done about a term: in the keeper's own name, or as
// somebody told him.
func deedForm() form { return form{path: "/deed", about: true, build: buildDeed, read: readDeed} }

// deedsOf gives what can be stated about a term of that sort.
func deedsOf(sort accord.TermKind) []accord.Deed {
	switch sort {
	case accord.Gesture:
		return []accord.Deed{accord.Announced, accord.Done}
	case accord.Expectation:
		return []accord.Deed{accord.Met, accord.Unmet}
	case accord.Guarantee:
		return []accord.Deed{accord.Triggered, accord.Answered, accord.Suspended, accord.Resumed, accord.Discharged}
	}
	return []accord.Deed{accord.Claimed, accord.Verified, accord.Alleged, accord.Found, accord.Suspended, accord.Resumed, accord.Discharged}
}

func termOf(of record.Seen) (accord.Term, error) {
	t, ok := of.Body.(accord.Term)
	if !ok {
		return t, fault.New(fault.Refused, "web.no-term", "open a term on the page of terms", "only about a term can it be said what was done")
	}
	return t, nil
}

func buildDeed(c *call, of record.Seen, v url.Values) (formPage, error) {
	t, err := termOf(of)
	if err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.deed.title"), Intro: c.t("web.deed.intro"), About: &about, Submit: c.t("web.form.look"),
		Also: []link{{c.href("/performance"), c.t("web.performance.title")}}}
	course, _ := c.view.PerformanceOf(t.Hash())
	p.Notices = []notice{{Kind: capital(c.f.book.State(course.Course)), Text: strings.Join(append(c.f.book.CourseLines(c.view, course), c.t("web.deed.moves")), " ")}}
	fields := []field{
		radios("deed", c.t("web.deed.deed"), "", chosen(values(c, "deed", deedsOf(t.Sort)...), v, "deed", "")...),
		choose("by", c.t("web.deed.by"), c.t("web.deed.by-hint"), true, chosen(c.people(c.speakers(t), c.t("web.choose")), v, "by", c.ownName(t))...),
	}
	if len(t.Quantity) > 0 {
		var units []option
		for _, q := range t.Quantity {
			units = append(units, option{Value: q.Unit, Text: c.f.book.Range(q)})
		}
		fields = append(fields, text("amount", c.t("web.deed.amount"), c.t("web.deed.amount-hint"), v.Get("amount"), false),
			choose("unit", c.t("web.deed.unit"), "", false, chosen(units, v, "unit", t.Quantity[0].Unit)...))
	}
	if len(t.Persons) > 0 {
		fields = append(fields, checks("persons", c.t("web.deed.persons"), c.t("web.deed.persons-hint"), chosen(c.people(t.Persons, ""), v, "persons", "")...))
	}
	p.Groups = []group{{Fields: append(fields, area("text", c.t("web.deed.text"), "", v.Get("text"), false))}}
	p.Groups = append(p.Groups, c.toldGroup(v)...)
	return p, nil
}

// toldGroup asks how the keeper knows, and who is to get it.
func (c *call) toldGroup(v url.Values) []group {
	keeper := c.f.h.Keeper()
	return []group{
		{Head: c.t("web.told.head"), Fields: []field{
			choose("heard", c.t("web.report.heard"), c.t("web.told.heard-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.told.myself")), v, "heard", "")...),
			choose("who", c.t("web.report.who"), c.t("web.report.who-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.report.who-same")), v, "who", "")...),
			when("said", c.t("web.log.said"), c.t("web.log.said-hint"), v.Get("said")),
		}},
		{Head: c.t("web.told.send"), Fields: []field{
			checks("to", c.t("web.act.to"), c.t("web.told.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
		}},
	}
}

// told reads how the keeper knows, into an entry.
func (c *call) told(v url.Values, e record.Entry, by record.Name) (record.Entry, error) {
	heard, who := nameOf(v, "heard"), nameOf(v, "who")
	if who == "" {
		who = heard
	}
	var err error
	if e.Said, err = interval(v); err != nil {
		return e, err
	}
	e.Audience, e.HeardFrom, e.SaidBy = names(v, "to"), heard, who
	if heard == "" && !c.speaksAs(by) {
		return e, fault.New(fault.Malformed, "web.heard", "choose who told you", "it does not say who told you")
	}
	return e, nil
}

// speaksAs reports whether the keeper is that person, or speaks or watches in
// that name.
func (c *call) speaksAs(n record.Name) bool {
	keeper := c.f.h.Keeper()
	return n == keeper || slices.ContainsFunc(c.view.Roles(keeper), func(r record.Role) bool { return r.Party == n })
}

// speakers gives who may have something to say of a term, those whom it names
// first.
func (c *call) speakers(t accord.Term) []record.Name {
	var out []record.Name
	for _, n := range append([]record.Name{t.Debtor, t.Creditor, t.Of, t.Monitor}, append(c.parties(), c.f.h.Keeper())...) {
		if n != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

func (c *call) ownName(t accord.Term) string {
	for _, n := range c.speakers(t) {
		if c.speaksAs(n) && n != c.f.h.Keeper() {
			return string(n)
		}
	}
	return ""
}

func readDeed(c *call, of record.Seen, v url.Values) (intent, error) {
	t, err := termOf(of)
	if err != nil {
		return intent{}, err
	}
	d := accord.Performance{By: nameOf(v, "by"), On: t.Ref().Ref(), Deed: accord.Deed(one(v, "deed")), Persons: names(v, "persons"), Text: lf(v.Get("text"))}
	if d.Deed == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-deed", "choose one", "it does not say what was done")
	}
	if d.By == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-party", "choose the party", "it does not say who does it")
	}
	if s := one(v, "amount"); s != "" {
		n, err := strconv.ParseInt(record.Digits(s), 10, 64)
		if err != nil || n < 0 {
			return intent{}, fault.New(fault.Malformed, "web.amount", "write a whole number, as in 10", "%q is not an amount", s)
		}
		d.Amount, d.Unit = n, one(v, "unit")
	}
	e, err := c.told(v, record.Entry{ID: newID(), About: []record.Ref{d.On}, Body: d}, d.By)
	return intent{drafts: []record.Entry{e}}, err
}

// eventForm states that something happened that terms wait for, or that it did
// not.
func eventForm() form { return form{path: "/event", build: buildEvent, read: readEvent} }

func buildEvent(c *call, _ record.Seen, v url.Values) (formPage, error) {
	events := []option{{Value: "", Text: c.t("web.event.other")}}
	for _, s := range c.view.Events() {
		events = append(events, option{Value: s, Text: s})
	}
	first := ""
	if len(events) > 1 {
		first = events[1].Value
	}
	keeper := c.f.h.Keeper()
	by := append(c.parties(), keeper)
	own := ""
	for _, n := range c.parties() {
		if c.speaksAs(n) {
			own = string(n)
		}
	}
	p := formPage{Head: c.t("web.event.title"), Intro: c.t("web.event.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/performance"), c.t("web.performance.title")}}}
	p.Groups = append([]group{{Fields: []field{
		choose("what", c.t("web.event.what"), c.t("web.event.what-hint"), false, chosen(events, v, "what", first)...),
		text("other", c.t("web.event.in-words"), c.t("web.event.in-words-hint"), v.Get("other"), false),
		radios("happened", c.t("web.event.happened"), "", chosen([]option{
			{Value: "yes", Text: c.t("web.event.yes")}, {Value: "no", Text: c.t("web.event.no")},
		}, v, "happened", "yes")...),
		when("at", c.t("web.event.at"), c.t("web.log.said-hint"), v.Get("at")),
		choose("by", c.t("web.deed.by"), c.t("web.deed.by-hint"), true, chosen(c.people(by, c.t("web.choose")), v, "by", own)...),
		area("text", c.t("web.deed.text"), "", v.Get("text"), false),
	}}}, c.toldGroup(v)...)
	return p, nil
}

func readEvent(c *call, _ record.Seen, v url.Values) (intent, error) {
	e := accord.Event{By: nameOf(v, "by"), What: one(v, "what"), Denied: one(v, "happened") == "no", Text: lf(v.Get("text"))}
	if other := one(v, "other"); other != "" {
		e.What = other
	}
	if e.What == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-event", "choose it, or say it in the words of the term", "it does not say what happened")
	}
	if e.By == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-party", "choose the party", "it does not say who does it")
	}
	at, err := instant(v, "at")
	if err != nil {
		return intent{}, err
	}
	e.At = at
	draft, err := c.told(v, record.Entry{ID: newID(), Body: e}, e.By)
	return intent{drafts: []record.Entry{draft}}, err
}
