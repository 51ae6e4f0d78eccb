package record

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// KindComparison is the kind of Comparison.
const (
	KindComparison Kind = "comparison"
)

// Comparison is what came of holding one line's record against the record of
// the person at its other end (spec/compare.md). The desk writes it when a
// comparison to which both keepers consented has ended. It stays on this desk:
// it is what this desk saw, and proves nothing to anybody else.
type Comparison struct {
	Peer     Name           `cbor:"1,keyasint" json:"peer"`
	Run      keys.ID        `cbor:"2,keyasint" json:"run"` // of this comparison, the same at both desks
	Outcome  CompareOutcome `cbor:"3,keyasint" json:"outcome"`
	Sent     Numbers        `cbor:"4,keyasint" json:"sent"` // of what went to Peer
	Came     Numbers        `cbor:"5,keyasint" json:"came"` // of what came from him
	Findings []Finding      `cbor:"6,keyasint,omitempty" json:"findings,omitempty"`
	More     uint64         `cbor:"7,keyasint,omitempty" json:"more,omitempty"`  // numbers with a finding that are not listed
	Asked    bool           `cbor:"8,keyasint,omitempty" json:"asked,omitempty"` // the keeper asked for it
}

// Numbers is a run of numbers of one line and direction, from 1; the zero
// Numbers is empty.
type Numbers struct {
	First uint64 `cbor:"1,keyasint" json:"first"`
	Last  uint64 `cbor:"2,keyasint" json:"last"`
}

// Count gives how many numbers there are.
func (n Numbers) Count() uint64 {
	if n.First == 0 || n.Last < n.First {
		return 0
	}
	return n.Last - n.First + 1
}

// CompareOutcome is how a comparison ended.
type CompareOutcome string

// The outcomes of which an entry is made. One that was declined, withdrawn or
// forgotten before anything was shown leaves none.
const (
	CompareDone     CompareOutcome = "done"     // both showed all that they had committed to
	CompareWithheld CompareOutcome = "withheld" // Peer consented, saw, and did not show his in time
	CompareBroken   CompareOutcome = "broken"   // what Peer showed is not what he had committed to
)

// Finding is a run of numbers of one direction that are not the same at both
// desks.
type Finding struct {
	Sent    bool      `cbor:"1,keyasint,omitempty" json:"sent,omitempty"` // what went to Peer; else what came from him
	Numbers Numbers   `cbor:"2,keyasint" json:"numbers"`                  // as this desk numbers them, or Peer, for OnlyThere
	How     Match     `cbor:"3,keyasint" json:"how"`
	Entries []keys.ID `cbor:"4,keyasint,omitempty" json:"entries,omitempty"` // those that are here
}

// Match is how one number stands at the two desks.
type Match string

// The matches. Those that are the same need no finding.
const (
	Differs       Match = "differs"
	OnlyHere      Match = "only-here"
	OnlyThere     Match = "only-there"
	Moved         Match = "moved"        // the same entry, there under another number
	NotComparable Match = "not-compared" // something there differs, and it was not shown which
)

// Same reports whether the comparison was carried through and found nothing.
func (c Comparison) Same() bool {
	return c.Outcome == CompareDone && len(c.Findings) == 0 && c.More == 0
}

// Different gives how many numbers are not the same at both desks.
func (c Comparison) Different() uint64 {
	n := c.More
	for _, f := range c.Findings {
		n += f.Numbers.Count()
	}
	return n
}

// Kind gives KindComparison.
func (Comparison) Kind() Kind { return KindComparison }

// Check reports what is not well-formed.
func (c Comparison) Check() error {
	if !slices.Contains([]CompareOutcome{CompareDone, CompareWithheld, CompareBroken}, c.Outcome) || c.Run.IsZero() {
		return fault.New(fault.Malformed, "record.comparison", "", "a comparison without an outcome")
	}
	for _, f := range c.Findings {
		if !slices.Contains([]Match{Differs, OnlyHere, OnlyThere, Moved, NotComparable}, f.How) || f.Numbers.Count() == 0 {
			return fault.New(fault.Malformed, "record.finding", "", "a finding about nothing")
		}
	}
	return c.Peer.Check()
}

// Scrub gives c without ids that its reader was not given.
func (c Comparison) Scrub(given func(keys.ID) bool) Body {
	out := make([]Finding, len(c.Findings))
	for i, f := range c.Findings {
		f.Entries = slices.DeleteFunc(slices.Clone(f.Entries), func(id keys.ID) bool { return !given(id) })
		out[i] = f
	}
	if c.Findings != nil {
		c.Findings = out
	}
	return c
}
