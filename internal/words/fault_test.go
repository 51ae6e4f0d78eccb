package words

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"backchannel/internal/fault"
)

// metByPeople are the packages whose faults a person meets on a page or a
// command line: the faces, what acts for them, and what checks what was typed,
// pasted or opened. The others speak to programs, to a relay's operator or to
// whoever writes tests; their faults are told by their kind.
var metByPeople = []string{
	"web", "desk", "convey", "accord", "circle", "view", "vault", "compare", "pouch", "bonafides", "keys", "line", "paper", "qrcode",
	"exchange", "record", "demo", "cli",
}

// wanted gives the texts and hints of the code that a person may be shown. Of
// what is broken in our own code or files the hint is enough: the rest is for
// whoever mends it, and stays in English.
func wanted(list []made) (texts, all map[string]string) {
	texts, all = map[string]string{}, map[string]string{}
	for _, m := range list {
		for i, parts := range append([][]part{m.hint, m.text}, one(m.phrases)...) {
			text, ok := literalText(parts)
			if !ok || text == "" || text == "%s" {
				continue
			}
			all[text] = m.where
			if m.kind != "Internal" && (m.kind != "Corrupt" || i == 0) {
				texts[text] = m.where
			}
		}
	}
	return texts, all
}

func one(parts []part) (out [][]part) {
	for _, p := range parts {
		out = append(out, []part{p})
	}
	return out
}

// TestFaultsAreTranslated: every text and hint of a fault that a person meets
// has its words in every language, with the same values in it and the same
// commands; and no words are there for what no fault says any more.
func TestFaultsAreTranslated(t *testing.T) {
	code := faultTextsOfCode(t)
	if n := len(code["desk"]); n < 80 {
		t.Fatalf("only %d faults of the desk were found", n)
	}
	said := map[string]string{}
	for _, list := range code {
		_, all := wanted(list)
		maps.Copy(said, all)
	}
	for lang := range pluralForms {
		have := faultTexts()[lang]
		for _, pkg := range metByPeople {
			for _, m := range code[pkg] {
				if m.dynamic {
					t.Errorf("%s: the text or hint is not in the code as it is: use WithHint, or arguments", m.where)
				}
			}
			texts, _ := wanted(code[pkg])
			for text, where := range texts {
				if have[text] == "" {
					t.Errorf("%s: %s: %q is missing", lang, where, text)
				}
			}
		}
		for text, said2 := range have {
			if said[text] == "" {
				t.Errorf("%s: no fault says %q", lang, text)
			}
			checkFault(t, lang, text, said2)
		}
	}
}

func checkFault(t *testing.T, lang, english, text string) {
	t.Helper()
	if a, b := verbsOf(english), verbsOf(text); !maps.Equal(a, b) {
		t.Errorf("%s: %q shows %v, English %v", lang, text, b, a)
	}
	typed := regexp.MustCompile("`[^`]*`" + `|--[a-z][a-z-]*`)
	a, b := typed.FindAllString(english, -1), typed.FindAllString(text, -1)
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		t.Errorf("%s: %q has people type %q, English %q", lang, text, b, a)
	}
	if strings.TrimSpace(text) != text || strings.HasSuffix(text, ".") && !strings.HasSuffix(english, ".") {
		t.Errorf("%s: %q begins or ends as a part of a sentence does not", lang, text)
	}
}

// verbsOf gives the verbs of a format by the number of what they show.
func verbsOf(format string) map[int]string {
	out, next := map[int]string{}, 0
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[1] != "" {
			next = int(m[1][0] - '1')
		}
		out[next] = m[2] + m[3]
		next++
	}
	return out
}

// TestNoFaultTextStandsTwice: each language says a thing once, and the files
// have the same names in every language.
func TestNoFaultTextStandsTwice(t *testing.T) {
	names := map[string][]string{}
	for lang := range pluralForms {
		seen := map[string]string{}
		files, err := filepath.Glob("faults/" + lang + "/*.toml")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			texts := map[string]string{}
			if err := toml.Unmarshal(raw, &texts); err != nil {
				t.Fatal(name, err)
			}
			for text := range texts {
				if seen[text] != "" {
					t.Errorf("%q stands in %s and in %s", text, name, seen[text])
				}
				seen[text] = name
			}
			names[lang] = append(names[lang], filepath.Base(name))
		}
		if !slices.Equal(names[lang], names["fr"]) && names["fr"] != nil {
			t.Errorf("%s has %v, French %v", lang, names[lang], names["fr"])
		}
	}
}

// TestFaultInAnotherLanguage: what has words is told in them, with names kept
// from turning the sentence around; what has none is told by its kind, and
// stands in English beside it.
func TestFaultInAnotherLanguage(t *testing.T) {
	ar := Open("ar")
	known := fault.New(fault.Malformed, "web.moment", "write it as 2025-05-26 14:30", "%q is not a time", "soon")
	if got := ar.Fault(known); !strings.Contains(got.Text, "\u2068\"soon\"\u2069") || strings.Contains(got.Text, "time") || got.Hint == "" || got.Detail != "" {
		t.Errorf("%+v", got)
	}
	unknown := fault.New(fault.Limit, "x", "do %s", "no words for %s", "this")
	got := ar.Fault(unknown)
	if got.Text != ar.T("fault-kind.limit") || got.Hint != "" || got.Detail != "no words for this (do %s)" {
		t.Errorf("%+v", got)
	}
	got = ar.Fault(fault.Wrap(errors.New("broken pipe"), fault.Malformed, "x", "write it as 2025-05-26 14:30", "not a form"))
	if got.Text != faultTexts()["ar"]["not a form"] || got.Detail != "broken pipe" {
		t.Errorf("%+v", got)
	}
	one := fault.New(fault.Unauthentic, "x", "", "%s", "not a form")
	if got := ar.Fault(one); got.Text != faultTexts()["ar"]["not a form"] || got.Detail != "" {
		t.Errorf("one of several texts: %+v", got)
	}
	for _, k := range []fault.Kind{fault.Malformed, fault.Unauthentic, fault.Refused, fault.NotFound, fault.Exists, fault.InUse, fault.Passphrase, fault.Expired,
		fault.Limit, fault.Disk, fault.Clock, fault.Unreachable, fault.Corrupt, fault.Unmet, fault.Internal} {
		if !ar.Has("fault-kind." + string(k)) {
			t.Errorf("the kind %s has no words", k)
		}
	}
}

// TestWhatIsTypedRunsFromLeftToRight: a command stands in an Arabic or Hebrew
// hint as it is typed.
func TestWhatIsTypedRunsFromLeftToRight(t *testing.T) {
	got := Open("he").typed("לפתוח עם `backchannel desk` או ב־ --case-clock או --heard-from NAME")
	if want := "לפתוח עם \u2066`backchannel desk`\u2069 או ב־ \u2066--case-clock\u2069 או \u2066--heard-from NAME\u2069"; got != want {
		t.Errorf("%q", got)
	}
	if got := Open("ru").typed("`x` --y"); got != "`x` --y" {
		t.Errorf("%q", got)
	}
}
