package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// notInTheStory are commands of the guide that wait, or want another desk or a
// relay: other stories run them.
var notInTheStory = []string{
	"backchannel demo", "backchannel desk serve", "backchannel desk page", "backchannel lock", "backchannel unlock", "backchannel lines",
	"backchannel relay serve", "backchannel relay tickets", "backchannel enrol", "backchannel invite", "backchannel join", "backchannel words",
}

// guide gives the pages of the guide in their order, by file.
func guide(t *testing.T) (files []string, texts []string) {
	t.Helper()
	files, err := filepath.Glob(repo("docs", "guide", "[0-9]*.md"))
	if err != nil || len(files) != 10 {
		t.Fatalf("the guide has %d pages, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(b))
	}
	return files, texts
}

// shell gives the lines of a page that are to be typed, each with its comment.
func shell(text string) (lines [][2]string) {
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
		for l := range strings.Lines(block[1]) {
			command, comment, _ := strings.Cut(strings.TrimSpace(l), " #")
			lines = append(lines, [2]string{strings.TrimSpace(command), comment})
		}
	}
	return lines
}

// TestStory_Guide runs what the guide tells a go-between to type, from the first
// page to the last, at one desk. ID stands there for the last message, PLAN for
// the last plan of whom to tell, and what follows an arrow is what he will read.
func TestStory_Guide(t *testing.T) {
	if testing.Short() {
		t.Skip("one command at a time: in the tests without the race detector")
	}
	files, texts := guide(t)
	var script strings.Builder
	ran, read := 0, 0
	left := map[string]bool{}
	for i, text := range texts {
		for _, l := range shell(text) {
			command := l[0]
			if !strings.HasPrefix(command, "backchannel ") {
				t.Errorf("%s has %q, which this test does not know", filepath.Base(files[i]), command)
				continue
			}
			if begin := begins(command, notInTheStory); begin != "" {
				left[begin] = true
				continue
			}
			if strings.Contains(command, " ID") {
				script.WriteString("entry ID message\n")
				command = strings.ReplaceAll(command, " ID", " $ID")
			}
			if strings.Contains(command, " PLAN") {
				script.WriteString("entry PLAN notification-plan\n")
				command = strings.ReplaceAll(command, " PLAN", " $PLAN")
			}
			if strings.HasPrefix(command, "backchannel desk init") {
				command += " --weak-passphrase"
			}
			ran++
			script.WriteString("exec " + quotes(command) + "\n")
			if _, shown, ok := strings.Cut(l[1], "→ "); ok {
				read++
				script.WriteString("stdout '" + regexp.QuoteMeta(shown) + "'\n")
			}
		}
	}
	for _, c := range notInTheStory {
		if !left[c] {
			t.Errorf("the guide has no %q: take it out of notInTheStory", c)
		}
	}
	if ran < 15 || read < 5 {
		t.Errorf("%d commands run, %d read", ran, read)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "guide.txtar"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, params(dir))
}

func begins(s string, with []string) string {
	for _, w := range with {
		if s == w || strings.HasPrefix(s, w+" ") {
			return w
		}
	}
	return ""
}

// TestGuideNamesCommandsThatThereAre: in its blocks with every flag, elsewhere by
// their names.
func TestGuideNamesCommandsThatThereAre(t *testing.T) {
	parser := func() *kong.Kong { // each command line anew: flags stay set
		a, _ := quietApp()
		k, err := a.parser()
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	inline := regexp.MustCompile("`(backchannel [^`\n]+)`")
	word := regexp.MustCompile(`'[^']*'|"[^"]*"|\S+`)
	named := 0
	files, texts := guide(t)
	for i, text := range texts {
		for _, l := range shell(text) {
			named++
			var args []string
			for _, w := range word.FindAllString(strings.TrimPrefix(l[0], "backchannel "), -1) {
				args = append(args, strings.Trim(w, `"'`))
			}
			if _, err := parser().Parse(args); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(files[i]), l[0], err)
			}
		}
		for _, m := range inline.FindAllStringSubmatch(text, -1) {
			named++
			if n := follow(parser().Model.Node, strings.Fields(m[1])[1:]); n == nil {
				t.Errorf("%s: there is no command %s", filepath.Base(files[i]), m[1])
			}
		}
	}
	if named < 40 {
		t.Errorf("only %d commands are named", named)
	}
}

// follow gives the command that words name, with what stands behind it.
func follow(n *kong.Node, words []string) *kong.Node {
	for len(words) > 0 && len(n.Children) > 0 {
		var next *kong.Node
		for _, c := range n.Children {
			if c.Name == words[0] {
				next = c
			}
		}
		if next == nil {
			return nil
		}
		n, words = next, words[1:]
	}
	return n
}

// english gives every text of the English catalogue, as it looks once filled in.
func english(t *testing.T) []*regexp.Regexp {
	t.Helper()
	files, err := filepath.Glob(repo("internal", "words", "en", "*.toml"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	entry := regexp.MustCompile(`(?m)^"?[\w.-]+"? = ("(?:[^"\\]|\\.)*")$`)
	field := regexp.MustCompile(`\{\{\.\w+\}\}`)
	letter := regexp.MustCompile(`\pL`)
	const few = 6 // letters of its own, or what is filled in would look like anything
	var out []*regexp.Regexp
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range entry.FindAllStringSubmatch(string(b), -1) {
			text, err := strconv.Unquote(m[1])
			if err != nil {
				t.Fatal(f, m[1], err)
			}
			own := field.Split(text, -1)
			if strings.Contains(strings.Join(own, ""), "{{") || len(own) > 1 && len(letter.FindAllString(strings.Join(own, ""), -1)) < few {
				continue
			}
			for i := range own {
				own[i] = regexp.QuoteMeta(own[i])
			}
			out = append(out, regexp.MustCompile(`^(?i:`+strings.Join(own, ".+")+`)$`))
		}
	}
	if len(out) < 1000 {
		t.Fatalf("only %d texts", len(out))
	}
	return out
}

// TestGuideNamesWhatStandsOnThePage: whatever is in bold is a label, a button or
// a heading as the page says it in English. An ellipsis stands for what differs.
func TestGuideNamesWhatStandsOnThePage(t *testing.T) {
	labels := english(t)
	bold := regexp.MustCompile(`\*\*([^*]+)\*\*`)
	named := 0
	files, texts := guide(t)
	for i, text := range texts {
		for _, m := range bold.FindAllStringSubmatch(text, -1) {
			named++
			said := strings.Join(strings.Fields(m[1]), " ")
			there := false
			for _, l := range labels {
				there = there || l.MatchString(said) || l.MatchString(said+".")
			}
			if !there {
				t.Errorf("%s says **%s**, and the page has no such words", filepath.Base(files[i]), said)
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d labels are named", named)
	}
}

// TestGuideIsShort: whoever reads it is tired. Its index leads to all of it.
func TestGuideIsShort(t *testing.T) {
	const most = 60
	index, err := os.ReadFile(repo("docs", "guide.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, texts := guide(t)
	for i, text := range texts {
		name := filepath.Base(files[i])
		if n := strings.Count(text, "\n"); n > most {
			t.Errorf("%s has %d lines", name, n)
		}
		if !strings.Contains(string(index), "(guide/"+name+")") {
			t.Errorf("the index does not lead to %s", name)
		}
	}
}
