package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/internal/fault"
)

// Bounds on what a browser may ask and hold.
const (
	maxBody     = 512 << 10        // bytes of one form: a text of wire.MaxText, encoded
	maxHeader   = 16 << 10         // bytes of a request's headers
	maxSessions = 16               // browsers at one time
	maxLinks    = 8                // login links not yet used
	maxLive     = 16               // live connections at one time
	linkLife    = 10 * time.Minute // of a login link
	idleLife    = 12 * time.Hour   // of a session that is not used
)

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers that every answer has, refusals included.
func harden(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	h.Set("X-DNS-Prefetch-Control", "off")
	h.Set("X-Robots-Tag", "noindex, nofollow")
}

// session is one browser that got in.
type session struct {
	hash  [32]byte  // of its cookie: what is in memory cannot be presented
	key   [32]byte  // of its form tokens
	used  time.Time // when it last asked for something
	lang  string    // that its reader chose, if any
	phone string    // its name, where it is one
	look  shownAs   // how its reader wants dates and numbers

	sent atomic.Uint64 // forms; guards against sending one twice
}

// gate decides who gets in. Its lock guards all below it.
type gate struct {
	name  string // of the cookie
	path  string // of the cookie: "/" and random, new at every start
	phone bool   // whoever comes this way is a phone, over TLS, and stays for longer
	now   func() time.Time
	draw  func() string // a fresh secret of 256 bits
	idle  time.Duration

	mu       sync.Mutex
	links    map[[32]byte]time.Time // unused login links by hash, until when
	spent    [][32]byte             // hashes of links that let nobody in any more, the oldest first
	sessions []*session
	used     time.Time // when anybody last asked for something
}

// link gives a new login link's secret. The oldest gives way when there are
// too many.
func (g *gate) link() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	var oldest [32]byte
	for h, until := range g.links {
		if !now.Before(until) {
			g.spend(h)
		} else if u, ok := g.links[oldest]; !ok || until.Before(u) {
			oldest = h
		}
	}
	if len(g.links) >= maxLinks {
		g.spend(oldest)
	}
	secret := g.draw()
	g.links[sha256.Sum256([]byte(secret))] = now.Add(linkLife)
	return secret
}

// enter takes a login link's secret, which then works no more, and gives the
// cookie of a new session.
func (g *gate) enter(secret string) (*http.Cookie, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	h := sha256.Sum256([]byte(secret))
	until, ok := g.links[h]
	if ok {
		g.spend(h)
	}
	now := g.now()
	if !ok || !now.Before(until) {
		return nil, false
	}
	if len(g.sessions) >= maxSessions {
		slices.SortFunc(g.sessions, func(a, b *session) int { return a.used.Compare(b.used) })
		g.sessions = g.sessions[1:]
	}
	value := g.draw()
	s := &session{hash: sha256.Sum256([]byte(value)), key: sha256.Sum256([]byte("backchannel form key v1" + g.draw())), used: now}
	g.sessions = append(g.sessions, s)
	return g.cookie(value, 0), true
}

// spend takes a link back. The caller holds mu.
func (g *gate) spend(h [32]byte) {
	delete(g.links, h)
	if len(g.spent) >= maxLinks {
		g.spent = g.spent[1:]
	}
	g.spent = append(g.spent, h)
}

// was reports whether a login link's secret once let somebody in, or would have.
func (g *gate) was(secret string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.spent, sha256.Sum256([]byte(secret)))
}

func (g *gate) cookie(value string, age int) *http.Cookie {
	// Secure is left out: a browser would not send the cookie back over plain
	// HTTP to loopback everywhere. Nothing but this machine sees it.
	if g.phone && age == 0 {
		age = int(g.idle / time.Second)
	}
	return &http.Cookie{Secure: g.phone, Name: g.name, Value: value, Path: g.path, MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// known gives the session of the request, or nil. A request that the page
// makes by itself does not count as use.
func (g *gate) known(r *http.Request, use bool) *session {
	c, err := r.Cookie(g.name)
	if err != nil {
		return nil
	}
	h := sha256.Sum256([]byte(c.Value))
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.sessions = slices.DeleteFunc(g.sessions, func(s *session) bool { return now.Sub(s.used) >= g.idle })
	for _, s := range g.sessions {
		if subtle.ConstantTimeCompare(s.hash[:], h[:]) == 1 {
			if use {
				s.used, g.used = now, now
			}
			return s
		}
	}
	return nil
}

// leave ends a session.
func (g *gate) leave(s *session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions = slices.DeleteFunc(g.sessions, func(o *session) bool { return o == s })
}

// foreign says why a request cannot come from this desk's own page, or nil. It
// is asked before anything else is looked at.
func (f *Face) foreign(r *http.Request) error {
	refuse := func(id, text string) error {
		return fault.New(fault.Unauthentic, id, "open the desk by the link that it prints", "%s", text)
	}
	if !slices.Contains(f.hosts, strings.ToLower(r.Host)) {
		return refuse("web.host", "a request under another name than this desk's")
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin":
	case "none":
		if !safe(r.Method) {
			return refuse("web.origin", "a form that no page of this desk sent")
		}
	default: // cross-site, or same-site: another port of this machine
		return refuse("web.site", "a request made by another site")
	}
	if safe(r.Method) {
		return nil
	}
	if err := f.cross.Check(r); err != nil {
		return refuse("web.origin", "a form that another site sent")
	}
	// Under no-referrer a browser writes the origin of its own forms as "null",
	// and then Sec-Fetch-Site tells where they come from.
	origin := r.Header.Get("Origin")
	own := origin == f.scheme+"://"+strings.ToLower(r.Host)
	if !own && !(origin == "null" && r.Header.Get("Sec-Fetch-Site") == "same-origin") {
		return refuse("web.origin", "a form that does not say that this desk's page sent it")
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return fault.New(fault.Malformed, "web.form-type", "", "not a form")
	}
	return nil
}

func safe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
