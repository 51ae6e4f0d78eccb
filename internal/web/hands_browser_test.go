package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"

	"backchannel/internal/accord"
	"backchannel/internal/words"
)

// What a person does with a page, by hand: types, ticks, follows links.

// ask evaluates a script with arguments and gives what it says.
func ask[T any](s *screen, js string, args ...any) T {
	s.t.Helper()
	b, err := json.Marshal(append([]any{}, args...))
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := chromedp.Run(s.ctx, chromedp.Evaluate[T](fmt.Sprintf("(%s)(...%s)", js, b)))
	if err != nil {
		s.t.Fatalf("%s: %v", js, err)
	}
	return out
}

// typed types into a field of the form, key by key.
func (s *screen) typed(name, text string) {
	s.t.Helper()
	s.unfold(name)
	s.must(chromedp.SendKeys(chromedp.CSS(`main [name="`+name+`"]`), text))
}

// picked chooses from a list, which must offer it.
func (s *screen) picked(name, value string) {
	s.t.Helper()
	s.unfold(name)
	const js = `(name, value) => { const e = document.querySelector("main select[name='" + name + "']"); if (!e) return "no list"; e.value = value; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === value ? "" : [...e.options].map(o => o.value).join(" ") }`
	if has := ask[string](s, js, name, value); has != "" {
		s.t.Fatalf("%s has no choice %q, only: %s", name, value, has)
	}
}

// ticked clicks a choice, by its value or by what it says.
func (s *screen) ticked(name, what string) {
	s.t.Helper()
	s.unfold(name)
	const js = `(name, what) => { const l = [...document.querySelectorAll("main input[name='" + name + "']")], says = e => e.closest("label").innerText.trim(), e = l.find(e => e.value === what) || l.find(e => says(e).startsWith(what)) || l.find(e => says(e).includes(what)); if (e && !e.checked) e.click(); return e ? "" : l.map(e => e.closest("label").innerText).join(" / ") || "no such choices" }`
	if has := ask[string](s, js, name, what); has != "" {
		s.t.Fatalf("%s has no choice %q, only: %s", name, what, has)
	}
}

// unticked clicks a choice away.
func (s *screen) unticked(name, what string) {
	s.t.Helper()
	const js = `(name, what) => { const e = [...document.querySelectorAll("main input[name='" + name + "']")].find(e => e.closest("label").innerText.trim().startsWith(what)); if (e && e.checked) e.click(); return !!e && !e.checked }`
	if !ask[bool](s, js, name, what) {
		s.t.Fatalf("%s has no choice %q", name, what)
	}
}

// cleared empties a field, as by selecting all and deleting.
func (s *screen) cleared(name string) {
	s.t.Helper()
	s.unfold(name)
	s.must(chromedp.Clear(chromedp.CSS(`main [name="` + name + `"]`)))
}

// unfold opens the part of the form in which a field is.
func (s *screen) unfold(name string) {
	s.t.Helper()
	const js = `name => { const e = document.querySelector("main [name='" + name + "']"), d = e && e.closest("details"); if (d && !d.open) d.querySelector("summary").click(); return !!e }`
	if !ask[bool](s, js, name) {
		s.t.Fatalf("no field %q in:\n%s", name, ask[string](s, `() => document.body.innerText`))
	}
}

// follow presses the link that says so, or leads there, within what says near.
func (s *screen) follow(link, near string) {
	s.t.Helper()
	const js = `(link, near) => { const fits = a => a.innerText.trim().endsWith(link) || a.getAttribute("href").includes(link);
		const around = [...document.querySelectorAll("article, li, section, tr, main, body")].filter(e => e.innerText.includes(near) && [...e.querySelectorAll("a")].some(fits));
		around.sort((a, b) => a.innerText.length - b.innerText.length);
		const a = around[0] && [...around[0].querySelectorAll("a")].find(fits);
		if (a) { window.leaving = true; a.click() } return !!a }`
	if !ask[bool](s, js, link, near) {
		s.t.Fatalf("no link %q near %q in:\n%s", link, near, ask[string](s, `() => document.body.innerText`))
	}
	s.left("following " + link)
}

// second sends the form for its second step, which must show these words.
func (s *screen) second(shows ...string) {
	s.t.Helper()
	s.press(`main form[method="post"] button`)
	s.wants(shows...)
}

// done presses the second step's button.
func (s *screen) done() {
	s.t.Helper()
	s.press(`button[value="send"]`)
	s.wants(s.word("web.done-text"))
}

// word gives a sentence of the catalogue in the language of the page.
func (s *screen) word(id string, args ...any) string {
	s.t.Helper()
	return words.Open(ask[string](s, `() => document.documentElement.lang`)).Spoken().T(id, args...)
}

// misses checks that none of these can be read.
func (s *screen) misses(words ...string) {
	s.t.Helper()
	text := ask[string](s, `() => document.body.innerText`)
	for _, w := range words {
		if strings.Contains(text, w) {
			s.t.Errorf("%q is to be read in:\n%s", w, text)
		}
	}
}

// written is how a text stands on the page.
type written struct {
	Dir, Lang, Bidi string
	Page            string // the direction around it
	Start           bool   // its first line begins at the side where its language begins
	Clipped         bool
}

// how gives how the smallest part of the page stands that says exactly this.
func (s *screen) how(text string) written {
	s.t.Helper()
	const js = `text => { const e = [...document.querySelectorAll("main *")].filter(e => e.innerText && e.innerText.includes(text)).sort((a, b) => a.innerText.length - b.innerText.length || (a.contains(b) ? 1 : -1))[0];
		if (!e) return null;
		const st = getComputedStyle(e), r = document.createRange(); r.selectNodeContents(e);
		const all = [...r.getClientRects()].filter(x => x.width > 0), top = Math.min(...all.map(x => x.top)), line = all.filter(x => x.top < top + 8), box = e.getBoundingClientRect();
		const first = {left: Math.min(...line.map(x => x.left)), right: Math.max(...line.map(x => x.right))};
		return {Dir: st.direction, Lang: (e.closest("[lang]") || {}).lang || "", Bidi: st.unicodeBidi, Page: getComputedStyle(document.documentElement).direction,
			Start: st.direction === "rtl" ? Math.abs(box.right - first.right) < 40 : Math.abs(first.left - box.left) < 40,
			Clipped: box.right > document.documentElement.clientWidth + 1 || box.left < -1} }`
	got := ask[*written](s, js, text)
	if got == nil {
		s.t.Fatalf("%q is not to be read in:\n%s", text, ask[string](s, `() => document.body.innerText`))
	}
	return *got
}

// runs checks in which direction a text runs, that what stands around it does
// not turn it, and that it is all there.
func (s *screen) runs(text, dir string) {
	s.t.Helper()
	got := s.how(text)
	apart := []string{"isolate", "plaintext", "isolate-override"}
	if got.Dir != dir || !got.Start || got.Clipped || !slices.Contains(apart, got.Bidi) {
		s.t.Errorf("%q should run %s, apart from what is around it: %+v", text, dir, got)
	}
}

// rangeIn writes a range as a page of that language does.
func rangeIn(lang string, lo, hi int64, unit string) string {
	return words.Open(lang).Spoken().Range(accord.Range{Min: lo, Max: hi, Unit: unit})
}
