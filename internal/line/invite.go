package line

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// Suite is the one set of primitives of this version: X-Wing, HKDF-SHA256,
// AES-256-GCM.
const Suite = 1

// InvitePrefix starts the text form of an invite.
const InvitePrefix = "backchannel-invite:"

// Bounds on the fields of an invite.
const (
	maxAddress   = 256
	maxPin       = 64
	maxTickets   = 4
	maxTicket    = 512
	checksumSize = 8
)

// Relay is what a line must know of its relay and cohort. Addr and Pin are
// opaque here.
type Relay struct {
	Addr   string
	Pin    []byte
	Cohort string
}

// ID separates the keys of lines over different relays and cohorts. The
// address is not part of it: a relay may move.
func (r Relay) ID() [32]byte {
	pin, cohort := sha256.Sum256(r.Pin), sha256.Sum256([]byte(r.Cohort))
	return hash("relay", pin[:], cohort[:])
}

// Invite is what one person hands to another, outside of the program, to open
// a line: a bearer secret, good for one use, until it expires.
type Invite struct {
	Suite   uint16   `cbor:"1,keyasint"`
	Addr    string   `cbor:"2,keyasint"`
	Pin     []byte   `cbor:"3,keyasint"`
	Cohort  string   `cbor:"4,keyasint"`
	Tickets [][]byte `cbor:"5,keyasint"` // for the joiner's admission at the relay
	Secret  [32]byte `cbor:"6,keyasint"` // rendezvous
	Base    uint64   `cbor:"7,keyasint"` // tick from which the rendezvous chains run
	Expires uint64   `cbor:"8,keyasint"` // first tick at which it is no longer good
	Until   int64    `cbor:"9,keyasint"` // the same as Unix seconds, for people and for desks not yet on the relay
	KeyHash [32]byte `cbor:"10,keyasint"`
	Label   string   `cbor:"11,keyasint"` // how the inviter calls themself

	short *brief // of a short invite
}

// Relay gives the invite's relay and cohort.
func (v *Invite) Relay() Relay { return Relay{v.Addr, v.Pin, v.Cohort} }

// Encode gives the canonical bytes.
func (v *Invite) Encode() []byte { return wire.MustEncode(v) }

// Text gives the form for files and messages; Groups that for typing and QR
// codes.
func (v *Invite) Text() string {
	b := v.Encode()
	sum := hash("invite checksum", b)
	return InvitePrefix + base64.RawURLEncoding.EncodeToString(append(b, sum[:checksumSize]...))
}

// digest binds the handshake to every byte of the invite.
func (v *Invite) digest() [32]byte { return hash("invite", v.Encode()) }

// mark is how a deck remembers an invite that it has used.
func (v *Invite) mark() [8]byte {
	h := hash("invite used", v.Secret[:])
	return [8]byte(h[:8])
}

// ParseInvite reads either form. White space inside is ignored, since text
// is wrapped by whatever carries it. Expiry is for Check. A short invite must
// be made whole with On.
func ParseInvite(text string) (*Invite, error) {
	if len(text) > 2*wire.MaxInvite {
		return nil, fault.New(fault.Limit, "line.invite-long", "", "too long for an invite: %d bytes", len(text))
	}
	s := strings.Join(strings.Fields(text), "")
	enc, ok := strings.CutPrefix(s, InvitePrefix)
	if !ok && keys.LikeGroups(text) {
		return parseTyped(text)
	}
	if !ok {
		return nil, fault.New(fault.Unauthentic, "line.invite-foreign",
			"an invite is a text that starts with "+InvitePrefix+", or groups of five letters and digits", "this is not a Backchannel invite")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(enc)
	if err != nil || len(raw) <= checksumSize {
		return nil, cut()
	}
	body, sum := raw[:len(raw)-checksumSize], raw[len(raw)-checksumSize:]
	if want := hash("invite checksum", body); !bytes.Equal(sum, want[:checksumSize]) {
		return nil, cut()
	}
	return DecodeInvite(body)
}

func cut() error {
	return fault.New(fault.Malformed, "line.invite-cut",
		"ask for it again, or copy it whole, to its last letter", "the invite is cut or altered")
}

// DecodeInvite reads the canonical bytes.
func DecodeInvite(b []byte) (*Invite, error) {
	var v Invite
	if err := wire.Decode(b, wire.MaxInvite, &v); err != nil {
		return nil, err
	}
	if v.Suite != Suite {
		return nil, otherSuite(v.Suite)
	}
	ok := len(v.Addr) > 0 && len(v.Addr) <= maxAddress && len(v.Pin) > 0 && len(v.Pin) <= maxPin &&
		len(v.Cohort) > 0 && len(v.Cohort) <= wire.MaxName && len(v.Label) <= wire.MaxName && len(v.Tickets) <= maxTickets &&
		v.Expires > v.Base && v.Expires-v.Base <= MaxInviteLife
	for _, t := range v.Tickets {
		ok = ok && len(t) > 0 && len(t) <= maxTicket
	}
	if !ok {
		return nil, fault.New(fault.Malformed, "line.invite-field", "ask for a new invite", "a field of the invite is out of range")
	}
	return &v, nil
}

// Check refuses an invite that is expired at tick.
func (v *Invite) Check(tick uint64) error {
	if tick >= v.Expires {
		return expired()
	}
	return nil
}

// CheckTime is Check for a desk that does not know the relay's ticks yet.
func (v *Invite) CheckTime(unix int64) error {
	if unix >= v.Until && v.short == nil { // a short one says ticks alone
		return expired()
	}
	return nil
}

func otherSuite(suite uint16) error {
	return fault.New(fault.Refused, "line.invite-suite",
		"one of the two programs is older; use the same version on both sides", "the invite is for suite %d, this program has suite %d", suite, Suite)
}

func expired() error {
	return fault.New(fault.Expired, "line.invite-expired", "ask for a new invite", "the invite has expired")
}
