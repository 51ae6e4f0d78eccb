package observe

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// conduct makes an observation for docs/trials. The environment can make it
// smaller: BACKCHANNEL_OBSERVE_WINDOWS of each class, BACKCHANNEL_OBSERVE_GROUPS
// of desks, BACKCHANNEL_OBSERVE_TICKS of a window, BACKCHANNEL_OBSERVE_ONLY the
// pairs of these names.
func conduct(t *testing.T, name string, windows int, c Config) {
	dir := os.Getenv("BACKCHANNEL_TRIALS")
	if dir == "" {
		t.Skip("a trial: run it with make trials")
	}
	for what, n := range map[string]*int{"BACKCHANNEL_OBSERVE_WINDOWS": &windows, "BACKCHANNEL_OBSERVE_GROUPS": &c.Groups, "BACKCHANNEL_OBSERVE_TICKS": &c.Ticks} {
		if v, err := strconv.Atoi(os.Getenv(what)); err == nil {
			*n = v
		}
	}
	if only := os.Getenv("BACKCHANNEL_OBSERVE_ONLY"); only != "" {
		c.Only = strings.Split(only, ",")
	}
	c.Apart = true
	c.Blocks = max(2, (windows+c.Groups-1)/c.Groups)
	commit, _ := exec.Command("git", "rev-parse", "HEAD").Output() // of what is observed; it is left out where there is no git
	step := 0
	c.Progress = func(done, all int) {
		if s := done * 20 / all; s > step {
			step = s
			t.Logf("%s: %d %%", time.Now().Format(time.TimeOnly), s*5)
		}
	}
	r, err := Observe(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	show(t, r)
	r.Commit = strings.TrimSpace(string(commit))
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", name+".svg"), Plot(r), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if !f.Passed {
			t.Errorf("%s, %s: AUC %.4f ± %.4f", f.Name, f.Side, f.AUC, f.Error)
		}
	}
}

// TestTrialObserve tells apart what is said over open lines, or does not, at a
// tick so short that ten thousand windows of each class take less than an hour.
// More groups would leave the line processes no idle moments: what one does would
// be seen at another.
func TestTrialObserve(t *testing.T) {
	c := config(t)
	c.Ticks, c.Groups, c.Controls = 3, 7, 1
	c.Only = []string{"silence/talk", "text/voice-note", "one/another", "silence/silence", "unshaped", "occasional-work"}
	conduct(t, "observe", 10_000, c)
}

// TestTrialObserveChange does the same for what changes a line: it opens, or
// one end was away.
func TestTrialObserveChange(t *testing.T) {
	c := config(t)
	c.Ticks, c.Groups, c.Controls = 3, 7, 1
	c.Only = []string{"none/opening", "pause/backlog", "unshaped", "occasional-work"}
	conduct(t, "observe-change", 10_000, c)
}

// TestTrialObserveSlow does the same for the pair that matters most at a tick
// that people use: ten seconds. Windows are of two ticks, so that two hundred
// cohorts give ten thousand of each class in an hour. Desks so slow need a few
// per cent of a machine.
func TestTrialObserveSlow(t *testing.T) {
	c := config(t)
	c.Period, c.Ticks, c.Groups, c.Controls = 10*time.Second, 2, 200, 20
	c.Only = []string{"silence/talk", "unshaped", "occasional-work"}
	conduct(t, "observe-slow", 10_000, c)
}
