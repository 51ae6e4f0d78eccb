package words

import "strings"

// Override marks have each letter and digit written from one side, whatever it
// is: with one before it, "09 days" is read "90 days". No language needs them.
const leftOverride, rightOverride = '\u202d', '\u202e'

// Straight gives s with the mark for what cannot be shown in the place of every
// mark that would have people read other words than stand there.
func Straight(s string) string {
	return strings.Map(func(r rune) rune {
		if r == leftOverride || r == rightOverride {
			return '\ufffd'
		}
		return r
	}, s)
}

// Isolates, and what ends them.
const leftIsolate, rightIsolate, firstIsolate, endIsolate = '\u2066', '\u2067', '\u2068', '\u2069'

// contained gives s with its isolates ended where it ends, and without ends of
// what it did not begin: else a name could turn the sentence that it stands in.
func contained(s string) string {
	open := 0
	s = strings.Map(func(r rune) rune {
		switch r {
		case leftIsolate, rightIsolate, firstIsolate:
			open++
		case endIsolate:
			if open == 0 {
				return -1
			}
			open--
		}
		return r
	}, s)
	return s + strings.Repeat(string(endIsolate), open)
}
