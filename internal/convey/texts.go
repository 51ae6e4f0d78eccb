package convey

import (
	"slices"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// coherent refuses a text of the keeper's own whose terms wait for one another
// in a circle. What somebody else wrote is logged as it is.
func (b *builder) coherent(d record.Entry) error {
	if !d.FirstHand() {
		return nil
	}
	var terms []accord.Term
	switch x := d.Body.(type) {
	case accord.Term:
		terms = []accord.Term{x}
	case accord.Package:
		want := map[accord.TermRef]bool{}
		for _, r := range x.Terms {
			want[r] = true
		}
		take := func(body record.Body) {
			t, ok := body.(accord.Term)
			if ok && slices.ContainsFunc(x.Terms, func(r accord.TermRef) bool { return r.Name == t.Name && r.Version == t.Version }) && want[t.Ref()] {
				delete(want, t.Ref())
				terms = append(terms, t)
			}
		}
		for _, e := range b.entries {
			take(e.Body)
		}
		for _, r := range x.Terms {
			for _, it := range b.c.bearers(r.Hash) {
				take(it.Body)
			}
		}
	default:
		return nil
	}
	if p, ok := d.Body.(accord.Package); ok { // in the order in which they stand
		slices.SortFunc(terms, func(a, b accord.Term) int {
			return slices.Index(p.Terms, a.Ref()) - slices.Index(p.Terms, b.Ref())
		})
	}
	round := accord.Circle(terms)
	if round == nil {
		return nil
	}
	way := make([]string, 0, len(round)+1)
	for _, n := range append(round, round[0]) {
		way = append(way, string(n))
	}
	return fault.New(fault.Refused, "convey.circle", "let one of them wait for something else; or exchange them for one another with `against`, and they come due together",
		"these terms wait for one another, so that none of them ever comes due: %s", strings.Join(way, " waits for "))
}

// older refuses to give somebody a text that says which version it replaces,
// where he was not given that one: from the text he would learn that it exists.
// It is under the hash and cannot be taken out.
func (b *builder) older(e record.Entry, reader record.Name) error {
	var old keys.Hash
	switch x := e.Body.(type) {
	case accord.Term:
		old = x.Replaces
	case accord.Package:
		old = x.Replaces
	}
	if old.IsZero() {
		return nil
	}
	for _, o := range b.entries {
		if hashOf(o.Body) == old && slices.Contains(o.Audience, reader) {
			return nil
		}
	}
	if b.c.given(old, reader) {
		return nil
	}
	return fault.New(fault.Refused, "convey.replaces", "write it anew without `replaces`: a later version of the same name takes the place of the one before; or give them that one too",
		"this text says that it replaces another, which %s was not given", reader)
}
