package web

import (
	"strings"
	"testing"

	"backchannel/internal/desk"
	"backchannel/internal/line"
)

// An invite is shown as text, as a code and in groups; what is none is shown
// as it is.
func TestInviteIsShownInEveryForm(t *testing.T) {
	inv := line.Invite{Suite: line.Suite, Addr: "relay.example:443", Pin: make([]byte, 32), Cohort: "c1", Base: 1, Expires: 2, Label: "Ann"}
	v := newInviteView(inv.Text(), false)
	got, err := line.ParseInvite(strings.Join(v.Rows, "\n"))
	if err != nil || got.Text() != inv.Text() || v.Text != inv.Text() {
		t.Fatal("the groups are another invite:", err)
	}
	if !strings.HasPrefix(string(v.QR), "<svg ") || strings.Contains(string(v.QR), "style") {
		t.Fatal("no code, or one that the page may not show")
	}
	if v := newInviteView("something else", true); v.QR != "" || v.Rows != nil || !v.Fresh || v.Text == "" {
		t.Fatal("what is none is not shown as it is")
	}
}

// Whoever made an invite takes it back; whoever took it up gives it up.
func TestAnInviteIsTakenBackByWhoMadeIt(t *testing.T) {
	r := newRoom("go-between", "envoy")
	gb := r.desks["go-between"]
	b := open(t, gb)
	for made, want := range map[bool]string{true: "Take the invite back", false: "Do not take it up after all"} {
		other := map[bool]string{false: "Take the invite back", true: "Do not take it up after all"}[made]
		gb.lines = []desk.LineStatus{{Peer: "envoy", Phase: desk.Invited, Inviter: made}}
		page := b.get("/lines")
		page.wants(t, 200, want)
		if strings.Contains(page.text(), other) {
			t.Errorf("made here: %v, and the page says %q", made, other)
		}
	}
}

// Who is not on the roster yet reads from when he will be, and is not counted
// among nobody.
func TestTheRelaySaysFromWhenOneIsAMember(t *testing.T) {
	gb := newRoom("go-between").desks["go-between"]
	gb.relay.Enrolled, gb.relay.From, gb.relay.Next = 0, at("2025-05-26T09:10:00Z"), at("2025-05-26T09:10:00Z")
	b := open(t, gb)
	page := b.get("/relay")
	page.wants(t, 200, "You are a member from 26 May 2025, 09:10")
	if strings.Contains(page.text(), "You are one among") {
		t.Error("one among nobody")
	}
	gb.relay.Enrolled, gb.relay.From = 8, 0
	b.get("/relay").wants(t, 200, "You are one among", "8 enrolled", "Members come and go together")
}
