package words

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
)

// pluralForms are the forms of each language for whole numbers and others, by
// the Unicode CLDR's plural rules.
var pluralForms = map[string][]string{
	"fr": {"one", "many", "other"}, "es": {"one", "many", "other"}, "he": {"one", "two", "other"},
	"ru": {"one", "few", "many", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"},
}

// translated reads the files of a language from the disk: they stand there
// before the language is whole, and is embedded.
func translated(t *testing.T, lang string) map[string]*i18n.Message {
	t.Helper()
	out := map[string]*i18n.Message{}
	names, err := filepath.Glob(lang + "/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := i18n.ParseMessageFileBytes(raw, lang+".toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			t.Fatal(name, err)
		}
		for _, m := range f.Messages {
			if out[m.ID] != nil {
				t.Errorf("%s: %s stands twice", name, m.ID)
			}
			out[m.ID] = m
		}
	}
	return out
}

func forms(m *i18n.Message) map[string]string {
	all := map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other}
	maps.DeleteFunc(all, func(_, s string) bool { return s == "" })
	return all
}

var field = regexp.MustCompile(`\.[A-Z]\w*`)

// fieldsOf gives the values that a text shows or asks for.
func fieldsOf(texts map[string]string) []string {
	set := map[string]bool{}
	for _, s := range texts {
		for _, action := range regexp.MustCompile(`\{\{[^}]*\}\}`).FindAllString(s, -1) {
			for _, f := range field.FindAllString(action, -1) {
				set[f] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// TestTranslations holds every language that is there to the English texts: no
// id that English does not have, the same values in each, every plural form,
// and, once the language is offered, none missing.
func TestTranslations(t *testing.T) {
	english := catalogue(t)
	for lang, want := range pluralForms {
		have := translated(t, lang)
		for id, m := range have {
			e := english[id]
			if e == nil {
				t.Errorf("%s: %s is not in English", lang, id)
				continue
			}
			checkForms(t, lang, want, e, m)
		}
		if !slices.Contains(Languages(), lang) {
			t.Logf("%s: %d of %d texts, not offered yet", lang, len(have), len(english))
			continue
		}
		for id := range english {
			if have[id] == nil {
				t.Errorf("%s: %s is missing", lang, id)
			}
		}
	}
}

func checkForms(t *testing.T, lang string, want []string, e, m *i18n.Message) {
	t.Helper()
	got := forms(m)
	for form, s := range got {
		if _, err := template.New("").Parse(s); err != nil {
			t.Errorf("%s: %s: %v", lang, m.ID, err)
		}
		if !slices.Contains(want, form) || len(forms(e)) == 1 && form != "other" {
			t.Errorf("%s: %s has a form %q that nothing asks for", lang, m.ID, form)
		}
		if strings.TrimSpace(s) != s && strings.TrimSpace(e.Other) == e.Other {
			t.Errorf("%s: %s begins or ends with a space", lang, m.ID)
		}
	}
	if len(forms(e)) > 1 {
		for _, form := range want {
			if got[form] == "" {
				t.Errorf("%s: %s counts, and has no form %q", lang, m.ID, form)
			}
		}
	}
	if a, b := fieldsOf(forms(e)), fieldsOf(got); !slices.Equal(a, b) {
		t.Errorf("%s: %s shows %v, English %v", lang, m.ID, b, a)
	}
}
