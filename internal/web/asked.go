package web

import (
	"net/http"
	"net/url"
	"slices"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// askedForms are the forms of what outsiders ask, and of what is said to them.
func askedForms() []form {
	return []form{
		{path: "/request", build: buildRequest, read: readRequest, reveal: revealSent},
		{path: "/answer", about: true, build: buildAnswer, read: readAnswer, reveal: revealAnswer},
		{path: "/planned", build: buildPlanned, read: readPlanned},
	}
}

// revealSent warns of what those who are sent an entry could infer from it.
func revealSent(c *call, in intent) revealed {
	var out revealed
	for _, n := range in.drafts[0].Audience {
		out.Notices = append(out.Notices, c.hints(n, in.drafts)...)
	}
	return out
}

// revealAnswer warns besides where the answer is other than was planned.
func revealAnswer(c *call, in intent) revealed {
	e := in.drafts[0]
	out := revealSent(c, in)
	it, _ := c.view.Projection().Get(e.Answers)
	a, ok := lineFor(c.view, it)
	if b, is := e.Body.(circle.Answer); ok && is && a.Otherwise(b) {
		row := c.replyRow(link{}, a.Planned.As, a.Planned.Text)
		n := notice{Tone: "alarm", Kind: c.t("fact.other-than-planned"), Text: c.t("web.answer.planned", "Line", row.Text)}
		out.Notices = append([]notice{n}, out.Notices...)
	}
	return out
}

// asked shows what was asked, what was planned to be said, and what was.
func (c *call) asked(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/asked", "asked")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/request"), c.t("web.request.title")}, {c.href("/planned"), c.t("web.planned.title")}}
	requests := circlePart{Head: c.t("web.asked.requests")}
	met := map[record.Name]bool{}
	for _, a := range slices.Backward(p.v.Requests("")) {
		met[a.Request.By] = true
		if len(requests.Cards) < maxShown {
			requests.Cards = append(requests.Cards, c.askedCard(a))
		}
	}
	ready := circlePart{Head: c.t("web.asked.ready")}
	for _, n := range c.anybody() {
		if lines := p.v.PlannedLines(n); !met[n] && len(lines) > 0 {
			ready.Cards = append(ready.Cards, c.readyCard(n, lines))
		}
	}
	for _, part := range []circlePart{requests, ready} {
		if len(part.Cards) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	return c.circleShow(w, p)
}

func (c *call) askedCard(a circle.Asked) circleCard {
	out := circleCard{
		Title: c.about(a.Entry), Href: c.entryHref("e", a.Entry),
		Facts:   []fact{{Label: c.t("web.circle.when"), Text: c.t("web.knows.at", "Said", c.f.book.Interval(a.Said), "Known", c.f.book.Instant(a.Known))}},
		Actions: []link{{c.entryHref("answer", a.Entry), c.t("web.answer.title")}},
	}
	planned := circleList{Head: c.t("fact.planned")}
	if a.Planned == nil {
		planned.Text = c.t("web.asked.no-plan")
	} else {
		planned.Rows = []circleRow{c.replyRow(link{c.entryHref("e", a.Line), ""}, a.Planned.As, a.Planned.Text)}
	}
	said := circleList{Head: c.t("web.asked.said")}
	if len(a.Answers) == 0 {
		out.Tags = []tag{{"care", c.t("web.asked.open")}}
		said.Text = c.t("web.asked.nothing")
	}
	for _, x := range a.Answers {
		row := c.replyRow(link{c.entryHref("e", x.Entry), ""}, x.As, x.Text)
		if x.Else {
			row.Tags = append(row.Tags, tag{"care", c.t("fact.other-than-planned")})
		}
		row.More = []string{c.t("web.knows.from", "By", c.within(x.By)), c.t("web.knows.at", "Said", c.f.book.Interval(x.Said), "Known", c.f.book.Instant(x.Known))}
		said.Rows = append(said.Rows, row)
	}
	out.Lists = []circleList{planned, said}
	return out
}

func (c *call) replyRow(to link, as circle.Reply, text string) circleRow {
	row := circleRow{Href: to.Href, Text: capital(c.word(as))}
	if text != "" {
		row.Text += ": " + text
	}
	return row
}

func (c *call) readyCard(n record.Name, lines []record.Seen) circleCard {
	out := circleCard{Title: c.full(n), Lists: []circleList{{Head: c.t("fact.planned")}}}
	for _, it := range lines {
		out.Lists[0].Rows = append(out.Lists[0].Rows, circleRow{Href: c.entryHref("e", it.ID), Text: c.head(it.Entry)})
	}
	return out
}

// lineFor gives what is planned to be said to a request.
func lineFor(v *view.View, of record.Seen) (circle.Asked, bool) {
	b, _ := of.Body.(circle.Request)
	for _, a := range v.Requests(b.By) {
		if a.Entry == of.ID {
			return a, true
		}
	}
	return circle.Asked{}, false
}

func (c *call) askedFields(v url.Values) []field {
	return []field{
		choose("how", c.t("web.carry.how"), "", false, chosen(append([]option{{Text: c.t("web.none-chosen")}}, c.forms()...), v, "how", "")...),
		area("text", c.t("web.log.text"), "", v.Get("text"), false),
	}
}

