// Package keys holds the names that things go by: identifiers, content hashes,
// key fingerprints, and the words in which people read them to one another.
package keys

import (
	"encoding/hex"
	"io"

	"backchannel/internal/fault"
)

// ID names one entry of a record. It is 16 random bytes, drawn by the desk
// that writes the entry, so that it says nothing about how many came before.
type ID [16]byte

// NewID draws an ID from rand.
func NewID(rand io.Reader) (ID, error) {
	var id ID
	if _, err := io.ReadFull(rand, id[:]); err != nil {
		return ID{}, fault.Wrap(err, fault.Internal, "keys.rand", "", "no randomness")
	}
	return id, nil
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// String gives id in hexadecimal, or "" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

// Short gives the first eight hexadecimal digits: enough for a person to pick
// an entry on one desk.
func (id ID) Short() string {
	s := id.String()
	return s[:min(8, len(s))]
}

// MarshalText writes id as String does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	return unhex(id[:], b)
}

// Hash is the SHA-256 content hash of a term or a package.
type Hash [32]byte

// IsZero reports whether h is the hash of nothing.
func (h Hash) IsZero() bool { return h == Hash{} }

// String gives h in hexadecimal, or "" for the zero Hash.
func (h Hash) String() string {
	if h.IsZero() {
		return ""
	}
	return hex.EncodeToString(h[:])
}

// Words gives h as n words to be read aloud.
func (h Hash) Words(n int) []string { return Words(h[:], n) }

// MarshalText writes h as String does.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*h = Hash{}
		return nil
	}
	return unhex(h[:], b)
}

func unhex(dst, b []byte) error {
	if len(b) != 2*len(dst) {
		return fault.New(fault.Malformed, "keys.hex", "", "%d hexadecimal digits expected, %d found", 2*len(dst), len(b))
	}
	if _, err := hex.Decode(dst, b); err != nil {
		return fault.Wrap(err, fault.Malformed, "keys.hex", "", "not hexadecimal")
	}
	return nil
}
