package vault

import (
	"encoding/binary"
	"errors"

	"github.com/ncruces/go-sqlite3"

	"backchannel/internal/fault"
)

// Report is what Verify counted.
type Report struct {
	Entries   uint64 // in the journal
	Frames    uint64 // in the outbox
	Segments  uint64 // of frames still arriving
	Values    uint64 // named
	Rows      uint64 // in the ring, not yet ingested
	Destroyed uint64 // of the entries: what stands in their place is there
	Rolled    uint64 // times that a file was found put back to an older copy
}

// compare checks, after all files are open, that none of them is older than
// another says. If one is, the vault is used as it is, the finding is counted
// in the database, and RolledBack tells of it.
func (v *Vault) compare() error {
	marks, err := v.mark.read()
	if err != nil {
		return err
	}
	var seen []*mark
	if len(marks) > 0 {
		v.mark.take(marks[0])
		seen = append(seen, parseMark(marks[0].value))
	}
	for i, d := range v.decks {
		if _, _, known := v.counters.of(i); d != nil && d.mark != nil && d.at.deckGen.Load() > *known {
			seen = append(seen, d.mark)
		}
	}
	for _, m := range seen {
		if err := v.reached(m); err != nil {
			return err
		}
	}
	for i, at := range v.links {
		_, gen, _ := v.counters.of(i)
		had := *gen
		if i == 1 && len(marks) > 0 {
			had = max(had, binary.BigEndian.Uint64(marks[0].value[markSize:]))
		}
		if has := at.deckGen.Load(); had > has {
			v.rolled = errRolled("the state of the lines", had, has)
		}
	}
	v.publish()
	if v.rolled == nil {
		return nil
	}
	for _, m := range seen {
		v.counters.Gen = max(v.counters.Gen, m.gen)
	}
	err = v.update(func(tx *Tx) error {
		tx.c.Rolled++
		for i, at := range v.links {
			_, _, known := tx.c.of(i)
			*known = at.deckGen.Load()
		}
		return nil
	})
	if err == nil {
		err = v.writeMark()
	}
	if fault.Is(err, fault.Disk) {
		err = nil // a full disk must not keep a vault closed; it is noticed again
	}
	return err
}

// reached checks that the vault holds what m saw.
func (v *Vault) reached(m *mark) error {
	switch {
	case m.gen > v.counters.Gen || m.next > v.counters.Next:
		v.rolled = errRolled("the database", m.gen, v.counters.Gen)
	case m.deckGen > v.links[0].deckGen.Load():
		v.rolled = errRolled("the state of the lines", m.deckGen, v.links[0].deckGen.Load())
	case m.next > 0 && m.gen >= v.counters.Since:
		chain, err := v.chainAt(m.next)
		if err != nil {
			return err
		}
		if chain != m.chain {
			v.rolled = fault.New(fault.Corrupt, "vault.rolled-back", hintRolled,
				"the vault's database went another way after an older copy was put back")
		}
	}
	return nil
}

// chainAt gives the hash chain as it was when the journal ended at next.
func (v *Vault) chainAt(next uint64) (c [32]byte, err error) {
	found := false
	err = v.db.rows(func(s *sqlite3.Stmt) error {
		found = true
		plain, err := v.openOuter(sealedRow{next - 1, s.ColumnRawBlob(0)})
		if err == nil {
			copy(c[:], plain)
		}
		return err
	}, "SELECT box FROM journal WHERE pos = ?", next-1)
	if err == nil && !found {
		err = errCorrupt(nil, "journal entry %d is missing", next-1)
	}
	return c, err
}

const hintRolled = "if you restored a part of a backup, restore all of it; if not, somebody else may have changed this folder"

func errRolled(what string, had, has uint64) error {
	return fault.New(fault.Corrupt, "vault.rolled-back", hintRolled,
		"%s was put back to an older copy: it had come to %d and stands at %d", what, had, has)
}

// RolledBack tells whether Open found that a file had been put back to an
// older copy. The vault works all the same: peers resend, and what they cannot
// resend shows as gaps.
func (v *Vault) RolledBack() error { return v.rolled }

