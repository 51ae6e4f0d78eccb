package casefile

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"backchannel/internal/accord"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Stage is where a case is played: desks with open lines, and the clock that
// they share.
type Stage interface {
	// Desk gives the desk of that person. Its lines to the desks that the case
	// names are open.
	Desk(keeper record.Name) (desk.Handle, error)
	// SetClock moves the case clock of every desk forward.
	SetClock(context.Context, record.Instant) error
	// Settle returns when everything that was sent has arrived and is in the
	// records, as far as the desks are online.
	Settle(context.Context) error
	// Disturb does something to the wire. It reports false if it does no such
	// thing, and the case is played without it.
	Disturb(context.Context, Disturbance) (bool, error)
}

// Progress is told what has just been done.
type Progress struct {
	Case        *Case
	Step        Step
	Done, Total int
	Note        string // why it was skipped, or what it was refused for; usually empty
}

// Player plays cases on a stage. It keeps what labels stand for, so a case
// that continues another must be played by the same Player.
type Player struct {
	stage      Stage
	newID      func() keys.ID
	ids        map[string]keys.ID
	texts      map[string]record.Ref // of terms and packages, by label
	introduced map[[2]record.Name]bool
	sent       bool // something may be under way
	disturbed  bool // something may be under way for longer
	unmet      []*Problem
}

// NewPlayer gives a player that draws ids and salts from newID.
func NewPlayer(s Stage, newID func() keys.ID) *Player {
	return &Player{stage: s, newID: newID, ids: map[string]keys.ID{}, texts: map[string]record.Ref{}, introduced: map[[2]record.Name]bool{}}
}

// SeededIDs gives ids that depend on the seed alone: for checks that must come
// out the same each time, and for nothing that has secrets.
func SeededIDs(seed string) func() keys.ID {
	var n uint64
	return func() keys.ID {
		n++
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("backchannel case ids v1 "+seed+" "), n))
		return keys.ID(sum[:16])
	}
}

// ID gives the id of the entry of that label; zero if it was not played.
func (p *Player) ID(label string) keys.ID { return p.ids[label] }

// Label gives the label of the entry of that id, or "".
func (p *Player) Label(id keys.ID) string {
	for l, i := range p.ids {
		if i == id && !id.IsZero() {
			return l
		}
	}
	return ""
}

// Unmet gives what was expected while playing and did not happen: refusals.
func (p *Player) Unmet() []*Problem { return p.unmet }

// Play plays one case. The cases that it continues must have been played.
func (p *Player) Play(ctx context.Context, c *Case, tell func(Progress)) error {
	if tell == nil {
		tell = func(Progress) {}
	}
	if err := p.stage.SetClock(ctx, c.Start); err != nil {
		return asProblem(c.File, 1, err)
	}
	if err := p.setUp(ctx, c); err != nil {
		return err
	}
	for i, s := range c.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		note, err := p.step(ctx, c, s)
		if err != nil {
			return asProblem(c.File, s.Line, err)
		}
		tell(Progress{c, s, i + 1, len(c.Steps), note})
	}
	if err := p.settle(ctx); err != nil {
		return err
	}
	return p.stage.SetClock(ctx, c.end)
}

// setUp writes into each new desk who its keeper is, and who is at the other
// end of its lines.
func (p *Player) setUp(ctx context.Context, c *Case) error {
	for _, d := range c.Desks {
		if err := p.introduce(ctx, c, d, d); err != nil {
			return asProblem(c.File, 1, err)
		}
	}
	for _, l := range c.Lines {
		if err := errors.Join(p.introduce(ctx, c, l.A, l.B), p.introduce(ctx, c, l.B, l.A)); err != nil {
			return asProblem(c.File, l.At, err)
		}
	}
	return nil
}

func (p *Player) settle(ctx context.Context) error {
	if !p.sent {
		return nil
	}
	p.sent = false
	return p.stage.Settle(ctx)
}

