package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// remedyForm does a step of the checklist of an incident, as far as the desk
// can, and notes that it is done.
func remedyForm() form {
	return form{path: "/incident/do", about: true, build: buildRemedy, read: readRemedy, reveal: revealRemedy}
}

// doable gives the open steps that the desk can do itself.
func (c *call) doable(x circle.Exposure) []circle.Step {
	lines := c.peers()
	return slices.DeleteFunc(slices.Clone(x.Steps), func(s circle.Step) bool {
		switch {
		case s.Done:
			return true
		case s.Do == circle.CloseLine:
			return !slices.Contains(lines, s.Who)
		case s.Do == circle.Tell:
			return !slices.Contains(c.reachable(), s.Who)
		case s.Do == circle.Rekey:
			l, ok := c.lineTo(s.Who)
			return !ok || l.Phase != desk.Opened
		}
		return true
	})
}

func (c *call) lineTo(who record.Name) (desk.LineStatus, bool) {
	i := slices.IndexFunc(c.lines, func(l desk.LineStatus) bool { return l.Peer == who })
	if i < 0 {
		return desk.LineStatus{}, false
	}
	return c.lines[i], true
}

func (c *call) exposure(of record.Seen) (circle.Exposure, error) {
	x, ok := c.view.Exposure(of.ID)
	if !ok {
		return x, fault.New(fault.Refused, "web.no-incident", "open an incident", "only about an incident are steps taken")
	}
	return x, nil
}

func buildRemedy(c *call, of record.Seen, v url.Values) (formPage, error) {
	x, err := c.exposure(of)
	if err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.remedy.title"), Intro: c.t("web.remedy.intro"), About: &about, Submit: c.t("web.form.look"),
		Also: []link{{c.entryHref("incident/step", of.ID), c.t("web.step.title")}, {c.href("/lines"), c.t("web.nav.lines")}, {c.href("/incidents"), c.t("web.incidents.title")}}}
	var steps []option
	words := v.Get("text")
	for _, s := range c.doable(x) {
		o := option{Value: stepValue(s), Text: c.stepText(s)}
		if s.Do == circle.Rekey {
			o.Hint = c.t("web.remedy.rekey-hint")
			if l, _ := c.lineTo(s.Who); l.Fresh != nil || l.FreshSince(s.Text) {
				o.Hint = c.t("web.remedy.rekey-again")
			}
		}
		steps = append(steps, o)
		if s.Do == circle.Tell && words == "" {
			words = c.t("web.remedy.words")
		}
	}
	if len(steps) == 0 {
		p.Notices = []notice{{Tone: "care", Kind: c.t("web.remedy.none"), Text: c.t("web.remedy.none-text"), Links: p.Also}}
		return p, nil
	}
	first := one(v, "do")
	if first == "" {
		first = steps[0].Value
	}
	p.Groups = []group{{Fields: []field{radios("step", c.t("web.step.which"), "", chosen(steps, v, "step", first)...)}}}
	if words != "" {
		p.Groups[0].Fields = append(p.Groups[0].Fields, area("text", c.t("web.remedy.told"), c.t("web.remedy.told-hint"), words, false))
	}
	return p, nil
}

