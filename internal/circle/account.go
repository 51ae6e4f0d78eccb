package circle

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Account is what somebody says happened. It is a claim about the record and
// never part of what it is about: rival accounts stand side by side.
type Account struct {
	Source   Source  `cbor:"1,keyasint" json:"source"`
	Where    string  `cbor:"2,keyasint,omitempty" json:"where,omitempty"`    // where it appeared
	Declined bool    `cbor:"3,keyasint,omitempty" json:"declined,omitempty"` // declined to comment
	Claims   []Claim `cbor:"4,keyasint,omitempty" json:"claims,omitempty"`
	Text     string  `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
}

// Source is whose account it is: by name, by role, or neither.
type Source struct {
	Name      record.Name `cbor:"1,keyasint,omitempty" json:"name,omitempty"`
	Role      string      `cbor:"2,keyasint,omitempty" json:"role,omitempty"` // "a senior official of the ally"
	Of        record.Name `cbor:"3,keyasint,omitempty" json:"of,omitempty"`   // the party that he belongs to
	Knowledge Knowledge   `cbor:"4,keyasint,omitempty" json:"knowledge,omitempty"`
}

// Knowledge is how near a source is said to be to what it tells.
type Knowledge string

// The levels of knowledge.
const (
	Direct     Knowledge = "direct"      // took part
	WasBriefed Knowledge = "was-briefed" // was told by one who took part
	Familiar   Knowledge = "familiar"    // "familiar with the matter"
	SecondHand Knowledge = "second-hand"
)

// Levels gives every level of knowledge.
func Levels() []Knowledge { return []Knowledge{Direct, WasBriefed, Familiar, SecondHand} }

// Claim is one statement of an account, such that the record can be held
// against it.
type Claim struct {
	Sort     ClaimSort       `cbor:"1,keyasint" json:"sort"`
	Who      record.Name     `cbor:"2,keyasint,omitempty" json:"who,omitempty"`      // whose stance, part, words or knowledge
	On       record.Ref      `cbor:"3,keyasint,omitzero" json:"on,omitzero"`         // the entry or the text
	Position accord.Position `cbor:"4,keyasint,omitempty" json:"position,omitempty"` // of a stance
	Part     Part            `cbor:"5,keyasint,omitempty" json:"part,omitempty"`
	Not      bool            `cbor:"6,keyasint,omitempty" json:"not,omitempty"` // it claims that this is not so
	Text     string          `cbor:"7,keyasint,omitempty" json:"text,omitempty"`
}

// ClaimSort is what a claim is about.
type ClaimSort string

// The sorts of claim.
const (
	ClaimStance        ClaimSort = "stance"        // the party Who took Position on the text On
	ClaimUnconditional ClaimSort = "unconditional" // the term On waits for nothing, and nothing is given for it
	ClaimSaid          ClaimSort = "said"          // Who said the entry On
	ClaimPart          ClaimSort = "part"          // Who had that Part in it
	ClaimKnew          ClaimSort = "knew"          // Who knew: of On, or of the channel
)

// ClaimSorts gives every sort of claim.
func ClaimSorts() []ClaimSort {
	return []ClaimSort{ClaimStance, ClaimUnconditional, ClaimSaid, ClaimPart, ClaimKnew}
}

// Part is somebody's part in what happened.
type Part string

// The parts. The first five leave entries behind; Decisive and Marginal weigh,
// and the record weighs nobody.
const (
	Spoke       Part = "spoke"
	Carried     Part = "carried"
	Proposed    Part = "proposed"
	Accepted    Part = "accepted"
	Contributed Part = "contributed" // any of these
	NoPart      Part = "none"
	Decisive    Part = "decisive"
	Marginal    Part = "marginal"
)

// Parts gives every part.
func Parts() []Part {
	return []Part{Spoke, Carried, Proposed, Accepted, Contributed, NoPart, Decisive, Marginal}
}

// Weighs reports whether it is a judgement, on which the record is silent.
func (p Part) Weighs() bool { return p == Decisive || p == Marginal }

// Kind gives KindAccount.
func (Account) Kind() record.Kind { return KindAccount }

// Check reports what is not well-formed.
func (a Account) Check() error {
	if a.Declined == (len(a.Claims) > 0) && (a.Declined || a.Text == "") {
		return fault.New(fault.Malformed, "circle.account", "write what is claimed, or that comment was declined", "an account that says nothing, or both declines and claims")
	}
	if len(a.Claims) > maxClaims {
		return fault.New(fault.Limit, "circle.claims", "write two accounts", "more than %d claims in one account", maxClaims)
	}
	for _, c := range a.Claims {
		if err := c.Check(); err != nil {
			return err
		}
	}
	s := a.Source
	if s.Knowledge != "" {
		if err := oneOf("circle.knowledge", "a level of knowledge", s.Knowledge, Levels()...); err != nil {
			return err
		}
	}
	return first(optional(s.Name, s.Of), record.CheckText(s.Role), record.CheckText(a.Where), record.CheckText(a.Text))
}

// Check reports what is not well-formed.
func (c Claim) Check() error {
	bad := func(hint, what string) error {
		return fault.New(fault.Malformed, "circle.claim", hint, "a claim of the sort %s without %s", c.Sort, what)
	}
	if err := first(oneOf("circle.claim-sort", "a sort of claim", c.Sort, ClaimSorts()...), optional(c.Who), record.CheckText(c.Text)); err != nil {
		return err
	}
	if !c.On.IsZero() {
		if err := c.On.Check(); err != nil {
			return err
		}
	}
	positions := []accord.Position{accord.Floated, accord.Proposed, accord.Accepted, accord.Rejected, accord.Denied, accord.Withdrawn}
	switch {
	case c.Sort != ClaimUnconditional && c.Who == "":
		return bad("say about whom", "anybody")
	case c.Sort == ClaimStance && !slices.Contains(positions, c.Position):
		return bad("use floated, proposed, accepted, rejected, denied or withdrawn", "a position")
	case c.Sort == ClaimPart:
		return oneOf("circle.part", "a part", c.Part, Parts()...)
	}
	return nil
}

// Scrub gives a without ids that its reader was not given. What a claim is
// about may so be gone; its words stay.
func (a Account) Scrub(given func(keys.ID) bool) record.Body {
	a.Claims = slices.Clone(a.Claims)
	for i, c := range a.Claims {
		a.Claims[i].On = scrubRef(c.On, given)
	}
	return a
}
