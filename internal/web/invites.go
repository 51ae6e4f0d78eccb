package web

import (
	"html/template"
	"net/http"
	"strings"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/line"
	"backchannel/internal/qrcode"
	"backchannel/internal/record"
)

// inviteView is an invite that was made just now, in every form in which it can
// be handed over. It is shown once.
type inviteView struct {
	Text  string
	Rows  []string // groups to be typed, five to a row
	QR    template.HTML
	Fresh bool // for fresh keys
}

func newInviteView(text string, fresh bool) *inviteView {
	v := &inviteView{Text: text, Fresh: fresh}
	inv, err := line.ParseInvite(text)
	if err != nil {
		return v // it can be handed over as it is
	}
	groups := inv.Groups()
	for at := 0; at < len(groups); at += 5 {
		v.Rows = append(v.Rows, strings.Join(groups[at:min(at+5, len(groups))], " "))
	}
	if code, err := qrcode.New(strings.Join(groups, "")); err == nil {
		v.QR = template.HTML(code.SVG()) // of digits and letters that we made ourselves
	}
	return v
}

// trouble gives the words for why a line stopped.
func (c *call) trouble(reason string) string {
	switch reason {
	case "expired", "reused", "keys", "confirmation", "suite":
		return c.t("line-reason." + reason)
	}
	return reason
}

// careOf gives what a keeper must be told about a line or its invite.
func (c *call) careOf(l desk.LineStatus) (out []string) {
	again := func(at record.Instant) {
		if at != 0 {
			out = append(out, c.t("line.again", "At", c.f.book.Instant(at)))
		}
	}
	again(l.Again)
	if l.Fresh != nil {
		again(l.Fresh.Again)
		if l.Fresh.Trouble != "" {
			out = append(out, c.trouble(l.Fresh.Trouble))
		}
	}
	return out
}

// freshFacts says how far the making of fresh keys has come.
func (c *call) freshFacts(l desk.LineStatus) []fact {
	if l.Fresh == nil {
		return nil
	}
	text := c.t("web.lines.fresh-out")
	if l.Fresh.Expires != 0 {
		text = c.t("web.lines.fresh-until", "At", c.f.book.Instant(l.Fresh.Expires))
	}
	return []fact{{Label: c.t("web.lines.fresh"), Text: text}}
}

func (c *call) revoke(w http.ResponseWriter, r *http.Request) error {
	who, err := c.peer(r)
	if err != nil {
		return c.lineFail(w, err)
	}
	if err := c.f.h.Revoke(c.ctx, who); err != nil {
		return c.lineFail(w, err)
	}
	return c.again(w, r, "/lines")
}

// rekey makes fresh keys for a line: an invite, or the taking of one.
func (c *call) rekey(w http.ResponseWriter, r *http.Request) error {
	who, err := c.peer(r)
	if err != nil {
		return c.lineFail(w, err)
	}
	take := one(r.PostForm, "invite")
	inv, err := c.f.h.Rekey(c.ctx, desk.RekeyOrder{For: who, Take: take, Short: true, Expires: time.Hour})
	if err != nil {
		return c.lineFail(w, err)
	}
	if take != "" {
		return c.again(w, r, "/lines")
	}
	p := c.peopleData("")
	p.Invite, p.For = newInviteView(inv, true), c.full(who)
	return c.showPeople(w, http.StatusOK, p)
}
