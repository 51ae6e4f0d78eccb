package exchange

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/fault"
	"backchannel/internal/record"
	"backchannel/internal/view"
	"backchannel/internal/view/viewtest"
)

var dossiers int // that were made by written

// written gives every file that is made of a record for one reader.
func written(t *testing.T, r *record.Record, reader record.Name, now record.Instant) []byte {
	t.Helper()
	p := r.For(reader, record.AsOf{})
	f, err := Export(p, now)
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	dates := Calendar(Dates(p, now), now, func(d Date) string { return string(d.What) + " " + string(d.Name) + " " + d.Text })
	out = append(out, dates...)
	d, err := MakeDossier(view.Of(p, now))
	if fault.Is(err, fault.NotFound) {
		return out
	} else if err != nil {
		t.Fatal(err)
	}
	dossiers++
	dossier, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, dossier...)
}

func mustRecord(t *testing.T, keeper record.Name, items []record.Item) *record.Record {
	t.Helper()
	r := record.New(keeper)
	for _, it := range items {
		if _, err := r.Add(circle.Codec(), it); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// What is exported for a reader is decided by what he was given: two records
// that differ only in the rest give the same files, byte for byte, and nothing
// that was not given is in them.
func TestLaw5_ExportsAreOfWhatTheReaderWasGiven(t *testing.T) {
	t.Cleanup(func() {
		if dossiers == 0 {
			t.Error("no reader was given an account, so no dossier was made")
		}
	})
	for seed := uint64(1); seed <= 4; seed++ {
		g := accordtest.New(seed, accordtest.Options{})
		items := g.Items(600)
		for _, reader := range g.Lines() {
			var given, marked []record.Item
			var hidden viewtest.Hidden
			for i, it := range items {
				ours := !record.IsPrivate(it.Body) && (it.By == reader || it.By == g.Keeper() && slices.Contains(it.Audience, reader))
				if it.By == g.Keeper() {
					it.Audience = append([]record.Name{viewtest.MarkWord + "-reader"}, it.Audience...)
				}
				if ours {
					given = append(given, it)
				} else {
					it.Entry = viewtest.Mark(it.Entry, i)
					hidden.Add(it.ID)
				}
				marked = append(marked, it)
			}
			all := written(t, mustRecord(t, g.Keeper(), marked), reader, g.Now())
			if bad := hidden.In(string(all)); bad != "" {
				t.Fatalf("seed %d: %q is in what %s is given:\n%s", seed, bad, reader, all)
			}
			for i := range given { // how it came here is the keeper's to know
				given[i].Known += record.Instant(1 + i)
			}
			if own := written(t, mustRecord(t, g.Keeper(), given), reader, g.Now()); !bytes.Equal(all, own) {
				t.Fatalf("seed %d: what %s is given depends on what he was not given", seed, reader)
			}
		}
	}
}
