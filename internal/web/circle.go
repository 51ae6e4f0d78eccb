package web

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// circlePage is one of the pages of who knows and who is told. They are behind
// one link of the record's page, and lead to one another.
type circlePage struct {
	Head, Intro, None string
	Path              string
	Pages             []navItem
	Stood, Knew       string
	AsOf              notice
	Moved             bool
	Do                []link
	Parts             []circlePart
	Windows           []link     // where not all is on one page; the one that is shown leads nowhere
	v                 *view.View // as of the two clocks
}

// circlePart is some of the cards, under a heading where it has one.
type circlePart struct {
	Head  string
	Cards []circleCard
}

// newest makes a part of the last entries of a list, newest first; of none, no
// part.
func newest[T any](list []T, card func(T) circleCard) []circlePart {
	var p circlePart
	for _, x := range slices.Backward(list[max(0, len(list)-maxShown):]) {
		p.Cards = append(p.Cards, card(x))
	}
	if len(p.Cards) == 0 {
		return nil
	}
	return []circlePart{p}
}

type circleCard struct {
	Title, Href string
	Tags        []tag
	Facts       []fact
	Lists       []circleList
	Actions     []link
}

// circleList is a list within a card. Ordered, its order is a promise.
type circleList struct {
	Head    string
	Text    string
	Ordered bool
	Rows    []circleRow
}

type circleRow struct {
	Href, Text string
	Tags       []tag
	More       []string
}

// circleForms are the forms of who knows and who is told.
func circleForms() []form {
	return append(slices.Concat(askedForms(), incidentForms(), notifyForms(), accountForms(), keptForms()), []form{
		nothingForm(), oneTermForm(),
		{path: "/disclose", build: buildDisclose, read: readDisclose, reveal: revealDisclosed},
		{path: "/disclose/entry", about: true, build: buildDisclose, read: readDisclose, reveal: revealDisclosed},
	}...)
}

// circleActions gives what can be done with an entry about who knows.
func (c *call) circleActions(it record.Seen) []link {
	switch b := it.Body.(type) {
	case circle.Disclosure:
		if !b.Proof.IsZero() {
			return []link{{c.entryHref("one-term/file", it.ID), c.t("web.one-term.download")}, {c.href("/knows"), c.t("web.knows.title")}}
		}
		return []link{{c.href("/knows"), c.t("web.knows.title")}}
	case circle.Request:
		return []link{{c.entryHref("answer", it.ID), c.t("web.answer.title")}, {c.href("/asked"), c.t("web.asked.title")}}
	case circle.Incident:
		return []link{{c.entryHref("incident/step", it.ID), c.t("web.step.title")}, {c.href("/incidents"), c.t("web.incidents.title")}}
	case circle.IncidentStep:
		return []link{{c.href("/incidents"), c.t("web.incidents.title")}}
	case circle.Plan:
		return []link{{c.entryHref("notified", it.ID), c.t("web.note.title")}, {c.href("/notifications"), c.t("web.notifications.title")}}
	case circle.Account:
		return []link{{c.href("/accounts"), c.t("web.accounts.title")}}
	case circle.Notification:
		return []link{{c.href("/notifications"), c.t("web.notifications.title")}}
	case circle.Retention:
		return []link{{c.href("/kept"), c.t("web.kept.title")}}
	case circle.Answer, circle.PlannedLine:
		return []link{{c.href("/asked"), c.t("web.asked.title")}}
	}
	switch it.Body.(type) {
	case record.Destroyed, record.Person, record.Party, record.Role, record.Rule, record.Open, record.Close:
		return nil
	}
	keep := link{c.entryHref("retain/entry", it.ID), c.t("web.retain.title")}
	if record.IsPrivate(it.Body) {
		return []link{keep}
	}
	return []link{{c.entryHref("disclose/entry", it.ID), c.t("web.disclose.title")}, keep}
}

// circleBegin makes one of the pages, as of the two clocks.
func (c *call) circleBegin(r *http.Request, path, group string) (circlePage, error) {
	at, err := c.asOf(r)
	if err != nil {
		return circlePage{}, err
	}
	p := circlePage{
		Head: c.t("web." + group + ".title"), Intro: c.t("web." + group + ".intro"), None: c.t("web." + group + ".none"), Path: path,
		Stood: r.URL.Query().Get("stood"), Knew: r.URL.Query().Get("knew"), Moved: at != record.AsOf{}, v: c.view,
	}
	for _, n := range []string{"knows", "asked", "incidents", "notifications", "accounts", "kept"} {
		p.Pages = append(p.Pages, navItem{c.href("/" + n), c.t("web." + n + ".title"), "/"+n == path})
	}
	if p.Moved {
		p.v = view.Of(c.rec.For(c.f.h.Keeper(), at), c.now)
		p.AsOf = c.asOfNotice(at)
	}
	return p, nil
}

func (c *call) circleShow(w http.ResponseWriter, p circlePage) error {
	title := p.Head
	for _, n := range p.Pages { // a page within one of these has its title, which names nobody
		if strings.HasPrefix(c.href(p.Path), n.Href+"/") {
			title = n.Text
		}
	}
	c.show(w, http.StatusOK, "circle", title, !p.Moved, p)
	return nil
}

// maxShown bounds each list of these pages; the command line gives them whole.
const maxShown = 50

// entryRows gives entries as rows, the last of them, and how many there are.
func (c *call) entryRows(head string, list []keys.ID) circleList {
	out := circleList{Head: c.t("web.circle.counted", "What", head, "Count", len(list))}
	if len(list) > maxShown {
		out.Text = c.t("web.circle.more", "Most", maxShown)
		list = list[len(list)-maxShown:]
	}
	for _, id := range list {
		out.Rows = append(out.Rows, circleRow{Href: c.entryHref("e", id), Text: c.about(id)})
	}
	return out
}

