package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// accountForms are the forms of what people say happened.
func accountForms() []form {
	return []form{{path: "/account", build: buildAccount, read: readAccount, reveal: revealSent}}
}

// accounts shows what people say, each claim beside the entries that speak for
// it and against it, and what the record can count. Never who is right.
func (c *call) accounts(w http.ResponseWriter, r *http.Request) error {
	p, err := c.circleBegin(r, "/accounts", "accounts")
	if err != nil {
		return err
	}
	p.Do = []link{{c.href("/account"), c.t("web.account.title")}}
	list := p.v.Accounts()
	list = list[max(0, len(list)-maxShown):]
	said, counted := circlePart{Head: c.t("web.accounts.said")}, circlePart{Head: c.t("web.accounts.counted")}
	for _, a := range list {
		said.Cards = append(said.Cards, c.accountCard(p.v, a))
	}
	if len(list) > 0 {
		p.Do = append(p.Do, link{c.href("/dossier"), c.t("web.dossier.title")})
		counted.Cards = c.countedCards(p.v.Counted())
	}
	for _, part := range []circlePart{said, counted} {
		if len(part.Cards) > 0 {
			p.Parts = append(p.Parts, part)
		}
	}
	return c.circleShow(w, p)
}

func (c *call) accountCard(v *view.View, a view.AccountView) circleCard {
	s := a.Account.Source
	out := circleCard{Title: capital(c.f.book.Source(v, s)), Href: c.entryHref("e", a.Entry)}
	add := func(id, s string) {
		if s != "" {
			out.Facts = append(out.Facts, fact{Label: c.t(id), Text: s})
		}
	}
	if a.Account.Declined {
		out.Tags = []tag{{"", c.t("fact.declined")}}
	}
	add("web.account.words", a.Account.Text)
	add("fact.appeared", a.Account.Where)
	if s.Name != "" {
		add("web.account.role", s.Role)
	}
	add("fact.source-of", c.name(s.Of))
	if s.Knowledge != "" {
		add("web.account.knowledge", capital(c.word(s.Knowledge)))
	}
	add("web.circle.when", c.f.book.Stamp(a.When))
	add("web.entry.by", c.name(a.By))
	for _, h := range a.Held {
		out.Lists = append(out.Lists, c.heldList(v, h))
	}
	return out
}

// heldList gives one claim, and the entries beside it.
func (c *call) heldList(v *view.View, h circle.Held) circleList {
	out := circleList{Head: capital(c.f.book.Claim(v, h.Claim)), Text: capital(c.t("value." + string(h.Bearing)))}
	if h.Claim.Part.Weighs() {
		out.Text = c.t("web.account.weighs")
	}
	if len(h.Rivals) > 0 {
		out.Text += " " + c.t("dossier.disputed")
	}
	for _, side := range []struct {
		label string
		ids   []keys.ID
	}{
		{c.t("fact.speaks-for"), h.For}, {c.t("fact.speaks-against"), h.Against}, {c.t("fact.reports"), h.Reports},
		{c.t("fact.beside-it"), h.Beside}, {c.t("fact.rival"), h.Rivals},
	} {
		rows := c.entryRows(side.label, side.ids)
		if rows.Text != "" {
			out.Text += " " + rows.Text
		}
		for i := range rows.Rows {
			rows.Rows[i].Tags = []tag{{"", side.label}}
		}
		out.Rows = append(out.Rows, rows.Rows...)
	}
	return out
}

// countedCards gives what the record can count: messages by path, and what each
// did.
func (c *call) countedCards(n view.Counted) []circleCard {
	paths := circleCard{Title: c.t("dossier.path")}
	for _, p := range n.Paths {
		who := capital(c.t("dossier.no-hand"))
		if p.Path != "" {
			who = c.full(p.Path)
		}
		paths.Facts = append(paths.Facts, fact{Label: who, Text: c.number(uint64(p.N))})
	}
	var out []circleCard
	if len(paths.Facts) > 0 {
		out = append(out, paths)
	}
	for _, d := range n.People {
		out = append(out, c.deedsCard(d))
	}
	return out
}

func (c *call) deedsCard(d circle.Deeds) circleCard {
	out := circleCard{Title: c.full(d.Who)}
	for _, n := range []struct {
		label string
		ids   []keys.ID
	}{
		{c.word(circle.Spoke), d.Spoke}, {c.word(circle.Carried), d.Carried}, {c.word(circle.Proposed), d.Proposed},
		{c.word(circle.Accepted), d.Accepted}, {c.t("web.accounts.reported"), d.Reported},
	} {
		out.Facts = append(out.Facts, fact{Label: capital(n.label), Text: c.number(uint64(len(n.ids)))})
	}
	return out
}

// claimRows is how many claims the form has room for.
const claimRows = 4

