package casefile

import (
	"slices"
	"strings"
)

// suggest gives a remedy for a word that is none of those allowed: the nearest
// one, if one is near, and else the list.
func suggest(word string, allowed []string) string {
	allowed = slices.Clone(allowed)
	slices.Sort(allowed)
	best, least := "", 3
	if len(word) <= 64 {
		for _, a := range allowed {
			if d := distance(strings.ToLower(word), a); d < least && d < len(a) {
				best, least = a, d
			}
		}
	}
	switch {
	case best != "":
		return "did you mean `" + best + "`?"
	case len(allowed) == 0:
		return "leave it out"
	case len(allowed) > 24:
		return "see docs/case-format.md for the words that stand here"
	}
	return "use one of: " + strings.Join(allowed, ", ")
}

// distance is how many letters must be put in, taken out, exchanged for others
// or swapped with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
