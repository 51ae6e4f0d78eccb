package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// phoned is a desk that keeps phones, and can be locked.
type phoned struct {
	*fake
	mu    sync.Mutex
	kept  []byte // as a vault has it
	locks int
	fails bool
}

func (p *phoned) Phones(context.Context) (out desk.Phones, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		return out, nil
	}
	return out, wire.DecodeOwn(p.kept, &out)
}

func (p *phoned) KeepPhones(_ context.Context, x desk.Phones) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails {
		return fault.New(fault.Disk, "test.disk", "", "the disk is full")
	}
	p.kept, err = wire.Encode(x)
	return err
}

func (p *phoned) ServePhones(func(context.Context, desk.PhoneOrder) (desk.PhoneAnswer, error)) {}

func (p *phoned) AskLock() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.locks++
}

// served is a desk that is really served, with its own machine's browser.
type served struct {
	*browser
	desk *phoned
	stop func()
}

func serve(t *testing.T, h *phoned, c *clock) *served {
	t.Helper()
	f, err := New(h, Options{Hosts: []string{testHost}, Now: c.read})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Serve(ctx, ln) }()
	s := &served{browser: &browser{t: t, face: f, clock: c}, desk: h}
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(s.stop)
	for f.phoneOrder(desk.PhoneOrder{Step: desk.PhoneList}) != nil { // until it is served
	}
	s.login(f.Link())
	return s
}

func (f *Face) phoneOrder(o desk.PhoneOrder) error {
	_, err := f.phones.order(context.Background(), o)
	return err
}

func newPhoned(t *testing.T) (*phoned, *clock) {
	return &phoned{fake: rivalCase(t).desks["go-between"]}, &clock{now: at("2025-05-26T09:00:00Z").Time()}
}

// link pairs as its keeper does: on the page, with a form.
func (s *served) link(name string) (desk.PhoneAnswer, string) {
	s.t.Helper()
	form := url.Values{"name": {name}}
	if s.face.phones.kept.Host == "" {
		form.Set("other", "127.0.0.1:0")
	}
	page := s.post("/phone/pair", form)
	page.wants(s.t, 200, name, "Good once, for one phone")
	m := regexp.MustCompile(`id="pair-code">([0-9A-Z-]+)<`).FindStringSubmatch(page.body)
	if m == nil {
		s.t.Fatal("no code:\n" + page.text())
	}
	a, err := s.face.phones.order(s.t.Context(), desk.PhoneOrder{Step: desk.PhoneList})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, row := range fingerRows(a.Fingerprint) {
		if !strings.Contains(page.body, row) {
			s.t.Errorf("the page does not show the fingerprint's %s", row)
		}
	}
	return a, m[1]
}

// handset is a phone: it trusts one certificate by its fingerprint, as its owner
// compared it, and keeps cookies.
type handset struct {
	t    *testing.T
	host string
	web  *http.Client
}

func newHandset(t *testing.T, a desk.PhoneAnswer) *handset {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
		if len(raw) != 1 || fingerprint(raw[0]) != a.Fingerprint {
			return errors.New("another certificate than the one that was compared")
		}
		return nil
	}}}
	return &handset{t, a.Host, &http.Client{Transport: tr, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask makes a request as a page of the desk would, save for what change changes.
func (h *handset) ask(method, path string, form url.Values, change func(r *http.Request)) answer {
	h.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, "https://"+h.host+path, body)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "https://"+h.host)
	}
	if change != nil {
		change(r)
	}
	resp, err := h.web.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp, string(b)}
}

func (h *handset) get(path string) answer { h.t.Helper(); return h.ask("GET", path, nil, nil) }

// pair types the code.
func (h *handset) pair(code string) answer {
	h.t.Helper()
	return h.ask("POST", pairPath, url.Values{"code": {code}}, nil)
}

// paired is a phone that is in, and the path of its first page.
func (s *served) paired(name string) (*handset, string) {
	s.t.Helper()
	a, code := s.link(name)
	h := newHandset(s.t, a)
	in := h.pair(strings.ToLower(code))
	if in.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("pairing: %d\n%s", in.StatusCode, in.text())
	}
	root := strings.TrimSuffix(in.Header.Get("Location"), "/")
	h.get(root+secretPath).wants(s.t, 200, "forty-five")
	return h, root
}

var formField = regexp.MustCompile(`action="([^"]+)"[^>]*>\s*<input type="hidden" name="form" value="([^"]+)"><input type="hidden" name="once" value="([^"]+)"`)

// hidden gives the hidden fields of the form on a page that goes to path.
func (a answer) hidden(t *testing.T, path string) url.Values {
	t.Helper()
	for _, m := range formField.FindAllStringSubmatch(a.body, -1) {
		if m[1] == path {
			return url.Values{"form": {m[2]}, "once": {m[3]}}
		}
	}
	t.Fatalf("no form to %s in\n%s", path, a.text())
	return nil
}

