package jetstream

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

const childEnv = "BACKCHANNEL_RELAY_CHILD"

// TestMain is also the relay that the tests kill: the test binary, started
// again with a data folder and an address in the environment.
func TestMain(m *testing.M) {
	if args := os.Getenv(childEnv); args != "" {
		child(strings.Split(args, "|"))
	}
	goleak.VerifyTestMain(m)
}

func child(args []string) {
	tt := relay.NewTimetable("kill", time.Time{}, 50*time.Millisecond)
	tt.StartMS, tt.Capacity, tt.JoinEvery, tt.Retention, tt.CatchUp = 0, 8, 4, 1<<14, 16
	s, err := relay.Start(context.Background(), relay.Config{
		Dir: args[0], OpenLogs: Opener(Options{}), Listen: args[1], Cohorts: []relay.Timetable{tt},
		Limits: relay.Limits{HostPerSecond: 1000, HostBurst: 1000},
	})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("ready", s.Addr())
	select {} // until it is killed
}

// process is a relay in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr relay.Address
}

func spawn(t *testing.T, dir, listen string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir+"|"+listen)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd}
	t.Cleanup(p.kill)
	line, _ := bufio.NewReader(out).ReadString('\n')
	text, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if !ok {
		t.Fatalf("the relay says %q", line)
	}
	if p.addr, err = relay.ParseAddress(text); err != nil {
		t.Fatal(err)
	}
	return p
}

// kill is kill -9.
func (p *process) kill() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// member sends a cell each tick through whatever happens, and notes what was
// acknowledged and what the slates held.
type member struct {
	addr  relay.Address
	cred  client.Credentials
	slot  int
	acked map[uint64]bool
	seen  map[uint64][32]byte // what each slate was
	mine  map[uint64]bool     // whether the own cell stood in it
	dials int
}

func markedCell(slot int, tick uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%04d%012d", slot, tick), relay.DefaultCellSize/16)
}

func (m *member) run(ctx context.Context) {
	var c *client.Conn
	var cursor uint64
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for ctx.Err() == nil {
		if c == nil {
			var err error
			dctx, cancel := context.WithTimeout(ctx, 2*time.Second)
			c, err = client.Dial(dctx, m.addr, m.cred, client.Options{})
			cancel()
			if err != nil {
				c = nil
				time.Sleep(20 * time.Millisecond)
				continue
			}
			m.dials++
			m.slot = c.Slot()
		}
		tt := c.Timetable()
		tick, _ := tt.Tick(time.Now())
		tick++
		time.Sleep(time.Until(tt.SendAt(tick)))
		ectx, cancel := context.WithTimeout(ctx, 5*time.Second)
		r, err := c.Exchange(ectx, tick, cursor, markedCell(m.slot, tick))
		cancel()
		if err != nil {
			c.Close()
			c = nil
			continue
		}
		cursor = m.take(r, cursor)
	}
}

func (m *member) take(r client.Reply, cursor uint64) uint64 {
	if r.Verdict == relay.Accepted {
		m.acked[r.Tick] = true
	}
	cursor = max(cursor, r.Resume)
	for _, s := range r.Slates {
		if s.Tick != cursor {
			continue
		}
		m.seen[s.Tick] = digest(s)
		m.mine[s.Tick] = s.Present[m.slot] && bytes.Equal(s.Cells[m.slot], markedCell(m.slot, s.Tick))
		cursor++
	}
	return cursor
}

func digest(s relay.Slate) [32]byte {
	h := sha256.New()
	fmt.Fprint(h, s.Tick, s.Version, s.Present)
	for _, c := range s.Cells {
		h.Write(c)
	}
	return [32]byte(h.Sum(nil))
}

func newMember(t *testing.T, addr relay.Address, ticket string) *member {
	t.Helper()
	k, err := relay.ParseTicket(ticket)
	if err != nil {
		t.Fatal(err)
	}
	tok := relay.NewToken()
	e, err := client.Enrol(t.Context(), addr, k, tok, relay.NewRevocation(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &member{addr: addr, cred: client.Credentials{Token: tok, Charters: e.Charters},
		acked: map[uint64]bool{}, seen: map[uint64][32]byte{}, mine: map[uint64]bool{}}
}

// TestRelay19_KilledAtAnyMomentLosesNothing kills the relay again and again
// while members exchange. Afterwards every acknowledged cell stands in the
// slate of its tick, for those who saw it before, and for one who reads it all
// from the log at the end.
func TestRelay19_KilledAtAnyMomentLosesNothing(t *testing.T) {
	kills := 12
	if testing.Short() {
		kills = 4
	}
	dir := filepath.Join(t.TempDir(), "relay")
	p := spawn(t, dir, "127.0.0.1:0")
	tickets, err := relay.AskTickets(t.Context(), dir, "kill", 4, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var members []*member
	var wg sync.WaitGroup
	for _, k := range tickets[:3] {
		m := newMember(t, p.addr, k)
		members = append(members, m)
		wg.Go(func() { m.run(ctx) })
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	time.Sleep(500 * time.Millisecond)
	for range kills {
		time.Sleep(time.Duration(rnd.IntN(500)) * time.Millisecond)
		p.kill()
		p = spawn(t, dir, p.addr.HostPort)
	}
	time.Sleep(time.Second)
	stop()
	wg.Wait()
	// A newcomer reads everything from the beginning.
	last := newMember(t, p.addr, tickets[3])
	ctx, stop = context.WithTimeout(t.Context(), 4*time.Second)
	defer stop()
	last.acked = map[uint64]bool{}
	last.run(ctx)
	check(t, members, last)
}

func check(t *testing.T, members []*member, last *member) {
	t.Helper()
	acked, dials := 0, 0
	for i, m := range members {
		acked += len(m.acked)
		dials += m.dials
		for tick := range m.acked {
			if _, ok := last.seen[tick]; !ok {
				t.Errorf("member %d: the slate of tick %d cannot be had, and a cell in it was acknowledged", i, tick)
			}
			if _, ok := m.seen[tick]; ok && !m.mine[tick] {
				t.Errorf("member %d: the acknowledged cell of tick %d is not in its slate", i, tick)
			}
		}
		for tick, d := range m.seen {
			if last.seen[tick] != d {
				t.Errorf("member %d: the slate of tick %d was another one before", i, tick)
			}
		}
	}
	t.Logf("%d cells acknowledged, %d slates, %d connections", acked, len(last.seen), dials)
	if acked < 50 || dials < len(members)+4 {
		t.Errorf("only %d cells acknowledged, %d connections", acked, dials)
	}
}
