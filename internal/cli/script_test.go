package cli

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"backchannel/internal/desk"
	"backchannel/internal/web"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"backchannel": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		d := OS("test")
		d.Zone = time.UTC
		d.Page = func(h desk.Handle, caseClock bool, log *slog.Logger) (Page, error) {
			return web.New(h, web.Options{CaseClock: caseClock, Log: log})
		}
		if os.Getenv("ON_A_TERMINAL") == "" {
			d.Console = terminal{} // whoever runs the tests is not asked
		}
		code := Run(ctx, os.Args[1:], d)
		stop()
		os.Exit(code)
	}})
}

// TestStory_Scripts runs the stories in testdata/script: people at their desks,
// as one would type it. Those in which nothing runs beside a command are left
// to the tests without the race detector, by `[short] skip`.
func TestStory_Scripts(t *testing.T) { testscript.Run(t, params("testdata/script")) }

func params(dir string) testscript.Params {
	return testscript.Params{
		Dir: dir, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			pass := filepath.Join(e.WorkDir, "passphrase")
			e.Setenv("BACKCHANNEL_DESK", filepath.Join(e.WorkDir, "desk"))
			e.Setenv("BACKCHANNEL_PASSPHRASE_FILE", pass)
			e.Setenv("GORACE", "atexit_sleep_ms=0") // the race detector would have each command wait a second at its end
			e.Setenv("CASES", repo("internal", "casefile", "cases"))
			return errors.Join(os.WriteFile(pass, []byte("correct horse\n"), 0o600),
				os.WriteFile(filepath.Join(e.WorkDir, "big"), make([]byte, maxPassphrase+1), 0o600))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"code": cmdCode, "until": cmdUntil, "entry": cmdEntry, "first": cmdFirst, "damage": cmdDamage,
		},
	}
}

func repo(path ...string) string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

// cmdCode is `code N program args…`: it must exit with N.
func cmdCode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var e *exec.ExitError
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		got = e.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// scriptPatience is how long a script waits for what another process does. It is a
// bound on a failure, not a measurement.
const scriptPatience = 180 * time.Second

// cmdUntil is `until PATTERN program args…`: again and again, until it exits
// with 0 and its output matches.
func cmdUntil(ts *testscript.TestScript, _ bool, args []string) {
	pattern := regexp.MustCompile("(?s)" + args[0])
	for end := time.Now().Add(scriptPatience); ; time.Sleep(200 * time.Millisecond) {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("no output matched %s", args[0])
		}
	}
}

// cmdEntry is `entry VAR KIND [DESK]`: the id of the last entry of a kind.
func cmdEntry(ts *testscript.TestScript, _ bool, args []string) {
	line := []string{"record", "--json", "--last", "1", "--kind", args[1]}
	if len(args) > 2 {
		line = append(line, "--desk", args[2])
	}
	ts.Check(ts.Exec("backchannel", line...))
	var got []struct{ ID string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &got))
	if len(got) != 1 {
		ts.Fatalf("no entry of the kind %s", args[1])
	}
	ts.Setenv(args[0], got[0].ID[:12])
}

// cmdFirst is `first VAR PATTERN`: the first group of a match in stdout.
func cmdFirst(ts *testscript.TestScript, _ bool, args []string) {
	m := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if m == nil {
		ts.Fatalf("stdout does not match %s", args[1])
	}
	ts.Setenv(args[0], m[1])
}

// cmdDamage is `damage FILE`: every byte of its middle is another.
func cmdDamage(ts *testscript.TestScript, _ bool, args []string) {
	name := ts.MkAbs(args[0])
	b, err := os.ReadFile(name)
	ts.Check(err)
	for i := len(b) / 3; i < 2*len(b)/3; i++ {
		b[i] ^= 0x55
	}
	ts.Check(os.WriteFile(name, b, 0o600))
}

// TestScriptsCoverEachExitCode: every code of the table is seen in a story or
// named here with the reason why a story cannot show it.
func TestScriptsCoverEachExitCode(t *testing.T) {
	elsewhere := map[string]string{
		"12": "a clock cannot be set back in a story; desk's own tests do it",
		"70": "nothing that a person does may lead there",
	}
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d stories, %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^code (\d+) `).FindAllStringSubmatch(string(b), -1) {
			seen[m[1]] = true
		}
	}
	for _, k := range kinds {
		code := strings.TrimSpace(strconv.Itoa(exitOf(k)))
		if !seen[code] && elsewhere[code] == "" {
			t.Errorf("no story ends a command with %s (%s)", code, k)
		}
	}
}
