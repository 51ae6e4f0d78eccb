package web

import (
	"html"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/casefile"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// played gives the go-between's desk after a whole negotiation, in memory.
func played(t *testing.T, name string) (*Face, *record.Record) {
	t.Helper()
	k, err := casefile.Load(casefile.Cases(), name)
	if err != nil {
		t.Fatal(err)
	}
	m := casefile.NewMemory(k)
	if _, err := casefile.Run(t.Context(), k, casefile.NewPlayer(m, casefile.SeededIDs("english")), nil, func(casefile.Progress) {}); err != nil {
		t.Fatal(err)
	}
	d, err := m.Desk("go-between")
	if err != nil {
		t.Fatal(err)
	}
	f, err := New(d, Options{Hosts: []string{testHost}, CaseClock: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f, r
}

// whatPeopleTyped takes out of a text all that people typed: what is plain text
// in the record, the names, and what the program makes of hashes. The words of
// the program are of types of their own, and stay.
func whatPeopleTyped(r *record.Record) func(string) string {
	names, texts := map[string]bool{}, map[string]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if v.Type() == reflect.TypeFor[record.Name]() {
				names[v.String()] = true
			} else if s := v.String(); v.Type().Name() == "string" && latin.MatchString(s) {
				texts[blanks.ReplaceAllString(strings.TrimRight(s, "."), " ")] = true
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case reflect.Interface, reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem())
			}
		}
	}
	for _, it := range r.Items() {
		walk(reflect.ValueOf(it.Entry))
	}
	var out []string
	for _, s := range slices.SortedFunc(maps.Keys(texts), func(a, b string) int { return len(b) - len(a) }) {
		out = append(out, s, " ")
	}
	for _, s := range slices.SortedFunc(maps.Keys(names), func(a, b string) int { return len(b) - len(a) }) {
		out = append(out, s, " ")
	}
	take := strings.NewReplacer(out...)
	return func(s string) string { return take.Replace(prints.ReplaceAllString(s, " ")) }
}

var (
	latin    = regexp.MustCompile(`[A-Za-z][A-Za-z]+(?:-[A-Za-z]+)*`)
	prints   = regexp.MustCompile(`\b[0-9a-f]{8,}\b|(?:\b(?:[bdfghjklmnpqrstvwz][aeiou]){2}\b[ ·]*){6,}`)
	english  = regexp.MustCompile(`(?s)<(?:p|span|bdi|td|dd|blockquote|option|button|label|a)[^>]* lang="(?:en|es|fr)"[^>]*>.*?</(?:p|span|bdi|td|dd|blockquote|option|button|label|a)>|<(?:script|style|head|code|pre|kbd)\b.*?</(?:script|style|head|code|pre|kbd)>`)
	command  = regexp.MustCompile("`[^`]*`|backchannel [a-z -]+")
	linkedTo = regexp.MustCompile(`href="([^"#]*)`)
	anAlias  = regexp.MustCompile(`[A-Za-z0-9_-]{16,}`)
)

// otherWords are Latin words that stand on a page in any language: names of
// things, and what a form shows as an example.
var otherWords = strings.Fields("Backchannel UTC English Español Français Tor QR PDF Word days captives living bodies")

// TestNoEnglishOnOtherPages walks through every page of a desk that has been
// through a whole negotiation, in the languages that are written in other
// letters. What is left of Latin words was typed by people, or is a name.
func TestNoEnglishOnOtherPages(t *testing.T) {
	face, r := played(t, "release-2025")
	untyped := whatPeopleTyped(r)
	langs := []string{"ar", "he", "ru"}
	if testing.Short() {
		langs = langs[:1]
	}
	for _, lang := range langs {
		b := &browser{t: t, face: face, clock: &clock{}, lang: lang}
		b.login(face.Link())
		shapes, seen, found := map[string]int{}, map[string]bool{}, map[string]string{}
		for todo := []string{face.root + "/"}; len(todo) > 0; todo = todo[1:] {
			path := todo[0]
			shape := anAlias.ReplaceAllString(path, "*")
			if shapes[shape]++; shapes[shape] > pagesOfAShape {
				continue
			}
			a := b.read(b.do(b.request("GET", path, nil)))
			if a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") {
				continue
			}
			for _, m := range linkedTo.FindAllStringSubmatch(a.body, -1) {
				if to := html.UnescapeString(m[1]); strings.HasPrefix(to, face.root+"/") && !seen[to] {
					seen[to] = true
					todo = append(todo, to)
				}
			}
			text := html.UnescapeString(answer{body: english.ReplaceAllString(a.body, " ")}.text())
			text = untyped(command.ReplaceAllString(text, " "))
			for _, at := range latin.FindAllStringIndex(text, -1) {
				w := text[at[0]:at[1]]
				if !slices.Contains(otherWords, w) && found[w] == "" {
					found[w] = shape + ": " + text[max(0, at[0]-80):min(len(text), at[1]+80)]
				}
			}
		}
		if len(shapes) < 40 {
			t.Errorf("%s: only %d sorts of pages were found", lang, len(shapes))
		}
		for _, w := range slices.Sorted(maps.Keys(found)) {
			t.Errorf("%s: %q in %s", lang, w, found[w])
		}
	}
}

// pagesOfAShape is how many pages of one sort are looked at.
const pagesOfAShape = 6

// TestNoEnglishInAnswers: what a case asks its record is answered without a
// word of English in another language.
func TestNoEnglishInAnswers(t *testing.T) {
	book := words.Open("ar")
	for _, name := range []string{"release-2025", "rival-texts-2025"} {
		k, err := casefile.Load(casefile.Cases(), name)
		if err != nil {
			t.Fatal(err)
		}
		m := casefile.NewMemory(k)
		found := map[string]bool{}
		tell := func(v *view.View, a view.Answer) string {
			d, err := m.Desk(v.Projection().Reader())
			if err != nil {
				t.Fatal(err)
			}
			r, err := d.Record(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			untyped := whatPeopleTyped(r)
			for _, f := range a.Facts {
				line := untyped(book.Fact(v, f))
				if w := latin.FindString(line); w != "" {
					found[f.Key+" "+f.Value+": "+line] = true
				}
			}
			return ""
		}
		if _, err := casefile.Run(t.Context(), k, casefile.NewPlayer(m, casefile.SeededIDs("english")), tell, func(casefile.Progress) {}); err != nil {
			t.Fatal(err)
		}
		for _, s := range slices.Sorted(maps.Keys(found)) {
			t.Error(s)
		}
	}
}
