package words

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"backchannel/internal/fault"
)

// The texts and hints of errors stand in English where they are made. Their
// translations stand here, found by the English format (docs/decisions/0130).
//
//go:embed faults
var faultFiles embed.FS

// faultTexts parses the translations of errors once: by language, and by the
// English format.
var faultTexts = sync.OnceValue(func() map[string]map[string]string {
	out := map[string]map[string]string{}
	names, err := fs.Glob(faultFiles, "faults/*/*.toml")
	if err != nil {
		panic(err) // a broken pattern of ours
	}
	for _, name := range names {
		lang := path.Base(path.Dir(name))
		texts := out[lang]
		raw, err := faultFiles.ReadFile(name)
		if err == nil {
			err = toml.Unmarshal(raw, &texts) // adds to those that are there
		}
		if err != nil {
			panic(fmt.Sprintf("words: %s: %v", name, err)) // a broken file of ours; a test reads them all
		}
		out[lang] = texts
	}
	return out
})

// Told is an error as a person is told of it.
type Told struct {
	Text   string // what happened
	Hint   string // what to do; may be empty
	Detail string // what is said of it in English alone; empty in an English book
}

// Fault gives an error in words: what happened, and why, and what to do. What
// has no words in the language of the book is told by its kind, and stands in
// English beside it.
func (b *Book) Fault(err error) Told {
	if err == nil {
		return Told{}
	}
	text, detail := b.because(err)
	if text == "" {
		text = b.T("fault-kind." + string(fault.KindOf(err)))
	}
	hint, english := b.remedy(err)
	switch {
	case english != "" && detail != "":
		detail += " (" + english + ")"
	case english != "":
		detail = english
	}
	return Told{Text: text, Hint: hint, Detail: detail}
}

// because says what happened, as far as there are words for it, and the rest
// in English.
func (b *Book) because(err error) (text, english string) {
	var e *fault.Error
	found := errors.As(err, &e)
	switch {
	case b.Lang() == "en" && !found:
		return err.Error(), ""
	case !found:
		return "", err.Error()
	}
	text, ok := b.sentence(e.Says, e.Text)
	if !ok {
		return "", e.Error()
	}
	cause := e.Unwrap()
	if cause == nil {
		return text, ""
	}
	why, english := b.because(cause)
	if why != "" {
		text += ": " + why
	}
	return text, english
}

// remedy gives the hint of the outermost error that has one.
func (b *Book) remedy(err error) (hint, english string) {
	var e *fault.Error
	for errors.As(err, &e) {
		if e.Hint != "" {
			if s, ok := b.sentence(e.Tells, e.Hint); ok {
				return s, ""
			}
			return "", e.Hint
		}
		err = e.Unwrap()
	}
	return "", ""
}

// verb is a verb of a format, with the number of what it shows or without.
var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([-+# 0]*[0-9.]*)([a-zA-Z%])`)

// sentence gives a format of an error in the language of the book, filled.
func (b *Book) sentence(f fault.Format, english string) (string, bool) {
	if b.Lang() == "en" {
		return english, true
	}
	if f.Format == "%s" && len(f.Args) == 1 { // one of several texts
		f.Format, _ = f.Args[0].(string)
		f.Args = nil
	}
	text, ok := faultTexts()[b.Lang()][f.Format]
	if !ok {
		return "", false
	}
	if len(f.Args) > 0 || strings.Contains(english, "%") != strings.Contains(f.Format, "%") {
		next := 0
		text = verb.ReplaceAllStringFunc(text, func(v string) string {
			m := verb.FindStringSubmatch(v)
			if m[3] == "%" {
				return "%"
			}
			if m[1] != "" {
				next, _ = strconv.Atoi(m[1])
				next--
			}
			if next >= len(f.Args) {
				return v
			}
			next++
			return b.shown(m[2]+m[3], f.Args[next-1])
		})
	}
	return b.typed(text), true
}

// shown gives what fills a format. What came over a desk's socket is text
// already; what is itself a text of ours has its translation.
func (b *Book) shown(how string, arg any) string {
	s, isText := arg.(string)
	switch {
	case isText && faultTexts()[b.Lang()][s] != "":
		return b.typed(faultTexts()[b.Lang()][s])
	case isText && !strings.HasSuffix(how, "q"):
		return b.isolate(s)
	case strings.HasSuffix(how, "s"):
		if group, id := groupOf(arg); id != "" && b.Has(group+"."+id) {
			return b.Word(arg)
		}
	}
	return b.isolate(fmt.Sprintf("%"+how, arg))
}

// toType is what a person types: a command between backquotes, or a flag.
var toType = regexp.MustCompile("`[^`]*`" + `|(?:^|[^\w-])(--?[a-z][a-z-]*(?: [A-Z][A-Z-]*)?)`)

// typed keeps what a person types from left to right where the sentence runs
// the other way.
func (b *Book) typed(s string) string {
	if !b.rtl {
		return s
	}
	const leftToRight, pop = "\u2066", "\u2069"
	return toType.ReplaceAllStringFunc(s, func(m string) string {
		i := strings.IndexAny(m, "`-")
		return m[:i] + leftToRight + m[i:] + pop
	})
}
