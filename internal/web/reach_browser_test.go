package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboardAndReadingOrder goes through some pages with the Tab key alone,
// and reads them as a screen reader does, in a language of each direction.
// TestTrialEveryPageInEveryLanguage goes through the others.
func TestKeyboardAndReadingOrder(t *testing.T) {
	s, pages := shownDesk(t)
	s.login()
	for _, lang := range []string{"en", "ar"} {
		s.speak(lang)
		for name, w := range map[string]int64{"home": 1280, "standing": 1280, "carry": 360, "look": 1280, "log": 360, "timeline": 360} {
			if lang == "en" && testing.Short() && w == 360 {
				continue // the race detector has nothing to find in the browser
			}
			s.width(w)
			s.show(pages, name)
			what := fmt.Sprintf("%s at %d in %s", name, w, lang)
			s.tabs(what)
			s.reads(what)
		}
	}
	s.home()
}

// tabs presses Tab until everything was reached, in the order of the page, and
// checks that whoever looks sees where he is.
func (s *screen) tabs(what string) {
	s.t.Helper()
	const prepare = `() => {
		const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
		const stops = [...document.querySelectorAll(can)].filter(e => !e.disabled && e.checkVisibility());
		const first = r => { const g = stops.filter(e => e.type === "radio" && e.name === r.name && e.form === r.form); return g.find(e => e.checked) || g[0] };
		window.wanted = stops.filter(e => e.type !== "radio" || first(e) === e);
		window.reached = [];
		window.unseen = [];
		addEventListener("focusin", e => {
			const i = wanted.indexOf(e.target), st = getComputedStyle(e.target);
			if (!reached.includes(i)) reached.push(i);
			if (i >= 0 && (st.outlineStyle === "none" || parseFloat(st.outlineWidth) < 2)) unseen.push(e.target.outerHTML.slice(0, 120));
		});
		const dates = stops.filter(e => e.type === "datetime-local").length;
		document.activeElement.blur(); getSelection().removeAllRanges(); scrollTo(0, 0);
		return wanted.length + 9 * dates + 3 }`
	n := ask[int](s, prepare)
	s.must(chromedp.KeyEvent(strings.Repeat(kb.Tab, n)))
	got := ask[struct {
		Reached, Missed, Unseen []string
		Order                   bool
	}](s, `() => { const say = i => i < 0 ? "something else" : wanted[i].outerHTML.slice(0, 120), r = reached.filter(i => i >= 0);
		return {Reached: reached.filter(i => i < 0).map(say), Missed: wanted.map((e, i) => i).filter(i => !reached.includes(i)).map(say), Unseen: unseen, Order: r.every((x, k) => k === 0 || x > r[k - 1])} }`)
	if len(got.Missed) > 0 {
		s.t.Errorf("%s: the Tab key does not reach, or stops before: %s", what, strings.Join(got.Missed, "\n"))
	}
	if len(got.Unseen) > 0 {
		s.t.Errorf("%s: nobody sees that these have the focus: %s", what, strings.Join(got.Unseen, "\n"))
	}
	if !got.Order {
		s.t.Errorf("%s: the Tab key jumps about", what)
	}
}

// reads looks at the tree that a screen reader is given.
func (s *screen) reads(what string) {
	s.t.Helper()
	var tree accessibility.GetFullAXTreeResult
	s.must(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) (err error) {
		tree, err = cdp.Call(ctx, tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		return err
	}))
	byID := map[accessibility.NodeID]*accessibility.Node{}
	for _, n := range tree.Nodes {
		byID[n.NodeID] = n
	}
	var headings []string
	count := map[string]int{}
	var walk func(n *accessibility.Node)
	walk = func(n *accessibility.Node) {
		if !n.Ignored {
			role, name := valueOf(n.Role), valueOf(n.Name)
			switch role {
			case "heading":
				level := propertyOf(n, "level")
				headings = append(headings, strings.Join(strings.Fields(name), " "))
				if level == "1" {
					count["h1"]++
				}
			case "banner", "main", "contentinfo":
				count[role]++
			case "navigation":
				count[role]++
				if name == "" {
					s.t.Errorf("%s: a navigation without a name", what)
				}
			case "link", "button", "textbox", "combobox", "checkbox", "radio", "listbox", "Date", "DateTime", "spinbutton", "DisclosureTriangle":
				if name == "" {
					s.t.Errorf("%s: a %s without a name", what, role)
				}
			}
		}
		for _, id := range n.ChildIDs {
			if c := byID[id]; c != nil {
				walk(c)
			}
		}
	}
	walk(tree.Nodes[0])
	if count["h1"] != 1 || count["banner"] != 1 || count["main"] != 1 || count["contentinfo"] != 1 || count["navigation"] == 0 {
		s.t.Errorf("%s: headings and landmarks: %v", what, count)
	}
	// Heard in the order in which they stand: down a column, and in a row from
	// where the language begins.
	type box struct {
		Text                     string
		Top, Bottom, Left, Right float64
	}
	boxes := ask[[]box](s, `() => [...document.querySelectorAll("h1, h2, h3, h4")].filter(e => e.checkVisibility()).map(e => { const r = e.getBoundingClientRect(); return {Text: e.textContent.replace(/\s+/g, " ").trim(), Top: r.top, Bottom: r.bottom, Left: r.left, Right: r.right} })`)
	rtl := ask[string](s, `() => document.documentElement.dir`) == "rtl"
	var seen []string
	for i, b := range boxes {
		seen = append(seen, b.Text)
		for _, a := range boxes[:i] {
			switch {
			case b.Bottom <= a.Top && b.Left < a.Right && a.Left < b.Right:
				s.t.Errorf("%s: %q is heard after %q and stands above it", what, b.Text, a.Text)
			case b.Top-a.Top < 4 && a.Top-b.Top < 4 && (!rtl && b.Right <= a.Left || rtl && b.Left >= a.Right):
				s.t.Errorf("%s: %q is heard after %q and stands before it", what, b.Text, a.Text)
			}
		}
	}
	same := slices.EqualFunc(headings, seen, func(a, b string) bool {
		return strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
	})
	if !same {
		s.t.Errorf("%s: the headings are heard as %q, and seen as %q", what, headings, seen)
	}
}

func valueOf(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	var s any
	if json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(s))
}

func propertyOf(n *accessibility.Node, name accessibility.PropertyName) string {
	for _, p := range n.Properties {
		if p.Name == name {
			return valueOf(p.Value)
		}
	}
	return ""
}
