package web

import (
	"net/url"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// writeForm says something to somebody on a line.
func writeForm() form {
	return form{path: "/write", build: buildWrite, read: readWrite}
}

func buildWrite(c *call, _ record.Seen, v url.Values) (formPage, error) {
	p := formPage{
		Head: c.t("web.write.title"), Intro: c.t("web.write.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/log"), c.t("web.write.log-instead")}},
	}
	reach := c.reachable()
	if len(reach) == 0 {
		p.Notices = []notice{{Tone: "care", Kind: c.t("web.write.no-line"), Text: c.t("web.write.no-line-text"),
			Links: []link{{c.href("/lines"), c.t("web.nav.lines")}, {c.href("/log"), c.t("web.log.title")}}}}
	}
	p.Groups = []group{
		{Fields: []field{
			choose("to", c.t("web.write.to"), c.t("web.write.to-hint"), true, chosen(c.people(reach, c.t("web.choose")), v, "to", "")...),
			choose("act", c.t("web.write.act"), c.t("web.write.act-hint"), true, chosen(c.speechActs(), v, "act", string(record.Inform))...),
			area("text", c.t("web.write.text"), c.t("web.write.text-hint"), v.Get("text"), true),
		}},
		{Head: c.t("web.write.carrying"), Fields: []field{
			choose("pass", c.t("web.write.pass"), c.t("web.write.pass-hint"), false, chosen(c.passes(), v, "pass", "")...),
		}},
		{Head: c.t("web.form.more"), Folded: v == nil, Fields: []field{
			choose("meant", c.t("web.write.meant"), c.t("web.write.meant-hint"), false, chosen(c.people(c.everybody(c.f.h.Keeper()), c.t("web.write.meant-same")), v, "meant", "")...),
			choose("attribution", c.t("web.write.attribution"), "", false, chosen(c.attributions(), v, "attribution", "")...),
			choose("lang", c.t("web.write.lang"), "", false, chosen(c.langs(), v, "lang", "")...),
			when("not-before", c.t("web.write.not-before"), c.t("web.utc"), v.Get("not-before")),
			area("wording", c.t("web.write.wording"), c.t("web.write.wording-hint"), v.Get("wording"), false),
		}},
	}
	return p, nil
}

func readWrite(c *call, _ record.Seen, v url.Values) (intent, error) {
	to := nameOf(v, "to")
	if to == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-recipient", "choose the recipient", "nobody is named to send it to")
	}
	meant := nameOf(v, "meant")
	if meant == "" {
		meant = to
	}
	if v.Get("text") == "" {
		return intent{}, nothingSaid()
	}
	notBefore, err := instant(v, "not-before")
	if err != nil {
		return intent{}, err
	}
	m := record.Message{
		From: c.f.h.Keeper(), To: meant, Form: record.Text, Fidelity: record.Verbatim, Attribution: record.Attribution(one(v, "attribution")),
		SpeechAct: record.SpeechAct(one(v, "act")), Text: lf(v.Get("text")), Lang: one(v, "lang"),
	}
	return intent{drafts: []record.Entry{{
		ID: newID(), Audience: []record.Name{to}, Body: m,
		Carrying: record.Carrying{Pass: record.Pass(one(v, "pass")), NotBefore: notBefore, Words: lf(v.Get("wording"))},
	}}}, nil
}

func nothingSaid() error {
	return fault.New(fault.Malformed, "web.no-text", "write what was said", "there are no words in it")
}

// logForm logs by hand what was said by phone, in a meeting, on paper.
func logForm() form {
	return form{path: "/log", build: buildLog, read: readLog}
}

