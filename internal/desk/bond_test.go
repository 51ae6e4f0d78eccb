package desk

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
)

// twoRelays starts two relays, as processes that can be killed, and gives their
// tickets.
func twoRelays(t *testing.T) (rels [2]*child, tickets [2][]string) {
	for i := range rels {
		rels[i] = &child{t: t, role: "relay " + t.TempDir() + " " + freePort(t) + " slower"} // each desk has twice the work
		rels[i].start()
		t.Cleanup(rels[i].kill)
		b, err := os.ReadFile(filepath.Join(strings.Fields(rels[i].role)[1], "tickets"))
		if err != nil {
			t.Fatal(err)
		}
		tickets[i] = strings.Fields(string(b))
	}
	return rels, tickets
}

// bondUp makes two desks members of both relays and waits until their line goes
// over both.
func bondUp(t *testing.T, a, b Handle, rels [2]*child, tickets [2][]string) {
	t.Helper()
	bondThrough(t, a, b, rels[0].said, rels, tickets, tickets[0][1])
}

// bondThrough is bondUp where a has its own way to the first relay, and b gets a
// ticket for that or is there.
func bondThrough(t *testing.T, a, b Handle, through string, rels [2]*child, tickets [2][]string, ticket string) {
	t.Helper()
	if err := a.Enrol(t.Context(), through, tickets[0][0]); err != nil {
		t.Fatal(err)
	}
	inv, err := a.Invite(t.Context(), InviteOrder{For: b.Keeper(), Ticket: ticket})
	if err == nil {
		err = b.Join(t.Context(), inv, a.Keeper())
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line opens", func() bool { return lineIsOpen(t, a, b.Keeper()) && lineIsOpen(t, b, a.Keeper()) })
	for i, d := range []Handle{a, b} {
		if err := d.AddRelay(t.Context(), rels[1].said, tickets[1][i]); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing is set up before words are compared.
	if l := lineOf(t, a, b.Keeper()); l.Second != nil {
		t.Fatal("a second line before words were compared")
	}
	for _, who := range [][2]Handle{{a, b}, {b, a}} {
		if err := who[0].Compared(t.Context(), who[1].Keeper(), true); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the line goes over both relays", func() bool { return isDouble(t, a, b.Keeper()) && isDouble(t, b, a.Keeper()) })
}

func lineOf(t *testing.T, d Handle, who record.Name) LineStatus {
	lines, err := d.Lines(t.Context())
	if err != nil {
		return LineStatus{}
	}
	i := slices.IndexFunc(lines, func(l LineStatus) bool { return l.Peer == who })
	if i < 0 {
		return LineStatus{}
	}
	return lines[i]
}

func lineIsOpen(t *testing.T, d Handle, who record.Name) bool {
	return lineOf(t, d, who).Phase == Opened
}

func isDouble(t *testing.T, d Handle, who record.Name) bool {
	l := lineOf(t, d, who)
	return l.Second != nil && l.Second.Open
}

// TestLaw6_ALineSurvivesTheLossOfEitherRelay: real relays are killed in the
// middle of a talk, first one and then the other. What was said is there once,
// in order, and is noted as received once. [LINE-50] [LINE-51] [LINE-53]
func TestLaw6_ALineSurvivesTheLossOfEitherRelay(t *testing.T) {
	if testing.Short() {
		t.Skip("the last step of make test runs it")
	}
	t.Parallel()
	rels, tickets := twoRelays(t)
	a, _ := open(t, "go-between", Options{})
	b, bdir := open(t, "envoy", Options{})
	bondUp(t, a, b, rels, tickets)
	if s, err := a.Relay(t.Context()); err != nil || s.Other == nil || s.Both != 1 || s.Other.Address != rels[1].said {
		t.Fatalf("the desk does not say that it is at two relays: %+v %v", s, err)
	}
	if lines, err := a.Lines(t.Context()); err != nil || len(lines) != 1 {
		t.Fatalf("two lines are shown where there is one person: %+v %v", lines, err)
	}
	var want []string
	talk := func(n int) {
		for range n {
			want = append(want, fmt.Sprint("message ", len(want)))
			if _, err := a.Write(t.Context(), Commit, say(a, "envoy", want[len(want)-1])); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Write(t.Context(), Commit, say(b, "go-between", want[len(want)-1])); err != nil {
				t.Fatal(err)
			}
		}
	}
	arrives := func(what string) {
		eventually(t, "all arrives with "+what, func() bool {
			return len(texts(t, b, "go-between")) >= len(want) && len(texts(t, a, "envoy")) >= len(want)
		})
		if got := texts(t, b, "go-between"); !slices.Equal(got, want) {
			t.Fatalf("with %s: %q", what, got)
		}
		if got := texts(t, a, "envoy"); !slices.Equal(got, want) {
			t.Fatalf("with %s, back: %q", what, got)
		}
	}
	talk(3)
	arrives("both relays")
	talk(2)
	rels[0].kill()
	talk(3)
	arrives("the first relay lost")
	b.Close() // and the desk is opened again in between
	b = reopen(t, bdir, Options{})
	talk(2)
	arrives("the first relay lost, opened again")
	rels[0].start()
	rels[1].kill()
	talk(3)
	arrives("the second relay lost")
	// What neither has begun is taken back from both. [REC-93]
	rels[0].kill()
	eventually(t, "both relays are lost", func() bool {
		s, err := a.Relay(t.Context())
		return err == nil && !s.Online && !s.Other.Online
	})
	wrong := sendFrom(t, a, say(a, "envoy", "to the wrong person"))
	if _, err := a.TakeBack(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	rels[0].start()
	rels[1].start()
	talk(2)
	arrives("both back")
	eventually(t, "nothing waits", func() bool { return a.post.idle() && b.post.idle() })
	for _, d := range []*Desk{a, b} {
		if n := notedAsReceived(t, d); n != len(want) {
			t.Errorf("%s: %d of %d are noted as received", d.Keeper(), n, len(want))
		}
	}
}

// deafProxy is a way to a relay over which, on demand, nothing comes back, or
// nothing passes.
type deafProxy struct {
	ln    net.Listener
	mu    sync.Mutex
	way   passes
	conns []net.Conn
}

type passes int

const (
	bothWays passes = iota
	nothingBack
	nothing
)

func newDeafProxy(t *testing.T, to string) *deafProxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &deafProxy{ln: ln}
	t.Cleanup(func() { ln.Close(); p.set(nothing) })
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			p.mu.Lock()
			shut := p.way == nothing
			if err == nil {
				p.conns = append(p.conns, in, out)
			}
			p.mu.Unlock()
			if err != nil || shut {
				in.Close()
				continue
			}
			go func() { io.Copy(out, in); out.Close() }()
			go func() { io.Copy(p.hears(in), out); in.Close() }()
		}
	}()
	return p
}

// hears gives a writer that drops what comes while the proxy is deaf.
func (p *deafProxy) hears(w io.Writer) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		p.mu.Lock()
		deaf := p.way == nothingBack
		p.mu.Unlock()
		if deaf {
			return len(b), nil
		}
		return w.Write(b)
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// set says what passes, and ends the connections that were if they cannot go on.
func (p *deafProxy) set(way passes) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way = way; way != nothingBack {
		for _, c := range p.conns {
			c.Close()
		}
		p.conns = nil
	}
}

