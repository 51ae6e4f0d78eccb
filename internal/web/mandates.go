package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// mandatesPage is what envoys may do: the part that is shown, and the part
// that never is.
type mandatesPage struct {
	Shown   []mandateView
	Private []mandateView
	Do      []link
}

type mandateView struct {
	Entry entryView
	Facts []fact
}

func (c *call) mandatesPage(w http.ResponseWriter, _ *http.Request) error {
	p := mandatesPage{Do: []link{{c.href("/credential"), c.t("web.credential.title")}, {c.href("/instruction"), c.t("web.instruction.title")}}}
	for _, it := range slices.Backward(c.all.Items()) {
		switch b := it.Body.(type) {
		case record.Credential:
			p.Shown = append(p.Shown, mandateView{c.entryView(it, false), c.credentialFacts(it, b)})
		case record.Instruction:
			p.Private = append(p.Private, mandateView{Entry: c.entryView(it, false)})
		}
	}
	c.show(w, http.StatusOK, "mandates", c.t("web.mandates.title"), true, p)
	return nil
}

// credentialFacts gives what a credential says, and who was shown it.
func (c *call) credentialFacts(it record.Seen, b record.Credential) []fact {
	out := []fact{{Label: c.t("web.credential.issuer"), Text: c.full(b.Issuer)}, {Label: c.t("web.entry.may"), Text: c.mandates(b)}}
	on := c.t("web.credential.on-all")
	if len(b.On) > 0 {
		on = c.joined(b.On)
	}
	until := c.t("web.credential.no-end")
	if b.Until != 0 {
		until = c.inFull().Instant(b.Until)
		if b.Until < c.now {
			until = c.t("web.credential.over", "When", until)
		}
	}
	shown := c.t("web.credential.shown-nobody")
	switch {
	case it.By != c.f.h.Keeper():
		shown = c.t("web.credential.shown-you", "By", c.within(it.By))
	case len(it.Audience) > 0:
		shown = c.t("web.credential.shown", "Who", c.joined(it.Audience))
	}
	return append(out, fact{Label: c.t("web.credential.on"), Text: on}, fact{Label: c.t("web.credential.until"), Text: until},
		fact{Label: c.t("web.credential.seen"), Text: shown})
}

// credentialForm enters what an envoy may do, and shows it to whoever is named.
func credentialForm() form {
	return form{path: "/credential", build: buildCredential, read: readCredential}
}

func buildCredential(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	holders := append([]record.Name{keeper}, c.everybody(keeper)...)
	var on []record.Name
	for _, t := range c.ledger.Terms() {
		on = append(on, t.Body.Name)
	}
	for _, p := range c.ledger.Packages() {
		on = append(on, p.Body.Name)
	}
	slices.Sort(on)
	var texts []option
	for _, n := range slices.Compact(on) {
		texts = append(texts, option{Value: string(n), Text: string(n)})
	}
	p := formPage{
		Head: c.t("web.credential.title"), Intro: c.t("web.credential.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/instruction"), c.t("web.credential.private-instead")}, {c.href("/mandates"), c.t("web.mandates.title")}},
	}
	fields := []field{
		choose("holder", c.t("web.credential.holder"), "", true, chosen(c.people(holders, c.t("web.choose")), v, "holder", "")...),
		choose("party", c.t("web.credential.party"), "", true, chosen(c.people(c.parties(), c.t("web.choose")), v, "party", "")...),
		choose("issuer", c.t("web.credential.issuer"), c.t("web.credential.issuer-hint"), true, chosen(c.people(append(c.parties(), holders...), c.t("web.choose")), v, "issuer", "")...),
		checks("may", c.t("web.entry.may"), "", chosen(values(c, "may", record.MaySpeak, record.MayOffer, record.MayBind), v, "may", "")...),
		when("until", c.t("web.credential.until"), c.t("web.utc"), v.Get("until")),
		area("evidence", c.t("web.credential.evidence"), c.t("web.credential.evidence-hint"), v.Get("evidence"), false),
		checks("to", c.t("web.credential.to"), c.t("web.credential.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
	}
	p.Groups = []group{{Fields: fields}}
	if len(texts) > 0 {
		p.Groups = append(p.Groups, group{Head: c.t("web.credential.only"), Folded: len(v["on"]) == 0, Fields: []field{
			checks("on", c.t("web.credential.on"), c.t("web.credential.on-hint"), chosen(texts, v, "on", "")...),
		}})
	}
	return p, nil
}

func readCredential(_ *call, _ record.Seen, v url.Values) (intent, error) {
	until, err := instant(v, "until")
	if err != nil {
		return intent{}, err
	}
	b := record.Credential{Holder: nameOf(v, "holder"), Party: nameOf(v, "party"), Issuer: nameOf(v, "issuer"), On: names(v, "on"), Until: until, Evidence: lf(v.Get("evidence"))}
	for _, m := range names(v, "may") {
		b.May = append(b.May, record.Mandate(m))
	}
	switch {
	case b.Holder == "" || b.Party == "" || b.Issuer == "":
		return intent{}, fault.New(fault.Malformed, "web.whose-mandate", "choose all three", "it does not say who may do it, for whom, and who says so")
	case len(b.May) == 0:
		return intent{}, fault.New(fault.Malformed, "web.no-mandate", "tick at least one", "it does not say what he may do")
	}
	return intent{drafts: []record.Entry{{ID: newID(), Audience: names(v, "to"), Body: b}}}, nil
}

// instructionForm notes a limit or a red line, for this desk alone.
func instructionForm() form {
	return form{path: "/instruction", build: buildInstruction, read: readInstruction}
}

func buildInstruction(c *call, _ record.Seen, v url.Values) (formPage, error) {
	keeper := c.f.h.Keeper()
	return formPage{
		Head: c.t("web.instruction.title"), Intro: c.t("web.instruction.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/mandates"), c.t("web.mandates.title")}},
		Groups: []group{{Fields: []field{
			choose("holder", c.t("web.instruction.holder"), "", true, chosen(c.people(append([]record.Name{keeper}, c.everybody(keeper)...), ""), v, "holder", string(keeper))...),
			area("text", c.t("web.instruction.text"), c.t("web.instruction.text-hint"), v.Get("text"), true),
		}}},
	}, nil
}

