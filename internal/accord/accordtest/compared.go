package accordtest

import (
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// comparison is what came of comparing one of the lines.
func (g *Gen) comparison(*draft) record.Body {
	c := record.Comparison{
		Peer: pick(g, g.o.Lines), Run: g.id(), Asked: g.one(2), Sent: record.Numbers{First: 1, Last: uint64(g.rng.IntN(40))},
		Came: record.Numbers{First: 1, Last: uint64(1 + g.rng.IntN(40))}, Outcome: pick(g, []record.CompareOutcome{record.CompareDone, record.CompareDone, record.CompareWithheld, record.CompareBroken}),
	}
	if c.Outcome != record.CompareDone || g.one(2) {
		return c
	}
	for range 1 + g.rng.IntN(3) {
		n := uint64(1 + g.rng.IntN(40))
		c.Findings = append(c.Findings, record.Finding{
			Sent: g.one(2), Numbers: record.Numbers{First: n, Last: n}, Entries: []keys.ID{g.some()},
			How: pick(g, []record.Match{record.Differs, record.OnlyHere, record.OnlyThere, record.Moved, record.NotComparable}),
		})
	}
	if g.one(2) {
		c.More = uint64(1 + g.rng.IntN(9))
	}
	return c
}
