package web

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"

	"backchannel/internal/desk"
)

// TestPhoneInABrowser pairs a phone as its owner does, at 360 px, answers
// somebody from it, lets the page cover itself, and has it gone at once.
func TestPhoneInABrowser(t *testing.T) {
	h, c := newPhoned(t)
	at := serve(t, h, c)
	a, _ := at.face.phones.order(t.Context(), desk.PhoneOrder{Step: desk.PhonePair, Name: "pocket", At: "127.0.0.1:0"})
	if a.Pairing == nil {
		t.Fatal("no link")
	}
	s := look(t, rivalCase(t).desks["envoy"]) // of whom only the browser is wanted
	s.must(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		// Its owner compared the certificate, and told the browser to go on.
		_, err := cdp.Call(ctx, tab, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
		return err
	}))
	s.width(360)
	s.must(chromedp.Navigate(a.Pairing.Link))
	s.wants("First compare")
	for js, want := range map[string]string{`location.hash`: "", `document.getElementById("code").value`: a.Pairing.Code} {
		if got, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](js)); err != nil || got != want {
			t.Errorf("%s is %q, not %q (%v)", js, got, want, err)
		}
	}
	s.clean("pairing")
	s.picture("pair-360")
	s.press("main form button")
	s.wants("Unpair this phone", "Accepted, but never proposed")
	s.face, s.base = at.face.phones.door.face, "https://"+a.Host
	s.clean("home, on a phone")

	before := h.commits
	s.open("/write")
	s.run(`document.getElementById("to").value = "envoy"`)
	s.must(chromedp.SendKeys(chromedp.CSS("#text"), "They accepted something. Is it yours?"))

	// Nobody uses it for a while: what was typed is out of sight, and not lost.
	s.run(`{ const then = Date.now() + 3600e3; Date.now = () => then; document.dispatchEvent(new Event("visibilitychange")); }`)
	s.wants("Covered")
	if seen, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](`document.body.innerText.includes("envoy")`)); err != nil || seen {
		t.Errorf("a covered page shows something (%v)", err)
	}
	s.clean("covered")
	s.picture("covered-360")
	s.must(chromedp.Click(chromedp.CSS("body > main > p > button")))
	s.wants("Desk of")

	s.press(`main form button`)
	s.wants("To The envoy (envoy), The power", "They accepted something. Is it yours?")
	s.clean("look, on a phone")
	s.press(`button[value="send"]`)
	s.wants("Done", "They accepted something. Is it yours?")
	if h.commits != before+1 {
		t.Fatalf("it went %d times", h.commits-before)
	}
	s.run(`for (let i = 0; i < 3; i++) dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }))`)
	s.wants("This desk is locked")
	if h.locks != 1 {
		t.Errorf("locked %d times", h.locks)
	}
	if left, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](`document.documentElement.innerHTML.includes("envoy")`)); err != nil || left {
		t.Errorf("something is left of the page (%v)", err)
	}
}
