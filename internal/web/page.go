package web

import (
	"bytes"
	"context"
	"errors"
	"html/template"
	"io"
	"net/http"
	"strings"
	texttemplate "text/template"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// call is one request of somebody who is in, with what most pages need. It is
// read once, so that a page shows one state of the record.
type call struct {
	f      *Face
	ctx    context.Context
	s      *session
	path   string
	get    bool // asked for, rather than sent a form
	rec    *record.Record
	all    *record.Projection // the keeper's, of all there is
	now    record.Instant
	view   *view.View
	ledger *accord.Ledger
	lines  []desk.LineStatus
	relay  desk.RelayStatus
	held   *latest     // the view's, until the page is rendered
	clocks *words.Book // see inFull
}

// glance reads the clocks alone, which an open page asks for all the time.
func (f *Face) glance(r *http.Request) (*call, error) {
	c := &call{f: f, ctx: r.Context(), s: sessionOf(r), path: r.URL.Path, get: safe(r.Method)}
	var err error
	if c.now, err = f.h.Clock(c.ctx); err == nil {
		c.relay, err = f.h.Relay(c.ctx)
	}
	return c, err
}

// begin reads what a page needs. The view is the call's alone until end, which
// must be called.
func (f *Face) begin(r *http.Request) (*call, error) {
	f.view.mu.Lock()
	c, err := f.glance(r) // under the lock, so that time does not go back for the view
	c.held = f.view
	if err != nil {
		return c, err
	}
	if c.lines, err = f.h.Lines(c.ctx); err != nil {
		return c, err
	}
	if c.rec, err = f.h.Record(c.ctx); err != nil {
		return c, err
	}
	c.all = c.rec.For(f.h.Keeper(), record.AsOf{})
	c.view = f.view.at(c.all, c.now)
	c.ledger = c.view.Ledger()
	return c, nil
}

// page is what the layout needs. Main is the page's own part.
type page struct {
	Title  string
	Lang   string
	Dir    string
	Root   string
	Keeper string
	Live   bool // the page makes itself fresh
	Nav    []navItem
	Strip  []stripItem
	Main   any
	Tongue languageView

	CanLock bool // the desk can be locked from here
	CanPair bool // phones can be paired with it from here
	Phone   bool // this is a phone's page
	Away    int  // seconds without use after which the page is covered

	s *session
}

// Form gives the hidden field that proves that a form is this desk's own.
func (p page) Form(path string) template.HTML {
	return template.HTML(`<input type="hidden" name="form" value="` + p.s.formToken(path) + `"><input type="hidden" name="once" value="` + p.s.formOnce() + `">`)
}

type navItem struct {
	Href, Text string
	Current    bool
}

type stripItem struct {
	Label, Text string
	Care        bool
}

// link leads to an entry or a page.
type link struct{ Href, Text string }

// notice is one thing to be told, in a sentence.
type notice struct {
	Tone   string // "alarm", "care", "good" or ""
	Kind   string // its heading: a word that says what the colour says
	Text   string
	Hint   string
	Detail string // in English, where there are no words for it in the language of the page
	Links  []link
}

// fact is one row of a list of facts.
type fact struct {
	Label, Text string
	Links       []link
}

type tag struct{ Tone, Text string }

type said struct{ Label, Text, Lang string }

// entryView is an entry on a page.
type entryView struct {
	Href    string
	Head    string
	Meta    []string
	Texts   []said
	Tags    []tag
	Facts   []fact
	Actions []link
}

type pages map[string]*template.Template

// parse reads every page with the layout. The catalogue is bound here: a page
// of another language is another set of templates.
func (f *Face) parse() (pages, error) {
	base, err := template.New("").Funcs(template.FuncMap{"t": f.book.T, "dir": f.book.Dir}).ParseFS(files, "templates/layout.html")
	if err != nil {
		return nil, err
	}
	out := pages{}
	list, err := files.ReadDir("templates")
	if err != nil {
		return nil, err
	}
	for _, file := range list {
		name := strings.TrimSuffix(file.Name(), ".html")
		if name == "layout" {
			continue
		}
		t, err := template.Must(base.Clone()).ParseFS(files, "templates/"+file.Name())
		if err != nil {
			return nil, err
		}
		out[name] = t
	}
	return out, nil
}

// show writes the page of that name. It is rendered whole before the first byte
// goes out, so that a fault gives a fault's page and not half of this one.
func (c *call) show(w http.ResponseWriter, status int, name, title string, live bool, main any) {
	c.render(w, status, name, "layout", page{
		Title: title, Lang: c.f.book.Lang(), Dir: c.f.book.Dir(), Root: c.f.root, Keeper: c.name(c.f.h.Keeper()),
		Live: live && c.get, // the answer to a form cannot be asked for again
		Nav:  c.nav(), Strip: c.strip(), Main: main, Tongue: c.languages(), s: c.s, CanLock: c.f.locks() != nil,
		CanPair: c.f.pairs(), Phone: c.f.phone, Away: int(c.f.cover / time.Second),
	})
}

func (c *call) render(w http.ResponseWriter, status int, name, layout string, p page) {
	var b bytes.Buffer
	if err := c.f.pages[name].ExecuteTemplate(&b, layout, p); err != nil {
		c.f.opt.Log.Error("web: a page does not render", "page", name, "where", where(err))
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	c.end() // whoever reads slowly keeps nobody waiting
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, words.Straight(b.String()))
}

// faultID gives what may be logged of an error: never its text, which may hold
// a name or a word of the record.
func faultID(err error) string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.ID
	}
	return "none"
}

