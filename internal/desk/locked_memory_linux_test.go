package desk

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/internal/record"
)

// standsIn counts how often a text stands in the memory of another process.
func standsIn(t *testing.T, pid int, text string) (n int) {
	t.Helper()
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		t.Skip("the memory of another process cannot be read here:", err)
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skip("the memory of another process cannot be read here:", err)
	}
	defer mem.Close()
	read := 0
	for s := bufio.NewScanner(maps); s.Scan(); {
		var from, to int64
		var mode string
		if _, err := fmt.Sscanf(s.Text(), "%x-%x %s", &from, &to, &mode); err != nil || !strings.HasPrefix(mode, "rw") {
			continue
		}
		b := make([]byte, to-from)
		k, err := io.ReadFull(io.NewSectionReader(mem, from, to-from), b)
		if err != nil && k == 0 {
			continue
		}
		read += k
		n += bytes.Count(b[:k], []byte(text))
	}
	if read == 0 {
		t.Skip("the memory of another process cannot be read here")
	}
	return n
}

// TestInbox1_NothingStaysInMemory (INBOX-1): of what a desk held when it was
// locked, nothing stands in the memory of its process any more: not what was
// said, came, or waits to be sent, nor who is at the other end of a line. The
// process runs as `desk serve` does, so that the collector writes over what it
// frees.
func TestInbox1_NothingStaysInMemory(t *testing.T) {
	t.Parallel()
	if raceFactor > 1 {
		t.Skip("the race detector keeps memory of its own")
	}
	const secret = "zq-unlikely-words"
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t)}
	rel.start()
	defer rel.stop()
	a, b := newTalker(t, "go-between", "GODEBUG=clobberfree=1"), newTalker(t, "envoy-"+secret)
	defer a.stop()
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))
	b.say(t, a.name)
	b.settled(t, a)
	b.stop()
	r := a.handle(t)
	for i := range 60 {
		e := record.Entry{Body: record.Note{Text: fmt.Sprint(secret, i, strings.Repeat(" and more", i))}}
		if i%6 == 0 {
			e = record.Entry{Audience: []record.Name{b.name}, Body: record.Message{
				From: a.name, To: b.name, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: fmt.Sprint(secret, i)}}
		}
		if _, err := r.Write(t.Context(), Commit, e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Record(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := a.cmd.Process.Pid
	if standsIn(t, pid, secret) < 60 {
		t.Fatal("it is not found in the memory of an open desk either")
	}
	a.lock(t)
	if n := standsIn(t, pid, secret); n > 0 {
		t.Errorf("it stands in the memory of a locked desk, %d times", n)
	}
}
