package desk

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// beforeTheBeat gives two desks with an open line, which tick when they are told
// to.
func beforeTheBeat(t *testing.T) (l *Loom, a, b *Desk, dirs map[record.Name]string) {
	t.Helper()
	dir := t.TempDir()
	dirs = map[record.Name]string{"go-between": filepath.Join(dir, "a"), "envoy": filepath.Join(dir, "b")}
	from := record.At(time.Date(2025, 4, 3, 10, 0, 0, 0, time.UTC))
	l, err := NewLoom(t.Context(), LoomOrder{Dirs: dirs, Passphrase: pass, Params: vault.Cheap(), Relay: "relay.example:443", From: from, To: from + 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if err := l.OpenLines(t.Context(), [][2]record.Name{{"go-between", "envoy"}}); err != nil {
		t.Fatal(err)
	}
	a, _ = l.Desk("go-between")
	b, _ = l.Desk("envoy")
	return l, a, b, dirs
}

// send says something, and gives the entry.
func sendFrom(t *testing.T, d *Desk, drafts ...record.Entry) keys.ID {
	t.Helper()
	p, err := d.Write(t.Context(), Commit, drafts...)
	if err != nil {
		t.Fatal(err)
	}
	return p.Entries[0].ID
}

func refusedAs(t *testing.T, err error, id string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.ID != id || fault.HintOf(err) == "" {
		t.Fatalf("%v, and not %s with a hint", err, id)
	}
}

// TestLaw8_WhatIsTakenBackStaysWrittenDown is [REC-93] and [REC-94]: before the
// beat a sending can be taken back. Its author's record says that it was written
// and taken back; the other desk gets nothing and sees no gap in the numbers.
func TestLaw8_WhatIsTakenBackStaysWrittenDown(t *testing.T) {
	l, a, b, dirs := beforeTheBeat(t)
	sendFrom(t, a, say(a, "envoy", "first"))
	settle := func() {
		t.Helper()
		if err := l.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	settle()
	// A followed view, so that what leans on the entry is renewed.
	seen := func() *record.Projection {
		r, _ := a.Record(t.Context())
		return r.For("go-between", record.AsOf{})
	}
	now, _ := a.Clock(t.Context())
	followed := view.Follow(seen(), now)
	wrong := sendFrom(t, a, say(a, "envoy", "to the wrong person"), record.Entry{Body: record.Note{Text: "aside"}})
	followed = followed.Next(seen(), now)
	if !slices.Contains(followed.Knows("envoy").Entries(), wrong) {
		t.Fatal("what was sent is not counted as given")
	}
	before, _ := a.Clock(t.Context())
	list, err := a.Departures(t.Context())
	if err != nil || len(list) != 1 || list[0].Begun || list[0].After || !slices.Equal(list[0].To, []record.Name{"envoy"}) {
		t.Fatalf("what waits: %+v %v", list, err)
	}
	if _, err := a.TakeBack(t.Context(), wrong); err != nil {
		t.Fatal(err)
	}
	if _, err := a.TakeBack(t.Context(), wrong); err == nil {
		t.Error("it was taken back twice")
	}
	if list, _ := a.Departures(t.Context()); len(list) != 0 {
		t.Errorf("what was taken back still waits: %+v", list)
	}
	it, _ := seen().Get(wrong)
	if m, ok := it.First.(record.Message); !ok || m.Text != "to the wrong person" || len(it.Audience) != 0 {
		t.Errorf("its author's record has %+v", it)
	}
	r, _ := a.Record(t.Context())
	if then, _ := r.For("go-between", record.AsOf{Knew: before}).Get(wrong); then.First != nil && before < it.Known {
		t.Errorf("what we knew before has changed: %+v", then)
	}
	followed = followed.Next(seen(), now)
	fresh := view.Of(seen(), now)
	if x, y := followed.Knows("envoy").Entries(), fresh.Knows("envoy").Entries(); !slices.Equal(x, y) || slices.Contains(x, wrong) {
		t.Errorf("followed, the envoy was given %v, and read anew %v", x, y)
	}
	sendFrom(t, a, say(a, "envoy", "second"))
	settle()
	if got := texts(t, b, "go-between"); !slices.Equal(got, []string{"first", "second"}) {
		t.Errorf("the other desk has %q", got)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for who, dir := range dirs {
		rep, err := Verify(dir, pass, nil)
		if err != nil || len(rep.Notices) > 0 {
			t.Errorf("%s: %+v %v", who, rep.Notices, err)
		}
	}
	a = reopen(t, dirs["go-between"], Options{Offline: true})
	if r, _ := a.Record(t.Context()); !r.WasTakenBack(wrong) || r.SentTo("envoy") != 2 {
		t.Error("opened again, the desk has forgotten it")
	}
}

// TestLaw8_WhatHasBegunIsNotTakenBack is [REC-93]: not the first part of it may
// be on its way, and nothing may have gone to the same person behind it.
func TestLaw8_WhatHasBegunIsNotTakenBack(t *testing.T) {
	l, a, b, _ := beforeTheBeat(t)
	long := strings.Repeat("A long message. ", 2000)
	first := sendFrom(t, a, say(a, "envoy", long))
	second := sendFrom(t, a, say(a, "envoy", "behind it"))
	_, err := a.TakeBack(t.Context(), first)
	refusedAs(t, err, "desk.sent-after")
	if err := l.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = a.TakeBack(t.Context(), first)
	refusedAs(t, err, "desk.begun")
	if list, _ := a.Departures(t.Context()); len(list) != 2 || !list[0].Begun || list[1].Begun {
		t.Fatalf("what waits: %+v", list)
	}
	if _, err := a.TakeBack(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if err := l.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, b, "go-between"); len(got) != 1 || got[0] != long {
		t.Fatalf("%d messages came", len(got))
	}
	_, err = a.TakeBack(t.Context(), first)
	refusedAs(t, err, "desk.begun")
	if _, err := a.Write(t.Context(), Preview, record.Entry{Corrects: first, Body: record.Correction{Now: record.Withdrawn{Of: record.KindMessage}, Back: true}}); err == nil {
		t.Error("anybody can say that something was taken back")
	}
	_, err = a.TakeBack(t.Context(), newID())
	refusedAs(t, err, "desk.begun")
}

// TestLaw6_UndoneAndSentNever: wherever the program ends while something is
// taken back, it is afterwards the one or the other.
func TestLaw6_UndoneAndSentNever(t *testing.T) {
	for _, crash := range []string{"before it is written", "after it is written"} {
		t.Run(crash, func(t *testing.T) {
			l, a, _, dirs := beforeTheBeat(t)
			id := sendFrom(t, a, say(a, "envoy", "wrong"))
			if crash == "before it is written" {
				a.mu.Lock()
				_, frames := a.departure(a.sendings[0])
				if err := a.post.hold(frames); err != nil {
					t.Fatal(err)
				}
				a.mu.Unlock()
			} else if _, err := a.TakeBack(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if err := l.step(t.Context()); err != nil { // a beat goes by
				t.Fatal(err)
			}
			a.vault.Close() // no orderly end
			a = reopen(t, dirs["go-between"], Options{Offline: true})
			r, _ := a.Record(t.Context())
			waits := 0
			a.post.mu.Lock()
			for k := range a.post.unacked {
				if k.class == line.Text {
					waits++
				}
			}
			a.post.mu.Unlock()
			if undone := r.WasTakenBack(id); undone == (waits > 0) {
				t.Fatalf("taken back: %v, and %d frames wait", undone, waits)
			}
			if list, _ := a.Departures(t.Context()); len(list) != waits {
				t.Errorf("%d can be taken back, and %d wait", len(list), waits)
			}
			if waits > 0 {
				if _, err := a.TakeBack(t.Context(), id); err != nil {
					t.Errorf("opened again, it cannot be taken back: %v", err)
				}
			}
		})
	}
}

// TestLaw6_UndoneAndSentNeverApart: with a line process, it is that process
// which says that nothing was begun; and one that comes up while something is
// taken back is not given it.
func TestLaw6_UndoneAndSentNeverApart(t *testing.T) {
	l, _, _, dirs := beforeTheBeat(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	dir := dirs["go-between"]
	lock, err := vault.Hold(dir)
	if err != nil {
		t.Fatal(err)
	}
	desks := make(chan net.Conn, 1)
	end := newLineEnd(context.Background(), LineProcess{Dir: dir, Lock: lock, dial: func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed },
		Start: func(bool, string) (net.Conn, func() int, error) {
			ours, theirs := net.Pipe()
			desks <- theirs
			return ours, func() int { return 0 }, nil
		}})
	ended := make(chan struct{})
	go func() { end.run(); close(ended) }()
	d, err := Open(t.Context(), dir, pass, Options{CaseClock: true, Line: &LineWay{Conn: <-desks, Lock: lock}})
	if err != nil {
		t.Fatal(err)
	}
	there := func() (n int) { // on the deck of the line process
		end.post.mu.Lock()
		defer end.post.mu.Unlock()
		for _, st := range end.post.clocks[0].deck.Lines() {
			n += st.Frames[line.Text]
		}
		return n
	}
	first := sendFrom(t, d, say(d, "envoy", "one"))
	second := sendFrom(t, d, say(d, "envoy", "two"))
	eventually(t, "the line process has both", func() bool { return there() == 2 })
	if _, err := d.TakeBack(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if there() != 1 {
		t.Fatal("it was taken back, and the line process still has it")
	}
	// What is being taken back is given to no line process that comes up.
	d.mu.Lock()
	_, frames := d.departure(d.sendings[0])
	d.mu.Unlock()
	if err := d.post.hold(frames); err != nil {
		t.Fatal(err)
	}
	queued, err := d.post.loadOutbox()
	if err != nil {
		t.Fatal(err)
	}
	d.post.mu.Lock()
	n := len(queued[0])
	d.post.passHeld(queued)
	left := len(queued[0])
	d.post.mu.Unlock()
	if n-left != 1 {
		t.Fatalf("%d of %d frames are given anew", left, n)
	}
	// It is not written after all: it waits again, here and there.
	d.post.letGo(frames, false)
	eventually(t, "the line process has it again", func() bool { return there() == 1 })
	if _, err := d.TakeBack(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if there() != 0 {
		t.Fatal("it was taken back, and the line process still has it")
	}
	// The line process alone knows what has begun.
	third := sendFrom(t, d, say(d, "envoy", "three"))
	eventually(t, "the line process has it", func() bool { return there() == 1 })
	d.mu.Lock()
	number, of := d.sendings[len(d.sendings)-1].Frames[0].Number, d.sendings[len(d.sendings)-1].Frames[0].Line
	d.mu.Unlock()
	roster := func(uint64) [32]byte { return [32]byte{} }
	c := end.post.clocks[0]
	begun := false
	for range 20 { // control goes first
		if _, _, err := c.prepare(c.deck.Tick()+1, roster, nil); err != nil {
			t.Fatal(err)
		}
		if _, whole := c.deck.Withdraw(of.number(), line.Text, number); !whole {
			begun = true
			break
		}
	}
	if !begun {
		t.Fatal("nothing has begun")
	}
	_, err = d.TakeBack(t.Context(), third)
	refusedAs(t, err, "desk.begun")
	if list, _ := d.Departures(t.Context()); len(list) != 1 {
		t.Fatalf("what waits: %+v", list)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	<-ended
}
