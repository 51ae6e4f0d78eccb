// Package hijri gives the day of the Islamic calendar on which a day falls.
//
// Within the years 1300 to 1600 (12 November 1882 to 25 November 2174) it is
// the calendar of Umm al-Qura, the civil calendar of Saudi Arabia, by its
// published months. Elsewhere it is reckoned by the arithmetic calendar that
// Reingold and Dershowitz call islamic-civil ("Calendrical Calculations": thirty
// years of which eleven are leap, from 19 July 622), which may be a day or two
// off; Date says which it was.
//
// Two things it does not know: where months begin when the moon is sighted, in
// other countries, a date may differ by a day; and its day begins at midnight,
// where that of the religious calendar begins at sunset.
package hijri

import "math/bits"

// Date is a day of the Islamic calendar.
type Date struct {
	Year, Month, Day int  // months are counted from 1, Muharram
	Reckoned         bool // by arithmetic, and not by published months
}

// first is the day on which the first year of the table begins, in days since 1 January
// 1970: 12 November 1882.
const (
	first     = -31826
	firstYear = 1300
	epoch     = -492148 // 19 July 622 (Gregorian), the first day of the arithmetic calendar
)

// On gives the date on a day, which is told in days since 1 January 1970.
func On(day int) Date {
	rest := day - first
	if rest >= 0 {
		for i, year := range months {
			if n := 12*29 + bits.OnesCount16(year); rest >= n {
				rest -= n
				continue
			}
			m := 0
			for n := 29 + int(year&1); rest >= n; n = 29 + int(year>>m&1) {
				rest -= n
				m++
			}
			return Date{Year: firstYear + i, Month: m + 1, Day: rest + 1}
		}
	}
	return reckon(day)
}

// reckon gives the date by arithmetic.
func reckon(day int) Date {
	n := day - epoch
	year := floor(30*n+10646, 10631)
	month := min(floor(11*(n-yearStart(year))+330, 325), 12)
	return Date{Year: year, Month: month, Day: n - yearStart(year) - monthStart(month) + 1, Reckoned: true}
}

// yearStart gives how many days lie before a year, and monthStart before a
// month of it: months of thirty and twenty-nine days in turn.
func yearStart(year int) int   { return 354*(year-1) + floor(3+11*year, 30) }
func monthStart(month int) int { return 29*(month-1) + month/2 }

func floor(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
