package record

import (
	"bytes"
	"cmp"

	"backchannel/internal/keys"
)

// AsOf is a place on the two clocks. Zero means "all there is".
type AsOf struct {
	Stood Instant // as it stood then: what had been said by then
	Knew  Instant // as we knew then: what had been logged here by then
}

// Projection is a record as one reader may see it, as of two clocks. Only
// Record.For makes one. It is a value: it does not change when the record
// grows.
type Projection struct {
	keeper, reader Name
	asOf           AsOf
	items          []Seen
	at             map[keys.ID]int
}

// Seen is an item in a projection. Its Body is as corrected.
type Seen struct {
	Item
	First       Body    // what it said first, where it was corrected; else nil
	CorrectedBy keys.ID // the correction that stands; zero for none
}

// For gives the record as reader may see it, as of the two clocks. What the
// reader was not given is absent: not counted, not numbered, not referred to.
func (r *Record) For(reader Name, asOf AsOf) *Projection {
	p := &Projection{keeper: r.keeper, reader: reader, asOf: asOf, at: map[keys.ID]int{}}
	p.items = make([]Seen, 0, r.Len())
	known := func(it Item) bool {
		return r.GivenTo(it, reader) && (asOf.Knew == 0 || it.Known <= asOf.Knew)
	}
	given := func(id keys.ID) bool {
		it, ok := r.Get(id)
		return ok && known(it)
	}
	fixes := map[keys.ID]Item{}
	for _, at := range r.InOrder() {
		it := *at
		if !known(it) {
			continue
		}
		if target, ok := r.Get(it.Corrects); ok && known(target) && it.Body.Kind() == KindCorrection {
			here := reader == r.keeper && target.Came.Over() == ""
			if mayCorrect(it, target, here) && later(it, fixes[it.Corrects]) {
				fixes[it.Corrects] = it
			}
			if asOf.Stood != 0 && target.When() > asOf.Stood {
				continue
			}
		} else if asOf.Stood != 0 && it.When() > asOf.Stood {
			continue
		}
		if reader != r.keeper {
			it = Item{Entry: Scrub(it.Entry, given), Known: it.At}
		}
		p.at[it.ID] = len(p.items)
		p.items = append(p.items, Seen{Item: it})
	}
	for id, fix := range fixes {
		if reader != r.keeper {
			fix.Entry = Scrub(fix.Entry, given)
		}
		if i, ok := p.at[id]; ok {
			s := &p.items[i]
			s.First, s.Body, s.CorrectedBy = s.Body, fix.Body.(Correction).Now, fix.ID
		}
	}
	return p
}

// mayCorrect: people correct what they wrote themselves, and a correction
// stays of the same kind. Anybody else's is another account, shown beside it.
// What others may have relied on is not withdrawn by it.
func mayCorrect(fix, target Item, here bool) bool {
	c, ok := fix.Body.(Correction)
	if !ok || fix.By != target.By || c.Now.Kind() != target.Body.Kind() {
		return false
	}
	_, withdraws := c.Now.(Withdrawn)
	return !withdraws || !Lasts(target, here)
}

func later(a, b Item) bool {
	return b.ID.IsZero() || cmp.Or(cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:])) > 0
}

// Scrubber is a body that refers to entries by id. Scrub gives it without the
// ids that given refuses.
type Scrubber interface {
	Scrub(given func(keys.ID) bool) Body
}

// Scrub gives e without what its reader was not given: ids of other entries
// and the names of other readers. It is used before an entry is shown to
// somebody and before it is sent to him, so that the two cannot differ.
func Scrub(e Entry, given func(keys.ID) bool) Entry {
	keep := func(id keys.ID) keys.ID {
		if given(id) {
			return id
		}
		return keys.ID{}
	}
	e.Corrects, e.Answers = keep(e.Corrects), keep(e.Answers)
	var together []keys.ID
	for _, id := range e.Together {
		if given(id) {
			together = append(together, id)
		}
	}
	var about []Ref
	for _, ref := range e.About {
		if !ref.Entry.IsZero() {
			ref.Entry = keep(ref.Entry)
		}
		if !ref.IsZero() {
			about = append(about, ref)
		}
	}
	e.Together, e.About, e.Audience = together, about, nil
	if s, ok := e.Body.(Scrubber); ok {
		e.Body = s.Scrub(given)
	}
	return e
}

// Keeper gives the person whose desk this is.
func (p *Projection) Keeper() Name { return p.keeper }

// Reader gives the person for whom this was made.
func (p *Projection) Reader() Name { return p.reader }

// AsOf gives the two clocks.
func (p *Projection) AsOf() AsOf { return p.asOf }

// Items gives what there is to see, in the order in which it was said. The
// caller must not change it.
func (p *Projection) Items() []Seen { return p.items }

// Get gives the item of that id, if the reader may see it.
func (p *Projection) Get(id keys.ID) (Seen, bool) {
	i, ok := p.at[id]
	if !ok {
		return Seen{}, false
	}
	return p.items[i], true
}

// Scrub gives m without ids that its reader was not given.
func (m Message) Scrub(given func(keys.ID) bool) Body {
	if !given(m.Denies) {
		m.Denies = keys.ID{}
	}
	return m
}

// Scrub gives c without ids that its reader was not given.
func (c Conveyance) Scrub(given func(keys.ID) bool) Body {
	if !given(c.Of) {
		c.Of = keys.ID{}
	}
	if !given(c.As) {
		c.As = keys.ID{}
	}
	return c
}

// Scrub gives r without ids that its reader was not given.
func (r ReadBack) Scrub(given func(keys.ID) bool) Body {
	if !given(r.Of) {
		r.Of = keys.ID{}
	}
	return r
}

// Scrub gives c without ids that its reader was not given.
func (c Correction) Scrub(given func(keys.ID) bool) Body {
	if s, ok := c.Now.(Scrubber); ok {
		c.Now = s.Scrub(given)
	}
	return c
}
