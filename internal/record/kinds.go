package record

import "backchannel/internal/fault"

// Kind is what sort of entry it is.
type Kind string

// The kinds of this package. The kinds of accord and circle stand there.
const (
	KindPerson      Kind = "person"
	KindParty       Kind = "party"
	KindRole        Kind = "role"
	KindCredential  Kind = "credential"
	KindInstruction Kind = "instruction"
	KindRule        Kind = "rule"
	KindApproach    Kind = "approach"
	KindOpen        Kind = "open"
	KindClose       Kind = "close"
	KindMessage     Kind = "message"
	KindConveyance  Kind = "conveyance"
	KindReadBack    Kind = "read-back"
	KindNote        Kind = "note"
	KindCorrection  Kind = "correction"
)

// Person introduces somebody under a name: an official, an envoy, a
// go-between, a family contact.
type Person struct {
	Name  Name   `cbor:"1,keyasint" json:"name"`
	Title string `cbor:"2,keyasint" json:"title"`                     // for people to read: "The envoy"
	Of    Name   `cbor:"3,keyasint,omitempty" json:"of,omitempty"`    // the party he belongs to; empty for a go-between
	Lang  string `cbor:"4,keyasint,omitempty" json:"lang,omitempty"`  // the language of the title (BCP 47)
	Short string `cbor:"5,keyasint,omitempty" json:"short,omitempty"` // a short form for tables
}

// Party introduces somebody who acts or is to be bound.
type Party struct {
	Name   Name   `cbor:"1,keyasint" json:"name"`
	Title  string `cbor:"2,keyasint" json:"title"`
	Side   Name   `cbor:"3,keyasint,omitempty" json:"side,omitempty"`
	Absent bool   `cbor:"4,keyasint,omitempty" json:"absent,omitempty"` // not at the table
}

// Role says in which role a person acts for a party. Whether an act is a
// party's own is decided by the keeper's own role entries alone: a role that
// arrives from somebody else is shown and gives nobody a voice.
type Role struct {
	Person Name     `cbor:"1,keyasint" json:"person"`
	Party  Name     `cbor:"2,keyasint,omitempty" json:"party,omitempty"` // empty for a go-between
	As     RoleKind `cbor:"3,keyasint" json:"as"`
}

// RoleKind is a sort of role.
type RoleKind string

// The roles. Principal and Envoy give a person the voice of the party.
const (
	Principal   RoleKind = "principal"
	Envoy       RoleKind = "envoy"
	GoBetween   RoleKind = "go-between"
	Guarantor   RoleKind = "guarantor"
	Implementer RoleKind = "implementer"
	Monitor     RoleKind = "monitor"
	Witness     RoleKind = "witness"
	Mediator    RoleKind = "mediator"
	Contact     RoleKind = "contact" // somebody who is told: a family, an ally's office
)

// Speaks reports whether the role gives a voice to the party.
func (k RoleKind) Speaks() bool { return k == Principal || k == Envoy }

// Credential says what an envoy may do and on what evidence: the part of a
// mandate that the other side sees.
type Credential struct {
	Holder   Name      `cbor:"1,keyasint" json:"holder"`
	Party    Name      `cbor:"2,keyasint" json:"party"`
	Issuer   Name      `cbor:"3,keyasint" json:"issuer"`
	May      []Mandate `cbor:"4,keyasint" json:"may"`
	On       []Name    `cbor:"5,keyasint,omitempty" json:"on,omitempty"`    // terms and packages; empty for all
	Until    Instant   `cbor:"6,keyasint,omitempty" json:"until,omitempty"` // empty for no end
	Evidence string    `cbor:"7,keyasint,omitempty" json:"evidence,omitempty"`
}

// Mandate is one thing that an envoy may do.
type Mandate string

// The mandates, each apart: who may bind may not thereby offer.
const (
	MaySpeak Mandate = "speak"
	MayOffer Mandate = "offer"
	MayBind  Mandate = "bind"
)

// Instruction is the private part of a mandate: limits and red lines. It is
// never sent.
type Instruction struct {
	Holder Name   `cbor:"1,keyasint" json:"holder"`
	Text   string `cbor:"2,keyasint" json:"text"`
}

// Rule is the caucus rule of the channel, decided when it is set up.
type Rule struct {
	PassUnlessMarked bool `cbor:"1,keyasint" json:"passUnlessMarked"` // false: nothing passes without consent
}

