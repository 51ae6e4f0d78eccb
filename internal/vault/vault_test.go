package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"backchannel/internal/fault"
)

var pass = []byte("correct horse")

// shape is small enough to be quick and large enough to span blocks.
var shape = Shape{State: 5000, Rows: 8, Row: 100, Batch: 2}

func newVault(t testing.TB) (*Vault, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "v")
	v, err := Create(dir, pass, Cheap())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v, dir
}

func reopen(t testing.TB, v *Vault, dir string) *Vault {
	t.Helper()
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	return mustOpen(t, dir)
}

func mustOpen(t testing.TB, dir string) *Vault {
	t.Helper()
	v, err := Open(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

func mustDeck(t testing.TB, v *Vault) *Deck {
	t.Helper()
	d, err := v.Deck(shape)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func do(t testing.TB, v *Vault, fn func(*Tx) error) {
	t.Helper()
	if err := v.Update(fn); err != nil {
		t.Fatal(err)
	}
}

func appendOne(t testing.TB, v *Vault, entry string) {
	t.Helper()
	do(t, v, func(tx *Tx) error { _, err := tx.Append([]byte(entry)); return err })
}

func journal(t testing.TB, v *Vault, from uint64) []string {
	t.Helper()
	var out []string
	if err := v.Journal(from, func(pos uint64, b []byte) error {
		if pos != from+uint64(len(out)) {
			t.Fatalf("position %d after %d", pos, len(out))
		}
		out = append(out, string(b))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func wantKind(t testing.TB, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Fatalf("got %v (%s), want kind %s", err, fault.KindOf(err), k)
	}
	if k != fault.Internal && k != fault.Limit && k != fault.NotFound && k != fault.Exists && fault.HintOf(err) == "" {
		t.Errorf("%v has no hint", err)
	}
}

func verify(t testing.TB, v *Vault) Report {
	t.Helper()
	r, err := v.Verify(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	v, dir := newVault(t)
	do(t, v, func(tx *Tx) error {
		first, err := tx.Append([]byte("one"), []byte(""), []byte("three"))
		if first != 0 || tx.Next() != 3 {
			t.Errorf("first %d next %d", first, tx.Next())
		}
		return errors.Join(err,
			tx.Queue(Frame{"line", 1, 7, []byte("frame seven")}),
			tx.Queue(Frame{"line", 0, 7, []byte("control seven")}),
			tx.PutSegment(Segment{"line", 2, 5, 1, []byte("part one")}),
			tx.PutSegment(Segment{"line", 2, 5, 0, []byte("part zero")}),
			tx.PutSegment(Segment{"line", 2, 5, 0, []byte("part zero again")}),
			tx.SetMeta("name", []byte("value")), tx.SetMeta("gone", []byte("x")))
	})
	do(t, v, func(tx *Tx) error {
		if got, err := tx.Meta("gone"); string(got) != "x" {
			t.Error(got, err)
		}
		return errors.Join(tx.DeleteMeta("gone"), tx.SetMeta("name", []byte("value two")), tx.SetCursor(4))
	})
	for range 2 {
		if got := fmt.Sprint(journal(t, v, 0)); got != "[one  three]" {
			t.Error(got)
		}
		if got := fmt.Sprint(journal(t, v, 2)); got != "[three]" {
			t.Error(got)
		}
		out, err := v.Outbox()
		if err != nil || len(out) != 2 || string(out[0].Bytes) != "control seven" || out[1].Number != 7 || out[1].Class != 1 {
			t.Error(out, err)
		}
		parts, err := v.Segments()
		if err != nil || len(parts) != 2 || string(parts[0].Bytes) != "part zero" || parts[1].Part != 1 {
			t.Error(parts, err)
		}
		if got, err := v.Meta("name"); string(got) != "value two" {
			t.Error(got, err)
		}
		_, err = v.Meta("gone")
		wantKind(t, err, fault.NotFound)
		if v.Cursor() != 4 || v.Next() != 3 {
			t.Error(v.Cursor(), v.Next())
		}
		if r := verify(t, v); r != (Report{Entries: 3, Frames: 2, Segments: 2, Values: 1}) {
			t.Error(r)
		}
		v = reopen(t, v, dir)
	}
	do(t, v, func(tx *Tx) error {
		parts, err := tx.Segments("line", 2, 5)
		if len(parts) != 2 {
			t.Error(parts)
		}
		return errors.Join(err, tx.DropSegments("line", 2, 5), tx.Unqueue("line", 1, 7), tx.Unqueue("line", 1, 7))
	})
	if r := verify(t, v); r.Frames != 1 || r.Segments != 0 {
		t.Error(r)
	}
}

func TestUpdateThatFailsDoesNothing(t *testing.T) {
	v, _ := newVault(t)
	appendOne(t, v, "kept")
	own := errors.New("the caller's own")
	var escaped *Tx
	err := v.Update(func(tx *Tx) error {
		escaped = tx
		tx.Append([]byte("lost"))
		tx.SetMeta("a", []byte("b"))
		tx.SetCursor(9)
		return own
	})
	if err != own {
		t.Fatal(err)
	}
	_, err = escaped.Append([]byte("late"))
	wantKind(t, err, fault.Internal)
	func() {
		defer func() { recover() }()
		v.Update(func(tx *Tx) error { tx.Append([]byte("lost")); panic("caller") })
	}()
	if got := fmt.Sprint(journal(t, v, 0)); got != "[kept]" || v.Cursor() != 0 {
		t.Error(got, v.Cursor())
	}
	verify(t, v)
	appendOne(t, v, "next")
	verify(t, v)
	if c := v.Counts(); c.Updates != 2 {
		t.Errorf("%+v: a transaction that failed is none", c)
	}
}

func TestBounds(t *testing.T) {
	v, _ := newVault(t)
	big := make([]byte, MaxEntry)
	key := string(bytes.Repeat([]byte{'k'}, MaxKey))
	do(t, v, func(tx *Tx) error { return tx.SetMeta(key, big) })
	wantKind(t, v.Update(func(tx *Tx) error { return tx.SetMeta(key+"k", nil) }), fault.Limit)
	wantKind(t, v.Update(func(tx *Tx) error { return tx.SetMeta("k", append(big, 0)) }), fault.Limit)
	wantKind(t, v.Update(func(tx *Tx) error { _, err := tx.Append(append(big, 0)); return err }), fault.Limit)
	wantKind(t, v.Update(func(tx *Tx) error { return tx.Queue(Frame{Number: 1 << 63}) }), fault.Limit)
	do(t, v, func(tx *Tx) error { return tx.Queue(Frame{Number: 1<<63 - 1}) })
	wantKind(t, v.Update(func(tx *Tx) error { return tx.Queue(Frame{Number: 1<<63 - 1}) }), fault.Exists)
	do(t, v, func(tx *Tx) error { return tx.SetCursor(5) })
	wantKind(t, v.Update(func(tx *Tx) error { return tx.SetCursor(4) }), fault.Internal)
	verify(t, v)
}

func TestSecondOpenIsRefused(t *testing.T) {
	v, dir := newVault(t)
	_, err := Open(dir, pass)
	wantKind(t, err, fault.InUse)
	_, err = Open(dir, []byte("wrong")) // refused before any work on the passphrase
	wantKind(t, err, fault.InUse)
	v.Close()
	mustOpen(t, dir)
}

func TestPassphrase(t *testing.T) {
	v, dir := newVault(t)
	appendOne(t, v, "kept")
	wantKind(t, v.ChangePassphrase([]byte("wrong"), []byte("new"), Cheap()), fault.Passphrase)
	wantKind(t, v.ChangePassphrase(pass, []byte("new"), Params{}), fault.Limit)
	if err := v.ChangePassphrase(pass, []byte("new"), Params{2, 128, 2}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	before := snapshot(t, dir)
	_, err := Open(dir, pass)
	wantKind(t, err, fault.Passphrase)
	before.same(t, dir)
	v, err = Open(dir, []byte("new"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if got := fmt.Sprint(journal(t, v, 0)); got != "[kept]" {
		t.Error(got)
	}
}

func TestCreateOverwritesNothing(t *testing.T) {
	v, dir := newVault(t)
	appendOne(t, v, "kept")
	_, err := Create(dir, pass, Cheap())
	wantKind(t, err, fault.Exists)
	v = reopen(t, v, dir)
	if len(journal(t, v, 0)) != 1 {
		t.Error("lost")
	}
	other := filepath.Join(t.TempDir(), "full")
	os.Mkdir(other, 0o700)
	os.WriteFile(filepath.Join(other, "letter"), []byte("x"), 0o600)
	_, err = Create(other, pass, Cheap())
	wantKind(t, err, fault.Exists)
	_, err = Create(filepath.Join(t.TempDir(), "v"), pass, Params{})
	wantKind(t, err, fault.Limit)
	empty := filepath.Join(t.TempDir(), "a", "b") // nor is the folder above there
	if v, err = Create(empty, pass, Cheap()); err != nil {
		t.Fatal(err)
	}
	v.Close()
	if left, _ := filepath.Glob(filepath.Dir(empty) + "/*.new-*"); len(left) > 0 {
		t.Error(left)
	}
}

func TestNoVaultThere(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(dir, pass)
	wantKind(t, err, fault.NotFound)
	_, err = Open(filepath.Join(dir, "none"), pass)
	wantKind(t, err, fault.NotFound)
	if names, _ := os.ReadDir(dir); len(names) > 0 {
		t.Error("a look left something behind")
	}
}

func TestClosedVaultSaysSo(t *testing.T) {
	v, _ := newVault(t)
	d := mustDeck(t, v)
	v.Close()
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	_, err := d.Tick(make([]byte, shape.State))
	wantKind(t, err, fault.Internal)
	wantKind(t, v.Update(func(*Tx) error { return nil }), fault.Internal)
	wantKind(t, v.Journal(0, nil), fault.Internal)
	wantKind(t, v.Checkpoint(), fault.Internal)
}

// files is what a folder holds, byte for byte.
type files map[string][]byte

func snapshot(t testing.TB, dir string) files {
	t.Helper()
	out := files{}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(dir, n.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[n.Name()] = b
	}
	return out
}

func (f files) write(t testing.TB, dir string) {
	t.Helper()
	os.RemoveAll(dir)
	os.MkdirAll(dir, 0o700)
	for name, b := range f {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (f files) same(t testing.TB, dir string) {
	t.Helper()
	now := snapshot(t, dir)
	for name, b := range f {
		if !bytes.Equal(now[name], b) {
			t.Errorf("%s was changed", name)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	v, _ := newVault(t)
	d := mustDeck(t, v)
	const each = 20
	work := []func(n int) error{
		func(n int) error {
			return v.Update(func(tx *Tx) error { _, err := tx.Append([]byte("a")); return err })
		},
		func(n int) error {
			return v.Update(func(tx *Tx) error { _, err := tx.Append([]byte("b")); return err })
		},
		func(n int) error {
			_, err := d.Tick(stateOf(n), rowOf(n))
			return errors.Join(err, v.Update(func(tx *Tx) error { return tx.SetCursor(d.Next()) }))
		},
		func(int) error { return v.Journal(0, func(uint64, []byte) error { return nil }) },
		func(int) error { return d.Rows(0, func(uint64, []byte) error { return nil }) },
		func(int) error { _, err := v.Verify(nil); return err },
		func(int) error { return v.Checkpoint() },
	}
	errs := make(chan error)
	for _, w := range work {
		go func() {
			var err error
			for n := 0; n < each && err == nil; n++ {
				err = w(n)
			}
			errs <- err
		}()
	}
	for range work {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if got := len(journal(t, v, 0)); got != 2*each {
		t.Errorf("%d entries", got)
	}
	if c := v.Counts(); c.Ticks != each || c.Updates != 3*each {
		t.Errorf("%+v", c)
	}
}
