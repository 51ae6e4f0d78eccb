package vault

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"backchannel/internal/fault"
	"backchannel/internal/wire"
)

// Vault is an open vault. Its methods may be called from any goroutine.
type Vault struct {
	dir    string
	disk   disk
	key    []byte       // data key; cleared by Close
	lock   *os.File     // holds the process lock until Close
	alone  bool         // nobody else was given the lock
	row    box          // seals rows under the data key
	mac    []byte       // key of the digest
	well   well         // seals the mark and the file keys
	line   lineKeys     // of the deck
	links  [Decks]*link // what each deck and the database tell each other
	rolled error        // set by Open when a file is older than another says, never changed

	mu       sync.Mutex // guards what follows; held for a whole Update
	db       *db
	counters counters // as last committed
	broken   error    // set when a sync failed: what is on disk is not known
	closed   bool
	mark     *pair // nil until opened
	keys     *pair // the file keys; nil until opened
	ward     *ward // what can be destroyed; replaced whole
	loose    box   // seals rows that come and go; goes with the ward

	shot   shots        // the snapshot, with its own lock
	deckMu sync.Mutex   // guards decks
	decks  [Decks]*Deck // nil until there is one

	counts counts
}

// disk is where a vault's bytes go. It is an argument so that tests can make
// each of its calls fail.
type disk struct {
	vfs  vfs.VFS
	open func(path string) (file, error)
}

func osDisk() disk { return disk{vfs.Find(""), openFile} }

// Counts says how often the vault wrote since it was opened.
type Counts struct {
	Ticks       uint64 // transactions of the deck: one write and one sync each
	Updates     uint64 // transactions of the database
	Checkpoints uint64
}

type counts struct{ updates, checkpoints atomic.Uint64 }

// Counts reads the counters.
func (v *Vault) Counts() Counts {
	return Counts{v.links[0].ticks.Load() + v.links[1].ticks.Load(), v.counts.updates.Load(), v.counts.checkpoints.Load()}
}

// counters is the one row that every Update writes. It says what the other
// rows must be.
type counters struct {
	Gen     uint64 `cbor:"1,keyasint"`            // Updates so far
	Next    uint64 `cbor:"2,keyasint"`            // position of the next journal row
	Chain   []byte `cbor:"3,keyasint"`            // hash chain at Next
	Sum     []byte `cbor:"4,keyasint"`            // digest of the rows that come and go
	Cursor  uint64 `cbor:"5,keyasint"`            // ring index up to which all was ingested
	DeckGen uint64 `cbor:"6,keyasint"`            // the deck had come at least this far
	Rolled  uint64 `cbor:"7,keyasint"`            // times that Open found a file put back
	Known   uint64 `cbor:"8,keyasint"`            // what the deck saw up to this generation is no news since
	Ward    uint64 `cbor:"9,keyasint,omitempty"`  // generation of the ward; 0 before there were any
	Gone    uint64 `cbor:"10,keyasint,omitempty"` // entries that were destroyed
	Since   uint64 `cbor:"11,keyasint,omitempty"` // what knows of an earlier generation knows another chain

	// Of the second deck, as above.
	Cursor2  uint64 `cbor:"12,keyasint,omitempty"`
	DeckGen2 uint64 `cbor:"13,keyasint,omitempty"`
	Known2   uint64 `cbor:"14,keyasint,omitempty"`
}

// of gives what the counters say of one deck.
func (c *counters) of(deck int) (cursor, gen, known *uint64) {
	if deck == 0 {
		return &c.Cursor, &c.DeckGen, &c.Known
	}
	return &c.Cursor2, &c.DeckGen2, &c.Known2
}

func (v *Vault) countersAD() []byte { return rowAD("counters", "") }

// mark is how far the files had come at some moment.
type mark struct {
	gen, next uint64
	chain     [32]byte
	deckGen   uint64
}

// markSize is the length of an encoded mark.
const markSize = 8 + 8 + 32 + 8

func (c *counters) mark() *mark {
	return &mark{gen: c.Gen, next: c.Next, chain: [32]byte(c.Chain), deckGen: c.DeckGen}
}

func (m *mark) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, m.gen)
	b = binary.BigEndian.AppendUint64(b, m.next)
	b = append(b, m.chain[:]...)
	return binary.BigEndian.AppendUint64(b, m.deckGen)
}

// parseMark reads what append wrote; b came out of a seal.
func parseMark(b []byte) *mark {
	return &mark{
		gen:     binary.BigEndian.Uint64(b),
		next:    binary.BigEndian.Uint64(b[8:]),
		chain:   [32]byte(b[16:48]),
		deckGen: binary.BigEndian.Uint64(b[48:]),
	}
}

// Create makes a vault in dir, which must not exist or be empty, and opens it.
// The vault is made beside dir and moved there whole, so that dir never holds
// half a vault.
func Create(dir string, pass []byte, p Params) (*Vault, error) { return create(dir, pass, p, osDisk()) }

