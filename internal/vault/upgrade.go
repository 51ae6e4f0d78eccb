package vault

import (
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// upgrade brings a vault of format 1 to format 2, in which every entry has a
// key of its own. It takes one transaction over the whole journal, once, and as
// much room again as the database takes until it is done. A crash leaves the
// old format or the new one, and Open goes on from there.
//
// What an old vault wrote before, and the file system has since given up, lies
// under the data key alone. Nothing here reaches it.
func (v *Vault) upgrade(h *head, pass []byte) error {
	if h.Version == headMajor {
		return nil
	}
	if v.counters.Ward == 0 {
		if err := v.rekey(); err != nil {
			return err
		}
	}
	if err := v.DropSnapshot(); err != nil {
		return err
	}
	if err := v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return err
	}
	next, err := newHead(v.key, pass, h.Params)
	if err != nil {
		return err
	}
	return replaceFile(filepath.Join(v.dir, headName), next.bytes())
}

// rekey gives every entry a key of its own.
func (v *Vault) rekey() error {
	w, wrap := newWard(), noise(keyLen)
	defer clear(wrap)
	if err := replaceFile(filepath.Join(v.dir, keysName), keysBytes(v.well, w.gen, wrap)); err != nil {
		return err
	}
	v.ward, v.loose = w, newBox(w.loose)
	err := v.update(func(tx *Tx) error {
		if err := v.db.exec("CREATE TABLE ward(id INTEGER PRIMARY KEY CHECK(id = 1), box BLOB NOT NULL) STRICT"); err != nil {
			return err
		}
		if err := v.db.exec("INSERT INTO ward VALUES(1, ?)", w.seal(wrap)); err != nil {
			return err
		}
		if err := tx.rekeyJournal(); err != nil {
			return err
		}
		tx.c.Ward, tx.c.Since, tx.c.Known = w.gen, tx.c.Gen+1, v.links[0].deckGen.Load()
		return tx.reseal(v.row, v.loose)
	})
	if err != nil {
		return err
	}
	return v.openKeys()
}

// rekeyJournal seals every entry anew, and makes the chain anew, which now
// commits to each entry through a salt.
func (tx *Tx) rekeyJournal() error {
	v := tx.v
	var chain [32]byte
	for pos := range tx.c.Next {
		var box []byte
		err := v.db.rows(func(s *sqlite3.Stmt) error {
			plain, err := v.openOuter(sealedRow{pos, s.ColumnRawBlob(0)})
			if err != nil {
				return err
			}
			box, chain, err = v.sealEntry(chain, pos, plain[32:])
			clear(plain)
			return err
		}, "SELECT box FROM journal WHERE pos = ?", pos)
		if err == nil && box == nil {
			err = errCorrupt(nil, "journal entry %d is missing", pos)
		}
		if err == nil {
			err = v.db.exec("UPDATE journal SET box = ? WHERE pos = ?", box, pos)
		}
		if err != nil {
			return err
		}
	}
	tx.c.Chain = chain[:]
	return nil
}
