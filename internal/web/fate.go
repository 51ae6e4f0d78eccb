package web

import (
	"net/http"
	"net/url"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// fateForms are the forms of how people are said to be.
func fateForms() []form {
	return []form{
		{path: "/status", build: buildStatus, read: readStatus},
		{path: "/proof", build: buildProof, read: readProof},
		{path: "/proof/next", about: true, build: buildProof, read: readProof},
	}
}

// persons gives everybody who was introduced, parties aside.
func (c *call) persons() []record.Name {
	var out []record.Name
	for _, p := range c.view.People() {
		out = append(out, p.Name)
	}
	return out
}

// source gives the fields of an entry that somebody else may have said, and
// that others may be given.
func (c *call) source(v url.Values) []field {
	keeper := c.f.h.Keeper()
	return []field{
		choose("who", c.t("web.status.who"), "", false, chosen(c.people(c.everybody(keeper), c.t("web.criticise.me")), v, "who", "")...),
		choose("heard", c.t("web.log.heard"), c.t("web.log.heard-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.log.heard-direct")), v, "heard", "")...),
		when("said", c.t("web.log.said"), c.t("web.log.said-hint"), v.Get("said")),
		checks("to", c.t("web.act.to"), c.t("web.beside.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
		choose("pass", c.t("web.write.pass"), c.t("web.write.pass-hint"), false, chosen(c.passes(), v, "pass", "")...),
	}
}

// sourced fills an entry from these fields.
func sourced(v url.Values, b record.Body) (record.Entry, error) {
	at, err := interval(v)
	e := record.Entry{ID: newID(), Said: at, Audience: names(v, "to"), Body: b, Carrying: record.Carrying{Pass: record.Pass(one(v, "pass"))}}
	e.SaidBy, e.HeardFrom = nameOf(v, "who"), nameOf(v, "heard")
	if e.HeardFrom == "" {
		e.HeardFrom = e.SaidBy
	}
	return e, err
}

func buildStatus(c *call, _ record.Seen, v url.Values) (formPage, error) {
	return formPage{
		Head: c.t("web.status.title"), Intro: c.t("web.status.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/person"), c.t("web.person.title")}},
		Groups: []group{{Fields: append([]field{
			choose("person", c.t("web.status.person"), "", true, chosen(c.people(c.persons(), c.t("web.choose")), v, "person", "")...),
			choose("status", c.t("web.status.status"), "", true, chosen(append([]option{{Value: "", Text: c.t("web.choose")}}, values(c, "", record.Statuses()...)...), v, "status", "")...),
			when("as", c.t("web.status.as"), c.t("web.status.as-hint"), v.Get("as")),
			area("text", c.t("web.act.text"), "", v.Get("text"), false),
		}, c.source(v)...)}},
	}, nil
}

func readStatus(_ *call, _ record.Seen, v url.Values) (intent, error) {
	as, err := instant(v, "as")
	if err != nil {
		return intent{}, err
	}
	b := record.PersonStatus{Person: nameOf(v, "person"), Status: record.Status(one(v, "status")), Text: lf(v.Get("text"))}
	if as != 0 {
		b.As = record.Moment(as)
	}
	e, err := sourced(v, b)
	return intent{drafts: []record.Entry{e}}, err
}

func buildProof(c *call, of record.Seen, v url.Values) (formPage, error) {
	first, next := of.Body.(record.ProofOfLife)
	p := formPage{Head: c.t("web.proof.title"), Intro: c.t("web.proof.intro"), Submit: c.t("web.form.look")}
	if next {
		about := c.aboutView(of)
		p.About = &about
	}
	found := append([]option{{Value: "", Text: c.t("web.proof.not-yet")}}, values(c, "", record.Convincing, record.Doubtful, record.Unconvincing)...)
	p.Groups = []group{{Fields: append([]field{
		choose("person", c.t("web.status.person"), "", true, chosen(c.people(c.persons(), c.t("web.choose")), v, "person", string(first.Person))...),
		text("question", c.t("web.proof.question"), c.t("web.proof.question-hint"), v.Get("question"), false),
		text("answer", c.t("web.proof.answer"), "", v.Get("answer"), false),
		when("shows", c.t("web.proof.shows"), "", v.Get("shows")),
		choose("found", c.t("web.proof.found"), "", false, chosen(found, v, "found", "")...),
		choose("assessor", c.t("web.proof.by"), "", false, chosen(c.people(c.everybody(c.f.h.Keeper()), c.t("web.criticise.me")), v, "assessor", "")...),
	}, c.source(v)...)}}
	return p, nil
}

func readProof(c *call, of record.Seen, v url.Values) (intent, error) {
	shows, err := instant(v, "shows")
	if err != nil {
		return intent{}, err
	}
	b := record.ProofOfLife{Person: nameOf(v, "person"), Question: one(v, "question"), Answer: one(v, "answer"), Assessment: record.Assessment(one(v, "found"))}
	if shows != 0 {
		b.Date = record.Moment(shows)
	}
	if b.Question != "" {
		b.AskedBy = nameOf(v, "who")
	}
	if b.Assessment != "" {
		if b.AssessedBy = nameOf(v, "assessor"); b.AssessedBy == "" {
			b.AssessedBy = c.f.h.Keeper()
		}
	}
	e, err := sourced(v, b)
	if _, next := of.Body.(record.ProofOfLife); next {
		e.Answers = of.ID
	}
	return intent{drafts: []record.Entry{e}}, err
}

