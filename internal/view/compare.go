package view

import (
	"strconv"
	"strings"

	"backchannel/internal/accord"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// Comparison is how two versions differ.
type Comparison struct {
	A           record.Ref          `json:"a"`
	B           record.Ref          `json:"b"`
	Same        bool                `json:"same"` // the same text, by its hash
	Differences []accord.Difference `json:"differences"`
	Entries     []keys.ID           `json:"entries"` // that brought the two
}

// Compare holds two versions against one another: two packages, or two terms,
// or a package and a term, which is held against the package's terms of that
// name.
func (v *View) Compare(a, b keys.Hash) (Comparison, error) {
	none := fault.New(fault.NotFound, "view.compare", "look it up with `backchannel standing`", "no such version here to compare")
	pa, isPackageA := v.l.Package(a)
	pb, isPackageB := v.l.Package(b)
	if isPackageA && isPackageB {
		return Comparison{pa.Ref, pb.Ref, a == b, v.l.ComparePackages(pa.Body, pb.Body), []keys.ID{pa.Entry, pb.Entry}}, nil
	}
	ta, okA := v.l.Term(a)
	tb, okB := v.l.Term(b)
	switch {
	case isPackageA && okB:
		ta, okA = v.termNamed(pa.Body, tb.Body.Name)
	case isPackageB && okA:
		tb, okB = v.termNamed(pb.Body, ta.Body.Name)
	}
	if !okA || !okB {
		return Comparison{}, none
	}
	return Comparison{ta.Ref, tb.Ref, ta.Hash == tb.Hash, accord.CompareTerms(ta.Body, tb.Body), []keys.ID{ta.Entry, tb.Entry}}, nil
}

func (v *View) termNamed(p accord.Package, n record.Name) (accord.Version[accord.Term], bool) {
	terms, _ := v.l.TermsOf(p)
	for _, t := range terms {
		if t.Body.Name == n {
			return t, true
		}
	}
	return accord.Version[accord.Term]{}, false
}

// Versions gives every version of packages and terms that text names: "truce",
// "truce@2", "truce@2#9f3a", "#9f3a".
func (v *View) Versions(text string) ([]record.Ref, error) {
	bad := fault.New(fault.Malformed, "view.version", "write name, name@version or name@version#hash", "%q does not name a version", text)
	rest, hash, _ := strings.Cut(text, "#")
	name, number, numbered := strings.Cut(rest, "@")
	n, err := strconv.Atoi(number)
	if numbered && (err != nil || n < 1) || name == "" && hash == "" {
		return nil, bad
	}
	var out []record.Ref
	add := func(r record.Ref) {
		if (name == "" || string(r.Name) == name) && (!numbered || r.Version == n) && strings.HasPrefix(r.Hash.String(), hash) {
			out = append(out, r)
		}
	}
	for _, pk := range v.l.Packages() {
		add(pk.Ref)
	}
	for _, t := range v.l.Terms() {
		add(t.Ref)
	}
	return out, nil
}

// Version gives the one version that text names.
func (v *View) Version(text string) (record.Ref, error) {
	found, err := v.Versions(text)
	switch {
	case err != nil:
		return record.Ref{}, err
	case len(found) == 0:
		return record.Ref{}, fault.New(fault.NotFound, "view.no-version", "look it up with `backchannel standing`", "no version %q here", text)
	case len(found) > 1:
		labels := make([]string, len(found))
		for i, r := range found {
			labels[i] = string(r.Name) + "@" + strconv.Itoa(r.Version) + "#" + r.Hash.String()[:8]
		}
		return record.Ref{}, fault.New(fault.Refused, "view.versions", "", "%q names %d versions", text, len(found)).
			WithHint("name one of them: %s", strings.Join(labels, ", "))
	}
	return found[0], nil
}

// Label gives how people refer to a version here: name@version, and the
// beginning of its hash where another text bears the same name and number.
func (v *View) Label(r record.Ref) string {
	if r.Name == "" {
		if pk, ok := v.l.Package(r.Hash); ok {
			r = pk.Ref
		} else if t, ok := v.l.Term(r.Hash); ok {
			r = t.Ref
		} else {
			return r.Hash.String()[:min(8, len(r.Hash.String()))]
		}
	}
	label := string(r.Name)
	if r.Version > 0 {
		label += "@" + strconv.Itoa(r.Version)
	}
	twin := v.l.Numbered(r.Name, r.Version) > 1
	if twin && !r.Hash.IsZero() {
		label += "#" + r.Hash.String()[:8]
	}
	return label
}
