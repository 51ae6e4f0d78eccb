package cli

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/record"
	"backchannel/internal/vault"
)

// Dates and numbers of the command line are shown as its reader wants them; what
// a program reads, and what is stored, is the same.
func TestCalendarAndDigitsOnTheCommandLine(t *testing.T) {
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
	if _, err := d.Write(t.Context(), desk.Commit, record.Entry{Body: record.Note{Text: "1 note"}}); err != nil {
		t.Fatal(err)
	}
	run := func(env map[string]string, args ...string) string {
		t.Helper()
		for k, v := range env {
			t.Setenv(k, v)
		}
		var out, errs bytes.Buffer
		code := Run(context.Background(), args, Deps{Out: &out, Err: &errs, Now: time.Now, Zone: time.UTC, open: func() (closing, error) { return unclosed{d}, nil }})
		if code != 0 {
			t.Fatalf("%v: %d %s", args, code, errs.String())
		}
		return out.String()
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "26 May 2025, 14:30"},
		{[]string{"--calendar", "hijri"}, "1446"},
		{[]string{"--digits", "eastern"}, "٢٦ May ٢٠٢٥"},
		{[]string{"--calendar", "both", "--digits", "eastern"}, "١٤٤٦"},
	} {
		if got := run(nil, append(c.args, "record")...); !strings.Contains(got, c.want) || !strings.Contains(got, "1 note") {
			t.Errorf("%v: %q is missing in %s", c.args, c.want, got)
		}
	}
	plain := run(nil, "--json", "record")
	if got := run(nil, "--json", "--calendar", "hijri", "--digits", "eastern", "record"); got != plain {
		t.Errorf("--json changes with what is shown: %s", got)
	}
	if got := run(map[string]string{"BACKCHANNEL_DIGITS": "eastern"}, "record"); !strings.Contains(got, "٢٠٢٥") {
		t.Errorf("the environment is not heard: %s", got)
	}
}