// claims gives what an account can claim, such that the record can be held
// against it.
func (c *call) claims() []option {
	out := []option{{Text: c.t("web.claim.none")}}
	add := func(sort circle.ClaimSort, what, text string) {
		out = append(out, option{Value: strings.TrimSpace(string(sort) + " " + what), Text: text})
	}
	for _, p := range []accord.Position{accord.Floated, accord.Proposed, accord.Accepted, accord.Rejected, accord.Denied, accord.Withdrawn} {
		add(circle.ClaimStance, string(p), c.t("web.claim.stance", "Position", c.word(p)))
	}
	add(circle.ClaimUnconditional, "", c.t("web.claim.unconditional"))
	add(circle.ClaimSaid, "", c.t("web.claim.said"))
	add(circle.ClaimKnew, "", c.t("web.claim.knew"))
	for _, p := range circle.Parts() {
		add(circle.ClaimPart, string(p), c.t("web.claim.part", "Part", c.word(p)))
	}
	return out
}

func buildAccount(c *call, _ record.Seen, v url.Values) (formPage, error) {
	levels := append([]option{{Text: c.t("web.none-chosen")}}, values(c, "", circle.Levels()...)...)
	p := formPage{
		Head: c.t("web.account.title"), Intro: c.t("web.account.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/accounts"), c.t("web.accounts.title")}, {c.href("/person"), c.t("web.person.title")}},
		Groups: []group{{Head: c.t("web.account.source"), Fields: []field{
			choose("source", c.t("web.account.name"), "", false, chosen(c.people(append(c.anybody(), c.f.h.Keeper()), c.t("web.account.unnamed")), v, "source", "")...),
			text("role", c.t("web.account.role"), c.t("web.account.role-hint"), v.Get("role"), false),
			choose("of", c.t("fact.source-of"), "", false, chosen(c.people(c.parties(), c.t("web.none-chosen")), v, "of", "")...),
			choose("knowledge", c.t("web.account.knowledge"), "", false, chosen(levels, v, "knowledge", "")...),
			text("where", c.t("fact.appeared"), "", v.Get("where"), false),
			checks("declined", c.t("web.account.or"), "", chosen([]option{{Value: "yes", Text: c.t("fact.declined")}}, v, "declined", "")...),
			area("text", c.t("web.account.words"), "", v.Get("text"), false),
		}}},
	}
	all := append([]record.Name{c.f.h.Keeper()}, c.anybody()...)
	rest := group{Head: c.t("web.claim.more"), Folded: v.Get("claim-2") == ""}
	for i := range claimRows {
		n := "-" + number(uint64(i+1))
		fields := []field{
			choose("claim"+n, c.t("web.claim.what", "Place", i+1), "", false, chosen(c.claims(), v, "claim"+n, "")...),
			choose("who"+n, c.t("web.claim.who", "Place", i+1), "", false, chosen(c.people(all, c.t("web.none-chosen")), v, "who"+n, "")...),
			choose("on"+n, c.t("web.claim.on", "Place", i+1), c.t("web.claim.on-hint"), false, chosen(append([]option{{Text: c.t("web.none-chosen")}}, c.matters(record.Seen{})...), v, "on"+n, "")...),
			checks("not"+n, c.t("web.claim.denies", "Place", i+1), "", chosen([]option{{Value: "yes", Text: c.t("web.claim.not")}}, v, "not"+n, "")...),
			text("words"+n, c.t("web.claim.words", "Place", i+1), "", v.Get("words"+n), false),
		}
		if i == 0 {
			p.Groups = append(p.Groups, group{Head: c.t("web.claim.head"), Fields: fields})
		} else {
			rest.Fields = append(rest.Fields, fields...)
		}
	}
	p.Groups = append(p.Groups, rest, group{Head: c.t("web.told.head"), Fields: c.heardFields(v)}, group{Head: c.t("web.told.send"), Fields: c.sentField(v)})
	return p, nil
}

func readAccount(c *call, _ record.Seen, v url.Values) (intent, error) {
	b := circle.Account{
		Source: circle.Source{Name: nameOf(v, "source"), Role: one(v, "role"), Of: nameOf(v, "of"), Knowledge: circle.Knowledge(one(v, "knowledge"))},
		Where:  one(v, "where"), Declined: one(v, "declined") == "yes", Text: lf(v.Get("text")),
	}
	for i := range claimRows {
		n := "-" + number(uint64(i+1))
		sort, what, _ := strings.Cut(one(v, "claim"+n), " ")
		if sort == "" {
			continue
		}
		k := circle.Claim{Sort: circle.ClaimSort(sort), Who: nameOf(v, "who"+n), Not: one(v, "not"+n) == "yes", Text: one(v, "words"+n)}
		switch k.Sort {
		case circle.ClaimStance:
			k.Position = accord.Position(what)
		case circle.ClaimPart:
			k.Part = circle.Part(what)
		}
		if s := one(v, "on"+n); s != "" {
			on, err := c.whatOf([]string{s})
			if err != nil {
				return intent{}, err
			}
			k.On = on[0]
		}
		needs := []circle.ClaimSort{circle.ClaimStance, circle.ClaimUnconditional, circle.ClaimSaid}
		if k.On.IsZero() && slices.Contains(needs, k.Sort) {
			return intent{}, fault.New(fault.Malformed, "web.no-claim", "choose the text or the entry", "a claim does not say what it is about")
		}
		b.Claims = append(b.Claims, k)
	}
	e, err := heardEntry(v, b)
	e.Audience = names(v, "to")
	return intent{drafts: []record.Entry{e}}, err
}
