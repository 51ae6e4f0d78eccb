package archtest

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// notYet is what documents name and say themselves that it is to come.
var notYet = map[string]bool{}

// documents gives every text for people, and the paths of all files, as they
// stand under the module's root.
func documents(t *testing.T) (texts map[string]string, files map[string]bool) {
	t.Helper()
	texts, files = map[string]string{}, map[string]bool{}
	base := root(t)
	err := filepath.WalkDir(base, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, rerr := filepath.Rel(base, p)
		rel = filepath.ToSlash(rel)
		if e.IsDir() && (e.Name() == ".git" || rel == "bin") {
			return fs.SkipDir
		}
		files[rel] = true
		if strings.HasSuffix(rel, ".md") {
			b, err := os.ReadFile(p)
			texts[rel] = string(b)
			return errors.Join(err, rerr)
		}
		return rerr
	})
	if err != nil || len(texts) < 70 {
		t.Fatalf("%d documents, %v", len(texts), err)
	}
	return texts, files
}

var (
	link      = regexp.MustCompile(`\]\(([^)#\s]*)(?:#([^)]*))?\)`)
	heading   = regexp.MustCompile(`(?m)^#+ (.*)$`)
	quoted    = regexp.MustCompile("`([^`\n]+)`")
	testName  = regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z0-9]\w*…?`)
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z0-9]\w*)\(`)
	benchLine = regexp.MustCompile(`(?m)^Benchmark[A-Z0-9]\w*?\b`)
	ourPath   = regexp.MustCompile(`^(?:internal|docs|spec|scripts|cmd)/[\w./*-]+$`)
	ourFile   = regexp.MustCompile(`^[\w/-]+\.(?:go|mjs|pml|sh|toml)$`)
	notInID   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinksOfDocumentsLeadSomewhere: the file is there, and the heading in it.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	texts, files := documents(t)
	found := 0
	for name, text := range texts {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			found++
			to := name
			if m[1] != "" {
				to = path.Join(path.Dir(name), m[1])
			}
			if !files[to] {
				t.Errorf("%s points at %s, which is not there", name, m[1])
			}
			if m[2] != "" && !anchors(texts[to])[m[2]] {
				t.Errorf("%s points at #%s of %s, and there is no such heading", name, m[2], to)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d links were found", found)
	}
}

// anchors gives the names that a document's headings can be reached by.
func anchors(text string) map[string]bool {
	out := map[string]bool{}
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		id := notInID.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		out[strings.ReplaceAll(id, " ", "-")] = true
	}
	return out
}

// TestTestsThatDocumentsNameExist: also fuzz targets and benches. Before an
// ellipsis stands what several begin with.
func TestTestsThatDocumentsNameExist(t *testing.T) {
	texts, files := documents(t)
	have := map[string]bool{}
	for f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(filepath.Join(root(t), f))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(src), -1) {
			have[m[1]] = true
		}
	}
	begins := func(prefix string) bool {
		for h := range have {
			if strings.HasPrefix(h, prefix) {
				return true
			}
		}
		return false
	}
	benches, err := filepath.Glob(filepath.Join(root(t), "docs", "trials", "*.txt"))
	if err != nil || len(benches) < 3 {
		t.Fatal(len(benches), err)
	}
	for _, f := range benches {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = strings.Join(benchLine.FindAllString(string(b), -1), "\n")
	}
	named := 0
	for name, text := range texts {
		for _, n := range testName.FindAllString(text, -1) {
			named++
			if prefix, several := strings.CutSuffix(n, "…"); several && !begins(prefix) || !several && !have[n] {
				t.Errorf("%s names %s, and there is no such test", name, n)
			}
		}
	}
	if named < 200 {
		t.Errorf("only %d tests are named", named)
	}
}

// TestFilesThatDocumentsNameExist: by their whole path, or by the end of it.
func TestFilesThatDocumentsNameExist(t *testing.T) {
	texts, files := documents(t)
	ends := map[string]bool{}
	for f := range files {
		for rest, more := f, true; more; _, rest, more = strings.Cut(rest, "/") {
			ends[rest] = true
		}
	}
	named := 0
	for name, text := range texts {
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			p := strings.TrimSuffix(m[1], "/")
			switch {
			case notYet[p]:
				if files[p] {
					t.Errorf("%s is there now, and notYet still has it", p)
				}
			case ourPath.MatchString(p):
				named++
				if got, err := filepath.Glob(filepath.Join(root(t), p)); err != nil || len(got) == 0 {
					t.Errorf("%s names %s, which is not there", name, p)
				}
			case ourFile.MatchString(p):
				named++
				if !ends[p] {
					t.Errorf("%s names %s, and no file is called so", name, p)
				}
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d files are named", named)
	}
}
