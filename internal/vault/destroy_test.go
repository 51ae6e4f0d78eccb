package vault

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	pagecipher "lukechampine.com/adiantum"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// thief is somebody who has a vault's files and its passphrase, and tries
// everything on everything. It finds in plain what it can.
type thief struct {
	t     testing.TB
	key   []byte
	wraps [][]byte
	wards []*ward
	boxes []box
	seen  bytes.Buffer
}

// rob gives all that a thief can read in dir. extra are more files that he
// found, by name: blocks that the file system had given up.
func rob(t testing.TB, dir string, extra ...files) string {
	t.Helper()
	all := append([]files{snapshot(t, dir)}, extra...)
	h, err := readHead(dir)
	if err != nil {
		t.Fatal(err)
	}
	th := &thief{t: t}
	if th.key, err = h.open(pass); err != nil {
		t.Fatal(err)
	}
	row, slots := derive(th.key, labelRow), well{derive(th.key, labelSlots)}
	th.boxes = []box{newBox(row)}
	for _, f := range all {
		for name, b := range f {
			th.see(b)
			if name == keysName || name == markName {
				th.slots(slots, b)
			}
			if name == deckName {
				th.slots(newLineKeys(th.key).well, b)
				th.ring(newLineKeys(th.key), b)
			}
		}
	}
	for range 2 { // once for the wards, and again with the keys that they hold
		for _, f := range all {
			for _, db := range th.histories(f) {
				th.database(db)
			}
		}
	}
	for _, f := range all {
		th.shots(f[snapshotName])
		for _, name := range []string{dbName, dbName + "-wal"} {
			th.anywhere(f[name])
		}
	}
	return th.seen.String()
}

func (th *thief) has(w *ward) bool {
	return slices.ContainsFunc(th.wards, func(x *ward) bool { return bytes.Equal(x.loose, w.loose) })
}

func (th *thief) see(b []byte) { th.seen.Write(b); th.seen.WriteByte('\n') }

// slots opens every slot of a file at every block, under whatever name.
func (th *thief) slots(w well, b []byte) {
	var ads [][]byte
	for _, label := range []string{keysName, deckName, markName} {
		for slot := range 2 {
			ads = append(ads, rowAD("pair", label, uint64(slot)))
		}
	}
	for i := range uint64(64) {
		ads = append(ads, ringAD(deckName, i))
	}
	for off := 0; off+block <= len(b); off += block {
		for _, size := range []int{block, 2 * block} {
			for _, ad := range ads {
				if off+size > len(b) {
					continue
				}
				plain, err := w.open(b[off:off+size], ad)
				if err != nil {
					continue
				}
				th.see(plain)
				if len(plain) >= 8+wrapSize && !slices.ContainsFunc(th.wraps, func(x []byte) bool { return bytes.Equal(x, plain[16:8+wrapSize]) }) {
					th.wraps = append(th.wraps, plain[16:8+wrapSize])
				}
			}
		}
	}
}

// ring opens every row of a ring, at every block, with the vault's private key.
func (th *thief) ring(k lineKeys, b []byte) {
	for off := 0; off+shape.row() <= len(b); off += block {
		for i := range uint64(64) {
			plain, err := k.well.open(b[off:off+shape.row()], ringAD(deckName, i))
			if err != nil {
				continue
			}
			if row, err := k.opener().open(plain[:keys.KEMCiphertext], plain[keys.KEMCiphertext:rowSeal+shape.Row], i); err == nil {
				th.see(row)
			}
		}
	}
}

// histories gives the database as it is, and as it was at every length of its
// log.
func (th *thief) histories(f files) []string {
	var out []string
	log := f[dbName+"-wal"]
	for cut := 0; cut <= len(log); cut += block {
		dir := th.t.TempDir()
		for name, b := range map[string][]byte{dbName: f[dbName], dbName + "-wal": log[:cut]} {
			if b == nil {
				return nil
			}
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				th.t.Fatal(err)
			}
		}
		out = append(out, dir)
	}
	return out
}

