package casefile

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"backchannel/internal/record"
	"backchannel/internal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write into the case files what their records answer, where that differs")

func names(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(Cases(), "*.case")
	if err != nil || len(files) < 3 {
		t.Fatalf("the case files are missing: %v %v", files, err)
	}
	return files
}

func mustLoad(t *testing.T, name string) *Case {
	t.Helper()
	c, err := Load(Cases(), name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryCaseAnswersAsExpected(t *testing.T) {
	for _, name := range names(t) {
		c := mustLoad(t, name)
		r, err := Check(context.Background(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		if *rewrite {
			if err := os.WriteFile(filepath.Join("cases", name), r.Golden(c, false), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		for _, p := range r.Unmet {
			t.Error(p)
		}
		for _, a := range r.Answers {
			for _, part := range a.Parts {
				if len(part.Part.Expects) == 0 {
					t.Errorf("%s:%d: %s is asked and nothing is expected", a.Case, part.Part.Line, a.ID)
				}
			}
		}
	}
}

// The acceptance questions of the four cases, and at which desks they are asked:
// those of who knows and who is told also at a desk that has nothing of it.
func TestTheCasesAskEveryQuestion(t *testing.T) {
	want := map[string]string{
		"R1": "go-between", "R2": "go-between envoy", "R3": "go-between", "R4": "envoy", "R5": "official", "R6": "official",
		"R7": "official", "R8": "envoy", "R9": "envoy", "R10": "envoy", "R11": "go-between envoy", "R12": "envoy go-between", "R13": "envoy go-between",
		"R14": "host-official", "R15": "envoy official", "R16": "family",
		"T1": "go-between", "T2": "go-between", "T3": "go-between", "T4": "official", "T5": "go-between", "T6": "envoy",
	}
	for i := range 9 {
		want[fmt.Sprintf("P%d", i+1)] = "adviser" // West
	}
	want["P2"], want["P6"] = "ambassador", "adviser president"
	for i := range 4 {
		want[fmt.Sprintf("O%d", i+1)] = "minister" // the government
	}
	got := map[string]string{}
	for _, name := range []string{"rival-texts-2025", "oral-message-1993", "pakistan-channel-1970-71"} {
		for _, k := range mustLoad(t, name).Chain() {
			for _, q := range k.Questions {
				got[q.ID] = strings.TrimSpace(got[q.ID] + " " + string(q.Desk))
			}
		}
	}
	for id, desks := range want {
		if got[id] != desks {
			t.Errorf("%s is asked at %q, want %q", id, got[id], desks)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d questions, want %d", len(got), len(want))
	}
}

// An expectation that is turned into its opposite must fail, or it tests
// nothing.
func TestEveryExpectationCanFail(t *testing.T) {
	for _, name := range names(t) {
		r, err := Check(context.Background(), mustLoad(t, name), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range r.Answers {
			for _, part := range a.Parts {
				for _, e := range part.Part.Expects {
					spoilt := e
					switch e.How {
					case Is, Contains, Says:
						spoilt.Want += " otherwise"
					case Lacks, Silent:
						continue
					case Absent:
						spoilt.How = Contains
					case Nothing:
						spoilt.How, spoilt.Want = Silent, "nothing-here"
					}
					if spoilt.unmet(part.Answer, part.Text) == "" {
						t.Errorf("%s:%d: the opposite of %q holds as well", a.Case, e.Line, e)
					}
				}
			}
		}
	}
}

// facts gives what the answers say, without when things became known: that
// depends on when they arrived.
func facts(r *Report, labels *Player) string {
	var b strings.Builder
	for _, a := range r.Answers {
		for _, p := range a.Parts {
			fmt.Fprintf(&b, "%s %s: %s\n", a.ID, a.Desk, p.Part.Query)
			for _, f := range p.Answer.Facts {
				ids := make([]string, len(f.Entries))
				for i, id := range f.Entries {
					if ids[i] = labels.Label(id); ids[i] == "" {
						ids[i] = "unlabelled"
					}
				}
				fmt.Fprintf(&b, "  %s %v\n", f, ids)
			}
		}
	}
	return b.String()
}

// Anchor 8: any order of arrival gives the same record. Every line loses,
// doubles and reorders whatever it carries, and every answer stays.
func TestAnswersDoNotDependOnTheOrderOfArrival(t *testing.T) {
	for _, name := range names(t) {
		c := mustLoad(t, name)
		want := ""
		for seed := range uint64(25) {
			m := NewMemory(c)
			if seed > 0 {
				m.Chaos(rand.New(rand.NewPCG(seed, 7)))
			}
			p := NewPlayer(m, SeededIDs("chaos"))
			r, err := Run(context.Background(), c, p, nil, nil)
			if err != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, err)
			}
			if err := r.Err(); err != nil {
				t.Fatalf("%s, seed %d: %v", name, seed, err)
			}
			if len(m.Refused()) > 0 {
				t.Errorf("%s, seed %d: refused %v", name, seed, m.Refused())
			}
			got := facts(r, p)
			if want == "" {
				want = got
			}
			if got != want {
				t.Fatalf("%s, seed %d: other answers\n%s\nwant\n%s", name, seed, got, want)
			}
		}
	}
}

// Law 4: a desk's record and its wires name nobody on the other side as
// somebody who sent it anything.
func TestLaw4_NothingComesOverALineFromTheOtherSide(t *testing.T) {
	for _, name := range names(t) {
		c := mustLoad(t, name)
		m := NewMemory(c)
		if _, err := Run(context.Background(), c, NewPlayer(m, SeededIDs("law 4")), nil, nil); err != nil {
			t.Fatal(err)
		}
		parser := &parser{c: c}
		for keeper, d := range m.desks {
			for _, it := range d.r.Known() {
				from := it.Came.Over()
				if from == "" {
					continue
				}
				a, b := parser.sideOf(keeper), parser.sideOf(from)
				if a != "" && b != "" && a != b {
					t.Fatalf("%s: %s has entry %s over a line from %s", name, keeper, it.ID, from)
				}
			}
		}
	}
}

// Law 5: what a desk holds that came over a line was given to its keeper, word
// for word, by the desk that sent it; and nothing private ever left a desk.
func TestLaw5_DesksHoldOnlyWhatTheyWereGiven(t *testing.T) {
	for _, name := range names(t) {
		c := mustLoad(t, name)
		m := NewMemory(c)
		if _, err := Run(context.Background(), c, NewPlayer(m, SeededIDs("law 5")), nil, nil); err != nil {
			t.Fatal(err)
		}
		for keeper, d := range m.desks {
			for _, it := range d.r.Known() {
				from := it.Came.Over()
				if from == "" {
					continue
				}
				theirs, ok := m.desks[from].r.Get(it.ID)
				if !ok || !slices.Contains(theirs.Audience, keeper) {
					t.Fatalf("%s: %s holds %s from %s, which was not given", name, keeper, it.ID, from)
				}
				if record.IsPrivate(it.Body) {
					t.Fatalf("%s: a private %s left the desk of %s", name, it.Body.Kind(), from)
				}
			}
		}
	}
}

// The demo's JSON: a list of these five keys.
func TestAnswersInJSON(t *testing.T) {
	r, err := Check(context.Background(), mustLoad(t, "labour-dispute"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r.Answers)
	if err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for _, a := range back {
		if len(a) != 5 {
			t.Fatalf("keys: %v", a)
		}
		for _, k := range []string{"id", "desk", "question", "answer"} {
			if s, ok := a[k].(string); !ok || s == "" {
				t.Errorf("%s: %v", k, a[k])
			}
		}
		if _, ok := a["entries"].([]any); !ok {
			t.Errorf("entries of %v: %v", a["id"], a["entries"])
		}
	}
}

// A refusal that is expected and does not come is told, with its line; so is
// one that comes for another reason.
func TestRefusalsThatDoNotCome(t *testing.T) {
	c := parseOK(t, small+`
at 2025-01-02 09:00
a: message m to g "x"
g: refused carry m to b verbatim because convey.not
g: refused carry m to b verbatim consent "yes" because convey.consent
`)
	r, err := Check(context.Background(), c, nil)
	if err != nil || len(r.Unmet) != 2 {
		t.Fatalf("%v %v", r.Unmet, err)
	}
	for i, want := range []string{"because of convey.consent", "and is not"} {
		if p := r.Unmet[i]; p.Line != 17+i || !strings.Contains(p.Error(), want) || p.Fault.Hint == "" {
			t.Errorf("%v", p)
		}
	}
}

// small is a case with three desks, for tests; its lines are 1 to 14.
const small = `title "Small"
clock 2025-01-01 09:00 +01:00
side one
side two
party x "X" side one
party y "Y" side two
person a "A" of x as envoy
person b "B" of y as envoy
person g "G" as go-between
desk a
desk b
desk g
line a to g
line b to g`

func parseOK(t *testing.T, src string) *Case {
	t.Helper()
	c, err := Parse("test.case", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTroubleOnTheWire(t *testing.T) {
	tail := `
ask Q at g "What came?"
  query told g by a
`
	play := func(body string) (*Memory, *Player) {
		t.Helper()
		c := parseOK(t, small+"\nat 2025-01-02 09:00\n"+body+tail)
		m := NewMemory(c)
		p := NewPlayer(m, SeededIDs("wire"))
		if err := p.Play(context.Background(), c, nil); err != nil {
			t.Fatalf("%s\n%v", body, err)
		}
		return m, p
	}
	arrived := func(m *Memory, p *Player, label string) record.Instant {
		it, ok := m.desks["g"].r.Get(p.ID(label))
		if !ok {
			return 0
		}
		return it.Known
	}
	clock := func(s string) record.Instant {
		c := parseOK(t, small+"\nat "+s)
		return c.Steps[0].At
	}
	two := "a: message m1 to g \"one\"\na: message m2 to g \"two\"\n"

	m, p := play("drop a to g\n" + two + "at 09:30\nat 09:31")
	if at := arrived(m, p, "m1"); at != clock("2025-01-02 09:30") {
		t.Errorf("what was dropped came at %v", at)
	}
	if at := arrived(m, p, "m2"); at == 0 || at >= clock("2025-01-02 09:30") {
		t.Errorf("what was not dropped came at %v", at)
	}
	m, p = play("delay a to g until 2025-01-02 12:00\n" + two + "at 11:00\nat 12:00\nat 13:00")
	if at := arrived(m, p, "m1"); at != clock("2025-01-02 12:00") {
		t.Errorf("what was delayed came at %v", at)
	}
	m, p = play("duplicate a to g count 2\n" + two + "at 10:00")
	if m.desks["g"].r.Len() != m.desks["g"].r.Clone().Len() || arrived(m, p, "m2") == 0 {
		t.Error("what was doubled did not come once")
	}
	m, p = play("reorder a to g count 2\n" + two + "at 10:00")
	var order []string
	for _, it := range m.desks["g"].r.Known() {
		if it.Came.Over() == "a" {
			order = append(order, p.Label(it.ID))
		}
	}
	if i, j := slices.Index(order, "m1"), slices.Index(order, "m2"); i < 0 || j < 0 || j > i {
		t.Errorf("came in the order %v", order)
	}
	m, p = play("offline g\n" + two + "at 10:00\nonline g\nat 11:00")
	if at := arrived(m, p, "m1"); at != clock("2025-01-02 10:00") {
		t.Errorf("what waited for an absent desk came at %v", at)
	}
	m, p = play("offline g\n" + two)
	if arrived(m, p, "m1") != 0 {
		t.Error("a desk that is offline received something")
	}
}

func TestAReferenceToWhatIsNotThere(t *testing.T) {
	for src, want := range map[string]string{
		"a: message m to g \"x\"\nb: message n to g answers m \"y\"":                                              "the desk of b does not have",
		"a: term t term v1 gesture \"x\"\na: package p pack v1 terms t needs x\nb: accept yes on p for y":         "the desk of b does not have",
		"offline a\na: message m to g \"x\"\ng: carry m to b verbatim consent \"yes\"":                            "the desk of g does not have",
		"a: message m to g \"x\"\na: refused message k to g \"x\" because x.y\na: message n to g answers k \"y\"": "was refused",
	} {
		c := parseOK(t, small+"\nat 2025-01-02 09:00\n"+src)
		_, err := Check(context.Background(), c, nil)
		p := Problems(err)
		if len(p) != 1 || !strings.Contains(err.Error(), want) || p[0].Fault.Hint == "" || p[0].Line < 16 {
			t.Errorf("%s\n%v", src, err)
		}
	}
}

func TestBoundsOnCaseFiles(t *testing.T) {
	head := small + "\nat 2025-01-02 09:00\n"
	text := func(n int) string { return head + "a: note n \"" + strings.Repeat("x", n) + "\"" }
	if _, err := Parse("f.case", []byte(text(wire.MaxLine-12))); err != nil {
		t.Errorf("a line at the bound: %v", err)
	}
	at := func(src []byte, line int, what string) {
		t.Helper()
		_, err := Parse("f.case", src)
		p := Problems(err)
		if len(p) != 1 || p[0].Line != line || !strings.Contains(err.Error(), what) || p[0].Fault.Hint == "" {
			t.Errorf("want %q at line %d, got %.200v", what, line, err)
		}
	}
	at([]byte(text(wire.MaxLine-11)), 16, "this line has more than")
	at([]byte(text(10<<20)), 16, "this line has more than")
	whole := head + strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", wire.MaxCase/1003)
	if _, err := Parse("f.case", []byte(whole)); err != nil || len(whole) > wire.MaxCase {
		t.Errorf("a file at the bound: %v", err)
	}
	over := whole + strings.Repeat("#"+strings.Repeat("x", 1000)+"\n", 2)
	at([]byte(over), strings.Count(over[:wire.MaxCase], "\n")+1, "here the file passes")
	at([]byte(head+"a: note n \"x\""+strings.Repeat("\n  because", maxRows)), 16+maxRows, "lines in one statement")
	at([]byte(head+"a: note n"+strings.Repeat(" x", maxTokens)), 16, "words on one line")
	at([]byte(head+strings.Repeat("a: x\n", maxStatements)), maxStatements+1, "statements")
}