func buildLog(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	all := append([]record.Name{keeper}, c.everybody(keeper)...)
	p := formPage{
		Head: c.t("web.log.title"), Intro: c.t("web.log.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/write"), c.t("web.log.write-instead")}, {c.href("/person"), c.t("web.log.person-missing")}},
	}
	p.Groups = []group{
		{Fields: []field{
			choose("from", c.t("web.log.from"), "", true, chosen(c.people(all, c.t("web.choose")), v, "from", "")...),
			choose("to", c.t("web.log.to"), c.t("web.log.to-hint"), true, chosen(c.people(all, c.t("web.choose")), v, "to", string(keeper))...),
			radios("how", c.t("web.log.form"), "", chosen(c.forms(), v, "how", string(record.Call))...),
			radios("whose", c.t("web.log.whose"), "", chosen([]option{
				{Value: string(record.Verbatim), Text: c.t("web.log.their-words"), Hint: c.t("web.log.their-words-hint")},
				{Value: string(record.Paraphrase), Text: c.t("web.log.my-words"), Hint: c.t("web.log.my-words-hint")},
			}, v, "whose", string(record.Paraphrase))...),
			area("text", c.t("web.log.text"), "", v.Get("text"), true),
			choose("act", c.t("web.log.act"), c.t("web.write.act-hint"), true, chosen(c.speechActs(), v, "act", string(record.Inform))...),
		}},
		{Head: c.t("web.log.when"), Fields: []field{
			when("said", c.t("web.log.said"), c.t("web.log.said-hint"), v.Get("said")),
			when("until", c.t("web.log.until"), c.t("web.log.until-hint"), v.Get("until")),
		}},
		{Head: c.t("web.form.more"), Folded: v == nil, Fields: []field{
			choose("heard", c.t("web.log.heard"), c.t("web.log.heard-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.log.heard-direct")), v, "heard", "")...),
			choose("evidence", c.t("web.log.evidence"), "", false, chosen(c.evidences(), v, "evidence", "")...),
			choose("lang", c.t("web.write.lang"), "", false, chosen(c.langs(), v, "lang", "")...),
			area("note", c.t("web.log.note"), c.t("web.log.note-hint"), v.Get("note"), false),
		}},
	}
	return p, nil
}

func readLog(c *call, _ record.Seen, v url.Values) (intent, error) {
	keeper, from, to := c.f.h.Keeper(), nameOf(v, "from"), nameOf(v, "to")
	switch {
	case from == "" || to == "":
		return intent{}, fault.New(fault.Malformed, "web.who", "choose who spoke, and to whom", "it does not say between whom it was")
	case from == to:
		return intent{}, fault.New(fault.Malformed, "web.same", "choose two people", "somebody is said to have spoken to himself")
	case v.Get("text") == "":
		return intent{}, nothingSaid()
	}
	at, err := interval(v)
	if err != nil {
		return intent{}, err
	}
	e := record.Entry{ID: newID(), Said: at, Body: record.Message{
		From: from, To: to, Form: record.Form(one(v, "how")), Fidelity: record.Fidelity(one(v, "whose")),
		SpeechAct: record.SpeechAct(one(v, "act")), Text: lf(v.Get("text")), Lang: one(v, "lang"),
	}}
	if from != keeper {
		e.SaidBy, e.HeardFrom = from, from
	}
	if heard := nameOf(v, "heard"); heard != "" && heard != keeper {
		e.SaidBy, e.HeardFrom = from, heard
	}
	if what := one(v, "evidence"); what != "" {
		e.Evidence = []record.Evidence{{What: record.EvidenceKind(what)}}
	}
	in := intent{drafts: []record.Entry{e}}
	if note := lf(v.Get("note")); note != "" {
		in.drafts = append(in.drafts, record.Entry{ID: newID(), About: []record.Ref{{Entry: e.ID}}, Body: record.Note{Text: note}})
	}
	return in, nil
}

// interval reads when something was said: a moment, or from one to another.
func interval(v url.Values) (record.Interval, error) {
	from, err := instant(v, "said")
	if err != nil {
		return record.Interval{}, err
	}
	to, err := instant(v, "until")
	if err != nil {
		return record.Interval{}, err
	}
	switch {
	case from == 0 && to == 0:
		return record.Interval{}, nil
	case from == 0:
		return record.Interval{}, fault.New(fault.Malformed, "web.until", "say also from when", "it says until when, and not from when")
	case to == 0:
		return record.Moment(from), nil
	}
	return record.Interval{From: from, To: to}, nil
}

