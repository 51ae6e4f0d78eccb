package accord

import (
	"cmp"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// WouldEcho gives, for each party that stands behind a package of that name,
// the stance on the text that it would repeat if it were asked to: the one
// behind which it stands most strongly, of equals the last.
func (l *Ledger) WouldEcho(name record.Name) []Stance {
	best := map[record.Name]Stance{}
	packages, _ := l.Named(name)
	for _, p := range packages {
		for _, s := range l.Stances(p.Hash) {
			old, has := best[s.Party]
			if b := s.Backing(); b > 0 && (!has || b > old.Backing() || b == old.Backing() && s.At >= old.At) {
				s.On = p.Ref
				best[s.Party] = s
			}
		}
	}
	out := make([]Stance, 0, len(best))
	for _, s := range best {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Stance) int { return cmp.Compare(a.Party, b.Party) })
	return out
}

// CheckEcho refuses to echo, for party, another text than its own, or than the
// one behind which a party stands that the package needs, and names the terms
// that differ: [REC-42]. An echo of a text that nobody contradicts may be given
// at any time.
func (l *Ledger) CheckEcho(party record.Name, on keys.Hash) error {
	pk, ok := l.Package(on)
	if !ok {
		return nil
	}
	for _, n := range append([]record.Name{party}, l.Needed(pk.Body)...) {
		other, found := l.Rival(n, pk.Ref)
		if !found {
			continue
		}
		return fault.New(fault.Refused, "accord.echo-other", "read the two side by side with `backchannel compare`, and echo the text that all mean",
			"this is not the text that %s stands behind: the hashes differ, in %s", n, namesOf(l.Differing(on, other.Hash)))
	}
	return nil
}

// Differing gives the terms in which two packages differ; the empty name stands
// for the packages themselves.
func (l *Ledger) Differing(a, b keys.Hash) []record.Name {
	x, okA := l.Package(a)
	y, okB := l.Package(b)
	if !okA || !okB {
		return nil
	}
	var out []record.Name
	for _, d := range l.ComparePackages(x.Body, y.Body) {
		if !slices.Contains(out, d.Term) {
			out = append(out, d.Term)
		}
	}
	return out
}

func namesOf(list []record.Name) string {
	s := ""
	for _, n := range list {
		if n == "" {
			continue
		}
		if s != "" {
			s += ", "
		}
		s += string(n)
	}
	if s == "" {
		return "the package"
	}
	return s
}
