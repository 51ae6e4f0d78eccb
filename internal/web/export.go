package web

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	papers "backchannel/internal/paper"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// exportPath is where a paper for one reader is ordered, looked at and taken.
const exportPath = "/export"

// exportPage is the second step of a paper: what is in it, word for word, for
// whom, and as what it will come.
type exportPage struct {
	To     string
	Given  string // how much he was given
	As     string
	Own    bool // the keeper's own, which holds everything
	Print  bool // it opens here, to be printed
	Lang   string
	Dir    string
	Doc    papers.Document
	Starts []int
	More   string // what follows that is not shown
	Token  string
}

// mostShown is how many pieces of a paper its preview shows, so that the page
// stays small where the record is long.
const mostShown = 400

// ordered is a paper that was asked for, as a form said it.
type ordered struct {
	papers.Order
	who  record.Name
	at   record.AsOf
	lang string
	as   string // "page" to print here, "file" or "word"
}

// exports asks for whom a paper is made, and what is on it.
func (c *call) exports(w http.ResponseWriter, _ *http.Request) error {
	c.askExport(w, nil, nil)
	return nil
}

func (c *call) askExport(w http.ResponseWriter, v url.Values, wrong error) {
	p := formPage{Head: c.t("web.export.title"), Intro: c.t("web.export.intro"), Action: exportPath, Submit: c.t("web.export.look"), Quiet: true,
		Also: []link{{c.href("/dossier"), c.t("web.dossier.title")}}}
	status := http.StatusOK
	if wrong != nil {
		n := c.faultNotice(wrong)
		n.Kind = c.t("web.form.not-done")
		p.Notices, status = []notice{n}, fault.Status(wrong)
	}
	texts := []option{{Value: "", Text: c.t("web.export.no-text")}}
	for _, pk := range c.ledger.Packages() {
		texts = append(texts, option{Value: c.f.alias.of(pk.Entry), Text: c.refText(pk.Body.Ref())})
	}
	var langs []option
	for _, l := range words.Languages() {
		langs = append(langs, option{Value: l, Text: words.Autonym(l)})
	}
	p.Groups = []group{
		{Fields: []field{
			radios("for", c.t("web.export.for"), c.t("web.export.for-hint"), chosen(c.readers(), v, "for", "")...),
			radios("what", c.t("web.export.what"), "", chosen(choices(c, "web.export.what.", papers.Stand, papers.Text, papers.Sheet, papers.Record, papers.Whole), v, "what", string(papers.Stand))...),
			choose("on", c.t("web.export.on"), c.t("web.export.on-hint"), false, chosen(texts, v, "on", "")...),
			radios("as", c.t("web.export.as"), "", chosen(choices(c, "web.export.as.", "page", "file", "word"), v, "as", "page")...),
			choose("lang", c.t("web.export.lang"), "", true, chosen(langs, v, "lang", c.f.book.Lang())...),
		}},
		{Head: c.t("web.form.more"), Folded: v.Get("stood")+v.Get("knew") == "", Fields: []field{
			when("stood", c.t("web.asof.stood-label"), c.t("web.asof.stood-hint"), v.Get("stood")),
			when("knew", c.t("web.asof.knew-label"), c.t("web.asof.knew-hint"), v.Get("knew")),
		}},
	}
	c.show(w, status, "form", p.Head, false, p)
}

// choices gives options with a hint each, from the catalogue.
func choices[T ~string](c *call, under string, list ...T) []option {
	var out []option
	for _, k := range list {
		out = append(out, option{Value: string(k), Text: c.t(under + string(k)), Hint: c.t(under + string(k) + "-hint")})
	}
	return out
}

// readers gives everybody for whom a paper can be made, named in full, with how
// much of the record each was given. Whoever was given nothing is not offered.
func (c *call) readers() []option {
	keeper := c.f.h.Keeper()
	list := c.anybody()
	given := make([]int, len(list))
	for i := range c.rec.Len() {
		it := c.rec.At(i)
		for k, n := range list {
			if c.rec.GivenTo(*it, n) {
				given[k]++
			}
		}
	}
	var out []option
	for k, n := range list {
		if n != keeper && given[k] > 0 {
			out = append(out, option{Value: string(n), Text: c.full(n), Hint: c.t("web.export.given", "N", given[k])})
		}
	}
	return append(out, option{Value: string(keeper), Text: c.full(keeper), Hint: c.t("web.export.own", "N", c.rec.Len())})
}

