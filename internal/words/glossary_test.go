package words

import "testing"

// TestGlossaries: the words that matter have a rendering and a source in every
// language that there are texts in, and the catalogue knows their places.
func TestGlossaries(t *testing.T) {
	english := catalogue(t)
	for lang := range pluralForms {
		if len(translated(t, lang)) == 0 {
			continue
		}
		list := glossary(lang)
		if len(list) < 40 {
			t.Errorf("%s: %d words", lang, len(list))
		}
		seen := map[string]bool{}
		for _, w := range list {
			if w.ID == "" || w.English == "" || w.Word == "" || w.Source == "" {
				t.Errorf("%s: %+v is not whole", lang, w)
			}
			if english[w.ID] == nil {
				t.Errorf("%s: %s is nowhere in the catalogue", lang, w.ID)
			}
			if seen[w.ID] {
				t.Errorf("%s: %s stands twice", lang, w.ID)
			}
			seen[w.ID] = true
		}
	}
	if Open("en").Glossary() != nil || !Open("en").Reviewed() {
		t.Error("English needs no glossary")
	}
}
