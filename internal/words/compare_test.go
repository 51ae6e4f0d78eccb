package words

import (
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/compare"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// TestComparisonsAreSaid says every outcome and every finding.
func TestComparisonsAreSaid(t *testing.T) {
	r := record.New("go-between")
	n := byte(0)
	for _, c := range []record.Comparison{
		{Outcome: record.CompareDone},
		{Outcome: record.CompareWithheld},
		{Outcome: record.CompareBroken},
		{Outcome: record.CompareDone, More: 3, Findings: []record.Finding{
			{Sent: true, Numbers: record.Numbers{First: 3, Last: 3}, How: record.Differs, Entries: []keys.ID{{1}}},
			{Sent: true, Numbers: record.Numbers{First: 4, Last: 4}, How: record.OnlyHere, Entries: []keys.ID{{1}}},
			{Numbers: record.Numbers{First: 5, Last: 6}, How: record.OnlyThere}, {Numbers: record.Numbers{First: 7, Last: 7}, How: record.Moved},
			{Numbers: record.Numbers{First: 8, Last: 9}, How: record.NotComparable},
		}},
	} {
		n++
		c.Peer, c.Run, c.Sent, c.Came = "envoy", keys.ID{9}, record.Numbers{First: 1, Last: 9}, record.Numbers{First: 1, Last: 1}
		e := record.Entry{ID: keys.ID{n}, By: "go-between", At: record.Instant(n), Body: c}
		if _, err := r.Add(accord.Codec(), record.Item{Entry: e, Known: record.Instant(n)}); err != nil {
			t.Fatal(err)
		}
	}
	v, b := view.Of(r.For("go-between", record.AsOf{}), 1000), Open("en")
	var all []string
	for _, it := range v.Projection().Items() {
		for _, line := range b.Lines(v, it) {
			said(t, line)
			all = append(all, line)
		}
	}
	for _, a := range v.Alarms() {
		said(t, b.Alarm(v, a))
		all = append(all, b.Alarm(v, a))
	}
	for _, p := range []compare.Phase{compare.Asked, compare.Shown, compare.Pending, compare.Committed, compare.Opened, compare.Done,
		compare.Declined, compare.Stopped, compare.Expired, compare.Withheld, compare.Broken} {
		for _, asked := range []bool{true, false} {
			said(t, b.Comparing(v, "envoy", p, asked, record.Numbers{First: 1, Last: 2}, record.Numbers{}, 1000))
		}
	}
	said(t, b.Learned(v, "envoy", record.Numbers{}, record.Numbers{}))
	said(t, b.Learned(v, "envoy", record.Numbers{First: 1, Last: 2}, record.Numbers{}))
	text := strings.Join(all, "\n")
	for _, want := range []string{
		"the two records are the same (sent by you numbers 1 to 9 and sent by them number 1)",
		"Sent by you number 3: envoy has it in other words (01000000)", "And 3 numbers more",
		"differ at 10 numbers: Sent by you number 3: envoy has it in other words; Sent by you number 4: only here: envoy does not have it; Sent by them numbers 5 to 6: only there: envoy has one that is not here; and others.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
