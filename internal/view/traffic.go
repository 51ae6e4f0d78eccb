package view

import (
	"cmp"
	"slices"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Traffic counts what was said in a stretch of time. A message that was passed
// on is counted once: what a go-between handed on is a hop, not a message.
type Traffic struct {
	From    record.Instant `json:"from"`
	To      record.Instant `json:"to"`
	Total   int            `json:"total"`
	Entries []keys.ID      `json:"entries,omitempty"`
	Counts  []Count        `json:"counts"` // by form, side and path together; sum over what is not asked
	Tempo   Tempo          `json:"tempo"`
}

// Count is how many messages had the same form, side and path.
type Count struct {
	Form    record.Form `json:"form,omitempty"`
	Side    record.Name `json:"side,omitempty"` // of whoever spoke; "" for none
	Path    record.Name `json:"path,omitempty"` // the hand next to this desk, or the first one
	N       int         `json:"n"`
	Entries []keys.ID   `json:"entries"`
}

// Tempo is how fast messages came before the stretch and within it, and day by
// day.
type Tempo struct {
	Before Rate `json:"before"` // from the first message to the stretch
	Within Rate `json:"within"`
	Pace   Pace `json:"pace"`
	Days   []int
}

// Rate is so many messages in so many days.
type Rate struct {
	Messages int `json:"messages"`
	Days     int `json:"days"`
}

// Pace says how the tempo moved.
type Pace string

// The paces: a rate that at least doubled, at least halved, or neither; and
// too little to say.
const (
	SlowThenFast Pace = "slow-then-fast"
	FastThenSlow Pace = "fast-then-slow"
	Steady       Pace = "steady"
	TooFew       Pace = "too-few"
)

const day = record.Instant(24 * time.Hour / time.Millisecond)

// Traffic counts the messages said from one instant to another, both included.
// A zero from stands for the first message, a zero to for now.
func (v *View) Traffic(from, to record.Instant) Traffic {
	if to == 0 {
		to = v.now
	}
	within, before, first := v.said(from, to)
	t := Traffic{From: from, To: to}
	for _, it := range within {
		t.count(v, it)
	}
	if from == 0 {
		t.From = first
	}
	t.Total = len(t.Entries)
	t.Tempo = tempo(within, first, t.From, to, before)
	return t
}

// TempoOf gives the tempo alone of what was said from one instant to another,
// both included, for whoever has counted already.
func (v *View) TempoOf(from, to record.Instant) Tempo {
	within, before, first := v.said(from, to)
	return tempo(within, first, from, to, before)
}

func (t *Traffic) count(v *View, it record.Seen) {
	m := it.Body.(record.Message) // messages gives nothing else
	c := Count{Form: m.Form, Side: v.Side(m.From), Path: v.nextHand(m)}
	i := slices.IndexFunc(t.Counts, func(o Count) bool { return o.Form == c.Form && o.Side == c.Side && o.Path == c.Path })
	if i < 0 {
		i = len(t.Counts)
		t.Counts = append(t.Counts, c)
	}
	t.Counts[i].N++
	t.Counts[i].Entries = append(t.Counts[i].Entries, it.ID)
	t.Entries = append(t.Entries, it.ID)
}

// nextHand gives the hand next to this desk on the way of m: whom the keeper
// gave it to, or had it from. Of what passed between others, the first hand
// between them.
func (v *View) nextHand(m record.Message) record.Name {
	hands := chain(append(append([]record.Name{m.From}, m.Via...), m.To))
	keeper := v.p.Keeper()
	switch i := slices.Index(hands, keeper); {
	case i > 0:
		return hands[i-1]
	case i == 0 && len(hands) > 1:
		return hands[1]
	case len(m.Via) > 0:
		return m.Via[0]
	}
	return m.From
}

// By sums the counts over everything but the asked axes: any of "form",
// "side" and "path".
func (t Traffic) By(axes ...string) []Count {
	var out []Count
	for _, c := range t.Counts {
		k := Count{}
		if slices.Contains(axes, "form") {
			k.Form = c.Form
		}
		if slices.Contains(axes, "side") {
			k.Side = c.Side
		}
		if slices.Contains(axes, "path") {
			k.Path = c.Path
		}
		i := slices.IndexFunc(out, func(o Count) bool { return o.Form == k.Form && o.Side == k.Side && o.Path == k.Path })
		if i < 0 {
			i = len(out)
			out = append(out, k)
		}
		out[i].N += c.N
		out[i].Entries = append(out[i].Entries, c.Entries...)
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Form, b.Form))
	})
	return out
}

func tempo(within []record.Seen, first, from, to record.Instant, before int) Tempo {
	t := Tempo{Before: Rate{before, days(first, from)}, Within: Rate{len(within), days(from, to)}}
	if n := days(from, to); n > 0 && n <= maxDays {
		t.Days = make([]int, n)
		for _, it := range within {
			t.Days[min(int((it.When()-from)/day), n-1)]++
		}
	}
	if before == 0 { // nothing earlier to hold it against: its own two halves
		t.Pace = halves(t.Days)
		return t
	}
	t.Pace = pace(t.Before, t.Within)
	return t
}

// maxDays bounds the list of days, so that one wrong date does not cost memory.
const maxDays = 1000

func halves(list []int) Pace {
	sum := func(s []int) (n int) {
		for _, x := range s {
			n += x
		}
		return n
	}
	half := len(list) / 2
	return pace(Rate{sum(list[:half]), half}, Rate{sum(list[len(list)-half:]), half})
}

// pace compares two rates without dividing.
func pace(a, b Rate) Pace {
	x, y := a.Messages*b.Days, b.Messages*a.Days
	switch {
	case a.Days == 0 || b.Days == 0 || a.Messages+b.Messages < 4:
		return TooFew
	case y >= 2*x:
		return SlowThenFast
	case x >= 2*y:
		return FastThenSlow
	}
	return Steady
}

// days gives the days from one instant to another, begun ones counted whole.
func days(from, to record.Instant) int {
	if to <= from || from == 0 {
		return 0
	}
	return int((to - from + day - 1) / day)
}