func TestNoPhoneNoDoor(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	s.get("/phone").wants(t, 200, "None. No phone can reach this desk", "What a phone's link reveals", "Whoever has the phone unlocked", "press Escape three times")
	if s.face.phones.door != nil || h.kept != nil {
		t.Error("there is a door without a phone")
	}
	// A link that nobody used closes it again.
	s.link("pocket")
	if s.face.phones.door == nil {
		t.Fatal("no door for a link that is out")
	}
	host := s.face.phones.kept.Host
	c.pass(pairLife)
	s.get("/phone").wants(t, 200, "None.")
	if s.face.phones.door != nil {
		t.Error("the door is open with nobody to come")
	}
	s.face.phones.closing.Wait()
	if conn, err := net.Dial("tcp", host); err == nil {
		conn.Close()
		t.Error("something listens for phones")
	}
	for _, wrong := range []url.Values{
		{"name": {"a"}}, {"name": {""}, "other": {"127.0.0.1:0"}}, {"name": {strings.Repeat("a", maxNaming+1)}, "other": {"127.0.0.1:0"}}, {"name": {"a"}, "other": {"0.0.0.0:8443"}},
		{"name": {"a"}, "other": {"203.0.113.5:8443"}}, {"name": {"a"}, "other": {"[2001:db8::1]:8443"}}, {"name": {"a"}, "other": {"desk.example:8443"}},
		{"name": {"a"}, "at": {"tor"}}, {"name": {"a\u0000"}, "other": {"127.0.0.1:0"}},
	} {
		if wrong.Get("other") == "" && wrong.Get("at") == "" { // it knows where it was before
			continue
		}
		if a := s.post("/phone/pair", wrong); a.StatusCode < 400 || !strings.Contains(a.text(), "Not done") {
			t.Errorf("%v: %d", wrong, a.StatusCode)
		}
	}
}

func TestPhonePairsOnceAndNotForLong(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	a, code := s.link("pocket")
	phone := newHandset(t, a)
	before := phone.get(pairPath)
	before.wants(t, 200, "First compare", "Then pair")
	if strings.Contains(before.body, "go-between") || strings.Contains(strings.ToLower(before.body), "backchannel") {
		t.Error("the page that pairs names somebody:\n" + before.text())
	}
	for _, wrong := range []string{"", strings.Repeat("0", codeLength), code[1:], code + "0"} {
		if x := phone.pair(wrong); x.StatusCode != 403 || len(x.Cookies()) > 0 {
			t.Errorf("%q: %d", wrong, x.StatusCode)
		}
	}
	in := phone.pair(" " + strings.ToLower(code) + "\n")
	if in.StatusCode != 303 || len(in.Cookies()) != 1 {
		t.Fatalf("%d", in.StatusCode)
	}
	k := in.Cookies()[0]
	if !k.HttpOnly || !k.Secure || k.SameSite != http.SameSiteStrictMode || k.Domain != "" || k.Path != s.face.phones.kept.Root+"/" || k.MaxAge != int(phoneLife.Seconds()) || len(k.Value) < 43 {
		t.Errorf("%+v", k)
	}
	if bytes.Contains(h.kept, []byte(k.Value)) || bytes.Contains(h.kept, []byte(plainCode(code))) {
		t.Error("the vault has a secret that lets a phone in")
	}
	root := s.face.phones.kept.Root
	phone.get(root+secretPath).wants(t, 200, "forty-five")
	s.get("/phone").wants(t, 200, "pocket")

	// The link is used up: for the thief who photographed it, with no link out and
	// with another.
	thief := newHandset(t, a)
	if x := thief.pair(code); x.StatusCode != 404 {
		t.Errorf("a used link: %d", x.StatusCode)
	}
	_, second := s.link("second")
	if x := thief.pair(code); x.StatusCode != 403 || len(x.Cookies()) > 0 {
		t.Errorf("a used link while another is out: %d", x.StatusCode)
	}
	c.pass(pairLife)
	if x := thief.pair(second); x.StatusCode != 404 {
		t.Errorf("a link whose time is over: %d", x.StatusCode)
	}
	_, third := s.link("third")
	s.post("/phone/cancel", url.Values{})
	if x := thief.pair(third); x.StatusCode != 404 {
		t.Errorf("a link that was taken back: %d", x.StatusCode)
	}
	_, fourth := s.link("fourth")
	h.fails = true
	if x := thief.pair(fourth); x.StatusCode != 500 || len(x.Cookies()) > 0 {
		t.Errorf("a phone that cannot be kept: %d", x.StatusCode)
	}
	h.fails = false
	thief.get(root+secretPath).wants(t, 404)
}

