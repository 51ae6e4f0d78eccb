package compare

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// TestEveryRuleOfComparingHasItsTest: each MUST of spec/compare.md is named by
// a test, here or at the desk.
func TestEveryRuleOfComparingHasItsTest(t *testing.T) {
	spec, err := os.ReadFile("../../spec/compare.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, dir := range []string{".", "../desk"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range regexp.MustCompile(`CMP-\d+`).FindAllString(string(b), -1) {
				named[id] = true
			}
		}
	}
	rules := regexp.MustCompile(`\[(CMP-\d+)\]`).FindAllStringSubmatch(string(spec), -1)
	if len(rules) < 20 {
		t.Fatal("only", len(rules), "rules were found")
	}
	for _, r := range rules {
		if !named[r[1]] {
			t.Errorf("%s has no test", r[1])
		}
	}
}

// CMP-32: what came of a comparison is given to nobody, whoever is in its
// audience.
func TestLaw5_AComparisonIsPrivate(t *testing.T) {
	c := record.Comparison{Peer: "envoy", Run: keys.ID{1}, Outcome: record.CompareDone}
	for _, body := range []record.Body{c, record.Correction{Now: c}} {
		r := record.New("go-between")
		e := record.Entry{ID: keys.ID{2}, By: "go-between", At: 1, Audience: []record.Name{"envoy"}, Body: body}
		if _, err := r.Add(codec, record.Item{Entry: e, Known: 1}); err != nil {
			t.Fatal(err)
		}
		if n := len(r.For("envoy", record.AsOf{}).Items()); n != 0 {
			t.Errorf("%T is shown", body)
		}
	}
}
