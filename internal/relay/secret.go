package relay

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"

	"backchannel/internal/fault"
)

const (
	ticketLabel  = "backchannel/relay/ticket/v1"
	tokenLabel   = "backchannel/relay/token/v1"
	revokeLabel  = "backchannel/relay/revoke/v1"
	ticketPrefix = "bct1"
	blindPrefix  = "bct2"
	revokePrefix = "bcr1"
)

// Ticket admits one member to a cohort, once. It is a secret: it has no
// String method that shows it, so that it does not slip into a log.
//
// The operator's tickets are secrets of which the relay keeps the hash. Those
// that a member hands on are signatures under a ticket key, which the relay
// made without seeing them (blind.go).
type Ticket struct {
	secret [32]byte
	key    KeyID // zero: the operator's
	sig    [TicketKeySize]byte
}

// Token is what a member shows at each connection. The client makes it and
// must store it before it enrols. It is a secret too.
type Token struct{ secret [32]byte }

// NewToken makes a random token.
func NewToken() Token {
	var t Token
	rand.Read(t.secret[:]) // never fails
	return t
}

// TokenFromBytes takes back what Bytes gave.
func TokenFromBytes(b []byte) (Token, error) {
	var t Token
	if len(b) != len(t.secret) {
		return t, fault.New(fault.Malformed, "relay.token", "", "a token has 32 bytes")
	}
	copy(t.secret[:], b)
	return t, nil
}

// Bytes gives the token for the vault.
func (t Token) Bytes() []byte { return t.secret[:] }

// Hash is what the relay stores of a token.
func (t Token) Hash() Hash { return labelled(tokenLabel, t.secret[:]) }

// String hides the token.
func (Token) String() string { return "token(hidden)" }

// GoString hides the token.
func (Token) GoString() string { return "token(hidden)" }

func newTicket() Ticket {
	var t Ticket
	rand.Read(t.secret[:])
	return t
}

// ParseTicket reads a ticket's text, in the one form that Text gives.
func ParseTicket(s string) (Ticket, error) {
	var t Ticket
	bad := fault.New(fault.Malformed, "relay.ticket-text", "copy the whole ticket, without spaces", "this is not a ticket")
	prefix, size := ticketPrefix, len(t.secret)
	if strings.HasPrefix(s, blindPrefix) {
		prefix, size = blindPrefix, len(t.key)+len(t.secret)+len(t.sig)
	}
	b, ok := unprefix(s, prefix, size)
	if !ok {
		return t, bad
	}
	if prefix == blindPrefix {
		copy(t.key[:], b)
		copy(t.sig[:], b[len(t.key)+len(t.secret):])
		b = b[len(t.key):]
	}
	copy(t.secret[:], b)
	if t.Text() != s {
		return Ticket{}, bad
	}
	return t, nil
}

// unprefix reads a prefix and size bytes in unpadded base64url.
func unprefix(s, prefix string, size int) ([]byte, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(size) {
		return nil, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return b, err == nil && len(b) == size
}

func (t Ticket) blind() bool { return t.key != KeyID{} }

// Key names the key that signed the ticket; zero for the operator's.
func (t Ticket) Key() KeyID { return t.key }

// Text gives the ticket as text, to put into an invite.
func (t Ticket) Text() string {
	if t.blind() {
		return blindPrefix + base64.RawURLEncoding.EncodeToString(slices.Concat(t.key[:], t.secret[:], t.sig[:]))
	}
	return ticketPrefix + base64.RawURLEncoding.EncodeToString(t.secret[:])
}

// Hash is what the relay stores of a ticket.
func (t Ticket) Hash() Hash {
	if t.blind() {
		return labelled(blindLabel, append(t.key[:], t.secret[:]...))
	}
	return labelled(ticketLabel, t.secret[:])
}

// Revocation removes its member from the roster, whoever shows it: so that a
// member whose desk is lost or stolen can be taken off. The member makes it,
// and keeps it away from the desk. It is a secret.
type Revocation struct{ secret [32]byte }

// NewRevocation makes a random one.
func NewRevocation() Revocation {
	var r Revocation
	rand.Read(r.secret[:])
	return r
}

// ParseRevocation reads the text, in the one form that Text gives.
func ParseRevocation(s string) (Revocation, error) {
	var r Revocation
	b, ok := unprefix(s, revokePrefix, len(r.secret))
	if !ok {
		return r, fault.New(fault.Malformed, "relay.revocation-text", "copy the whole code, without spaces", "this is not a revocation code")
	}
	copy(r.secret[:], b)
	return r, nil
}

// Text gives the code, to be written down.
func (r Revocation) Text() string {
	return revokePrefix + base64.RawURLEncoding.EncodeToString(r.secret[:])
}

// Hash is what the relay stores of it. [RELAY-32]
func (r Revocation) Hash() Hash { return labelled(revokeLabel, r.secret[:]) }

// String hides the code.
func (Revocation) String() string { return "revocation(hidden)" }

// GoString hides the code.
func (Revocation) GoString() string { return "revocation(hidden)" }

// String hides the ticket.
func (Ticket) String() string { return "ticket(hidden)" }

// GoString hides the ticket.
func (Ticket) GoString() string { return "ticket(hidden)" }