// TestWhoeverIsNotPairedSeesTheSame: on every path but that which pairs, and
// there too once no link is out.
func TestWhoeverIsNotPairedSeesTheSame(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	_, root := s.paired("pocket")
	a, _ := s.face.phones.order(t.Context(), desk.PhoneOrder{Step: desk.PhoneList})
	other := newHandset(t, a)
	want := other.get("/")
	want.wants(t, 404)
	for _, path := range []string{
		pairPath, pairPath + "/desk.css", pairPath + "/pair.js", root, root + "/", root + secretPath, root + "/static/desk.css", root + "/manifest.webmanifest", root + "/icon/192",
		root + "/here", root + "/away", root + "/live", root + "/lock", root + "/phone", root + "/login/x", s.face.root + "/", "/favicon.ico", "/robots.txt",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
			var form url.Values
			if method == "POST" {
				form = url.Values{"code": {"x"}}
			}
			got := other.ask(method, path, form, func(r *http.Request) {
				r.AddCookie(&http.Cookie{Name: "__Secure-phone", Value: strings.Repeat("A", 43)})
			})
			got.Header.Del("Date")
			want.Header.Del("Date")
			if method != "HEAD" && got.body != want.body || got.StatusCode != 404 || len(got.Header) != len(want.Header) || len(got.Cookies()) > 0 {
				t.Errorf("%s %s: %d %v %q", method, path, got.StatusCode, got.Header, got.body)
			}
		}
	}
	for _, v := range want.Header {
		if x := strings.ToLower(strings.Join(v, " ")); strings.Contains(x, "backchannel") || strings.Contains(x, "go/") {
			t.Errorf("a header says what answers: %s", x)
		}
	}
	for _, version := range []uint16{tls.VersionTLS12} {
		if conn, err := tls.Dial("tcp", a.Host, &tls.Config{InsecureSkipVerify: true, MaxVersion: version}); err == nil {
			conn.Close()
			t.Error("the door speaks an old TLS")
		}
	}
	conn, err := tls.Dial("tcp", a.Host, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cert := conn.ConnectionState().PeerCertificates[0]
	if cert.IsCA || len(cert.Subject.Names) > 0 || len(cert.DNSNames) > 0 || len(cert.IPAddresses) != 1 {
		t.Errorf("the certificate says more than an address, or vouches for others: %v %v", cert.Subject, cert.DNSNames)
	}
}

// TestPhoneRefusesWhatIsForeign: another site, another name (DNS rebinding), and
// forged forms, with the cookie of a phone that is in.
func TestPhoneRefusesWhatIsForeign(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	phone, root := s.paired("pocket")
	page := phone.get(root + "/write")
	form := page.hidden(t, root+"/write")
	for k, v := range map[string]string{"to": "envoy", "act": "inform", "text": "we hear you"} {
		form.Set(k, v)
	}
	set := func(pairs ...string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Del("Origin")
			r.Header.Del("Sec-Fetch-Site")
			for p := range slices.Chunk(pairs, 2) {
				r.Header.Set(p[0], p[1])
			}
		}
	}
	same := "https://" + phone.host
	before := h.commits
	for name, change := range map[string]func(*http.Request){
		"another site":           set("Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"),
		"an old browser":         set("Origin", "https://evil.example"),
		"no origin":              set(),
		"plain http":             set("Origin", "http://"+phone.host),
		"this machine's page":    set("Origin", "http://"+testHost, "Sec-Fetch-Site", "same-site"),
		"a hidden origin":        set("Origin", "null", "Sec-Fetch-Site", "cross-site"),
		"typed":                  set("Sec-Fetch-Site", "none"),
		"a rebound name":         func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Origin", "https://evil.example") },
		"a rebound name, a port": func(r *http.Request) { r.Host = "evil.example:" + strings.Split(phone.host, ":")[1] },
		"no form":                func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		got := phone.ask("POST", root+"/write", form, change)
		if got.StatusCode != 404 || got.body != "404 page not found\n" {
			t.Errorf("%s: %d %q", name, got.StatusCode, got.text())
		}
		if strings.HasPrefix(name, "a rebound") || name == "another site" {
			if got := phone.ask("GET", root+secretPath, nil, change); got.StatusCode != 404 || got.body != "404 page not found\n" {
				t.Errorf("reading, %s: %d", name, got.StatusCode)
			}
		}
	}
	for name, token := range map[string]string{"no token": "", "a made up one": "x", "another form's": page.hidden(t, root+"/lock").Get("form")} {
		bad := clone(form)
		bad.Set("form", token)
		if got := phone.ask("POST", root+"/write", bad, nil); got.StatusCode != 401 && got.StatusCode != 403 {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.text())
		}
	}
	if h.commits != before {
		t.Error("something was done")
	}
	phone.ask("POST", root+"/write", form, set("Origin", same)).wants(t, 200, "we hear you") // what its own page sends goes
}

