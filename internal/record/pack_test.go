package record_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// packed gives r in blocks.
func packed(t testing.TB, r *record.Record) (blocks [][]byte, counts []int) {
	t.Helper()
	for at := 0; at < r.Len(); {
		b, n, err := accord.Codec().Pack(r, at)
		if err != nil || n == 0 {
			t.Fatal(n, err)
		}
		blocks, counts, at = append(blocks, b), append(counts, n), at+n
	}
	return blocks, counts
}

// same compares two records by all that they answer and by each byte that they
// would write.
func same(a, b *record.Record) error {
	codec := accord.Codec()
	if a.Len() != b.Len() {
		return fmt.Errorf("%d and %d items", a.Len(), b.Len())
	}
	for i := range a.Len() {
		x, errX := codec.EncodeItem(*a.At(i))
		y, errY := codec.EncodeItem(*b.At(i))
		if errX != nil || errY != nil || !bytes.Equal(x, y) {
			return fmt.Errorf("item %d: %v %v\n%+v\n%+v", i, errX, errY, *a.At(i), *b.At(i))
		}
		if !reflect.DeepEqual(*a.At(i), *b.At(i)) {
			return fmt.Errorf("item %d differs in memory:\n%#v\n%#v", i, *a.At(i), *b.At(i))
		}
	}
	order := func(r *record.Record) (out []int) {
		for i := range r.InOrder() {
			out = append(out, i)
		}
		return out
	}
	if !slices.Equal(order(a), order(b)) {
		return fmt.Errorf("another order")
	}
	for _, n := range []record.Name{"envoy", "official", "second-host", "power", "movement"} {
		x, okX := a.Introduction(n)
		y, okY := b.Introduction(n)
		if okX != okY || !reflect.DeepEqual(x, y) || a.SentTo(n) != b.SentTo(n) || a.HasMet("envoy", n) != b.HasMet("envoy", n) {
			return fmt.Errorf("what is kept of %s differs", n)
		}
	}
	for _, k := range codec.Kinds() {
		x, okX := a.Newest(k)
		y, okY := b.Newest(k)
		if okX != okY || x.ID != y.ID {
			return fmt.Errorf("the newest %s differs", k)
		}
	}
	if !slices.Equal(a.Rules(), b.Rules()) || fmt.Sprint(a.Stopped()) != fmt.Sprint(b.Stopped()) {
		return fmt.Errorf("rule or stop differs")
	}
	return nil
}

// TestReplayIncrementalSnapshot: the journal decoded and added, a record that
// grew by itself, and packed blocks with the rest of the journal behind them
// are the same record.
func TestReplayIncrementalSnapshot(t *testing.T) {
	codec := accord.Codec()
	rapid.Check(t, func(rt *rapid.T) {
		g := accordtest.New(rapid.Uint64().Draw(rt, "seed"), accordtest.Options{Gaps: true, Critical: rapid.Bool().Draw(rt, "critical")})
		n := rapid.IntRange(0, 1300).Draw(rt, "n")
		grown, replayed := record.New(g.Keeper()), record.New(g.Keeper())
		var journal [][]byte
		var blocks [][]byte
		var counts []int
		packedTo, cut := 0, rapid.IntRange(0, n).Draw(rt, "packed to")
		for i := range n {
			it := g.Next()
			raw, err := codec.EncodeItem(it)
			if err != nil {
				rt.Fatal(err)
			}
			journal = append(journal, raw)
			again, err := codec.DecodeItem(raw)
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range []*record.Record{grown, replayed} {
				if fresh, err := r.Add(codec, again); err != nil || !fresh {
					rt.Fatal(fresh, err)
				}
			}
			if i%97 == 0 {
				grown = grown.Clone()
			}
			if grown.Len() <= cut && grown.Len()-packedTo > 300 || grown.Len() == cut {
				b, k, err := codec.Pack(grown, packedTo)
				if err != nil {
					rt.Fatal(err)
				}
				blocks, counts, packedTo = append(blocks, b), append(counts, k), packedTo+k
			}
		}
		if err := same(replayed, grown); err != nil {
			rt.Fatalf("replay and incremental: %v", err)
		}
		load := record.NewLoader(g.Keeper(), codec)
		for i, b := range blocks {
			if err := load.Block(b, counts[i]); err != nil {
				rt.Fatal(err)
			}
		}
		opened := load.Record()
		for _, raw := range journal[opened.Len():] {
			it, err := codec.DecodeItem(raw)
			if err != nil {
				rt.Fatal(err)
			}
			if _, err := opened.Add(codec, it); err != nil {
				rt.Fatal(err)
			}
		}
		if err := same(replayed, opened); err != nil {
			rt.Fatalf("replay and snapshot: %v", err)
		}
	})
}

