package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// form is one thing that a person can do in two steps. Build makes the empty or
// the filled-in form; read makes of it what is to be done. The second step is
// the same for all of them: the plan is shown, and confirmed or not.
type form struct {
	path  string // where it is, without the entry that it is about
	about bool   // it is about an entry, whose alias ends the path
	build func(c *call, of record.Seen, v url.Values) (formPage, error)
	read  func(c *call, of record.Seen, v url.Values) (intent, error)

	reveal func(c *call, in intent) revealed // what the second step shows besides, where it does
}

// formPage is a form on a page.
type formPage struct {
	Head    string
	Intro   string
	Notices []notice
	About   *entryView // what it is about
	Compare *comparePage
	Action  string // the path that it goes to
	Groups  []group
	Submit  string
	Also    []link // other things to do instead

	ShowsHead string
	Shows     []string // what was pasted says
	Quiet     bool     // it changes nothing, in however many steps
}

// group is a part of a form. One that is Folded is opened by who needs it.
type group struct {
	Head   string
	Folded bool
	Fields []field
}

type field struct {
	As       string // "input", "area", "select" or "choices"
	Name     string
	Label    string
	Hint     string
	Type     string // of an input, or of choices
	Value    string
	Required bool
	Options  []option
	Wrong    bool // what was sent in it could not be taken
}

// Inline reports whether the choices are so short that they go side by side.
func (f field) Inline() bool {
	for _, o := range f.Options {
		if o.Hint != "" || len(o.Text) > 24 {
			return false
		}
	}
	return true
}

type option struct {
	Value, Text, Hint string
	Chosen            bool
}

func text(name, label, hint, value string, required bool) field {
	return field{As: "input", Type: "text", Name: name, Label: label, Hint: hint, Value: value, Required: required}
}

func area(name, label, hint, value string, required bool) field {
	return field{As: "area", Name: name, Label: label, Hint: hint, Value: value, Required: required}
}

func when(name, label, hint, value string) field {
	return field{As: "input", Type: "datetime-local", Name: name, Label: label, Hint: hint, Value: value}
}

func choose(name, label, hint string, required bool, options ...option) field {
	return field{As: "select", Name: name, Label: label, Hint: hint, Required: required, Options: options}
}

func radios(name, label, hint string, options ...option) field {
	return field{As: "choices", Type: "radio", Name: name, Label: label, Hint: hint, Required: true, Options: options}
}

func checks(name, label, hint string, options ...option) field {
	return field{As: "choices", Type: "checkbox", Name: name, Label: label, Hint: hint, Options: options}
}

// chosen marks what v holds, or first where v holds nothing.
func chosen(options []option, v url.Values, name, first string) []option {
	have := v[name]
	if len(have) == 0 {
		have = []string{first}
	}
	for i := range options {
		options[i].Chosen = slices.Contains(have, options[i].Value)
	}
	return options
}

// openForm answers a GET of a form.
func (f *Face) openForm(fm form) http.HandlerFunc {
	return f.page(func(c *call, w http.ResponseWriter, r *http.Request) error {
		of, err := c.formSubject(fm, r)
		if err != nil {
			return err
		}
		return c.showForm(w, fm, of, http.StatusOK, nil, nil)
	})
}

// sendForm answers the POST of a form: with the plan to look at, or with the
// form again and what is wrong. It changes nothing.
func (f *Face) sendForm(fm form) http.HandlerFunc {
	return f.page(func(c *call, w http.ResponseWriter, r *http.Request) error {
		of, err := c.formSubject(fm, r)
		if err != nil {
			return err
		}
		in, err := fm.read(c, of, r.PostForm)
		if err != nil {
			return c.showForm(w, fm, of, fault.Status(err), r.PostForm, err)
		}
		return c.look(w, fm, of, r.PostForm, in, nil)
	})
}

func (c *call) formSubject(fm form, r *http.Request) (record.Seen, error) {
	if !fm.about {
		return record.Seen{}, nil
	}
	return c.subject(r.PathValue("of"))
}

