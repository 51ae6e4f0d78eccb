package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/internal/record"
)

const testHost = "127.0.0.1:8411"

// browser is a person's browser, as far as a test needs one.
type browser struct {
	t      *testing.T
	face   *Face
	cookie *http.Cookie
	clock  *clock
	lang   string // what it asks for
}

// clock is a machine's clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// stranger is a browser that is not in.
func stranger(t *testing.T, h *fake) *browser {
	t.Helper()
	c := &clock{now: at("2025-05-26T09:00:00Z").Time()}
	f, err := New(h, Options{Hosts: []string{testHost, "localhost:8411"}, Now: c.read})
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, face: f, clock: c}
}

// open is a browser that is in.
func open(t *testing.T, h *fake) *browser {
	t.Helper()
	b := stranger(t, h)
	b.login(b.face.Link())
	return b
}

func (b *browser) login(link string) {
	b.t.Helper()
	w := b.do(b.request("GET", link, nil))
	if w.StatusCode != http.StatusSeeOther || len(w.Cookies()) != 1 {
		b.t.Fatalf("login: %d", w.StatusCode)
	}
	b.cookie = w.Cookies()[0]
}

// request makes a request as this desk's own page would.
func (b *browser) request(method, path string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://"+testHost+path, body)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://"+testHost)
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	if b.lang != "" {
		r.Header.Set("Accept-Language", b.lang)
	}
	return r
}

func (b *browser) do(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	b.face.ServeHTTP(w, r)
	return w.Result()
}

// answer is a page that came.
type answer struct {
	*http.Response
	body string
}

func (b *browser) read(resp *http.Response) answer {
	b.t.Helper()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp, string(body)}
}

// get asks for a page within the desk.
func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.read(b.do(b.request("GET", b.face.root+path, nil)))
}

// post sends a form as its page would: with the token of that form.
func (b *browser) post(path string, v url.Values) answer {
	b.t.Helper()
	s := b.face.gate.known(b.request("GET", "/", nil), false)
	if s == nil {
		b.t.Fatal("not in")
	}
	v = clone(v)
	v.Set("form", s.formToken(path))
	return b.read(b.do(b.request("POST", b.face.root+path, v)))
}

func clone(v url.Values) url.Values {
	out := url.Values{}
	for k, list := range v {
		out[k] = append([]string(nil), list...)
	}
	return out
}

var confirmField = regexp.MustCompile(`name="confirm" value="([^"]+)"`)

// token gives the confirmation that a page of the second step carries.
func (a answer) token(t *testing.T) string {
	t.Helper()
	m := confirmField.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("%d, and nothing to confirm in:\n%s", a.StatusCode, a.text())
	}
	return m[1]
}

var tags = regexp.MustCompile(`(?s)<[^>]*>`)
var blanks = regexp.MustCompile(`\s+`)

// text gives what a person reads.
func (a answer) text() string {
	s := blanks.ReplaceAllString(tags.ReplaceAllString(a.body, " "), " ")
	return strings.NewReplacer("&#39;", "'", "&amp;", "&", "&#43;", "+", "&lt;", "<", "&#34;", `"`).Replace(s)
}

// wants checks that a person reads all of these.
func (a answer) wants(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d", a.StatusCode, status)
	}
	text := a.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func isMessage(text string) func(record.Item) bool {
	return func(it record.Item) bool {
		m, ok := it.Body.(record.Message)
		return ok && strings.Contains(m.Text, text)
	}
}
