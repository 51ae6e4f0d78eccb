// Package fault names the kinds of error that Backchannel can meet. A kind is
// fixed and travels: over a desk's control socket, into an exit code, into an
// HTTP status. The text says what happened; the hint says what to do.
//
// Three checks have three kinds, and are never mixed: bytes that are not
// well-formed (Malformed), bytes that are well-formed but not who they claim
// to be (Unauthentic), and an act that is neither but may not be done now
// (Refused).
package fault

import (
	"errors"
	"fmt"
)

// Kind is one of a fixed set of reasons.
type Kind string

// The kinds. Each has one row in table.
const (
	Malformed   Kind = "malformed"   // not well-formed: bad syntax, bad encoding, a field out of range
	Unauthentic Kind = "unauthentic" // does not prove itself: bad tag, wrong pin, foreign invite
	Refused     Kind = "refused"     // well-formed and authentic, but may not be done now
	NotFound    Kind = "not-found"   // nothing of that name here; withheld and absent look the same
	Exists      Kind = "exists"      // there already, and would be overwritten
	InUse       Kind = "in-use"      // another process holds the vault
	Passphrase  Kind = "passphrase"  // the passphrase does not open this vault
	Expired     Kind = "expired"     // was valid, is no more: a ticket, an invite
	Limit       Kind = "limit"       // larger or more than a named bound
	Disk        Kind = "disk"        // the disk is full or refuses
	Clock       Kind = "clock"       // the clock was set back, or is far from the relay's
	Unreachable Kind = "unreachable" // nobody answers at that address
	Corrupt     Kind = "corrupt"     // our own stored bytes do not verify
	Unmet       Kind = "unmet"       // an expectation of a case file does not hold
	Internal    Kind = "internal"    // a broken promise of our own code
)

// row is what a face needs to know of a kind.
type row struct{ exit, http int }

// table is the one place that maps a kind to an exit code and an HTTP status.
// It is never written to after start.
var table = map[Kind]row{
	Unmet:       {1, 422},
	Malformed:   {2, 400},
	Unauthentic: {3, 403},
	Refused:     {4, 409},
	NotFound:    {5, 404},
	Exists:      {6, 409},
	InUse:       {7, 423},
	Passphrase:  {8, 401},
	Expired:     {9, 410},
	Limit:       {10, 413},
	Disk:        {11, 507},
	Clock:       {12, 409},
	Unreachable: {13, 503},
	Corrupt:     {14, 500},
	Internal:    {70, 500},
}

// Error is an error with its kind, an identifier for programs, a text in
// English, and a hint that says what to do. The formats of both are kept beside
// what they were filled with: translations are found by them.
type Error struct {
	Kind  Kind   // fixed reason
	ID    string // identifier, such as "vault.in-use"
	Text  string // what happened
	Hint  string // what to do; may be empty
	Says  Format // what Text was made of
	Tells Format // what Hint was made of
	cause error
}

// Format is a format of package fmt and what fills it.
type Format struct {
	Format string
	Args   []any
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Text + ": " + e.cause.Error()
	}
	return e.Text
}

// Unwrap gives the cause, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// New makes an error. The text is a format for args.
func New(kind Kind, id, hint, text string, args ...any) *Error {
	return &Error{Kind: kind, ID: id, Text: fmt.Sprintf(text, args...), Hint: hint, Says: Format{text, args}, Tells: Format{Format: hint}}
}

// WithHint gives the same error with a hint that is a format for args.
func (e *Error) WithHint(hint string, args ...any) *Error {
	c := *e
	c.Hint, c.Tells = fmt.Sprintf(hint, args...), Format{hint, args}
	return &c
}

// Wrap is New with a cause.
func Wrap(cause error, kind Kind, id, hint, text string, args ...any) *Error {
	e := New(kind, id, hint, text, args...)
	e.cause = cause
	return e
}

// Because gives the same error with that cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// KindOf gives the kind of the outermost Error in err's chain, Internal for
// an error that has none, and "" for nil.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// HintOf gives the hint of the outermost Error that has one, or "".
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.cause
	}
	return ""
}

// Exit gives the exit code for err: 0 for nil.
func Exit(err error) int {
	if err == nil {
		return 0
	}
	return table[KindOf(err)].exit
}

// Status gives the HTTP status for err: 200 for nil.
func Status(err error) int {
	if err == nil {
		return 200
	}
	return table[KindOf(err)].http
}
