package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// keptForms are the forms of how long things are kept, and of destroying them.
func keptForms() []form {
	return []form{
		{path: "/retain", build: buildRetain, read: readRetain, reveal: revealRetain},
		{path: "/retain/entry", about: true, build: buildRetain, read: readRetain, reveal: revealRetain},
		{path: "/close", build: buildClose, read: readClose, reveal: revealRetain},
		{path: "/destroy", build: buildDestroy, read: readDestroy, reveal: revealDestroy},
		{path: "/destroy/entry", about: true, build: buildDestroy, read: readDestroy, reveal: revealDestroy},
	}
}

// kept shows how long things are kept, what is due, and what was destroyed.
func (c *call) kept(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/kept", "kept")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/retain"), c.t("web.retain.channel")}, {c.href("/close"), c.t("web.close.title")}}
	first := circlePart{Cards: []circleCard{{Title: c.t("web.kept.channel"), Facts: []fact{c.policyFact(p.v.Retention(keys.ID{}))}}}}
	if !p.Moved {
		due, err := c.f.h.Destroy(c.ctx, desk.Preview, desk.DestroyOrder{})
		if err != nil {
			return err
		}
		first.Cards = append(first.Cards, c.dueCards(due)...)
	}
	p.Parts = []circlePart{first}
	var own, gone []circleRow
	for _, it := range p.v.Projection().Items() {
		switch b := it.Body.(type) {
		case circle.Retention:
			if k := p.v.Retention(b.Of); !b.Of.IsZero() && k.Entry == it.ID {
				own = append(own, circleRow{Href: c.entryHref("e", b.Of), Text: c.about(b.Of), More: []string{c.policyText(k)}})
			}
		case record.Destroyed:
			gone = append(gone, circleRow{Href: c.entryHref("e", it.ID), Text: c.f.book.Entry(p.v, it.Entry)})
		}
	}
	for _, x := range []struct {
		id   string
		rows []circleRow
	}{{"web.kept.single", own}, {"web.kept.destroyed", gone}} {
		if len(x.rows) == 0 {
			continue
		}
		l := circleList{Head: c.t("web.circle.counted", "What", c.t(x.id), "Count", len(x.rows)), Rows: x.rows[max(0, len(x.rows)-maxShown):]}
		if len(x.rows) > maxShown {
			l.Text = c.t("web.circle.more", "Most", maxShown)
		}
		p.Parts = append(p.Parts, circlePart{Cards: []circleCard{{Title: c.t(x.id), Lists: []circleList{l}}}})
	}
	backups, err := c.f.h.Backups(c.ctx)
	if err != nil {
		return err
	}
	p.Parts = append(p.Parts, circlePart{Cards: []circleCard{c.backupCard(backups)}})
	return c.circleShow(w, p)
}

func (c *call) policyText(k circle.Kept) string {
	if k.On == 0 {
		return capital(c.word(k.Policy))
	}
	return c.t("web.kept.on", "What", capital(c.word(k.Policy)), "When", c.f.book.Instant(k.On))
}

func (c *call) policyFact(k circle.Kept) fact {
	f := fact{Label: c.t("web.kept.policy"), Text: c.policyText(k)}
	if !k.Entry.IsZero() {
		f = fact{Label: f.Label, Links: []link{{c.entryHref("e", k.Entry), f.Text}}}
	}
	return f
}

// dueCards gives what is due, and what of it stays.
func (c *call) dueCards(d desk.Destruction) []circleCard {
	card := circleCard{Title: c.t("web.kept.due"), Facts: []fact{{Label: c.t("web.kept.due"), Text: c.t("web.kept.nothing-due")}}}
	if len(d.Goes) > 0 {
		card.Facts, card.Tags = nil, []tag{{"alarm", c.t("web.kept.soon")}}
		card.Actions = []link{{c.href("/destroy"), c.t("web.destroy.title")}}
		card.Lists = append(card.Lists, c.doomRows(c.t("web.destroy.goes"), d.Goes))
	}
	if len(d.Stays) > 0 {
		card.Facts = nil
		card.Lists = append(card.Lists, c.doomRows(c.t("web.destroy.stays"), d.Stays))
	}
	return []circleCard{card}
}

