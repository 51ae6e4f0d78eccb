package web

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/accord"
	"backchannel/internal/casefile"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// shownRoom is the go-between's desk and the envoy's as the demo leaves them,
// with something on every page.
func shownRoom(t *testing.T) [2]*fake {
	t.Helper()
	c, err := casefile.Load(casefile.Cases(), "rival-texts-2025")
	if err != nil {
		t.Fatal(err)
	}
	m := casefile.NewMemory(c)
	n := byte(0)
	ids := casefile.SeededIDs("what is shown")
	if report, err := casefile.Run(t.Context(), c, casefile.NewPlayer(m, ids), nil, func(casefile.Progress) {}); err != nil || report.Err() != nil {
		t.Fatal(err, report.Err())
	}
	r := newRoom("go-between", "envoy")
	r.join("go-between", "envoy")
	r.desks["go-between"].lines = append(r.desks["go-between"].lines, lineTo("official"))
	r.desks["envoy"].lines = append(r.desks["envoy"].lines, lineTo("host-official"))
	out := [2]*fake{r.desks["go-between"], r.desks["envoy"]}
	for _, f := range out {
		h, err := m.Desk(f.keeper)
		if err != nil {
			t.Fatal(err)
		}
		if f.record, err = h.Record(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.clock = c.End()
	}
	for _, f := range out {
		add := func(drafts ...record.Entry) {
			for i := range drafts {
				n++
				drafts[i].ID = keys.ID{0xdd, n}
			}
			f.must(t, drafts...)
		}
		add(record.Entry{Body: record.Instruction{Holder: f.keeper, Text: "Speak of no names."}},
			record.Entry{SaidBy: "official", HeardFrom: "official", Body: record.ProofOfLife{Person: "captive", Question: "The name of his first school?", AskedBy: "family"}},
			record.Entry{SaidBy: "official", HeardFrom: "official", Body: record.PersonStatus{Person: "captive", Status: record.Status("held")}},
			record.Entry{SaidBy: "ally-minister", HeardFrom: "ally-minister", Body: circle.Request{By: "ally-minister", Of: f.keeper, Text: "Do you talk to them?"}},
			record.Entry{Body: circle.PlannedLine{For: "ally", As: circle.NotYet, Text: "We will speak to you first."}},
			record.Entry{Body: circle.Plan{On: circle.OnDeath, Steps: []circle.PlanStep{{Who: "official", Form: record.Call, Hold: true, Words: "It is over."}, {Who: "family", Words: "He has died."}}}},
			record.Entry{Body: circle.Account{Source: circle.Source{Role: "a senior official", Knowledge: circle.Familiar}, Where: "a daily", Text: "He did it alone."}},
			record.Entry{Body: circle.Disclosure{To: "ally", Channel: true, Footing: circle.Leaked}},
		)
		own := accord.Term{Name: "convoy", Version: 1, Sort: accord.Obligation, Debtor: "power", Action: "A convoy passes.", Period: accord.Range{Min: 1, Max: 3, Unit: "days"}, Salt: keys.ID{9, n}}
		asked := record.Entry{ID: keys.ID{0xdc, n}, Body: accord.Sounding{On: own.Ref().Ref(), Text: "Would a convoy do?"}, Audience: []record.Name{"envoy"}}
		if f.keeper == "envoy" {
			asked.Audience = []record.Name{"go-between"}
		}
		f.must(t, record.Entry{ID: keys.ID{0xdb, n}, Body: own, Audience: asked.Audience}, asked)
	}
	public, _, err := ed25519.GenerateKey(bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	out[1].must(t, record.Entry{Audience: []record.Name{"go-between"}, Body: accord.ChannelKey{Party: "power", Holder: "envoy", Suite: keys.SuiteEd25519, Key: public}})
	sealedDesk(out[0], keyText(t))
	for _, f := range out {
		f.frozen = f.record
	}
	return out
}

// shownPage is a page as its index names it, and where to see it.
type shownPage struct {
	Name    string
	Pattern string
	Path    string
	At      int // 0: the go-between's desk; 1: the envoy's
	Title   string
}

// pageName gives the name of a page after the pattern of its address.
func pageName(pattern string) string {
	pattern = strings.NewReplacer("/{of}", "", "/{who}", "-of", "/{$}", "home").Replace(pattern)
	return strings.ReplaceAll(strings.Trim(pattern, "/"), "/", "-")
}

// patterns gives the address of every page that the desk has, as its routes
// name them. What is no page to read is left out.
func patterns(t *testing.T) []string {
	t.Helper()
	src, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`\tget\(("[^"]+"|\w+), `).FindAllStringSubmatch(string(src), -1) {
		p := strings.Trim(m[1], `"`)
		if p == "exportPath" {
			p = exportPath
		}
		if !strings.HasPrefix(p, "/") {
			t.Fatalf("the address %s of a page is unknown here", p)
		}
		if !strings.Contains(p, "/file/") && !strings.HasPrefix(p, "/sealed/of") {
			out = append(out, p)
		}
	}
	for _, fm := range forms() {
		p := fm.path
		if fm.about {
			p += "/{of}"
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// better says at which desk, or about what, some pages are best seen.
var better = map[string]func(record.Item) bool{
	"carry":        isMessage("We would use our weight"),
	"read-out":     isMessage("We would use our weight"),
	"readback":     isMessage("Once the captive is out"),
	"e":            isMessage("Once the captive is out"),
	"correct":      isMessage("I have not seen it in writing"),
	"act":          isBody(func(_ record.Item, p accord.Package) bool { return p.Version == 2 }),
	"report":       isBody(func(_ record.Item, p accord.Package) bool { return p.Version == 2 }),
	"propose-edit": isBody(func(_ record.Item, p accord.Package) bool { return p.Version == 2 }),
	"deed":         isTerm("release"),
	"term-edit":    isTerm("truce"),
}

var atEnvoys = []string{"act", "accounts", "notifications", "notified", "performance"}

// shownPages gives every page of the desks, each where it has something to
// show.
func shownPages(t *testing.T, desks [2]*fake, faces [2]*Face) []shownPage {
	t.Helper()
	var see [2]*browser
	for i, f := range faces {
		see[i] = &browser{t: t, face: f}
		see[i].login(f.Link())
	}
	shows := func(at int, path string) (string, bool) {
		w := httptest.NewRecorder()
		faces[at].ServeHTTP(w, see[at].request("GET", faces[at].root+path, nil))
		m := regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`).FindStringSubmatch(w.Body.String())
		return strings.TrimSpace(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(cmp.Or(append(m, "", "")[1]), "")), w.Code == 200 && m != nil
	}
	var out []shownPage
	for _, pattern := range patterns(t) {
		p := shownPage{Name: pageName(pattern), Pattern: pattern}
		order := []int{0, 1}
		if slices.Contains(atEnvoys, p.Name) {
			order = []int{1, 0}
		}
		for _, at := range order {
			var tries []string
			switch {
			case pattern == "/compare":
				tries = compares(desks[at], faces[at])
			case strings.Contains(pattern, "{who}"):
				tries = []string{strings.Replace(pattern, "{who}", (&call{f: faces[at]}).personAlias("ally"), 1)}
			case strings.Contains(pattern, "{of}"):
				for _, id := range subjects(desks[at], p.Name) {
					tries = append(tries, strings.Replace(pattern, "{of}", faces[at].alias.of(id), 1))
				}
			default:
				tries = []string{strings.TrimSuffix(pattern, "{$}")}
			}
			for _, path := range tries {
				if title, ok := shows(at, path); ok {
					p.Path, p.At, p.Title = path, at, title
					break
				}
			}
			if p.Path != "" {
				break
			}
		}
		if p.Path == "" {
			t.Errorf("no desk here has anything to show at %s: give it an entry in shownRoom", pattern)
			continue
		}
		out = append(out, p)
	}
	return out
}

// compares gives the addresses at which two packages of one name are compared.
func compares(d *fake, f *Face) []string {
	var found []keys.ID
	seen := map[int]bool{}
	for _, it := range d.record.Known() {
		if p, ok := it.Body.(accord.Package); ok && p.Name == "envoys-proposal" && !seen[p.Version] {
			seen[p.Version] = true
			found = append(found, it.ID)
		}
	}
	if len(found) < 2 {
		return nil
	}
	return []string{"/compare?a=" + f.alias.of(found[0]) + "&b=" + f.alias.of(found[1])}
}

// subjects gives the entries that a page may be about, the best first, then the
// latest.
func subjects(d *fake, name string) []keys.ID {
	var best, rest []keys.ID
	for _, it := range d.record.Known() {
		if match := better[name]; match != nil && match(it) {
			best = append(best, it.ID)
		}
		rest = append(rest, it.ID)
	}
	slices.Reverse(rest)
	return append(best, rest...)
}

// TestEveryPageIsSmall: no page with what it needs is over 100 KB, nor asks for
// more than four things, so that it comes over a poor link.
func TestEveryPageIsSmall(t *testing.T) {
	const most = 100_000
	desks := shownRoom(t)
	var faces [2]*Face
	for i, d := range desks {
		f, err := New(&phoned{fake: d}, Options{CaseClock: true, Hosts: []string{testHost}})
		if err != nil {
			t.Fatal(err)
		}
		f.over = t.Context() // as Serve does
		f.phones.begin(f.over)
		t.Cleanup(f.phones.end)
		faces[i] = f
	}
	wants := regexp.MustCompile(`<(?:link rel="stylesheet" href|script src|img src)="([^"]+)"`)
	for _, lang := range []string{"en", "ar"} { // Arabic letters are two bytes each
		for i, f := range faces {
			g, err := f.in(lang, shownAs{})
			if err != nil {
				t.Fatal(err)
			}
			faces[i] = g
		}
		for _, p := range shownPages(t, desks, faces) {
			b := &browser{t: t, face: faces[p.At], lang: lang}
			b.login(b.face.Link())
			size := func(path string) (int, string) {
				w := httptest.NewRecorder()
				b.face.ServeHTTP(w, b.request("GET", path, nil))
				if w.Code != 200 {
					t.Errorf("%s asks for %s: %d", p.Name, path, w.Code)
				}
				return w.Body.Len(), w.Body.String()
			}
			n, body := size(b.face.root + p.Path)
			asks := wants.FindAllStringSubmatch(body, -1)
			for _, a := range asks {
				k, _ := size(a[1])
				n += k
			}
			if n > most || len(asks) > 3 {
				t.Errorf("%s in %s is %d bytes in %d requests", p.Name, lang, n, 1+len(asks))
			}
		}
	}
}
