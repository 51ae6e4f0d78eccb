package line

import (
	"encoding/binary"

	"backchannel/internal/fault"
)

// Row is one received segment on its way to the journal. Each slate gives one
// row per slot, real or not, all of the same size.
//
// Layout, big-endian: real 1, slot 1, class 1, first 1, line 4, run 4, number
// 4, batch 8, length 2, bytes 904, zeros to RowSize.
type Row struct {
	Real   bool
	Slot   int
	Line   uint32
	Class  Class
	First  bool
	Run    uint32
	Number uint32
	Batch  uint64 // counts slates of this deck; place in the ring is Batch mod RingBatches
	Bytes  []byte
}

const rowHead = 26

func (r *Row) encode() []byte {
	b := make([]byte, RowSize)
	b[0], b[1], b[2], b[3] = bit(r.Real), byte(r.Slot), byte(r.Class), bit(r.First)
	binary.BigEndian.PutUint32(b[4:], r.Line)
	binary.BigEndian.PutUint32(b[8:], r.Run)
	binary.BigEndian.PutUint32(b[12:], r.Number)
	binary.BigEndian.PutUint64(b[16:], r.Batch)
	binary.BigEndian.PutUint16(b[24:], uint16(len(r.Bytes)))
	copy(b[rowHead:], r.Bytes)
	return b
}

// DecodeRow reads a row as it was stored.
func DecodeRow(b []byte) (Row, error) {
	if len(b) != RowSize {
		return Row{}, fault.New(fault.Corrupt, "line.row", "", "a ring row of %d bytes", len(b))
	}
	n := int(binary.BigEndian.Uint16(b[24:]))
	r := Row{
		Real: b[0] == 1, Slot: int(b[1]), Class: Class(b[2]), First: b[3] == 1,
		Line: binary.BigEndian.Uint32(b[4:]), Run: binary.BigEndian.Uint32(b[8:]),
		Number: binary.BigEndian.Uint32(b[12:]), Batch: binary.BigEndian.Uint64(b[16:]),
	}
	if b[0] > 1 || r.Slot >= Slots || r.Class >= Classes || b[3] > 1 || n > SegmentSize {
		return Row{}, fault.New(fault.Corrupt, "line.row", "", "a ring row does not decode")
	}
	r.Bytes = b[rowHead : rowHead+n]
	return r, nil
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}