// database tries every key on every row.
func (th *thief) database(dir string) {
	db, err := openDB(dir, derive(th.key, labelPage), vfs.Find(""), 0)
	if err != nil {
		return
	}
	defer db.close()
	_ = db.rows(func(s *sqlite3.Stmt) error {
		for _, wrap := range th.wraps {
			for gen := range uint64(40) {
				if w, err := openWard(wrap, s.ColumnRawBlob(0), gen); err == nil && !th.has(w) {
					th.wards = append(th.wards, w)
					th.boxes = append(th.boxes, newBox(w.loose), newBox(w.shot))
				}
			}
		}
		return nil
	}, "SELECT box FROM ward")
	_ = db.rows(func(s *sqlite3.Stmt) error {
		th.journalRow(num(s, 0), s.ColumnRawBlob(1))
		return nil
	}, "SELECT pos, box FROM journal")
	for _, l := range looseRows {
		_ = db.rows(func(s *sqlite3.Stmt) error {
			for _, b := range th.boxes {
				if plain, err := b.open(nil, s.ColumnRawBlob(1), l.ad(s)); err == nil {
					th.see(plain)
				}
			}
			return nil
		}, strings.Replace(l.list, " LIMIT 1", "", 1), uint64(0))
	}
}

func (th *thief) journalRow(pos uint64, row []byte) {
	for _, b := range th.boxes {
		plain, err := b.open(nil, row, rowAD("journal", "", pos))
		if err != nil {
			continue
		}
		th.see(plain)
		for _, w := range th.wards {
			if k, found := w.key(pos); found && len(plain) > 33 {
				if entry, err := newBox(k).open(nil, plain[33:], entryAD(pos)); err == nil {
					th.see(entry)
				}
			}
		}
	}
}

func (th *thief) shots(b []byte) {
	for at := 0; at+sealedMark <= len(b); at += block {
		for _, k := range th.boxes {
			head, err := k.open(nil, b[at:at+sealedMark], labelAD())
			if err != nil {
				continue
			}
			l := parseLabel(head)
			if end := at + sealedMark + int(l.size); end <= len(b) {
				if plain, err := k.open(nil, b[at+sealedMark:end], l.bytesAD()); err == nil {
					th.see(plain)
				}
			}
		}
	}
}

// anywhere looks for rows at every byte of the deciphered pages, whether the
// database still knows of them or not: the test's rows are all of few lengths.
func (th *thief) anywhere(b []byte) {
	cipher := pagecipher.New(derive(th.key, labelPage))
	pages := bytes.Clone(b)
	for off := 0; off+block <= len(pages); off += block {
		var tweak [8]byte
		binary.LittleEndian.PutUint64(tweak[:], uint64(off))
		cipher.Decrypt(pages[off:off+block], tweak[:])
	}
	th.see(pages)
	n := len(rowText(0))
	whole := boxOverhead + 33 + boxOverhead + entrySalt + n
	for off := 0; off+whole <= len(pages); off++ {
		if bytes.Count(pages[off:off+32], []byte{0}) > 16 {
			continue // no seal has so many zeros
		}
		th.journalRow(3, pages[off:off+whole])
		for _, k := range th.boxes {
			if plain, err := k.open(nil, pages[off:off+boxOverhead+n], rowAD("meta", "kept")); err == nil {
				th.see(plain)
			}
		}
	}
}

// rowText is text n of the test: what stands in the journal, and elsewhere.
func rowText(n int) string { return fmt.Sprintf("the words of entry number %03d, said once", n) }

// spread makes a vault whose text 3 stands in every place that there is.
func spread(t testing.TB) (*Vault, *Deck, string) {
	t.Helper()
	v, dir := newVault(t)
	d, err := v.Deck(Shape{State: 5000, Rows: 8, Row: 100, Batch: 2})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 8 {
		appendOne(t, v, rowText(n))
	}
	row := make([]byte, 100)
	copy(row, "ring: "+rowText(3))
	if _, err := d.Tick(stateOf(1), row, row); err != nil {
		t.Fatal(err)
	}
	do(t, v, func(tx *Tx) error {
		return errors.Join(
			tx.Queue(Frame{"line", 1, 3, []byte("frame: " + rowText(3))}), tx.PutSegment(Segment{"line", 1, 3, 0, []byte("part: " + rowText(3))}),
			tx.SetMeta("kept", []byte(rowText(3))), tx.SetMeta("other", []byte("stays")), tx.SetCursor(2))
	})
	if err := v.AppendSnapshot(0, 8, 0, []byte("block: "+rowText(3))); err != nil {
		t.Fatal(err)
	}
	return v, d, dir
}

