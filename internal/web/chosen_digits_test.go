package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/record"
)

// TestDatesAndDigitsOfAPage: a reader chooses how dates and numbers are shown,
// beside the language. What somebody said stands as he said it, and what is
// typed in either digits is stored in one.
func TestDatesAndDigitsOfAPage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	gb.must(t, record.Entry{Body: record.Note{Text: "Room 2025, floor ١٢."}})
	b := open(t, gb)
	if a := b.get("/record"); strings.Contains(a.text(), "هـ") || !strings.Contains(a.text(), "26 May 2025") {
		t.Error("not as people mostly do")
	}
	choose := func(lang, calendar, digits string) {
		t.Helper()
		if a := b.post("/language", url.Values{"lang": {lang}, "calendar": {calendar}, "digits": {digits}, "back": {"/record"}}); a.StatusCode != 303 {
			t.Fatal(a.StatusCode)
		}
	}
	choose("ar", "both", "eastern")
	page := b.get("/record")
	page.wants(t, 200, "٢٦ أيار/مايو ٢٠٢٥ (٢٨ ذو القعدة ١٤٤٦ هـ)، ٠٩:٠٠ UTC", "Room 2025, floor ١٢.", "بتقويم أم القرى")
	for _, never := range []string{"26 أيار", "Room ٢٠٢٥"} {
		if strings.Contains(page.text(), never) {
			t.Errorf("%q is on the page", never)
		}
	}
	b.get("/standing").wants(t, 200, "٧٠", "٤٥")
	b.get("/record?stood=٢٠٢٥-٠٥-٠١T٠٠:٠٠").wants(t, 200, "١ أيار/مايو ٢٠٢٥")
	choose("en", "hijri", "western")
	b.get("/record").wants(t, 200, "28 Dhu al-Qaʿda 1446 AH, 09:00 UTC", "those of Umm al-Qura")

	form := url.Values{"name": {"water"}, "version": {"1"}, "sort": {"obligation"}, "debtor": {"power"}, "creditor": {"movement"}, "action": {"١٢ wells are opened"},
		"quantity": {"١٠-۱۲ wells"}, "period": {"٧٠–٩٠ days"}, "by": {"٢٠٢٥-٠٦-٠١T١٢:٠٠"}}
	look := b.post("/term", form)
	done := b.post("/confirm", url.Values{"confirm": {look.token(t)}, "go": {"send"}})
	if done.StatusCode != 303 {
		t.Fatal(done.text())
	}
	term := gb.find(t, isTerm("water")).Body.(accord.Term)
	if term.Quantity[0] != (accord.Range{Min: 10, Max: 12, Unit: "wells"}) || term.Period.Min != 70 || term.Period.Max != 90 || term.By != at("2025-06-01T12:00:00Z") || term.Action != "١٢ wells are opened" {
		t.Errorf("stored as %+v", term)
	}
	choose("en", "gregorian", "western")
	b.get("/record").wants(t, 200, "26 May 2025, 09:00 UTC")
}
