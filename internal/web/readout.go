package web

import (
	"net/url"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/record"
)

// readOutForm passes something on by voice. It is the form for carrying with
// the voice chosen: the same rules hold, and the second step is the card to
// read from.
func readOutForm() form {
	fm := carryForm()
	fm.path = "/read-out"
	build := fm.build
	fm.build = func(c *call, of record.Seen, v url.Values) (formPage, error) {
		if v == nil {
			v = url.Values{"how": {string(record.Call)}}
		}
		p, err := build(c, of, v)
		for g := range p.Groups {
			for i, f := range p.Groups[g].Fields {
				if f.Name == "how" {
					p.Groups[g].Fields[i].Options = slices.DeleteFunc(f.Options, func(o option) bool { return o.Value != string(record.Call) && o.Value != string(record.Meeting) })
				}
			}
		}
		p.Head, p.Intro, p.Submit = c.t("web.read-out.title"), c.t("web.read-out.intro"), c.t("web.read-out.show")
		return p, err
	}
	return fm
}

// cardView is what may be said to one person, and nothing besides.
type cardView struct {
	Say    string // what is done with it: said to somebody, or handed over
	To     string
	How    string // by which means, in words
	Whose  string // who stands behind the words
	Text   said
	Points []fact // of a text or an act
	Never  string // what must not be said with it

	head, done string // of the page, and of its button
}

// card gives the card to read from, where a plan passes something on by hand.
func (c *call) card(in intent, plan convey.Plan) *cardView {
	o := in.order
	if o == nil || o.Form == "" || o.Disclosure != nil {
		return nil
	}
	src, ok := c.all.Get(o.Of)
	i := slices.IndexFunc(plan.Entries, func(e record.Entry) bool {
		return e.Body.Kind() == src.Body.Kind() || e.Body.Kind() == record.KindMessage
	})
	if !ok || i < 0 {
		return nil
	}
	e := plan.Entries[i]
	v := cardView{To: c.full(o.To), How: c.word(o.Form)}
	if o.Form == record.Call || o.Form == record.Meeting || o.Form == record.VoiceNote {
		v.Say, v.head, v.done = c.t("web.read-out.say"), c.t("web.read-out.head"), c.t("web.read-out.done")
	} else {
		v.Say, v.head, v.done = c.t("web.read-out.give"), c.t("web.read-out.head-give"), c.t("web.read-out.given")
	}
	switch b := e.Body.(type) {
	case record.Message:
		v.Text = said{Text: b.Text, Lang: b.Lang}
		v.Whose = c.t("web.read-out.as-"+string(b.Fidelity), "Whose", c.within(b.From))
		switch b.Attribution {
		case record.NotForAttr, record.NonPaper:
			v.Whose = c.t("web.read-out.unnamed", "How", c.word(b.Fidelity))
			v.Never = c.t("web.read-out.never-who", "Who", c.within(b.From))
		}
	case accord.Act:
		v.Whose, v.Text = c.t("web.read-out.as-verbatim", "Whose", c.within(b.Party)), said{Text: c.head(e)}
		if pk, ok := c.ledger.Package(b.On.Hash); ok {
			v.Points = c.packageFacts(c.f.book, pk.Body)
		} else if t, ok := c.ledger.Term(b.On.Hash); ok {
			v.Points = c.termFacts(c.f.book, t.Body)
		}
	case accord.Package:
		v.Text, v.Points = said{Text: c.head(e)}, c.packageFacts(c.f.book, b)
	case accord.Term:
		v.Text, v.Points = said{Text: c.head(e)}, c.termFacts(c.f.book, b)
	default:
		v.Text = said{Text: c.head(e)}
	}
	return &v
}

// repeated asks whether what was said by voice was repeated back: by whom the
// keeper said it to, or by the keeper where somebody told it him.
func (c *call) repeated(it record.Seen) []notice {
	m, ok := it.Body.(record.Message)
	if !ok || it.By != c.f.h.Keeper() || m.Form != record.Call && m.Form != record.Meeting {
		return nil
	}
	id := "web.read-out.repeat"
	if m.From != it.By && (m.To == it.By || it.HeardFrom == m.From && !slices.Contains(m.Via, it.By)) {
		id = "web.read-out.repeat-own"
	}
	return []notice{{Tone: "care", Kind: c.t(id), Text: c.t(id + "-text"), Links: []link{{c.entryHref("readback", it.ID), c.t("web.do.readback")}}}}
}
