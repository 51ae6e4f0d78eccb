package web

import (
	"net/url"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// actForm lets whoever speaks for a party act on one exact version.
func actForm() form {
	return form{path: "/act", about: true, build: buildAct, read: readAct}
}

func buildAct(c *call, of record.Seen, v url.Values) (formPage, error) {
	ref, err := versionOf(of)
	if err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	p := formPage{Head: c.t("web.act.title"), Intro: c.t("web.act.intro"), About: &about, Submit: c.t("web.form.look"),
		Also: []link{{c.entryHref("report", of.ID), c.t("web.act.report-instead")}}}
	if advice := c.advice(ref.Hash); advice != nil {
		about.Facts = append(about.Facts, fact{Label: c.t("web.beside.advice"), Text: c.t("web.beside.advice-text")})
		about.Facts = append(about.Facts, advice...)
	}
	voice := c.ledger.Voice(c.f.h.Keeper())
	if len(voice) == 0 {
		p.Notices = []notice{{Tone: "care", Kind: c.t("web.act.no-voice"), Text: c.t("web.act.no-voice-text"), Links: p.Also}}
		return p, nil
	}
	acts := []option{}
	for _, a := range []accord.Position{accord.Accepted, accord.Rejected, accord.Denied, accord.Proposed, accord.Floated, accord.Withdrawn} {
		acts = append(acts, option{Value: string(a), Text: c.t("web.act-name." + string(a)), Hint: c.t("web.act." + string(a) + "-hint")})
	}
	acts = append(acts, option{Value: "echo", Text: c.t("web.act-name.echo"), Hint: c.t("web.act.echo-hint")})
	p.Groups = []group{{Fields: []field{
		choose("party", c.t("web.act.party"), "", true, chosen(c.people(voice, ""), v, "party", string(voice[0]))...),
		radios("position", c.t("web.act.position"), "", chosen(acts, v, "position", "")...),
		checks("to", c.t("web.act.to"), c.t("web.act.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
		area("text", c.t("web.act.text"), c.t("web.act.text-hint"), v.Get("text"), false),
	}}}
	if creds := c.credentials(ref.Name); len(creds) > 0 {
		creds = append(creds, option{Value: "", Text: c.t("web.act.no-credential")})
		p.Groups[0].Fields = append(p.Groups[0].Fields, choose("under", c.t("web.act.under"), "", false, chosen(creds, v, "under", creds[0].Value)...))
	}
	return p, nil
}

// credentials gives the mandates of the keeper that reach what is called name.
func (c *call) credentials(name record.Name) []option {
	var out []option
	for _, it := range c.all.Items() {
		cr, ok := it.Body.(record.Credential)
		if !ok || cr.Holder != c.f.h.Keeper() || len(cr.On) > 0 && !slices.Contains(cr.On, name) || cr.Until != 0 && cr.Until < c.now {
			continue
		}
		out = append(out, option{Value: c.f.alias.of(it.ID), Text: c.head(it.Entry)})
	}
	return out
}

func readAct(c *call, of record.Seen, v url.Values) (intent, error) {
	ref, err := versionOf(of)
	if err != nil {
		return intent{}, err
	}
	a, err := readPosition(c, ref, v)
	if err != nil {
		return intent{}, err
	}
	if !slices.Contains(c.ledger.Voice(c.f.h.Keeper()), a.Party) {
		return intent{}, fault.New(fault.Refused, "web.no-voice", "log it as a report, if they told you so", "you do not speak for %s", a.Party)
	}
	if u := one(v, "under"); u != "" {
		seen, err := c.subject(u)
		if err != nil {
			return intent{}, err
		}
		a.Under = seen.ID
	}
	to := names(v, "to")
	if len(to) == 0 {
		return intent{}, fault.New(fault.Malformed, "web.no-recipient", "tick who is to get it", "nobody is named to send it to")
	}
	return intent{drafts: []record.Entry{{ID: newID(), Audience: to, About: []record.Ref{ref}, Body: a}}}, nil
}

func readPosition(c *call, ref record.Ref, v url.Values) (accord.Act, error) {
	a := accord.Act{Party: nameOf(v, "party"), On: ref, Text: lf(v.Get("text"))}
	switch p := one(v, "position"); p {
	case "":
		return a, fault.New(fault.Malformed, "web.no-position", "choose one", "it does not say what is done")
	case "echo":
		a.Echo = true
	default:
		a.Position = accord.Position(p)
	}
	if a.Party == "" {
		return a, fault.New(fault.Malformed, "web.no-party", "choose the party", "it does not say who does it")
	}
	return a, nil
}

// reportForm logs where a party stands, as somebody told it. It is a report,
// whoever logs it, and never more (law 1).
func reportForm() form {
	return form{path: "/report", about: true, build: buildReport, read: readReport}
}

func buildReport(c *call, of record.Seen, v url.Values) (formPage, error) {
	if _, err := versionOf(of); err != nil {
		return formPage{}, err
	}
	about := c.aboutView(of)
	keeper := c.f.h.Keeper()
	var acts []option
	for _, a := range []accord.Position{accord.Floated, accord.Proposed, accord.Accepted, accord.Rejected, accord.Denied, accord.Withdrawn} {
		acts = append(acts, option{Value: string(a), Text: capital(c.word(a))})
	}
	return formPage{
		Head: c.t("web.report.title"), Intro: c.t("web.report.intro"), About: &about, Submit: c.t("web.form.look"),
		Groups: []group{{Fields: []field{
			choose("party", c.t("web.report.party"), "", true, chosen(c.people(c.parties(), c.t("web.choose")), v, "party", "")...),
			radios("position", c.t("web.report.position"), "", chosen(acts, v, "position", "")...),
			choose("heard", c.t("web.report.heard"), "", true, chosen(c.people(c.everybody(keeper), c.t("web.choose")), v, "heard", "")...),
			choose("who", c.t("web.report.who"), c.t("web.report.who-hint"), false, chosen(c.people(c.everybody(keeper), c.t("web.report.who-same")), v, "who", "")...),
			when("said", c.t("web.log.said"), c.t("web.log.said-hint"), v.Get("said")),
			area("text", c.t("web.report.text"), "", v.Get("text"), false),
		}}},
	}, nil
}

func readReport(c *call, of record.Seen, v url.Values) (intent, error) {
	ref, err := versionOf(of)
	if err != nil {
		return intent{}, err
	}
	a, err := readPosition(c, ref, v)
	if err != nil {
		return intent{}, err
	}
	heard, who := nameOf(v, "heard"), nameOf(v, "who")
	if heard == "" {
		return intent{}, fault.New(fault.Malformed, "web.heard", "choose who told you", "it does not say who told you")
	}
	if who == "" {
		who = heard
	}
	at, err := interval(v)
	if err != nil {
		return intent{}, err
	}
	return intent{drafts: []record.Entry{{ID: newID(), SaidBy: who, HeardFrom: heard, Said: at, About: []record.Ref{ref}, Body: a}}}, nil
}

// versionOf gives the exact version that an entry is, or acts on.
func versionOf(of record.Seen) (record.Ref, error) {
	switch b := of.Body.(type) {
	case accord.Package:
		return b.Ref(), nil
	case accord.Term:
		return b.Ref().Ref(), nil
	case accord.Act:
		return b.On, nil
	}
	return record.Ref{}, fault.New(fault.Refused, "web.no-version", "open a text on the page of terms", "this entry is no term and no package")
}

// readBackForm says whether the hearer repeated a message and the speaker let
// it stand.
func readBackForm() form {
	return form{path: "/readback", about: true, build: buildReadBack, read: readReadBack}
}

func buildReadBack(c *call, of record.Seen, v url.Values) (formPage, error) {
	m, ok := of.Body.(record.Message)
	if !ok {
		return formPage{}, fault.New(fault.Refused, "web.no-message", "open a message", "only a message is read back")
	}
	about := c.aboutView(of)
	return formPage{
		Head: c.t("web.readback.title"), Intro: c.t("web.readback.intro"), About: &about, Submit: c.t("web.form.look"),
		Groups: []group{{Fields: []field{
			choose("by", c.t("web.readback.by"), "", true, chosen(c.people(append([]record.Name{c.f.h.Keeper()}, c.everybody(c.f.h.Keeper())...), ""), v, "by", string(m.To))...),
			radios("ok", c.t("web.readback.ok"), "", chosen([]option{
				{Value: "yes", Text: c.t("web.readback.yes")}, {Value: "no", Text: c.t("web.readback.no")},
			}, v, "ok", "")...),
			area("text", c.t("web.readback.text"), "", v.Get("text"), false),
		}}},
	}, nil
}

func readReadBack(_ *call, of record.Seen, v url.Values) (intent, error) {
	b := record.ReadBack{Of: of.ID, By: nameOf(v, "by"), OK: one(v, "ok") == "yes", Corrected: lf(v.Get("text"))}
	if b.OK {
		b.Corrected = ""
	}
	return intent{drafts: []record.Entry{{ID: newID(), About: []record.Ref{{Entry: of.ID}}, Body: b}}}, nil
}

// correctForm corrects what the keeper wrote: a new entry, beside the old.
func correctForm() form {
	return form{path: "/correct", about: true, build: buildCorrect, read: readCorrect}
}

func buildCorrect(c *call, of record.Seen, v url.Values) (formPage, error) {
	m, ok := of.Body.(record.Message)
	if !ok || of.By != c.f.h.Keeper() {
		return formPage{}, fault.New(fault.Refused, "web.not-yours", "log a message of your own beside it", "only what you wrote yourself is corrected here")
	}
	if v == nil {
		v = url.Values{"text": {m.Text}}
	}
	about := c.aboutView(of)
	return formPage{
		Head: c.t("web.correct.title"), Intro: c.t("web.correct.intro"), About: &about, Submit: c.t("web.form.look"),
		Groups: []group{{Fields: []field{
			area("text", c.t("web.correct.text"), "", v.Get("text"), true),
			text("reason", c.t("web.correct.reason"), "", v.Get("reason"), true),
		}}},
	}, nil
}

func readCorrect(c *call, of record.Seen, v url.Values) (intent, error) {
	if _, err := buildCorrect(c, of, v); err != nil {
		return intent{}, err
	}
	m := of.Body.(record.Message)
	if lf(v.Get("text")) == m.Text {
		return intent{}, fault.New(fault.Malformed, "web.same-words", "write what it should have said", "these are the words that stand there already")
	}
	m.Text = lf(v.Get("text"))
	// Whoever was given the first is given the correction.
	return intent{drafts: []record.Entry{{
		ID: newID(), Corrects: of.ID, Audience: slices.Clone(of.Audience), Body: record.Correction{Now: m, Reason: one(v, "reason")},
	}}}, nil
}

// hashOf gives the content hash of a text that an entry brings.
func hashOf(b record.Body) keys.Hash {
	switch b := b.(type) {
	case accord.Package:
		return b.Hash()
	case accord.Term:
		return b.Hash()
	case accord.Act:
		return b.On.Hash
	}
	return keys.Hash{}
}
