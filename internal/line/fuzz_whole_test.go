package line

import (
	"bytes"
	"testing"
)

// The whole line, two desks, and a relay that does what a script of bytes says:
// two bytes a tick, what it does and to what. Nothing panics, the work stays
// the same, nobody is told of an old vault, and when the relay behaves again,
// what was said is there, once.
func FuzzHostileLine(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 2, 40, 3, 200, 4, 9, 5, 1, 6, 7, 7, 3, 8, 0, 9, 0, 10, 1})
	f.Add(bytes.Repeat([]byte{1, 0, 4, 5}, 12))
	f.Add(bytes.Repeat([]byte{8, 3, 9, 8, 2, 33}, 8))
	s := &search{relay: Relay{Addr: "r:1", Pin: []byte("pin"), Cohort: "c"}}
	f.Fuzz(func(t *testing.T, script []byte) {
		s := *s
		s.t, s.good = t, map[[32]byte]bool{}
		p := s.start(3)
		var old [][]byte
		var op, arg byte
		s.hostile = func(_ uint64, cells [][]byte) [][]byte {
			old = append(old, cells...)
			return meddle(op, arg, cells, old)
		}
		for i := 0; i+1 < len(script) && i < 120; i += 2 {
			op, arg = script[i]%12, script[i+1]
			m := quiet
			switch {
			case op == 8 && len(p.ends[0].said) < 40:
				m = sendA
			case op == 9 && len(p.ends[1].said) < 40:
				m = sendB
			case op == 10:
				m = []move{crashLost, crashStored, repeat, reorder, late}[arg%5]
			}
			p = s.step(p, m)
		}
		op = 0
		s.settle(p)
	})
}

// meddle is what the relay does to a slate.
func meddle(op, arg byte, cells, old [][]byte) [][]byte {
	if len(cells) == 0 || op == 0 || op >= 8 {
		return cells
	}
	k := int(arg) % len(cells)
	out := bytes.Clone(cells[k])
	switch op {
	case 1: // lost
		return append(append([][]byte{}, cells[:k]...), cells[k+1:]...)
	case 2: // altered
		out[int(arg)*4%CellSize] ^= 1 << (arg % 8)
		return [][]byte{out}
	case 3: // with another under the same tag before it
		out[len(out)-1] ^= arg | 1
		return append([][]byte{out}, cells...)
	case 4: // an old one again
		return append([][]byte{old[int(arg)%len(old)]}, cells...)
	case 5: // cut, or too long
		return append(cells[:k:k], out[:int(arg)*4], append(out, arg))
	case 6: // the tag of one over the box of another
		copy(out, old[int(arg)%len(old)][:TagSize])
		return append([][]byte{out}, cells...)
	default: // very many
		return append(bytesOf(int(arg), out), cells...)
	}
}

func bytesOf(n int, c []byte) (out [][]byte) {
	for range n {
		out = append(out, c)
	}
	return out
}
