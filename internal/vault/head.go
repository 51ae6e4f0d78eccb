package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"os"
	"path/filepath"

	"golang.org/x/crypto/argon2"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// Params say how much work it is to try one passphrase.
type Params struct {
	Time    uint32 `cbor:"1,keyasint"` // passes over the memory
	Memory  uint32 `cbor:"2,keyasint"` // KiB
	Threads uint8  `cbor:"3,keyasint"` // lanes
}

// Strong is what a vault should be made with: Argon2id with the passes and
// lanes of the second recommended option in RFC 9106, section 4 (t=3, p=4,
// 64 MiB), and four times its memory: 256 MiB.
func Strong() Params { return Params{Time: 3, Memory: 256 << 10, Threads: 4} }

// Cheap costs next to nothing. It is for tests and for the demo, whose
// passphrases protect nobody.
func Cheap() Params { return Params{Time: 1, Memory: 64, Threads: 1} }

// Bounds on parameters read from a head, which may be foreign: without them
// a changed head could ask for all the memory there is.
const (
	maxTime    = 64
	maxMemory  = 4 << 20 // KiB: 4 GiB
	maxThreads = 64
	maxHead    = 4 << 10 // bytes
)

func (p Params) check() error {
	if p.Time < 1 || p.Time > maxTime || p.Threads < 1 || p.Threads > maxThreads ||
		p.Memory < 8*uint32(p.Threads) || p.Memory > maxMemory {
		return fault.New(fault.Limit, "vault.params", "",
			"the passphrase parameters (time %d, memory %d KiB, threads %d) are out of range", p.Time, p.Memory, p.Threads)
	}
	return nil
}

const (
	magic     = "backchannel vault\n"
	headName  = "head"
	dbName    = "vault.db"
	deckName  = "deck"
	deck2Name = "deck2"
	markName  = "mark"
	lockName  = "lock"
	saltLen   = 16
	keyLen    = 32
	checkLen  = 32
	headMajor = 2 // 1: entries had no keys of their own (see upgrade.go)
)

// Labels carry a version, so that no two versions of a format share a key.
const (
	labelCheck   = "backchannel/vault/passphrase-check/v1"
	labelWrap    = "backchannel/vault/data-key-wrap/v1"
	labelPage    = "backchannel/vault/page-cipher/v1"
	labelRow     = "backchannel/vault/row/v1"
	labelDigest  = "backchannel/vault/digest/v1"
	labelSlots   = "backchannel/vault/slots/v1"
	labelSlot    = "backchannel/vault/one-slot/v1"
	labelDeck    = "backchannel/vault/deck/v1"
	labelInbox   = "backchannel/vault/inbox/v1"
	labelInRow   = "backchannel/vault/inbox-row/v1"
	labelJournal = "backchannel/vault/journal-chain/v2"
	labelCommit  = "backchannel/vault/journal-commit/v1"
)

// head is the file from which a passphrase gives the data key. On disk it is
// magic, its encoding, and a SHA-256 of both: the hash tells damage from a
// wrong passphrase, and proves nothing else.
type head struct {
	Version uint32 `cbor:"1,keyasint"`
	Params  Params `cbor:"2,keyasint"`
	Salt    []byte `cbor:"3,keyasint"`
	Check   []byte `cbor:"4,keyasint"` // equal when the passphrase is right
	Wrapped []byte `cbor:"5,keyasint"` // the data key, sealed
}

// derive gives a subkey for one purpose. It fails only for a broken label.
func derive(key []byte, label string) []byte {
	k, err := hkdf.Key(sha256.New, key, nil, label, keyLen)
	if err != nil {
		panic(err) // fixed hash and length
	}
	return k
}

// stretch turns a passphrase into the key that wraps the data key, and the
// value that tells whether it was the right one. The check comes from another
// branch of the key derivation, so it says nothing about the wrapping key.
func (h *head) stretch(pass []byte) (wrap, check []byte) {
	root := argon2.IDKey(pass, h.Salt, h.Params.Time, h.Params.Memory, h.Params.Threads, keyLen)
	defer clear(root)
	return derive(root, labelWrap), derive(root, labelCheck)
}

// wrapAD binds the wrapped key to everything else in the head.
func (h *head) wrapAD() []byte {
	return wire.MustEncode(head{Version: h.Version, Params: h.Params, Salt: h.Salt, Check: h.Check})
}

// newHead wraps key under pass.
func newHead(key, pass []byte, p Params) (*head, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	h := &head{Version: headMajor, Params: p, Salt: make([]byte, saltLen)}
	rand.Read(h.Salt)
	wrap, check := h.stretch(pass)
	defer clear(wrap)
	h.Check = check
	h.Wrapped = newBox(wrap).seal(nil, key, h.wrapAD())
	return h, nil
}

// open gives the data key.
func (h *head) open(pass []byte) ([]byte, error) {
	wrap, check := h.stretch(pass)
	defer clear(wrap)
	if subtle.ConstantTimeCompare(check, h.Check) != 1 {
		return nil, fault.New(fault.Passphrase, "vault.passphrase",
			"try again; a lost passphrase cannot be recovered by anybody", "the passphrase does not open this vault")
	}
	key, err := newBox(wrap).open(nil, h.Wrapped, h.wrapAD())
	if err != nil || len(key) != keyLen {
		return nil, errHead("its key does not unwrap")
	}
	return key, nil
}

func (h *head) bytes() []byte {
	b := append([]byte(magic), wire.MustEncode(h)...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func errHead(why string) error {
	return fault.New(fault.Corrupt, "vault.head",
		"put back the file head from a backup of this vault; nothing was changed",
		"the vault's head file is damaged or not of a vault: %s", why)
}

func parseHead(b []byte) (*head, error) {
	switch {
	case len(b) > maxHead:
		return nil, errHead("it is too long")
	case !bytes.HasPrefix(b, []byte(magic)):
		return nil, errHead("it does not begin as one")
	case len(b) < len(magic)+sha256.Size:
		return nil, errHead("it is cut short")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return nil, errHead("its checksum does not match")
	}
	var h head
	if err := wire.Decode(body[len(magic):], maxHead, &h); err != nil {
		return nil, errHead("it does not decode")
	}
	if h.Version < 1 || h.Version > headMajor {
		return nil, fault.New(fault.Refused, "vault.version",
			"use the version of backchannel that wrote it, or a later one", "the vault has format %d, which this program does not know", h.Version)
	}
	if len(h.Salt) != saltLen || len(h.Check) != checkLen {
		return nil, errHead("a field has the wrong length")
	}
	return &h, h.Params.check()
}

func readHead(dir string) (*head, error) {
	b, err := os.ReadFile(filepath.Join(dir, headName))
	if os.IsNotExist(err) {
		return nil, fault.New(fault.NotFound, "vault.none",
			"make one with: backchannel desk init", "there is no vault in %s", dir)
	}
	if err != nil {
		return nil, diskFault(err, "the vault's head file cannot be read")
	}
	return parseHead(b)
}