func create(dir string, pass []byte, p Params, d disk) (*Vault, error) {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fault.New(fault.Exists, "vault.exists",
			"name a folder that does not exist yet, or an empty one", "there is something in %s already", dir)
	} else if err != nil && !os.IsNotExist(err) {
		return nil, diskFault(err, "cannot look into %s", dir)
	}
	key := noise(keyLen)
	h, err := newHead(key, pass, p)
	if err != nil {
		return nil, err
	}
	var name [8]byte
	rand.Read(name[:])
	tmp := filepath.Clean(dir) + ".new-" + hex.EncodeToString(name[:])
	defer os.RemoveAll(tmp) // nothing once it has been moved
	if err := fill(tmp, key, h, d); err != nil {
		return nil, err
	}
	os.Remove(dir) // an empty folder; any other stays, and the move then fails
	if err := os.Rename(tmp, dir); err != nil {
		return nil, diskFault(err, "cannot make %s", dir)
	}
	if err := syncDir(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	return openWith(dir, d, func(*head) ([]byte, error) { return key, nil }, nil)
}

// fill makes all files of a new vault in dir.
func fill(dir string, key []byte, h *head, d disk) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return diskFault(err, "cannot make the folder above %s", dir)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return diskFault(err, "cannot make %s", dir)
	}
	v := &Vault{dir: dir, disk: d, key: key, links: newLinks()}
	v.subkeys()
	w, wrap := newWard(), noise(keyLen)
	files := map[string][]byte{headName: h.bytes(), markName: noise(2 * block), keysName: keysBytes(v.well, w.gen, wrap), dbName: nil, lockName: nil}
	for name, b := range files {
		if err := replaceFile(filepath.Join(dir, name), b); err != nil {
			return err
		}
	}
	conn, err := openDB(dir, derive(key, labelPage), d.vfs, 0)
	if err != nil {
		return err
	}
	defer conn.close()
	c := counters{Chain: make([]byte, 32), Sum: make([]byte, 32), Ward: w.gen}
	if err := dbFault(conn.conn.Exec("BEGIN IMMEDIATE;" + schema)); err != nil {
		return err
	}
	if err := conn.exec("INSERT INTO counters VALUES(1, ?)", v.row.seal(nil, wire.MustEncode(c), v.countersAD())); err != nil {
		return err
	}
	if err := conn.exec("INSERT INTO ward VALUES(1, ?)", w.seal(wrap)); err != nil {
		return err
	}
	if err := dbFault(conn.conn.Exec("COMMIT")); err != nil {
		return err
	}
	if err := conn.checkpoint(sqlite3.CHECKPOINT_TRUNCATE); err != nil {
		return err
	}
	return syncDir(dir)
}

// subkeys derives from the data key one key for each use.
func (v *Vault) subkeys() {
	v.row = newBox(derive(v.key, labelRow))
	v.mac = derive(v.key, labelDigest)
	v.well = well{derive(v.key, labelSlots)}
	v.line = newLineKeys(v.key)
}

// Open opens the vault in dir. The errors to expect: NotFound, InUse,
// Passphrase, Corrupt, Disk.
func Open(dir string, pass []byte) (*Vault, error) { return open(dir, pass, osDisk()) }

func open(dir string, pass []byte, d disk) (*Vault, error) {
	return openWith(dir, d, func(h *head) ([]byte, error) { return h.open(pass) }, pass)
}

// openWith opens with the data key that unlock gives. pass is needed for a
// vault of an earlier format.
func openWith(dir string, d disk, unlock func(*head) ([]byte, error), pass []byte) (_ *Vault, err error) {
	if _, err := readHead(dir); err != nil { // before anything is made in a folder that is no vault
		return nil, err
	}
	lock, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	v, err := openAt(dir, d, lock, unlock, pass)
	if v != nil {
		v.alone = true
	}
	return v, err
}

// openAt is openWith under a lock that is held, and is let go of with the vault.
func openAt(dir string, d disk, lock *os.File, unlock func(*head) ([]byte, error), pass []byte) (_ *Vault, err error) {
	v := &Vault{dir: dir, disk: d, lock: lock, links: newLinks()}
	defer func() {
		if err != nil {
			v.release()
		}
	}()
	h, err := readHead(dir) // again: it may have been replaced while unlocked
	if err != nil {
		return nil, err
	}
	if v.key, err = unlock(h); err != nil {
		return nil, err
	}
	v.subkeys()
	if err := v.openFiles(); err != nil {
		return nil, err
	}
	if err := v.openDeckFile(); err != nil {
		return nil, err
	}
	if err := v.compare(); err != nil {
		return v, err
	}
	return v, v.upgrade(h, pass)
}

func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskFault(err, "the vault's lock file cannot be opened")
	}
	taken, err := tryLock(f)
	switch {
	case taken:
		f.Close()
		return nil, errInUse(nil)
	case err != nil:
		f.Close()
		return nil, diskFault(err, "the vault's folder cannot be locked")
	}
	return f, nil
}

