package pouch

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Prefixes of the two texts.
const (
	KeyPrefix = "backchannel-pouch-key:"
	Prefix    = "backchannel-pouch:"
)

// MaxText is how long a sealed text may be, in bytes.
const MaxText = 32 << 10

const (
	suite      = 1
	version    = 1
	publicSize = 2 + keys.KEMPublic + 32
	headSize   = 1 + 8 + 8 + 16
	plainHead  = 12
	smallest   = 256
	largest    = 2 * MaxText
	gcmTag     = 16
	sumSize    = 8
	maxArmored = 3 * largest
)

// Secret is what a desk keeps of its pouch key.
type Secret struct {
	KEM [keys.KEMSeed]byte `cbor:"1,keyasint"`
	DH  [32]byte           `cbor:"2,keyasint"`
}

// Key is the public half. The zero Key is none.
type Key struct {
	kem []byte
	dh  []byte
}

// Public gives the public half of a secret key.
func (s *Secret) Public(kem keys.KEM) (Key, error) {
	ek, err := kem.Public(s.KEM)
	if err != nil {
		return Key{}, err
	}
	dh, err := ecdh.X25519().NewPrivateKey(s.DH[:])
	if err != nil {
		return Key{}, fault.Wrap(err, fault.Internal, "pouch.key", "", "no key from these bytes")
	}
	return Key{ek, dh.PublicKey().Bytes()}, nil
}

func (k Key) bytes() []byte {
	out := binary.BigEndian.AppendUint16(nil, suite)
	return append(append(out, k.kem...), k.dh...)
}

// Fingerprint names the key; people compare it as words.
func (k Key) Fingerprint() keys.Hash {
	return sha256.Sum256(keys.Frame([]byte("backchannel pouch key v1"), k.bytes()))
}

// Text gives the key as it is introduced.
func (k Key) Text() string { return Armour(KeyPrefix, k.bytes()) }

// ParseKey reads a key.
func ParseKey(text string) (Key, error) {
	b, err := Dearmour(KeyPrefix, text)
	if err != nil {
		return Key{}, err
	}
	if len(b) < 2 || binary.BigEndian.Uint16(b) != suite {
		return Key{}, fault.New(fault.Refused, "pouch.suite", "use the same version of the program on both sides", "a pouch key of another kind")
	}
	if len(b) != publicSize {
		return Key{}, cut()
	}
	k := Key{bytes.Clone(b[2 : 2+keys.KEMPublic]), bytes.Clone(b[2+keys.KEMPublic:])}
	// A point that gives every secret the same value authenticates nobody.
	probe, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{7}, 32))
	if err == nil {
		_, err = shared(probe, k.dh)
	}
	return k, err
}

func shared(own *ecdh.PrivateKey, peer []byte) ([]byte, error) {
	pub, err := ecdh.X25519().NewPublicKey(peer)
	if err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "pouch.weak", "ask for another key", "a pouch key that is none")
	}
	dh, err := own.ECDH(pub)
	if err != nil {
		return nil, fault.Wrap(err, fault.Malformed, "pouch.weak", "ask for another key", "a pouch key that keeps nothing apart")
	}
	return dh, nil
}

// Armour gives bytes as a text that survives copying: base64url after a prefix,
// with a checksum.
func Armour(prefix string, b []byte) string {
	return prefix + base64.RawURLEncoding.EncodeToString(append(bytes.Clone(b), sum(b)...))
}

func sum(b []byte) []byte {
	h := sha256.Sum256(keys.Frame([]byte("backchannel pouch text v1"), b))
	return h[:sumSize]
}

// Dearmour reads such a text, of at least one byte.
func Dearmour(prefix, text string) ([]byte, error) {
	if len(text) > maxArmored {
		return nil, fault.New(fault.Limit, "pouch.long", "", "too long for a pouch: %d bytes", len(text))
	}
	enc, ok := strings.CutPrefix(strings.Join(strings.Fields(text), ""), prefix)
	if !ok {
		return nil, fault.New(fault.Unauthentic, "pouch.foreign", "", "this is no such text").WithHint("it is a text that starts with %s", prefix)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(enc)
	if err != nil || len(raw) <= sumSize {
		return nil, cut()
	}
	b := raw[:len(raw)-sumSize]
	if !bytes.Equal(sum(b), raw[len(b):]) {
		return nil, cut()
	}
	return b, nil
}

func cut() error {
	return fault.New(fault.Malformed, "pouch.cut", "ask for it again, whole", "the text is cut or altered")
}

// Content is what a pouch holds.
type Content struct {
	Number uint64 // of the sender's pouches for this recipient, from 1
	Text   string
}

// padded gives how long the plaintext of a text is.
func padded(n int) int {
	size := smallest
	for size < plainHead+n {
		size *= 2
	}
	return size
}

// Seal gives the pouch as text. salt is 16 fresh random bytes; the KEM draws
// its own.
func Seal(kem keys.KEM, from *Secret, to Key, c Content, salt [16]byte) (string, error) {
	if len(c.Text) > MaxText || c.Text == "" || !utf8.ValidString(c.Text) || c.Number == 0 {
		return "", fault.New(fault.Limit, "pouch.text", "shorten it, or make two of it", "a text of %d bytes cannot be sealed; at most %d are allowed, of plain text", len(c.Text), MaxText)
	}
	own, err := from.Public(kem)
	if err != nil {
		return "", err
	}
	ct, ss, err := kem.Encapsulate(to.kem)
	if err != nil {
		return "", err
	}
	defer clear(ss)
	head := headOf(own, to, salt)
	g, err := box(from, to.dh, ss, head, ct, own, to)
	if err != nil {
		return "", err
	}
	plain := make([]byte, padded(len(c.Text)))
	binary.BigEndian.PutUint64(plain, c.Number)
	binary.BigEndian.PutUint32(plain[8:], uint32(len(c.Text)))
	copy(plain[plainHead:], c.Text)
	out := append(bytes.Clone(head), ct...)
	var nonce [12]byte
	return Armour(Prefix, g.Seal(out, nonce[:], plain, append(head, ct...))), nil
}

func headOf(from, to Key, salt [16]byte) []byte {
	f, t := from.Fingerprint(), to.Fingerprint()
	out := append([]byte{version}, f[:8]...)
	return append(append(out, t[:8]...), salt[:]...)
}

// box is the cipher of one pouch. Its key depends on a fresh encapsulation and
// a fresh salt, so it seals once, and a nonce of zeros is safe.
func box(own *Secret, peer, ss, head, ct []byte, from, to Key) (cipher.AEAD, error) {
	priv, err := ecdh.X25519().NewPrivateKey(own.DH[:])
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "pouch.key", "", "no key from these bytes")
	}
	dh, err := shared(priv, peer)
	if err != nil {
		return nil, err
	}
	f, t := from.Fingerprint(), to.Fingerprint()
	salt := sha256.Sum256(keys.Frame([]byte("backchannel pouch v1"), head, ct, f[:], t[:]))
	key, err := hkdf.Key(sha256.New, keys.Frame(ss, dh), salt[:], "backchannel pouch v1 key", 32)
	if err != nil {
		panic(err) // SHA-256 is there, and the length is small
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	return cipher.NewGCM(block)
}

