package desk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/relay/relaytest"
)

var errKilled = errors.New("killed here")

// A desk moves while a line is open. It is killed at every step of the move,
// one run for each: at no moment do two folders open, the move can always be
// ended, and the line goes on from the new place. [LINE-43]
func TestLaw6_MoveKilledAtAnyStepLeavesOneDesk(t *testing.T) {
	rel := startRelay(t, relaytest.Options{})
	a, dir := open(t, "go-between", Options{})
	b, _ := open(t, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])
	if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "before")); err != nil {
		t.Fatal(err)
	}
	if err := MoveOut(dir, pass, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Fatal("a desk that runs was moved:", err)
	}
	a.Close()
	tick := a.post.clocks[0].deck.Tick()

	opens := func(dir string) bool {
		d, err := Open(t.Context(), dir, pass, Options{Offline: true})
		if err != nil {
			return false
		}
		d.Close()
		return true
	}
	for at := 0; ; at++ {
		root := t.TempDir()
		old, there, file := filepath.Join(root, "old"), filepath.Join(root, "new"), filepath.Join(root, "file")
		if err := os.CopyFS(old, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		n, name := 0, ""
		step := func(s string) error {
			if n++; n == at+1 {
				name = s
				return errKilled
			}
			if opens(old) && opens(there) {
				t.Fatalf("at %q both open", s)
			}
			return nil
		}
		err := moveOut(old, pass, file, step)
		if err == nil {
			err = moveIn(file, there, pass, step)
		}
		if err != nil && !errors.Is(err, errKilled) {
			t.Fatal(at, err)
		}
		if opens(old) {
			t.Fatalf("killed at %q: the old folder still opens", name)
		}
		killed := err != nil
		if _, err := os.Stat(file); err != nil { // go on as a person would
			if err := MoveOut(old, pass, file); err != nil {
				t.Fatalf("killed at %q: %v", name, err)
			}
		}
		if !opens(there) || exists(filepath.Join(there, arrivingSum)) {
			if err := MoveIn(file, there, pass); err != nil {
				t.Fatalf("killed at %q: %v", name, err)
			}
		}
		if opens(old) || !opens(there) {
			t.Fatalf("killed at %q: old %v, new %v", name, opens(old), opens(there))
		}
		if err := MoveIn(file, there, pass); !fault.Is(err, fault.Exists) {
			t.Fatalf("it arrived twice in one place: %v", err)
		}
		if err := MoveIn(file, old, pass); !fault.Is(err, fault.Exists) || opens(old) {
			t.Fatalf("the old folder was woken: %v", err)
		}
		if !killed {
			a = reopen(t, there, Options{})
			t.Logf("%d steps", at)
			break
		}
	}
	if _, err := a.Write(t.Context(), Commit, say(a, "envoy", "after")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the line goes on", func() bool { return fmt.Sprint(texts(t, b, "go-between")) == "[before after]" })
	if a.post.clocks[0].deck.Tick() <= tick {
		t.Fatal("a tick was used twice")
	}
	if b.post.clocks[0].trouble != "" {
		t.Error("the other desk says:", b.post.clocks[0].trouble)
	}
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// A file that is cut, altered or something else is no desk, and leaves nothing.
func TestMoveInRefusesWhatIsNoDesk(t *testing.T) {
	d, dir := open(t, "go-between", Options{Offline: true})
	d.Close()
	root := t.TempDir()
	file := filepath.Join(root, "file")
	if err := MoveOut(dir, pass, file); err != nil {
		t.Fatal(err)
	}
	if err := MoveOut(dir, pass, file); !fault.Is(err, fault.Exists) {
		t.Fatal("written over:", err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{"empty": nil, "cut": b[:len(b)/2], "end is missing": b[:len(b)-2048], "altered": altered(b, 2*512+300), "text": []byte("not a desk")} {
		path := filepath.Join(root, name)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := MoveIn(path, filepath.Join(root, "in"), pass); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s: %v", name, err)
		}
		if exists(filepath.Join(root, "in")) || exists(filepath.Join(root, "in.arriving")) {
			t.Errorf("%s: something is left", name)
		}
	}
	if err := MoveIn(file, filepath.Join(root, "in"), []byte("wrong")); err == nil {
		t.Error("a wrong passphrase")
	}
	if err := MoveIn(file, filepath.Join(root, "in"), pass); err != nil {
		t.Error(err)
	}
}

func altered(b []byte, at int) []byte {
	c := append([]byte{}, b...)
	c[at] ^= 1
	return c
}
