package view

import (
	"slices"
	"strings"
	"unicode"
)

// Run is a stretch of words in a comparison of two texts: in both, only in the
// left one, or only in the right one.
type Run struct {
	Where Where  `json:"where"`
	Text  string `json:"text"`
}

// Where says in which of two texts a run stands.
type Where string

// The places.
const (
	InBoth  Where = "same"
	InLeft  Where = "left"
	InRight Where = "right"
)

// Wording compares two texts word by word. Joined, the runs that are not
// InRight give left, and those that are not InLeft give right, but for blanks
// where both have the same words. The longest common words are kept; of two
// texts that differ in more than maxEdits words, what lies between the common
// beginning and the common end is one run on each side.
func Wording(left, right string) []Run {
	a, b := pieces(left), pieces(right)
	head := 0
	for head < len(a) && head < len(b) && sameWord(a[head], b[head]) {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && sameWord(a[len(a)-1-tail], b[len(b)-1-tail]) {
		tail++
	}
	var out runs
	for i := range head {
		out.add(InBoth, wider(a[i], b[i]))
	}
	out.between(a[head:len(a)-tail], b[head:len(b)-tail])
	for i := range tail {
		out.add(InBoth, wider(a[len(a)-tail+i], b[len(b)-tail+i]))
	}
	return out
}

// wider gives the one of two pieces that has more blanks, so that no two words
// run together where only one text ends.
func wider(a, b string) string {
	if len(b) > len(a) {
		return b
	}
	return a
}

// maxEdits bounds the work of a comparison, which grows with its square.
const maxEdits = 1000

type runs []Run

func (r *runs) add(where Where, words ...string) {
	for _, w := range words {
		if n := len(*r); n > 0 && (*r)[n-1].Where == where {
			(*r)[n-1].Text += w
			continue
		}
		*r = append(*r, Run{where, w})
	}
}

// between gives the shortest way from a to b, after Myers: of all ways with d
// edits only the farthest on each diagonal is kept.
func (r *runs) between(a, b []string) {
	if len(a) == 0 || len(b) == 0 {
		r.add(InLeft, a...)
		r.add(InRight, b...)
		return
	}
	limit := min(len(a)+len(b), maxEdits)
	far := make([]int, 2*limit+3) // by diagonal, offset by limit+1
	var trace [][]int
	for d := 0; d <= limit; d++ {
		trace = append(trace, slices.Clone(far[limit+1-d:limit+2+d]))
		for k := -d; k <= d; k += 2 {
			x := far[limit+1+k-1] + 1
			if k == -d || k != d && far[limit+1+k-1] < far[limit+1+k+1] {
				x = far[limit+1+k+1]
			}
			y := x - k
			for x < len(a) && y >= 0 && y < len(b) && sameWord(a[x], b[y]) {
				x, y = x+1, y+1
			}
			far[limit+1+k] = x
			if x >= len(a) && y >= len(b) {
				r.back(a, b, trace)
				return
			}
		}
	}
	r.add(InLeft, a...)
	r.add(InRight, b...)
}

// back walks the way found from its end to its beginning.
func (r *runs) back(a, b []string, trace [][]int) {
	type step struct {
		where Where
		word  string
	}
	var way []step
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		far := func(k int) int { // as it was before round d
			if k < -d || k > d {
				return -1
			}
			return trace[d][k+d]
		}
		k := x - y
		from := k - 1
		if k == -d || k != d && far(k-1) < far(k+1) {
			from = k + 1
		}
		px := 0
		if d > 0 {
			px = far(from)
		}
		py := px - from
		if d == 0 {
			py = 0
		}
		for x > px && y > py {
			x, y = x-1, y-1
			way = append(way, step{InBoth, wider(a[x], b[y])})
		}
		switch {
		case d == 0:
		case x > px:
			x--
			way = append(way, step{InLeft, a[x]})
		case y > py:
			y--
			way = append(way, step{InRight, b[y]})
		}
	}
	// What is only left comes before what is only right of the same place.
	var left, right []string
	flush := func() {
		r.add(InLeft, left...)
		r.add(InRight, right...)
		left, right = nil, nil
	}
	for _, s := range slices.Backward(way) {
		switch s.where {
		case InLeft:
			left = append(left, s.word)
		case InRight:
			right = append(right, s.word)
		default:
			flush()
			r.add(InBoth, s.word)
		}
	}
	flush()
}

// pieces cuts a text into words, each with the blanks behind it. In scripts
// that are written without blanks every sign is a piece.
func pieces(s string) []string {
	var out []string
	start, blank := 0, false
	for i, c := range s {
		space := unicode.IsSpace(c)
		if i > start && !space && (blank || dense(c)) {
			out, start = append(out, s[start:i]), i
		}
		blank = space || dense(c)
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// dense reports whether c is of a script without blanks between words.
func dense(c rune) bool {
	return unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

func sameWord(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

// nearly reports whether two texts say nearly the same in nearly the same
// words: three in five of all their words, counted together, stand in both, and
// at least five do. Case and punctuation do not count. It says nothing of
// whether either is true.
func nearly(a, b []string) bool {
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			common++
			i, j = i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return common >= 5 && 2*common*5 >= 3*(len(a)+len(b))
}

// vocabulary gives the words of a text, sorted, each as often as it stands.
func vocabulary(s string) []string {
	words := strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) })
	var out []string
	for _, w := range words {
		out = append(out, pieces(w)...)
	}
	slices.Sort(out)
	return out
}
