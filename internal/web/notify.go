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

// notifyForms are the forms of who is told of something, in which order.
func notifyForms() []form {
	return []form{
		{path: "/notify", build: buildPlan, read: readPlan},
		{path: "/notified", about: true, build: buildNote, read: readNote, reveal: revealSent},
	}
}

// notifications shows how far every plan has come, who is next, and who waits
// for whom.
func (c *call) notifications(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/notifications", "notifications")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/notify"), c.t("web.notify.title")}}
	p.Parts = newest(p.v.Notifications(), c.planCard)
	return c.circleShow(w, p)
}

func (c *call) planCard(f circle.Following) circleCard {
	out := circleCard{Title: capital(c.word(f.Plan.On)), Href: c.entryHref("e", f.Entry), Tags: []tag{{"", c.t("web.notify.not-begun")}},
		Actions: []link{{c.entryHref("notified", f.Entry), c.t("web.note.title")}}}
	if !f.Plan.Text.IsZero() {
		out.Title += ": " + c.refText(f.Plan.Text)
	}
	if f.Plan.What != "" {
		out.Title += ": " + f.Plan.What
	}
	if f.Begun {
		out.Tags = []tag{{"care", c.t("web.notify.begun")}}
		if !slices.ContainsFunc(f.Steps, func(t circle.Telling) bool { return t.Turn != circle.HasAcknowledged }) {
			out.Tags = []tag{{"good", c.t("web.notify.over")}}
		}
	}
	if next, ok := circle.NextOf(f.Steps); ok {
		out.Facts = append(out.Facts, fact{Label: c.t("web.notify.next"), Text: c.full(next.Who)})
	}
	if len(f.On) > 0 {
		since := fact{Label: c.t("web.notify.set-off")}
		for _, id := range f.On {
			since.Links = append(since.Links, link{c.entryHref("e", id), c.about(id)})
		}
		out.Facts = append(out.Facts, since)
	}
	order := circleList{Head: c.t("web.notify.order"), Ordered: true}
	for _, t := range f.Steps {
		order.Rows = append(order.Rows, c.tellingRow(f, t))
	}
	out.Lists = []circleList{order}
	return out
}

func (c *call) tellingRow(f circle.Following, t circle.Telling) circleRow {
	row := circleRow{Text: c.full(t.Who), Tags: []tag{{turnTone(t.Turn), c.t("web.turn." + string(t.Turn))}}}
	if t.Early {
		row.Tags = append(row.Tags, tag{"alarm", c.t("fact.early")})
	}
	if t.HeldBy != "" {
		row.More = append(row.More, c.t("web.notify.waits", "Who", c.within(t.HeldBy)))
	}
	by := t.By
	if by == "" {
		by = c.f.h.Keeper()
	}
	how := c.t("web.carry.over-line")
	if t.Form != "" {
		how = capital(c.word(t.Form))
	}
	row.More = append(row.More, c.t("web.notify.by", "Who", c.within(by), "How", how))
	if t.Hold {
		row.More = append(row.More, c.t("fact.holds-next"))
	}
	if t.Words != "" {
		row.More = append(row.More, c.t("web.notify.words", "Words", t.Words))
	}
	for _, n := range f.Notes {
		if n.Who == t.Who {
			row.More = append(row.More, capital(c.word(n.Reach))+", "+c.t("web.knows.at", "Said", c.f.book.Interval(n.Said), "Known", c.f.book.Instant(n.Known)))
		}
	}
	return row
}

func turnTone(t circle.Turn) string {
	switch t {
	case circle.Next:
		return "care"
	case circle.WasTold, circle.HasAcknowledged:
		return "good"
	}
	return ""
}

// planRows is how many people the form has room for; more go by the command
// line.
const planRows, openRows = 10, 3

func buildPlan(c *call, _ record.Seen, v url.Values) (formPage, error) {
	texts := append([]option{{Text: c.t("web.notify.no-text")}}, c.versions(c.view)...)
	p := formPage{
		Head: c.t("web.notify.title"), Intro: c.t("web.notify.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/notifications"), c.t("web.notifications.title")}, {c.href("/person"), c.t("web.person.title")}},
		Groups: []group{{Fields: []field{
			choose("on", c.t("web.notify.on"), "", true, chosen(values(c, "", circle.Occasions()...), v, "on", string(circle.OnAgreed))...),
			choose("text", c.t("web.notify.text"), c.t("web.notify.text-hint"), false, chosen(texts, v, "text", "")...),
			text("what", c.t("web.notify.what"), c.t("web.notify.what-hint"), v.Get("what"), false),
		}}},
	}
	keeper := c.f.h.Keeper()
	rest := group{Head: c.t("web.notify.rest"), Folded: v.Get("who-4") == ""}
	for i := range planRows {
		n := "-" + number(uint64(i+1))
		fields := []field{
			choose("who"+n, c.t("web.notify.who", "Place", i+1), "", i == 0, chosen(c.people(c.anybody(), c.t("web.notify.nobody")), v, "who"+n, "")...),
			choose("by"+n, c.t("web.notify.who-tells", "Place", i+1), "", false, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), ""), v, "by"+n, string(keeper))...),
			choose("how"+n, c.t("web.notify.how", "Place", i+1), "", false, chosen(append([]option{{Text: c.t("web.carry.over-line")}}, c.forms()...), v, "how"+n, "")...),
			checks("hold"+n, c.t("web.notify.then", "Place", i+1), "", chosen([]option{{Value: "yes", Text: c.t("fact.holds-next")}}, v, "hold"+n, "")...),
			area("words"+n, c.t("web.notify.in-words", "Place", i+1), "", v.Get("words"+n), false),
		}
		if i < openRows {
			p.Groups = append(p.Groups, group{Head: c.t("web.notify.place", "Place", i+1), Fields: fields})
		} else {
			rest.Fields = append(rest.Fields, fields...)
		}
	}
	p.Groups = append(p.Groups, rest)
	return p, nil
}

