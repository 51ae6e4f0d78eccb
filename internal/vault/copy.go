package vault

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// Copy gives the vault's files as they are, one after the other, so that a
// folder with these files opens as this vault does at this moment. The snapshot
// is left out: it is made again. Updates wait meanwhile. A Tick does not: a deck
// is read in the order in which a Tick writes, the state before the rows, so
// that what is read is at worst what a power cut in that Tick would have left.
// So it comes after the files that must not know of a later Tick than it does.
func (v *Vault) Copy(take func(name string, size int64, r io.Reader) error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	if err := v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return err
	}
	names := []string{headName, markName, keysName, dbName}
	list, err := os.ReadDir(v.dir)
	if err != nil {
		return diskFault(err, "the vault's folder cannot be read")
	}
	for _, f := range list {
		switch name := f.Name(); {
		case !f.Type().IsRegular(), strings.HasSuffix(name, ".new"), strings.HasPrefix(name, dbName),
			name == lockName, name == snapshotName, slices.Contains(names, name):
		default:
			names = append(names, name) // decks, and what arrived while it was locked
		}
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(v.dir, name), name, take); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(path, name string, take func(string, int64, io.Reader) error) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) && (name == inboxName || name == inbox2Name) {
		return nil // it was taken into the journal meanwhile
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
