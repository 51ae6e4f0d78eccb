package words

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// made is what a call makes a fault of. Each text is in parts: what stands in
// the code, and parameters of the function around it.
type made struct {
	pkg, where string
	kind       string
	hint, text []part
	phrases    []part // texts of ours that fill a format
	dynamic    bool   // made in another way than by putting together what stands in the code
}

// part is a piece of text, or the number of a parameter.
type part struct {
	text  string
	param int // -1 for a text
}

// faultSource reads a package for the texts of its faults.
type faultSource struct {
	pkg    string
	fset   *token.FileSet
	files  []*ast.File
	consts map[string]string // of the package
	local  map[string]string // of the function
	makers map[string][]made // functions that make a fault of their parameters
	grown  bool
	out    []made
}

// function is where a call stands.
type function struct {
	name   string // of the maker that it may be
	outer  string // of the declared function around it
	params []string
}

// faultTextsOfCode gives what faults are made of, in every package under
// internal, by package.
func faultTextsOfCode(t *testing.T) map[string][]made {
	t.Helper()
	byDir := map[string]*faultSource{}
	err := filepath.WalkDir("..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		dir, _ := filepath.Rel("..", filepath.Dir(p))
		s := byDir[dir]
		if s == nil {
			s = &faultSource{pkg: dir, fset: token.NewFileSet(), consts: map[string]string{}, makers: map[string][]made{}}
			byDir[dir] = s
		}
		f, err := parser.ParseFile(s.fset, p, nil, parser.SkipObjectResolution)
		s.files = append(s.files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]made{}
	for dir, s := range byDir {
		if dir != "fault" {
			out[dir] = s.read()
		}
	}
	return out
}

func (s *faultSource) read() []made {
	for _, f := range s.files {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				s.constants(g, s.consts)
			}
		}
	}
	for s.grown = true; s.grown; { // until no function more is found to be a maker
		s.grown, s.out = false, nil
		for _, f := range s.files {
			for _, d := range f.Decls {
				fn := function{}
				if decl, ok := d.(*ast.FuncDecl); ok {
					fn = function{name: decl.Name.Name, outer: decl.Name.Name, params: paramsOf(decl.Type)}
					if decl.Recv != nil {
						fn.name, fn.outer = "."+fn.name, s.fset.Position(decl.Pos()).String()
					}
				}
				s.local = map[string]string{}
				s.constants(d, s.local)
				s.walk(d, fn)
			}
		}
	}
	return s.out
}

// constants finds texts with a name.
func (s *faultSource) constants(in ast.Node, into map[string]string) {
	ast.Inspect(in, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for i, x := range v.Values {
				if text, ok := literalText(s.eval(x, nil)); ok && i < len(v.Names) {
					into[v.Names[i].Name] = text
				}
			}
		}
		return true
	})
}

func paramsOf(f *ast.FuncType) (out []string) {
	for _, p := range f.Params.List {
		for _, n := range p.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

// walk looks at every call, and at functions within functions as such.
func (s *faultSource) walk(n ast.Node, fn function) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			if lit, ok := x.Rhs[0].(*ast.FuncLit); ok && len(x.Rhs) == 1 {
				if name, ok := x.Lhs[0].(*ast.Ident); ok {
					s.walk(lit.Body, function{name: fn.outer + "/" + name.Name, outer: fn.outer, params: paramsOf(lit.Type)})
					return false
				}
			}
		case *ast.CallExpr:
			s.call(x, fn)
		}
		return true
	})
}

func (s *faultSource) call(c *ast.CallExpr, fn function) {
	for _, m := range s.makes(c, fn) {
		if !slices.ContainsFunc(slices.Concat(m.hint, m.text, m.phrases), func(p part) bool { return p.param >= 0 }) {
			s.out = append(s.out, m)
		} else if !slices.ContainsFunc(s.makers[fn.name], func(o made) bool { return o.where == m.where }) {
			s.makers[fn.name] = append(s.makers[fn.name], m)
			s.grown = true
		}
	}
}

