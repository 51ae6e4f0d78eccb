package desk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
)

// The words that are destroyed in these tests, each said once.
const secret = "the harbour opens on the third night"

func draftNote(text string) record.Entry { return record.Entry{Body: record.Note{Text: text}} }

// enter writes entries and gives their ids.
func enter(t testing.TB, d *Desk, drafts ...record.Entry) (ids []keys.ID) {
	t.Helper()
	for _, e := range drafts {
		p, err := d.Write(t.Context(), Commit, e)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.Entries[0].ID)
	}
	return ids
}

// spill gives everything in plain that the vault in dir gives to somebody who
// has its passphrase, and every file as it is. (The vault's own tests try every
// key that there is on every byte: TestDestroyedIsNowhere.)
func spill(t testing.TB, dir string) string {
	t.Helper()
	var out bytes.Buffer
	root := t.TempDir() // a copy, so that reading changes nothing
	dir, from := filepath.Join(root, "copy"), dir
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, _ error) error {
		if b, err := os.ReadFile(path); err == nil && !e.IsDir() {
			out.Write(b)
		}
		return nil
	})
	v, err := vault.Open(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	err = v.Journal(0, func(_ uint64, b []byte) error { out.Write(b); return nil })
	_, serr := v.Snapshot(func(_, _ uint64, b []byte) error { out.Write(b); return nil })
	frames, ferr := v.Outbox()
	parts, perr := v.Segments()
	if err := errors.Join(err, serr, ferr, perr); err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		out.Write(f.Bytes)
	}
	for _, p := range parts {
		out.Write(p.Bytes)
	}
	if deck, err := v.Deck(shape()); err == nil {
		out.Write(deck.State())
		deck.Rows(0, func(_ uint64, row []byte) error { out.Write(row); return nil })
	}
	return out.String()
}

// inMemory reports whether anything that the desk gives out holds text.
func inMemory(t testing.TB, d *Desk, text string) bool {
	t.Helper()
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprintf("%+v %+v", r.Items(), d.context(d.now()).Ledger().Projection().Items())
	return strings.Contains(all, text)
}

func bodyOf(t testing.TB, d *Desk, id keys.ID) record.Body {
	t.Helper()
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	it, ok := r.Get(id)
	if !ok {
		t.Fatalf("entry %s is gone, and not only its words", id.Short())
	}
	return it.Body
}

func isDestroyed(t testing.TB, d *Desk, id keys.ID) bool {
	t.Helper()
	_, gone := bodyOf(t, d, id).(record.Destroyed)
	return gone
}

// [CIR-63] What is destroyed is not in any file, nor in memory, after the
// desk said so; its id, author and times stay, and the vault verifies.
func TestLaw8_DestroyedIsShownAsDestroyed(t *testing.T) {
	d, dir := open(t, "envoy", Options{Offline: true})
	ids := enter(t, d, draftNote("before"), draftNote(secret), draftNote("after"))
	fix := enter(t, d, record.Entry{Corrects: ids[1], Body: record.Correction{Now: record.Note{Text: secret + ", or the fourth"}}})[0]
	filler := make([]record.Entry, 0, record.PackItems)
	for i := range record.PackItems { // so that there is a snapshot
		filler = append(filler, draftNote(fmt.Sprint("filler ", i)))
	}
	if _, err := d.Write(t.Context(), Commit, filler...); err != nil {
		t.Fatal(err)
	}
	if d.vault.SnapshotTo() == 0 || !strings.Contains(spill(t, dir), secret) || !inMemory(t, d, secret) {
		t.Fatal("the words are not found before, so they would not be missed after")
	}
	was, _ := d.record.Get(ids[1])
	out, err := d.Destroy(t.Context(), Preview, DestroyOrder{Named: ids[1:2], Only: true})
	with := map[keys.ID]keys.ID{} // two entries of one millisecond are in the order of their ids
	for _, g := range out.Goes {
		with[g.Entry] = g.With
	}
	if own, named := with[ids[1]]; err != nil || len(with) != 2 || !named || !own.IsZero() || with[fix] != ids[1] {
		t.Fatal(out, err)
	}
	if isDestroyed(t, d, ids[1]) {
		t.Fatal("a preview destroyed something")
	}
	if _, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids[1:2], Only: true, Reason: "asked for"}); err != nil {
		t.Fatal(err)
	}
	check := func(d *Desk) {
		t.Helper()
		if strings.Contains(spill(t, dir), secret) || inMemory(t, d, secret) {
			t.Fatal("the words are still there")
		}
		it, _ := d.record.Get(ids[1])
		b, gone := it.Body.(record.Destroyed)
		if !gone || b.Kind() != record.KindNote || it.By != was.By || it.At != was.At || it.Known != was.Known {
			t.Fatal(it)
		}
		if by, ok := bodyOf(t, d, b.By).(circle.Retention); !ok || by.Of != ids[1] || by.Text != "asked for" {
			t.Fatal("it does not say by which retention")
		}
		if !isDestroyed(t, d, fix) || isDestroyed(t, d, ids[0]) || isDestroyed(t, d, ids[2]) {
			t.Fatal("other entries went, or its correction did not")
		}
	}
	check(d)
	d.Close()
	rep, err := Verify(dir, pass, nil)
	if err != nil || rep.Vault.Destroyed != 2 {
		t.Fatal(rep, err)
	}
	d = reopen(t, dir, Options{Offline: true})
	check(d)
	_, err = d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids[1:2]})
	if !fault.Is(err, fault.Exists) {
		t.Fatal(err)
	}
}

