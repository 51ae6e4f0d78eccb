package casefile

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// at is small with the clock moved, so that what is put behind it begins at
// line 16.
const at = small + "\nat 2025-01-02 09:00\n"

// malformed holds files that must be refused: at which line, and with what in
// the text or the remedy.
var malformed = []struct {
	name, src string
	line      int
	want      string
}{
	// The characters.
	{"not UTF-8", "title \"x\"\n\xff\xfe", 2, "save the file as UTF-8"},
	{"curly quotes", at + "a: note n “x”", 16, "straight quotes"},
	{"unclosed text", at + "a: note n \"x", 16, "close it"},
	{"unknown escape", at + `a: note n "x\t"`, 16, `use \"`},
	{"control character", at + "a: note n\x01 \"x\"", 16, "cannot be seen"},
	{"control character in a text", at + "a: note n \"\x00\"", 16, "cannot be seen"},
	{"indented first line", "  title \"x\"", 1, "begin it at the margin"},
	{"a text at the margin", at + "\"x\"", 16, "cannot begin a statement"},
	{"a comma at the margin", at + ", a", 16, "cannot begin a statement"},
	// The head of the file.
	{"empty", "", 1, "the case has no title"},
	{"no title", "clock 2025-01-01 09:00 UTC\nperson a \"A\"\ndesk a", 1, "title"},
	{"no desk", "title \"x\"\nclock 2025-01-01 09:00 UTC", 1, "declare at least one"},
	{"two titles", "title \"x\"\ntitle \"y\"", 2, "second title"},
	{"title without quotes", "title Small", 1, "means nothing here"},
	{"no clock", "title \"x\"\nperson a \"A\"", 2, "clock 2025"},
	{"clock without a zone", "clock 2025-01-01 09:00", 1, "zone"},
	{"clock with the name of a zone", "clock 2025-01-01 09:00 Europe/Paris", 1, "no zone"},
	{"impossible zone", "clock 2025-01-01 09:00 +27:00", 1, "is not a zone"},
	{"two clocks", "clock 2025-01-01 09:00 UTC\nclock 2025-01-01 09:00 UTC", 2, "use `at`"},
	{"continues itself alone", "continues other", 1, "beside the case that it continues"},
	{"continues too late", "title \"x\"\nclock 2025-01-01 09:00 UTC\ncontinues other", 3, "stand first"},
	// People.
	{"a name in capitals", "clock 2025-01-01 09:00 UTC\nperson Envoy \"A\"", 2, "lower-case"},
	{"declared twice", at[:len(small)] + "\nperson a \"A again\"", 15, "declared already"},
	{"a person called as a party", small + "\nperson x \"A\"", 15, "declared already"},
	{"no title of a person", small + "\nperson c of x", 15, "has no title"},
	{"a party nobody declared", small + "\nperson c \"C\" of xy", 15, "declare it above"},
	{"a party almost declared", "clock 2025-01-01 09:00 UTC\nparty union \"U\"\nperson c \"C\" of unoin", 3, "did you mean `union`"},
	{"a role that is none", small + "\nperson c \"C\" of x as envoi", 15, "is not a role"},
	{"an envoy of nobody", small + "\nperson c \"C\" as envoy", 15, "of nobody"},
	{"a side nobody declared", small + "\nparty z \"Z\" side three", 15, "declare it above"},
	{"a desk of nobody", small + "\ndesk nobody", 15, "nobody is called"},
	{"two desks of one", small + "\ndesk a", 15, "has a desk already"},
	{"a language that is none", small + "\nperson c \"C\" lang e_n", 15, "is not a language"},
	// Lines between desks.
	{"law 4: a line between opposing sides", small + "\nline a to b", 15, "desks on opposing sides share no line"},
	{"a line to oneself", small + "\nline a to a", 15, "to itself"},
	{"a line twice", small + "\nline g to a", 15, "have a line already"},
	{"a line without to", small + "\nline a b", 15, "two ends"},
	{"a line to somebody without a desk", small + "\nperson c \"C\"\nline a to c", 16, "has no desk"},
	// Time.
	{"the clock set back", at + "at 2025-01-02 08:59", 16, "the clock would go back"},
	{"the clock set back by entries", at + strings.Repeat("a: rule ask-first\n", 61) + "at 09:01", 77, "the clock would go back"},
	{"a foreign date", at + "at 02/01/2025 10:00", 16, "is not a date"},
	{"a foreign date as said", at + "g: log l from a to g call paraphrase said 1.5.2024 \"x\"", 16, "is not a time"},
	{"an American time", at + "at 2025-01-02 9:30pm", 16, "is not a time"},
	{"a date without a time", at + "at 2025-01-03", 16, "has no time of day"},
	{"a day that is none", at + "at 2025-02-30 10:00", 16, "is not a time"},
	{"a year that is none", at + "at 20255-01-01 10:00", 16, "is not a time"},
	{"said in the future", at + "g: log l from a to g call paraphrase said January 2025 \"x\"", 16, "after the moment"},
	{"said the wrong way round", at + "g: log l from a to g call paraphrase said 2025-01-01 .. 2024-12-01 \"x\"", 16, "ends before it begins"},
	{"a month without a year", at + "g: log l from a to g call paraphrase said April", 16, "write the year"},
	{"asking about the future", at + "ask Q at a \"x\" as-it-stood 2025-01-03 09:00\n  query standing", 16, "ask about a moment that is past"},
	// What happens at a desk.
	{"a desk nobody has", at + "c: note n \"x\"", 16, "has no desk"},
	{"a misspelt desk", strings.ReplaceAll(at, "person g ", "person go ") + "", 12, "nobody is called"},
	{"a verb that is none", at + "a: mesage m to g \"x\"", 16, "did you mean `message`"},
	{"a verb without its desk", at + "message m to g \"x\"", 16, "say at whose desk"},
	{"a statement that is none", at + "aks Q at a \"x\"", 16, "did you mean `ask`"},
	{"a key that is none", at + "a: message m too g \"x\"", 16, "did you mean `to`"},
	{"a key twice", at + "a: message m to g to g \"x\"", 16, "only one can"},
	{"two forms", at + "a: message m to g call meeting \"x\"", 16, "only one can"},
	{"two texts", at + "a: message m to g \"x\" call \"y\"", 16, "only one can"},
	{"no label", at + "a: message \"x\"", 16, "a label"},
	{"a label taken", at + "a: note n \"x\"\na: note n \"y\"", 17, "is the label of line 16"},
	{"a label in capitals", at + "a: note N \"y\"", 16, "is not a label"},
	{"a label nobody has", at + "a: message m to g answers k \"x\"", 16, "nothing above has the label"},
	{"a label almost right", at + "a: note first \"x\"\na: message m to g about frist \"x\"", 17, "did you mean `first`"},
	{"a label of the wrong kind", at + "a: note n \"x\"\na: accept y on n for x", 17, "is the label of a note"},
	{"a message without words", at + "a: message m to g", 16, "no words"},
	{"a message to nobody", at + "a: message m \"x\"", 16, "to nobody"},
	{"law 4: a message without a line", at + "a: message m to b \"x\"", 16, "has no line to b"},
	{"given without a line", at + "a: note n \"x\" given-to b", 16, "has no line to b"},
	{"a private entry given away", at + "a: note n \"x\" given-to g", 16, "stays on the desk"},
	{"logged without a form", at + "g: log l from a to g paraphrase \"x\"", 16, "how it was said"},
	{"logged without fidelity", at + "g: log l from a to g call \"x\"", 16, "fidelity"},
	{"logged from nobody", at + "g: log l to g call paraphrase \"x\"", 16, "from nobody"},
	{"logged by somebody who was not there", at + "g: log l from a to b call paraphrase \"x\"", 16, "was not part of it"},
	{"an instruction that is none", at + "a: message m to g pass verbatum \"x\"", 16, "did you mean `verbatim`"},
	{"evidence that is none", at + "a: note n \"x\" evidence hunch", 16, "is not a sort of evidence"},
	{"a mandate that is none", at + "a: credential c holder a party x issuer x may talk", 16, "is not a mandate"},
	{"a credential of nobody", at + "a: credential c party x issuer x may speak", 16, "is missing"},
	{"a rule that is none", at + "a: rule ask-frist", 16, "did you mean `ask-first`"},
	{"a role not declared", at + "a: role zed", 16, "nobody is called"},
	{"because without refused", at + "a: message m to g \"x\" because convey.not", 16, "go together"},
	{"refused without because", at + "a: refused message m to g \"x\"", 16, "go together"},
	{"carried to nobody", at + "a: message m to g \"x\"\ng: carry m verbatim", 17, "to nobody"},
	{"carried without a line", at + "a: message m to g \"x\"\na: carry m to b verbatim", 17, "has no line"},
	{"another's words corrected", at + "a: message m to g \"x\"\ng: correct f of m \"y\"", 17, "people correct what they wrote themselves"},
	{"a text corrected", at + "a: term t term v1 gesture \"x\"\na: correct f of t \"y\"", 17, "never corrected"},
	{"a correction of nothing", at + "a: correct f \"y\"", 16, "correction of nothing"},
	{"a stray comma", at + "a: message m to g, \"x\"", 16, "has no place here"},
	{"a list that ends in a comma", at + "a: message m to g about m2, \"x\"", 16, "nothing above has the label"},
	// Texts.
	{"a version that is none", at + "a: term t term 1 gesture \"x\"", 16, "v1, v2"},
	{"a term of no sort", at + "a: term t term v1 \"x\"", 16, "use obligation, gesture"},
	{"a gesture with a condition", at + "a: term t term v1 gesture \"x\" when term", 16, "has no antecedent"},
	{"an expectation with a debtor", at + "a: term t term v1 expectation debtor x \"x\"", 16, "has no debtor"},
	{"a guarantee by nobody", at + "a: term t term v1 guarantee covers term \"x\"", 16, "name the guarantor"},
	{"a range the wrong way round", at + "a: term t term v1 gesture \"x\" period 90-70 days", 16, "is not a range"},
	{"a quantity without a unit", at + "a: term t term v1 gesture \"x\" quantity 10", 16, "say of what"},
	{"a quantity that is none", at + "a: term t term v1 gesture \"x\" quantity ten captives", 16, "is not a quantity"},
	{"a term nobody wrote", at + "a: term t term v1 obligation \"x\" against trem", 16, "did you mean `term`"},
	{"and beside or", at + "a: term t term v1 obligation \"x\" when term and term or term", 16, "put brackets"},
	{"an open bracket", at + "a: term t term v1 obligation \"x\" when (term and term", 16, "close it"},
	{"a condition of nothing", at + "a: term t term v1 obligation \"x\" when )", 16, "is not a condition"},
	{"brackets without end", at + "a: term t term v1 obligation \"x\" when " + strings.Repeat("(", 20) + "term", 16, "nested"},
	{"a package without terms", at + "a: package p pack v1 needs x", 16, "has no terms"},
	{"a package that needs nobody", at + "a: term t term v1 gesture \"x\"\na: package p pack v1 terms t", 17, "needs nobody"},
	{"a term twice", at + "a: term t term v1 gesture \"x\"\na: package p pack v1 terms t, t needs x", 17, "twice"},
	{"an act in nobody's name", at + "a: term t term v1 gesture \"x\"\na: accept y on t", 17, "in nobody's name"},
	{"an act on nothing", at + "a: accept y for x", 16, "`on` is missing"},
	{"a deed that is none", at + "a: term t term v1 gesture \"x\"\na: deed d finished on t by x", 17, "means nothing here"},
	{"nothing owed by nobody", at + "a: owes-nothing n \"x\"", 16, "nobody is said"},
	// The wire.
	{"trouble without a line", at + "drop a to b", 16, "has no line"},
	{"trouble in no direction", at + "drop a", 16, "a direction is needed"},
	{"a delay without end", at + "delay a to g", 16, "until when"},
	{"a delay into the past", at + "delay a to g until 08:00", 16, "is past"},
	{"a count of nothing", at + "drop a to g count 0", 16, "from 1"},
	{"trouble with a stranger", at + "offline z", 16, "has no desk"},
	// Questions.
	{"a question at nobody's desk", at + "ask Q \"x\"\n  query standing", 16, "no desk is asked"},
	{"a question without a query", at + "ask Q at a \"x\"", 16, "nothing says how"},
	{"a question without words", at + "ask Q at a\n  query standing", 16, "no words"},
	{"a question twice", at + "ask Q at a \"x\"\n  query standing\nask Q at a \"x\"\n  query standing", 18, "is asked of a at line 16"},
	{"an empty query", at + "ask Q at a \"x\"\n  query", 17, "an empty query"},
	{"a query that is none", at + "ask Q at a \"x\"\n  query weather", 17, "is not a question"},
	{"an expectation of no query", at + "ask Q at a \"x\"\n  expect nothing", 17, "an expectation of no query"},
	{"an expectation of nothing", at + "ask Q at a \"x\"\n  query standing\n  expect", 18, "an expectation is needed"},
	{"an expectation without a comparison", at + "ask Q at a \"x\"\n  query standing\n  expect position", 18, "is needed"},
	{"a comparison that is none", at + "ask Q at a \"x\"\n  query standing\n  expect position si yes", 18, "did you mean `is`"},
	{"an expectation of nothing in particular", at + "ask Q at a \"x\"\n  query standing\n  expect position is", 18, "the expected words"},
	{"words behind an expectation", at + "ask Q at a \"x\"\n  query standing\n  expect position is x y", 18, "means nothing here"},
	{"something after a question", at + "ask Q at a \"x\"\n  query standing\nat 10:00", 18, "above the first `ask`"},
	{"a declaration after something", at + "a: note n \"x\"\nperson c \"C\"", 17, "above the first thing"},
}

