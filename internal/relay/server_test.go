package relay_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/relaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMembersSeeEveryAcknowledgedCell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a, b, c := join(t, r), join(t, r), join(t, r)
		for range 20 {
			together(a, b, c)
		}
		for _, x := range []*desk{a, b, c} {
			for _, y := range []*desk{a, b, c} {
				x.checkSeen(0, y)
			}
			if !reflect.DeepEqual(x.seen, a.seen) {
				t.Error("two members saw different slates")
			}
		}
	})
}

func TestOnTheLoopback(t *testing.T) {
	tt := relay.NewTimetable("loop", time.Now(), 100*time.Millisecond)
	tt.Capacity, tt.JoinEvery = 8, 4
	r := relaytest.Start(t, relaytest.Options{Timetable: tt, Hostile: true})
	a := join(t, r)
	a.inForce()
	for len(a.acked) < 5 {
		a.beat()
	}
	a.checkSeen(0, a)
}

func enrol(t *testing.T, r *relaytest.Relay, text string, tok relay.Token) (client.Enrolment, error) {
	t.Helper()
	k, err := relay.ParseTicket(text)
	if err != nil {
		t.Fatal(err)
	}
	return client.Enrol(t.Context(), r.Addr, k, tok, relay.NewRevocation(), r.Client())
}

func TestAdmission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tt := relay.NewTimetable("adm", time.Now(), time.Second)
		tt.Capacity, tt.JoinEvery = 2, 4
		r := relaytest.Memory(t, relaytest.Options{Timetable: tt, Tickets: 4})
		short, err := r.Server.Tickets(t.Context(), "adm", 1, time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		tok := relay.NewToken()
		first, err := enrol(t, r, r.Tickets[0], tok)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := enrol(t, r, r.Tickets[0], tok); err != nil || again.Slot != first.Slot { // [RELAY-9]
			t.Errorf("the same ticket and token again: %v %v", again, err)
		}
		_, err = enrol(t, r, r.Tickets[0], relay.NewToken())
		wantKind(t, "reused ticket", err, fault.Refused)
		_, err = enrol(t, r, "bct1"+strings.Repeat("A", 43), tok)
		wantKind(t, "foreign ticket", err, fault.Unauthentic)
		_, err = enrol(t, r, r.Tickets[1], tok)
		wantKind(t, "a second slot for a token", err, fault.Refused)
		time.Sleep(time.Minute)
		_, err = enrol(t, r, short[0].Text(), relay.NewToken())
		wantKind(t, "expired ticket", err, fault.Expired)
		if _, err := enrol(t, r, r.Tickets[1], relay.NewToken()); err != nil {
			t.Errorf("at the capacity: %v", err)
		}
		_, err = enrol(t, r, r.Tickets[2], relay.NewToken())
		wantKind(t, "above the capacity", err, fault.Limit)
		_, err = client.Dial(t.Context(), r.Addr, client.Credentials{Token: relay.NewToken()}, r.Client())
		wantKind(t, "unknown token", err, fault.Refused)
		if _, err := r.Server.Tickets(t.Context(), "nobody", 1, time.Now().Add(time.Hour)); !fault.Is(err, fault.NotFound) {
			t.Errorf("tickets of no cohort: %v", err)
		}
		if _, err := r.Server.Tickets(t.Context(), "adm", 1, time.Now()); !fault.Is(err, fault.Refused) {
			t.Errorf("tickets that have expired: %v", err)
		}
	})
}

func TestBoundOnTickets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{Tickets: 1, Timetable: relay.NewTimetable("test", time.Now(), time.Hour)})
		in := time.Now().Add(time.Hour)
		if _, err := r.Server.Tickets(t.Context(), "test", relay.MaxTickets, in); !fault.Is(err, fault.Limit) {
			t.Errorf("above the bound: %v", err)
		}
		if _, err := r.Server.Tickets(t.Context(), "test", relay.MaxTickets-1, in); err != nil {
			t.Errorf("at the bound: %v", err)
		}
		time.Sleep(32 * 24 * time.Hour) // they expire, and are forgotten
		if _, err := r.Server.Tickets(t.Context(), "test", relay.MaxTickets-1, time.Now().Add(time.Hour)); err != nil {
			t.Errorf("after they expired: %v", err)
		}
	})
}

func TestVerdicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a := join(t, r)
		// Joining may take until the epoch has begun.
		if r := a.beat(); (r.Verdict == relay.NotInForce) != (r.Tick < a.c.FromTick()) {
			t.Errorf("tick %d, a member from %d: %v", r.Tick, a.c.FromTick(), r.Verdict)
		}
		a.inForce()
		try := func(what string, want relay.Verdict, tick uint64) {
			t.Helper()
			a.dial(r.Client()) // so that any tick may be tried
			if got, err := a.exchange(tick); err != nil || got.Verdict != want {
				t.Errorf("%s: %v %v, want %v", what, got.Verdict, err, want)
			}
		}
		now := nextSend(a.c.Timetable())
		try("in time", relay.Accepted, now)
		try("again", relay.Duplicate, now)
		time.Sleep(5 * time.Second)
		now = nextSend(a.c.Timetable())
		try("the tick before", relay.Late, now-1)
		try("the next tick", relay.Accepted, now+1)
		try("two ticks ahead", relay.Early, now+2)
	})
}

func TestRelay10_ANewerConnectionEndsTheOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a := join(t, r)
		old := a.c
		a.dial(r.Client())
		synctest.Wait()
		if _, open := <-old.Replies(); open || !fault.Is(old.Err(), fault.Unreachable) {
			t.Errorf("the older connection: %v", old.Err())
		}
		a.inForce()
	})
}

func TestRelay18_PaceAndOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a := join(t, r)
		a.inForce()
		time.Sleep(100 * time.Second)
		a.dial(r.Client())
		tick := nextSend(a.c.Timetable())
		for i := range uint64(64) {
			if _, err := a.exchange(tick - 70 + i); err != nil {
				t.Fatalf("exchange %d at once: %v", i+1, err)
			}
		}
		_, err := a.exchange(tick)
		wantKind(t, "one more than 64 at once", err, fault.Unreachable)
		time.Sleep(10 * time.Second)
		a.dial(r.Client())
		tick = nextSend(a.c.Timetable())
		if _, err := a.exchange(tick); err != nil {
			t.Fatal(err)
		}
		_, err = a.exchange(tick)
		wantKind(t, "the same tick again", err, fault.Unreachable)
	})
}

func TestCatchUpDependsOnAbsenceAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		a, b := join(t, r), join(t, r)
		for range 12 {
			together(a, b)
		}
		for range 20 { // a is away
			b.beat()
		}
		var got []int
		for range 12 {
			done := make(chan struct{})
			go func() { defer close(done); b.beat() }()
			got = append(got, len(a.beat().Slates))
			<-done
		}
		// 21 behind, 4 a tick while one more comes each tick.
		if want := []int{4, 4, 4, 4, 4, 4, 3, 1, 1, 1, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("slates per reply %v, want %v", got, want)
		}
		a.checkSeen(0, b)
	})
}

func TestLongAbsenceSkipsToWhatIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tt := relay.NewTimetable("keep", time.Now(), time.Second)
		tt.Capacity, tt.JoinEvery, tt.Retention = 2, 4, 16
		r := relaytest.Memory(t, relaytest.Options{Timetable: tt, Tickets: 2})
		a, b := join(t, r), join(t, r)
		a.inForce()
		for range 100 {
			b.beat()
		}
		before := a.cursor
		a.dial(r.Client()) // the relay gave up waiting for it
		reply := a.beat()
		if reply.Resume <= before || reply.Head-reply.Resume != 16 || len(reply.Slates) != 4 {
			t.Errorf("cursor %d, resume %d, head %d", before, reply.Resume, reply.Head)
		}
	})
}

// restart stops a server and starts another on what its log holds.
func restart(t *testing.T, r *relaytest.Relay, mem *relay.Memory, down time.Duration) *relay.Memory {
	t.Helper()
	if err := r.Server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(down)
	again := mem.Reopen()
	serveOn(t, r, again)
	return again
}

