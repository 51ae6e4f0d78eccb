package accord

import (
	"fmt"
	"testing"

	"backchannel/internal/record"
)

// BenchmarkPerformances reads who owes what from a hundred agreed packages of
// five terms in exchange, with four deeds each.
func BenchmarkPerformances(b *testing.B) {
	s := &stage{testDesk: newDesk(&testing.T{}, "go-between")}
	s.clock = 100 * day
	for i := range 100 {
		var terms []Term
		for j := range 5 {
			x := obligation(record.Name(fmt.Sprintf("t-%d-%d", i, j)), "a")
			x.Creditor, x.Against = "b", []record.Name{record.Name(fmt.Sprintf("t-%d-%d", i, (j+1)%5))}
			terms = append(terms, x)
		}
		s.agree(Package{Name: record.Name(fmt.Sprintf("p-%d", i)), Version: 1, Needs: []record.Name{"a", "b"}, Salt: salt(4)}, terms...)
		for _, x := range terms {
			s.over("a", Performance{By: "a", On: x.Ref().Ref(), Deed: Claimed})
			for _, d := range []Deed{Alleged, Discharged, Verified} {
				s.over("b", Performance{By: "b", On: x.Ref().Ref(), Deed: d})
			}
		}
	}
	l := s.ledger()
	b.ReportAllocs()
	for b.Loop() {
		if len(l.Performances()) != 500 {
			b.Fatal("not all")
		}
	}
}
