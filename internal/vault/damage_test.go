package vault

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
)

// filled gives the files of a vault in which every kind of row stands.
func filled(t testing.TB) (files, string) {
	t.Helper()
	v, dir := newVault(t)
	d := mustDeck(t, v)
	for n := range uint64(12) {
		if err := errors.Join(updateNo(v, n), tickNo(v, d, n)); err != nil {
			t.Fatal(err)
		}
		do(t, v, func(tx *Tx) error { return tx.SetCursor(d.Next() - 3*n/11) })
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return snapshot(t, dir), dir
}

// openChanged opens the vault with one file changed, and gives what Open or
// Verify says. Neither may change what is on the disk.
func openChanged(t testing.TB, dir string, image files, name string, b []byte) error {
	t.Helper()
	image = maps.Clone(image)
	if image[name] = b; b == nil {
		delete(image, name)
	}
	image.write(t, dir)
	v, err := Open(dir, pass)
	if err != nil {
		image.same(t, dir)
		return err
	}
	defer v.Close()
	_, err = v.Verify(nil)
	return err
}

func TestDamagedFilesAreCorruptAndStayAsTheyAre(t *testing.T) {
	image, dir := filled(t)
	foreign, _ := filled(t)
	for _, name := range []string{headName, dbName, deckName, markName} {
		b := image[name]
		cases := map[string][]byte{
			"empty":     {},
			"cut":       b[:len(b)/2],
			"cut short": b[:len(b)-1],
			"garbage":   noise(len(b)),
			"longer":    append(bytes.Clone(b), 0),
			"foreign":   foreign[name],
			"missing":   nil,
		}
		switch name {
		case headName:
			delete(cases, "missing") // there is no vault without a head
			delete(cases, "foreign") // below
		case dbName:
			delete(cases, "longer") // a page that belongs to nobody; harmless
		case markName:
			// The mark is a hint: without it the vault knows less, and loses nothing.
			cases = map[string][]byte{"missing": nil}
		}
		for what, b := range cases {
			t.Run(name+" "+what, func(t *testing.T) {
				wantKind(t, openChanged(t, dir, image, name, b), fault.Corrupt)
			})
		}
	}
	t.Run("head of another vault", func(t *testing.T) {
		wantKind(t, openChanged(t, dir, image, headName, foreign[headName]), fault.Corrupt)
	})
	if err := openChanged(t, dir, image, lockName, nil); err != nil {
		t.Errorf("a missing lock file: %v", err)
	}
	if err := openChanged(t, dir, image, markName, noise(2*block)); err != nil {
		t.Errorf("a mark that does not open: %v", err)
	}
}

func TestEveryBlockOfTheDatabaseIsChecked(t *testing.T) {
	image, dir := filled(t)
	b := image[dbName]
	for i := 0; i < len(b); i += block {
		bad := bytes.Clone(b)
		bad[i+i/block%block] ^= 1
		wantKind(t, openChanged(t, dir, image, dbName, bad), fault.Corrupt)
	}
	b = image[headName]
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 1
		wantKind(t, openChanged(t, dir, image, headName, bad), fault.Corrupt)
	}
}

func TestEveryLiveBlockOfTheDeckIsChecked(t *testing.T) {
	image, dir := filled(t)
	b := image[deckName]
	found := 0
	for i := 0; i < len(b); i += block {
		bad := bytes.Clone(b)
		bad[i+7] ^= 1
		if err := openChanged(t, dir, image, deckName, bad); err != nil {
			wantKind(t, err, fault.Corrupt)
			found++
		}
	}
	// The header, the newest state, and three rows; the older state and what
	// was ingested are dead.
	if want := 1 + shape.slot()/block + 3; found != want {
		t.Errorf("%d blocks were missed of %d", want-found, want)
	}
}

