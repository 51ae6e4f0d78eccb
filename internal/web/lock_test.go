package web

import (
	"strings"
	"testing"

	"backchannel/internal/desk"
)

// lockable is a desk that notes how often it was asked to lock.
type lockable struct {
	desk.Handle
	asked int
}

func (l *lockable) AskLock() { l.asked++ }

func TestLockingFromThePage(t *testing.T) {
	h := rivalCase(t).desks["go-between"]
	if b := open(t, h); strings.Contains(b.get("/").body, "/lock\"") {
		t.Error("a desk that cannot be locked offers it")
	}
	l := &lockable{Handle: h}
	b := open(t, h)
	b.face.h = l
	if !strings.Contains(b.get("/").body, "Lock this desk") {
		t.Fatal("the page does not offer to lock the desk")
	}
	used := b.face.Used()
	fresh := b.request("GET", b.face.root+"/", nil)
	fresh.Header.Set("X-Desk-Refresh", "1")
	b.clock.pass(1)
	b.read(b.do(fresh))
	if used.IsZero() || b.face.Used() != used {
		t.Error("what a page asks for by itself counts as use")
	}
	b.clock.pass(1)
	b.get("/")
	if !b.face.Used().After(used) {
		t.Error("a look at a page does not count as use")
	}
	r := b.post("/lock", nil)
	if l.asked != 1 || !strings.Contains(r.body, "locked") {
		t.Fatalf("asked %d times, and it says %q", l.asked, r.body)
	}
	b.read(b.do(b.request("GET", b.face.root+"/", nil))).wants(t, 404)
}
