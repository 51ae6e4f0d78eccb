package vault

import (
	"errors"
	"hash"
	"math"

	"github.com/ncruces/go-sqlite3"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// Bounds on one row.
const (
	MaxEntry = 16 << 20 // bytes of one journal entry, frame, segment or value
	MaxKey   = 255      // bytes of a line's id or a value's name
)

// Frame is a frame that waits until the other desk has acknowledged it.
type Frame struct {
	Line   string // id of the line, as bytes
	Class  uint8  // priority class
	Number uint64 // per line and direction, within its class
	Bytes  []byte
}

// Segment is a part of a frame that is still arriving.
type Segment struct {
	Line   string
	Class  uint8
	Number uint64 // of the frame
	Part   uint64 // of the frame
	Bytes  []byte
}

// Tx is one transaction of Update. It is good only inside Update's function.
type Tx struct {
	v    *Vault
	c    counters // as they will be
	mac  hash.Hash
	sum  digest
	done bool
}

// Update runs fn in one transaction. If fn returns nil and so does Update, all
// that fn did is on disk; otherwise none of it happened. Nothing else can be
// read or written meanwhile, except by Deck.Tick, so fn must not wait, and must
// not use the Vault.
func (v *Vault) Update(fn func(*Tx) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	if err := v.update(fn); err != nil {
		return err
	}
	v.counts.updates.Add(1)
	if v.db.wal >= maxWAL {
		// The transaction is safe already. A checkpoint that fails leaves the
		// log as it is, to be tried again.
		_ = v.checkpoint(sqlite3.CHECKPOINT_RESTART)
	}
	return nil
}

func (v *Vault) update(fn func(*Tx) error) error {
	if err := v.db.begin(); err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed && !v.db.conn.GetAutocommit() {
			if err := v.db.conn.Exec("ROLLBACK"); err != nil {
				v.broken = err
			}
		}
	}()
	tx := &Tx{v: v, c: v.counters, mac: newMAC(v.mac), sum: digest(v.counters.Sum)}
	defer func() { tx.done = true }()
	if err := fn(tx); err != nil {
		return err
	}
	tx.c.Gen++
	tx.c.Sum = tx.sum[:]
	for i, at := range v.links {
		_, gen, _ := tx.c.of(i)
		*gen = at.deckGen.Load()
	}
	box := v.row.seal(nil, wire.MustEncode(tx.c), v.countersAD())
	if err := v.db.exec("UPDATE counters SET box = ? WHERE id = 1", box); err != nil {
		return err
	}
	if err := v.db.conn.Exec("COMMIT"); err != nil {
		if errors.Is(err, sqlite3.IOERR_FSYNC) || errors.Is(err, sqlite3.IOERR_DIR_FSYNC) {
			// After a failed sync nobody knows what is on disk, and a second
			// sync may report success for what the first one dropped.
			v.broken = err
		}
		return dbFault(err)
	}
	committed = true
	v.counters = tx.c
	v.publish()
	return nil
}

// publish lets the deck see how far the database has come.
func (v *Vault) publish() {
	v.links[0].seen.Store(v.counters.mark())
	for i, at := range v.links {
		cursor, _, _ := v.counters.of(i)
		at.cursor.Store(*cursor)
	}
}

// check refuses what cannot be a row.
func (tx *Tx) check(key string, b []byte, nums ...uint64) error {
	switch {
	case tx.done:
		return fault.New(fault.Internal, "vault.tx-over", "", "the transaction is over")
	case len(key) > MaxKey:
		return fault.New(fault.Limit, "vault.limit", "", "a key of %d bytes where at most %d are allowed", len(key), MaxKey)
	case len(b) > MaxEntry:
		return fault.New(fault.Limit, "vault.limit", "", "a row of %d bytes where at most %d are allowed", len(b), MaxEntry)
	}
	for _, n := range nums {
		if n > math.MaxInt64 {
			return fault.New(fault.Limit, "vault.limit", "", "the number %d is too large", n)
		}
	}
	return nil
}

// Append adds entries to the journal and gives the position of the first.
func (tx *Tx) Append(entries ...[]byte) (first uint64, err error) {
	first = tx.c.Next
	for _, e := range entries {
		if err := tx.check("", e); err != nil {
			return 0, err
		}
		pos := tx.c.Next
		box, chain, err := tx.v.sealEntry([32]byte(tx.c.Chain), pos, e)
		if err != nil {
			return 0, err
		}
		if err := tx.v.db.exec("INSERT INTO journal VALUES(?, ?)", pos, box); err != nil {
			return 0, err
		}
		tx.c.Next, tx.c.Chain = pos+1, chain[:]
	}
	return first, nil
}

// Queue puts a frame into the outbox. A number that is there already is
// Exists: frames are never replaced.
func (tx *Tx) Queue(f Frame) error {
	if err := tx.check(f.Line, f.Bytes, f.Number); err != nil {
		return err
	}
	ad := rowAD("outbox", f.Line, uint64(f.Class), f.Number)
	box := tx.v.loose.seal(nil, f.Bytes, ad)
	err := tx.v.db.exec("INSERT INTO outbox(line, class, number, box) VALUES(?, ?, ?, ?)", f.Line, uint64(f.Class), f.Number, box)
	if errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) {
		return fault.New(fault.Exists, "vault.outbox", "", "frame %d is in the outbox already", f.Number)
	}
	if err == nil {
		tx.sum.toggle(tx.mac, ad, tagOf(box))
	}
	return err
}

