package vault

import (
	"bytes"
	"fmt"
	"maps"
	"testing"

	"backchannel/internal/fault"
)

func stateOf(n int) []byte { return bytes.Repeat([]byte{byte(n)}, shape.State) }
func rowOf(n int) []byte {
	return append([]byte(fmt.Sprintf("row %d.", n)), make([]byte, shape.Row-len(fmt.Sprintf("row %d.", n)))...)
}

func tick(t testing.TB, d *Deck, state int, rows ...int) uint64 {
	t.Helper()
	var bs [][]byte
	for _, r := range rows {
		bs = append(bs, rowOf(r))
	}
	first, err := d.Tick(stateOf(state), bs...)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func ringRows(t testing.TB, d *Deck, from uint64) (out []string) {
	t.Helper()
	if err := d.Rows(from, func(i uint64, row []byte) error {
		name, _, _ := bytes.Cut(row, []byte("."))
		out = append(out, fmt.Sprintf("%d:%s", i, name))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDeckKeepsItsStateAndRows(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	if d.State() != nil || d.Next() != 0 {
		t.Error("a new deck has no state")
	}
	tick(t, d, 1, 100)
	if first := tick(t, d, 2, 101, 102); first != 1 {
		t.Error(first)
	}
	tick(t, d, 3)
	for range 3 {
		v = reopen(t, v, dir)
		d = mustDeck(t, v)
		if !bytes.Equal(d.State(), stateOf(3)) || d.Next() != 3 {
			t.Fatal("state or ring lost")
		}
		if got := fmt.Sprint(ringRows(t, d, 0)); got != "[0:row 100 1:row 101 2:row 102]" {
			t.Error(got)
		}
		if r := verify(t, v); r.Rows != 3 || r.Rolled != 0 {
			t.Error(r)
		}
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(2) })
	if got := fmt.Sprint(ringRows(t, d, 0)); got != "[2:row 102]" {
		t.Error(got)
	}
	other := shape
	other.Rows++
	_, err := v.Deck(other)
	wantKind(t, err, fault.Refused)
}

func TestRingRefusesToOverwriteWhatWasNotIngested(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	for i := range shape.Rows {
		tick(t, d, i, i)
	}
	_, err := d.Tick(stateOf(99), rowOf(99))
	wantKind(t, err, fault.Refused)
	if len(ringRows(t, d, 0)) != shape.Rows {
		t.Error("the refused tick wrote")
	}
	tick(t, d, 50) // a tick without rows is always possible
	do(t, v, func(tx *Tx) error { return tx.SetCursor(3) })
	for i := range 3 {
		tick(t, d, i, 100+i)
	}
	v = reopen(t, v, dir)
	d = mustDeck(t, v)
	if got := ringRows(t, d, 0); len(got) != shape.Rows || got[0] != "3:row 3" || got[7] != "10:row 102" {
		t.Error(got)
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(11) })
	for _, bad := range []struct {
		state []byte
		rows  [][]byte
	}{
		{stateOf(1)[1:], nil},
		{stateOf(1), [][]byte{rowOf(1)[1:]}},
		{stateOf(1), [][]byte{rowOf(1), rowOf(2), rowOf(3)}},
	} {
		_, err := d.Tick(bad.state, bad.rows...)
		wantKind(t, err, fault.Internal)
	}
}

// splice puts the deck file together from two images: the states of one, the
// rows of the other.
func splice(states, rows []byte) []byte {
	at := block + 2*shape.slot()
	return append(bytes.Clone(states[:at]), rows[at:]...)
}

func TestStateWithoutItsRowsDidNotHappen(t *testing.T) {
	v, dir := newVault(t)
	tick(t, mustDeck(t, v), 0, 0)
	v.Close()
	before := snapshot(t, dir)

	// with ticks at the vault as it was before, and gives the deck's bytes after.
	with := func(deck []byte, state, row int) []byte {
		image := maps.Clone(before)
		image[deckName] = deck
		image.write(t, dir)
		v := mustOpen(t, dir)
		tick(t, mustDeck(t, v), state, row)
		v.Close()
		return snapshot(t, dir)[deckName]
	}
	check := func(name string, deck []byte) {
		t.Helper()
		image := maps.Clone(before)
		image[deckName] = deck
		image.write(t, dir)
		v := mustOpen(t, dir)
		defer v.Close()
		d := mustDeck(t, v)
		if !bytes.Equal(d.State(), stateOf(0)) || d.Next() != 1 || len(ringRows(t, d, 0)) != 1 {
			t.Errorf("%s: state %d, next %d", name, d.State()[0], d.Next())
		}
	}
	one := with(before[deckName], 1, 11)
	cut := splice(one, before[deckName])
	check("a state came to the disk and its row did not", cut)
	check("a row came to the disk and its state did not", splice(before[deckName], one))
	two := with(cut, 2, 22)
	check("the state of one try and the row of the next", splice(one, two))
}

func TestWhatATickReplacesIsGoneTwoTicksLater(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	tick(t, d, 1)
	old := snapshot(t, dir)[deckName][block : block+shape.slot()]
	if !bytes.Contains(snapshot(t, dir)[deckName], old[:64]) {
		t.Fatal("looked in the wrong place")
	}
	tick(t, d, 2)
	tick(t, d, 3)
	for i := 0; i+64 <= len(old); i += 64 {
		if bytes.Contains(snapshot(t, dir)[deckName], old[i:i+64]) {
			t.Fatal("a part of the old state is still there")
		}
	}
}

func TestLaw2_TickWritesTheSameWhateverItHolds(t *testing.T) {
	run := func(fill func(n int) []byte, busy bool) (ops []op) {
		s, v, d := openSim(t, withDeck(t))
		defer v.Close()
		for n := range 12 {
			if busy {
				if err := updateNo(v, uint64(n)); err != nil {
					t.Fatal(err)
				}
			}
			s.log = nil
			if _, err := d.Tick(fill(n), rowOf(n)); err != nil {
				t.Fatal(err)
			}
			for _, o := range s.log {
				if o.file != deckName {
					t.Fatalf("a tick wrote to %s", o.file)
				}
			}
			ops = append(ops, s.log...)
			do(t, v, func(tx *Tx) error { return tx.SetCursor(d.Next()) })
		}
		if c := v.Counts(); c.Ticks != 12 {
			t.Fatalf("%+v", c)
		}
		return ops
	}
	idle := run(func(int) []byte { return make([]byte, shape.State) }, false)
	busy := run(stateOf, true)
	if fmt.Sprint(idle) != fmt.Sprint(busy) {
		t.Errorf("idle %v\nbusy %v", idle, busy)
	}
	if len(idle) != 12*3 { // the row, the state, one sync
		t.Errorf("%d calls to the disk in 12 ticks", len(idle))
	}
}

// TestLaw2_NoTransactionDelaysATick: a tick is stored while a transaction of the
// database is under way, however long that takes, and while the database's log
// is moved; it waits for no lock of theirs.
func TestLaw2_NoTransactionDelaysATick(t *testing.T) {
	v, _ := newVault(t)
	d := mustDeck(t, v)
	do(t, v, func(tx *Tx) error {
		for n := range 3 {
			tick(t, d, n, n)
		}
		return tx.SetMeta("import", make([]byte, 1<<20))
	})
	v.mu.Lock() // as a checkpoint or a backup holds it
	tick(t, d, 3, 3)
	v.mu.Unlock()
	if d.Next() != 4 || !bytes.Equal(d.State(), stateOf(3)) {
		t.Error(d.Next())
	}
}
