package observe

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestIntersectionKnowsWhatCanBeReckoned: where a formula gives the answer, the
// simulation gives it too; and more members, more presence and less talk each
// take more observations.
func TestIntersectionKnowsWhatCanBeReckoned(t *testing.T) {
	// A pair of two is known before anything is seen.
	if e := Intersect(Presence{2, 0.5, 1}, 20, 10, 1); e.Median != 1 {
		t.Errorf("the only pair takes %d observations", e.Median)
	}
	// When a pair always is there together, every other pair is there by chance
	// o² in each observation: after k, about m·o²ᵏ others are left of m.
	for _, n := range []int{8, 32, 128} {
		m := float64(n * (n - 1) / 2)
		want := math.Log(m) / -math.Log(0.25)
		e := Intersect(Presence{n, 0.5, 1}, 200, 500, 2)
		if math.Abs(float64(e.Median)-want) > 3.5 {
			t.Errorf("%d members: %d observations, about %.1f reckoned", n, e.Median, want)
		}
	}
	base := Intersect(Presence{8, 0.5, 0.2}, 200, 2000, 3)
	for name, p := range map[string]Presence{"more members": {32, 0.5, 0.2}, "more presence": {8, 0.9, 0.2}, "less talk": {8, 0.5, 0.1}} {
		if e := Intersect(p, 200, 4000, 3); e.Median != 0 && e.Median <= base.Median {
			t.Errorf("%s: %d observations, not more than %d", name, e.Median, base.Median)
		}
	}
	if base.Known > base.Median {
		t.Errorf("who knows one of the two needs %d, and who knows none %d", base.Known, base.Median)
	}
}

// TestTheDocHasTheSimulation holds docs/observer.md against the file that the
// trial wrote.
func TestTheDocHasTheSimulation(t *testing.T) {
	doc, err := os.ReadFile("../../docs/observer.md")
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../docs/trials/intersection.json")
	if err != nil {
		t.Fatal(err)
	}
	var got intersection
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, row := range got.rows() {
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/observer.md has no row %q", row)
		}
	}
}

// intersection is docs/trials/intersection.json.
type intersection struct {
	Seed      uint64     `json:"seed"`
	Model     string     `json:"model"`
	Exposures []Exposure `json:"exposures"`
}

// rows gives the table as the doc has it: by presence and talk, the medians of
// the three sizes.
func (x intersection) rows() (out []string) {
	at := map[Presence]Exposure{}
	for _, e := range x.Exposures {
		at[e.Presence] = e
	}
	for _, e := range x.Exposures {
		if e.Members != 8 {
			continue
		}
		row := fmt.Sprintf("| %g | %g |", e.Online, e.Talks)
		for _, n := range []int{8, 32, 128} {
			c := at[Presence{n, e.Online, e.Talks}]
			say := func(n int) string {
				if n == 0 {
					return "—"
				}
				return fmt.Sprint(n)
			}
			row += fmt.Sprintf(" %s (%s) |", say(c.Median), say(c.Known))
		}
		out = append(out, row)
	}
	return out
}

// TestTrialIntersection simulates long-term intersection.
func TestTrialIntersection(t *testing.T) {
	dir := os.Getenv("BACKCHANNEL_TRIALS")
	if dir == "" {
		t.Skip("a trial: run it with make trials")
	}
	const seed = 2021
	x := intersection{seed, "each member online with chance online in each observation, apart from all others; the pair online together whenever it talks, with chance talks in each", IntersectionTable(100, 10_000, seed)}
	b, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "intersection.json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + strings.Join(x.rows(), "\n"))
}
