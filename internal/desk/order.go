package desk

import (
	"bytes"
	"crypto/rand"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
)

// change is a change of the deck as a value: what the desk decides, and whoever
// steps the deck does at the next beat. It names lines by their numbers and
// nobody by name, so whoever does it need not know whom they lead to.
type change struct {
	Kind     changeKind `cbor:"1,keyasint"`
	Slot     int        `cbor:"2,keyasint,omitempty"`
	Line     uint32     `cbor:"3,keyasint,omitempty"` // in Slot; or the number that the new line must get
	Free     []uint32   `cbor:"4,keyasint,omitempty"` // lines that failed, whose slots are freed first
	Lines    []uint32   `cbor:"5,keyasint,omitempty"` // to remove
	Shut     bool       `cbor:"6,keyasint,omitempty"` // of these, only those that are not open
	Replaces uint32     `cbor:"7,keyasint,omitempty"` // the line that the new keys are for
	Of       []byte     `cbor:"8,keyasint,omitempty"` // the words of the renewal, hashed
	Seed     []byte     `cbor:"9,keyasint,omitempty"` // fresh random bytes

	// Of an invite to be made.
	Relay   line.Relay `cbor:"10,keyasint"`
	Tickets [][]byte   `cbor:"11,keyasint,omitempty"`
	Label   string     `cbor:"12,keyasint,omitempty"`
	Life    uint64     `cbor:"13,keyasint,omitempty"`
	Until   int64      `cbor:"14,keyasint,omitempty"`
	Short   bool       `cbor:"15,keyasint,omitempty"`

	Invite []byte `cbor:"16,keyasint,omitempty"` // to take up
}

type changeKind string

const (
	changeInvite changeKind = "invite"
	changeAccept changeKind = "accept"
	changeRemove changeKind = "remove"
	changeRenew  changeKind = "renew"
	changeTakeUp changeKind = "take-up"
	changeAdopt  changeKind = "adopt"
	changeForget changeKind = "forget" // a renewal
)

// made is what a change gives back.
type made struct {
	Line   uint32   `cbor:"1,keyasint"`           // the new line
	Invite []byte   `cbor:"2,keyasint,omitempty"` // that was made
	Groups []string `cbor:"3,keyasint,omitempty"` // of a short one
}

// fresh gives n random bytes.
func fresh(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// Lengths of Seed.
const (
	inviterSeed = 96
	joinerSeed  = 80
)

// prepared is a change with its keys made, so that the beat does no more than at
// other times.
type prepared struct {
	change
	kem keys.KEM
}

func (o change) prepare() (prepared, error) {
	q := prepared{change: o}
	want := 0
	switch o.Kind {
	case changeInvite, changeRenew:
		want = inviterSeed
	case changeAccept, changeTakeUp:
		want = joinerSeed
	}
	if len(o.Seed) != want {
		return q, fault.New(fault.Internal, "desk.change", "", "a change of the lines with %d random bytes", len(o.Seed))
	}
	var err error
	switch want {
	case inviterSeed:
		q.kem, err = line.PrepareInvite(keys.XWing(), [inviterSeed]byte(o.Seed))
	case joinerSeed:
		q.kem, err = line.PrepareAccept(keys.XWing(), [joinerSeed]byte(o.Seed))
	}
	return q, err
}

// apply gives the next deck.
func (o prepared) apply(dk *line.Deck) (*line.Deck, made, error) {
	var err error
	switch o.Kind {
	case changeInvite, changeAccept:
		return o.open(dk)
	case changeRemove:
		dk, err = o.remove(dk)
	case changeRenew:
		dk, err = dk.Renew(o.Slot, o.kem, [inviterSeed]byte(o.Seed))
	case changeTakeUp:
		dk, err = dk.TakeUp(o.Slot, o.kem, [joinerSeed]byte(o.Seed))
	case changeAdopt, changeForget:
		st, serr := dk.Status(o.Slot)
		if serr != nil || st.Line != o.Line || !bytes.Equal(wordsHash(st), o.Of) {
			return nil, made{}, fault.New(fault.Refused, "desk.renewal", "look again with `backchannel lines`", "the line was made anew once more, and the words are others")
		}
		if o.Kind == changeAdopt {
			dk, err = dk.Adopt(o.Slot)
		} else {
			dk, err = dk.Remove(o.Slot)
		}
	default:
		err = fault.New(fault.Internal, "desk.change", "", "an unknown change of the lines")
	}
	return dk, made{}, err
}

// open puts a new line on the deck.
func (o prepared) open(dk *line.Deck) (next *line.Deck, m made, err error) {
	for _, st := range dk.Lines() {
		if st.Phase != line.PhaseFailed || !has(o.Free, st.Line) {
			continue
		}
		if dk, err = dk.Remove(st.Slot); err != nil {
			return nil, m, err
		}
	}
	var slot int
	if o.Kind == changeAccept {
		inv, err := line.DecodeInvite(o.Invite)
		if err != nil {
			return nil, m, err
		}
		if next, slot, err = dk.Accept(inv, o.kem, [joinerSeed]byte(o.Seed)); err != nil {
			return nil, m, err
		}
	} else {
		var inv *line.Invite
		next, slot, inv, err = dk.Invite(line.InviteRequest{Relay: o.Relay, Tickets: o.Tickets, Label: o.Label, Life: o.Life, Until: o.Until,
			Rand: [inviterSeed]byte(o.Seed), Short: o.Short}, o.kem)
		if err != nil {
			return nil, m, err
		}
		m.Invite = inv.Encode()
		if o.Short {
			m.Groups = inv.Groups()
		}
	}
	if o.Replaces != 0 {
		if next, err = next.Replace(slot, o.Replaces); err != nil {
			return nil, m, err
		}
	}
	st, err := next.Status(slot)
	if err != nil {
		return nil, m, err
	}
	if m.Line = st.Line; o.Line != 0 && o.Line != st.Line {
		return nil, m, fault.New(fault.Internal, "desk.line-number", "try again", "another line was opened meanwhile")
	}
	return next, m, nil
}

func (o change) remove(dk *line.Deck) (_ *line.Deck, err error) {
	for _, st := range dk.Lines() {
		if !has(o.Lines, st.Line) || o.Shut && st.Phase == line.PhaseOpen {
			continue // opened meanwhile, perhaps
		}
		if dk, err = dk.Remove(st.Slot); err != nil {
			return nil, err
		}
	}
	return dk, nil
}

func has(lines []uint32, n uint32) bool {
	for _, l := range lines {
		if l == n {
			return true
		}
	}
	return false
}

// order is a change of the deck that waits for the beat: the deck's state is
// stored once a tick, not when somebody clicks.
type order struct {
	prepared
	done chan outcome // buffered; gets the outcome once the state is on disk
}

type outcome struct {
	made
	err error
}

// fail ends orders that will not be done.
func fail(orders []order, err error) {
	for _, o := range orders {
		o.done <- outcome{err: err}
	}
}