// TestLaw6_WhatWasBegunKeepsItsPlace is [LINE-53]: a frame arrives over both
// relays, and the acknowledgement comes over one. Its segments are under way on
// the other line, so that after a restart the next frame must not take their
// place: it would be taken for acknowledged, and lost.
func TestLaw6_WhatWasBegunKeepsItsPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("the last step of make test runs it")
	}
	t.Parallel()
	rels, tickets := twoRelays(t)
	addr, err := relay.ParseAddress(rels[0].said)
	if err != nil {
		t.Fatal(err)
	}
	proxy := newDeafProxy(t, addr.HostPort)
	addr.HostPort = proxy.ln.Addr().String()
	a, adir := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{})
	if err := b.Enrol(t.Context(), rels[0].said, tickets[0][1]); err != nil {
		t.Fatal(err)
	}
	bondThrough(t, a, b, addr.String(), rels, tickets, "")
	tell := func(text string) {
		if _, err := a.Write(t.Context(), Commit, say(a, "envoy", text)); err != nil {
			t.Fatal(err)
		}
	}
	tell("before") // goes with introductions, and is longer
	eventually(t, "that arrives", func() bool { return a.post.idle() && len(texts(t, b, "go-between")) == 1 })
	b.mu.Lock()
	before := lastOver(b)
	b.mu.Unlock()
	proxy.set(nothingBack)
	tell("former")
	eventually(t, "it arrives over both", func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		over := lastOver(b)
		return over[0] > before[0] && over[0] == over[1]
	})
	eventually(t, "that is known from one", func() bool {
		a.post.mu.Lock()
		defer a.post.mu.Unlock()
		return len(a.post.unacked)+len(a.post.acked) == 0
	})
	proxy.set(nothing)
	rels[1].kill()
	tell("latter") // begun on neither
	a.Close()
	a = reopen(t, adir, Options{})
	proxy.set(bothWays)
	eventually(t, "all are there", func() bool { return len(texts(t, b, "go-between")) == 3 })
	if got := texts(t, b, "go-between"); !slices.Equal(got, []string{"before", "former", "latter"}) {
		t.Fatalf("%q", got)
	}
	a.post.mu.Lock()
	resends := len(a.post.resends)
	a.post.mu.Unlock()
	if resends > 0 { // the desks have said where they stand, and mended it
		t.Error("what was lost on the line was sent again")
	}
	rels[1].start()
	eventually(t, "nothing waits", func() bool {
		a.post.mu.Lock()
		defer a.post.mu.Unlock()
		return len(a.post.unacked)+len(a.post.acked)+len(a.post.begun) == 0
	})
	if n := notedAsReceived(t, a); n != 3 {
		t.Errorf("%d messages of 3 are noted as received", n)
	}
	if out, err := a.vault.Outbox(); err != nil || len(out) != 0 {
		t.Errorf("%d frames are left in the outbox: %v", len(out), err)
	}
}