// where gives the part of a page that does not render, and nothing of what was
// to stand there.
func where(err error) string {
	var e texttemplate.ExecError
	if errors.As(err, &e) {
		return e.Name
	}
	return "none"
}

func (c *call) nav() []navItem {
	var out []navItem
	for _, n := range []struct{ path, id string }{
		{"/", "web.nav.home"}, {"/record", "web.nav.record"}, {"/write", "web.nav.write"},
		{"/standing", "web.nav.standing"}, {"/terms", "web.nav.terms"}, {"/lines", "web.nav.lines"},
	} {
		here := c.path == n.path || n.path != "/" && strings.HasPrefix(c.path, n.path+"/")
		out = append(out, navItem{c.f.root + n.path, c.t(n.id), here})
	}
	return out
}

// fail answers with a fault's page. A fault of our own is logged and tells
// nothing of itself.
func (f *Face) fail(w http.ResponseWriter, r *http.Request, s *session, err error) {
	c, broken := f.begin(r.WithContext(context.WithValue(r.Context(), sessionKey{}, s)))
	defer c.end()
	if broken != nil {
		f.opt.Log.Error("web: the desk does not answer", "fault", faultID(broken))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(fault.Status(broken))
		w.Write([]byte(f.book.T("web.broken") + "\n"))
		return
	}
	c.fail(w, err)
}

func (c *call) fail(w http.ResponseWriter, err error) {
	if fault.Is(err, fault.Internal) {
		c.f.opt.Log.Error("web: a fault of our own", "fault", faultID(err))
	}
	c.show(w, fault.Status(err), "fault", c.t("web.fault.title"), false, c.faultNotice(err))
}

func (c *call) faultNotice(err error) notice {
	told := c.faultText(err)
	return notice{Tone: "alarm", Kind: c.t("web.fault.title"), Text: told.Text, Hint: told.Hint, Detail: told.Detail}
}

func (c *call) href(path string) string { return c.f.root + path }

// entryHref gives the address of an entry, or of something that is done with
// it.
func (c *call) entryHref(what string, id keys.ID) string {
	return c.f.root + "/" + what + "/" + c.f.alias.of(id)
}

// subject gives the entry that an address names. What was not given and what
// is not there look the same.
func (c *call) subject(alias string) (record.Seen, error) {
	none := fault.New(fault.NotFound, "web.none", "look it up in the record", "nothing of that name here")
	id, err := c.f.alias.id(alias)
	if err != nil {
		return record.Seen{}, none
	}
	seen, ok := c.all.Get(id)
	if !ok {
		return record.Seen{}, none
	}
	return seen, nil
}

func (c *call) strip() []stripItem {
	book := c.f.book
	if zones := c.f.view.zones.Load(); zones != nil && len(*zones) > 0 {
		book = book.With(*zones)
	}
	clock := stripItem{Label: c.t("web.strip.clock"), Text: book.Instant(c.now)}
	machine := c.f.opt.Now()
	if off := c.now.Time().Sub(machine); c.f.opt.CaseClock || off.Abs() > 2*time.Minute {
		clock.Label, clock.Care = c.t("web.strip.case-clock"), true
	}
	out := []stripItem{clock}
	if c.relay.Address == "" {
		return append(out, stripItem{Label: c.t("web.strip.relay"), Text: c.t("web.strip.no-relay")})
	}
	state := c.t("web.strip.online")
	if !c.relay.Online {
		state = c.t("web.strip.offline")
	}
	return append(out,
		stripItem{Label: c.t("web.strip.relay"), Text: state, Care: !c.relay.Online},
		stripItem{Label: c.t("web.strip.tick"), Text: c.t("web.strip.tick-every", "Tick", c.number(c.relay.Tick), "Period", c.span(c.relay.Period))},
		stripItem{Label: c.t("web.strip.today"), Text: c.t("web.strip.up-down", "Up", c.f.book.Bytes(c.relay.BytesUp), "Down", c.f.book.Bytes(c.relay.BytesDown))},
	)
}
