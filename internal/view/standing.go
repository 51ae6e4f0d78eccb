package view

import (
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/lean"
	"backchannel/internal/record"
)

// Standing is where we stand: every package and every loose term by party.
type Standing struct {
	Parties  []PartyInfo       `json:"parties"`
	Packages []PackageStanding `json:"packages"`
	Terms    []TermLine        `json:"terms"` // in no package
}

// PackageStanding is one version of a package: its terms, where each party
// stands, and how far that is from agreed.
type PackageStanding struct {
	Ref       record.Ref     `json:"ref"`
	Entry     keys.ID        `json:"entry"` // that brought it
	By        record.Name    `json:"by"`    // who brought it
	Came      Stamp          `json:"came"`
	Text      string         `json:"text,omitempty"`
	Lapses    record.Instant `json:"lapses,omitempty"`
	ReceiptBy record.Name    `json:"receiptBy,omitempty"` // whose receipt meets that deadline
	Replaces  keys.Hash      `json:"replaces,omitzero"`
	Namesakes []record.Ref   `json:"namesakes,omitempty"` // other versions of that name
	Live      bool           `json:"live"`                // somebody stands behind it
	Terms     []TermLine     `json:"terms"`
	Lacking   []record.Ref   `json:"lacking,omitempty"` // terms whose text is not here
	Cells     []Cell         `json:"cells"`
	Agreement Agreement      `json:"agreement"`
}

// Cell is where one party stands on one version.
type Cell struct {
	Party        record.Name     `json:"party"`
	Position     accord.Position `json:"position"`
	Rests        accord.Rests    `json:"rests,omitempty"`
	By           record.Name     `json:"by,omitempty"` // whose act or report it is
	At           record.Instant  `json:"at,omitempty"`
	Known        record.Instant  `json:"known,omitempty"`
	Needed       bool            `json:"needed"`       // the package needs its acceptance
	Confirmed    bool            `json:"confirmed"`    // accepted, own act, mandate to bind
	NotConfirmed bool            `json:"notConfirmed"` // attributed to it, and no own act
	Echoed       bool            `json:"echoed"`
	Entries      []keys.ID       `json:"entries,omitempty"`  // first the one it rests on
	Strength     accord.Strength `json:"strength,omitempty"` // what the acceptance of a package stands on
	Proofs       []Proof         `json:"proofs,omitempty"`   // showable confirmations of it
}

// TermLine is one version of a term as a row.
type TermLine struct {
	Ref       record.Ref   `json:"ref"`
	Entry     keys.ID      `json:"entry"`
	By        record.Name  `json:"by"`
	Term      accord.Term  `json:"term"`
	CoveredBy []record.Ref `json:"coveredBy,omitempty"` // guarantees about it
	Cells     []Cell       `json:"cells,omitempty"`     // acts on the term itself
}

// Agreement is accord's verdict on a package, for showing.
type Agreement struct {
	Verdict  accord.Verdict `json:"verdict"`
	Needed   []record.Name  `json:"needed"`
	Missing  []record.Name  `json:"missing,omitempty"`
	Unechoed []record.Name  `json:"unechoed,omitempty"`
	Weakest  accord.Rests   `json:"weakest,omitempty"`
	Reported []record.Name  `json:"reported,omitempty"`
	Entries  []keys.ID      `json:"entries,omitempty"`

	Strength accord.Strength `json:"strength,omitempty"` // the weakest of the acceptances
	Awaited  []record.Name   `json:"awaited,omitempty"`  // of whom it is not known that whose receipt counts had it in time
}

// Standing gives where we stand.
func (v *View) Standing() Standing {
	s := Standing{Parties: v.Parties()}
	for _, pk := range v.l.Packages() {
		s.Packages = append(s.Packages, v.pack(pk).standing)
	}
	for _, t := range v.l.Terms() {
		if v.l.Loose(t.Hash) {
			s.Terms = append(s.Terms, v.termLine(t, v.l.Covering(t.Body.Name)))
		}
	}
	return s
}

// SomePackages gives n versions of packages, from the one at from on, in the
// order of Standing.
func (v *View) SomePackages(from, n int) []PackageStanding {
	var out []PackageStanding
	for _, pk := range v.l.SomePackages(from, n) {
		out = append(out, v.pack(pk).standing)
	}
	return out
}

// packed keeps what was computed of one version of a package.
type packed struct {
	lean.Result
	standing PackageStanding
	debts    []Debt
}

