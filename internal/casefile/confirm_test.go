package casefile

import (
	"context"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

const agreedCase = `title "An agreement that can be shown"
clock 2025-06-01 09:00 +02:00
side power
side movement
party power "The power" side power
party movement "The movement" side movement
person go-between "The go-between" as go-between
person envoy "The envoy" of power as principal
person official "The official" of movement as principal
desk go-between
desk envoy
desk official
line envoy to go-between
line official to go-between

at 2025-06-01 10:00
go-between: rule pass-unless-marked
envoy: role envoy
official: role official
envoy: role official
go-between: role envoy
go-between: role official
envoy: term t1 truce v1 obligation debtor power "Hostilities cease."
  given-to go-between
envoy: package p1 deal v1 terms t1 needs power, movement
  given-to go-between
envoy: propose o1 on p1 for power pass may-pass given-to go-between
go-between: carry o1 to official
at 2025-06-01 11:00
official: accept y1 on p1 for movement pass may-pass given-to go-between
go-between: carry y1 to envoy
envoy: refused confirm early on p1 for power given-to go-between because convey.confirm-first
envoy: accept y2 on p1 for power pass may-pass given-to go-between
envoy: echo e2 on p1 for power pass may-pass given-to go-between
official: echo e1 on p1 for movement pass may-pass given-to go-between
at 2025-06-01 12:00
official: give-key k1 for movement pass may-pass given-to go-between
go-between: carry k1 to envoy as k1-envoy
official: confirm c1 on p1 for movement pass may-pass given-to go-between
go-between: carry c1 to envoy as c1-envoy
at 2025-06-01 13:00
envoy: compare-key a1 of k1-envoy with official "by telephone"

ask A at envoy "What does the acceptance stand on?"
  query evidence p1
    as-we-knew 2025-06-01 12:30
  expect stands-on p1 movement is reported
  expect confirmation p1 movement is unattested
  expect verdict p1 is agreed-as-reported
  query evidence p1
  expect stands-on p1 movement is signature
  expect confirmation p1 movement is attested
  expect verdict p1 is agreed
  expect weakest-evidence p1 is own-desk
  query echo-first deal
  expect echo deal is one-text
ask B at official "And at the other end?"
  query evidence p1
  expect stands-on p1 movement is signature
  expect verdict p1 is not-agreed
`

// A showable confirmation in a case: refused early, carried, compared, and what
// it changes at each desk.
func TestConfirmationsInACase(t *testing.T) {
	c, err := Parse("agreed.case", []byte(agreedCase))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(context.Background(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Unmet {
		t.Error(p)
	}
	for line, want := range map[string]string{
		"envoy: confirm x on p1": "for which party", "envoy: confirm x for power": "on", "envoy: compare-key x of o1 with official \"so\"": "label of",
		"envoy: compare-key x of k1-envoy \"so\"": "with whom", "envoy: give-key x": "whose key",
	} {
		text := strings.Replace(agreedCase, "\nask A", line+"\n\nask A", 1)
		if _, err := Parse("wrong.case", []byte(text)); err == nil || !strings.Contains(err.Error()+hintsOf(err), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func hintsOf(err error) string {
	s := ""
	for _, p := range Problems(err) {
		s += " " + p.Error() + " " + fault.HintOf(p)
	}
	return s
}
