package web

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"backchannel/internal/record"
)

var slideField = regexp.MustCompile(`id="(stood|knew)-slide" name="[a-z]+-slide" type="range" min="0" max="(\d+)" step="1" value="(\d+)"`)

// TestLaw8_TheClocksAreMovedByASlide: what was told of April, and logged in
// May, stands in April on one clock and not on the other. The slides are fields
// of a form, and a slide that was moved says more than the field beside it.
func TestLaw8_TheClocksAreMovedByASlide(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	gb.clock += 3 * 86_400_000
	gb.must(t, record.Entry{Body: record.Note{Text: "three days later"}})
	b := open(t, gb)
	ends := func(a answer) map[string][2]int {
		t.Helper()
		out := map[string][2]int{}
		for _, m := range slideField.FindAllStringSubmatch(a.body, -1) {
			most, _ := strconv.Atoi(m[2])
			at, _ := strconv.Atoi(m[3])
			out[m[1]] = [2]int{most, at}
		}
		if len(out) != 2 {
			t.Fatalf("%d clocks in:\n%s", len(out), a.text())
		}
		return out
	}
	now := b.get("/standing")
	now.wants(t, 200, "truce, version 1", "As it stood: what had been said by then", "An exact time")
	at := ends(now)
	for name, k := range at {
		if k[0] != k[1] || k[0] < 2 {
			t.Errorf("%s stands at %v", name, k)
		}
	}
	move := func(q url.Values) answer {
		for name, k := range at {
			q.Set(name+"-was", fmt.Sprint(k[1]))
			if !q.Has(name + "-slide") {
				q.Set(name+"-slide", fmt.Sprint(k[1]))
			}
		}
		return b.get("/standing?" + q.Encode())
	}
	// The first moment that was said of is in April: no text was there yet.
	then := move(url.Values{"stood-slide": {"0"}})
	then.wants(t, 200, "This is how things stood on 30 April 2025")
	if strings.Contains(then.text(), "truce, version 1") {
		t.Error("a text of May stands in April")
	}
	if k := ends(then)["stood"]; k[1] != 0 {
		t.Errorf("the slide jumped to %v", k)
	}
	// The first moment at which anything was known here is in May.
	move(url.Values{"knew-slide": {"0"}}).wants(t, 200, "on 26 May 2025", "truce, version 1")
	// A field counts where its slide was not moved, and not where it was.
	move(url.Values{"stood": {"2025-04-02T00:00"}}).wants(t, 200, "This is how things stood on 2 April 2025")
	if a := move(url.Values{"stood": {"2025-04-02T00:00"}, "stood-slide": {fmt.Sprint(at["stood"][0] - 1)}}); strings.Contains(a.text(), "2 April") {
		t.Error("the field held the slide back")
	}
	for _, bad := range []string{"-1", "99999999999999999999", "x", "700"} {
		if a := move(url.Values{"stood-slide": {bad}}); a.StatusCode != 200 {
			t.Errorf("%q: %d", bad, a.StatusCode)
		}
	}
}

// TestStandingPrintsOnOneSheet prints where two rival texts stand, in a browser.
func TestStandingPrintsOnOneSheet(t *testing.T) {
	r := rivalCase(t)
	s := look(t, r.desks["go-between"])
	s.login()
	for _, lang := range []string{"en", "ar"} {
		s.speak(lang)
		s.width(360)
		s.open("/standing")
		s.clean("standing with its slides in " + lang)
		s.width(1280)
		s.open("/standing?stood-slide=0&stood-was=5")
		s.clean("standing then in " + lang)
		s.open("/standing")
		found, pages := readPDF(t, s.pdf(true))
		if pages != 1 {
			t.Errorf("%d sheets in %s", pages, lang)
		}
		for _, line := range found {
			if strings.Contains(strings.Join(line, " "), "127 0 0 1") {
				t.Errorf("the address is on it: %q", line)
			}
		}
		if len(found) < 10 {
			t.Errorf("hardly anything on it: %q", found)
		}
	}
	s.home()
}
