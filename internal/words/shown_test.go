package words

import (
	"strings"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

var isolates = strings.NewReplacer("\u2068", "", "\u2069", "")

// TestDatesAsAReaderWants: one moment, by each calendar, with the time of
// capitals, in both sorts of digits. What is stored is one number.
func TestDatesAsAReaderWants(t *testing.T) {
	at := func(s string) record.Instant {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return record.At(v)
	}
	doha, moscow, riyadh := Capital{"Doha", zone(t, "Asia/Qatar")}, Capital{"Москва", zone(t, "Europe/Moscow")}, Capital{"الرياض", zone(t, "Asia/Riyadh")}
	day, night := at("2025-05-26T14:05:00Z"), at("2025-06-25T22:30:00Z")
	for _, c := range []struct {
		lang string
		look Look
		when record.Instant
		want string
	}{
		{"en", Look{}, day, "26 May 2025, 14:05 UTC"},
		{"en", Look{Capitals: []Capital{doha}}, day, "26 May 2025, 14:05 UTC · 17:05 Doha"},
		{"en", Look{Capitals: []Capital{doha, riyadh, {"Washington", zone(t, "America/New_York")}}}, day, "26 May 2025, 14:05 UTC · 17:05 Doha and الرياض · 10:05 Washington"},
		{"en", Look{Capitals: []Capital{doha}}, night, "25 June 2025, 22:30 UTC · 01:30 Doha (26 June 2025)"},
		{"en", Look{Calendar: Hijri, Capitals: []Capital{doha}}, night, "29 Dhu al-Hijja 1446 AH, 22:30 UTC · 01:30 Doha (1 Muharram 1447 AH)"},
		{"en", Look{Calendar: Both}, day, "26 May 2025 (28 Dhu al-Qaʿda 1446 AH), 14:05 UTC"},
		{"en", Look{Calendar: Hijri}, at("1850-01-01T12:00:00Z"), "16 Safar 1266 AH (reckoned; a day or two may differ), 12:00 UTC"},
		{"ar", Look{Digits: Eastern, Calendar: Both, Capitals: []Capital{riyadh}}, day, "٢٦ أيار/مايو ٢٠٢٥ (٢٨ ذو القعدة ١٤٤٦ هـ)، ١٤:٠٥ UTC · ١٧:٠٥ الرياض"},
		{"ru", Look{Capitals: []Capital{moscow}}, day, "26 мая 2025 года, 14:05 UTC · 17:05 Москва"},
		{"he", Look{Calendar: Hijri}, day, "28 בד׳ו אל־קעדה 1446 להג׳רה, 14:05 UTC"},
	} {
		if got := isolates.Replace(Open(c.lang).Shown(c.look).Instant(c.when)); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
	b := Open("en").Shown(Look{Calendar: Both, Capitals: []Capital{doha}})
	told := record.Interval{From: day, To: day, Zone: "+05:00"}
	if got, want := b.Interval(told), "26 May 2025 (28 Dhu al-Qaʿda 1446 AH), 14:05 UTC · 17:05 Doha · 19:05 UTC+05:00"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	april := record.Interval{From: at("2025-04-01T00:00:00Z"), To: at("2025-04-30T23:59:59Z")}
	if got, want := b.Interval(april), "April 2025 (between 3 Shawwal 1446 AH and 2 Dhu al-Qaʿda 1446 AH)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestDigitsAsAReaderWants: numbers of the desk are written with the reader's
// digits, and count as before; words of people stand as they are.
func TestDigitsAsAReaderWants(t *testing.T) {
	east := Open("ar").Shown(Look{Digits: Eastern})
	for got, want := range map[string]string{
		east.Range(accord.Range{Min: 70, Max: 90, Unit: "days of 2025"}):      "٧٠",
		east.Duration(3*24*time.Hour + time.Hour):                             "٣ أيام",
		east.Bytes(13_500_000):                                                "١٣.٥",
		east.T("time.between", "From", "on 5 May", "To", "6"):                 "on 5 May",
		Open("en").Shown(Look{Digits: Eastern}).Duration(11 * time.Minute):    "١١ minutes",
		Open("en").Shown(Look{Digits: Eastern}).T("duration.days", "N", 1):    "١ day",
		east.Range(accord.Range{Min: 70, Max: 90, Unit: "days of 2025"}) + "": "days of 2025",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not hold %q", got, want)
		}
	}
	for in, want := range map[string]string{"٧٠-٩٠": "70-90", "۲۰۲۵-۰۵-۲۶": "2025-05-26", "70": "70", "": ""} {
		if got := record.Digits(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
