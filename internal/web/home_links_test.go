package web

import (
	"regexp"
	"slices"
	"testing"
)

// TestHomeLeadsToWhoKnowsIncidentsAndPapers: without a detour, and each of them
// opens.
func TestHomeLeadsToWhoKnowsIncidentsAndPapers(t *testing.T) {
	b := open(t, rivalCase(t).desks["go-between"])
	var leads []string
	for _, m := range regexp.MustCompile(`<a[^>]* href="`+regexp.QuoteMeta(b.face.root)+`(/[a-z]+)"`).FindAllStringSubmatch(b.get("/").body, -1) {
		leads = append(leads, m[1])
	}
	for path, says := range map[string]string{"/knows": "Who knows", "/incidents": "Incidents", "/notifications": "Whom to tell", exportPath: "Put it on paper"} {
		if !slices.Contains(leads, path) {
			t.Errorf("the first page leads to %v, and not to %s", leads, path)
		}
		b.get(path).wants(t, 200, says)
	}
}
