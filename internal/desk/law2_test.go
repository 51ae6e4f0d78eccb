package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// trace is what a wire-tap and a stop-watch would have of one desk.
type trace struct {
	writes []relaytest.Write
	works  []work
	came   int // messages that reached the other desk: the workload was real
}

// workload is what people do at a desk during one run, by tick.
type workload struct {
	name string
	do   func(s *stage, tick int)
}

// stage is two desks and a bystander on a fake clock.
type stage struct {
	t    *testing.T
	rel  *relaytest.Relay
	a, b *Desk
	bdir string
}

const (
	lawPeriod = 30 * time.Second
	lawTicks  = 40
)

// observe runs a workload for a fixed time on a fake clock, and gives the
// trace of desk a from the moment when both desks are members.
func observe(t *testing.T, w workload) trace { return observeWith(t, w, func(net.Conn) {}) }

func observeWith(t *testing.T, w workload, dialled func(net.Conn)) (tr trace) {
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("law", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		table = table.WithTickets(2, 20*time.Minute) // several ticket epochs pass
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 4})
		tap := relaytest.NewTap(rel.Dial)
		s := &stage{t: t, rel: rel}
		s.a, _ = openIn(t, memoryDir(t), "go-between", Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := tap.Dial(ctx, network, addr)
			dialled(c)
			return c, err
		}})
		s.b, s.bdir = openIn(t, memoryDir(t), "envoy", Options{Dial: rel.Dial})
		ctx := t.Context()
		for i, d := range []*Desk{s.a, s.b} {
			if err := d.Enrol(ctx, rel.Addr.String(), rel.Tickets[i]); err != nil {
				t.Fatal(err)
			}
		}
		s.a.post.mu.Lock()
		s.a.post.clocks[0].keepWork = true
		s.a.post.mu.Unlock()
		// The line is open before the watch begins, unless its opening is the
		// workload.
		if w.name != "a line opens" {
			go s.open()
		}
		time.Sleep(time.Until(table.TickStart(30)))
		from := len(tap.Writes())
		s.a.post.mu.Lock()
		s.a.post.clocks[0].works = nil
		s.a.post.mu.Unlock()
		for i := range lawTicks {
			time.Sleep(time.Until(table.TickStart(uint64(31 + i))))
			if w.do != nil {
				w.do(s, i)
			}
		}
		time.Sleep(time.Until(table.TickStart(31 + lawTicks)))
		tr.writes = tap.Writes()[from:]
		s.a.post.mu.Lock()
		tr.works = slices.Clone(s.a.post.clocks[0].works)
		s.a.post.mu.Unlock()
		tr.came = len(texts(t, s.b, "go-between"))
		s.a.Close()
		s.b.Close()
		synctest.Wait()
	})
	return tr
}

// memoryDir gives a folder in memory where there is one. The disk's own time
// does not matter on a fake clock, and two hundred runs sync it half a million
// times.
func memoryDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "backchannel-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (s *stage) open() {
	inv, err := s.a.Invite(context.Background(), InviteOrder{For: "envoy"})
	if err != nil {
		s.t.Error("invite:", err)
		return
	}
	if err := s.b.Join(context.Background(), inv, "go-between"); err != nil {
		s.t.Error("join:", err)
	}
}

func (s *stage) say(text string) {
	if _, err := s.a.Write(context.Background(), Commit, say(s.a, "envoy", text)); err != nil {
		s.t.Error(err)
	}
}

func (s *stage) reply(text string) {
	if _, err := s.b.Write(context.Background(), Commit, say(s.b, "go-between", text)); err != nil {
		s.t.Error(err)
	}
}

var silence = workload{name: "silence"}

