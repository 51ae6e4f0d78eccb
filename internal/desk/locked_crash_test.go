package desk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childServe serves a desk that can be locked and unlocked, as the command does.
func childServe(ctx context.Context, dir string) error {
	d, err := Open(ctx, dir, pass, Options{})
	if err != nil {
		return err
	}
	for said := false; ; said = true {
		if !said {
			fmt.Println("ready")
		}
		serving, end := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- d.ServeControl(serving, dir) }()
		select {
		case <-d.LockAsked():
		case err = <-ended:
			ended <- nil
		}
		end()
		if err = errors.Join(err, <-ended); err != nil || ctx.Err() != nil {
			return errors.Join(err, d.Close())
		}
		l, err := d.Lock()
		if err != nil {
			return err
		}
		if d, err = l.ServeControl(ctx, dir, func() {}); d == nil || err != nil {
			return errors.Join(err, l.Close())
		}
	}
}

// lock locks a talker's desk, and waits until it is locked.
func (k *talker) lock(t *testing.T) {
	t.Helper()
	var r *Remote
	eventually(t, "the desk answers", func() bool { r = k.handle(t); return r != nil })
	defer r.Close()
	if err := r.AskLock(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the desk is locked", func() bool { return IsLocked(t.Context(), k.dir) })
}

// TestLaw6_KilledWhileLocked: a desk is locked and unlocked and killed, locked
// or not, at random moments of a talk; what was acknowledged is there once, in
// order.
func TestLaw6_KilledWhileLocked(t *testing.T) {
	t.Parallel()
	rounds := 30
	if testing.Short() {
		rounds = 4
	}
	seed := uint64(os.Getpid())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 8))
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t)}
	rel.start()
	a, b := newTalker(t, "go-between"), newTalker(t, "envoy")
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))
	for range rounds {
		a.say(t, b.name)
		a.lock(t)
		for range r.IntN(12) {
			b.say(t, a.name)
			time.Sleep(testPeriod) // no faster than the line carries
		}
		switch r.IntN(3) {
		case 0:
			a.kill()
			a.start()
		case 1: // killed while it is being unlocked
			done := make(chan struct{})
			go func() {
				Unlock(context.Background(), a.dir, pass)
				close(done)
			}()
			time.Sleep(time.Duration(r.IntN(int(testPeriod))))
			a.kill()
			<-done
			a.start()
		default:
			if err := Unlock(t.Context(), a.dir, pass); err != nil {
				t.Fatal(err)
			}
		}
	}
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
