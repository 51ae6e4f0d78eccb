package web

import (
	"net/url"
	"strings"
	"testing"

	"backchannel/internal/record"
	"backchannel/internal/view"
)

func TestEntryShowsWhatStandsBesideIt(t *testing.T) {
	r := rivalCase(t)
	b := open(t, r.desks["go-between"])
	m := r.desks["go-between"].find(t, isMessage("forty-five"))
	b.send(b.path("carry", m), url.Values{"to": {"official"}, "fidelity": {"paraphrase"}, "text": {"We can speak of a ceasefire of ninety days at most."}})
	page := b.get(b.path("e", m))
	page.wants(t, 200, "Word by word", "only in the first")
	for _, want := range []string{"<del><bdi>", "<ins><bdi>ninety", `dir="ltr"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %q: %s", want, page.body)
		}
	}
	b.get("/beside").wants(t, 200, "What stands against what", "Nothing here is disputed", "Nothing here was corrected")
	b.get("/record").wants(t, 200, "What stands against what")
	call := r.desks["go-between"].find(t, isMessage("ask for a channel"))
	b.send(b.path("correct", call), url.Values{"text": {"They ask for talks."}, "reason": {"misheard"}})
	fixed := b.get("/beside")
	fixed.wants(t, 200, "The go-between corrected", "misheard")
	if !strings.Contains(fixed.body, "<ins><bdi>talks.") {
		t.Errorf("the correction is not shown by word: %s", fixed.body)
	}
	pack := r.desks["go-between"].find(t, func(it record.Item) bool { return it.Body.Kind() == "package" })
	b.get(b.path("e", pack)).wants(t, 200, "Before anybody accepts", "nothing is refused", "How long it lasts, or when it is reviewed", "Where it holds", "Not stated.")
	open(t, r.desks["envoy"]).get("/").wants(t, 200)
	own := open(t, r.desks["envoy"])
	p := r.desks["envoy"].find(t, func(it record.Item) bool { return it.Body.Kind() == "package" })
	own.get(own.path("act", p)).wants(t, 200, "Before anybody accepts", "Where it holds")
}

func TestDirectionOfAText(t *testing.T) {
	for text, want := range map[string]string{"seventy days": "ltr", "«سبعون» يوما": "rtl", "70 ימים": "rtl", "70 – 90": "auto", "": "auto"} {
		if got := direction([]view.Run{{Where: view.InLeft, Text: text}}); got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}
