package words

import (
	"embed"
	"fmt"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed glossary/*.toml
var glossaries embed.FS

// Glossed is one of the words that matter, in one language.
type Glossed struct {
	ID       string // where it stands in the catalogue
	English  string
	Word     string
	Source   string // where this rendering is established
	Reviewed bool   // by a native speaker
}

// glossary parses a language's glossary once. A language without one has none.
var glossary = func() func(lang string) []Glossed {
	var mu sync.Mutex
	read := map[string][]Glossed{}
	return func(lang string) []Glossed {
		mu.Lock()
		defer mu.Unlock()
		if list, ok := read[lang]; ok {
			return list
		}
		var file struct{ Word []Glossed }
		if raw, err := glossaries.ReadFile("glossary/" + lang + ".toml"); err == nil {
			if err := toml.Unmarshal(raw, &file); err != nil {
				panic(fmt.Sprintf("words: the glossary of %s: %v", lang, err)) // a broken file of ours; a test reads them all
			}
		}
		read[lang] = file.Word
		return file.Word
	}
}()

// Glossary gives the words that matter in the language of the book, each with
// its source. English has none: the words are its own.
func (b *Book) Glossary() []Glossed { return glossary(b.Lang()) }

// Reviewed reports whether a native speaker has reviewed every word that
// matters.
func (b *Book) Reviewed() bool {
	for _, w := range b.Glossary() {
		if !w.Reviewed {
			return false
		}
	}
	return true
}

// Autonym gives a language's own name for itself.
func Autonym(lang string) string {
	switch lang {
	case "en":
		return "English"
	case "fr":
		return "Français"
	case "es":
		return "Español"
	case "ar":
		return "العربية"
	case "he":
		return "עברית"
	case "ru":
		return "Русский"
	}
	return lang
}
