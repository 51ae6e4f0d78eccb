package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Shape is the size of a deck. It is fixed when the deck is made.
type Shape struct {
	State int // bytes of state
	Rows  int // rows in the ring
	Row   int // bytes of one row
	Batch int // most rows in one Tick
}

// Bounds on a shape, which stands on disk.
const (
	maxState = 64 << 20
	maxRow   = 8 << 20
	maxRows  = 1 << 20
	maxBatch = 256
)

func (s Shape) check() error {
	if s.State < 0 || s.State > maxState || s.Row < 1 || s.Row > maxRow ||
		s.Batch < 1 || s.Batch > maxBatch || s.Rows < 2*s.Batch || s.Rows > maxRows {
		return fault.New(fault.Internal, "vault.shape", "", "a deck cannot have shape %+v", s)
	}
	return nil
}

// slot gives the bytes on disk of one state, and row those of one ring row.
func (s Shape) slot() int { return roundUp(s.State + slotHead + 8 + wellOverhead) }
func (s Shape) row() int  { return roundUp(s.Row + rowSeal + wellOverhead) }

// size gives the bytes of the whole file: a header, two states, the ring. It
// never changes, so a full disk does not stop a tick.
func (s Shape) size() int64 {
	return block + 2*int64(s.slot()) + int64(s.Rows)*int64(s.row())
}

// Deck holds the state of the lines as of the last tick, and a ring of rows of
// what arrived, not yet ingested. A tick overwrites the older of two states
// and the oldest rows in place, so what a tick replaces is gone from the file
// two ticks later.
//
// A deck works without the vault: it has a key of its own for the state, and of
// the rows the public key alone. To read rows takes the vault's private key,
// which is there while the vault is open.
type Deck struct {
	dir  string
	open func(path string) (file, error)
	at   *link
	line lineKeys
	most int // places of the inbox

	mu     sync.Mutex // guards what follows; held for a whole Tick
	in     *opener    // nil while the vault is locked
	box    *inbox     // nil if nothing stands there
	f      file
	shape  Shape
	pair   pair
	state  []byte // as of the last tick; nil before the first
	mark   *mark  // how far the database was at the tick read by Open; nil if none
	next   uint64 // rows ever written, so the index of the one to come
	wiped  uint64 // index up to which what was ingested is written over
	closed bool
	lent   func() error // another process keeps the deck, and this has it wipe; see Lend
}

// slotHead is what a slot holds before the state: the mark of the database,
// the index of the next row, how many rows came with this state, and a hash of
// those rows' seals.
const slotHead = markSize + 8 + 8 + sha256.Size

// Deck is DeckAt for the first.
func (v *Vault) Deck(s Shape) (*Deck, error) { return v.DeckAt(0, s) }

// DeckAt gives one of the vault's decks, and makes one of this shape if there
// is none. A deck of another shape is Refused.
func (v *Vault) DeckAt(index int, s Shape) (*Deck, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return nil, err
	}
	v.deckMu.Lock()
	defer v.deckMu.Unlock()
	if at := v.links[index]; v.decks[index] == nil {
		if _, gen, _ := v.counters.of(index); *gen > 0 {
			return nil, missing(os.ErrNotExist, at.name)
		}
		if err := replaceFile(filepath.Join(v.dir, at.name), newDeck(s, v.line.well, at.name)); err != nil {
			return nil, err
		}
		var err error
		if v.decks[index], err = openDeck(v.dir, v.disk.open, at, v.line); err != nil {
			return nil, err
		}
	}
	d := v.decks[index]
	if d.shape != s {
		return nil, fault.New(fault.Refused, "vault.shape",
			"use the version of backchannel that made this vault", "the vault's deck has another shape: %+v, not %+v", d.shape, s)
	}
	return d, nil
}

func deckAD(name string) []byte { return rowAD(name, "shape") }

// newDeck gives a deck's file. Slots and rows begin as noise, which looks like
// any other.
func newDeck(s Shape, w well, name string) []byte {
	b := make([]byte, 0, s.size())
	plain := make([]byte, block-wellOverhead)
	for i, n := range []int{s.State, s.Rows, s.Row, s.Batch} {
		binary.BigEndian.PutUint64(plain[8*i:], uint64(n))
	}
	b = w.seal(b, plain, deckAD(name))
	return append(b, noise(int(s.size())-len(b))...)
}

func errDeck(why string) error {
	return fault.New(fault.Corrupt, "vault.deck",
		"nothing was changed; keep a copy of the folder, then restore all of it from one backup",
		"the vault's deck is damaged, cut short or of another vault: %s", why)
}

