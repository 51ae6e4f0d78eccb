package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/compare"
	"backchannel/internal/desk"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestCompareLine: a keeper asks, is asked, reads what the other will learn
// before he says yes, and finds each entry that differs.
func TestCompareLine(t *testing.T) {
	room := rivalCase(t)
	gb := room.desks["go-between"]
	b := open(t, gb)
	b.get("/lines").wants(t, 200, "Compare the record of this line", "Ask them to compare", "The envoy will learn whether your record of this line is the same", "no proof for anybody else")
	if a := b.post("/lines/compare", url.Values{"peer": {"envoy"}, "step": {"ask"}}); a.StatusCode != 303 || strings.Join(gb.compares, " ") != "ask envoy" {
		t.Fatal(a.StatusCode, gb.compares)
	}
	b.post("/lines/compare", url.Values{"peer": {"envoy"}, "step": {"look"}}).wants(t, 400, "does not say what to do")
	b.post("/lines/compare", url.Values{"peer": {"stranger"}, "step": {"ask"}}).wants(t, 404, "no line")
	gb.lines[0].Comparisons = []desk.CompareStatus{{Phase: compare.Pending, Sent: record.Numbers{First: 1, Last: 4}, Came: record.Numbers{First: 1, Last: 3}, Expires: at("2025-06-02T09:00:00Z")}}
	b.get("/lines").wants(t, 200, "The envoy asks you to compare this line (sent by you numbers 1 to 4 and sent by them numbers 1 to 3)", "Consent, this once", "Decline", "What they will learn, and you")
	b.get("/").wants(t, 200, "The envoy asks you to compare this line")
	gb.lines[0].Comparisons[0].Phase = compare.Committed
	if page := b.get("/lines"); !strings.Contains(page.body, "nothing of yours has been shown") || !strings.Contains(page.body, "Take it back") {
		t.Error("no way back before anything is shown")
	}
	said := gb.find(t, func(it record.Item) bool { return it.Came.Over() == "envoy" && it.Body.Kind() == record.KindMessage })
	gb.must(t, record.Entry{Body: record.Comparison{
		Peer: "envoy", Run: keys.ID{1}, Outcome: record.CompareDone, Sent: record.Numbers{First: 1, Last: 4}, Came: record.Numbers{First: 1, Last: 3},
		Findings: []record.Finding{{Numbers: record.Numbers{First: 1, Last: 1}, How: record.Differs, Entries: []keys.ID{said.ID}}},
	}})
	b.get("/lines").wants(t, 200, "the two records differ at 1 number")
	b.get("/").wants(t, 200, "Two records of one line differ")
	found := gb.find(t, func(it record.Item) bool { return it.Body.Kind() == record.KindComparison })
	b.get(b.path("e", found)).wants(t, 200, "Sent by them number 1", "The envoy has it in other words", "The envoy to the movement's senior official")
}
