//go:build unix

package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// The parts of a desk write here which process they are.
func pidFile(dir, part string) string { return dir + "." + part }

func notePid(dir, part string) error {
	return os.WriteFile(pidFile(dir, part), []byte(fmt.Sprint(os.Getpid())), 0o600)
}

func pidOf(t *testing.T, dir, part string) (pid int) {
	b, err := os.ReadFile(pidFile(dir, part))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Sscan(string(b), &pid)
	return pid
}

func childLog() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

// startChildPart starts another part, as the command does.
func startChildPart(role, dir string, lock *os.File) (net.Conn, *exec.Cmd, error) {
	cmd := exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, childVar+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, childVar+"="+role+" "+dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	conn, err := WayTo(func(theirs *os.File) error {
		cmd.ExtraFiles = []*os.File{theirs, lock}
		return cmd.Start()
	})
	return conn, cmd, err
}

func inheritedParts() (net.Conn, *os.File, error) {
	f := os.NewFile(3, "part")
	defer f.Close()
	conn, err := net.FileConn(f)
	syscall.CloseOnExec(4)
	return conn, os.NewFile(4, "lock"), err
}

// childPart is one of the two processes of a desk.
func childPart(role, dir string) error {
	switch role {
	case "apart-desk", "apart-again":
		return childApart(dir, role == "apart-again")
	}
	return childLines(dir, role == "apart")
}

// childLines is a line process. It never reads the passphrase.
func childLines(dir string, first bool) error {
	ctx := parentGone()
	var conn net.Conn
	var lock *os.File
	var err error
	if first {
		lock, err = vault.Hold(dir)
	} else {
		conn, lock, err = inheritedParts()
	}
	if err == nil {
		err = notePid(dir, "line")
	}
	if err != nil {
		return err
	}
	_, err = ServeLine(ctx, LineProcess{Dir: dir, Lock: lock, Desk: conn, Log: childLog(), Start: func(again bool, _ string) (net.Conn, func() int, error) {
		role := "apart-desk"
		if again {
			role = "apart-again"
		}
		conn, cmd, err := startChildPart(role, dir, lock)
		return conn, func() int { cmd.Wait(); return 0 }, err
	}})
	return err
}

// childApart is a desk process. It opens the desk, or waits until it is unlocked.
func childApart(dir string, again bool) error {
	ctx := parentGone()
	conn, lock, err := inheritedParts()
	if err == nil {
		err = notePid(dir, "desk")
	}
	if err != nil {
		return err
	}
	opt := Options{Log: childLog(), Line: &LineWay{Conn: conn, Lock: lock, Start: func() (net.Conn, error) {
		conn, cmd, err := startChildPart("apart-line", dir, lock)
		if err == nil {
			go cmd.Wait()
		}
		return conn, err
	}}}
	var d *Desk
	if again {
		if d, err = Await(ctx, dir, func() {}, opt); d == nil {
			opt.Line.Bye()
			return err
		}
	} else {
		pass, err := os.ReadFile(pidFile(dir, "pass"))
		if err != nil {
			return err
		}
		if d, err = Open(ctx, dir, pass, opt); err != nil {
			return err
		}
		fmt.Println("ready")
	}
	serving, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- d.ServeControl(serving, dir) }()
	select {
	case <-d.LockAsked():
		end()
		<-ended
		return d.Leave()
	case err = <-ended:
		end()
		return errors.Join(err, d.Close())
	}
}

// newApart is newTalker for a desk with a line process.
func newApart(t *testing.T, name record.Name, pass string, env ...string) *talker {
	dir := filepath.Join(t.TempDir(), string(name))
	if err := Create(dir, name, []byte(pass), vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pidFile(dir, "pass"), []byte(pass), 0o600); err != nil {
		t.Fatal(err)
	}
	k := &talker{child: child{t: t, role: "apart " + dir, env: env}, dir: dir, name: name}
	k.start()
	return k
}

// unlocked waits until the desk is open, and unlocks it if need be.
func (k *talker) unlocked(t *testing.T, pass string) {
	t.Helper()
	eventually(t, "the desk is unlocked", func() bool {
		if r := k.handle(t); r != nil {
			r.Close()
			return true
		}
		err := Unlock(t.Context(), k.dir, []byte(pass))
		return err == nil || fault.Is(err, fault.Exists)
	})
}

func killPid(pid int) { syscall.Kill(pid, syscall.SIGKILL) }

// TestLaw6_EitherPartIsKilled: the desk process and the line process of a desk are
// killed at random moments of a talk, or the desk is locked. What was acknowledged
// is there once, in order; the lines go on without the desk process, and what
// arrives meanwhile is kept.
func TestLaw6_EitherPartIsKilled(t *testing.T) {
	t.Parallel()
	rounds := 24
	if testing.Short() {
		rounds = 4
	}
	seed := uint64(os.Getpid())
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 109))
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t) + " slower"}
	rel.start()
	const secret = "zq-pass"
	a, b := newApart(t, "go-between", secret), newTalker(t, "envoy")
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))
	for i := range rounds {
		a.say(t, b.name)
		b.say(t, a.name)
		time.Sleep(time.Duration(r.IntN(int(6 * testPeriod))))
		switch i % 4 {
		case 0:
			line := pidOf(t, a.dir, "line")
			killPid(pidOf(t, a.dir, "desk"))
			for range r.IntN(8) {
				b.say(t, a.name)
				time.Sleep(3 * testPeriod) // no faster than the line carries
			}
			a.unlocked(t, secret)
			if now := pidOf(t, a.dir, "line"); now != line {
				t.Fatalf("line process %d became %d when the desk process was killed", line, now)
			}
		case 1:
			a.lock(t)
			b.say(t, a.name)
			a.unlocked(t, secret)
		case 2:
			line := pidOf(t, a.dir, "line")
			killPid(line)
			eventually(t, "there is a line process again", func() bool { return pidOf(t, a.dir, "line") != line })
		case 3: // both, as when the machine fails
			a.cmd.Process.Kill()
			killPid(pidOf(t, a.dir, "line"))
			killPid(pidOf(t, a.dir, "desk"))
			killPid(pidOf(t, a.dir, "line")) // one that the desk process had just begun
			a.in.Close()
			a.cmd.Wait()
			a.start()
		}
	}
	a.unlocked(t, secret)
	eventually(t, "the other desk answers", func() bool { return b.handle(t) != nil })
	a.settled(t, b)
	b.settled(t, a)
	a.stop()
	b.stop()
	rel.stop()
	for k, p := range map[*talker]string{a: secret, b: string(pass)} {
		rep, err := Verify(k.dir, []byte(p), nil)
		if err != nil || len(rep.Notices) > 0 {
			t.Fatalf("verify %s: %+v %v", k.name, rep, err)
		}
	}
}
