package accord

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/record"
)

func days(min, max int64) Range { return Range{min, max, "days"} }

func TestCompareRanges(t *testing.T) {
	for name, c := range map[string]struct {
		a, b      Range
		want      Change
		low, high int64
	}{
		"longer at both ends":   {days(60, 70), days(70, 90), Longer, 10, 20},
		"longer at one end":     {days(70, 80), days(70, 90), Longer, 0, 10},
		"shorter":               {days(70, 70), days(45, 60), Shorter, 10, 25},
		"wider":                 {days(60, 70), days(50, 80), Wider, 0, 0},
		"narrower":              {days(50, 80), days(60, 70), Narrower, 0, 0},
		"absent in the second":  {days(70, 90), Range{}, OnlyA, 0, 0},
		"absent in the first":   {Range{}, days(70, 90), OnlyB, 0, 0},
		"in another unit":       {days(70, 70), Range{10, 10, "weeks"}, Changed, 0, 0},
		"longer from one value": {days(60, 60), days(70, 90), Longer, 10, 30},
	} {
		a, b := obligation("ceasefire", ""), obligation("ceasefire", "")
		a.Period, b.Period = c.a, c.b
		got := CompareTerms(a, b)
		if len(got) != 1 || got[0].Field != "period" || got[0].Change != c.want || got[0].Low != c.low || got[0].High != c.high || got[0].Term != "ceasefire" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestCompareTwoTexts is question T2: 45–60 days, 10 living captives and 19
// bodies, against 70 days, 5 and 5, and a guarantee.
func TestCompareTwoTexts(t *testing.T) {
	cease := obligation("ceasefire", "")
	cease.Period = days(45, 60)
	captives := obligation("captives", "movement")
	captives.Quantity = []Range{{10, 10, "living captives"}, {19, 19, "bodies"}}
	cease2, captives2, last := cease, captives, obligation("captives-last-day", "movement")
	cease2.Version, cease2.Period = 2, days(70, 70)
	captives2.Version, captives2.Quantity = 2, []Range{{5, 5, "living captives"}}
	last.Quantity = []Range{{5, 5, "living captives"}}
	guarantee := Term{Name: "no-war", Version: 1, Sort: Guarantee, Debtor: "power", Action: "no resumption of war", Covers: []record.Name{"ceasefire"}, Salt: salt(4)}

	d := newDesk(t, "go-between")
	for _, x := range []Term{cease, captives, cease2, captives2, last, guarantee} {
		d.hand(x)
	}
	needs := []record.Name{"movement", "power"}
	a := Package{Name: "truce", Version: 1, Terms: []TermRef{cease.Ref(), captives.Ref()}, Needs: needs, Salt: salt(5)}
	b := Package{Name: "truce", Version: 1, Terms: []TermRef{cease2.Ref(), captives2.Ref(), last.Ref(), guarantee.Ref()}, Needs: needs, Salt: salt(6)}
	got := d.ledger().ComparePackages(a, b)
	want := []Difference{
		{Field: "quantity", Change: Split, Unit: "living captives", A: []Range{{10, 10, "living captives"}}, B: []Range{{5, 5, "living captives"}, {5, 5, "living captives"}}},
		{Field: "quantity", Change: OnlyA, Unit: "bodies", A: []Range{{19, 19, "bodies"}}},
		{Term: "ceasefire", Field: "period", Change: Longer, Unit: "days", A: []Range{days(45, 60)}, B: []Range{days(70, 70)}, Low: 10, High: 25},
		{Term: "captives-last-day", Field: "term", Change: OnlyB, BText: "does captives-last-day"},
		{Term: "no-war", Field: "term", Change: OnlyB, BText: "no resumption of war"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

// A comparison with itself is empty, and whatever differs from a to b differs
// from b to a, by as much.
func TestCompareIsSymmetric(t *testing.T) {
	ranges := rapid.Custom(func(rt *rapid.T) Range {
		min := rapid.Int64Range(0, 50).Draw(rt, "min")
		return Range{min, min + rapid.Int64Range(0, 50).Draw(rt, "more"), rapid.SampledFrom([]string{"days", "captives"}).Draw(rt, "unit")}
	})
	terms := rapid.Custom(func(rt *rapid.T) Term {
		x := obligation("x", rapid.SampledFrom([]record.Name{"", "power", "movement"}).Draw(rt, "debtor"))
		x.Quantity = rapid.SliceOfN(ranges, 0, 4).Draw(rt, "quantity")
		if rapid.Bool().Draw(rt, "lasts") {
			x.Period = ranges.Draw(rt, "period")
		}
		x.Effort = rapid.Bool().Draw(rt, "effort")
		return x
	})
	mirror := map[Change]Change{Longer: Shorter, Shorter: Longer, More: Fewer, Fewer: More, Wider: Narrower, Narrower: Wider, OnlyA: OnlyB, OnlyB: OnlyA, Split: Split, Changed: Changed}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := terms.Draw(rt, "a"), terms.Draw(rt, "b")
		if d := CompareTerms(a, a); len(d) != 0 {
			rt.Fatalf("a differs from itself: %+v", d)
		}
		ab, ba := CompareTerms(a, b), CompareTerms(b, a)
		if len(ab) != len(ba) {
			rt.Fatalf("%d differences one way, %d the other", len(ab), len(ba))
		}
		for _, d := range ab {
			if !slices.ContainsFunc(ba, func(e Difference) bool {
				return e.Field == d.Field && e.Unit == d.Unit && e.Change == mirror[d.Change] && e.Low == d.Low && e.High == d.High
			}) {
				rt.Fatalf("%+v has no mirror in %+v", d, ba)
			}
		}
	})
}

// Whoever adds a field to Term or Package must say how it compares.
func TestEveryFieldIsCompared(t *testing.T) {
	base := fullTerm()
	byDesign := []string{"Name", "Version", "Salt", "Replaces"}
	v := reflect.ValueOf(base)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		other := reflect.New(v.Type()).Elem()
		other.Set(v)
		other.Field(i).Set(altered(v.Field(i)))
		d := CompareTerms(base, other.Interface().(Term))
		if slices.Contains(byDesign, name) != (len(d) == 0) {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestConditionString(t *testing.T) {
	c := Condition{Op: "and", Of: []Condition{{Term: "release"}, {Op: "or", Of: []Condition{{Event: "aid"}, {Op: "not", Of: []Condition{{Term: "x"}}}}}}}
	if got, want := c.String(), `release and ("aid" or (not x))`; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
	if !slices.Equal(c.Terms(), []record.Name{"release", "x"}) || !slices.Equal(c.Events(), []string{"aid"}) {
		t.Fatal(c.Terms(), c.Events())
	}
}
