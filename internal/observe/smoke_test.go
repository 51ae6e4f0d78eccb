package observe

import (
	"context"
	"os"
	"testing"
	"time"
)

const childVar = "BACKCHANNEL_OBSERVE_CHILD"

// The test binary runs itself as the desks that are observed.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		if err := Part(context.Background()); err != nil {
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func config(t *testing.T) Config {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Program: []string{exe}, Env: []string{childVar + "=1"}, Dir: t.TempDir(), Period: 100 * time.Millisecond, Ticks: 4, Groups: 1, Blocks: 2, Seed: 1}
}

func show(t *testing.T, r Report) {
	for _, f := range r.Findings {
		t.Logf("%-16s %-8s %v auc %.3f ± %.3f (%.3f, %.3f) eps %.2f %v", f.Name, f.Side, f.Windows, f.AUC, f.Error, f.Linear, f.Stumps, f.Epsilon, f.Telling)
	}
	t.Logf("%+v, %d left out, %d s", r.Did, r.Late, r.Seconds)
}

// TestLaw2_TheObserverIsNotBlind: what sends when it has something is seen.
// Real desks run beside it; what the observer makes of them in so few windows
// is no evidence, and is not asked.
func TestLaw2_TheObserverIsNotBlind(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Ticks, c.Blocks, c.Controls = 3, 16, 1
	c.Only = []string{"silence/talk", "unshaped"}
	r, err := Observe(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	show(t, r)
	for _, f := range r.Findings {
		if f.Name == "unshaped" && f.Windows[0] >= 12 && f.AUC <= f.Above {
			t.Errorf("the unshaped control is not seen %s: %.3f", f.Side, f.AUC)
		}
	}
}

// TestObserveEveryClass: in every class of window people do what they should,
// and both observers see something of every member.
func TestObserveEveryClass(t *testing.T) {
	t.Parallel()
	c := config(t)
	o, err := watch(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	// By block: G and an envoy in each of two classes, G's note, three with the
	// backlog. Blocks are left out when the machine is slow, but played.
	if want := uint64(8 * c.Blocks); o.counts.Said != want {
		t.Errorf("%d messages were written, not %d (%s)", o.counts.Said, want, o.counts.Last)
	}
	if o.counts.Came == 0 || o.counts.Opened == 0 {
		t.Errorf("nothing came of it: %+v", o.counts)
	}
	for _, s := range o.samples {
		if n := len(featureNames(s.kind, c.Ticks, false)); len(s.outside) != n {
			t.Errorf("%d features outside, and %d names", len(s.outside), n)
		}
		if n := len(featureNames(s.kind, c.Ticks, true)); len(s.inside) != n {
			t.Errorf("%d features inside, and %d names", len(s.inside), n)
		}
	}
}
