package accord

import (
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// The kinds of what is said about a text and changes no hash.
const (
	KindCriticism   record.Kind = "criticism"
	KindTranslation record.Kind = "translation"
)

// Criticism is what a side says of a draft, to the go-between who owns the
// text and to nobody else. It is never passed on: he writes the next draft.
type Criticism struct {
	On   record.Ref  `cbor:"1,keyasint" json:"on"`                       // the draft: one version of a package or a term
	Term record.Name `cbor:"2,keyasint,omitempty" json:"term,omitempty"` // of which term in it; empty for the whole
	Text string      `cbor:"3,keyasint" json:"text"`
	For  record.Name `cbor:"4,keyasint,omitempty" json:"for,omitempty"` // for which party it is said
}

// Translation is a text in another language than its authoritative one. It is
// an entry about the text: the hash, and what anybody accepted, stay as they
// are.
type Translation struct {
	On         record.Ref  `cbor:"1,keyasint" json:"on"` // one version of a term or a package
	Lang       string      `cbor:"2,keyasint" json:"lang"`
	Text       string      `cbor:"3,keyasint" json:"text"`
	Translator record.Name `cbor:"4,keyasint,omitempty" json:"translator,omitempty"`
}

// Kind gives the kind of each.
func (Criticism) Kind() record.Kind   { return KindCriticism }
func (Translation) Kind() record.Kind { return KindTranslation }

// InConfidence says that criticism is for the go-between alone.
func (Criticism) InConfidence() bool { return true }

// Check reports what is not well-formed.
func (c Criticism) Check() error {
	if c.Text == "" || c.On.Hash.IsZero() {
		return fault.New(fault.Malformed, "accord.criticism", "name the exact version, and say what is wrong with it", "a criticism of no exact version, or without words")
	}
	for _, n := range []record.Name{c.Term, c.For} {
		if n != "" {
			if err := n.Check(); err != nil {
				return err
			}
		}
	}
	if err := record.CheckText(c.Text); err != nil {
		return err
	}
	return c.On.Check()
}

// Check reports what is not well-formed.
func (t Translation) Check() error {
	if t.Text == "" || t.On.Hash.IsZero() || t.Lang == "" || len(t.Lang) > maxLang {
		return fault.New(fault.Malformed, "accord.translation", "name the exact version and the language, as in fr or pt-BR", "a translation of no exact version, into no language, or without words")
	}
	if t.Translator != "" {
		if err := t.Translator.Check(); err != nil {
			return err
		}
	}
	if err := record.CheckText(t.Text); err != nil {
		return err
	}
	return t.On.Check()
}

const maxLang = 35 // bytes of a language tag (RFC 5646, section 4.4.1)

// Lasts: whoever states an act, a deed or an event first hand is held to it
// until he states another. A report is taken back like anything else.
func (Act) Lasts(firstHand, _ bool) bool         { return firstHand }
func (Performance) Lasts(firstHand, _ bool) bool { return firstHand }
func (Event) Lasts(firstHand, _ bool) bool       { return firstHand }

// Lasts: a text is known by its hash, and others may have accepted it. Only on
// the desk on which it was typed, as somebody else's, is it taken back.
func (Term) Lasts(firstHand, here bool) bool    { return firstHand || !here }
func (Package) Lasts(firstHand, here bool) bool { return firstHand || !here }
