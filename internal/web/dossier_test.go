package web

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/exchange"
)

// TestLaw5_ADossierOnThePage: the keeper makes one for the envoy, of what the
// envoy was sent, and one for himself. Neither loads anything, and neither says
// who is right.
func TestLaw5_ADossierOnThePage(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	b := open(t, gb)
	b.get("/dossier").wants(t, 200, "Make a dossier", "Nothing is sent", "To read and to print")
	b.post("/dossier", url.Values{"for": {"envoy"}}).wants(t, 404, "Not done", "was given no account")
	m := b.face.alias.of(gb.find(t, isMessage("forty-five")).ID)
	b.send("/account", url.Values{"role": {"a <b>senior</b> official"}, "claim-1": {"part decisive"}, "who-1": {"go-between"}, "claim-2": {"said"}, "who-2": {"envoy"}, "on-2": {m}, "to": {"envoy"}}, "To The envoy")
	b.send("/account", url.Values{"source": {"official"}, "text": {"kept-apart"}, "claim-1": {"said"}, "who-1": {"envoy"}, "on-1": {m}, "not-1": {"yes"}, "claim-2": {"part accepted"}, "who-2": {"power"}}, "kept-apart")
	b.get("/accounts").wants(t, 200, "Make a dossier", "Messages through", "The envoy (envoy), The power", "The movement", "Disputed: another account says the opposite")
	b.post("/dossier", url.Values{}).wants(t, 400, "Not done", "does not say for whom")
	b.post("/dossier", url.Values{"for": {"envoy"}, "stood": {"never"}}).wants(t, 400, "Not done", "not a time")
	b.post("/dossier", url.Values{"for": {"envoy"}, "knew": {"2025-05-01T00:00"}}).wants(t, 404, "was given no account")

	own, his := b.post("/dossier", url.Values{"for": {"go-between"}, "as": {"page"}}), b.post("/dossier", url.Values{"for": {"envoy"}, "as": {"page"}})
	own.wants(t, 200, "Accounts beside the record", "kept-apart", "Disputed: another account says the opposite", "Entries speak for it", "Entries speak against it", "Nothing here speaks for it or against it",
		"Messages through", "The record weighs nobody", "forty-five to sixty days")
	his.wants(t, 200, "Accounts beside the record", "Entries speak for it", "forty-five to sixty days", "senior")
	for _, a := range []answer{own, his} {
		if got := a.Header.Get("Content-Disposition"); got != `attachment; filename="accounts.html"` {
			t.Error(got)
		}
		for _, never := range []string{"<script", "src=", "http:", "https:", "url(", "<b>"} {
			if strings.Contains(a.body, never) {
				t.Errorf("the document holds %q", never)
			}
		}
		for _, verdict := range []string{" true", " false", " lie", " wrong"} {
			if strings.Contains(a.text(), verdict) {
				t.Errorf("the document judges: %q", verdict)
			}
		}
	}
	for _, kept := range []string{"kept-apart", "Disputed"} {
		if strings.Contains(his.body, kept) {
			t.Errorf("the envoy's document holds %q", kept)
		}
	}

	var d exchange.Dossier
	file := b.post("/dossier", url.Values{"for": {"envoy"}, "as": {"json"}})
	if err := json.Unmarshal([]byte(file.body), &d); err != nil || file.Header.Get("Content-Type") != "application/json" || d.Reader != "envoy" || len(d.Accounts) != 1 {
		t.Error(err, file.body)
	}
}
