package words

import (
	"slices"
	"strings"

	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Phrases gives the turns of phrase that point at something else, of every
// language that there is: what is written need not be in the language of the
// book.
func (b *Book) Phrases() circle.Phrases {
	out := circle.Phrases{}
	books := []*Book{b}
	for _, lang := range Languages() {
		books = append(books, Open(lang))
	}
	for _, sort := range []circle.HintSort{circle.HintAgreed, circle.HintBefore, circle.HintChannel} {
		for _, book := range books {
			list, _ := book.text("telltale."+string(sort), nil)
			for p := range strings.SplitSeq(list, "|") {
				if p = strings.TrimSpace(p); p != "" && !slices.Contains(out[sort], p) {
					out[sort] = append(out[sort], p)
				}
			}
		}
	}
	return out
}

// Infers gives what the reader of entries that come together could infer from
// them that he was not given: by what they refer to, and by their wording.
func (b *Book) Infers(v *view.View, reader record.Name, entries []record.Entry) []circle.Hint {
	out := []circle.Hint{}
	phrases := b.Phrases()
	for _, e := range entries {
		for _, h := range slices.Concat(v.Hints(e, reader, entries), v.Telltales(e, reader, entries, phrases)) {
			if !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

// Careless gives those hints of Infers that somebody who talks with the reader
// all the time is to be warned of: not that a name is named, nor that an echo
// says what an echo says.
func (b *Book) Careless(v *view.View, reader record.Name, entries []record.Entry) []circle.Hint {
	return slices.DeleteFunc(b.Infers(v, reader, entries), func(h circle.Hint) bool {
		return h.Sort == circle.HintPerson || h.Sort == circle.HintHands || h.Sort == circle.HintOthers
	})
}
