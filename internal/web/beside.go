package web

import (
	"net/url"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// besideForms are the forms of what stands beside a text, and of what is given
// back or withdrawn.
func besideForms() []form {
	return []form{
		{path: "/giveback", about: true, build: buildGiveBack, read: readGiveBack},
		{path: "/withdraw", about: true, build: buildWithdraw, read: readWithdraw},
		{path: "/criticise", about: true, build: buildCriticise, read: readCriticise},
		{path: "/translate", about: true, build: buildTranslate, read: readTranslate},
		{path: "/sound", about: true, build: buildSound, read: readSound},
		{path: "/sound/answer", about: true, build: buildSoundAnswer, read: readSoundAnswer},
		{path: "/sound/forward", about: true, build: buildSoundForward, read: readSoundForward},
	}
}

// besideActions adds what can be done with an entry besides carrying and acting
// on it.
func (c *call) besideActions(it record.Seen, add func(what, id string)) {
	keeper := c.f.h.Keeper()
	switch b := it.Body.(type) {
	case record.Message, accord.Act:
		if it.By != keeper || !it.FirstHand() {
			add("giveback", "web.do.giveback")
		}
	case accord.Package, accord.Term:
		if it.By == keeper && it.FirstHand() || it.Carrying.Pass == record.PassAsOwnIdea {
			add("sound", "web.do.sound")
		}
		add("criticise", "web.do.criticise")
		add("translate", "web.do.translate")
	case accord.Sounding:
		s, _ := c.view.Sounding(it.ID)
		switch {
		case b.Forward:
		case it.By != keeper:
			add("sound/answer", "web.do.sound-answer")
		case s.State == view.SoundingAll:
			add("sound/forward", "web.do.sound-forward")
		}
	case record.ProofOfLife:
		add("carry", "web.do.carry")
		add("proof/next", "web.do.proof-next")
	case record.PersonStatus, accord.Translation:
		add("carry", "web.do.carry")
	}
	if _, fix := it.Body.(record.Correction); it.By == keeper && !fix && !record.Lasts(it.Item, true) && it.CorrectedBy.IsZero() {
		add("withdraw", "web.do.withdraw")
	}
}

// plain is a form of a few fields about an entry.
func (c *call) plain(of record.Seen, title, intro string, fields ...field) formPage {
	about := c.aboutView(of)
	return formPage{Head: c.t(title), Intro: c.t(intro), About: &about, Submit: c.t("web.form.look"), Groups: []group{{Fields: fields}}}
}

func buildGiveBack(c *call, of record.Seen, v url.Values) (formPage, error) {
	return c.plain(of, "web.giveback.title", "web.giveback.intro",
		area("text", c.t("web.giveback.why"), "", v.Get("text"), false),
		radios("how", c.t("web.carry.how"), "", c.ways(v, "web.giveback.over-line-hint")...),
	), nil
}

func readGiveBack(c *call, of record.Seen, v url.Values) (intent, error) {
	e, err := convey.Return(convey.Context{Record: c.rec, Now: c.now, Ledger: func() *accord.Ledger { return c.ledger }}, convey.Back{Of: of.ID, Note: lf(v.Get("text")), Form: record.Form(one(v, "how"))})
	if err != nil {
		return intent{}, err
	}
	e.ID = newID()
	return intent{drafts: []record.Entry{e}}, nil
}

func buildWithdraw(c *call, of record.Seen, v url.Values) (formPage, error) {
	if of.By != c.f.h.Keeper() {
		return formPage{}, fault.New(fault.Refused, "web.not-yours", "log a message of your own beside it", "only what you wrote yourself is corrected here")
	}
	return c.plain(of, "web.withdraw.title", "web.withdraw.intro", text("reason", c.t("web.correct.reason"), "", v.Get("reason"), true)), nil
}

func readWithdraw(_ *call, of record.Seen, v url.Values) (intent, error) {
	return intent{drafts: []record.Entry{{
		ID: newID(), Corrects: of.ID, Audience: slices.Clone(of.Audience), Body: record.Correction{Now: record.Withdrawn{Of: of.Body.Kind()}, Reason: one(v, "reason")},
	}}}, nil
}

func buildCriticise(c *call, of record.Seen, v url.Values) (formPage, error) {
	ref, err := versionOf(of)
	if err != nil {
		return formPage{}, err
	}
	terms := []option{{Value: "", Text: c.t("web.criticise.whole")}}
	if pk, ok := c.ledger.Package(ref.Hash); ok {
		for _, t := range pk.Body.Terms {
			terms = append(terms, option{Value: string(t.Name), Text: string(t.Name)})
		}
	}
	keeper := c.f.h.Keeper()
	return c.plain(of, "web.criticise.title", "web.criticise.intro",
		choose("term", c.t("web.criticise.term"), "", false, chosen(terms, v, "term", "")...),
		area("text", c.t("web.criticise.text"), "", v.Get("text"), true),
		choose("to", c.t("web.criticise.to"), c.t("web.criticise.to-hint"), false, chosen(c.people(c.reachable(), c.t("web.criticise.nobody")), v, "to", "")...),
		choose("who", c.t("web.criticise.who"), "", false, chosen(c.people(c.everybody(keeper), c.t("web.criticise.me")), v, "who", "")...),
	), nil
}

func readCriticise(_ *call, of record.Seen, v url.Values) (intent, error) {
	ref, err := versionOf(of)
	if err != nil {
		return intent{}, err
	}
	e := record.Entry{ID: newID(), Body: accord.Criticism{On: ref, Term: nameOf(v, "term"), Text: lf(v.Get("text"))}}
	if to := nameOf(v, "to"); to != "" {
		e.Audience = []record.Name{to}
	}
	if who := nameOf(v, "who"); who != "" {
		e.SaidBy, e.HeardFrom = who, who
	}
	return intent{drafts: []record.Entry{e}}, nil
}

func buildTranslate(c *call, of record.Seen, v url.Values) (formPage, error) {
	if _, err := versionOf(of); err != nil {
		return formPage{}, err
	}
	return c.plain(of, "web.translate.title", "web.translate.intro",
		choose("lang", c.t("web.write.lang"), "", true, chosen(c.langs(), v, "lang", "")...),
		area("text", c.t("web.translate.text"), "", v.Get("text"), true),
		choose("who", c.t("web.entry.translator"), "", false, chosen(c.people(c.everybody(c.f.h.Keeper()), c.t("web.criticise.me")), v, "who", "")...),
		checks("to", c.t("web.act.to"), c.t("web.beside.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
	), nil
}

func readTranslate(c *call, of record.Seen, v url.Values) (intent, error) {
	ref, err := versionOf(of)
	if err != nil {
		return intent{}, err
	}
	b := accord.Translation{On: ref, Lang: one(v, "lang"), Text: lf(v.Get("text")), Translator: nameOf(v, "who")}
	if b.Translator == "" {
		b.Translator = c.f.h.Keeper()
	}
	return intent{drafts: []record.Entry{{ID: newID(), Audience: names(v, "to"), Body: b}}}, nil
}

func buildSound(c *call, of record.Seen, v url.Values) (formPage, error) {
	if _, err := versionOf(of); err != nil {
		return formPage{}, err
	}
	return c.plain(of, "web.sound.title", "web.sound.intro",
		checks("to", c.t("web.sound.to"), c.t("web.sound.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
		area("text", c.t("web.sound.text"), "", v.Get("text"), false),
	), nil
}

func readSound(_ *call, of record.Seen, v url.Values) (intent, error) {
	ref, err := versionOf(of)
	if err != nil {
		return intent{}, err
	}
	return intent{drafts: []record.Entry{{ID: newID(), Audience: names(v, "to"), Body: accord.Sounding{On: ref, Text: lf(v.Get("text"))}}}}, nil
}

func (c *call) soundingOf(of record.Seen) (view.Sounding, error) {
	s, ok := c.view.Sounding(of.ID)
	if !ok {
		return s, fault.New(fault.Refused, "web.no-sounding", "open a sounding", "this entry is no sounding")
	}
	return s, nil
}

func buildSoundAnswer(c *call, of record.Seen, v url.Values) (formPage, error) {
	if _, err := c.soundingOf(of); err != nil {
		return formPage{}, err
	}
	voice := c.ledger.Voice(c.f.h.Keeper())
	if len(voice) == 0 {
		p := c.plain(of, "web.sound-answer.title", "web.sound-answer.intro")
		p.Notices = []notice{{Tone: "care", Kind: c.t("web.act.no-voice"), Text: c.t("web.act.no-voice-text")}}
		return p, nil
	}
	return c.plain(of, "web.sound-answer.title", "web.sound-answer.intro",
		choose("party", c.t("web.act.party"), "", true, chosen(c.people(voice, ""), v, "party", string(voice[0]))...),
		radios("would", c.t("web.sound-answer.would"), "", chosen([]option{
			{Value: string(accord.WouldConsider), Text: capital(c.word(accord.WouldConsider))}, {Value: string(accord.WouldIf), Text: capital(c.word(accord.WouldIf))},
			{Value: string(accord.WouldNot), Text: capital(c.word(accord.WouldNot))},
		}, v, "would", "")...),
		area("text", c.t("web.act.text"), "", v.Get("text"), false),
	), nil
}

func readSoundAnswer(c *call, of record.Seen, v url.Values) (intent, error) {
	s, err := c.soundingOf(of)
	if err != nil {
		return intent{}, err
	}
	b := accord.SoundingAnswer{Of: s.Entry, Party: nameOf(v, "party"), Would: accord.Would(one(v, "would")), Text: lf(v.Get("text"))}
	if !slices.Contains(c.ledger.Voice(c.f.h.Keeper()), b.Party) {
		return intent{}, fault.New(fault.Refused, "web.no-voice", "log it as a report, if they told you so", "you do not speak for %s", b.Party)
	}
	return intent{drafts: []record.Entry{{ID: newID(), Audience: []record.Name{s.By}, Body: b}}}, nil
}

func buildSoundForward(c *call, of record.Seen, v url.Values) (formPage, error) {
	s, err := c.soundingOf(of)
	if err != nil {
		return formPage{}, err
	}
	if v == nil {
		v = url.Values{"text": {s.Text}}
	}
	return c.plain(of, "web.sound-forward.title", "web.sound-forward.intro", area("text", c.t("web.sound.text"), "", v.Get("text"), false)), nil
}

func readSoundForward(c *call, of record.Seen, v url.Values) (intent, error) {
	s, err := c.soundingOf(of)
	if err != nil {
		return intent{}, err
	}
	return intent{drafts: []record.Entry{{
		ID: newID(), Audience: slices.Clone(of.Audience), Body: accord.Sounding{On: s.On, Text: lf(v.Get("text")), Of: s.Entry, Forward: true},
	}}}, nil
}