// openDeck opens a deck's file and reads its newest state.
func openDeck(dir string, open func(string) (file, error), at *link, k lineKeys) (_ *Deck, err error) {
	path := filepath.Join(dir, at.name)
	d := &Deck{dir: dir, open: open, at: at, line: k.public(), most: MaxPlaces}
	if k.seed != nil {
		d.in = k.opener()
	}
	if d.f, err = open(path); err != nil {
		return nil, missing(err, at.name)
	}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	head := make([]byte, block)
	if _, err := d.f.ReadAt(head, 0); err == io.EOF {
		return nil, errDeck("its header is cut short")
	} else if err != nil {
		return nil, diskFault(err, "the vault's deck cannot be read")
	}
	plain, err := k.well.open(head, deckAD(at.name))
	if err != nil {
		return nil, errDeck("its header does not open")
	}
	size := func(i int) int { return int(binary.BigEndian.Uint64(plain[8*i:])) }
	d.shape = Shape{size(0), size(1), size(2), size(3)}
	if err := d.shape.check(); err != nil {
		return nil, errDeck("its shape is impossible")
	}
	if fi, err := os.Stat(path); err != nil || fi.Size() != d.shape.size() {
		return nil, errDeck("its length is wrong")
	}
	d.pair = pair{f: d.f, off: block, size: d.shape.slot(), label: at.name, well: d.line.well, last: -1}
	if err := d.load(); err != nil {
		return nil, err
	}
	return d, d.openInbox()
}

// load finds the newest state whose rows are all there. Rows and state are
// written together and synced once, so after a power cut the disk may hold the
// new state and not its rows: then that tick did not happen.
func (d *Deck) load() error {
	slots, err := d.pair.read()
	for again := 0; err == nil && len(slots) == 0 && again < maxReads; again++ {
		slots, err = d.pair.read() // a slot may have been read while another process wrote it, and then the other
	}
	if err != nil {
		return err
	}
	for _, s := range slots {
		next := binary.BigEndian.Uint64(s.value[markSize:])
		n := binary.BigEndian.Uint64(s.value[markSize+8:])
		if n > uint64(d.shape.Batch) || n > next {
			return errDeck("a state counts its rows wrong")
		}
		whole, err := d.whole(next-n, next, s.value[markSize+16:slotHead])
		if err != nil {
			return err
		}
		if !whole {
			continue
		}
		d.pair.take(s)
		d.next, d.mark = next, parseMark(s.value)
		d.state = bytes.Clone(s.value[slotHead : slotHead+d.shape.State])
		d.at.deckGen.Store(s.gen)
		return nil
	}
	return nil // before the first tick; compare notices if there was one
}

// whole reports whether the rows from first up to next are the ones that were
// written with a state.
func (d *Deck) whole(first, next uint64, sum []byte) (bool, error) {
	h := sha256.New()
	buf := make([]byte, d.shape.row())
	for i := first; i < next; i++ {
		if _, err := d.f.ReadAt(buf, d.rowOff(i)); err != nil {
			return false, diskFault(err, "the vault's deck cannot be read")
		}
		if _, err := d.line.well.open(buf, ringAD(d.at.name, i)); err != nil {
			return false, nil
		}
		h.Write(tagOf(buf))
	}
	return bytes.Equal(h.Sum(nil), sum), nil
}

func ringAD(name string, index uint64) []byte { return rowAD(name, "ring", index) }

func (d *Deck) rowOff(index uint64) int64 {
	return block + 2*int64(d.shape.slot()) + int64(index%uint64(d.shape.Rows))*int64(d.shape.row())
}

// State gives the state as of the last tick, or nil before the first. Ticks
// do not change the slice.
func (d *Deck) State() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// Next gives the index that the next row will have.
func (d *Deck) Next() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next
}

// Tick replaces the state, and puts rows into the ring: the first at index
// Next, which it returns. All of it is one transaction, whose size len(rows)
// alone decides, and it is on disk when Tick returns nil. Every row must have
// the shape's length: Tick neither pads nor cuts.
//
// A row that would overwrite one that is neither ingested (see Tx.SetCursorOf)
// nor in the inbox (see Stow) is Refused, and nothing is written.
//
// After an error the deck stands as before, and Tick may be tried again with
// this state or another. That is safe even after a failed sync, since the next
// try writes every byte of this one again, and what was acknowledged lies in
// the other slot. Only a crash in between may bring up the state of the try
// that failed, whole and with its rows.
func (d *Deck) Tick(state []byte, rows ...[]byte) (first uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.allowed(state, rows); err != nil {
		return 0, err
	}
	first = d.next
	if err := d.store(state, rows); err != nil {
		return 0, err
	}
	d.at.ticks.Add(1)
	return first, nil
}

