package web

import (
	"net/url"
	"strings"
	"testing"
)

// TestWarnedBeforeItIsSent is [CIR-34] on the page: whatever form sends it.
func TestWarnedBeforeItIsSent(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	said := func(words string) answer {
		return b.post("/write", url.Values{"to": {"envoy"}, "act": {"inform"}, "text": {words}})
	}
	said("We have this through\nthe Other Channel.").wants(t, 200, "What the envoy could infer", "speaks of another channel", "a guess, by its wording", "the other channel")
	if page := said("We have had no answer yet."); strings.Contains(page.text(), "could infer") {
		t.Error(page.text())
	}
}
