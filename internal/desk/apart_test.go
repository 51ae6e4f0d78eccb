package desk

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"backchannel/internal/line"
	"backchannel/internal/vault"
)

// openApart opens the stage's first desk with a line process, which here is a
// goroutine: what lies between them is the same.
func (s *stage) openApart(opt Options) {
	t := s.t
	dir := filepath.Join(memoryDir(t), "go-between")
	if err := Create(dir, "go-between", pass, vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	lock, err := vault.Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.desks = make(chan net.Conn, 1)
	s.line = newLineEnd(context.Background(), LineProcess{Dir: dir, Lock: lock, dial: opt.Dial,
		Start: func(bool, string) (net.Conn, func() int, error) {
			ours, theirs := net.Pipe()
			s.desks <- theirs
			return ours, func() int { return 0 }, nil
		}})
	go s.line.run()
	s.dir = dir
	s.begin(opt)
}

// begin opens a desk process for the line process that there is.
func (s *stage) begin(opt Options) {
	opt.Line = &LineWay{Conn: heldConn{<-s.desks, &s.held}, Lock: s.line.Lock}
	d, err := Open(context.Background(), s.dir, pass, opt)
	if err != nil {
		s.t.Error("open:", err)
		return
	}
	s.a = d
}

// heldConn is read by nobody while it is held.
type heldConn struct {
	net.Conn
	held *atomic.Bool
}

func (c heldConn) Read(b []byte) (int, error) {
	for c.held.Load() {
		time.Sleep(lawPeriod / 10)
	}
	return c.Conn.Read(b)
}

// apartWorkloads are what a keeper does with a desk that has a line process.
func apartWorkloads() []workload {
	locked := func(s *stage, tick, from, to int) bool {
		switch tick {
		case from:
			if err := s.a.Leave(); err != nil {
				s.t.Error("lock:", err)
			}
		case to:
			s.begin(Options{Dial: s.dial})
		}
		return tick > from && tick < to
	}
	return []workload{
		{behind + "talk", func(s *stage, tick int) {
			s.say(strings.Repeat(fmt.Sprint("words ", tick), 30))
			if tick%2 == 0 {
				s.reply(fmt.Sprint("answer ", tick))
			}
		}},
		{behind + "much to read", func(s *stage, tick int) {
			if tick == 2 {
				s.reply(strings.Repeat("much ", 1600))
			}
		}},
		{behind + "locked while the other talks", func(s *stage, tick int) {
			if locked(s, tick, 3, 33) && tick%2 == 0 {
				s.reply(fmt.Sprint("while you were away ", tick))
			}
		}},
		{behind + "locked and unlocked often", func(s *stage, tick int) {
			switch tick % 4 {
			case 0, 2:
				locked(s, tick%4, 0, 2)
			case 3:
				s.say(fmt.Sprint("between ", tick))
				s.reply(fmt.Sprint("answer ", tick))
			}
		}},
		{behind + "the desk does not read", func(s *stage, tick int) {
			switch tick {
			case 5:
				s.held.Store(true)
			case 30:
				s.held.Store(false)
			}
			if tick > 5 && tick < 30 && tick%3 == 0 {
				s.reply(fmt.Sprint("unheard ", tick))
			}
		}},
	}
}

// TestLaw2_TheDeskProcessCannotBeSeen: what goes over the wire, and the work of a
// tick, are those of a desk in one process that is silent, whatever the desk
// process does: talk, be locked, be opened again, or hang.
func TestLaw2_TheDeskProcessCannotBeSeen(t *testing.T) {
	base := observe(t, silence)
	for _, w := range apartWorkloads() {
		t.Run(w.name, func(t *testing.T) {
			var heard []string
			last := w.do
			w.do = func(s *stage, tick int) {
				last(s, tick)
				if tick == lawTicks-1 && s.a != nil {
					heard = texts(t, s.a, "envoy")
				}
			}
			got := observe(t, w)
			if diff := sameTrace(base, got); diff != "" {
				t.Fatalf("it can be told from silence: %s", diff)
			}
			switch w.name {
			case behind + "talk":
				if got.came < lawTicks/2 {
					t.Errorf("%d messages came", got.came)
				}
			case behind + "locked while the other talks":
				var want []string
				for tick := 4; tick < 33; tick += 2 {
					want = append(want, fmt.Sprint("while you were away ", tick))
				}
				if !slices.Equal(heard, want) {
					t.Errorf("after unlocking there is %q", heard)
				}
			}
		})
	}
}

// A report is as long whatever is in it.
func TestLaw2_ReportsHaveOneLength(t *testing.T) {
	var heard []heardWire
	for i := range maxHeard {
		heard = append(heard, heardWire{line.EventPeerSetBack, 15, uint32(1<<32 - 1 - i), 255, 1<<64 - 1})
	}
	state := make([]byte, line.StateSize)
	for _, r := range []report{
		{},
		{State: state, Heard: heard, Trouble: strings.Repeat("trouble ", 1000), Next: 1<<64 - 1, Gen: 1 << 40, Skew: -1 << 60, Online: true, Day: "2030-01-01"},
	} {
		if b, err := r.encode(); err != nil || len(b) != reportSize {
			t.Errorf("a report of %d bytes: %v", len(b), err)
		}
	}
}