// Somebody who has the page key, but not the row key, changes rows. (The page
// cipher alone would let somebody without any key put pages back.)
func TestVerifyFindsWhatThePageCipherCannot(t *testing.T) {
	image, dir := filled(t)
	attacks := map[string]string{
		"entry altered":      "UPDATE journal SET box = (SELECT box FROM outbox LIMIT 1) WHERE pos = 5",
		"entry missing":      "DELETE FROM journal WHERE pos = 5",
		"entry emptied":      "UPDATE journal SET box = x'' WHERE pos = 5",
		"last entry missing": "DELETE FROM journal WHERE pos = 23",
		"all entries gone":   "DELETE FROM journal",
		"entries swapped":    "UPDATE journal SET pos = 100 WHERE pos = 5; UPDATE journal SET pos = 5 WHERE pos = 6; UPDATE journal SET pos = 6 WHERE pos = 100",
		"entry repeated":     "INSERT INTO journal SELECT 24, box FROM journal WHERE pos = 23",
		"frame missing":      "DELETE FROM outbox WHERE number = 10",
		"frame renumbered":   "UPDATE outbox SET number = 99 WHERE number = 10",
		"frame emptied":      "UPDATE outbox SET box = x'' WHERE number = 10",
		"part missing":       "DELETE FROM segments WHERE number = 10",
		"part to other line": "UPDATE segments SET line = x'00' WHERE number = 10",
		"value missing":      "DELETE FROM meta",
		"value renamed":      "UPDATE meta SET name = CAST('first' AS BLOB)",
		"counters missing":   "DELETE FROM counters",
		"counters altered":   "UPDATE counters SET box = zeroblob(length(box))",
		"counters emptied":   "UPDATE counters SET box = x''",
	}
	for name, sql := range attacks {
		t.Run(name, func(t *testing.T) {
			image.write(t, dir)
			v := mustOpen(t, dir)
			if err := v.db.conn.Exec(sql); err != nil {
				t.Fatal(err)
			}
			_, err := v.Verify(nil)
			wantKind(t, err, fault.Corrupt)
			v.broken = errSim // so that nothing is put right
			v.Close()
			v, err = Open(dir, pass)
			if err == nil {
				_, err = v.Verify(nil)
				v.Close()
			}
			wantKind(t, err, fault.Corrupt)
		})
	}
}

func TestRowPutBackIsFound(t *testing.T) {
	v, _ := newVault(t)
	do(t, v, func(tx *Tx) error { return tx.SetMeta("invite", []byte("open")) })
	var old []byte
	s, err := v.db.stmt("SELECT box FROM meta")
	if err != nil || !s.Step() {
		t.Fatal(err)
	}
	old = s.ColumnBlob(0, nil)
	s.Reset()
	do(t, v, func(tx *Tx) error { return tx.SetMeta("invite", []byte("used")) })
	verify(t, v)
	if err := v.db.exec("UPDATE meta SET box = ?", old); err != nil {
		t.Fatal(err)
	}
	if got, err := v.Meta("invite"); err != nil || string(got) != "open" {
		t.Fatal("the old row should open:", err)
	}
	_, err = v.Verify(nil)
	wantKind(t, err, fault.Corrupt)
}

func TestPartOfABackupPutBackIsNoticed(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	grow := func(from, to uint64) {
		for n := from; n < to; n++ {
			if err := errors.Join(updateNo(v, n), tickNo(v, d, n)); err != nil {
				t.Fatal(err)
			}
			do(t, v, func(tx *Tx) error { return tx.SetCursor(d.Next()) })
		}
	}
	grow(0, 5)
	v.Close()
	old := snapshot(t, dir)
	v = mustOpen(t, dir)
	d = mustDeck(t, v)
	grow(5, 9)
	v.Close()
	now := snapshot(t, dir)

	for what, names := range map[string][]string{
		"database": {dbName, dbName + "-wal"}, "deck": {deckName},
		"database and mark": {dbName, dbName + "-wal", markName}, "deck and mark": {deckName, markName},
	} {
		t.Run(what, func(t *testing.T) {
			image := maps.Clone(now)
			for _, n := range names {
				image[n] = old[n]
			}
			image.write(t, dir)
			v := mustOpen(t, dir)
			wantKind(t, v.RolledBack(), fault.Corrupt)
			r, err := v.Verify(nil)
			if r.Rolled != 1 {
				t.Errorf("%+v", r)
			}
			wantKind(t, err, fault.Corrupt)
			if err := updateNo(v, 99); what == "deck" && err != nil {
				t.Errorf("the vault must still work: %v", err)
			}
			v = reopen(t, v, dir)
			if r := verify(t, v); r.Rolled != 1 {
				t.Errorf("the finding was forgotten, or made again: %+v", r)
			}
			v.Close()
		})
	}
	// What cannot be noticed, so that nobody believes it can.
	old.write(t, dir)
	v = mustOpen(t, dir)
	if err := v.RolledBack(); err != nil {
		t.Errorf("all files of one moment: %v", err)
	}
	// The log lost after a kill is noticed by what the deck saw.
	now.write(t, dir)
	v = mustOpen(t, dir)
	d = mustDeck(t, v)
	grow(9, 12)
	v.Checkpoint()
	grow(12, 14)
	v.broken = errSim
	v.Close()
	if err := os.Truncate(filepath.Join(dir, dbName+"-wal"), 0); err != nil {
		t.Fatal(err)
	}
	v = mustOpen(t, dir)
	wantKind(t, v.RolledBack(), fault.Corrupt)
}

