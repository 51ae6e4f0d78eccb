package record

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// Destroyed stands in the place of the body of an entry that this desk has
// destroyed. Like Withdrawn it is of the kind whose place it takes, and is none
// of the types of that kind. Of the entry itself its id stays, who logged it
// and when, when it was said, how it came and who was given it: so references
// still point at something, and the record shows that it was there. It never
// travels.
type Destroyed struct {
	Of    Kind    `json:"of"`
	On    Instant `json:"on"`              // when it was destroyed
	By    keys.ID `json:"by,omitzero"`     // the entry of retention that says so
	Stood []Name  `json:"stood,omitempty"` // packages that were agreed here and stood on it: this desk can show that no more
}

// Kind gives the kind of what was destroyed.
func (d Destroyed) Kind() Kind { return d.Of }

// Check reports what is not well-formed.
func (d Destroyed) Check() error {
	if d.Of == "" || len(d.Of) > wire.MaxName || d.On == 0 {
		return fault.New(fault.Malformed, "record.destroyed", "", "something destroyed without a kind or a date")
	}
	return nil
}

// Scrub gives d without what only its keeper is to see.
func (d Destroyed) Scrub(given func(keys.ID) bool) Body {
	if !given(d.By) {
		d.By, d.Stood = keys.ID{}, nil
	}
	return d
}

// Bury gives what stays of an item that is destroyed.
func Bury(it Item, d Destroyed) Item {
	d.Of = it.Body.Kind()
	e := Entry{ID: it.ID, By: it.By, At: it.At, Said: it.Said, Body: d}
	e.Said.Zone = ""
	if !IsPrivate(it.Body) {
		e.Audience = slices.Clone(it.Audience)
	}
	return Item{Entry: e, Known: it.Known, Came: it.Came}
}

// isDestroyed reports whether b stands in the place of something.
func isDestroyed(b Body) bool {
	_, gone := b.(Destroyed)
	return gone
}

// destroyedWire is Destroyed as the journal keeps it, beside the entry.
type destroyedWire struct {
	Of    Kind    `cbor:"1,keyasint"`
	On    Instant `cbor:"2,keyasint"`
	By    keys.ID `cbor:"3,keyasint,omitzero"`
	Stood []Name  `cbor:"4,keyasint,omitempty"`
}

// noBody is what an entry has for a body in the journal when it was destroyed:
// null.
func noBody() wire.Raw { return wire.Raw{0xf6} }

// encodeBuried gives the journal's encoding of what stays of an item.
func encodeBuried(it Item, d Destroyed) ([]byte, error) {
	e, err := wire.Encode(entryWire{ID: it.ID, Kind: d.Of, By: it.By, At: it.At, Said: it.Said, Audience: it.Audience, Body: noBody()})
	if err != nil {
		return nil, err
	}
	return wire.Encode(itemWire{e, it.Known, it.Came.over, it.Came.number, &destroyedWire{d.Of, d.On, d.By, d.Stood}})
}

// decodeBuried reads what encodeBuried wrote.
func decodeBuried(w itemWire) (Item, error) {
	var e entryWire
	if err := wire.DecodeOwn(w.Entry, &e); err != nil {
		return Item{}, err
	}
	d := Destroyed{w.Gone.Of, w.Gone.On, w.Gone.By, w.Gone.Stood}
	return Item{
		Entry: Entry{ID: e.ID, By: e.By, At: e.At, Said: e.Said, Audience: e.Audience, Body: d},
		Known: w.Known, Came: Came{w.Over, w.Number},
	}, d.Check()
}

// destroyed packs what stands in the place of a body.
func (p *packer) destroyed(d *Destroyed) {
	word(p, &d.Of)
	p.time(&d.On, 0)
	p.id(&d.By)
	p.list(&d.Stood)
}

// Gone gives how many items were destroyed. A record in which more are is not
// a later one of the same: whoever follows it begins anew.
func (r *Record) Gone() int { return r.gone }

// Gone gives how many items of the whole record were destroyed.
func (p *Projection) Gone() int { return p.rec.gone }