// Unqueue takes an acknowledged frame out of the outbox. One that is not there
// was taken out before: that is no error.
func (tx *Tx) Unqueue(line string, class uint8, number uint64) error {
	if err := tx.check(line, nil, number); err != nil {
		return err
	}
	return tx.remove(func(*sqlite3.Stmt) []byte { return rowAD("outbox", line, uint64(class), number) },
		"DELETE FROM outbox WHERE line = ? AND class = ? AND number = ? RETURNING substr(box, -16)", line, uint64(class), number)
}

// remove runs q, which deletes rows and returns their tags, and takes the rows
// out of the digest.
func (tx *Tx) remove(ad func(*sqlite3.Stmt) []byte, q string, args ...any) error {
	return tx.v.db.rows(func(s *sqlite3.Stmt) error {
		tx.sum.toggle(tx.mac, ad(s), s.ColumnRawBlob(0))
		return nil
	}, q, args...)
}

// PutSegment keeps a part of a frame that is still arriving. One that is there
// already is kept as it is.
func (tx *Tx) PutSegment(g Segment) error {
	if err := tx.check(g.Line, g.Bytes, g.Number, g.Part); err != nil {
		return err
	}
	ad := rowAD("segments", g.Line, uint64(g.Class), g.Number, g.Part)
	box := tx.v.loose.seal(nil, g.Bytes, ad)
	err := tx.v.db.exec("INSERT INTO segments(line, class, number, part, box) VALUES(?, ?, ?, ?, ?)",
		g.Line, uint64(g.Class), g.Number, g.Part, box)
	if errors.Is(err, sqlite3.CONSTRAINT_UNIQUE) {
		return nil
	}
	if err == nil {
		tx.sum.toggle(tx.mac, ad, tagOf(box))
	}
	return err
}

// DropSegments deletes all parts of a frame.
func (tx *Tx) DropSegments(line string, class uint8, number uint64) error {
	if err := tx.check(line, nil, number); err != nil {
		return err
	}
	return tx.remove(func(s *sqlite3.Stmt) []byte {
		return rowAD("segments", line, uint64(class), number, uint64(s.ColumnInt64(1)))
	}, "DELETE FROM segments WHERE line = ? AND class = ? AND number = ? RETURNING substr(box, -16), part", line, uint64(class), number)
}

// SetCursor is SetCursorOf for the first deck.
func (tx *Tx) SetCursor(index uint64) error { return tx.SetCursorOf(0, index) }

// SetCursorOf records that every row of a deck's ring below index was ingested,
// and may be overwritten. It never goes back.
func (tx *Tx) SetCursorOf(deck int, index uint64) error {
	if err := tx.check("", nil, index); err != nil {
		return err
	}
	cursor, _, _ := tx.c.of(deck)
	if index < *cursor {
		return fault.New(fault.Internal, "vault.cursor", "", "the cursor cannot go back from %d to %d", *cursor, index)
	}
	*cursor = index
	return nil
}

// SetMeta keeps a small named value.
func (tx *Tx) SetMeta(name string, value []byte) error {
	if err := tx.check(name, value); err != nil {
		return err
	}
	if err := tx.DeleteMeta(name); err != nil {
		return err
	}
	ad := rowAD("meta", name)
	box := tx.v.loose.seal(nil, value, ad)
	err := tx.v.db.exec("INSERT INTO meta(name, box) VALUES(?, ?)", name, box)
	if err == nil {
		tx.sum.toggle(tx.mac, ad, tagOf(box))
	}
	return err
}

// DeleteMeta deletes a named value; one that is not there is no error.
func (tx *Tx) DeleteMeta(name string) error {
	if err := tx.check(name, nil); err != nil {
		return err
	}
	return tx.remove(func(*sqlite3.Stmt) []byte { return rowAD("meta", name) },
		"DELETE FROM meta WHERE name = ? RETURNING substr(box, -16)", name)
}

// Meta gives a named value as this transaction sees it, or NotFound.
func (tx *Tx) Meta(name string) ([]byte, error) {
	if err := tx.check(name, nil); err != nil {
		return nil, err
	}
	return tx.v.meta(name)
}

// Segments gives the parts of a frame as this transaction sees them, in order.
func (tx *Tx) Segments(line string, class uint8, number uint64) ([]Segment, error) {
	if err := tx.check(line, nil, number); err != nil {
		return nil, err
	}
	return tx.v.segments("WHERE line = ? AND class = ? AND number = ?", line, uint64(class), number)
}

// Cursor gives the cursor of the first deck's ring as this transaction sees it.
func (tx *Tx) Cursor() uint64 { return tx.c.Cursor }

// Next gives the position that the next entry will have.
func (tx *Tx) Next() uint64 { return tx.c.Next }
