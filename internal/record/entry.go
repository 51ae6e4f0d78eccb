package record

import (
	"unicode/utf8"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// Name is the short name of a person, a party, a side, a term or a package:
// lower-case letters, digits and hyphens, as in "envoy" or "second-host". It
// is what entries refer by; titles for people to read are entries of their own.
type Name string

// Check reports whether n is well-formed.
func (n Name) Check() error {
	if len(n) == 0 || len(n) > wire.MaxName {
		return fault.New(fault.Malformed, "record.name", "use 1 to 64 lower-case letters, digits and hyphens", "%q is not a name", string(n))
	}
	for i, c := range []byte(n) {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !letter && (c != '-' || i == 0 || i == len(n)-1) {
			return fault.New(fault.Malformed, "record.name", "use 1 to 64 lower-case letters, digits and hyphens", "%q is not a name", string(n))
		}
	}
	return nil
}

// Ref points at what an entry is about: another entry, or one version of a
// term or a package. A version is known by its content hash, since two rival
// texts may bear the same name and number.
type Ref struct {
	Entry   keys.ID   `cbor:"1,keyasint,omitzero" json:"entry,omitzero"`
	Name    Name      `cbor:"2,keyasint,omitempty" json:"name,omitempty"`
	Version int       `cbor:"3,keyasint,omitempty" json:"version,omitempty"`
	Hash    keys.Hash `cbor:"4,keyasint,omitzero" json:"hash,omitzero"`
}

// IsZero reports whether r points at nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// Check reports what is not well-formed.
func (r Ref) Check() error {
	if r.IsZero() || r.Version < 0 {
		return fault.New(fault.Malformed, "record.ref", "", "a reference that points at nothing")
	}
	if r.Name != "" {
		return r.Name.Check()
	}
	return nil
}

// Carrying is what the author asks of the go-between who carries an entry.
// Pass is empty for "as the caucus rule of the channel says".
type Carrying struct {
	Pass      Pass    `cbor:"1,keyasint,omitempty" json:"pass,omitempty"`
	NotBefore Instant `cbor:"2,keyasint,omitempty" json:"notBefore,omitempty"`
	Words     string  `cbor:"3,keyasint,omitempty" json:"words,omitempty"` // authorised wording, where it differs from the text
}

// Pass says whether and how an entry may be passed on.
type Pass string

// The carrying instructions.
const (
	PassByRule    Pass = ""            // as the caucus rule of the channel says
	PassMay       Pass = "may-pass"    // consent is given
	PassVerbatim  Pass = "verbatim"    // word for word, or translated beside its source, or not at all
	PassIfAsked   Pass = "if-asked"    // only if the other side asks
	PassAsOwnIdea Pass = "as-own-idea" // as the go-between's own idea, without its author
	PassNot       Pass = "not"         // not to be passed
)

// Entry is the one envelope of everything in the record.
//
// An entry is written once and never changed. Its ID is random, so that it
// tells nothing of other entries. By is not sent over a line: a line joins two
// people, so the desk that receives an entry writes its author itself.
type Entry struct {
	ID        keys.ID    // of this entry
	Critical  bool       // an unknown kind that is critical stops the channel
	By        Name       // logged by
	At        Instant    // logged at, by the author's clock
	SaidBy    Name       // attributed to; empty for the author himself
	HeardFrom Name       // from whom the author has it; empty for first hand
	Said      Interval   // when it was said; zero for "at At"
	Corrects  keys.ID    // the entry that this one corrects
	Answers   keys.ID    // the entry that this one answers
	Together  []keys.ID  // entries that belong with this one: a note and the gloss beside it
	About     []Ref      // what it is about
	Audience  []Name     // who is given it, the author aside
	Carrying  Carrying   // what the author asks of whoever carries it
	Evidence  []Evidence // what the author says he holds for it
	Body      Body       // what it says, by kind
}

// Evidence is what an author says he holds for what he logs. It is his word:
// what this desk itself verified stands in Item.Came, never here.
type Evidence struct {
	What EvidenceKind `cbor:"1,keyasint" json:"what"`
	Note string       `cbor:"2,keyasint,omitempty" json:"note,omitempty"`
}

// EvidenceKind is a sort of evidence.
type EvidenceKind string

// The sorts of evidence an author can name.
const (
	SignedPaper EvidenceKind = "signed-paper" // a signed paper, held by the author
	UnsignedDoc EvidenceKind = "paper"        // a paper without signature
	Recording   EvidenceKind = "recording"    // a sound recording, a screen shot, a chat export
	Recollected EvidenceKind = "memory"       // the author's memory or notes alone
)

// Body is what an entry says. Each kind has a body type of its own; Unknown
// stands for kinds that this program does not know.
type Body interface {
	Kind() Kind
	Check() error // reports what is not well-formed
}

// Unknown is the body of a kind that this program does not know. It is kept
// and shown as unknown.
type Unknown struct {
	Of  Kind
	Raw wire.Raw
}

// Kind gives the kind as it stands in the entry.
func (u Unknown) Kind() Kind { return u.Of }

// Check reports whether the bytes are well-formed.
func (u Unknown) Check() error { return wire.CheckRaw(u.Raw) }

// When gives the time by which the record orders the entry: the end of when
// it was said, so that "in April" counts from the end of April; when it was
// logged, if nobody said more.
func (e *Entry) When() Instant {
	if !e.Said.IsZero() {
		return e.Said.To
	}
	return e.At
}

// Speaker gives to whom the entry is attributed: SaidBy, or the author.
func (e *Entry) Speaker() Name {
	if e.SaidBy != "" {
		return e.SaidBy
	}
	return e.By
}

// FirstHand reports whether the author speaks for himself here.
func (e *Entry) FirstHand() bool {
	return (e.SaidBy == "" || e.SaidBy == e.By) && e.HeardFrom == ""
}

// Check reports what is not well-formed in the envelope or the body.
func (e *Entry) Check() error {
	if e.ID.IsZero() || e.At <= 0 || e.Body == nil {
		return fault.New(fault.Malformed, "record.entry", "", "an entry without id, time or body")
	}
	for _, n := range []Name{e.SaidBy, e.HeardFrom} {
		if n != "" {
			if err := n.Check(); err != nil {
				return err
			}
		}
	}
	if err := e.By.Check(); err != nil {
		return err
	}
	if len(e.Audience) > maxAudience || len(e.About) > maxAbout || len(e.Together) > maxAbout || len(e.Evidence) > maxAbout {
		return fault.New(fault.Limit, "record.many", "", "an entry about, for, or together with too many")
	}
	for _, n := range e.Audience {
		if err := n.Check(); err != nil {
			return err
		}
	}
	for _, r := range e.About {
		if err := r.Check(); err != nil {
			return err
		}
	}
	if err := CheckText(e.Carrying.Words); err != nil {
		return err
	}
	if err := e.Said.Check(); err != nil {
		return err
	}
	return e.Body.Check()
}

// CheckText reports whether s is a text of allowed length in valid UTF-8.
func CheckText(s string) error {
	if len(s) > wire.MaxText {
		return fault.New(fault.Limit, "record.text", "send it as a file, or shorten it", "a text of %d bytes, where at most %d are allowed", len(s), wire.MaxText)
	}
	if !utf8.ValidString(s) {
		return fault.New(fault.Malformed, "record.utf8", "save it as UTF-8", "a text that is not valid UTF-8")
	}
	return nil
}

// Bounds on the envelope.
const (
	maxZone     = 64  // bytes of a zone
	maxAudience = 64  // people given one entry
	maxAbout    = 256 // references, companions and pieces of evidence of one entry
)
