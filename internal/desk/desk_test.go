package desk

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
)

// testPeriod is the tick of relays on the loopback. With the race detector on,
// a tick's work takes ten times as long.
const testPeriod = 50 * time.Millisecond * raceFactor

var pass = []byte("correct horse")

// open makes a desk for keeper in a fresh folder and opens it.
func open(t *testing.T, keeper record.Name, opt Options) (*Desk, string) {
	t.Helper()
	return openIn(t, t.TempDir(), keeper, opt)
}

func openIn(t *testing.T, dir string, keeper record.Name, opt Options) (*Desk, string) {
	t.Helper()
	dir = filepath.Join(dir, string(keeper))
	if err := Create(dir, keeper, pass, vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	return reopen(t, dir, opt), dir
}

func reopen(t *testing.T, dir string, opt Options) *Desk {
	t.Helper()
	if testing.Verbose() && opt.Log == nil {
		opt.Log = slog.New(slog.NewTextHandler(t.Output(), nil)).With("desk", filepath.Base(dir))
	}
	d, err := Open(t.Context(), dir, pass, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// startRelay runs a relay with a short tick on the loopback.
func startRelay(t *testing.T, o relaytest.Options) *relaytest.Relay {
	t.Helper()
	if o.Timetable == (relay.Timetable{}) {
		o.Timetable = relay.NewTimetable("test", time.Now().Add(-time.Minute), testPeriod)
		o.Timetable.Capacity, o.Timetable.JoinEvery = 8, 4
	}
	o.Tickets = 8
	return relaytest.Start(t, o)
}

// join opens a line between two desks by an invite.
func join(t *testing.T, a, b *Desk, ticket string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	inv, err := a.Invite(ctx, InviteOrder{For: b.Keeper(), Ticket: ticket})
	if err != nil {
		t.Fatal("invite:", err)
	}
	if err := b.Join(ctx, inv, a.Keeper()); err != nil {
		t.Fatal("join:", err)
	}
	eventually(t, "the line opens", func() bool { return isOpen(a, b.Keeper()) && isOpen(b, a.Keeper()) })
}

func isOpen(d *Desk, who record.Name) bool {
	lines, err := d.Lines(context.Background())
	for _, l := range lines {
		if err == nil && l.Peer == who && l.Phase == Opened {
			return true
		}
	}
	return false
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 4800 { // no promise about time: machines are slow and busy
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not happen:", what)
}

// say is a message from d's keeper to somebody.
func say(d *Desk, to record.Name, text string) record.Entry {
	return record.Entry{Audience: []record.Name{to}, Body: record.Message{
		From: d.Keeper(), To: to, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: text,
	}}
}

// texts gives the texts of the messages at d that came from a person.
func texts(t *testing.T, d *Desk, from record.Name) []string {
	t.Helper()
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, it := range r.Known() {
		if m, ok := it.Body.(record.Message); ok && it.By == from {
			out = append(out, m.Text)
		}
	}
	return out
}

func TestTwoDesksTalkOverARelay(t *testing.T) {
	t.Parallel()
	rel := startRelay(t, relaytest.Options{})
	a, _ := open(t, "go-between", Options{})
	b, bdir := open(t, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])

	la, _ := a.Lines(t.Context())
	lb, _ := b.Lines(t.Context())
	if fmt.Sprint(la[0].Words) != fmt.Sprint(lb[0].Words) || len(la[0].Words) != 12 {
		t.Fatalf("words to compare differ: %v, %v", la[0].Words, lb[0].Words)
	}
	const n = 20
	for i := range n {
		if _, err := a.Write(t.Context(), Commit, say(a, "envoy", fmt.Sprint("message ", i))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all arrive", func() bool { return len(texts(t, b, "go-between")) == n })
	for i, s := range texts(t, b, "go-between") {
		if s != fmt.Sprint("message ", i) {
			t.Fatalf("message %d is %q", i, s)
		}
	}
	eventually(t, "all are marked received", func() bool { return received(t, a, "envoy") == n })

	// What was received is there after a restart, and the talk goes on.
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "while you were away")); err != nil {
		t.Fatal(err)
	}
	b = reopen(t, bdir, Options{})
	eventually(t, "the last arrives", func() bool { return len(texts(t, b, "go-between")) == n+1 })
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(bdir, pass, nil)
	if err != nil || len(rep.Notices) > 0 {
		t.Fatalf("verify: %+v %v", rep, err)
	}
}

func received(t *testing.T, d *Desk, by record.Name) (n int) {
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		if c, ok := it.Body.(record.Conveyance); ok && c.Step == record.Received && c.To == by {
			n++
		}
	}
	return n
}

func TestControlSocketMeansTheSame(t *testing.T) {
	d, dir := open(t, "envoy", Options{CaseClock: true})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- d.ServeControl(ctx, dir) }()
	var r *Remote
	eventually(t, "the socket answers", func() bool {
		var err error
		r, err = Connect(ctx, dir)
		return err == nil
	})
	at := record.At(time.Date(2025, 4, 3, 10, 0, 0, 0, time.UTC))
	if err := r.SetClock(ctx, at); err != nil {
		t.Fatal(err)
	}
	changes, err := r.Changes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	<-changes
	draft := record.Entry{SaidBy: "official", HeardFrom: "official", Body: record.Message{
		From: "official", To: "envoy", Form: record.Call, Fidelity: record.Paraphrase, SpeechAct: record.Ask, Text: "He asks for a channel.",
	}}
	if p, err := r.Write(ctx, Preview, draft); err != nil || len(p.Entries) != 1 {
		t.Fatal(p, err)
	}
	if rec, _ := r.Record(ctx); rec.Len() != 0 {
		t.Fatal("a preview wrote something")
	}
	if _, err := r.Write(ctx, Commit, draft); err != nil {
		t.Fatal(err)
	}
	<-changes
	rec, err := r.Record(ctx)
	if err != nil || rec.Len() != 1 || rec.At(0).Known != at {
		t.Fatal(rec, err)
	}
	if _, err := r.Write(ctx, Commit, say(d, "nobody", "x")); !fault.Is(err, fault.Refused) || fault.HintOf(err) == "" {
		t.Fatalf("a message to somebody without a line: %v", err)
	}
	if err := r.SetClock(ctx, at-1); !fault.Is(err, fault.Clock) {
		t.Fatalf("the case clock went back: %v", err)
	}
	r.Close()
	stop()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(t.Context(), dir); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Unreachable) {
		t.Fatalf("a desk that is not served: %v", err)
	}
}
