package vault

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"

	"backchannel/internal/fault"
)

// A vault can lend its decks to another process, which ticks on when this one
// ends: the line process. It gets the key of the decks and the vault's public
// key, and from neither follows any other. The vault goes on reading what arrives,
// and hears from the other how far the decks have come.

// LineKeys is all of a vault's keys that another process needs to keep its decks.
type LineKeys struct {
	Deck   []byte `cbor:"1,keyasint"` // seals states, and what is on disk of rows
	Public []byte `cbor:"2,keyasint"` // what arrives is sealed to it
}

// Same reports whether these are keys of one vault.
func (k LineKeys) Same(o LineKeys) bool {
	return subtle.ConstantTimeCompare(k.Deck, o.Deck) == 1 && bytes.Equal(k.Public, o.Public)
}

// LineKeys gives what of the vault's keys a line process holds.
func (v *Vault) LineKeys() LineKeys {
	k := v.line.public()
	return LineKeys{Deck: k.well.root, Public: k.ek}
}

// Hold takes the process lock of the vault in dir, without opening it.
func Hold(dir string) (*os.File, error) {
	if _, err := readHead(dir); err != nil {
		return nil, err
	}
	return takeLock(dir)
}

// OpenHeld is Open under a lock that Hold took, here or in a process that shares
// it; it stays with the caller. Another process may keep the decks meanwhile.
func OpenHeld(dir string, pass []byte, lock *os.File) (*Vault, error) {
	own, err := dupFile(lock)
	if err != nil {
		return nil, diskFault(err, "the vault's lock cannot be shared")
	}
	return openAt(dir, osDisk(), own, func(h *head) ([]byte, error) { return h.open(pass) }, pass)
}

// Lend is called when another process has begun to keep the deck: this one only
// reads it from now on. What is in the inbox is looked at again. wipe has the
// other write over what was ingested.
func (d *Deck) Lend(wipe func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return errClosed()
	}
	d.lent = wipe
	if d.box != nil {
		d.box.f.Close()
		d.box = nil
		d.at.stowed.Store(0)
	}
	return d.openInbox()
}

// Follow tells a deck that was lent how far it has come.
func (d *Deck) Follow(state []byte, next, gen uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if next < d.next || gen < d.at.deckGen.Load() {
		return // word from before
	}
	d.state, d.next = state, next
	d.at.deckGen.Store(gen)
}

// Gen tells how far the deck has come.
func (d *Deck) Gen() uint64 { return d.at.deckGen.Load() }

// Far says how far the database has come, for whoever keeps the decks: it is of
// one length, whatever it says.
func (v *Vault) Far() []byte {
	b := v.links[0].seen.Load().append(nil)
	for _, at := range v.links {
		b = binary.BigEndian.AppendUint64(b, at.cursor.Load())
	}
	return b
}

// Keep opens the decks of a vault that was opened elsewhere, to keep them. It
// takes the lock over.
func Keep(dir string, lock *os.File, k LineKeys) (*Locked, error) {
	if len(k.Deck) != keyLen {
		return nil, fault.New(fault.Internal, "vault.keys", "", "a deck key of %d bytes", len(k.Deck))
	}
	l := &Locked{dir: dir, disk: osDisk(), lock: lock, at: newLinks()}
	keys := lineKeys{well: well{k.Deck}, ek: k.Public}
	for i, at := range l.at {
		at.seen.Store(&mark{})
		if _, err := os.Stat(filepath.Join(dir, at.name)); os.IsNotExist(err) {
			continue
		}
		var err error
		if l.decks[i], err = openDeck(dir, l.disk.open, at, keys); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	l.keys = keys
	return l, nil
}

// Far takes in how far the database has come. It never goes back.
func (l *Locked) Far(b []byte) error {
	if len(b) != markSize+8*Decks {
		return fault.New(fault.Internal, "vault.far", "", "%d bytes of how far the vault has come", len(b))
	}
	m := parseMark(b)
	if m.gen < l.at[0].seen.Load().gen {
		return nil
	}
	l.at[0].seen.Store(m)
	for i, at := range l.at {
		at.cursor.Store(max(at.cursor.Load(), binary.BigEndian.Uint64(b[markSize+8*i:])))
	}
	return nil
}

// Made opens a deck that was made since.
func (l *Locked) Made(index int) (_ *Deck, err error) {
	if l.decks[index] == nil {
		l.decks[index], err = openDeck(l.dir, l.disk.open, l.at[index], l.keys)
	}
	return l.decks[index], err
}

// Wipe writes over what the ring still holds of rows that are in the journal.
func (d *Deck) Wipe() error { return d.wipe() }
