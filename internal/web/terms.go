package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// ranges reads "70-90 days", or a list of such with commas.
func ranges(s string) ([]accord.Range, error) {
	var out []accord.Range
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		bad := fault.New(fault.Malformed, "accord.range", "write it as in 70-90 days", "%q is not a quantity", part)
		digits, unit, ok := strings.Cut(part, " ")
		digits = record.Digits(digits)
		lo, hi, both := strings.Cut(strings.ReplaceAll(digits, "–", "-"), "-")
		if !both {
			hi = lo
		}
		least, err1 := strconv.ParseInt(lo, 10, 64)
		most, err2 := strconv.ParseInt(hi, 10, 64)
		if !ok || err1 != nil || err2 != nil {
			return nil, bad
		}
		out = append(out, accord.Range{Min: least, Max: most, Unit: strings.TrimSpace(unit)})
	}
	return out, nil
}

func rangeText(r accord.Range) string {
	s := strconv.FormatInt(r.Min, 10)
	if r.Max != r.Min {
		s += "-" + strconv.FormatInt(r.Max, 10)
	}
	return s + " " + r.Unit
}

// proposeForm makes a package of terms and puts it to somebody.
func proposeForm(about bool) form {
	f := form{path: "/propose", build: buildPropose, read: readPropose}
	if about {
		f.path, f.about = "/propose/edit", true
	}
	return f
}

func buildPropose(c *call, of record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.propose.title"), Intro: c.t("web.propose.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/term"), c.t("web.term.title")}}}
	if old, ok := of.Body.(accord.Package); ok {
		about := c.aboutView(of)
		p.Head, p.About = c.t("web.propose.edit-title"), &about
		if v == nil {
			v = url.Values{"name": {string(old.Name)}, "text": {old.Text}, "receipt": {string(old.ReceiptBy)}}
			if old.Parts {
				v.Set("parts", "yes")
			}
			for _, t := range old.Terms {
				if tv, ok := c.ledger.Term(t.Hash); ok {
					v.Add("terms", c.f.alias.of(tv.Entry))
				}
			}
			for _, n := range old.Needs {
				v.Add("needs", string(n))
			}
		}
	}
	var terms []option
	for _, t := range c.ledger.Terms() {
		terms = append(terms, option{Value: c.f.alias.of(t.Entry), Text: c.termTitle(t.Body), Hint: c.termText(t.Body)})
	}
	if len(terms) == 0 {
		p.Notices = []notice{{Tone: "care", Text: c.t("web.propose.no-terms"), Links: p.Also}}
	}
	voice := c.ledger.Voice(c.f.h.Keeper())
	as := append(c.people(voice, ""), option{Value: "", Text: c.t("web.propose.nobody"), Hint: c.t("web.propose.nobody-hint")})
	p.Groups = []group{{Fields: []field{
		text("name", c.t("web.propose.name"), c.t("web.name-hint"), v.Get("name"), true),
		checks("terms", c.t("web.propose.terms"), c.t("web.propose.terms-hint"), chosen(terms, v, "terms", "")...),
		checks("needs", c.t("web.propose.needs"), c.t("web.propose.needs-hint"), chosen(c.people(c.parties(), ""), v, "needs", "")...),
		area("text", c.t("web.propose.text"), "", v.Get("text"), false),
		checks("parts", c.t("web.propose.parts"), c.t("web.propose.parts-hint"), chosen([]option{{Value: "yes", Text: c.t("web.propose.parts-yes")}}, v, "parts", "")...),
		when("lapses", c.t("web.propose.lapses"), c.t("web.utc"), v.Get("lapses")),
		choose("receipt", c.t("web.propose.receipt"), c.t("web.propose.receipt-hint"), false, chosen(c.people(besides(append(c.persons(), c.parties()...), v, "receipt"), c.t("web.none-chosen")), v, "receipt", "")...),
	}}, {Head: c.t("web.propose.who"), Fields: []field{
		radios("as", c.t("web.propose.as"), "", chosen(as, v, "as", as[0].Value)...),
		radios("position", c.t("web.propose.position"), "", chosen([]option{
			{Value: string(accord.Proposed), Text: c.t("web.act-name." + string(accord.Proposed)), Hint: c.t("web.act.proposed-hint")},
			{Value: string(accord.Floated), Text: c.t("web.act-name." + string(accord.Floated)), Hint: c.t("web.act.floated-hint")},
		}, v, "position", string(accord.Proposed))...),
		checks("to", c.t("web.act.to"), c.t("web.propose.to-hint"), chosen(c.people(c.reachable(), ""), v, "to", "")...),
	}}}
	return p, nil
}

