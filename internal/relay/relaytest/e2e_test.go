package relaytest

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

// desk is a member that sends a marked cell each tick and processes slates in
// order.
type desk struct {
	t      testing.TB
	c      *client.Conn
	cursor uint64
	seen   map[uint64]relay.Slate
}

func (d *desk) cell(tick uint64) []byte {
	b := make([]byte, d.c.Timetable().CellSize)
	b[0], b[1], b[2], b[3] = 0xce, byte(d.c.Slot()), byte(tick>>8), byte(tick)
	return b
}

// beat waits for the next send moment and makes the exchange.
func (d *desk) beat() client.Reply {
	d.t.Helper()
	tt := d.c.Timetable()
	now := time.Now()
	tick, _ := tt.Tick(now)
	if !tt.SendAt(tick).After(now) {
		tick++
	}
	time.Sleep(time.Until(tt.SendAt(tick)))
	r, err := d.c.Exchange(d.t.Context(), tick, d.cursor, d.cell(tick))
	if err != nil {
		d.t.Fatalf("slot %d tick %d: %v", d.c.Slot(), tick, err)
	}
	d.take(r)
	return r
}

func (d *desk) take(r client.Reply) {
	d.cursor = max(d.cursor, r.Resume)
	for _, s := range r.Slates {
		if s.Tick == d.cursor {
			d.seen[s.Tick] = s
			d.cursor++
		}
	}
}

func dial(t testing.TB, r *Relay, cred client.Credentials, o client.Options) *desk {
	t.Helper()
	c, err := client.Dial(t.Context(), r.Addr, cred, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &desk{t: t, c: c, seen: map[uint64]relay.Slate{}}
}

func TestTwoMembersExchangeOnAFakeClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := Memory(t, Options{})
		ca, ea := r.Join(t)
		cb, _ := r.Join(t)
		a, b := dial(t, r, ca, r.Client()), dial(t, r, cb, r.Client())
		for range 20 {
			done := make(chan struct{})
			go func() { defer close(done); b.beat() }()
			a.beat()
			<-done
		}
		n := 0
		for tick, s := range a.seen {
			if tick < ea.FromTick || tick >= a.cursor-1 {
				continue
			}
			n++
			if !s.Present[0] || !s.Present[1] || !bytes.Equal(s.Cells[1], b.cell(tick)) {
				t.Errorf("tick %d: not both cells: %v", tick, s.Present)
			}
			if o, ok := b.seen[tick]; !ok || !bytes.Equal(o.Cells[0], a.cell(tick)) {
				t.Errorf("tick %d: the other does not see the same", tick)
			}
		}
		if n < 10 {
			t.Fatalf("only %d slates", n)
		}
	})
}

func TestTwoMembersExchangeOnTheLoopback(t *testing.T) {
	tt := relay.NewTimetable("loop", time.Now(), 100*time.Millisecond)
	tt.Capacity, tt.JoinEvery = 8, 4
	r := Start(t, Options{Timetable: tt, Hostile: true})
	ca, _ := r.Join(t)
	a := dial(t, r, ca, r.Client())
	for {
		if a.beat().Verdict == relay.Accepted && len(a.seen) > 10 {
			break
		}
	}
}
