package vault

import (
	"bytes"
	"fmt"
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
