package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"backchannel/internal/circle"
	"backchannel/internal/exchange"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

//go:embed papers/dossier.html
var dossierHTML string

// dossierStyle is all the style that a dossier has: it is printed, and opened
// without a network.
const dossierStyle = `body{font:1rem/1.5 serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}` +
	`h1,h2,h3,h4,th{font-family:sans-serif;line-height:1.25}article{border-block-start:1px solid #888;margin-block:1.5rem}` +
	`dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt,.small{color:#444;font-size:.9rem}dd{margin:0}` +
	`table{border-collapse:collapse;margin-block:1rem}th,td{border:1px solid #888;padding:.3rem .6rem;text-align:start}` +
	`code{overflow-wrap:anywhere}a{color:inherit}@media print{body{margin:0;max-width:none}section,article{break-inside:avoid}}`

// paper is a dossier in words.
type paper struct {
	Lang, Dir, Intro, StyleHash string
	Style                       template.CSS
	Facts                       []fact
	Accounts                    []paperAccount
	Heads                       []string
	People, Paths               []paperRow
	Entries                     []paperEntry
}

type paperAccount struct {
	ID     keys.ID
	Title  string
	Facts  []fact
	Claims []paperClaim
}

type paperClaim struct {
	Text, Bearing string
	Disputed      bool
	Sides         []paperSide
}

type paperSide struct {
	Label   string
	Entries []paperEntry
}

type paperRow struct {
	Who    string
	Counts []int
}

type paperEntry struct {
	ID         keys.ID
	Text, When string
}

// dossierPage asks for whom a dossier is made.
func (c *call) dossierPage(w http.ResponseWriter, _ *http.Request) error {
	c.askDossier(w, nil, nil)
	return nil
}

func (c *call) askDossier(w http.ResponseWriter, v url.Values, wrong error) {
	p := formPage{Head: c.t("web.dossier.title"), Intro: c.t("web.dossier.intro"), Action: "/dossier", Submit: c.t("web.dossier.submit"), Quiet: true,
		Also: []link{{c.href("/accounts"), c.t("web.accounts.title")}}}
	status := http.StatusOK
	if wrong != nil {
		n := c.faultNotice(wrong)
		n.Kind = c.t("web.form.not-done")
		p.Notices, status = []notice{n}, fault.Status(wrong)
	}
	forms := []option{{Value: "page", Text: c.t("web.dossier.as-page")}, {Value: "json", Text: c.t("web.dossier.as-json")}}
	p.Groups = []group{
		{Fields: []field{
			choose("for", c.t("web.dossier.for"), c.t("web.dossier.for-hint"), true, chosen(c.people(append(c.anybody(), c.f.h.Keeper()), c.t("web.choose")), v, "for", "")...),
			radios("as", c.t("web.dossier.as"), "", chosen(forms, v, "as", "page")...),
		}},
		{Head: c.t("web.form.more"), Folded: v.Get("stood")+v.Get("knew") == "", Fields: []field{
			when("stood", c.t("web.asof.stood-label"), c.t("web.asof.stood-hint"), v.Get("stood")),
			when("knew", c.t("web.asof.knew-label"), c.t("web.asof.knew-hint"), v.Get("knew")),
		}},
	}
	c.show(w, status, "form", p.Head, false, p)
}

