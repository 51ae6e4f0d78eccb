package desk

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/internal/relay"
)

// costTable is the table of docs/cost.md.
func costTable() string {
	var b strings.Builder
	for _, members := range []int{8, 32, 128} {
		for _, period := range []time.Duration{10 * time.Second, 30 * time.Second, time.Minute} {
			t := relay.NewTimetable("cost", time.Now(), period)
			t.Capacity = members
			c := CostOf(t)
			fmt.Fprintf(&b, "| %d | %s | %.0f MB | %s | %s | %s |\n", c.Members, short(c.Period), float64(c.Day)/1e6, short(c.Text), short(c.Note), short(c.Photo))
		}
	}
	return b.String()
}

func short(d time.Duration) string {
	switch {
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	case d >= 5*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// TestTheCostDocIsCurrent holds docs/cost.md against what a desk reckons.
func TestTheCostDocIsCurrent(t *testing.T) {
	doc, err := os.ReadFile("../../docs/cost.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := costTable(); !strings.Contains(string(doc), want) {
		t.Errorf("docs/cost.md does not have this table:\n%s", want)
	}
}

// TestTheDesksDayIsTheDocs: what a desk shows of its relay is reckoned by the
// same rule, and what it counts as sent is what the rule says, but for what
// TLS, WebSocket and TCP add.
func TestTheDesksDayIsTheDocs(t *testing.T) {
	table := relay.NewTimetable("cost", time.Now(), 30*time.Second)
	c := CostOf(table)
	bare := uint64(0)
	for tick := range uint64(2880) {
		bare += uint64(table.RequestSizeAt(tick) + table.ReplySizeAt(tick, 1))
	}
	if c.Day < bare || c.Day > bare*112/100 {
		t.Errorf("%d bytes a day, %d without what carries them", c.Day, bare)
	}
}
