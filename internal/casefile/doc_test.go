package casefile

import (
	"context"
	"os"
	"strings"
	"testing"

	"backchannel/internal/record"
)

type block struct {
	info, text string
	line       int
}

// blocks gives the fenced blocks of the description.
func blocks(t *testing.T) (string, []block) {
	t.Helper()
	raw, err := os.ReadFile("../../docs/case-format.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	inside := false
	for i, l := range strings.Split(string(raw), "\n") {
		switch {
		case strings.HasPrefix(l, "```") && !inside:
			out = append(out, block{info: strings.TrimPrefix(l, "```"), line: i + 1})
			inside = true
		case strings.HasPrefix(l, "```"):
			inside = false
		case inside:
			out[len(out)-1].text += l + "\n"
		}
	}
	return string(raw), out
}

// The examples of docs/case-format.md are one whole case, whose expectations
// hold; and what it calls wrong is refused as it says.
func TestTheExamplesOfTheDescription(t *testing.T) {
	_, all := blocks(t)
	soFar, good, bad := "", 0, 0
	for i, b := range all {
		switch b.info {
		case "case":
			soFar += b.text
			good++
		case "case wrong":
			bad++
			c, err := Parse("doc.case", []byte(soFar+b.text))
			if err == nil {
				_, err = Check(context.Background(), c, nil)
			}
			if i+1 == len(all) || all[i+1].info != "text" {
				t.Fatalf("line %d: no text says how it is refused", b.line)
			}
			if want := strings.TrimSpace(all[i+1].text); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("line %d: %v, want %q", b.line, err, want)
			}
		}
	}
	if good < 5 || bad < 4 {
		t.Fatalf("%d examples and %d wrong ones", good, bad)
	}
	c, err := Parse("doc.case", []byte(soFar))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(context.Background(), c, nil)
	if err != nil || r.Err() != nil || len(r.Answers) < 5 {
		t.Fatal(err, r.Err())
	}
}

// Every word that the parser knows stands in the description.
func TestTheDescriptionKnowsEveryWord(t *testing.T) {
	text, _ := blocks(t)
	text = strings.ReplaceAll(text, "`", " ")
	have := map[string]bool{}
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \n,;:.()|[]", r) }) {
		have[w] = true
	}
	p := &parser{c: &Case{labels: map[string]labelled{}, roles: map[record.Name]record.RoleKind{}}}
	words := map[string]string{}
	for w := range topVerbs() {
		words[w] = "a statement"
	}
	for verb, v := range deskVerbs() {
		words[verb] = "a verb"
		if v.make == nil {
			continue
		}
		s := &Step{Verb: verb, body: v.make()}
		f, _ := p.bodyFields(s)
		p.envelope(f, s)
		for key := range f {
			words[key] = "a field of " + verb
		}
	}
	for w, what := range words {
		if w != "" && !have[w] {
			t.Errorf("%q, %s, is not described", w, what)
		}
	}
}
