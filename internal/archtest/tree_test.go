package archtest

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "backchannel"

// tree is all Go source of the module.
type tree struct {
	fset *token.FileSet
	pkgs map[string]*pkg // by path under internal/, or cmd/…
}

type pkg struct {
	name  string // path under internal/
	files []*file
	info  *types.Info    // of the files that are not tests; what is foreign is not resolved
	types *types.Package // likewise
}

type file struct {
	path  string
	test  bool
	lines int
	ast   *ast.File
}

// imports gives what a file imports.
func (f *file) imports() (out []string) {
	for _, i := range f.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out = append(out, p)
		}
	}
	return out
}

// ours gives the name of a package of the module, or "".
func ours(path string) string {
	if p, ok := strings.CutPrefix(path, module+"/internal/"); ok {
		return p
	}
	if p, ok := strings.CutPrefix(path, module+"/"); ok {
		return p
	}
	return ""
}

// source gives the files that are not tests.
func (p *pkg) source() (out []*file) {
	for _, f := range p.files {
		if !f.test {
			out = append(out, f)
		}
	}
	return out
}

// uses gives the packages of ours that p imports, tests aside.
func (p *pkg) uses() []string {
	var out []string
	for _, f := range p.source() {
		for _, i := range f.imports() {
			if name := ours(i); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// newTree parses source by path, as it stands under the module's root.
func newTree(t testing.TB, sources map[string]string) *tree {
	t.Helper()
	tr := &tree{fset: token.NewFileSet(), pkgs: map[string]*pkg{}}
	for name, src := range sources {
		f, err := parser.ParseFile(tr.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir := strings.TrimPrefix(path.Dir(name), "internal/")
		if tr.pkgs[dir] == nil {
			tr.pkgs[dir] = &pkg{name: dir}
		}
		p := tr.pkgs[dir]
		lines := strings.Count(src, "\n")
		p.files = append(p.files, &file{name, strings.HasSuffix(name, "_test.go"), lines, f})
	}
	for _, p := range tr.pkgs {
		slices.SortFunc(p.files, func(a, b *file) int { return strings.Compare(a.path, b.path) })
		p.check(tr.fset)
	}
	return tr
}

// check resolves the names that a package declares itself. What it imports
// is left unresolved, which is enough and needs no compiler.
func (p *pkg) check(fset *token.FileSet) {
	p.info = &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	conf := types.Config{Importer: nowhere{}, Error: func(error) {}}
	var files []*ast.File
	for _, f := range p.source() {
		files = append(files, f.ast)
	}
	p.types, _ = conf.Check(p.name, fset, files, p.info) // its errors are the compiler's business
}

type nowhere struct{}

func (nowhere) Import(string) (*types.Package, error) { return nil, errors.New("not resolved") }

// root is the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("there is no go.mod above the test")
		}
	}
}

// readTree reads the module.
func readTree(t testing.TB) *tree {
	t.Helper()
	sources := map[string]string{}
	base := root(t)
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(base, top), func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if d.IsDir() || !strings.HasSuffix(p, ".go") {
				return nil
			}
			b, err := os.ReadFile(p)
			rel, rerr := filepath.Rel(base, p)
			sources[filepath.ToSlash(rel)] = string(b)
			return errors.Join(err, rerr)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(sources) < 20 {
		t.Fatalf("only %d files found under %s", len(sources), base)
	}
	return newTree(t, sources)
}
