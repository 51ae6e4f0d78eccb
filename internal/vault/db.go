package vault

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
	"lukechampine.com/adiantum/hbsh"

	pagecipher "lukechampine.com/adiantum"

	"backchannel/internal/fault"
)

// Row tables. Every box is sealed; the columns beside it are what is needed to
// find the row. STRICT, so that nothing but bytes can stand where bytes should.
const schema = `
CREATE TABLE counters(id INTEGER PRIMARY KEY CHECK(id = 1), box BLOB NOT NULL) STRICT;
CREATE TABLE journal(pos INTEGER PRIMARY KEY, box BLOB NOT NULL) STRICT;
CREATE TABLE outbox(id INTEGER PRIMARY KEY, line BLOB NOT NULL, class INTEGER NOT NULL, number INTEGER NOT NULL,
	box BLOB NOT NULL, UNIQUE(line, class, number)) STRICT;
CREATE TABLE segments(id INTEGER PRIMARY KEY, line BLOB NOT NULL, class INTEGER NOT NULL, number INTEGER NOT NULL,
	part INTEGER NOT NULL, box BLOB NOT NULL, UNIQUE(line, class, number, part)) STRICT;
CREATE TABLE ward(id INTEGER PRIMARY KEY CHECK(id = 1), box BLOB NOT NULL) STRICT;
CREATE TABLE meta(id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, box BLOB NOT NULL) STRICT;
`

// Every connection is set up the same way.
//
//   - exclusive: the process lock already is; no shared-memory file beside the database.
//   - wal: one sync a transaction, where a rollback journal needs four (see
//     BenchmarkJournalModes). Its pages pass the page cipher too.
//   - full: a commit is synced before it returns. The page cipher rewrites whole
//     blocks, so SQLite pads the log to a block after each commit: a torn write
//     cannot reach back into a commit that was acknowledged.
//   - autocheckpoint off: checkpoints happen when the vault says (Checkpoint, or
//     an Update that finds the log long).
const pragmas = `
PRAGMA locking_mode = exclusive;
PRAGMA journal_mode = wal;
PRAGMA synchronous = full;
PRAGMA fullfsync = on;
PRAGMA secure_delete = on;
PRAGMA temp_store = memory;
PRAGMA cell_size_check = on;
PRAGMA trusted_schema = off;
PRAGMA wal_autocheckpoint = 0;
`

// maxWAL is the length in pages at which an Update ends with a checkpoint.
const maxWAL = 1024

// keyed gives the page cipher its key, so that the key stands in no SQL text
// and no URI. A temporary file, which has no name, gets a random one.
type keyed struct{ key []byte }

func (k keyed) KDF(secret string) []byte {
	if secret == "" {
		return noise(keyLen)
	}
	return k.key
}

func (k keyed) HBSH(key []byte) *hbsh.HBSH {
	if len(key) != keyLen {
		return nil
	}
	return pagecipher.New(key)
}

// padLog tells whether there is a log that somebody left behind, and makes
// it a whole number of blocks by adding zeros. The page
// cipher cannot read a part of a block, and SQLite takes that for an error of
// the disk. A part is what a write leaves that was cut short on a file system
// with smaller blocks; it was never synced, so nothing acknowledged is in it,
// and with zeros behind it it reads as what it is: the end of the log.
func padLog(path string) (left bool, err error) {
	fi, err := os.Stat(path)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err == nil && fi.Size()%block != 0 {
		err = os.Truncate(path, int64(roundUp(int(fi.Size()))))
	}
	return err == nil && fi.Size() > 0, diskFault(err, "the vault's log cannot be opened")
}

// db is the SQLite connection with the statements in use.
type db struct {
	conn  *sqlite3.Conn
	vfs   string // name this connection's VFS is registered under
	stmts map[string]*sqlite3.Stmt
	wal   int // pages in the log after the last commit

	// left is set while the log holds what an earlier process left. The end of
	// such a log may lie inside a block, since the padding behind a commit is
	// not synced with it; to write on there would put that commit at the mercy
	// of a torn write. So the log is emptied before the first transaction.
	left bool
}

// openDB opens the database file behind the page cipher, over base.
func openDB(dir string, key []byte, base vfs.VFS, flags sqlite3.OpenFlag) (*db, error) {
	abs, err := filepath.Abs(filepath.Join(dir, dbName))
	if err != nil {
		return nil, diskFault(err, "the vault's folder has no absolute name")
	}
	left, err := padLog(abs + "-wal")
	if err != nil {
		return nil, err
	}
	var name [16]byte
	rand.Read(name[:])
	d := &db{vfs: "vault-" + hex.EncodeToString(name[:]), stmts: map[string]*sqlite3.Stmt{}, left: left}
	vfs.Register(d.vfs, adiantum.Wrap(base, keyed{key}))

	path := filepath.ToSlash(abs)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: url.Values{"vfs": {d.vfs}, "textkey": {"vault"}}.Encode()}
	d.conn, err = sqlite3.OpenFlags(u.String(), flags|sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI|sqlite3.OPEN_NOFOLLOW)
	if err != nil {
		vfs.Unregister(d.vfs)
		return nil, dbFault(err)
	}
	// A vault that is closed because it could not be read keeps its log as it is.
	_, err = d.conn.Config(sqlite3.DBCONFIG_NO_CKPT_ON_CLOSE, true)
	if err == nil {
		err = d.conn.Exec(pragmas)
	}
	if err != nil {
		d.close()
		return nil, dbFault(err)
	}
	d.conn.WALHook(func(_ *sqlite3.Conn, _ string, pages int) error {
		d.wal = pages
		return nil
	})
	return d, nil
}