func TestMalformedFilesNameLineAndRemedy(t *testing.T) {
	for _, m := range malformed {
		t.Run(m.name, func(t *testing.T) {
			_, err := Parse("bad.case", []byte(m.src))
			problems := Problems(err)
			if len(problems) == 0 {
				t.Fatalf("accepted, or refused without a place: %v", err)
			}
			p := problems[0]
			if p.Line != m.line || !strings.Contains(p.Error(), m.want) {
				t.Errorf("line %d: %v\nwant line %d and %q", p.Line, p, m.line, m.want)
			}
			if !strings.HasPrefix(p.Error(), "bad.case:") {
				t.Errorf("%v does not name the file", p)
			}
			for _, p := range problems {
				if p.Fault.Hint == "" {
					t.Errorf("%v has no remedy", p)
				}
				if p.Fault.Kind == fault.Internal {
					t.Errorf("%v is a mistake of ours", p)
				}
			}
		})
	}
}

// Everything that is wrong is told at once, in the order of the lines, up to a
// number that a person can read.
func TestManyProblemsAtOnce(t *testing.T) {
	src := at + "a: nothing\na: note n\na: note k \"fine\"\nz: note o \"x\"\n"
	_, err := Parse("many.case", []byte(src))
	var lines []int
	for _, p := range Problems(err) {
		lines = append(lines, p.Line)
	}
	if len(lines) != 3 || lines[0] != 16 || lines[1] != 17 || lines[2] != 19 {
		t.Errorf("lines %v of %v", lines, err)
	}
	_, err = Parse("many.case", []byte(at+strings.Repeat("a: nothing\n", 100)))
	if n := len(Problems(err)); n != maxProblems {
		t.Errorf("%d problems told", n)
	}
}

