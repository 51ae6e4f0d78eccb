package record

import (
	"maps"
	"slices"
)

// Skip says that what went to reader under these numbers is not in this record:
// the vault was put back to an older copy. Numbers go on behind them, so that
// none is given twice. Entries do not say so, since they are what is missing;
// the desk keeps it beside the journal.
func (r *Record) Skip(reader Name, n Numbers) {
	if n.Count() == 0 || r.SentTo(reader) >= n.Last {
		return
	}
	next := map[Name][]Numbers{}
	maps.Copy(next, r.skipped) // clones share the old one
	next[reader] = append(slices.Clip(next[reader]), n)
	r.skipped = next
}

// Skipped gives the numbers to reader whose entries are not here, in order.
func (r *Record) Skipped(reader Name) []Numbers { return slices.Clone(r.skipped[reader]) }

// NextSent gives the number that follows on one that an entry to reader has.
func (r *Record) NextSent(reader Name, number uint64) uint64 {
	number++
	for _, n := range r.skipped[reader] {
		if number >= n.First && number <= n.Last {
			number = n.Last + 1
		}
	}
	return number
}

// SentTo gives the number of the last entry of the keeper's that went to
// reader: how many did, with those that are not here.
func (r *Record) SentTo(reader Name) uint64 {
	n := r.sent.m[reader]
	for _, s := range r.skipped[reader] {
		n += s.Count()
	}
	return n
}