func readPropose(c *call, _ record.Seen, v url.Values) (intent, error) {
	pk := accord.Package{Name: nameOf(v, "name"), Needs: names(v, "needs"), Text: lf(v.Get("text")), Salt: newID(),
		Parts: one(v, "parts") == "yes", ReceiptBy: nameOf(v, "receipt")}
	for _, other := range c.ledger.Packages() {
		if other.Body.Name == pk.Name {
			pk.Version = max(pk.Version, other.Body.Version)
		}
	}
	pk.Version++
	var err error
	if pk.Lapses, err = instant(v, "lapses"); err != nil {
		return intent{}, inField("lapses", err)
	}
	to := names(v, "to")
	in := intent{}
	for _, alias := range v["terms"] {
		seen, err := c.subject(alias)
		if err != nil {
			return intent{}, err
		}
		t, ok := seen.Body.(accord.Term)
		if !ok {
			return intent{}, fault.New(fault.Malformed, "web.no-term", "choose terms", "one of these is not a term")
		}
		pk.Terms = append(pk.Terms, t.Ref())
		if missing := c.without(t.Hash(), to); len(missing) > 0 {
			e := record.Entry{ID: newID(), Audience: missing, Body: t}
			if seen.By != c.f.h.Keeper() {
				e.SaidBy, e.HeardFrom = seen.Speaker(), seen.By
			}
			in.drafts = append(in.drafts, e)
		}
	}
	in.drafts = append(in.drafts, record.Entry{ID: newID(), Audience: to, Body: pk})
	if as := nameOf(v, "as"); as != "" {
		if !slices.Contains(c.ledger.Voice(c.f.h.Keeper()), as) {
			return intent{}, fault.New(fault.Refused, "web.no-voice", "log it as a report, if they told you so", "you do not speak for %s", as)
		}
		act := accord.Act{Party: as, Position: accord.Position(one(v, "position")), On: pk.Ref()}
		in.drafts = append(in.drafts, record.Entry{ID: newID(), Audience: to, About: []record.Ref{pk.Ref()}, Body: act})
	}
	return in, nil
}

// without gives those among to who were not given the text of that hash.
func (c *call) without(h keys.Hash, to []record.Name) []record.Name {
	var out []record.Name
	for _, n := range to {
		has := false
		for _, it := range c.rec.Known() {
			has = has || isTextOf(it.Body, h) && c.rec.GivenTo(it, n)
		}
		if !has {
			out = append(out, n)
		}
	}
	return out
}

func isTextOf(b record.Body, h keys.Hash) bool {
	switch b := b.(type) {
	case accord.Package:
		return b.Hash() == h
	case accord.Term:
		return b.Hash() == h
	}
	return false
}

func (c *call) termNames() []record.Name {
	var out []record.Name
	for _, t := range c.ledger.Terms() {
		if !slices.Contains(out, t.Body.Name) {
			out = append(out, t.Body.Name)
		}
	}
	return out
}

// termsPage lists every version of every text.
type termsPage struct {
	Packages []entryView
	Terms    []entryView
	Do       []link
}

func (c *call) terms(w http.ResponseWriter, _ *http.Request) error {
	p := termsPage{Do: []link{{c.href("/term"), c.t("web.term.title")}, {c.href("/propose"), c.t("web.propose.title")}, {c.href("/drafts"), c.t("web.drafts.title")}}}
	for _, pk := range slices.Backward(c.ledger.Packages()) {
		if it, ok := c.all.Get(pk.Entry); ok {
			p.Packages = append(p.Packages, c.entryView(it, true))
		}
	}
	for _, t := range slices.Backward(c.ledger.Terms()) {
		if it, ok := c.all.Get(t.Entry); ok {
			p.Terms = append(p.Terms, c.entryView(it, true))
		}
	}
	c.show(w, http.StatusOK, "terms", c.t("web.nav.terms"), true, p)
	return nil
}
