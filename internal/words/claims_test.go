package words

import (
	"strings"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/view"
)

// TestLaw8_DisputedNeverSaysWhoIsRight reads everything that is said of
// accounts which stand against one another.
func TestLaw8_DisputedNeverSaysWhoIsRight(t *testing.T) {
	s, _ := newScene(t)
	message := func(from record.Name, act record.SpeechAct, text string, denies keys.ID) record.Message {
		return record.Message{From: from, To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: act, Text: text, Denies: denies}
	}
	src := s.add("official", record.Entry{Body: message("official", record.Inform, "We can live with seventy days.", keys.ID{})})
	s.add("official", record.Entry{Corrects: src, Body: record.Correction{Now: message("official", record.Inform, "We can live with ninety days.", keys.ID{}), Reason: "a slip"}})
	s.add("envoy", record.Entry{Corrects: src, Body: record.Correction{Now: message("official", record.Inform, "They said sixty.", keys.ID{})}})
	s.add("envoy", record.Entry{Evidence: []record.Evidence{{What: record.Recording}}, Body: message("envoy", record.Deny, "They never did.", src)})
	v, b := view.Of(s.r.For("go-between", record.AsOf{}), s.at), Open("en")
	it, _ := v.Projection().Get(src)
	lines := append(b.Disputes(v, v.Disputes()), b.Corrections(v, v.Corrections())...)
	lines = append(append(lines, b.Beside(v, it)...), b.Corroborations(v, v.Corroborations())...)
	for _, q := range []string{"disputed", "corrected", "corroborated", "authorised envoy", "completeness truce", "entry " + src.String(), "wording " + src.String(), "authorised " + src.String(), "disputed " + src.String()} {
		a, err := view.Ask(v, view.Query{Text: q})
		if err != nil {
			t.Fatal(q, err)
		}
		lines = append(lines, b.Answer(v, a)...)
	}
	text := strings.Join(lines, "\n")
	said(t, text)
	for _, want := range []string{"The senior official: said so", "The envoy: denies it", "says that it was otherwise", "[-seventy-] [+ninety+]", "another account", "evidence named: "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not said:\n%s", want, text)
		}
	}
	for _, never := range []string{" true", " false", " lie", "right about", "wrong"} {
		if strings.Contains(text, never) {
			t.Errorf("%q is said:\n%s", never, text)
		}
	}
}

// A stretch that runs from right to left is set apart from those beside it.
func TestWordingSetsStretchesApart(t *testing.T) {
	got := Open("en").Wording(view.Wording("سبعون يوما", "تسعون يوما"))
	if strings.Count(got, "\u2068") != 3 || strings.Count(got, "\u2069") != 3 || !strings.Contains(got, "[-\u2068سبعون\u2069-]") {
		t.Fatalf("%q", got)
	}
}
