package desk

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// TestARelayThatShowsTwoRostersIsCaught: each desk is shown a roster that
// follows from what it holds, rightly signed, so neither can tell by itself.
// Their cells do not open any more, both say why, and nothing passes.
// [RELAY-13]
func TestARelayThatShowsTwoRostersIsCaught(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("law", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4, Hostile: true})
		a, _ := openIn(t, memoryDir(t), "go-between", Options{Dial: rel.Dial})
		b, _ := openIn(t, memoryDir(t), "envoy", Options{Dial: rel.Dial})
		if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
			t.Fatal(err)
		}
		inv, err := a.Invite(t.Context(), InviteOrder{For: "envoy", Ticket: rel.Tickets[1]})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Join(t.Context(), inv, "go-between"); err != nil {
			t.Fatal(err)
		}
		at := func(tick uint64) { time.Sleep(time.Until(table.TickStart(tick).Add(time.Second))) }
		at(80)
		if !isOpen(a, "envoy") || !isOpen(b, "go-between") {
			t.Fatal("the line does not open")
		}
		// From when a third member's roster is decided, the second sees another third.
		was := len(rel.Server.Charters("law"))
		rel.Tickets = rel.Tickets[2:]
		rel.Join(t)
		tick := uint64(81)
		for ; len(rel.Server.Charters("law")) == was; tick++ {
			if at(tick); tick > 120 {
				t.Fatal("the third member's roster is never decided")
			}
		}
		rel.Hostile.Set(relaytest.Misbehaviour{TwoRosters: true})
		at(tick + 4) // in force
		if rel.Hostile.Done()["two-rosters"] == 0 {
			t.Fatal("the relay is honest")
		}
		if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "under two rosters")); err != nil {
			t.Fatal(err)
		}
		at(tick + 24)
		if got := texts(t, b, "go-between"); len(got) != 0 {
			t.Errorf("it came: %q", got)
		}
		for _, d := range []*Desk{a, b} {
			if s := status(t, d); !s.Online || !strings.Contains(s.Trouble, "different rosters") {
				t.Errorf("%s is told %q", d.Keeper(), s.Trouble)
			}
		}
		a.Close()
		b.Close()
		synctest.Wait()
	})
}
