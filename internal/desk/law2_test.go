package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
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
	second *trace // of the clock at a second relay
	came   int    // messages that reached the other desk: the workload was real
}

// workload is what people do at a desk during one run, by tick.
type workload struct {
	name string
	do   func(s *stage, tick int)
}

// overTwo marks a workload on a line that goes over two relays.
const overTwo = "over two relays: "

func (w workload) two() bool { return strings.HasPrefix(w.name, overTwo) }

// behind marks a workload of a desk that has a line process.
const behind = "behind a line process: "

func (w workload) apart() bool { return strings.HasPrefix(w.name, behind) }

// stage is two desks and a bystander on a fake clock.
type stage struct {
	t    *testing.T
	rel  *relaytest.Relay
	a, b *Desk
	bdir string

	rel2 *relaytest.Relay
	tap2 *relaytest.Tap

	line  *lineEnd // of a, if that is apart
	desks chan net.Conn
	held  atomic.Bool // what the line process says is not read
	dir   string      // of a
}

// ticking gives the post whose clocks tick for a.
func (s *stage) ticking() *post {
	if s.line != nil {
		return s.line.post
	}
	return s.a.post
}

// dial reaches either relay.
func (s *stage) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.rel2 != nil && addr == s.rel2.Addr.HostPort {
		return s.rel2.Dial(ctx, network, addr)
	}
	return s.rel.Dial(ctx, network, addr)
}

// startSecond starts a second relay, whose beat is another.
func (s *stage) startSecond() {
	table := relay.NewTimetable("second", time.Now().Add(7*time.Second), 25*time.Second)
	table.Capacity, table.JoinEvery = 8, 4
	s.rel2 = relaytest.Memory(s.t, relaytest.Options{Timetable: table, Tickets: 4, Host: "second.test:1"})
	s.tap2 = relaytest.NewTap(s.rel2.Dial)
}

// addRelay makes the line go over the second relay too.
func (s *stage) addRelay() {
	t := s.t
	time.Sleep(60 * lawPeriod) // the line is open
	if l := lineOf(t, s.a, "envoy"); l.Phase != Opened {
		r, _ := s.a.Relay(t.Context())
		t.Fatalf("the line is not open: %+v, relay %+v", l, r)
	}
	for i, d := range []*Desk{s.a, s.b} {
		if err := d.Compared(t.Context(), []record.Name{"envoy", "go-between"}[i], true); err != nil {
			t.Fatal(err)
		}
		if err := d.AddRelay(t.Context(), s.rel2.Addr.String(), s.rel2.Tickets[i]); err != nil {
			t.Fatal(err)
		}
		d.post.mu.Lock()
		d.post.clocks[1].keepWork = true
		d.post.mu.Unlock()
	}
	time.Sleep(90 * lawPeriod)
	if !isDouble(t, s.a, "envoy") || !isDouble(t, s.b, "go-between") {
		t.Fatal("the line does not go over both relays")
	}
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
		if w.two() {
			s.startSecond()
		}
		opt := Options{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if s.rel2 != nil && addr == s.rel2.Addr.HostPort {
				return s.tap2.Dial(ctx, network, addr)
			}
			c, err := tap.Dial(ctx, network, addr)
			dialled(c)
			return c, err
		}}
		if w.apart() {
			s.openApart(opt)
		} else {
			s.a, _ = openIn(t, memoryDir(t), "go-between", opt)
		}
		s.b, s.bdir = openIn(t, memoryDir(t), "envoy", Options{Dial: s.dial})
		ctx := t.Context()
		for i, d := range []*Desk{s.a, s.b} {
			if err := d.Enrol(ctx, rel.Addr.String(), rel.Tickets[i]); err != nil {
				t.Fatal(err)
			}
		}
		s.ticking().mu.Lock()
		s.ticking().clocks[0].keepWork = true
		s.ticking().mu.Unlock()
		// The line is open before the watch begins, unless its opening is the
		// workload.
		if w.name != "a line opens" {
			go s.open()
		}
		start := uint64(30)
		if w.two() {
			s.addRelay()
			start = 170
		}
		time.Sleep(time.Until(table.TickStart(start)))
		from, from2 := len(tap.Writes()), 0
		if w.two() {
			from2 = len(s.tap2.Writes())
			s.ticking().mu.Lock()
			s.ticking().clocks[1].works = nil
			s.ticking().mu.Unlock()
		}
		s.ticking().mu.Lock()
		s.ticking().clocks[0].works = nil
		s.ticking().mu.Unlock()
		for i := range lawTicks {
			time.Sleep(time.Until(table.TickStart(start + 1 + uint64(i))))
			if w.do != nil {
				w.do(s, i)
			}
		}
		time.Sleep(time.Until(table.TickStart(start + 1 + lawTicks)))
		tr.writes = tap.Writes()[from:]
		s.ticking().mu.Lock()
		tr.works = slices.Clone(s.ticking().clocks[0].works)
		s.ticking().mu.Unlock()
		if w.two() {
			tr.second = &trace{writes: s.tap2.Writes()[from2:]}
			s.ticking().mu.Lock()
			tr.second.works = slices.Clone(s.ticking().clocks[1].works)
			s.ticking().mu.Unlock()
		}
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
				d, err := Open(context.Background(), s.bdir, pass, Options{Dial: s.dial})
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
	if a.second != nil {
		if diff := sameTrace(*a.second, *b.second); diff != "" {
			return "at the second relay: " + diff
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
	off := trace{writes: slices.Clone(base.writes), works: base.works}
	off.writes[5].At = off.writes[5].At.Add(time.Millisecond)
	long := trace{writes: slices.Clone(base.writes), works: base.works}
	long.writes[5].Len++
	idle := trace{writes: base.writes, works: slices.Clone(base.works)}
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

// TestLaw2_EachOfTwoClocksKeepsItsOwnTime is [LINE-54]: with a line over two
// relays, the writes at each and the work for each are the same for any workload.
func TestLaw2_EachOfTwoClocksKeepsItsOwnTime(t *testing.T) {
	seeds := []uint64{1, 2, 3, 5, 6, 7}
	if testing.Short() {
		seeds = []uint64{1, 5}
	}
	quiet := silence
	quiet.name = overTwo + quiet.name
	base := observe(t, quiet)
	for _, seed := range seeds {
		w := randomWorkload(seed)
		w.name = overTwo + w.name
		t.Run(fmt.Sprint(seed, " ", w.name), func(t *testing.T) {
			got := observe(t, w)
			if diff := sameTrace(base, got); diff != "" {
				t.Fatalf("it can be told from silence: %s", diff)
			}
			if seed == 1 && got.came < 4 {
				t.Fatalf("it brought only %d messages: it was no workload", got.came)
			}
		})
	}
}
