// Package accordtest makes random records for tests and benchmarks: entries of
// every kind, of the people of one channel, on both clocks, typed by hand or
// come over several lines. What a Gen makes is decided by its seed alone, so a
// test that fails prints the seed and can be run again.
//
// It streams: Next keeps only what later entries may refer to, so that a
// million entries take seconds and little memory. What the program looks up per
// subject stays small however long the record gets: a version has a few dozen
// acts at most, a name a few versions, and people are introduced a bounded
// number of times. Talk alone goes on for ever.
//
// A new kind of entry is a row in kinds, and a function that writes its body.
package accordtest
