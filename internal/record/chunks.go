package record

import "maps"

// chunkLen is how many items lie together. A record of a few entries should
// not take much, and one of a million should not be moved as it grows.
const chunkLen = 64

// chunks is a list that only grows. What is in it never moves and never
// changes, so copies share it.
type chunks struct {
	list []*[chunkLen]Item
	n    int
	own  bool // may write behind n; false right after clone
}

func (c *chunks) at(i int) *Item { return &c.list[i/chunkLen][i%chunkLen] }

func (c *chunks) add(it Item) *Item {
	i := c.n % chunkLen
	if !c.own {
		// Whoever c was cloned from goes on writing behind what c saw.
		c.list = append([]*[chunkLen]Item(nil), c.list...)
		if i > 0 {
			last := new([chunkLen]Item)
			copy(last[:i], c.list[len(c.list)-1][:i])
			c.list[len(c.list)-1] = last
		}
		c.own = true
	}
	if i == 0 {
		c.list = append(c.list, new([chunkLen]Item))
	}
	c.n++
	p := c.at(c.n - 1)
	*p = it
	return p
}

func (c *chunks) clone() chunks { return chunks{list: c.list, n: c.n} }

// shelf is a map that copies share until one of them changes it. It is for
// what a record has few of: people, readers, kinds.
type shelf[K comparable, V any] struct {
	m      map[K]V
	shared bool
}

func (s *shelf[K, V]) set(k K, v V) {
	switch {
	case s.m == nil:
		s.m = map[K]V{}
	case s.shared:
		s.m = maps.Clone(s.m)
	}
	s.shared = false
	s.m[k] = v
}

func (s *shelf[K, V]) clone() shelf[K, V] {
	if !s.shared {
		s.shared = true
	}
	return shelf[K, V]{s.m, true}
}
