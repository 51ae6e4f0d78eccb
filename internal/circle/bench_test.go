package circle_test

import (
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
)

// BenchmarkAdd is what the circle costs for each entry that comes.
func BenchmarkAdd(b *testing.B) {
	g := accordtest.New(1, accordtest.Options{})
	r := record.New(g.Keeper())
	for range 20_000 {
		if _, err := r.Add(circle.Codec(), g.Next()); err != nil {
			b.Fatal(err)
		}
	}
	p := r.For(g.Keeper(), record.AsOf{})
	items := p.Items()
	b.ReportAllocs()
	c, n := circle.New(p, nil), 0
	for b.Loop() {
		if n == len(items) {
			c, n = circle.New(p, nil), 0
		}
		c.Add(items[n])
		n++
	}
}
