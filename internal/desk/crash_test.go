package desk

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/jetstream"
	"backchannel/internal/vault"
)

// The test binary runs itself as a desk or as a relay, to be killed.
const (
	childVar = "BACKCHANNEL_TEST_CHILD"
	kills    = 50
)

func TestMain(m *testing.M) {
	role, arg, _ := strings.Cut(os.Getenv(childVar), " ")
	var err error
	switch role {
	case "":
		os.Exit(m.Run())
	case "desk":
		err = childDesk(arg)
	case "relay":
		err = childRelay(arg)
	default:
		err = childPart(role, arg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		os.Exit(1)
	}
}

// parentGone ends a child whose parent is gone, so that nothing is left
// running.
func parentGone() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx
}

func childDesk(dir string) error {
	ctx := parentGone()
	return childServe(ctx, dir)
}

func childRelay(arg string) error {
	dir, addr, _ := strings.Cut(arg, " ")
	addr, slower, _ := strings.Cut(addr, " ")
	period := testPeriod
	if slower != "" {
		period *= 3
	}
	ctx := parentGone()
	table := relay.NewTimetable("crash", time.Now(), period)
	table.StartMS = 0 // when it is first made; the same after a restart
	table.Capacity, table.JoinEvery = 8, 4
	s, err := relay.Start(ctx, relay.Config{Dir: dir, Listen: addr, OpenLogs: jetstream.Opener(jetstream.Options{}), Cohorts: []relay.Timetable{table}})
	if err != nil {
		return err
	}
	ticketFile := filepath.Join(dir, "tickets")
	if _, err := os.Stat(ticketFile); err != nil {
		tickets, err := s.Tickets(ctx, "crash", 4, time.Now().Add(time.Hour))
		if err != nil {
			return err
		}
		var text []string
		for _, k := range tickets {
			text = append(text, k.Text())
		}
		if err := os.WriteFile(ticketFile, []byte(strings.Join(text, "\n")), 0o600); err != nil {
			return err
		}
	}
	fmt.Println("ready", s.Addr())
	<-ctx.Done()
	return s.Stop(context.Background())
}

// child is a process that can be killed and started again.
type child struct {
	t    *testing.T
	role string
	cmd  *exec.Cmd
	in   io.WriteCloser
	env  []string
	said string // what it printed when it was ready
}

func (c *child) start() {
	c.t.Helper()
	c.cmd = exec.Command(os.Args[0])
	c.cmd.Env = append(append(os.Environ(), childVar+"="+c.role), c.env...)
	c.cmd.Stderr = c.t.Output()
	in, err := c.cmd.StdinPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.in = in
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready") {
		c.t.Fatalf("%s did not start: %q %v", c.role, line, err)
	}
	c.said = strings.TrimSpace(strings.TrimPrefix(line, "ready"))
}

func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
	c.in.Close()
}

func (c *child) stop() {
	c.in.Close()
	c.cmd.Wait()
}

// talker is a desk process with what it was told.
type talker struct {
	child
	dir  string
	name record.Name
	acks []string // texts that the desk acknowledged, in order
	n    int
}

func (k *talker) handle(t *testing.T) *Remote {
	t.Helper()
	r, err := Connect(t.Context(), k.dir)
	if err != nil {
		return nil
	}
	return r
}

// say writes one message; only what is acknowledged counts.
func (k *talker) say(t *testing.T, to record.Name) {
	r := k.handle(t)
	if r == nil {
		return
	}
	defer r.Close()
	k.n++
	text := fmt.Sprintf("%s %d", k.name, k.n)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	e := record.Entry{Audience: []record.Name{to}, Body: record.Message{
		From: k.name, To: to, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: text,
	}}
	if _, err := r.Write(ctx, Commit, e); err == nil {
		k.acks = append(k.acks, text)
	}
}

// TestLaw6_KilledAtAnyMoment: desks and the relay are killed at random moments
// of a talk; what was acknowledged is there once, in order.
func TestLaw6_KilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rounds := kills
	if testing.Short() {
		rounds = 4
	}
	killed(t, rounds, uint64(os.Getpid()), map[string]int{})
}

