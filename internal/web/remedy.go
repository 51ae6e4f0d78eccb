package web

import (
	"net/url"
	"slices"
	"strings"

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
		}
		return true
	})
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
		steps = append(steps, option{Value: stepValue(s), Text: c.stepText(s)})
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
	}
	return intent{}, fault.New(fault.Refused, "web.not-here", "do it, and then enter that it is done", "this step is not done by a form")
}

// revealRemedy names who is concerned by a step, before it is done.
func revealRemedy(c *call, in intent) revealed {
	s, ok := in.drafts[len(in.drafts)-1].Body.(circle.IncidentStep)
	if !ok {
		return revealed{}
	}
	x, _ := c.view.Exposure(s.Of)
	var out revealed
	if s.Do == circle.CloseLine {
		out.Notices = append(out.Notices, notice{Tone: "alarm", Kind: c.t("web.remedy.closes"), Text: c.t("web.remedy.closes-text", "Who", c.within(s.Who))})
	} else {
		out.Notices = append(out.Notices, c.hints(s.Who, in.drafts[:1])...)
	}
	if others := x.Concerned(s.Who); len(others) > 0 {
		out.Notices = append(out.Notices, notice{Tone: "care", Kind: c.t("fact.affected"), Text: capital(c.joined(others))})
	}
	return out
}
