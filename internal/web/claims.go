package web

import (
	"net/http"
	"unicode"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// besideView is what else is known of an entry.
type besideView struct {
	Wordings []wordingView
	Disputes []disputeView
	Notices  []notice
	Advice   []fact
}

// wordingView is a comparison of two texts, word by word.
type wordingView struct {
	Head string
	Href string
	Dir  string // of the text, since a text in pieces cannot tell by itself
	Runs []view.Run
}

type disputeView struct {
	Head   string
	Claims []link
}

// beside gives what an entry's words can be held against, who denies it, what
// corroborates it, and what a package leaves open.
func (c *call) beside(it record.Seen) besideView {
	v, book := c.view, c.f.book
	var b besideView
	for _, w := range v.Compared(it.ID) {
		head := c.t("web.beside.wording", "Left", c.headAt(w.Left), "Right", c.headAt(w.Right))
		b.Wordings = append(b.Wordings, wordingView{Head: head, Dir: direction(w.Runs), Runs: w.Runs})
	}
	for _, d := range v.DisputeOfEntry(it.ID) {
		if d.Disputed {
			b.Disputes = append(b.Disputes, c.disputeView(d))
		}
	}
	for _, k := range v.CorroborationsOf(it.ID) {
		b.Notices = append(b.Notices, notice{Tone: "good", Kind: c.t("web.beside.corroborated"), Text: book.Corroboration(v, k),
			Links: []link{{c.entryHref("e", k.First), c.headAt(k.First)}, {c.entryHref("e", k.Second), c.headAt(k.Second)}}})
	}
	if pk, ok := it.Body.(accord.Package); ok {
		b.Advice = c.advice(pk.Hash())
	}
	return b
}

func (c *call) headAt(id keys.ID) string {
	if it, ok := c.all.Get(id); ok {
		return c.head(it.Entry)
	}
	return ""
}

// advice gives what a package leaves open; nothing where it leaves nothing.
func (c *call) advice(h keys.Hash) []fact { return c.adviceOf(c.view.AdviceOn(h)) }

// adviceOn gives it for packages that are about to be proposed, and for what
// somebody is about to accept or to put forward.
func (c *call) adviceOn(drafts []record.Entry) (out []fact) {
	for _, e := range drafts {
		switch b := e.Body.(type) {
		case accord.Package:
			out = append(out, c.adviceOf(c.ledger.Completeness(b))...)
		case accord.Act:
			if b.Position == accord.Accepted || b.Position == accord.Proposed {
				out = append(out, c.advice(b.On.Hash)...)
			}
		}
	}
	return out
}

func (c *call) adviceOf(list []accord.Advice) []fact {
	var out []fact
	open := false
	for _, a := range list {
		open = open || a.Is != accord.IsStated
		out = append(out, fact{Label: c.word(a.Matter), Text: sentence(c.word(a.Is))})
	}
	if !open {
		return nil
	}
	return out
}

// direction gives the direction of the first letter that has one.
func direction(runs []view.Run) string {
	for _, r := range runs {
		for _, x := range r.Text {
			if unicode.In(x, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko) {
				return "rtl"
			}
			if unicode.IsLetter(x) {
				return "ltr"
			}
		}
	}
	return "auto"
}

// besidePage is what stands against what in the whole record.
type besidePage struct {
	Disputes     []disputeView
	Corrected    []wordingView
	More         string
	Corroborated []disputeView
}

// maxBeside bounds each list of the page; the command line gives them whole.
const maxBeside = 100

func (c *call) besideAll(w http.ResponseWriter, _ *http.Request) error {
	v, book := c.view, c.f.book
	var p besidePage
	cut := func(n int) int {
		if n > maxBeside {
			p.More = c.t("web.beside.more")
		}
		return max(0, n-maxBeside)
	}
	disputes := v.Disputes()
	for _, d := range disputes[cut(len(disputes)):] {
		p.Disputes = append(p.Disputes, c.disputeView(d))
	}
	fixes := v.Corrections()
	for _, k := range fixes[cut(len(fixes)):] {
		p.Corrected = append(p.Corrected, wordingView{Head: book.Corrections(v, []view.Correcting{k})[0], Href: c.entryHref("e", k.Of), Dir: direction(k.Changes), Runs: k.Changes})
	}
	pairs := v.Corroborations()
	for _, k := range pairs[cut(len(pairs)):] {
		p.Corroborated = append(p.Corroborated, disputeView{book.Corroboration(v, k), []link{{c.entryHref("e", k.First), c.headAt(k.First)}, {c.entryHref("e", k.Second), c.headAt(k.Second)}}})
	}
	c.show(w, http.StatusOK, "beside", c.t("web.beside.title"), true, p)
	return nil
}

func (c *call) disputeView(d view.Dispute) disputeView {
	out := disputeView{Head: c.f.book.Dispute(c.view, d)}
	for _, k := range d.Claims {
		out.Claims = append(out.Claims, link{c.entryHref("e", k.Entry), c.f.book.OneAccount(c.view, k)})
	}
	return out
}
