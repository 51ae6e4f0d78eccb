package accord

import (
	"backchannel/internal/record"
)

// Matter is something that agreements are wrecked by when it was left open.
type Matter string

// The matters that are looked for before anybody accepts.
const (
	EntryIntoForce Matter = "entry-into-force" // with date and time
	Duration       Matter = "duration"         // or a date of review
	Area           Matter = "area"             // where it holds
	ActsAllowed    Matter = "acts"             // what is permitted and what is prohibited
	Watching       Matter = "watching"         // who watches, and what happens in a dispute
	NamedParties   Matter = "parties"          // who owes what to whom
)

// Matters gives every matter, in the order in which they are looked for.
func Matters() []Matter {
	return []Matter{EntryIntoForce, Duration, Area, ActsAllowed, Watching, NamedParties}
}

// Settled says how far a matter is settled in a text.
type Settled string

// How far. The fields of a term do not say what acts are permitted: there the
// most that can be said is that there is a text to read.
const (
	IsStated  Settled = "stated"
	IsInPart  Settled = "in-part"
	IsToRead  Settled = "to-read"
	IsMissing Settled = "missing"
)

// Advice says how far one matter is settled in a package. It is advice: nothing
// is refused for it.
type Advice struct {
	Matter Matter       `json:"matter"`
	Is     Settled      `json:"is"`
	Terms  []record.Ref `json:"terms,omitempty"` // that state it; of what is missing or stated in part: that leave it open
}

// Completeness looks a package through, matter by matter, as far as its terms
// are here.
func (l *Ledger) Completeness(p Package) []Advice {
	terms, _ := l.TermsOf(p)
	var duties []Version[Term]
	for _, t := range terms {
		if t.Body.Sort == Obligation || t.Body.Sort == Guarantee {
			duties = append(duties, t)
		}
	}
	return []Advice{
		settle(EntryIntoForce, duties, begins), settle(Duration, duties, ends), settle(Area, obligations(duties), placed),
		allowed(p, duties), watched(duties), settleAll(NamedParties, duties, between),
	}
}

func obligations(list []Version[Term]) []Version[Term] {
	var out []Version[Term]
	for _, t := range list {
		if t.Body.Sort == Obligation {
			out = append(out, t)
		}
	}
	return out
}

// settle takes a matter as settled where one term states it, since the others
// commonly hang on that one; else the best that there is.
func settle(m Matter, terms []Version[Term], is func(Term) Settled) Advice {
	a := Advice{Matter: m, Is: IsMissing}
	for _, want := range []Settled{IsStated, IsInPart} {
		for _, t := range terms {
			if is(t.Body) == want {
				a.Is = want
				a.Terms = append(a.Terms, t.Ref)
			}
		}
		if a.Is == want {
			return a
		}
	}
	return a
}

// settleAll takes a matter as settled only where every term states it, and
// names those that do not.
func settleAll(m Matter, terms []Version[Term], is func(Term) Settled) Advice {
	a := Advice{Matter: m, Is: IsStated}
	if len(terms) == 0 {
		a.Is = IsMissing
	}
	for _, t := range terms {
		switch s := is(t.Body); s {
		case IsMissing:
			a.Is = IsMissing
			a.Terms = append(a.Terms, t.Ref)
		case IsInPart:
			if a.Is == IsStated {
				a.Is = IsInPart
			}
			a.Terms = append(a.Terms, t.Ref)
		}
	}
	return a
}

// begins: a date and time; a condition or a deadline says only what it hangs on.
func begins(t Term) Settled {
	switch {
	case t.From != 0:
		return IsStated
	case !t.When.IsZero() || t.By != 0 || !t.Within.IsZero():
		return IsInPart
	}
	return IsMissing
}

// ends: a last moment, or an exact period; of 70 to 90 days nobody knows the
// last.
func ends(t Term) Settled {
	switch {
	case t.Until != 0 || !t.Period.IsZero() && t.Period.Min == t.Period.Max:
		return IsStated
	case !t.Period.IsZero():
		return IsInPart
	}
	return IsMissing
}

func placed(t Term) Settled {
	if t.Place != "" {
		return IsStated
	}
	return IsMissing
}

func between(t Term) Settled {
	switch {
	case t.Debtor == "":
		return IsMissing
	case t.Creditor == "" && t.Sort == Obligation:
		return IsInPart
	}
	return IsStated
}

// allowed says whether there is any text that could say what is permitted.
func allowed(p Package, duties []Version[Term]) Advice {
	a := Advice{Matter: ActsAllowed, Is: IsMissing}
	if p.Text != "" {
		a.Is = IsToRead
	}
	for _, t := range duties {
		if t.Body.Text != "" {
			a.Is = IsToRead
			a.Terms = append(a.Terms, t.Ref)
		}
	}
	return a
}

// watched: somebody who watches, or a guarantee that says what sets it off and
// what follows.
func watched(duties []Version[Term]) Advice {
	return settle(Watching, duties, func(t Term) Settled {
		switch {
		case t.Monitor != "" || t.Sort == Guarantee && t.Trigger != "" && t.Response != "":
			return IsStated
		case t.Sort == Guarantee:
			return IsInPart
		}
		return IsMissing
	})
}