func (c *call) doomRows(head string, list []circle.Doom) circleList {
	out := circleList{Head: c.t("web.circle.counted", "What", head, "Count", len(list))}
	if len(list) > maxShown {
		out.Text = c.t("web.circle.more", "Most", maxShown)
		list = list[len(list)-maxShown:]
	}
	for _, d := range list {
		row := circleRow{Href: c.entryHref("e", d.Entry), Text: c.about(d.Entry)}
		if it, ok := c.all.Get(d.Entry); ok {
			row.Text = c.f.book.Entry(c.view, it.Entry)
		}
		for _, f := range c.doomFacts(d) {
			row.More = append(row.More, c.t("web.destroy.fact", "Label", f.Label, "Text", f.Text))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// doomFacts says of one entry what keeps it, who has it, and what hangs on it.
func (c *call) doomFacts(d circle.Doom) []fact {
	var out []fact
	add := func(id, s string) {
		if s != "" {
			out = append(out, fact{Label: c.t(id), Text: s})
		}
	}
	if d.Stays != "" {
		add("web.destroy.why", capital(c.word(d.Stays)))
	}
	if len(d.Given) > 0 {
		add("web.destroy.given", capital(c.joined(d.Given)))
	}
	if len(d.Stood) > 0 {
		add("web.destroy.stood", c.joined(d.Stood))
	}
	var refer []string
	for _, id := range d.Refer[:min(len(d.Refer), maxRelated)] {
		refer = append(refer, c.about(id))
	}
	add("web.destroy.refer", strings.Join(refer, "; "))
	return out
}

func (c *call) backupCard(list []desk.Backup) circleCard {
	card := circleCard{Title: c.t("web.kept.backups"), Facts: []fact{{Label: c.t("web.kept.backups"), Text: c.t("web.kept.no-backups")}}}
	if len(list) == 0 {
		return card
	}
	card.Facts = nil
	l := circleList{Head: c.t("web.circle.counted", "What", c.t("web.kept.backups"), "Count", len(list))}
	for _, b := range list {
		row := circleRow{Text: b.File, More: []string{c.f.book.Instant(b.Made)}}
		if b.Left != 0 {
			row.Tags = []tag{{"alarm", c.t("web.kept.left")}}
		}
		l.Rows = append(l.Rows, row)
	}
	card.Lists = []circleList{l}
	return card
}

func buildRetain(c *call, of record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.retain.channel"), Intro: c.t("web.retain.intro"), Submit: c.t("web.form.look"), Also: []link{{c.href("/kept"), c.t("web.kept.title")}}}
	now := c.view.Retention(keys.ID{})
	if !of.ID.IsZero() {
		about := c.aboutView(of)
		p.Head, p.About = c.t("web.retain.title"), &about
		p.Also = append([]link{{c.entryHref("destroy/entry", of.ID), c.t("web.destroy.title")}}, p.Also...)
		now = c.view.Retention(of.ID)
	}
	p.Groups = []group{{Fields: []field{
		radios("policy", c.t("web.kept.policy"), "", chosen(values(c, "", circle.Policies()...), v, "policy", string(now.Policy))...),
		when("on", c.t("web.retain.on"), c.t("web.retain.on-hint"), v.Get("on")),
		text("reason", c.t("web.retain.reason"), "", v.Get("reason"), false),
	}}}
	return p, nil
}

func readRetain(c *call, of record.Seen, v url.Values) (intent, error) {
	b := circle.Retention{Of: of.ID, Policy: circle.Policy(one(v, "policy")), Text: one(v, "reason")}
	var err error
	if b.On, err = instant(v, "on"); err != nil {
		return intent{}, err
	}
	if b.On != 0 && b.On <= c.now {
		return intent{}, fault.New(fault.Refused, "web.retain-past", "name a time that lies ahead, or destroy it now", "this time has passed")
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: b}}}, b.Check()
}

// revealRetain shows what a word of retention, or closing the channel, will
// destroy.
func revealRetain(c *call, in intent) revealed {
	o := desk.DestroyOrder{}
	switch b := in.drafts[0].Body.(type) {
	case circle.Retention:
		if b.Policy != circle.DestroyOn && b.Policy != circle.DestroyOnClose {
			return revealed{}
		}
		o = desk.DestroyOrder{If: &b, At: b.On, Closed: b.On == 0}
	case record.Close:
		o.Closed = true
	}
	out, err := c.f.h.Destroy(c.ctx, desk.Preview, o)
	if err != nil {
		return revealed{Notices: []notice{c.faultNotice(err)}}
	}
	if o.If != nil {
		out.Goes = slices.DeleteFunc(out.Goes, func(d circle.Doom) bool { return !d.By.IsZero() })
	}
	if len(out.Goes) == 0 {
		return revealed{}
	}
	return c.revealDoom(out, c.t("web.retain.will-go"))
}

// revealDoom shows what goes, entry by entry, and what that does not undo.
func (c *call) revealDoom(d desk.Destruction, head string) revealed {
	out := revealed{Head: c.t("web.circle.counted", "What", head, "Count", len(d.Goes))}
	out.Notices = append(out.Notices, notice{Tone: "alarm", Kind: c.t("web.destroy.final"), Text: c.t("destroy.cannot")})
	var have []record.Name
	for _, x := range d.Goes {
		have = append(have, x.Given...)
		for _, n := range x.Stood {
			out.Notices = append(out.Notices, notice{Tone: "alarm", Kind: c.t("web.destroy.stood"), Text: c.t("web.destroy.unshown", "Package", string(n))})
		}
	}
	slices.Sort(have)
	if have = slices.Compact(have); len(have) > 0 {
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("web.destroy.given"), Text: c.t("web.destroy.given-text", "Who", capital(c.joined(have)))})
	}
	for _, b := range d.Backups {
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("web.kept.backups"), Text: c.t("backup.holds", "File", b.File, "When", c.f.book.Instant(b.Made))})
	}
	shown := d.Goes[:min(len(d.Goes), maxShown)]
	if len(d.Goes) > len(shown) {
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("web.destroy.many"), Text: c.t("web.destroy.many-text", "Most", maxShown)})
	}
	for _, x := range shown {
		if it, ok := c.all.Get(x.Entry); ok {
			e := c.entryView(it, false)
			e.Facts = c.doomFacts(x)
			out.Entries = append(out.Entries, e)
		}
	}
	out.Notices = slices.CompactFunc(out.Notices, func(a, b notice) bool { return a.Kind == b.Kind && a.Text == b.Text })
	return out
}