// cardsPage is a page of cards: one for each person, or for each draft.
type cardsPage struct {
	Head, Intro, None string
	Do                []link
	Cards             []card
}

type card struct {
	Title   string
	Tags    []tag
	Facts   []fact
	Actions []link
}

// fates shows what is said of each person, and what proves it.
func (c *call) fates(w http.ResponseWriter, _ *http.Request) error {
	p := cardsPage{Head: c.t("web.fates.title"), Intro: c.t("web.fates.intro"), None: c.t("web.fates.none"),
		Do: []link{{c.href("/status"), c.t("web.status.title")}, {c.href("/proof"), c.t("web.proof.title")}}}
	for _, f := range c.view.Fates() {
		p.Cards = append(p.Cards, c.fateCard(f))
	}
	c.show(w, http.StatusOK, "cards", p.Head, true, p)
	return nil
}

func (c *call) fateCard(f view.Fate) card {
	out := card{Title: titled(c.name(f.Person), f.Person)}
	if f.Disputed {
		out.Tags = []tag{{"care", c.t("fate.disputed")}}
	}
	for _, s := range f.Now {
		out.Facts = append(out.Facts, fact{Label: c.word(s.Status), Links: []link{{c.entryHref("e", s.Entry), capital(c.f.book.Account(c.view, s))}}})
	}
	for _, s := range f.Earlier {
		out.Facts = append(out.Facts, fact{Label: c.t("web.fates.earlier"), Links: []link{{c.entryHref("e", s.Entry), capital(c.f.book.Account(c.view, s))}}})
	}
	for _, p := range f.Proofs {
		last := p.Entries[len(p.Entries)-1]
		out.Facts = append(out.Facts, fact{Label: c.t("web.fates.proof"), Links: []link{{c.entryHref("e", last), strings.Join(c.f.book.LifeProof(c.view, p), " ")}}})
		out.Actions = append(out.Actions, link{c.entryHref("proof/next", last), c.t("web.do.proof-next")})
	}
	return out
}

// drafts shows the versions of each text with what was said against them, and
// what was asked whether they would consider it.
func (c *call) drafts(w http.ResponseWriter, _ *http.Request) error {
	p := cardsPage{Head: c.t("web.drafts.title"), Intro: c.t("web.drafts.intro"), None: c.t("draft.none"), Do: []link{{c.href("/propose"), c.t("web.propose.title")}}}
	for _, s := range c.view.Soundings() {
		p.Cards = append(p.Cards, c.soundingCard(s))
	}
	seen := map[record.Name]bool{}
	for _, pk := range c.ledger.Packages() {
		if seen[pk.Body.Name] {
			continue
		}
		seen[pk.Body.Name] = true
		for _, d := range c.view.Drafts(pk.Body.Name) {
			p.Cards = append(p.Cards, c.draftCard(d))
		}
	}
	c.show(w, http.StatusOK, "cards", p.Head, true, p)
	return nil
}

func (c *call) soundingCard(s view.Sounding) card {
	out := card{Title: capital(c.f.book.T("sounding.title", "By", c.within(s.By), "On", c.refText(s.On))), Tags: []tag{{"", c.word(s.State)}}}
	if s.Text != "" {
		out.Facts = append(out.Facts, fact{Label: c.t("web.sound.text"), Text: s.Text})
	}
	for _, n := range s.Asked {
		answer := c.t("sounding.no-answer")
		for _, r := range s.Answers {
			if r.Who == n {
				answer = c.t("sounding.answer", "Would", c.word(r.Would), "Party", c.within(r.Party), "Text", r.Text)
			}
		}
		out.Facts = append(out.Facts, fact{Label: c.name(n), Text: answer})
	}
	if it, ok := c.all.Get(s.Entry); ok {
		out.Actions = c.actions(it)
	}
	return out
}

func (c *call) draftCard(d view.Draft) card {
	out := card{Title: c.t("draft.line", "On", c.refText(d.Ref), "By", c.within(d.By), "When", c.f.book.Interval(d.When.Said))}
	for _, k := range d.Criticisms {
		label := c.name(k.By)
		if k.Term != "" {
			label += ", " + string(k.Term)
		}
		out.Facts = append(out.Facts, fact{Label: label, Links: []link{{c.entryHref("e", k.Entry), k.Text}}})
	}
	if it, ok := c.all.Get(d.Entry); ok {
		out.Actions = c.actions(it)
	}
	return out
}

// besideTerm gives how the persons of a term are said to be, what proves that
// they live, and in which other languages its text is here.
func (c *call) besideTerm(t accord.Term) []fact {
	var out []fact
	for _, n := range t.Persons {
		f := c.view.Fate(n)
		for _, s := range f.Now {
			out = append(out, fact{Label: c.name(n), Links: []link{{c.entryHref("e", s.Entry), capital(c.f.book.Account(c.view, s))}}})
		}
		for _, p := range f.Proofs {
			out = append(out, fact{Label: c.name(n), Links: []link{{c.entryHref("e", p.Entries[len(p.Entries)-1]), strings.Join(c.f.book.LifeProof(c.view, p), " ")}}})
		}
		if len(f.Proofs) == 0 {
			out = append(out, fact{Label: c.name(n), Links: []link{{c.href("/proof"), c.t("web.term.no-proof")}}})
		}
	}
	for _, tr := range c.view.Translations(t.Hash()) {
		out = append(out, fact{Label: c.t("web.term.also", "Lang", tr.Lang), Links: []link{{c.entryHref("e", tr.Entry), tr.Text}}})
	}
	return out
}
