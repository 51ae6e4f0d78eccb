package compare

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/wire"
)

// Bounds. Each is in spec/compare.md and has a test at it and above it.
const (
	PageSize   = 64      // numbers of one page
	MaxCovered = 1 << 16 // numbers of one direction in one comparison
	MaxOpened  = 128     // pages whose digests are shown one by one
	MaxLife    = 30 * day
	Life       = 7 * day // of a comparison, unless said otherwise

	day        = record.Instant(24 * 60 * 60 * 1000)
	digestSize = 32
	version    = 1
	form       = 1 // of the canonical form of an entry
)

// Step names a message.
type Step string

// The messages, in their order. Decline and Stop end a comparison.
const (
	StepAsk     Step = "ask"
	StepCommit  Step = "commit"
	StepShow    Step = "show"
	StepOpen    Step = "open"
	StepRest    Step = "rest"
	StepDecline Step = "decline"
	StepStop    Step = "stop"
)

// Message is one message between two desks that compare.
type Message struct {
	Step   Step
	Run    keys.ID
	Form   int            // ask: of entries
	Life   record.Instant // ask: ms until it expires
	Nonce  keys.Hash      // ask, commit
	Scope  Scope          // ask, commit
	Commit keys.Hash      // commit
	Salt   keys.Hash      // open
	Pages  []byte         // show, open: the digests of all pages, joined
	Leaves []byte         // open, rest: the digests in the pages that differ, joined
}

// Scope is what a comparison covers: numbers of what the asker sent, and of
// what the asked sent.
type Scope struct {
	Asker record.Numbers `cbor:"1,keyasint"`
	Asked record.Numbers `cbor:"2,keyasint"`
}

type messageWire struct {
	Version int            `cbor:"1,keyasint"`
	Step    Step           `cbor:"2,keyasint"`
	Run     keys.ID        `cbor:"3,keyasint"`
	Form    int            `cbor:"4,keyasint,omitempty"`
	Life    record.Instant `cbor:"5,keyasint,omitempty"`
	Nonce   keys.Hash      `cbor:"6,keyasint,omitzero"`
	Scope   Scope          `cbor:"7,keyasint,omitzero"`
	Commit  keys.Hash      `cbor:"8,keyasint,omitzero"`
	Salt    keys.Hash      `cbor:"9,keyasint,omitzero"`
	Pages   []byte         `cbor:"10,keyasint,omitempty"`
	Leaves  []byte         `cbor:"11,keyasint,omitempty"`
}

// Encode gives the frame that carries m.
func (m Message) Encode() ([]byte, error) {
	return wire.Encode(messageWire{version, m.Step, m.Run, m.Form, m.Life, m.Nonce, m.Scope, m.Commit, m.Salt, m.Pages, m.Leaves})
}

// Decode reads a foreign frame. Which message it is decides which fields it
// must have and which it must not.
func Decode(frame []byte) (Message, error) {
	var w messageWire
	if err := wire.Decode(frame, wire.MaxFrame, &w); err != nil {
		return Message{}, err
	}
	m := Message{w.Step, w.Run, w.Form, w.Life, w.Nonce, w.Scope, w.Commit, w.Salt, w.Pages, w.Leaves}
	if w.Version != version || m.Run.IsZero() {
		return Message{}, malformed("bring this program up to date")
	}
	return m, m.check()
}

func malformed(hint string) error {
	return fault.New(fault.Malformed, "compare.message", hint, "a message about comparing that no desk of this version sends")
}

// check compares the fields that are there with those that belong there.
func (m Message) check() error {
	want := Message{Step: m.Step, Run: m.Run}
	switch m.Step {
	case StepAsk:
		want.Form, want.Life, want.Nonce, want.Scope = m.Form, m.Life, m.Nonce, m.Scope
		if m.Form < 1 || m.Life < 1 || m.Life > MaxLife || m.Nonce.IsZero() {
			return malformed("")
		}
	case StepCommit:
		want.Nonce, want.Scope, want.Commit = m.Nonce, m.Scope, m.Commit
		if m.Nonce.IsZero() || m.Commit.IsZero() {
			return malformed("")
		}
	case StepShow:
		want.Pages = m.Pages
	case StepOpen:
		want.Salt, want.Pages, want.Leaves = m.Salt, m.Pages, m.Leaves
		if m.Salt.IsZero() {
			return malformed("")
		}
	case StepRest:
		want.Leaves = m.Leaves
		if len(m.Leaves) == 0 {
			return malformed("")
		}
	case StepDecline, StepStop:
	default:
		return malformed("bring this program up to date")
	}
	if len(m.Pages) > 2*MaxCovered/PageSize*digestSize || len(m.Leaves) > MaxOpened*PageSize*digestSize {
		return fault.New(fault.Limit, "compare.size", "", "more digests than a comparison has")
	}
	if len(m.Pages)%digestSize != 0 || len(m.Leaves)%digestSize != 0 || !same(m, want) {
		return malformed("")
	}
	return m.Scope.check()
}

func same(a, b Message) bool {
	if len(a.Pages) != len(b.Pages) || len(a.Leaves) != len(b.Leaves) {
		return false
	}
	a.Pages, a.Leaves, b.Pages, b.Leaves = nil, nil, nil, nil
	return a.Step == b.Step && a.Run == b.Run && a.Form == b.Form && a.Life == b.Life && a.Nonce == b.Nonce && a.Scope == b.Scope && a.Commit == b.Commit && a.Salt == b.Salt
}

func (s Scope) check() error {
	for _, n := range []record.Numbers{s.Asker, s.Asked} {
		if n == (record.Numbers{}) {
			continue
		}
		if n.First == 0 || n.Last < n.First || n.Count() > MaxCovered {
			return malformed("")
		}
	}
	return nil
}

// covers reports whether s goes at least as far as t from the same beginning.
func (s Scope) covers(t Scope) bool {
	wider := func(a, b record.Numbers) bool {
		return b == (record.Numbers{}) || a.First == b.First && a.Last >= b.Last
	}
	return wider(s.Asker, t.Asker) && wider(s.Asked, t.Asked)
}