func buildClose(c *call, _ record.Seen, v url.Values) (formPage, error) {
	return formPage{
		Head: c.t("web.close.title"), Intro: c.t("web.close.intro"), Submit: c.t("web.form.look"), Also: []link{{c.href("/kept"), c.t("web.kept.title")}},
		Groups: []group{{Fields: []field{area("text", c.t("web.close.text"), "", v.Get("text"), false)}}},
	}, nil
}

func readClose(_ *call, _ record.Seen, v url.Values) (intent, error) {
	return intent{drafts: []record.Entry{{ID: newID(), Body: record.Close{Text: lf(v.Get("text"))}}}}, nil
}

func buildDestroy(c *call, of record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.destroy.title"), Intro: c.t("web.destroy.intro"), Submit: c.t("web.form.look"), Also: []link{{c.href("/kept"), c.t("web.kept.title")}}}
	o := desk.DestroyOrder{}
	if !of.ID.IsZero() {
		about := c.aboutView(of)
		p.About, o = &about, desk.DestroyOrder{Named: []keys.ID{of.ID}, Only: true}
		p.Also = append([]link{{c.entryHref("retain/entry", of.ID), c.t("web.retain.title")}}, p.Also...)
	}
	out, err := c.f.h.Destroy(c.ctx, desk.Preview, o)
	if err != nil {
		return p, err
	}
	agreed := false
	for _, d := range out.Stays {
		agreed = agreed || d.Stays == circle.StaysAgreed
		p.Notices = append(p.Notices, notice{Tone: "care", Kind: c.about(d.Entry), Text: capital(c.word(d.Stays))})
	}
	p.Notices = p.Notices[:min(len(p.Notices), maxShown)]
	fields := []field{text("reason", c.t("web.retain.reason"), "", v.Get("reason"), false)}
	if agreed {
		fields = append(fields, checks("agreed", c.t("web.destroy.stood"), c.t("web.destroy.agreed-hint"), chosen([]option{{Value: "yes", Text: c.t("web.destroy.agreed")}}, v, "agreed", "")...))
	}
	p.Groups = []group{{Fields: fields}}
	return p, nil
}

func readDestroy(c *call, of record.Seen, v url.Values) (intent, error) {
	o := desk.DestroyOrder{Agreed: one(v, "agreed") == "yes", Reason: one(v, "reason")}
	if !of.ID.IsZero() {
		o.Only, o.Named = true, []keys.ID{of.ID}
	}
	out, err := c.f.h.Destroy(c.ctx, desk.Preview, o)
	if err != nil {
		return intent{}, err
	}
	if len(out.Goes) == 0 {
		return intent{}, nothingGoes()
	}
	// Those that are shown, and nothing that becomes due while somebody thinks.
	o.Only, o.Named = true, nil
	for _, d := range out.Goes {
		if d.With.IsZero() {
			o.Named = append(o.Named, d.Entry)
		}
	}
	return intent{destroy: &o, after: func(c *call, w http.ResponseWriter) error {
		w.Header().Set("Location", c.href("/kept"))
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}}, nil
}

func nothingGoes() error {
	return fault.New(fault.Refused, "web.destroy-nothing", "the page of what is kept says why", "nothing of this goes")
}

func revealDestroy(c *call, in intent) revealed {
	out, err := c.f.h.Destroy(c.ctx, desk.Preview, *in.destroy)
	if err != nil {
		return revealed{Notices: []notice{c.faultNotice(err)}}
	}
	return c.revealDoom(out, c.t("web.destroy.goes"))
}

// doomed gives a destruction in the form of a plan, so that the second click
// does what was shown or shows it again: a word of retention for each entry.
func doomed(d desk.Destruction) (p convey.Plan) {
	for _, x := range d.Goes {
		var stood []string
		for _, n := range x.Stood {
			stood = append(stood, string(n))
		}
		p.Entries = append(p.Entries, record.Entry{ID: x.Entry, Together: x.Refer, Audience: x.Given, Body: circle.Retention{Of: x.Entry, Policy: circle.DestroyOn, On: 1, Text: strings.Join(stood, " ")}})
	}
	return p
}
