package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The keeper notes by whose clock a party lives, and an entry in full is told by
// it, beside UTC, by summer time and by winter time; nothing else is, and what he
// noted leaves his desk in nothing.
func TestLaw5_TheTimeInEachCapitalIsTheKeepersAlone(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	winter, summer := keys.ID{0xaa, 1}, keys.ID{0xaa, 2}
	gb.must(t, record.Entry{ID: winter, Said: record.Moment(at("2025-01-15T23:30:00Z")), SaidBy: "envoy", HeardFrom: "envoy", Body: record.PersonStatus{Person: "captive", Status: record.Status("held")}})
	entry := b.face.alias.of(winter)
	if page := b.get("/e/" + entry); strings.Contains(page.text(), "Doha") || !strings.Contains(page.text(), "15 January 2025, 23:30 UTC") {
		t.Fatal(page.text())
	}
	note := func(of, zone, place string) answer {
		t.Helper()
		return b.post("/lines/zone", url.Values{"of": {of}, "zone": {zone}, "place": {place}})
	}
	there := r.desks["envoy"].record.Len() + r.desks["official"].record.Len()
	for _, z := range [][3]string{{"movement", "Asia/Qatar", "Doha"}, {"power", "America/New_York", "Washington"}} {
		if a := note(z[0], z[1], z[2]); a.StatusCode != 303 {
			t.Fatal(a.text())
		}
	}
	if r.desks["envoy"].record.Len()+r.desks["official"].record.Len() != there {
		t.Error("something was sent")
	}
	b.get("/lines").wants(t, 200, "Washington", "Doha", "UTC+03:00", "Now 26 May 2025, 09:00 UTC")
	if clock := b.get("/clock").text(); !strings.Contains(clock, "12:00 Doha") || !strings.Contains(clock, "05:00 Washington") {
		t.Error("the clock at the head of each page is not told by them: " + clock)
	}
	b.get("/e/"+entry).wants(t, 200, "15 January 2025, 23:30 UTC", "02:30 Doha (16 January 2025)", "18:30 Washington")
	if page := b.get("/record"); strings.Contains(page.text(), "18:30 Washington") {
		t.Error("the list of entries is told by every clock")
	}
	look := b.post("/write", url.Values{"to": {"envoy"}, "text": {"Is it yours?"}, "act": {"ask"}, "not-before": {"2025-05-27T12:00"}})
	look.wants(t, 200, "27 May 2025, 12:00 UTC")
	if _, main, _ := strings.Cut(look.body, "<main"); strings.Contains(main, "Doha") {
		t.Error("what the envoy would see has a place in it that is noted here alone")
	}
	b.post("/language", url.Values{"lang": {"ar"}, "digits": {"eastern"}})
	b.get("/e/"+entry).wants(t, 200, "٢٣:٣٠ UTC", "١٨:٣٠ \u2068Washington\u2069", "٠٢:٣٠ \u2068Doha\u2069")
	b.post("/language", url.Values{"lang": {"en"}})

	gb.must(t, record.Entry{ID: summer, Said: record.Moment(at("2025-05-26T12:00:00Z")), SaidBy: "envoy", HeardFrom: "envoy", Body: record.PersonStatus{Person: "captive", Status: record.Status("held")}})
	b.get("/e/"+b.face.alias.of(summer)).wants(t, 200, "26 May 2025, 12:00 UTC", "08:00 Washington", "15:00 Doha")

	// A deadline and a lapse are told by them on one's own pages, and in nothing that is said to others.
	due := accord.Term{Name: "reply", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "an answer", By: at("2025-05-28T18:00:00Z"), Salt: keys.ID{77}}
	pk := accord.Package{Name: "answer", Version: 1, Terms: []accord.TermRef{due.Ref()}, Needs: []record.Name{"power", "movement"}, Lapses: at("2025-05-29T18:00:00Z"), Salt: keys.ID{78}}
	gb.must(t, record.Entry{ID: keys.ID{0xaa, 3}, Body: due}, record.Entry{ID: keys.ID{0xaa, 4}, Body: pk})
	for id, want := range map[keys.ID]string{{0xaa, 3}: "28 May 2025, 18:00 UTC", {0xaa, 4}: "29 May 2025, 18:00 UTC"} {
		b.get("/e/"+b.face.alias.of(id)).wants(t, 200, want, "21:00 Doha", "14:00 Washington")
	}
	card := b.post("/read-out/"+b.face.alias.of(keys.ID{0xaa, 3}), url.Values{"to": {"official"}, "how": {"call"}, "fidelity": {"verbatim"}})
	card.wants(t, 200, "Read this out", "28 May 2025, 18:00 UTC")
	if _, main, _ := strings.Cut(card.body, "<main"); strings.Contains(main, "Doha") {
		t.Error("a place that is noted here alone is read out")
	}

	note("power", "Mars/Olympus", "").wants(t, 404, "is not a zone", "Asia/Qatar")
	note("power", "../etc", "").wants(t, 400, "is not a zone")
	note("ally", "", "").wants(t, 404, "is not a zone") // there is nothing to take away
	note("power", "", "")
	page := b.get("/e/" + entry)
	page.wants(t, 200, "Doha")
	if strings.Contains(page.text(), "Washington") {
		t.Error("what was taken away is told")
	}
	for _, reader := range []record.Name{"envoy", "official"} {
		for _, it := range gb.record.For(reader, record.AsOf{}).Items() {
			if it.Body.Kind() == record.KindTimeZone {
				t.Errorf("%s has a time zone in what he was given", reader)
			}
		}
	}
}
