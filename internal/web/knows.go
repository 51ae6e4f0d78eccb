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

// What the page of everybody shows on one page: of so many people, so much of
// what each knows.
const (
	fewPeople = 25
	fewGrants = 5
)

func appendOnce(list []record.Name, n record.Name) []record.Name {
	if n == "" || slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

// knows shows everybody who knows anything, and what each was given.
func (c *call) knows(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/knows", "knows")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/disclose"), c.t("web.disclose.title")}, {c.href("/nothing"), c.t("web.nothing.title")}, {c.href("/one-term"), c.t("web.one-term.title")}}
	people := p.v.Knowing()
	slices.SortStableFunc(people, func(a, b record.Name) int { // those inside first
		x, y := p.v.Inside(a), p.v.Inside(b)
		switch {
		case x == y:
			return 0
		case x:
			return -1
		}
		return 1
	})
	n := pageNumber(r, len(people))
	p.Windows = c.windows(r, "/knows", n, len(people), fewPeople)
	inside, outside := circlePart{Head: c.t("web.knows.inside")}, circlePart{Head: c.t("web.knows.outside")}
	people = people[min(n*fewPeople, len(people)):]
	for _, who := range people[:min(len(people), fewPeople)] {
		k := p.v.SomeKnown(who, 0, fewGrants)
		part := &outside
		if k.Inside {
			part = &inside
		}
		part.Cards = append(part.Cards, c.knowsCard(p.v, k, fewGrants))
	}
	for _, part := range []circlePart{inside, outside} {
		if len(part.Cards) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	return c.circleShow(w, p)
}

// knowsOf shows what one person was given. Somebody who was given nothing, and
// somebody who is not there, look the same.
func (c *call) knowsOf(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, r.URL.Path, "knows")
	if err != nil {
		return err
	}
	who := record.Name("")
	for _, n := range c.anybody() {
		if c.personAlias(n) == r.PathValue("who") {
			who = n
		}
	}
	if who == "" {
		return fault.New(fault.NotFound, "web.none", "look it up in the record", "nothing of that name here")
	}
	p.Head, p.Do = c.t("web.knows.of", "Who", c.within(who)), []link{{c.href("/disclose"), c.t("web.disclose.title")}}
	k := p.v.SomeKnown(who, 0, 0)
	n := pageNumber(r, k.Given)
	k = p.v.SomeKnown(who, n*maxShown, maxShown)
	p.Windows = c.windows(r, "/knows/"+c.personAlias(who), n, k.Given, maxShown)
	p.Parts = []circlePart{{Cards: []circleCard{c.knowsCard(p.v, k, maxShown)}}}
	return c.circleShow(w, p)
}

func (c *call) knowsCard(v *view.View, k circle.Known, most int) circleCard {
	out := circleCard{Title: c.full(k.Who), Href: c.href("/knows/" + c.personAlias(k.Who)), Tags: []tag{{"", c.t("web.knows.is-outside")}}}
	if k.Inside {
		out.Tags = []tag{{"good", c.t("web.knows.is-inside")}}
	}
	since := fact{Label: c.t("web.knows.channel"), Text: c.t("web.knows.no-channel")}
	if !k.First.IsZero() {
		since.Text = ""
		since.Links = []link{{c.entryHref("e", k.First), c.f.book.Interval(k.Channel)}}
	}
	out.Facts = []fact{since}
	if k.Owned > 0 {
		out.Facts = append(out.Facts, fact{Label: c.t("web.knows.own"), Text: c.number(uint64(k.Owned))})
	}
	list := circleList{Head: c.t("web.circle.counted", "What", c.t("web.knows.given"), "Count", k.Given)}
	if k.Given > most {
		list.Text = c.t("web.knows.newest")
	}
	for _, g := range k.Grants {
		list.Rows = append(list.Rows, c.grantRow(v, g))
	}
	out.Lists = []circleList{list}
	return out
}

