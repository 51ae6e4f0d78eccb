package relay_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// onDisk starts a relay with a data folder and a log in memory.
func onDisk(t *testing.T, dir string, cohorts ...relay.Timetable) (*relay.Server, error) {
	t.Helper()
	s, err := relay.Start(t.Context(), relay.Config{
		Dir: dir, Cohorts: cohorts, Metrics: "127.0.0.1:0",
		OpenLogs: func(context.Context, string) ([]relay.Log, error) { return []relay.Log{relay.NewMemory()}, nil },
	})
	if err == nil {
		t.Cleanup(func() { s.Stop(context.Background()) })
	}
	return s, err
}

func TestTheDataFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, err := onDisk(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := onDisk(t, dir); !fault.Is(err, fault.InUse) {
		t.Errorf("a second relay on the folder: %v", err)
	}
	key := filepath.Join(dir, "relay.key")
	for name, mode := range map[string]os.FileMode{dir: 0o700, key: 0o600, filepath.Join(dir, "admin.sock"): 0o600} {
		if st, err := os.Stat(name); err != nil || st.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, st.Mode().Perm(), err)
		}
	}
	pin := s.Addr().Pin
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err = onDisk(t, dir); err != nil || s.Addr().Pin != pin {
		t.Fatalf("started again it is another relay: %v", err)
	}
	s.Stop(t.Context())
	os.Chmod(key, 0o644)
	if _, err := onDisk(t, dir); !fault.Is(err, fault.Refused) || !strings.Contains(fault.HintOf(err), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
	os.Chmod(key, 0o600)
	for what, b := range map[string]string{"empty": "", "cut": "-----BEGIN PRIVATE KEY-----\nMC4C"} {
		os.WriteFile(key, []byte(b), 0o600)
		if _, err := onDisk(t, dir); !fault.Is(err, fault.Corrupt) {
			t.Errorf("a key that is %s: %v", what, err)
		}
	}
}

func TestTheOperatorAsksTheRunningRelay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30)) // longer than a socket's name may be
	if _, err := relay.AskStatus(t.Context(), dir); !fault.Is(err, fault.Unreachable) {
		t.Errorf("no relay: %v", err)
	}
	tt := relay.NewTimetable("ops", time.Now(), time.Second)
	s, err := onDisk(t, dir, tt)
	if err != nil {
		t.Fatal(err)
	}
	ks, err := relay.AskTickets(t.Context(), dir, "ops", 5, time.Now().Add(time.Hour))
	if err != nil || len(ks) != 5 {
		t.Fatalf("%v %v", ks, err)
	}
	if _, err := relay.ParseTicket(ks[4]); err != nil {
		t.Error(err)
	}
	if _, err := relay.AskTickets(t.Context(), dir, "other", 5, time.Now().Add(time.Hour)); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such cohort: %v", err)
	}
	st, err := relay.AskStatus(t.Context(), dir)
	if err != nil || st.Address != s.Addr().String() || len(st.Cohorts) != 1 || st.Cohorts[0].Unspent != 5 {
		t.Errorf("%+v %v", st, err)
	}
}

func TestMetricsAreOnLoopbackAndOfNobody(t *testing.T) {
	s, err := onDisk(t, t.TempDir(), relay.NewTimetable("m", time.Now(), time.Second))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + s.MetricsAddr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, _ := io.ReadAll(resp.Body)
	if !strings.Contains(string(b), "backchannel_relay_bundles_total") {
		t.Errorf("no counters: %s", b)
	}
	for _, l := range strings.Split(string(b), "\n") {
		if _, labels, ok := strings.Cut(l, "{"); ok && !strings.HasPrefix(labels, "verdict=") && !strings.HasPrefix(labels, "result=") && !strings.HasPrefix(labels, "le=") {
			t.Errorf("a label: %s", l)
		}
	}
	_, err = relay.Start(t.Context(), relay.Config{Dir: t.TempDir(), Logs: []relay.Log{relay.NewMemory()}, Metrics: "0.0.0.0:0"})
	wantKind(t, "metrics for everybody", err, fault.Refused)
}

func TestATimetableNeverChanges(t *testing.T) {
	mem := relay.NewMemory()
	dir := t.TempDir()
	tt := relay.NewTimetable("x", time.Now(), time.Second)
	start := func(l relay.Log, t2 relay.Timetable) error {
		s, err := relay.Start(t.Context(), relay.Config{Dir: dir, Logs: []relay.Log{l}, Cohorts: []relay.Timetable{t2}})
		if err == nil {
			s.Stop(t.Context())
		}
		return err
	}
	if err := start(mem, tt); err != nil {
		t.Fatal(err)
	}
	again := tt
	again.StartMS = 0 // whatever it was
	if err := start(mem.Reopen(), again); err != nil {
		t.Errorf("the same timetable: %v", err)
	}
	again.Capacity++
	wantKind(t, "another capacity", start(mem.Reopen(), again), fault.Refused)
}

func TestBoundsOfATimetable(t *testing.T) {
	base := relay.NewTimetable("b", time.Now(), time.Second)
	for what, c := range map[string]struct {
		set func(*relay.Timetable, int)
		ok  []int
		bad []int
	}{
		"period":     {func(t *relay.Timetable, v int) { t.PeriodMS = int64(v) }, []int{20, 3600000}, []int{0, 19, 3600001, -1}},
		"cell size":  {func(t *relay.Timetable, v int) { t.CellSize = v }, []int{256, 16384}, []int{255, 16385, 0}},
		"capacity":   {func(t *relay.Timetable, v int) { t.Capacity = v }, []int{2, 256}, []int{1, 257}},
		"catch-up":   {func(t *relay.Timetable, v int) { t.CatchUp = v }, []int{1, 16}, []int{0, 17}},
		"retention":  {func(t *relay.Timetable, v int) { t.Retention = uint64(v) }, []int{8, 1 << 20}, []int{7, 1<<20 + 1}},
		"join every": {func(t *relay.Timetable, v int) { t.JoinEvery = uint64(v) }, []int{4, 1 << 20}, []int{3, 1<<20 + 1}},
		"name":       {func(t *relay.Timetable, v int) { t.Cohort = strings.Repeat("a", v) }, []int{1, 32}, []int{0, 33}},
		"reply":      {func(t *relay.Timetable, v int) { t.Capacity, t.CellSize, t.CatchUp = 256, v, 16 }, []int{2048}, []int{2049}},
		"start":      {func(t *relay.Timetable, v int) { t.StartMS = int64(v) }, []int{0, 1}, []int{-1, 1 << 60}},
	} {
		for _, v := range c.ok {
			tt := base
			if c.set(&tt, v); tt.Check() != nil {
				t.Errorf("%s %d: %v", what, v, tt.Check())
			}
		}
		for _, v := range c.bad {
			tt := base
			if c.set(&tt, v); !fault.Is(tt.Check(), fault.Malformed) {
				t.Errorf("%s %d: %v", what, v, tt.Check())
			}
		}
	}
	for _, name := range []string{"A", "a b", "a/b", "ä", "a\n"} {
		tt := base
		if tt.Cohort = name; tt.Check() == nil {
			t.Errorf("cohort name %q is accepted", name)
		}
	}
}
