package bonafides

import (
	"bytes"
	"crypto/sha256"
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/pouch"
)

// Prefixes of what foretells a sign, and of what opens it.
const (
	SignPrefix = "backchannel-sign:"
	OpenPrefix = "backchannel-sign-open:"
)

// MaxSign is how long the words of a sign may be, in bytes.
const MaxSign = 2000

// Sign is a public sign that somebody foretells: what will be seen or heard,
// where and when.
type Sign struct {
	Words string    // what will be seen
	Print keys.Hash // of the pouch key of who foretells it
	Nonce [32]byte  // fresh and random; without it short words could be guessed
}

// Commitment binds who foretells a sign to it, and shows nothing of it.
type Commitment keys.Hash

func (s Sign) commitment() Commitment {
	return sha256.Sum256(keys.Frame([]byte("backchannel sign v1"), s.Nonce[:], s.Print[:], []byte(s.Words)))
}

// Texts gives what is sent before the sign, and what is sent after it.
func (s Sign) Texts() (before, after string, err error) {
	if s.Words == "" || len(s.Words) > MaxSign || !utf8.ValidString(s.Words) {
		return "", "", fault.New(fault.Limit, "bonafides.sign", "say in a sentence or two what will be seen, where and when", "words of %d bytes foretell no sign; at most %d are allowed", len(s.Words), MaxSign)
	}
	c := s.commitment()
	before = pouch.Armour(SignPrefix, append([]byte{version}, c[:]...))
	after = pouch.Armour(OpenPrefix, bytes.Join([][]byte{{version}, s.Nonce[:], s.Print[:], []byte(s.Words)}, nil))
	return before, after, nil
}

// ReadCommitment reads what was sent before the sign.
func ReadCommitment(text string) (Commitment, error) {
	b, err := dearmour(SignPrefix, text)
	if err != nil {
		return Commitment{}, err
	}
	if len(b) != sha256.Size {
		return Commitment{}, signCut()
	}
	return Commitment(b), nil
}

// ReadSign reads what opens a commitment.
func ReadSign(text string) (Sign, error) {
	b, err := dearmour(OpenPrefix, text)
	if err != nil {
		return Sign{}, err
	}
	if n := len(b) - 32 - printSize; n < 1 || n > MaxSign || !utf8.Valid(b[32+printSize:]) {
		return Sign{}, signCut()
	}
	return Sign{string(b[32+printSize:]), keys.Hash(b[32:]), [32]byte(b)}, nil
}

// Opens reports whether s is what was foretold by c.
func (s Sign) Opens(c Commitment) bool { return s.commitment() == c }

func dearmour(prefix, text string) ([]byte, error) {
	b, err := pouch.Dearmour(prefix, text)
	if err != nil {
		return nil, err
	}
	if b[0] != version {
		return nil, fault.New(fault.Refused, "bonafides.version", "use the same version of the program on both sides", "a sign of another version")
	}
	return b[1:], nil
}

func signCut() error {
	return fault.New(fault.Malformed, "bonafides.sign-cut", "ask for it again, whole", "this foretells or opens no sign")
}
