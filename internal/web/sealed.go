package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/pouch"
	"backchannel/internal/record"
)

// sealedView is the page of what passes under seal between two parties: pouches
// and their keys, bona fides, foretold signs, sealed yes.
type sealedView struct {
	Notices []notice
	Said    string // what was in a pouch
	Made    *madeView
	Words   []string
	Peers   []heldView
	Signs   []string // of one's own, not opened yet
	Open    []string
	Forms   []sealedPart
	Choose  []option
}

// madeView is a text that is to be sent, and to whom. It is shown once.
type madeView struct {
	Text, To string
	Through  field
}

type heldView struct {
	Name, State, Tone string
	Keys              []string
}

// sealedPart is one form of the page.
type sealedPart struct {
	ID, Head, Intro, Action, Submit, Drop string

	Fields []field
	More   []field // for some texts alone
	Open   bool    // they are asked for
}

func (c *call) sealedPage(w http.ResponseWriter, r *http.Request) error {
	v := url.Values{}
	if alias := r.PathValue("of"); alias != "" {
		it, err := c.subject(alias)
		if err != nil {
			return err
		}
		if m, ok := it.Body.(record.Message); ok {
			v.Set("take-text", m.Text)
			v.Set("take-from", string(m.From))
			v.Set("take-by", string(it.Came.Over()))
			v.Set("take-of", alias)
		}
	}
	return c.showSealed(w, http.StatusOK, v, sealedView{})
}

// showSealed shows the page with what came of a step.
func (c *call) showSealed(w http.ResponseWriter, status int, v url.Values, p sealedView) error {
	own, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchKey})
	if err != nil {
		return err
	}
	held, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchPeers})
	if err != nil {
		return err
	}
	open, err := c.f.h.Prove(c.ctx, desk.ProofOrder{Step: desk.ProofList})
	if err != nil {
		return err
	}
	p.Words = own.Words
	for _, x := range held.Peers {
		h := heldView{Name: c.full(x.Name), State: c.t("pouch-state." + string(x.State)), Tone: keyTone(x.State)}
		for _, k := range x.Keys {
			h.Keys = append(h.Keys, c.t("cli.pouch.held", "Words", strings.Join(k.Words, " "), "By", strings.Join(k.By, "; "), "Compared", string(k.Compared)))
		}
		p.Peers = append(p.Peers, h)
	}
	for _, x := range open.Open {
		if x.What == "own-sign" {
			p.Signs = append(p.Signs, x.About)
			continue
		}
		at := ""
		if x.At != 0 {
			at = c.f.book.Instant(x.At)
		}
		p.Open = append(p.Open, c.t("proof-open."+x.What, "Peer", c.name(x.Peer), "About", x.About, "At", at, "Number", 0, "Failed", x.Failed))
	}
	p.Choose = c.people(c.counterparts(), c.t("web.choose"))
	p.Forms = []sealedPart{c.takePart(v), c.makePart(v), c.checkPart(v)}
	c.show(w, status, "sealed", c.t("web.sealed.title"), false, p)
	return nil
}

func keyTone(s pouch.State) string {
	switch s {
	case pouch.Compared, pouch.TwoWays:
		return "good"
	case pouch.Conflict:
		return "alarm"
	}
	return "care"
}

func (c *call) counterparts() []record.Name { return c.everybody(c.f.h.Keeper()) }

func (c *call) packs() []option {
	out := []option{{Text: c.t("web.none-chosen")}}
	list := c.ledger.Packages()
	for _, pk := range list[max(0, len(list)-20):] {
		out = append(out, option{Value: c.f.alias.of(pk.Entry), Text: c.refText(pk.Body.Ref())})
	}
	return out
}

func (c *call) yesNo() []option {
	return []option{{Text: c.t("web.none-chosen")}, {Value: "yes", Text: c.t("web.sealed.yes")}, {Value: "no", Text: c.t("web.sealed.no")}}
}

// hidden is a field whose content is not shown, and never filled in again.
func hidden(name, label, hint string) field {
	return field{As: "input", Type: "password", Name: name, Label: label, Hint: hint}
}

