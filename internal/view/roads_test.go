package view

import (
	"reflect"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
)

// TestRoadsFindWhatGoingThroughTheRecordFinds: what passed between any two, and
// what was said when, is the same by the index and by looking at every entry;
// as the record grows in any order, and on an earlier day.
func TestRoadsFindWhatGoingThroughTheRecordFinds(t *testing.T) {
	for seed := range uint64(4) {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(150)
		if seed%2 == 0 { // the later half first
			items = append(items[75:len(items):len(items)], items[:75]...)
		}
		r, codec := record.New(g.Keeper()), circle.Codec()
		v := Follow(r.For(r.Keeper(), record.AsOf{}), 1)
		for i, it := range items {
			if _, err := r.Add(codec, it); err != nil {
				t.Fatal(err)
			}
			v = v.Next(r.For(r.Keeper(), record.AsOf{}), g.Now())
			if i%30 == 0 {
				sameAsAScan(t, seed, v)
			}
		}
		sameAsAScan(t, seed, v)
		sameAsAScan(t, seed, Of(r.For(r.Keeper(), record.AsOf{Knew: items[60].At}), g.Now()))
		sameAsAScan(t, seed, Of(r.For("envoy", record.AsOf{}), g.Now()))
	}
}

func sameAsAScan(t *testing.T, seed uint64, v *View) {
	t.Helper()
	names := []record.Name{"", "envoy", "official", "go-between", "power", "movement", "nobody"}
	for _, a := range names[1:] {
		for _, b := range names {
			var want []Passing
			for _, it := range v.p.InOrder() {
				want = append(want, v.passings(it, v.betweenThem(a, b), b != "")...)
			}
			if got := v.Passed(a, b); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: between %q and %q %d passed, going through the record finds %d", seed, a, b, len(got), len(want))
			}
		}
	}
	all, _, _ := v.said(0, v.now)
	n := 0
	for _, it := range v.p.InOrder() {
		if _, ok := it.Body.(record.Message); !ok || !v.sourceOf(it.ID).IsZero() || it.When() > v.now {
			continue
		}
		if n >= len(all) || all[n].ID != it.ID {
			t.Fatalf("seed %d: message %d is another, or missing", seed, n)
		}
		if _, before, _ := v.said(it.When()+1, v.now); before <= n {
			t.Fatalf("seed %d: message %d was said before, and only %d are counted", seed, n, before)
		}
		n++
	}
	if n != len(all) {
		t.Fatalf("seed %d: %d messages, going through the record finds %d", seed, len(all), n)
	}
}