// Pair gives a secret that the holders of two keys have in common, and nobody
// between them.
func (s *Secret) Pair(kem keys.KEM, with Key) (out [32]byte, err error) {
	own, err := s.Public(kem)
	if err != nil {
		return out, err
	}
	priv, err := ecdh.X25519().NewPrivateKey(s.DH[:])
	if err != nil {
		return out, fault.Wrap(err, fault.Internal, "pouch.key", "", "no key from these bytes")
	}
	dh, err := shared(priv, with.dh)
	if err != nil {
		return out, err
	}
	a, b := own.Fingerprint(), with.Fingerprint()
	if bytes.Compare(a[:], b[:]) > 0 {
		a, b = b, a
	}
	return sha256.Sum256(keys.Frame([]byte("backchannel pouch pair v1"), dh, a[:], b[:])), nil
}

// Sealed is a pouch that was read and not opened.
type Sealed struct {
	head, ct, box []byte
}

// Parse reads a pouch.
func Parse(text string) (*Sealed, error) {
	b, err := Dearmour(Prefix, text)
	if err != nil {
		return nil, err
	}
	if len(b) > 0 && b[0] != version {
		return nil, fault.New(fault.Refused, "pouch.version", "use the same version of the program on both sides", "a pouch of another version")
	}
	size := len(b) - headSize - keys.KEMCiphertext - gcmTag
	if size < smallest || size > largest || size&(size-1) != 0 {
		return nil, cut()
	}
	return &Sealed{b[:headSize], b[headSize : headSize+keys.KEMCiphertext], b[headSize+keys.KEMCiphertext:]}, nil
}

// From reports whether the pouch says that it is from the holder of a key.
func (s *Sealed) From(k Key) bool { f := k.Fingerprint(); return bytes.Equal(s.head[1:9], f[:8]) }

// To reports whether the pouch says that it is for the holder of a key.
func (s *Sealed) To(k Key) bool { f := k.Fingerprint(); return bytes.Equal(s.head[9:17], f[:8]) }

// Open gives what is in it, if the holder of from sealed it for own.
func (s *Sealed) Open(kem keys.KEM, own *Secret, from Key) (Content, error) {
	me, err := own.Public(kem)
	if err != nil {
		return Content{}, err
	}
	bad := fault.New(fault.Unauthentic, "pouch.not-theirs", "ask them for another, by another way if you can", "this pouch was altered on its way, is for somebody else, or was not sealed with the key that is held for its sender")
	if !s.To(me) || !s.From(from) {
		return Content{}, bad
	}
	ss, err := kem.Decapsulate(own.KEM, s.ct)
	if err != nil {
		return Content{}, bad
	}
	defer clear(ss)
	g, err := box(own, from.dh, ss, s.head, s.ct, from, me)
	if err != nil {
		return Content{}, err
	}
	var nonce [12]byte
	plain, err := g.Open(nil, nonce[:], s.box, append(bytes.Clone(s.head), s.ct...))
	if err != nil {
		return Content{}, bad
	}
	n := binary.BigEndian.Uint32(plain[8:])
	c := Content{Number: binary.BigEndian.Uint64(plain)}
	if uint64(n) > uint64(len(plain)-plainHead) || n == 0 || n > MaxText || padded(int(n)) != len(plain) || c.Number == 0 ||
		len(bytes.Trim(plain[plainHead+n:], "\x00")) > 0 || !utf8.Valid(plain[plainHead:plainHead+n]) {
		return Content{}, fault.New(fault.Malformed, "pouch.padding", "ask them which program they use", "this pouch opens, and no program of this version packs one like it")
	}
	c.Text = string(plain[plainHead : plainHead+n])
	return c, nil
}
