package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"backchannel/internal/record"
)

// fields gives the hidden fields of the form on this page that goes to path.
func (b *browser) fields(a answer, path string) url.Values {
	b.t.Helper()
	return a.hidden(b.t, b.face.root+path)
}

// resend sends a form as it is, with the token that its page had.
func (b *browser) resend(path string, v url.Values) answer {
	b.t.Helper()
	return b.read(b.do(b.request("POST", b.face.root+path, v)))
}

// TestAFormThatComesTwiceIsDoneOnce: an answer was lost on the way, and the same
// form comes again. What was done is answered again, and not done again.
func TestAFormThatComesTwiceIsDoneOnce(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	form := b.fields(b.get("/write"), "/write")
	for k, v := range map[string]string{"to": "envoy", "act": "inform", "text": "we hear you once"} {
		form.Set(k, v)
	}
	first := b.resend("/write", form)
	again := b.resend("/write", form)
	if first.token(t) != again.token(t) {
		t.Error("the same form was planned twice")
	}
	sure := b.fields(first, "/confirm")
	sure.Set("confirm", first.token(t))
	sure.Set("go", "send")
	done := b.resend("/confirm", sure)
	if done.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", done.StatusCode, done.text())
	}
	before := h.commits
	twice := b.resend("/confirm", sure)
	if twice.StatusCode != done.StatusCode || twice.Header.Get("Location") != done.Header.Get("Location") {
		t.Errorf("the second answer is %d %s, the first was %d %s", twice.StatusCode, twice.Header.Get("Location"), done.StatusCode, done.Header.Get("Location"))
	}
	count := 0
	for i := range h.record.Len() {
		if isMessage("we hear you once")(*h.record.At(i)) {
			count++
		}
	}
	if h.commits != before || count != 1 {
		t.Errorf("%d commits more, and the message stands %d times", h.commits-before, count)
	}

	// The same words from a form that was opened anew are another message.
	anew := b.fields(b.get("/write"), "/write")
	for k := range form {
		if anew.Get(k) == "" {
			anew.Set(k, form.Get(k))
		}
	}
	if anew.Get("once") == form.Get("once") {
		t.Error("a form that is opened anew has the same number")
	}
	if b.resend("/write", anew).token(t) == first.token(t) {
		t.Error("a second message is taken for the first")
	}

	// Another session's is another form, whatever it says.
	other := &browser{t: t, face: b.face, clock: b.clock}
	other.login(b.face.Link())
	if a := other.resend("/confirm", sure); a.StatusCode < 400 {
		t.Errorf("another browser gets the first's answer: %d", a.StatusCode)
	}
}

// TestAFormThatFailedIsTriedAgain: what changed nothing is not remembered.
func TestAFormThatFailedIsTriedAgain(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := open(t, h)
	form := b.fields(b.get("/lines"), "/lines/invite")
	form.Set("other", "somebody")
	h.relay.Address = ""
	h.enrolls = nil
	lines := len(h.lines)
	first := b.resend("/lines/invite", form)
	if first.StatusCode == 200 {
		b.resend("/lines/invite", form)
		if len(h.lines) > lines+1 {
			t.Error("one form made two invites")
		}
	}
	bad := b.fields(b.get("/write"), "/write")
	bad.Set("text", "x")
	if a := b.resend("/write", bad); a.StatusCode < 400 {
		t.Fatalf("%d", a.StatusCode)
	}
	if n := len(b.face.once.done); n > 1 {
		t.Errorf("%d answers are kept", n)
	}
	for range maxOutcomes + 3 {
		v := b.fields(b.get("/write"), "/language")
		v.Set("lang", "en")
		if a := b.resend("/language", v); a.StatusCode != http.StatusSeeOther {
			t.Fatal(a.StatusCode)
		}
	}
	if n := len(b.face.once.done); n != maxOutcomes || len(b.face.once.order) != maxOutcomes {
		t.Errorf("%d answers are kept, %d in order", n, len(b.face.once.order))
	}
}

// TestTitlesAndAddressesNameNobody: what a history, a task bar or a phone's list
// of windows shows.
func TestTitlesAndAddressesNameNobody(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	names := []string{}
	for i := range r.desks["go-between"].record.Len() {
		switch x := r.desks["go-between"].record.At(i).Body.(type) {
		case record.Person:
			names = append(names, string(x.Name), x.Title)
		case record.Party:
			names = append(names, string(x.Name), x.Title)
		}
	}
	if len(names) < 4 {
		t.Fatal("nobody to look for")
	}
	seen := map[string]bool{}
	todo := []string{"/", "/knows", "/performance", "/mandates", "/accounts", "/asked", "/incidents", "/notifications", "/kept", "/fates", "/drafts", "/timeline", "/changed", "/relay", "/sealed", "/dossier", "/glossary"}
	for len(todo) > 0 && len(seen) < 250 {
		path := todo[0]
		todo = todo[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		a := b.get(path)
		if a.StatusCode != 200 {
			continue
		}
		_, rest, _ := strings.Cut(a.body, "<title>")
		title, _, _ := strings.Cut(rest, "</title>")
		for _, n := range names {
			if n != "" && (strings.Contains(strings.ToLower(title), strings.ToLower(n)) || strings.Contains(path, n)) {
				t.Errorf("%s, %q: names %q", path, title, n)
			}
		}
		for _, m := range hrefs.FindAllStringSubmatch(a.body, -1) {
			if p, ok := strings.CutPrefix(m[1], b.face.root); ok && !strings.HasPrefix(p, "/static") && !strings.Contains(p, "page=") {
				todo = append(todo, strings.ReplaceAll(p, "&amp;", "&"))
			}
		}
	}
	t.Log(len(seen), "pages")
}

var hrefs = regexp.MustCompile(`href="([^"#]+)"`)
