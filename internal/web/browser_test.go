package web

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	devtools "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"backchannel/internal/desk"
	"backchannel/internal/record"
)

//go:embed testdata/axe.min.js
var axe string

// screen is a real browser, looking at a desk that is really served.
type screen struct {
	t    *testing.T
	ctx  context.Context
	face *Face
	base string // http://127.0.0.1:port

	mu     sync.Mutex
	asked  []string // every address that the page asked for
	spoken []string // what the browser had to say: refusals of the policy, errors
}

// look serves a desk and opens a browser. A machine without Chromium fails the
// test: what it shows cannot be shown otherwise.
func look(t *testing.T, h desk.Handle) *screen {
	t.Helper()
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := exec.LookPath(chromium); err != nil {
		t.Fatalf("these tests need Chromium at %s, or where $CHROMIUM says (Debian's package chromium): %v", chromium, err)
	}
	face, base := servePage(t, h)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.Headless, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("lang", "en-GB"),
	}
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
	tab, stopTab := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		stopTab()
		stopAlloc()
	})
	s := &screen{t: t, ctx: tab, face: face, base: base}
	s.must(chromedp.Func(s.watch))
	if err := chromedp.Listen(tab, s.listen); err != nil {
		t.Fatal(err)
	}
	return s
}

// servePage serves a desk's page until the test ends.
func servePage(t *testing.T, h desk.Handle) (*Face, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	face, err := New(h, Options{CaseClock: true, Hosts: []string{ln.Addr().String(), testHost}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- face.Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return face, "http://" + ln.Addr().String()
}

// watch notes every request, every refusal of the policy and every error.
func (s *screen) watch(ctx context.Context, tab *chromedp.Target) error {
	const note = `window.refused = []; addEventListener("securitypolicyviolation", e => refused.push(e.violatedDirective + " " + e.blockedURI))`
	if _, err := cdp.Call(ctx, tab, devtools.AddScriptToEvaluateOnNewDocument, devtools.AddScriptToEvaluateOnNewDocumentParams{Source: note}); err != nil {
		return err
	}
	return nil
}

// listen hears what the browser says of itself.
func (s *screen) listen(ev any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := ev.(type) {
	case *network.EventRequestWillBeSent:
		s.asked = append(s.asked, e.Request.URL)
	case *log.EventEntryAdded:
		s.spoken = append(s.spoken, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		s.spoken = append(s.spoken, e.ExceptionDetails.Text)
	}
}

func (s *screen) must(steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 3*time.Minute)
	defer cancel()
	if chromedp.FromContext(s.ctx).Target == nil {
		ctx = s.ctx // the first run starts the browser, which lives as long as its context
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) run(js string) {
	s.t.Helper()
	s.must(chromedp.Evaluate[chromedp.Void](js))
}

func (s *screen) login() {
	s.t.Helper()
	s.must(chromedp.Navigate(s.base + s.face.Link()))
}

func (s *screen) open(path string) {
	s.t.Helper()
	s.must(chromedp.Navigate(s.base + s.face.root + path))
}

// press clicks what a selector names and waits until the next page is there.
func (s *screen) press(sel string) {
	s.t.Helper()
	s.run(`window.leaving = true`)
	s.steady(sel)
	s.must(chromedp.Click(chromedp.CSS(sel)))
	s.left("pressing " + sel)
}

// steady brings something into the middle of the window, and waits until it stays
// where it is: a long form grows while its parts are opened, and a click goes to a
// place.
func (s *screen) steady(sel string) {
	s.t.Helper()
	js, _ := json.Marshal(sel)
	s.must(chromedp.Evaluate[chromedp.Void](`(async () => {
		const e = document.querySelector(`+string(js)+`), frame = () => new Promise(requestAnimationFrame)
		let last = ""
		for (let same = 0; e && same < 3;) {
			e.scrollIntoView({block: "center", behavior: "instant"})
			await frame()
			const r = e.getBoundingClientRect(), now = [r.x, r.y, scrollY].join()
			same = now === last ? same + 1 : 0
			last = now
		}
	})()`, chromedp.EvalAwaitPromise))
}

// left waits until the next page is there.
func (s *screen) left(what string) {
	s.t.Helper()
	s.must(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for {
			here, err := chromedp.Evaluate[bool](`window.leaving !== true && document.readyState === "complete"`)(ctx, tab)
			if err == nil && here {
				return nil
			}
			select {
			case <-ctx.Done():
				text, _ := chromedp.Evaluate[string](`location.pathname + " " + document.readyState + " " + window.leaving + " at " + scrollY + " of " + document.body.scrollHeight + "; invalid: " + [...document.querySelectorAll(":invalid")].map(e => e.name).join() + "\n" + document.body.innerText`)(context.WithoutCancel(ctx), tab)
				return fmt.Errorf("%s led nowhere: %w: %s", what, ctx.Err(), text)
			case <-time.After(20 * time.Millisecond):
			}
		}
	}))
}

// wants waits until a person can read all of these.
func (s *screen) wants(words ...string) {
	s.t.Helper()
	for _, w := range words {
		js, _ := json.Marshal(w)
		s.must(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			for {
				seen, err := chromedp.Evaluate[bool](`document.body.innerText.includes(`+string(js)+`)`)(ctx, tab)
				if err == nil && seen {
					return nil
				}
				select {
				case <-ctx.Done():
					text, _ := chromedp.Evaluate[string](`document.body.innerText`)(context.WithoutCancel(ctx), tab)
					return fmt.Errorf("%q is not to be read in:\n%s", w, text)
				case <-time.After(20 * time.Millisecond):
				}
			}
		}))
	}
}