func serveOn(t *testing.T, r *relaytest.Relay, l relay.Log) {
	t.Helper()
	n := relaytest.NewNet("relay.test:1")
	s, err := relay.Start(t.Context(), relay.Config{Key: r.Key, Listener: n, Logs: []relay.Log{l}, TicketKey: relaytest.TicketKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(context.Background()) })
	r.Server, r.Dial = s, n.Dial
}

func TestARestartKeepsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := relay.NewMemory()
		r := relaytest.Memory(t, relaytest.Options{Log: mem})
		a, b := join(t, r), join(t, r)
		for range 12 {
			together(a, b)
		}
		seen := maps.Clone(a.seen)
		before := r.Server.Status().Cohorts
		restart(t, r, mem, 0)
		after := r.Server.Status().Cohorts
		before[0].Connected, after[0].Connected = 0, 0
		if before[0].Head > after[0].Head || before[0].Enrolled != after[0].Enrolled || before[0].Unspent != after[0].Unspent || before[0].Version != after[0].Version {
			t.Errorf("before %+v, after %+v", before, after)
		}
		a.dial(r.Client())
		b.dial(r.Client())
		for range 8 {
			together(a, b)
		}
		a.checkSeen(0, b)
		b.checkSeen(0, a)
		// A third reader, who begins at the beginning, sees the same as before.
		a.cursor, a.seen = 0, map[uint64]relay.Slate{}
		for range 20 {
			together(a, b)
		}
		for tick, s := range seen {
			if got, ok := a.seen[tick]; ok && !reflect.DeepEqual(got, s) {
				t.Errorf("the slate of tick %d changed", tick)
			}
		}
	})
}

func TestRelay21_AfterAnOutageTheGapIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := relay.NewMemory()
		r := relaytest.Memory(t, relaytest.Options{Log: mem})
		a := join(t, r)
		a.inForce()
		a.beat()
		head := a.cursor
		restart(t, r, mem, time.Hour)
		a.dial(r.Client())
		n := 0
		for a.beat().Head > a.cursor+1 {
			if n++; n > 3 {
				t.Fatalf("still behind: from %d, now %d", head, a.cursor)
			}
		}
		a.checkSeen(0, a)
	})
}

func TestARolledBackDataFolderIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := relay.NewMemory()
		r := relaytest.Memory(t, relaytest.Options{Log: mem})
		a := join(t, r)
		a.inForce()
		backup := mem.Reopen()
		b := join(t, r) // after the backup was made
		b.inForce()
		a.beat()
		a.cred.Charters = nil
		for _, v := range a.c.Charters() {
			a.cred.Charters = append(a.cred.Charters, v.Signed())
		}
		r.Server.Stop(t.Context())
		serveOn(t, r, backup)
		_, err := client.Dial(t.Context(), r.Addr, a.cred, r.Client())
		wantKind(t, "a charter that the relay no longer knows [RELAY-13]", err, fault.Unauthentic)
		_, err = client.Dial(t.Context(), r.Addr, b.cred, r.Client())
		wantKind(t, "a member that the relay no longer knows", err, fault.Refused)
		// To somebody who holds nothing newer it is harmless.
		a.cred.Charters = a.cred.Charters[:2]
		a.dial(r.Client())
		a.inForce()
	})
}

func TestAnAcknowledgedCellOutlivesAFaultyLog(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			mem := relay.NewMemory()
			f := relaytest.NewFaulty(mem, seed, 0, 0)
			r := relaytest.Memory(t, relaytest.Options{Log: f})
			a, b := join(t, r), join(t, r)
			a.inForce()
			f.Set(0.2, 0.3)
			for range 40 {
				together(a, b)
			}
			f.Set(0, 0)
			for range 4 {
				together(a, b)
			}
			if f.Failures() < 10 {
				t.Fatalf("only %d failures", f.Failures())
			}
			a.checkSeen(0, b)
			b.checkSeen(0, a)
			restart(t, r, mem, 0)
			a.dial(r.Client())
			a.cursor, a.seen = 0, map[uint64]relay.Slate{}
			for range 20 {
				a.beat()
			}
			a.checkSeen(0, b)
		})
	}
}

