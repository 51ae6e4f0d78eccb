package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
)

const (
	maxFileLines = 600
	maxFuncLines = 80
)

// rule is one rule of the house. check gives what breaks it, a line each.
type rule struct {
	name  string
	why   string
	check func(*tree) []string
}

// rules is all of them. Each has source that breaks it in broken_test.go.
var rules = []rule{
	{"every package has its place", "a package nobody placed may import anything", unplaced},
	{"imports go down", "the house stands because arrows only go down (design, section 7)", upward},
	{"the relay cannot read", "the relay is untrusted, and so must not even hold code that understands what it carries", relayReads},
	{"only relay/jetstream knows NATS", "the engine can be replaced, or made an outside cluster, in one place", natsElsewhere},
	{"the core is pure", "law 9: no clock, disk, network, goroutine or global in the core; time and randomness are arguments", impureCore},
	{"the core stands on little", "other people's code in the core is code that everything trusts", coreForeign},
	{"no cycles", "a cycle has no lower end to understand first", cycles},
	{"test helpers stay in tests", "what lies or repeats itself on purpose must never be linked into the product", helpers},
	{"no init", "what runs by being imported cannot be ordered, passed arguments, or left out", inits},
	{"no drawer for everything", "a package is named for what it is about; util, common and helpers are about nothing", drawers},
	{"no changing globals", "state that nobody passes is state that tests share and laws cannot see", globals},
	{"no exported variables", "anybody could assign to them; errors to compare with, named Err, are left out", exportedVars},
	{"files stay short", fmt.Sprintf("more than %d lines are two subjects", maxFileLines), longFiles},
	{"functions stay short", fmt.Sprintf("more than %d lines cannot be read at once", maxFuncLines), longFuncs},
	{"every package says what it is", "a newcomer reads package docs first", undocumented},
}

// each calls fn for every package, in order.
func (t *tree) each(fn func(*pkg)) {
	for _, name := range slices.Sorted(maps.Keys(t.pkgs)) {
		fn(t.pkgs[name])
	}
}

func isCmd(name string) bool { return strings.HasPrefix(name, "cmd/") }

func unplaced(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		if _, ok := house[p.name]; !ok && !isCmd(p.name) {
			bad = append(bad, p.name+" has no place in the house: give it one in internal/archtest/house_test.go")
		}
	})
	return bad
}

func upward(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		at, ok := house[p.name]
		if !ok {
			return // the rule above says so
		}
		for _, u := range p.uses() {
			if u != "fault" && !slices.Contains(at.may, u) || p.name == "fault" {
				bad = append(bad, fmt.Sprintf("%s imports %s: %s", p.name, u, at.why))
			}
		}
	})
	return bad
}

// reach gives every package of ours that name imports, however indirectly.
func (t *tree) reach(name string, seen map[string]bool) map[string]bool {
	if p := t.pkgs[name]; p != nil {
		for _, u := range p.uses() {
			if !seen[u] {
				seen[u] = true
				t.reach(u, seen)
			}
		}
	}
	return seen
}

func relayReads(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		if p.name != "relay" && !strings.HasPrefix(p.name, "relay/") {
			return
		}
		seen := t.reach(p.name, map[string]bool{})
		for _, never := range relayNever {
			if seen[never] {
				bad = append(bad, p.name+" reaches "+never)
			}
		}
	})
	return bad
}

func natsElsewhere(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		if p.name == "relay/jetstream" {
			return
		}
		for _, f := range p.files {
			for _, i := range f.imports() {
				if strings.Contains(i, "/nats-io/") {
					bad = append(bad, f.path+" imports "+i)
				}
			}
		}
	})
	return bad
}

func (t *tree) core(fn func(*pkg, *file)) {
	t.each(func(p *pkg) {
		for _, f := range p.source() {
			if house[p.name].core {
				fn(p, f)
			}
		}
	})
}

func impureCore(t *tree) (bad []string) {
	t.core(func(p *pkg, f *file) {
		say := func(n ast.Node, what string) {
			bad = append(bad, fmt.Sprintf("%s %s", t.fset.Position(n.Pos()), what))
		}
		timeName := ""
		for _, i := range f.ast.Imports {
			name := strings.Trim(i.Path.Value, `"`)
			if why := impureImport(name); why != "" {
				say(i, "imports "+name+" ("+why+")")
			}
			if name == "time" {
				timeName = "time"
				if i.Name != nil {
					timeName = i.Name.Name
				}
			}
		}
		if timeName == "." {
			say(f.ast, "imports time with a dot, which hides the clock")
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				say(n, "starts a goroutine")
			case *ast.SelectStmt:
				say(n, "waits")
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && clock[n.Sel.Name] && isPackage(p, x) {
					say(n, "uses time."+n.Sel.Name)
				}
			}
			return true
		})
	})
	return bad
}

// isPackage tells a package's name from a variable of the same name.
func isPackage(p *pkg, x *ast.Ident) bool {
	switch p.info.Uses[x].(type) {
	case nil, *types.PkgName:
		return true
	}
	return false
}

