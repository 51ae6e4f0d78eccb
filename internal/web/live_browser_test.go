package web

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"backchannel/internal/record"
)

// TestNothingFoldsOrIsLostUnderTheReader sees a page that renews itself while
// somebody is in it: what he unfolded stays open, and what he has typed stays,
// also where he has gone on to look at something else.
func TestNothingFoldsOrIsLostUnderTheReader(t *testing.T) {
	r := newRoom("go-between", "envoy")
	r.join("go-between", "envoy")
	f := r.desks["go-between"]
	invite := func(peer string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		l := lineTo("envoy")
		l.Peer = record.Name(peer)
		f.lines = append(f.lines, l)
		f.changed()
	}
	s := look(t, f)
	s.login()
	s.open("/lines")
	isOpen := func(peer string) bool {
		return ask[bool](s, `fold => document.querySelector("details[data-fold='" + fold + "']").open`, "rekey "+peer)
	}

	s.unfold("invite")
	ask[bool](s, `() => { document.activeElement.blur(); return true }`)
	invite("second-envoy")
	s.wants("second-envoy")
	if !isOpen("envoy") || isOpen("second-envoy") {
		t.Error("what the reader unfolded is folded, or the other way round")
	}

	s.must(chromedp.SendKeys(chromedp.CSS(`#rekey-envoy`), "half an inv"))
	ask[bool](s, `() => { document.activeElement.blur(); window.asked = performance.getEntriesByType("resource").length; return true }`)
	for i, peer := range []string{"third-envoy", "fourth-envoy"} { // when the second is asked for, the first is worked in
		invite(peer)
		for !ask[bool](s, `n => performance.getEntriesByType("resource").length > asked + n`, i) {
			time.Sleep(20 * time.Millisecond)
		}
	}
	if got := ask[string](s, `() => document.querySelector("#rekey-envoy").value`); got != "half an inv" {
		t.Errorf("what was typed is now %q", got)
	}
	s.misses("third-envoy")

	ask[bool](s, `() => { document.querySelector("#rekey-envoy").value = ""; document.activeElement.blur(); return true }`)
	invite("fifth-envoy")
	s.wants("third-envoy", "fifth-envoy")
	if !isOpen("envoy") {
		t.Error("what the reader unfolded is folded")
	}
	s.home()
}
