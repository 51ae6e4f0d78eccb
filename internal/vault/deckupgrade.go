package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
)

// maxDeck bounds what is read of a file that should be a deck.
const maxDeck = 1 << 30

// upgradeDeck brings a deck of the first format, whose key was that of the mark
// and whose rows the same key opened, to the present one. It is made whole beside
// the old one and takes its place at once.
func (v *Vault) upgradeDeck() error {
	path := filepath.Join(v.dir, deckName)
	f, err := os.Open(path)
	if err != nil {
		return diskFault(err, "the vault's deck cannot be read")
	}
	defer f.Close()
	head := make([]byte, block)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil // openDeck says what is wrong
	}
	plain, err := v.well.open(head, deckAD(deckName))
	if err != nil {
		return nil
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxDeck))
	if err != nil {
		return diskFault(err, "the vault's deck cannot be read")
	}
	b := append(head, rest...)
	at := func(i int) int { return int(binary.BigEndian.Uint64(plain[8*i:])) }
	old := Shape{at(0), at(1), at(2), at(3)}
	if old.check() != nil || len(b) != block+2*old.slot()+old.Rows*roundUp(old.Row+wellOverhead) {
		return nil
	}
	next, err := v.reshape(old, b)
	if err != nil {
		return err
	}
	return replaceFile(path, next)
}

// reshape gives a deck of the first format in the present one: the newest state
// whose rows are there, and what of the ring opens.
func (v *Vault) reshape(s Shape, b []byte) ([]byte, error) {
	rowLen := roundUp(s.Row + wellOverhead)
	ring := func(i uint64) []byte {
		off := block + 2*s.slot() + int(i%uint64(s.Rows))*rowLen
		return b[off : off+rowLen]
	}
	d := &Deck{line: v.line, shape: s}
	out := newDeck(s, v.line.well, deckName)
	was := pair{f: inMemory(b), off: block, size: s.slot(), label: deckName, well: v.well, last: -1}
	slots, err := was.read()
	if err != nil {
		return nil, err
	}
	for _, slot := range slots {
		next, n := binary.BigEndian.Uint64(slot.value[markSize:]), binary.BigEndian.Uint64(slot.value[markSize+8:])
		if n > uint64(s.Batch) || n > next {
			return nil, errDeck("a state counts its rows wrong")
		}
		h := sha256.New()
		for i := next - n; i < next; i++ {
			h.Write(tagOf(ring(i)))
		}
		if !bytes.Equal(h.Sum(nil), slot.value[markSize+16:slotHead]) {
			continue
		}
		key, err := v.line.fresh()
		if err != nil {
			return nil, err
		}
		first := next - min(next, uint64(s.Rows))
		for i := first; i < next; i++ {
			row, err := v.well.open(ring(i), ringAD(deckName, i))
			if err != nil {
				continue // written over since, or never
			}
			plain := make([]byte, s.row()-wellOverhead)
			key.seal(plain[:0], row[:s.Row], i)
			copy(out[d.rowOff(i):], v.line.well.seal(nil, plain, ringAD(deckName, i)))
		}
		// The state counts as one that came without rows.
		value := bytes.Clone(slot.value[:slotHead+s.State])
		binary.BigEndian.PutUint64(value[markSize+8:], 0)
		copy(value[markSize+16:slotHead], sha256.New().Sum(nil))
		p := pair{size: s.slot(), off: block, label: deckName, well: v.line.well, last: -1, gen: slot.gen - 1}
		sealed, off := p.seal(value)
		copy(out[off:], sealed)
		break
	}
	return out, nil
}

// inMemory is a file that is read alone.
type inMemory []byte

func (m inMemory) ReadAt(p []byte, off int64) (int, error) { return bytes.NewReader(m).ReadAt(p, off) }
func (m inMemory) WriteAt([]byte, int64) (int, error)      { return 0, errShort }
func (m inMemory) Sync() error                             { return nil }
func (m inMemory) Close() error                            { return nil }
