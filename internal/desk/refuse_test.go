package desk

import (
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// want fails unless err is of the kind, and says what to do.
func want(t *testing.T, what string, err error, kinds ...fault.Kind) {
	t.Helper()
	for _, k := range kinds {
		if fault.Is(err, k) {
			if fault.HintOf(err) == "" {
				t.Errorf("%s: %v: no hint", what, err)
			}
			return
		}
	}
	t.Errorf("%s: %v (%s), want %v", what, err, fault.KindOf(err), kinds)
}

func TestRefusesAtTheRelay(t *testing.T) {
	t.Parallel()
	rel := startRelay(t, relaytest.Options{})
	d, _ := open(t, "envoy", Options{})
	ctx := t.Context()

	other := rel.Addr
	other.Pin[3] ^= 1
	want(t, "wrong pin", d.Enrol(ctx, other.String(), rel.Tickets[0]), fault.Unauthentic)
	want(t, "no address", d.Enrol(ctx, "example", rel.Tickets[0]), fault.Malformed)
	want(t, "no ticket", d.Enrol(ctx, rel.Addr.String(), "example"), fault.Malformed)
	flipped := []byte(rel.Tickets[0])
	flipped[len(flipped)-3] ^= 1
	want(t, "altered ticket", d.Enrol(ctx, rel.Addr.String(), string(flipped)), fault.Malformed, fault.Unauthentic)

	expired, err := rel.Server.Tickets(ctx, "test", 1, time.Now().Add(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	want(t, "expired ticket", d.Enrol(ctx, rel.Addr.String(), expired[0].Text()), fault.Expired)

	dead := relay.Address{HostPort: freePort(t), Pin: rel.Addr.Pin}
	want(t, "nobody there", d.Enrol(ctx, dead.String(), rel.Tickets[0]), fault.Unreachable)

	if err := d.Enrol(ctx, rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal("after all that, the good ticket:", err)
	}
	want(t, "enrolled twice", d.Enrol(ctx, rel.Addr.String(), rel.Tickets[1]), fault.Exists)
	e, _ := open(t, "official", Options{})
	want(t, "ticket used by another", e.Enrol(ctx, rel.Addr.String(), rel.Tickets[0]), fault.Refused, fault.NotFound, fault.Exists, fault.Expired)
}

func TestRefusesInvites(t *testing.T) {
	t.Parallel()
	rel := startRelay(t, relaytest.Options{})
	ctx := t.Context()
	mid, _ := open(t, "go-between", Options{})
	envoy, _ := open(t, "envoy", Options{})
	thief, _ := open(t, "thief", Options{})
	_, err := mid.Invite(ctx, InviteOrder{For: "envoy"})
	want(t, "invite without a relay", err, fault.Refused)
	for i, d := range []*Desk{mid, envoy, thief} {
		if err := d.Enrol(ctx, rel.Addr.String(), rel.Tickets[i]); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "no invite", envoy.Join(ctx, "hello", "go-between"), fault.Unauthentic)
	short, err := mid.Invite(ctx, InviteOrder{For: "envoy", Expires: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "cut invite", envoy.Join(ctx, short[:len(short)-4], "go-between"), fault.Malformed, fault.Unauthentic)
	want(t, "altered invite", envoy.Join(ctx, short[:40]+"AAAA"+short[44:], "go-between"), fault.Malformed, fault.Unauthentic)
	_, err = mid.Invite(ctx, InviteOrder{For: "envoy"})
	want(t, "a second line to the same person", err, fault.Exists)
	time.Sleep(2 * time.Second)
	want(t, "expired invite", envoy.Join(ctx, short, "go-between"), fault.Expired)
	eventually(t, "the expired line shows as stopped", func() bool {
		l, _ := mid.Lines(ctx)
		return len(l) == 1 && l[0].Phase == Stopped && l[0].Trouble != ""
	})

	inv, err := mid.Invite(ctx, InviteOrder{For: "envoy"})
	if err != nil {
		t.Fatal(err)
	}
	if err := envoy.Join(ctx, inv, "go-between"); err != nil {
		t.Fatal(err)
	}
	want(t, "the same invite twice", envoy.Join(ctx, inv, "somebody"), fault.Refused, fault.Exists)
	eventually(t, "the line opens", func() bool { return isOpen(mid, "envoy") && isOpen(envoy, "go-between") })

	// A second joiner gets nowhere, and the keeper is told.
	if err := thief.Join(ctx, inv, "go-between"); err != nil {
		want(t, "an invite used by another", err, fault.Refused, fault.Expired)
	}
	eventually(t, "the keeper is told of a second joiner", func() bool {
		s, _ := mid.Relay(ctx)
		return strings.Contains(s.Trouble, "Somebody else came")
	})
	if isOpen(thief, "go-between") || !isOpen(mid, "envoy") {
		t.Fatal("a used invite opened a line, or closed one")
	}
	write(t, mid, say(mid, "envoy", "still here"))
	eventually(t, "the talk goes on", func() bool { return len(texts(t, envoy, "go-between")) == 1 })
	if len(texts(t, thief, "go-between")) != 0 {
		t.Fatal("the thief got something")
	}
}

func TestRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])
	var parts []record.Entry
	for range 9 {
		parts = append(parts, say(a, "envoy", strings.Repeat("x", 128<<10)))
	}
	_, err := a.Write(t.Context(), Commit, parts...)
	want(t, "a parcel over a mebibyte", err, fault.Limit)
	_, err = a.Write(t.Context(), Commit, say(a, "envoy", strings.Repeat("x", 128<<10+1)))
	want(t, "a text over its bound", err, fault.Limit)
	if r, _ := a.Record(t.Context()); r.Len() != 0 {
		t.Fatal("something of it was logged")
	}
	write(t, a, say(a, "envoy", strings.Repeat("x", 128<<10)))
	eventually(t, "a text at its bound arrives", func() bool { return len(texts(t, b, "go-between")) == 1 })
}

func TestRefusesAClockSetBack(t *testing.T) {
	t.Parallel()
	d, dir := open(t, "go-between", Options{CaseClock: true})
	ctx := t.Context()
	if err := d.SetClock(ctx, record.At(time.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	note := record.Entry{Body: record.Note{Text: "written an hour ahead"}}
	write(t, d, note)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = reopen(t, dir, Options{})
	_, err := d.Write(ctx, Commit, note)
	want(t, "the clock set back", err, fault.Clock)
	if r, _ := d.Record(ctx); r.Len() != 1 {
		t.Fatal("the record changed")
	}
}

func TestRefusesASecondProcess(t *testing.T) {
	_, dir := open(t, "envoy", Options{})
	_, err := Open(t.Context(), dir, pass, Options{})
	want(t, "a vault in use", err, fault.InUse)
	other, odir := open(t, "official", Options{})
	other.Close()
	_, err = Open(t.Context(), odir, []byte("wrong"), Options{})
	want(t, "a wrong passphrase", err, fault.Passphrase)
	_, err = Open(t.Context(), t.TempDir(), pass, Options{})
	want(t, "no vault", err, fault.NotFound)
}
