package record

import "iter"

// tree keeps places of items in an order, so that taking one in takes no
// longer in a long record than in a short one (it grows with the logarithm),
// and taking a copy costs nothing: copies share what neither has changed. The
// key is what the order goes by; where two keys are equal, the caller's tie
// decides.
//
// It is a B+tree whose nodes are copied on the first write after a clone.
type tree struct {
	root *node
	own  *owner // of the nodes that may be changed in place; nil right after clone
}

// owner is told from others by its address alone.
type owner struct{ _ byte }

// fan is how many places a node holds at most, less one.
const fan = 64

// node is a leaf, or has kids. The key and place of a kid are those of the
// first place below it.
type node struct {
	own  *owner
	n    int // slots in use
	size int // places below
	keys [fan]uint64
	at   [fan]int32
	kids *[fan]kid // nil in a leaf
}

// kid is a node with its size, so that counting does not have to visit it.
type kid struct {
	node *node
	size int
}

// tie compares what is looked for with the item at a place whose key is the
// same.
type tie func(place int32) int

// clone gives a tree that does not change when t does. It may be called while
// others read t.
func (t *tree) clone() tree {
	if t.own != nil {
		t.own = nil
	}
	return tree{root: t.root}
}

func (t *tree) size() int {
	if t.root == nil {
		return 0
	}
	return t.root.size
}

// after gives how many slots of n are not behind what is looked for.
func (n *node) after(key uint64, cmp tie) int {
	lo, hi := 0, n.n
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if n.keys[m] < key || n.keys[m] == key && cmp(n.at[m]) >= 0 {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// insert puts a place behind those that compare as not greater.
func (t *tree) insert(key uint64, place int32, cmp tie) {
	if t.own == nil {
		t.own = new(owner)
	}
	if t.root == nil {
		t.root = &node{own: t.own}
	}
	t.root = t.mine(t.root)
	if right := t.put(t.root, key, place, cmp, true); right != nil {
		left := t.root
		t.root = &node{own: t.own, kids: new([fan]kid)}
		t.root.add(0, left)
		t.root.add(1, right)
	}
}

// mine gives n, or a copy where n is shared.
func (t *tree) mine(n *node) *node {
	if n.own == t.own {
		return n
	}
	c := *n
	c.own = t.own
	if n.kids != nil {
		kids := *n.kids
		c.kids = &kids
	}
	return &c
}

// put inserts below n, and gives the right half of n where n had to be split.
// last says that n is at the right edge: there places come in order, and a
// node that is left behind is left full.
func (t *tree) put(n *node, key uint64, place int32, cmp tie, last bool) *node {
	i := n.after(key, cmp)
	if n.kids == nil {
		n.open(i)
		n.keys[i], n.at[i] = key, place
		n.size++
	} else {
		k := max(i-1, 0)
		last = last && k == n.n-1
		below := t.mine(n.kids[k].node)
		right := t.put(below, key, place, cmp, last)
		n.keys[k], n.at[k], n.kids[k] = below.keys[0], below.at[0], kid{below, below.size}
		n.size++
		if i = k + 1; right == nil {
			return nil
		}
		n.size -= right.size // add counts it again
		n.add(i, right)
	}
	if n.n < fan {
		return nil
	}
	if last && i == n.n-1 {
		return n.split(t.own, n.n-1)
	}
	return n.split(t.own, n.n/2)
}

// open makes room at slot i.
func (n *node) open(i int) {
	copy(n.keys[i+1:], n.keys[i:n.n])
	copy(n.at[i+1:], n.at[i:n.n])
	if n.kids != nil {
		copy(n.kids[i+1:], n.kids[i:n.n])
	}
	n.n++
}

func (n *node) add(i int, below *node) {
	n.open(i)
	n.keys[i], n.at[i], n.kids[i] = below.keys[0], below.at[0], kid{below, below.size}
	n.size += below.size
}

// split leaves the first i slots in n and gives the others in a new node.
func (n *node) split(own *owner, i int) *node {
	right := &node{own: own, n: n.n - i}
	copy(right.keys[:], n.keys[i:n.n])
	copy(right.at[:], n.at[i:n.n])
	right.size = right.n
	if n.kids != nil {
		right.kids = new([fan]kid)
		copy(right.kids[:], n.kids[i:n.n])
		right.size = 0
		for _, k := range right.kids[:right.n] {
			right.size += k.size
		}
		clear(n.kids[i:])
	}
	n.n, n.size = i, n.size-right.size
	return right
}

// rank gives how many places are not behind what is looked for, and the last
// of these; -1 for none.
func (t *tree) rank(key uint64, cmp tie) (count int, last int32) {
	last = -1
	for n := t.root; n != nil; {
		i := n.after(key, cmp)
		if i > 0 {
			last = n.at[i-1]
		}
		if n.kids == nil {
			return count + i, last
		}
		if i == 0 {
			return count, last
		}
		for _, k := range n.kids[:i-1] {
			count += k.size
		}
		n = n.kids[i-1].node
	}
	return count, last
}

// find gives the last place that is not behind what is looked for; -1 for none.
func (t *tree) find(key uint64, cmp tie) int32 {
	for n := t.root; n != nil; {
		i := n.after(key, cmp)
		if i == 0 {
			break
		}
		if n.kids == nil {
			return n.at[i-1]
		}
		n = n.kids[i-1].node
	}
	return -1
}

// nth gives the place that stands at i in the order.
func (t *tree) nth(i int) int32 {
	n := t.root
	for n.kids != nil {
		k := 0
		for ; i >= n.kids[k].size; k++ {
			i -= n.kids[k].size
		}
		n = n.kids[k].node
	}
	return n.at[i]
}

// all gives the places in order.
func (t *tree) all() iter.Seq[int32] { return t.from(0) }

// from gives the places in order, from the i-th on.
func (t *tree) from(i int) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		if t.root != nil {
			t.root.each(i, yield)
		}
	}
}

// each gives the places below n without the first skip.
func (n *node) each(skip int, yield func(int32) bool) bool {
	if n.kids == nil {
		for _, at := range n.at[min(skip, n.n):n.n] {
			if !yield(at) {
				return false
			}
		}
		return true
	}
	for _, k := range n.kids[:n.n] {
		if skip >= k.size {
			skip -= k.size
			continue
		}
		if !k.node.each(skip, yield) {
			return false
		}
		skip = 0
	}
	return true
}

// spot is a place with its key, for fill.
type spot struct {
	key   uint64
	place int32
}

// fill gives the tree of places that are in order already, which is much
// quicker than inserting them one by one, and leaves no room unused.
func fill(spots []spot) tree {
	own := new(owner)
	var level []*node
	for len(spots) > 0 {
		n := &node{own: own, n: min(len(spots), fan-1)}
		for i, s := range spots[:n.n] {
			n.keys[i], n.at[i] = s.key, s.place
		}
		n.size, spots = n.n, spots[n.n:]
		level = append(level, n)
	}
	for len(level) > 1 {
		var above []*node
		for len(level) > 0 {
			n := &node{own: own, kids: new([fan]kid)}
			k := min(len(level), fan-1)
			for i, below := range level[:k] {
				n.add(i, below)
			}
			above, level = append(above, n), level[k:]
		}
		level = above
	}
	if len(level) == 0 {
		return tree{}
	}
	return tree{level[0], own}
}
