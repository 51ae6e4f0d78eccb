// Package wire holds the one encoding that Backchannel uses, and the bounds
// on bytes that came from somebody else.
//
// The encoding is CBOR (RFC 8949) in its core deterministic form (section
// 4.2.1): a value has exactly one encoding. Decode accepts that one and
// refuses every other, so what was hashed or compared is what was meant.
package wire

import (
	"bytes"
	"fmt"

	"github.com/fxamacker/cbor/v2"

	"backchannel/internal/fault"
)

// Raw is an encoded item that is kept as it is.
type Raw = cbor.RawMessage

// Both modes are built once and only read afterwards.
var (
	encMode = mustEnc()
	decMode = mustDec(cbor.ExtraDecErrorUnknownField)
	rawMode = mustDec(cbor.ExtraDecErrorNone)
)

func mustEnc() cbor.EncMode {
	o := cbor.CoreDetEncOptions()
	o.TagsMd = cbor.TagsForbidden
	o.IndefLength = cbor.IndefLengthForbidden
	m, err := o.EncMode()
	if err != nil {
		panic(err) // our own options, fixed at build time
	}
	return m
}

func mustDec(extra cbor.ExtraDecErrorCond) cbor.DecMode {
	m, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		MaxNestedLevels:   MaxDepth,
		MaxArrayElements:  MaxItems,
		MaxMapPairs:       MaxItems,
		ExtraReturnErrors: extra,
		UTF8:              cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		panic(err) // our own options, fixed at build time
	}
	return m
}

// Encode gives the one encoding of v. It fails only for a type that has none,
// which is a mistake of ours.
func Encode(v any) ([]byte, error) {
	b, err := encMode.Marshal(v)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "wire.encode", "", "cannot encode %T", v)
	}
	return b, nil
}

// MustEncode is Encode for types whose every value has an encoding. It panics
// otherwise, which only a broken type of ours can cause.
func MustEncode(v any) []byte {
	b, err := Encode(v)
	if err != nil {
		panic(fmt.Sprintf("wire: %v", err))
	}
	return b
}

// Decode reads foreign bytes into v: at most limit bytes, well-formed, with no
// unknown field, nothing behind the value, and in the one encoding that Encode
// would give. Anything else is Malformed, or Limit when it is too long.
func Decode(b []byte, limit int, v any) error {
	if len(b) > limit {
		return fault.New(fault.Limit, "wire.limit", "", "%d bytes where at most %d are allowed", len(b), limit)
	}
	if err := decMode.Unmarshal(b, v); err != nil {
		return fault.Wrap(err, fault.Malformed, "wire.decode", "", "not a well-formed %T", v)
	}
	again, err := encMode.Marshal(v)
	if err != nil || !bytes.Equal(again, b) {
		return fault.New(fault.Malformed, "wire.canonical", "", "not in the one allowed encoding")
	}
	return nil
}

// DecodeOwn reads bytes that this program wrote and that were authenticated
// when read back. It skips the check for the one encoding.
func DecodeOwn(b []byte, v any) error {
	if err := decMode.Unmarshal(b, v); err != nil {
		return fault.Wrap(err, fault.Corrupt, "wire.own", "", "stored bytes do not decode as %T", v)
	}
	return nil
}

// CheckRaw reports whether raw is one well-formed item in the one encoding,
// without knowing its type. It is how an entry of an unknown kind is checked.
func CheckRaw(raw []byte) error {
	var v any
	if err := rawMode.Unmarshal(raw, &v); err != nil {
		return fault.Wrap(err, fault.Malformed, "wire.decode", "", "not well-formed")
	}
	again, err := encMode.Marshal(v)
	if err != nil || !bytes.Equal(again, raw) {
		return fault.New(fault.Malformed, "wire.canonical", "", "not in the one allowed encoding")
	}
	return nil
}
