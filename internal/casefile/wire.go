package casefile

import "backchannel/internal/fault"

// wire reads a command to the wire: drop, delay, duplicate, reorder, offline
// or online.
func (p *parser) wire(st *statement, c *cursor) error {
	verb := st.rows[0].tokens[0].text
	d := &Disturbance{Trouble: Trouble(verb), Count: 1}
	var err error
	if d.From, err = p.aDesk(c); err != nil {
		return err
	}
	f := fields{}
	if d.Trouble != Offline && d.Trouble != Online {
		if _, ok := c.takeWord(func(s string) bool { return s == "to" }); !ok {
			return wrong("line", "write: "+verb+" envoy to go-between", "a direction is needed: from whom to whom")
		}
		if d.To, err = p.aDesk(c); err != nil {
			return err
		}
		if !p.lined(d.From, d.To) {
			return fault.New(fault.NotFound, "casefile.no-line", "name the two ends of a line", "%s has no line to %s", d.From, d.To)
		}
		if d.Trouble == Delay {
			f.moment("until", p, &d.Until)
		} else {
			f.number("count", &d.Count)
		}
	}
	if err := f.run(c); err != nil {
		return err
	}
	if d.Trouble == Delay && d.Until <= p.now {
		return wrong("until", "say until when, later than now: until …", "it would be delayed until a moment that is past")
	}
	p.stepped = true
	p.c.Steps = append(p.c.Steps, Step{Line: st.line(), At: p.now, Verb: verb, disturb: d})
	return nil
}