func coreForeign(t *tree) (bad []string) {
	t.core(func(p *pkg, f *file) {
		for _, i := range f.imports() {
			foreign := strings.Contains(strings.Split(i, "/")[0], ".")
			if foreign && !slices.Contains(coreModules[p.name], i) {
				bad = append(bad, f.path+" imports "+i)
			}
		}
	})
	return bad
}

func cycles(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		if t.reach(p.name, map[string]bool{})[p.name] {
			bad = append(bad, p.name+" imports itself through others")
		}
	})
	return bad
}

func helpers(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		if house[p.name].test {
			return
		}
		for _, u := range p.uses() {
			if house[u].test || strings.HasSuffix(u, "test") {
				bad = append(bad, p.name+" imports "+u+" outside its tests")
			}
		}
	})
	return bad
}

// funcs calls fn for every function that is not a test's.
func (t *tree) funcs(fn func(*pkg, *ast.FuncDecl)) {
	t.each(func(p *pkg) {
		for _, f := range p.source() {
			for _, d := range f.ast.Decls {
				if fd, ok := d.(*ast.FuncDecl); ok {
					fn(p, fd)
				}
			}
		}
	})
}

func inits(t *tree) (bad []string) {
	t.funcs(func(_ *pkg, d *ast.FuncDecl) {
		if d.Recv == nil && d.Name.Name == "init" {
			bad = append(bad, t.fset.Position(d.Pos()).String())
		}
	})
	return bad
}

func drawers(t *tree) (bad []string) {
	none := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "lib", "base", "types"}
	t.each(func(p *pkg) {
		if slices.Contains(none, path.Base(p.name)) {
			bad = append(bad, p.name)
		}
	})
	return bad
}

// packageVars calls fn for every variable that a package declares.
func (t *tree) packageVars(fn func(*pkg, *ast.ValueSpec, *ast.Ident)) {
	t.each(func(p *pkg) {
		for _, f := range p.source() {
			for _, d := range f.ast.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, s := range g.Specs {
					for _, name := range s.(*ast.ValueSpec).Names {
						fn(p, s.(*ast.ValueSpec), name)
					}
				}
			}
		}
	})
}

func exportedVars(t *tree) (bad []string) {
	t.packageVars(func(_ *pkg, s *ast.ValueSpec, name *ast.Ident) {
		if name.IsExported() && !strings.HasPrefix(name.Name, "Err") {
			bad = append(bad, t.fset.Position(name.Pos()).String()+" "+name.Name)
		}
	})
	return bad
}

// globals finds package variables that something changes: that are assigned
// to, in whole or in part, whose address is taken, or whose type is made to be
// changed.
func globals(t *tree) (bad []string) {
	say := func(n ast.Node, name string) {
		bad = append(bad, t.fset.Position(n.Pos()).String()+" "+name)
	}
	t.packageVars(func(_ *pkg, s *ast.ValueSpec, name *ast.Ident) {
		if sel, ok := s.Type.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "sync" || x.Name == "atomic") {
				say(name, name.Name)
			}
		}
	})
	t.funcs(func(p *pkg, d *ast.FuncDecl) {
		changed := func(n ast.Node, e ast.Expr) {
			if id := rootOf(e); id != nil && isGlobal(p, id) {
				say(n, id.Name)
			}
		}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				if n.Tok != token.DEFINE {
					for _, e := range n.Lhs {
						changed(n, e)
					}
				}
			case *ast.IncDecStmt:
				changed(n, n.X)
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					changed(n, n.X)
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
					changed(n, n.Args[0])
				}
			}
			return true
		})
	})
	return bad
}

// rootOf gives the variable of which e is a part.
func rootOf(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

func isGlobal(p *pkg, id *ast.Ident) bool {
	v, ok := p.info.Uses[id].(*types.Var)
	return ok && p.types != nil && v.Parent() == p.types.Scope()
}

func longFiles(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		for _, f := range p.source() {
			if f.lines > maxFileLines {
				bad = append(bad, fmt.Sprintf("%s has %d lines", f.path, f.lines))
			}
		}
	})
	return bad
}

func longFuncs(t *tree) (bad []string) {
	t.funcs(func(p *pkg, d *ast.FuncDecl) {
		if house[p.name].test {
			return // a suite of tests, by another name
		}
		from, to := t.fset.Position(d.Pos()), t.fset.Position(d.End())
		if n := to.Line - from.Line + 1; n > maxFuncLines {
			bad = append(bad, fmt.Sprintf("%s %s has %d lines", from, d.Name.Name, n))
		}
	})
	return bad
}

func undocumented(t *tree) (bad []string) {
	t.each(func(p *pkg) {
		src := p.source()
		for _, f := range src {
			if f.ast.Doc != nil {
				return
			}
		}
		if len(src) > 0 {
			bad = append(bad, p.name)
		}
	})
	return bad
}
