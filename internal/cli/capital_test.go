package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// An entry in full is told by the clocks that were noted; a list is not, and
// neither is what a program reads.
func TestTheTimeInEachCapitalOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "desk")
	if err := desk.Create(dir, "go-between", []byte("correct horse"), vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	d, err := desk.Open(t.Context(), dir, []byte("correct horse"), desk.Options{Offline: true, CaseClock: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.SetClock(t.Context(), record.At(time.Date(2025, 5, 26, 14, 30, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	note := keys.ID{0xab, 1}
	if _, err := d.Write(t.Context(), desk.Commit, record.Entry{ID: note, Body: record.Note{Text: "a note"}}); err != nil {
		t.Fatal(err)
	}
	run := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		code := Run(context.Background(), args, Deps{Out: &out, Err: &errs, Now: time.Now, Zone: time.UTC, open: func() (closing, error) { return unclosed{d}, nil }})
		if code == 0 != (want == 0) {
			t.Fatalf("%v: %d %s", args, code, errs.String())
		}
		return out.String() + errs.String()
	}
	one := []string{"record", note.String()[:8]}
	plain, listed := run(0, append([]string{"--json"}, one...)...), run(0, "record", "--kind", "note")
	if got := run(0, one...); strings.Contains(got, "Doha") {
		t.Error(got)
	}
	run(0, "capital", "movement", "--zone", "Asia/Qatar", "--place", "Doha")
	run(0, "capital", "power", "--zone", "America/New_York")
	for _, want := range []string{"14:30 UTC", "17:30 \u2068Doha", "10:30 \u2068New York"} {
		if got := run(0, one...); !strings.Contains(got, want) && !strings.Contains(got, strings.ReplaceAll(want, "\u2068", "")) {
			t.Errorf("%q is missing in %s", want, got)
		}
	}
	if run(0, append([]string{"--json"}, one...)...) != plain || run(0, "record", "--kind", "note") != listed {
		t.Error("a list, or --json, changes with what is shown")
	}
	if err := d.SetClock(t.Context(), record.At(time.Date(2025, 5, 26, 14, 31, 0, 0, time.UTC))); err != nil {
		t.Fatal(err)
	}
	run(0, "capital", "power", "--none")
	if got := run(0, one...); strings.Contains(got, "New York") || !strings.Contains(got, "Doha") {
		t.Errorf("taken away: %s", got)
	}
	for _, wrong := range [][]string{{"--zone", "Mars/Olympus"}, {"--zone", "Local"}, {}, {"--place", "Doha"}} {
		got := run(1, append([]string{"capital", "power"}, wrong...)...)
		if !strings.Contains(got, "zone") {
			t.Errorf("%v: it does not say what to do: %s", wrong, got)
		}
	}
}
