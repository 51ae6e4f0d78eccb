package vault

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// beside times what the vault does and what the disk or the processor would
// need for the same bytes, in turn in the same run, and reports the ratio.
func beside(b *testing.B, ours, limit func(n int) error) {
	var a, c time.Duration
	n := 0
	for b.Loop() {
		t0 := time.Now()
		if err := ours(n); err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		if err := limit(n); err != nil {
			b.Fatal(err)
		}
		a, c = a+t1.Sub(t0), c+time.Since(t1)
		n++
	}
	b.ReportMetric(float64(a.Microseconds())/float64(n), "vault-µs/op")
	b.ReportMetric(float64(c.Microseconds())/float64(n), "limit-µs/op")
	b.ReportMetric(float64(c)/float64(a), "of-limit")
}

func rawFile(b *testing.B, size int) *os.File {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	if _, err := f.Write(noise(size)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	return f
}

// One entry of 600 bytes and its frame, durably, beside appending the same
// bytes to a file with fdatasync.
func BenchmarkUpdate(b *testing.B) {
	v, _ := newVault(b)
	f := rawFile(b, 0)
	entry := noise(600)
	beside(b, func(n int) error {
		return v.Update(func(tx *Tx) error {
			if _, err := tx.Append(entry); err != nil {
				return err
			}
			return tx.Queue(Frame{"line", 1, uint64(n), entry})
		})
	}, func(n int) error {
		if _, err := f.WriteAt(append(entry, entry...), int64(n)*1200); err != nil {
			return err
		}
		return syncData(f)
	})
}

// A tick of a full desk: 64 KiB of state and sixteen rows of a cell, beside
// writing the same bytes to a file with fdatasync.
func BenchmarkTick(b *testing.B) {
	v, _ := newVault(b)
	s := Shape{State: 64 << 10, Rows: 64 * 16, Row: 1 << 10, Batch: 64}
	d, err := v.Deck(s)
	if err != nil {
		b.Fatal(err)
	}
	f := rawFile(b, int(s.size()))
	state, rows := noise(s.State), make([][]byte, 16)
	for i := range rows {
		rows[i] = noise(s.Row)
	}
	both := noise(s.State + 16*s.Row)
	beside(b, func(n int) error {
		if n%64 == 0 {
			if err := v.Update(func(tx *Tx) error { return tx.SetCursor(uint64(n) * 16) }); err != nil {
				return err
			}
		}
		_, err := d.Tick(state, rows...)
		return err
	}, func(n int) error {
		if _, err := f.WriteAt(both, int64(n%2*len(both))); err != nil {
			return err
		}
		return syncData(f)
	})
}

// 10,000 entries of 500 bytes read from the journal, beside reading the same
// bytes from a file and opening their seals.
func BenchmarkJournalRead(b *testing.B) {
	const rows, size = 10_000, 500
	v, _ := newVault(b)
	do(b, v, func(tx *Tx) error {
		for range rows {
			if _, err := tx.Append(noise(size)); err != nil {
				return err
			}
		}
		return nil
	})
	sealed := v.row.seal(nil, noise(size+32), nil)
	f := rawFile(b, 0)
	for range rows {
		if _, err := f.Write(sealed); err != nil {
			b.Fatal(err)
		}
	}
	beside(b, func(int) error {
		return v.Journal(0, func(uint64, []byte) error { return nil })
	}, func(int) error {
		all, err := os.ReadFile(f.Name())
		if err != nil {
			return err
		}
		for i := 0; i < len(all); i += len(sealed) {
			if _, err := v.row.open(nil, all[i:i+len(sealed)], nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkJournalModes is why the database keeps a write-ahead log: the same
// transaction in each of SQLite's modes, with the number of syncs it takes.
func BenchmarkJournalModes(b *testing.B) {
	for _, mode := range []string{"wal", "truncate", "persist", "delete"} {
		b.Run(mode, func(b *testing.B) {
			dir := b.TempDir()
			if err := os.WriteFile(filepath.Join(dir, dbName), nil, 0o600); err != nil {
				b.Fatal(err)
			}
			s := newSim(b, dir)
			s.real = true
			d, err := openDB(dir, noise(keyLen), vfs.VFS(simVFS{s}), sqlite3.OPEN_READWRITE)
			if err != nil {
				b.Fatal(err)
			}
			defer d.close()
			if err := d.conn.Exec("PRAGMA journal_mode = delete; PRAGMA journal_mode = " + mode + "; PRAGMA synchronous = full;" + schema); err != nil {
				b.Fatal(err)
			}
			s.log = nil
			entry := make([]byte, 600)
			n := 0
			for b.Loop() {
				rand.Read(entry)
				if err := d.conn.Exec("BEGIN IMMEDIATE"); err != nil {
					b.Fatal(err)
				}
				if err := d.exec("INSERT INTO journal VALUES(?, ?)", uint64(n), entry); err != nil {
					b.Fatal(err)
				}
				if err := d.conn.Exec("COMMIT"); err != nil {
					b.Fatal(err)
				}
				n++
			}
			syncs := 0
			for _, o := range s.log {
				if o.n < 0 {
					syncs++
				}
			}
			b.ReportMetric(float64(syncs)/float64(n), "syncs/op")
		})
	}
}

// BenchmarkUnlock is what one try of a passphrase costs.
func BenchmarkUnlock(b *testing.B) {
	h := &head{Params: Strong(), Salt: make([]byte, saltLen)}
	for b.Loop() {
		if wrap, _ := h.stretch(pass); len(wrap) != keyLen {
			b.Fatal(fmt.Sprint(len(wrap)))
		}
	}
}

// Destroying one entry of 10,000, and then every second one that is left, at
// once.
func BenchmarkDestroy(b *testing.B) {
	const rows, size = 10_000, 500
	for b.Loop() {
		b.StopTimer()
		v, _ := newVault(b)
		do(b, v, func(tx *Tx) error {
			for range rows {
				if _, err := tx.Append(noise(size)); err != nil {
					return err
				}
			}
			return nil
		})
		var many []Loss
		for i := uint64(0); i < rows; i += 2 {
			many = append(many, Loss{i, nil})
		}
		b.StartTimer()
		t0 := time.Now()
		if err := v.Destroy([]Loss{{1, nil}}, nil); err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		if err := v.Destroy(many, nil); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(t1.Sub(t0).Microseconds()), "one-µs")
		b.ReportMetric(float64(time.Since(t1).Microseconds())/float64(len(many)), "of-many-µs/entry")
		b.ReportMetric(float64(len(v.ward.seal(noise(keyLen))))/float64(len(many)), "ward-bytes/entry")
		v.Close()
	}
}
