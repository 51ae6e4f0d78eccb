package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOnlyTheCoreIsTestedWithoutTheRaceDetector: what `make test` leaves out of
// its step under the race detector is pure, or helps the tests of what is.
func TestOnlyTheCoreIsTestedWithoutTheRaceDetector(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root(t), "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^CORE := (.*)$`).FindSubmatch(b)
	if m == nil {
		t.Fatal("the Makefile has no list CORE")
	}
	list := strings.Fields(string(m[1]))
	for _, name := range list {
		above, _, nested := strings.Cut(name, "/")
		if p, ok := house[name]; !ok || !p.core && !(nested && p.test && house[above].core) {
			t.Errorf("the Makefile has %s in CORE, which is not of the core", name)
		}
	}
	for name, p := range house {
		if p.core && !slices.Contains(list, name) {
			t.Errorf("the Makefile does not have %s in CORE", name)
		}
	}
}