// clean checks that the policy refused nothing, and that axe finds nothing.
func (s *screen) clean(what string) {
	s.t.Helper()
	refused, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](`window.refused`))
	if err != nil || len(refused) > 0 {
		s.t.Errorf("%s: the policy refused %v (%v)", what, refused, err)
	}
	s.run(axe + ";0")
	const ask = `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html + " " + n.failureSummary).join(" | ")))`
	found, err := chromedp.Run(s.ctx, chromedp.Evaluate[[]string](ask, chromedp.EvalAwaitPromise))
	if err != nil {
		s.t.Fatalf("%s: axe: %v", what, err)
	}
	for _, v := range found {
		s.t.Errorf("%s: %s", what, v)
	}
	wide, err := chromedp.Run(s.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
	if err != nil || wide {
		s.t.Errorf("%s: wider than the window (%v)", what, err)
	}
}

// home checks that nothing was asked of anybody but this desk, and that the
// browser complained of nothing.
func (s *screen) home() {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		s.t.Error("no request was seen at all")
	}
	for _, a := range s.asked {
		if u, err := url.Parse(a); err != nil || u.Scheme != "data" && !strings.HasPrefix(a, s.base+"/") {
			s.t.Errorf("a request left the desk: %s", a)
		}
	}
	for _, line := range s.spoken {
		if !strings.Contains(line, "status of 4") { // a page that says "refused" comes with its status
			s.t.Errorf("the browser says: %s", line)
		}
	}
}

// picture keeps a picture of the page where $SCREENS says.
func (s *screen) picture(name string) {
	s.t.Helper()
	dir := os.Getenv("SCREENS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644)
	}
	if err != nil {
		s.t.Error(err)
	}
}

func (s *screen) width(w int64) { s.must(chromedp.EmulateViewport(w, 800)) }

