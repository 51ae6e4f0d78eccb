package casefile

import (
	"context"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/desk"
	"backchannel/internal/record"
)

// telling is what tells somebody of a notification plan over the line to him.
type telling struct{ to record.Name }

// tellOver reads: tell LABEL of PLAN to WHO. Whom it tells is written, so that a
// plan that has come to somebody else is noticed.
func (p *parser) tellOver(s *Step, c *cursor) error {
	t := &telling{}
	s.body = t
	if err := p.newLabel(c, s, record.KindMessage); err != nil {
		return err
	}
	f := fields{}
	f.label("of", p, &s.refs.of, circle.KindPlan)
	f.one("to", func(c *cursor) (err error) { t.to, err = p.reachable(s.Desk, c); return err })
	f.because(s)
	if err := f.run(c); err != nil {
		return err
	}
	if err := needName(t.to, "to", "say who is told: tell LABEL of PLAN to WHO"); err != nil {
		return err
	}
	return needRef(s.refs.of, "of", s.Verb)
}

// tell writes the message and the note that somebody was told by it.
func (p *Player) tell(ctx context.Context, c *Case, h desk.Handle, s Step, t *telling) (string, error) {
	r, err := h.Record(ctx)
	if err != nil {
		return "", err
	}
	now, err := h.Clock(ctx)
	if err != nil {
		return "", err
	}
	seen := r.For(h.Keeper(), record.AsOf{})
	f, ok := circle.Read(seen).Following(p.ids[s.refs.of.label], accord.Read(seen, now))
	if !ok {
		return "", wrong("plan", "name a notification plan", "%q is no notification plan", s.refs.of.label)
	}
	id := p.newID()
	drafts, err := f.Telling(h.Keeper(), id)
	if next, _ := circle.NextOf(f.Steps); err != nil || next.Who != t.to {
		// Not his turn: the desk says why.
		drafts = []record.Entry{{Body: circle.Notification{Plan: f.Entry, Who: t.to, Reach: circle.Told}}}
	}
	if err := p.introduce(ctx, c, s.Desk, t.to); err != nil {
		return "", err
	}
	if s.Refused != "" {
		_, err := h.Write(ctx, desk.Preview, drafts...)
		return p.refused(c, s, err)
	}
	if _, err := h.Write(ctx, desk.Preview, drafts...); err != nil || len(drafts) < 2 {
		return "", first(err, wrong("not-told-so", "note it with `notification`", "%s is not told over the line by this plan", t.to))
	}
	if _, err := h.Write(ctx, desk.Commit, drafts...); err != nil {
		return "", err
	}
	p.ids[s.Label] = id
	return "", nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