func (c *call) takePart(v url.Values) sealedPart {
	return sealedPart{
		ID: "take", Head: c.t("web.sealed.take"), Intro: c.t("web.sealed.take-intro"), Action: "/sealed/take", Submit: c.t("web.sealed.take-do"),
		Fields: []field{
			area("take-text", c.t("web.sealed.text"), "", v.Get("take-text"), true),
			choose("take-from", c.t("web.sealed.from"), "", true, chosen(c.people(c.counterparts(), c.t("web.choose")), v, "take-from", "")...),
			choose("take-by", c.t("web.sealed.by"), c.t("web.sealed.by-hint"), false, chosen(c.people(c.counterparts(), c.t("web.none-chosen")), v, "take-by", "")...),
			{As: "input", Type: "hidden", Name: "take-of", Value: v.Get("take-of")},
		},
		More: []field{
			hidden("take-secret", c.t("web.sealed.secret"), c.t("web.sealed.secret-hint")),
			choose("take-package", c.t("web.sealed.package"), "", false, chosen(c.packs(), v, "take-package", "")...),
			choose("take-answer", c.t("web.sealed.answer"), c.t("web.sealed.answer-hint"), false, c.yesNo()...),
			when("take-seen", c.t("web.sealed.seen"), c.t("web.utc"), v.Get("take-seen")),
		},
		Open: v.Get("take-text") != "",
	}
}

func (c *call) makePart(v url.Values) sealedPart {
	var what []option
	for _, x := range []string{"key", "pouch", "secret", "yes", "sign"} {
		what = append(what, option{Value: x, Text: c.t("web.sealed.make-" + x), Hint: c.t("web.sealed.make-" + x + "-hint")})
	}
	return sealedPart{
		ID: "make", Head: c.t("web.sealed.make"), Intro: c.t("web.sealed.make-intro"), Action: "/sealed/make", Submit: c.t("web.sealed.make-do"),
		Fields: []field{
			choose("make-to", c.t("web.sealed.to"), "", true, chosen(c.people(c.counterparts(), c.t("web.choose")), v, "make-to", "")...),
			radios("make-what", c.t("web.sealed.what"), "", chosen(what, v, "make-what", "key")...),
			area("make-text", c.t("web.sealed.words"), c.t("web.sealed.words-hint"), v.Get("make-text"), false),
		},
		More: []field{
			hidden("make-secret", c.t("web.sealed.secret"), c.t("web.sealed.secret-hint")),
			choose("make-package", c.t("web.sealed.package"), "", false, chosen(c.packs(), v, "make-package", "")...),
			choose("make-answer", c.t("web.sealed.answer"), c.t("web.sealed.answer-hint"), false, c.yesNo()...),
		},
	}
}

func (c *call) checkPart(v url.Values) sealedPart {
	var how []option
	for _, x := range []pouch.How{pouch.InPerson, pouch.ByVoice, pouch.BySecret, pouch.BySign} {
		how = append(how, option{Value: string(x), Text: c.t("web.sealed.how-" + string(x))})
	}
	return sealedPart{
		ID: "check", Head: c.t("web.sealed.check"), Intro: c.t("web.sealed.check-intro"), Action: "/sealed/check", Submit: c.t("web.sealed.check-do"), Drop: c.t("web.sealed.drop"),
		Fields: []field{
			choose("check-peer", c.t("web.sealed.whose"), "", true, chosen(c.people(c.counterparts(), c.t("web.choose")), v, "check-peer", "")...),
			text("check-words", c.t("web.sealed.key-words"), "", v.Get("check-words"), true),
			choose("check-how", c.t("web.sealed.how"), "", true, chosen(how, v, "check-how", string(pouch.InPerson))...),
		},
	}
}

// sealedFail shows the page again with what went wrong.
func (c *call) sealedFail(w http.ResponseWriter, v url.Values, err error) error {
	if fault.Is(err, fault.Internal) {
		return err
	}
	n := c.faultNotice(err)
	n.Kind = c.t("web.form.not-done")
	return c.showSealed(w, fault.Status(err), v, sealedView{Notices: []notice{n}})
}

func (c *call) stateNotice(s pouch.State) notice {
	return notice{Tone: keyTone(s), Text: c.t("pouch-state." + string(s))}
}

// sealedTake takes in what came, whatever it is.
func (c *call) sealedTake(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	from, text := nameOf(v, "take-from"), strings.Join(strings.Fields(v.Get("take-text")), "")
	var in record.Seen
	if alias := one(v, "take-of"); alias != "" {
		var err error
		if in, err = c.subject(alias); err != nil {
			return err
		}
	}
	switch {
	case strings.HasPrefix(text, pouch.KeyPrefix):
		by := desk.Hands(in)
		if n := nameOf(v, "take-by"); n != "" && !slices.Contains(by, n) {
			by = append(by, n)
		}
		a, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchLearn, Peer: from, By: by, Text: text})
		if err != nil {
			return c.sealedFail(w, v, err)
		}
		known := notice{Tone: "good", Text: c.t("cli.pouch.learnt", "Peer", c.name(a.Peer), "By", c.joined(by), "Words", strings.Join(a.Words, " "))}
		return c.showSealed(w, http.StatusOK, nil, sealedView{Notices: []notice{known, c.stateNotice(a.State)}})
	case strings.HasPrefix(text, pouch.Prefix):
		a, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchOpen, Text: text})
		if err == nil && !a.Again {
			_, err = c.f.h.Write(c.ctx, desk.Commit, a.Opened(c.f.h.Keeper(), in))
		}
		if err != nil {
			return c.sealedFail(w, v, err)
		}
		said := notice{Tone: "good", Text: c.t("cli.pouch.opened", "Peer", c.name(a.Peer), "Number", a.Number, "Again", a.Again, "Missed", len(a.Missed))}
		return c.showSealed(w, http.StatusOK, nil, sealedView{Notices: []notice{said, c.stateNotice(a.State)}, Said: a.Text})
	}
	o := desk.ProofOrder{Step: desk.ProofTake, Peer: from, Text: text, Secret: v.Get("take-secret")}
	if err := c.answerOf(v, "take", &o); err != nil {
		return c.sealedFail(w, v, err)
	}
	seen, err := instant(v, "take-seen")
	if err != nil {
		return c.sealedFail(w, v, err)
	}
	o.Seen = seen
	return c.proved(w, v, o)
}

