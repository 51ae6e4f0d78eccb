package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// personForm introduces somebody, to this desk alone.
func personForm() form { return form{path: "/person", build: buildPerson, read: readPerson} }

func buildPerson(c *call, _ record.Seen, v url.Values) (formPage, error) {
	roles := []option{{Value: "", Text: c.t("web.none-chosen")}}
	roles = append(roles, values(c, "", record.Principal, record.Envoy, record.GoBetween, record.Guarantor, record.Implementer,
		record.Monitor, record.Witness, record.Mediator, record.Contact)...)
	return formPage{
		Head: c.t("web.person.title"), Intro: c.t("web.person.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/party"), c.t("web.party.title")}},
		Groups: []group{{Fields: []field{
			text("name", c.t("web.person.name"), c.t("web.name-hint"), v.Get("name"), true),
			text("title", c.t("web.person.called"), c.t("web.person.called-hint"), v.Get("title"), true),
			choose("party", c.t("web.person.of"), "", false, chosen(c.people(c.parties(), c.t("web.none-chosen")), v, "party", "")...),
			choose("role", c.t("web.person.role"), c.t("web.person.role-hint"), false, chosen(roles, v, "role", "")...),
		}}},
	}, nil
}

func readPerson(_ *call, _ record.Seen, v url.Values) (intent, error) {
	p := record.Person{Name: nameOf(v, "name"), Title: one(v, "title"), Of: nameOf(v, "party")}
	in := intent{drafts: []record.Entry{{ID: newID(), Body: p}}}
	if role := one(v, "role"); role != "" {
		in.drafts = append(in.drafts, record.Entry{ID: newID(), Body: record.Role{Person: p.Name, Party: p.Of, As: record.RoleKind(role)}})
	}
	return in, nil
}

// belongs says where somebody, or a party, belongs.
func (c *call) belongs(b record.Body) (out []fact) {
	switch b := b.(type) {
	case record.Person:
		if b.Of != "" {
			out = append(out, fact{Label: c.t("web.person.of"), Text: c.full(b.Of)})
		}
	case record.Party:
		if b.Side != "" {
			out = append(out, fact{Label: c.t("web.party.side"), Text: string(b.Side)})
		}
		if b.Absent {
			out = append(out, fact{Label: c.t("web.party.table"), Text: sentence(c.t("web.party.absent"))})
		}
	}
	return out
}

// partyForm introduces a party, to this desk alone.
func partyForm() form { return form{path: "/party", build: buildParty, read: readParty} }

func buildParty(c *call, _ record.Seen, v url.Values) (formPage, error) {
	return formPage{
		Head: c.t("web.party.title"), Intro: c.t("web.party.intro"), Submit: c.t("web.form.look"),
		Groups: []group{{Fields: []field{
			text("name", c.t("web.party.name"), c.t("web.name-hint"), v.Get("name"), true),
			text("title", c.t("web.party.called"), "", v.Get("title"), true),
			text("side", c.t("web.party.side"), c.t("web.party.side-hint"), v.Get("side"), false),
			checks("absent", c.t("web.party.table"), "", chosen([]option{{Value: "yes", Text: c.t("web.party.absent")}}, v, "absent", "")...),
		}}},
	}, nil
}

func readParty(_ *call, _ record.Seen, v url.Values) (intent, error) {
	p := record.Party{Name: nameOf(v, "name"), Title: one(v, "title"), Side: nameOf(v, "side"), Absent: one(v, "absent") == "yes"}
	return intent{drafts: []record.Entry{{ID: newID(), Body: p}}}, nil
}

// peoplePage is who there is, and the lines to them.
type peoplePage struct {
	Notices []notice
	Lines   []lineView
	People  []personView
	Parties []fact
	Invite  *inviteView // made just now; shown once
	For     string
	Enroled bool
	Choose  []option
	Zones   zonesView
}

type lineView struct {
	Peer, Name, State string
	Tone              string
	Open              bool
	Words             []string
	Compared          bool
	Facts             []fact
	Trouble           string
	Hangup            bool // asked, and to be confirmed
	Compare           *compareView
	Care              []string // what a keeper must be told
	Fresh             bool     // fresh keys are being made
	Revoke            string   // what the button says that ends an invite, where there is one
}

type personView struct{ Title, Party, Roles, Line string }

