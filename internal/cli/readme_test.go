package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// notRun are lines of the README that other tests run, or that install.
var notRun = map[string]string{
	"go run ./cmd/backchannel demo": "its own story does that",
	"make test":                     "is what runs this",
	"go install ./cmd/backchannel":  "the story has its own",
}

// TestStory_Readme runs what the README tells newcomers to type, and looks at what
// it says they will see.
func TestStory_Readme(t *testing.T) {
	b, err := os.ReadFile(repo("README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	ran, left := 0, 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		for l := range strings.Lines(block[1]) {
			command, comment, _ := strings.Cut(strings.TrimSpace(l), " #")
			command = strings.TrimSpace(command)
			if notRun[command] != "" {
				left++
				continue
			}
			if !strings.HasPrefix(command, "backchannel ") {
				t.Errorf("the README has %q, which this test does not know", command)
				continue
			}
			ran++
			script.WriteString("exec " + strings.ReplaceAll(quotes(command), "\n", " ") + "\n")
			if comment != "" {
				script.WriteString("stdout 'not agreed'\nstdout 'a report by the go-between'\n")
			}
		}
	}
	if ran < 6 || left != len(notRun) {
		t.Errorf("%d commands run, %d left out", ran, left)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "readme.txtar"), []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, params(dir))
}

// quotes writes a shell line as scripts take it: they know single quotes alone.
func quotes(command string) string {
	var out strings.Builder
	single, double := false, false
	for _, r := range command {
		switch {
		case r == '\'' && double:
			out.WriteString("''")
		case r == '\'':
			single = !single
			out.WriteRune(r)
		case r == '"' && !single:
			double = !double
			out.WriteRune('\'')
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