// about says in a few words what an entry is, also one that is not here.
func (c *call) about(id keys.ID) string {
	if s := c.headAt(id); s != "" {
		return s
	}
	return c.t("entry.another")
}

// personAlias hides a name in addresses as an id is hidden.
func (c *call) personAlias(n record.Name) string {
	sum := sha256.Sum256([]byte("person " + n))
	return c.f.alias.of(keys.ID(sum[:16]))
}

// anybody gives everybody who may have been told something: people, parties,
// and whoever is only named.
func (c *call) anybody() []record.Name {
	out := c.everybody(c.f.h.Keeper())
	for _, n := range append(c.parties(), c.view.Knowing()...) {
		out = appendOnce(out, n)
	}
	return out
}

// heardFields asks how the keeper knows, and when it was.
func (c *call) heardFields(v url.Values) []field {
	return []field{
		choose("heard", c.t("web.report.heard"), "", false, chosen(c.people(c.everybody(c.f.h.Keeper()), c.t("web.circle.heard-self")), v, "heard", "")...),
		when("said", c.t("web.circle.when"), c.t("web.log.said-hint"), v.Get("said")),
		when("until", c.t("web.log.until"), c.t("web.log.until-hint"), v.Get("until")),
	}
}

// heardEntry reads these fields into an entry.
func heardEntry(v url.Values, b record.Body) (record.Entry, error) {
	at, err := interval(v)
	e := record.Entry{ID: newID(), Said: at, Body: b, HeardFrom: nameOf(v, "heard")}
	e.SaidBy = e.HeardFrom
	return e, err
}

// matters gives what somebody can be told or asked of: the last texts and the
// last entries, and of whatever the form is about.
func (c *call) matters(of record.Seen) []option {
	var out []option
	seen := map[keys.ID]bool{}
	add := func(id keys.ID) {
		if it, ok := c.all.Get(id); ok && !seen[id] && !record.IsPrivate(it.Body) {
			seen[id] = true
			out = append(out, option{Value: c.f.alias.of(id), Text: c.head(it.Entry)})
		}
	}
	if !of.ID.IsZero() {
		add(of.ID)
	}
	packages, terms := c.ledger.Packages(), c.ledger.Terms()
	for _, p := range packages[max(0, len(packages)-10):] {
		add(p.Entry)
	}
	for _, t := range terms[max(0, len(terms)-10):] {
		add(t.Entry)
	}
	for i, items := len(c.all.Items())-1, c.all.Items(); i >= 0 && i >= len(items)-20; i-- {
		add(items[i].ID)
	}
	return out
}

// whatOf reads those of the form's matters that are ticked. A text is named by
// its content, so that it is the same for whoever brings it.
func (c *call) whatOf(list []string) ([]record.Ref, error) {
	var out []record.Ref
	for _, s := range list {
		it, err := c.subject(s)
		if err != nil {
			return nil, err
		}
		if p, ok := c.ledger.Package(hashOf(it.Body)); ok && p.Entry == it.ID {
			out = append(out, p.Body.Ref())
		} else if t, ok := c.ledger.Term(hashOf(it.Body)); ok && t.Entry == it.ID {
			out = append(out, t.Body.Ref().Ref())
		} else {
			out = append(out, record.Ref{Entry: it.ID})
		}
	}
	return out, nil
}

// entriesOf gives the entries that bring what is named.
func (c *call) entriesOf(what []record.Ref) []record.Entry {
	var out []record.Entry
	for _, r := range what {
		id := r.Entry
		if p, ok := c.ledger.Package(r.Hash); ok {
			id = p.Entry
		} else if t, ok := c.ledger.Term(r.Hash); ok {
			id = t.Entry
		}
		if it, ok := c.all.Get(id); ok {
			out = append(out, it.Entry)
		}
	}
	return out
}

// revealed is what somebody comes to know by what a form does, and what he
// could infer from it.
type revealed struct {
	Head    string
	Lines   []string // as the file of a proof says it
	Entries []entryView
	Notices []notice
}

// hints warns of what a reader could infer from entries that he was not given.
func (c *call) hints(reader record.Name, entries []record.Entry) []notice {
	list := c.f.book.Infers(c.view, reader, entries)
	var out []notice
	for _, s := range c.f.book.Hints(c.view, reader, list) {
		n := notice{Kind: c.t("web.disclose.hint"), Text: sentence(s)}
		if len(list) > 0 {
			n.Tone = "care"
		}
		out = append(out, n)
	}
	return out
}

// careless warns of what those who get a plan could infer from it, where there
// is something to warn of.
func (c *call) careless(p convey.Plan) []notice {
	var out []notice
	for _, to := range recipients(p) {
		list := c.f.book.Careless(c.view, to, p.Given(to))
		if len(list) == 0 {
			continue
		}
		for _, s := range c.f.book.Hints(c.view, to, list) {
			out = append(out, notice{Tone: "care", Kind: c.t("web.look.infer", "Who", c.within(to)), Text: sentence(s)})
		}
	}
	return out
}

// windows gives the pages of a long list: the first, the last, and those around
// page n.
func (c *call) windows(r *http.Request, path string, n, items, each int) []link {
	last := (items + each - 1) / each
	if last < 2 {
		return nil
	}
	var out []link
	for i := range last {
		if i > 0 && i < last-1 && (i < n-nearPages || i > n+nearPages) {
			continue
		}
		q := r.URL.Query()
		q.Set("page", number(uint64(i+1)))
		l := link{Href: c.href(path + "?" + q.Encode()), Text: c.number(uint64(i + 1))}
		if i == n {
			l.Href = ""
		}
		out = append(out, l)
	}
	return out
}