func (v *Vault) openFiles() error {
	path := filepath.Join(v.dir, dbName)
	if fi, err := os.Stat(path); os.IsNotExist(err) || err == nil && fi.Size() == 0 {
		return errCorrupt(nil, "vault.db is missing or empty")
	}
	var err error
	if v.db, err = openDB(v.dir, derive(v.key, labelPage), v.disk.vfs, 0); err != nil {
		return err
	}
	if v.counters, err = v.readCounters(); err != nil {
		return err
	}
	if v.counters.Ward > 0 {
		if err := v.openKeys(); err != nil {
			return err
		}
	}
	f, err := v.disk.open(filepath.Join(v.dir, markName))
	if err != nil {
		return missing(err, markName)
	}
	v.mark = &pair{f: f, size: block, label: markName, well: v.well, last: -1}
	return nil
}

// openDeckFile opens the decks that there are.
func (v *Vault) openDeckFile() (err error) {
	for i, at := range v.links {
		if _, err := os.Stat(filepath.Join(v.dir, at.name)); os.IsNotExist(err) {
			continue
		}
		if i == 0 { // no deck of the first format has another number
			if err := v.upgradeDeck(); err != nil {
				return err
			}
		}
		if v.decks[i], err = openDeck(v.dir, v.disk.open, at, v.line); err != nil {
			return err
		}
	}
	return nil
}

// missing names an error at opening a file that must be there.
func missing(err error, name string) error {
	if os.IsNotExist(err) {
		return fault.New(fault.Corrupt, "vault.missing",
			"restore the vault's whole folder from one backup; nothing was changed", "the vault's file %s is missing", name)
	}
	return diskFault(err, "the vault's file %s cannot be opened", name)
}

func (v *Vault) readCounters() (c counters, err error) {
	found := false
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		found = true
		b, err := v.row.open(nil, s.ColumnRawBlob(0), v.countersAD())
		if err != nil {
			return errCorrupt(err, "its counters do not open")
		}
		return wire.DecodeOwn(b, &c)
	}, "SELECT box FROM counters WHERE id = 1")
	if err == nil && (!found || len(c.Chain) != 32 || len(c.Sum) != 32) {
		err = errCorrupt(nil, "it has no counters")
	}
	return c, err
}

// Close writes the mark and closes the vault. Closing twice does nothing.
func (v *Vault) Close() error {
	shotErr := v.closeShot() // before mu, as everywhere
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	var err error
	if v.broken == nil {
		err = v.checkpoint(sqlite3.CHECKPOINT_TRUNCATE)
	}
	return errors.Join(shotErr, err, v.release())
}

// release closes whatever is open.
func (v *Vault) release() error {
	v.deckMu.Lock()
	defer v.deckMu.Unlock()
	v.closed = true
	var errs []error
	for _, d := range v.decks {
		if d != nil {
			errs = append(errs, d.close())
		}
	}
	if v.mark != nil {
		errs = append(errs, v.mark.f.Close())
	}
	if v.keys != nil {
		errs = append(errs, v.keys.f.Close())
	}
	if v.db != nil {
		errs = append(errs, v.db.close())
	}
	if v.lock != nil {
		if v.alone {
			errs = append(errs, letGo(v.lock))
		}
		errs = append(errs, v.lock.Close())
	}
	v.forget()
	return errors.Join(errs...)
}

// Checkpoint moves the database's log into the database, and writes the mark.
// A desk calls it now and then, away from the moment when it sends.
func (v *Vault) Checkpoint() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	return v.checkpoint(sqlite3.CHECKPOINT_RESTART)
}

func (v *Vault) checkpoint(mode sqlite3.CheckpointMode) error {
	if err := v.db.checkpoint(mode); err != nil {
		return err
	}
	v.counts.checkpoints.Add(1)
	return v.writeMark()
}

func (v *Vault) writeMark() error {
	m := v.counters.mark()
	m.deckGen = v.links[0].deckGen.Load()
	// Only the mark's file says this too: a deck's own mark has no room for it.
	b, off := v.mark.seal(binary.BigEndian.AppendUint64(m.append(nil), v.links[1].deckGen.Load()))
	_, err := v.mark.f.WriteAt(b, off)
	if err == nil {
		err = v.mark.f.Sync()
	}
	if err != nil {
		return diskFault(err, "the vault's mark cannot be written")
	}
	v.mark.wrote()
	return nil
}

// usable reports why the vault cannot be used, if it cannot.
func (v *Vault) usable() error {
	switch {
	case v.closed:
		return errClosed()
	case v.broken != nil:
		return errBroken(v.broken)
	}
	return nil
}

func errClosed() error { return fault.New(fault.Internal, "vault.closed", "", "the vault is closed") }

func errBroken(cause error) error {
	return fault.Wrap(cause, fault.Disk, "vault.broken",
		"check the disk, then stop this program and start it again; what was acknowledged is safe", "an earlier write to the vault failed")
}

// ChangePassphrase makes the vault open with another passphrase. It replaces
// the head alone; a copy of the old head still opens with the old one.
func (v *Vault) ChangePassphrase(old, new []byte, p Params) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.usable(); err != nil {
		return err
	}
	h, err := readHead(v.dir)
	if err != nil {
		return err
	}
	key, err := h.open(old)
	if err != nil {
		return err
	}
	defer clear(key)
	if h, err = newHead(key, new, p); err != nil {
		return err
	}
	return replaceFile(filepath.Join(v.dir, headName), h.bytes())
}