func (c *call) showForm(w http.ResponseWriter, fm form, of record.Seen, status int, v url.Values, wrong error) error {
	p, err := fm.build(c, of, v)
	if err != nil {
		return err
	}
	p.Action = c.path
	if wrong != nil {
		if fault.Is(wrong, fault.Internal) {
			return wrong
		}
		n := c.faultNotice(wrong)
		n.Kind = c.t("web.form.not-done")
		c.blame(&p, &n, wrong)
		if p.Compare = c.rivals(of, v, wrong); p.Compare != nil {
			if pk, ok := c.ledger.Package(hashOf(of.Body)); ok {
				n.Links = []link{{c.entryHref("carry", pk.Entry), c.t("web.do.carry-text")}}
			}
		}
		p.Notices = append([]notice{n}, p.Notices...)
	}
	c.show(w, status, "form", p.Head, false, p)
	return nil
}

// lookPage is the second step: what would happen, word for word.
type lookPage struct {
	Head      string
	Notices   []notice
	Envelopes []envelope
	Own       []entryView // what is noted on this desk alone
	Reveals   revealed    // what somebody comes to know by it
	Card      *cardView   // what to read out, where it goes by voice
	Said      *entryView  // what was said, where other words go
	Told      []tellView  // whom a plan tells, and in which words
	Advice    []fact      // what a package that is to be proposed leaves open
	Token     string
	Submit    string
}

// envelope is what one person would get.
type envelope struct {
	To    string
	Wait  string
	Items []entryView
}

// look plans in, shows the plan and keeps it for its confirmation.
func (c *call) look(w http.ResponseWriter, fm form, of record.Seen, v url.Values, in intent, notices []notice) error {
	plan, err := in.plan(c.ctx, c.f.h, desk.Preview)
	if err != nil {
		return c.showForm(w, fm, of, fault.Status(err), v, err)
	}
	mark, err := c.mark(plan)
	if err != nil {
		return err
	}
	token := c.f.table.put(&pending{owner: c.s, form: v, path: c.path, fm: fm, of: of.ID, in: in, shown: mark})
	p := lookPage{Head: c.t("web.look.title"), Notices: notices, Token: token, Submit: c.t("web.look.log")}
	if fm.reveal != nil {
		p.Reveals = fm.reveal(c, in)
		p.Notices = append(p.Notices, p.Reveals.Notices...)
	} else {
		p.Notices = append(p.Notices, c.careless(plan)...)
	}
	beside, said := c.conveying(in, plan)
	p.Notices, p.Said = append(beside, p.Notices...), said
	if len(plan.Parcels) > 0 {
		p.Submit = c.t("web.look.send", "To", c.joined(recipients(plan)))
	}
	if p.Card = c.card(in, plan); p.Card != nil {
		p.Said = nil // a card to read from holds nothing that is not to be said
		p.Head, p.Submit = p.Card.head, p.Card.done
	}
	for _, parcel := range plan.Parcels {
		p.Envelopes = append(p.Envelopes, c.envelope(parcel))
	}
	for _, e := range plan.Entries {
		if len(e.Audience) == 0 {
			own := c.draftView(e)
			if t, ok := e.Body.(accord.Term); ok {
				own.Facts = append(own.Facts, c.besideTerm(t)...)
			}
			p.Own = append(p.Own, own)
		}
	}
	p.Told, p.Advice = c.tellings(in), c.adviceOn(in.drafts)
	if in.destroy != nil {
		p.Head, p.Submit, p.Own = c.t("web.destroy.look"), c.t("web.destroy.do"), nil
	}
	c.show(w, http.StatusOK, "look", p.Head, false, p)
	return nil
}

func recipients(p convey.Plan) []record.Name {
	var out []record.Name
	for _, parcel := range p.Parcels {
		out = append(out, parcel.To)
	}
	return out
}

