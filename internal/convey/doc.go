// Package convey plans what goes to whom, and takes in what arrives.
//
// It is the pure half of what a desk does. Every function takes a record, the
// time and a source of fresh ids, and returns a Plan: entries for the keeper's
// own journal, and parcels for people at the other end of a line. Nothing has
// happened until the desk's driver has stored the plan; it stores first and
// sends afterwards. Whoever looks at a plan before it is stored sees exactly
// what each recipient will get.
//
// A parcel's entries have been scrubbed by record.Scrub, the same function
// that projections use, so what is sent and what is said to have been given
// cannot differ.
package convey
