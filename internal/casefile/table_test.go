package casefile

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

const tableHead = `# What the cases ask, and where they answer

Each question is asked at one desk and sees the record of that desk alone. Where it says *nothing here*, what was asked does not exist on that desk, and the
case expects just that. A test plays every case and holds each answer against what the file expects; another holds this table against the files
(` + "`go test ./internal/casefile -run TestTableOfQuestionsIsCurrent -rewrite`" + ` makes it anew).

| case | question | asked at | | expectations | at |
|---|---|---|---|---|---|
`

// nothingHere says whether a question expects that its desk has nothing of what
// is asked: in all its parts, or in some.
func nothingHere(q Question) string {
	n := 0
	for _, p := range q.Parts {
		if slices.ContainsFunc(p.Expects, func(e Expect) bool { return e.How == Nothing }) {
			n++
		}
	}
	switch n {
	case 0:
		return ""
	case len(q.Parts):
		return "nothing here"
	}
	return "in part nothing here"
}

// The table in docs/questions.md says where each question is answered.
func TestTableOfQuestionsIsCurrent(t *testing.T) {
	var b strings.Builder
	b.WriteString(tableHead)
	for _, name := range names(t) {
		for _, q := range mustLoad(t, name).Questions {
			n := 0
			for _, p := range q.Parts {
				n += len(p.Expects)
			}
			fmt.Fprintf(&b, "| %s | %s %s | %s | %s | %d | [%s:%d](../internal/casefile/cases/%s) |\n", strings.TrimSuffix(name, ".case"), q.ID, q.Text, q.Desk, nothingHere(q), n, name, q.Line, name)
			if n == 0 {
				t.Errorf("%s:%d: %s expects nothing, which is no answer", name, q.Line, q.ID)
			}
		}
	}
	const file = "../../docs/questions.md"
	if *rewrite {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != b.String() {
		t.Error("docs/questions.md is not current: run this test with -rewrite")
	}
}

// What the cases show that nobody knew, was told or can see is asked for too:
// without a desk that answers *nothing here*, a leak would pass.
func TestTheCasesAskForWhatIsNotThere(t *testing.T) {
	want := []string{"R12 go-between", "R13 go-between", "R14 host-official", "R15 official", "R16 family", "P6 president"}
	for _, name := range names(t) {
		for _, q := range mustLoad(t, name).Questions {
			id := q.ID + " " + string(q.Desk)
			if i := slices.Index(want, id); i >= 0 && slices.ContainsFunc(q.Parts, func(p Part) bool {
				return slices.ContainsFunc(p.Expects, func(e Expect) bool { return e.How == Nothing })
			}) {
				want = slices.Delete(want, i, i+1)
			}
		}
	}
	if len(want) > 0 {
		t.Error("nobody asks for nothing: ", want)
	}
}
