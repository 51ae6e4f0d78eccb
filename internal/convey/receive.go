package convey

import (
	"fmt"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Taken is what a frame brought.
type Taken struct {
	Items   []record.Item // for the journal
	Refused []string      // why an entry was not taken in, one sentence each, for the keeper
}

// Receive takes in a frame that the line to peer delivered. The line has
// authenticated it, so its author is peer whatever it says; everything else in
// it is peer's word. A frame that is not well-formed is refused whole; an entry
// that may not be here is left out, and the refusal is told. Taking in the same
// frame twice gives nothing the second time.
func Receive(c Context, codec record.Codec, peer record.Name, frame []byte) (Taken, error) {
	var w parcelWire
	if err := wire.Decode(frame, wire.MaxFrame, &w); err != nil {
		return Taken{}, err
	}
	if w.Version != parcelVersion || w.First == 0 || len(w.Entries) == 0 {
		return Taken{}, fault.New(fault.Malformed, "convey.parcel", "bring this program up to date", "%s sent a parcel of an unknown form", peer)
	}
	if len(w.Entries) > wire.MaxPacket {
		return Taken{}, fault.New(fault.Limit, "convey.packet", "", "%s sent %d entries in one parcel, where at most %d are allowed", peer, len(w.Entries), wire.MaxPacket)
	}
	var t Taken
	seen := map[keys.ID]bool{}
	refuse := func(n uint64, err error) {
		t.Refused = append(t.Refused, fmt.Sprintf("Entry %d from %s was not taken in: %v.", n, peer, err))
	}
	for i, raw := range w.Entries {
		n := w.First + uint64(i)
		e, err := codec.Decode(raw)
		if err != nil {
			refuse(n, err)
			continue
		}
		e.By, e.Audience = peer, nil
		it := record.Item{Entry: e, Known: c.Now, Came: record.OverLine(peer, n)}
		if err := acceptable(it); err != nil {
			refuse(n, err)
			continue
		}
		if old, there := c.Record.Get(e.ID); there {
			if old.By != peer || old.Came.Number() != n {
				refuse(n, fault.New(fault.Refused, "convey.again", "", "it bears the id of another entry"))
			}
			continue
		}
		if seen[e.ID] {
			refuse(n, fault.New(fault.Refused, "convey.again", "", "it bears the id of another entry"))
			continue
		}
		seen[e.ID] = true
		t.Items = append(t.Items, it)
	}
	return t, nil
}

// Contents gives the entries in a frame that this desk made, for marking them
// as received when the other desk has acknowledged it.
func Contents(codec record.Codec, frame []byte) ([]record.Entry, error) {
	var w parcelWire
	if err := wire.DecodeOwn(frame, &w); err != nil {
		return nil, err
	}
	out := make([]record.Entry, len(w.Entries))
	for i, raw := range w.Entries {
		e, err := codec.Decode(raw)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

func acceptable(it record.Item) error {
	if record.IsPrivate(it.Body) {
		return fault.New(fault.Refused, "convey.private-kind", "", "entries of the kind %s never travel", it.Body.Kind())
	}
	return it.Check()
}

// Gap gives the numbers from first to last that are missing among what came
// from peer, and false if none is.
func Gap(r *record.Record, peer record.Name) (first, last uint64, missing bool) {
	have := map[uint64]bool{}
	var top uint64
	for _, it := range r.Known() {
		if it.Came.Over() == peer {
			have[it.Came.Number()] = true
			top = max(top, it.Came.Number())
		}
	}
	for n := uint64(1); n <= top; n++ {
		if !have[n] {
			if !missing {
				first, missing = n, true
			}
			last = n
		}
	}
	return first, last, missing
}

// First gives the number of the first entry in a frame that this desk made.
func First(frame []byte) (uint64, error) {
	var w parcelWire
	err := wire.DecodeOwn(frame, &w)
	return w.First, err
}
