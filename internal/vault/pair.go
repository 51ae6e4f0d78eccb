package vault

import (
	"crypto/rand"
	"encoding/binary"
	"io"
)

// block is what a disk writes at once. Slots begin and end on it, so that a
// torn write to one never harms its neighbour.
const block = 4096

// roundUp gives the whole blocks that n bytes need.
func roundUp(n int) int { return (n + block - 1) / block * block }

// pair keeps one value in two slots of a file, written in turn. The newest
// slot that opens is the value. A write that is cut short spoils only the
// older slot, so the value before it is still there.
type pair struct {
	f     file
	off   int64  // of the first slot
	size  int    // bytes of a slot on disk, whole blocks
	label string // binds slots to their file
	well  well
	last  int    // slot that holds the value, or -1
	gen   uint64 // its generation, or 0

	plain, sealed []byte // room for seal, which every tick needs
}

func (p *pair) ad(slot int) []byte { return rowAD("pair", p.label, uint64(slot)) }

// seal makes the bytes of the next slot, of a value in parts. They hold until the
// next call.
func (p *pair) seal(value ...[]byte) (b []byte, off int64) {
	slot := p.other()
	if p.plain == nil {
		p.plain, p.sealed = make([]byte, p.size-wellOverhead), make([]byte, 0, p.size)
	}
	binary.BigEndian.PutUint64(p.plain, p.gen+1)
	at := 8
	for _, v := range value {
		at += copy(p.plain[at:], v)
	}
	b = p.well.seal(p.sealed, p.plain, p.ad(slot))
	clear(p.plain) // the longest value is not kept behind a shorter one, nor longer than it is needed
	return b, p.off + int64(slot*p.size)
}

// wrote records that what seal made is on disk.
func (p *pair) wrote() { p.last, p.gen = p.other(), p.gen+1 }

// other is the slot that does not hold the value.
func (p *pair) other() int {
	if p.last == 0 {
		return 1
	}
	return 0
}

// take makes s the value.
func (p *pair) take(s slotValue) { p.last, p.gen = s.slot, s.gen }

// slotValue is one slot that opened.
type slotValue struct {
	slot  int
	gen   uint64
	value []byte
}

// read gives the slots that open, newest first.
func (p *pair) read() ([]slotValue, error) {
	var out []slotValue
	buf := make([]byte, p.size)
	for slot := range 2 {
		if _, err := p.f.ReadAt(buf, p.off+int64(slot*p.size)); err == io.EOF {
			continue
		} else if err != nil {
			return nil, diskFault(err, "the vault's %s cannot be read", p.label)
		}
		plain, err := p.well.open(buf, p.ad(slot))
		if err != nil {
			continue // never written, or torn: the other slot counts
		}
		v := slotValue{slot, binary.BigEndian.Uint64(plain), plain[8:]}
		if len(out) == 1 && out[0].gen < v.gen {
			out = append([]slotValue{v}, out...)
		} else {
			out = append(out, v)
		}
	}
	return out, nil
}

// noise gives n bytes that look like sealed ones: what a new file is filled with.
func noise(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
