// Package lean keeps what results lean on, so that a result is computed anew
// when, and only when, something that it read has changed.
//
// A Source is something that can change: what is known of one version, of one
// person, of one entry. A Result is something computed from sources and from
// other results. While it is computed, whatever is read says so (Read), and
// the result leans on it. When a source changes (Change), every result that
// leans on it, directly or through others, is stale; the book hands out those
// that are to be kept up to date (Next). Nobody lists by hand what depends on
// what, so nobody can forget to.
//
// A result may also hold only until a moment (Until): time is a source too.
//
// The zero Source and the zero Result are ready for use. A nil Book notes
// nothing: what is computed once and thrown away need not lean.
//
// The package is pure.
package lean

import "math"

// Never is later than every moment.
const Never = math.MaxInt64

// Book notes who leans on what.
type Book struct {
	now   int64
	open  []*Result // being computed, the innermost last
	stale []Kept    // in the order in which they went stale
	given int       // how many of them were handed out
	wakes wakes
}

// Source is something that can change.
type Source struct{ by []leaning }

// leaning says that a result leans on the source, as long as the result is of
// that computation.
type leaning struct {
	r    *Result
	turn uint32
}

// Result is a computation's place in the book. It is a source for those that
// read it.
type Result struct {
	Source
	kept  Kept
	until int64
	turn  uint32 // goes up when it goes stale
	leans uint32 // how often it was noted to lean on something
	fresh bool
}

// Free reports whether r, as last computed, leans on nothing and holds for
// ever: nobody need keep it.
func (r *Result) Free() bool { return r.leans == 0 && r.until == Never }

// Kept is whoever keeps a result up to date.
type Kept interface{ Renew() }

// New gives an empty book for a moment.
func New(now int64) *Book { return &Book{now: now} }

// Keep has r handed out to k by Next whenever it goes stale. A result that
// nobody keeps is computed when it is asked for.
func (b *Book) Keep(r *Result, k Kept) {
	if b == nil || r.kept != nil {
		return
	}
	r.kept = k
	if !r.fresh {
		b.stale = append(b.stale, k)
	}
}

// Read notes that what is being computed leans on s.
func (b *Book) Read(s *Source) {
	if b == nil || len(b.open) == 0 {
		return
	}
	r := b.open[len(b.open)-1]
	if n := len(s.by); n > 0 && s.by[n-1].r == r && s.by[n-1].turn == r.turn {
		return
	}
	if len(s.by) == cap(s.by) && len(s.by) > 0 {
		s.thin()
	}
	s.by = append(s.by, leaning{r, r.turn})
	r.leans++
}

// thin drops those that lean no longer. It is done when there is no more room:
// then either half of it goes, or the room is doubled, so that it costs little
// for each reading.
func (s *Source) thin() {
	kept := s.by[:0]
	for _, l := range s.by {
		if l.live() {
			kept = append(kept, l)
		}
	}
	clear(s.by[len(kept):])
	s.by = kept
	if n := len(kept); n > cap(kept)/2 {
		s.by = append(make([]leaning, 0, 2*cap(kept)), kept...)
	}
}

// live: a result that is being computed is not fresh yet and leans already.
func (l leaning) live() bool { return l.r.turn == l.turn }

// Computing reports whether anything is being computed, and so would lean on
// what it reads.
func (b *Book) Computing() bool { return b != nil && len(b.open) > 0 }

// Innermost reports whether it is r that is being computed, and nothing within
// it.
func (b *Book) Innermost(r *Result) bool {
	return b.Computing() && b.open[len(b.open)-1] == r
}

// Fresh reports whether r need not be computed, and notes that whoever asks
// leans on it. If it is not, the caller computes it between Open and Close.
func (b *Book) Fresh(r *Result) bool {
	b.Read(&r.Source)
	return r.fresh
}

// Open begins the computation of r. What it leant on before is forgotten.
func (b *Book) Open(r *Result) {
	r.until, r.leans, r.fresh = Never, 0, false
	if b == nil {
		return
	}
	r.turn++
	b.open = append(b.open, r)
}

// Close ends the computation of r, the one opened last.
func (b *Book) Close(r *Result) {
	r.fresh = true
	if b == nil {
		return
	}
	b.open = b.open[:len(b.open)-1]
	if r.until != Never {
		b.wakes.push(wake{r.until, r, r.turn})
	}
}

// Until says that what is being computed holds until just before a moment. A
// moment that has come says nothing.
func (b *Book) Until(moment int64) {
	if b == nil || len(b.open) == 0 || moment <= b.now {
		return
	}
	r := b.open[len(b.open)-1]
	r.until = min(r.until, moment)
}

// Change makes stale whatever leans on s.
func (b *Book) Change(s *Source) {
	if b == nil {
		return
	}
	by := s.by
	s.by = nil
	for _, l := range by {
		if l.live() {
			b.spoil(l.r)
		}
	}
	if s.by == nil {
		clear(by)
		s.by = by[:0]
	}
}

func (b *Book) spoil(r *Result) {
	r.turn++
	if !r.fresh {
		return
	}
	r.fresh = false
	if r.kept != nil {
		b.stale = append(b.stale, r.kept)
	}
	b.Change(&r.Source)
}

// At moves the book on to a moment: what held until then is stale. Time does
// not go back.
func (b *Book) At(now int64) {
	if b == nil {
		return
	}
	b.now = max(b.now, now)
	for len(b.wakes) > 0 && b.wakes[0].at <= b.now {
		if w := b.wakes.pop(); w.r.turn == w.turn && w.r.fresh {
			b.spoil(w.r)
		}
	}
}

// Next hands out, one by one, those whose results have gone stale; nil when
// there are no more.
func (b *Book) Next() Kept {
	if b == nil || b.given == len(b.stale) {
		if b != nil {
			clear(b.stale)
			b.stale, b.given = b.stale[:0], 0
		}
		return nil
	}
	b.given++
	return b.stale[b.given-1]
}

// wake is a moment at which a result goes stale.
type wake struct {
	at   int64
	r    *Result
	turn uint32
}

// wakes is a heap: the earliest first.
type wakes []wake

func (h *wakes) push(w wake) {
	*h = append(*h, w)
	s := *h
	for i := len(s) - 1; i > 0; {
		up := (i - 1) / 2
		if s[up].at <= s[i].at {
			return
		}
		s[up], s[i] = s[i], s[up]
		i = up
	}
}

func (h *wakes) pop() wake {
	s := *h
	first, last := s[0], len(s)-1
	s[0] = s[last]
	s[last] = wake{}
	s = s[:last]
	*h = s
	for i := 0; ; {
		least := i
		for _, c := range []int{2*i + 1, 2*i + 2} {
			if c < len(s) && s[c].at < s[least].at {
				least = c
			}
		}
		if least == i {
			return first
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}