// [CIR-61] On its date, and when the channel is closed, the desk destroys what
// is due itself: at opening and by the clock. What was logged later stays, and
// so does what the rest of the record hangs on.
func TestDueIsDestroyedByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, dir := open(t, "envoy", Options{Offline: true})
		ids := enter(t, d, draftNote(secret), draftNote("kept"), record.Entry{Body: record.Person{Name: "official", Title: "The official"}})
		on := d.now() + record.Instant(3*time.Hour/time.Millisecond)
		enter(t, d, record.Entry{Body: circle.Retention{Of: ids[0], Policy: circle.DestroyOn, On: on}})
		time.Sleep(2 * time.Hour)
		if synctest.Wait(); isDestroyed(t, d, ids[0]) {
			t.Fatal("destroyed before its date")
		}
		time.Sleep(2 * time.Hour)
		if synctest.Wait(); !isDestroyed(t, d, ids[0]) || isDestroyed(t, d, ids[1]) {
			t.Fatal("not destroyed on its date, or more than that was")
		}
		enter(t, d, record.Entry{Body: circle.Retention{Policy: circle.DestroyOnClose}})
		closed := enter(t, d, record.Entry{Body: record.Close{Text: "it is over"}})[0]
		d.Close()
		time.Sleep(time.Hour)
		d = reopen(t, dir, Options{Offline: true})
		later := enter(t, d, draftNote("an account, later"))[0]
		time.Sleep(time.Hour)
		if synctest.Wait(); !isDestroyed(t, d, ids[1]) {
			t.Fatal("not destroyed at opening, after the channel was closed")
		}
		if isDestroyed(t, d, ids[2]) || isDestroyed(t, d, closed) || isDestroyed(t, d, later) {
			t.Fatal("the record's own entries, or a later one, were destroyed")
		}
		d.Close()
	})
}

// [CIR-62] A legal hold wins over every date, and over being named.
func TestLegalHoldWins(t *testing.T) {
	d, _ := open(t, "envoy", Options{Offline: true})
	ids := enter(t, d, draftNote(secret), draftNote("other"))
	enter(t, d, record.Entry{Body: circle.Retention{Policy: circle.DestroyOn, On: d.now() + 1e12}}, record.Entry{Body: circle.Retention{Of: ids[0], Policy: circle.LegalHold}})
	out, err := d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids})
	if err != nil || len(out.Goes) != 1 || len(out.Stays) != 1 || out.Stays[0].Stays != circle.StaysHeld || isDestroyed(t, d, ids[0]) || !isDestroyed(t, d, ids[1]) {
		t.Fatal(out, err)
	}
	enter(t, d, record.Entry{Body: circle.Retention{Of: ids[0], Policy: circle.Keep}}, record.Entry{Body: circle.Retention{Policy: circle.LegalHold}})
	if out, err = d.Destroy(t.Context(), Commit, DestroyOrder{Named: ids[:1]}); err != nil || len(out.Goes) != 0 || isDestroyed(t, d, ids[0]) {
		t.Fatal("a hold on the channel does not hold its entries", out, err)
	}
}

