package vault

import (
	"crypto/subtle"
	"errors"
	"os"

	"github.com/ncruces/go-sqlite3"

	"backchannel/internal/fault"
)

// Locked is what goes on of a vault that was locked: the deck, which ticks and
// stows what arrives. It holds the key of the deck and the vault's public key,
// and nothing from which another key of the vault follows; what stands in
// journal, outbox, ring and inbox is closed to it.
type Locked struct {
	dir   string
	disk  disk
	lock  *os.File // the process lock
	at    [Decks]*link
	decks [Decks]*Deck // nil where there is none
	keys  lineKeys     // of the decks, if they were lent
}

// Lock closes everything but the deck, and forgets the vault's keys. The vault
// is closed then; an error says that something was not written as it should
// have been, and nothing that was acknowledged is in danger.
func (v *Vault) Lock() (*Locked, error) {
	shotErr := v.closeShot() // before mu, as everywhere
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, errClosed()
	}
	var err error
	if v.broken == nil {
		err = v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE)
	}
	l := &Locked{dir: v.dir, disk: v.disk, lock: v.lock, at: v.links}
	v.deckMu.Lock()
	l.decks, v.decks, v.lock = v.decks, [Decks]*Deck{}, nil
	v.deckMu.Unlock()
	for _, d := range l.decks {
		if d == nil {
			continue
		}
		d.mu.Lock()
		d.in.forget()
		d.in = nil
		if d.box != nil {
			d.box.got, d.box.plain = 0, nil
		}
		d.mu.Unlock()
	}
	return l, errors.Join(shotErr, err, v.release())
}

// Deck is DeckAt for the first.
func (l *Locked) Deck() *Deck { return l.DeckAt(0) }

// DeckAt gives one of the decks, or nil if the vault does not have it.
func (l *Locked) DeckAt(index int) *Deck { return l.decks[index] }

// Unlock opens the vault around the deck, which may tick meanwhile. After an
// error it is locked as before.
func (l *Locked) Unlock(pass []byte) (_ *Vault, err error) {
	if l.lock == nil {
		return nil, errClosed()
	}
	h, err := readHead(l.dir)
	if err != nil {
		return nil, err
	}
	key, err := h.open(pass)
	if err != nil {
		return nil, err
	}
	v := &Vault{dir: l.dir, disk: l.disk, links: l.at, key: key}
	v.subkeys()
	defer func() {
		if err != nil {
			v.decks, v.lock = [Decks]*Deck{}, nil // they go on
			err = errors.Join(err, v.release())
		}
	}()
	for _, d := range l.decks {
		if d != nil && subtle.ConstantTimeCompare(v.line.well.root, d.line.well.root) != 1 {
			return nil, fault.New(fault.Corrupt, "vault.other", "put back the folder that was locked", "the folder holds another vault than the one that was locked")
		}
	}
	if err := v.openFiles(); err != nil {
		return nil, err
	}
	v.lock = l.lock
	for _, d := range l.decks {
		if d != nil {
			d.mu.Lock()
			d.mark = d.at.seen.Load() // what it says of the database
			d.mu.Unlock()
		}
	}
	v.decks = l.decks
	if err := v.compare(); err != nil {
		return nil, err
	}
	for _, d := range l.decks {
		if d != nil {
			d.mu.Lock()
			d.in = v.line.opener()
			d.mu.Unlock()
		}
	}
	l.lock, l.decks = nil, [Decks]*Deck{}
	return v, nil
}

// Close ends it. Unlock, or closing twice, leaves nothing to close.
func (l *Locked) Close() error {
	if l.lock == nil {
		return nil
	}
	var err error
	for _, d := range l.decks {
		if d != nil {
			d.mu.Lock()
			err = errors.Join(err, d.close())
			d.mu.Unlock()
		}
	}
	err = errors.Join(err, l.lock.Close())
	l.lock, l.decks = nil, [Decks]*Deck{}
	return err
}

// forget clears the keys that can be cleared.
func (v *Vault) forget() {
	clear(v.key)
	clear(v.mac)
	clear(v.well.root)
	clear(v.line.well.root)
	if v.line.seed != nil {
		clear(v.line.seed[:])
	}
	if v.ward != nil {
		v.ward.forget()
	}
	v.row, v.loose = box{}, box{}
}

// forget clears the keys of the ward.
func (w *ward) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.nodes)
	clear(w.path)
	clear(w.loose)
	clear(w.shot)
}
