package line

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// trial runs what is too long for a test, and writes what it gives, with
// enough to do it again, into the folder that BACKCHANNEL_TRIALS names.
func trial(t *testing.T, name string, run func(t *testing.T) map[string]any) {
	dir := os.Getenv("BACKCHANNEL_TRIALS")
	if dir == "" {
		t.Skip("a trial: run it with make trials")
	}
	began := time.Now()
	out := map[string]any{"name": name, "date": began.UTC().Format(time.RFC3339), "machine": runtime.GOOS + "/" + runtime.GOARCH + ", " + runtime.Version()}
	if b, err := exec.Command("git", "rev-parse", "HEAD").Output(); err == nil {
		out["commit"] = strings.TrimSpace(string(b))
	}
	out["passed"] = t.Run(name, func(t *testing.T) { maps.Copy(out, run(t)) })
	out["seconds"] = int(time.Since(began).Seconds())
	b, err := json.MarshalIndent(out, "", " ")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, name+".json"), append(b, '\n'), 0o644))
}
