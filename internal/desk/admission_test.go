package desk

import (
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// cohort runs two desks of one cohort on a fake clock, joined at tick 4, with
// tickets of their own.
func cohort(t *testing.T, do func(t *testing.T, rel *relaytest.Relay, table relay.Timetable, a, b *Desk, adir string)) {
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("law", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		table = table.WithTickets(2, time.Hour)
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4})
		a, dir := openIn(t, memoryDir(t), "go-between", Options{Dial: rel.Dial})
		b, _ := openIn(t, memoryDir(t), "envoy", Options{Dial: rel.Dial})
		if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
			t.Fatal(err)
		}
		do(t, rel, table, a, b, dir)
		a.Close()
		b.Close()
		synctest.Wait()
	})
}

func status(t *testing.T, d *Desk) RelayStatus {
	t.Helper()
	s, err := d.Relay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMemberAdmitsWhomItInvites(t *testing.T) {
	cohort(t, func(t *testing.T, rel *relaytest.Relay, table relay.Timetable, a, b *Desk, dir string) {
		if _, err := a.Invite(t.Context(), InviteOrder{For: "envoy", Admit: true}); !fault.Is(err, fault.NotFound) {
			t.Errorf("before there is a ticket: %v", err)
		}
		time.Sleep(time.Until(table.TickStart(14)))
		if s := status(t, a); s.Tickets != 2 || len(s.Member) != 32 || s.From != 0 || !s.Next.Time().Equal(table.TickStart(16)) {
			t.Fatalf("status %+v", s)
		}
		inv, err := a.Invite(t.Context(), InviteOrder{For: "envoy", Admit: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Join(t.Context(), inv, "go-between"); err != nil {
			t.Fatal(err)
		}
		if s := status(t, b); !s.From.Time().Equal(table.TickStart(20)) {
			t.Errorf("the newcomer is told that it begins at %v", s.From.Time())
		}
		time.Sleep(time.Until(table.TickStart(84)))
		if !isOpen(a, "envoy") || !isOpen(b, "go-between") {
			t.Error("the line does not open")
		}
		// A restart neither loses a ticket nor makes one again.
		a.Close()
		a = reopen(t, dir, Options{Dial: rel.Dial})
		time.Sleep(time.Until(table.TickStart(94)))
		if s := status(t, a); s.Tickets != 1 || s.Enrolled != 2 {
			t.Errorf("after a restart: %+v", s)
		}
		// The next ticket epoch begins at tick 120.
		time.Sleep(time.Until(table.TickStart(130)))
		if s := status(t, a); s.Tickets != 3 {
			t.Errorf("in the next ticket epoch: %d tickets", s.Tickets)
		}
		time.Sleep(time.Until(table.TickStart(250)))
		if s := status(t, a); s.Tickets != 4 {
			t.Errorf("tickets whose key is gone are kept: %d tickets", s.Tickets)
		}
		a.Close()
	})
}

func TestWaysOutOfACohort(t *testing.T) {
	for name, leave := range map[string]func(*testing.T, *relaytest.Relay, *Desk){
		"the keeper leaves": func(t *testing.T, _ *relaytest.Relay, d *Desk) {
			if err := d.LeaveRelay(t.Context(), ""); err != nil || !status(t, d).Leaving {
				t.Error("not noted", err)
			}
		},
		"the code is used": func(t *testing.T, rel *relaytest.Relay, d *Desk) {
			addr, code, err := d.Revocation(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := RevokeMember(t.Context(), addr, code, rel.Dial); err != nil {
				t.Error(err)
			}
		},
		"the operator removes": func(t *testing.T, rel *relaytest.Relay, d *Desk) {
			id, err := relay.ParseMember(status(t, d).Member)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rel.Server.Remove(t.Context(), "law", id); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cohort(t, func(t *testing.T, rel *relaytest.Relay, table relay.Timetable, a, b *Desk, _ string) {
				inv, err := a.Invite(t.Context(), InviteOrder{For: "envoy", Ticket: rel.Tickets[1]})
				if err != nil {
					t.Fatal(err)
				}
				if err := b.Join(t.Context(), inv, "go-between"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(table.TickStart(80)))
				if !isOpen(b, "go-between") {
					t.Fatal("the line does not open")
				}
				leave(t, rel, b)
				time.Sleep(time.Until(table.TickStart(110)))
				s := status(t, b)
				if !s.Out || s.Online || s.Until == 0 || !s.Until.Time().Before(table.TickStart(95)) {
					t.Errorf("status %+v", s)
				}
				if got := status(t, a); got.Enrolled != 1 {
					t.Errorf("the other sees %d enrolled", got.Enrolled)
				}
				// It may come back, and its lines are there.
				if err := b.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[2]); err != nil {
					t.Fatal(err)
				}
				if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "there you are")); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Until(table.TickStart(190)))
				if s := status(t, b); s.Out || s.Leaving || s.Until != 0 || !s.Online {
					t.Errorf("after coming back: %+v", s)
				}
				if got := texts(t, b, "go-between"); len(got) != 1 {
					t.Errorf("came: %q", got)
				}
			})
		})
	}
}

func TestTorIsNeverLeftOut(t *testing.T) {
	pin := "#" + relay.Pin{}.String()
	plain, onion := "backchannel-relay:relay.example:1"+pin, "backchannel-relay:b5y6kcbrjz7aixqfoqtqw3zdm2vwsvj4phzcubmxzcs4r3pw3ytkizid.onion:443"+pin
	without, with := &Desk{}, &Desk{opt: Options{Tor: "127.0.0.1:1"}}
	for _, c := range []struct {
		name, address string
		d             *Desk
		member        bool // it enrolled through Tor
		refused       bool
	}{
		{"directly", plain, without, false, false},
		{"a member through Tor, without Tor", plain, without, true, true},
		{"an onion address without Tor", onion, without, false, true},
		{"an onion address", onion, with, false, false},
		{"a member through Tor", plain, with, true, false},
	} {
		_, err := c.d.opt.way(c.address, c.member)
		if fault.Is(err, fault.Refused) != c.refused || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
