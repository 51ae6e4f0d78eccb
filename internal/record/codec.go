package record

import (
	"maps"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// Decoder reads the body of one kind.
type Decoder struct {
	kind Kind
	read func(b []byte) (Body, error) // foreign bytes
	own  func(b []byte) (Body, error) // bytes that this program wrote and the vault authenticated
}

// DecoderOf gives the Decoder of body type T.
func DecoderOf[T Body]() Decoder {
	var zero T
	return Decoder{zero.Kind(), func(b []byte) (Body, error) {
		var v T
		if err := wire.Decode(b, wire.MaxEntry, &v); err != nil {
			return nil, err
		}
		return v, nil
	}, func(b []byte) (Body, error) {
		var v T
		if err := wire.DecodeOwn(b, &v); err != nil {
			return nil, err
		}
		return v, nil
	}}
}

// Codec encodes entries and decodes the kinds that it was given; others become
// Unknown. It is a value and never changes.
type Codec struct {
	read, own map[Kind]func([]byte) (Body, error)
}

// NewCodec gives a Codec for this package's kinds and for more.
func NewCodec(more ...Decoder) Codec {
	c := Codec{map[Kind]func([]byte) (Body, error){}, map[Kind]func([]byte) (Body, error){}}
	own := []Decoder{
		DecoderOf[Person](), DecoderOf[Party](), DecoderOf[Role](), DecoderOf[Credential](), DecoderOf[Instruction](),
		DecoderOf[Rule](), DecoderOf[Approach](), DecoderOf[Open](), DecoderOf[Close](), DecoderOf[Message](),
		DecoderOf[Conveyance](), DecoderOf[ReadBack](), DecoderOf[Note](), DecoderOf[PersonStatus](), DecoderOf[ProofOfLife](),
		DecoderOf[Comparison](), DecoderOf[TimeZone](),
	}
	for _, d := range append(own, more...) {
		c.read[d.kind], c.own[d.kind] = d.read, d.own
	}
	c.read[KindCorrection] = c.readCorrection
	return c
}

// Kinds gives the kinds that it decodes, by name.
func (c Codec) Kinds() []Kind { return slices.Sorted(maps.Keys(c.read)) }

// entryWire is an Entry as it is stored and sent. Field numbers are never
// used again for something else.
type entryWire struct {
	ID        keys.ID    `cbor:"1,keyasint"`
	Kind      Kind       `cbor:"2,keyasint"`
	Critical  bool       `cbor:"3,keyasint,omitempty"`
	By        Name       `cbor:"4,keyasint,omitempty"`
	At        Instant    `cbor:"5,keyasint"`
	SaidBy    Name       `cbor:"6,keyasint,omitempty"`
	HeardFrom Name       `cbor:"7,keyasint,omitempty"`
	Said      Interval   `cbor:"8,keyasint,omitzero"`
	Corrects  keys.ID    `cbor:"9,keyasint,omitzero"`
	Answers   keys.ID    `cbor:"10,keyasint,omitzero"`
	Together  []keys.ID  `cbor:"11,keyasint,omitempty"`
	About     []Ref      `cbor:"12,keyasint,omitempty"`
	Audience  []Name     `cbor:"13,keyasint,omitempty"`
	Carrying  Carrying   `cbor:"14,keyasint,omitzero"`
	Evidence  []Evidence `cbor:"15,keyasint,omitempty"`
	Body      wire.Raw   `cbor:"16,keyasint"`
}

type correctionWire struct {
	Kind      Kind     `cbor:"1,keyasint"`
	Now       wire.Raw `cbor:"2,keyasint,omitempty"`
	Reason    string   `cbor:"3,keyasint,omitempty"`
	Withdrawn bool     `cbor:"4,keyasint,omitempty"` // instead of Now: it should not have been there at all
	Back      bool     `cbor:"5,keyasint,omitempty"` // withdrawn before it left the desk
	From      []Name   `cbor:"6,keyasint,omitempty"` // whom it would have gone to
}

// Encode gives the encoding of e.
func (c Codec) Encode(e Entry) ([]byte, error) {
	body, err := encodeBody(e.Body)
	if err != nil {
		return nil, err
	}
	return wire.Encode(entryWire{
		e.ID, e.Body.Kind(), e.Critical, e.By, e.At, e.SaidBy, e.HeardFrom, e.Said, e.Corrects, e.Answers,
		e.Together, e.About, e.Audience, e.Carrying, e.Evidence, body,
	})
}

// Decode reads a foreign entry. By is as it stands there, so whoever takes in
// an entry from a line must set it and then call Check.
func (c Codec) Decode(b []byte) (Entry, error) {
	var w entryWire
	if err := wire.Decode(b, wire.MaxEntry, &w); err != nil {
		return Entry{}, err
	}
	body, err := c.body(w.Kind, w.Body)
	if err != nil {
		return Entry{}, err
	}
	return Entry{
		w.ID, w.Critical, w.By, w.At, w.SaidBy, w.HeardFrom, w.Said, w.Corrects, w.Answers,
		w.Together, w.About, w.Audience, w.Carrying, w.Evidence, body,
	}, nil
}

func encodeBody(b Body) (wire.Raw, error) {
	switch b := b.(type) {
	case nil:
		return nil, fault.New(fault.Malformed, "record.empty", "say something", "an entry without a body")
	case Unknown:
		return b.Raw, nil
	case Correction:
		if w, ok := b.Now.(Withdrawn); ok {
			return wire.Encode(correctionWire{Kind: w.Of, Reason: b.Reason, Withdrawn: true, Back: b.Back, From: b.From})
		}
		now, err := encodeBody(b.Now)
		if err != nil {
			return nil, err
		}
		return wire.Encode(correctionWire{Kind: b.Now.Kind(), Now: now, Reason: b.Reason})
	case Destroyed:
		return nil, fault.New(fault.Refused, "record.destroyed-away", "", "what was destroyed is not passed on")
	case Withdrawn:
		return nil, fault.New(fault.Malformed, "record.withdrawn", "write a correction that withdraws it", "what was withdrawn is no entry of its own")
	}
	return wire.Encode(b)
}

func (c Codec) body(k Kind, raw wire.Raw) (Body, error) {
	read, known := c.read[k]
	if !known {
		u := Unknown{k, raw}
		if len(k) == 0 || len(k) > wire.MaxName {
			return nil, fault.New(fault.Malformed, "record.kind", "", "an entry without a kind")
		}
		return u, u.Check()
	}
	return read(raw)
}

func (c Codec) readCorrection(b []byte) (Body, error) {
	var w correctionWire
	if err := wire.Decode(b, wire.MaxEntry, &w); err != nil {
		return nil, err
	}
	if w.Kind == KindCorrection {
		return nil, fault.New(fault.Malformed, "record.correction", "", "a correction within a correction")
	}
	if w.Withdrawn {
		if w.Now != nil || w.Kind == "" || len(w.Kind) > wire.MaxName {
			return nil, fault.New(fault.Malformed, "record.withdrawn", "", "a correction that withdraws an entry and says what it should have said, or withdraws nothing")
		}
		return Correction{Now: Withdrawn{w.Kind}, Reason: w.Reason, Back: w.Back, From: w.From}, nil
	}
	now, err := c.body(w.Kind, w.Now)
	if err != nil {
		return nil, err
	}
	return Correction{Now: now, Reason: w.Reason, Back: w.Back, From: w.From}, nil
}

// itemWire is an Item as the journal keeps it.
type itemWire struct {
	Entry  wire.Raw       `cbor:"1,keyasint"`
	Known  Instant        `cbor:"2,keyasint"`
	Over   Name           `cbor:"3,keyasint,omitempty"`
	Number uint64         `cbor:"4,keyasint,omitempty"`
	Gone   *destroyedWire `cbor:"5,keyasint,omitempty"` // it was destroyed: Entry has no body
}

// EncodeItem gives the journal's encoding of it.
func (c Codec) EncodeItem(it Item) ([]byte, error) {
	if d, gone := it.Body.(Destroyed); gone {
		return encodeBuried(it, d)
	}
	e, err := c.Encode(it.Entry)
	if err != nil {
		return nil, err
	}
	return wire.Encode(itemWire{e, it.Known, it.Came.over, it.Came.number, nil})
}

// DecodeItem reads what EncodeItem wrote and the vault authenticated. It is
// the third and last way to make a Came that is not by hand: the vault's seal
// says that this desk wrote it.
func (c Codec) DecodeItem(b []byte) (Item, error) {
	var w itemWire
	if err := wire.DecodeOwn(b, &w); err != nil {
		return Item{}, err
	}
	if w.Gone != nil {
		return decodeBuried(w)
	}
	e, err := c.Decode(w.Entry)
	if err != nil {
		return Item{}, fault.Wrap(err, fault.Corrupt, "record.journal", "run `backchannel verify`", "an entry in the journal does not decode")
	}
	return Item{Entry: e, Known: w.Known, Came: Came{w.Over, w.Number}}, nil
}
