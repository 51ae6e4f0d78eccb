package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// PartyOwes is what one party owes, would owe, and was told that it owes.
type PartyOwes struct {
	Party    PartyInfo `json:"party"`
	Debts    []Debt    `json:"debts,omitempty"`    // obligations and guarantees whose debtor it is
	Gestures []Debt    `json:"gestures,omitempty"` // what it does of its own accord, owed to nobody
	Expected []Debt    `json:"expected,omitempty"` // what others expect of it, owed to nobody
	Needed   []Debt    `json:"needed,omitempty"`   // what cannot happen without it, whoever owes it
	Nothing  []Nothing `json:"nothing,omitempty"`  // that it was said to owe nothing
}

// Debt is one term as it concerns a party. It is owed only once its package is
// agreed; until then it says what would be owed.
type Debt struct {
	Term     TermLine       `json:"term"`
	Package  record.Ref     `json:"package,omitzero"` // zero for a term in no package
	Verdict  accord.Verdict `json:"verdict,omitempty"`
	Live     bool           `json:"live"` // somebody stands behind it
	Owed     bool           `json:"owed"` // agreed, so owed
	Entries  []keys.ID      `json:"entries"`
	Supports []keys.ID      `json:"supports,omitempty"` // acts of those who stand behind it
}

// Nothing is a statement that a party owes nothing.
type Nothing struct {
	Party       record.Name  `json:"party"`
	By          record.Name  `json:"by"`           // who said so
	Via         record.Name  `json:"via"`          // who logged it
	To          record.Name  `json:"to,omitempty"` // to whom
	When        Stamp        `json:"when"`
	Text        string       `json:"text,omitempty"`
	Entry       keys.ID      `json:"entry"`
	Contradicts []record.Ref `json:"contradicts,omitempty"` // live terms that need the party all the same
}

// Owes gives, for every party that the record names, what it owes. Parties
// that are not at the table are listed too.
func (v *View) Owes() []PartyOwes {
	out := make([]PartyOwes, 0, len(v.people))
	for _, p := range v.Parties() {
		out = append(out, v.OwedBy(p.Name))
	}
	return out
}

// OwedBy gives what one party owes.
func (v *View) OwedBy(party record.Name) PartyOwes {
	o := PartyOwes{Party: v.party(party)}
	var packages []accord.Version[accord.Package]
	var loose []Debt
	seen := map[keys.Hash]bool{}
	for _, t := range v.l.Touching(party) {
		within := v.l.PackagesWith(t.Hash)
		for _, pk := range within {
			if !seen[pk.Hash] {
				seen[pk.Hash] = true
				packages = append(packages, pk)
			}
		}
		if len(within) == 0 {
			loose = append(loose, v.looseDebt(t))
		}
	}
	slices.SortFunc(packages, func(a, b accord.Version[accord.Package]) int { return v.l.Earlier(a.Hash, b.Hash) })
	for _, pk := range packages {
		for _, d := range v.pack(pk).debts {
			o.add(d)
		}
	}
	for _, d := range loose {
		o.add(d)
	}
	o.Nothing = v.nothing(party, append(slices.Clone(o.Debts), o.Needed...))
	return o
}

// SomeOwed gives what a party owes by n terms, from the one at from on of all
// that concern it, in the order in which they came up. What it was told that it
// owes stands in OwedBy alone.
func (v *View) SomeOwed(party record.Name, from, n int) PartyOwes {
	o := PartyOwes{Party: v.party(party)}
	for _, t := range v.l.SomeTouching(party, from, n) {
		for _, d := range v.debtsOf(t) {
			o.add(d)
		}
	}
	return o
}

// add adds a term if it touches the party.
func (o *PartyOwes) add(d Debt) {
	t, party := d.Term.Term, o.Party.Name
	switch {
	case t.Debtor == party && t.Sort == accord.Gesture:
		o.Gestures = append(o.Gestures, d)
	case t.Debtor == party:
		o.Debts = append(o.Debts, d)
	case t.Sort == accord.Expectation && t.Of == party:
		o.Expected = append(o.Expected, d)
	}
	if t.Debtor != party && slices.Contains(t.Needs, party) {
		o.Needed = append(o.Needed, d)
	}
}

// packageDebts gives the terms of one package.
func (v *View) packageDebts(pk accord.Version[accord.Package]) []Debt {
	var out []Debt
	terms, _ := v.l.TermsOf(pk.Body)
	verdict := v.l.Agreement(pk.Hash).Verdict
	supports, among := v.supports(pk.Hash), guarantees(terms)
	for _, t := range terms {
		d := Debt{
			Term: v.termLine(t, among), Package: pk.Ref, Verdict: verdict, Live: len(supports) > 0,
			Owed: verdict == accord.Agreed && binds(t.Body), Entries: []keys.ID{t.Entry, pk.Entry}, Supports: supports,
		}
		if t.Entry == pk.Entry {
			d.Entries = d.Entries[:1]
		}
		out = append(out, d)
	}
	return out
}

// looseDebt gives a term that stands in no package.
func (v *View) looseDebt(t accord.Version[accord.Term]) Debt {
	supports := v.supports(t.Hash)
	return Debt{Term: v.termLine(t, v.l.Covering(t.Body.Name)), Live: len(supports) > 0, Entries: []keys.ID{t.Entry}, Supports: supports}
}