// answerOf reads a yes or no to a package.
func (c *call) answerOf(v url.Values, form string, o *desk.ProofOrder) error {
	answer := one(v, form+"-answer")
	if answer == "" {
		return nil
	}
	it, err := c.subject(one(v, form+"-package"))
	if err != nil {
		return fault.New(fault.Malformed, "web.sealed-package", "choose one of the list", "it does not say to which package")
	}
	pk, ok := it.Body.(accord.Package)
	if !ok {
		return fault.New(fault.Malformed, "web.sealed-package", "choose one of the list", "it does not say to which package")
	}
	yes := answer == "yes"
	o.Package, o.Yes, o.About = pk.Hash(), &yes, string(pk.Name)+"@"+strconv.Itoa(pk.Version)
	return nil
}

// proved takes a step and shows what is known after it.
func (c *call) proved(w http.ResponseWriter, v url.Values, o desk.ProofOrder) error {
	a, err := c.f.h.Prove(c.ctx, o)
	if err != nil {
		return c.sealedFail(w, v, err)
	}
	id, tone := "prove-got."+string(a.Got), ""
	switch a.Got {
	case desk.ProofNeed, desk.ProofNeedYes:
		id, tone = "web.sealed.got-"+string(a.Got), "care"
	case desk.ProofOpened:
		if a.Send == "" {
			id, tone = "web.sealed.got-opened", "care"
		}
	case desk.ProofSame, desk.ProofSeen, desk.ProofBothYes:
		tone = "good"
	case desk.ProofOther, desk.ProofNotBoth:
		tone = "care"
	}
	told := c.t(id, "Peer", c.name(o.Peer), "About", a.About, "Sign", a.Sign, "Words", strings.Join(a.Words, " "))
	p := sealedView{Notices: []notice{{Tone: tone, Text: told}}}
	if o.Yes != nil && a.State == pouch.OneWay {
		p.Notices = append(p.Notices, notice{Tone: "care", Text: c.t("prove-got.one-way")})
	}
	if a.State == pouch.Conflict {
		p.Notices = append(p.Notices, c.stateNotice(a.State))
	}
	if a.Failed > 0 {
		p.Notices = append(p.Notices, notice{Tone: "care", Text: c.t("prove-got.failed", "Peer", c.name(o.Peer), "Count", a.Failed)})
	}
	switch a.Got {
	case desk.ProofSame, desk.ProofOther, desk.ProofBothYes, desk.ProofNotBoth, desk.ProofSeen:
		if _, err := c.f.h.Write(c.ctx, desk.Commit, record.Entry{Body: record.Note{Text: told}}); err != nil {
			return err
		}
	case desk.ProofNeed, desk.ProofNeedYes:
		return c.showSealed(w, http.StatusOK, v, p)
	case desk.ProofOpened:
		if a.Send == "" { // whether it was seen is to be said
			return c.showSealed(w, http.StatusOK, v, p)
		}
	}
	c.made(&p, o.Peer, a.Send)
	return c.showSealed(w, http.StatusOK, nil, p)
}

func (c *call) made(p *sealedView, to record.Name, text string) {
	if text == "" {
		return
	}
	p.Made = &madeView{Text: text, To: string(to),
		Through: choose("send-through", c.t("web.sealed.through"), "", true, c.people(c.reachable(), c.t("web.choose"))...)}
}