// [CIR-64] What an agreement stands on goes only if its keeper says so, and the
// desk then says of what it can show nothing more: it is not agreed any longer
// by what is left.
func TestLaw1_WhatWasAgreedOnDestroyedWords(t *testing.T) {
	d, dir := open(t, "envoy", Options{Offline: true})
	ref := agreedText(t, d)
	verdict := func() accord.Agreement {
		t.Helper()
		r, err := d.Record(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return accord.Read(r.For("envoy", record.AsOf{}), d.now()).Agreement(ref.Hash)
	}
	a := verdict()
	if a.Verdict != accord.Agreed {
		t.Fatal(a)
	}
	enter(t, d, record.Entry{Body: circle.Retention{Policy: circle.DestroyOn, On: d.now() + 1}})
	time.Sleep(5 * time.Millisecond) // the date passes
	out, err := d.Destroy(t.Context(), Commit, DestroyOrder{})
	if err != nil || verdict().Verdict != accord.Agreed {
		t.Fatal("an agreement was destroyed by the clock", out, err)
	}
	stays := 0
	for _, x := range out.Stays {
		if x.Stays == circle.StaysAgreed && slices.Equal(x.Stood, []record.Name{"truce"}) {
			stays++
		}
	}
	if stays != 4 { // text, package, acceptance, echo
		t.Fatal("not all that the agreement stands on is named", out.Stays)
	}
	if out, err = d.Destroy(t.Context(), Commit, DestroyOrder{Agreed: true}); err != nil || len(out.Goes) != 4 {
		t.Fatal(out, err)
	}
	if got := verdict(); got.Verdict == accord.Agreed {
		t.Fatal("agreed, on words that are gone")
	}
	if b := bodyOf(t, d, a.Entries[0]).(record.Destroyed); !slices.Equal(b.Stood, []record.Name{"truce"}) {
		t.Fatal("it does not say what stood on it")
	}
	if strings.Contains(spill(t, dir), "guns are quiet") {
		t.Fatal("the words are still there")
	}
}

// [CIR-65] What has still to arrive is not destroyed before it has (law 6).
func TestLaw6_WhatWaitsIsNotDestroyed(t *testing.T) {
	r := startRelay(t, relaytest.Options{})
	a, dirA := open(t, "envoy", Options{})
	b, dirB := open(t, "official", Options{})
	if err := a.Enrol(t.Context(), r.Addr.String(), r.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, r.Tickets[1])
	b.Close()
	enter(t, a, record.Entry{Body: record.Person{Name: "official", Title: "The official"}})
	id := enter(t, a, record.Entry{Audience: []record.Name{"official"}, Body: record.Message{From: "envoy", To: "official", Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: secret}})[0]
	out, err := a.Destroy(t.Context(), Commit, DestroyOrder{Named: []keys.ID{id}, Only: true})
	if err != nil || len(out.Goes) != 0 || len(out.Stays) != 1 || out.Stays[0].Stays != circle.StaysWaiting {
		t.Fatal(out, err)
	}
	b = reopen(t, dirB, Options{})
	eventually(t, "it arrives", func() bool {
		out, err := a.Destroy(t.Context(), Preview, DestroyOrder{Named: []keys.ID{id}, Only: true})
		return err == nil && len(out.Goes) == 1
	})
	out, err = a.Destroy(t.Context(), Commit, DestroyOrder{Named: []keys.ID{id}, Only: true})
	if err != nil || !slices.Equal(out.Goes[0].Given, []record.Name{"official"}) {
		t.Fatal("it does not say who else has it", out, err)
	}
	if !isDestroyed(t, a, id) || isDestroyed(t, b, id) {
		t.Fatal("destroyed there too, or not here")
	}
	// At the other desk, its ring held it as well.
	eventually(t, "nothing waits there for whoever sent it", func() bool {
		out, err := b.Destroy(t.Context(), Commit, DestroyOrder{Named: []keys.ID{id}, Only: true})
		return err == nil && len(out.Goes) == 1
	})
	a.Close()
	// It may have been sent twice: what comes after it was destroyed goes too.
	last, err := b.Relay(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was on its way has come", func() bool {
		now, err := b.Relay(t.Context())
		return err == nil && now.Tick > last.Tick+4 && now.Behind == 0
	})
	b.Close()
	for _, dir := range []string{dirA, dirB} {
		if strings.Contains(spill(t, dir), secret) {
			t.Fatal("the words are still there")
		}
		if _, err := Verify(dir, pass, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// A desk that is killed while it destroys has destroyed all of it, or nothing.
func TestCrash_KilledWhileDestroying(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	dir := filepath.Join(t.TempDir(), "desk")
	if err := Create(dir, "envoy", pass, vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		d := reopen(t, dir, Options{Offline: true})
		var drafts []record.Entry
		for i := range 40 {
			drafts = append(drafts, draftNote(fmt.Sprintf("%s, round %d, %d", secret, round, i)))
		}
		p, err := d.Write(t.Context(), Commit, drafts...)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		c := &child{t: t, role: "desk " + dir}
		c.start()
		var far *Remote
		eventually(t, "the desk is served", func() bool {
			far, err = Connect(t.Context(), dir)
			return err == nil
		})
		var named []keys.ID
		for _, e := range p.Entries {
			named = append(named, e.ID)
		}
		done := make(chan error, 1)
		go func() {
			_, err := far.Destroy(t.Context(), Commit, DestroyOrder{Named: named, Only: true})
			done <- err
		}()
		said := false
		select {
		case err := <-done:
			said = err == nil
		case <-time.After(time.Duration(round*3) * time.Millisecond): // so that the kill falls anywhere in the work
		}
		c.kill()
		far.Close()
		if !said {
			<-done
		}
		os.Remove(filepath.Join(dir, socketName)) // a socket cannot be copied
		d = reopen(t, dir, Options{Offline: true})
		n := 0
		for _, id := range named {
			if isDestroyed(t, d, id) {
				n++
			}
		}
		d.Close()
		if n != 0 && n != len(named) || said && n == 0 {
			t.Fatalf("round %d: %d of %d are destroyed, and it was said: %v", round, n, len(named), said)
		}
		if _, err := Verify(dir, pass, nil); err != nil {
			t.Fatal(err)
		}
		if mark := fmt.Sprintf("%s, round %d,", secret, round); n > 0 && strings.Contains(spill(t, dir), mark) {
			t.Fatalf("round %d: destroyed, and the words are there", round)
		}
		t.Logf("round %d: %d destroyed", round, n)
	}
}
