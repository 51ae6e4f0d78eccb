package relay

import (
	"encoding/binary"

	"backchannel/internal/fault"
)

// At every tick that is a multiple of join-every, each member's request
// carries an errand and the reply its receipt, both of constant length,
// whether there is anything to run or not: so asking for tickets, and leaving,
// show nothing on the wire. [RELAY-26]

const (
	errandHead  = 9
	receiptHead = 1

	errandLeave = 1
	errandBatch = 2
)

// Errand is what a member asks of the relay besides carrying its cell.
type Errand struct {
	Leave bool     // be taken off the roster at the next join epoch
	Epoch uint64   // ticket epoch + 1 of Batch; 0: none
	Batch [][]byte // blinded tickets, as many as the timetable says
}

// Receipt is the answer to an errand.
type Receipt struct {
	Status ReceiptStatus
	Signed [][]byte // blind signatures, when ReceiptSigned
}

// ReceiptStatus says what became of the batch.
type ReceiptStatus uint8

// The statuses.
const (
	ReceiptNone    ReceiptStatus = iota // nothing was asked, or it cannot be had now
	ReceiptSigned                       // here are the signatures
	ReceiptRefused                      // another batch of this member stands for this epoch
)

// JoinTick reports whether errands ride at a tick.
func (t Timetable) JoinTick(tick uint64) bool { return tick%t.JoinEvery == 0 }

// TicketEpoch gives the ticket epoch of a tick.
func (t Timetable) TicketEpoch(tick uint64) uint64 {
	if t.TicketEvery == 0 {
		return 0
	}
	return tick / t.TicketEvery
}

func (t Timetable) errandSize() int  { return errandHead + t.Tickets*TicketKeySize }
func (t Timetable) receiptSize() int { return receiptHead + t.Tickets*TicketKeySize }

// Encode gives the fixed layout.
func (e Errand) Encode(t Timetable) []byte {
	b := make([]byte, t.errandSize())
	if e.Leave {
		b[0] |= errandLeave
	}
	if e.Epoch == 0 || len(e.Batch) != t.Tickets || t.Tickets == 0 {
		return b
	}
	b[0] |= errandBatch
	binary.BigEndian.PutUint64(b[1:], e.Epoch)
	for i, m := range e.Batch {
		copy(b[errandHead+i*TicketKeySize:], m)
	}
	return b
}

// DecodeErrand reads an errand; the batch stays part of b.
func DecodeErrand(t Timetable, b []byte) (Errand, error) {
	bad := fault.New(fault.Malformed, "relay.errand", "", "not an errand of this cohort")
	if len(b) != t.errandSize() || b[0]&^(errandLeave|errandBatch) != 0 {
		return Errand{}, bad
	}
	e := Errand{Leave: b[0]&errandLeave != 0, Epoch: binary.BigEndian.Uint64(b[1:])}
	if b[0]&errandBatch == 0 {
		if !allZero(b[1:]) {
			return Errand{}, bad
		}
		return e, nil
	}
	if e.Epoch == 0 || t.Tickets == 0 {
		return Errand{}, bad
	}
	e.Batch = blocks(b[errandHead:])
	return e, nil
}

// Encode gives the fixed layout.
func (r Receipt) Encode(t Timetable) []byte {
	b := make([]byte, t.receiptSize())
	b[0] = byte(r.Status)
	for i, m := range r.Signed {
		copy(b[receiptHead+i*TicketKeySize:], m)
	}
	return b
}

// DecodeReceipt reads a receipt; the signatures stay part of b.
func DecodeReceipt(t Timetable, b []byte) (Receipt, error) {
	bad := fault.New(fault.Malformed, "relay.receipt", "", "not a receipt of this cohort")
	if len(b) != t.receiptSize() || b[0] > byte(ReceiptRefused) {
		return Receipt{}, bad
	}
	r := Receipt{Status: ReceiptStatus(b[0])}
	if r.Status != ReceiptSigned {
		if !allZero(b[1:]) {
			return Receipt{}, bad
		}
		return r, nil
	}
	if t.Tickets == 0 {
		return Receipt{}, bad
	}
	r.Signed = blocks(b[receiptHead:])
	return r, nil
}

func blocks(b []byte) (out [][]byte) {
	for ; len(b) > 0; b = b[TicketKeySize:] {
		out = append(out, b[:TicketKeySize:TicketKeySize])
	}
	return out
}
