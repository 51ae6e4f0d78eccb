package accord

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"backchannel/internal/record"
)

// TestTransitionsOfTheSpec is [REC-36]: it reads the table of spec/record.md
// and tries every position on every other in every row.
func TestTransitionsOfTheSpec(t *testing.T) {
	raw, err := os.ReadFile("../../spec/record.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| (nothing|report|own act|own act under mandate|own act under mandate, echoed) \| (report|own act|own act under mandate) \| (yes|no) \|$`)
	rows := row.FindAllStringSubmatch(string(raw), -1)
	if len(rows) != 5*3 {
		t.Fatalf("%d rows, want 15", len(rows))
	}
	rests := map[string]Rests{"report": OnReport, "own act": OnOwnAct, "own act under mandate": OnOwnMandate, "own act under mandate, echoed": OnOwnMandate}
	positions := []Position{Floated, Proposed, Accepted, Rejected, Denied, Withdrawn}
	for _, r := range rows {
		stands, how, moves := r[1], r[2], r[3] == "yes"
		for _, from := range positions {
			if stands == "own act under mandate, echoed" && from != Accepted {
				continue // nothing else can be echoed
			}
			for _, to := range positions {
				d, ref := goBetween(t)
				d.role("aide", "power", record.Envoy) // speaks for the power, under no mandate
				say := func(how string, p Position) {
					switch rests[how] {
					case OnReport:
						d.hand(act("power", p, ref))
					case OnOwnAct:
						d.over("aide", act("power", p, ref))
					case OnOwnMandate:
						d.over("envoy", act("power", p, ref))
					}
				}
				want := Stance{Position: Silent}
				if stands != "nothing" {
					say(stands, from)
					want = Stance{Position: from, Rests: rests[stands]}
				}
				if stands == "own act under mandate, echoed" {
					d.over("envoy", echo("power", ref))
				}
				say(how, to)
				if moves {
					want = Stance{Position: to, Rests: rests[how]}
				}
				if got := d.ledger().Stance("power", ref.Hash); got.Position != want.Position || got.Rests != want.Rests {
					t.Errorf("%s at %s, then %s %s: stands at %s on %q, want %s on %q", stands, from, how, to, got.Position, got.Rests, want.Position, want.Rests)
				}
			}
		}
	}
}

// TestEchoCountsOnlyAfterOwnAcceptance is [REC-37].
func TestEchoCountsOnlyAfterOwnAcceptance(t *testing.T) {
	for name, c := range map[string]struct {
		accept, echo string
		want         bool
	}{
		"own, own":          {"envoy", "envoy", true},
		"own, reported":     {"envoy", "", false},
		"own, no mandate":   {"envoy", "aide", false},
		"reported, own":     {"", "envoy", false},
		"no mandate, own":   {"aide", "envoy", false},
		"nothing, own":      {"nobody", "envoy", false},
		"echo, then accept": {"late", "envoy", false},
	} {
		d, ref := goBetween(t)
		d.role("aide", "power", record.Envoy)
		say := func(who string, a Act) {
			switch who {
			case "nobody", "late":
			case "":
				d.hand(a)
			default:
				d.over(record.Name(who), a)
			}
		}
		say(c.accept, act("power", Accepted, ref))
		say(c.echo, echo("power", ref))
		if c.accept == "late" {
			d.over("envoy", act("power", Accepted, ref))
		}
		if got := !d.ledger().Stance("power", ref.Hash).Echo.IsZero(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Each rule of spec/record.md has a test that names it, and no test names a
// rule that is not there.
func TestEveryRuleOfTheSpecHasItsTest(t *testing.T) {
	rule := regexp.MustCompile(`\[REC-\d+\]`)
	raw, err := os.ReadFile("../../spec/record.md")
	if err != nil {
		t.Fatal(err)
	}
	stated, named := map[string]bool{}, map[string]bool{}
	for _, r := range rule.FindAllString(string(raw), -1) {
		stated[r] = true
	}
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rule.FindAllString(string(text), -1) {
			named[r] = true
		}
	}
	for r := range stated {
		if !named[r] {
			t.Errorf("no test names %s", r)
		}
	}
	for r := range named {
		if !stated[r] {
			t.Errorf("a test names %s, which spec/record.md does not have", r)
		}
	}
}
