package web

import (
	"net/url"
	"strings"
	"testing"
)

// TestWordsThatWerePutRightAreShownBeforeTheyGo: the speaker corrected himself
// when he was read back. Whoever then carries the first words, or reads them out,
// is told before.
func TestWordsThatWerePutRightAreShownBeforeTheyGo(t *testing.T) {
	gb := newRoom("go-between").desks["go-between"]
	b := open(t, gb)
	b.send("/party", url.Values{"name": {"north"}, "title": {"The north"}, "side": {"north"}})
	b.send("/party", url.Values{"name": {"south"}, "title": {"The south"}, "side": {"south"}})
	b.send("/person", url.Values{"name": {"minister"}, "title": {"The minister"}, "party": {"north"}, "role": {"principal"}})
	b.send("/person", url.Values{"name": {"colonel"}, "title": {"The colonel"}, "party": {"south"}, "role": {"principal"}})
	b.send("/log", url.Values{"from": {"minister"}, "to": {"colonel"}, "how": {"call"}, "whose": {"verbatim"}, "text": {"Ten captives."}, "act": {"propose"}}, "Ten captives.")
	m := gb.find(t, isMessage("Ten captives"))
	b.get(b.path("e", m)+"?done=1").wants(t, 200, "Did you repeat it back?")
	carry := url.Values{"how": {"call"}, "to": {"colonel"}, "fidelity": {"verbatim"}, "consent": {"by phone"}}
	says := "corrected: Ten living captives."
	look := b.post(b.path("read-out", m), carry)
	look.wants(t, 200, "Ten captives.")
	if strings.Contains(look.text(), says) {
		t.Error("nobody has corrected it yet")
	}
	b.send(b.path("readback", m), url.Values{"by": {"go-between"}, "ok": {"no"}, "text": {"Ten living captives."}})
	b.send(b.path("readback", m), url.Values{"by": {"go-between"}, "ok": {"yes"}})
	b.post(b.path("read-out", m), carry).wants(t, 200, says)
	b.send(b.path("correct", m), url.Values{"text": {"Ten living captives."}})
	look = b.post(b.path("read-out", m), carry)
	look.wants(t, 200, "Ten living captives.")
	if strings.Contains(look.text(), says) {
		t.Error("it is corrected, and says that it is not")
	}
}
