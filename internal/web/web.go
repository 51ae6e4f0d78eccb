package web

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path"
	"strings"
	"time"

	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/words"
)

//go:embed templates/*.html static/desk.css static/live.js static/safe.js static/pair.js
var files embed.FS

// Options say how a desk's page is served. The zero value is what people use.
type Options struct {
	// Hosts are the names under which a browser may ask, with port. Serve sets
	// them from its listener when there are none.
	Hosts []string
	// CaseClock says that the desk tells the time of a case that is played.
	CaseClock bool
	// Lang is the language of the page (BCP 47); English where it is empty.
	Lang string
	// Now is the machine's clock; nil for time.Now. It is for tests.
	Now func() time.Time
	// Onion makes an onion service that leads to a port of this machine, by the Tor
	// whose control port is named; nil where that cannot be.
	Onion func(ctx context.Context, control, key, target string) (Onion, error)
	// Log gets what an operator may read: never a word, a name or a secret.
	Log *slog.Logger
}

// Face is the page of one desk. It is an http.Handler.
type Face struct {
	h       desk.Handle
	opt     Options
	codec   record.Codec
	hosts   []string // allowed Host headers; set before the first request
	root    string   // random first part of every path: see the package's contract
	scheme  string   // of its own addresses
	phone   bool     // it is what phones see
	phones  *phones
	once    *once
	cover   time.Duration // without use, after which a page is covered; 0: never
	cross   *http.CrossOriginProtection
	gate    *gate
	view    *latest
	table   *desktop
	alias   alias
	book    *words.Book
	pages   pages
	mux     *http.ServeMux
	tongues *tongues
	live    chan struct{}   // one place for each live connection
	over    context.Context // ends when Serve is told to stop; live connections end with it
}

// New makes the page of a desk.
func New(h desk.Handle, o Options) (*Face, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	var key [32]byte
	rand.Read(key[:])
	hide, err := newAlias(key[:])
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "web.alias", "", "no cipher for addresses")
	}
	f := &Face{
		h: h, opt: o, codec: circle.Codec(), hosts: o.Hosts, root: "/" + secret()[:16], scheme: "http", cover: coverAfter, cross: http.NewCrossOriginProtection(),
		alias: hide, live: make(chan struct{}, maxLive), over: context.Background(), view: &latest{}, tongues: &tongues{faces: map[string]*Face{}},
		table: &desktop{now: o.Now, draw: secret, wait: map[string]*pending{}},
	}
	f.book = words.Open(o.Lang).Spoken()
	f.gate = &gate{name: "desk", path: f.root + "/", now: o.Now, draw: secret, idle: idleLife, links: map[[32]byte]time.Time{}}
	if f.pages, err = f.parse(); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "web.templates", "", "a page does not parse")
	}
	f.phones, f.once = &phones{face: f}, &once{done: map[[32]byte]*outcome{}}
	f.phones.book, _ = h.(phoneBook)
	f.routes()
	return f, nil
}

// secret draws 256 bits. The system's source does not fail: crypto/rand ends
// the program if it would.
func secret() string {
	var b [32]byte
	rand.Read(b[:])
	return encode(b[:])
}

// Link gives the path of a new login link. It lets one browser in, once, within
// ten minutes. It is a secret: print it to the desk's keeper and to nobody.
func (f *Face) Link() string { return f.root + "/login/" + f.gate.link() }

