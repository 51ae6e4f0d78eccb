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
	dir  string
	disk disk
	lock *os.File // the process lock
	at   *link
	deck *Deck // nil if there is none
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
	l := &Locked{dir: v.dir, disk: v.disk, lock: v.lock, at: v.link}
	v.deckMu.Lock()
	l.deck, v.deck, v.lock = v.deck, nil, nil
	v.deckMu.Unlock()
	if l.deck != nil {
		l.deck.mu.Lock()
		l.deck.in.forget()
		l.deck.in = nil
		if l.deck.box != nil {
			l.deck.box.got, l.deck.box.plain = 0, nil
		}
		l.deck.mu.Unlock()
	}
	return l, errors.Join(shotErr, err, v.release())
}

// Deck gives the deck, or nil if the vault has none.
func (l *Locked) Deck() *Deck { return l.deck }

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
	v := &Vault{dir: l.dir, disk: l.disk, link: l.at, key: key}
	v.subkeys()
	defer func() {
		if err != nil {
			v.deck, v.lock = nil, nil // they go on
			err = errors.Join(err, v.release())
		}
	}()
	if l.deck != nil && subtle.ConstantTimeCompare(v.line.well.root, l.deck.line.well.root) != 1 {
		return nil, fault.New(fault.Corrupt, "vault.other", "put back the folder that was locked", "the folder holds another vault than the one that was locked")
	}
	if err := v.openFiles(); err != nil {
		return nil, err
	}
	v.lock = l.lock
	if l.deck != nil {
		l.deck.mu.Lock()
		l.deck.mark = l.at.seen.Load() // what it says of the database
		l.deck.mu.Unlock()
		v.deck = l.deck
	}
	if err := v.compare(); err != nil {
		return nil, err
	}
	if l.deck != nil {
		l.deck.mu.Lock()
		l.deck.in = v.line.opener()
		l.deck.mu.Unlock()
	}
	l.lock, l.deck = nil, nil
	return v, nil
}

// Close ends it. Unlock, or closing twice, leaves nothing to close.
func (l *Locked) Close() error {
	if l.lock == nil {
		return nil
	}
	var err error
	if l.deck != nil {
		l.deck.mu.Lock()
		err = l.deck.close()
		l.deck.mu.Unlock()
	}
	err = errors.Join(err, l.lock.Close())
	l.lock, l.deck = nil, nil
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
