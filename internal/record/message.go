package record

import (
	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Message is one thing said, in any form.
type Message struct {
	From        Name        `cbor:"1,keyasint" json:"from"`
	Via         []Name      `cbor:"2,keyasint,omitempty" json:"via,omitempty"` // every hop, in order
	To          Name        `cbor:"3,keyasint" json:"to"`
	Form        Form        `cbor:"4,keyasint" json:"form"`
	Fidelity    Fidelity    `cbor:"5,keyasint" json:"fidelity"`
	Attribution Attribution `cbor:"6,keyasint,omitempty" json:"attribution,omitempty"`
	SpeechAct   SpeechAct   `cbor:"7,keyasint" json:"speechAct"`
	Authority   string      `cbor:"8,keyasint,omitempty" json:"authority,omitempty"` // which credential, or as asserted; empty for unknown
	Text        string      `cbor:"9,keyasint" json:"text"`
	Lang        string      `cbor:"10,keyasint,omitempty" json:"lang,omitempty"`
	Source      string      `cbor:"11,keyasint,omitempty" json:"source,omitempty"` // the text that was translated
	SourceLang  string      `cbor:"12,keyasint,omitempty" json:"sourceLang,omitempty"`
	Translator  Name        `cbor:"13,keyasint,omitempty" json:"translator,omitempty"`
	Draft       int         `cbor:"14,keyasint,omitempty" json:"draft,omitempty"`
	Denies      keys.ID     `cbor:"15,keyasint,omitzero" json:"denies,omitzero"` // the message that is denied
}

// Form is how something was said.
type Form string

// The forms.
const (
	Text      Form = "text"
	Call      Form = "call"
	VoiceNote Form = "voice-note"
	Meeting   Form = "meeting"
	Paper     Form = "paper"
)

// Check reports whether f is a form; the empty form is none given.
func (f Form) Check() error {
	switch f {
	case "", Text, Call, VoiceNote, Meeting, Paper:
		return nil
	}
	return fault.New(fault.Malformed, "record.form", "use text, call, voice-note, meeting or paper", "%q is not a form", string(f))
}

// Fidelity says whose words these are, and how near to them.
type Fidelity string

// The fidelities, nearest first.
const (
	Verbatim    Fidelity = "verbatim"
	Translation Fidelity = "translation"
	Paraphrase  Fidelity = "paraphrase"
	OwnView     Fidelity = "own-view" // the go-between's own
	Hearsay     Fidelity = "hearsay"
	Sealed      Fidelity = "sealed" // carried unread
)

// Check reports whether f is a fidelity.
func (f Fidelity) Check() error {
	switch f {
	case Verbatim, Translation, Paraphrase, OwnView, Hearsay, Sealed:
		return nil
	}
	return fault.New(fault.Malformed, "record.fidelity", "use verbatim, translation, paraphrase, own-view, hearsay or sealed", "%q is not a fidelity", string(f))
}

// Attribution says how the message may be quoted.
type Attribution string

// The attributions.
const (
	OnTheRecord Attribution = "on-the-record"
	NotForAttr  Attribution = "not-for-attribution"
	NonPaper    Attribution = "non-paper" // a paper without author
)

// SpeechAct is what saying it does.
type SpeechAct string

// The speech acts. None of them is an act on a version: those are accord.Act.
const (
	Inform   SpeechAct = "inform"
	Ask      SpeechAct = "ask"
	Float    SpeechAct = "float"
	Propose  SpeechAct = "propose"
	Counter  SpeechAct = "counter"
	Accept   SpeechAct = "accept"
	Reject   SpeechAct = "reject"
	Confirm  SpeechAct = "confirm"
	Deny     SpeechAct = "deny"
	Decline  SpeechAct = "decline-to-comment"
	Withdraw SpeechAct = "withdraw"
	Warn     SpeechAct = "warn"
	Report   SpeechAct = "report"
)

// Check reports whether a is a speech act.
func (a SpeechAct) Check() error {
	switch a {
	case Inform, Ask, Float, Propose, Counter, Accept, Reject, Confirm, Deny, Decline, Withdraw, Warn, Report:
		return nil
	}
	return fault.New(fault.Malformed, "record.speech-act", "use inform, ask, float, propose, counter, accept, reject, confirm, deny, decline-to-comment, withdraw, warn or report", "%q is not a speech act", string(a))
}

// Kind gives KindMessage.
func (Message) Kind() Kind { return KindMessage }

// Check reports what is not well-formed.
func (m Message) Check() error {
	switch m.Attribution {
	case "", OnTheRecord, NotForAttr, NonPaper:
	default:
		return fault.New(fault.Malformed, "record.attribution", "use on-the-record, not-for-attribution or non-paper", "%q is not an attribution", string(m.Attribution))
	}
	if len(m.Via) > maxHops {
		return fault.New(fault.Limit, "record.hops", "", "a message through more than %d hands", maxHops)
	}
	for _, n := range m.Via {
		if err := n.Check(); err != nil {
			return err
		}
	}
	return first(m.From.Check(), m.To.Check(), m.Form.Check(), m.Fidelity.Check(), m.SpeechAct.Check(),
		CheckText(m.Text), CheckText(m.Source), CheckText(m.Authority), optional(m.Translator))
}

const maxHops = 16 // hands through which one message passes

// Conveyance marks one step of one hop of a message or an act.
type Conveyance struct {
	Of       keys.ID  `cbor:"1,keyasint" json:"of"`                   // what is passed on, as this desk has it
	As       keys.ID  `cbor:"2,keyasint,omitzero" json:"as,omitzero"` // what was handed to the next, where that is an entry of its own
	To       Name     `cbor:"3,keyasint" json:"to"`
	Step     Step     `cbor:"4,keyasint" json:"step"`
	Fidelity Fidelity `cbor:"5,keyasint,omitempty" json:"fidelity,omitempty"`
	Form     Form     `cbor:"6,keyasint,omitempty" json:"form,omitempty"`
	Note     string   `cbor:"7,keyasint,omitempty" json:"note,omitempty"`
}

// Step is a place on the axis of conveyance.
type Step string

// The steps. A go-between marks Conveyed; Received he can only report, unless
// the other desk acknowledged it on a line.
const (
	Drafted  Step = "drafted"
	Handed   Step = "handed"
	Conveyed Step = "conveyed"
	Received Step = "received"
	Returned Step = "returned"
	Lost     Step = "lost"
)

// Kind gives KindConveyance.
func (Conveyance) Kind() Kind { return KindConveyance }

// Check reports what is not well-formed.
func (c Conveyance) Check() error {
	switch c.Step {
	case Drafted, Handed, Conveyed, Received, Returned, Lost:
	default:
		return fault.New(fault.Malformed, "record.step", "use drafted, handed, conveyed, received, returned or lost", "%q is not a step of conveyance", string(c.Step))
	}
	if c.Of.IsZero() {
		return fault.New(fault.Malformed, "record.conveyance", "name the entry", "a conveyance of nothing")
	}
	if c.Fidelity != "" {
		if err := c.Fidelity.Check(); err != nil {
			return err
		}
	}
	return first(c.To.Check(), c.Form.Check(), CheckText(c.Note))
}

// ReadBack is the hearer's repetition of a message, and whether the speaker
// let it stand.
type ReadBack struct {
	Of        keys.ID `cbor:"1,keyasint" json:"of"`
	By        Name    `cbor:"2,keyasint" json:"by"` // who repeated it
	OK        bool    `cbor:"3,keyasint" json:"ok"`
	Corrected string  `cbor:"4,keyasint,omitempty" json:"corrected,omitempty"` // what the speaker said instead
}

// Kind gives KindReadBack.
func (ReadBack) Kind() Kind { return KindReadBack }

// Check reports what is not well-formed.
func (r ReadBack) Check() error {
	if r.Of.IsZero() || !r.OK && r.Corrected == "" {
		return fault.New(fault.Malformed, "record.read-back", "name the message, and say ok or what was corrected", "a read-back of nothing, or corrected to nothing")
	}
	return first(r.By.Check(), CheckText(r.Corrected))
}
