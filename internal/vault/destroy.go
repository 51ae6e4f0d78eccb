package vault

import (
	"cmp"
	"errors"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"backchannel/internal/fault"
)

// Loss is one journal entry that is to be destroyed, and what is to stand in
// its place.
type Loss struct {
	Pos  uint64
	Stub []byte
}

// Destroy destroys journal entries for good, in one transaction with whatever
// also does. Afterwards Journal gives the stub in the place of each, and the
// chain is as it was. Either all of it happened or none of it: a crash leaves
// one or the other, and Open ends what had been committed.
//
// What makes it final is that keys are destroyed: those of the entries, and
// those of everything else that may hold their words outside the journal (the
// outbox, segments, named values, the snapshot), which is sealed anew. The
// snapshot is deleted, and what the ring of the deck held is written over, in
// short steps, so that no Tick waits.
//
// It returns nil only when the old key has been written over. If that failed
// behind the commit, the entries are destroyed as far as the vault goes, and
// the next Open writes the key over: the vault is not used until then.
func (v *Vault) Destroy(losses []Loss, also func(*Tx) error) error {
	v.deckMu.Lock()
	decks := v.decks
	v.deckMu.Unlock()
	for _, d := range decks {
		if d != nil && d.stowed() {
			return fault.New(fault.Refused, "vault.inbox-waits", "try again in a moment", "what arrived while the desk was locked is still being taken in")
		}
	}
	losses = slices.SortedFunc(slices.Values(losses), func(a, b Loss) int { return cmp.Compare(a.Pos, b.Pos) })
	err := func() error {
		v.shot.mu.Lock()
		defer v.shot.mu.Unlock()
		if err := v.destroyRows(losses, also); err != nil {
			return err
		}
		return v.dropSnapshot()
	}()
	if err != nil {
		return err
	}
	for _, d := range decks {
		if d == nil {
			continue
		}
		if err := errors.Join(d.wipe(), d.Empty()); err != nil {
			return err
		}
	}
	return nil
}

func (v *Vault) destroyRows(losses []Loss, also func(*Tx) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	gone := make([]uint64, len(losses))
	for i, l := range losses {
		gone[i] = l.Pos
	}
	old, next, wrap := v.ward, v.ward.without(gone), noise(keyLen)
	defer clear(wrap)
	if err := v.writeKeys(next.gen, wrap); err != nil {
		return err
	}
	err := v.update(func(tx *Tx) error {
		for _, l := range losses {
			if err := tx.bury(l); err != nil {
				return err
			}
		}
		if err := tx.reseal(newBox(old.loose), newBox(next.loose)); err != nil {
			return err
		}
		v.ward = next
		v.loose = newBox(next.loose)
		if err := v.db.exec("UPDATE ward SET box = ? WHERE id = 1", next.seal(wrap)); err != nil {
			return err
		}
		tx.c.Ward, tx.c.Gone = next.gen, tx.c.Gone+uint64(len(losses))
		if also == nil {
			return nil
		}
		return also(tx)
	})
	if err != nil {
		v.ward, v.loose = old, newBox(old.loose)
		return err
	}
	v.counts.updates.Add(1)
	v.keys.wrote()
	v.useWard()
	if err := v.overwriteKeys(wrap); err != nil {
		v.broken = err
		return fault.Wrap(err, fault.Disk, "vault.key-left",
			"check the disk, then stop this program and start it again: that ends the destruction",
			"the entries were destroyed, but the old key could not be written over yet")
	}
	_ = v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE) // the log is of no use to anybody without the keys; if this fails it is tried again
	return nil
}

// bury puts a stub in the place of an entry.
func (tx *Tx) bury(l Loss) error {
	if err := tx.check("", l.Stub, l.Pos); err != nil {
		return err
	}
	if l.Pos >= tx.c.Next {
		return fault.New(fault.NotFound, "vault.no-entry", "", "there is no journal entry %d", l.Pos)
	}
	var o opened
	err := tx.v.db.rows(func(s *sqlite3.Stmt) (err error) {
		o, err = tx.v.openRow(tx.v.ward, sealedRow{l.Pos, s.ColumnRawBlob(0)})
		return err
	}, "SELECT box FROM journal WHERE pos = ?", l.Pos)
	switch {
	case err != nil:
		return err
	case o.gone:
		return fault.New(fault.Exists, "vault.destroyed", "", "journal entry %d was destroyed before", l.Pos)
	}
	commit := o.commit()
	clear(o.salted)
	plain := append(append(make([]byte, 0, 65+len(l.Stub)), o.chain[:]...), rowGone)
	plain = append(append(plain, commit[:]...), l.Stub...)
	return tx.v.db.exec("UPDATE journal SET box = ? WHERE pos = ?", tx.v.row.seal(nil, plain, rowAD("journal", "", l.Pos)), l.Pos)
}

// looseRows are the tables whose rows come and go, with the associated data of
// a row, whose columns begin at 2.
var looseRows = []struct {
	list string
	put  string
	ad   func(*sqlite3.Stmt) []byte
}{
	{"SELECT id, box, line, class, number FROM outbox WHERE id > ? ORDER BY id LIMIT 1", "UPDATE outbox SET box = ? WHERE id = ?",
		func(s *sqlite3.Stmt) []byte { return rowAD("outbox", s.ColumnText(2), num(s, 3), num(s, 4)) }},
	{"SELECT id, box, line, class, number, part FROM segments WHERE id > ? ORDER BY id LIMIT 1", "UPDATE segments SET box = ? WHERE id = ?",
		func(s *sqlite3.Stmt) []byte {
			return rowAD("segments", s.ColumnText(2), num(s, 3), num(s, 4), num(s, 5))
		}},
	{"SELECT id, box, name FROM meta WHERE id > ? ORDER BY id LIMIT 1", "UPDATE meta SET box = ? WHERE id = ?",
		func(s *sqlite3.Stmt) []byte { return rowAD("meta", s.ColumnText(2)) }},
}

func num(s *sqlite3.Stmt, i int) uint64 { return uint64(s.ColumnInt64(i)) }

// reseal seals every row that comes and goes under another key.
func (tx *Tx) reseal(from, to box) error {
	for _, t := range looseRows {
		for id, more := uint64(0), true; more; {
			var box []byte
			more = false
			err := tx.v.db.rows(func(s *sqlite3.Stmt) error {
				id, more = num(s, 0), true
				ad, was := t.ad(s), s.ColumnRawBlob(1)
				plain, err := from.open(nil, was, ad)
				if err != nil {
					return errCorrupt(err, "a row does not open")
				}
				tx.sum.toggle(tx.mac, ad, tagOf(was))
				box = to.seal(nil, plain, ad)
				clear(plain)
				tx.sum.toggle(tx.mac, ad, tagOf(box))
				return nil
			}, t.list, id)
			if err == nil && more {
				err = tx.v.db.exec(t.put, box, id)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