func TestLaw2_TheClientWritesOncePerExchange(t *testing.T) {
	run := func(seed uint64) (writes []relaytest.Write, start time.Time) {
		synctest.Test(t, func(t *testing.T) {
			start = time.Now()
			rnd := rand.New(rand.NewPCG(seed, 3))
			r := relaytest.Memory(t, relaytest.Options{})
			tap := relaytest.NewTap(r.Dial)
			cred, _ := r.Join(t)
			c, err := client.Dial(t.Context(), r.Addr, cred, client.Options{Dial: tap.Dial})
			if err != nil {
				t.Fatal(err)
			}
			setUp := len(tap.Writes())
			var cursor uint64
			for i := range 60 {
				tick := nextSend(c.Timetable())
				cell := make([]byte, c.Timetable().CellSize)
				if rnd.IntN(2) == 0 { // "talk"
					for j := range cell {
						cell[j] = byte(rnd.Uint32())
					}
				}
				if rnd.IntN(2) == 0 { // and something is asked for
					c.SetErrand(errandOf(t, c, rnd.IntN(3)))
				}
				if err := c.Send(t.Context(), tick, cursor, cell); err != nil {
					t.Fatal(err)
				}
				reply := <-c.Replies()
				cursor = reply.Resume + uint64(len(reply.Slates))
				synctest.Wait()
				if n := len(tap.Writes()); n != setUp+i+1 {
					t.Fatalf("%d writes after %d exchanges", n-setUp, i+1)
				}
			}
			writes = tap.Writes()
			c.Close()
		})
		return writes, start
	}
	first, at := run(1)
	for seed := uint64(2); seed < 6; seed++ {
		w, start := run(seed)
		for i := range w {
			w[i].At = w[i].At.Add(at.Sub(start))
		}
		if !reflect.DeepEqual(first, w) {
			t.Errorf("seed %d: the writes differ", seed)
		}
	}
	// Every fourth exchange has an errand; the others are alike, and so are these.
	lens := map[int]int{}
	for _, w := range first[len(first)-60:] {
		lens[w.Len]++
	}
	if len(lens) != 2 || slices.Max(slices.Collect(maps.Values(lens))) != 45 {
		t.Errorf("exchanges by length: %v", lens)
	}
}

func TestTheLogNamesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		mem := relay.NewMemory()
		f := relaytest.NewFaulty(mem, 1, 0.1, 0.1)
		r := relaytest.Memory(t, relaytest.Options{Log: f, Logger: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		ticket := r.Tickets[0]
		a := join(t, r)
		for range 20 {
			a.beat()
		}
		enrol(t, r, "bct1"+strings.Repeat("A", 43), a.cred.Token)
		r.Server.Stop(t.Context())
		if out.Len() == 0 {
			t.Fatal("nothing was logged")
		}
		for _, secret := range []string{ticket, fmt.Sprintf("%x", a.cred.Token.Bytes()), string(a.cred.Token.Bytes()), "slot 0 tick", "bct1"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
		if s := fmt.Sprintf("%v %+v %#v %s", a.cred.Token, a.cred.Token, a.cred.Token, a.cred.Token); strings.Count(s, "hidden") != 4 {
			t.Errorf("a token prints as %q", s)
		}
	})
}

func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := relay.NewMemory()
		slow := relaytest.NewFaulty(mem, 1, 0, 0)
		r := relaytest.Memory(t, relaytest.Options{Log: slow})
		a := join(t, r)
		a.inForce()
		slow.Delay(300 * time.Millisecond)
		tick := nextSend(a.c.Timetable())
		if err := a.c.Send(t.Context(), tick, a.cursor, cellOf(0, tick, 1024)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := r.Server.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		reply, ok := <-a.c.Replies()
		if !ok || reply.Verdict != relay.Accepted || reply.Tick != tick {
			t.Fatalf("%v %v %v", reply.Verdict, ok, a.c.Err())
		}
		if _, ok := <-a.c.Replies(); ok {
			t.Error("still open")
		}
	})
}