func (c *call) grantRow(v *view.View, g circle.Grant) circleRow {
	row := circleRow{Href: c.entryHref("e", g.Source), Tags: []tag{{footingTone(g.Footing), c.word(g.Footing)}}}
	switch {
	case g.Nothing:
		row.Text = c.word0("value.nothing")
	case g.Owes != "":
		row.Text = c.t("web.knows.owes-nothing", "Party", c.within(g.Owes))
	case g.Channel:
		row.Text = c.word0("circle.channel")
	case !g.What.Entry.IsZero():
		row.Text, row.Href = c.about(g.What.Entry), c.entryHref("e", g.What.Entry)
	default:
		row.Text = c.f.book.Ref(v, g.What)
	}
	if g.By != "" {
		row.More = append(row.More, c.t("web.knows.from", "By", c.within(g.By)))
	}
	row.More = append(row.More, c.t("web.knows.at", "Said", c.f.book.Interval(g.Said), "Known", c.f.book.Instant(g.Known)))
	if !g.Asked.IsZero() {
		row.More = append(row.More, c.t("web.knows.asked", "What", c.about(g.Asked)))
	}
	if g.Reported {
		row.More = append(row.More, c.t("web.knows.reported"))
	}
	return row
}

// word0 gives a word of the catalogue as it begins a row.
func (c *call) word0(id string) string { return capital(c.t(id)) }

func footingTone(f circle.Footing) string {
	switch f {
	case circle.Intercepted, circle.Leaked:
		return "alarm"
	case circle.Inferred:
		return "care"
	}
	return ""
}

func buildDisclose(c *call, of record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.disclose.title"), Intro: c.t("web.disclose.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/knows"), c.t("web.knows.title")}, {c.href("/person"), c.t("web.person.title")}}}
	first := ""
	if !of.ID.IsZero() {
		about := c.aboutView(of)
		p.About, first = &about, c.f.alias.of(of.ID)
	}
	keeper := c.f.h.Keeper()
	extent := "some"
	p.Groups = []group{
		{Fields: []field{
			choose("to", c.t("web.disclose.to"), "", true, chosen(c.people(c.anybody(), c.t("web.choose")), v, "to", "")...),
			radios("extent", c.t("web.disclose.what"), "", chosen([]option{
				{Value: "some", Text: c.t("web.disclose.some"), Hint: c.t("web.disclose.some-hint")},
				{Value: "channel", Text: c.t("web.disclose.channel"), Hint: c.t("web.disclose.channel-hint")},
				{Value: "nothing", Text: c.t("web.disclose.nothing"), Hint: c.t("web.disclose.nothing-hint")},
			}, v, "extent", extent)...),
			checks("what", c.t("web.disclose.which"), c.t("web.disclose.which-hint"), chosen(c.matters(of), v, "what", first)...),
			choose("footing", c.t("fact.footing"), "", true, chosen(values(c, "", circle.Footings()...), v, "footing", string(circle.Briefed))...),
			choose("by", c.t("fact.told-by"), c.t("web.disclose.by-hint"), false, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), c.t("web.disclose.by-self")), v, "by", "")...),
			choose("how", c.t("web.carry.how"), "", false, chosen(append([]option{{Text: c.t("web.none-chosen")}}, c.forms()...), v, "how", "")...),
			area("text", c.t("web.log.text"), "", v.Get("text"), false),
		}},
		{Head: c.t("web.told.head"), Fields: c.heardFields(v)},
	}
	p.Groups[0].Fields = slices.Insert(p.Groups[0].Fields, 1, c.wayFields(v)...)
	return p, nil
}

func readDisclose(c *call, _ record.Seen, v url.Values) (intent, error) {
	b := circle.Disclosure{To: nameOf(v, "to"), Footing: circle.Footing(one(v, "footing")), By: nameOf(v, "by"), Form: record.Form(one(v, "how")), Text: lf(v.Get("text"))}
	var err error
	switch one(v, "extent") {
	case "channel":
		b.Channel = true
	case "nothing":
		b.Nothing = true
	default:
		if b.What, err = c.whatOf(v["what"]); err != nil {
			return intent{}, err
		}
	}
	if b.To == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-reader", "choose who", "it does not say who was told")
	}
	if one(v, "way") == overTheLine {
		return c.sending(b, v)
	}
	if told := b.Footing == circle.Briefed || b.Footing == circle.Confirmed || b.Footing == circle.OfParty; b.By == "" && told {
		b.By = c.f.h.Keeper()
	}
	e, err := heardEntry(v, b)
	return intent{drafts: []record.Entry{e}}, err
}