func destroy3(v *Vault) error {
	return v.Destroy([]Loss{{3, []byte("three was here")}}, func(tx *Tx) error {
		return errors.Join(tx.Unqueue("line", 1, 3), tx.DropSegments("line", 1, 3), tx.DeleteMeta("kept"))
	})
}

var places = []string{"ring: ", "frame: ", "part: ", "block: ", ""}

// What was destroyed is nowhere: not in plain, and not under anything that the
// passphrase opens, in any file of the vault, nor in older copies of them that
// the file system kept.
func TestDestroyedIsNowhere(t *testing.T) {
	v, _, dir := spread(t)
	before := rob(t, dir)
	for _, p := range places {
		if !strings.Contains(before, p+rowText(3)) {
			t.Fatalf("the thief does not find %q before, so it would not be missed after", p)
		}
	}
	old := snapshot(t, dir)
	if err := destroy3(v); err != nil {
		t.Fatal(err)
	}
	check := func(when string, extra ...files) {
		t.Helper()
		found := rob(t, dir, extra...)
		if strings.Contains(found, rowText(3)) {
			t.Fatalf("%s: the words are still there", when)
		}
		for n := range 8 {
			if n != 3 && !strings.Contains(found, rowText(n)) {
				t.Fatalf("%s: entry %d went too", when, n)
			}
		}
	}
	check("open")
	left := files{}
	for name, b := range old {
		if name != keysName && name != deckName { // these two are written over in place
			left[name] = b
		}
	}
	check("with older copies of what is not written over in place", left)
	if !strings.Contains(rob(t, dir, old), rowText(3)) {
		t.Fatal("the thief finds nothing in a whole copy made before: it does not look well")
	}
	v = reopen(t, v, dir)
	check("opened again")
	if r := verify(t, v); r.Destroyed != 1 || r.Entries != 8 {
		t.Fatal(r)
	}
	if got := journal(t, v, 0); got[3] != "three was here" || got[4] != rowText(4) {
		t.Fatal(got)
	}
	if b, err := v.Meta("other"); string(b) != "stays" {
		t.Fatal(string(b), err)
	}
	wantKind(t, destroy3(v), fault.Exists)
	appendOne(t, v, rowText(8))
	if err := v.Destroy([]Loss{{8, nil}, {0, nil}}, nil); err != nil {
		t.Fatal(err)
	}
	check3 := rob(t, dir)
	if strings.Contains(check3, rowText(8)) || strings.Contains(check3, rowText(0)) || !strings.Contains(check3, rowText(7)) {
		t.Fatal("a second time")
	}
}

// What stands in the place of an entry tells nothing of a text that can be
// guessed: the salt of its hash is gone.
func TestTombstoneDoesNotConfirmAGuess(t *testing.T) {
	v, dir := newVault(t)
	appendOne(t, v, "yes")
	if err := v.Destroy([]Loss{{0, []byte("gone")}}, nil); err != nil {
		t.Fatal(err)
	}
	found := rob(t, dir)
	guess := chainOf([32]byte{}, 0, commitOf([]byte("yes")))
	bare := commitOf([]byte("yes"))
	if strings.Contains(found, string(guess[:])) || strings.Contains(found, string(bare[:])) {
		t.Fatal("a hash of the text alone is left")
	}
	other, _ := newVault(t)
	appendOne(t, other, "yes")
	if bytes.Equal(v.counters.Chain, other.counters.Chain) {
		t.Fatal("the same text has the same hash in two vaults, so that it can be guessed")
	}
}

