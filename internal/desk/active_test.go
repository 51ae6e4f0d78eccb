package desk

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// cohortTrace is what a wire-tap and a stop-watch would have of each of four
// members: the victim, who talks with a peer; the peer, who also has a line to
// a third; the third; and a stranger without lines.
type cohortTrace struct {
	of   [4]trace
	came [2]int // messages that passed between victim and peer, each way
	done map[string]int
}

var actors = [4]record.Name{"victim", "peer", "third", "stranger"}

// meddle runs a talk for a fixed time on a fake clock, while the relay does
// something to the victim from the tenth tick of the watch to the twentieth.
func meddle(t *testing.T, how relaytest.Misbehaviour) (tr cohortTrace) {
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("law", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4, Hostile: true, Seed: 3})
		var taps [4]*relaytest.Tap
		var desks [4]*Desk
		for i, name := range actors {
			taps[i] = relaytest.NewTap(rel.Dial)
			desks[i], _ = openIn(t, memoryDir(t), name, Options{Dial: taps[i].Dial})
			if err := desks[i].Enrol(t.Context(), rel.Addr.String(), rel.Tickets[i]); err != nil {
				t.Fatal(err)
			}
			desks[i].post.mu.Lock()
			desks[i].post.clocks[0].keepWork = true
			desks[i].post.mu.Unlock()
		}
		for _, pair := range [][2]int{{0, 1}, {1, 2}} {
			go func() {
				inv, err := desks[pair[0]].Invite(context.Background(), InviteOrder{For: actors[pair[1]]})
				if err == nil {
					err = desks[pair[1]].Join(context.Background(), inv, actors[pair[0]])
				}
				if err != nil {
					t.Error(err)
				}
			}()
		}
		const first = 40
		time.Sleep(time.Until(table.TickStart(first)))
		var from [4]int
		for i := range desks {
			from[i] = len(taps[i].Writes())
			desks[i].post.mu.Lock()
			desks[i].post.clocks[0].works = nil
			desks[i].post.mu.Unlock()
		}
		for i := range lawTicks {
			time.Sleep(time.Until(table.TickStart(uint64(first + 1 + i))))
			switch i {
			case 10:
				rel.Hostile.Set(how)
			case 20:
				rel.Hostile.Set(relaytest.Misbehaviour{})
			}
			if i%4 == 1 && i < 24 {
				write(t, desks[0], say(desks[0], actors[1], fmt.Sprint("to the peer ", i)))
				write(t, desks[1], say(desks[1], actors[0], fmt.Sprint("to the victim ", i)))
				write(t, desks[1], say(desks[1], actors[2], fmt.Sprint("to the third ", i)))
			}
		}
		time.Sleep(time.Until(table.TickStart(first + 1 + lawTicks)))
		for i, d := range desks {
			tr.of[i].writes = taps[i].Writes()[from[i]:]
			d.post.mu.Lock()
			tr.of[i].works = slices.Clone(d.post.clocks[0].works)
			d.post.mu.Unlock()
		}
		tr.came = [2]int{len(texts(t, desks[1], actors[0])), len(texts(t, desks[0], actors[1]))}
		tr.done = rel.Hostile.Done()
		for _, d := range desks {
			d.Close()
		}
		synctest.Wait()
	})
	return tr
}

// TestLaw2_WhatARelayDoesToOneMemberShowsAtNoOther: a relay that drops, alters,
// hides, replays, delays or holds up one member's cells, or leaves him without
// answer, changes no write and no work of any other member: not of the one he
// talks with, either. In his own traffic it changes nothing, unless he is kept
// from the relay, and then what follows from that alone. And when it stops, the
// talk goes on.
//
// When his answers come late, he writes the same, at the same moments, and works
// off two slates where there were two: the relay, which decided that, learns
// nothing from it.
func TestLaw2_WhatARelayDoesToOneMemberShowsAtNoOther(t *testing.T) {
	misdeeds := []struct {
		name, done string
		how        relaytest.Misbehaviour
		kept       bool // from the relay
		late       bool // his answers come late
	}{
		{"drops his cells", "drop", relaytest.Misbehaviour{DropCells: 0.7}, false, false},
		{"alters his cells", "alter-sent", relaytest.Misbehaviour{AlterSent: 0.7}, false, false},
		{"hides his cells from some", "hide", relaytest.Misbehaviour{HideCells: 0.7}, false, false},
		{"shows each reader other cells of his", "alter", relaytest.Misbehaviour{AlterCells: 0.7}, false, false},
		{"replays his cells", "repeat", relaytest.Misbehaviour{RepeatSlates: 0.7}, false, false},
		{"delays his cells by a tick", "delay", relaytest.Misbehaviour{DelaySlates: true}, false, false},
		{"shows his cells of five ticks ago", "roll-back", relaytest.Misbehaviour{RollBack: 5}, false, false},
		{"holds up what he sends", "hold", relaytest.Misbehaviour{Hold: lawPeriod * 9 / 10}, false, true},
		{"does not answer him", "drop-reply", relaytest.Misbehaviour{DropReplies: 1}, true, false},
	}
	if testing.Short() {
		misdeeds = misdeeds[3:6]
	}
	base := meddle(t, relaytest.Misbehaviour{})
	if base.came != [2]int{6, 6} {
		t.Fatalf("honestly, %v messages came", base.came)
	}
	for _, m := range misdeeds {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.how.Victim = 1 // who enrolled first has the first slot
			got := meddle(t, m.how)
			if got.done[m.done] == 0 {
				t.Errorf("the relay was honest: %v", got.done)
			}
			if m.late {
				if slices.Equal(base.of[0].works, got.of[0].works) {
					t.Error("his answers did not come late")
				}
				got.of[0].works = base.of[0].works
			}
			for i, name := range actors {
				if diff := sameTrace(base.of[i], got.of[i]); diff != "" && (i > 0 || !m.kept) {
					t.Errorf("it shows at the %s: %s", name, diff)
				} else if diff == "" && i == 0 && m.kept {
					t.Error("it does not even show at the victim: he was not kept from the relay")
				}
			}
			if got.came != base.came {
				t.Errorf("%v messages came in the end", got.came)
			}
		})
	}
}
