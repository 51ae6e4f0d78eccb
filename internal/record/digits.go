package record

import "strings"

// Digits gives s with the digits in which everything is stored: Arabic-Indic
// and extended Arabic-Indic digits become 0 to 9. It is for numbers and dates
// that somebody typed, never for words: those stand as they were said.
func Digits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		case r >= '۰' && r <= '۹':
			return r - '۰' + '0'
		}
		return r
	}, s)
}
