package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/record"
)

// TestInbox1_TheLineProcessNeverHoldsTheDesk (INBOX-1): in the memory of the line
// process stands no passphrase, nothing of the record and no name, also while the
// desk is open; and nothing that was sent, once it has been sent or the desk is
// locked.
func TestInbox1_TheLineProcessNeverHoldsTheDesk(t *testing.T) {
	t.Parallel()
	if raceFactor > 1 {
		t.Skip("the race detector keeps memory of its own")
	}
	const word, secret, sent = "zq-unlikely-words", "zq-unlikely-pass", "zq-unlikely-talk"
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t) + " slower"}
	rel.start()
	defer rel.stop()
	a, b := newApart(t, "go-between", secret, "GODEBUG=clobberfree=1"), newTalker(t, "envoy")
	defer a.stop()
	defer b.stop()
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))
	r := a.handle(t)
	defer r.Close()
	for i := range 40 {
		e := record.Entry{Body: record.Note{Text: fmt.Sprint(word, i)}}
		if i%4 == 0 {
			e = record.Entry{Audience: []record.Name{b.name}, Body: record.Message{
				From: a.name, To: b.name, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: fmt.Sprint(sent, i)}}
		}
		if _, err := r.Write(t.Context(), Commit, e); err != nil {
			t.Fatal(err)
		}
	}
	line, desk := pidOf(t, a.dir, "line"), pidOf(t, a.dir, "desk")
	if standsIn(t, desk, word) < 30 {
		t.Fatal("it is not found in the memory of the desk process either")
	}
	never := func(when string) {
		for _, what := range []string{word, secret} {
			if n := standsIn(t, line, what); n > 0 {
				t.Errorf("%s stands in the memory of the line process %s, %d times", what, when, n)
			}
		}
	}
	if standsIn(t, line, sent) == 0 {
		t.Error("the line process has nothing to send") // the scan sees what is there
	}
	never("while the desk is open")
	a.lock(t)
	never("while the desk is locked")
	eventually(t, "nothing that waits to be sent stands in the memory of the line process", func() bool { return standsIn(t, line, sent) == 0 })
	a.unlocked(t, secret)
	never("when the desk was unlocked")
}
