package accord

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Package is one version of a set of terms at exact versions. It is what
// parties accept, reject and agree on.
type Package struct {
	Name      record.Name    `cbor:"1,keyasint" json:"name"`
	Version   int            `cbor:"2,keyasint" json:"version"`
	Terms     []TermRef      `cbor:"3,keyasint" json:"terms"`
	Needs     []record.Name  `cbor:"4,keyasint" json:"needs"`                         // the parties whose acceptance makes it agreed
	Parts     bool           `cbor:"5,keyasint,omitempty" json:"parts,omitempty"`     // terms may stand alone; default: all or nothing
	Replaces  keys.Hash      `cbor:"6,keyasint,omitzero" json:"replaces,omitzero"`    // the version this one takes the place of
	Lapses    record.Instant `cbor:"7,keyasint,omitempty" json:"lapses,omitempty"`    // when it lapses unless accepted by all
	ReceiptBy record.Name    `cbor:"8,keyasint,omitempty" json:"receiptBy,omitempty"` // whose receipt meets that deadline
	Text      string         `cbor:"9,keyasint,omitempty" json:"text,omitempty"`
	Lang      string         `cbor:"10,keyasint,omitempty" json:"lang,omitempty"`
	Salt      keys.ID        `cbor:"11,keyasint" json:"salt"`
}

// TermRef is one version of a term, by hash.
type TermRef struct {
	Name    record.Name `cbor:"1,keyasint" json:"name"`
	Version int         `cbor:"2,keyasint" json:"version"`
	Hash    keys.Hash   `cbor:"3,keyasint" json:"hash"`
}

// Kind gives KindPackage.
func (Package) Kind() record.Kind { return KindPackage }

// Critical says that a desk which does not know this kind must stop.
func (Package) Critical() bool { return true }

// Check reports what is not well-formed.
func (p Package) Check() error {
	if err := p.Name.Check(); err != nil {
		return err
	}
	bad := func(hint, text string) error {
		return fault.New(fault.Malformed, "accord.package", hint, "package %s: %s", p.Name, text)
	}
	switch {
	case p.Version < 1:
		return bad("number versions from 1", "no version")
	case p.Salt.IsZero():
		return bad("", "no salt")
	case len(p.Terms) == 0:
		return bad("name its terms", "no terms")
	case len(p.Needs) == 0:
		return bad("name the parties whose acceptance it needs", "it needs nobody")
	case len(p.Terms) > maxTerms:
		return fault.New(fault.Limit, "accord.terms", "make two packages", "package %s: more than %d terms", p.Name, maxTerms)
	}
	names := make([]record.Name, len(p.Terms))
	for i, t := range p.Terms {
		names[i] = t.Name
		if t.Version < 1 || t.Hash.IsZero() {
			return bad("", "a term without version or hash")
		}
	}
	if err := checkNames(names); err != nil {
		return err
	}
	if p.ReceiptBy != "" {
		if err := p.ReceiptBy.Check(); err != nil {
			return err
		}
	}
	if err := record.CheckText(p.Text); err != nil {
		return err
	}
	return checkNames(p.Needs)
}

// Ref gives the reference to a term version.
func (t Term) Ref() TermRef { return TermRef{t.Name, t.Version, t.Hash()} }

// Ref gives r as an entry refers to it.
func (r TermRef) Ref() record.Ref { return record.Ref{Name: r.Name, Version: r.Version, Hash: r.Hash} }

// Ref gives p's version as an entry refers to it.
func (p Package) Ref() record.Ref {
	return record.Ref{Name: p.Name, Version: p.Version, Hash: p.Hash()}
}
