package archtest

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// dep is a row of docs/dependencies.md.
type dep struct{ version, licence, why string }

// parseDeps reads the table.
func parseDeps(md string) (map[string]dep, []string) {
	out := map[string]dep{}
	var bad []string
	for line := range strings.Lines(md) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 7 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "module" {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
			if i > 0 && i < 6 && cells[i] == "" {
				bad = append(bad, cells[1]+" has an empty cell")
			}
		}
		if _, twice := out[cells[1]]; twice {
			bad = append(bad, cells[1]+" stands there twice")
		}
		out[cells[1]] = dep{cells[2], cells[3], cells[4]}
	}
	return out, bad
}

// moduleOf gives the required module that holds a package, or "".
func moduleOf(pkg string, versions map[string]string) (best string) {
	for m := range versions {
		if (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

// compareDeps gives where table, go.mod and what is imported disagree.
func compareDeps(table map[string]dep, versions map[string]string, imported []string) (bad []string) {
	for _, p := range imported {
		m := moduleOf(p, versions)
		if m == "" {
			bad = append(bad, p+" is in no module of go.mod")
		} else if _, ok := table[m]; !ok {
			bad = append(bad, m+" is used and has no row")
		}
	}
	for _, m := range slices.Sorted(maps.Keys(table)) {
		switch v, ok := versions[m]; {
		case !ok:
			bad = append(bad, m+" has a row and is not in go.mod")
		case v != table[m].version:
			bad = append(bad, fmt.Sprintf("%s is %s in go.mod and %s in the table", m, v, table[m].version))
		}
	}
	slices.Sort(bad)
	return slices.Compact(bad)
}

func readDeps(t *testing.T) (table map[string]dep, versions map[string]string, tools []string) {
	t.Helper()
	md, err := os.ReadFile(filepath.Join(root(t), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	table, bad := parseDeps(string(md))
	if len(bad) > 0 || len(table) < 5 {
		t.Errorf("docs/dependencies.md: %d rows; %v", len(table), bad)
	}
	b, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", b, nil)
	if err != nil {
		t.Fatal(err)
	}
	versions = map[string]string{}
	for _, r := range mod.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	for _, tool := range mod.Tool {
		tools = append(tools, tool.Path)
	}
	return table, versions, tools
}

func TestDependenciesAreAllExplained(t *testing.T) {
	table, versions, used := readDeps(t)
	readTree(t).each(func(p *pkg) {
		for _, f := range p.files {
			for _, i := range f.imports() {
				if strings.Contains(strings.Split(i, "/")[0], ".") {
					used = append(used, i)
				}
			}
		}
	})
	for _, b := range compareDeps(table, versions, used) {
		t.Errorf("docs/dependencies.md: %s", b)
	}
}

// licences are words that stand in a licence's text and in no other of these.
var licences = map[string]string{
	"MIT":    "Permission is hereby granted, free of charge",
	"ISC":    "Permission to use, copy, modify, and distribute this software",
	"BSD":    "Redistribution and use in source and binary forms",
	"Apache": "Apache License",
	"MPL":    "Mozilla Public License",
}

func TestLicencesAreWhatTheTableSays(t *testing.T) {
	table, _, _ := readDeps(t)
	names := slices.Sorted(maps.Keys(table))
	out, err := exec.Command("go", append([]string{"list", "-m", "-f", "{{.Path}} {{.Dir}}"}, names...)...).Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	read := 0
	for line := range strings.Lines(string(out)) {
		name, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
		if dir == "" {
			continue // not on this machine, since nothing here needs it yet
		}
		files, err := filepath.Glob(filepath.Join(dir, "[LC][IO][CP][EY]*"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no licence", name)
			continue
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		words := licences[table[name].licence]
		if flat := strings.Join(strings.Fields(string(text)), " "); words == "" || !strings.Contains(flat, words) {
			t.Errorf("%s is not under %s", name, table[name].licence)
		}
		read++
	}
	if read < 5 {
		t.Errorf("only %d licences were read", read)
	}
}

func TestDependencyTableCanFail(t *testing.T) {
	row := func(m, v string) string { return "| " + m + " | " + v + " | MIT | x | y |\n" }
	versions := map[string]string{"a.org/one": "v1.0.0", "a.org/one/two": "v2.0.0"}
	for name, c := range map[string]struct {
		table string
		used  []string
		bad   int
	}{
		"right":     {row("a.org/one", "v1.0.0") + row("a.org/one/two", "v2.0.0"), []string{"a.org/one/pkg", "a.org/one/two/pkg"}, 0},
		"missing":   {row("a.org/one", "v1.0.0"), []string{"a.org/one/two/pkg"}, 1},
		"version":   {row("a.org/one", "v1.0.1"), nil, 1},
		"stale":     {row("a.org/three", "v1.0.0"), nil, 1},
		"no module": {"", []string{"b.org/x"}, 1},
	} {
		table, _ := parseDeps("| module | version | licence | what for | instead |\n|---|---|---|---|---|\n" + c.table)
		if bad := compareDeps(table, versions, c.used); len(bad) != c.bad {
			t.Errorf("%s: %v", name, bad)
		}
	}
	if _, bad := parseDeps("| a.org/one | v1.0.0 |  | x | y |\n"); len(bad) != 1 {
		t.Errorf("an empty cell is not seen: %v", bad)
	}
}
