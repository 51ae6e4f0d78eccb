package vault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
)

// A block of these tests holds the entries that it stands for, so that it can
// be held against the journal.
func blockOf(from, to uint64) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "block %d-%d;", from, to), int(1+(to-from)*97%700))
}

func fill500(t testing.TB, v *Vault, n int) {
	t.Helper()
	do(t, v, func(tx *Tx) error {
		for range n {
			if _, err := tx.Append(fmt.Appendf(nil, "entry %d", tx.Next())); err != nil {
				return err
			}
		}
		return nil
	})
}

// snap reads the snapshot, checks that each block is what was written for its
// place and that they follow on from the beginning, and gives where it ends.
func snap(t testing.TB, v *Vault) uint64 {
	t.Helper()
	at := uint64(0)
	to, err := v.Snapshot(func(from, to uint64, b []byte) error {
		if from != at || to > v.Next() || !bytes.Equal(b, blockOf(from, to)) {
			t.Fatalf("a block from %d to %d where %d is next", from, to, at)
		}
		at = to
		return nil
	})
	if err != nil || to != at || v.SnapshotTo() != to {
		t.Fatal(to, at, err)
	}
	return to
}

func addBlock(t testing.TB, v *Vault, to uint64) {
	t.Helper()
	from := v.SnapshotTo()
	if err := v.AppendSnapshot(from, to, 0, blockOf(from, to)); err != nil {
		t.Fatal(err)
	}
	if v.SnapshotTo() != to {
		t.Fatalf("the snapshot reaches %d, not %d", v.SnapshotTo(), to)
	}
}

func TestSnapshotComesBack(t *testing.T) {
	v, dir := newVault(t)
	if snap(t, v) != 0 {
		t.Fatal("a snapshot of nothing")
	}
	fill500(t, v, 500)
	for _, to := range []uint64{100, 101, 350} {
		addBlock(t, v, to)
	}
	v = reopen(t, v, dir)
	if got := snap(t, v); got != 350 {
		t.Fatalf("it reaches %d", got)
	}
	addBlock(t, v, 500)
	// One that does not follow on is left out.
	for _, c := range [][2]uint64{{350, 500}, {0, 10}, {501, 502}, {500, 500}} {
		if err := v.AppendSnapshot(c[0], c[1], 0, blockOf(c[0], c[1])); err != nil || v.SnapshotTo() != 500 {
			t.Fatal(c, err)
		}
	}
	wantKind(t, v.AppendSnapshot(500, 501, 0, []byte("x")), fault.Internal) // behind the journal
	wantKind(t, v.AppendSnapshot(500, 501, 0, make([]byte, MaxBlock+1)), fault.Limit)
	if fi, err := os.Stat(filepath.Join(dir, snapshotName)); err != nil || fi.Size()%block != 0 {
		t.Fatal(fi.Size(), err)
	}
	v = reopen(t, v, dir)
	if got := snap(t, v); got != 500 {
		t.Fatalf("it reaches %d", got)
	}
	if err := v.DropSnapshot(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, snapshotName)); !os.IsNotExist(err) || snap(t, v) != 0 {
		t.Fatal("it is still there")
	}
	addBlock(t, v, 200)
	if got := snap(t, reopen(t, v, dir)); got != 200 {
		t.Fatalf("it reaches %d", got)
	}
}

// A reader that does not understand a block goes on from the journal, and what
// it writes takes the block's place.
func TestSnapshotThatIsNotUnderstood(t *testing.T) {
	v, _ := newVault(t)
	fill500(t, v, 300)
	for _, to := range []uint64{100, 200, 300} {
		addBlock(t, v, to)
	}
	to, err := v.Snapshot(func(from, _ uint64, _ []byte) error {
		if from == 100 {
			return errStop
		}
		return nil
	})
	if err != nil || to != 100 {
		t.Fatal(to, err)
	}
	addBlock(t, v, 300)
	if got := snap(t, v); got != 300 {
		t.Fatal(got)
	}
}

