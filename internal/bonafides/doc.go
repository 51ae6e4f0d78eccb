// Package bonafides lets two people who cannot meet find out that they are who
// they are taken to be, and whether both would say yes, over texts that
// somebody carries (spec/bonafides.md).
//
// A run is CPace (draft-irtf-cfrg-cpace, suite CPACE-X25519-SHA512) with key
// confirmation: equal secrets show themselves as equal, unequal ones show
// nothing else, and each run allows one guess. A foretold sign is a commitment
// to something that will be seen in public.
//
// It is pure: randomness and time are arguments.
package bonafides
