package line

import (
	"encoding/binary"

	"backchannel/internal/fault"
)

// The two large byte arrays of a slot. They encode as CBOR byte strings like
// every other array, but in one copy: the state is written in each tick.
type (
	arena     [arenaSize]byte
	sentTicks [Window * 4]byte
)

// MarshalCBOR gives a byte string.
func (a arena) MarshalCBOR() ([]byte, error) { return byteString(a[:]), nil }

// MarshalCBOR gives a byte string.
func (s sentTicks) MarshalCBOR() ([]byte, error) { return byteString(s[:]), nil }

// UnmarshalCBOR reads a byte string of exactly this length.
func (a *arena) UnmarshalCBOR(b []byte) error { return fixedString(a[:], b) }

// UnmarshalCBOR reads a byte string of exactly this length.
func (s *sentTicks) UnmarshalCBOR(b []byte) error { return fixedString(s[:], b) }

// byteString works for lengths from 256 to 65535, as these have.
func byteString(b []byte) []byte {
	out := make([]byte, 0, 3+len(b))
	return append(binary.BigEndian.AppendUint16(append(out, 0x59), uint16(len(b))), b...)
}

func fixedString(dst, b []byte) error {
	if len(b) != 3+len(dst) || b[0] != 0x59 || int(binary.BigEndian.Uint16(b[1:])) != len(dst) {
		return fault.New(fault.Corrupt, "line.state", "", "a byte string of the wrong length")
	}
	copy(dst, b[3:])
	return nil
}
