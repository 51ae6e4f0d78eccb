// Package record keeps what was said, by whom, to whom, through whom, and how
// this desk knows it.
//
// An Entry is what somebody wrote. An Item is an Entry as one desk has it:
// when this desk came to know it, and how it came (Came). Came is the one
// mark of authenticity in the program, and only ByHand and OverLine make it:
// nothing that a sender writes can.
//
// A Record is a set of items, ordered by when things were said, then by when
// they were logged, then by id, so that any order of arrival gives the same
// record. It is never rewritten: a correction is an entry that names the old.
//
// Nobody looks at a Record. They look at a Projection, which Record.For makes
// for one reader as of two clocks: what that reader was not given is absent
// from it. Every view takes a Projection, so none can show more.
//
// The package is pure: time and randomness are arguments, and nothing here
// reads a clock, a disk or a network.
package record
