// Package compare holds the record of one line against the record of the
// person at its other end, number by number, where both keepers consent.
//
// spec/compare.md is the protocol. In short: the one who is asked commits to
// digests of every entry before he has seen any, the asker shows his, then the
// asked opens his commitment. So neither can fit what he shows to what he saw.
// The digests are keyed by a nonce from each side; nothing is signed, so what
// comes out convinces the two and nobody else (law 3).
//
// A Run is one comparison as one desk stands in it: a value that the desk's
// driver stores at every step. Take looks at a message and is cheap. Advance
// does what the message asks for, reads the record for it, and can be done
// again after a crash with the same outcome: all that is random is in the Run.
//
// The package is pure, and sees nothing of other lines: Read takes from a
// record what went to one person and what came from him (law 5).
package compare
