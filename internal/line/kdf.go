package line

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
)

// prefix starts every label of this package: name and version. A key derived
// for one purpose is never the key for another.
const prefix = "backchannel line v1 "

// mac is HMAC-SHA256 of prefix, name, a zero byte and the parts. It is written
// out because it runs a few hundred times in each tick, and the library's form
// allocates each time; TestMacIsHMAC compares the two.
func mac(key *[32]byte, name string, parts ...[]byte) [32]byte {
	var in [256]byte
	for i := range 64 {
		in[i] = 0x36
	}
	for i, k := range key {
		in[i] ^= k
	}
	m := append(append(append(in[:64], prefix...), name...), 0)
	for _, p := range parts {
		m = append(m, p...)
	}
	inner := sha256.Sum256(m)
	var out [96]byte
	for i := range 64 {
		out[i] = 0x5c
	}
	for i, k := range key {
		out[i] ^= k
	}
	copy(out[64:], inner[:])
	sum := sha256.Sum256(out[:])
	clear(in[:]) // the padded key; the rest of the stack is beyond us
	clear(out[:])
	return sum
}

// hash is SHA-256 over prefix, name, a zero byte and the parts. Every caller's
// parts have fixed lengths, or one part only has none, so no two inputs meet.
func hash(name string, parts ...[]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte(prefix))
	h.Write([]byte(name))
	h.Write([]byte{0})
	for _, p := range parts {
		h.Write(p)
	}
	return [32]byte(h.Sum(nil))
}

// extract is HKDF-Extract with a 32-byte salt.
func extract(salt [32]byte, ikm []byte) [32]byte {
	prk, err := hkdf.Extract(sha256.New, ikm, salt[:])
	if err != nil {
		panic(err) // SHA-256 is there, and HKDF has no other error
	}
	return [32]byte(prk)
}

// expand is HKDF-Expand under a label and a context of 32 bytes.
func expand(prk [32]byte, name string, ctx [32]byte, n int) []byte {
	out, err := hkdf.Expand(sha256.New, prk[:], prefix+name+"\x00"+string(ctx[:]), n)
	if err != nil {
		panic(err) // n is a constant of ours, far below the bound
	}
	return out
}

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
