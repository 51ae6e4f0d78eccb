package desk

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
)

func statusOf(t *testing.T, d *Desk, who record.Name) LineStatus {
	t.Helper()
	lines, err := d.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		if l.Peer == who {
			return l
		}
	}
	return LineStatus{}
}

// Two people who have met make fresh keys for their line. What was said before,
// during and after arrives once, also when a desk is killed meanwhile; the
// words are new and not compared. [LINE-40] [LINE-41]
func TestLaw6_RekeyInPersonLosesNothing(t *testing.T) {
	rel := startRelay(t, relaytest.Options{})
	a, adir := open(t, "go-between", Options{})
	b, bdir := open(t, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])
	for d, who := range map[*Desk]record.Name{a: "envoy", b: "go-between"} {
		if err := d.Compared(t.Context(), who, true); err != nil || !statusOf(t, d, who).Compared {
			t.Fatal("compared:", err)
		}
	}
	said := 0
	talk := func() {
		for range 3 {
			said++
			for _, d := range []*Desk{a, b} {
				to := record.Name("envoy")
				if d == b {
					to = "go-between"
				}
				if _, err := d.Write(t.Context(), Commit, say(d, to, fmt.Sprint("message ", said))); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	talk()
	before := statusOf(t, a, "envoy").Words
	inv, err := a.Rekey(t.Context(), RekeyOrder{For: "envoy", Short: true})
	if err != nil || len(strings.Fields(inv)) != 21 {
		t.Fatal(inv, err)
	}
	if f := statusOf(t, a, "envoy").Fresh; f == nil || !f.Inviter || f.Expires == 0 {
		t.Fatalf("not shown: %+v", f)
	}
	if _, err := a.Rekey(t.Context(), RekeyOrder{For: "envoy"}); !fault.Is(err, fault.Exists) {
		t.Fatal("twice at once:", err)
	}
	if _, err := b.Rekey(t.Context(), RekeyOrder{For: "go-between", Take: inv}); err != nil {
		t.Fatal(err)
	}
	talk()
	a.post.close() // as a kill would: what is not on disk is gone
	a.vault.Close()
	a = reopen(t, adir, Options{})
	talk()
	eventually(t, "fresh keys", func() bool {
		x, y := statusOf(t, a, "envoy"), statusOf(t, b, "go-between")
		return x.Fresh == nil && y.Fresh == nil && fmt.Sprint(x.Words) == fmt.Sprint(y.Words) && fmt.Sprint(x.Words) != fmt.Sprint(before)
	})
	b.post.close()
	b.vault.Close()
	b = reopen(t, bdir, Options{})
	talk()
	for d, who := range map[*Desk]record.Name{a: "envoy", b: "go-between"} {
		if statusOf(t, d, who).Compared {
			t.Error("words that are new count as compared")
		}
		eventually(t, "all of it arrives", func() bool { return len(texts(t, d, who)) >= said })
		for i, s := range texts(t, d, who) {
			if s != fmt.Sprint("message ", i+1) {
				t.Fatalf("message %d is %q", i+1, s)
			}
		}
	}
	if lines, _ := a.Lines(t.Context()); len(lines) != 1 || len(a.post.clocks[0].deck.Lines()) != 1 {
		t.Errorf("%d lines", len(lines))
	}
}

// An invite that was taken back opens nothing, and can be made anew. One that
// two people come with is shown to who made it, until words are compared.
// [INVITE-14] [INVITE-15]
func TestInvitesAreTakenBackAndASecondUseIsShown(t *testing.T) {
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{})
	c, _ := open(t, "thief", Options{})
	for i, d := range []*Desk{a, b, c} {
		if err := d.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[i]); err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	inv, err := a.Invite(ctx, InviteOrder{For: "envoy"})
	if err != nil {
		t.Fatal(err)
	}
	if s := statusOf(t, a, "envoy"); s.Phase != Invited || !s.Inviter || s.Made == 0 || s.Expires <= s.Made {
		t.Fatalf("not listed: %+v", s)
	}
	if err := a.Revoke(ctx, "envoy"); err != nil {
		t.Fatal(err)
	}
	if err := a.Revoke(ctx, "envoy"); !fault.Is(err, fault.NotFound) {
		t.Fatal("taken back twice:", err)
	}
	if s := statusOf(t, a, "envoy"); s.Peer != "" || len(a.post.clocks[0].deck.Lines()) != 0 {
		t.Fatalf("still there: %+v", s)
	}
	if err := b.Join(ctx, inv, "go-between"); err != nil {
		t.Fatal(err) // b cannot know
	}
	if inv, err = a.Invite(ctx, InviteOrder{For: "envoy", Short: true}); err != nil {
		t.Fatal(err)
	}
	if isOpen(b, "go-between") {
		t.Fatal("an invite that was taken back opened a line")
	}
	if err := b.Revoke(ctx, "go-between"); err != nil {
		t.Fatal(err)
	}
	if err := b.Join(ctx, inv, "go-between"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line opens", func() bool { return isOpen(a, "envoy") && isOpen(b, "go-between") })
	if err := a.Compared(ctx, "envoy", true); err != nil {
		t.Fatal(err)
	}
	if err := c.Join(ctx, inv, "go-between"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is shown", func() bool { return statusOf(t, a, "envoy").Again != 0 })
	if s := statusOf(t, a, "envoy"); s.Compared || s.Phase != Opened {
		t.Fatalf("%+v", s)
	}
	if err := a.Compared(ctx, "envoy", true); err != nil {
		t.Fatal(err)
	}
	if s := statusOf(t, a, "envoy"); !s.Compared || s.Again != 0 {
		t.Fatalf("compared again: %+v", s)
	}
	if isOpen(c, "go-between") {
		t.Fatal("two lines with one invite")
	}
}

// A short invite says nothing of a relay, so it is for who has one.
func TestShortInviteNeedsARelay(t *testing.T) {
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{Offline: true})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	inv, err := a.Invite(ctx, InviteOrder{For: "envoy", Short: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Join(ctx, inv, "go-between"); !fault.Is(err, fault.Refused) {
		t.Fatal(err)
	}
	if _, err := a.Rekey(ctx, RekeyOrder{For: "envoy"}); !fault.Is(err, fault.NotFound) {
		t.Fatal("fresh keys for a line that is not open:", err)
	}
}
