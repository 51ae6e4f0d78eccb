package relay

import (
	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// The kinds of item. The numbers are on disk.
const (
	itemCohort   = 1
	itemTickets  = 2
	itemEnrol    = 3
	itemCell     = 4
	itemClose    = 5
	itemSnapshot = 6
	itemLeave    = 7
	itemBatch    = 8
)

// bundle is what one append carries: everything that came while the one
// before became durable.
type bundle struct {
	Version int      `cbor:"1,keyasint"`
	ID      [16]byte `cbor:"2,keyasint"`
	Items   []item   `cbor:"3,keyasint"`
}

// item is one event. Which fields count depends on its kind.
type item struct {
	Kind      int        `cbor:"1,keyasint"`
	Cohort    string     `cbor:"2,keyasint"`
	From      uint64     `cbor:"3,keyasint,omitempty"` // cell: tick; close: first tick; batch: ticket epoch + 1
	To        uint64     `cbor:"4,keyasint,omitempty"` // close: last tick
	Slot      int        `cbor:"5,keyasint,omitempty"`
	Cell      []byte     `cbor:"6,keyasint,omitempty"`
	TimeMS    int64      `cbor:"7,keyasint,omitempty"`
	Ticket    []byte     `cbor:"8,keyasint,omitempty"`  // hash; of a batch: of its errand
	Token     []byte     `cbor:"9,keyasint,omitempty"`  // hash
	ID        []byte     `cbor:"10,keyasint,omitempty"` // member id
	Tickets   []Hash     `cbor:"11,keyasint,omitempty"`
	ExpiryMS  int64      `cbor:"12,keyasint,omitempty"`
	Timetable *Timetable `cbor:"13,keyasint,omitempty"`
	Snapshot  *snapshot  `cbor:"14,keyasint,omitempty"`
	Epoch     uint64     `cbor:"15,keyasint,omitempty"` // enrol: ticket epoch + 1 of a blind ticket
	Revoke    []byte     `cbor:"16,keyasint,omitempty"` // enrol: hash of the revocation code
}

// snapshot is a cohort as it stood before its bundle.
type snapshot struct {
	Timetable Timetable    `cbor:"1,keyasint"`
	Members   []snapMember `cbor:"2,keyasint"`
	Tickets   []snapTicket `cbor:"3,keyasint"`
	Open      uint64       `cbor:"4,keyasint"`
	Floor     uint64       `cbor:"5,keyasint"` // no tick from here on had a cell
	Charters  []Signed     `cbor:"6,keyasint"`
	Spent     []snapSpent  `cbor:"7,keyasint"`
}

type snapMember struct {
	ID     MemberID `cbor:"1,keyasint"`
	Token  Hash     `cbor:"2,keyasint"`
	Ticket Hash     `cbor:"3,keyasint"`
	From   uint64   `cbor:"4,keyasint"` // 0 while undecided
	Until  uint64   `cbor:"5,keyasint"` // not in force from here on; 0 while no end is decided
	Leave  bool     `cbor:"6,keyasint"` // an end is asked for
	Revoke Hash     `cbor:"7,keyasint"`
	Epoch  uint64   `cbor:"8,keyasint"` // ticket epoch + 1 of Batch
	Batch  Hash     `cbor:"9,keyasint"` // of the errand whose tickets were signed
}

// snapSpent is a blind ticket that was used.
type snapSpent struct {
	Hash  Hash   `cbor:"1,keyasint"`
	Epoch uint64 `cbor:"2,keyasint"`
	Token Hash   `cbor:"3,keyasint"` // of who used it
}

type snapTicket struct {
	Hash     Hash  `cbor:"1,keyasint"`
	ExpiryMS int64 `cbor:"2,keyasint"`
	User     int   `cbor:"3,keyasint"` // slot + 1, 0 while unspent
}

// size is about what an item takes in a bundle.
func (it *item) size() int { return 96 + len(it.Cell) + 34*len(it.Tickets) }

func encodeBundle(id [16]byte, items []item) ([]byte, error) {
	b, err := wire.Encode(bundle{Version: 1, ID: id, Items: items})
	if err == nil && len(b) > maxBundleDecoded {
		err = fault.New(fault.Limit, "relay.bundle-size", "", "a bundle of %d bytes", len(b))
	}
	return b, err
}

func decodeBundle(raw []byte) (bundle, error) {
	var b bundle
	if err := wire.Decode(raw, maxBundleDecoded, &b); err != nil {
		return b, corruptBundle(err)
	}
	if b.Version != 1 {
		return b, corruptBundle(nil)
	}
	for i := range b.Items {
		if !b.Items[i].wellFormed() {
			return b, corruptBundle(nil)
		}
	}
	return b, nil
}

func corruptBundle(cause error) error {
	const id, hint, text = "relay.bundle", "restore the relay's data folder, or start a new one", "the relay's log holds something that is not a bundle"
	if cause == nil {
		return fault.New(fault.Corrupt, id, hint, text)
	}
	return fault.Wrap(cause, fault.Corrupt, id, hint, text)
}

func (it *item) wellFormed() bool {
	switch it.Kind {
	case itemCohort:
		return it.Timetable != nil && it.Timetable.Check() == nil && it.Timetable.Cohort == it.Cohort
	case itemTickets:
		return len(it.Tickets) <= MaxTickets
	case itemEnrol:
		return len(it.Ticket) == 32 && len(it.Token) == 32 && len(it.ID) == 16 && len(it.Revoke) == 32
	case itemLeave:
		return it.Slot >= 0 && it.Slot < MaxCapacity && len(it.ID) == 16
	case itemBatch:
		return it.Slot >= 0 && it.Slot < MaxCapacity && len(it.ID) == 16 && len(it.Ticket) == 32 && it.From > 0
	case itemCell:
		return it.Slot >= 0 && it.Slot < MaxCapacity && len(it.Cell) >= MinCellSize && len(it.Cell) <= MaxCellSize
	case itemClose:
		return it.From <= it.To
	case itemSnapshot:
		s := it.Snapshot
		return s != nil && s.Timetable.Check() == nil && s.Timetable.Cohort == it.Cohort && len(s.Members) <= s.Timetable.Capacity &&
			len(s.Charters) > 0 && len(s.Charters) <= MaxCharters && len(s.Spent) <= MaxSpent
	}
	return false
}