// sealedMake makes a text: a key to introduce, a pouch, an ask, a foretold sign.
// What it makes is shown, and sent in two steps of its own.
func (c *call) sealedMake(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	to, words := nameOf(v, "make-to"), lf(v.Get("make-text"))
	if err := to.Check(); err != nil {
		return c.sealedFail(w, v, err)
	}
	o := desk.ProofOrder{Step: desk.ProofAsk, Peer: to}
	switch one(v, "make-what") {
	case "key":
		a, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchKey})
		if err != nil {
			return c.sealedFail(w, v, err)
		}
		var p sealedView
		c.made(&p, to, a.Text)
		return c.showSealed(w, http.StatusOK, nil, p)
	case "pouch":
		a, err := c.f.h.Pouch(c.ctx, desk.PouchOrder{Step: desk.PouchSeal, Peer: to, Text: words})
		if err == nil { // nobody else could tell him what he said
			_, err = c.f.h.Write(c.ctx, desk.Commit, record.Entry{Body: record.Note{Text: c.t("web.sealed.sealed-for", "To", c.name(to), "Number", a.Number, "Text", words)}})
		}
		if err != nil {
			return c.sealedFail(w, v, err)
		}
		p := sealedView{Notices: []notice{c.stateNotice(a.State)}}
		c.made(&p, to, a.Text)
		return c.showSealed(w, http.StatusOK, nil, p)
	case "secret":
		o.Secret, o.About = v.Get("make-secret"), words
	case "yes":
		if err := c.answerOf(v, "make", &o); err != nil {
			return c.sealedFail(w, v, err)
		}
		if o.Yes == nil {
			return c.sealedFail(w, v, fault.New(fault.Malformed, "web.sealed-answer", "choose yes or no; who says no learns nothing", "it says neither yes nor no"))
		}
	case "sign":
		o.Step, o.Text = desk.ProofSign, words
	default:
		return c.sealedFail(w, v, fault.New(fault.Malformed, "web.sealed-what", "choose one of the list", "it does not say what to make"))
	}
	return c.proved(w, v, o)
}

// sealedCheck notes that the words of a key were compared, or drops it.
func (c *call) sealedCheck(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	o := desk.PouchOrder{Step: desk.PouchCheck, Peer: nameOf(v, "check-peer"), Text: one(v, "check-words"), How: pouch.How(one(v, "check-how"))}
	if one(v, "do") == "drop" {
		o.Step = desk.PouchDrop
	}
	a, err := c.f.h.Pouch(c.ctx, o)
	if err != nil {
		return c.sealedFail(w, v, err)
	}
	return c.showSealed(w, http.StatusOK, nil, sealedView{Notices: []notice{c.stateNotice(a.State)}})
}

// sealedReveal opens a sign of one's own, by its place in the list.
func (c *call) sealedReveal(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	open, err := c.f.h.Prove(c.ctx, desk.ProofOrder{Step: desk.ProofList})
	if err != nil {
		return c.sealedFail(w, v, err)
	}
	for _, x := range open.Open {
		if x.What == "own-sign" && x.About == v.Get("sign") {
			return c.proved(w, v, desk.ProofOrder{Step: desk.ProofReveal, Peer: nameOf(v, "reveal-to"), Text: x.Text})
		}
	}
	return c.sealedFail(w, v, fault.New(fault.NotFound, "web.no-sign", "choose one of the list", "this desk foretold no such sign"))
}

// sealedForm sends a text that was made, in two steps.
func sealedForm() form { return form{path: "/sealed/send", build: buildSealed, read: readSealed} }

func buildSealed(c *call, _ record.Seen, v url.Values) (formPage, error) {
	return formPage{
		Head: c.t("web.sealed.send"), Intro: c.t("web.sealed.send-intro"), Submit: c.t("web.form.look"), Also: []link{{c.href("/sealed"), c.t("web.sealed.title")}},
		Groups: []group{{Fields: []field{
			choose("send-to", c.t("web.sealed.to"), "", true, chosen(c.people(c.counterparts(), c.t("web.choose")), v, "send-to", "")...),
			choose("send-through", c.t("web.sealed.through"), "", true, chosen(c.people(c.reachable(), c.t("web.choose")), v, "send-through", "")...),
			area("send-text", c.t("web.sealed.text"), "", v.Get("send-text"), true),
		}}},
	}, nil
}

func readSealed(c *call, _ record.Seen, v url.Values) (intent, error) {
	to, by, text := nameOf(v, "send-to"), nameOf(v, "send-through"), strings.Join(strings.Fields(v.Get("send-text")), "")
	if to == "" || by == "" {
		return intent{}, fault.New(fault.Malformed, "web.no-recipient", "choose the recipient", "nobody is named to send it to")
	}
	e := desk.Sealing(c.f.h.Keeper(), to, by, text)
	if _, ok := c.f.book.Sealed(text); !ok {
		return intent{}, fault.New(fault.Malformed, "web.not-sealed", "make it on the page before, or write a message", "this is no text that was made here: it would go in the open")
	}
	e.ID = newID()
	return intent{drafts: []record.Entry{e}}, nil
}
