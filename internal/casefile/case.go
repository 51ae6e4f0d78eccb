package casefile

import (
	"slices"

	"backchannel/internal/convey"
	"backchannel/internal/record"
)

// Case is one case file that was read and checked.
type Case struct {
	File   string         // where it was read from, for messages
	Name   string         // the name of the file without .case
	Title  string         // for people to read
	Before *Case          // the case that it continues, or nil
	Start  record.Instant // where its clock begins
	Zone   string         // the zone in which its times are written

	Sides     []record.Name   // declared here
	Parties   []record.Party  // declared here, and not in Before
	Persons   []record.Person // likewise
	Desks     []record.Name   // whose desks are set up here, in order
	Lines     []Line          // lines that are opened here
	Steps     []Step          // what happens, in order
	Questions []Question      // what is asked at the end

	zone   zone
	end    record.Instant // where its clock ends
	roles  map[record.Name]record.RoleKind
	labels map[string]labelled // every label, of Before as well
	src    *source
}

// Chain gives the cases that c continues and c itself, earliest first.
func (c *Case) Chain() []*Case {
	if c == nil {
		return nil
	}
	return append(c.Before.Chain(), c)
}

// End gives where the clock stands when the case has been played.
func (c *Case) End() record.Instant { return c.end }

// AllDesks gives every desk of the chain, in the order in which they are set up.
func (c *Case) AllDesks() []record.Name {
	var out []record.Name
	for _, k := range c.Chain() {
		out = append(out, k.Desks...)
	}
	return out
}

// AllLines gives every line of the chain.
func (c *Case) AllLines() []Line {
	var out []Line
	for _, k := range c.Chain() {
		out = append(out, k.Lines...)
	}
	return out
}

// Person gives the person of that name, if the chain declares one.
func (c *Case) Person(n record.Name) (record.Person, bool) {
	for _, k := range c.Chain() {
		for _, p := range k.Persons {
			if p.Name == n {
				return p, true
			}
		}
	}
	return record.Person{}, false
}

// Party gives the party of that name, if the chain declares one.
func (c *Case) Party(n record.Name) (record.Party, bool) {
	for _, k := range c.Chain() {
		for _, p := range k.Parties {
			if p.Name == n {
				return p, true
			}
		}
	}
	return record.Party{}, false
}

// Line is a line between two desks.
type Line struct {
	A, B record.Name
	At   int // line of the file
}

// labelled is what a label stands for.
type labelled struct {
	kind record.Kind
	desk record.Name // where it was written
	line int
	step *Step // a copy without refs to what follows; nil for a carried copy
}

// Step is one thing that happens. At is where the case clock stands then.
type Step struct {
	Line    int // of the file
	At      record.Instant
	Desk    record.Name // who does it; empty for the clock and the wire
	Verb    string      // the word that it begins with
	Label   string      // how later lines refer to it; may be empty
	Refused string      // the id of the refusal that is expected; empty for none

	entry   record.Entry  // to write, with its references still open
	body    any           // the body under construction, a pointer
	refs    refs          // labels, to be resolved when it is played
	order   *convey.Order // to carry, instead of to write
	disturb *Disturbance  // a command to the wire
	moves   bool          // it only moves the clock
}

// ref is a label as a line refers to it.
type ref struct {
	label string
	line  int
}

// refs are the references of a step. The zero ref refers to nothing.
type refs struct {
	answers, corrects, denies, of, on, under, replaces, copy ref
	together, about, terms, what, claims                     []ref
}

func (r *refs) all() []ref {
	out := []ref{r.answers, r.corrects, r.denies, r.of, r.on, r.under, r.replaces}
	return slices.Concat(out, r.together, r.about, r.terms, r.what, r.claims)
}

// Trouble is a sort of trouble on the wire.
type Trouble string

// The troubles. Whatever is dropped is sent again: a desk keeps what it sent
// until the other has acknowledged it.
const (
	Drop      Trouble = "drop"      // the next frames are lost once, and sent again a minute later
	Delay     Trouble = "delay"     // what is sent from now on arrives at Until at the earliest
	Duplicate Trouble = "duplicate" // the next frames arrive twice
	Reorder   Trouble = "reorder"   // the next frames arrive in the opposite order
	Offline   Trouble = "offline"   // the desk sends and receives nothing
	Online    Trouble = "online"    // it does again
)

// Disturbance is a command to the wire between two desks, or to one desk.
type Disturbance struct {
	Trouble Trouble
	From    record.Name // the desk, for Offline and Online
	To      record.Name
	Count   int
	Until   record.Instant
}

// Question is one thing asked at one desk.
type Question struct {
	Line  int
	ID    string
	Desk  record.Name
	Text  string
	Parts []Part
}

// Part is one query of a question, as of two clocks, and what is expected.
type Part struct {
	Line    int
	Query   string
	AsOf    record.AsOf
	Expects []Expect
}

// Expect is one expectation of an answer.
type Expect struct {
	Line int
	Fact string // the fact's key; empty for the answer as a whole
	How  How
	Want string
}

// How is a way to compare.
type How string

// The ways to compare.
const (
	Is       How = "is"       // the fact is exactly that
	Contains How = "contains" // the fact contains it
	Lacks    How = "lacks"    // the fact is there and does not contain it
	Absent   How = "absent"   // there is no such fact
	Says     How = "says"     // the answer in words contains it
	Silent   How = "never"    // neither a fact nor the words contain it
	Nothing  How = "nothing"  // the answer is that there is nothing here
)