// However the file was cut, altered or swapped, what is read of it is right.
func TestDamagedSnapshotIsNeverWrong(t *testing.T) {
	v, dir := newVault(t)
	fill500(t, v, 400)
	for to := uint64(50); to <= 400; to += 50 {
		addBlock(t, v, to)
	}
	v.Close()
	path := filepath.Join(dir, snapshotName)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, otherDir := newVault(t)
	fill500(t, other, 400)
	addBlock(t, other, 400)
	other.Close()
	foreign, _ := os.ReadFile(filepath.Join(otherDir, snapshotName))

	rnd := rand.New(rand.NewPCG(3, 0))
	cases := map[string][]byte{"empty": {}, "of another vault": foreign, "noise": noise(len(good)), "nothing": nil}
	for i := range 40 {
		cases[fmt.Sprintf("cut %d", i)] = good[:rnd.IntN(len(good))]
		b := bytes.Clone(good)
		b[rnd.IntN(len(b))] ^= 1
		cases[fmt.Sprintf("altered %d", i)] = b
		at, to := rnd.IntN(len(good)/block)*block, rnd.IntN(len(good)/block)*block
		b = bytes.Clone(good)
		copy(b[to:], good[at:])
		cases[fmt.Sprintf("moved %d", i)] = b
		cases[fmt.Sprintf("shortened %d", i)] = append(bytes.Clone(good[:to]), good[min(at, len(good)):]...)
	}
	for name, b := range cases {
		os.Remove(path)
		if b != nil {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		v := mustOpen(t, dir)
		got := snap(t, v) // fails where a wrong block is read
		if len(journal(t, v, got)) != int(400-got) {
			t.Fatalf("%s: the journal does not go on from %d", name, got)
		}
		if got < 400 {
			addBlock(t, v, 400)
		}
		if again := snap(t, v); again != 400 {
			t.Fatalf("%s: written again, it reaches %d", name, again)
		}
		v.Close()
	}
}

// A vault put back to an older copy, or one that went another way since, does
// not believe the snapshot beside it; an older snapshot is as good as it goes.
func TestSnapshotOfAnotherTime(t *testing.T) {
	v, dir := newVault(t)
	fill500(t, v, 100)
	addBlock(t, v, 100)
	v.Close()
	old := snapshot(t, dir)
	v = mustOpen(t, dir)
	snap(t, v)
	fill500(t, v, 100)
	addBlock(t, v, 150)
	addBlock(t, v, 200)
	v.Close()
	now := snapshot(t, dir)

	mixed := func(base, with files) string {
		m := files{}
		for n, b := range base {
			m[n] = b
		}
		m[snapshotName] = with[snapshotName]
		d := filepath.Join(t.TempDir(), "v")
		m.write(t, d)
		return d
	}
	if got := snap(t, mustOpen(t, mixed(now, old))); got != 100 {
		t.Errorf("an older snapshot reaches %d", got)
	}
	back := mixed(old, now)
	v = mustOpen(t, back)
	if got := snap(t, v); got != 100 {
		t.Errorf("a snapshot newer than the vault reaches %d", got)
	}
	do(t, v, func(tx *Tx) error { // another way
		for range 100 {
			if _, err := tx.Append([]byte("other words")); err != nil {
				return err
			}
		}
		return nil
	})
	if got := snap(t, v); got != 100 {
		t.Errorf("a snapshot of another way reaches %d", got)
	}
	addBlock(t, v, 130)
	if got := snap(t, v); got != 130 {
		t.Errorf("written again, it reaches %d", got)
	}
}

// TestLaw6_CrashWhileWritingTheSnapshot cuts the power at every call to the
// disk, and fails every call in turn: the journal is whole, and what is read of
// the snapshot is right.
func TestLaw6_CrashWhileWritingTheSnapshot(t *testing.T) {
	base, baseDir := newVault(t)
	fill500(t, base, 40)
	addBlock(t, base, 30)
	base.Close()
	image := snapshot(t, baseDir)
	for _, apply := range []bool{false, true} {
		for left := 0; ; left++ {
			rnd := rand.New(rand.NewPCG(uint64(left), 8))
			dir := filepath.Join(t.TempDir(), "v")
			image.write(t, dir)
			s := newSim(t, dir)
			v, err := open(dir, pass, s.disk())
			if err != nil {
				t.Fatal(err)
			}
			snap(t, v)
			s.left, s.apply = left, apply
			acked := uint64(40)
			for _, to := range []uint64{40, 55, 70} {
				if err = v.AppendSnapshot(v.SnapshotTo(), to, 0, blockOf(v.SnapshotTo(), to)); err != nil {
					break
				}
				if err = v.Update(func(tx *Tx) error {
					for range 15 {
						if _, err := tx.Append(fmt.Appendf(nil, "entry %d", tx.Next())); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					break
				}
				acked += 15
			}
			done := !s.failed
			if err != nil {
				wantKind(t, err, fault.Disk)
			}
			after := s.powerCut(rnd)
			v.broken = errSim
			v.Close()
			after.write(t, dir)
			v = mustOpen(t, dir)
			if _, err := v.Verify(nil); err != nil {
				t.Fatalf("call %d: %v", left, err)
			}
			all := journal(t, v, 0)
			if n := uint64(len(all)); n != acked && n != acked+15 || all[len(all)-1] != fmt.Sprintf("entry %d", n-1) {
				t.Fatalf("call %d: %d entries where %d were acknowledged", left, n, acked)
			}
			if got := snap(t, v); got < 30 {
				t.Fatalf("call %d: a block that was synced is gone: the snapshot reaches %d", left, got)
			}
			addBlock(t, v, v.Next())
			if got := snap(t, v); got != v.Next() {
				t.Fatalf("call %d: %d", left, got)
			}
			v.Close()
			if done {
				if left < 6 {
					t.Fatalf("only %d calls to the disk", left)
				}
				break
			}
		}
	}
}

// The file shows nothing but its length, not even that the same block was
// written twice.
func TestSnapshotShowsNothing(t *testing.T) {
	v, dir := newVault(t)
	fill500(t, v, 100)
	addBlock(t, v, 100)
	first := snapshot(t, dir)[snapshotName]
	if err := v.DropSnapshot(); err != nil {
		t.Fatal(err)
	}
	addBlock(t, v, 100)
	second := snapshot(t, dir)[snapshotName]
	if len(first) != len(second) || len(first)%block != 0 {
		t.Fatal(len(first), len(second))
	}
	for i := 0; i < len(first); i += 16 {
		if bytes.Equal(first[i:i+16], second[i:i+16]) {
			t.Fatalf("the same bytes at %d", i)
		}
	}
	if bytes.Contains(first, []byte("block")) {
		t.Fatal("it can be read")
	}
}
