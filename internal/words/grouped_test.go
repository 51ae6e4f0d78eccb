package words_test

import (
	"strings"
	"testing"

	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/words"
)

// TestGrouped: what is said of an entry stands once, under it, also where
// something else was said in between.
func TestGrouped(t *testing.T) {
	r := record.New("go-between")
	var n byte
	put := func(b record.Body) keys.ID {
		n++
		e := record.Entry{ID: keys.ID{0: 5, 15: n}, By: "go-between", At: 1_700_000_000_000 + record.Instant(n), Body: b}
		e.ID[1] = n
		if _, err := r.Add(circle.Codec(), record.Item{Entry: e, Known: e.At, Came: record.ByHand()}); err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	put(record.Person{Name: "mother", Title: "The mother"})
	plan := put(circle.Plan{On: circle.OnDeath, Steps: []circle.PlanStep{{Who: "mother", Hold: true, Words: "He has died."}, {Who: "minister", Words: "She knows."}}})
	put(circle.Notification{Plan: plan, Reach: circle.Begun})
	put(circle.Notification{Plan: plan, Reach: circle.Told, Who: "mother", By: "go-between", Form: record.Call})
	put(circle.Account{Source: circle.Source{Role: "an official"}, Claims: []circle.Claim{{Sort: circle.ClaimPart, Who: "mother", Part: circle.NoPart, Not: true}}})
	v := view.Of(r.For("go-between", record.AsOf{}), 1_800_000_000_000)
	say := func(q string) string {
		a, err := view.Ask(v, view.Query{Text: q})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(words.Open("en").Grouped(v, a), "\n")
	}
	got := say("notified")
	if strings.Count(got, "To be told, in this order") != 1 {
		t.Errorf("the plan stands more than once, or not:\n%s", got)
	}
	for _, want := range []string{"\n  1. The mother: told\n    Told by", "\n  2. ", "held until another is told", "\n  Told: the mother: "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	got = say("accounts")
	for _, want := range []string{"\n  Account: an official\n", "\n  1. That it is not so that the mother had no part\n    The record: nothing here speaks for it or against it", "\nThe mother\n  Spoke: 0\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
}
