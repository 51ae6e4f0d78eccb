package record

import "backchannel/internal/fault"

// The kinds of entries about a person's fate. They are entries about a term's
// persons and no part of a term: they change no hash.
const (
	KindPersonStatus Kind = "person-status"
	KindProofOfLife  Kind = "proof-of-life"
)

// PersonStatus is how somebody is said to be. Who said it, from whom the
// author has it and when it was said stand in the envelope: it is somebody's
// word, and rival words stand side by side.
type PersonStatus struct {
	Person Name     `cbor:"1,keyasint" json:"person"`
	Status Status   `cbor:"2,keyasint" json:"status"`
	As     Interval `cbor:"3,keyasint,omitzero" json:"as,omitzero"` // when he was so; zero for when it was said
	Text   string   `cbor:"4,keyasint,omitempty" json:"text,omitempty"`
}

// Status is how a person is said to be.
type Status string

// The statuses. A person is released; an obligation is discharged.
const (
	Alive    Status = "alive"
	Held     Status = "held"
	Hurt     Status = "hurt"
	Ill      Status = "ill"
	Missing  Status = "missing"
	Released Status = "released"
	Dead     Status = "dead"
	Unsure   Status = "unknown" // nobody who was asked knows
)

// Statuses gives every status.
func Statuses() []Status {
	return []Status{Alive, Held, Hurt, Ill, Missing, Released, Dead, Unsure}
}

// ProofOfLife is one step of proving that somebody lives: the question, the
// answer to it, or what somebody makes of the answer. A step answers the one
// before it. The question is one that only that person can answer, so each step
// goes to nobody but those it is given to.
type ProofOfLife struct {
	Person     Name       `cbor:"1,keyasint" json:"person"`
	AskedBy    Name       `cbor:"2,keyasint,omitempty" json:"askedBy,omitempty"`
	Question   string     `cbor:"3,keyasint,omitempty" json:"question,omitempty"`
	Answer     string     `cbor:"4,keyasint,omitempty" json:"answer,omitempty"`
	Date       Interval   `cbor:"5,keyasint,omitzero" json:"date,omitzero"` // on which the proof shows him alive
	AssessedBy Name       `cbor:"6,keyasint,omitempty" json:"assessedBy,omitempty"`
	Assessment Assessment `cbor:"7,keyasint,omitempty" json:"assessment,omitempty"`
	Text       string     `cbor:"8,keyasint,omitempty" json:"text,omitempty"`
}

// Assessment is what somebody makes of a proof of life.
type Assessment string

// The assessments.
const (
	Convincing   Assessment = "convincing"
	Doubtful     Assessment = "doubtful"
	Unconvincing Assessment = "unconvincing"
)

// Kind gives KindPersonStatus.
func (PersonStatus) Kind() Kind { return KindPersonStatus }

// Check reports what is not well-formed.
func (s PersonStatus) Check() error {
	known := false
	for _, k := range Statuses() {
		known = known || k == s.Status
	}
	if !known {
		return fault.New(fault.Malformed, "record.status", "use alive, held, hurt, ill, missing, released, dead or unknown", "%q is not how a person can be", string(s.Status))
	}
	return first(s.Person.Check(), s.As.Check(), CheckText(s.Text))
}

// Kind gives KindProofOfLife.
func (ProofOfLife) Kind() Kind { return KindProofOfLife }

// Check reports what is not well-formed.
func (p ProofOfLife) Check() error {
	switch p.Assessment {
	case "", Convincing, Doubtful, Unconvincing:
	default:
		return fault.New(fault.Malformed, "record.assessment", "use convincing, doubtful or unconvincing", "%q is not what somebody can make of a proof", string(p.Assessment))
	}
	switch {
	case p.Question == "" && p.Answer == "" && p.Assessment == "":
		return fault.New(fault.Malformed, "record.proof", "give the question, the answer, or what somebody makes of it", "a proof of life that asks, answers and finds nothing")
	case (p.Assessment == "") != (p.AssessedBy == ""):
		return fault.New(fault.Malformed, "record.assessed-by", "say who assessed it, and how", "an assessment by nobody, or none by somebody")
	}
	return first(p.Person.Check(), optional(p.AskedBy), optional(p.AssessedBy), p.Date.Check(),
		CheckText(p.Question), CheckText(p.Answer), CheckText(p.Text))
}
