package desk

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// trial is what a trial leaves behind: enough to do it again.
type trial struct {
	Name    string         `json:"name"`
	Commit  string         `json:"commit"`
	Date    string         `json:"date"`
	Machine string         `json:"machine"`
	Seed    uint64         `json:"seed"`
	Counts  map[string]int `json:"counts"`
	Passed  bool           `json:"passed"`
	Seconds int            `json:"seconds"`
}

// conduct runs a trial and writes its outcome, passed or not.
func conduct(t *testing.T, name string, seed uint64, run func(t *testing.T, counts map[string]int)) {
	dir := os.Getenv("BACKCHANNEL_TRIALS")
	if dir == "" {
		t.Skip("a trial: run it with make trials")
	}
	tr := trial{Name: name, Date: time.Now().UTC().Format(time.RFC3339), Seed: seed, Counts: map[string]int{},
		Machine: runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()}
	tr.Counts["cpus"] = runtime.NumCPU()
	if out, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		tr.Commit = strings.TrimSpace(string(out))
	}
	began := time.Now()
	tr.Passed = t.Run(name, func(t *testing.T) { run(t, tr.Counts) })
	tr.Seconds = int(time.Since(began).Seconds())
	b, err := json.MarshalIndent(tr, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTrialKills kills desks and the relay 500 times during one talk.
func TestTrialKills(t *testing.T) {
	conduct(t, "desk-kills", 2026, func(t *testing.T, counts map[string]int) { killed(t, 500, 2026, counts) })
}

// TestTrialLaw2 compares two thousand workloads with silence.
func TestTrialLaw2(t *testing.T) {
	conduct(t, "desk-law2", 0, func(t *testing.T, counts map[string]int) {
		compareWorkloads(t, 2000)
		counts["workloads"], counts["ticks-each"] = 2000, lawTicks
	})
}