func (c *call) peopleData(asked record.Name) peoplePage {
	p := peoplePage{Enroled: c.relay.Address != "", Choose: c.people(c.everybody(c.f.h.Keeper()), c.t("web.choose")), Zones: c.zones()}
	for _, l := range c.lines {
		p.Lines = append(p.Lines, c.lineView(l, l.Peer == asked))
	}
	for _, person := range c.view.People() {
		v := personView{Title: titled(person.Title, person.Name), Party: c.name(c.view.PartyOf(person.Name)), Line: c.t("web.lines.none")}
		var roles []string
		for _, r := range c.view.Roles(person.Name) {
			roles = append(roles, c.word(r.As))
		}
		v.Roles = strings.Join(roles, ", ")
		for _, l := range c.lines {
			if l.Peer == person.Name {
				v.Line = c.t("web.line." + string(l.Phase))
			}
		}
		if person.Name == c.f.h.Keeper() {
			v.Line = c.t("web.lines.this-desk")
		}
		p.People = append(p.People, v)
	}
	for _, party := range c.view.Parties() {
		at := c.t("web.party.at-table")
		if party.Absent {
			at = c.t("web.party.absent")
		}
		p.Parties = append(p.Parties, fact{Label: titled(party.Title, party.Name), Text: at})
	}
	return p
}

func (c *call) lineView(l desk.LineStatus, asked bool) lineView {
	v := lineView{
		Peer: string(l.Peer), Name: c.full(l.Peer), State: c.t("web.line." + string(l.Phase)), Open: l.Phase == desk.Opened,
		Words: l.Words, Compared: l.Compared, Trouble: c.trouble(l.Trouble), Hangup: asked, Compare: c.compareView(l),
	}
	add := func(id, text string) { v.Facts = append(v.Facts, fact{Label: c.t(id), Text: text}) }
	v.Care, v.Fresh = c.careOf(l), l.Fresh != nil
	switch {
	case l.Fresh != nil && l.Fresh.Inviter || l.Phase == desk.Invited && l.Inviter:
		v.Revoke = c.t("web.lines.revoke")
	case l.Fresh != nil || l.Phase == desk.Invited:
		v.Revoke = c.t("web.lines.give-up") // somebody else made it
	}
	v.Facts = c.freshFacts(l)
	switch l.Phase {
	case desk.Opened:
		v.Tone = "good"
		if l.Heard != 0 {
			add("web.lines.heard", c.f.book.Instant(l.Heard))
		}
		if l.Queued > 0 {
			add("web.lines.queued", c.t("web.lines.queued-text", "Bytes", c.f.book.Bytes(uint64(l.Queued)), "Wait", c.span(l.Wait)))
		} else {
			add("web.lines.queued", c.t("web.lines.nothing-queued"))
		}
		add("web.lines.epoch", c.t("web.lines.epoch-text", "Epoch", c.number(l.Epoch)))
	case desk.Invited:
		v.Tone = "care"
		if l.Expires != 0 {
			add("web.lines.expires", c.f.book.Instant(l.Expires))
		}
	default:
		v.Tone = "alarm"
	}
	return v
}

func (c *call) showPeople(w http.ResponseWriter, status int, p peoplePage) error {
	c.show(w, status, "people", c.t("web.nav.lines"), p.Invite == nil, p)
	return nil
}

func (c *call) linesPage(w http.ResponseWriter, _ *http.Request) error {
	return c.showPeople(w, http.StatusOK, c.peopleData(""))
}

// lineFail shows the page of lines again with what went wrong.
func (c *call) lineFail(w http.ResponseWriter, err error) error {
	if fault.Is(err, fault.Internal) {
		return err
	}
	p := c.peopleData("")
	n := c.faultNotice(err)
	n.Kind = c.t("web.form.not-done")
	p.Notices = []notice{n}
	return c.showPeople(w, fault.Status(err), p)
}

// again shows the page of lines as it is after something was done.
func (c *call) again(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, c.href(to), http.StatusSeeOther)
	return nil
}

func (c *call) invite(w http.ResponseWriter, r *http.Request) error {
	who := nameOf(r.PostForm, "peer")
	if other := nameOf(r.PostForm, "other"); other != "" {
		who = other
	}
	if err := who.Check(); err != nil {
		return c.lineFail(w, err)
	}
	inv, err := c.f.h.Invite(c.ctx, desk.InviteOrder{For: who, Ticket: one(r.PostForm, "ticket"), Expires: 24 * time.Hour})
	if err != nil {
		return c.lineFail(w, err)
	}
	p := c.peopleData("")
	p.Invite, p.For = newInviteView(inv, false), c.full(who)
	return c.showPeople(w, http.StatusOK, p)
}