// A row of an entry that was destroyed does not come back when somebody puts
// an older copy of files in its place: the vault says so.
func TestDestroyedDoesNotComeBack(t *testing.T) {
	v, _, dir := spread(t)
	v.Close()
	old := snapshot(t, dir)
	v = mustOpen(t, dir)
	if err := destroy3(v); err != nil {
		t.Fatal(err)
	}
	v.Close()
	now := snapshot(t, dir)
	for _, names := range [][]string{{keysName}, {dbName}, {dbName, deckName, markName, snapshotName}} {
		now.write(t, dir)
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), old[name], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(dir, pass)
		wantKind(t, err, fault.Corrupt)
	}
	now.write(t, dir)
	verify(t, mustOpen(t, dir))
}

// whole checks that entry 3 is there or is destroyed, and nothing between, and
// reports which.
func wholeOrGone(t testing.TB, dir string) (gone bool) {
	t.Helper()
	v := mustOpen(t, dir)
	defer v.Close()
	r := verify(t, v)
	if r.Rolled != 0 {
		t.Fatal("a crash was taken for a rollback")
	}
	got := journal(t, v, 0)
	_, err := v.Meta("kept")
	frames, ferr := v.Outbox()
	if ferr != nil {
		t.Fatal(ferr)
	}
	switch {
	case got[3] == rowText(3) && err == nil && len(frames) == 1 && r.Destroyed == 0:
		return false
	case got[3] == "three was here" && fault.Is(err, fault.NotFound) && len(frames) == 0 && r.Destroyed == 1:
	default:
		t.Fatalf("half destroyed: %q, %v, %d frames, %d destroyed", got[3], err, len(frames), r.Destroyed)
	}
	if testing.Short() {
		return true
	}
	found := rob(t, dir)
	for _, p := range []string{"frame: ", "part: ", "block: "} {
		if strings.Contains(found, p+rowText(3)) {
			t.Fatalf("destroyed, and %q can be read", p)
		}
	}
	lines := strings.Split(found, "\n")
	if slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, rowText(3)) && !strings.Contains(l, "ring: ") }) {
		t.Fatal("destroyed, and the words can be read")
	}
	return true
}

// Each call to the disk fails in turn, with and without taking effect, also
// once more while the vault is opened again.
func TestCrash_DestroyedOrNotNeverHalf(t *testing.T) {
	v, _, base := spread(t)
	v.Close()
	image := snapshot(t, base)
	for _, apply := range []bool{false, true} {
		for left := 0; ; left++ {
			dir := filepath.Join(t.TempDir(), "v")
			image.write(t, dir)
			s := newSim(t, dir)
			v, err := open(dir, pass, s.disk())
			if err != nil {
				t.Fatal(err)
			}
			s.left, s.apply = left, apply
			err = destroy3(v)
			if !s.failed {
				if v.Close(); err != nil || left < 10 {
					t.Fatal(left, err)
				}
				break
			}
			s.left = -1
			v.Close()
			if left%3 != 0 && testing.Short() {
				continue
			}
			gone := wholeOrGone(t, dir)
			if err == nil && !gone {
				t.Fatalf("call %d: said to be destroyed, and is there", left)
			}
		}
	}
}

// The power goes at any call while entries are destroyed.
func TestCrash_PowerCutWhileDestroying(t *testing.T) {
	v, _, base := spread(t)
	v.Close()
	image := snapshot(t, base)
	cuts := uint64(60)
	if testing.Short() {
		cuts = 10
	}
	count := map[bool]int{}
	for seed := range cuts {
		rnd := rand.New(rand.NewPCG(seed, 8))
		dir := filepath.Join(t.TempDir(), "v")
		image.write(t, dir)
		s := newSim(t, dir)
		v, err := open(dir, pass, s.disk())
		if err != nil {
			t.Fatal(err)
		}
		s.left = rnd.IntN(60)
		err = destroy3(v)
		after := s.powerCut(rnd)
		v.broken = errSim
		v.Close()
		after.write(t, dir)
		gone := wholeOrGone(t, dir)
		if err == nil && !gone {
			t.Fatalf("seed %d: said to be destroyed, and is there", seed)
		}
		count[gone]++
	}
	t.Log("destroyed, or not:", count)
}

