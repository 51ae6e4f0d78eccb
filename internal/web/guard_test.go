package web

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// secretPath is a page that only somebody who is in may see.
const secretPath = "/record"

// refused sends a request that nobody of the desk's own makes, and checks that
// it gives nothing away and changes nothing.
func refused(t *testing.T, b *browser, h *fake, r *http.Request, status int) answer {
	t.Helper()
	before := h.commits
	a := b.read(b.do(r))
	if a.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d", r.Method, r.URL, a.StatusCode, status)
	}
	if strings.Contains(a.body, "forty-five") || strings.Contains(a.body, "go-between") || len(a.Cookies()) > 0 {
		t.Errorf("%s %s gives something away:\n%s", r.Method, r.URL, a.body)
	}
	if h.commits != before {
		t.Errorf("%s %s changed the record", r.Method, r.URL)
	}
	return a
}

func TestHeaders(t *testing.T) {
	b := open(t, rivalCase(t).desks["go-between"])
	login := b.face.Link()
	static := b.request("GET", b.face.root+"/static/desk.css", nil)
	for _, r := range []*http.Request{
		b.request("GET", b.face.root+"/", nil), b.request("GET", "/", nil), static, b.request("GET", login, nil),
		b.request("DELETE", b.face.root+"/", nil),
	} {
		h := b.do(r).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", r.URL, name, h.Get(name))
			}
		}
	}
	for _, banned := range []string{"unsafe", "http:", "https:", "*"} {
		if strings.Contains(policy, banned) {
			t.Errorf("the policy has %q in it", banned)
		}
	}
}

func TestCookie(t *testing.T) {
	b := open(t, rivalCase(t).desks["go-between"])
	c := b.cookie
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Domain != "" || c.Path != b.face.root+"/" || c.MaxAge != 0 || len(c.Value) < 43 {
		t.Fatalf("%+v", c)
	}
	other := stranger(t, rivalCase(t).desks["go-between"])
	if other.face.root == b.face.root {
		t.Fatal("two starts have the same path: a cookie of one would go to the other")
	}
}

func TestLoginLinkWorksOnceAndNotForLong(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := stranger(t, h)
	link := b.face.Link()
	b.login(link)
	in := b.get(secretPath)
	in.wants(t, 200, "forty-five")

	thief := &browser{t: t, face: b.face}
	refused(t, thief, h, thief.request("GET", link, nil), 404)

	late := stranger(t, h)
	link = late.face.Link()
	late.clock.pass(linkLife)
	refused(t, late, h, late.request("GET", link, nil), 404)
}

