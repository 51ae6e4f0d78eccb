package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// box seals with one AES-256-GCM key and random 96-bit nonces. That is safe
// for 2^32 seals (NIST SP 800-38D, section 8.3): rows are what people write,
// and stay far below. What is sealed every tick uses a well instead.
type box struct{ aead cipher.AEAD }

// boxOverhead is what a seal adds: nonce and tag.
const boxOverhead = 12 + 16

func newBox(key []byte) box {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // our own 32-byte key
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return box{a}
}

func (b box) seal(dst, plain, ad []byte) []byte { return b.aead.Seal(dst, nil, plain, ad) }

func (b box) open(dst, sealed, ad []byte) ([]byte, error) {
	return b.aead.Open(dst, nil, sealed, ad)
}

// well seals each message under a key of its own, drawn from a 128-bit random
// salt. No count of ticks can bring two seals under one key and nonce, and a
// store put back to an older copy does not either.
type well struct{ root []byte }

// wellOverhead is what a seal adds: salt, nonce and tag.
const wellOverhead = saltLen + boxOverhead

func (w well) box(salt []byte) box {
	k, err := hkdf.Key(sha256.New, w.root, salt, labelSlot, keyLen)
	if err != nil {
		panic(err) // fixed hash and length
	}
	defer clear(k)
	return newBox(k)
}

func (w well) seal(dst, plain, ad []byte) []byte {
	var salt [saltLen]byte
	rand.Read(salt[:])
	return w.box(salt[:]).seal(append(dst, salt[:]...), plain, ad)
}

func (w well) open(sealed, ad []byte) ([]byte, error) {
	if len(sealed) < wellOverhead {
		return nil, errShort
	}
	return w.box(sealed[:saltLen]).open(nil, sealed[saltLen:], ad)
}

// digest is the exclusive-or of a keyed hash of every row in the tables whose
// rows come and go. A row's hash covers its table, its key and its seal's tag.
// Who lacks the key cannot know any of these hashes, and so cannot remove a
// row, or bring back an old one, and keep the sum.
type digest [sha256.Size]byte

// toggle adds a row to the digest, or takes it out.
func (d *digest) toggle(mac hash.Hash, ad, tag []byte) {
	mac.Reset()
	mac.Write(ad)
	mac.Write(tag)
	for i, b := range mac.Sum(nil) {
		d[i] ^= b
	}
}

func newMAC(key []byte) hash.Hash { return hmac.New(sha256.New, key) }

// tagOf gives the tag of a sealed row.
func tagOf(sealed []byte) []byte { return sealed[len(sealed)-16:] }

// The associated data of a row: its table and its key, each with its length,
// so that no two rows of any tables share one.
func rowAD(table, key string, nums ...uint64) []byte {
	b := make([]byte, 0, 4+len(table)+len(key)+8*len(nums))
	b = append(b, byte(len(table)))
	b = append(b, table...)
	b = append(b, byte(len(key)))
	b = append(b, key...)
	for _, n := range nums {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return b
}

// chainOf is the journal's hash chain: what stands at a position, given
// what stood before it and what commits to the entry (commitOf).
func chainOf(prev [32]byte, pos uint64, commit [32]byte) (c [32]byte) {
	h := sha256.New()
	h.Write([]byte(labelJournal))
	h.Write(prev[:])
	h.Write(binary.BigEndian.AppendUint64(nil, pos))
	h.Write(commit[:])
	h.Sum(c[:0])
	return c
}
