package web

import (
	"net/url"
	"strings"
	"testing"
)

// The page speaks what its reader chose, else what the browser asks for.
func TestLanguageOfAPage(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	b.get("/").wants(t, 200, "Came in, not yet carried", "Русский", "العربية")
	b.lang = "ru-RU,ru;q=0.9,en;q=0.5"
	russian := b.get("/")
	russian.wants(t, 200, `Пришло`)
	if !strings.Contains(russian.body, `<html lang="ru" dir="ltr"`) {
		t.Error("the page does not say its language")
	}
	if strings.Contains(russian.text(), "Came in, not yet carried") {
		t.Error("English is left")
	}
	russian.wants(t, 200, "носител") // no native speaker has reviewed it yet

	done := b.post("/language", url.Values{"lang": {"ar"}, "back": {"/standing"}})
	if done.StatusCode != 303 || done.Header.Get("Location") != b.face.root+"/standing" {
		t.Fatalf("%d to %s", done.StatusCode, done.Header.Get("Location"))
	}
	arabic := b.get("/standing")
	if !strings.Contains(arabic.body, `<html lang="ar" dir="rtl"`) {
		t.Error("the choice does not hold")
	}
	b.get("/glossary").wants(t, 200, "not confirmed")
	b.post("/language", url.Values{"lang": {"xx"}}).wants(t, 404)
	for _, back := range []string{"//elsewhere.example/", "https://elsewhere.example", ""} {
		done := b.post("/language", url.Values{"lang": {"en"}, "back": {back}})
		if done.Header.Get("Location") != b.face.root+"/" {
			t.Errorf("back to %q leads to %s", back, done.Header.Get("Location"))
		}
	}
	b.get("/").wants(t, 200, "Came in, not yet carried")
}

// A form that was begun in one language is confirmed in another.
func TestLanguageChangesInTheMiddle(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	look := b.post("/write", url.Values{"to": {"envoy"}, "text": {"Is it yours?"}, "act": {"ask"}})
	look.wants(t, 200)
	token := look.token(t)
	b.post("/language", url.Values{"lang": {"ru"}})
	before := gb.commits
	if done := b.post("/confirm", url.Values{"confirm": {token}, "go": {"send"}}); done.StatusCode != 303 || gb.commits != before+1 {
		t.Fatalf("%d, %d commits", done.StatusCode, gb.commits-before)
	}
}
