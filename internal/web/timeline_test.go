package web

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"backchannel/internal/record"
)

func TestTimeline(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	all := b.get("/timeline")
	all.wants(t, 200, "The envoy to the movement's senior official", "Tempo", "26 May 2025: 2 messages", "The movement accepts truce, version 1", "forty-five")
	if strings.Index(all.body, "26 May") > strings.Index(all.body, "April") {
		t.Error("the latest does not come first")
	}
	// Whoever is between stands between the two sides, in every row at one place.
	lane := func(page answer, who string) int {
		t.Helper()
		m := regexp.MustCompile(`(?s)<ol class="lanes">(.*?)</ol>`).FindStringSubmatch(page.body)
		if m == nil {
			t.Fatal("no lanes")
		}
		for i, li := range strings.Split(m[1], "<li>")[1:] {
			if strings.Contains(strings.ToLower(li), who) {
				return i + 1
			}
		}
		t.Fatalf("%s has no lane", who)
		return 0
	}
	e, g, o := lane(all, "the envoy"), lane(all, "the go-between"), lane(all, "senior official")
	if (e-g)*(o-g) >= 0 {
		t.Errorf("lanes: envoy %d, go-between %d, official %d", e, g, o)
	}
	// Every arrow begins and ends on a lane.
	lanes := map[string]bool{}
	for _, m := range regexp.MustCompile(`<circle class="lane-head" cx="(\d+)"`).FindAllStringSubmatch(all.body, -1) {
		lanes[m[1]] = true
	}
	hops := regexp.MustCompile(`<line class="hop[^"]*" x1="(\d+)" x2="(\d+)" y1="16"`).FindAllStringSubmatch(all.body, -1)
	if len(hops) < 3 {
		t.Fatalf("%d arrows", len(hops))
	}
	for _, m := range hops {
		if !lanes[m[1]] || !lanes[m[2]] || m[1] == m[2] {
			t.Errorf("an arrow from %s to %s", m[1], m[2])
		}
	}
	// By path and form.
	only := b.get("/timeline?path=envoy&form=text")
	only.wants(t, 200, "1 message of that path and form", "forty-five")
	if strings.Contains(only.text(), "accepts truce") {
		t.Error("what was done is no message of that path")
	}
	b.get("/timeline?path=nobody").wants(t, 200, "0 messages of that path", "Nothing has been said yet")
	// On both clocks.
	then := b.get("/timeline?stood=2025-05-01T00:00")
	then.wants(t, 200, "This is how things stood on 1 May 2025")
	if strings.Contains(then.text(), "forty-five") {
		t.Error("it shows what was said later")
	}
	b.get("/timeline?stood=yesterday").wants(t, 400, "is not a time")
	b.get("/timeline?page=99").wants(t, 200)
}

// Law 5: a party's timeline has nobody and nothing that its desk was not given.
func TestLaw5_TimelineOfAParty(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["envoy"])
	page := b.get("/timeline")
	page.wants(t, 200, "forty-five")
	for _, other := range []string{"قبلنا", "accepts truce"} {
		if strings.Contains(page.text(), other) {
			t.Errorf("the envoy's timeline tells of %q", other)
		}
	}
}

func TestTimelineOfALongRecord(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	for i := range 2 * perPage {
		gb.must(t, record.Entry{SaidBy: "envoy", Body: record.Message{From: "envoy", To: "go-between", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Inform, Text: "Call " + strconv.Itoa(i)}})
	}
	b := open(t, gb)
	page := b.get("/timeline")
	page.wants(t, 200, "Call 199")
	if n := strings.Count(page.body, `<li class="lane-row">`); n != perPage {
		t.Errorf("%d rows on a page", n)
	}
	b.get("/timeline?page=2&form=call").wants(t, 200, "Call 50")
}
