package view_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

// What is destroyed of what a reader was not given changes nothing that he is
// shown: no view, no count, no id.
func TestLaw5_DestroyingWhatOthersHaveIsNotSeen(t *testing.T) {
	each(t, 300, func(t *testing.T, x tried) {
		for _, n := range x.lines[:1] {
			var given, all []record.Item
			buried := 0
			for i, it := range x.items {
				switch {
				case x.given(it, n):
					given = append(given, it)
				case i%3 == 0:
					it = record.Bury(it, record.Destroyed{On: x.now, By: keys.ID{byte(i), 9}, Stood: []record.Name{viewtest.MarkWord}})
					buried++
				}
				all = append(all, it)
			}
			if buried < 30 || len(given) < 20 {
				t.Fatalf("%d buried, %d given: nothing is tried", buried, len(given))
			}
			r, other := x.record(t, all), x.record(t, given)
			for _, at := range []record.AsOf{{}, {Stood: x.items[len(x.items)/2].When()}} {
				same(t, fmt.Sprint(n, at), x.all(r, n, at), x.all(other, n, at))
			}
		}
	})
}

// Nothing of an entry that was destroyed is in any view, for its keeper or for
// whoever was given it, but what [CIR-63] says stays. With the bodies in place
// the same views are full of it.
func TestLaw5_NoViewContainsAByteOfWhatWasDestroyed(t *testing.T) {
	each(t, 300, func(t *testing.T, x tried) {
		whole, buried := make([]record.Item, len(x.items)), make([]record.Item, len(x.items))
		for i, it := range x.items {
			whole[i], buried[i] = it, it
			if i%3 != 0 {
				continue
			}
			at, said := it.At, it.Said
			it.Entry = viewtest.Mark(it.Entry, i)
			it.At, it.Said = at, said // these stay
			whole[i], buried[i] = it, record.Bury(it, record.Destroyed{On: x.now})
		}
		for _, n := range x.readers() {
			shown := func(items []record.Item) (found []string) {
				v := view.Of(x.record(t, items).For(n, record.AsOf{}), x.now)
				for _, a := range viewtest.Everything(v, viewtest.Names{Items: x.items, Lines: x.lines, Limit: 10}) {
					if strings.Contains(a.Answer, viewtest.MarkWord) || strings.Contains(a.Answer, viewtest.MarkNumber) {
						found = append(found, a.What+": "+a.Answer)
					}
				}
				return found
			}
			if got := shown(buried); len(got) > 0 {
				t.Fatalf("%s is shown what was destroyed: %s", n, got[0])
			}
			if len(shown(whole)) < 5 {
				t.Fatalf("%s is shown nothing of it before it is destroyed: nothing is tried", n)
			}
		}
	})
}