func (c *call) join(w http.ResponseWriter, r *http.Request) error {
	who := nameOf(r.PostForm, "peer")
	if err := who.Check(); err != nil {
		return c.lineFail(w, err)
	}
	if err := c.f.h.Join(c.ctx, one(r.PostForm, "invite"), who); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// known gives the peer that a form names, if there is a line to him.
func (c *call) peer(r *http.Request) (record.Name, error) {
	who := nameOf(r.PostForm, "peer")
	for _, l := range c.lines {
		if l.Peer == who {
			return who, nil
		}
	}
	return "", fault.New(fault.NotFound, "web.no-line", "look at the lines again", "there is no line to %q", string(who))
}

func (c *call) compared(w http.ResponseWriter, r *http.Request) error {
	who, err := c.peer(r)
	if err != nil {
		return c.lineFail(w, err)
	}
	same := one(r.PostForm, "words")
	if same != "same" && same != "differ" {
		return c.lineFail(w, fault.New(fault.Malformed, "web.words", "press one of the two buttons", "it does not say how the words compared"))
	}
	if err := c.f.h.Compared(c.ctx, who, same == "same"); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// hangup asks before it does it.
func (c *call) hangup(w http.ResponseWriter, r *http.Request) error {
	who, err := c.peer(r)
	if err != nil {
		return c.lineFail(w, err)
	}
	if one(r.PostForm, "sure") != "yes" {
		return c.showPeople(w, http.StatusOK, c.peopleData(who))
	}
	if err := c.f.h.Hangup(c.ctx, who); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// relayData is the relay as this desk sees it, and what it hides.
type relayData struct {
	Notices []notice
	Member  bool
	Facts   []fact
	Hidden  []string
	Shown   []string
}

func (c *call) relayPage(w http.ResponseWriter, _ *http.Request) error {
	return c.showRelay(w, http.StatusOK, nil)
}

func (c *call) showRelay(w http.ResponseWriter, status int, notices []notice) error {
	s := c.relay
	p := relayData{Notices: notices, Member: s.Address != ""}
	if p.Member {
		if s.Trouble != "" {
			p.Notices = append(p.Notices, notice{Tone: "alarm", Kind: c.t("web.relay.trouble"), Text: s.Trouble})
		}
		add := func(id, text string) { p.Facts = append(p.Facts, fact{Label: c.t(id), Text: text}) }
		add("web.relay.address", s.Address)
		add("web.relay.cohort", s.Cohort)
		online := c.t("web.strip.online")
		if !s.Online {
			online = c.t("web.strip.offline")
		}
		add("web.relay.state", online)
		if s.Enrolled > 0 { // until the roster is known nobody can be counted
			add("web.relay.among", c.t("web.relay.among-text", "Enrolled", c.number(uint64(s.Enrolled)), "Vouched", c.number(uint64(s.Vouched)), "Capacity", c.number(uint64(s.Capacity))))
		}
		if s.Next != 0 {
			add("web.relay.membership", c.t("cli.relay.roster", "Next", c.moment(s.Next), "From", c.moment(s.From), "Until", c.moment(s.Until),
				"Out", s.Out, "Leaving", s.Leaving, "Tickets", s.Tickets, "Member", s.Member))
		}
		add("web.relay.tick", c.t("web.strip.tick-every", "Tick", c.number(s.Tick), "Period", c.span(s.Period)))
		if s.Behind > 0 {
			add("web.relay.behind", c.t("web.relay.behind-text", "Ticks", c.number(s.Behind)))
		}
		add("web.relay.today", c.t("web.strip.up-down", "Up", c.f.book.Bytes(s.BytesUp), "Down", c.f.book.Bytes(s.BytesDown)))
		add("web.relay.day", c.t("web.relay.day-text", "Bytes", c.f.book.Bytes(s.DayBytes)))
		if o := s.Other; o != nil {
			add("web.relay.second", c.t("web.relay.second-text", "Address", o.Address, "Online", o.Online))
			add("web.relay.both", c.t("cli.relay.both", "Both", s.Both))
		}
	}
	for _, id := range []string{"words", "whom", "whether", "length"} {
		p.Hidden = append(p.Hidden, c.t("web.relay.hidden-"+id))
	}
	for _, id := range []string{"member", "among", "same-week", "provider", "screen", "court"} {
		p.Shown = append(p.Shown, c.t("web.relay.shown-"+id))
	}
	c.show(w, status, "relay", c.t("web.relay.title"), true, p)
	return nil
}

// moment gives a moment in words, and nothing for none.
func (c *call) moment(at record.Instant) string {
	if at == 0 {
		return ""
	}
	return c.f.book.Instant(at)
}

func (c *call) enrol(w http.ResponseWriter, r *http.Request) error {
	if err := c.f.h.Enrol(c.ctx, one(r.PostForm, "address"), one(r.PostForm, "ticket")); err != nil {
		if fault.Is(err, fault.Internal) {
			return err
		}
		n := c.faultNotice(err)
		n.Kind = c.t("web.form.not-done")
		return c.showRelay(w, fault.Status(err), []notice{n})
	}
	return c.again(w, r, "/relay")
}
