package circle

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Disclosure says that somebody was told, or otherwise learned, exactly this
// and no more. It is private: who was told what is for the keeper to pass on.
type Disclosure struct {
	To      record.Name  `cbor:"1,keyasint" json:"to"`
	What    []record.Ref `cbor:"2,keyasint,omitempty" json:"what,omitempty"`    // entries, terms and packages
	Channel bool         `cbor:"3,keyasint,omitempty" json:"channel,omitempty"` // that there is a channel at all
	Nothing bool         `cbor:"4,keyasint,omitempty" json:"nothing,omitempty"` // explicitly the empty set: nothing was told
	Footing Footing      `cbor:"5,keyasint" json:"footing"`
	By      record.Name  `cbor:"6,keyasint,omitempty" json:"by,omitempty"`   // who told him; empty where nobody did
	Form    record.Form  `cbor:"7,keyasint,omitempty" json:"form,omitempty"` // how
	Text    string       `cbor:"8,keyasint,omitempty" json:"text,omitempty"` // what was said

	// Of the proof of one term: the package that it is shown to be in, and whose
	// confirmations are in the file. What is then that term.
	Proof  record.Ref    `cbor:"9,keyasint,omitzero" json:"proof,omitzero"`
	Signed []record.Name `cbor:"10,keyasint,omitempty" json:"signed,omitempty"`
}

// Footing says how somebody stands to what he knows.
type Footing string

// The footings.
const (
	OfParty     Footing = "party"       // takes part in the talks
	Briefed     Footing = "briefed"     // told of one's own accord
	Confirmed   Footing = "confirmed"   // told on asking
	Inferred    Footing = "inferred"    // drew it from something else
	Intercepted Footing = "intercepted" // overheard, or read on a lost or seized desk
	Leaked      Footing = "leaked"      // had it from somebody who should not have told
	Public      Footing = "public"      // everybody knows
)

// Footings gives every footing.
func Footings() []Footing {
	return []Footing{OfParty, Briefed, Confirmed, Inferred, Intercepted, Leaked, Public}
}

// Request says that somebody asks of somebody, and about what.
type Request struct {
	By   record.Name  `cbor:"1,keyasint" json:"by"`                       // who asks
	Of   record.Name  `cbor:"2,keyasint" json:"of"`                       // of whom
	What []record.Ref `cbor:"3,keyasint,omitempty" json:"what,omitempty"` // about what; empty: whether there is a channel
	Form record.Form  `cbor:"4,keyasint,omitempty" json:"form,omitempty"`
	Text string       `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
}

// Answer is what was said to somebody who asked. The entry's Answers names the
// request.
type Answer struct {
	By   record.Name `cbor:"1,keyasint" json:"by"`
	To   record.Name `cbor:"2,keyasint" json:"to"`
	As   Reply       `cbor:"3,keyasint" json:"as"`
	Form record.Form `cbor:"4,keyasint,omitempty" json:"form,omitempty"`
	Text string      `cbor:"5,keyasint,omitempty" json:"text,omitempty"` // what was actually said
}

// Reply is a sort of answer. Silence is one too.
type Reply string

// The replies.
const (
	Confirm Reply = "confirm"
	Deny    Reply = "deny"
	Decline Reply = "decline-to-comment"
	NotYet  Reply = "not-yet"
	Silence Reply = "silence"
)

// Replies gives every reply.
func Replies() []Reply { return []Reply{Confirm, Deny, Decline, NotYet, Silence} }

// PlannedLine is what is to be said to somebody if he asks, prepared
// beforehand. It is private.
type PlannedLine struct {
	For  record.Name  `cbor:"1,keyasint" json:"for"`
	What []record.Ref `cbor:"2,keyasint,omitempty" json:"what,omitempty"` // about what; empty: whether there is a channel
	As   Reply        `cbor:"3,keyasint" json:"as"`
	Text string       `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// Kind gives the kind of each body.
func (Disclosure) Kind() record.Kind  { return KindDisclosure }
func (Request) Kind() record.Kind     { return KindRequest }
func (Answer) Kind() record.Kind      { return KindAnswer }
func (PlannedLine) Kind() record.Kind { return KindPlannedLine }

// Check reports what is not well-formed.
func (d Disclosure) Check() error {
	some := len(d.What) > 0 || d.Channel
	if some == d.Nothing {
		return fault.New(fault.Malformed, "circle.what", "name entries or texts, or say that it was the channel, or that it was nothing", "a disclosure that does not say what was told, or says both nothing and something")
	}
	proof := !d.Proof.IsZero()
	if proof != (len(d.Signed) > 0) || proof && (d.Proof.Hash.IsZero() || len(d.What) != 1 || d.What[0].Hash.IsZero() || d.Channel || len(d.Signed) > maxPeople) {
		return fault.New(fault.Malformed, "circle.proof", "name the package, the one term, and whose confirmations are shown", "the proof of a term that is of no package, of several terms, or confirmed by nobody")
	}
	if proof {
		if err := first(d.Proof.Check(), optional(d.Signed...)); err != nil {
			return err
		}
	}
	return first(d.To.Check(), optional(d.By), checkRefs(d.What), oneOf("circle.footing", "a footing", d.Footing, Footings()...), d.Form.Check(), record.CheckText(d.Text))
}

// Check reports what is not well-formed.
func (r Request) Check() error {
	return first(r.By.Check(), r.Of.Check(), checkRefs(r.What), r.Form.Check(), record.CheckText(r.Text))
}

// Check reports what is not well-formed.
func (a Answer) Check() error {
	if a.As == Silence && a.Text != "" {
		return fault.New(fault.Malformed, "circle.silence", "choose another answer, or leave the words out", "a silence with words")
	}
	return first(a.By.Check(), a.To.Check(), oneOf("circle.reply", "an answer", a.As, Replies()...), a.Form.Check(), record.CheckText(a.Text))
}

// Check reports what is not well-formed.
func (l PlannedLine) Check() error {
	return first(l.For.Check(), checkRefs(l.What), oneOf("circle.reply", "an answer", l.As, Replies()...), record.CheckText(l.Text))
}

// Scrub gives d without ids that its reader was not given.
func (d Disclosure) Scrub(given func(keys.ID) bool) record.Body {
	d.What, d.Proof = scrubRefs(d.What, given), scrubRef(d.Proof, given)
	return d
}

// Scrub gives r without ids that its reader was not given.
func (r Request) Scrub(given func(keys.ID) bool) record.Body {
	r.What = scrubRefs(r.What, given)
	return r
}

// Scrub gives l without ids that its reader was not given.
func (l PlannedLine) Scrub(given func(keys.ID) bool) record.Body {
	l.What = scrubRefs(l.What, given)
	return l
}
