package accord

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Position is where a party stands on one exact version.
type Position string

// The positions.
const (
	Silent    Position = "silent"
	Floated   Position = "floated"
	Proposed  Position = "proposed"
	Accepted  Position = "accepted"
	Rejected  Position = "rejected"
	Denied    Position = "denied" // it was never ours
	Withdrawn Position = "withdrawn"
	Lapsed    Position = "lapsed" // by the clock alone
)

// Act puts a party at a position on one exact version, or echoes a text that
// all accepted. Who logged it and how it came decide what it rests on.
type Act struct {
	Party    record.Name `cbor:"1,keyasint" json:"party"`
	Position Position    `cbor:"2,keyasint,omitempty" json:"position,omitempty"` // empty for an echo
	On       record.Ref  `cbor:"3,keyasint" json:"on"`
	Echo     bool        `cbor:"4,keyasint,omitempty" json:"echo,omitempty"` // repeats the completed text, by its hash
	Under    keys.ID     `cbor:"5,keyasint,omitzero" json:"under,omitzero"`  // the credential; zero for none named
	Text     string      `cbor:"6,keyasint,omitempty" json:"text,omitempty"`
}

// Kind gives KindAct.
func (Act) Kind() record.Kind { return KindAct }

// Critical says that a desk which does not know this kind must stop.
func (Act) Critical() bool { return true }

// Check reports what is not well-formed.
func (a Act) Check() error {
	switch a.Position {
	case Floated, Proposed, Accepted, Rejected, Denied, Withdrawn:
		if a.Echo {
			return fault.New(fault.Malformed, "accord.echo", "", "an echo takes no position")
		}
	case "":
		if !a.Echo {
			return fault.New(fault.Malformed, "accord.position", "say floated, proposed, accepted, rejected, denied or withdrawn", "an act without a position")
		}
	default:
		return fault.New(fault.Malformed, "accord.position", "use floated, proposed, accepted, rejected, denied or withdrawn", "%q is not a position that an act can take", string(a.Position))
	}
	if a.On.Hash.IsZero() {
		return fault.New(fault.Malformed, "accord.on", "name the exact version", "an act on no exact version")
	}
	if err := a.On.Check(); err != nil {
		return err
	}
	if err := record.CheckText(a.Text); err != nil {
		return err
	}
	return a.Party.Check()
}

// Scrub gives a without the id of a credential that its reader was not given.
func (a Act) Scrub(given func(keys.ID) bool) record.Body {
	if !given(a.Under) {
		a.Under = keys.ID{}
	}
	return a
}

// Mandate gives what the act needs its author to be allowed.
func (a Act) Mandate() record.Mandate {
	switch {
	case a.Echo || a.Position == Accepted:
		return record.MayBind
	case a.Position == Proposed || a.Position == Withdrawn:
		return record.MayOffer
	}
	return record.MaySpeak
}

// Deed is a step on the axis of performance.
type Deed string

// The deeds that somebody states. Due, in force, overdue and expired come from
// the clock and the conditions, and are never stated.
const (
	Announced  Deed = "announced" // a gesture
	Done       Deed = "done"      // a gesture
	Claimed    Deed = "claimed"   // by the debtor
	Verified   Deed = "verified"  // by the creditor or the monitor
	Alleged    Deed = "breach-alleged"
	Found      Deed = "breach-found"
	Suspended  Deed = "suspended"
	Resumed    Deed = "resumed"
	Discharged Deed = "discharged"
	Met        Deed = "met"   // an expectation
	Unmet      Deed = "unmet" // an expectation
	Triggered  Deed = "triggered"
	Answered   Deed = "answered"
)

// Performance states a deed about one version of a term.
type Performance struct {
	By      record.Name   `cbor:"1,keyasint" json:"by"` // the party or person who states it
	On      record.Ref    `cbor:"2,keyasint" json:"on"`
	Deed    Deed          `cbor:"3,keyasint" json:"deed"`
	Amount  int64         `cbor:"4,keyasint,omitempty" json:"amount,omitempty"`
	Persons []record.Name `cbor:"5,keyasint,omitempty" json:"persons,omitempty"`
	Text    string        `cbor:"6,keyasint,omitempty" json:"text,omitempty"`
	Unit    string        `cbor:"7,keyasint,omitempty" json:"unit,omitempty"` // of the amount, where the term has several
}

// Kind gives KindPerformance.
func (Performance) Kind() record.Kind { return KindPerformance }

// Critical says that a desk which does not know this kind must stop.
func (Performance) Critical() bool { return true }

// Check reports what is not well-formed.
func (p Performance) Check() error {
	switch p.Deed {
	case Announced, Done, Claimed, Verified, Alleged, Found, Suspended, Resumed, Discharged, Met, Unmet, Triggered, Answered:
	default:
		return fault.New(fault.Malformed, "accord.deed", "", "%q is not a deed", string(p.Deed))
	}
	if p.On.Hash.IsZero() || p.Amount < 0 || len(p.Unit) > maxUnit {
		return fault.New(fault.Malformed, "accord.performance", "name the exact version", "a deed on no exact version, or of less than nothing")
	}
	if err := checkNames(p.Persons); err != nil {
		return err
	}
	if err := record.CheckText(p.Text); err != nil {
		return err
	}
	return p.By.Check()
}
