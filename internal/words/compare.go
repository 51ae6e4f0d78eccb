package words

import (
	"strings"

	"backchannel/internal/compare"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// LineComparison says in a line what came of comparing a line.
func (b *Book) LineComparison(v *view.View, c record.Comparison) string {
	peer := b.Name(v, c.Peer)
	switch {
	case c.Outcome == record.CompareWithheld:
		return capital(b.T("compare-line.withheld", "Peer", peer))
	case c.Outcome == record.CompareBroken:
		return capital(b.T("compare-line.broken", "Peer", peer))
	case c.Same():
		return b.T("compare-line.same", "Peer", peer, "Covers", b.covers(c.Sent, c.Came))
	}
	return b.T("compare-line.differ", "Peer", peer, "Covers", b.covers(c.Sent, c.Came), "N", int(c.Different()))
}

// covers says what a comparison covers.
func (b *Book) covers(sent, came record.Numbers) string {
	var parts []string
	if sent.Count() > 0 {
		parts = append(parts, b.T("compare-line.sent", "Numbers", b.numbers(sent)))
	}
	if came.Count() > 0 {
		parts = append(parts, b.T("compare-line.came", "Numbers", b.numbers(came)))
	}
	return b.list(parts)
}

// Learned says what the other will learn from a comparison, and the keeper of
// him. Whoever is to consent reads it first.
func (b *Book) Learned(v *view.View, peer record.Name, sent, came record.Numbers) string {
	covers := b.covers(sent, came)
	if covers == "" {
		covers = b.T("compare-line.everything")
	}
	return capital(b.T("compare-line.learned", "Peer", b.Name(v, peer), "Covers", covers))
}

// Comparing says where a comparison stands: who is to do what.
func (b *Book) Comparing(v *view.View, peer record.Name, p compare.Phase, asked bool, sent, came record.Numbers, expires record.Instant) string {
	if p == compare.None {
		return ""
	}
	id := "comparing." + string(p)
	if p == compare.Stopped || p == compare.Expired || p == compare.Declined {
		id += map[bool]string{true: "-own", false: "-theirs"}[asked]
	}
	return capital(b.T(id, "Peer", b.Name(v, peer), "Covers", b.covers(sent, came), "Until", b.Instant(expires)))
}

func (b *Book) numbers(n record.Numbers) string {
	if n.Count() == 1 {
		return b.T("compare-line.number", "First", n.First)
	}
	return b.T("compare-line.numbers", "First", n.First, "Last", n.Last)
}

// Findings says what is not the same at both desks, a line for each run of
// numbers, with the entries that are here.
func (b *Book) Findings(v *view.View, c record.Comparison) []string {
	var out []string
	for _, f := range c.Findings {
		s := b.Finding(v, c, f)
		var ids []string
		for _, id := range f.Entries[:min(len(f.Entries), maxNamed)] {
			ids = append(ids, id.Short())
		}
		if len(ids) > 0 {
			s = b.T("compare-line.entries", "What", s, "Entries", strings.Join(ids, b.T("list.comma")))
		}
		out = append(out, s)
	}
	if c.More > 0 {
		out = append(out, b.T("compare-line.more", "N", int(c.More)))
	}
	return out
}

// maxNamed bounds the ids that one line names.
const maxNamed = 8

// Finding says one of them: which numbers, of whom, and how they stand.
func (b *Book) Finding(v *view.View, c record.Comparison, f record.Finding) string {
	return b.T("compare-line.finding", "Which", b.Which(f), "How", b.Match(v, c, f))
}

// Which says which numbers a finding is about, and Match how they stand.
func (b *Book) Which(f record.Finding) string {
	id := "compare-line.came"
	if f.Sent {
		id = "compare-line.sent"
	}
	return capital(b.T(id, "Numbers", b.numbers(f.Numbers)))
}

// Match says how the numbers of a finding stand at the two desks.
func (b *Book) Match(v *view.View, c record.Comparison, f record.Finding) string {
	return b.T("match."+string(f.How), "Peer", b.Name(v, c.Peer))
}

// differs says at which numbers two records differ, for an alarm.
func (b *Book) differs(v *view.View, a view.Alarm) string {
	it, _ := v.Projection().Get(a.Entries[0])
	c, ok := it.Body.(record.Comparison)
	if !ok {
		return ""
	}
	const most = 3
	var parts []string
	for _, f := range c.Findings[:min(len(c.Findings), most)] {
		parts = append(parts, b.Finding(v, c, f))
	}
	if len(c.Findings) > most || c.More > 0 {
		parts = append(parts, b.T("compare-line.and-so-on"))
	}
	return strings.Join(parts, b.T("compare-line.semicolon"))
}
