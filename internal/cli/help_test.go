package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"backchannel/internal/words"
)

var rewrite = flag.Bool("rewrite", false, "write docs/help.md anew")

func quietApp() (*app, *bytes.Buffer) {
	var out bytes.Buffer
	d := Deps{In: strings.NewReader(""), Out: &out, Err: &out, Console: terminal{}, Now: time.Now, Zone: time.UTC, Version: "test"}
	return &app{ctx: context.Background(), deps: d, book: words.Open("en")}, &out
}

func TestEveryCommandFlagAndArgumentSaysWhatItIs(t *testing.T) {
	a, _ := quietApp()
	k, err := a.parser()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			count++
			if f.Help == "" && !f.Hidden {
				t.Errorf("%s --%s has no text in the catalogue", n.FullPath(), f.Name)
			}
		}
		for _, p := range n.Positional {
			count++
			if p.Help == "" {
				t.Errorf("%s <%s> has no text in the catalogue", n.FullPath(), p.Name)
			}
		}
		for _, c := range n.Children {
			count++
			if c.Help == "" {
				t.Errorf("%s has no text in the catalogue", c.FullPath())
			}
			walk(c)
		}
	}
	walk(k.Model.Node)
	if count < 150 {
		t.Errorf("only %d commands, flags and arguments were looked at", count)
	}
}

// TestNoTextOfTheCatalogueIsIdle: what the catalogue says of commands and flags
// that are not there would mislead translators.
func TestNoTextOfTheCatalogueIsIdle(t *testing.T) {
	a, _ := quietApp()
	k, err := a.parser()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"": true}
	var walk func(n *kong.Node, path string)
	walk = func(n *kong.Node, path string) {
		for _, f := range n.Flags {
			known["flag."+f.Name], known[strings.ReplaceAll("flag."+path+"."+f.Name, "..", ".")] = true, true
		}
		for _, p := range n.Positional {
			known["arg."+p.Name], known["arg."+path+"."+p.Name] = true, true
		}
		for _, c := range n.Children {
			own := strings.TrimPrefix(path+"."+c.Name, ".")
			known["help."+own], known["more."+own] = true, true
			walk(c, own)
		}
	}
	walk(k.Model.Node, "")
	for _, id := range catalogue(t, "cli.toml") {
		rest, ok := strings.CutPrefix(id, "cli.")
		kind, _, _ := strings.Cut(rest, ".")
		if ok && rest != "help" && (kind == "help" || kind == "more" || kind == "flag" || kind == "arg") && !known[rest] {
			t.Errorf("%s belongs to nothing", id)
		}
	}
}

// catalogue gives the ids of a file of the English catalogue.
func catalogue(t *testing.T, file string) []string {
	b, err := os.ReadFile(repo("internal", "words", "en", file))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\[?"([a-z0-9.-]+)"`).FindAllStringSubmatch(string(b), -1) {
		out = append(out, m[1])
	}
	if len(out) < 10 {
		t.Fatalf("only %d ids in %s", len(out), file)
	}
	return out
}

// TestEveryTextThatCodeSaysIsThere reads the sources of the two packages for
// ids of texts.
func TestEveryTextThatCodeSaysIsThere(t *testing.T) {
	book := words.Open("en")
	found := 0
	for _, dir := range []string{".", "../demo"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?:say|sayIf|note|tell|T|during|bar|secretArg)\((?:c\.\w+, )?"((?:cli|demo|alarm)\.[a-z.-]+)"`).FindAllStringSubmatch(string(b), -1) {
				found++
				if !book.Has(m[1]) && !strings.HasSuffix(m[1], ".") {
					t.Errorf("%s says %s, which is not in the catalogue", f, m[1])
				}
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d texts were found in the sources", found)
	}
}

// TestHelpIsCurrent compares docs/help.md with what the commands say of
// themselves. `go test ./internal/cli -run TestHelpIsCurrent -rewrite` writes it.
func TestHelpIsCurrent(t *testing.T) {
	t.Setenv("COLUMNS", "88")
	var doc strings.Builder
	doc.WriteString("# Commands\n\nGenerated from the program's own help. Do not edit.\n\n")
	doc.WriteString(block(t))
	a, _ := quietApp()
	k, err := a.parser()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range k.Model.Leaves(true) {
		var path []string
		for p := n; p.Parent != nil; p = p.Parent {
			path = append([]string{p.Name}, path...)
		}
		doc.WriteString("\n## " + strings.Join(path, " ") + "\n\n" + block(t, path...))
	}
	file := repo("docs", "help.md")
	if *rewrite {
		if err := os.WriteFile(file, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != doc.String() {
		t.Errorf("docs/help.md is not what the program says; run: go test ./internal/cli -run TestHelpIsCurrent -rewrite")
	}
}

// block gives the help of a command as a block of Markdown.
func block(t *testing.T, path ...string) string {
	t.Helper()
	a, out := quietApp()
	if code := Run(a.ctx, append(path, "--help"), a.deps); code != 0 {
		t.Fatalf("%v --help ends with %d", path, code)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, s := range lines {
		lines[i] = strings.TrimRight(s, " ")
	}
	return "```\n" + strings.Join(lines, "\n") + "\n```\n"
}

func TestKindsAreThoseOfPackageFault(t *testing.T) {
	b, err := os.ReadFile(repo("internal", "fault", "fault.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^\t\w+ +Kind = "([a-z-]+)"`).FindAllStringSubmatch(string(b), -1)
	if len(declared) != len(kinds) {
		t.Errorf("fault declares %d kinds, the help names %d", len(declared), len(kinds))
	}
	last := 0
	for _, k := range kinds {
		if code := exitOf(k); code <= last {
			t.Errorf("%s has the exit code %d, out of order after %d", k, code, last)
		} else {
			last = code
		}
	}
}
