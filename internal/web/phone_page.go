package web

import (
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/qrcode"
	"backchannel/internal/words"
)

// pairPath is the one page that the door shows to whoever is not paired, and
// only while a link is out.
const pairPath = "/pair"

// maxPair bounds the form of that page.
const maxPair = 4 << 10

// pair answers on the page that pairs. The link's secret is in its fragment,
// which no browser sends; a script puts it into the form, or it is typed.
func (d *door) pair(w http.ResponseWriter, r *http.Request, path string) {
	switch {
	case path == "/desk.css" && safe(r.Method), path == "/pair.js" && safe(r.Method):
		r.SetPathValue("name", path[1:])
		d.face.static(w, r)
	case path != "":
		nothing(w)
	case safe(r.Method):
		d.showPair(w, r, http.StatusOK, false)
	case d.face.foreign(r) != nil:
		nothing(w)
	default:
		r.Body = http.MaxBytesReader(w, r.Body, maxPair)
		if r.ParseForm() != nil {
			nothing(w)
			return
		}
		c, err := d.phones.enter(r.Context(), r.PostForm.Get("code"))
		switch {
		case err != nil:
			d.face.opt.Log.Error("web: a phone is not paired", "fault", faultID(err))
			d.showPair(w, r, http.StatusInternalServerError, true)
		case c == nil:
			d.showPair(w, r, http.StatusForbidden, true)
		default:
			http.SetCookie(w, c)
			http.Redirect(w, r, d.face.root+"/", http.StatusSeeOther)
		}
	}
}

// showPair shows it, in the language that the phone asks for: what the desk's
// keeper speaks is nobody's business here.
func (d *door) showPair(w http.ResponseWriter, r *http.Request, status int, wrong bool) {
	lang := words.Languages()[0]
	tags := []language.Tag{}
	for _, l := range words.Languages() {
		tags = append(tags, language.Make(l))
	}
	if want, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")); err == nil {
		if _, i, sure := language.NewMatcher(tags).Match(want...); sure != language.No {
			lang = words.Languages()[i]
		}
	}
	f, err := d.face.in(lang, shownAs{})
	if err != nil {
		nothing(w)
		return
	}
	f.bare(w, status, "pair", page{Title: f.book.T("web.title"), Lang: lang, Dir: f.book.Dir(), Root: pairPath, Main: wrong})
}

// pairs reports whether phones can be paired from this page: from this
// machine's, and never from a phone's.
func (f *Face) pairs() bool { return !f.phone && f.phones != nil && f.phones.book != nil }

// phonePage says what a phone's link reveals, and then makes one.
type phonesPage struct {
	Notices []notice
	Reveals []string
	Trust   []string
	Made    *pairView
	Out     string // a link is out that was shown before
	Where   []fact
	Phones  []phoneView
	Places  []option // where phones could reach this machine
	Fixed   bool     // they do already, and the next one comes the same way
	Lock    string
}

type pairView struct {
	Name, Page, Code, Until string
	QR                      template.HTML
	Rows                    []string // of the fingerprint
}

type phoneView struct {
	Name  string
	Facts []fact
}

func (c *call) phonePage(w http.ResponseWriter, _ *http.Request) error {
	return c.phoneDo(w, desk.PhoneOrder{Step: desk.PhoneList})
}

func (c *call) phonePair(w http.ResponseWriter, r *http.Request) error {
	o := desk.PhoneOrder{Step: desk.PhonePair, Name: one(r.PostForm, "name"), At: one(r.PostForm, "other")}
	switch at := one(r.PostForm, "at"); {
	case o.At != "":
	case at == "tor":
		if o.Tor = one(r.PostForm, "tor"); o.Tor == "" {
			o.Tor = torControl
		}
	default:
		o.At = at
	}
	return c.phoneDo(w, o)
}

// torControl is where Tor's control port is unless somebody says otherwise.
const torControl = "127.0.0.1:9051"

func (c *call) phoneUnpair(w http.ResponseWriter, r *http.Request) error {
	return c.phoneDo(w, desk.PhoneOrder{Step: desk.PhoneUnpair, Name: one(r.PostForm, "name"), All: one(r.PostForm, "all") == "yes"})
}

func (c *call) phoneCancel(w http.ResponseWriter, _ *http.Request) error {
	return c.phoneDo(w, desk.PhoneOrder{Step: desk.PhoneCancel})
}

// phoneDo does it, and shows how it stands.
func (c *call) phoneDo(w http.ResponseWriter, o desk.PhoneOrder) error {
	p := phonesPage{}
	status := http.StatusOK
	a, err := c.f.phones.order(c.ctx, o)
	if err != nil {
		if fault.Is(err, fault.Internal) {
			return err
		}
		n := c.faultNotice(err)
		n.Kind = c.t("web.form.not-done")
		p.Notices, status = []notice{n}, fault.Status(err)
		if a, err = c.f.phones.order(c.ctx, desk.PhoneOrder{Step: desk.PhoneList}); err != nil {
			return err
		}
	}
	for _, id := range []string{"said", "network", "onion", "phone", "browser"} {
		p.Reveals = append(p.Reveals, c.t("phone.reveals."+id))
	}
	for _, id := range []string{"warning", "compare", "only"} {
		p.Trust = append(p.Trust, c.t("phone.trust."+id))
	}
	p.Lock = c.t("web.phone.lock-text", "Cover", c.span(c.f.cover))
	if m := a.Pairing; m != nil && m.Code != "" {
		p.Made = &pairView{Name: m.Name, Page: m.Page, Code: m.Code, Until: c.f.book.Instant(m.Until), Rows: fingerRows(a.Fingerprint)}
		if code, err := qrcode.New(m.Link); err == nil {
			p.Made.QR = template.HTML(code.SVG()) // of a text that we made ourselves
		}
	} else if m != nil {
		p.Out = c.t("web.phone.out", "Name", m.Name, "Until", c.f.book.Instant(m.Until))
	}
	if p.Fixed = len(a.Phones) > 0; p.Fixed {
		state := c.t("web.phone.open")
		if !a.Open {
			state = c.t("web.phone.shut")
		}
		p.Where = []fact{{Label: c.t("web.phone.where"), Text: "https://" + a.Host + "/"}, {Label: c.t("web.phone.state"), Text: state},
			{Label: c.t("web.phone.fingerprint"), Text: strings.Join(fingerRows(a.Fingerprint), " ")}}
	}
	for _, x := range a.Phones {
		p.Phones = append(p.Phones, phoneView{Name: x.Name, Facts: []fact{
			{Label: c.t("web.phone.paired"), Text: c.f.book.Instant(x.Paired)}, {Label: c.t("web.phone.used"), Text: c.f.book.Instant(x.Used)},
		}})
	}
	for _, at := range Addresses() {
		p.Places = append(p.Places, option{Value: at, Text: at})
	}
	c.show(w, status, "phone", c.t("web.phone.title"), false, p)
	return nil
}