// carryForm passes an entry on.
func carryForm() form {
	return form{path: "/carry", about: true, build: buildCarry, read: readCarry}
}

func buildCarry(c *call, of record.Seen, v url.Values) (formPage, error) {
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.carry.title"), Intro: c.t("web.carry.intro"), About: &about, Submit: c.t("web.form.look")}
	if n, ok := c.instruction(of); ok {
		p.Notices = append(p.Notices, n)
	}
	var to []record.Name
	for _, n := range c.everybody(c.f.h.Keeper()) {
		if n != of.By && n != of.Speaker() {
			to = append(to, n)
		}
	}
	who := group{Fields: []field{
		choose("to", c.t("web.carry.to"), c.t("web.carry.to-hint"), true, chosen(c.people(to, c.t("web.choose")), v, "to", "")...),
		radios("how", c.t("web.carry.how"), "", c.ways(v, "web.carry.over-line-hint")...),
	}}
	p.Groups = []group{who}
	m, isMessage := of.Body.(record.Message)
	if isMessage {
		p.Groups = append(p.Groups, group{Head: c.t("web.carry.words"), Fields: []field{
			radios("fidelity", c.t("web.carry.fidelity"), "", chosen(c.fidelities(), v, "fidelity", string(record.Verbatim))...),
			area("text", c.t("web.carry.text"), c.t("web.carry.text-hint"), v.Get("text"), false),
			choose("lang", c.t("web.carry.lang"), c.t("web.carry.lang-hint"), false, chosen(c.langs(), v, "lang", m.Lang)...),
		}})
	}
	consent := group{Head: c.t("web.carry.consent-head"), Fields: []field{
		text("consent", c.t("web.carry.consent"), c.t("web.carry.consent-hint"), v.Get("consent"), false),
		checks("marks", c.t("web.carry.marks"), "", chosen([]option{
			{Value: "asked", Text: c.t("web.carry.asked")},
			{Value: "receipt", Text: c.t("web.carry.receipt"), Hint: c.t("web.carry.receipt-hint")},
		}, v, "marks", "")...),
	}}
	p.Groups = append(p.Groups, consent, group{Head: c.t("web.carry.by-hand"), Folded: v.Get("said") == "", Fields: []field{
		when("said", c.t("web.log.said"), c.t("web.log.said-hint"), v.Get("said")),
	}})
	return p, nil
}

// ways gives by which means something can be passed on: over the line first,
// where there is one.
func (c *call) ways(v url.Values, hint string) []option {
	over := []option{{Value: "", Text: c.t("web.carry.over-line"), Hint: c.t(hint)}}
	if len(c.reachable()) > 0 {
		return chosen(append(over, c.forms()...), v, "how", "")
	}
	return chosen(append(c.forms(), over...), v, "how", string(record.Call))
}

func readCarry(c *call, of record.Seen, v url.Values) (intent, error) {
	at, err := instant(v, "said")
	if err != nil {
		return intent{}, err
	}
	o := record.Interval{}
	if at != 0 {
		o = record.Moment(at)
	}
	order := orderOf(of, v)
	order.Said = o
	if order.To == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-recipient", "choose the recipient", "nobody is named to send it to")
	}
	return intent{order: &order}, nil
}

// rivals gives the two texts side by side where an acceptance was refused
// because the recipient's side stands behind the other one.
func (c *call) rivals(of record.Seen, v url.Values, wrong error) *comparePage {
	act, ok := of.Body.(accord.Act)
	if !ok || !isFault(wrong, "convey.rival") {
		return nil
	}
	for _, party := range c.ledger.Voice(nameOf(v, "to")) {
		for _, pk := range c.ledger.Packages() {
			if pk.Body.Name == act.On.Name && pk.Hash != act.On.Hash && c.ledger.Stance(party, pk.Hash).Position != accord.Silent {
				return c.compare(pk.Hash, act.On.Hash)
			}
		}
	}
	return nil
}

// reachable gives whom a line is open to.
func (c *call) reachable() []record.Name {
	var out []record.Name
	for _, l := range c.lines {
		if l.Phase == desk.Opened {
			out = append(out, l.Peer)
		}
	}
	return out
}
