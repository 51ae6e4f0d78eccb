package circle

import (
	"slices"
	"strings"
	"unicode"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// Phrases are words that point at something else, by the sort of hint that they
// are. They come from the catalogue of words, so that each language brings its
// own.
type Phrases map[HintSort][]string

// Telltales gives the phrases of an entry's own words that point at something
// its reader was not given: "as agreed" to somebody to whom no acceptance was
// ever shown. It is a guess by the wording: other words can say the same, and the
// same words can mean nothing.
func (c *Circle) Telltales(e record.Entry, reader record.Name, with []record.Entry, by Phrases) []Hint {
	text := folded(strings.Join(spoken(e.Body), "\n"))
	var out []Hint
	for _, sort := range []HintSort{HintAgreed, HintBefore, HintChannel} {
		i := slices.IndexFunc(by[sort], func(p string) bool { return p != "" && strings.Contains(text, folded(p)) })
		if i >= 0 && !c.pointsAtHis(sort, e, reader, with) {
			out = append(out, Hint{Sort: sort, Text: by[sort][i]})
		}
	}
	return out
}

// pointsAtHis reports whether the reader was given something that such words may
// well mean.
func (c *Circle) pointsAtHis(sort HintSort, e record.Entry, reader record.Name, with []record.Entry) bool {
	means := func(b record.Body) bool {
		switch b := b.(type) {
		case accord.Act:
			return sort == HintAgreed && (b.Echo || b.Position == accord.Accepted)
		case accord.Confirmation:
			return sort == HintAgreed
		case record.Message:
			return sort == HintBefore
		}
		return false
	}
	if slices.ContainsFunc(with, func(o record.Entry) bool { return o.ID != e.ID && means(o.Body) }) {
		return true
	}
	return slices.ContainsFunc(c.Of(reader).Grants, func(g Grant) bool {
		it, ok := c.get(g.What.Entry)
		return ok && !g.Own && means(it.Body)
	})
}

// folded gives a text for comparing: small letters, and one space for whatever
// is neither letter nor digit.
func folded(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
	return " " + strings.Join(words, " ") + " "
}

// spoken gives the words of a body that its reader reads.
func spoken(b record.Body) []string {
	switch b := b.(type) {
	case record.Message:
		return []string{b.Text, b.Source}
	case record.Approach:
		return []string{b.Text}
	case record.Open:
		return []string{b.Text}
	case record.Close:
		return []string{b.Text}
	case record.Conveyance:
		return []string{b.Note}
	case record.ReadBack:
		return []string{b.Corrected}
	case record.Correction:
		if b.Now == nil {
			return []string{b.Reason}
		}
		return append(spoken(b.Now), b.Reason)
	case accord.Term:
		return []string{b.Action, b.Text}
	case accord.Package:
		return []string{b.Text}
	case accord.Act:
		return []string{b.Text}
	case accord.Performance:
		return []string{b.Text}
	case accord.NothingOwed:
		return []string{b.Text}
	case accord.Translation:
		return []string{b.Text}
	case accord.Sounding:
		return []string{b.Text}
	case record.PersonStatus:
		return []string{b.Text}
	case Disclosure:
		return []string{b.Text}
	case Request:
		return []string{b.Text}
	case Answer:
		return []string{b.Text}
	case Account:
		return []string{b.Text}
	}
	return nil
}
