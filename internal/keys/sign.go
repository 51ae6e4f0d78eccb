package keys

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"backchannel/internal/fault"
)

// Suite says how something was signed. Only those below exist; a second
// signature beside Ed25519 would be a suite of its own.
type Suite uint16

// SuiteEd25519 is Ed25519 (RFC 8032).
const SuiteEd25519 Suite = 1

// FingerprintWords is how many words people compare for a key: 132 bits, since
// whoever wants to pass his own key for another's can try many.
const FingerprintWords = 12

const labelKey = "backchannel channel key v1"

// SignKey is the secret half of a confirmation key.
type SignKey struct{ seed [ed25519.SeedSize]byte }

// NewSignKey draws a key from rand.
func NewSignKey(rand io.Reader) (SignKey, error) {
	var k SignKey
	if _, err := io.ReadFull(rand, k.seed[:]); err != nil {
		return SignKey{}, fault.Wrap(err, fault.Internal, "keys.rand", "", "no randomness")
	}
	return k, nil
}

// SignKeyOf gives the key that Secret gave.
func SignKeyOf(secret []byte) (SignKey, error) {
	var k SignKey
	if len(secret) != len(k.seed) {
		return SignKey{}, fault.New(fault.Corrupt, "keys.secret", "restore a backup, or ask for help", "a stored key of %d bytes", len(secret))
	}
	copy(k.seed[:], secret)
	return k, nil
}

// Secret gives what is to be stored, sealed.
func (k SignKey) Secret() []byte { return bytes.Clone(k.seed[:]) }

// Public gives the half that others get.
func (k SignKey) Public() PublicKey {
	pub, _ := ed25519.NewKeyFromSeed(k.seed[:]).Public().(ed25519.PublicKey)
	return PublicKey{SuiteEd25519, pub}
}

// Sign signs a message, which its caller has given a label of its own.
func (k SignKey) Sign(message []byte) []byte {
	return ed25519.Sign(ed25519.NewKeyFromSeed(k.seed[:]), message)
}

// PublicKey is a key by which confirmations are verified.
type PublicKey struct {
	Suite Suite
	Key   []byte
}

// Check reports why a key cannot be one: [CONF-1].
func (k PublicKey) Check() error {
	switch {
	case k.Suite != SuiteEd25519:
		return fault.New(fault.Malformed, "keys.suite", "bring this program up to date", "a key of the unknown suite %d", k.Suite)
	case len(k.Key) != ed25519.PublicKeySize:
		return fault.New(fault.Malformed, "keys.public", "", "a key of %d bytes where %d are needed", len(k.Key), ed25519.PublicKeySize)
	case smallOrder(k.Key):
		return fault.New(fault.Malformed, "keys.weak", "ask for another key", "a key under which a signature fits any text")
	}
	return nil
}

// CheckSignature reports why a signature cannot be one, without verifying it.
func (k PublicKey) CheckSignature(signature []byte) error {
	if err := k.Check(); err != nil {
		return err
	}
	if len(signature) != ed25519.SignatureSize {
		return fault.New(fault.Malformed, "keys.signature", "", "a signature of %d bytes where %d are needed", len(signature), ed25519.SignatureSize)
	}
	return nil
}

// Verify reports whether the key's holder signed the message.
func (k PublicKey) Verify(message, signature []byte) bool {
	return k.CheckSignature(signature) == nil && ed25519.Verify(k.Key, message, signature)
}

// Fingerprint gives what people compare: [CONF-2].
func (k PublicKey) Fingerprint() Hash {
	return sha256.Sum256(Frame([]byte(labelKey), binary.BigEndian.AppendUint16(nil, uint16(k.Suite)), k.Key))
}

// Frame joins parts, each preceded by its length, so that no two different
// lists give the same bytes.
func Frame(parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += 8 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}

// smallOrder reports whether key encodes a point of small order. There are
// eight such points; with encodings that are not reduced, and with either sign,
// these are all that a verifier would take.
func smallOrder(key []byte) bool {
	y := bytes.Clone(key)
	y[31] &= 0x7f // the sign of x
	for _, bad := range [...]string{
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0100000000000000000000000000000000000000000000000000000000000000", // order 1
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 4, not reduced
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 1, not reduced
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // order 8
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
	} {
		if hex.EncodeToString(y) == bad {
			return true
		}
	}
	return false
}

// Same reports whether what a person typed is this fingerprint: twelve words
// or 64 hexadecimal digits, however they are spaced. What is neither is an
// error, so that a slip of the hand does not look like another key.
func (h Hash) Same(typed string) (bool, error) {
	fields := strings.FieldsFunc(strings.ToLower(typed), func(r rune) bool { return strings.ContainsRune(" \t\r\n-,.:;", r) })
	if digits := strings.Join(fields, ""); len(digits) == 2*len(h) {
		if _, err := hex.DecodeString(digits); err == nil {
			return digits == h.String(), nil
		}
	}
	if len(fields) != FingerprintWords {
		return false, fault.New(fault.Malformed, "keys.typed", "give all twelve words, or all 64 digits", "%d words where a fingerprint has %d", len(fields), FingerprintWords)
	}
	for i, w := range fields {
		if !isWord(w) {
			return false, fault.New(fault.Malformed, "keys.no-word", "ask for that word again", "word %d, %q, is none that a fingerprint has", i+1, w)
		}
	}
	return slices.Equal(fields, h.Words(FingerprintWords)), nil
}

// isWord reports whether w is one of the 2,048 words.
func isWord(w string) bool {
	if len(w) != 4 {
		return false
	}
	v := 0
	for i, sounds := range [...]string{consonants, vowels, consonants, vowels} {
		at := strings.IndexByte(sounds, w[i])
		if at < 0 {
			return false
		}
		v = v*len(sounds) + at
	}
	return v < 1<<BitsPerWord
}