func TestFilesShowNothing(t *testing.T) {
	v, dir := newVault(t)
	d := mustDeck(t, v)
	secret := bytes.Repeat([]byte("the word nobody may read. "), 8)
	state := bytes.Repeat(secret, shape.State/len(secret)+1)[:shape.State]
	do(t, v, func(tx *Tx) error {
		_, err := tx.Append(secret)
		return errors.Join(err, tx.Queue(Frame{"line-name", 1, 1, secret}), tx.PutSegment(Segment{"line-name", 1, 1, 1, secret}),
			tx.SetMeta("meta-name", secret))
	})
	if _, err := d.Tick(state, append(secret, secret...)[:shape.Row]); err != nil {
		t.Fatal(err)
	}
	key := bytes.Clone(v.key)
	scan := func(when string) {
		t.Helper()
		for name, b := range snapshot(t, dir) {
			for _, word := range []string{"nobody", "may read", "line-name", "meta-name", "SQLite", "CREATE TABLE", "journal", string(pass), string(key)} {
				if bytes.Contains(b, []byte(word)) {
					t.Errorf("%s: %s holds %q", when, name, word)
				}
			}
		}
	}
	scan("open, log in use")
	v.Checkpoint()
	scan("open, log empty")
	v = reopen(t, v, dir)
	scan("open again")
	if len(journal(t, v, 0)) != 1 {
		t.Error("lost")
	}
	v.Close()
	scan("closed")
}

func TestFullDisk(t *testing.T) {
	mnt := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mnt).CombinedOutput(); err != nil {
		t.Skipf("cannot mount a small disk: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", mnt).Run() })
	dir := filepath.Join(mnt, "v")
	v, err := Create(dir, pass, Cheap())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { v.Close() }()
	d := mustDeck(t, v)
	var n, ticks uint64
	for err = nil; err == nil && n < 10_000; {
		if err = updateNo(v, n); err == nil {
			n++
		}
	}
	wantKind(t, err, fault.Disk)
	for range 5 { // the deck takes no new room
		if err := tickNo(v, d, ticks); err != nil {
			t.Fatal(err)
		}
		ticks++
	}
	// A vault cannot be closed in good order on a full disk, but it can be opened.
	if got := uint64(len(journal(t, v, 0)) / 2); got != n {
		t.Fatalf("%d updates of %d", got, n)
	}
	if err := v.Close(); err != nil {
		wantKind(t, err, fault.Disk)
	}
	_, err = Create(filepath.Join(mnt, "w"), pass, Cheap())
	wantKind(t, err, fault.Disk)
	if v, err = Open(dir, pass); err != nil {
		t.Fatal(err)
	}
	d = mustDeck(t, v)
	if got := updatesIn(t, v); got != n || ticksIn(t, d) != ticks {
		t.Fatalf("%d updates of %d", got, n)
	}
	if out, err := exec.Command("mount", "-o", "remount,size=8m", mnt).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for range 10 {
		if err := updateNo(v, n); err != nil {
			t.Fatalf("there is room again: %v", err)
		}
		n++
	}
	updatesIn(t, v)
	v = reopen(t, v, dir)
	if got := updatesIn(t, v); got != n {
		t.Fatalf("%d updates of %d", got, n)
	}
}

func TestFullDatabase(t *testing.T) { // where no disk can be mounted
	v, dir := newVault(t)
	if err := v.db.conn.Exec("PRAGMA max_page_count = 40"); err != nil {
		t.Fatal(err)
	}
	var n uint64
	var err error
	for ; err == nil; n++ {
		err = updateNo(v, n)
	}
	wantKind(t, err, fault.Disk)
	if got := updatesIn(t, v); got != n-1 {
		t.Fatal(got, n)
	}
	v = reopen(t, v, dir)
	if err := updateNo(v, n-1); err != nil {
		t.Fatal(err)
	}
	updatesIn(t, v)
}

func FuzzHead(f *testing.F) {
	h, err := newHead(make([]byte, keyLen), pass, Cheap())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(h.bytes())
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHead(b)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Corrupt && k != fault.Limit && k != fault.Refused {
				t.Fatal(err)
			}
			return
		}
		if !bytes.Equal(h.bytes(), b) {
			t.Fatal("accepted a head that encodes otherwise")
		}
	})
}

func TestParametersAreBounded(t *testing.T) {
	for _, p := range []Params{Cheap(), Strong(), {maxTime, 8 * maxThreads, maxThreads}, {1, maxMemory, 1}} {
		if err := p.check(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, p := range []Params{{}, {maxTime + 1, 64, 1}, {1, maxMemory + 1, 1}, {1, 1024, maxThreads + 1}, {1, 7, 1}, {0, 64, 1}, {1, 64, 0}} {
		wantKind(t, p.check(), fault.Limit)
		h := &head{Version: headMajor, Params: p, Salt: make([]byte, saltLen), Check: make([]byte, checkLen)}
		_, err := parseHead(h.bytes())
		wantKind(t, err, fault.Limit)
	}
	h := &head{Version: headMajor + 1, Params: Cheap(), Salt: make([]byte, saltLen), Check: make([]byte, checkLen)}
	_, err := parseHead(h.bytes())
	wantKind(t, err, fault.Refused)
	if s := fmt.Sprint(Strong()); s != "{3 262144 4}" {
		t.Error("the default changed; say why, and from which source:", s)
	}
}