// lastOver gives the number of the last text that came over the lines of each
// clock. The caller holds Desk.mu.
func lastOver(d *Desk) (out [2]uint64) {
	for k, n := range d.post.last {
		if k.class == line.Text {
			out[k.line.clock()] = max(out[k.line.clock()], n)
		}
	}
	return out
}

func notedAsReceived(t *testing.T, d *Desk) (n int) {
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		if c, ok := it.Body.(record.Conveyance); ok && c.Step == record.Received {
			n++
		}
	}
	return n
}

// TestLaw6_TwoRelaysKilledAtAnyMoment: desks and both relays are killed at random
// moments of a talk; what was acknowledged is there once, in order.
func TestLaw6_TwoRelaysKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("the last step of make test runs it")
	}
	t.Parallel()
	rounds, seed := kills/2, uint64(os.Getpid())
	t.Log("seed", seed)
	rels, tickets := twoRelays(t)
	a, b := newTalker(t, "go-between"), newTalker(t, "envoy")
	var ra, rb *Remote
	eventually(t, "the desks answer", func() bool { ra, rb = a.handle(t), b.handle(t); return ra != nil && rb != nil })
	bondUp(t, ra, rb, rels, tickets)
	r := rand.New(rand.NewPCG(seed, 4))
	victims := []*child{rels[0], &a.child, rels[1], &b.child}
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
	t.Logf("%d kills, %d and %d messages acknowledged", rounds, len(a.acks), len(b.acks))
	eventually(t, "the desks answer", func() bool {
		ra, rb = a.handle(t), b.handle(t)
		return ra != nil && rb != nil
	})
	a.settled(t, b)
	b.settled(t, a)
	a.stop()
	b.stop()
	for _, k := range []*talker{a, b} {
		rep, err := Verify(k.dir, pass, nil)
		if err != nil || len(rep.Notices) > 0 {
			t.Fatalf("verify %s: %+v %v", k.name, rep, err)
		}
	}
}

// TestFirstCopies is [LINE-52]: of what came over two lines, each number once, in order.
func TestFirstCopies(t *testing.T) {
	p := &post{peers: map[lineID]peer{1: {Name: "x"}, 1<<32 | 1: {Name: "x", Bond: 1}, 2: {Name: "y"}},
		last: map[stream]uint64{{1, line.Text}: 5, {1<<32 | 1, line.Text}: 4}}
	at := func(id lineID, n uint64) arrived { return arrived{id, line.Frame{Class: line.Text, Number: n}} }
	b := batch{frames: []arrived{at(1, 7), at(2, 3), at(1, 8), at(1<<32|1, 5), at(1<<32|1, 6), at(1<<32|1, 7)}}
	p.firstCopies(&b)
	var got []string
	for _, f := range b.frames {
		got = append(got, fmt.Sprint(f.line&3, " ", f.Number))
	}
	if want := "[2 3 1 6 1 7 1 8]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestASecondLineGoesWithTheKeysOfTheFirst is [LINE-50]: when a line gets fresh
// keys, the second one is made anew over it, once words were compared again.
func TestASecondLineGoesWithTheKeysOfTheFirst(t *testing.T) {
	t.Parallel()
	rels, tickets := twoRelays(t)
	a, _ := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{})
	bondUp(t, a, b, rels, tickets)
	before, words := secondOf(a), lineOf(t, a, "envoy").Words
	inv, err := a.Rekey(t.Context(), RekeyOrder{For: "envoy"})
	if err == nil {
		_, err = b.Rekey(t.Context(), RekeyOrder{For: "go-between", Take: inv})
	}
	if err != nil {
		t.Fatal(err)
	}
	fresh := func(d *Desk, who record.Name) bool {
		l := lineOf(t, d, who)
		return l.Phase == Opened && l.Fresh == nil && !slices.Equal(l.Words, words)
	}
	eventually(t, "the keys are fresh", func() bool { return fresh(a, "envoy") && fresh(b, "go-between") })
	eventually(t, "the second line is gone", func() bool { return secondOf(a) == 0 && secondOf(b) == 0 })
	if err := a.Compared(t.Context(), "envoy", true); err != nil {
		t.Fatal(err)
	}
	if err := b.Compared(t.Context(), "go-between", true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is made anew", func() bool { return isDouble(t, a, "envoy") && isDouble(t, b, "go-between") })
	if after := secondOf(a); after == before {
		t.Error("the second line is the old one")
	}
	if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "under fresh keys")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what is said arrives", func() bool { return len(texts(t, b, "go-between")) == 1 })
}

// secondOf gives the second line of a desk with one line.
func secondOf(d *Desk) (out lineID) {
	d.post.mu.Lock()
	defer d.post.mu.Unlock()
	for id, q := range d.post.peers {
		if q.Bond != 0 {
			out = id
		}
	}
	return out
}
