package web

import (
	"strings"
	"testing"

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
