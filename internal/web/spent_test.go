package web

import (
	"strings"
	"testing"
)

// TestASpentLoginLinkSaysWhatToDo: in words, without a secret, to whoever holds
// it; a link that never was looks like anything else that is not there.
func TestASpentLoginLinkSaysWhatToDo(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	b := stranger(t, h)
	link, late := b.face.Link(), b.face.Link()
	b.login(link)
	b.clock.pass(linkLife)
	for _, l := range []string{link, late, late} {
		for lang, want := range map[string]string{"en": "This link works no more", "fr": "Ce lien ne fonctionne plus", "he": "dir=\"rtl\""} {
			thief := &browser{t: t, face: b.face}
			r := thief.request("GET", l, nil)
			r.Header.Set("Accept-Language", lang)
			a := refused(t, thief, h, r, 404)
			if !strings.Contains(a.body, want) || !strings.Contains(a.body, "backchannel desk page") {
				t.Errorf("%s: %s", lang, a.body)
			}
			for _, s := range []string{b.face.root[1:], l[strings.LastIndexByte(l, '/')+1:]} {
				if strings.Contains(a.body, s) {
					t.Errorf("a secret is on the page: %s", a.body)
				}
			}
		}
	}
	never := b.face.root + "/login/" + strings.Repeat("A", 43)
	if a := refused(t, b, h, (&browser{t: t, face: b.face}).request("GET", never, nil), 404); strings.Contains(a.body, "html") {
		t.Error("a link that never was is told of")
	}
}
