package vault

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
)

// The work that crash tests do is numbered. Update n appends an entry, puts
// frame n into the outbox, takes frame n-3 out, and names n; so what a vault
// should hold after n updates follows from n. Tick n has state n and row n.

func updateNo(v *Vault, n uint64) error {
	return v.Update(func(tx *Tx) error {
		if _, err := tx.Append(fmt.Appendf(nil, "entry %d", n), bytes.Repeat([]byte{byte(n)}, int(n*997%9000))); err != nil {
			return err
		}
		errs := []error{
			tx.Queue(Frame{"line", 1, n, fmt.Appendf(nil, "frame %d", n)}),
			tx.PutSegment(Segment{"line", 1, n, 0, fmt.Appendf(nil, "part %d", n)}),
			tx.SetMeta("last", []byte(strconv.FormatUint(n, 10))),
		}
		if n >= 3 {
			errs = append(errs, tx.Unqueue("line", 1, n-3), tx.DropSegments("line", 1, n-3))
		}
		return errors.Join(errs...)
	})
}

func tickNo(v *Vault, d *Deck, n uint64) error {
	_, err := d.Tick(stateOf(int(n)), rowOf(int(n)))
	return err
}

// updatesIn checks that the vault holds the work of some number of updates,
// exactly once each and nothing else, and gives the number.
func updatesIn(t testing.TB, v *Vault) uint64 {
	t.Helper()
	r, err := v.Verify(nil)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	if r.Rolled != 0 {
		t.Fatal("a crash was taken for a rollback")
	}
	got := journal(t, v, 0)
	if len(got)%2 != 0 {
		t.Fatalf("%d entries: half an update", len(got))
	}
	n := uint64(len(got) / 2)
	for i := range n {
		if got[2*i] != fmt.Sprintf("entry %d", i) {
			t.Fatalf("entry %d is %q", i, got[2*i])
		}
	}
	out, err := v.Outbox()
	if err != nil {
		t.Fatal(err)
	}
	parts, err := v.Segments()
	if err != nil {
		t.Fatal(err)
	}
	if uint64(len(out)) != min(n, 3) || len(parts) != len(out) {
		t.Fatalf("%d frames after %d updates", len(out), n)
	}
	for i, f := range out {
		want := n - uint64(len(out)-i)
		if f.Number != want || string(f.Bytes) != fmt.Sprintf("frame %d", want) || string(parts[i].Bytes) != fmt.Sprintf("part %d", want) {
			t.Fatalf("frame %d where %d should be", f.Number, want)
		}
	}
	if n > 0 {
		if last, err := v.Meta("last"); string(last) != strconv.FormatUint(n-1, 10) {
			t.Fatal(string(last), err)
		}
	}
	return n
}

// ticksIn is updatesIn for the deck.
func ticksIn(t testing.TB, d *Deck) uint64 {
	t.Helper()
	n := d.Next()
	if n > 0 && !bytes.Equal(d.State(), stateOf(int(n-1))) {
		t.Fatalf("the state is not that of tick %d", n-1)
	}
	for i, row := range ringRows(t, d, 0) {
		want := d.at.cursor.Load() + uint64(i)
		if row != fmt.Sprintf("%d:row %d", want, want) {
			t.Fatalf("row %q where %d should be", row, want)
		}
	}
	return n
}

// work does numbered updates and ticks, in any order, until limit or an error,
// and gives how many of each were acknowledged.
func work(v *Vault, d *Deck, rnd *rand.Rand, limit int, updates, ticks uint64) (uint64, uint64, error) {
	for range limit {
		var err error
		switch k := rnd.IntN(8); {
		case k == 0:
			err = v.Checkpoint()
		case k == 1:
			err = v.Update(func(tx *Tx) error { return tx.SetCursor(ticks) })
		case k < 5:
			if err = updateNo(v, updates); err == nil {
				updates++
			}
		default:
			if err = tickNo(v, d, ticks); err == nil {
				ticks++
			} else if fault.Is(err, fault.Refused) {
				err = v.Update(func(tx *Tx) error { return tx.SetCursor(ticks) })
			}
		}
		if err != nil {
			return updates, ticks, err
		}
	}
	return updates, ticks, nil
}

func between(t testing.TB, what string, got, acked uint64) {
	t.Helper()
	if got != acked && got != acked+1 {
		t.Fatalf("%d %s found where %d were acknowledged", got, what, acked)
	}
}

// openSim opens a vault with a deck on a simulated disk.
func openSim(t testing.TB, dir string) (*simDisk, *Vault, *Deck) {
	t.Helper()
	s := newSim(t, dir)
	v, err := open(dir, pass, s.disk())
	if err != nil {
		t.Fatal(err)
	}
	return s, v, mustDeck(t, v)
}

func withDeck(t testing.TB) string {
	t.Helper()
	v, dir := newVault(t)
	mustDeck(t, v)
	v.Close()
	return dir
}

