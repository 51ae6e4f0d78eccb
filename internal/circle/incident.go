package circle

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Incident says that something came to somebody who was not to have it, or may
// have. When it happened is From to Until, as well as it is known; who says so
// stands in the envelope. It is private: telling the others is a step of its
// own.
type Incident struct {
	Sort    Mishap         `cbor:"1,keyasint" json:"sort"`
	To      record.Name    `cbor:"2,keyasint,omitempty" json:"to,omitempty"`       // who has it now; empty: not known
	From    record.Instant `cbor:"3,keyasint,omitempty" json:"from,omitempty"`     // 0: from the beginning, as far as anybody knows
	Until   record.Instant `cbor:"4,keyasint,omitempty" json:"until,omitempty"`    // 0: it may still go on
	Known   record.Instant `cbor:"5,keyasint,omitempty" json:"known,omitempty"`    // since when it is known; 0: since it was logged
	People  []record.Name  `cbor:"6,keyasint,omitempty" json:"people,omitempty"`   // whose talk, or whose desk
	Lines   []record.Name  `cbor:"7,keyasint,omitempty" json:"lines,omitempty"`    // lines of this desk, by who is at the other end
	Forms   []record.Form  `cbor:"8,keyasint,omitempty" json:"forms,omitempty"`    // only what was said so; empty: any form
	What    []record.Ref   `cbor:"9,keyasint,omitempty" json:"what,omitempty"`     // entries and texts that are concerned in any case
	Channel bool           `cbor:"10,keyasint,omitempty" json:"channel,omitempty"` // that there is a channel, and no more than that
	Text    string         `cbor:"11,keyasint,omitempty" json:"text,omitempty"`
}

// Mishap is a sort of incident.
type Mishap string

// The mishaps.
const (
	Interception   Mishap = "interception"
	Leak           Mishap = "leak"
	LostDesk       Mishap = "lost-desk"
	SeizedDesk     Mishap = "seized-desk"
	WrongRecipient Mishap = "wrong-recipient"
)

// Mishaps gives every mishap.
func Mishaps() []Mishap { return []Mishap{Interception, Leak, LostDesk, SeizedDesk, WrongRecipient} }

// Footing gives on what footing somebody knows what came to him so.
func (m Mishap) Footing() Footing {
	if m == Leak || m == WrongRecipient {
		return Leaked
	}
	return Intercepted
}

// ofDesk reports whether it exposes all that a desk held, and not what was said
// while it lasted.
func (m Mishap) ofDesk() bool { return m == LostDesk || m == SeizedDesk }

// IncidentStep is one thing to be done about an incident: still open, or done.
// A later one about the same thing takes the place of an earlier. It is
// private.
type IncidentStep struct {
	Of   keys.ID     `cbor:"1,keyasint" json:"of"` // the incident
	Do   Remedy      `cbor:"2,keyasint" json:"do"`
	Who  record.Name `cbor:"3,keyasint,omitempty" json:"who,omitempty"` // whose line, or who is told
	Done bool        `cbor:"4,keyasint,omitempty" json:"done,omitempty"`
	By   record.Name `cbor:"5,keyasint,omitempty" json:"by,omitempty"` // who does it, or did
	Text string      `cbor:"6,keyasint,omitempty" json:"text,omitempty"`
}

// Remedy is what is done about an incident.
type Remedy string

// The remedies.
const (
	Rekey     Remedy = "re-key"     // open the line anew and compare words
	CloseLine Remedy = "close-line" // say nothing more over it
	Tell      Remedy = "tell"       // somebody who is affected
	Other     Remedy = "other"      // as Text says
)

// Remedies gives every remedy.
func Remedies() []Remedy { return []Remedy{Rekey, CloseLine, Tell, Other} }

