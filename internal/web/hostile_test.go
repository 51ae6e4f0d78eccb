package web

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/record"
)

// hostile is what a form may be sent in the place of what it asks for.
var hostile = []string{
	"\"><img src=x onerror=alert(1)>\r\nSet-Cookie: desk=mine\r\n\r\n{{.}}../../../etc/passwd",
	"\xff\xfe\x00\x1b[2J\u202e\u2069",
	"-99999999999999999999999999",
	"9999-12-31T23:59:59",
	strings.Repeat("n", 70<<10),
}

var (
	fieldName   = regexp.MustCompile(`<(?:input|textarea|select)[^>]* name="([^"]+)"`)
	selectField = regexp.MustCompile(`(?s)<select[^>]* name="([^"]+)".*?</select>`)
	optionValue = regexp.MustCompile(`<option value="([^"]+)"`)
	choiceValue = regexp.MustCompile(`<input[^>]* name="([^"]+)"[^>]* type="(?:radio|checkbox)"[^>]* value="([^"]+)"|<input[^>]* type="(?:radio|checkbox)"[^>]* name="([^"]+)"[^>]* value="([^"]+)"`)
)

// filled gives a form's fields with something in each: the first that is
// offered, or a word.
func filled(page string) url.Values {
	v := url.Values{}
	for _, m := range fieldName.FindAllStringSubmatch(page, -1) {
		if m[1] != "form" && m[1] != "lang" && m[1] != "back" {
			v.Set(m[1], "x")
		}
	}
	for _, m := range selectField.FindAllStringSubmatch(page, -1) {
		if o := optionValue.FindStringSubmatch(m[0]); o != nil {
			v.Set(m[1], o[1])
		}
	}
	for _, m := range choiceValue.FindAllStringSubmatch(page, -1) {
		if name := m[1] + m[3]; v.Get(name) == "x" {
			v.Set(name, m[2]+m[4])
		}
	}
	return v
}

// subjects gives the addresses that a form has at this desk: its own, or one
// for each kind of entry that it takes.
func (b *browser) subjects(h *fake, fm form, most int) (out []string) {
	if !fm.about {
		return []string{fm.path}
	}
	seen := map[record.Kind]bool{}
	for _, it := range h.record.For(h.keeper, record.AsOf{}).Items() {
		if !seen[it.Body.Kind()] && len(out) < most {
			seen[it.Body.Kind()] = true
			if path := fm.path + "/" + b.face.alias.of(it.ID); b.get(path).StatusCode == 200 {
				out = append(out, path)
			}
		}
	}
	return out
}

// sound checks an answer to what nobody honest sends.
func sound(t *testing.T, b *browser, what string, a answer) {
	t.Helper()
	if a.StatusCode >= 500 {
		t.Errorf("%s: status %d\n%.300s", what, a.StatusCode, a.text())
	}
	if strings.Contains(a.body, "<img src=x") || strings.ContainsAny(a.body, "\u202e\x00") {
		t.Errorf("%s: foreign words are a part of the page", what)
	}
	if to := a.Header.Get("Location"); to != "" && !strings.HasPrefix(to, b.face.root+"/") {
		t.Errorf("%s: leads to %q", what, to)
	}
	if len(a.Cookies()) > 0 || strings.ContainsAny(a.Header.Get("Content-Disposition"), "\r\n/\\") {
		t.Errorf("%s: %v", what, a.Header)
	}
}

// TestNoFormDoesHostileThings: whatever stands in whichever field of a form, and
// however often, nothing is written before the second step, nothing breaks, and
// nothing of it becomes a part of the page or of its headers.
func TestNoFormDoesHostileThings(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	bad, most := hostile, 3
	if testing.Short() {
		bad, most = hostile[:1], 1
	}
	posted := 0
	for _, fm := range forms() {
		for _, path := range b.subjects(h, fm, most) {
			page := b.get(path)
			good := filled(page.body)
			before := h.commits
			for name := range good {
				for _, evil := range bad {
					v := clone(good)
					v[name] = []string{evil}
					posted++
					sound(t, b, path+" "+name, b.post(path, v))
				}
				v := clone(good)
				v[name] = append(slices.Clone(v[name]), v[name]...)
				sound(t, b, path+" "+name+" twice", b.post(path, v))
			}
			for _, evil := range hostile {
				v := url.Values{}
				for name := range good {
					v.Set(name, evil)
				}
				sound(t, b, path+" all", b.post(path, v))
			}
			sound(t, b, path+" nothing", b.post(path, nil))
			if h.commits != before {
				t.Errorf("%s: written in one step", path)
			}
		}
	}
	if posted < 100 {
		t.Errorf("only %d forms were sent", posted)
	}
}

