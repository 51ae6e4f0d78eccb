package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// waitingDesk is a desk on which something waits to leave.
type waitingDesk struct {
	desk.Handle
	list  []desk.Departure
	taken []keys.ID
}

func (w *waitingDesk) Close() error                                         { return nil }
func (w *waitingDesk) Departures(context.Context) ([]desk.Departure, error) { return w.list, nil }
func (w *waitingDesk) TakeBack(_ context.Context, id keys.ID) (desk.Departure, error) {
	if w.list[0].Begun {
		return desk.Departure{}, fault.New(fault.Refused, "desk.begun", "correct it: they will see both what you said and what you say now", "it has left, or a part of it is on its way: it cannot be taken back any more")
	}
	w.taken = append(w.taken, id)
	return w.list[0], nil
}

// Undo shows what waits and who would get it, takes it back, and says plainly
// what has left and how it is put right.
func TestUndoOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "desk")
	if err := desk.Create(dir, "go-between", []byte("correct horse"), vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(t.Context(), dir, []byte("correct horse"), desk.Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	p, err := d.Write(t.Context(), desk.Commit, record.Entry{Body: record.Person{Name: "envoy", Title: "The envoy"}})
	if err != nil {
		t.Fatal(err)
	}
	w := &waitingDesk{Handle: d}
	run := func(want int, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if code := Run(t.Context(), args, Deps{Out: &out, Err: &out, Now: time.Now, Zone: time.UTC, open: func() (closing, error) { return w, nil }}); code != want {
			t.Fatalf("%v: %d %s", args, code, out.String())
		}
		return out.String()
	}
	says := func(got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	says(run(0, "undo"), "Nothing waits to leave")
	id := p.Entries[0].ID
	w.list = []desk.Departure{{Entries: []keys.ID{id}, To: []record.Name{"envoy"}}}
	says(run(0, "undo"), "can be taken back")
	says(run(0, "undo", id.Short(), "--yes"), "and the envoy got nothing")
	if len(w.taken) != 1 || w.taken[0] != id {
		t.Fatal(w.taken)
	}
	w.list[0].Begun = true
	says(run(0, "undo"), "on its way")
	says(run(fault.Exit(fault.New(fault.Refused, "x", "", "")), "undo", id.Short(), "--yes"), "correct it")
}
