package web

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
)

// seat is a real desk and the browser of whoever sits at it.
type seat struct {
	*screen
	d *desk.Desk
}

// twoSeats sets up the desks of a case's go-between and envoy, before a real
// relay and with a real line between them. The go-between reads English on a
// laptop, the envoy Arabic on a phone.
func twoSeats(t *testing.T, name string) (c *casefile.Case, gb, envoy seat) {
	t.Helper()
	if testing.Short() {
		t.Skip("in the tests without the race detector")
	}
	c, err := casefile.Load(casefile.Cases(), name)
	if err != nil {
		t.Fatal(err)
	}
	table := relay.NewTimetable("test", time.Now().Add(-time.Minute), 200*time.Millisecond)
	table.Capacity, table.JoinEvery = 8, 4
	r := relaytest.Start(t, relaytest.Options{Timetable: table, Tickets: 2})
	a, b := sit(t, c, "go-between"), sit(t, c, "envoy")
	for _, step := range []func() error{
		func() error { return a.Enrol(t.Context(), r.Addr.String(), r.Tickets[0]) },
		func() error {
			invite, err := a.Invite(t.Context(), desk.InviteOrder{For: "envoy", Ticket: r.Tickets[1]})
			if err != nil {
				return err
			}
			return b.Join(t.Context(), invite, "go-between")
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	gb, envoy = seat{look(t, a), a}, seat{look(t, b), b}
	gb.width(1280)
	gb.login()
	envoy.width(360)
	envoy.login()
	envoy.speak("ar")
	for _, s := range []struct {
		seat
		peer record.Name
	}{{gb, "envoy"}, {envoy, "go-between"}} {
		for !isOpened(t, s.d, s.peer) {
			time.Sleep(50 * time.Millisecond) // no promise about time: the test's own limit ends it
		}
		if err := s.d.Compared(t.Context(), s.peer, true); err != nil {
			t.Fatal(err)
		}
	}
	return c, gb, envoy
}

func isOpened(t *testing.T, d *desk.Desk, peer record.Name) bool {
	t.Helper()
	lines, err := d.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(lines, func(l desk.LineStatus) bool { return l.Peer == peer && l.Phase == desk.Opened })
}

// sit opens a desk of the case, on which everybody has been introduced.
func sit(t *testing.T, c *casefile.Case, keeper record.Name) *desk.Desk {
	t.Helper()
	dir, err := os.MkdirTemp("", "bcseat") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	pass := []byte("nobody's secret")
	err = desk.Create(dir, keeper, pass, vault.Cheap())
	var d *desk.Desk
	if err == nil {
		d, err = desk.Open(t.Context(), dir, pass, desk.Options{CaseClock: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Close()
		os.RemoveAll(dir)
	})
	var drafts []record.Entry
	for _, x := range c.Chain() {
		for _, p := range x.Parties {
			drafts = append(drafts, record.Entry{Body: p})
		}
		for _, p := range x.Persons {
			drafts = append(drafts, record.Entry{Body: p})
		}
	}
	for _, r := range []record.Role{
		{Person: "official", Party: "movement", As: record.Envoy}, {Person: "envoy", Party: "power", As: record.Envoy}, {Person: "go-between", As: record.GoBetween},
	} {
		drafts = append(drafts, record.Entry{Body: r})
	}
	drafts = append(drafts, record.Entry{Body: record.Rule{}})
	if err := d.SetClock(t.Context(), c.Start); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(t.Context(), desk.Commit, drafts...); err != nil {
		t.Fatal(err)
	}
	return d
}

// at moves the clock of the case at both desks.
func clockAt(t *testing.T, when string, seats ...seat) {
	t.Helper()
	for _, s := range seats {
		if err := s.d.SetClock(context.Background(), at(when)); err != nil {
			t.Fatal(err)
		}
	}
}

// script gives the words of a case, each of which must stand in its file.
func script(t *testing.T, c *casefile.Case) func(string) string {
	t.Helper()
	var src strings.Builder
	for _, x := range c.Chain() {
		f, err := casefile.Cases().Open(x.Name + ".case")
		if err != nil {
			t.Fatal(err)
		}
		var b [1 << 20]byte
		n, err := f.Read(b[:])
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		src.Write(b[:n])
	}
	all := strings.ReplaceAll(src.String(), "\"\n  \"", " ")
	return func(s string) string {
		if !strings.Contains(all, `"`+s+`"`) {
			t.Errorf("the case has no %q", s)
		}
		return s
	}
}
