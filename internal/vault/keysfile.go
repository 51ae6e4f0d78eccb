package vault

import (
	"crypto/hmac"
	"encoding/binary"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// The file keys holds the key that wraps the ward, in two blocks that are
// written over in place and are never moved, renamed or made longer. It is the
// one secret of a vault that passphrase and data key do not give, so when it is
// written over, every older copy of the ward is closed for good, wherever it
// still lies: in the log of the database, in freed pages, in blocks of deleted
// files.
//
// At rest both blocks hold the key of the ward that the database has. Open puts
// that right if a crash left it otherwise.
const (
	keysName = "keys"
	wrapSize = 8 + keyLen // the ward's generation, and the key
)

func wrapValue(gen uint64, wrap []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, wrapSize), gen), wrap...)
}

// keysBytes is the file as it is first made.
func keysBytes(w well, gen uint64, wrap []byte) []byte {
	p := pair{size: block, label: keysName, well: w, last: -1}
	var out []byte
	slots := make([][]byte, 2)
	for range slots {
		slot := p.other()
		b, _ := p.seal(wrapValue(gen, wrap))
		slots[slot] = b
		p.wrote()
	}
	return append(append(out, slots[0]...), slots[1]...)
}

// openKeys opens the file keys and the ward, and ends a destruction that a
// crash cut short behind its commit.
func (v *Vault) openKeys() error {
	f, err := v.disk.open(filepath.Join(v.dir, keysName))
	if err != nil {
		return missing(err, keysName)
	}
	v.keys = &pair{f: f, size: block, label: keysName, well: v.well, last: -1}
	slots, err := v.keys.read()
	if err != nil {
		return err
	}
	gen, same := v.counters.Ward, 0
	var wrap []byte
	var found slotValue
	for _, s := range slots {
		if binary.BigEndian.Uint64(s.value) != gen {
			continue
		}
		if wrap == nil {
			wrap, found = s.value[8:wrapSize], s
		}
		if hmac.Equal(wrap, s.value[8:wrapSize]) {
			same++
		}
	}
	if wrap == nil {
		return errOldKeys(slots, gen)
	}
	v.keys.take(found)
	sealed, err := v.wardRow()
	if err != nil {
		return err
	}
	if v.ward, err = openWard(wrap, sealed, gen); err != nil {
		return err
	}
	v.useWard()
	if same < 2 {
		return v.overwriteKeys(wrap)
	}
	return nil
}

// errOldKeys says that keys and database are not of one moment.
func errOldKeys(slots []slotValue, gen uint64) error {
	if len(slots) == 0 {
		return errCorrupt(nil, "the file keys does not open")
	}
	if has := binary.BigEndian.Uint64(slots[0].value); has > gen {
		return errCorrupt(nil, "entries were destroyed after this copy of vault.db was made, and with them the key that opens it")
	}
	return errCorrupt(nil, "the file keys is older than vault.db")
}

func (v *Vault) wardRow() (sealed []byte, err error) {
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		sealed = s.ColumnBlob(0, nil)
		return nil
	}, "SELECT box FROM ward WHERE id = 1")
	if err == nil && sealed == nil {
		err = errCorrupt(nil, "it has no keys for its entries")
	}
	return sealed, err
}

// writeKeys puts a wrapping key into the block that does not count. It counts
// once the database says so.
func (v *Vault) writeKeys(gen uint64, wrap []byte) error {
	b, off := v.keys.seal(wrapValue(gen, wrap))
	_, err := v.keys.f.WriteAt(b, off)
	if err == nil {
		err = v.keys.f.Sync()
	}
	return diskFault(err, "the vault's file keys cannot be written")
}

// overwriteKeys writes the key that counts over the one that does not.
func (v *Vault) overwriteKeys(wrap []byte) error {
	err := v.writeKeys(v.ward.gen, wrap)
	if err == nil {
		v.keys.wrote()
	}
	return err
}

// useWard takes the keys that the ward holds into use.
func (v *Vault) useWard() {
	v.loose = newBox(v.ward.loose)
	b := newBox(v.ward.shot)
	v.shot.box.Store(&b)
}
