package relay_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/relaytest"
)

// desk is a member that sends a marked cell each tick and processes slates in
// order.
type desk struct {
	t      testing.TB
	c      *client.Conn
	r      *relaytest.Relay
	cred   client.Credentials
	cursor uint64
	seen   map[uint64]relay.Slate
	acked  map[uint64]bool
}

func cellOf(slot int, tick uint64, size int) []byte {
	b := bytes.Repeat([]byte{0xce}, size)
	copy(b, fmt.Sprintf("slot %d tick %d ", slot, tick))
	return b
}

// join enrols a desk and connects it.
func join(t testing.TB, r *relaytest.Relay) *desk {
	t.Helper()
	cred, _ := r.Join(t)
	d := &desk{t: t, r: r, cred: cred, seen: map[uint64]relay.Slate{}, acked: map[uint64]bool{}}
	d.dial(r.Client())
	return d
}

func (d *desk) dial(o client.Options) {
	d.t.Helper()
	c, err := client.Dial(d.t.Context(), d.r.Addr, d.cred, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	d.c = c
}

// nextSend sleeps until the next send moment.
func nextSend(tt relay.Timetable) uint64 {
	now := time.Now()
	tick, _ := tt.Tick(now)
	if !tt.SendAt(tick).After(now) {
		tick++
	}
	time.Sleep(time.Until(tt.SendAt(tick)))
	return tick
}

func (d *desk) exchange(tick uint64) (client.Reply, error) {
	r, err := d.c.Exchange(d.t.Context(), tick, d.cursor, cellOf(d.c.Slot(), tick, d.c.Timetable().CellSize))
	if err == nil {
		d.take(r)
	}
	return r, err
}

// beat waits for the next send moment and makes the exchange.
func (d *desk) beat() client.Reply {
	d.t.Helper()
	r, err := d.exchange(nextSend(d.c.Timetable()))
	if err != nil {
		d.t.Fatalf("slot %d: %v", d.c.Slot(), err)
	}
	return r
}

func (d *desk) take(r client.Reply) {
	if r.Verdict == relay.Accepted {
		d.acked[r.Tick] = true
	}
	d.cursor = max(d.cursor, r.Resume)
	for _, s := range r.Slates {
		if s.Tick == d.cursor {
			d.seen[s.Tick] = s
			d.cursor++
		}
	}
}

// inForce beats until the desk's cells count.
func (d *desk) inForce() {
	d.t.Helper()
	for i := 0; ; i++ {
		if d.beat().Verdict == relay.Accepted {
			return
		}
		if i > 40 {
			d.t.Fatal("never in force")
		}
	}
}

// together beats several desks in one tick.
func together(ds ...*desk) {
	done := make(chan struct{})
	for _, d := range ds {
		go func() { defer func() { done <- struct{}{} }(); d.beat() }()
	}
	for range ds {
		<-done
	}
}

// checkSeen checks that every acknowledged cell stands in the slates that a
// desk got, from a tick on.
func (d *desk) checkSeen(from uint64, of *desk) {
	d.t.Helper()
	n := 0
	for tick := range of.acked {
		s, ok := d.seen[tick]
		if tick < from || !ok && tick >= d.cursor {
			continue
		}
		n++
		if !ok || !s.Present[of.c.Slot()] || !bytes.Equal(s.Cells[of.c.Slot()], cellOf(of.c.Slot(), tick, d.c.Timetable().CellSize)) {
			d.t.Errorf("the acknowledged cell of slot %d in tick %d is not in its slate", of.c.Slot(), tick)
		}
	}
	if n == 0 {
		d.t.Error("no acknowledged cell to look for")
	}
}

func wantKind(t testing.TB, what string, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("%s: got %v (%v), want %v", what, err, fault.KindOf(err), k)
	}
}
