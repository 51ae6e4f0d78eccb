package vault

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"

	"backchannel/internal/keys"
)

// What arrives is sealed to the vault's public key before it is written, whether
// the vault is open or locked, so that both are the same work and leave the same
// on disk. The private key follows from the data key, and so is gone while the
// vault is locked.

// lineKeys is what the deck needs of the vault's keys. No other key follows
// from these.
type lineKeys struct {
	well well                // seals the deck's states, and what is on disk of its rows
	ek   []byte              // the vault's public key
	seed *[keys.KEMSeed]byte // its private key; nil in what a locked deck holds
}

// newLineKeys derives them from the data key.
func newLineKeys(key []byte) lineKeys {
	k := lineKeys{well: well{derive(key, labelDeck)}, seed: new([keys.KEMSeed]byte)}
	s := derive(key, labelInbox)
	copy(k.seed[:], s)
	clear(s)
	var err error
	if k.ek, err = keys.XWing().Public(*k.seed); err != nil {
		panic(err) // every seed gives a key
	}
	return k
}

// public gives the keys without the private one, in places of their own.
func (k lineKeys) public() lineKeys {
	return lineKeys{well: well{bytes.Clone(k.well.root)}, ek: bytes.Clone(k.ek)}
}

// opener gives what opens rows.
func (k lineKeys) opener() *opener {
	o := &opener{}
	o.seed = *k.seed
	return o
}

// rowSeal is what the seal of a row adds: the encapsulation, which all rows of
// one tick share, and a tag.
const rowSeal = keys.KEMCiphertext + 16

// rowKey seals the rows of one tick. The key is used for these alone, and for
// each index once, so the index is the nonce.
type rowKey struct {
	enc  []byte
	aead cipher.AEAD
}

func newRowKey(enc, secret []byte) rowKey {
	k := derive(secret, labelInRow)
	defer clear(k)
	b, err := aes.NewCipher(k)
	if err != nil {
		panic(err) // our own 32-byte key
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return rowKey{bytes.Clone(enc), a}
}

// fresh gives a key for the rows of one tick, that only the vault's private key
// gives again.
func (k lineKeys) fresh() (rowKey, error) {
	enc, secret, err := keys.XWing().Encapsulate(k.ek)
	if err != nil {
		return rowKey{}, err
	}
	defer clear(secret)
	return newRowKey(enc, secret), nil
}

func rowNonce(index uint64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, 4, 12), index)
}

func rowInAD(index uint64) []byte { return rowAD("inbox", "row", index) }

// seal appends the encapsulation and the sealed row.
func (k rowKey) seal(dst, row []byte, index uint64) {
	dst = append(dst, k.enc...)
	k.aead.Seal(dst, rowNonce(index), row, rowInAD(index))
}

// opener opens rows. It keeps the key of the last tick, since rows come one
// after the other.
type opener struct {
	seed [keys.KEMSeed]byte
	last rowKey
}

func (o *opener) open(enc, sealed []byte, index uint64) ([]byte, error) {
	if !bytes.Equal(enc, o.last.enc) {
		secret, err := keys.XWing().Decapsulate(o.seed, enc)
		if err != nil {
			return nil, errDeck("what arrived is not sealed to this vault")
		}
		o.last = newRowKey(enc, secret)
		clear(secret)
	}
	row, err := o.last.aead.Open(nil, rowNonce(index), sealed, rowInAD(index))
	if err != nil {
		return nil, errDeck("what arrived does not open")
	}
	return row, nil
}

// forget clears what can be cleared.
func (o *opener) forget() {
	if o != nil {
		clear(o.seed[:])
		o.last = rowKey{}
	}
}