func TestUnpairedPhoneIsOutAtOnce(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	phone, root := s.paired("pocket")
	second, _ := s.paired("second")
	form := phone.get(root+"/write").hidden(t, root+"/write")
	for k, v := range map[string]string{"to": "envoy", "act": "inform", "text": "we hear you"} {
		form.Set(k, v)
	}
	look := phone.ask("POST", root+"/write", form, nil)
	look.wants(t, 200, "we hear you")
	sure := look.hidden(t, root+"/confirm")
	sure.Set("confirm", look.token(t))
	sure.Set("go", "send")
	h.fails = true // also where the disk is full
	s.post("/phone/unpair", url.Values{"name": {"pocket"}})
	h.fails = false
	before := h.commits
	if got := phone.ask("POST", root+"/confirm", sure, nil); got.StatusCode != 404 || h.commits != before {
		t.Errorf("a phone that was unpaired in the middle sends: %d", got.StatusCode)
	}
	phone.get(root+secretPath).wants(t, 404)
	second.get(root+secretPath).wants(t, 200, "forty-five")
	if got := s.post("/phone/unpair", url.Values{"name": {"nobody"}}); got.StatusCode != 404 {
		t.Errorf("nobody: %d", got.StatusCode)
	}

	// A phone may leave by itself, and the last one closes the door.
	leave := second.get(root+"/").hidden(t, root+"/logout")
	second.ask("POST", root+"/logout", leave, nil)
	s.get("/phone").wants(t, 200, "None.")
	s.face.phones.closing.Wait()
	if conn, err := net.Dial("tcp", phone.host); err == nil {
		conn.Close()
		t.Error("the door stays open for nobody")
	}
	if k, _ := h.Phones(t.Context()); len(k.List) > 0 || k.Root != "" || k.Key != nil {
		t.Errorf("kept: %+v", k)
	}
}

// TestPhoneComesBackAfterAStart: locked and unlocked, or stopped: it is the
// same phone at the same address with the same certificate, until it was
// unpaired, or away for too long.
func TestPhoneComesBackAfterAStart(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	phone, root := s.paired("pocket")
	form := phone.get(root+"/lock").hidden(t, root+"/lock")
	if got := phone.ask("POST", root+"/lock", form, nil); got.StatusCode != 200 || h.locks != 1 {
		t.Fatalf("a phone locks the desk: %d", got.StatusCode)
	}
	if s.face.Used().IsZero() {
		t.Error("a phone's use does not count")
	}
	s.stop()
	c.pass(24 * time.Hour)
	s = serve(t, h, c)
	phone.get(root+secretPath).wants(t, 200, "forty-five")
	if got := phone.ask("POST", root+"/lock", form, nil); got.StatusCode < 400 || h.locks != 1 {
		t.Errorf("a form of before the start is taken: %d", got.StatusCode)
	}
	if k, _ := h.Phones(t.Context()); k.List[0].Used.Time() != c.read() {
		t.Errorf("last used %v", k.List[0].Used)
	}
	s.stop()
	c.pass(phoneLife)
	s = serve(t, h, c)
	if s.face.phones.door != nil {
		t.Error("a phone that was away for too long still has a door")
	}
}

// TestPhoneIsNoKeeper: it pairs no other phone, unpairs none, and sees no list.
func TestPhoneIsNoKeeper(t *testing.T) {
	h, c := newPhoned(t)
	s := serve(t, h, c)
	phone, root := s.paired("pocket")
	home := phone.get(root + "/")
	if strings.Contains(home.body, root+"/phone") || strings.Contains(home.text(), "stays on this computer") {
		t.Error("a phone is shown what is for its keeper")
	}
	home.wants(t, 200, "Unpair this phone", "Lock this desk")
	for _, path := range []string{"/phone", "/phone/pair", "/phone/unpair", "/phone/cancel"} {
		if got := phone.get(root + path); got.StatusCode != 404 || strings.Contains(got.body, "pocket") {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	m := phone.get(root + "/manifest.webmanifest")
	if m.StatusCode != 200 || strings.Contains(strings.ToLower(m.body), "backchannel") || strings.Contains(m.body, "go-between") || !strings.Contains(m.body, root+"/icon/512") {
		t.Errorf("manifest: %d %s", m.StatusCode, m.body)
	}
	if i := phone.get(root + "/icon/192"); i.StatusCode != 200 || !strings.HasPrefix(i.body, "\x89PNG") {
		t.Errorf("icon: %d", i.StatusCode)
	}
	away := phone.get(root + "/away")
	if away.StatusCode != 200 || strings.Contains(away.body, "go-between") {
		t.Error("the page that covers shows something:\n" + away.text())
	}
}
