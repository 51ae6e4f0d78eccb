package accord

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The kinds of what a go-between asks without putting anything forward.
const (
	KindSounding       record.Kind = "sounding"
	KindSoundingAnswer record.Kind = "sounding-answer"
)

// Sounding is a float that a go-between asks for and that nobody owns: "would
// you consider this?" It is nobody's act and moves no stance. Each side answers
// him alone; only when all who were asked would consider it may he put it
// forward, and if one would not, nothing is left behind: there was no offer.
type Sounding struct {
	On      record.Ref `cbor:"1,keyasint,omitzero" json:"on,omitzero"` // the text, where there is one
	Text    string     `cbor:"2,keyasint,omitempty" json:"text,omitempty"`
	Of      keys.ID    `cbor:"3,keyasint,omitzero" json:"of,omitzero"`        // where it is put forward: the sounding that all would consider
	Forward bool       `cbor:"4,keyasint,omitempty" json:"forward,omitempty"` // all who were asked would consider it
}

// SoundingAnswer is what a side says to a sounding. It binds nobody, is no
// stance, and is for whoever asked alone.
type SoundingAnswer struct {
	Of    keys.ID     `cbor:"1,keyasint" json:"of"`
	Party record.Name `cbor:"2,keyasint" json:"party"` // for which party
	Would Would       `cbor:"3,keyasint" json:"would"`
	Text  string      `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// Would is an answer to a sounding.
type Would string

// The answers.
const (
	WouldConsider Would = "yes"
	WouldNot      Would = "no"
	WouldIf       Would = "with-changes"
)

// Kind gives the kind of each.
func (Sounding) Kind() record.Kind       { return KindSounding }
func (SoundingAnswer) Kind() record.Kind { return KindSoundingAnswer }

// InConfidence says that an answer is for whoever asked alone.
func (SoundingAnswer) InConfidence() bool { return true }

// Check reports what is not well-formed.
func (s Sounding) Check() error {
	if s.On.IsZero() && s.Text == "" {
		return fault.New(fault.Malformed, "accord.sounding", "name a text, or say in words what they would consider", "a sounding about nothing")
	}
	if !s.On.IsZero() {
		if s.On.Hash.IsZero() {
			return fault.New(fault.Malformed, "accord.sounding", "name the exact version", "a sounding on no exact version")
		}
		if err := s.On.Check(); err != nil {
			return err
		}
	}
	if s.Forward && s.Of.IsZero() {
		return fault.New(fault.Malformed, "accord.sounding", "name the sounding that all answered", "something is put forward that nobody was asked about")
	}
	return record.CheckText(s.Text)
}

// Scrub gives s without the id of a sounding that its reader was not given.
func (s Sounding) Scrub(given func(keys.ID) bool) record.Body {
	if !given(s.Of) {
		s.Of = keys.ID{}
	}
	return s
}

// Check reports what is not well-formed.
func (a SoundingAnswer) Check() error {
	if a.Would != WouldConsider && a.Would != WouldNot && a.Would != WouldIf {
		return fault.New(fault.Malformed, "accord.would", "say yes, no or with-changes", "%q is not an answer to a sounding", string(a.Would))
	}
	if a.Of.IsZero() {
		return fault.New(fault.Malformed, "accord.sounding-of", "name the sounding", "an answer to nothing")
	}
	if err := record.CheckText(a.Text); err != nil {
		return err
	}
	return a.Party.Check()
}

// Scrub gives a without the id of a sounding that its reader was not given.
func (a SoundingAnswer) Scrub(given func(keys.ID) bool) record.Body {
	if !given(a.Of) {
		a.Of = keys.ID{}
	}
	return a
}
