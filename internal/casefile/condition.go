package casefile

import (
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// ReadCondition reads the condition of a term as `when` has it in a case file,
// for whoever has one to type. The zero Condition is for nothing written.
func ReadCondition(s string) (accord.Condition, error) {
	if len(s) > wire.MaxLine {
		return accord.Condition{}, fault.New(fault.Limit, "casefile.line", "split the term", "a condition of more than %d bytes", wire.MaxLine)
	}
	r := row{line: 1}
	if err := r.split(strings.Join(strings.Fields(s), " ")); err != nil {
		return accord.Condition{}, err
	}
	if r.marked {
		return accord.Condition{}, wrong("condition", "leave the # out", "prose stands in a condition")
	}
	if len(r.tokens) == 0 {
		return accord.Condition{}, nil
	}
	c := &cursor{tokens: r.tokens}
	out, err := (&parser{}).condition(c)
	if err != nil {
		return accord.Condition{}, err
	}
	if t, more := c.peek(); more {
		return accord.Condition{}, wrong("condition", "put and, or, or a bracket before it", "%s stands behind the condition", shown(t, more))
	}
	return out, out.Check()
}

// WriteCondition is the inverse of ReadCondition.
func WriteCondition(c accord.Condition) string {
	switch {
	case c.Term != "":
		return string(c.Term)
	case c.Event != "":
		return "event " + quote(c.Event)
	}
	parts := make([]string, len(c.Of))
	for i, o := range c.Of {
		parts[i] = WriteCondition(o)
		if o.Op == "and" || o.Op == "or" {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	if c.Op == "not" {
		return "not " + strings.Join(parts, "")
	}
	return strings.Join(parts, " "+c.Op+" ")
}
