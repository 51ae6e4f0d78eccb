package vault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"backchannel/internal/fault"
)

// locked gives a locked vault, whose deck has ticked n times with one row each.
func lockedAfter(t testing.TB, n int) (*Locked, string) {
	t.Helper()
	v, dir := newVault(t)
	d := mustDeck(t, v)
	for i := range n {
		tick(t, d, i, i)
	}
	l, err := v.Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, dir
}

func stow(t testing.TB, d *Deck, note string) {
	t.Helper()
	if done, err := d.Stow(1, []byte(note)); !done || err != nil {
		t.Fatal(done, err)
	}
}

func unlock(t testing.TB, l *Locked) *Vault {
	t.Helper()
	v, err := l.Unlock(pass)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// wantRows checks that the rows from the cursor on are those of their index.
func wantRows(t testing.TB, d *Deck, from, to uint64) {
	t.Helper()
	got := ringRows(t, d, 0)
	for i, s := range got {
		if want := fmt.Sprintf("%d:row %d", from+uint64(i), from+uint64(i)); s != want {
			t.Fatalf("%q where %q should be", s, want)
		}
	}
	if uint64(len(got)) != to-from {
		t.Fatalf("%d rows where %d should be", len(got), to-from)
	}
}

// INBOX-3, INBOX-6.
func TestInbox3_LockedForLongerThanTheRing(t *testing.T) {
	l, dir := lockedAfter(t, 3)
	d := l.Deck()
	for i := 3; i < 100; i++ {
		tick(t, d, i, i)
		stow(t, d, fmt.Sprint("note ", i))
	}
	if d.Stowed() != 97 || d.Done() != 97 {
		t.Fatal(d.Stowed(), d.Done())
	}
	v := unlock(t, l)
	d = mustDeck(t, v)
	for range 2 { // once as it was unlocked, once as it is opened after a crash
		wantRows(t, d, 0, 100)
		if v.RolledBack() != nil {
			t.Fatal(v.RolledBack())
		}
		var notes []string
		if err := d.Notes(func(b []byte) error { notes = append(notes, string(b)); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(notes) != 97 || notes[0] != "note 3" || notes[96] != "note 99" {
			t.Fatal(notes)
		}
		v = reopen(t, v, dir)
		d = mustDeck(t, v)
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(50) })
	wantRows(t, d, 50, 100)
	if err := d.Empty(); err != nil || d.Stowed() != 97 {
		t.Fatal("emptied before all was in the journal", err)
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(100) })
	if err := d.Empty(); err != nil || d.Stowed() != 0 {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, inboxName)); !os.IsNotExist(err) {
		t.Error("the inbox is still there")
	}
	for i := 100; i < 120; i++ {
		tick(t, d, i, i)
		do(t, v, func(tx *Tx) error { return tx.SetCursor(uint64(i)) })
	}
	wantRows(t, d, 119, 120)
	verify(t, v)
}

// INBOX-1: what a thief finds of a locked vault, with all that its process holds, tells
// him nothing of what arrived, not even before it was locked.
func TestInbox1_WhatALockedVaultHoldsOpensNothing(t *testing.T) {
	l, dir := lockedAfter(t, 3)
	d := l.Deck()
	for i := 3; i < 20; i++ {
		tick(t, d, i, i)
		stow(t, d, "a note")
	}
	for _, name := range []string{deckName, inboxName} {
		b := snapshot(t, dir)[name]
		sizes := []int{shape.row(), roundUp(shape.Row + wellOverhead), 8192}
		for off := 0; off+block <= len(b); off += block {
			for _, n := range sizes {
				if off+n > len(b) {
					continue
				}
				for i := range uint64(64) {
					for _, ad := range [][]byte{ringAD(deckName, i), (&inbox{at: &link{box: inboxName}}).placeAD(int(i))} {
						plain, err := d.line.well.open(b[off:off+n], ad)
						if err == nil && (bytes.Contains(plain, []byte("row ")) || bytes.Contains(plain, []byte("a note"))) {
							t.Fatalf("%s can be read at %d", name, off)
						}
					}
				}
			}
		}
	}
	if err := d.Rows(0, func(uint64, []byte) error { return nil }); !fault.Is(err, fault.Refused) {
		t.Error("rows of a locked vault:", err)
	}
	if d.line.seed != nil || d.in != nil {
		t.Error("the private key is still there")
	}
	h, err := readHead(dir)
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.open(pass)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range [][]byte{key, derive(key, labelSlots), derive(key, labelInbox), derive(key, labelRow), derive(key, labelPage)} {
		if bytes.Equal(k, d.line.well.root) {
			t.Fatal("a locked vault holds another key than that of its deck")
		}
	}
}

