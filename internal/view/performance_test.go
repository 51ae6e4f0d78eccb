package view

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// exchanged is a go-between's desk at which two villages have agreed: grain by
// a date, ten sacks of it, for salt; and the league answers for the grain.
func exchanged(t *testing.T) (*record.Record, func(by record.Name, b record.Body, said record.Instant), map[string]record.Ref) {
	t.Helper()
	const day = record.Instant(24 * 60 * 60 * 1000)
	r := record.New("clerk")
	n, numbers := byte(0), map[record.Name]uint64{}
	add := func(by record.Name, b record.Body, said record.Instant) {
		n++
		it := record.Item{Entry: record.Entry{ID: keys.ID{9, n}, By: by, At: said + record.Instant(n), Body: b}, Known: said + record.Instant(n)}
		if by != "clerk" {
			numbers[by]++
			it.Came = record.OverLine(by, numbers[by])
		}
		if _, err := r.Add(accord.Codec(), it); err != nil {
			t.Fatal(err)
		}
	}
	term := func(name, debtor, creditor record.Name) accord.Term {
		return accord.Term{Name: name, Version: 1, Sort: accord.Obligation, Debtor: debtor, Creditor: creditor, Action: "is handed over", Salt: keys.ID{1}}
	}
	grain, salt := term("grain", "north", "south"), term("salt", "south", "north")
	grain.Quantity, grain.By, grain.Monitor = []accord.Range{{Min: 10, Max: 10, Unit: "sacks"}}, 10*day, "observer"
	salt.When = accord.Condition{Term: "grain"}
	cover := term("cover", "league", "south")
	cover.Sort, cover.Covers = accord.Guarantee, []record.Name{"grain"}
	p := accord.Package{Name: "deal", Version: 1, Needs: []record.Name{"north", "south", "league"}, Salt: keys.ID{2}}
	refs := map[string]record.Ref{}
	for _, x := range []accord.Term{grain, salt, cover} {
		add("clerk", x, day)
		p.Terms = append(p.Terms, x.Ref())
		refs[string(x.Name)] = x.Ref().Ref()
	}
	add("clerk", p, day)
	for _, who := range p.Needs {
		add(who, accord.Act{Party: who, Position: accord.Accepted, On: p.Ref()}, day)
	}
	for _, who := range p.Needs {
		add(who, accord.Act{Party: who, Echo: true, On: p.Ref()}, day)
	}
	return r, add, refs
}

func TestWhoOwesWhatNow(t *testing.T) {
	const day = record.Instant(24 * 60 * 60 * 1000)
	r, add, refs := exchanged(t)
	deed := func(by record.Name, d accord.Deed, amount int64, at record.Instant) {
		add(by, accord.Performance{By: by, On: refs["grain"], Deed: d, Amount: amount}, at)
	}
	at := func(now record.Instant) *View { return Of(r.For("clerk", record.AsOf{}), now) }
	owing := func(now record.Instant) string {
		var out []string
		for _, who := range []record.Name{"north", "south", "league"} {
			for _, p := range at(now).OwesNow(who) {
				out = append(out, string(who)+" "+string(p.Term.Term.Name)+" "+string(p.Course.State))
			}
		}
		return strings.Join(out, ", ")
	}
	for _, step := range []struct {
		do   func()
		now  record.Instant
		want string
	}{
		{func() {}, 2 * day, "north grain due"},
		{func() { deed("observer", accord.Verified, 5, 3*day) }, 4 * day, "north grain due"},
		{func() {}, 11 * day, "north grain overdue"},
		{func() { deed("observer", accord.Found, 0, 12*day) }, 13 * day, "north grain breach-found, league cover triggered"},
		{func() { deed("observer", accord.Verified, 5, 14*day) }, 15 * day, "south salt due, league cover triggered"},
	} {
		step.do()
		if got := owing(step.now); got != step.want {
			t.Errorf("on day %d: %s, want %s", step.now/day, got, step.want)
		}
	}
	list := at(15 * day).Performance()
	if len(list) != 3 || !list[0].Owed || list[2].Owed {
		t.Errorf("what is owed comes first: %+v", list)
	}
}

func TestPerformanceFacts(t *testing.T) {
	const day = record.Instant(24 * 60 * 60 * 1000)
	r, add, refs := exchanged(t)
	add("observer", accord.Performance{By: "observer", On: refs["grain"], Deed: accord.Verified, Amount: 4}, 2*day)
	add("clerk", accord.Performance{By: "south", On: refs["grain"], Deed: accord.Alleged}, 2*day)
	v := Of(r.For("clerk", record.AsOf{}), 3*day)
	a, err := Ask(v, Query{Text: "performance"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range a.Facts {
		got = append(got, f.String())
	}
	for _, want := range []string{
		"performance grain@1 = due", "performance-reported grain@1 = breach-alleged", "reported-by grain@1 = clerk", "owed-now grain@1 north = yes", "partial grain@1 = yes",
		"verified grain@1 = 4 sacks", "remains grain@1 = 6 sacks", "deadline grain@1 = 1970-01-11T00:00:00Z", "does-not-count grain@1 clerk = breach-alleged reported",
		"performance salt@1 = conditional", "waits-for salt@1 = grain", "owed-now salt@1 south = no", "performance cover@1 = armed",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not said:\n%s", want, strings.Join(got, "\n"))
		}
	}
	if a, err := Ask(v, Query{Text: "performance nothing-of-the-kind"}); err == nil && a.Facts[0].Value != NothingHere {
		t.Errorf("%+v", a)
	}
}

// TestLaw5_PerformanceShowsWhatWasGiven: what a reader was not given is in no
// state, count, mark or id.
func TestLaw5_PerformanceShowsWhatWasGiven(t *testing.T) {
	const day = record.Instant(24 * 60 * 60 * 1000)
	r, add, refs := exchanged(t)
	add("observer", accord.Performance{By: "observer", On: refs["grain"], Deed: accord.Found, Text: "spoilt"}, 2*day)
	raw, err := json.Marshal(Of(r.For("north", record.AsOf{}), 3*day).Performance())
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"observer", "breach-found", "spoilt", "grain"} {
		if strings.Contains(string(raw), bad) {
			t.Errorf("%q in %s", bad, raw)
		}
	}
}
