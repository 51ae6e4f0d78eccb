package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// incidentForms are the forms of what happened to the channel, and of what is
// done about it.
func incidentForms() []form {
	return []form{
		{path: "/incident", build: buildIncident, read: readIncident},
		remedyForm(),
		{path: "/incident/step", about: true, build: buildStep, read: readStep},
	}
}

// incidents shows what each exposed, who else is affected, and what is to be
// done.
func (c *call) incidents(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/incidents", "incidents")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/incident"), c.t("web.incident.title")}}
	p.Parts = newest(p.v.Exposures(), c.incidentCard)
	return c.circleShow(w, p)
}

func (c *call) incidentCard(x circle.Exposure) circleCard {
	b := x.Incident
	out := circleCard{Title: capital(c.word(b.Sort)), Href: c.entryHref("e", x.Entry), Actions: []link{{c.entryHref("incident/step", x.Entry), c.t("web.step.title")}}}
	if len(c.doable(x)) > 0 {
		out.Actions = append([]link{{c.entryHref("incident/do", x.Entry), c.t("web.remedy.title")}}, out.Actions...)
	}
	add := func(id, s string) {
		if s != "" {
			out.Facts = append(out.Facts, fact{Label: c.t(id), Text: s})
		}
	}
	add("web.incident.more", b.Text)
	with := c.t("web.incident.not-known")
	if b.To != "" {
		with = c.full(b.To)
	}
	add("web.incident.to", with)
	from, until := c.t("web.incident.beginning"), c.t("web.incident.goes-on")
	if b.From != 0 {
		from = c.f.book.Instant(b.From)
	}
	if b.Until != 0 {
		until = c.f.book.Instant(b.Until)
	}
	add("fact.exposed-from", from)
	add("fact.exposed-until", until)
	add("fact.known-since", c.f.book.Instant(x.Since))
	add("fact.known-from", c.name(x.Source))
	add("fact.concerns", c.joined(append(slices.Clone(b.People), b.Lines...)))
	if b.Channel {
		add("fact.exposes", c.word0("circle.channel"))
	}
	affected := c.t("web.incident.nobody")
	if len(x.Affected) > 0 {
		affected = c.joined(x.Affected)
	}
	add("fact.affected", affected)
	for _, s := range x.Steps {
		if !s.Done {
			out.Tags = []tag{{"care", c.t("web.incident.open")}}
		}
	}
	out.Lists = []circleList{c.checklist(x), c.entryRows(c.t("fact.exposed"), x.Entries)}
	return out
}

