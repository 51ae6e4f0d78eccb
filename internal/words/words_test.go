package words

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"

	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// catalogue gives every message of the English files, by id.
func catalogue(t *testing.T) map[string]*i18n.Message {
	t.Helper()
	out := map[string]*i18n.Message{}
	names, err := fs.Glob(files, "en/*.toml")
	if err != nil || len(names) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := i18n.ParseMessageFileBytes(raw, path.Dir(name)+".toml", map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal})
		if err != nil {
			t.Fatal(name, err)
		}
		for _, m := range f.Messages {
			if out[m.ID] != nil {
				t.Errorf("%s stands twice, the second time in %s", m.ID, name)
			}
			out[m.ID] = m
		}
	}
	return out
}

// sources gives the text of every Go file and page of the program, tests aside.
func sources(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, root := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(p, "_test.go") {
				return err
			}
			if ext := filepath.Ext(p); ext == ".go" || ext == ".html" {
				raw, err := os.ReadFile(p)
				if err != nil {
					return err
				}
				out[p] = string(raw)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var literal = regexp.MustCompile("[\"`]([a-z][a-z0-9-]*\\.[a-z0-9.-]*)[\"`]")

// groups are those whose ids are made from values of a type: groupOf and the
// places that join a group and a value. A test reads every value of them.
var groups = []string{
	"position", "rests", "verdict", "sort", "deed", "change", "fidelity", "form", "step", "speech", "attribution", "pass", "role", "mandate",
	"evidence", "kind", "alarm-kind", "turn-kind", "pace", "state", "mark", "status", "assessment", "would", "sounding-state", "field", "fact", "value", "month", "alarm", "turn", "fault-kind", "match",
	"footing", "reply", "mishap", "remedy", "stay", "policy", "occasion", "reach", "knowledge", "claim", "part", "hint-sort",
	"alarm-what", "grounds", "matter", "settled", "says",
	"strength", "proof", "calendar",
}

// TestNoIDIsUnusedOrMissing reads the program for ids: each must be in the
// catalogue, and each of the catalogue must be in the program.
func TestNoIDIsUnusedOrMissing(t *testing.T) {
	have := catalogue(t)
	used := map[string]bool{}
	call := regexp.MustCompile(`(?:\.(?:T|t|say|sayIf|note)\(|\{\{-? *t )"([a-z][a-z0-9-]*\.[a-z0-9.-]*[a-z0-9])"\s*[^+]`)
	for file, text := range sources(t) {
		for _, m := range literal.FindAllStringSubmatch(text, -1) {
			used[m[1]] = true
		}
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			if have[m[1]] == nil {
				t.Errorf("%s says %q, which the catalogue does not have", file, m[1])
			}
		}
	}
	for id := range have {
		group, _, _ := strings.Cut(id, ".")
		if used[id] || slices.Contains(groups, group) {
			continue
		}
		if !joined(used, id) {
			t.Errorf("%s is in the catalogue and nowhere in the program", id)
		}
	}
}

// joined reports whether the program joins id from a prefix that ends with a
// dot or a hyphen and something else: "cli.lines." + phase.
func joined(used map[string]bool, id string) bool {
	for i := range id {
		if (id[i] == '.' || id[i] == '-') && used[id[:i+1]] {
			return true
		}
	}
	return strings.HasSuffix(id, "-unstated") && used[strings.TrimSuffix(id, "-unstated")]
}

func TestEveryMessageIsFilled(t *testing.T) {
	for id, m := range catalogue(t) {
		if m.Other == "" {
			t.Errorf("%s has no text", id)
		}
		if strings.Contains(m.Other, "{{.N}}") && m.One == "" && !strings.Contains(m.Other, "kB") {
			t.Errorf("%s counts, and has no form for one", id)
		}
	}
}

// Words of design section 2, and words that are avoided.
func TestWordsAvoided(t *testing.T) {
	for id, m := range catalogue(t) {
		for _, text := range []string{m.One, m.Other} {
			low := strings.ToLower(text)
			for _, bad := range []string{"tabled", "to table ", "released from", "please ", "oops", "!"} {
				if strings.Contains(low, bad) {
					t.Errorf("%s: %q", id, text)
				}
			}
		}
	}
}

func TestOpen(t *testing.T) {
	for _, lang := range []string{"en", "en-GB", "", "xx", "not a language"} {
		b := Open(lang)
		if b.Lang() != "en" || b.Dir() != "ltr" || b.T("position.accepted") != "accepted" {
			t.Errorf("%q: %s %s", lang, b.Lang(), b.Dir())
		}
	}
	if got := Languages(); !slices.Contains(got, "en") {
		t.Fatal(got)
	}
	b := Open("en")
	if b.T("no.such.id") != "no.such.id" || b.Has("no.such.id") || !b.Has("position.accepted") {
		t.Fatal("what is missing")
	}
	if got := b.T("changes.entries", "N", 1) + b.T("changes.entries", "N", 3); got != "1 new entry.3 new entries." {
		t.Fatal(got)
	}
}

func TestErrorsAndHints(t *testing.T) {
	b := Open("en")
	cause := fault.New(fault.Malformed, "x.cause", "mend the cause", "the cause %d", 7)
	err := fault.Wrap(cause, fault.Refused, "x.outer", "", "could not %s", "carry")
	if got := b.Fault(err); got != (Told{Text: "could not carry: the cause 7", Hint: "mend the cause"}) {
		t.Fatal(got)
	}
	if b.Fault(nil) != (Told{}) || b.Fault(os.ErrNotExist) != (Told{Text: os.ErrNotExist.Error()}) {
		t.Fatal("no error, or another's")
	}
}

func moment(t *testing.T, s string) record.Instant {
	t.Helper()
	x, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return record.At(x)
}

func TestTimes(t *testing.T) {
	b := Open("en")
	at := func(s string) record.Instant { return moment(t, s) }
	for want, v := range map[string]record.Interval{
		"at no stated time":                  {},
		"8 May 2025, 12:30 UTC":              record.Moment(at("2025-05-08T12:30:00Z")),
		"8 May 2025, 12:30:05 UTC":           record.Moment(at("2025-05-08T12:30:05Z")),
		"8 May 2025, 15:30 UTC+03:00":        {From: at("2025-05-08T12:30:00Z"), To: at("2025-05-08T12:30:00Z"), Zone: "+03:00"},
		"April 2025":                         {From: at("2025-04-01T00:00:00Z"), To: at("2025-04-30T23:59:59Z")},
		"April 2025, told in +03:00":         {From: at("2025-03-31T21:00:00Z"), To: at("2025-04-30T20:59:59Z") + 999, Zone: "+03:00"},
		"8 May 2025":                         {From: at("2025-05-08T00:00:00Z"), To: at("2025-05-08T23:59:59Z")},
		"between 8 May 2025 and 10 May 2025": {From: at("2025-05-08T00:00:00Z"), To: at("2025-05-10T23:59:59Z")},
		"between 8 May 2025, 10:00 UTC and 8 May 2025, 11:30 UTC": {From: at("2025-05-08T10:00:00Z"), To: at("2025-05-08T11:30:00Z")},
	} {
		want, _, _ := strings.Cut(want, ", told in")
		if got := b.Interval(v); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	zone := time.FixedZone("", 2*3600)
	if got := b.In(zone).Instant(at("2025-05-08T12:30:00Z")); got != "8 May 2025, 14:30 UTC+02:00" {
		t.Error(got)
	}
	if got := b.Instant(at("2025-05-08T12:30:00Z")); got != "8 May 2025, 12:30 UTC" {
		t.Error("In changed the book", got)
	}
}

func TestDurationsAndBytes(t *testing.T) {
	b := Open("en")
	for want, d := range map[string]time.Duration{
		"less than a second": 300 * time.Millisecond, "1 second": time.Second, "2 minutes and 5 seconds": 125 * time.Second,
		"1 hour": time.Hour + 3*time.Second, "3 days and 4 hours": 76*time.Hour + 59*time.Minute, "1 day": 24 * time.Hour,
	} {
		if got := b.Duration(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
	for want, n := range map[string]uint64{"0 bytes": 0, "1 byte": 1, "999 bytes": 999, "1.0 kB": 1000, "94.4 MB": 94_371_840, "2.0 GB": 2e9} {
		if got := b.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestNamesThatRunTheOtherWayAreIsolated(t *testing.T) {
	b := Open("en")
	if got := b.isolate("המתווך"); got != "\u2068המתווך\u2069" {
		t.Errorf("%q", got)
	}
	if got := b.isolate("1 the envoy"); got != "1 the envoy" {
		t.Errorf("%q", got)
	}
	r := &Book{loc: b.loc, lang: b.lang, zone: b.zone, rtl: true}
	if got := r.isolate("the envoy"); got != "\u2068the envoy\u2069" || r.Dir() != "rtl" {
		t.Errorf("%q", got)
	}
}
