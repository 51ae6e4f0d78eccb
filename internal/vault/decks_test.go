package vault

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
)

// twoDecks makes a vault whose two decks have come to different points.
func twoDecks(t *testing.T) (*Vault, string) {
	v, dir := newVault(t)
	for i, n := range []int{3, 5} {
		d, err := v.DeckAt(i, shape)
		if err != nil {
			t.Fatal(err)
		}
		for k := range n {
			if _, err := d.Tick(stateOf(10*i+k), rowOf(10*i+k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursorOf(1, 2) })
	return v, dir
}

func TestTwoDecksKeepApart(t *testing.T) {
	v, dir := twoDecks(t)
	v = reopen(t, v, dir)
	for i, n := range []int{3, 5} {
		d, err := v.DeckAt(i, shape)
		if err != nil {
			t.Fatal(err)
		}
		if want := stateOf(10*i + n - 1); !bytes.Equal(d.State(), want) || d.Next() != uint64(n) {
			t.Errorf("deck %d stands at row %d", i, d.Next())
		}
		from := uint64(2 * i)
		if v.CursorOf(i) != from {
			t.Errorf("deck %d: cursor %d", i, v.CursorOf(i))
		}
		next := from
		err = d.Rows(0, func(index uint64, row []byte) error {
			if index != next || !bytes.Equal(row, rowOf(10*i+int(index))) {
				t.Errorf("deck %d gives row %d, and %d was due", i, index, next)
			}
			next++
			return nil
		})
		if err != nil || next != uint64(n) {
			t.Error(next, err)
		}
	}
	if r, err := v.Verify(nil); err != nil || r.Rows != 6 {
		t.Error(r, err)
	}
	l, err := v.Lock()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range Decks {
		if _, err := l.DeckAt(i).Tick(stateOf(90 + i)); err != nil {
			t.Error(err)
		}
	}
	if err := l.DeckAt(1).Rows(2, func(uint64, []byte) error { return nil }); !fault.Is(err, fault.Refused) {
		t.Error("a locked deck reads:", err)
	}
	if v, err = l.Unlock(pass); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	if d, err := v.DeckAt(1, shape); err != nil || !bytes.Equal(d.State(), stateOf(91)) {
		t.Error(err)
	}
}

// TestASecondDeckPutBackIsNoticed: to an older copy, away, or to the place of
// the first.
func TestASecondDeckPutBackIsNoticed(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, dir string, old []byte) error{
		"an older copy": func(_ *testing.T, dir string, old []byte) error {
			return os.WriteFile(filepath.Join(dir, deck2Name), old, 0o600)
		},
		"away": func(_ *testing.T, dir string, _ []byte) error { return os.Remove(filepath.Join(dir, deck2Name)) },
		"in the place of the first": func(_ *testing.T, dir string, old []byte) error {
			return os.WriteFile(filepath.Join(dir, deckName), old, 0o600)
		},
	} {
		v, dir := twoDecks(t)
		old, err := os.ReadFile(filepath.Join(dir, deck2Name))
		if err != nil {
			t.Fatal(err)
		}
		d, _ := v.DeckAt(1, shape)
		for k := range 2 {
			if _, err := d.Tick(stateOf(20 + k)); err != nil {
				t.Fatal(err)
			}
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
		if err := change(t, dir, old); err != nil {
			t.Fatal(err)
		}
		v, err = Open(dir, pass)
		if err == nil {
			err = v.RolledBack()
			v.Close()
		}
		if !fault.Is(err, fault.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
