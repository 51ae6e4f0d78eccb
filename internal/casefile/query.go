package casefile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// Answer is what one desk's record answered to one question.
type Answer struct {
	ID       string      `json:"id"`
	Desk     record.Name `json:"desk"`
	Question string      `json:"question"`
	Answer   string      `json:"answer"`
	Entries  []keys.ID   `json:"entries"` // what the answer rests on, at that desk

	Line  int        `json:"-"`
	Case  string     `json:"-"`
	Parts []Answered `json:"-"`
	Unmet []*Problem `json:"-"` // what was expected of it and is not so
}

// Answered is the answer to one query of a question.
type Answered struct {
	Part   Part
	Answer view.Answer
	Text   string
}

// Teller puts an answer into words. The view is the one that was asked.
type Teller func(v *view.View, a view.Answer) string

// plainTeller tells the bare facts.
func plainTeller(_ *view.View, a view.Answer) string {
	lines := make([]string, len(a.Facts))
	for i, f := range a.Facts {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// checkQuery refuses a query that no record could answer. It asks an empty one.
func checkQuery(text string) error {
	const nobody = "nobody"
	v := view.Of(record.New(nobody).For(nobody, record.AsOf{}), 0)
	if _, err := view.Ask(v, view.Query{Text: text}); fault.Is(err, fault.Malformed) || fault.Is(err, fault.Limit) {
		return err
	}
	return nil
}

// Ask asks the questions of a case that was played, each at its desk. A
// question sees the record of that desk and no other. Tell may be nil.
func (p *Player) Ask(ctx context.Context, c *Case, tell Teller) ([]Answer, error) {
	if tell == nil {
		tell = plainTeller
	}
	var out []Answer
	for _, q := range c.Questions {
		a, err := p.ask(ctx, c, q, tell)
		if err != nil {
			return out, asProblem(c.File, q.Line, err)
		}
		out = append(out, a)
	}
	return out, nil
}

func (p *Player) ask(ctx context.Context, c *Case, q Question, tell Teller) (Answer, error) {
	a := Answer{ID: q.ID, Desk: q.Desk, Question: q.Text, Entries: []keys.ID{}, Line: q.Line, Case: c.Name}
	h, err := p.stage.Desk(q.Desk)
	if err != nil {
		return a, err
	}
	r, err := h.Record(ctx)
	if err != nil {
		return a, err
	}
	lines, err := h.Lines(ctx)
	if err != nil {
		return a, err
	}
	ask := view.Query{Zone: c.zone.loc, Labels: p.labels(r)}
	for _, l := range lines {
		ask.Lines = append(ask.Lines, l.Peer)
	}
	var texts []string
	for _, part := range q.Parts {
		ask.Text = part.Query
		v := view.Of(r.For(q.Desk, part.AsOf), c.end)
		got, err := view.Ask(v, ask)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return a, asProblem(c.File, part.Line, err)
		}
		if err != nil { // it names what is not on this desk
			got = view.Answer{Query: part.Query, Facts: []view.Fact{{Key: word(part.Query), Value: view.NothingHere}}}
		}
		text := tell(v, got)
		texts = append(texts, text)
		a.Parts = append(a.Parts, Answered{part, got, text})
		for _, f := range got.Facts {
			a.rest(f.Entries)
		}
		for _, e := range part.Expects {
			if why := e.unmet(got, text); why != "" {
				a.Unmet = append(a.Unmet, &Problem{c.File, e.Line, fault.New(fault.Unmet, "casefile.unmet",
					"mend the case or the expectation; `case check --rewrite` writes what the record answers", "%s at %s: %s", q.ID, q.Desk, why)})
			}
		}
	}
	a.Answer = strings.Join(texts, "\n")
	return a, nil
}

func word(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return w
}

func (a *Answer) rest(ids []keys.ID) {
	for _, id := range ids {
		if !slices.Contains(a.Entries, id) {
			a.Entries = append(a.Entries, id)
		}
	}
}

// labels gives the labels that mean something at a desk: of entries and texts
// that are there.
func (p *Player) labels(r *record.Record) map[string]record.Ref {
	here := map[keys.Hash]bool{}
	for _, it := range r.Known() {
		here[hashOf(it.Body)] = true
	}
	out := map[string]record.Ref{}
	for l, id := range p.ids {
		ref := p.texts[l]
		_, there := r.Get(id)
		if !there && (ref.Hash.IsZero() || !here[ref.Hash]) {
			continue
		}
		ref.Entry = id
		out[l] = ref
	}
	return out
}

// unmet says why an answer is not what was expected; "" if it is.
func (e Expect) unmet(a view.Answer, text string) string {
	nothing := len(a.Facts) == 1 && a.Facts[0].Value == view.NothingHere
	switch e.How {
	case Nothing:
		return unless(nothing, "nothing was to be here, and there is: "+brief(a))
	case Says:
		return unless(strings.Contains(text, e.Want), fmt.Sprintf("the answer does not say %q: %s", e.Want, text))
	case Silent:
		return e.never(a, text)
	}
	var found []view.Fact
	for _, f := range a.Facts {
		if left := left(f); left == e.Fact || strings.HasPrefix(left, e.Fact+" ") {
			found = append(found, f)
		}
	}
	if e.How == Absent {
		return unless(len(found) == 0, "there was to be no fact "+e.Fact+", and there is: "+brief(view.Answer{Facts: found}))
	}
	if len(found) == 0 {
		return "there is no fact " + e.Fact + ": " + brief(a)
	}
	holds := slices.ContainsFunc(found, func(f view.Fact) bool {
		return e.How == Is && f.Value == e.Want || e.How == Contains && strings.Contains(f.Value, e.Want)
	})
	if e.How == Lacks {
		holds = !slices.ContainsFunc(found, func(f view.Fact) bool { return strings.Contains(f.Value, e.Want) })
	}
	return unless(holds, fmt.Sprintf("%s %s %s does not hold: %s", e.Fact, e.How, quote(e.Want), brief(view.Answer{Facts: found})))
}

func (e Expect) never(a view.Answer, text string) string {
	for _, f := range a.Facts {
		if s := f.String(); strings.Contains(s, e.Want) {
			return fmt.Sprintf("%q was never to appear, and does: %s", e.Want, s)
		}
	}
	return unless(!strings.Contains(text, e.Want), fmt.Sprintf("%q was never to appear, and does: %s", e.Want, text))
}

func unless(ok bool, why string) string {
	if ok {
		return ""
	}
	return why
}

// left gives what stands before the = of a fact.
func left(f view.Fact) string {
	s := f.String()
	return strings.TrimSuffix(s, " = "+f.Value)
}

// brief gives the facts of an answer on one line.
func brief(a view.Answer) string {
	var parts []string
	for i, f := range a.Facts {
		if i == 8 {
			parts = append(parts, fmt.Sprintf("and %d more", len(a.Facts)-i))
			break
		}
		parts = append(parts, f.String())
	}
	return cmp.Or(strings.Join(parts, "; "), "nothing at all")
}

// golden gives expectations that an answer meets: what Rewrite writes.
func golden(a view.Answer) []Expect {
	if len(a.Facts) == 1 && a.Facts[0].Value == view.NothingHere {
		return []Expect{{How: Nothing}}
	}
	var out []Expect
	for _, f := range a.Facts {
		out = append(out, Expect{Fact: left(f), How: Is, Want: f.Value})
	}
	return out
}
