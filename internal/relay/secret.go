package relay

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"backchannel/internal/fault"
)

const (
	ticketLabel  = "backchannel/relay/ticket/v1"
	tokenLabel   = "backchannel/relay/token/v1"
	ticketPrefix = "bct1"
)

// Ticket admits one member to a cohort, once. It is a secret: it has no
// String method that shows it, so that it does not slip into a log.
type Ticket struct{ secret [32]byte }

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
	rest, ok := strings.CutPrefix(s, ticketPrefix)
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(len(t.secret)) {
		return t, bad
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil || len(b) != len(t.secret) {
		return t, bad
	}
	copy(t.secret[:], b)
	if t.Text() != s {
		return Ticket{}, bad
	}
	return t, nil
}

// Text gives the ticket as text, to put into an invite.
func (t Ticket) Text() string {
	return ticketPrefix + base64.RawURLEncoding.EncodeToString(t.secret[:])
}

// Hash is what the relay stores of a ticket.
func (t Ticket) Hash() Hash { return labelled(ticketLabel, t.secret[:]) }

// String hides the ticket.
func (Ticket) String() string { return "ticket(hidden)" }

// GoString hides the ticket.
func (Ticket) GoString() string { return "ticket(hidden)" }
