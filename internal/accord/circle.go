package accord

import (
	"slices"

	"backchannel/internal/record"
)

// Circle gives terms of which each waits for the next and the last for the
// first, as their conditions (`when`) say: none of them could ever come due.
// It gives none where there is no such circle. Terms that are exchanged for one
// another (`against`) do not wait: they come due together.
func Circle(terms []Term) []record.Name {
	waits := map[record.Name][]record.Name{}
	for _, t := range terms {
		waits[t.Name] = t.When.terms(nil)
	}
	done := map[record.Name]bool{}
	for _, t := range terms {
		if path := circleFrom(t.Name, nil, waits, done); path != nil {
			return path
		}
	}
	return nil
}

// circleFrom walks what n waits for. Path is the way to n.
func circleFrom(n record.Name, path []record.Name, waits map[record.Name][]record.Name, done map[record.Name]bool) []record.Name {
	if i := slices.Index(path, n); i >= 0 {
		return slices.Clone(path[i:])
	}
	if done[n] {
		return nil
	}
	path = append(path, n)
	for _, next := range waits[n] {
		if found := circleFrom(next, path, waits, done); found != nil {
			return found
		}
	}
	done[n] = true
	return nil
}

// terms adds the names that hold a condition up. What may not happen, or need
// not, closes no circle: a term can come due without what it names behind a
// not, or as one of several in an or.
func (c Condition) terms(out []record.Name) []record.Name {
	switch {
	case c.Term != "":
		return append(out, c.Term)
	case c.Op == "and" || c.Op == "or" && len(c.Of) == 1:
		for _, o := range c.Of {
			out = o.terms(out)
		}
	}
	return out
}