func killed(t *testing.T, rounds int, seed uint64, counts map[string]int) {
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t)}
	rel.start()
	a, b := newTalker(t, "go-between"), newTalker(t, "envoy")
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))

	r := rand.New(rand.NewPCG(seed, 3))
	victims := []*child{&a.child, &b.child, &rel}
	for i := range rounds {
		v := victims[i%len(victims)]
		at := time.Duration(r.IntN(int(4 * testPeriod)))
		killed := make(chan struct{})
		go func() { time.Sleep(at); v.kill(); close(killed) }()
		for stop := false; !stop; {
			a.say(t, "envoy")
			b.say(t, "go-between")
			time.Sleep(testPeriod) // no faster than the line carries
			select {
			case <-killed:
				stop = true
			default:
			}
		}
		v.start()
	}
	counts["kills"], counts["acknowledged"] = rounds, len(a.acks)+len(b.acks)
	t.Logf("%d kills, %d and %d messages acknowledged", rounds, len(a.acks), len(b.acks))
	eventually(t, "the desks answer", func() bool {
		ra, rb := a.handle(t), b.handle(t)
		return ra != nil && rb != nil
	})
	a.settled(t, b)
	b.settled(t, a)
	a.stop()
	b.stop()
	rel.stop()
	for _, k := range []*talker{a, b} {
		rep, err := Verify(k.dir, pass, nil)
		if err != nil || len(rep.Notices) > 0 {
			t.Fatalf("verify %s: %+v %v", k.name, rep, err)
		}
	}
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func newTalker(t *testing.T, name record.Name, env ...string) *talker {
	dir := filepath.Join(t.TempDir(), string(name))
	if err := Create(dir, name, pass, vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	k := &talker{child: child{t: t, role: "desk " + dir, env: env}, dir: dir, name: name}
	k.start()
	return k
}

func connectTalkers(t *testing.T, a, b *talker, addr string, tickets []string) {
	var ra, rb *Remote
	eventually(t, "the desks answer", func() bool { ra, rb = a.handle(t), b.handle(t); return ra != nil && rb != nil })
	if err := ra.Enrol(t.Context(), addr, tickets[0]); err != nil {
		t.Fatal(err)
	}
	inv, err := ra.Invite(t.Context(), InviteOrder{For: b.name, Ticket: tickets[1]})
	if err != nil {
		t.Fatal(err)
	}
	if err := rb.Join(t.Context(), inv, a.name); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line opens", func() bool {
		l, err := ra.Lines(t.Context())
		return err == nil && len(l) == 1 && l[0].Phase == Opened
	})
}

// settled waits until what k said is at the other desk, and checks it there.
// A message that was not acknowledged may have been stored all the same, so it
// may be there too; once, and in its place.
func (k *talker) settled(t *testing.T, at *talker) {
	t.Helper()
	var got []string
	r := at.handle(t)
	if r == nil {
		t.Fatal("the desk does not answer:", at.name)
	}
	defer r.Close()
	eventually(t, "what "+string(k.name)+" said arrives", func() bool {
		rec, err := r.Record(t.Context())
		if err != nil {
			return false
		}
		got = nil
		for _, it := range rec.Known() {
			if m, ok := it.Body.(record.Message); ok && it.By == k.name {
				got = append(got, m.Text)
			}
		}
		return len(k.acks) == 0 || len(got) > 0 && number(got[len(got)-1]) >= number(k.acks[len(k.acks)-1])
	})
	last, next := 0, 0
	for _, s := range got {
		if n := number(s); n <= last {
			t.Fatalf("at %s, %q came after number %d", at.name, s, last)
		}
		last = number(s)
		if next < len(k.acks) && s == k.acks[next] {
			next++
		}
	}
	if next != len(k.acks) {
		t.Fatalf("at %s, %q was acknowledged and is not there", at.name, k.acks[next])
	}
}

func number(s string) (n int) {
	fmt.Sscanf(s[strings.LastIndexByte(s, ' ')+1:], "%d", &n)
	return n
}
