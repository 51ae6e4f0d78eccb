package circle

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Plan says who is told when something happens, in which order, by whom and in
// what words. Everybody stands in it once, so that progress is known by whom it
// is about, whatever is corrected in the plan. It is private.
type Plan struct {
	On    Occasion   `cbor:"1,keyasint" json:"on"`
	Text  record.Ref `cbor:"2,keyasint,omitzero" json:"text,omitzero"`   // the package or term, where there is one
	What  string     `cbor:"3,keyasint,omitempty" json:"what,omitempty"` // the event, in words
	Steps []PlanStep `cbor:"4,keyasint" json:"steps"`
}

// PlanStep is one telling.
type PlanStep struct {
	Who   record.Name `cbor:"1,keyasint" json:"who"`
	By    record.Name `cbor:"2,keyasint,omitempty" json:"by,omitempty"`   // who tells; empty: the keeper
	Form  record.Form `cbor:"3,keyasint,omitempty" json:"form,omitempty"` // by hand, so; empty: over the line
	Hold  bool        `cbor:"4,keyasint,omitempty" json:"hold,omitempty"` // whoever comes next waits for the acknowledgement
	Words string      `cbor:"5,keyasint,omitempty" json:"words,omitempty"`
}

// Occasion is what sets a plan off.
type Occasion string

// The occasions. A package that is agreed sets a plan off by itself; anything
// else does when the keeper says that it has happened.
const (
	OnAgreed Occasion = "agreed"
	OnFailed Occasion = "failed"
	OnDeath  Occasion = "death"
	OnOther  Occasion = "event"
)

// Occasions gives every occasion.
func Occasions() []Occasion { return []Occasion{OnAgreed, OnFailed, OnDeath, OnOther} }

// Notification says how far a plan has come with one person, or that it has
// begun. It is private.
type Notification struct {
	Plan  keys.ID     `cbor:"1,keyasint" json:"plan"`
	Who   record.Name `cbor:"2,keyasint,omitempty" json:"who,omitempty"` // empty for begun
	Reach Reach       `cbor:"3,keyasint" json:"reach"`
	By    record.Name `cbor:"4,keyasint,omitempty" json:"by,omitempty"`
	Form  record.Form `cbor:"5,keyasint,omitempty" json:"form,omitempty"`
	Text  string      `cbor:"6,keyasint,omitempty" json:"text,omitempty"`
	As    keys.ID     `cbor:"7,keyasint,omitzero" json:"as,omitzero"` // of told over a line: the message that told him
}

// Lasts reports that a note of what went over a line stays: who was told by it
// cannot be made untold.
func (n Notification) Lasts(_, _ bool) bool { return !n.As.IsZero() }

// Reach is how far a telling has come.
type Reach string

// How far a telling can have come.
const (
	Begun        Reach = "begun" // what the plan waits for has happened
	Told         Reach = "told"
	Acknowledged Reach = "acknowledged"
	NotReached   Reach = "not-reached" // tried; he is still to be told
)

// Reached gives every one.
func Reached() []Reach { return []Reach{Begun, Told, Acknowledged, NotReached} }

// Kind gives the kind of each body.
func (Plan) Kind() record.Kind         { return KindPlan }
func (Notification) Kind() record.Kind { return KindNotification }

// Check reports what is not well-formed.
func (p Plan) Check() error {
	if len(p.Steps) == 0 || len(p.Steps) > maxPeople {
		return fault.New(fault.Malformed, "circle.steps", "name 1 to 64 people", "a plan to tell nobody, or too many")
	}
	if p.On == OnOther && p.What == "" {
		return fault.New(fault.Malformed, "circle.occasion", "say which event", "a plan for an event without a name")
	}
	if !p.Text.IsZero() {
		if err := p.Text.Check(); err != nil {
			return err
		}
	}
	var who []record.Name
	for _, s := range p.Steps {
		if slices.Contains(who, s.Who) {
			return fault.New(fault.Malformed, "circle.told-twice", "name each person once", "%s would be told twice", s.Who)
		}
		who = append(who, s.Who)
		if err := first(s.Who.Check(), optional(s.By), s.Form.Check(), record.CheckText(s.Words)); err != nil {
			return err
		}
	}
	return first(oneOf("circle.on", "an occasion", p.On, Occasions()...), record.CheckText(p.What))
}

// Check reports what is not well-formed.
func (n Notification) Check() error {
	if n.Plan.IsZero() || (n.Reach == Begun) != (n.Who == "") {
		return fault.New(fault.Malformed, "circle.notification", "name the plan, and whom it is about", "a notification of nobody, or by no plan")
	}
	if !n.As.IsZero() && n.Reach != Told {
		return fault.New(fault.Malformed, "circle.notification-as", "leave the message out", "a message tells; it does not make anything else true")
	}
	return first(oneOf("circle.reach", "how far a notification came", n.Reach, Reached()...), optional(n.Who, n.By), n.Form.Check(), record.CheckText(n.Text))
}

// Scrub gives p without ids that its reader was not given.
func (p Plan) Scrub(given func(keys.ID) bool) record.Body {
	p.Text = scrubRef(p.Text, given)
	return p
}

// Scrub gives n without ids that its reader was not given.
func (n Notification) Scrub(given func(keys.ID) bool) record.Body {
	if !given(n.Plan) {
		n.Plan = keys.ID{}
	}
	if !given(n.As) {
		n.As = keys.ID{}
	}
	return n
}