// INBOX-1: from what goes on of a locked vault no type leads to the vault or its keys.
func TestInbox1_NoTypeOfALockedVaultReachesItsKeys(t *testing.T) {
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(x reflect.Type) {
		if seen[x] {
			return
		}
		seen[x] = true
		switch x.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Chan:
			walk(x.Elem())
		case reflect.Struct:
			for i := range x.NumField() {
				walk(x.Field(i).Type)
			}
		}
	}
	walk(reflect.TypeFor[Locked]())
	if !seen[reflect.TypeFor[Deck]()] {
		t.Fatal("the walk does not come to the deck")
	}
	for _, bad := range []reflect.Type{reflect.TypeFor[Vault](), reflect.TypeFor[box](), reflect.TypeFor[ward](), reflect.TypeFor[db](), reflect.TypeFor[head]()} {
		if seen[bad] {
			t.Errorf("a locked vault reaches %s", bad)
		}
	}
}

// INBOX-2: nothing on the disk lets a locked vault be taken up without the
// passphrase.
func TestInbox2_ItsKeysAreNotOnTheDisk(t *testing.T) {
	l, dir := lockedAfter(t, 3)
	d := l.Deck()
	tick(t, d, 3, 3)
	stow(t, d, "a note")
	secrets := [][]byte{bytes.Clone(d.line.well.root), bytes.Clone(d.line.ek)}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range snapshot(t, dir) {
		for _, s := range secrets {
			if bytes.Contains(b, s[:32]) {
				t.Errorf("a key of the line process stands in %s", name)
			}
		}
	}
	if _, err := l.Unlock(pass); err == nil {
		t.Error("what was closed opens again")
	}
}

