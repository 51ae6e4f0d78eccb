package view

import (
	"strings"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Query is one question, in the small language of case files:
//
//	approach
//	direct WHO WHO
//	messages [from DATE] [to DATE] [by form|side|path ...]
//	path ENTRY
//	paths
//	what TERM
//	standing [TEXT]
//	compare TEXT TEXT
//	agreed TEXT [by PARTY]
//	owes [PARTY]
//	nothing [PARTY]
//	passed WHO WHO
//	told WHO [by WHO]
//	alarms [KIND]
//	since KIND
//	disputed [ENTRY or TEXT]
//	corrected [ENTRY]
//	corroborated [ENTRY]
//	authorised WHO or ENTRY
//	entry ENTRY
//	wording ENTRY [ENTRY]
//	completeness TEXT
//	turns
//	performance [TERM]
//	person WHO
//	soundings [TEXT]
//	drafts NAME
//	knew [WHO]
//	exposed [INCIDENT]
//	notified [PLAN]
//	accounts [TEXT or WHO or ENTRY]
//	asked [WHO]
//	kept [ENTRY]
//	echo-first NAME
//	evidence TEXT
//
// WHO is a person or a party. TEXT is a package or a term: a label of the
// asker's, or name, name@version, name@version#hash. ENTRY is a label, or the
// beginning of an id. DATE is 2006-01-02 or RFC 3339; a day counts whole.
type Query struct {
	Text   string
	Zone   *time.Location        // of dates without a zone; nil for UTC
	Lines  []record.Name         // who is at the other end of this desk's lines
	Labels map[string]record.Ref // the asker's own names for versions and entries
}

// Answer is what the record says, as facts in a fixed order.
type Answer struct {
	Query string `json:"query"`
	Facts []Fact `json:"facts,omitempty"`
}

// Fact is one language-neutral statement and the entries that it rests on.
type Fact struct {
	Key     string      `json:"key"`
	On      string      `json:"on,omitempty"`  // the version, message or axis that it is about
	Who     record.Name `json:"who,omitempty"` // the person or party that it is about
	Value   string      `json:"value"`
	Entries []keys.ID   `json:"entries,omitempty"`
}

// String gives the fact on one line: "position truce@1 power = proposed".
func (f Fact) String() string {
	left := f.Key
	for _, s := range []string{f.On, string(f.Who)} {
		if s != "" {
			left += " " + s
		}
	}
	return left + " = " + f.Value
}

// The values that several facts share.
const (
	Yes         = "yes"
	No          = "no"
	None        = "none"
	NothingHere = "nothing-here" // it does not exist on this desk
)

// Ask answers a query.
func Ask(v *View, q Query) (Answer, error) {
	words := strings.Fields(q.Text)
	a := asker{v: v, q: q, out: Answer{Query: strings.Join(words, " ")}}
	if len(words) == 0 {
		return Answer{}, fault.New(fault.Malformed, "view.query", "ask, for example: standing", "an empty question")
	}
	verb, args := words[0], words[1:]
	ask, least, most := a.verb(verb)
	if ask == nil {
		return Answer{}, fault.New(fault.Malformed, "view.verb",
			"use approach, direct, messages, path, paths, what, standing, compare, agreed, owes, nothing, passed, told, alarms, since, disputed, corrected, corroborated, authorised, entry, wording, completeness, turns, performance, person, soundings, drafts, knew, exposed, notified, accounts, asked or kept", "%q is not a question", verb)
	}
	if len(args) < least || len(args) > most {
		return Answer{}, fault.New(fault.Malformed, "view.words", "see docs/case-format.md", "%q takes %d to %d words, and there are %d", verb, least, most, len(args))
	}
	if err := ask(args); err != nil {
		return Answer{}, err
	}
	if len(a.out.Facts) == 0 {
		a.fact(verb, "", "", NothingHere)
	}
	return a.out, nil
}

type asker struct {
	v   *View
	q   Query
	out Answer
}

func (a *asker) verb(verb string) (ask func([]string) error, least, most int) {
	switch verb {
	case "approach":
		return a.approach, 0, 0
	case "direct":
		return a.direct, 2, 2
	case "messages":
		return a.messages, 0, 8
	case "path":
		return a.path, 1, 1
	case "paths":
		return a.paths, 0, 0
	case "what":
		return a.what, 1, 1
	case "standing":
		return a.standing, 0, 1
	case "compare":
		return a.compare, 2, 2
	case "agreed":
		return a.agreed, 1, 3
	case "owes":
		return a.owes, 0, 1
	case "nothing":
		return a.nothing, 0, 1
	case "passed":
		return a.passed, 2, 2
	case "told":
		return a.told, 1, 3
	case "alarms":
		return a.alarms, 0, 1
	case "since":
		return a.since, 1, 1
	case "disputed":
		return a.disputed, 0, 1
	case "corrected":
		return a.corrected, 0, 1
	case "corroborated":
		return a.corroborated, 0, 1
	case "authorised":
		return a.authorised, 1, 1
	case "entry":
		return a.entry, 1, 1
	case "wording":
		return a.wording, 1, 2
	case "completeness":
		return a.completeness, 1, 1
	case "turns":
		return a.turns, 0, 0
	case "performance":
		return a.performance, 0, 1
	case "person":
		return a.person, 1, 1
	case "soundings":
		return a.soundings, 0, 1
	case "drafts":
		return a.drafts, 1, 1
	case "echo-first":
		return a.echoFirst, 1, 1
	case "evidence":
		return a.evidenceOf, 1, 1
	}
	return a.circleVerb(verb)
}

// fact adds a fact. An empty value says that there is none.
func (a *asker) fact(key, on string, who record.Name, value string, entries ...keys.ID) {
	if value == "" {
		value = None
	}
	var rest []keys.ID
	for _, id := range entries {
		if !id.IsZero() {
			rest = append(rest, id)
		}
	}
	a.out.Facts = append(a.out.Facts, Fact{key, on, who, value, rest})
}

// label gives how the asker refers to a version.
func (a *asker) label(r record.Ref) string {
	best := ""
	for name, ref := range a.q.Labels {
		if !r.Hash.IsZero() && ref.Hash == r.Hash && (best == "" || name < best) {
			best = name
		}
	}
	if best != "" {
		return best
	}
	return a.v.Label(r)
}

// entryLabel gives how the asker refers to an entry; "" where he does not.
func (a *asker) entryLabel(id keys.ID) string {
	best := ""
	for name, ref := range a.q.Labels {
		if ref.Entry == id && !id.IsZero() && (best == "" || name < best) {
			best = name
		}
	}
	if best != "" {
		return best
	}
	return id.Short()
}

// texts gives the versions that s names: none is no error.
func (a *asker) texts(s string) ([]record.Ref, error) {
	if r, ok := a.q.Labels[s]; ok && !r.Hash.IsZero() {
		if _, here := a.v.l.Package(r.Hash); here {
			return []record.Ref{r}, nil
		}
		if _, here := a.v.l.Term(r.Hash); here {
			return []record.Ref{r}, nil
		}
		return nil, nil // the asker knows it, this desk does not
	}
	return a.v.Versions(s)
}

func (a *asker) text(s string) (record.Ref, error) {
	if r, ok := a.q.Labels[s]; ok && !r.Hash.IsZero() {
		return r, nil
	}
	return a.v.Version(s)
}

// instant reads a date. A day stands for its first moment, or its last.
func (a *asker) instant(s string, last bool) (record.Instant, error) {
	zone := a.q.Zone
	if zone == nil {
		zone = time.UTC
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return record.At(t), nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return 0, fault.New(fault.Malformed, "view.date", "write 2025-04-29 or 2025-04-29T15:04:05+03:00", "%q is not a date", s)
	}
	if last {
		t = t.AddDate(0, 0, 1).Add(-time.Millisecond)
	}
	return record.At(t), nil
}

// span gives both ends of an interval; one for a moment.
func span(v record.Interval) string {
	if v.IsMoment() {
		return v.From.String()
	}
	return v.From.String() + "/" + v.To.String()
}

func yesNo(b bool) string {
	if b {
		return Yes
	}
	return No
}

func join(list []record.Name) string {
	s := make([]string, len(list))
	for i, n := range list {
		s[i] = string(n)
	}
	return strings.Join(s, " ")
}
