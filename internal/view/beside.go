package view

import (
	"cmp"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Fate is what is said of one person: how he is, by whom, and what proves it.
// The program says who says what, never which of it is so.
type Fate struct {
	Person   record.Name     `json:"person"`
	Now      []StatusAccount `json:"now,omitempty"`      // the last word of each who said something
	Earlier  []StatusAccount `json:"earlier,omitempty"`  // what they said before
	Disputed bool            `json:"disputed,omitempty"` // their last words differ
	Proofs   []LifeProof     `json:"proofs,omitempty"`
}

// StatusAccount is one account of how a person is.
type StatusAccount struct {
	Status    record.Status   `json:"status"`
	As        record.Interval `json:"as,omitzero"` // when he was so; zero: when it was said
	By        record.Name     `json:"by"`          // who says so
	HeardFrom record.Name     `json:"heardFrom,omitempty"`
	When      Stamp           `json:"when"`
	Text      string          `json:"text,omitempty"`
	Entry     keys.ID         `json:"entry"`
}

// LifeProof is one proof of life, with all its steps.
type LifeProof struct {
	AskedBy     record.Name     `json:"askedBy,omitempty"`
	Question    string          `json:"question,omitempty"`
	Answer      string          `json:"answer,omitempty"`
	Date        record.Interval `json:"date,omitzero"` // on which it shows him alive
	Assessments []Assessed      `json:"assessments,omitempty"`
	When        Stamp           `json:"when"` // the last step
	Entries     []keys.ID       `json:"entries"`
}

// Assessed is what somebody makes of a proof.
type Assessed struct {
	By    record.Name       `json:"by"`
	Finds record.Assessment `json:"finds"`
	Text  string            `json:"text,omitempty"`
	Entry keys.ID           `json:"entry"`
}

// Fates gives everybody of whom something is said, by name.
func (v *View) Fates() []Fate {
	var out []Fate
	for k := range v.keyed {
		if k.of == keyFate && len(v.under(k)) > 0 {
			out = append(out, v.Fate(k.name))
		}
	}
	slices.SortFunc(out, func(a, b Fate) int { return cmp.Compare(a.Person, b.Person) })
	return out
}

// Fate gives what is said of one person.
func (v *View) Fate(n record.Name) Fate {
	f := Fate{Person: n}
	proofs := map[keys.ID]int{} // by first step
	for _, it := range v.under(key{of: keyFate, name: n}) {
		if _, here := v.p.Get(v.sourceOf(it.ID)); here {
			continue // what was passed on is said once
		}
		switch b := it.Body.(type) {
		case record.PersonStatus:
			a := StatusAccount{b.Status, b.As, it.Speaker(), it.HeardFrom, stamp(it), b.Text, it.ID}
			if i := slices.IndexFunc(f.Now, func(o StatusAccount) bool { return o.By == a.By }); i >= 0 {
				f.Earlier = append(f.Earlier, f.Now[i])
				f.Now = slices.Delete(f.Now, i, i+1)
			}
			f.Now = append(f.Now, a)
		case record.ProofOfLife:
			first := v.firstStep(it)
			i, known := proofs[first]
			if !known {
				i = len(f.Proofs)
				proofs[first] = i
				f.Proofs = append(f.Proofs, LifeProof{})
			}
			f.Proofs[i].step(it, b)
		}
	}
	for _, a := range f.Now {
		f.Disputed = f.Disputed || a.Status != f.Now[0].Status
	}
	return f
}

// firstStep gives the first step of the proof that an entry belongs to.
func (v *View) firstStep(it record.Seen) keys.ID {
	for range maxSteps {
		of := it.Answers
		if from := v.sourceOf(of); !from.IsZero() {
			of = from // it answers the copy that was handed on
		}
		before, here := v.p.Get(of)
		if b, ok := before.Body.(record.ProofOfLife); !here || !ok || b.Person != it.Body.(record.ProofOfLife).Person {
			break
		}
		it = before
	}
	return it.ID
}

const maxSteps = 64 // of one proof of life

func (p *LifeProof) step(it record.Seen, b record.ProofOfLife) {
	p.AskedBy, p.Question, p.Answer = cmp.Or(b.AskedBy, p.AskedBy), cmp.Or(b.Question, p.Question), cmp.Or(b.Answer, p.Answer)
	if b.Question != "" && p.AskedBy == "" {
		p.AskedBy = it.Speaker()
	}
	if !b.Date.IsZero() {
		p.Date = b.Date
	}
	if b.Assessment != "" {
		p.Assessments = append(p.Assessments, Assessed{b.AssessedBy, b.Assessment, b.Text, it.ID})
	}
	p.When = stamp(it)
	p.Entries = append(p.Entries, it.ID)
}

// Translation is a text in another language.
type Translation struct {
	Lang       string      `json:"lang"`
	Text       string      `json:"text"`
	Translator record.Name `json:"translator,omitempty"`
	By         record.Name `json:"by"` // who brought it
	When       Stamp       `json:"when"`
	Entry      keys.ID     `json:"entry"`
}

// Translations gives a version in other languages than its authoritative one.
func (v *View) Translations(h keys.Hash) []Translation {
	var out []Translation
	for _, it := range v.under(key{of: keyBeside, hash: h}) {
		if b, ok := it.Body.(accord.Translation); ok {
			out = append(out, Translation{b.Lang, b.Text, b.Translator, it.Speaker(), stamp(it), it.ID})
		}
	}
	return out
}

// Draft is one version of a package on the way to a single text, with what was
// said against it in confidence.
type Draft struct {
	Ref        record.Ref `json:"ref"`
	By         record.Name
	When       Stamp       `json:"when"`
	Entry      keys.ID     `json:"entry"`
	Criticisms []Criticism `json:"criticisms,omitempty"`
}

// Criticism is what one side said against a draft.
type Criticism struct {
	By    record.Name `json:"by"`             // who said it
	For   record.Name `json:"for,omitempty"`  // for which party
	Side  record.Name `json:"side,omitempty"` // on which side that is
	Term  record.Name `json:"term,omitempty"`
	Text  string      `json:"text"`
	When  Stamp       `json:"when"`
	Entry keys.ID     `json:"entry"`
}

// Drafts gives the versions of the package of that name, in order, each with
// the criticism that came to this desk, by side.
func (v *View) Drafts(name record.Name) []Draft {
	var out []Draft
	for _, ref := range v.versionsOf(name) {
		pk, ok := v.l.Package(ref.Hash)
		if !ok {
			continue
		}
		d := Draft{Ref: ref, By: pk.By, When: stamp(v.item(pk.Entry)), Entry: pk.Entry, Criticisms: v.criticisms(ref.Hash, "")}
		for _, t := range pk.Body.Terms {
			d.Criticisms = append(d.Criticisms, v.criticisms(t.Hash, t.Name)...)
		}
		slices.SortStableFunc(d.Criticisms, func(a, b Criticism) int { return cmp.Compare(a.Side, b.Side) })
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b Draft) int { return cmp.Compare(a.Ref.Version, b.Ref.Version) })
	return out
}

func (v *View) criticisms(h keys.Hash, term record.Name) []Criticism {
	var out []Criticism
	for _, it := range v.under(key{of: keyBeside, hash: h}) {
		if b, ok := it.Body.(accord.Criticism); ok {
			who := cmp.Or(b.For, it.Speaker())
			out = append(out, Criticism{it.Speaker(), b.For, v.Side(who), cmp.Or(b.Term, term), b.Text, stamp(it), it.ID})
		}
	}
	return out
}
