package line

import (
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"backchannel/internal/keys"
)

// One tick of a desk with two open lines in a cohort of 32, beside raw AES-GCM
// over the same bytes (one slate and one cell). The ratio is the price of the
// constant work; it is paid whether anybody talks or not.
func BenchmarkStep(b *testing.B) {
	w := newWorld(b, "ann", "mid", "bob")
	w.open(w.desks[0], w.desks[1])
	w.open(w.desks[1], w.desks[2])
	w.run(10)
	p := w.desks[1]
	for _, k := range []string{"step", "raw"} {
		b.Run(k, func(b *testing.B) {
			b.SetBytes(33 * CellSize)
			b.ReportAllocs()
			if k == "raw" {
				rawGCM(b)
				return
			}
			d, in := p.d, p.input()
			in.Tick++
			in.KEM = keys.XWing()
			for b.Loop() {
				in.Slates = []Slate{{Tick: in.Tick - 1, Cells: make([][]byte, 0, 32)}}
				for range 32 {
					in.Slates[0].Cells = append(in.Slates[0].Cells, make([]byte, CellSize))
				}
				next, _, err := d.Step(in)
				must(b, err)
				d = next
				in.Tick++
				in.Ingested = d.batch
			}
		})
	}
}

func rawGCM(b *testing.B) {
	block, _ := aes.NewCipher(make([]byte, 32))
	g, _ := cipher.NewGCM(block)
	buf := make([]byte, 33*CellSize, 33*CellSize+16)
	for b.Loop() {
		g.Seal(buf[:0], make([]byte, 12), buf, nil)
	}
}

// BenchmarkAbsence30Days is a desk that comes back after 30 days at 30 s.
func BenchmarkAbsence30Days(b *testing.B) {
	w := newWorld(b, "ann")
	w.run(2)
	p := w.desks[0]
	const ticks = 30 * 24 * 120
	for b.Loop() {
		in := p.input()
		in.Tick += ticks
		in.Slates = []Slate{{Tick: in.Tick - 2}}
		_, _, err := p.d.Step(in)
		must(b, err)
	}
}
