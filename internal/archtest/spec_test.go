package archtest

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ruleID is the id of a rule. In square brackets it stands before the rule
// itself; without, it refers to it.
var (
	ruleID  = regexp.MustCompile(`\[([A-Z]+-[0-9]+)\]`)
	namedID = regexp.MustCompile(`\b[A-Z]+-[0-9]+\b`)
	// Relay tests bear ids in their names: TestRelay3And4_, TestRelay17_20_.
	relayTest  = regexp.MustCompile(`func TestRelay((?:[0-9]+(?:And|_))+)`)
	testNumber = regexp.MustCompile(`[0-9]+`)
)

// specs gives the texts under spec/, by name.
func specs(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), "spec", "*.md"))
	if err != nil || len(files) < 9 {
		t.Fatalf("%d specifications, %v", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out["spec/"+filepath.Base(f)] = string(b)
	}
	return out
}

// blocks gives the paragraphs, list items and rows of a text, each in one line.
func blocks(text string) (out []string) {
	begin := true
	for l := range strings.SplitSeq(text, "\n") {
		l = strings.TrimRight(l, " ")
		switch {
		case l == "":
			begin = true
		case begin, strings.HasPrefix(l, "- "), strings.HasPrefix(l, "|"), strings.HasPrefix(l, "#"):
			out, begin = append(out, l), strings.HasPrefix(l, "#")
		default:
			out[len(out)-1] += " " + strings.TrimSpace(l)
		}
	}
	return out
}

// namesOf gives every rule that the tests and vectors name.
func namesOf(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	take := func(dir, suffix string) {
		err := filepath.WalkDir(filepath.Join(root(t), dir), func(p string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(p, suffix) || strings.HasSuffix(p, "archtest/spec_test.go") {
				return err
			}
			b, err := os.ReadFile(p)
			for _, id := range namedID.FindAllString(string(b), -1) {
				out[id] = true
			}
			for _, m := range relayTest.FindAllStringSubmatch(string(b), -1) {
				for _, n := range testNumber.FindAllString(m[1], -1) {
					out["RELAY-"+n] = true
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	take("internal", "_test.go")
	take("spec/vectors", ".json")
	return out
}

// TestEveryMustOfTheSpecHasAnIDAndATest: before each MUST stands the id of its
// rule, no two rules have one id, and each is named by a test or a vector that
// a test reads.
func TestEveryMustOfTheSpecHasAnIDAndATest(t *testing.T) {
	named, where, musts := namesOf(t), map[string]string{}, 0
	for file, text := range specs(t) {
		for _, b := range blocks(text) {
			must, id := strings.Index(b, "MUST"), ruleID.FindStringIndex(b)
			musts += strings.Count(b, "MUST")
			if must >= 0 && (id == nil || id[0] > must) {
				t.Errorf("%s: no id stands before the MUST in %.80q", file, b)
			}
			for _, m := range ruleID.FindAllStringSubmatch(b, -1) {
				if where[m[1]] != "" {
					t.Errorf("%s: [%s] stands in %s too; what refers to a rule has no brackets", file, m[1], where[m[1]])
				}
				if where[m[1]] = file; !named[m[1]] {
					t.Errorf("%s: no test names %s", file, m[1])
				}
			}
		}
	}
	if len(where) < 250 || musts < 199 {
		t.Errorf("%d rules and %d MUSTs were found; there were 250 and 199", len(where), musts)
	}
	t.Logf("%d rules, %d MUSTs", len(where), musts)
}

// corpus is how many vectors there are: files in a folder, or cases in a file.
// Without it a folder that lost its files, or that nobody reads, would pass.
var corpus = map[string]int{
	"line/cell": 9, "line/chain": 4, "line/epoch": 6, "line/frame": 5, "line/handshake": 9, "line/invite": 16, "line/plaintext": 17, "line/typed": 9,
	"record/entries.json": 43, "record/hashes.json": 6,
	"confirmation/files.json": 32, "confirmation/signatures.json": 2, "confirmation/terms.json": 34,
	"compare": 1, "compare/forms.json": 52, "compare/messages.json": 19,
	"pouch": 15, "bonafides": 12, "relay": 99,
}

// TestTheCorpusIsWhole: no vector got lost, and no folder of vectors came in
// that is not listed here. Who adds one sees to it that the tests and the second
// reader (spec/check) read it.
func TestTheCorpusIsWhole(t *testing.T) {
	got := map[string]int{}
	dir := filepath.Join(root(t), "spec", "vectors")
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		var list []json.RawMessage
		if json.Unmarshal(b, &list) == nil {
			got[filepath.ToSlash(rel)] = len(list)
			return nil
		}
		got[path.Dir(filepath.ToSlash(rel))]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range got {
		if corpus[name] != n {
			t.Errorf("%d vectors in spec/vectors/%s, and corpus says %d", n, name, corpus[name])
		}
	}
	for name, n := range corpus {
		if got[name] == 0 {
			t.Errorf("no vectors in spec/vectors/%s, and corpus says %d", name, n)
		}
	}
}