func (c *call) envelope(p convey.Parcel) envelope {
	e := envelope{To: c.full(p.To)}
	for _, it := range p.Entries {
		it.By = c.f.h.Keeper() // as the recipient's desk will write it
		e.Items = append(e.Items, c.draftView(it))
	}
	for _, l := range c.lines {
		if l.Peer == p.To {
			e.Wait = c.waitText(l, p)
		}
	}
	return e
}

// waitText says how long it will take.
func (c *call) waitText(l desk.LineStatus, p convey.Parcel) string {
	frame, err := p.Encode(c.f.codec)
	if err != nil || c.relay.Period == 0 {
		return c.t("web.look.wait-unknown")
	}
	if l.Phase != desk.Opened {
		return c.t("web.look.wait-closed")
	}
	return c.t("web.look.wait", "Wait", c.span(c.relay.WaitFor(l, len(frame))))
}

// confirm is the second click. It does what was shown, or shows again.
func (c *call) confirm(w http.ResponseWriter, r *http.Request) error {
	token, back := r.PostForm.Get("confirm"), r.PostForm.Get("go") == "back"
	p, err := c.f.table.take(c.s, token)
	if err != nil {
		return err
	}
	c.path = p.path
	of, _ := c.all.Get(p.of)
	if back {
		return c.showForm(w, p.fm, of, http.StatusOK, p.form, nil)
	}
	now, err := p.in.plan(c.ctx, c.f.h, desk.Preview)
	if err != nil {
		return c.showForm(w, p.fm, of, fault.Status(err), p.form, err)
	}
	if mark, err := c.mark(now); err != nil || mark != p.shown {
		return c.look(w, p.fm, of, p.form, p.in, []notice{{Tone: "care", Kind: c.t("web.look.stale"), Text: c.t("web.look.stale-text")}})
	}
	if p.in.before != nil {
		if err := p.in.before(c); err != nil {
			return c.showForm(w, p.fm, of, fault.Status(err), p.form, err)
		}
	}
	done, err := p.in.plan(c.ctx, c.f.h, desk.Commit)
	if err != nil {
		return c.showForm(w, p.fm, of, fault.Status(err), p.form, err)
	}
	if p.in.after != nil {
		return p.in.after(c, w)
	}
	http.Redirect(w, r, c.doneHref(done, p.shown), http.StatusSeeOther)
	return nil
}

// doneHref leads to what was written, and says whether something slipped in
// between the last look and the doing.
func (c *call) doneHref(done convey.Plan, shown [32]byte) string {
	if len(done.Entries) == 0 {
		return c.href("/record")
	}
	first := done.Entries[0]
	for _, e := range done.Entries {
		if !isText(e.Body.Kind()) {
			first = e // the message or the act, rather than the texts that go along
			break
		}
	}
	state := "?done=1"
	if mark, err := c.mark(done); err != nil || mark != shown {
		state = "?done=other"
	}
	return c.entryHref("e", first.ID) + state
}

func isText(k record.Kind) bool {
	return k == "term" || k == "package" || k == record.KindPerson || k == record.KindParty
}

// newID draws an id for an entry or a salt.
func newID() keys.ID {
	var id keys.ID
	randRead(id[:])
	return id
}

// one gives the value of a field without the space around it.
func one(v url.Values, name string) string { return strings.TrimSpace(v.Get(name)) }

func nameOf(v url.Values, field string) record.Name { return record.Name(one(v, field)) }

func names(v url.Values, field string) []record.Name {
	var out []record.Name
	for _, s := range v[field] {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, record.Name(s))
		}
	}
	return out
}

// instant reads a moment as a browser's form writes it, in UTC.
func instant(v url.Values, name string) (record.Instant, error) {
	s := record.Digits(one(v, name))
	if s == "" {
		return 0, nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return record.At(t), nil
		}
	}
	return 0, fault.New(fault.Malformed, "web.time", "write it as 2025-05-26 14:30", "%q is not a time", s)
}
