package view

import (
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// View is a projected record, read for one moment.
//
// It computes what it is asked for, from what it has noted under keys, and
// keeps it: it is not for several goroutines at once. One that Of made stays as
// it is. One that Follow made is brought up to date by Next.
type View struct {
	p    *record.Projection
	l    *accord.Ledger
	now  record.Instant
	book *lean.Book // nil where the view does not grow

	taken  int // places noted
	keyed  map[key]*noted
	lines  map[record.Name]*line
	people map[record.Name]*somebody
	packs  map[keys.Hash]*packed
	circle *circle.Circle // once somebody asked; see ring
	roads  *roads         // once somebody asked; see ways

	watch
}

// PartyInfo is a party as this desk knows it.
type PartyInfo struct {
	Name   record.Name `json:"name"`
	Title  string      `json:"title"`
	Side   record.Name `json:"side,omitempty"`
	Absent bool        `json:"absent,omitempty"` // not at the table
	Entry  keys.ID     `json:"entry,omitzero"`   // that introduced it; zero for one only named
}

// Of reads a projection for the moment now. Where the projection is as it
// stood earlier, that earlier moment counts.
func Of(p *record.Projection, now record.Instant) *View { return read(p, now, nil) }

// Follow reads the keeper's own projection of all there is, to be brought up to
// date with Next.
func Follow(p *record.Projection, now record.Instant) *View {
	if !p.Grows() {
		return Of(p, now)
	}
	return read(p, now, lean.New(int64(now)))
}

func read(p *record.Projection, now record.Instant, book *lean.Book) *View {
	l := accord.Read(p, now)
	if book != nil {
		l = accord.Follow(p, now, book)
	}
	v := &View{
		p: p, l: l, now: l.Now(), book: book, keyed: map[key]*noted{}, lines: map[record.Name]*line{},
		people: map[record.Name]*somebody{}, packs: map[keys.Hash]*packed{},
	}
	v.take()
	return v
}

// maxSetBack is how far a clock may go back before a view is read anew:
// machines correct their clocks by seconds. Until then its moment stands still.
const maxSetBack = record.Instant(2 * time.Minute / time.Millisecond)

// Next gives the view of a later projection of the same record, at a later
// moment: v itself, brought up to date. Where v does not follow, or the clock
// went back far, it is a new one.
func (v *View) Next(p *record.Projection, now record.Instant) *View {
	if v.book == nil || !p.Grows() || now < v.now-maxSetBack || p.Len() < v.taken || p.Gone() != v.p.Gone() {
		return Follow(p, now)
	}
	v.l.Update(p, now)
	v.p, v.now = p, v.l.Now()
	if v.circle != nil {
		v.circle.Over(p)
	}
	v.take()
	return v
}

// ring gives the circle: who was given what. It is read when it is first asked
// for.
func (v *View) ring() *circle.Circle {
	if v.circle == nil {
		v.circle = circle.New(v.p, v.book)
		for _, it := range v.p.InOrder() {
			v.circle.Add(it)
		}
	}
	return v.circle
}

// take notes the places that are new.
func (v *View) take() {
	for ; v.taken < v.p.Len(); v.taken++ {
		it := v.p.At(v.taken)
		v.index(v.taken, &it, true)
		if _, fix := it.Body.(record.Correction); fix {
			if target, here := v.p.Place(it.Corrects); here && target < v.taken {
				was := v.p.At(target)
				v.index(target, &was, false)
			}
		}
	}
}

// Projection gives what the view was made from.
func (v *View) Projection() *record.Projection { return v.p }

// Ledger gives the stances that the view was made from.
func (v *View) Ledger() *accord.Ledger { return v.l }

// Now gives the moment for which the view was made.
func (v *View) Now() record.Instant { return v.now }

// item gives the item of that id; the zero Seen if the reader has none.
func (v *View) item(id keys.ID) record.Seen {
	v.at(idOf(keyItem, id))
	it, _ := v.p.Get(id)
	return it
}

// marksOf gives the conveyances and read-backs of an entry.
func (v *View) marksOf(id keys.ID) []record.Seen {
	if v.own(idOf(keyItem, id)) {
		return v.l.Marks(id)
	}
	return v.l.MarksOf(id)
}

// Stamp is when something was said and when this desk knew it: the two clocks.
type Stamp struct {
	Said  record.Interval `json:"said"`
	Known record.Instant  `json:"known"`
}

func stamp(it record.Seen) Stamp {
	said := it.Said
	if said.IsZero() {
		said = record.Moment(it.At)
	}
	return Stamp{said, it.Known}
}