// dossier gives the document. It changes nothing and sends nothing.
func (c *call) dossier(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	name, kind, raw, err := c.makeDossier(v)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			return err
		}
		c.askDossier(w, v, err)
		return nil
	}
	c.end() // whoever reads slowly keeps nobody waiting
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`) // a folder of downloads tells no names
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	_, err = w.Write(raw)
	return err
}

func (c *call) makeDossier(v url.Values) (name, kind string, raw []byte, err error) {
	who := nameOf(v, "for")
	if who == "" {
		return "", "", nil, fault.New(fault.Malformed, "web.dossier-whom", "choose whose it is to be", "it does not say for whom it is")
	}
	at, err := asOfIn(v)
	if err != nil {
		return "", "", nil, err
	}
	of := view.Of(c.rec.For(who, at), c.now)
	d, err := exchange.MakeDossier(of)
	if err != nil {
		return "", "", nil, err
	}
	if one(v, "as") == "json" {
		raw, err = d.JSON()
		return "accounts.json", "application/json", raw, err
	}
	raw, err = Dossier(c.f.book, of, d)
	return "accounts.html", "text/html; charset=utf-8", raw, err
}

// Dossier writes a dossier for people to read and print: one file, without
// script, that loads nothing. The view is the reader's, and so are the words.
func Dossier(b *words.Book, v *view.View, d exchange.Dossier) ([]byte, error) {
	hash := sha256.Sum256([]byte(dossierStyle))
	p := paper{Lang: b.Lang(), Dir: b.Dir(), Style: dossierStyle, Intro: b.T("dossier.intro", "Reader", b.Name(v, d.Reader)),
		StyleHash: "sha256-" + base64.StdEncoding.EncodeToString(hash[:])}
	p.Facts = []fact{{Label: b.T("dossier.for"), Text: capital(b.Name(v, d.Reader))}, {Label: b.T("dossier.from"), Text: capital(b.Name(v, d.Keeper))},
		{Label: b.T("dossier.made"), Text: b.Instant(v.Now())}}
	w := papering{b, v}
	for _, a := range v.Accounts() {
		p.Accounts = append(p.Accounts, w.account(a))
	}
	for _, part := range []circle.Part{circle.Spoke, circle.Carried, circle.Proposed, circle.Accepted} {
		p.Heads = append(p.Heads, capital(b.Word(part)))
	}
	p.Heads = append(p.Heads, capital(b.T("web.accounts.reported")))
	for _, x := range d.People {
		p.People = append(p.People, paperRow{capital(b.Name(v, x.Who)), []int{len(x.Spoke), len(x.Carried), len(x.Proposed), len(x.Accepted), len(x.Reported)}})
	}
	for _, c := range d.Paths {
		who := b.T("dossier.no-hand")
		if c.Path != "" {
			who = b.Name(v, c.Path)
		}
		p.Paths = append(p.Paths, paperRow{capital(who), []int{c.Messages}})
	}
	for _, e := range d.Entries {
		if e.Kind != circle.KindAccount { // these stand above
			p.Entries = append(p.Entries, w.entry(e.ID))
		}
	}
	t, err := template.New("dossier").Funcs(template.FuncMap{"t": func(id string) string { return b.T(id) }}).Parse(dossierHTML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "web.dossier", "", "the dossier is not written")
	}
	return []byte(words.Straight(out.String())), nil
}

// papering says a dossier's entries and claims in the words of a book.
type papering struct {
	b *words.Book
	v *view.View
}

func (w papering) entry(id keys.ID) paperEntry {
	it, ok := w.v.Projection().Get(id)
	if !ok {
		return paperEntry{ID: id}
	}
	said := it.Said
	if said.IsZero() {
		said = record.Moment(it.At)
	}
	return paperEntry{ID: id, Text: w.b.Entry(w.v, it.Entry), When: w.b.Interval(said)}
}

func (w papering) account(a view.AccountView) paperAccount {
	s := a.Account.Source
	out := paperAccount{ID: a.Entry, Title: capital(w.b.Source(w.v, s))}
	add := func(id, text string) {
		if text != "" {
			out.Facts = append(out.Facts, fact{Label: w.b.T(id), Text: text})
		}
	}
	if a.Account.Declined {
		out.Facts = append(out.Facts, fact{Label: w.b.T("fact.declined"), Text: w.b.T("value.yes")})
	}
	add("web.account.words", a.Account.Text)
	add("fact.appeared", a.Account.Where)
	if s.Name != "" {
		add("web.account.role", s.Role)
	}
	if s.Of != "" {
		add("fact.source-of", capital(w.b.Name(w.v, s.Of)))
	}
	if s.Knowledge != "" {
		add("web.account.knowledge", capital(w.b.Word(s.Knowledge)))
	}
	add("web.circle.when", w.b.Interval(a.When.Said))
	add("web.entry.by", capital(w.b.Name(w.v, a.By)))
	for _, h := range a.Held {
		c := paperClaim{Text: capital(w.b.Claim(w.v, h.Claim)), Bearing: capital(w.b.T("value." + string(h.Bearing))), Disputed: len(h.Rivals) > 0}
		if h.Claim.Part.Weighs() {
			c.Bearing = w.b.T("web.account.weighs")
		}
		for _, side := range []struct {
			label string
			ids   []keys.ID
		}{{"fact.speaks-for", h.For}, {"fact.speaks-against", h.Against}, {"fact.reports", h.Reports}, {"fact.beside-it", h.Beside}, {"fact.rival", h.Rivals}} {
			if len(side.ids) == 0 {
				continue
			}
			list := paperSide{Label: w.b.T(side.label)}
			for _, id := range side.ids {
				list.Entries = append(list.Entries, w.entry(id))
			}
			c.Sides = append(c.Sides, list)
		}
		out.Claims = append(out.Claims, c)
	}
	return out
}
