package web

import (
	"net/url"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// overTheLine is how somebody is told by the form itself; else it is entered
// that he was told otherwise, or learned.
const overTheLine = "line"

// wayFields asks whether somebody is told now, over the line, or was told
// otherwise; and what carrying asks where it is sent.
func (c *call) wayFields(v url.Values) []field {
	if len(c.reachable()) == 0 {
		return nil
	}
	return []field{
		radios("way", c.t("web.disclose.way"), "", chosen([]option{
			{Value: "hand", Text: c.t("web.disclose.way-hand"), Hint: c.t("web.disclose.way-hand-hint")},
			{Value: overTheLine, Text: c.t("web.disclose.way-line"), Hint: c.t("web.disclose.way-line-hint")},
		}, v, "way", "hand")...),
		text("consent", c.t("web.carry.consent"), c.t("web.disclose.consent-hint"), v.Get("consent"), false),
		checks("asked", c.t("web.carry.marks"), "", chosen([]option{{Value: "yes", Text: c.t("web.carry.asked")}}, v, "asked", "")...),
	}
}

// sending gives the order that tells somebody now.
func (c *call) sending(b circle.Disclosure, v url.Values) (intent, error) {
	if b.By != "" && b.By != c.f.h.Keeper() || b.Form != "" || one(v, "heard") != "" || one(v, "said") != "" || one(v, "until") != "" {
		return intent{}, fault.New(fault.Malformed, "web.disclose-now", "leave out who told it, how and when; or choose that they were told otherwise", "what goes over the line now is told by you, now")
	}
	b.By = c.f.h.Keeper()
	return intent{order: &convey.Order{Disclosure: &b, Consent: one(v, "consent"), Asked: one(v, "asked") == "yes"}}, nil
}

// revealDisclosed shows what the reader of a disclosure comes to know. What goes
// over the line is shown as what he gets.
func revealDisclosed(c *call, in intent) revealed {
	if in.order != nil {
		p, err := in.plan(c.ctx, c.f.h, desk.Preview)
		if err != nil {
			return revealed{}
		}
		to := in.order.Disclosure.To
		return revealed{Notices: c.hints(to, p.Given(to))}
	}
	b, ok := in.drafts[0].Body.(circle.Disclosure)
	if !ok || len(b.What) == 0 {
		return revealed{}
	}
	entries := c.entriesOf(b.What)
	out := revealed{Head: c.t("web.disclose.reveals", "Who", c.within(b.To)), Notices: c.hints(b.To, entries)}
	for _, e := range entries {
		out.Entries = append(out.Entries, c.draftView(e))
	}
	return out
}

// nothingForm says that a party owes nothing.
func nothingForm() form {
	return form{path: "/nothing", build: buildNothing, read: readNothing, reveal: revealNothing}
}

func buildNothing(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	return formPage{
		Head: c.t("web.nothing.title"), Intro: c.t("web.nothing.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/knows"), c.t("web.knows.title")}},
		Groups: []group{{Fields: []field{
			choose("party", c.t("web.nothing.party"), "", true, chosen(c.people(c.parties(), c.t("web.choose")), v, "party", "")...),
			choose("told", c.t("web.nothing.told"), "", false, chosen(c.people(c.anybody(), c.t("web.notify.nobody")), v, "told", "")...),
			checks("about", c.t("web.nothing.about"), c.t("web.nothing.about-hint"), chosen(c.versions(c.view), v, "about", "")...),
			checks("to", c.t("web.nothing.to"), c.t("web.nothing.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
			area("text", c.t("web.act.text"), "", v.Get("text"), false),
		}}, {Head: c.t("web.told.head"), Folded: true, Fields: append([]field{
			choose("by", c.t("web.nothing.by"), c.t("web.nothing.by-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.circle.heard-self")), v, "by", "")...),
		}, c.heardFields(v)...)}},
	}, nil
}

func readNothing(c *call, _ record.Seen, v url.Values) (intent, error) {
	b := accord.NothingOwed{Party: nameOf(v, "party"), Told: nameOf(v, "told"), Text: lf(v.Get("text"))}
	if b.Party == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-party", "choose the party", "it does not say who owes nothing")
	}
	about, err := c.whatOf(v["about"])
	if err != nil {
		return intent{}, err
	}
	e, err := heardEntry(v, b)
	e.About, e.Audience = about, names(v, "to")
	if by := nameOf(v, "by"); by != "" {
		e.SaidBy = by
	}
	return intent{drafts: []record.Entry{e}}, err
}

// revealNothing names what speaks against it in the record as it stands.
func revealNothing(c *call, in intent) revealed {
	e := in.drafts[0]
	b, ok := e.Body.(accord.NothingOwed)
	if !ok {
		return revealed{}
	}
	var out revealed
	for _, r := range c.view.AgainstNothing(b.Party, e.About) {
		out.Notices = append(out.Notices, notice{Tone: "alarm", Kind: c.t("web.nothing.against"), Text: c.t("web.nothing.against-text", "Term", c.refText(r), "Party", c.within(b.Party))})
	}
	if len(out.Notices) == 0 {
		out.Notices = []notice{{Tone: "good", Kind: c.t("web.nothing.checked"), Text: c.t("web.nothing.checked-text", "Party", c.within(b.Party))}}
	}
	for _, to := range e.Audience {
		out.Notices = append(out.Notices, c.hints(to, in.drafts)...)
	}
	return out
}