// checklist gives what is to be done about an incident. What is open leads to
// where it can be done; what is done, to the entry that says so.
func (c *call) checklist(x circle.Exposure) circleList {
	steps, here := x.Steps, c.doable(x)
	out := circleList{Head: c.t("web.incident.steps")}
	if len(steps) == 0 {
		out.Text = c.t("web.incident.no-steps")
	}
	for _, s := range steps {
		row := circleRow{Text: c.stepText(s), Tags: []tag{{"care", c.t("value.open")}}}
		switch {
		case s.Done:
			row.Tags = []tag{{"good", c.t("value.done")}}
			row.Href = c.entryHref("e", s.Entry)
		case slices.Contains(here, s):
			row.Href = c.entryHref("incident/do", x.Entry)
		case s.Do == circle.Rekey || s.Do == circle.CloseLine:
			row.Href = c.href("/lines") // there is none; another may be made there
		}
		if s.By != "" {
			row.More = []string{c.t("web.incident.by", "Who", c.within(s.By))}
		}
		switch {
		case s.Do == circle.Rekey && !s.Done && s.Text != "":
			row.More = append(row.More, c.t("web.remedy.under-way"))
		case s.Text != "" && s.Do != circle.Other:
			row.More = append(row.More, s.Text)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (c *call) stepText(s circle.Step) string {
	switch {
	case s.Do == circle.Other && s.Text != "":
		return s.Text
	case s.Who == "":
		return capital(c.word(s.Do))
	}
	return capital(c.word(s.Do)) + ": " + c.within(s.Who)
}

func buildIncident(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	all := append([]record.Name{keeper}, c.anybody()...)
	return formPage{
		Head: c.t("web.incident.title"), Intro: c.t("web.incident.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/incidents"), c.t("web.incidents.title")}, {c.href("/person"), c.t("web.person.title")}},
		Groups: []group{
			{Fields: []field{
				choose("sort", c.t("web.incident.sort"), "", true, chosen(append([]option{{Text: c.t("web.choose")}}, values(c, "", circle.Mishaps()...)...), v, "sort", "")...),
				choose("to", c.t("web.incident.to"), "", false, chosen(c.people(c.anybody(), c.t("web.incident.not-known")), v, "to", "")...),
				area("text", c.t("web.incident.more"), "", v.Get("text"), false),
			}},
			{Head: c.t("web.incident.what"), Fields: []field{
				checks("people", c.t("web.incident.people"), "", chosen(c.people(all, ""), v, "people", "")...),
				checks("lines", c.t("web.incident.lines"), "", chosen(c.people(c.peers(), ""), v, "lines", "")...),
				checks("how", c.t("web.incident.forms"), c.t("web.incident.forms-hint"), chosen(c.forms(), v, "how", "")...),
				checks("what", c.t("web.disclose.which"), c.t("web.disclose.which-hint"), chosen(c.matters(record.Seen{}), v, "what", "")...),
				checks("channel", c.t("web.incident.only"), "", chosen([]option{{Value: "yes", Text: c.t("web.disclose.channel")}}, v, "channel", "")...),
			}},
			{Head: c.t("web.log.when"), Fields: []field{
				when("from", c.t("fact.exposed-from"), c.t("web.incident.from-hint"), v.Get("from")),
				when("to-time", c.t("fact.exposed-until"), c.t("web.incident.until-hint"), v.Get("to-time")),
				when("known", c.t("fact.known-since"), c.t("web.log.said-hint"), v.Get("known")),
			}},
			{Head: c.t("web.told.head"), Fields: c.heardFields(v)[:1]},
		},
	}, nil
}

// peers gives who is at the other end of each line of this desk.
func (c *call) peers() []record.Name {
	var out []record.Name
	for _, l := range c.lines {
		out = append(out, l.Peer)
	}
	return out
}

func readIncident(c *call, _ record.Seen, v url.Values) (intent, error) {
	b := circle.Incident{Sort: circle.Mishap(one(v, "sort")), To: nameOf(v, "to"), People: names(v, "people"), Lines: names(v, "lines"), Channel: one(v, "channel") == "yes", Text: lf(v.Get("text"))}
	for _, s := range names(v, "how") {
		b.Forms = append(b.Forms, record.Form(s))
	}
	var err error
	if b.What, err = c.whatOf(v["what"]); err != nil {
		return intent{}, err
	}
	for _, t := range []struct {
		to   *record.Instant
		from string
	}{{&b.From, "from"}, {&b.Until, "to-time"}, {&b.Known, "known"}} {
		if *t.to, err = instant(v, t.from); err != nil {
			return intent{}, err
		}
	}
	e, err := heardEntry(v, b)
	return intent{drafts: []record.Entry{e}}, err
}

// stepValue names a step in a form.
func stepValue(s circle.Step) string {
	if s.Do == circle.Other {
		return "other " + s.Text
	}
	return string(s.Do) + " " + string(s.Who)
}

func buildStep(c *call, of record.Seen, v url.Values) (formPage, error) {
	x, err := c.exposure(of)
	if err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	var steps []option
	for _, s := range x.Steps {
		done := c.t("value.open")
		if s.Done {
			done = c.t("value.done")
		}
		steps = append(steps, option{Value: stepValue(s), Text: c.stepText(s), Hint: capital(done)})
	}
	steps = append(steps, option{Value: "other", Text: c.t("web.step.other"), Hint: c.t("web.step.other-hint")})
	keeper := c.f.h.Keeper()
	return formPage{
		Head: c.t("web.step.title"), Intro: c.t("web.step.intro"), About: &about, Submit: c.t("web.form.look"), Also: []link{{c.href("/incidents"), c.t("web.incidents.title")}},
		Groups: []group{{Fields: []field{
			radios("step", c.t("web.step.which"), "", chosen(steps, v, "step", "")...),
			radios("done", c.t("web.step.done"), "", chosen([]option{{Value: "yes", Text: c.word0("value.done")}, {Value: "no", Text: c.word0("value.open")}}, v, "done", "yes")...),
			choose("by", c.t("web.step.by"), "", false, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), c.t("web.none-chosen")), v, "by", string(keeper))...),
			area("text", c.t("web.act.text"), "", v.Get("text"), false),
		}}},
	}, nil
}

func readStep(_ *call, of record.Seen, v url.Values) (intent, error) {
	b := circle.IncidentStep{Of: of.ID, Done: one(v, "done") == "yes", By: nameOf(v, "by"), Text: lf(v.Get("text"))}
	do, rest, _ := strings.Cut(one(v, "step"), " ")
	b.Do = circle.Remedy(do)
	switch {
	case b.Do == "":
		return intent{}, fault.New(fault.Malformed, "web.no-step", "choose one", "it does not say which step")
	case b.Do != circle.Other:
		b.Who = record.Name(rest)
	case rest != "":
		b.Text = rest // by its words it is known which step it is
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: b}}}, nil
}