func TestLaw6_PowerCutLosesNothingAcknowledged(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		dir := withDeck(t)
		var updates, ticks uint64
		for range 8 { // cuts, one after the other
			s, v, d := openSim(t, dir)
			s.mu.Lock()
			s.left = rnd.IntN(40) // the call during which the power goes
			s.mu.Unlock()
			var err error
			updates, ticks, err = work(v, d, rnd, 200, updates, ticks)
			if err != nil && !fault.Is(err, fault.Disk) {
				t.Fatalf("seed %d: %v", seed, err)
			}
			after := s.powerCut(rnd)
			v.broken = errSim // the process is gone: it closes nothing in good order
			v.Close()
			after.write(t, dir)

			v = mustOpen(t, dir)
			d = mustDeck(t, v)
			nu, nt := updatesIn(t, v), ticksIn(t, d)
			between(t, "updates", nu, updates)
			between(t, "ticks", nt, ticks)
			updates, ticks = nu, nt
			v.Close()
		}
	}
}

// Each call to the disk fails in turn, with and without taking effect. The
// vault must say so, hold what it held, and go on when the disk does.
func TestLaw6_EachDiskCallFailsInTurn(t *testing.T) {
	base := withDeck(t)
	image := snapshot(t, base)
	for _, apply := range []bool{false, true} {
		for left := 0; ; left++ {
			rnd := rand.New(rand.NewPCG(7, 7)) // the same work each time
			dir := filepath.Join(t.TempDir(), "v")
			image.write(t, dir)
			s, v, d := openSim(t, dir)
			s.left, s.apply = left, apply
			updates, ticks, err := work(v, d, rnd, 12, 0, 0)
			if !s.failed {
				v.Close()
				if left < 20 {
					t.Fatalf("only %d calls to the disk", left)
				}
				break
			}
			if err != nil {
				wantKind(t, err, fault.Disk)
			}
			s.left = -1 // the disk works again
			if v.broken == nil {
				u2, t2, err := work(v, d, rnd, 10, updates, ticks)
				if err != nil && !fault.Is(err, fault.Disk) {
					t.Fatalf("call %d: the vault is of no use after the disk came back: %v", left, err)
				}
				updates, ticks = u2, t2
			} else {
				wantKind(t, updateNo(v, updates), fault.Disk)
			}
			v.Close()
			v = mustOpen(t, dir)
			between(t, "updates", updatesIn(t, v), updates)
			between(t, "ticks", ticksIn(t, mustDeck(t, v)), ticks)
			v.Close()
		}
	}
}

const envDir = "VAULT_TEST_CHILD"

// TestChild is not a test: it is the process that the tests below kill. It
// prints a line for each update and tick after it was acknowledged.
func TestChild(t *testing.T) {
	dir := os.Getenv(envDir)
	if dir == "" {
		t.Skip("runs only as a child of other tests")
	}
	v, err := Open(dir, pass)
	if err != nil {
		fmt.Println("refused", fault.KindOf(err))
		return
	}
	d, err := v.Deck(shape)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	updates, ticks := updatesIn(t, v), ticksIn(t, d)
	fmt.Println("at", updates, ticks)
	for {
		var err error
		if updates, ticks, err = work(v, d, rnd, 1, updates, ticks); err != nil {
			t.Fatal(err)
		}
		fmt.Println("at", updates, ticks)
	}
}

func child(t testing.TB, dir string) *exec.Cmd {
	c := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.count=1")
	c.Env = append(os.Environ(), envDir+"="+dir)
	c.Stderr = os.Stderr
	return c
}

func TestLaw6_KillLosesNothingAcknowledged(t *testing.T) {
	rounds := 25
	if testing.Short() {
		rounds = 5
	}
	dir := withDeck(t)
	rnd := rand.New(rand.NewPCG(9, 9))
	for range rounds {
		c := child(t, dir)
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		kill := 1 + rnd.IntN(60) // lines until the kill
		pause := time.Duration(rnd.IntN(3000)) * time.Microsecond
		var updates, ticks uint64
		seen := 0
		for sc := bufio.NewScanner(out); sc.Scan(); {
			if _, err := fmt.Sscanf(sc.Text(), "at %d %d", &updates, &ticks); err != nil {
				t.Fatalf("the child said %q", sc.Text())
			}
			if seen++; seen == kill {
				time.Sleep(pause) // so that the kill falls anywhere in the work
				c.Process.Kill()
			}
		}
		if err := c.Wait(); err == nil || seen < kill {
			t.Fatalf("the child ended by itself: %v", err)
		}
		v := mustOpen(t, dir)
		between(t, "updates", updatesIn(t, v), updates)
		between(t, "ticks", ticksIn(t, mustDeck(t, v)), ticks)
		v.Close()
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	v, dir := newVault(t)
	out, err := child(t, dir).Output()
	if err != nil || !strings.HasPrefix(string(out), "refused in-use\n") {
		t.Fatalf("%v %q", err, out)
	}
	v.Close()
	c := child(t, dir)
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewReader(pipe).ReadString('\n')
	_, err = Open(dir, pass)
	wantKind(t, err, fault.InUse)
	c.Process.Kill()
	c.Wait()
	mustOpen(t, dir)
}
