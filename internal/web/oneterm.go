package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// oneTermForm shows one term of an agreement to somebody by a file, and nothing
// of the rest. It enters the disclosure; the file is made from it.
func oneTermForm() form {
	return form{path: "/one-term", build: buildOneTerm, read: readOneTerm, reveal: revealOneTerm}
}

// provable gives the terms of which a proof can be made, of the latest
// agreements.
func (c *call) provable() []option {
	var out []option
	list := c.ledger.Packages()
	for _, pk := range list[max(0, len(list)-20):] {
		s, err := c.ledger.SignedAgreement(pk.Hash)
		if err != nil || len(s.Missing()) > 0 {
			continue
		}
		for _, t := range s.Terms {
			out = append(out, option{Value: c.f.alias.of(pk.Entry) + " " + string(t.Name), Text: c.t("web.one-term.term", "Term", c.refText(t.Ref().Ref()), "Package", c.refText(pk.Body.Ref()))})
		}
	}
	return out
}

func buildOneTerm(c *call, _ record.Seen, v url.Values) (formPage, error) {
	p := formPage{Head: c.t("web.one-term.title"), Intro: c.t("web.one-term.intro"), Submit: c.t("web.form.look"),
		Also: []link{{c.href("/verify-term"), c.t("web.verify.title")}, {c.href("/knows"), c.t("web.knows.title")}}}
	terms := c.provable()
	if len(terms) == 0 {
		p.Notices = []notice{{Tone: "care", Kind: c.t("web.one-term.none"), Text: c.t("web.one-term.none-text")}}
		return p, nil
	}
	p.Notices = []notice{{Tone: "care", Kind: c.t("web.sign.forever"), Text: c.t("web.one-term.forever")}}
	p.Groups = []group{{Fields: []field{
		choose("to", c.t("web.one-term.to"), "", true, chosen(c.people(c.anybody(), c.t("web.choose")), v, "to", "")...),
		choose("term", c.t("web.one-term.which"), "", true, chosen(append([]option{{Text: c.t("web.choose")}}, terms...), v, "term", "")...),
		checks("signed", c.t("web.one-term.signed"), c.t("web.one-term.signed-hint"), chosen(c.people(c.parties(), ""), v, "signed", "")...),
	}}}
	return p, nil
}

func readOneTerm(c *call, _ record.Seen, v url.Values) (intent, error) {
	of, term, _ := strings.Cut(one(v, "term"), " ")
	to := nameOf(v, "to")
	if of == "" || to == "" {
		return intent{}, fault.New(fault.Malformed, "web.proof-whom", "choose both", "it does not say which term is shown to whom")
	}
	it, err := c.subject(of)
	if err != nil {
		return intent{}, err
	}
	pk, ok := it.Body.(accord.Package)
	if !ok {
		return intent{}, fault.New(fault.Refused, "web.no-package", "choose one of the list", "only a term of a package is shown so")
	}
	s, err := c.ledger.SignedAgreement(pk.Hash())
	if err != nil {
		return intent{}, err
	}
	p, err := s.Prove(record.Name(term), names(v, "signed")...)
	if err != nil {
		return intent{}, err
	}
	return intent{drafts: []record.Entry{{ID: newID(), Body: circle.Showing(p, pk.Ref(), c.f.h.Keeper(), to)}}}, nil
}

// revealOneTerm shows what the file says, as whoever has it reads it, and what he
// could infer from it.
func revealOneTerm(c *call, in intent) revealed {
	d, ok := in.drafts[0].Body.(circle.Disclosure)
	p, err := d.Shown(c.ledger)
	if !ok || err != nil {
		return revealed{}
	}
	out := revealed{Head: c.t("web.one-term.says"), Lines: c.proven(p)}
	out.Notices = append([]notice{{Tone: "care", Kind: c.t("web.sign.forever"), Text: c.t("web.one-term.for", "Who", c.full(d.To))}}, c.hints(d.To, []record.Entry{{Body: p.Term}})...)
	return out
}

// proven says what the file of a proof says. It names people as the file does,
// since whoever has it has no titles for them.
func (c *call) proven(p accord.TermProof) []string {
	nobody := view.Of(record.New("reader").For("reader", record.AsOf{}), 0)
	out := c.f.book.ProvenTerm(nobody, p)
	for _, x := range p.Confirmations {
		out = append(out, c.t("web.one-term.confirmed", "Party", string(x.Party), "Words", words.HashWords(x.Public().Fingerprint())))
	}
	for _, n := range p.Named() {
		out = append(out, c.t("web.one-term.names", "Term", string(n)))
	}
	return out
}