// debtsOf gives one term, once for each package that it stands in.
func (v *View) debtsOf(t accord.Version[accord.Term]) []Debt {
	packs := v.l.PackagesWith(t.Hash)
	if len(packs) == 0 {
		return []Debt{v.looseDebt(t)}
	}
	var out []Debt
	for _, pk := range packs {
		for _, d := range v.pack(pk).debts {
			if d.Term.Ref.Hash == t.Hash {
				out = append(out, d)
			}
		}
	}
	return out
}

func binds(t accord.Term) bool { return t.Sort == accord.Obligation || t.Sort == accord.Guarantee }

// supports gives the acts by which somebody stands behind a version.
func (v *View) supports(h keys.Hash) []keys.ID {
	var out []keys.ID
	for _, s := range v.l.Stances(h) {
		if Behind(s.Position) {
			out = append(out, s.Entry)
		}
	}
	return out
}

// AgainstNothing gives the live terms that need a party, or that it would owe,
// as they stand now: what speaks against telling it that it owes nothing. About
// narrows it to certain terms and packages, where it names any.
func (v *View) AgainstNothing(party record.Name, about []record.Ref) []record.Ref {
	o := v.OwedBy(party)
	return liveAgainst(about, append(slices.Clone(o.Debts), o.Needed...))
}

func liveAgainst(about []record.Ref, against []Debt) []record.Ref {
	var out []record.Ref
	seen := map[keys.Hash]bool{}
	for _, d := range against {
		if h := d.Term.Ref.Hash; d.Live && !seen[h] && concerns(about, d) {
			seen[h] = true
			out = append(out, d.Term.Ref)
		}
	}
	return out
}

func (v *View) nothing(party record.Name, against []Debt) []Nothing {
	var out []Nothing
	for _, it := range v.under(key{of: keyNothing, name: party}) {
		b := it.Body.(accord.NothingOwed) // keysOf puts nothing else there
		n := Nothing{Party: party, By: it.Speaker(), Via: it.By, To: b.Told, When: stamp(it), Text: b.Text, Entry: it.ID}
		n.Contradicts = liveAgainst(it.About, against)
		out = append(out, n)
	}
	return out
}

// concerns reports whether a statement about those versions is also about d. A
// statement about no version in particular is about all.
func concerns(about []record.Ref, d Debt) bool {
	narrowed := false
	for _, r := range about {
		if r.Hash.IsZero() && r.Name == "" {
			continue
		}
		narrowed = true
		for _, ref := range []record.Ref{d.Term.Ref, d.Package} {
			if r.Hash == ref.Hash && !r.Hash.IsZero() || r.Hash.IsZero() && r.Name == ref.Name {
				return true
			}
		}
	}
	return !narrowed
}

// TermView says what a term is: its sort, who owes what for it, and what
// stands beside it.
type TermView struct {
	TermLine
	Owed      bool         `json:"owed"`                // its sort can be owed
	ForIt     []TermLine   `json:"forIt,omitempty"`     // what would be owed in exchange for it, by terms that say so
	After     []string     `json:"after,omitempty"`     // its antecedent: terms and events it waits for
	Condition string       `json:"condition,omitempty"` // its antecedent in full
	Beside    []TermLine   `json:"beside,omitempty"`    // expectations that depend on it
	Packages  []record.Ref `json:"packages,omitempty"`  // where it stands
	Deeds     []DeedView   `json:"deeds,omitempty"`     // what was stated about its performance
}

// DeedView is one statement about performance.
type DeedView struct {
	By    record.Name  `json:"by"`
	Deed  accord.Deed  `json:"deed"`
	Rests accord.Rests `json:"rests"`
	When  Stamp        `json:"when"`
	Entry keys.ID      `json:"entry"`
	Text  string       `json:"text,omitempty"`
}

// Term says what the term of that hash is.
func (v *View) Term(h keys.Hash) (TermView, bool) {
	t, ok := v.l.Term(h)
	if !ok {
		return TermView{}, false
	}
	tv := TermView{TermLine: v.termLine(t, v.l.Covering(t.Body.Name)), Owed: binds(t.Body), Condition: t.Body.When.String()}
	for _, n := range t.Body.When.Terms() {
		tv.After = append(tv.After, string(n))
	}
	tv.After = append(tv.After, t.Body.When.Events()...)
	for _, o := range v.l.Linked(t.Body.Name) {
		linked := slices.Contains(o.Body.Against, t.Body.Name) || slices.Contains(o.Body.When.Terms(), t.Body.Name)
		switch {
		case o.Hash == t.Hash || !linked:
		case o.Body.Sort == accord.Expectation:
			tv.Beside = append(tv.Beside, v.termLine(o, v.l.Covering(o.Body.Name)))
		case binds(o.Body) || slices.Contains(o.Body.Against, t.Body.Name):
			tv.ForIt = append(tv.ForIt, v.termLine(o, v.l.Covering(o.Body.Name)))
		}
	}
	for _, pk := range v.l.PackagesWith(h) {
		tv.Packages = append(tv.Packages, pk.Ref)
	}
	for _, d := range v.l.Deeds(h) {
		b := d.Item.Body.(accord.Performance) // the ledger puts only deeds here
		tv.Deeds = append(tv.Deeds, DeedView{b.By, b.Deed, d.Rests, stamp(d.Item), d.Item.ID, b.Text})
	}
	return tv, true
}