// Verify reads everything and checks it: the pages of the database, every
// seal, the journal's chain, the digest of the rows that come and go, the ring,
// and what the files say of one another. progress, if not nil, is called now
// and then with the journal entries done and to do. The error joins all that
// was found; each finding is Corrupt.
func (v *Vault) Verify(progress func(done, total uint64)) (Report, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var r Report
	if err := v.usable(); err != nil {
		return r, err
	}
	if progress == nil {
		progress = func(uint64, uint64) {}
	}
	r.Rolled = v.counters.Rolled
	err := errors.Join(
		v.rolled,
		v.verifyPages(),
		v.verifyCounters(),
		v.verifyJournal(&r, progress),
		v.verifyTables(&r),
		v.verifyDeck(&r),
	)
	return r, err
}

func (v *Vault) verifyPages() error {
	return v.db.rows(func(s *sqlite3.Stmt) error {
		if line := s.ColumnText(0); line != "ok" {
			return errCorrupt(nil, "%s", line)
		}
		return nil
	}, "PRAGMA integrity_check(1)")
}

// verifyCounters reads the counters again: those in memory were checked once.
func (v *Vault) verifyCounters() error {
	c, err := v.readCounters()
	if err == nil && c.Gen != v.counters.Gen {
		err = errCorrupt(nil, "its counters changed under us")
	}
	return err
}

func (v *Vault) verifyJournal(r *Report, progress func(done, total uint64)) error {
	var chain [32]byte
	total := v.counters.Next
	err := v.db.rows(func(s *sqlite3.Stmt) error {
		pos := uint64(s.ColumnInt64(0))
		if pos != r.Entries {
			return errCorrupt(nil, "journal entry %d is missing", r.Entries)
		}
		o, err := v.openRow(v.ward, sealedRow{pos, s.ColumnRawBlob(1)})
		if err != nil {
			return err
		}
		if o.gone {
			r.Destroyed++
		}
		if chain = chainOf(chain, pos, o.commit()); chain != o.chain {
			return errCorrupt(nil, "journal entry %d does not follow from the one before it", pos)
		}
		if r.Entries++; r.Entries%1024 == 0 {
			progress(r.Entries, total)
		}
		return nil
	}, "SELECT pos, box FROM journal ORDER BY pos")
	progress(r.Entries, total)
	if err != nil {
		return err
	}
	if r.Entries != total || chain != [32]byte(v.counters.Chain) {
		return errCorrupt(nil, "the journal ends at entry %d, not %d", r.Entries, total)
	}
	if r.Destroyed != v.counters.Gone {
		return errCorrupt(nil, "%d entries are destroyed, and %d should be", r.Destroyed, v.counters.Gone)
	}
	return nil
}

func (v *Vault) verifyTables(r *Report) error {
	var sum digest
	mac := newMAC(v.mac)
	frames, err := v.outbox()
	if err != nil {
		return err
	}
	parts, err := v.segments("")
	if err != nil {
		return err
	}
	r.Frames, r.Segments = uint64(len(frames)), uint64(len(parts))
	add := func(ad func(*sqlite3.Stmt) []byte, q string) error {
		return v.db.rows(func(s *sqlite3.Stmt) error {
			sum.toggle(mac, ad(s), s.ColumnRawBlob(0))
			return nil
		}, q)
	}
	err = errors.Join(
		add(func(s *sqlite3.Stmt) []byte { return rowAD("outbox", s.ColumnText(1), num(s, 2), num(s, 3)) },
			"SELECT substr(box, -16), line, class, number FROM outbox"),
		add(func(s *sqlite3.Stmt) []byte {
			return rowAD("segments", s.ColumnText(1), num(s, 2), num(s, 3), num(s, 4))
		}, "SELECT substr(box, -16), line, class, number, part FROM segments"),
		add(func(s *sqlite3.Stmt) []byte { return rowAD("meta", s.ColumnText(1)) },
			"SELECT substr(box, -16), name FROM meta"),
		v.verifyValues(r),
	)
	if err == nil && sum != digest(v.counters.Sum) {
		err = errCorrupt(nil, "a row is missing, or was put back to what it once was")
	}
	return err
}

func (v *Vault) verifyValues(r *Report) error {
	return v.db.rows(func(s *sqlite3.Stmt) error {
		r.Values++
		name := s.ColumnText(0)
		if _, err := v.loose.open(nil, s.ColumnRawBlob(1), rowAD("meta", name)); err != nil {
			return errCorrupt(nil, "the value %q does not open", name)
		}
		return nil
	}, "SELECT name, box FROM meta")
}

func (v *Vault) verifyDeck(r *Report) error {
	v.deckMu.Lock()
	decks := v.decks
	v.deckMu.Unlock()
	for _, d := range decks {
		if d == nil {
			continue
		}
		err := d.Rows(0, func(uint64, []byte) error {
			r.Rows++
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