func TestContinuation(t *testing.T) {
	files := fstest.MapFS{
		"first.case":  {Data: []byte(at + "a: term t term v1 gesture \"x\"\n  given-to g\n")},
		"second.case": {Data: []byte("continues first\ntitle \"More\"\nat 2025-01-03 09:00\na: propose p on t for x given-to g\n")},
		"back.case":   {Data: []byte("continues first\ntitle \"More\"\nclock 2024-01-01 09:00 UTC\n")},
		"broken.case": {Data: []byte("continues bad\ntitle \"More\"\n")},
		"bad.case":    {Data: []byte(at + "a: nonsense\n")},
		"loop.case":   {Data: []byte("continues loop\ntitle \"More\"\n")},
		"lost.case":   {Data: []byte("continues nowhere\ntitle \"More\"\n")},
		"taken.case":  {Data: []byte("continues first\ntitle \"More\"\nperson a \"A\"\n")},
	}
	c, err := Load(files, "second")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Chain()) != 2 || c.Start != c.Before.End() || c.Zone != "+01:00" || len(c.AllDesks()) != 3 {
		t.Errorf("%+v", c)
	}
	for name, want := range map[string]string{
		"back": "back.case:3: the clock would go back", "broken": "bad.case:16:", "loop": "loop.case:1: loop continues itself",
		"lost": "lost.case:1: cannot open nowhere.case", "taken": "taken.case:3: a is declared already",
	} {
		_, err := Load(files, name)
		if err == nil || !strings.Contains(err.Error(), want) || len(Problems(err)) != 1 || Problems(err)[0].Fault.Hint == "" {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
	if _, err := Load(files, "missing"); !fault.Is(err, fault.NotFound) || fault.HintOf(err) == "" {
		t.Errorf("a file that is not there: %v", err)
	}
}

// CRLF, tabs and a byte order mark are what editors make of a file; they
// change nothing.
func TestHowEditorsSaveFiles(t *testing.T) {
	src := at + "a: message m to g\n  \"x\"\n"
	want := parseOK(t, src)
	for name, s := range map[string]string{
		"CRLF": strings.ReplaceAll(src, "\n", "\r\n"), "BOM": "\ufeff" + src, "tabs": strings.ReplaceAll(src, "  \"", "\t\""), "no end": strings.TrimRight(src, "\n"),
	} {
		if got := parseOK(t, s); string(got.src.bytes()) != string(want.src.bytes()) {
			t.Errorf("%s: reads otherwise", name)
		}
	}
}

func TestFormatReadsBackAsTheSame(t *testing.T) {
	for _, name := range names(t) {
		src, err := fs.ReadFile(Cases(), name)
		if err != nil {
			t.Fatal(err)
		}
		once, err := Format(name, src)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := Format(name, once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s: formatting a second time changes it: %v", name, err)
		}
		if strip(src) != strip(once) {
			t.Errorf("%s: formatting changes more than blanks", name)
		}
	}
}

// strip takes every blank away, so that what is left is what was written.
func strip(src []byte) string { return strings.Join(strings.Fields(string(src)), "") }

func TestRewriteKeepsProse(t *testing.T) {
	src := at + `a: note n "x"
# prose above
ask Q at a "What?"  # beside it
  # under it
  query alarms
  expect alarm is some
  query standing
# at the end
`
	c := parseOK(t, src)
	got := string(Rewrite(c, func(_ Question, p Part) []Expect {
		if p.Query == "alarms" {
			return []Expect{{Fact: "alarm", How: Is, Want: "none"}, {How: Silent, Want: `a "b" \ c`}}
		}
		return nil
	}))
	want := strings.Replace(src, "  expect alarm is some\n", "  expect alarm is none\n  expect never \"a \\\"b\\\" \\\\ c\"\n", 1)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := Parse("again.case", []byte(got)); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range malformed {
		if len(m.src) < 1<<12 {
			f.Add([]byte(m.src))
		}
	}
	files, err := fs.Glob(Cases(), "*.case")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds")
	}
	for _, name := range files {
		src, err := fs.ReadFile(Cases(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > wire.MaxLine {
			return
		}
		c, err := Parse("fuzz.case", src)
		if err != nil {
			for _, p := range Problems(err) {
				if p.Line < 1 || p.Fault.Hint == "" || p.Fault.Kind == fault.Internal {
					t.Fatalf("%v", p)
				}
			}
			if len(Problems(err)) == 0 {
				t.Fatalf("an error without a line: %v", err)
			}
			return
		}
		once := c.src.bytes()
		again, err := Parse("fuzz.case", once)
		if err != nil {
			t.Fatalf("what was written does not read back: %v\n%s", err, once)
		}
		if !bytes.Equal(again.src.bytes(), once) {
			t.Fatalf("writing it again changes it:\n%s\n%s", once, again.src.bytes())
		}
		if len(c.Steps) != len(again.Steps) || len(c.Questions) != len(again.Questions) {
			t.Fatal("it reads back as another case")
		}
	})
}
