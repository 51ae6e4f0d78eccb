package casefile

import (
	"context"
	"errors"

	"backchannel/internal/fault"
)

// Report is how playing a case came out.
type Report struct {
	Answers []Answer   // in the order of the files
	Unmet   []*Problem // everything that was expected and is not so
}

// Err gives the expectations that do not hold as one error; nil if all do.
func (r *Report) Err() error {
	errs := make([]error, len(r.Unmet))
	for i, p := range r.Unmet {
		errs[i] = p
	}
	return errors.Join(errs...)
}

// Run plays a case, and those that it continues, on a stage, and asks the
// questions of each when it has been played. Tell and progress may be nil.
func Run(ctx context.Context, c *Case, p *Player, tell Teller, progress func(Progress)) (*Report, error) {
	r := &Report{}
	for _, k := range c.Chain() {
		if err := p.Play(ctx, k, progress); err != nil {
			return r, err
		}
		answers, err := p.Ask(ctx, k, tell)
		if err != nil {
			return r, err
		}
		for _, a := range answers {
			r.Unmet = append(r.Unmet, a.Unmet...)
		}
		r.Answers = append(r.Answers, answers...)
	}
	r.Unmet = append(r.Unmet, p.Unmet()...)
	return r, nil
}

// Check plays a case in memory and compares every answer with what is expected.
// The error is of playing; what does not hold stands in the report.
func Check(ctx context.Context, c *Case, tell Teller) (*Report, error) {
	m := NewMemory(c)
	r, err := Run(ctx, c, NewPlayer(m, SeededIDs("check "+c.Name)), tell, nil)
	if err == nil && len(m.Refused()) > 0 {
		err = &Problem{c.File, 1, fault.New(fault.Internal, "casefile.not-taken", "report this with the file", "a desk did not take in what another sent: %s", m.Refused()[0])}
	}
	return r, err
}

// Golden gives the file of c with its expectations replaced by what the record
// answers, where they do not hold; all with whole set. The report must come
// from c, or from a case that continues it.
func (r *Report) Golden(c *Case, whole bool) []byte {
	got := map[int][]Expect{}
	for _, a := range r.Answers {
		if a.Case != c.Name {
			continue
		}
		for _, part := range a.Parts {
			if whole || len(part.Part.Expects) == 0 || part.unmet() {
				got[part.Part.Line] = golden(part.Answer)
			}
		}
	}
	return Rewrite(c, func(_ Question, p Part) []Expect { return got[p.Line] })
}

func (a Answered) unmet() bool {
	for _, e := range a.Part.Expects {
		if e.unmet(a.Answer, a.Text) != "" {
			return true
		}
	}
	return false
}