func readPlan(c *call, _ record.Seen, v url.Values) (intent, error) {
	b := circle.Plan{On: circle.Occasion(one(v, "on")), What: one(v, "what")}
	if s := one(v, "text"); s != "" {
		what, err := c.whatOf([]string{s})
		if err != nil {
			return intent{}, err
		}
		b.Text = what[0]
	}
	for i := range planRows {
		n := "-" + number(uint64(i+1))
		s := circle.PlanStep{Who: nameOf(v, "who"+n), By: nameOf(v, "by"+n), Form: record.Form(one(v, "how"+n)), Hold: one(v, "hold"+n) == "yes", Words: lf(v.Get("words" + n))}
		if s.By == c.f.h.Keeper() {
			s.By = "" // whose plan it is tells where nobody else does
		}
		if s.Who != "" {
			b.Steps = append(b.Steps, s)
		}
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: b}}}, nil
}

// notesOf gives what may be noted of a plan now: by its order, nobody out of
// his turn.
func (c *call) notesOf(f circle.Following) []option {
	var out []option
	add := func(what string, id string, who record.Name) {
		out = append(out, option{Value: strings.TrimSpace(what + " " + string(who)), Text: c.t("web.note."+id, "Who", c.within(who))})
	}
	if !f.Begun {
		add(string(circle.Begun), "begun", "")
	}
	for _, t := range f.Steps {
		switch t.Turn {
		case circle.Next:
			if c.overLine(t) {
				add("send", "send", t.Who)
			}
			add(string(circle.Told), "told", t.Who)
			add(string(circle.NotReached), "not-reached", t.Who)
		case circle.WasTold:
			add(string(circle.Acknowledged), "acknowledged", t.Who)
		}
	}
	return out
}

// overLine reports whether the keeper can tell somebody here, in the words of
// the plan.
func (c *call) overLine(t circle.Telling) bool {
	return t.Form == "" && t.By == "" && t.Words != "" && slices.Contains(c.reachable(), t.Who)
}

func buildNote(c *call, of record.Seen, v url.Values) (formPage, error) {
	f, ok := c.view.Notification(of.ID)
	if !ok {
		return formPage{}, fault.New(fault.Refused, "web.no-plan", "open a notification plan", "this is no notification plan")
	}
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.note.title"), Intro: c.t("web.note.intro"), About: &about, Submit: c.t("web.form.look"), Also: []link{{c.href("/notifications"), c.t("web.notifications.title")}}}
	options := c.notesOf(f)
	if len(options) == 0 {
		p.Notices = []notice{{Tone: "good", Kind: c.t("web.notify.over"), Text: c.t("web.note.nothing"), Links: p.Also}}
		return p, nil
	}
	keeper := c.f.h.Keeper()
	p.Groups = []group{{Fields: []field{
		radios("note", c.t("web.note.what"), "", chosen(options, v, "note", "")...),
		choose("by", c.t("web.note.by"), c.t("web.note.by-hint"), false, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), ""), v, "by", string(keeper))...),
		choose("how", c.t("web.carry.how"), "", false, chosen(append([]option{{Text: c.t("web.none-chosen")}}, c.forms()...), v, "how", "")...),
		area("text", c.t("web.act.text"), "", v.Get("text"), false),
	}}, {Head: c.t("web.told.head"), Fields: c.heardFields(v)}}
	return p, nil
}

func readNote(c *call, of record.Seen, v url.Values) (intent, error) {
	f, ok := c.view.Notification(of.ID)
	what, who, _ := strings.Cut(one(v, "note"), " ")
	if !ok || what == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-note", "choose one", "it does not say how far it has come")
	}
	b := circle.Notification{Plan: of.ID, Who: record.Name(who), Reach: circle.Reach(what), By: nameOf(v, "by"), Form: record.Form(one(v, "how")), Text: lf(v.Get("text"))}
	if b.Reach == circle.Begun || b.Reach == circle.Acknowledged {
		b.By = ""
	}
	if what == "send" {
		return c.tellNow(f, b)
	}
	e, err := heardEntry(v, b) // out of turn, or twice, its planning refuses it
	return intent{drafts: []record.Entry{e}}, err
}

// tellNow tells whoever is next, over the line to him, in the words of the
// plan. The message and the note are one write: he is told once, or is still
// next.
func (c *call) tellNow(f circle.Following, b circle.Notification) (intent, error) {
	next, ok := circle.NextOf(f.Steps)
	if !ok || next.Who != b.Who || !c.overLine(next) {
		return intent{}, fault.New(fault.Refused, "web.not-next", "look at the plan again", "this person is not to be told over a line now")
	}
	drafts, err := f.Telling(c.f.h.Keeper(), newID())
	if err != nil {
		return intent{}, err
	}
	drafts[1].ID = newID()
	return intent{drafts: drafts}, nil
}
