package casefile

import (
	"context"
	"testing"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

// queries are asked of every desk; they stand for all there is to see.
var queries = []string{"approach", "standing", "alarms", "owes", "nothing", "turns", "paths", "messages by form side path"}

func tellAll(t *testing.T, r *record.Record, asOf record.AsOf, now record.Instant) string {
	t.Helper()
	v := view.Of(r.For(r.Keeper(), asOf), now)
	all := ""
	for _, q := range queries {
		a, err := view.Ask(v, view.Query{Text: q})
		if err != nil {
			t.Fatal(err)
		}
		all += q + "\n" + plainTeller(v, a) + "\n"
	}
	return all
}

// Law 8: what is logged later never changes what we knew. What every desk
// showed at every moment of the case is what it shows, when all is over, as we
// knew it then.
func TestLaw8_WhatIsLoggedLaterChangesNothingThatWeKnew(t *testing.T) {
	type moment struct {
		desk record.Name
		at   record.Instant
	}
	for _, name := range names(t) {
		c := mustLoad(t, name)
		m := NewMemory(c)
		shown := map[moment]string{}
		look := func(p Progress) {
			if p.Step.Verb != "at" {
				return
			}
			then := p.Step.At - 1 // the moment before: nothing more will be logged for it
			for keeper, d := range m.desks {
				shown[moment{keeper, then}] = tellAll(t, d.r, record.AsOf{}, then)
			}
		}
		if _, err := Run(context.Background(), c, NewPlayer(m, SeededIDs("law 8")), nil, look); err != nil {
			t.Fatal(err)
		}
		if len(shown) < 10 {
			t.Fatalf("%s: only %d moments", name, len(shown))
		}
		for at, want := range shown {
			r := m.desks[at.desk].r
			if got := tellAll(t, r, record.AsOf{Knew: at.at}, at.at); got != want {
				t.Fatalf("%s: the desk of %s, as it knew at %s\n%s\nand it showed\n%s", name, at.desk, at.at, got, want)
			}
		}
	}
}