func readInstruction(_ *call, _ record.Seen, v url.Values) (intent, error) {
	b := record.Instruction{Holder: nameOf(v, "holder"), Text: lf(v.Get("text"))}
	if strings.TrimSpace(b.Text) == "" {
		return intent{}, nothingSaid()
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: b}}}, nil
}

// ruleForm shows the caucus rule and changes it.
func ruleForm() form { return form{path: "/rule", build: buildRule, read: readRule} }

const (
	ruleAsk    = "ask-first"
	ruleMarked = "unless-marked"
)

// rule gives the caucus rule in force and the entry that set it; the zero Seen
// where nobody set one and the default holds.
func (c *call) rule() (value string, set record.Seen) {
	value = ruleAsk
	for _, it := range c.all.Items() {
		if b, ok := it.Body.(record.Rule); ok && it.By == c.f.h.Keeper() {
			value, set = ruleAsk, it
			if b.PassUnlessMarked {
				value = ruleMarked
			}
		}
	}
	return value, set
}

func buildRule(c *call, _ record.Seen, v url.Values) (formPage, error) {
	value, set := c.rule()
	n := notice{Kind: c.t("web.rule." + value), Text: c.t("web.rule.default")}
	if !set.ID.IsZero() {
		n.Text = c.t("web.rule.since", "When", c.f.book.Instant(set.When()))
		n.Links = []link{{c.entryHref("e", set.ID), c.t("web.rule.entry")}}
	}
	return formPage{
		Head: c.t("web.rule.title"), Intro: c.t("web.rule.intro"), Notices: []notice{n}, Submit: c.t("web.form.look"),
		Also: []link{{c.href("/lines"), c.t("web.nav.lines")}},
		Groups: []group{{Fields: []field{radios("rule", c.t("web.rule.from-now"), "", chosen([]option{
			{Value: ruleAsk, Text: c.t("web.rule." + ruleAsk), Hint: c.t("web.rule.ask-first-hint")},
			{Value: ruleMarked, Text: c.t("web.rule." + ruleMarked), Hint: c.t("web.rule.unless-marked-hint")},
		}, v, "rule", value)...)}}},
	}, nil
}

func readRule(c *call, _ record.Seen, v url.Values) (intent, error) {
	want := one(v, "rule")
	if want != ruleAsk && want != ruleMarked {
		return intent{}, fault.New(fault.Malformed, "web.no-rule", "choose one of the two", "it does not say which rule")
	}
	if now, _ := c.rule(); now == want {
		return intent{}, fault.New(fault.Refused, "web.same-rule", "choose the other, or leave it", "that is the rule already")
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: record.Rule{PassUnlessMarked: want == ruleMarked}}}}, nil
}
