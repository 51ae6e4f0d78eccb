// Package words is the catalogue: every text that a person reads, by id, and
// the functions that turn entries and views into sentences.
//
// A Book speaks one language. Texts stand in embedded files, one folder for a
// language; what is missing in a language is said in English. Ids are by group:
// the word for a value stands under its type ("position.accepted"), the words
// of a face under its name ("cli.…", "web.…").
//
// Names of people and parties are shown by their titles, which their keeper
// typed: they are data, and are isolated in the text where they run the other
// way (Unicode's first-strong isolates).
//
// Faces import this package; the core never does.
package words

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/bidi"
)

//go:embed en/*.toml ar/*.toml es/*.toml fr/*.toml he/*.toml ru/*.toml
var files embed.FS

// bundle parses the embedded files once. It is only read afterwards.
var bundle = sync.OnceValue(func() *i18n.Bundle {
	b := i18n.NewBundle(language.English)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	names, err := fs.Glob(files, "*/*.toml")
	if err != nil {
		panic(err) // a broken pattern of ours
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err == nil {
			_, err = b.ParseMessageFileBytes(raw, path.Dir(name)+".toml")
		}
		if err != nil {
			panic(fmt.Sprintf("words: %s: %v", name, err)) // a broken file of ours; a test reads them all
		}
	}
	return b
})

// Languages gives the languages that there are files for, English first.
func Languages() []string {
	var out []string
	for _, t := range bundle().LanguageTags() {
		out = append(out, t.String())
	}
	return out
}

// Book says things in one language and shows times in one zone.
type Book struct {
	loc  *i18n.Localizer
	lang language.Tag
	zone *time.Location
	rtl  bool

	look Look // how dates and numbers are shown

	spoken bool // versions as people say them, not as they type them
}

// Open gives the book of lang (BCP 47), or of English where there is none.
func Open(lang string) *Book {
	tags, _, _ := language.ParseAcceptLanguage(lang)
	tag, _, _ := language.NewMatcher(bundle().LanguageTags()).Match(tags...)
	base, _ := tag.Base()
	return &Book{loc: i18n.NewLocalizer(bundle(), lang), lang: tag, zone: time.UTC, rtl: rightToLeft(base.String())}
}

// In gives the same book with times in that zone.
func (b *Book) In(zone *time.Location) *Book {
	c := *b
	c.zone = zone
	return &c
}

// Spoken gives the same book with versions as people say them: "truce, version
// 1, as the envoy has it", where the command line has truce@1#3094d567.
func (b *Book) Spoken() *Book {
	c := *b
	c.spoken = true
	return &c
}

// Lang gives the language of the book (BCP 47).
func (b *Book) Lang() string { base, _ := b.lang.Base(); return base.String() }

// Dir gives the direction of the language: "ltr" or "rtl".
func (b *Book) Dir() string {
	if b.rtl {
		return "rtl"
	}
	return "ltr"
}

func rightToLeft(base string) bool {
	switch base {
	case "ar", "he", "fa", "ur", "ps", "yi", "dv", "ckb", "ug":
		return true
	}
	return false
}

// T gives the text of that id. Args are pairs of a name and a value; the one
// named N chooses the plural form. An id that is nowhere gives itself, which a
// test keeps from happening.
func (b *Book) T(id string, args ...any) string {
	if s, ok := b.text(id, args); ok {
		return s
	}
	return id
}

// Has reports whether the catalogue has that id.
func (b *Book) Has(id string) bool {
	_, ok := b.text(id, nil)
	return ok
}

func (b *Book) text(id string, args []any) (string, bool) {
	c := i18n.LocalizeConfig{MessageID: id}
	if len(args) > 1 {
		data := make(map[string]any, len(args)/2)
		for i := 0; i+1 < len(args); i += 2 {
			name, _ := args[i].(string)
			data[name] = b.argument(args[i+1])
			if name == "N" {
				c.PluralCount = args[i+1]
			}
		}
		c.TemplateData = data
	}
	s, err := b.loc.Localize(&c)
	if err != nil && s == "" { // what is missing in one language comes with its English text, and with an error
		return "", false
	}
	return s, true
}

// isolate keeps a name that runs the other way from turning the sentence
// around it.
func (b *Book) isolate(s string) string {
	const firstStrong, pop = string(firstIsolate), string(endIsolate)
	s = contained(s)
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			if b.rtl {
				return firstStrong + s + pop
			}
			return s
		case bidi.R, bidi.AL:
			if !b.rtl {
				return firstStrong + s + pop
			}
			return s
		}
	}
	return s
}

// list joins parts as the language does: "a, b and c".
func (b *Book) list(parts []string) string {
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return parts[0]
	}
	return b.T("list.and", "Most", strings.Join(parts[:len(parts)-1], b.T("list.comma")), "Last", parts[len(parts)-1])
}
