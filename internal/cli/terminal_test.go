package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// A counterpart's words cannot drive the terminal that shows them, nor have it
// show other words.
func TestForeignWordsCannotDriveTheTerminal(t *testing.T) {
	var out bytes.Buffer
	if err := line(&out, "ten\x1b[2K\x1b[1A captives\r\u009b8m\n\tas agreed, in \u202e09\u202c days"); err != nil {
		t.Fatal(err)
	}
	if want := "ten\ufffd[2K\ufffd[1A captives\ufffd\ufffd8m\n\tas agreed, in \ufffd09\u202c days\n"; out.String() != want {
		t.Errorf("%q", out.String())
	}
}

// prompted is a terminal that keeps what it was asked.
type prompted struct {
	*asked
	prompts *strings.Builder
}

func (p prompted) Ask(ctx context.Context, prompt string) (string, error) {
	p.prompts.WriteString(prompt)
	return p.asked.Ask(ctx, prompt)
}

// TestNoCommandLetsForeignWordsDriveTheTerminal: results, errors, what is shown
// before a yes, the question itself, and JSON.
func TestNoCommandLetsForeignWordsDriveTheTerminal(t *testing.T) {
	const evil = "\x1b[2J\u009b8m\r\x7f \u202e09\u202d"
	var prompts strings.Builder
	_, run := table(t, prompted{&asked{answers: []string{"no"}}, &prompts})
	tame := func(what, s string) {
		t.Helper()
		for _, r := range s {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || r == '\u202d' || r == '\u202e' {
				t.Errorf("%s: %U is in %q", what, r, s)
				return
			}
		}
	}
	for _, args := range [][]string{
		{"person", "south", "--title", "The south " + evil, "--of", "north"},
		{"log", "--from", "south", "--said", "April 2025", "ten " + evil},
		{"note", "mine " + evil},
		{"propose", "truce", "--term", "ceasefire obligation debtor north \"stop \u202e09\"", "--needs", "north", "--party", "north", "--said-by", "south"},
		{"status", "south", "alive", "--said-by", "south", "well " + evil},
		{"approach", "--for", "south", "may we " + evil},
		{"record"}, {"record", "--json"}, {"standing"}, {"standing", "--json"}, {"alarms"}, {"owes"}, {"knows"}, {"knows", "south"}, {"status", "south"},
		{"paths"}, {"disputed"}, {"changed", "--since", "2024-01-01"}, {"drafts", "truce"}, {"performance"},
		{"disclose", "south", "--preview", "--what", "truce@1", "--consent", "by phone", "for you " + evil},
		{"disclose", "south", "--form", "call", "--what", "truce@1", "for you " + evil},
		{"say", "--to", "go-between", "look " + evil},
		{"say", "--to", "go-between", "--show", "look " + evil},
		{"record", evil}, {"record", "--json", evil}, {"log", "--from", evil, "x"}, {"act", "accept", "truce@" + evil}, {evil}, {"record", "--last", evil}, {"case", "check", evil},
	} {
		_, out, errs := run(args...)
		tame(strings.Join(args[:1], " ")+", result", out)
		tame(strings.Join(args[:1], " ")+", errors", errs)
		if len(args) > 1 && args[1] == "--json" && !json.Valid([]byte(out+errs)) {
			t.Errorf("%v: no JSON: %q", args, out)
		}
	}
	tame("question", prompts.String())
	_, out, _ := run("record", "--json")
	var items []struct{ Body struct{ Text string } }
	if err := json.Unmarshal([]byte(out), &items); err != nil || !strings.Contains(out, `\u202e`) {
		t.Errorf("%v: the text does not come back whole: %q", err, out)
	}
	if _, out, _ := run("standing"); !strings.Contains(out, "truce") {
		t.Errorf("the text is not there at all:\n%s", out)
	}
}

// TestWhatPeopleReadGoesThroughLine: nothing else writes for people, but for
// what is listed here with its reason.
func TestWhatPeopleReadGoesThroughLine(t *testing.T) {
	may := map[string]string{
		"console.go":  "prompts: the question comes through confirm",
		"progress.go": "our own words and numbers",
		"help.go":     "our own words",
		"lines.go":    "line itself, and a file",
		"page.go":     "the answer to another program of the desk's",
		"exchange.go": "an export is a file, wherever it goes",
		"propose.go":  "the text of a case, made to be read by the program",
		"plan.go":     "what preview wrote by line", "retain.go": "likewise", "destroy.go": "likewise", "disclose.go": "likewise",
		"run.go": "JSON, escaped",
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 40 {
		t.Fatal(len(files), err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") || may[f] != "" {
			continue
		}
		if m := regexp.MustCompile(`fmt\.(Fp|P)rint\w*\(|io\.WriteString\(|\.Write\(\[\]byte|json\.NewEncoder\(`).Find(src); m != nil {
			t.Errorf("%s writes with %s", f, m)
		}
	}
}
