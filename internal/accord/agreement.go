package accord

import (
	"slices"

	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// Verdict says how far a package has come, as this desk can verify.
type Verdict string

// The verdicts.
const (
	Agreed      Verdict = "agreed"
	EchoAwaited Verdict = "echo-awaited"       // all accepted by own acts; not all echoed the text
	Unreceived  Verdict = "receipt-awaited"    // all did both; that whose receipt counts had it in time is not known here
	AsReported  Verdict = "agreed-as-reported" // all accepted, some only as reported: that is not agreed
	NotAgreed   Verdict = "not-agreed"
	Incomplete  Verdict = "incomplete" // this desk does not have the whole text
)

// Agreement is a verdict and what it rests on.
type Agreement struct {
	Verdict  Verdict
	Package  record.Ref
	Needed   []record.Name // whose acceptance it needs
	Missing  []record.Name // who has not accepted by its own act under a mandate to bind
	Unechoed []record.Name // who has, and has not echoed the text
	Weakest  Rests         // the weakest thing that any acceptance rests on
	Reported []record.Name // who reported the acceptances that are only reported
	Entries  []keys.ID     // the acceptances and echoes
	Awaited  []record.Name // whose acceptance or echo is not known to have been received in time
	Evidence []PartyEvidence
	Strength Strength // the weakest of it
}

// Needed gives the parties whose acceptance p needs: those that it names, and
// everybody who would owe something by it. A package cannot bind somebody by
// leaving him out of the list.
func (l *Ledger) Needed(p Package) []record.Name {
	terms, _ := l.TermsOf(p)
	bodies := make([]Term, len(terms))
	for i, t := range terms {
		bodies[i] = t.Body
	}
	return neededBy(p, bodies)
}

// agreed keeps an agreement.
type agreed struct {
	lean.Result
	Agreement
}

// Agreement computes whether the package of that hash is agreed. Nothing sets
// it (law 1).
func (l *Ledger) Agreement(h keys.Hash) Agreement {
	v := l.version(h)
	if v.stand != nil && v.stand.folding {
		return l.agreement(h) // of what has not lapsed
	}
	if v.bound == nil {
		v.bound = &agreed{}
	}
	if !l.book.Fresh(&v.bound.Result) {
		l.book.Open(&v.bound.Result)
		v.bound.Agreement = l.agreement(h)
		l.book.Close(&v.bound.Result)
	}
	return v.bound.Agreement
}

func (l *Ledger) agreement(h keys.Hash) Agreement {
	p, ok := l.Package(h)
	if !ok {
		return Agreement{Verdict: Incomplete, Package: record.Ref{Hash: h}}
	}
	a := Agreement{Package: p.Ref, Needed: l.Needed(p.Body), Weakest: OnOwnMandate, Strength: BySignature}
	accepted := 0
	for _, party := range a.Needed {
		s := l.Stance(party, h)
		a.Evidence = append(a.Evidence, l.Evidence(party, h))
		if s.Position == Accepted {
			accepted++
			a.Strength = weakerStrength(a.Strength, a.Evidence[len(a.Evidence)-1].Strength)
			a.Entries = append(a.Entries, s.Entry)
			a.Weakest = weaker(a.Weakest, s.Rests)
			if s.Rests == OnReport && !slices.Contains(a.Reported, s.By) {
				a.Reported = append(a.Reported, s.By)
			}
		}
		switch {
		case !s.Confirmed():
			a.Missing = append(a.Missing, party)
		case s.Echo.IsZero():
			a.Unechoed = append(a.Unechoed, party)
		default:
			a.Entries = append(a.Entries, s.Echo)
			if !l.inTime(p.Body, s) {
				a.Awaited = append(a.Awaited, party)
			}
		}
	}
	if accepted == 0 {
		a.Weakest, a.Strength = OnNothing, NoStrength
	}
	_, whole := l.TermsOf(p.Body)
	switch {
	case !whole:
		a.Verdict = Incomplete
	case accepted < len(a.Needed):
		a.Verdict = NotAgreed
	case len(a.Reported) > 0:
		a.Verdict = AsReported
	case len(a.Missing) > 0:
		a.Verdict = NotAgreed // somebody accepted without a mandate to bind
	case len(a.Unechoed) > 0:
		a.Verdict = EchoAwaited
	case len(a.Awaited) > 0:
		a.Verdict = Unreceived
	default:
		a.Verdict = Agreed
	}
	return a
}

func weaker(a, b Rests) Rests {
	order := []Rests{OnNothing, OnReport, OnOwnAct, OnOwnMandate}
	if slices.Index(order, b) < slices.Index(order, a) {
		return b
	}
	return a
}

// inTime reports whether an acceptance and its echo met the deadline. Where the
// package says whose receipt meets it, they did so only if this desk knows that
// he had received both by then; else it is enough that they were said by then.
func (l *Ledger) inTime(p Package, s Stance) bool {
	if p.ReceiptBy == "" || p.Lapses == 0 || l.is(s.By, p.ReceiptBy) || s.Party == p.ReceiptBy {
		return true // what he does himself, he has
	}
	return l.receivedBy(s.Entry, p.ReceiptBy, p.Lapses) && l.receivedBy(s.Echo, p.ReceiptBy, p.Lapses)
}