// makes gives what a call makes a fault of, if it makes one.
func (s *faultSource) makes(c *ast.CallExpr, fn function) []made {
	m := made{pkg: s.pkg, where: s.fset.Position(c.Pos()).String()}
	name, args := s.called(c.Fun, fn), c.Args
	switch {
	case name == "fault.Wrap" && len(args) > 4:
		args = args[1:]
		fallthrough
	case name == "fault.New" && len(args) > 3:
		if k, ok := args[0].(*ast.SelectorExpr); ok {
			m.kind = k.Sel.Name
		}
		m.hint, m.text = s.eval(args[2], fn.params), s.eval(args[3], fn.params)
		m.phrases = s.fillings(args[4:], fn)
	case name == ".WithHint" && len(args) > 0:
		m.hint, m.text = s.eval(args[0], fn.params), []part{}
		m.phrases = s.fillings(args[1:], fn)
	case name == fn.name:
		return nil
	default:
		var out []made
		for _, of := range s.makers[name] {
			n := made{pkg: s.pkg, where: m.where + ", " + of.where, kind: of.kind, hint: s.fill(of.hint, args, fn), text: s.fill(of.text, args, fn)}
			for _, p := range of.phrases {
				n.phrases = append(n.phrases, s.phrase(s.fill([]part{p}, args, fn))...)
			}
			out = append(out, n.checked())
		}
		return out
	}
	return []made{m.checked()}
}

func (m made) checked() made {
	m.dynamic = m.hint == nil || m.text == nil
	return m
}

// called gives the name of what is called, as makers have it.
func (s *faultSource) called(fun ast.Expr, fn function) string {
	if x, ok := fun.(*ast.IndexExpr); ok {
		fun = x.X
	}
	switch x := fun.(type) {
	case *ast.Ident:
		if s.makers[fn.outer+"/"+x.Name] != nil {
			return fn.outer + "/" + x.Name
		}
		return x.Name
	case *ast.SelectorExpr:
		if on, ok := x.X.(*ast.Ident); ok && on.Name == "fault" {
			return "fault." + x.Sel.Name
		}
		return "." + x.Sel.Name
	}
	return ""
}

// fill puts arguments in the place of parameters.
func (s *faultSource) fill(parts []part, args []ast.Expr, fn function) []part {
	var out []part
	for _, p := range parts {
		switch {
		case p.param < 0:
			out = append(out, p)
		case p.param < len(args):
			v := s.eval(args[p.param], fn.params)
			if v == nil {
				return nil
			}
			out = append(out, v...)
		}
	}
	return together(out)
}

// fillings gives the texts of ours among what fills a format.
func (s *faultSource) fillings(args []ast.Expr, fn function) (out []part) {
	for _, a := range args {
		out = append(out, s.phrase(s.eval(a, fn.params))...)
	}
	return out
}

// phrase tells a text of ours from a word that somebody types.
func (s *faultSource) phrase(p []part) []part {
	if len(p) == 1 && (p[0].param >= 0 || strings.Contains(strings.Trim(p[0].text, " "), " ") || s.pkg != "casefile" && s.pkg != "cli" && p[0].text != "") {
		return p
	}
	return nil
}

// together puts texts beside one another together.
func together(parts []part) []part {
	out := []part{}
	for _, p := range parts {
		if n := len(out); n > 0 && p.param < 0 && out[n-1].param < 0 {
			out[n-1].text += p.text
			continue
		}
		out = append(out, p)
	}
	return out
}

// literalText gives a text that has no holes.
func literalText(parts []part) (string, bool) {
	if len(parts) != 1 || parts[0].param >= 0 {
		return "", false
	}
	return parts[0].text, true
}

// eval gives the parts of a text, or nil if it is made in another way.
func (s *faultSource) eval(e ast.Expr, params []string) []part {
	switch x := e.(type) {
	case *ast.BasicLit:
		if x.Kind == token.STRING {
			return []part{{constant.StringVal(constant.MakeFromLiteral(x.Value, x.Kind, 0)), -1}}
		}
	case *ast.ParenExpr:
		return s.eval(x.X, params)
	case *ast.BinaryExpr:
		if a, b := s.eval(x.X, params), s.eval(x.Y, params); x.Op == token.ADD && a != nil && b != nil {
			return together(append(slices.Clone(a), b...))
		}
	case *ast.Ident:
		if i := slices.Index(params, x.Name); i >= 0 {
			return []part{{"", i}}
		}
		if text, ok := s.local[x.Name]; ok {
			return []part{{text, -1}}
		}
		if text, ok := s.consts[x.Name]; ok {
			return []part{{text, -1}}
		}
	}
	return nil
}
