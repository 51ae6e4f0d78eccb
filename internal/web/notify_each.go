package web

import "backchannel/internal/circle"

// tellView is one person of a notification plan as the second step shows him:
// in full, how he is told, and exactly what he will see or hear.
type tellView struct {
	Who, How, Words string
	Tags            []tag
}

// tellings gives everybody whom the plan tells that is made or carried out, in
// their order.
func (c *call) tellings(in intent) []tellView {
	var out []tellView
	for _, e := range in.drafts {
		switch b := e.Body.(type) {
		case circle.Plan:
			for _, s := range b.Steps {
				out = append(out, c.tellView(s))
			}
		case circle.Notification:
			f, ok := c.view.Notification(b.Plan)
			if !ok {
				continue
			}
			for _, t := range f.Steps {
				v := c.tellView(t.PlanStep)
				v.Tags = append(v.Tags, tag{turnTone(t.Turn), c.t("web.turn." + string(t.Turn))})
				if t.Who == b.Who {
					v.Tags = append(v.Tags, tag{"care", c.t("web.notify.this")})
				}
				out = append(out, v)
			}
		}
	}
	return out
}

func (c *call) tellView(s circle.PlanStep) tellView {
	by := s.By
	if by == "" {
		by = c.f.h.Keeper()
	}
	id := "web.notify.hears"
	if c.overLine(circle.Telling{PlanStep: s}) {
		id = "web.notify.sees"
	}
	how := c.t("web.carry.over-line")
	if s.Form != "" {
		how = capital(c.word(s.Form))
	}
	v := tellView{Who: c.full(s.Who), Words: s.Words, How: c.t(id, "By", c.full(by), "How", how)}
	if s.Hold {
		v.Tags = []tag{{"", c.t("fact.holds-next")}}
	}
	return v
}