func readRemedy(c *call, of record.Seen, v url.Values) (intent, error) {
	x, err := c.exposure(of)
	if err != nil {
		return intent{}, err
	}
	do, rest, _ := strings.Cut(one(v, "step"), " ")
	s, err := x.Open(circle.Remedy(do), record.Name(rest))
	if err != nil {
		return intent{}, err
	}
	still := func(c *call) error { // of two open pages one does it
		x, err := c.exposure(of)
		if err == nil {
			_, err = x.Open(s.Do, s.Who)
		}
		return err
	}
	switch s.Do {
	case circle.Tell:
		if one(v, "text") == "" {
			return intent{}, nothingSaid()
		}
		drafts, err := x.Telling(c.f.h.Keeper(), newID(), s.Who, lf(v.Get("text")))
		if err != nil {
			return intent{}, err
		}
		drafts[1].ID = newID()
		return intent{drafts: drafts, before: still}, nil
	case circle.CloseLine:
		done := circle.IncidentStep{Of: x.Entry, Do: s.Do, Who: s.Who, Done: true, By: c.f.h.Keeper()}
		return intent{drafts: []record.Entry{{ID: newID(), Body: done}}, before: func(c *call) error {
			if err := still(c); err != nil {
				return err
			}
			if !slices.ContainsFunc(c.lines, func(l desk.LineStatus) bool { return l.Peer == s.Who }) {
				return nil // it is closed already
			}
			return c.f.h.Lost(c.ctx, s.Who)
		}}, nil
	case circle.Rekey:
		return c.readRekey(x, s, still)
	}
	return intent{}, fault.New(fault.Refused, "web.not-here", "do it, and then enter that it is done", "this step is not done by a form")
}

// readRekey makes a code for fresh keys, and notes the words that the line had.
// Asked again once it has others, and these were compared, it notes that this is
// done.
func (c *call) readRekey(x circle.Exposure, s circle.Step, still func(*call) error) (intent, error) {
	l, ok := c.lineTo(s.Who)
	if !ok || l.Phase != desk.Opened {
		return intent{}, fault.New(fault.NotFound, "web.no-line", "look at the lines again", "there is no line to %q", string(s.Who))
	}
	note := circle.IncidentStep{Of: x.Entry, Do: s.Do, Who: s.Who, By: c.f.h.Keeper(), Text: l.KeyWords()}
	fresh := l.FreshSince(s.Text)
	switch {
	case fresh && l.Compared:
		note.Done, note.Text = true, ""
		return intent{drafts: []record.Entry{{ID: newID(), Body: note}}, before: still}, nil
	case fresh || l.Fresh != nil:
		return intent{}, fault.New(fault.Refused, "web.rekey-open", "when they have taken the code, compare the new words on the page of lines, then come back", "fresh keys for the line to %s are being made", s.Who)
	}
	code := ""
	return intent{drafts: []record.Entry{{ID: newID(), Body: note}}, before: func(c *call) error {
		err := still(c)
		if err == nil {
			code, err = c.f.h.Rekey(c.ctx, desk.RekeyOrder{For: s.Who, Short: true, Expires: time.Hour})
		}
		return err
	}, after: func(c *call, w http.ResponseWriter) error {
		p := c.peopleData("")
		p.Invite, p.For = newInviteView(code, true), c.full(s.Who)
		return c.showPeople(w, http.StatusOK, p)
	}}, nil
}

// revealRemedy names who is concerned by a step, before it is done.
func revealRemedy(c *call, in intent) revealed {
	s, ok := in.drafts[len(in.drafts)-1].Body.(circle.IncidentStep)
	if !ok {
		return revealed{}
	}
	x, _ := c.view.Exposure(s.Of)
	var out revealed
	switch {
	case s.Do == circle.CloseLine:
		out.Notices = append(out.Notices, notice{Tone: "alarm", Kind: c.t("web.remedy.closes"), Text: c.t("web.remedy.closes-text", "Who", c.within(s.Who))})
	case s.Do == circle.Rekey && s.Done:
		out.Notices = append(out.Notices, notice{Tone: "good", Kind: c.t("web.remedy.rekeyed"), Text: c.t("web.remedy.rekeyed-text", "Who", c.within(s.Who))})
	case s.Do == circle.Rekey:
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("web.remedy.rekeys"), Text: c.t("web.remedy.rekeys-text", "Who", c.within(s.Who))})
	default:
		out.Notices = append(out.Notices, c.hints(s.Who, in.drafts[:1])...)
	}
	if others := x.Concerned(s.Who); len(others) > 0 {
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("fact.affected"), Text: capital(c.joined(others))})
	}
	return out
}
