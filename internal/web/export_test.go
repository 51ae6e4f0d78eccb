package web

import (
	"archive/zip"
	"bytes"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"

	papers "backchannel/internal/paper"
)

// plainOf gives the words of a page or of a Word file, without marks.
func plainOf(t *testing.T, a answer) string {
	t.Helper()
	body := a.body
	if strings.HasPrefix(body, "PK") {
		z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		body = ""
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			body += string(raw)
		}
		body = strings.ReplaceAll(body, "</w:p>", " ")
		return marks.ReplaceAllString(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, "")), "")
	}
	return marks.ReplaceAllString(html.UnescapeString(a.text()), "")
}

var marks = regexp.MustCompile("[\u2066-\u2069]")

// TestLaw5_APaperFromThePage: the preview and the paper of every form hold
// what the reader's projection holds, and nothing of a secret that stands
// beside it.
func TestLaw5_APaperFromThePage(t *testing.T) {
	r := agreedCase(t)
	gb := r.desks["go-between"]
	const secret = "the-heron-flies-at-noon"
	gb.must(t, record.Entry{Body: record.Note{Text: secret}})
	gb.must(t, record.Entry{Audience: []record.Name{"official"}, Body: record.Message{From: "go-between", To: "official", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "For you alone: " + secret}})
	gb.must(t, record.Entry{Audience: []record.Name{"envoy"}, Body: record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "For the envoy's eyes."}})
	b := open(t, gb)
	first := b.get("/export")
	first.wants(t, 200, "Put it on paper", "The envoy (envoy), The power", "was given", "your own: it holds all there is", "Nothing is sent")

	rec, _ := gb.Record(t.Context())
	p := rec.For("envoy", record.AsOf{})
	text := gb.find(t, func(it record.Item) bool { return it.Body.Kind() == "package" && it.By == "envoy" })
	commits := gb.commits
	for _, what := range []papers.Kind{papers.Stand, papers.Text, papers.Sheet, papers.Record, papers.Whole} {
		for _, as := range []string{"page", "file", "word"} {
			form := url.Values{"for": {"envoy"}, "what": {string(what)}, "as": {as}, "lang": {"en"}, "on": {b.face.alias.of(text.ID)}}
			look := b.post("/export", form)
			look.wants(t, 200, "A paper for The envoy (envoy), The power", "This is exactly what stands on it", "for The envoy (envoy), The power")
			file := b.post("/export/take", url.Values{"confirm": {look.token(t)}, "go": {"take"}})
			if file.StatusCode != 200 {
				t.Fatal(what, as, file.text())
			}
			d, err := papers.Make(words.Open("en"), view.Of(p, gb.clock), papers.Order{Kind: what, Now: gb.clock, On: record.Ref{Hash: hashOf(text.Body)}})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range []answer{look, file} {
				plain := blanks.ReplaceAllString(plainOf(t, a), " ")
				if strings.Contains(plain, secret) {
					t.Errorf("%s as %s holds what the reader was not given", what, as)
				}
				for _, k := range d.Blocks { // what his projection holds is all there
					for _, s := range append([]string{k.Heading, k.Text, k.Quote}, k.List...) {
						if want := blanks.ReplaceAllString(marks.ReplaceAllString(s, ""), " "); !strings.Contains(plain, want) {
							t.Errorf("%s as %s does not hold %q:\n%s", what, as, want, plain)
						}
					}
				}
				if what == papers.Record && !strings.Contains(plain, "For the envoy's eyes.") {
					t.Error("what he was sent is not there")
				}
			}
			if bare := what == papers.Sheet; bare == strings.Contains(plainOf(t, file), "nothing else") {
				t.Errorf("%s as %s: a header stands where it must not, or lacks", what, as)
			}
			disposition, inline := file.Header.Get("Content-Disposition"), as == "page"
			if inline != (disposition == "") || !inline && !strings.HasPrefix(disposition, `attachment; filename="paper.`) {
				t.Error(as, disposition)
			}
			if csp := file.Header.Get("Content-Security-Policy"); inline && (!strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "'self'")) {
				t.Error(csp)
			}
		}
	}
	if gb.commits != commits {
		t.Error("making papers wrote into the record")
	}

	// His own is another thing, and says so.
	own := b.post("/export", url.Values{"for": {"go-between"}, "what": {"record"}, "as": {"file"}})
	own.wants(t, 200, secret, "This one is your own", "Give it to nobody")
	// What somebody was not given is not there to be asked for.
	hidden := gb.find(t, isMessage(secret))
	for _, form := range []url.Values{
		{"what": {"standing"}}, {"for": {"nobody-here"}, "what": {"standing"}}, {"for": {"envoy"}, "what": {"nothing"}},
		{"for": {"envoy"}, "what": {"sheet"}}, {"for": {"envoy"}, "what": {"text"}, "on": {b.face.alias.of(hidden.ID)}},
		{"for": {"envoy"}, "what": {"standing"}, "stood": {"never"}},
	} {
		if a := b.post("/export", form); a.StatusCode/100 != 4 || !strings.Contains(a.text(), "Not done") {
			t.Errorf("%v: %d", form, a.StatusCode)
		}
	}
}

// TestAPaperIsWhatWasShown: the second step gives what the first showed, once;
// where the record has moved on, it shows again.
func TestAPaperIsWhatWasShown(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	form := url.Values{"for": {"envoy"}, "what": {"record"}, "as": {"file"}, "lang": {"ar"}}
	look := b.post("/export", form)
	look.wants(t, 200, "السجل")
	if !strings.Contains(look.body, `<div class="paper" lang="ar" dir="rtl">`) {
		t.Error("the paper does not run its own way")
	}
	token := url.Values{"confirm": {look.token(t)}}
	gb.must(t, record.Entry{Audience: []record.Name{"envoy"}, Body: record.Message{From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: "One more thing."}})
	gb.clock += 60_000
	again := b.post("/export/take", token)
	again.wants(t, 200, "One more thing.", "This is exactly what stands on it")
	gb.clock += 60_000 // time alone makes no other paper
	file := b.post("/export/take", url.Values{"confirm": {again.token(t)}})
	file.wants(t, 200, "One more thing.")
	if file.Header.Get("Content-Disposition") == "" {
		t.Error("it was shown once more")
	}
	b.post("/export/take", token).wants(t, 409, "answered already")
	b.post("/export/take", url.Values{"confirm": {"other"}}).wants(t, 410)
	back := b.post("/export/take", url.Values{"confirm": {b.post("/export", form).token(t)}, "go": {"back"}})
	back.wants(t, 200, "For whom", "Look at it first")
}
