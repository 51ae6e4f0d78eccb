package accord

import (
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The kinds of entry of this package.
const (
	KindTerm        record.Kind = "term"
	KindPackage     record.Kind = "package"
	KindAct         record.Kind = "act"
	KindPerformance record.Kind = "performance"
	KindNothingOwed record.Kind = "nothing-owed"
)

// Codec gives the codec for the kinds of record, of this package, and more.
func Codec(more ...record.Decoder) record.Codec {
	return record.NewCodec(append(more, record.DecoderOf[Term](), record.DecoderOf[Package](), record.DecoderOf[Act](),
		record.DecoderOf[Performance](), record.DecoderOf[NothingOwed](), record.DecoderOf[Event](),
		record.DecoderOf[Sounding](), record.DecoderOf[SoundingAnswer](), record.DecoderOf[Criticism](), record.DecoderOf[Translation](),
		record.DecoderOf[Confirmation](), record.DecoderOf[ChannelKey](), record.DecoderOf[Attestation]())...)
}

// TermKind is a sort of term.
type TermKind string

// The sorts of term.
const (
	Obligation  TermKind = "obligation"  // can be breached
	Gesture     TermKind = "gesture"     // no antecedent; nobody owes anything for it
	Expectation TermKind = "expectation" // no debtor: met or unmet, never breached
	Guarantee   TermKind = "guarantee"   // somebody's duty about another term
)

// Term is one version of a term. Its hash is over every field here: what is
// said about a term afterwards (a person's status, another translation) is an
// entry about it and changes nothing.
type Term struct {
	Name     record.Name    `cbor:"1,keyasint" json:"name"`
	Version  int            `cbor:"2,keyasint" json:"version"`
	Sort     TermKind       `cbor:"3,keyasint" json:"sort"`
	Debtor   record.Name    `cbor:"4,keyasint,omitempty" json:"debtor,omitempty"`   // empty: unstated
	Creditor record.Name    `cbor:"5,keyasint,omitempty" json:"creditor,omitempty"` // of an expectation: who holds it
	Of       record.Name    `cbor:"6,keyasint,omitempty" json:"of,omitempty"`       // of an expectation: of whom it is expected
	Action   string         `cbor:"7,keyasint" json:"action"`                       // what is done: "hostilities cease"
	Effort   bool           `cbor:"8,keyasint,omitempty" json:"effort,omitempty"`   // to try, not to bring about
	Quantity []Range        `cbor:"9,keyasint,omitempty" json:"quantity,omitempty"` // how many: 10 captives
	Period   Range          `cbor:"10,keyasint,omitzero" json:"period,omitzero"`    // how long: 70 to 90 days
	Persons  []record.Name  `cbor:"11,keyasint,omitempty" json:"persons,omitempty"` // who is concerned
	When     Condition      `cbor:"12,keyasint,omitzero" json:"when,omitzero"`      // after what
	Against  []record.Name  `cbor:"13,keyasint,omitempty" json:"against,omitempty"` // terms it is exchanged for
	By       record.Instant `cbor:"14,keyasint,omitempty" json:"by,omitempty"`      // deadline
	Place    string         `cbor:"15,keyasint,omitempty" json:"place,omitempty"`
	Covers   []record.Name  `cbor:"16,keyasint,omitempty" json:"covers,omitempty"`   // of a guarantee: the terms it is about
	Trigger  string         `cbor:"17,keyasint,omitempty" json:"trigger,omitempty"`  // of a guarantee: what sets it off
	Response string         `cbor:"18,keyasint,omitempty" json:"response,omitempty"` // of a guarantee: what its debtor then does
	Monitor  record.Name    `cbor:"19,keyasint,omitempty" json:"monitor,omitempty"`
	From     record.Instant `cbor:"20,keyasint,omitempty" json:"from,omitempty"`
	Until    record.Instant `cbor:"21,keyasint,omitempty" json:"until,omitempty"`
	Text     string         `cbor:"22,keyasint,omitempty" json:"text,omitempty"`     // the authoritative text
	Lang     string         `cbor:"23,keyasint,omitempty" json:"lang,omitempty"`     // its language
	Benefits []record.Name  `cbor:"24,keyasint,omitempty" json:"benefits,omitempty"` // who gains by it, as said
	Needs    []record.Name  `cbor:"25,keyasint,omitempty" json:"needs,omitempty"`    // parties without whose doing it cannot happen
	Replaces keys.Hash      `cbor:"26,keyasint,omitzero" json:"replaces,omitzero"`   // the version this one takes the place of
	Salt     keys.ID        `cbor:"27,keyasint" json:"salt"`                         // so that a hash cannot be guessed at
	Within   Range          `cbor:"30,keyasint,omitzero" json:"within,omitzero"`     // deadline, counted from when it comes due: 10 days
	Zone     Zone           `cbor:"31,keyasint,omitempty" json:"zone,omitempty"`     // in which its times are told: "+03:00"; empty for UTC
}

// Range is a quantity from Min to Max with its unit: 70 to 90 days.
type Range struct {
	Min  int64  `cbor:"1,keyasint" json:"min"`
	Max  int64  `cbor:"2,keyasint" json:"max"`
	Unit string `cbor:"3,keyasint" json:"unit"`
}

// IsZero reports whether no range was given.
func (r Range) IsZero() bool { return r == Range{} }

// Check reports what is not well-formed.
func (r Range) Check() error {
	if r.Min < 0 || r.Max < r.Min || r.Unit == "" || len(r.Unit) > maxUnit {
		return fault.New(fault.Malformed, "accord.range", "write it as in 70-90 days", "%d to %d %q is not a range", r.Min, r.Max, r.Unit)
	}
	return nil
}

// Condition is an antecedent: a term's being done, an event, or and / or / not
// over conditions. The zero Condition holds always.
type Condition struct {
	Op    string      `cbor:"1,keyasint,omitempty" json:"op,omitempty"`    // "and", "or", "not", or "" for a leaf
	Term  record.Name `cbor:"2,keyasint,omitempty" json:"term,omitempty"`  // leaf: this term was discharged, done or met
	Event string      `cbor:"3,keyasint,omitempty" json:"event,omitempty"` // leaf: this happened
	Of    []Condition `cbor:"4,keyasint,omitempty" json:"of,omitempty"`    // operands
}

// IsZero reports whether c holds always.
func (c Condition) IsZero() bool {
	return c.Op == "" && c.Term == "" && c.Event == "" && len(c.Of) == 0
}

// Check reports what is not well-formed.
func (c Condition) Check() error { return c.check(0) }

func (c Condition) check(depth int) error {
	bad := fault.New(fault.Malformed, "accord.condition", "use and, or, not over terms and events", "not a condition")
	leaf := (c.Term != "") != (c.Event != "")
	switch {
	case c.IsZero():
		return nil
	case depth > maxDepth || len(c.Of) > maxTerms:
		return fault.New(fault.Limit, "accord.condition-depth", "split the term", "a condition nested or listed too far")
	case c.Op == "" && leaf && len(c.Of) == 0:
		return nil
	case c.Op == "not" && len(c.Of) != 1, c.Op == "" || c.Op != "and" && c.Op != "or" && c.Op != "not", leaf, len(c.Of) == 0:
		return bad
	}
	for _, o := range c.Of {
		if o.IsZero() {
			return bad
		}
		if err := o.check(depth + 1); err != nil {
			return err
		}
	}
	return nil
}

// Kind gives KindTerm.
func (Term) Kind() record.Kind { return KindTerm }

// Critical says that a desk which does not know this kind must stop.
func (Term) Critical() bool { return true }

// Check reports what is not well-formed, and what a term of its sort cannot
// have.
func (t Term) Check() error {
	if err := t.Name.Check(); err != nil {
		return err
	}
	bad := func(hint, text string) error {
		return fault.New(fault.Malformed, "accord.term", hint, "term %s: %s", t.Name, text)
	}
	switch {
	case t.Version < 1:
		return bad("number versions from 1", "no version")
	case t.Salt.IsZero():
		return bad("", "no salt")
	case t.Action == "":
		return bad("say what is done", "no action")
	case t.Sort == Gesture && (!t.When.IsZero() || len(t.Against) > 0):
		return bad("make it an obligation if it depends on something", "a gesture has no antecedent and is exchanged for nothing")
	case t.Sort == Expectation && t.Debtor != "":
		return bad("name of whom it is expected with `of`", "an expectation has no debtor")
	case t.Sort == Guarantee && len(t.Covers) == 0:
		return bad("name the terms it covers", "a guarantee about nothing")
	case t.Sort == Guarantee && t.Debtor == "":
		return bad("name the guarantor as debtor", "a guarantee by nobody")
	case t.Sort != Guarantee && len(t.Covers) > 0:
		return bad("", "only a guarantee covers other terms")
	case t.Sort != Obligation && t.Sort != Gesture && t.Sort != Expectation && t.Sort != Guarantee:
		return bad("use obligation, gesture, expectation or guarantee", "unknown sort")
	}
	for _, list := range [][]record.Name{t.Persons, t.Against, t.Covers, t.Benefits, t.Needs} {
		if err := checkNames(list); err != nil {
			return err
		}
	}
	for _, n := range []record.Name{t.Debtor, t.Creditor, t.Of, t.Monitor} {
		if n != "" {
			if err := n.Check(); err != nil {
				return err
			}
		}
	}
	return t.checkValues()
}

func (t Term) checkValues() error {
	if len(t.Quantity) > maxTerms {
		return fault.New(fault.Limit, "accord.quantity", "split the term", "term %s: more than %d quantities", t.Name, maxTerms)
	}
	for _, q := range t.Quantity {
		if err := q.Check(); err != nil {
			return err
		}
	}
	for _, r := range []Range{t.Period, t.Within} {
		if r.IsZero() {
			continue
		}
		if err := r.Check(); err != nil {
			return err
		}
	}
	if _, err := t.Zone.location(); err != nil {
		return err
	}
	for _, s := range []string{t.Action, t.Place, t.Trigger, t.Response, t.Text} {
		if err := record.CheckText(s); err != nil {
			return err
		}
	}
	return t.When.Check()
}

func checkNames(list []record.Name) error {
	if len(list) > maxTerms {
		return fault.New(fault.Limit, "accord.names", "split the term", "a list of more than %d names", maxTerms)
	}
	for i, n := range list {
		if err := n.Check(); err != nil {
			return err
		}
		if slices.Contains(list[:i], n) {
			return fault.New(fault.Malformed, "accord.twice", "name it once", "%s is named twice", n)
		}
	}
	return nil
}

// Bounds on terms and packages.
const (
	maxUnit  = 64  // bytes of a unit
	maxDepth = 4   // nesting of a condition; two levels of encoding each, within wire.MaxDepth
	maxTerms = 256 // names in one list, terms of one package
)