// randomWorkload draws what happens at the desks.
func randomWorkload(seed uint64) workload {
	r := rand.New(rand.NewPCG(seed, 2))
	kinds := []workload{
		silence,
		{"a burst", func(s *stage, tick int) {
			if tick%10 == 3 {
				for i := range 1 + r.IntN(20) {
					s.say(fmt.Sprint("burst ", i))
				}
			}
		}},
		{"talk both ways", func(s *stage, tick int) {
			if r.IntN(3) == 0 {
				s.say(strings.Repeat("word ", 1+r.IntN(400)))
			}
			if r.IntN(3) == 0 {
				s.reply(strings.Repeat("answer ", 1+r.IntN(400)))
			}
		}},
		{"a large file", func(s *stage, tick int) {
			if tick == 2 {
				// A frame is at most a mebibyte, so more goes in two.
				for range 2 {
					var parts []record.Entry
					for range 5 {
						parts = append(parts, say(s.a, "envoy", strings.Repeat("x", 120<<10)))
					}
					if _, err := s.a.Write(context.Background(), Commit, parts...); err != nil {
						s.t.Error(err)
					}
				}
			}
		}},
		{"a line opens", func(s *stage, tick int) {
			if tick == 1 {
				go s.open()
			}
		}},
		{"the counterpart is away", func(s *stage, tick int) {
			if tick == 2 {
				s.b.Close()
			}
			if tick > 2 && r.IntN(2) == 0 {
				s.say("are you there")
			}
		}},
		{"a backlog after a pause", func(s *stage, tick int) {
			switch {
			case tick == 2:
				s.b.Close()
			case tick == 15:
				d, err := Open(context.Background(), s.bdir, pass, Options{Dial: s.rel.Dial})
				if err != nil {
					s.t.Error(err)
				}
				s.b = d
			case tick < 15:
				s.say("for when you are back")
			}
		}},
		{"a snapshot falls due", func(s *stage, tick int) {
			if tick%12 == 3 {
				var notes []record.Entry
				for range 700 {
					notes = append(notes, record.Entry{Body: record.Note{Text: strings.Repeat("n", r.IntN(300))}})
				}
				if _, err := s.a.Write(context.Background(), Commit, notes...); err != nil {
					s.t.Error(err)
				}
			}
		}},
		{"the keeper works by hand", func(s *stage, tick int) {
			d := say(s.a, "envoy", "by phone")
			d.Audience = nil
			if _, err := s.a.Write(context.Background(), Commit, d); err != nil {
				s.t.Error(err)
			}
		}},
	}
	return kinds[seed%uint64(len(kinds))]
}

// sameTrace says how two traces differ, or "".
func sameTrace(a, b trace) string {
	if len(a.writes) != len(b.writes) || len(a.writes) < lawTicks-1 {
		return fmt.Sprintf("%d writes against %d", len(a.writes), len(b.writes))
	}
	for i := range a.writes {
		if a.writes[i] != b.writes[i] {
			return fmt.Sprintf("write %d: %+v against %+v", i, a.writes[i], b.writes[i])
		}
	}
	if len(a.works) != len(b.works) {
		return fmt.Sprintf("%d ticks worked against %d", len(a.works), len(b.works))
	}
	for i := range a.works {
		if a.works[i] != b.works[i] {
			return fmt.Sprintf("work of tick %d: %+v against %+v", a.works[i].Tick, a.works[i], b.works[i])
		}
	}
	return ""
}

// TestLaw2_TrafficIsAFunctionOfTheClock: for any workload, the same writes at
// the same times, and the same work in every tick.
func TestLaw2_TrafficIsAFunctionOfTheClock(t *testing.T) {
	n := uint64(200)
	if testing.Short() {
		n = 8
	}
	compareWorkloads(t, n)
}

func compareWorkloads(t *testing.T, n uint64) {
	base := observe(t, silence)
	for seed := range n {
		w := randomWorkload(seed)
		t.Run(fmt.Sprint(seed, " ", w.name), func(t *testing.T) {
			t.Parallel()
			got := observe(t, w)
			if diff := sameTrace(base, got); diff != "" {
				t.Fatalf("it can be told from silence: %s", diff)
			}
			if (w.name == "a burst" || w.name == "a backlog after a pause") && got.came < 4 {
				t.Fatalf("it brought only %d messages: it was no workload", got.came)
			}
		})
	}
}

// TestLaw2_ATestThatCanFail: one write off the beat, or one tick that skips its
// work, is seen.
func TestLaw2_ATestThatCanFail(t *testing.T) {
	base := observe(t, silence)
	if len(base.writes) == 0 || len(base.works) == 0 {
		t.Fatal("nothing was observed")
	}
	off := trace{slices.Clone(base.writes), base.works, 0}
	off.writes[5].At = off.writes[5].At.Add(time.Millisecond)
	long := trace{slices.Clone(base.writes), base.works, 0}
	long.writes[5].Len++
	idle := trace{base.writes, slices.Clone(base.works), 0}
	idle.works[5].Deck.Seals = 0
	for name, tr := range map[string]trace{"late": off, "longer": long, "idle": idle} {
		if sameTrace(base, tr) == "" {
			t.Errorf("a trace that is %s passes", name)
		}
	}
	var wire net.Conn
	early := observeWith(t, workload{"off the beat", func(s *stage, tick int) {
		if tick == 7 {
			wire.Write([]byte{0})
		}
	}}, func(c net.Conn) { wire = c })
	if sameTrace(base, early) == "" {
		t.Error("a desk that sends off the beat passes")
	}
	skipped := observe(t, workload{"a tick without work", func(s *stage, tick int) {
		if tick == 7 {
			// Use up a tick that the beat was about to use.
			none := func(uint64) [32]byte { return [32]byte{} }
			s.a.post.mu.Lock()
			next := s.a.post.clocks[0].deck.Tick() + 1
			s.a.post.mu.Unlock()
			if _, _, err := s.a.post.clocks[0].prepare(next, none, nil); err != nil {
				t.Error(err)
			}
		}
	}})
	if sameTrace(base, skipped) == "" {
		t.Error("a desk that skips the work of a tick passes")
	}
}
