package casefile

import (
	"reflect"
	"slices"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// correct reads a correction: what it corrects, and the fields that should
// have been otherwise.
func (p *parser) correct(s *Step, c *cursor) error {
	if err := p.newLabel(c, s, record.KindCorrection); err != nil {
		return err
	}
	if _, ok := c.takeWord(func(w string) bool { return w == "of" }); !ok {
		return wrong("of", "write: correct LABEL of OTHER …", "a correction of nothing")
	}
	target, err := p.referTo(c)
	if err != nil {
		return err
	}
	of := p.c.labels[target.label]
	if of.desk != s.Desk || of.step == nil || of.step.body == nil || of.kind == record.KindCorrection {
		return fault.New(fault.Refused, "casefile.correct", "write a message that gives the other account", "%s cannot correct %q: people correct what they wrote themselves, and corrections not at all", s.Desk, target.label)
	}
	if of.kind == accord.KindTerm || of.kind == accord.KindPackage {
		return fault.New(fault.Refused, "casefile.correct-text", "write the next version, with `replaces "+target.label+"`", "a text is never corrected: stances stand on its exact words")
	}
	s.body, s.refs = clone(of.step.body), of.step.refs
	s.refs.corrects, s.refs.answers, s.refs.together, s.refs.about = target, ref{}, nil, nil
	s.entry.Audience = slices.Clone(of.step.entry.Audience)
	f, finish := p.bodyFields(s)
	delete(f, "to") // who was given it stays as it was
	c2 := &correction{body: s.body}
	f.text("reason", &c2.reason)
	f.flag("withdrawn", &c2.gone)
	f.said(p, s.At, &s.entry.Said)
	f.because(s)
	if err := f.run(c); err != nil {
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	audience := s.entry.Audience
	s.entry.SaidBy, s.entry.HeardFrom = "", ""
	s.entry.Audience = slices.Compact(slices.Sorted(slices.Values(audience)))
	if err := p.sound(s); err != nil {
		return err
	}
	s.body = c2
	return nil
}

// correction is the body of a correction under construction.
type correction struct {
	body   any
	reason string
	gone   bool // it should not have been there at all
}

// clone gives a body that can be changed without changing that of body.
func clone(body any) any {
	v := reflect.ValueOf(body).Elem()
	out := reflect.New(v.Type())
	out.Elem().Set(v)
	return out.Interface()
}
