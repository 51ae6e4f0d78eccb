package casefile

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// circleVerbs are those of who knows, who is told, and what is said afterwards.
func circleVerbs() map[string]func() any {
	return map[string]func() any{
		"disclose":          func() any { return &circle.Disclosure{} },
		"request":           func() any { return &circle.Request{} },
		"answer":            func() any { return &circle.Answer{} },
		"planned-line":      func() any { return &circle.PlannedLine{} },
		"incident":          func() any { return &circle.Incident{} },
		"incident-step":     func() any { return &circle.IncidentStep{} },
		"notification-plan": func() any { return &circle.Plan{} },
		"notification":      func() any { return &circle.Notification{} },
		"account":           func() any { return &circle.Account{} },
		"retain":            func() any { return &circle.Retention{} },
	}
}

// circleFields is bodyFields for these.
func (p *parser) circleFields(f fields, s *Step) (func() error, bool) {
	forms := func(into *record.Form) {
		words(f, into, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
	}
	switch b := s.body.(type) {
	case *circle.Disclosure:
		f.name("to", p, &b.To)
		f.name("by", p, &b.By)
		f.flag("channel", &b.Channel)
		f.flag("nothing", &b.Nothing)
		words(f, &b.Footing, circle.Footings()...)
		forms(&b.Form)
		f.what(p, s, &b.What)
		f.bare(&b.Text)
		return func() error {
			return needName(b.To, "to", "say who was told, or learned it: disclose LABEL to WHO …")
		}, true
	case *circle.Request:
		f.name("by", p, &b.By)
		f.name("of", p, &b.Of)
		forms(&b.Form)
		f.what(p, s, &b.What)
		f.bare(&b.Text)
		return func() error {
			if b.By != s.Desk && s.entry.SaidBy == "" {
				s.entry.SaidBy = b.By
			}
			return needName(b.By, "by", "say who asks whom: request LABEL by WHO of WHO …")
		}, true
	case *circle.Answer:
		b.By = s.Desk
		f.name("by", p, &b.By)
		f.name("to", p, &b.To)
		words(f, &b.As, circle.Replies()...)
		forms(&b.Form)
		f.bare(&b.Text)
		return func() error {
			if b.By != s.Desk && s.entry.SaidBy == "" {
				s.entry.SaidBy = b.By
			}
			return needRef(s.refs.answers, "answers", s.Verb)
		}, true
	case *circle.PlannedLine:
		f.one("for", func(c *cursor) (err error) { b.For, err = p.declared(c); return err })
		words(f, &b.As, circle.Replies()...)
		f.what(p, s, &b.What)
		f.bare(&b.Text)
		return func() error { return needName(b.For, "for", "say for whom it is: planned-line LABEL for WHO …") }, true
	case *circle.Retention:
		f.label("of", p, &s.refs.of)
		words(f, &b.Policy, circle.Policies()...)
		f.moment("on", p, &b.On)
		f.bare(&b.Text)
		return nothingMore, true
	}
	return p.circleEvents(f, s)
}

func nothingMore() error { return nil }

// circleEvents is circleFields for incidents, plans and accounts.
func (p *parser) circleEvents(f fields, s *Step) (func() error, bool) {
	switch b := s.body.(type) {
	case *circle.Incident:
		f.name("to", p, &b.To)
		words(f, &b.Sort, circle.Mishaps()...)
		f.moment("from", p, &b.From)
		f.moment("until", p, &b.Until)
		f.moment("known", p, &b.Known)
		f.names("people", p, &b.People)
		f.names("lines", p, &b.Lines)
		f.one("forms", func(c *cursor) error {
			b.Forms = nil
			return c.list(func(c *cursor) error {
				w, err := c.word("a form", "use text, call, voice-note, meeting or paper")
				b.Forms = append(b.Forms, record.Form(w))
				return err
			})
		})
		f.flag("channel", &b.Channel)
		f.what(p, s, &b.What)
		f.bare(&b.Text)
		return nothingMore, true
	case *circle.IncidentStep:
		f.label("of", p, &s.refs.of, circle.KindIncident)
		words(f, &b.Do, circle.Remedies()...)
		f.name("who", p, &b.Who)
		f.flag("done", &b.Done)
		f.name("by", p, &b.By)
		f.bare(&b.Text)
		return func() error { return needRef(s.refs.of, "of", s.Verb) }, true
	case *circle.Plan:
		words(f, &b.On, circle.Occasions()...)
		f.label("text", p, &s.refs.on, accord.KindPackage, accord.KindTerm)
		f.bare(&b.What)
		steps := b.Steps
		b.Steps = nil
		f["tell"] = field{group: "tell", many: true, take: func(c *cursor) error { return p.tell(c, b) }}
		return func() error {
			if len(b.Steps) == 0 {
				b.Steps = steps // a correction that leaves them as they are
			}
			return nil
		}, true
	case *circle.Notification:
		f.label("of", p, &s.refs.of, circle.KindPlan)
		f.name("who", p, &b.Who)
		words(f, &b.Reach, circle.Reached()...)
		f.name("by", p, &b.By)
		words(f, &b.Form, record.Text, record.Call, record.VoiceNote, record.Meeting, record.Paper)
		f.bare(&b.Text)
		return func() error { return needRef(s.refs.of, "of", s.Verb) }, true
	case *circle.Account:
		f.name("by", p, &b.Source.Name)
		f.text("role", &b.Source.Role)
		f.name("of", p, &b.Source.Of)
		words(f, &b.Source.Knowledge, circle.Levels()...)
		f.text("where", &b.Where)
		f.flag("declined", &b.Declined)
		f.bare(&b.Text)
		claims, refs := b.Claims, s.refs.claims
		b.Claims, s.refs.claims = nil, nil
		f["claim"] = field{group: "claim", many: true, take: func(c *cursor) error { return p.claim(c, s, b) }}
		return func() error {
			if len(b.Claims) == 0 && !b.Declined {
				b.Claims, s.refs.claims = claims, refs
			}
			return nil
		}, true
	}
	return nil, false
}

// what adds the entries and texts that somebody was told or asked of, by their
// labels.
func (f fields) what(p *parser, s *Step, into *[]record.Ref) {
	f.one("what", func(c *cursor) error {
		*into, s.refs.what = nil, nil
		return c.list(func(c *cursor) error {
			r, err := p.referTo(c)
			s.refs.what = append(s.refs.what, r)
			*into = append(*into, record.Ref{Entry: keys.ID{1}})
			return err
		})
	})
}

// sameLine reports whether another word or text stands on the line on which a
// part of a statement began.
func sameLine(c *cursor, line int) (token, bool) {
	t, ok := c.peek()
	return t, ok && t.line == line
}

// tell reads one person of a plan: tell WHO [by WHO] [FORM] [hold] ["words"].
// It ends with its line.
func (p *parser) tell(c *cursor, b *circle.Plan) error {
	line := c.line
	var step circle.PlanStep
	var err error
	if step.Who, err = p.declared(c); err != nil {
		return err
	}
	forms := []string{string(record.Text), string(record.Call), string(record.VoiceNote), string(record.Meeting), string(record.Paper)}
	for {
		t, ok := sameLine(c, line)
		if !ok {
			break
		}
		if t.kind == tokText {
			if err := takeText(c, "tell", &step.Words); err != nil {
				return err
			}
			continue
		}
		w, err := c.word("by, hold or a form", "write: tell WHO by WHO call hold \"words\"")
		switch {
		case err != nil:
			return err
		case w == "by":
			if step.By, err = p.declared(c); err != nil {
				return err
			}
		case w == "hold":
			step.Hold = true
		case slices.Contains(forms, w):
			step.Form = record.Form(w)
		default:
			return wrong("unknown", suggest(w, append(forms, "by", "hold")), "%q means nothing behind `tell`", w)
		}
	}
	b.Steps = append(b.Steps, step)
	return nil
}

// claim reads one claim of an account. It ends with its line.
func (p *parser) claim(c *cursor, s *Step, b *circle.Account) error {
	line := c.line
	var claim circle.Claim
	if _, ok := c.takeWord(func(w string) bool { return w == "not" }); ok {
		claim.Not = true
	}
	w, err := c.word("a sort of claim", "use stance, unconditional, said, part or knew")
	if err != nil {
		return err
	}
	claim.Sort = circle.ClaimSort(w)
	var on ref
	text := func(kinds ...record.Kind) {
		if err == nil {
			on, err = p.referTo(c, kinds...)
		}
	}
	who := func() {
		if err == nil {
			claim.Who, err = p.declared(c)
		}
	}
	word := func(hint string) (w string) {
		if err == nil {
			w, err = c.word("a word of the claim", hint)
		}
		return w
	}
	switch claim.Sort {
	case circle.ClaimStance:
		who()
		claim.Position = accord.Position(word("write: claim stance WHO accepted TEXT"))
		text(accord.KindPackage, accord.KindTerm)
	case circle.ClaimUnconditional:
		text(accord.KindTerm)
	case circle.ClaimSaid:
		who()
		text()
	case circle.ClaimPart:
		who()
		claim.Part = circle.Part(word("write: claim part WHO carried"))
	case circle.ClaimKnew:
		who()
		if t, ok := sameLine(c, line); ok && t.kind == tokWord {
			text()
		}
	default:
		sorts := []string{}
		for _, x := range circle.ClaimSorts() {
			sorts = append(sorts, string(x))
		}
		return wrong("unknown", suggest(w, sorts), "%q is not a sort of claim", w)
	}
	if err != nil {
		return err
	}
	if t, ok := sameLine(c, line); ok && t.kind == tokText {
		if err := takeText(c, "claim", &claim.Text); err != nil {
			return err
		}
	}
	if on.label != "" {
		claim.On = record.Ref{Entry: keys.ID{1}}
	}
	b.Claims, s.refs.claims = append(b.Claims, claim), append(s.refs.claims, on)
	return claim.Check()
}

// circleFilled is filled for these.
func circleFilled(body record.Body) record.Body {
	switch b := body.(type) {
	case circle.IncidentStep:
		b.Of = keys.ID{1}
		return b
	case circle.Notification:
		b.Plan = keys.ID{1}
		return b
	}
	return body
}

// circleBody gives one of these with ids and hashes in place of labels.
func (p *Player) circleBody(s Step, body record.Body) record.Body {
	var what []record.Ref
	for _, r := range s.refs.what {
		what = append(what, p.refOf(r))
	}
	switch b := body.(type) {
	case circle.Disclosure:
		b.What = what
		return b
	case circle.Request:
		b.What = what
		return b
	case circle.PlannedLine:
		b.What = what
		return b
	case circle.Incident:
		b.What = what
		return b
	case circle.IncidentStep:
		b.Of = p.ids[s.refs.of.label]
		return b
	case circle.Retention:
		if s.refs.of.label != "" {
			b.Of = p.ids[s.refs.of.label]
		}
		return b
	case circle.Notification:
		b.Plan = p.ids[s.refs.of.label]
		return b
	case circle.Plan:
		if s.refs.on.label != "" {
			b.Text = p.texts[s.refs.on.label]
		}
		return b
	case circle.Account:
		b.Claims = slices.Clone(b.Claims)
		for i, r := range s.refs.claims {
			if r.label != "" {
				b.Claims[i].On = p.refOf(r)
			}
		}
		return b
	}
	return body
}

// refOf gives what a label refers to: a text, or an entry.
func (p *Player) refOf(r ref) record.Ref {
	if text, ok := p.texts[r.label]; ok {
		return record.Ref{Name: text.Name, Version: text.Version, Hash: text.Hash}
	}
	return record.Ref{Entry: p.ids[r.label]}
}
