package desk

import (
	"strings"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
)

// TestLaw6_AFullDiskIsToldUntilSomethingIsWritten: what the disk refused is no
// trouble any more once it takes something; any other trouble stays.
func TestLaw6_AFullDiskIsToldUntilSomethingIsWritten(t *testing.T) {
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the relay is reached", func() bool { r, err := a.Relay(t.Context()); return err == nil && r.Online })
	trouble := func() string {
		t.Helper()
		r, err := a.Relay(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.Trouble
	}
	full, other := fault.New(fault.Disk, "vault.disk-full", "", "the disk is full"), fault.New(fault.Corrupt, "desk.test", "", "something else")
	c := a.post.clocks[0]
	note := func(text string) error {
		_, err := a.Write(t.Context(), Commit, record.Entry{Body: record.Note{Text: text}})
		return err
	}
	c.say(full)
	if note(strings.Repeat("x", 200<<10)) == nil {
		t.Fatal("a text above the limit is taken")
	}
	if trouble() == "" {
		t.Error("nothing was written, and the disk is no trouble any more")
	}
	if err := note("there is room again"); err != nil {
		t.Fatal(err)
	}
	if s := trouble(); s != "" {
		t.Errorf("something was written, and it still says %q", s)
	}
	c.say(full)
	c.say(other)
	if err := note("more"); err != nil {
		t.Fatal(err)
	}
	if trouble() == "" {
		t.Error("a trouble that has nothing to do with the disk is gone")
	}
}