func (d *db) close() error {
	for _, s := range d.stmts {
		s.Close()
	}
	clear(d.stmts)
	err := d.conn.Close()
	vfs.Unregister(d.vfs)
	return dbFault(err)
}

// stmt gives the prepared statement for q, with its arguments bound. Arguments
// are int64 or []byte; their count and order are q's. The caller resets it.
func (d *db) stmt(q string, args ...any) (*sqlite3.Stmt, error) {
	s := d.stmts[q]
	if s == nil {
		var err error
		if s, _, err = d.conn.PrepareFlags(q, sqlite3.PREPARE_PERSISTENT); err != nil {
			return nil, dbFault(err)
		}
		d.stmts[q] = s
	}
	for i, a := range args {
		var err error
		switch a := a.(type) {
		case uint64:
			err = s.BindInt64(i+1, int64(a))
		case []byte:
			err = s.BindBlob(i+1, a)
		case string:
			err = s.BindBlob(i+1, []byte(a))
		default:
			panic("vault: an argument of a type that is never bound")
		}
		if err != nil {
			return nil, dbFault(err)
		}
	}
	return s, nil
}

// exec runs q.
func (d *db) exec(q string, args ...any) error {
	return d.rows(nil, q, args...)
}

// rows runs q and calls fn for each row. What fn reads from the statement
// is good only until it returns.
func (d *db) rows(fn func(*sqlite3.Stmt) error, q string, args ...any) error {
	s, err := d.stmt(q, args...)
	if err != nil {
		return err
	}
	for s.Step() {
		if fn == nil {
			continue
		}
		if err := fn(s); err != nil {
			s.Reset()
			return err
		}
	}
	err = s.Err()
	if rerr := s.Reset(); err == nil {
		err = rerr
	}
	return dbFault(err)
}

// begin starts a transaction.
func (d *db) begin() error {
	if d.left {
		if err := d.checkpoint(sqlite3.CHECKPOINT_TRUNCATE); err != nil {
			return err
		}
	}
	return dbFault(d.conn.Exec("BEGIN IMMEDIATE"))
}

// checkpoint moves the log into the database. Truncate then cuts the log to
// nothing; restart leaves it at its length to be written over, which spares
// each commit the cost of making the file longer.
func (d *db) checkpoint(mode sqlite3.CheckpointMode) error {
	_, _, err := d.conn.WALCheckpoint("main", mode)
	if err != nil {
		return dbFault(err)
	}
	d.wal = 0
	d.left = d.left && mode != sqlite3.CHECKPOINT_TRUNCATE
	return nil
}

// dbFault names an error of SQLite. Errors that have a name keep it.
func dbFault(err error) error {
	var named *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &named):
		return err
	case errors.Is(err, sqlite3.FULL):
		return fault.Wrap(err, fault.Disk, "vault.disk-full",
			"make room on this disk and try again; what was acknowledged is safe", "the disk is full")
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB), errors.Is(err, sqlite3.IOERR_SHORT_READ),
		errors.Is(err, sqlite3.IOERR_CORRUPTFS), errors.Is(err, sqlite3.IOERR_DATA), errors.Is(err, sqlite3.IOERR_BADKEY):
		return errCorrupt(err, "its pages do not decrypt or do not fit together")
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return errInUse(err)
	case errors.Is(err, sqlite3.IOERR), errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.CANTOPEN),
		errors.Is(err, sqlite3.PERM):
		return diskFault(err, "the vault's database cannot be read or written")
	}
	return fault.Wrap(err, fault.Internal, "vault.sql", "", "the vault's database refused a statement")
}

// errCorrupt says that vault.db is not what was written.
func errCorrupt(cause error, why string, args ...any) error {
	const hint = "nothing was changed; keep a copy of the folder, then restore all of it from one backup"
	const damaged = "the vault's database is damaged, cut short or of another vault: "
	if cause == nil {
		return fault.New(fault.Corrupt, "vault.corrupt", hint, damaged+why, args...)
	}
	return fault.Wrap(cause, fault.Corrupt, "vault.corrupt", hint, damaged+why, args...)
}

func errInUse(cause error) error {
	const hint = "stop the program that has it open (backchannel desk serve?), or do this through that program"
	if cause == nil {
		return fault.New(fault.InUse, "vault.in-use", hint, "another program has this vault open")
	}
	return fault.Wrap(cause, fault.InUse, "vault.in-use", hint, "another program has this vault open")
}