// Approach is the request to open a channel to somebody the asker cannot
// reach.
type Approach struct {
	Asker   Name   `cbor:"1,keyasint" json:"asker"`
	To      Name   `cbor:"2,keyasint" json:"to"`
	Through []Name `cbor:"3,keyasint,omitempty" json:"through,omitempty"`
	Form    Form   `cbor:"4,keyasint,omitempty" json:"form,omitempty"`
	Text    string `cbor:"5,keyasint,omitempty" json:"text,omitempty"`
}

// Open says that the channel is open; Close that it is closed, and why.
type Open struct {
	Text string `cbor:"1,keyasint,omitempty" json:"text,omitempty"`
}

// Close says that the channel is closed, and why.
type Close struct {
	Text string `cbor:"1,keyasint,omitempty" json:"text,omitempty"`
}

// Note is private to the desk that keeps it. It is never sent.
type Note struct {
	Text string `cbor:"1,keyasint" json:"text"`
}

// Correction stands in the record beside what it corrects. Its target is the
// entry's Corrects; Now is what the entry should have said.
type Correction struct {
	Now    Body
	Reason string

	// Back says of a withdrawal that the entry was taken back before it left the
	// desk of its author: nobody was given it, and From got nothing. It stays on
	// that desk.
	Back bool
	From []Name
}

// Kind gives the kind of each body.
func (Person) Kind() Kind      { return KindPerson }
func (Party) Kind() Kind       { return KindParty }
func (Role) Kind() Kind        { return KindRole }
func (Credential) Kind() Kind  { return KindCredential }
func (Instruction) Kind() Kind { return KindInstruction }
func (Rule) Kind() Kind        { return KindRule }
func (Approach) Kind() Kind    { return KindApproach }
func (Open) Kind() Kind        { return KindOpen }
func (Close) Kind() Kind       { return KindClose }
func (Note) Kind() Kind        { return KindNote }
func (Correction) Kind() Kind  { return KindCorrection }

// Check reports what is not well-formed.
func (p Person) Check() error {
	return first(p.Name.Check(), optional(p.Of), CheckText(p.Title), CheckText(p.Short))
}

// Check reports what is not well-formed.
func (p Party) Check() error {
	return first(p.Name.Check(), optional(p.Side), CheckText(p.Title))
}

// Check reports what is not well-formed.
func (r Role) Check() error {
	switch r.As {
	case Principal, Envoy, GoBetween, Guarantor, Implementer, Monitor, Witness, Mediator, Contact:
	default:
		return fault.New(fault.Malformed, "record.role", "use principal, envoy, go-between, guarantor, implementer, monitor, witness, mediator or contact", "%q is not a role", string(r.As))
	}
	if r.As.Speaks() && r.Party == "" {
		return fault.New(fault.Malformed, "record.role-party", "say for whom", "%s is named %s of nobody", r.Person, r.As)
	}
	return first(r.Person.Check(), optional(r.Party))
}

// Check reports what is not well-formed.
func (c Credential) Check() error {
	for _, m := range c.May {
		if m != MaySpeak && m != MayOffer && m != MayBind {
			return fault.New(fault.Malformed, "record.mandate", "use speak, offer or bind", "%q is not a mandate", string(m))
		}
	}
	for _, n := range c.On {
		if err := n.Check(); err != nil {
			return err
		}
	}
	return first(c.Holder.Check(), c.Party.Check(), c.Issuer.Check(), CheckText(c.Evidence))
}

// Check reports what is not well-formed.
func (i Instruction) Check() error { return first(i.Holder.Check(), CheckText(i.Text)) }

// Check reports what is not well-formed.
func (Rule) Check() error { return nil }

// Check reports what is not well-formed.
func (a Approach) Check() error {
	for _, n := range a.Through {
		if err := n.Check(); err != nil {
			return err
		}
	}
	return first(a.Asker.Check(), a.To.Check(), a.Form.Check(), CheckText(a.Text))
}

// Check reports what is not well-formed.
func (o Open) Check() error { return CheckText(o.Text) }

// Check reports what is not well-formed.
func (c Close) Check() error { return CheckText(c.Text) }

// Check reports what is not well-formed.
func (n Note) Check() error { return CheckText(n.Text) }

// Check reports what is not well-formed.
func (c Correction) Check() error {
	if c.Now == nil || c.Now.Kind() == KindCorrection {
		return fault.New(fault.Malformed, "record.correction", "say what it should have said", "a correction that says nothing, or corrects by a correction")
	}
	return first(c.Now.Check(), CheckText(c.Reason), c.checkBack())
}

func optional(n Name) error {
	if n == "" {
		return nil
	}
	return n.Check()
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