func (p *Player) step(ctx context.Context, c *Case, s Step) (note string, err error) {
	if s.moves || s.disturb != nil {
		if err := p.settle(ctx); err != nil {
			return "", err
		}
	}
	if err := p.stage.SetClock(ctx, s.At); err != nil {
		return "", err
	}
	switch {
	case s.moves && p.disturbed:
		return "", p.stage.Settle(ctx) // time brings what was delayed or lost
	case s.moves:
		return "", nil
	case s.disturb != nil:
		done, err := p.stage.Disturb(ctx, *s.disturb)
		if !done && err == nil {
			note = "skipped: these desks are on a real wire"
		}
		p.sent, p.disturbed = true, p.disturbed || done
		return note, err
	}
	h, err := p.stage.Desk(s.Desk)
	if err != nil {
		return "", err
	}
	if err := p.arrived(ctx, c, h, s); err != nil {
		return "", err
	}
	p.sent = true
	if s.order != nil {
		return p.carry(ctx, c, h, s)
	}
	if t, ok := s.body.(*telling); ok {
		return p.tell(ctx, c, h, s, t)
	}
	return p.write(ctx, c, h, s)
}

// arrived makes sure that the desk has what the step refers to.
func (p *Player) arrived(ctx context.Context, c *Case, h desk.Handle, s Step) error {
	var missing *ref
	for range 2 {
		missing = nil
		var r *record.Record
		for _, ref := range s.refs.all() {
			of := c.labels[ref.label]
			if ref.label == "" || of.desk == s.Desk {
				continue
			}
			if r == nil {
				var err error
				if r, err = h.Record(ctx); err != nil {
					return err
				}
			}
			if _, here := r.Get(p.ids[ref.label]); !here && !hasText(r, p.texts[ref.label].Hash) {
				missing = &ref
				break
			}
		}
		if missing == nil {
			return nil
		}
		if err := p.settle(ctx); err != nil {
			return err
		}
	}
	of := c.labels[missing.label]
	return &Problem{c.File, missing.line, fault.New(fault.NotFound, "casefile.not-there",
		fmt.Sprintf("send or carry it there first; for what was carried, name the copy with `as` and use that label (%q was written at line %d)", missing.label, of.line),
		"the desk of %s does not have %q, which is on the desk of %s", s.Desk, missing.label, of.desk)}
}

func hasText(r *record.Record, h keys.Hash) bool {
	if h.IsZero() {
		return false
	}
	for _, it := range r.Known() {
		if hashOf(it.Body) == h {
			return true
		}
	}
	return false
}

func hashOf(b record.Body) keys.Hash {
	switch b := b.(type) {
	case accord.Term:
		return b.Hash()
	case accord.Package:
		return b.Hash()
	}
	return keys.Hash{}
}

func (p *Player) carry(ctx context.Context, c *Case, h desk.Handle, s Step) (string, error) {
	o := *s.order
	o.Of = p.ids[s.refs.of.label]
	r, err := h.Record(ctx)
	if err != nil {
		return "", err
	}
	names := []record.Name{o.To}
	if it, ok := r.Get(o.Of); ok {
		names = append(names, mentioned(it.Entry)...)
	}
	if err := p.introduce(ctx, c, s.Desk, names...); err != nil {
		return "", err
	}
	if s.Refused != "" {
		_, err := h.Carry(ctx, desk.Preview, o)
		return p.refused(c, s, err)
	}
	plan, err := h.Carry(ctx, desk.Commit, o)
	if err != nil {
		return "", err
	}
	if s.Label != "" {
		return "", p.bindCopy(s.Label, plan, o.Of)
	}
	return "", nil
}

// bindCopy finds the entry that the recipient got and lets the label stand for
// it.
func (p *Player) bindCopy(label string, plan convey.Plan, of keys.ID) error {
	for _, e := range plan.Entries {
		if m, ok := e.Body.(record.Conveyance); ok && m.Of == of {
			p.ids[label] = m.As
			for _, copied := range plan.Entries {
				if h := hashOf(copied.Body); copied.ID == m.As && !h.IsZero() {
					p.texts[label] = textRef(copied.Body)
				}
			}
			return nil
		}
	}
	return fault.New(fault.Internal, "casefile.copy", "report this", "the desk carried it and named no copy")
}

