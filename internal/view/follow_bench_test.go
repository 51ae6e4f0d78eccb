package view_test

import (
	"fmt"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Sizes of records that a view is measured at: what it costs to bring one up to
// date after an entry must be the same at each.
var sizes = [...]int{1_000, 10_000, 100_000}

// grown gives a record of n random entries of every kind, the generator of more,
// and a view that follows it and has looked at everything.
func grown(b *testing.B, n int) (*record.Record, *accordtest.Gen, *view.View) {
	b.Helper()
	g := accordtest.New(1, accordtest.Options{})
	r := record.New(g.Keeper())
	for range n {
		if _, err := r.Add(accord.Codec(), g.Next()); err != nil {
			b.Fatal(err)
		}
	}
	v := view.Follow(r.For(g.Keeper(), record.AsOf{}), g.Now())
	v.CountAlarms()
	return r, g, v
}

// page reads what a page shows.
func page(v *view.View) {
	v.SomeAlarms(0, 20)
	v.Moments(v.Projection().Len()-20, 20)
	v.Parties()
}

// BenchmarkAppend appends an entry, brings the view up to date with it, and
// reads a page.
func BenchmarkAppend(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r, g, v := grown(b, n)
			codec := accord.Codec()
			for b.Loop() {
				if _, err := r.Add(codec, g.Next()); err != nil {
					b.Fatal(err)
				}
				v = v.Next(r.For(g.Keeper(), record.AsOf{}), g.Now())
				page(v)
			}
		})
	}
}

// BenchmarkFold reads a record that is decoded already, as opening a desk does:
// the limit is BenchmarkDecode of the same.
func BenchmarkFold(b *testing.B) {
	for _, n := range sizes[:2] {
		r, g, _ := grown(b, n)
		var journal [][]byte
		codec := accord.Codec()
		for _, it := range r.Known() {
			raw, err := codec.EncodeItem(it)
			if err != nil {
				b.Fatal(err)
			}
			journal = append(journal, raw)
		}
		b.Run(fmt.Sprintf("decode/%d", n), func(b *testing.B) {
			for b.Loop() {
				for _, raw := range journal {
					if _, err := codec.DecodeItem(raw); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		p := r.For(g.Keeper(), record.AsOf{})
		b.Run(fmt.Sprintf("ledger/%d", n), func(b *testing.B) {
			for b.Loop() {
				accord.Read(p, g.Now())
			}
		})
		b.Run(fmt.Sprintf("view/%d", n), func(b *testing.B) {
			for b.Loop() {
				view.Follow(p, g.Now())
			}
		})
		b.Run(fmt.Sprintf("alarms/%d", n), func(b *testing.B) {
			for b.Loop() {
				view.Follow(p, g.Now()).CountAlarms()
			}
		})
	}
}

// BenchmarkAsked measures what is made when it is asked for, after an entry, on
// records of each size, and says how much it lists.
func BenchmarkAsked(b *testing.B) {
	for _, n := range sizes {
		r, g, v := grown(b, n)
		for _, w := range []struct {
			name string
			list func() int
		}{
			{"tempo of the last day", func() int { return v.Traffic(v.Now()-24*3600*1000, 0).Total }},
			{"tempo", func() int { return v.Traffic(0, 0).Total }},
			{"passed", func() int { return len(v.Passed("envoy", "official")) }},
			{"passed between strangers", func() int { return len(v.Passed("nobody", "no-one")) }},
			{"direct", func() int { return len(v.Direct("envoy", "official", nil).Recorded) }},
			{"paths", func() int { return len(v.Paths()) }},
			{"corrections", func() int { return len(v.Corrections()) }},
			{"corroborations", func() int { return len(v.Corroborations()) }},
		} {
			b.Run(fmt.Sprint(w.name, "/", n), func(b *testing.B) {
				w.list() // once for whatever is made at the first question
				listed := 0
				for b.Loop() {
					if _, err := r.Add(accord.Codec(), g.Next()); err != nil {
						b.Fatal(err)
					}
					v = v.Next(r.For(g.Keeper(), record.AsOf{}), g.Now())
					listed = w.list()
				}
				b.ReportMetric(float64(listed), "listed")
			})
		}
	}
}
