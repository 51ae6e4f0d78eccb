package archtest

import (
	"strings"
	"testing"
)

func check(t *testing.T, tr *tree, r rule) {
	t.Helper()
	if bad := r.check(tr); len(bad) > 0 {
		t.Errorf("%s\n\t%s\nwhy: %s", r.name, strings.Join(bad, "\n\t"), r.why)
	}
}

func TestHouse(t *testing.T) {
	tr := readTree(t)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) { check(t, tr, r) })
	}
}

// The law that is an import rule, under the law's name.
func TestLaw9_TheCoreIsPure(t *testing.T) {
	tr := readTree(t)
	for _, r := range rules {
		if r.name == "the core is pure" || r.name == "no changing globals" {
			check(t, tr, r)
		}
	}
	for _, name := range core {
		if !house[name].core {
			t.Errorf("%s is not marked as core", name)
		}
	}
}