// proofFile gives the file of a disclosure that was entered, as text.
func (c *call) proofFile(w http.ResponseWriter, r *http.Request) error {
	it, err := c.subject(r.PathValue("of"))
	if err != nil {
		return err
	}
	d, ok := it.Body.(circle.Disclosure)
	if !ok || it.By != c.f.h.Keeper() {
		return fault.New(fault.Refused, "web.no-proof", "open a disclosure by which a file was given", "this gave nobody a file")
	}
	p, err := d.Shown(c.ledger)
	if err != nil {
		return err
	}
	text, err := p.Text()
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="term.txt"`) // a folder of downloads tells no names
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if r.Method != http.MethodHead {
		_, err = w.Write([]byte(text))
	}
	return err
}

// verifyTermPage asks for the text of a proof, and for the words of the keys.
func (c *call) verifyTermPage(w http.ResponseWriter, _ *http.Request) error {
	c.showVerify(w, http.StatusOK, nil, formPage{})
	return nil
}

func (c *call) showVerify(w http.ResponseWriter, status int, v url.Values, p formPage) {
	p.Head, p.Intro, p.Action, p.Submit = c.t("web.verify.title"), c.t("web.verify.intro"), "/verify-term", c.t("web.verify.do")
	p.Quiet = true
	p.Groups = []group{{Fields: []field{
		area("file", c.t("web.verify.file"), c.t("web.verify.file-hint"), v.Get("file"), true),
		area("words", c.t("web.verify.words"), c.t("web.verify.words-hint"), v.Get("words"), false),
	}}}
	c.show(w, status, "form", p.Head, false, p)
}

// verifyTerm verifies what was pasted. It enters nothing.
func (c *call) verifyTerm(w http.ResponseWriter, r *http.Request) error {
	p, err := accord.ReadTermProof([]byte(lf(r.PostForm.Get("file"))))
	known := map[record.Name]string{}
	if err == nil {
		known, err = typedWords(r.PostForm.Get("words"), p)
	}
	if err != nil {
		n := c.faultNotice(err)
		n.Kind = c.t("web.verify.bad")
		c.showVerify(w, fault.Status(err), r.PostForm, formPage{Notices: []notice{n}})
		return nil
	}
	out := formPage{Shows: c.proven(p), ShowsHead: c.t("web.verify.says")}
	for _, x := range p.Confirmations {
		f := x.Public().Fingerprint()
		n := notice{Tone: "care", Kind: c.t("web.verify.unknown"), Text: c.t("web.verify.unknown-text", "Party", string(x.Party))}
		if typed, brought := known[x.Party]; brought {
			same, err := f.Same(typed)
			switch {
			case err != nil:
				n = c.faultNotice(err)
			case same:
				n = notice{Tone: "good", Kind: c.t("web.verify.same"), Text: c.t("web.verify.same-text", "Party", string(x.Party))}
			default:
				n = notice{Tone: "alarm", Kind: c.t("web.verify.another"), Text: c.t("web.verify.another-text", "Party", string(x.Party))}
			}
		}
		out.Notices = append(out.Notices, n)
	}
	out.Notices = append(out.Notices, notice{Kind: c.t("web.verify.rest"), Text: c.t("cli.verified-term.rest")})
	c.showVerify(w, http.StatusOK, r.PostForm, out)
	return nil
}

// typedWords reads the words of keys, one party a line: "power = twelve words".
func typedWords(s string, p accord.TermProof) (map[record.Name]string, error) {
	out := map[record.Name]string{}
	for _, line := range strings.Split(lf(s), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		party, typed, ok := strings.Cut(line, "=")
		n := record.Name(strings.TrimSpace(party))
		if !ok || !slices.ContainsFunc(p.Confirmations, func(x accord.Confirmation) bool { return x.Party == n }) || out[n] != "" {
			return nil, fault.New(fault.Malformed, "web.verify-words", "write each on a line of its own: party = its twelve words", "%q does not say whose key it is, or names nobody in the file", line)
		}
		out[n] = strings.TrimSpace(typed)
	}
	return out, nil
}
