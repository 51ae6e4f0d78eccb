package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// The inbox holds what arrives while the vault is locked, behind what the ring
// has room for. It is a row of places, written one after the other, each of the
// same length: some rows as they stand in the ring, sealed to the vault's public
// key, and a note of the desk's, sealed likewise. Over each lies a seal under the
// deck's own key, so that nobody without it can put anything there, and a place
// shows nothing but that it was written.
//
// Before the first place is a block that says how many rows go into one. A place
// that a crash cut short does not open; it did not count, its rows are still in
// the ring, and the next is written over it. When all of it is in the journal,
// every place is written over, and the file is removed.
type inbox struct {
	f     file
	at    *link
	well  well
	per   int    // rows of a place
	row   int    // bytes of a row
	n     int    // places that count
	first uint64 // index of the first row
	got   int    // place that was read last + 1
	plain []byte // of it
}

const (
	inboxName  = "inbox"
	inbox2Name = "inbox2" // of the second deck

	// MaxPlaces is how many places an inbox has at most: with one slate in each
	// and a tick of 30 seconds, 34 hours. What arrives later is not acknowledged,
	// and stays where it is.
	MaxPlaces = 4096

	// NoteSize is the room for a note in each place.
	NoteSize = 2048

	maxPer = maxBatch
)

const noteFlag = 1 << 63 // in the index under which a note is sealed

func (b *inbox) end() uint64 { return b.first + uint64(b.n*b.per) }

// has reports whether a row stands in the inbox.
func (b *inbox) has(index uint64) bool {
	return b != nil && b.n > 0 && index >= b.first && index < b.end()
}

// content gives the bytes of what a place holds: the index of its first row, the
// encapsulation, rows, note.
func (b *inbox) content() int {
	return 8 + keys.KEMCiphertext + b.per*(b.row+16) + keys.KEMCiphertext + NoteSize + 16
}

func (b *inbox) place() int          { return roundUp(b.content() + wellOverhead) }
func (b *inbox) off(place int) int64 { return block + int64(place)*int64(b.place()) }

func (b *inbox) headAD() []byte       { return rowAD(b.at.box, "shape") }
func (b *inbox) placeAD(n int) []byte { return rowAD(b.at.box, "place", uint64(n)) }
func (d *Deck) inboxPath() string     { return filepath.Join(d.dir, d.at.box) }

func errLocked() error {
	return fault.New(fault.Refused, "vault.locked", "unlock the desk", "the vault is locked")
}

// openInbox reads what an earlier process left in the inbox, if anything.
func (d *Deck) openInbox() error {
	f, err := d.open(d.inboxPath())
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return diskFault(err, "the vault's inbox cannot be opened")
	}
	b := &inbox{f: f, at: d.at, well: d.line.well, row: d.shape.Row}
	if err := b.scan(); err != nil {
		f.Close()
		return err
	}
	d.box = b
	if b.n > 0 {
		d.at.stowed.Store(b.end())
	}
	return nil
}

// scan finds the places that count.
func (b *inbox) scan() error {
	head := make([]byte, block)
	if _, err := b.f.ReadAt(head, 0); err == io.EOF {
		return nil // never written whole
	} else if err != nil {
		return diskFault(err, "the vault's inbox cannot be read")
	}
	plain, err := b.well.open(head, b.headAD())
	if err != nil {
		return nil // likewise: the head is synced before the first place
	}
	if b.per = int(binary.BigEndian.Uint32(plain)); b.per < 1 || b.per > maxPer {
		return errInbox("it says something impossible of itself")
	}
	for b.n < MaxPlaces {
		first, whole, err := b.read(b.n)
		if err != nil {
			return err
		}
		if !whole || b.n > 0 && first != b.end() {
			return nil
		}
		if b.n == 0 {
			b.first = first
		}
		b.n++
	}
	return nil
}

