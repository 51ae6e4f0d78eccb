package relay_test

import (
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/relaytest"
)

// batchFor gives the batch of the ticket epoch of a tick.
func batchFor(t testing.TB, c *client.Conn, tick uint64, seed byte) *relay.Batch {
	t.Helper()
	var key relay.TicketKey
	for _, v := range c.Charters() {
		if k, ok := v.TicketKey(); ok && v.Charter().Roster.FromTick <= tick {
			key = k
		}
	}
	b, err := relay.NewBatch([32]byte{seed}, key, c.Timetable().Tickets)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func errandOf(t *testing.T, c *client.Conn, kind int) relay.Errand {
	t.Helper()
	switch kind {
	case 0:
		return relay.Errand{}
	default:
		return batchFor(t, c, 0, byte(kind)).Errand()
	}
}

// atJoin beats up to the next join tick and gives the reply of it.
func (d *desk) atJoin() client.Reply {
	d.t.Helper()
	for {
		if r := d.beat(); d.c.Timetable().JoinTick(r.Tick) {
			return r
		}
	}
}

// tickets gets a batch signed.
func (d *desk) tickets(seed byte) []relay.Ticket {
	d.t.Helper()
	b := batchFor(d.t, d.c, nextSend(d.c.Timetable())+4, seed)
	d.c.SetErrand(b.Errand())
	ts, err := b.Finish(d.atJoin().Receipt)
	if err != nil {
		d.t.Fatal(err)
	}
	return ts
}

func TestRelay24And26And27_AMemberGetsTicketsAndHandsThemOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a := join(t, r)
		a.inForce()
		ts := a.tickets(1)
		if again := a.tickets(1); again[0] != ts[0] {
			t.Error("the same batch gives other tickets")
		}
		a.dial(r.Client())
		if again := a.tickets(1); again[1] != ts[1] {
			t.Error("on another connection the same batch gives other tickets")
		}
		b := batchFor(t, a.c, nextSend(a.c.Timetable()), 2)
		a.c.SetErrand(b.Errand())
		if got := a.atJoin().Receipt.Status; got != relay.ReceiptRefused {
			t.Errorf("a second batch in one ticket epoch: %v", got)
		}
		old := b.Errand()
		old.Epoch += 7
		a.c.SetErrand(old)
		if got := a.atJoin().Receipt.Status; got != relay.ReceiptNone {
			t.Errorf("a batch of another ticket epoch: %v", got)
		}
		tok := relay.NewToken()
		e, err := enrol(t, r, ts[0].Text(), tok)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := enrol(t, r, ts[0].Text(), tok); err != nil || again.Slot != e.Slot {
			t.Errorf("the same ticket and token again: %v %v", again, err)
		}
		_, err = enrol(t, r, ts[0].Text(), relay.NewToken())
		wantKind(t, "a ticket used twice", err, fault.Refused)
		forged := []byte(ts[1].Text())
		forged[len(forged)-9] ^= 1
		_, err = enrol(t, r, string(forged), relay.NewToken())
		wantKind(t, "a forged ticket", err, fault.Unauthentic)
		if _, err := enrol(t, r, ts[1].Text(), relay.NewToken()); err != nil {
			t.Error(err)
		}
	})
}

func TestRelay27_WhoIsNotInForceGetsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a := join(t, r)
		time.Sleep(time.Until(a.c.Timetable().SendAt(a.c.FromTick() - 4)))
		a.dial(r.Client())
		a.c.SetErrand(errandOf(t, a.c, 1))
		tick := a.c.FromTick() - 4
		if got, err := a.exchange(tick); err != nil || got.Verdict != relay.NotInForce || got.Receipt.Status != relay.ReceiptNone {
			t.Errorf("before the join epoch: %+v %v", got, err)
		}
	})
}

// gone beats until the relay ends the connection, and checks that it does not
// take the member again.
func (d *desk) gone(r *relaytest.Relay) (last uint64) {
	d.t.Helper()
	for i := 0; ; i++ {
		got, err := d.exchange(nextSend(d.c.Timetable()))
		if err != nil {
			break
		}
		last = got.Tick
		if i > 40 {
			d.t.Fatal("never gone")
		}
	}
	_, err := client.Dial(d.t.Context(), r.Addr, d.cred, r.Client())
	wantKind(d.t, "who has left", err, fault.Refused)
	return last
}

func TestRelay30And32_WaysToLeave(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *relaytest.Relay, *desk) time.Time{
		"by an errand": func(_ *testing.T, _ *relaytest.Relay, d *desk) time.Time {
			d.c.SetErrand(relay.Errand{Leave: true})
			d.atJoin()
			return time.Time{}
		},
		"by the revocation code": func(t *testing.T, r *relaytest.Relay, d *desk) time.Time {
			at, err := client.Revoke(t.Context(), r.Addr, r.Codes[d.c.Slot()], r.Client())
			if err != nil {
				t.Fatal(err)
			}
			if again, err := client.Revoke(t.Context(), r.Addr, r.Codes[d.c.Slot()], r.Client()); err != nil || !again.Equal(at) {
				t.Errorf("asked again: %v %v", again, err)
			}
			_, err = client.Revoke(t.Context(), r.Addr, relay.NewRevocation(), r.Client())
			wantKind(t, "a foreign code", err, fault.Refused)
			return at
		},
		"by the operator": func(t *testing.T, r *relaytest.Relay, d *desk) time.Time {
			vs := d.c.Charters()
			at, err := r.Server.Remove(t.Context(), "test", vs[len(vs)-1].Charter().Roster.Members[d.c.Slot()])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.Server.Remove(t.Context(), "test", relay.MemberID{1}); !fault.Is(err, fault.NotFound) {
				t.Errorf("a member who is not there: %v", err)
			}
			return at
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relaytest.Memory(t, relaytest.Options{})
				a, b := join(t, r), join(t, r)
				together(a, b)
				a.inForce()
				b.dial(r.Client())
				at := leave(t, r, b)
				last := b.gone(r)
				tt := a.c.Timetable()
				if !tt.JoinTick(last + 1) {
					t.Errorf("the last exchange is of tick %d: that is no join epoch", last)
				}
				if !at.IsZero() && !at.Equal(tt.TickStart(last+1)) {
					t.Errorf("announced for %v, came at %v", at, tt.TickStart(last+1))
				}
				a.dial(r.Client())
				a.beat()
				a.beat()
				vs := a.c.Charters()
				if ro := vs[len(vs)-1].Charter().Roster; ro.Has(b.c.Slot()) || ro.Enrolled() != 1 {
					t.Errorf("the roster of the others: %+v", ro)
				}
				// His slot is free for somebody else, and his lines to others end for nobody.
				c := join(t, r)
				c.inForce()
				if c.c.Slot() != b.c.Slot() {
					t.Errorf("slot %d was not taken again", b.c.Slot())
				}
				a.dial(r.Client())
				for range 8 {
					together(a, c)
				}
				a.checkSeen(last+4, c)
			})
		})
	}
}
