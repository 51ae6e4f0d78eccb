package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"backchannel/internal/words"
)

const screensDir = "../../docs/screens"

// shot is one picture of a page.
type shot struct {
	lang  string
	width int64
}

var shots = []shot{{"en", 360}, {"en", 1280}, {"ar", 360}, {"ar", 1280}}

// sample is what $SCREENS gets whole, for whoever looks through them.
var sample = []string{"home", "standing", "look", "timeline", "act", "carry", "export", "notifications", "lines", "compare", "e", "knows"}

// TestScreensOfEveryPage makes docs/screens anew where it is asked to: `make
// screens`.
func TestScreensOfEveryPage(t *testing.T) {
	if os.Getenv("BACKCHANNEL_SCREENS") == "" {
		t.Skip("make screens makes them")
	}
	s, pages := shownDesk(t)
	s.login()
	old, err := filepath.Glob(filepath.Join(screensDir, "*.webp"))
	if err != nil {
		t.Fatal(err)
	}
	only := os.Getenv("SCREEN") // one page, while somebody works on it
	for _, f := range old {
		if only != "" {
			break
		}
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(screensDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, x := range shots {
		s.speak(x.lang)
		s.width(x.width)
		for _, name := range append(pageNames(pages), "look") {
			if only != "" && only != name {
				continue
			}
			s.show(pages, name)
			if slices.Contains(sample, name) {
				s.picture(fmt.Sprintf("%s-%s-%d", name, x.lang, x.width))
			}
			s.shoot(filepath.Join(screensDir, screenFile(name, x)))
		}
	}
	if err := os.WriteFile(filepath.Join(screensDir, "README.md"), []byte(screensIndex(pages)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func pageNames(pages []shownPage) []string {
	var out []string
	for _, p := range pages {
		out = append(out, p.Name)
	}
	return out
}

func screenFile(name string, x shot) string {
	return fmt.Sprintf("%s-%s-%d.webp", name, x.lang, x.width)
}

// shoot keeps a small picture of the upper part of the page: to be recognised,
// and read in its large print.
func (s *screen) shoot(file string) {
	s.t.Helper()
	type size struct{ W, H float64 }
	at := ask[size](s, `() => ({W: document.documentElement.clientWidth, H: document.documentElement.scrollHeight})`)
	clip := devtools.Viewport{Width: at.W, Height: min(at.H, 900), Scale: 0.8}
	if at.W > 1000 {
		clip.Height, clip.Scale = min(at.H, 1000), 0.5
	}
	quality, beyond := int64(35), true
	b, err := chromedp.Run(s.ctx, func(ctx context.Context, tab *chromedp.Target) ([]byte, error) {
		r, err := cdp.Call(ctx, tab, devtools.CaptureScreenshot, devtools.CaptureScreenshotParams{
			Format: devtools.CaptureScreenshotFormatWebp, Quality: &quality, Clip: &clip, CaptureBeyondViewport: &beyond,
		})
		return r.Data, err
	})
	if err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// screensIndex is the table of docs/screens/README.md.
func screensIndex(pages []shownPage) string {
	var b strings.Builder
	b.WriteString("# Every page of the desk\n\nMade by `make screens` from the desks as the demo leaves them; do not edit. The upper part of each page, on a phone (360 pixels wide) and on a laptop\n(1,280, made smaller), in English and in Arabic. Names are roles. Arabic has not been reviewed by a native speaker yet, as each of its pages says.\n\n")
	b.WriteString("| page | address | English | | Arabic | |\n|---|---|---|---|---|---|\n")
	row := func(name, title, address string) {
		fmt.Fprintf(&b, "| %s | %s |", title, address)
		for _, x := range shots {
			fmt.Fprintf(&b, " [%d](%s) |", x.width, screenFile(name, x))
		}
		b.WriteString("\n")
	}
	for _, p := range pages {
		row(p.Name, p.Title, "`"+strings.TrimSuffix(p.Pattern, "{$}")+"`")
	}
	row("look", words.Open("en").T("web.look.title"), "the second step of a form")
	return b.String()
}

// TestScreensShowEveryPage: docs/screens names every page, and no other, and has
// their pictures and no other, in 6 MB.
func TestScreensShowEveryPage(t *testing.T) {
	list, err := os.ReadDir(screensDir)
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	var have []string
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		have = append(have, e.Name())
	}
	if total > 6<<20 {
		t.Errorf("docs/screens has %d bytes", total)
	}
	want := []string{"README.md"}
	index, err := os.ReadFile(filepath.Join(screensDir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	pages := []string{"look"}
	for _, p := range patterns(t) {
		pages = append(pages, pageName(p))
		if address := "`" + strings.TrimSuffix(p, "{$}") + "`"; strings.Count(string(index), "| "+address+" |") != 1 {
			t.Errorf("docs/screens/README.md does not name %s once: run make screens", p)
		}
	}
	if rows := strings.Count(string(index), "\n|") - 2; rows != len(pages) {
		t.Errorf("docs/screens/README.md has %d pages where there are %d: run make screens", rows, len(pages))
	}
	for _, name := range pages {
		for _, x := range shots {
			want = append(want, screenFile(name, x))
		}
	}
	slices.Sort(want)
	for _, w := range want {
		if !slices.Contains(have, w) {
			t.Errorf("docs/screens has no %s: run make screens", w)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			t.Errorf("docs/screens/%s shows no page: run make screens", h)
		}
	}
}

// TestTrialEveryPageInEveryLanguage goes through all pages in all languages at
// both widths: axe finds nothing, all is reached by keyboard, and is heard in
// the order in which it stands.
func TestTrialEveryPageInEveryLanguage(t *testing.T) {
	dir := os.Getenv("BACKCHANNEL_TRIALS")
	if dir == "" {
		t.Skip("a trial: run it with make trials")
	}
	began := time.Now()
	s, pages := shownDesk(t)
	s.login()
	looked := 0
	for _, lang := range words.Languages() {
		s.speak(lang)
		for _, w := range []int64{360, 1280} {
			s.width(w)
			for _, name := range append(pageNames(pages), "look") {
				s.show(pages, name)
				what := fmt.Sprintf("%s at %d in %s", name, w, lang)
				s.clean(what)
				s.tabs(what)
				s.reads(what)
				looked++
			}
		}
	}
	s.home()
	out := map[string]any{
		"name": "pages", "date": began.UTC().Format(time.RFC3339), "machine": runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version(),
		"pages": len(pages) + 1, "languages": len(words.Languages()), "widths": 2, "looked": looked, "passed": !t.Failed(), "seconds": int(time.Since(began).Seconds()),
	}
	if b, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		out["commit"] = strings.TrimSpace(string(b))
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "pages.json"), append(b, '\n'), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