// Retention says how long the channel, or one entry, is kept. It is private.
// Nothing is destroyed by it: the desk does that, and says what it cannot undo.
type Retention struct {
	Of     keys.ID        `cbor:"1,keyasint,omitzero" json:"of,omitzero"` // one entry; zero: the channel
	Policy Policy         `cbor:"2,keyasint" json:"policy"`
	On     record.Instant `cbor:"3,keyasint,omitempty" json:"on,omitempty"` // when it is to be destroyed
	Text   string         `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// Policy is what becomes of what is kept.
type Policy string

// The policies. A legal hold goes before every other.
const (
	Keep           Policy = "keep"
	DestroyOn      Policy = "destroy-on"
	DestroyOnClose Policy = "destroy-on-close"
	LegalHold      Policy = "legal-hold"
)

// Policies gives every policy.
func Policies() []Policy { return []Policy{Keep, DestroyOn, DestroyOnClose, LegalHold} }

// Kind gives the kind of each body.
func (Incident) Kind() record.Kind     { return KindIncident }
func (IncidentStep) Kind() record.Kind { return KindIncidentStep }
func (Retention) Kind() record.Kind    { return KindRetention }

// Check reports what is not well-formed.
func (b Incident) Check() error {
	if b.Until != 0 && b.Until < b.From {
		return fault.New(fault.Malformed, "circle.until", "give the earlier time first", "the incident ends before it begins")
	}
	if len(b.People)+len(b.Lines)+len(b.Forms)+len(b.What) == 0 && !b.Channel {
		return fault.New(fault.Malformed, "circle.concerned", "name people, lines, forms, entries or texts, or say that it was the channel", "an incident that concerns nothing")
	}
	if b.Sort.ofDesk() && len(b.People) == 0 {
		return fault.New(fault.Malformed, "circle.whose-desk", "name whose desk it is", "a desk that is nobody's")
	}
	for k, f := range b.Forms {
		if f == "" || k >= maxPeople {
			return fault.New(fault.Malformed, "circle.forms", "use text, call, voice-note, meeting or paper", "a form that is none")
		}
		if err := f.Check(); err != nil {
			return err
		}
	}
	return first(oneOf("circle.mishap", "a sort of incident", b.Sort, Mishaps()...), optional(b.To), checkAll(b.People, maxPeople), checkAll(b.Lines, maxPeople),
		checkRefs(b.What), record.CheckText(b.Text))
}

// Check reports what is not well-formed.
func (s IncidentStep) Check() error {
	if s.Of.IsZero() {
		return fault.New(fault.Malformed, "circle.incident", "name the incident", "a step about no incident")
	}
	if s.Do != Other && s.Who == "" || s.Do == Other && s.Text == "" {
		return fault.New(fault.Malformed, "circle.step", "say whose line, or who is told; for other, say what is done", "a step that does not say what is done")
	}
	return first(oneOf("circle.remedy", "a step", s.Do, Remedies()...), optional(s.Who, s.By), record.CheckText(s.Text))
}

// Check reports what is not well-formed.
func (r Retention) Check() error {
	if (r.Policy == DestroyOn) != (r.On != 0) {
		return fault.New(fault.Malformed, "circle.destroy-on", "give a date with destroy-on, and only with it", "a date without destroy-on, or the reverse")
	}
	return first(oneOf("circle.policy", "a rule of retention", r.Policy, Policies()...), record.CheckText(r.Text))
}

// Scrub gives b without ids that its reader was not given.
func (b Incident) Scrub(given func(keys.ID) bool) record.Body {
	b.What = scrubRefs(b.What, given)
	return b
}

// Scrub gives s without ids that its reader was not given.
func (s IncidentStep) Scrub(given func(keys.ID) bool) record.Body {
	if !given(s.Of) {
		s.Of = keys.ID{}
	}
	return s
}

// Scrub gives r without ids that its reader was not given.
func (r Retention) Scrub(given func(keys.ID) bool) record.Body {
	if !given(r.Of) {
		r.Of = keys.ID{}
	}
	return r
}
