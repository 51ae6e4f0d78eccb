package words_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
	"backchannel/internal/words"
)

// sentences says everything that a view shows in words: every method of a Book
// that takes a view, with the values that the view gives.
func sentences(v *view.View, n viewtest.Names, rng *rand.Rand) map[string][]string {
	shown, out := viewtest.Values(v, n), map[string][]string{}
	book := reflect.ValueOf(words.Open("en"))
	for i := range book.NumMethod() {
		m, name := book.Method(i), book.Type().Method(i).Name
		fixed := m.Type().NumIn()
		if m.Type().IsVariadic() {
			fixed--
		}
		if fixed < 2 || m.Type().In(0) != reflect.TypeFor[*view.View]() {
			continue
		}
		for range 100 {
			args := []reflect.Value{reflect.ValueOf(v)}
			for k := 1; k < fixed; k++ {
				if list := shown[m.Type().In(k)]; len(list) > 0 {
					args = append(args, list[rng.IntN(len(list))])
				}
			}
			if len(args) < fixed {
				break // this view shows none
			}
			for _, r := range m.Call(args) {
				out[name] = append(out[name], fmt.Sprint(r.Interface()))
			}
		}
	}
	return out
}

// No sentence that is made of what a reader was given has an id, a word, a
// name, a number or a hash of what he was not given in it.
func TestLaw5_NoSentenceContainsWhatWasNotGiven(t *testing.T) {
	said := map[string]bool{}
	for seed := uint64(1); seed <= 3; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(400)
		for _, reader := range g.Lines() {
			r, hidden := record.New(g.Keeper()), viewtest.Hidden{}
			for i, it := range items {
				given := !record.IsPrivate(it.Body) && (it.By == reader || it.By == g.Keeper() && slices.Contains(it.Audience, reader))
				if !given {
					it.Entry = viewtest.Mark(it.Entry, i)
					hidden.Add(it.ID)
				}
				if it.By == g.Keeper() {
					it.Audience = append([]record.Name{viewtest.MarkWord + "-reader"}, it.Audience...)
				}
				if _, err := r.Add(circle.Codec(), it); err != nil {
					t.Fatal(err)
				}
			}
			v := view.Of(r.For(reader, record.AsOf{}), g.Now())
			for name, list := range sentences(v, viewtest.Names{Lines: g.Lines(), Limit: 20}, rand.New(rand.NewPCG(seed, 3))) {
				for _, s := range list {
					said[name] = said[name] || s != "" && s != "[]"
					if bad := hidden.In(s); bad != "" {
						t.Fatalf("seed %d: %s is told %q by %s: %s", seed, reader, bad, name, s)
					}
				}
			}
		}
	}
	if len(said) < 20 {
		t.Fatalf("only %d ways of saying something were tried: %v", len(said), said)
	}
	for name, ok := range said {
		if !ok {
			t.Errorf("%s never said anything", name)
		}
	}
}
