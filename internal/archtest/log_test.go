package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// quiet are the packages whose log an operator, or whoever seizes a disk, may
// read. What may be logged there is a fixed text and values that are of no
// person: a fault's kind or id, a count, the name of a page or a cohort.
var quiet = []string{"desk", "web", "vault", "line", "relay/client"}

var mayBeLogged = map[string]bool{
	"string(fault.KindOf(err))": true, "faultID(err)": true, "faultID(broken)": true, "where(err)": true, "name": true, // of a page
	"bad": true, "m.Cohort": true,
}

// TestADesksLogNamesNobody looks at every call of a logger: a value that is
// logged must be one of those that name nobody. Above all no error is, whose
// text may hold a name or a word of the record.
func TestADesksLogNamesNobody(t *testing.T) {
	tr := readTree(t)
	calls := 0
	for _, name := range quiet {
		p := tr.pkgs[name]
		if p == nil {
			t.Fatalf("there is no package %s", name)
		}
		for _, f := range p.source() {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !logs(sel) {
					return true
				}
				calls++
				for _, arg := range call.Args {
					text := types.ExprString(arg)
					if lit, ok := arg.(*ast.BasicLit); !(ok && lit.Kind == token.STRING) && !mayBeLogged[text] {
						t.Errorf("%s logs %s: say which value it is in mayBeLogged, if it can name nobody", tr.fset.Position(arg.Pos()), text)
					}
				}
				return true
			})
		}
	}
	if calls < 5 {
		t.Fatalf("only %d calls of a logger were found", calls)
	}
}

// logs reports whether a method is one of a logger: x.Log.Warn, log.Info.
func logs(sel *ast.SelectorExpr) bool {
	switch sel.Sel.Name {
	case "Debug", "Info", "Warn", "Error", "Log", "LogAttrs", "With", "DebugContext", "InfoContext", "WarnContext", "ErrorContext":
	default:
		return false
	}
	last := ""
	switch x := sel.X.(type) {
	case *ast.Ident:
		last = x.Name
	case *ast.SelectorExpr:
		last = x.Sel.Name
	}
	last = strings.ToLower(last)
	return last == "log" || last == "logs" || last == "logger" || last == "slog"
}
