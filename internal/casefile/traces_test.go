package casefile

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The outside oracle of spec/performance.md: Symboleo's state machines of an
// obligation and of a power, written from their published description.

// norm is the machine that obligations and powers share: it is created or
// comes into effect at once, takes effect with its antecedent, can be
// suspended and resumed, and ends.
type norm struct{ state string }

func (n *norm) step(from, to string) bool {
	if n.state != from {
		return false
	}
	n.state = to
	return true
}

// contract is one obligation and its creditor's powers over it. A power is
// triggered anew each time the obligation comes to where it can be used;
// exerting it ends it.
type contract struct {
	obligation                 norm
	suspend, resume, discharge norm
}

func newContract() *contract {
	start := norm{"start"}
	return &contract{start, start, start, start}
}

func (c *contract) happens(t *testing.T, event string) {
	o := &c.obligation
	switch event {
	case "nothing":
	case "trigger":
		o.step("start", "in effect")
	case "trigger-conditional":
		o.step("start", "create")
	case "antecedent":
		o.step("create", "in effect")
	case "expired":
		o.step("create", "discharge")
	case "fulfilled":
		o.step("in effect", "fulfillment")
	case "violated", "deadline":
		o.step("in effect", "violation")
	case "suspended":
		if c.suspend.step("in effect", "successful termination") {
			o.step("in effect", "suspension")
		}
	case "resumed":
		if c.resume.step("in effect", "successful termination") {
			o.step("suspension", "in effect")
		}
	case "discharged":
		if c.discharge.step("in effect", "successful termination") {
			o.step("in effect", "discharge")
		}
	case "terminated":
		_ = o.step("in effect", "unsuccessful termination") || o.step("suspension", "unsuccessful termination")
	default:
		t.Fatalf("%q does not happen in Symboleo", event)
	}
	c.powers()
}

// powers triggers and ends what hangs on the state of the obligation.
func (c *contract) powers() {
	for _, p := range []struct {
		power *norm
		while string
	}{{&c.suspend, "in effect"}, {&c.discharge, "in effect"}, {&c.resume, "suspension"}} {
		if c.obligation.state == p.while {
			p.power.state = "in effect"
		} else {
			p.power.step("in effect", "unsuccessful termination")
		}
	}
}

// section gives the rows of the tables of spec/performance.md, section 4.
func section(t *testing.T) (maps map[string][]string, differences map[string]bool) {
	t.Helper()
	raw, err := os.ReadFile("../../spec/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(raw), "\n## 4 ")
	maps, differences = map[string][]string{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z -]+) \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1) {
		maps[m[1]] = strings.Split(m[2], ", ")
	}
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z-]+) \| [^|]+ \| [^|]+ \|$`).FindAllStringSubmatch(text, -1) {
		if m[1] != "name" {
			differences[m[1]] = false
		}
	}
	if len(maps) != 8 || len(differences) < 5 {
		t.Fatalf("%d states and %d differences", len(maps), len(differences))
	}
	return maps, differences
}

// TestTracesAgainstSymboleo plays every trace at desks and holds the state of
// the term against Symboleo's, wherever a question is asked.
func TestTracesAgainstSymboleo(t *testing.T) {
	maps, differences := section(t)
	files, err := filepath.Glob("testdata/traces/*.case")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d traces: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".case"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Load(os.DirFS("testdata/traces"), filepath.Base(file))
			if err != nil {
				t.Fatal(err)
			}
			r, err := Check(context.Background(), c, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Unmet {
				t.Error(p)
			}
			theirs, asked := newContract(), 0
			want, differs := "", ""
			for _, line := range strings.Split(string(raw), "\n") {
				key, value, _ := strings.Cut(strings.TrimPrefix(line, "# "), ": ")
				switch {
				case key == "symboleo":
					for _, e := range strings.Fields(value) {
						theirs.happens(t, e)
					}
				case key == "state":
					want = value
				case key == "differs":
					differs = value
				case strings.HasPrefix(line, "ask "):
					ours := r.Answers[asked].Parts[0].Answer.Facts[0]
					agree := slices.Contains(maps[theirs.obligation.state], strings.ReplaceAll(ours.Value, "none", "–"))
					_, known := differences[differs]
					switch {
					case theirs.obligation.state != want:
						t.Errorf("%s: Symboleo is in %q, and the trace says %q", line, theirs.obligation.state, want)
					case ours.Key != "performance":
						t.Errorf("%s: %s", line, ours)
					case differs == "" && !agree:
						t.Errorf("%s: %s, and Symboleo is in %q", line, ours, want)
					case differs != "" && (agree || !known):
						t.Errorf("%s: %s, Symboleo is in %q: that does not differ, or not by a name that is known", line, ours, want)
					}
					if differs != "" {
						differences[differs] = true
					}
					asked, differs = asked+1, ""
				}
			}
			if asked == 0 || asked != len(r.Answers) {
				t.Errorf("%d questions in the file, %d answers", asked, len(r.Answers))
			}
		})
	}
	for d, shown := range differences {
		if !shown {
			t.Errorf("no trace shows the difference %q", d)
		}
	}
}