// export shows what the paper holds. It changes nothing and sends nothing.
func (c *call) export(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	v.Set("made", strconv.FormatInt(int64(c.now), 10))
	return c.lookExport(w, v)
}

func (c *call) lookExport(w http.ResponseWriter, v url.Values) error {
	o, d, raw, err := c.makePaper(v)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			return err
		}
		c.askExport(w, v, err)
		return nil
	}
	p := exportPage{
		To: c.full(o.who), Given: c.t("web.export.given", "N", c.rec.For(o.who, o.at).Len()), As: c.t("web.export.as." + o.as), Own: o.who == c.f.h.Keeper(),
		Print: o.as == "page", Lang: d.Lang, Dir: "ltr", Doc: d, Starts: d.Starts(),
		Token: c.f.table.put(&pending{owner: c.s, path: exportPath, form: v, shown: sha256.Sum256(raw)}),
	}
	if d.RTL {
		p.Dir = "rtl"
	}
	if n := len(d.Blocks); n > mostShown {
		p.Doc.Blocks, p.More = d.Blocks[:mostShown], c.t("web.export.more", "N", n-mostShown)
	}
	c.show(w, http.StatusOK, "export", c.t("web.export.title"), false, p)
	return nil
}

// takeExport is the second click: it gives the paper that was shown, or shows
// it again if it would be another by now.
func (c *call) takeExport(w http.ResponseWriter, r *http.Request) error {
	p, err := c.f.table.take(c.s, r.PostForm.Get("confirm"))
	if err != nil {
		return err
	}
	if p.path != exportPath {
		return fault.New(fault.Malformed, "web.form", "open the page again, and fill in the form there", "this form did not come from this desk's page")
	}
	c.path = exportPath
	if r.PostForm.Get("go") == "back" {
		c.askExport(w, p.form, nil)
		return nil
	}
	o, _, raw, err := c.makePaper(p.form)
	if err != nil {
		return err
	}
	if sha256.Sum256(raw) != p.shown {
		return c.lookExport(w, p.form)
	}
	c.end() // whoever reads slowly keeps nobody waiting
	h := w.Header()
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	switch o.as { // a folder of downloads tells no names
	case "word":
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
		h.Set("Content-Disposition", `attachment; filename="paper.docx"`)
	case "file":
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="paper.html"`)
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", papers.Policy()+"; frame-ancestors 'none'")
	}
	_, err = w.Write(raw)
	return err
}

// makePaper makes the paper that a form asks for. It is made of what its reader
// was given alone: nothing else of the desk is in reach here (law 5).
func (c *call) makePaper(v url.Values) (ordered, papers.Document, []byte, error) {
	o, err := c.orderedPaper(v)
	if err != nil {
		return o, papers.Document{}, nil, err
	}
	of := view.Of(c.rec.For(o.who, o.at), c.now)
	d, err := papers.Make(words.Open(o.lang).Shown(c.f.book.Look()), of, o.Order)
	if err != nil {
		return o, d, nil, err
	}
	write := d.HTML
	if o.as == "word" {
		write = d.Word
	}
	raw, err := write()
	return o, d, raw, err
}

func (c *call) orderedPaper(v url.Values) (ordered, error) {
	o := ordered{who: nameOf(v, "for"), lang: one(v, "lang"), as: one(v, "as")}
	o.Kind = papers.Kind(one(v, "what"))
	if o.who != c.f.h.Keeper() && !slices.Contains(c.anybody(), o.who) {
		return o, fault.New(fault.Malformed, "web.export-whom", "choose whose it is to be", "it does not say for whom it is")
	}
	if !slices.Contains(words.Languages(), o.lang) {
		o.lang = c.f.book.Lang()
	}
	if o.as != "word" && o.as != "file" {
		o.as = "page"
	}
	var err error
	if o.at, err = asOfIn(v); err != nil {
		return o, err
	}
	made, err := strconv.ParseInt(v.Get("made"), 10, 64)
	if err != nil {
		return o, fault.New(fault.Malformed, "web.form", "open the page again, and fill in the form there", "this form did not come from this desk's page")
	}
	o.Now = record.Instant(made)
	if o.Kind != papers.Text && o.Kind != papers.Sheet {
		return o, nil
	}
	on, err := c.subject(one(v, "on"))
	if err != nil || hashOf(on.Body) == (keys.Hash{}) {
		return o, fault.New(fault.Malformed, "web.export-on", "choose the text", "it does not say which text")
	}
	o.On = record.Ref{Hash: hashOf(on.Body)}
	return o, nil
}
