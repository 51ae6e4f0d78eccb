package line

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"encoding/hex"
	"encoding/json"

	"backchannel/internal/keys/kemtest"
)

// seeds gives a field of every vector of a kind, and demands that there are
// some: a fuzz test without seeds looks like one with.
func seeds(f *testing.F, kind, field string) (out []string) {
	files, err := filepath.Glob(filepath.Join(vectorDir, kind, "*.json"))
	must(f, err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(f, err)
		var v vector
		must(f, json.Unmarshal(b, &v))
		out = append(out, v.In[field])
	}
	if len(out) < 9 {
		f.Fatalf("%d seeds of kind %s", len(out), kind)
	}
	return out
}

// Cells that nobody on a line has sealed change nothing: the next state is the
// one after an empty slate.
func FuzzForgedCells(f *testing.F) {
	for _, s := range seeds(f, "cell", "cell") {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	w := newWorld(f, "ann", "bob")
	w.open(w.desks[0], w.desks[1])
	p := w.desks[0]
	in := p.input()
	in.Tick++
	f.Fuzz(func(t *testing.T, b []byte) {
		step := func(cells [][]byte) (*Deck, Effects) {
			in := in
			in.KEM = kemtest.New("fuzz")
			in.Slates = []Slate{{Tick: p.d.Cursor(), Cells: cells}}
			d, e, err := p.d.Step(in)
			must(t, err)
			return d, e
		}
		var cells [][]byte
		for i := 0; i < len(b) && len(cells) < 8; i += CellSize {
			cells = append(cells, b[i:min(i+CellSize, len(b))])
		}
		d0, e0 := step(nil)
		d1, e1 := step(cells)
		if !bytes.Equal(d0.State(), d1.State()) || e0.Cell != e1.Cell || len(e1.Events) != len(e0.Events) {
			t.Fatal("a forged cell changed something")
		}
		for i := range e0.Rows {
			if !bytes.Equal(e0.Rows[i], e1.Rows[i]) {
				t.Fatal("a forged cell left a row")
			}
		}
	})
}

// A peer can put anything into its cells. It cannot crash the desk, nor reach
// its other lines.
func FuzzHostilePeer(f *testing.F) {
	for _, s := range seeds(f, "plaintext", "plaintext") {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	w := newWorld(f, "ann", "bob", "cay")
	a, b, c := w.desks[0], w.desks[1], w.desks[2]
	la, _ := w.open(a, b)
	w.open(a, c)
	a.say(la, Text, text(a, 1, 5000))
	w.run(3)
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := a.d
		asm := NewAssembler()
		other := d.slots[1]
		for k := range 6 {
			in := StepInput{Tick: d.Tick() + 2, Roster: w.roster, Ingested: d.Batch(), KEM: kemtest.New("fuzz")}
			var p plain
			copy(p[:], raw[min(len(raw), k*100):])
			ch := d.slots[0].Recv
			ch.walk(in.Tick-1-ch.Pos, in.Tick-1, &Work{})
			bx := box{tick: in.Tick - 1, roster: w.roster(in.Tick - 1), dir: d.slots[0].peerDir()}
			bx.tag, bx.key = ch.tickKeys(&Work{})
			cell := bx.seal(&p, [SaltSize]byte{byte(k)}, &Work{})
			in.Slates = []Slate{{Tick: in.Tick - 1, Cells: [][]byte{cell[:]}}}
			next, e, err := d.Step(in)
			must(t, err)
			for _, b := range e.Rows {
				r, err := DecodeRow(b)
				must(t, err)
				if r.Real && r.Slot != 0 {
					t.Fatal("a cell of one line gave a row of another")
				}
				asm.Add(r)
			}
			if _, _, err := Open(next.State(), nil); err != nil {
				t.Fatal(err)
			}
			d = next
		}
		if got := d.slots[1]; got.Phase != other.Phase || got.In != other.In || got.PeerRun != other.PeerRun || got.Line != other.Line {
			t.Fatal("another line changed")
		}
	})
}

func FuzzInvite(f *testing.F) {
	for _, s := range seeds(f, "invite", "text") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ParseInvite(s); err == nil {
			again, err := ParseInvite(v.Text())
			if err != nil || !bytes.Equal(again.Encode(), v.Encode()) {
				t.Fatal("an invite that was read does not read again")
			}
		}
	})
}

// The assembler takes any rows without growing beyond its bounds, and a row
// that it sees twice gives nothing new.
func FuzzAssembler(f *testing.F) {
	one := newFrame(3, []byte("hello"))
	f.Add(append([]byte{1, 0}, one.segment(0)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		a := NewAssembler()
		for i := 0; i+2 < len(b); {
			n := min(len(b)-i-2, 40)
			r := Row{Real: true, Run: uint32(b[i] >> 6), First: b[i]&1 == 1, Number: uint32(b[i+1]), Bytes: b[i+2 : i+2+n]}
			_, m1, _ := a.Add(r)
			again, m2, _ := a.Add(r)
			if len(again) != 0 || m1 != m2 {
				t.Fatal("the second time gave something")
			}
			s := a.streams[streamID{0, 0}]
			if len(s.waiting) > Window+1 || len(s.buf) > MaxFrame {
				t.Fatal("beyond the bounds")
			}
			i += 2 + n
		}
	})
}