func (v *View) pack(pk accord.Version[accord.Package]) *packed {
	x := v.packs[pk.Hash]
	if x == nil {
		x = &packed{}
		v.packs[pk.Hash] = x
	}
	if !v.book.Fresh(&x.Result) {
		v.book.Open(&x.Result)
		x.standing, x.debts = v.packageStanding(pk), v.packageDebts(pk)
		v.book.Close(&x.Result)
	}
	return x
}

// versionsOf gives the versions of the package of that name.
func (v *View) versionsOf(name record.Name) []record.Ref {
	var out []record.Ref
	packages, _ := v.l.Named(name)
	for _, pk := range packages {
		out = append(out, pk.Ref)
	}
	return out
}

// Package gives where we stand on the package of that hash.
func (v *View) Package(h keys.Hash) (PackageStanding, bool) {
	pk, ok := v.l.Package(h)
	if !ok {
		return PackageStanding{}, false
	}
	return v.pack(pk).standing, true
}

func (v *View) packageStanding(pk accord.Version[accord.Package]) PackageStanding {
	terms, _ := v.l.TermsOf(pk.Body)
	s := PackageStanding{
		Ref: pk.Ref, Entry: pk.Entry, By: pk.By, Came: stamp(v.item(pk.Entry)),
		Text: pk.Body.Text, Lapses: pk.Body.Lapses, ReceiptBy: pk.Body.ReceiptBy, Replaces: pk.Body.Replaces, Agreement: v.agreement(pk.Hash),
	}
	for _, other := range v.versionsOf(pk.Body.Name) {
		if other != s.Ref {
			s.Namesakes = append(s.Namesakes, other)
		}
	}
	have := map[keys.Hash]bool{}
	among := guarantees(terms)
	for _, t := range terms {
		have[t.Hash] = true
		s.Terms = append(s.Terms, v.termLine(t, among))
	}
	for _, r := range pk.Body.Terms {
		if !have[r.Hash] {
			s.Lacking = append(s.Lacking, r.Ref())
		}
	}
	s.Cells = v.cells(pk.Hash, s.Agreement.Needed)
	v.stand(s.Cells, pk.Hash)
	s.Live = slices.ContainsFunc(s.Cells, func(c Cell) bool { return Behind(c.Position) })
	return s
}

// Behind reports whether whoever takes that position stands behind the text.
func Behind(p accord.Position) bool {
	return p == accord.Floated || p == accord.Proposed || p == accord.Accepted
}

func guarantees(terms []accord.Version[accord.Term]) []accord.Version[accord.Term] {
	var out []accord.Version[accord.Term]
	for _, t := range terms {
		if t.Body.Sort == accord.Guarantee {
			out = append(out, t)
		}
	}
	return out
}

// termLine makes the row of a term; among are the guarantees that may cover it.
func (v *View) termLine(t accord.Version[accord.Term], among []accord.Version[accord.Term]) TermLine {
	line := TermLine{Ref: t.Ref, Entry: t.Entry, By: t.By, Term: t.Body, Cells: v.cells(t.Hash, nil)}
	for _, g := range among {
		if slices.Contains(g.Body.Covers, t.Body.Name) {
			line.CoveredBy = append(line.CoveredBy, g.Ref)
		}
	}
	return line
}

// cells gives the cells of one version: of every party that it needs, silent
// or not, and of every other party that has a position.
func (v *View) cells(h keys.Hash, needed []record.Name) []Cell {
	var out []Cell
	for _, s := range v.l.Stances(h) {
		out = append(out, v.cell(s, slices.Contains(needed, s.Party)))
	}
	for _, n := range needed {
		if !slices.ContainsFunc(out, func(c Cell) bool { return c.Party == n }) {
			out = append(out, v.cell(v.l.Stance(n, h), true))
		}
	}
	slices.SortFunc(out, func(a, b Cell) int { return compareNames(a.Party, b.Party) })
	return out
}

func (v *View) cell(s accord.Stance, needed bool) Cell {
	c := Cell{
		Party: s.Party, Position: s.Position, Rests: s.Rests, By: s.By, At: s.At, Needed: needed,
		Confirmed: s.Confirmed(), NotConfirmed: s.NotConfirmed(), Echoed: !s.Echo.IsZero(),
	}
	for _, id := range append([]keys.ID{s.Entry, s.Echo}, s.Reports...) {
		if !id.IsZero() {
			c.Entries = append(c.Entries, id)
		}
	}
	c.Known = v.item(s.Entry).Known
	return c
}

func (v *View) agreement(h keys.Hash) Agreement {
	a := v.l.Agreement(h)
	return Agreement{a.Verdict, a.Needed, a.Missing, a.Unechoed, a.Weakest, a.Reported, a.Entries, a.Strength, a.Awaited}
}

func compareNames(a, b record.Name) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
