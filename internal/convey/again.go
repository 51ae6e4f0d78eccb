package convey

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Bounds on one frame of what is sent again.
const (
	againEntries = 64
	againBytes   = 256 << 10
)

// Again gives frames with what went to peer under numbers above have and not
// above upto, as it went, from the journal: for a desk whose vault was put back
// to an older copy. What was logged before since is left out, and so the last
// number that was. An entry that is there already changes nothing there, so
// sending too much does no harm.
func Again(r *record.Record, codec record.Codec, peer record.Name, have, upto uint64, since record.Instant) (frames [][]byte, old uint64, err error) {
	w := parcelWire{Version: parcelVersion, Again: true}
	size := 0
	flush := func() error {
		if len(w.Entries) == 0 {
			return nil
		}
		b, err := wire.Encode(w)
		frames, w.Entries, size = append(frames, b), nil, 0
		return err
	}
	number := uint64(0)
	for _, it := range r.Known() {
		if it.By != r.Keeper() || !slices.Contains(it.Audience, peer) || !r.GivenTo(it, peer) {
			continue
		}
		if number = r.NextSent(peer, number); number <= have || number > upto {
			continue
		}
		if it.Known < since {
			old = number
			continue
		}
		e := record.Scrub(it.Entry, func(id keys.ID) bool {
			other, ok := r.Get(id)
			return ok && other.Known <= it.Known && r.GivenTo(other, peer)
		})
		e.By = ""
		b, err := codec.Encode(e)
		if err != nil {
			return nil, 0, err
		}
		if len(w.Entries) > 0 && (len(w.Entries) == againEntries || size+len(b) > againBytes || number != w.First+uint64(len(w.Entries))) {
			if err := flush(); err != nil {
				return nil, 0, err
			}
		}
		if len(w.Entries) == 0 {
			w.First = number
		}
		w.Entries, size = append(w.Entries, b), size+len(b)
	}
	return frames, old, flush()
}

// IsAgain reports whether a frame that this desk made holds what had been sent
// before.
func IsAgain(frame []byte) bool {
	var w parcelWire
	return wire.DecodeOwn(frame, &w) == nil && w.Again
}

// Have gives the number up to which everything that came from peer is here, and
// the highest that did. It takes in what is in have.
func Have(r *record.Record, peer record.Name, have map[uint64]bool) (all, top uint64) {
	for _, it := range r.Known() {
		if it.Came.Over() == peer {
			have[it.Came.Number()] = true
			top = max(top, it.Came.Number())
		}
	}
	for have[all+1] {
		all++
	}
	return all, top
}

// Standing is what one desk says to the other of what passed between them, when
// one of the two vaults may have been put back to an older copy.
type Standing struct {
	Step StandingStep
	Have uint64 // everything up to this number came, and is there
	Top  uint64 // the highest number that came
	Sent uint64 // the last number that it gave to what it sent
	Upto uint64 // up to this number, the other desk has acknowledged everything
}

// StandingStep is what a standing is for.
type StandingStep uint8

// The steps. What is asked for by a desk that merely has not read its inbox yet
// would be sent for nothing; so it asks only after it was told what it should
// have.
const (
	StandingSay    StandingStep = iota // a desk began, or was told that something is odd
	StandingAnswer                     // the two do not agree
	StandingLast                       // an answer to an answer, and needs none
	StandingAsk                        // send what comes after Have again
)

type standingWire struct {
	Version  int       `cbor:"1,keyasint"`
	Standing [4]uint64 `cbor:"20,keyasint"`
	Step     uint8     `cbor:"21,keyasint"`
}

// Encode gives the frame that carries it, in the class of control.
func (s Standing) Encode() ([]byte, error) {
	return wire.Encode(standingWire{parcelVersion, [4]uint64{s.Have, s.Top, s.Sent, s.Upto}, uint8(s.Step)})
}

// DecodeStanding reads a foreign frame, and reports whether it is a standing.
func DecodeStanding(frame []byte) (Standing, bool) {
	var w standingWire
	if err := wire.Decode(frame, 64, &w); err != nil || w.Version != parcelVersion || w.Step > uint8(StandingAsk) {
		return Standing{}, false
	}
	n := w.Standing
	return Standing{StandingStep(w.Step), n[0], n[1], n[2], n[3]}, n[0] <= n[1]
}
