package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"backchannel/internal/wire"
)

// The ward holds the keys that can be destroyed. Every journal entry is sealed
// under a key of its own. These keys are the leaves of a tree in which a node
// gives both nodes below it through a hash, and no node gives one beside or
// above it. A new ward keeps the root alone, and so needs nothing to be written
// when an entry is appended. To destroy a leaf, the nodes above it are given
// up, and the nodes beside that path are kept in their place: from them every
// other leaf can still be made, and that one by nobody (a punctured
// pseudorandom function after Goldreich, Goldwasser and Micali).
//
// The ward also holds a key for all that comes and goes beside the journal, and
// one for the snapshot. Both are replaced whenever something is destroyed.
//
// A ward is never changed: destroying makes another.
type ward struct {
	gen   uint64 // destructions so far, from 1
	nodes []node // what is left of the tree, in order
	loose []byte // key of the rows that come and go
	shot  []byte // key of the snapshot

	mu   sync.Mutex // guards what follows
	path []node     // from a node that is kept down to the last leaf
}

// node stands for the 2^height positions from index<<height on.
type node struct {
	height uint8
	index  uint32
	seed   [32]byte
}

// wardHeight bounds a journal: 2^32 entries.
const wardHeight = 32

const (
	labelNode = "bc/vault/node/v1" // short: a node is one block of the hash
	labelLeaf = "bc/vault/leaf/v1"
	nodeSize  = 1 + 4 + 32
)

func newWard() *ward {
	root := node{height: wardHeight}
	copy(root.seed[:], noise(32))
	return &ward{gen: 1, nodes: []node{root}, loose: noise(keyLen), shot: noise(keyLen)}
}

// from is the first position that n stands for, and to the first behind.
func (n *node) from() uint64 { return uint64(n.index) << n.height }
func (n *node) to() uint64   { return n.from() + 1<<n.height }

// child gives one of the two nodes below.
func (n *node) child(right bool) node {
	b := append(append(make([]byte, 0, len(labelNode)+32+1), labelNode...), n.seed[:]...)
	c := node{height: n.height - 1, index: n.index << 1}
	if right {
		b, c.index = append(b, 1), c.index|1
	} else {
		b = append(b, 0)
	}
	c.seed = sha256.Sum256(b)
	return c
}

// find gives the kept node that stands for a position.
func (w *ward) find(pos uint64) (node, bool) {
	i, _ := slices.BinarySearchFunc(w.nodes, pos, func(n node, pos uint64) int {
		switch {
		case n.to() <= pos:
			return -1
		case n.from() > pos:
			return 1
		}
		return 0
	})
	if i == len(w.nodes) || pos < w.nodes[i].from() {
		return node{}, false
	}
	return w.nodes[i], true
}

// key gives the key of the entry at a position, unless it was destroyed.
func (w *ward) key(pos uint64) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.path) > 0 {
		if top := &w.path[len(w.path)-1]; top.from() <= pos && pos < top.to() {
			break
		}
		w.path = w.path[:len(w.path)-1]
	}
	if len(w.path) == 0 {
		n, found := w.find(pos)
		if !found {
			return nil, false
		}
		w.path = append(w.path, n)
	}
	for {
		top := &w.path[len(w.path)-1]
		if top.height == 0 {
			k := sha256.Sum256(append([]byte(labelLeaf), top.seed[:]...))
			return k[:], true
		}
		w.path = append(w.path, top.child(pos>>(top.height-1)&1 == 1))
	}
}

// without gives the ward that cannot make the keys of these positions, which
// are in order. It has other keys for all that is not of the journal.
func (w *ward) without(gone []uint64) *ward {
	next := &ward{gen: w.gen + 1, loose: noise(keyLen), shot: noise(keyLen)}
	for _, n := range w.nodes {
		for len(gone) > 0 && gone[0] < n.from() {
			gone = gone[1:] // was destroyed before
		}
		mine := gone
		for i, pos := range gone {
			if pos >= n.to() {
				mine = gone[:i]
				break
			}
		}
		next.nodes = n.carve(next.nodes, mine)
		gone = gone[len(mine):]
	}
	return next
}

// carve adds to out what is left of n without some of its positions.
func (n *node) carve(out []node, gone []uint64) []node {
	if len(gone) == 0 {
		return append(out, *n)
	}
	if n.height == 0 {
		return out
	}
	left, right := n.child(false), n.child(true)
	cut, _ := slices.BinarySearch(gone, right.from())
	return right.carve(left.carve(out, gone[:cut]), gone[cut:])
}

// wardWire is a ward as it is stored, sealed under the wrapping key.
type wardWire struct {
	Loose []byte `cbor:"1,keyasint"`
	Shot  []byte `cbor:"2,keyasint"`
	Nodes []byte `cbor:"3,keyasint"`
}

func wardAD(gen uint64) []byte { return rowAD("ward", "", gen) }