// A block holds so many items, and no more.
func TestBlockIsBounded(t *testing.T) {
	g := accordtest.New(7, accordtest.Options{})
	r := record.New(g.Keeper())
	for range record.PackItems + 1 {
		if _, err := r.Add(accord.Codec(), g.Next()); err != nil {
			t.Fatal(err)
		}
	}
	if b, n, err := accord.Codec().Pack(r, 0); err != nil || n != record.PackItems {
		t.Fatal(len(b), n, err)
	}
	if _, n, err := accord.Codec().Pack(r, record.PackItems); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	big := record.New("go-between")
	for i := range 20 {
		e := record.Entry{ID: keys.ID{byte(i + 1)}, By: "go-between", At: 1, Body: record.Message{
			From: "go-between", To: "envoy", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: string(make([]byte, wire.MaxText))}}
		if _, err := big.Add(accord.Codec(), record.Item{Entry: e, Known: 1}); err != nil {
			t.Fatal(err)
		}
	}
	b, n, err := accord.Codec().Pack(big, 0)
	if err != nil || n != record.PackBytes/wire.MaxText || len(b) > record.PackBytes+wire.MaxText {
		t.Fatal(len(b), n, err)
	}
}

// A block that was cut short or altered is refused, or reads as some record;
// it never brings the program down, and never leaves half of it behind.
func TestBrokenBlocks(t *testing.T) {
	g := accordtest.New(11, accordtest.Options{})
	r := record.New(g.Keeper())
	for range 300 {
		if _, err := r.Add(accord.Codec(), g.Next()); err != nil {
			t.Fatal(err)
		}
	}
	blocks, _ := packed(t, r)
	block := blocks[0]
	for _, n := range []int{0, 299, 301, 1 << 40} {
		if got := record.NewLoader(g.Keeper(), accord.Codec()); got.Block(block, n) == nil || got.Len() != 0 {
			t.Fatalf("a block of 300 was taken for %d", n)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 4000 {
		b := bytes.Clone(block)
		if i%2 == 0 {
			b = b[:rnd.IntN(len(b))]
		} else {
			b[rnd.IntN(len(b))] ^= byte(1 << rnd.IntN(8))
		}
		got := record.NewLoader(g.Keeper(), accord.Codec())
		err := got.Block(b, 300)
		if i%2 == 0 && err == nil {
			t.Fatalf("a block cut to %d of %d bytes was taken", len(b), len(block))
		}
		if err != nil && (got.Len() != 0 || !fault.Is(err, fault.Corrupt)) {
			t.Fatalf("%d items of a block that does not read: %v", got.Len(), err)
		}
	}
}

func FuzzLoader(f *testing.F) {
	g := accordtest.New(3, accordtest.Options{})
	r := record.New(g.Keeper())
	for range 40 {
		if _, err := r.Add(accord.Codec(), g.Next()); err != nil {
			f.Fatal(err)
		}
	}
	blocks, _ := packed(f, r)
	f.Add(blocks[0], 40)
	f.Add([]byte{1, 0, 0, 0, 0}, 0)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if r := record.NewLoader("go-between", accord.Codec()); r.Block(b, n) != nil && r.Len() > 0 {
			t.Fatal("half a block was taken")
		}
	})
}
