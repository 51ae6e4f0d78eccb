package vault

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// What is destroyed has no key any more, in any order of destroying, and
// everything else has the key that it had.
func TestWardGivesEveryKeyButThoseDestroyed(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 1))
	t.Log("seed", seed)
	const n = 300
	first := newWard()
	var keys [n][]byte
	for _, i := range rnd.Perm(n) {
		keys[i], _ = first.key(uint64(i))
	}
	far := uint64(1<<wardHeight - 1)
	last, _ := first.key(far)
	w, gone := first, map[uint64]bool{}
	for range 12 {
		var now []uint64
		for range rnd.IntN(40) {
			now = append(now, rnd.Uint64N(n))
		}
		slices.Sort(now)
		now = slices.Compact(now)
		for _, p := range now {
			gone[p] = true
		}
		w = w.without(now)
		wrap := noise(keyLen)
		sealed := w.seal(wrap)
		got, err := openWard(wrap, sealed, w.gen)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openWard(noise(keyLen), sealed, w.gen); err == nil {
			t.Fatal("a ward opens under another key")
		}
		w = got
		for _, i := range rnd.Perm(n) {
			k, found := w.key(uint64(i))
			if found == gone[uint64(i)] || found && !bytes.Equal(k, keys[i]) {
				t.Fatalf("key %d: found %v, destroyed %v", i, found, gone[uint64(i)])
			}
		}
		if k, found := w.key(far); !found || !bytes.Equal(k, last) {
			t.Fatal("the last key is another")
		}
		for _, nd := range w.nodes { // no node kept stands above a leaf that is gone
			for p := range gone {
				if nd.from() <= p && p < nd.to() {
					t.Fatalf("a node of height %d over %d was kept", nd.height, p)
				}
			}
		}
	}
	for i := range n {
		for j := range i {
			if bytes.Equal(keys[i], keys[j]) {
				t.Fatal("two entries have one key")
			}
		}
	}
}

// All of a long journal destroyed leaves a small ward: what is kept is what is
// beside it.
func TestWardStaysSmall(t *testing.T) {
	all := make([]uint64, 10_000)
	for i := range all {
		all[i] = uint64(i)
	}
	if w := newWard().without(all); len(w.nodes) > wardHeight {
		t.Fatalf("%d nodes for one run", len(w.nodes))
	}
}