// store writes rows and state and syncs once. The caller holds mu.
func (d *Deck) store(state []byte, rows [][]byte) error {
	next := d.next + uint64(len(rows))
	sum, err := d.put(rows)
	if err == nil {
		m := d.at.seen.Load()
		head := m.append(make([]byte, 0, slotHead))
		head = binary.BigEndian.AppendUint64(head, next)
		head = binary.BigEndian.AppendUint64(head, uint64(len(rows)))
		slot, off := d.pair.seal(head, sum, state)
		if _, err = d.f.WriteAt(slot, off); err == nil {
			err = d.f.Sync()
		}
	}
	if err != nil {
		return diskFault(err, "the vault's deck cannot be written")
	}
	d.pair.wrote()
	d.next, d.state = next, bytes.Clone(state)
	d.at.deckGen.Store(d.pair.gen)
	return nil
}

// put writes rows into the ring, and gives the hash of their seals. Rows that
// lie side by side go in one write: all of them, or two parts where the ring
// begins again.
func (d *Deck) put(rows [][]byte) (sum []byte, err error) {
	fresh, err := d.line.fresh() // also for no rows: the work of a tick is the same
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	plain := make([]byte, d.shape.row()-wellOverhead)
	buf := make([]byte, 0, len(rows)*d.shape.row())
	off := d.rowOff(d.next)
	for i, row := range rows {
		index := d.next + uint64(i)
		if at := d.rowOff(index); at < off {
			if _, err := d.f.WriteAt(buf, off); err != nil {
				return nil, err
			}
			buf, off = buf[:0], at
		}
		clear(plain)
		fresh.seal(plain[:0], row, index)
		buf = d.line.well.seal(buf, plain, ringAD(d.at.name, index))
		h.Write(tagOf(buf))
	}
	if len(buf) > 0 {
		_, err = d.f.WriteAt(buf, off)
	}
	return h.Sum(nil), err
}

// allowed checks a Tick before anything is written.
func (d *Deck) allowed(state []byte, rows [][]byte) error {
	switch {
	case d.closed:
		return errClosed()
	case d.lent != nil:
		return errLent()
	case len(state) != d.shape.State:
		return fault.New(fault.Internal, "vault.shape", "", "a state of %d bytes where the deck has %d", len(state), d.shape.State)
	case len(rows) > d.shape.Batch:
		return fault.New(fault.Internal, "vault.shape", "", "%d rows in one tick where the deck takes %d", len(rows), d.shape.Batch)
	case d.next+uint64(len(rows)) > d.at.done()+uint64(d.shape.Rows):
		return fault.New(fault.Refused, "vault.ring-full",
			"make room on the disk, so that what arrived can be taken into the journal", "the ring is full of rows not yet ingested")
	}
	for _, row := range rows {
		if len(row) != d.shape.Row {
			return fault.New(fault.Internal, "vault.shape", "", "a row of %d bytes where the deck has %d", len(row), d.shape.Row)
		}
	}
	return nil
}

// Rows calls fn, in order, for each row from index from on that the cursor has
// not passed: those of the inbox, then those of the ring. fn may keep the row,
// and may use the vault.
func (d *Deck) Rows(from uint64, fn func(index uint64, row []byte) error) error {
	for i := max(from, d.at.cursor.Load()); i < d.Next(); i++ {
		row, err := d.row(i)
		if err != nil {
			return err
		}
		if err := fn(i, row); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deck) row(index uint64) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed()
	}
	if d.in == nil {
		return nil, errLocked()
	}
	if d.box.has(index) {
		return d.box.openRow(d.in, index)
	}
	sealed, err := d.ringRow(index)
	if err != nil {
		return nil, err
	}
	return d.in.open(sealed[:keys.KEMCiphertext], sealed[keys.KEMCiphertext:], index)
}

// ringRow gives a row of the ring as the vault's private key opens it.
func (d *Deck) ringRow(index uint64) ([]byte, error) {
	buf := make([]byte, d.shape.row())
	if _, err := d.f.ReadAt(buf, d.rowOff(index)); err != nil {
		return nil, diskFault(err, "the vault's deck cannot be read")
	}
	plain, err := d.line.well.open(buf, ringAD(d.at.name, index))
	if err != nil {
		return nil, errDeck("a row of its ring does not open")
	}
	return plain[:rowSeal+d.shape.Row], nil
}

// maxReads is how often a deck is read again that seems never to have ticked.
const maxReads = 3

func errLent() error {
	return fault.New(fault.Internal, "vault.lent", "", "another process keeps this deck")
}

// close closes the files. The caller holds mu, or is alone.
func (d *Deck) close() error {
	d.closed = true
	err := d.f.Close()
	if d.box != nil {
		err = errors.Join(err, d.box.f.Close())
	}
	d.in.forget()
	d.in = nil
	return err
}
