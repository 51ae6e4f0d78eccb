package circle

import (
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// index gives entries by a subject, in the order in which they came. Whoever
// reads one looks at what the entry says now: so a correction takes nothing out
// of any index.
type index[K comparable] map[K]*list

// list are the entries under one key.
type list struct {
	ids []keys.ID
	src lean.Source
}

// note puts an id under a key, once in a row.
func note[K comparable](c *Circle, x index[K], k K, id keys.ID) {
	var none K
	if k == none {
		return
	}
	l := x[k]
	if l == nil {
		l = &list{}
		x[k] = l
	}
	if n := len(l.ids); n == 0 || l.ids[n-1] != id {
		l.ids = append(l.ids, id)
	}
	c.book.Change(&l.src)
}

// listOf gives what stands under a key. Where something that is being computed
// leans on there being nothing, that is noted too.
func listOf[K comparable](c *Circle, x index[K], k K) *list {
	l := x[k]
	if l == nil {
		l = &list{}
		if c.book.Computing() {
			x[k] = l
		}
	}
	c.book.Read(&l.src)
	return l
}

// under gives the ids that stand under a key.
func under[K comparable](c *Circle, x index[K], k K) []keys.ID { return listOf(c, x, k).ids }

// get gives an item as it is now.
func (c *Circle) get(id keys.ID) (record.Seen, bool) {
	if c.book.Computing() {
		src := c.sources[id]
		if src == nil {
			src = &lean.Source{}
			c.sources[id] = src
		}
		c.book.Read(src)
	}
	return c.p.Get(id)
}

// changed has looked at again whatever leans on an item.
func (c *Circle) changed(it record.Seen) {
	c.book.Change(&c.grown)
	if src := c.sources[it.ID]; src != nil {
		c.book.Change(src)
	}
	if it.First != nil { // corrected: what was gathered from it may not be so
		clear(c.reaches)
		c.book.Change(&c.fixed)
	}
}
