package archtest

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// good is a small house that breaks no rule, though it comes close.
var good = map[string]string{
	"internal/fault/fault.go": "// Package fault names errors.\npackage fault\n\nimport \"errors\"\n\nvar ErrOne = errors.New(\"one\")\n",
	"internal/wire/wire.go": `// Package wire encodes.
package wire

import (
	"github.com/fxamacker/cbor/v2"

	"backchannel/internal/fault"
)

var modes = map[string]int{"a": 1}

func f(modes map[string]int) { modes["b"] = 2; _ = cbor.Tag{}; _ = fault.ErrOne }
`,
	"internal/line/line.go": `// Package line carries.
package line

import "time"

type watch struct{}

func (watch) Now() int { return 1 }

func f(d time.Duration) int {
	time := watch{}
	return time.Now()
}
`,
	"internal/line/line_test.go":     "package line\n\nimport (\n\t\"os\"\n\t\"backchannel/internal/keys/kemtest\"\n)\n\nvar Path = os.Args[0]\n\nfunc init() { Path = kemtest.Name }\n",
	"internal/keys/kemtest/k.go":     "// Package kemtest helps.\npackage kemtest\n\nconst Name = \"k\"\n",
	"internal/relay/jetstream/js.go": "// Package jetstream stores.\npackage jetstream\n\nimport \"github.com/nats-io/nats.go\"\n\nvar _ nats.Msg\n",
	"cmd/backchannel/main.go":        "// Command backchannel starts.\npackage main\n\nimport _ \"backchannel/internal/desk\"\n",
	"internal/desk/desk.go":          "// Package desk drives.\npackage desk\n\nimport _ \"backchannel/internal/line\"\n",
}

// broken is source that breaks one rule each, by the rule's name. Several
// ways to break a rule are several entries.
var broken = []struct{ rule, file, src string }{
	{"every package has its place", "internal/attic/a.go", "// Package attic is new.\npackage attic\n"},
	{"imports go down", "internal/record/r.go", "// Package record keeps.\npackage record\n\nimport _ \"backchannel/internal/accord\"\n"},
	{"imports go down", "internal/fault/more.go", "package fault\n\nimport _ \"backchannel/internal/wire\"\n"},
	{"imports go down", "internal/view/v.go", "// Package view shows.\npackage view\n\nimport _ \"backchannel/internal/desk\"\n"},
	{"imports go down", "internal/convey/c.go", "// Package convey plans.\npackage convey\n\nimport _ \"backchannel/internal/line\"\n"},
	{"the relay cannot read", "internal/relay/r.go", "// Package relay carries.\npackage relay\n\nimport _ \"backchannel/internal/desk\"\n"},
	{"the relay cannot read", "internal/relay/client/c.go", "// Package client speaks.\npackage client\n\nimport _ \"backchannel/internal/record\"\n"},
	{"only relay/jetstream knows NATS", "internal/relay/r.go", "// Package relay carries.\npackage relay\n\nimport _ \"github.com/nats-io/nats-server/v2/server\"\n"},
	{"only relay/jetstream knows NATS", "internal/desk/d_test.go", "package desk\n\nimport _ \"github.com/nats-io/nats.go\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"os\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"os/exec\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"net/http\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"log/slog\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"context\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"sync/atomic\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"math/rand/v2\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport _ \"crypto/rand\"\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport \"time\"\n\nvar start = time.Now()\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport t \"time\"\n\nfunc g() { t.Sleep(1) }\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nimport . \"time\"\n\nvar start = Now()\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nfunc g() { go g() }\n"},
	{"the core is pure", "internal/wire/p.go", "package wire\n\nfunc g(c chan int) { select { case <-c: } }\n"},
	{"the core stands on little", "internal/line/p.go", "package line\n\nimport _ \"github.com/fxamacker/cbor/v2\"\n"},
	{"no cycles", "internal/line/p.go", "package line\n\nimport _ \"backchannel/internal/desk\"\n"},
	{"test helpers stay in tests", "internal/desk/p.go", "package desk\n\nimport _ \"backchannel/internal/keys/kemtest\"\n"},
	{"test helpers stay in tests", "cmd/backchannel/p.go", "package main\n\nimport _ \"backchannel/internal/relay/relaytest\"\n"},
	{"no init", "internal/desk/p.go", "package desk\n\nfunc init() {}\n"},
	{"no drawer for everything", "internal/desk/util/p.go", "// Package util is about nothing.\npackage util\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n int\n\nfunc g() { n = 1 }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n int\n\nfunc g() { n++ }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n = map[int]int{}\n\nfunc g() { n[1] = 1 }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n = map[int]int{}\n\nfunc g() { delete(n, 1) }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n struct{ a []int }\n\nfunc g() { n.a[0] += 1 }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nvar n int\n\nfunc g() *int { return &n }\n"},
	{"no changing globals", "internal/desk/p.go", "package desk\n\nimport \"sync\"\n\nvar once sync.Once\n"},
	{"no exported variables", "internal/desk/p.go", "package desk\n\nvar Limit = 3\n"},
	{"files stay short", "internal/desk/p.go", "package desk\n" + strings.Repeat("\n", maxFileLines)},
	{"functions stay short", "internal/desk/p.go", "package desk\n\nfunc g() {\n" + strings.Repeat("\n", maxFuncLines) + "}\n"},
	{"every package says what it is", "internal/vault/p.go", "package vault\n"},
}

func TestGoodSourceBreaksNoRule(t *testing.T) {
	tr := newTree(t, maps.Clone(good))
	for _, r := range rules {
		for _, b := range r.check(tr) {
			t.Errorf("%s: %s", r.name, b)
		}
	}
}

func TestEachRuleCanFail(t *testing.T) {
	seen := map[string]int{}
	for i, b := range broken {
		seen[b.rule]++
		t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
			src := maps.Clone(good)
			src[b.file] = b.src
			tr := newTree(t, src)
			for _, r := range rules {
				if r.name == b.rule {
					if len(r.check(tr)) == 0 {
						t.Errorf("the rule does not see it:\n%s", b.src)
					}
					return
				}
			}
			t.Error("there is no such rule")
		})
	}
	for _, r := range rules {
		if seen[r.name] == 0 {
			t.Errorf("nothing breaks the rule %q", r.name)
		}
		if r.why == "" {
			t.Errorf("the rule %q has no reason", r.name)
		}
	}
	for name, at := range house {
		if at.why == "" {
			t.Errorf("the place of %s has no reason", name)
		}
	}
}

func TestAtTheBoundIsAllowed(t *testing.T) {
	src := maps.Clone(good)
	src["internal/desk/p.go"] = "package desk\n\nfunc g() {\n" + strings.Repeat("\n", maxFuncLines-2) + "}\n"
	src["internal/desk/q.go"] = "package desk\n" + strings.Repeat("\n", maxFileLines-1)
	tr := newTree(t, src)
	if bad := append(longFiles(tr), longFuncs(tr)...); len(bad) > 0 {
		t.Error(bad)
	}
}
