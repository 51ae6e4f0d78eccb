package vault

import (
	"github.com/ncruces/go-sqlite3"

	"backchannel/internal/fault"
)

// Bounds on what one locked read takes from the journal.
const (
	batchRows  = 512
	batchBytes = 1 << 20
)

type sealedRow struct {
	pos uint64
	box []byte
}

// Journal calls fn for each journal entry from position from on, in order. fn
// may keep the entry, and may use the vault: entries that are appended
// meanwhile are read too. In the place of an entry that was destroyed it gets
// what Destroy put there. A row that is missing or does not open is Corrupt.
func (v *Vault) Journal(from uint64, fn func(pos uint64, entry []byte) error) error {
	for {
		rows, next, w, err := v.journalBatch(from)
		if err != nil {
			return err
		}
		if from >= next {
			return nil
		}
		for _, r := range rows {
			if r.pos != from {
				break
			}
			o, err := v.openRow(w, r)
			if err != nil {
				return err
			}
			if err := fn(r.pos, o.entry); err != nil {
				return err
			}
			from++
		}
		if len(rows) == 0 || rows[len(rows)-1].pos != from-1 {
			return errCorrupt(nil, "journal entry %d is missing", from)
		}
	}
}

// journalBatch gives some rows from position from on, where the journal ends,
// and the keys that go with them.
func (v *Vault) journalBatch(from uint64) (rows []sealedRow, next uint64, w *ward, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return nil, 0, nil, err
	}
	if from >= v.counters.Next {
		return nil, v.counters.Next, v.ward, nil
	}
	size := 0
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		r := sealedRow{uint64(s.ColumnInt64(0)), s.ColumnBlob(1, nil)}
		rows = append(rows, r)
		if size += len(r.box); size >= batchBytes || len(rows) == batchRows {
			return errStop
		}
		return nil
	}, "SELECT pos, box FROM journal WHERE pos >= ? ORDER BY pos", from)
	if err == errStop {
		err = nil
	}
	return rows, v.counters.Next, v.ward, err
}

// errStop ends a read early; it never leaves the package.
var errStop = fault.New(fault.Internal, "vault.stop", "", "stop")

// Next gives the position that the next journal entry will have.
func (v *Vault) Next() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.counters.Next
}

// Cursor is CursorOf for the first deck.
func (v *Vault) Cursor() uint64 { return v.CursorOf(0) }

// CursorOf gives the index up to which all rows of a deck's ring were ingested.
func (v *Vault) CursorOf(deck int) uint64 { return v.links[deck].cursor.Load() }

// Outbox gives all frames that wait, by line, class and number.
func (v *Vault) Outbox() ([]Frame, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return nil, err
	}
	return v.outbox()
}

func (v *Vault) outbox() (out []Frame, err error) {
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		f := Frame{Line: s.ColumnText(0), Class: uint8(s.ColumnInt64(1)), Number: uint64(s.ColumnInt64(2))}
		f.Bytes, err = v.loose.open(nil, s.ColumnRawBlob(3), rowAD("outbox", f.Line, uint64(f.Class), f.Number))
		if err != nil {
			return errCorrupt(nil, "frame %d in the outbox does not open", f.Number)
		}
		out = append(out, f)
		return nil
	}, "SELECT line, class, number, box FROM outbox ORDER BY line, class, number")
	return out, err
}

// Segments gives all parts of frames that are still arriving, by line, class,
// number and part.
func (v *Vault) Segments() ([]Segment, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return nil, err
	}
	return v.segments("")
}

func (v *Vault) segments(where string, args ...any) (out []Segment, err error) {
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		g := Segment{Line: s.ColumnText(0), Class: uint8(s.ColumnInt64(1)), Number: uint64(s.ColumnInt64(2)), Part: uint64(s.ColumnInt64(3))}
		g.Bytes, err = v.loose.open(nil, s.ColumnRawBlob(4), rowAD("segments", g.Line, uint64(g.Class), g.Number, g.Part))
		if err != nil {
			return errCorrupt(nil, "part %d of frame %d does not open", g.Part, g.Number)
		}
		out = append(out, g)
		return nil
	}, "SELECT line, class, number, part, box FROM segments "+where+" ORDER BY line, class, number, part", args...)
	return out, err
}

// Meta gives a named value, or NotFound.
func (v *Vault) Meta(name string) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return nil, err
	}
	return v.meta(name)
}

func (v *Vault) meta(name string) (value []byte, err error) {
	found := false
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		found = true
		value, err = v.loose.open(nil, s.ColumnRawBlob(0), rowAD("meta", name))
		if err != nil {
			return errCorrupt(nil, "the value %q does not open", name)
		}
		return nil
	}, "SELECT box FROM meta WHERE name = ?", name)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "vault.no-value", "", "the vault has no value %q", name)
	}
	return value, err
}