// read reads a place, and tells whether it is whole.
func (b *inbox) read(place int) (first uint64, whole bool, err error) {
	if b.got != place+1 {
		buf := make([]byte, b.place())
		if _, err := b.f.ReadAt(buf, b.off(place)); err == io.EOF {
			return 0, false, nil
		} else if err != nil {
			return 0, false, diskFault(err, "the vault's inbox cannot be read")
		}
		plain, err := b.well.open(buf, b.placeAD(place))
		if err != nil {
			return 0, false, nil
		}
		b.plain, b.got = plain, place+1
	}
	return binary.BigEndian.Uint64(b.plain), true, nil
}

// openRow opens a row that stands in the inbox.
func (b *inbox) openRow(in *opener, index uint64) ([]byte, error) {
	place := int(index-b.first) / b.per
	if err := b.must(place); err != nil {
		return nil, err
	}
	at := 8 + keys.KEMCiphertext + int(index-b.first)%b.per*(b.row+16)
	return in.open(b.plain[8:8+keys.KEMCiphertext], b.plain[at:at+b.row+16], index)
}

// openNote opens the note of a place.
func (b *inbox) openNote(in *opener, place int) ([]byte, error) {
	if err := b.must(place); err != nil {
		return nil, err
	}
	at := b.content() - 16 - NoteSize - keys.KEMCiphertext
	enc := b.plain[at : at+keys.KEMCiphertext]
	note, err := in.open(enc, b.plain[at+keys.KEMCiphertext:b.content()], noteFlag|binary.BigEndian.Uint64(b.plain))
	if err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(note))
	if n > NoteSize-2 {
		return nil, errInbox("a note in it does not read")
	}
	return note[2 : 2+n], nil
}

func (b *inbox) must(place int) error {
	_, whole, err := b.read(place)
	if err == nil && !whole {
		err = errInbox("a part of it changed")
	}
	return err
}

func errInbox(why string) error {
	return fault.New(fault.Corrupt, "vault.inbox",
		"nothing was changed; keep a copy of the folder, then restore all of it from one backup",
		"what arrived while the vault was locked is damaged or cut short: %s", why)
}

// makeInbox makes the file, or takes over one in which nothing counts.
func (d *Deck) makeInbox(per int) error {
	if per < 1 || per > maxPer {
		return fault.New(fault.Internal, "vault.shape", "", "%d rows do not go into one place of the inbox", per)
	}
	b := d.box
	if b == nil {
		f, err := os.OpenFile(d.inboxPath(), os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return diskFault(err, "the vault's inbox cannot be made")
		}
		f.Close()
		if err := syncDir(d.dir); err != nil {
			return err
		}
		b = &inbox{at: d.at, well: d.line.well, row: d.shape.Row}
		if b.f, err = d.open(d.inboxPath()); err != nil {
			return diskFault(err, "the vault's inbox cannot be opened")
		}
		d.box = b
	}
	b.per, b.n, b.got = per, 0, 0
	plain := binary.BigEndian.AppendUint32(make([]byte, 0, block-wellOverhead), uint32(per))
	_, err := b.f.WriteAt(b.well.seal(make([]byte, 0, block), plain[:block-wellOverhead], b.headAD()), 0)
	if err == nil {
		err = b.f.Sync()
	}
	if err != nil {
		b.per = 0
		return diskFault(err, "the vault's inbox cannot be written")
	}
	return nil
}

// Stow moves the next per rows of the ring, which came in one tick, into the
// next place of the inbox, with a note, and is on disk when it returns nil: then
// the ring may write over them. It is one write and one sync, of the same size
// whatever is in them, and takes no key of the vault's. It is how a locked vault
// makes room. It reports whether there were that many rows. Beyond MaxPlaces it
// is a Limit.
func (d *Deck) Stow(per int, note []byte) (stowed bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return false, errClosed()
	case d.lent != nil:
		return false, errLent()
	}
	from := d.at.done()
	if from+uint64(per) > d.next {
		return false, nil
	}
	if d.box == nil || d.box.n == 0 {
		if d.box == nil || d.box.per != per {
			if err := d.makeInbox(per); err != nil {
				return false, err
			}
		}
		d.box.first = from
	}
	b := d.box
	switch {
	case len(note) > NoteSize-2 || per != b.per || from != b.end():
		return false, fault.New(fault.Internal, "vault.stow", "", "%d rows from %d and %d bytes do not go into the inbox", per, from, len(note))
	case b.n >= d.most:
		return false, fault.New(fault.Limit, "vault.inbox-full", "unlock the desk", "the inbox is full: what arrives is not acknowledged until the desk is unlocked")
	}
	plain, err := d.gather(from, note)
	if err != nil {
		return false, err
	}
	if _, err = b.f.WriteAt(b.well.seal(make([]byte, 0, b.place()), plain, b.placeAD(b.n)), b.off(b.n)); err == nil {
		err = b.f.Sync()
	}
	b.got = 0
	if err != nil {
		return false, diskFault(err, "the vault's inbox cannot be written")
	}
	b.n++
	d.at.stowed.Store(b.end())
	return true, nil
}

