package casefile

import (
	"context"
	"strings"
	"testing"
)

// What can be read and cannot be done is told with its line as well: terms that
// wait for one another are refused when a desk is to write them.
func TestACircleIsToldWithItsLine(t *testing.T) {
	c := parseOK(t, at+`a: term t1 first v1 obligation debtor x "x" when second
a: term t2 second v1 obligation debtor y "y" when first
a: package p pack v1 terms t1, t2 needs x, y
`)
	_, err := Check(context.Background(), c, nil)
	p := Problems(err)
	if len(p) != 1 || p[0].Line < 17 || p[0].Line > 18 || p[0].Fault.ID != "convey.circle" || p[0].Fault.Hint == "" {
		t.Fatalf("%v", err)
	}
}

// A case may tell what was said before anybody asked for a channel: that is how
// most begin. What cannot be is that it is logged before it was said.
func TestATimeBeforeTheApproach(t *testing.T) {
	early := at + `g: approach ask1 by a to b through g call "x"
g: log l from a to g call paraphrase said 2024-12-01 "x"
`
	if _, err := Check(context.Background(), parseOK(t, early), nil); err != nil {
		t.Error(err)
	}
	_, err := Parse("x.case", []byte(strings.ReplaceAll(early, "2024-12-01", "2025-03-01")))
	if p := Problems(err); len(p) != 1 || p[0].Line != 17 || p[0].Fault.Hint == "" {
		t.Errorf("said after it was logged: %v", err)
	}
}