func TestInbox_UnlockAsksForThePassphrase(t *testing.T) {
	l, dir := lockedAfter(t, 3)
	if _, err := l.Unlock([]byte("wrong")); !fault.Is(err, fault.Passphrase) {
		t.Fatal(err)
	}
	if _, err := Open(dir, pass); !fault.Is(err, fault.InUse) {
		t.Fatal("another process may take a locked vault:", err)
	}
	tick(t, l.Deck(), 3, 3) // it goes on
	if v := unlock(t, l); mustDeck(t, v).Next() != 4 {
		t.Error("a tick is missing")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestLaw2_StowingWritesTheSameWhateverItHolds(t *testing.T) {
	run := func(fill func(int) []byte, note string) (ops []op) {
		s, v, _ := openSim(t, withDeck(t))
		l, err := v.Lock()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s.log = nil
		for n := range 12 {
			if _, err := l.Deck().Tick(stateOf(n), fill(n)); err != nil {
				t.Fatal(err)
			}
			stow(t, l.Deck(), note)
		}
		return s.log
	}
	quiet := run(func(int) []byte { return make([]byte, shape.Row) }, "")
	busy := run(rowOf, string(make([]byte, NoteSize-2)))
	if len(quiet) < 12*5 || fmt.Sprint(quiet) != fmt.Sprint(busy) {
		t.Errorf("quiet %v\nbusy %v", quiet, busy)
	}
}

// INBOX-5.
func TestInbox5_FullRefusesAndLosesNothing(t *testing.T) {
	l, _ := lockedAfter(t, 0)
	d := l.Deck()
	d.most = 20
	n := 0
	for ; n < 20; n++ {
		tick(t, d, n, n)
		stow(t, d, "")
	}
	for ; n < 20+shape.Rows; n++ {
		tick(t, d, n, n)
		if _, err := d.Stow(1, nil); !fault.Is(err, fault.Limit) {
			t.Fatal(err)
		}
	}
	if _, err := d.Tick(stateOf(n), rowOf(n)); !fault.Is(err, fault.Refused) {
		t.Fatal("a row that nobody has was written over:", err)
	}
	tick(t, d, n) // without rows it goes on
	wantRows(t, mustDeck(t, unlock(t, l)), 0, uint64(n))
}

// INBOX-4: power cuts while the vault is locked: what a tick acknowledged is there.
func TestLaw6_PowerCutWhileLocked(t *testing.T) {
	seeds := uint64(30)
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		rnd := rand.New(rand.NewPCG(seed, 8))
		dir := withDeck(t)
		var ticks uint64
		for range 5 {
			s, v, _ := openSim(t, dir)
			l, err := v.Lock()
			if err != nil {
				t.Fatal(err)
			}
			s.mu.Lock()
			s.left, s.apply = rnd.IntN(150), rnd.IntN(2) == 0
			s.mu.Unlock()
			for range 60 {
				if _, err = l.Deck().Tick(stateOf(int(ticks)), rowOf(int(ticks))); err != nil {
					break
				}
				ticks++
				if _, err = l.Deck().Stow(1, nil); err != nil {
					break
				}
			}
			after := s.powerCut(rnd)
			l.Close()
			after.write(t, dir)
			v = mustOpen(t, dir)
			d := mustDeck(t, v)
			if got := d.Next(); got != ticks && got != ticks+1 {
				t.Fatalf("seed %d: %d ticks where %d were acknowledged", seed, got, ticks)
			}
			ticks = d.Next()
			wantRows(t, d, v.Cursor(), ticks)
			if r := verify(t, v); r.Rolled != 0 {
				t.Fatalf("seed %d: a crash was taken for a rollback", seed)
			}
			if rnd.IntN(2) == 0 {
				do(t, v, func(tx *Tx) error { return tx.SetCursor(ticks) })
				if err := d.Empty(); err != nil {
					t.Fatal(err)
				}
			}
			v.Close()
		}
	}
}

// INBOX-6.
func TestInbox6_WhatIsMissingIsDamage(t *testing.T) {
	l, dir := lockedAfter(t, 0)
	for i := range 40 {
		tick(t, l.Deck(), i, i)
		stow(t, l.Deck(), "")
	}
	l.Close()
	whole := snapshot(t, dir)
	size := (len(whole[inboxName]) - block) / 40
	for name, change := range map[string]func(b []byte) []byte{
		"cut":            func(b []byte) []byte { return b[:block+20*size] },
		"a place spoilt": func(b []byte) []byte { b[block+5*size+9] ^= 1; return b },
		"the head":       func(b []byte) []byte { b[9] ^= 1; return b },
		"two swapped": func(b []byte) []byte {
			one := bytes.Clone(b[block : block+size])
			copy(b[block:], b[block+size:block+2*size])
			copy(b[block+size:], one)
			return b
		},
		"all of it": nil,
	} {
		image := files{}
		for n, b := range whole {
			image[n] = slices.Clone(b)
		}
		delete(image, inboxName)
		if change != nil {
			image[inboxName] = change(slices.Clone(whole[inboxName]))
		}
		image.write(t, dir)
		if change == nil {
			os.Remove(filepath.Join(dir, inboxName))
		}
		v := mustOpen(t, dir)
		err := mustDeck(t, v).Rows(0, func(uint64, []byte) error { return nil })
		if !fault.Is(err, fault.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
		v.Close()
	}
}

// INBOX-7.
func TestInbox7_WhatWasTakenInIsWrittenOver(t *testing.T) {
	l, dir := lockedAfter(t, 0)
	for i := range 40 {
		tick(t, l.Deck(), i, i)
		stow(t, l.Deck(), "")
	}
	path := filepath.Join(dir, inboxName)
	keep := filepath.Join(t.TempDir(), "same blocks")
	if err := os.Link(path, keep); err != nil {
		t.Skip("no hard links here")
	}
	before, _ := os.ReadFile(keep)
	v := unlock(t, l)
	do(t, v, func(tx *Tx) error { return tx.SetCursor(40) })
	if err := mustDeck(t, v).Empty(); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(keep)
	for off := block; off+64 <= len(before); off += 64 {
		if bytes.Equal(before[off:off+64], after[off:off+64]) {
			t.Fatalf("the place at %d is still there", off)
		}
	}
}
