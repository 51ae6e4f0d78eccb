package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"path/filepath"
	"testing"
)

// oldDeck makes a deck of the first format: state n, with rows 0 to n-1.
func oldDeck(v *Vault, s Shape, n int) []byte {
	b := newDeck(s, v.well, deckName)
	h := sha256.New()
	for i := range uint64(n) {
		plain := make([]byte, s.row()-wellOverhead)
		copy(plain, rowOf(int(i)))
		sealed := v.well.seal(nil, plain, ringAD(deckName, i))
		copy(b[block+2*s.slot()+int(i%uint64(s.Rows))*s.row():], sealed)
		if i == uint64(n)-1 {
			h.Write(tagOf(sealed))
		}
	}
	value := v.links[0].seen.Load().append(nil)
	value = binary.BigEndian.AppendUint64(value, uint64(n))
	value = binary.BigEndian.AppendUint64(value, 1)
	p := pair{size: s.slot(), off: block, label: deckName, well: v.well, last: -1, gen: 7}
	slot, off := p.seal(append(append(value, h.Sum(nil)...), stateOf(n)...))
	copy(b[off:], slot)
	return b
}

func TestADeckOfTheFirstFormatIsBroughtOver(t *testing.T) {
	v, dir := newVault(t)
	do(t, v, func(tx *Tx) error { return tx.SetCursor(9) })
	if err := replaceFile(filepath.Join(dir, deckName), oldDeck(v, shape, 12)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		v = reopen(t, v, dir)
		d := mustDeck(t, v)
		if !bytes.Equal(d.State(), stateOf(12)) || d.Next() != 12 || v.RolledBack() != nil {
			t.Fatal("the state is lost:", v.RolledBack())
		}
		wantRows(t, d, 9, 12)
	}
	tick(t, mustDeck(t, v), 13, 12)
	v = reopen(t, v, dir)
	wantRows(t, mustDeck(t, v), 9, 13)
	if r := verify(t, v); r.Rolled != 0 {
		t.Error("it was taken for an older copy")
	}
}