// A vault of the earlier format opens, with everything that it held, and what
// is in it can be destroyed then. A crash on the way changes nothing.
func TestEarlierFormatOpens(t *testing.T) {
	image := snapshot(t, filepath.Join("testdata", "format1"))
	small := Shape{State: 300, Rows: 2, Row: 100, Batch: 1}
	check := func(dir string) {
		t.Helper()
		v := mustOpen(t, dir)
		defer v.Close()
		if r := verify(t, v); r.Entries != 6 || r.Frames != 6 || r.Rolled != 0 {
			t.Fatal(r)
		}
		if got := journal(t, v, 0); got[5] != "entry 5" {
			t.Fatal(got)
		}
		if b, err := v.Meta("last"); string(b) != "5" {
			t.Fatal(string(b), err)
		}
		if d, err := v.Deck(small); err != nil || d.Next() != 1 {
			t.Fatal(err)
		}
		if h, err := readHead(dir); err != nil || h.Version != headMajor {
			t.Fatal(err)
		}
	}
	for left := -1; ; left++ {
		dir := filepath.Join(t.TempDir(), "v")
		image.write(t, dir)
		s := newSim(t, dir)
		s.left = left
		v, err := open(dir, pass, s.disk())
		if err == nil {
			v.Close()
		} else {
			wantKind(t, err, fault.Disk)
		}
		check(dir)
		if left >= 0 && !s.failed {
			break
		}
	}
	dir := filepath.Join(t.TempDir(), "v")
	image.write(t, dir)
	v := mustOpen(t, dir)
	if err := v.Destroy([]Loss{{3, nil}}, nil); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if found := rob(t, dir); strings.Contains(found, "entry 3") || !strings.Contains(found, "entry 4") {
		t.Fatal("entry 3 is there, or entry 4 is not")
	}
	check2 := reopen(t, mustOpen(t, dir), dir)
	verify(t, check2)
}

// What is to be destroyed may stand in the inbox too, until all that arrived
// while the vault was locked is in the journal: until then nothing is destroyed,
// and with it the inbox is emptied.
func TestDestroyedIsNotInTheInbox(t *testing.T) {
	l, dir := lockedAfter(t, 3)
	for i := 3; i < 20; i++ {
		tick(t, l.Deck(), i, i)
		stow(t, l.Deck(), "")
	}
	v := unlock(t, l)
	do(t, v, func(tx *Tx) error {
		if _, err := tx.Append([]byte("row 5"), []byte("row 6")); err != nil {
			return err
		}
		return tx.SetCursor(7)
	})
	err := v.Destroy([]Loss{{0, []byte("gone")}}, nil)
	wantKind(t, err, fault.Refused)
	if got := journal(t, v, 0); got[0] != "row 5" {
		t.Fatal("half destroyed", got)
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(20) })
	if err := v.Destroy([]Loss{{0, []byte("gone")}}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, inboxName)); !os.IsNotExist(err) {
		t.Fatal("the inbox is still there")
	}
	verify(t, v)
}

// A copy that is made while the vault ticks opens as the vault did then.
func TestCopyOfARunningVaultOpens(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	for i := range 5 {
		appendOne(t, v, rowText(i))
		tick(t, d, i, i)
	}
	do(t, v, func(tx *Tx) error { return tx.SetCursor(5) })
	for _, f := range []string{snapshotName, dbName + "-journal"} { // neither is copied
		if err := os.WriteFile(filepath.Join(dir, f), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	var names []string
	n := 5
	err := v.Copy(func(name string, size int64, r io.Reader) error {
		names = append(names, name)
		tick(t, d, n, n) // a beat falls between any two files
		n++
		b, err := io.ReadAll(r)
		if err == nil && int64(len(b)) != size {
			err = errShort
		}
		return errors.Join(err, os.WriteFile(filepath.Join(to, name), b, 0o600))
	})
	if err != nil || !slices.Equal(names, []string{headName, markName, keysName, dbName, deckName}) {
		t.Fatal(names, err)
	}
	appendOne(t, v, "later")
	w := mustOpen(t, to)
	if r := verify(t, w); w.RolledBack() != nil || r.Entries != 5 || r.Rolled != 0 {
		t.Fatal(r, w.RolledBack())
	}
}