// gather makes the content of a place, with zeros behind it.
func (d *Deck) gather(from uint64, note []byte) ([]byte, error) {
	b := d.box
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, b.place()-wellOverhead), from)
	for i := range b.per {
		sealed, err := d.ringRow(from + uint64(i))
		if err != nil {
			return nil, err
		}
		enc, row := sealed[:keys.KEMCiphertext], sealed[keys.KEMCiphertext:]
		if i == 0 {
			plain = append(plain, enc...)
		} else if !bytes.Equal(enc, plain[8:8+keys.KEMCiphertext]) {
			return nil, fault.New(fault.Internal, "vault.stow", "", "rows of two ticks do not go into one place of the inbox")
		}
		plain = append(plain, row...)
	}
	key, err := d.line.fresh()
	if err != nil {
		return nil, err
	}
	full := binary.BigEndian.AppendUint16(make([]byte, 0, NoteSize), uint16(len(note)))
	full = append(full, note...)[:NoteSize]
	at := len(plain)
	plain = plain[:b.content()]
	key.seal(plain[at:at], full, noteFlag|from)
	return plain[:b.place()-wellOverhead], nil
}

// Stowed tells how many places of the inbox are taken, of MaxPlaces.
func (d *Deck) Stowed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.box == nil {
		return 0
	}
	return d.box.n
}

// Done gives the index up to which rows are in the journal or in the inbox.
func (d *Deck) Done() uint64 { return d.at.done() }

// Ticks tells how often the deck wrote since it was opened.
func (d *Deck) Ticks() uint64 { return d.at.ticks.Load() }

// Notes calls fn for each note in the inbox, in order. fn must not use the deck.
func (d *Deck) Notes(fn func(note []byte) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return errClosed()
	case d.box == nil:
		return nil
	case d.in == nil:
		return errLocked()
	}
	for i := range d.box.n {
		note, err := d.box.openNote(d.in, i)
		if err == nil && len(note) > 0 {
			err = fn(note)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wipePlaces is how many places are written over while a Tick may wait.
const wipePlaces = 32

// Empty writes over the inbox and removes it, if all of it is in the journal. It
// works in short steps, so that no Tick waits.
func (d *Deck) Empty() error {
	for at := 0; ; at += wipePlaces {
		more, err := d.emptySome(at)
		if !more || err != nil {
			return err
		}
	}
}

func (d *Deck) emptySome(at int) (more bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.box
	switch {
	case d.closed:
		return false, errClosed()
	case b == nil:
		return false, nil
	case b.n > 0 && d.at.cursor.Load() < b.end():
		return false, nil // not all of it is in the journal
	case d.lent != nil: // who keeps the deck writes over it
		d.box = nil
		d.at.stowed.Store(0)
		return false, b.f.Close()
	}
	for i := at; i < min(at+wipePlaces, b.n) && err == nil; i++ {
		_, err = b.f.WriteAt(noise(b.place()), b.off(i))
	}
	if err == nil {
		err = b.f.Sync()
	}
	if err != nil {
		return false, diskFault(err, "the vault's inbox cannot be written")
	}
	if at+wipePlaces < b.n {
		return true, nil
	}
	err = errors.Join(b.f.Close(), os.Remove(d.inboxPath()), syncDir(d.dir))
	d.box = nil
	d.at.stowed.Store(0)
	return false, diskFault(err, "the vault's inbox cannot be removed")
}