func textRef(b record.Body) record.Ref {
	switch b := b.(type) {
	case accord.Term:
		return b.Ref().Ref()
	case accord.Package:
		return b.Ref()
	}
	return record.Ref{}
}

func (p *Player) write(ctx context.Context, c *Case, h desk.Handle, s Step) (string, error) {
	e, err := p.resolve(c, s)
	if err == nil && s.Verb == "give-back" {
		e, err = p.giveBack(ctx, h, e)
		if err != nil && s.Refused != "" {
			return p.refused(c, s, err)
		}
	}
	if err == nil {
		e, err = p.compared(ctx, h, s, e)
	}
	if err != nil {
		return "", err
	}
	if err := p.introduce(ctx, c, s.Desk, append(mentioned(e), e.Audience...)...); err != nil {
		return "", err
	}
	if s.Refused != "" {
		_, err := h.Write(ctx, desk.Preview, e)
		return p.refused(c, s, err)
	}
	if _, err := h.Write(ctx, desk.Commit, e); err != nil {
		return "", err
	}
	if s.Label != "" {
		p.ids[s.Label] = e.ID
		if r := textRef(e.Body); !r.IsZero() {
			p.texts[s.Label] = r
		}
	}
	return "", nil
}

// giveBack completes an entry that goes back to its author.
func (p *Player) giveBack(ctx context.Context, h desk.Handle, e record.Entry) (record.Entry, error) {
	r, err := h.Record(ctx)
	if err != nil {
		return e, err
	}
	b := e.Body.(record.Conveyance) // the verb makes nothing else
	back, err := convey.Return(convey.Context{Record: r}, convey.Back{Of: b.Of, Note: b.Note, Form: b.Form})
	e.Body, e.Audience = back.Body, back.Audience
	return e, err
}

// refused compares a refusal with the one that was expected. The step was only
// previewed, so nothing has changed either way.
func (p *Player) refused(c *Case, s Step, err error) (string, error) {
	var f *fault.Error
	switch {
	case err == nil:
		p.unmet = append(p.unmet, &Problem{c.File, s.Line, fault.New(fault.Unmet, "casefile.not-refused",
			"take `refused` and `because` away if it may be done", "%s was to be refused because of %s, and is not", s.Verb, s.Refused)})
		return "not refused", nil
	case errors.As(err, &f) && f.ID != s.Refused:
		p.unmet = append(p.unmet, &Problem{c.File, s.Line, fault.New(fault.Unmet, "casefile.refused-otherwise",
			"write because "+f.ID+" if that is right", "%s was to be refused because of %s, and is because of %s: %v", s.Verb, s.Refused, f.ID, err)})
	case f == nil:
		return "", err
	}
	return "refused: " + err.Error(), nil
}

// introduce writes persons and parties into a desk's record when its keeper
// first speaks of them, by the titles of the file. A desk so learns of nobody
// whom its own entries do not name.
func (p *Player) introduce(ctx context.Context, c *Case, keeper record.Name, names ...record.Name) error {
	var drafts []record.Entry
	var add func(n record.Name)
	add = func(n record.Name) {
		key := [2]record.Name{keeper, n}
		if n == "" || p.introduced[key] {
			return
		}
		p.introduced[key] = true
		if x, ok := c.Party(n); ok {
			drafts = append(drafts, record.Entry{ID: p.newID(), Body: x})
		} else if x, ok := c.Person(n); ok {
			add(x.Of)
			drafts = append(drafts, record.Entry{ID: p.newID(), Body: x})
		}
	}
	for _, n := range names {
		add(n)
	}
	if len(drafts) == 0 {
		return nil
	}
	h, err := p.stage.Desk(keeper)
	if err != nil {
		return err
	}
	_, err = h.Write(ctx, desk.Commit, drafts...)
	return err
}