// seal gives the ward as it is stored. What wraps it stands in the file keys.
func (w *ward) seal(wrap []byte) []byte {
	nodes := make([]byte, 0, len(w.nodes)*nodeSize)
	for _, n := range w.nodes {
		nodes = binary.BigEndian.AppendUint32(append(nodes, n.height), n.index)
		nodes = append(nodes, n.seed[:]...)
	}
	plain := wire.MustEncode(wardWire{w.loose, w.shot, nodes})
	defer clear(plain)
	defer clear(nodes)
	return newBox(wrap).seal(nil, plain, wardAD(w.gen))
}

func openWard(wrap, sealed []byte, gen uint64) (*ward, error) {
	plain, err := newBox(wrap).open(nil, sealed, wardAD(gen))
	if err != nil {
		return nil, errCorrupt(err, "the keys of its entries do not open")
	}
	var x wardWire
	if err := wire.DecodeOwn(plain, &x); err != nil || len(x.Loose) != keyLen || len(x.Shot) != keyLen || len(x.Nodes)%nodeSize != 0 {
		return nil, errCorrupt(err, "the keys of its entries do not read")
	}
	w := &ward{gen: gen, loose: x.Loose, shot: x.Shot}
	for b := x.Nodes; len(b) > 0; b = b[nodeSize:] {
		n := node{height: b[0], index: binary.BigEndian.Uint32(b[1:])}
		copy(n.seed[:], b[5:])
		w.nodes = append(w.nodes, n)
	}
	return w, nil
}

// entrySalt is how much of what is hashed into the chain nobody can guess once
// an entry is destroyed: without it, whoever has the hash of a short text could
// try all short texts.
const entrySalt = 16

// A journal row, under the seal that every row has, is the chain at it, one
// byte that says what follows, and either the entry under its own key, or the
// hash and what stands in the place of an entry that was destroyed.
const (
	rowWhole = 0
	rowGone  = 1
)

func entryAD(pos uint64) []byte { return rowAD("entry", "", pos) }

// commitOf is what the chain says of an entry. It tells nothing of the entry to
// somebody who has not got the salt, which is destroyed with it.
func commitOf(salted []byte) [32]byte {
	return sha256.Sum256(append([]byte(labelCommit), salted...))
}

// sealEntry gives the row of an entry, and the chain at it.
func (v *Vault) sealEntry(prev [32]byte, pos uint64, entry []byte) (box []byte, chain [32]byte, err error) {
	key, found := v.ward.key(pos)
	if !found {
		return nil, chain, errCorrupt(nil, "there is no key for entry %d", pos)
	}
	salted := append(noise(entrySalt), entry...)
	chain = chainOf(prev, pos, commitOf(salted))
	plain := make([]byte, 0, 33+boxOverhead+len(salted))
	plain = append(append(plain, chain[:]...), rowWhole)
	plain = newBox(key).seal(plain, salted, entryAD(pos))
	clear(key)
	return v.row.seal(nil, plain, rowAD("journal", "", pos)), chain, nil
}

// opened is a journal row that was read.
type opened struct {
	chain  [32]byte
	entry  []byte   // or what stands in its place
	salted []byte   // the entry with its salt, if it is there
	kept   [32]byte // what the chain says of it, if it is not
	gone   bool
}

// commit is what the chain says of the entry.
func (o *opened) commit() [32]byte {
	if o.gone {
		return o.kept
	}
	return commitOf(o.salted)
}

// openOuter opens what every row has.
func (v *Vault) openOuter(r sealedRow) ([]byte, error) {
	plain, err := v.row.open(nil, r.box, rowAD("journal", "", r.pos))
	if err != nil || len(plain) < 32 {
		return nil, errCorrupt(nil, "journal entry %d does not open", r.pos)
	}
	return plain, nil
}

// openRow opens a row with the keys of w.
func (v *Vault) openRow(w *ward, r sealedRow) (o opened, err error) {
	plain, err := v.openOuter(r)
	if err != nil {
		return o, err
	}
	o.chain = [32]byte(plain)
	if len(plain) < 33 || plain[32] > rowGone {
		return o, errCorrupt(nil, "journal entry %d does not read", r.pos)
	}
	if o.gone = plain[32] == rowGone; o.gone {
		if len(plain) < 65 {
			return o, errCorrupt(nil, "what stands in the place of entry %d is cut short", r.pos)
		}
		o.kept, o.entry = [32]byte(plain[33:]), plain[65:]
		return o, nil
	}
	key, found := w.key(r.pos)
	if !found {
		return o, errCorrupt(nil, "entry %d was destroyed, and an older copy of its row was put back", r.pos)
	}
	salted, err := newBox(key).open(nil, plain[33:], entryAD(r.pos))
	if err != nil || len(salted) < entrySalt {
		return o, errCorrupt(nil, "journal entry %d does not open under its own key", r.pos)
	}
	o.salted, o.entry = salted, salted[entrySalt:]
	return o, nil
}
