package casefile

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// besideVerbs are those of what stands beside a text, and of a person's fate.
func besideVerbs() map[string]func() any {
	return map[string]func() any{
		"status":          func() any { return &record.PersonStatus{} },
		"proof":           func() any { return &record.ProofOfLife{} },
		"sounding":        func() any { return &accord.Sounding{} },
		"put-forward":     func() any { return &accord.Sounding{Forward: true} },
		"answer-sounding": func() any { return &accord.SoundingAnswer{} },
		"criticism":       func() any { return &accord.Criticism{} },
		"translation":     func() any { return &accord.Translation{} },
	}
}

// besideFields is bodyFields for these.
func (p *parser) besideFields(f fields, s *Step) (func() error, bool) {
	texts := []record.Kind{accord.KindPackage, accord.KindTerm}
	switch b := s.body.(type) {
	case *record.PersonStatus:
		f.name("of", p, &b.Person)
		words(f, &b.Status, record.Statuses()...)
		f.span("as-of", p, &b.As)
		f.bare(&b.Text)
		return func() error {
			return needName(b.Person, "of", "say how somebody is: status … of WHO alive")
		}, true
	case *record.ProofOfLife:
		f.name("of", p, &b.Person)
		f.name("asked-by", p, &b.AskedBy)
		f.text("question", &b.Question)
		f.text("answer", &b.Answer)
		f.span("shows", p, &b.Date)
		f.name("assessed-by", p, &b.AssessedBy)
		words(f, &b.Assessment, record.Convincing, record.Doubtful, record.Unconvincing)
		f.bare(&b.Text)
		return func() error { return needName(b.Person, "of", "say of whom: proof … of WHO") }, true
	case *accord.Sounding:
		if b.Forward {
			f.label("of", p, &s.refs.of, accord.KindSounding)
			f.bare(&b.Text)
			return func() error { return p.putForward(s, b) }, true
		}
		f.label("on", p, &s.refs.on, texts...)
		f.bare(&b.Text)
		return func() error {
			if s.refs.on.label == "" {
				return needText(b.Text)
			}
			return nil
		}, true
	case *accord.SoundingAnswer:
		f.label("of", p, &s.refs.of, accord.KindSounding)
		f.one("for", func(c *cursor) (err error) { b.Party, err = p.declared(c); return err })
		words(f, &b.Would, accord.WouldConsider, accord.WouldNot, accord.WouldIf)
		f.bare(&b.Text)
		return func() error { return p.toAsker(s, b) }, true
	case *accord.Criticism:
		f.label("on", p, &s.refs.on, texts...)
		f.one("term", func(c *cursor) (err error) { b.Term, err = p.textName(c); return err })
		f.one("for", func(c *cursor) (err error) { b.For, err = p.declared(c); return err })
		f.bare(&b.Text)
		return func() error { return needRef(s.refs.on, "on", s.Verb) }, true
	case *accord.Translation:
		f.label("on", p, &s.refs.on, texts...)
		f.one("lang", func(c *cursor) (err error) { b.Lang, err = aLanguage(c); return err })
		f.name("translator", p, &b.Translator)
		f.bare(&b.Text)
		return func() error { return needRef(s.refs.on, "on", s.Verb) }, true
	}
	return nil, false
}

func needName(n record.Name, key, hint string) error {
	if n == "" {
		return wrong(key, hint, "`%s` is missing", key)
	}
	return nil
}

// putForward takes the text, and those who were asked, from the sounding.
func (p *parser) putForward(s *Step, b *accord.Sounding) error {
	if err := needRef(s.refs.of, "of", s.Verb); err != nil {
		return err
	}
	if first := p.c.labels[s.refs.of.label].step; first != nil {
		s.refs.on = first.refs.on
		if len(s.entry.Audience) == 0 {
			s.entry.Audience = slices.Clone(first.entry.Audience)
		}
		if x, ok := first.body.(*accord.Sounding); ok && b.Text == "" {
			b.Text = x.Text
		}
	}
	return nil
}

// toAsker sends an answer to whoever asked, where there is a line.
func (p *parser) toAsker(s *Step, b *accord.SoundingAnswer) error {
	if err := needRef(s.refs.of, "of", s.Verb); err != nil {
		return err
	}
	asker := p.c.labels[s.refs.of.label].desk
	if asker != s.Desk && p.lined(s.Desk, asker) && len(s.entry.Audience) == 0 {
		s.entry.Audience = []record.Name{asker}
	}
	return needName(b.Party, "for", "say for which party: for …")
}

// span adds a field that takes a moment, a day, a month or a stretch of time.
func (f fields) span(key string, p *parser, into *record.Interval) {
	f.one(key, func(c *cursor) (err error) {
		*into, err = c.interval(p.c.zone)
		return err
	})
}

// besideFilled is filled for these.
func besideFilled(body record.Body) record.Body {
	switch b := body.(type) {
	case accord.Sounding:
		b.On.Hash = keys.Hash{1}
		if b.Forward {
			b.Of = keys.ID{1}
		}
		return b
	case accord.SoundingAnswer:
		b.Of = keys.ID{1}
		return b
	case accord.Criticism:
		b.On.Hash = keys.Hash{1}
		return b
	case accord.Translation:
		b.On.Hash = keys.Hash{1}
		return b
	}
	return body
}

// besideBody gives one of these with ids and hashes in place of labels.
func (p *Player) besideBody(s Step, body record.Body) record.Body {
	switch b := body.(type) {
	case accord.Sounding:
		b.On, b.Of = p.texts[s.refs.on.label], keys.ID{}
		if b.Forward {
			b.Of = p.ids[s.refs.of.label]
		}
		return b
	case accord.SoundingAnswer:
		b.Of = p.ids[s.refs.of.label]
		return b
	case accord.Criticism:
		b.On = p.texts[s.refs.on.label]
		return b
	case accord.Translation:
		b.On = p.texts[s.refs.on.label]
		return b
	}
	return body
}
