package accord

import (
	"testing"

	"backchannel/internal/record"
)

func TestCompleteness(t *testing.T) {
	for name, c := range map[string]struct {
		terms []Term
		text  string
		want  map[Matter]Settled
	}{
		"nothing said": {
			[]Term{{Name: "truce", Sort: Obligation}}, "",
			map[Matter]Settled{EntryIntoForce: IsMissing, Duration: IsMissing, Area: IsMissing, ActsAllowed: IsMissing, Watching: IsMissing, NamedParties: IsMissing},
		},
		"in part": {
			[]Term{
				{Name: "truce", Sort: Obligation, Debtor: "north", Period: Range{70, 90, "days"}, When: Condition{Event: "the handover"}},
				{Name: "word", Sort: Guarantee, Debtor: "west", Covers: []record.Name{"truce"}},
			}, "",
			map[Matter]Settled{EntryIntoForce: IsInPart, Duration: IsInPart, Area: IsMissing, ActsAllowed: IsMissing, Watching: IsInPart, NamedParties: IsInPart},
		},
		"all of it": {
			[]Term{
				{Name: "truce", Sort: Obligation, Debtor: "north", Creditor: "south", From: 1000, Period: Range{70, 70, "days"}, Place: "the northern bank", Monitor: "east"},
				{Name: "aid", Sort: Gesture, Debtor: "south"}, // owes nobody anything
			}, "No shot is fired; boats may fish.",
			map[Matter]Settled{EntryIntoForce: IsStated, Duration: IsStated, Area: IsStated, ActsAllowed: IsToRead, Watching: IsStated, NamedParties: IsStated},
		},
		"a guarantee that says how": {
			[]Term{{Name: "word", Sort: Guarantee, Debtor: "west", Covers: []record.Name{"truce"}, Trigger: "a shot", Response: "a call", Until: 5, Text: "x"}}, "",
			map[Matter]Settled{EntryIntoForce: IsMissing, Duration: IsStated, Area: IsMissing, ActsAllowed: IsToRead, Watching: IsStated, NamedParties: IsStated},
		},
		"a gesture alone": {
			[]Term{{Name: "aid", Sort: Gesture, Debtor: "south", Place: "here"}}, "",
			map[Matter]Settled{EntryIntoForce: IsMissing, Duration: IsMissing, Area: IsMissing, ActsAllowed: IsMissing, Watching: IsMissing, NamedParties: IsMissing},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := record.New("keeper")
			pk := Package{Name: "p", Version: 1, Needs: []record.Name{"north"}, Text: c.text, Salt: salt(99)}
			add := func(n byte, b record.Body) {
				e := record.Entry{By: "keeper", At: 10, Body: b}
				e.ID[0] = n
				if _, err := r.Add(Codec(), record.Item{Entry: e, Known: 10, Came: record.ByHand()}); err != nil {
					t.Fatal(err)
				}
			}
			for i, tm := range c.terms {
				tm.Version, tm.Action, tm.Salt = 1, "does", salt(byte(i+1))
				pk.Terms = append(pk.Terms, tm.Ref())
				add(byte(i+1), tm)
			}
			add(100, pk)
			got := Read(r.For("keeper", record.AsOf{}), 20).Completeness(pk)
			if len(got) != len(Matters()) {
				t.Fatalf("%d matters", len(got))
			}
			for i, a := range got {
				if a.Matter != Matters()[i] || a.Is != c.want[a.Matter] {
					t.Errorf("%s is %s, want %s", a.Matter, a.Is, c.want[a.Matter])
				}
			}
		})
	}
}