// sentField asks who is to get an entry.
func (c *call) sentField(v url.Values) []field {
	return []field{checks("to", c.t("web.act.to"), c.t("web.told.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...)}
}

func (c *call) replies(v url.Values) field {
	return radios("as", c.t("web.answer.as"), "", chosen(values(c, "", circle.Replies()...), v, "as", "")...)
}

func buildRequest(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	fields := append([]field{
		choose("by", c.t("web.request.by"), "", true, chosen(c.people(c.anybody(), c.t("web.choose")), v, "by", "")...),
		choose("of", c.t("fact.asked"), "", true, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), ""), v, "of", string(keeper))...),
		checks("what", c.t("web.request.what"), c.t("web.request.what-hint"), chosen(c.matters(record.Seen{}), v, "what", "")...),
	}, c.askedFields(v)...)
	return formPage{
		Head: c.t("web.request.title"), Intro: c.t("web.request.intro"), Submit: c.t("web.form.look"),
		Also:   []link{{c.href("/asked"), c.t("web.asked.title")}, {c.href("/person"), c.t("web.person.title")}},
		Groups: []group{{Fields: fields}, {Head: c.t("web.told.head"), Fields: c.heardFields(v)}, {Head: c.t("web.told.send"), Fields: c.sentField(v)}},
	}, nil
}

func readRequest(c *call, _ record.Seen, v url.Values) (intent, error) {
	what, err := c.whatOf(v["what"])
	if err != nil {
		return intent{}, err
	}
	b := circle.Request{By: nameOf(v, "by"), Of: nameOf(v, "of"), What: what, Form: record.Form(one(v, "how")), Text: lf(v.Get("text"))}
	if b.By == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-asker", "choose who", "it does not say who asks")
	}
	e, err := heardEntry(v, b)
	e.SaidBy, e.Audience = b.By, names(v, "to")
	if e.HeardFrom == "" {
		e.HeardFrom = b.By // he told the keeper himself
	}
	return intent{drafts: []record.Entry{e}}, err
}

func buildAnswer(c *call, of record.Seen, v url.Values) (formPage, error) {
	b, ok := of.Body.(circle.Request)
	if !ok {
		return formPage{}, fault.New(fault.Refused, "web.no-request", "open what was asked", "only what somebody asked is answered here")
	}
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.answer.title"), Intro: c.t("web.answer.intro"), About: &about, Submit: c.t("web.form.look"), Also: []link{{c.href("/asked"), c.t("web.asked.title")}}}
	if a, ok := lineFor(c.view, of); ok && a.Planned != nil {
		row := c.replyRow(link{}, a.Planned.As, a.Planned.Text)
		p.Notices = []notice{{Kind: c.t("fact.planned"), Text: row.Text, Links: []link{{c.entryHref("e", a.Line), c.word(circle.KindPlannedLine)}}}}
	}
	keeper := c.f.h.Keeper()
	fields := append([]field{
		c.replies(v),
		choose("by", c.t("fact.answered-by"), "", true, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), ""), v, "by", string(b.Of))...),
	}, c.askedFields(v)...)
	p.Groups = []group{{Fields: fields}, {Head: c.t("web.told.head"), Fields: c.heardFields(v)}, {Head: c.t("web.told.send"), Fields: c.sentField(v)}}
	return p, nil
}

func readAnswer(c *call, of record.Seen, v url.Values) (intent, error) {
	b, ok := of.Body.(circle.Request)
	if !ok {
		_, err := buildAnswer(c, of, v)
		return intent{}, err
	}
	a := circle.Answer{By: nameOf(v, "by"), To: b.By, As: circle.Reply(one(v, "as")), Form: record.Form(one(v, "how")), Text: lf(v.Get("text"))}
	if a.By != c.f.h.Keeper() && one(v, "heard") == "" {
		return intent{}, fault.New(fault.Malformed, "web.heard", "choose who told you", "it does not say who told you")
	}
	e, err := heardEntry(v, a)
	e.Answers, e.Audience = of.ID, names(v, "to")
	if e.HeardFrom != "" {
		e.SaidBy = a.By
	}
	return intent{drafts: []record.Entry{e}}, err
}

func buildPlanned(c *call, _ record.Seen, v url.Values) (formPage, error) {
	return formPage{
		Head: c.t("web.planned.title"), Intro: c.t("web.planned.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/asked"), c.t("web.asked.title")}, {c.href("/person"), c.t("web.person.title")}},
		Groups: []group{{Fields: []field{
			choose("for", c.t("web.planned.for"), "", true, chosen(c.people(c.anybody(), c.t("web.choose")), v, "for", "")...),
			checks("what", c.t("web.request.what"), c.t("web.request.what-hint"), chosen(c.matters(record.Seen{}), v, "what", "")...),
			c.replies(v),
			area("text", c.t("web.planned.text"), "", v.Get("text"), false),
		}}},
	}, nil
}

func readPlanned(c *call, _ record.Seen, v url.Values) (intent, error) {
	what, err := c.whatOf(v["what"])
	b := circle.PlannedLine{For: nameOf(v, "for"), What: what, As: circle.Reply(one(v, "as")), Text: lf(v.Get("text"))}
	if b.For == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-reader", "choose who", "it does not say who was told")
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: b}}}, err
}
