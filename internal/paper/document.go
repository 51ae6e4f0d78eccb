package paper

import (
	"strings"

	"golang.org/x/text/unicode/bidi"
)

// Document is what is put on paper.
type Document struct {
	Lang   string // BCP 47
	RTL    bool   // the language runs from right to left
	Title  string // "" on a sheet without a header
	Window string // of the window that shows it: never the name of a text
	Header []string
	Blocks []Block
}

// Block is one piece of a document: exactly one of its fields is set.
type Block struct {
	Heading string
	Level   int // of the heading: 2 or 3
	Text    string
	Quote   string // somebody's words, set apart
	List    []string
	Numbers bool // of the list
	Table   *Table
}

// Table has a row of heads, and rows of as many cells.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// run is a stretch of a paragraph that runs one way.
type run struct {
	text string
	rtl  bool
}

const (
	isolateLTR, isolateRTL, isolateFirst, isolateEnd = '\u2066', '\u2067', '\u2068', '\u2069'
)

// runs takes a paragraph apart into what runs left to right and what runs right
// to left. An isolate is one run or several of its own, so that a name in the
// other direction stays whole, with its full stops and brackets. Word has no
// isolates: the marks themselves are left out.
func runs(s string, base bool) []run {
	var out []run
	add := func(text string, rtl bool) {
		if text == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].rtl == rtl {
			out[n-1].text += text
			return
		}
		out = append(out, run{text, rtl})
	}
	for s != "" {
		i := strings.IndexFunc(s, isIsolate)
		if i < 0 {
			split(s, base, add)
			break
		}
		split(s[:i], base, add)
		inner, rest := isolated(s[i:])
		split(inner, startsRTL(inner, base), add)
		s = rest
	}
	return out
}

func isIsolate(r rune) bool { return r >= isolateLTR && r <= isolateEnd }

// isolated gives what stands in the isolate at the start of s, without marks,
// and what follows it. A lone end, or a beginning without one, isolates nothing.
func isolated(s string) (inner, rest string) {
	depth := 0
	for i, r := range s {
		switch r {
		case isolateLTR, isolateRTL, isolateFirst:
			depth++
		case isolateEnd:
			depth--
		}
		if depth <= 0 {
			end := i + len(string(r))
			return strings.Map(func(r rune) rune {
				if isIsolate(r) {
					return -1
				}
				return r
			}, s[:end]), s[end:]
		}
	}
	return "", s[len(string(isolateFirst)):]
}

// split adds the stretches of text without isolates. What has no direction of
// its own (spaces, stops, digits after letters) goes with what stands before it,
// at the edges with the paragraph.
func split(s string, base bool, add func(string, bool)) {
	start, way, strong := 0, base, false
	neutral := 0 // where the last strong letter ended
	for i, r := range s {
		p, _ := bidi.LookupRune(r)
		var rtl bool
		switch p.Class() {
		case bidi.L:
			rtl = false
		case bidi.R, bidi.AL:
			rtl = true
		case bidi.EN, bidi.AN:
			if !strong {
				continue
			}
			rtl = way // digits stay with their words; inside them they run as digits do
		default:
			continue
		}
		if rtl != way {
			cut := i
			if rtl == base {
				cut = neutral // the space before goes back to the paragraph's way
			}
			if strong || way == base {
				add(s[start:cut], way)
				start = cut
			}
			way = rtl
		}
		strong = true
		neutral = i + len(string(r))
	}
	if way != base && neutral < len(s) {
		add(s[start:neutral], way)
		start, way = neutral, base
	}
	add(s[start:], way)
}

// startsRTL gives the way of the first strong letter, or base.
func startsRTL(s string, base bool) bool {
	for _, r := range s {
		p, _ := bidi.LookupRune(r)
		switch p.Class() {
		case bidi.L:
			return false
		case bidi.R, bidi.AL:
			return true
		}
	}
	return base
}

// paragraphWay gives the way of a paragraph: that of its first strong letter
// outside isolates (Unicode Standard Annex 9, rule P2), or the document's.
func paragraphWay(s string, base bool) bool {
	for s != "" {
		i := strings.IndexFunc(s, isIsolate)
		if i < 0 {
			return startsRTL(s, base)
		}
		if firstStrong(s[:i]) {
			return startsRTL(s[:i], base)
		}
		_, s = isolated(s[i:])
	}
	return base
}

func firstStrong(s string) bool { return startsRTL(s, true) == startsRTL(s, false) }