// plainPosts are the forms of one step, with the fields that they read.
var plainPosts = map[string][]string{
	"/dossier": {"for", "as", "stood", "knew"}, "/verify-term": {"file", "words"}, "/language": {"lang", "back"}, "/confirm": {"confirm", "go"},
	"/sealed/take":  {"take-from", "take-text", "take-of", "take-by", "take-secret", "take-answer", "take-package", "take-seen"},
	"/sealed/make":  {"make-what", "make-to", "make-text", "make-secret", "make-answer", "make-package"},
	"/sealed/check": {"check-peer", "check-words", "check-how", "do"}, "/sealed/reveal": {"sign", "reveal-to"},
	"/lines/invite": {"peer", "other", "ticket"}, "/lines/join": {"peer", "other", "invite"}, "/lines/compared": {"peer", "words"}, "/lines/compare": {"peer", "step"},
	"/lines/hangup": {"peer", "sure"}, "/lines/zone": {"of", "zone", "place"}, "/lines/revoke": {"invite", "sure"}, "/undo": {"of"}, "/lines/rekey": {"peer", "what", "sure"}, "/relay/enrol": {"address", "ticket"},
}

// TestNoPlainFormDoesHostileThings: likewise the forms of one step.
func TestNoPlainFormDoesHostileThings(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	for path, fields := range plainPosts {
		before := h.commits
		for _, evil := range hostile {
			all := url.Values{}
			for _, name := range fields {
				all.Set(name, evil)
				sound(t, b, path+" "+name, b.post(path, url.Values{name: {evil, evil}}))
			}
			sound(t, b, path+" all", b.post(path, all))
		}
		if h.commits != before {
			t.Errorf("%s: written", path)
		}
	}
	for _, back := range []string{"//evil.example/", "//", "/\\evil.example", "https://evil.example/", "/../../evil", "\\\\evil.example", "/\r\nSet-Cookie: a=b", "/%2f%2fevil.example", "javascript:alert(1)"} {
		sound(t, b, back, b.post("/language", url.Values{"lang": {"fr"}, "back": {back}}))
	}
}

// TestLookingChangesNothing: no page writes anything when it is asked for, with
// whatever behind its question mark, and no form is taken by a GET.
func TestLookingChangesNothing(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	before := h.commits
	paths := []string{"/", "/record", "/standing", "/compare", "/changed", "/timeline", "/beside", "/terms", "/performance", "/mandates", "/fates", "/drafts", "/knows",
		"/knows/envoy", "/knows/..%2f..%2fetc", "/asked", "/incidents", "/notifications", "/accounts", "/kept", "/dossier", "/verify-term", "/sealed", "/sealed/of/x", "/one-term/file/x",
		"/lines", "/relay", "/clock", "/glossary", "/static/..%2ftemplates%2fform.html", "/static/%2e%2e/web.go", "/e/x", "/write/x", "/logout", "/lock"}
	for path := range plainPosts {
		paths = append(paths, path)
	}
	for _, fm := range forms() {
		paths = append(paths, fm.path)
	}
	q := url.Values{}
	for _, name := range []string{"page", "stood", "knew", "since", "said", "a", "b", "done", "who", "path", "form", "as", "for", "lang", "text", "to", "from", "until", "peer", "sure", "confirm", "go"} {
		q[name] = []string{"x", "x"}
	}
	for _, path := range paths {
		for _, evil := range hostile[:4] {
			for name := range q {
				q.Set(name, evil)
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := b.read(b.do(b.request(method, b.face.root+path+"?"+q.Encode(), nil)))
				sound(t, b, method+" "+path, a)
			}
		}
	}
	if h.commits != before || b.face.gate.known(b.request("GET", "/", nil), false) == nil {
		t.Error("a look changed something")
	}
}

// TestWhoIsNamedTwiceGetsItOnce: a form may name one reader twice.
func TestWhoIsNamedTwiceGetsItOnce(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	page := b.post("/person", url.Values{"name": {"aide"}, "title": {"The aide"}, "to": {"envoy", "envoy", "envoy"}})
	if n := strings.Count(page.text(), "To The envoy (envoy)"); page.StatusCode == 200 && n > 1 {
		t.Errorf("he gets it %d times:\n%s", n, page.text())
	}
}