// Serve answers on ln, which must be on loopback, until ctx ends.
func (f *Face) Serve(ctx context.Context, ln net.Listener) error {
	tcp, ok := ln.Addr().(*net.TCPAddr)
	if !ok || !tcp.IP.IsLoopback() {
		ln.Close()
		return fault.New(fault.Refused, "web.loopback", "listen on 127.0.0.1", "a desk's page is served on this machine alone, not on %s", ln.Addr())
	}
	if len(f.hosts) == 0 {
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		f.hosts = []string{net.JoinHostPort(tcp.IP.String(), port), net.JoinHostPort("localhost", port)}
	}
	f.over = ctx
	f.phones.begin(ctx)
	defer f.phones.end()
	srv := &http.Server{
		Handler: f, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(f.opt.Log.Handler(), slog.LevelDebug),
	}
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		wait, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		err := srv.Shutdown(wait)
		if err != nil {
			err = srv.Close()
		}
		done <- err
	}()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fault.Wrap(err, fault.Internal, "web.serve", "", "the page's server stopped")
	}
	return <-done
}

// ServeHTTP answers one request. What it refuses, it refuses before it looks at
// anything of the desk.
func (f *Face) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	harden(w.Header())
	if r.Method != http.MethodPost && !safe(r.Method) {
		nothing(w)
		return
	}
	if err := f.foreign(r); err != nil {
		f.opt.Log.Warn("web: refused", "why", faultID(err))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(fault.Status(err))
		io.WriteString(w, err.Error()+".\n")
		return
	}
	p, inside := strings.CutPrefix(r.URL.Path, f.root)
	if !inside || !within(p) {
		nothing(w)
		return
	}
	if token, ok := strings.CutPrefix(p, "/login/"); ok && safe(r.Method) {
		f.login(w, r, token)
		return
	}
	s := f.gate.known(r, r.Header.Get("X-Desk-Refresh") == "" && p != "/live")
	if s == nil {
		nothing(w)
		return
	}
	if f.phone {
		f.phones.seen(s.phone)
	}
	f, err := f.in(f.tongue(s, r))
	if err != nil {
		nothing(w)
		return
	}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if err := r.ParseForm(); err != nil {
			f.fail(w, r, s, formError(err))
			return
		}
		if !s.formOK(p, r.PostForm.Get("form")) {
			f.fail(w, r, s, fault.New(fault.Unauthentic, "web.form", "open the page again, and fill in the form there", "this form did not come from this desk's page"))
			return
		}
	}
	r2 := r.Clone(context.WithValue(r.Context(), sessionKey{}, s))
	r2.URL.Path, r2.URL.RawPath = p, ""
	if r.Method == http.MethodPost {
		f.once.do(w, r2, s, f.root+"/", p, f.mux)
		return
	}
	f.mux.ServeHTTP(w, r2)
}

// within reports whether a path leads nowhere but to its own end: the mux would
// lead others out of the desk, with all that stands behind the question mark.
func within(p string) bool {
	c := path.Clean(p)
	return strings.HasPrefix(p, "/") && (p == c || c != "/" && p == c+"/")
}

type sessionKey struct{}

func sessionOf(r *http.Request) *session { return r.Context().Value(sessionKey{}).(*session) }

func formError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return fault.New(fault.Limit, "web.large", "shorten it, or send it in parts", "a form of more than %d bytes", maxBody)
	}
	return fault.Wrap(err, fault.Malformed, "web.form-bytes", "", "the form does not read")
}

// nothing is the one answer for whoever is not in, whatever he asked for.
func nothing(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	io.WriteString(w, "404 page not found\n")
}

// login lets a browser in. A browser that fetches ahead of its user does not
// use the link up.
func (f *Face) login(w http.ResponseWriter, r *http.Request, token string) {
	if r.Method == http.MethodHead || r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") == "prefetch" {
		nothing(w)
		return
	}
	c, ok := f.gate.enter(token)
	if !ok {
		f.spentLink(w, r, token)
		return
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, f.root+"/", http.StatusSeeOther)
}

// logout ends the session. A phone that leaves is paired no more.
func (f *Face) logout(w http.ResponseWriter, r *http.Request) {
	f.gate.leave(sessionOf(r))
	if f.phone {
		f.phones.leave(sessionOf(r).phone)
	}
	http.SetCookie(w, f.gate.cookie("", -1))
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	nothing(w)
}
