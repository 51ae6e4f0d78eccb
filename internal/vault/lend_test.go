//go:build unix

package vault

import (
	"bytes"
	"fmt"
	"testing"

	"backchannel/internal/fault"
)

// TestLaw6_ALentDeckIsReadAndKept: another process keeps the deck, and the vault
// reads what arrives; neither loses anything when the other ends.
func TestLaw6_ALentDeckIsReadAndKept(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	tick(t, d, 1, 100)
	keys := v.LineKeys()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	lock, err := Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Hold(dir); !fault.Is(err, fault.InUse) {
		t.Error("a vault is held twice:", err)
	}
	l, err := Keep(dir, lock, keys)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	kept := l.Deck()
	if kept.in != nil || l.keys.seed != nil {
		t.Error("who keeps the deck has the private key")
	}
	at := 2
	for round := range 4 {
		for range 3 { // nobody is there: it stows
			tick(t, kept, at, 100+at)
			at++
			if _, err := kept.Stow(1, nil); err != nil {
				t.Fatal(err)
			}
		}
		v, err := OpenHeld(dir, pass, lock)
		if err != nil {
			t.Fatal(err)
		}
		if v.rolled != nil {
			t.Fatal(v.rolled)
		}
		d, err := v.DeckAt(0, shape)
		if err != nil {
			t.Fatal(err)
		}
		wiped := 0
		if err := d.Lend(func() error { wiped++; return nil }); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Tick(stateOf(9)); !fault.Is(err, fault.Internal) {
			t.Error("a deck that was lent ticks:", err)
		}
		tick(t, kept, at, 100+at)
		at++
		d.Follow(kept.State(), kept.Next(), kept.Gen())
		if !bytes.Equal(d.State(), kept.State()) {
			t.Error("it does not follow")
		}
		rows := ringRows(t, d, v.CursorOf(0))
		for i, row := range rows {
			if n := int(v.CursorOf(0)) + i; n > 0 && row != fmt.Sprintf("%d:row %d", n, 101+n) {
				t.Errorf("round %d: row %d is %q", round, n, row)
			}
		}
		next := kept.Next()
		if err := v.Update(func(tx *Tx) error { return tx.SetCursorOf(0, next) }); err != nil {
			t.Fatal(err)
		}
		if err := l.Far(v.Far()); err != nil {
			t.Fatal(err)
		}
		if err := kept.Empty(); err != nil || kept.Stowed() != 0 || kept.Done() != next {
			t.Errorf("the inbox is not emptied: %v, %d places, done %d of %d", err, kept.Stowed(), kept.Done(), next)
		}
		if err := d.Empty(); err != nil || d.Stowed() != 0 {
			t.Error("it still looks into the inbox:", err)
		}
		if err := v.WipeRing(); err != nil || wiped != 1 {
			t.Errorf("who keeps the deck was asked %d times to wipe: %v", wiped, err)
		}
		if err := kept.Wipe(); err != nil {
			t.Error(err)
		}
		if err := v.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Far(make([]byte, 7)); !fault.Is(err, fault.Internal) {
		t.Error("a word of another length is taken:", err)
	}
	if _, err := Keep(dir, lock, LineKeys{Deck: make([]byte, 7)}); !fault.Is(err, fault.Internal) {
		t.Error("a key of another length is taken:", err)
	}
}