// TestEveryPageInABrowser opens every page at the two widths.
func TestEveryPageInABrowser(t *testing.T) {
	r := agreedCase(t)
	gb := r.desks["go-between"]
	gb.must(t, record.Entry{Body: record.Instruction{Holder: "go-between", Text: "Speak of no names."}})
	sealedDesk(gb, keyText(t))
	s := look(t, gb)
	s.login()
	message := gb.find(t, isMessage("forty-five"))
	pk := gb.find(t, func(it record.Item) bool { return it.Body.Kind() == "package" })
	of := func(what string, it record.Item) string { return "/" + what + "/" + s.face.alias.of(it.ID) }
	pages := map[string]string{
		"home": "/", "changed": "/changed", "timeline": "/timeline", "record": "/record", "record-then": "/record?stood=2025-05-01T00:00", "standing": "/standing", "glossary": "/glossary", "beside": "/beside", "terms": "/terms", "lines": "/lines", "sealed": "/sealed",
		"relay": "/relay", "write": "/write", "log": "/log", "term": "/term", "propose": "/propose", "person": "/person", "party": "/party",
		"entry": of("e", message), "package": of("e", pk), "carry": of("carry", message), "act": of("act", pk), "report": of("report", pk), "readback": of("readback", message), "read-out": of("read-out", message),
		"performance": "/performance", "deed": of("deed", gb.find(t, isTerm("release"))), "event": "/event", "mandates": "/mandates", "credential": "/credential",
		"instruction": "/instruction", "rule": "/rule", "nowhere": "/nowhere",
		"knows": "/knows", "asked": "/asked", "incidents": "/incidents", "incident": "/incident", "notifications": "/notifications", "notify": "/notify", "accounts": "/accounts", "account": "/account", "request": "/request", "planned": "/planned", "disclose": of("disclose/entry", message),
	}
	only := os.Getenv("SCREEN")                 // one page, while somebody works on it
	for _, lang := range []string{"en", "ar"} { // one each way; the others differ in their words alone
		s.speak(lang)
		for _, w := range []int64{360, 1280} {
			s.width(w)
			for name, path := range pages {
				if only != "" && name != only {
					continue
				}
				s.open(path)
				s.clean(fmt.Sprintf("%s at %d in %s", name, w, lang))
				s.picture(fmt.Sprintf("%s-%s-%d", name, lang, w))
			}
		}
	}
	s.home()
}

// speak chooses a language at the foot of the page, as its reader does.
func (s *screen) speak(lang string) {
	s.t.Helper()
	s.open("/")
	s.run(fmt.Sprintf(`document.getElementById("desk-lang").value = %q`, lang))
	s.press(".foot form.row button")
	s.must(chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf("html[lang=%q]", lang))))
}

// TestTalkInABrowser writes in two steps, sees a rival text refused, and sees
// what others send without reloading.
func TestTalkInABrowser(t *testing.T) {
	r := rivalCase(t)
	gb := r.desks["go-between"]
	s := look(t, gb)
	s.login()
	s.width(360)
	s.wants("Accepted, but never proposed", "Case clock")

	before := gb.commits
	s.press(`a[href$="/write"]`)
	s.run(`document.getElementById("to").value = "envoy"`)
	s.must(chromedp.SendKeys(chromedp.CSS("#text"), "They accepted something. Is it yours?"))
	s.press(`main form button`)
	s.wants("To The envoy (envoy), The power", "They accepted something. Is it yours?", "arrives in about")
	s.clean("look")
	s.picture("look-360")
	if gb.commits != before {
		t.Fatal("looking at it sent it")
	}
	s.press(`button[value="send"]`)
	s.wants("Done", "They accepted something. Is it yours?")
	if _, ok := slicesFind(r.desks["envoy"].record.Items(), isMessage("Is it yours?")); !ok || gb.commits != before+1 {
		t.Fatal("it did not arrive once")
	}

	// The acceptance of B, to the envoy, who stands behind A.
	act := gb.find(t, func(it record.Item) bool { return it.Body.Kind() == "act" && it.By == "official" })
	s.open("/carry/" + s.face.alias.of(act.ID))
	s.run(`document.getElementById("to").value = "envoy"; document.getElementById("consent").value = "by phone"`)
	s.press(`main form button`)
	s.wants("never put forward", "The two texts, side by side", "45 to 60 days", "70 days", "19 bodies")
	s.clean("rival")
	s.picture("rival-360")
	s.width(1280)
	s.picture("rival-1280")
	if gb.commits != before+1 {
		t.Fatal("a rival acceptance was carried")
	}

	// What comes in shows by itself.
	s.open("/")
	r.desks["envoy"].must(t, record.Entry{Audience: []record.Name{"go-between"}, Body: record.Message{
		From: "envoy", To: "go-between", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Deny, Text: "That is not our text.",
	}})
	s.wants("That is not our text.")
	s.clean("home, made fresh")
	s.home()
}

func slicesFind(list []record.Item, match func(record.Item) bool) (record.Item, bool) {
	i := slices.IndexFunc(list, match)
	if i < 0 {
		return record.Item{}, false
	}
	return list[i], true
}
