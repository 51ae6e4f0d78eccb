// Package archtest holds no code, only tests: the rules of the house, each
// with its reason, checked against the source of every package. A rule that
// has never been seen to fail proves nothing, so each comes with source that
// breaks it.
//
// A new package is first given its place in the table in house_test.go: what
// it is, and what it may import.
package archtest
