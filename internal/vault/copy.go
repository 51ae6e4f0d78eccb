package vault

import (
	"io"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
)

// copied is what a copy of a vault consists of, in the order in which it is
// read. The snapshot is left out: it is made again.
var copied = []string{headName, markName, keysName, dbName, deckName}

// Copy gives the vault's files as they are, one after the other, so that a
// folder with these files opens as this vault does at this moment. Updates wait
// meanwhile. A Tick does not: the deck is read in the order in which a Tick
// writes, the state before the rows, so that what is read is at worst what a
// power cut in that Tick would have left.
func (v *Vault) Copy(take func(name string, size int64, r io.Reader) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	if err := v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return err
	}
	for _, name := range copied {
		if err := copyFile(filepath.Join(v.dir, name), name, take); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(path, name string, take func(string, int64, io.Reader) error) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) && name == deckName {
		return nil // no line was ever opened
	}
	if err != nil {
		return diskFault(err, "the vault's file %s cannot be read", name)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return diskFault(err, "the vault's file %s cannot be read", name)
	}
	return take(name, fi.Size(), io.LimitReader(f, fi.Size()))
}