func TestLoginLinkOutlivesWhoeverLooksAhead(t *testing.T) {
	b := stranger(t, rivalCase(t).desks["go-between"])
	link := b.face.Link()
	ahead := b.request("GET", link, nil)
	ahead.Header.Set("Sec-Purpose", "prefetch;prerender")
	head := b.request("HEAD", link, nil)
	foreign := b.request("GET", link, nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	for _, r := range []*http.Request{ahead, head, foreign} {
		if w := b.do(r); len(w.Cookies()) > 0 || w.StatusCode < 400 {
			t.Errorf("%s %v let somebody in", r.Method, r.Header)
		}
	}
	b.login(link)
}

func TestOldLinksGiveWay(t *testing.T) {
	b := stranger(t, rivalCase(t).desks["go-between"])
	first := b.face.Link()
	for range maxLinks {
		b.clock.pass(time.Second)
		b.face.Link()
	}
	if w := b.do(b.request("GET", first, nil)); w.StatusCode != 404 {
		t.Fatalf("the oldest of too many links still works: %d", w.StatusCode)
	}
	b.login(b.face.Link())
}

func TestWhoeverIsNotInSeesTheSameEverywhere(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := stranger(t, h)
	var first string
	for _, path := range []string{
		"/", "/favicon.ico", b.face.root, b.face.root + "/", b.face.root + secretPath, b.face.root + "/nowhere", b.face.root + "/static/desk.css",
		b.face.root + "/live", b.face.root + "/login/" + strings.Repeat("A", 43), b.face.root + "/login/", "/login/x", "//", "/..%2f",
	} {
		for _, forged := range []string{"", "desk=" + strings.Repeat("A", 43), "desk="} {
			r := b.request("GET", path, nil)
			if forged != "" {
				r.Header.Set("Cookie", forged)
			}
			a := refused(t, b, h, r, 404)
			if first == "" {
				first = a.body
			}
			if a.body != first {
				t.Errorf("%s answers otherwise: %q", path, a.body)
			}
		}
	}
	form := b.request("POST", b.face.root+"/write", url.Values{"text": {"x"}})
	if a := refused(t, b, h, form, 404); a.body != first {
		t.Errorf("a form answers otherwise: %q", a.body)
	}
}

func TestForeignHost(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	for _, host := range []string{"evil.example", "evil.example:8411", "127.0.0.1", "127.0.0.1:8412", "[::1]:8411", "localhost", "", "127.0.0.1:8411.evil.example"} {
		r := b.request("GET", b.face.root+secretPath, nil)
		r.Host = host
		refused(t, b, h, r, 403)
	}
	r := b.request("GET", b.face.root+secretPath, nil)
	r.Host = "LOCALHOST:8411"
	b.read(b.do(r)).wants(t, 200, "forty-five")
}

func TestForeignSite(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	for _, site := range []string{"cross-site", "same-site", "nonsense"} {
		r := b.request("GET", b.face.root+secretPath, nil)
		r.Header.Set("Sec-Fetch-Site", site)
		refused(t, b, h, r, 403)
	}
	r := b.request("GET", b.face.root+secretPath, nil)
	r.Header.Set("Sec-Fetch-Site", "none") // typed, or from a bookmark
	b.read(b.do(r)).wants(t, 200, "forty-five")
}

func TestForeignOrigin(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	s := b.face.gate.known(b.request("GET", "/", nil), false)
	form := url.Values{"form": {s.formToken("/write")}, "to": {"envoy"}, "act": {"inform"}, "text": {"x"}}
	for name, headers := range map[string][2]string{ // Origin, Sec-Fetch-Site
		"another site":                {"http://evil.example", "cross-site"},
		"another port":                {"http://127.0.0.1:9999", "same-site"},
		"another site, old browser":   {"http://evil.example", ""},
		"no origin, old browser":      {"", ""},
		"hidden origin, old browser":  {"null", ""},
		"hidden origin, another site": {"null", "cross-site"},
		"typed":                       {"", "none"},
		"https":                       {"https://" + testHost, ""},
		"lies of its own":             {"http://evil.example", "same-origin"},
	} {
		r := b.request("POST", b.face.root+"/write", form)
		r.Header.Del("Origin")
		r.Header.Del("Sec-Fetch-Site")
		for i, h := range []string{"Origin", "Sec-Fetch-Site"} {
			if headers[i] != "" {
				r.Header.Set(h, headers[i])
			}
		}
		t.Run(name, func(t *testing.T) { refused(t, b, h, r, 403) })
	}
	r := b.request("POST", b.face.root+"/write", form)
	r.Header.Set("Origin", "null") // what a browser sends under no-referrer
	b.read(b.do(r)).wants(t, 200, "Look before it goes")
}

func TestFormsNeedTheirOwnToken(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b, other := open(t, h), open(t, h)
	s := b.face.gate.known(b.request("GET", "/", nil), false)
	foreign := other.face.gate.known(other.request("GET", "/", nil), false)
	for name, token := range map[string]string{
		"none": "", "of another form": s.formToken("/log"), "of another browser": foreign.formToken("/write"), "forged": strings.Repeat("A", 43),
	} {
		t.Run(name, func(t *testing.T) {
			before := h.commits
			a := b.read(b.do(b.request("POST", b.face.root+"/write", url.Values{"form": {token}, "to": {"envoy"}, "act": {"inform"}, "text": {"x"}})))
			a.wants(t, 403, "did not come from this desk's page")
			if h.commits != before {
				t.Error("it was done")
			}
		})
	}
	typed := b.request("POST", b.face.root+"/write", url.Values{"form": {s.formToken("/write")}})
	typed.Header.Set("Content-Type", "text/plain")
	refused(t, b, h, typed, 400)
}

func TestBodiesAreBounded(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	form := url.Values{"to": {"envoy"}, "act": {"inform"}, "text": {strings.Repeat("x", maxBody)}}
	b.post("/write", form).wants(t, 413, "A form of more than")
	// Within that bound, what an entry may hold decides.
	form.Set("text", strings.Repeat("x", 200<<10))
	b.post("/write", form).wants(t, 413, "Not done", "at most")
}

func TestSessionsEnd(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	b.clock.pass(idleLife - time.Minute)
	b.get(secretPath).wants(t, 200)
	b.clock.pass(idleLife - time.Minute)
	fresh := b.request("GET", b.face.root+secretPath, nil)
	fresh.Header.Set("X-Desk-Refresh", "1")
	b.read(b.do(fresh)).wants(t, 200) // and does not count as use
	b.clock.pass(2 * time.Minute)
	refused(t, b, h, b.request("GET", b.face.root+secretPath, nil), 404)

	b = open(t, h)
	b.post("/logout", nil)
	refused(t, b, h, b.request("GET", b.face.root+secretPath, nil), 404)
}

func TestAddressesTellNothing(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	message := h.find(t, isMessage("forty-five"))
	alias := b.face.alias.of(message.ID)
	page := b.get("/record")
	if !strings.Contains(page.body, "/e/"+alias) {
		t.Fatal("the record does not lead to its entries")
	}
	for _, it := range h.record.Known() {
		if strings.Contains(page.body, it.ID.String()) {
			t.Fatalf("an id stands in the page: %s", it.ID)
		}
	}
	again := open(t, h)
	if again.face.alias.of(message.ID) == alias {
		t.Fatal("two starts give an entry the same address")
	}
	again.get("/e/"+alias).wants(t, 404, "Nothing of that name here")
	for _, bad := range []string{"", "x", alias[1:], strings.Repeat("A", 22), "%00"} {
		if a := b.get("/e/" + bad); a.StatusCode != 404 {
			t.Errorf("/e/%s: %d", bad, a.StatusCode)
		}
	}
	for _, title := range []string{"envoy", "truce"} {
		head, _, _ := strings.Cut(b.get("/e/"+alias).body, "</title>")
		if strings.Contains(head, title) {
			t.Errorf("the title tells of %s", title)
		}
	}
}

func TestServeIsForLoopbackAlone(t *testing.T) {
	f, err := New(rivalCase(t).desks["go-between"], Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Serve(t.Context(), ln); !fault.Is(err, fault.Refused) {
		t.Fatalf("%v", err)
	}
	if _, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		t.Fatal("it still listens")
	}
}

func TestServeEnds(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	f, err := New(h, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- f.Serve(ctx, ln) }()
	base := "http://" + ln.Addr().String()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(base + f.Link())
	if err != nil || len(resp.Cookies()) != 1 {
		t.Fatal(resp, err)
	}
	r, _ := http.NewRequest("GET", base+f.root+"/live", nil)
	r.AddCookie(resp.Cookies()[0])
	live, err := client.Do(r)
	if err != nil || live.StatusCode != 200 {
		t.Fatal(live, err)
	}
	h.must(t, record.Entry{Body: record.Note{Text: "something to hear of"}})
	got := make([]byte, 0, 256)
	for buf := make([]byte, 64); !strings.Contains(string(got), "change"); {
		n, err := live.Body.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, buf[:n]...)
	}
	if strings.Contains(string(got), "something") {
		t.Fatal("the event tells what happened")
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(live.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
}
