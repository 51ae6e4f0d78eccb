package record

import (
	"bytes"
	"cmp"
	"iter"

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
//
// Each item has a place, from 0 to Len-1. In the keeper's own projection of
// all there is, places are in the order of arrival: a later projection of the
// same record has every item at the place where it was. In any other, places
// are in the order in which things were said.
type Projection struct {
	reader Name
	asOf   AsOf
	rec    *Record // does not change

	// Of what is not the keeper's own projection of all there is:
	places   []int32 // in the record, by place here
	index    []int32 // places here, by place in the record; -1 for what is not to be seen
	scrubbed []*Item // for another reader than the keeper, by place here
}

// Seen is an item in a projection. Its Body is as corrected.
type Seen struct {
	Item
	First       Body    // what it said first, where it was corrected; else nil
	CorrectedBy keys.ID // the correction that stands; zero for none
}

// For gives the record as reader may see it, as of the two clocks. What the
// reader was not given is absent: not counted, not numbered, not referred to.
// The keeper's own projection of all there is costs the same however long the
// record is; any other goes through it.
func (r *Record) For(reader Name, asOf AsOf) *Projection {
	p := &Projection{reader: reader, asOf: asOf, rec: r.Clone()}
	if p.Grows() {
		return p
	}
	known := func(it *Item) bool {
		return r.GivenTo(*it, reader) && (asOf.Knew == 0 || it.Known <= asOf.Knew)
	}
	given := func(id keys.ID) bool {
		place, ok := r.PlaceOf(id)
		return ok && known(r.At(place))
	}
	p.index = make([]int32, r.Len())
	for i := range p.index {
		p.index[i] = -1
	}
	for place, it := range r.InOrder() {
		if !known(it) {
			continue
		}
		when := it.When()
		if it.Body.Kind() == KindCorrection {
			if target, ok := r.PlaceOf(it.Corrects); ok && known(r.At(target)) {
				when = r.At(target).When() // what was said then is shown as it ought to have been said
			}
		}
		if asOf.Stood != 0 && when > asOf.Stood {
			continue
		}
		p.index[place] = int32(len(p.places))
		p.places = append(p.places, int32(place))
		if reader != r.keeper {
			p.scrubbed = append(p.scrubbed, &Item{Entry: Scrub(it.Entry, given), Known: it.At})
		}
	}
	return p
}

// Grows reports whether this is the keeper's own projection of all there is,
// which only gains items as the record does.
func (p *Projection) Grows() bool { return p.rec.keeper == p.reader && p.asOf == AsOf{} }

// item gives the item at a place, as it first was.
func (p *Projection) item(place int) *Item {
	switch {
	case p.index == nil:
		return p.rec.At(place)
	case p.scrubbed != nil:
		return p.scrubbed[place]
	}
	return p.rec.At(int(p.places[place]))
}

// At gives the item at a place.
func (p *Projection) At(place int) Seen {
	it := p.item(place)
	s := Seen{Item: *it}
	var fix *Item
	for c := range p.fixes(it) {
		if fix == nil || later(c, fix) {
			fix = c
		}
	}
	if back := p.takenBack(it); back != nil {
		s.Audience = nil // nobody was given it
		if !isDestroyed(it.Body) {
			fix = back
		}
	}
	if fix != nil {
		s.First, s.Body, s.CorrectedBy = it.Body, fix.Body.(Correction).Now, fix.ID
	}
	return s
}

// fixes gives the corrections of an item that count.
func (p *Projection) fixes(it *Item) iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		here := p.reader == p.rec.keeper && it.Came.Over() == ""
		for place := range p.rec.correcting(it.ID) {
			if p.index != nil {
				if place = int(p.index[place]); place < 0 {
					continue
				}
			}
			if fix := p.item(place); mayCorrect(fix, it, here) && !yield(fix) {
				return
			}
		}
	}
}

// Wordings gives everything that the item at a place ever said: first, and by
// each correction of its author's.
func (p *Projection) Wordings(place int) []Body {
	it := p.item(place)
	out := []Body{it.Body}
	for fix := range p.fixes(it) {
		out = append(out, fix.Body.(Correction).Now)
	}
	return out
}

// Place gives the place of the item of that id, if the reader may see it.
func (p *Projection) Place(id keys.ID) (int, bool) {
	place, ok := p.rec.PlaceOf(id)
	if !ok || p.index == nil {
		return place, ok
	}
	place = int(p.index[place])
	return place, place >= 0
}

// Compare orders places by when things were said.
func (p *Projection) Compare(a, b int) int {
	if a == b || p.index != nil {
		return cmp.Compare(a, b)
	}
	return compare(p.rec.At(a), p.rec.At(b))
}

// Nth gives the place of the item that is at i in the order in which things
// were said.
func (p *Projection) Nth(i int) int {
	if p.index != nil {
		return i
	}
	return int(p.rec.order.nth(i))
}

// mayCorrect: people correct what they wrote themselves, and a correction
// stays of the same kind. Anybody else's is another account, shown beside it.
// What others may have relied on is not withdrawn by it.
func mayCorrect(fix, target *Item, here bool) bool {
	c, ok := fix.Body.(Correction)
	if !ok || fix.By != target.By || c.Now.Kind() != target.Body.Kind() || isDestroyed(target.Body) {
		return false
	}
	_, withdraws := c.Now.(Withdrawn)
	return !withdraws || !Lasts(*target, here) || c.Back && here && fix.Came.Over() == ""
}

func later(a, b *Item) bool {
	return cmp.Or(cmp.Compare(a.At, b.At), bytes.Compare(a.ID[:], b.ID[:])) > 0
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
func (p *Projection) Keeper() Name { return p.rec.keeper }

// Reader gives the person for whom this was made.
func (p *Projection) Reader() Name { return p.reader }

// AsOf gives the two clocks.
func (p *Projection) AsOf() AsOf { return p.asOf }

// Len gives how many items there are.
func (p *Projection) Len() int {
	if p.index == nil {
		return p.rec.Len()
	}
	return len(p.places)
}

// InOrder gives places and items in the order in which things were said.
func (p *Projection) InOrder() iter.Seq2[int, Seen] {
	return func(yield func(int, Seen) bool) {
		if p.index == nil {
			for place := range p.rec.order.all() {
				if !yield(int(place), p.At(int(place))) {
					return
				}
			}
			return
		}
		for place := range p.places {
			if !yield(place, p.At(place)) {
				return
			}
		}
	}
}

// Items gives what there is to see, in the order in which it was said.
func (p *Projection) Items() []Seen {
	out := make([]Seen, 0, p.Len())
	for _, it := range p.InOrder() {
		out = append(out, it)
	}
	return out
}

// Get gives the item of that id, if the reader may see it; else an empty one.
func (p *Projection) Get(id keys.ID) (Seen, bool) {
	place, ok := p.Place(id)
	if !ok {
		return Seen{}, false
	}
	return p.At(place), true
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
