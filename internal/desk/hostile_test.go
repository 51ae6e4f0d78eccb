package desk

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
)

// TestLaw6_AHostileRelayChangesNothing: whatever the relay does with cells,
// nothing false is shown, and the talk goes on when it behaves.
func TestLaw6_AHostileRelayChangesNothing(t *testing.T) {
	for name, m := range map[string]relaytest.Misbehaviour{
		"drops":             {DropCells: 0.3, HideCells: 0.2},
		"alters":            {AlterSent: 0.3, AlterCells: 0.3},
		"invents":           {InventCells: 0.9},
		"repeats":           {RepeatSlates: 0.4, SwapSlots: 0.5},
		"delays":            {DelaySlates: true},
		"rolls back":        {RollBack: 5, BackInTime: true, OldCharter: true},
		"does not answer":   {DropReplies: 0.3},
		"answers rubbish":   {Garbage: 0.1},
		"shows two rosters": {TwoRosters: true},
		"all at once":       {DropCells: 0.1, AlterSent: 0.1, AlterCells: 0.1, InventCells: 0.5, RepeatSlates: 0.1, SwapSlots: 0.3, DropReplies: 0.1},
	} {
		if testing.Short() && name != "all at once" {
			continue
		}
		t.Run(name, func(t *testing.T) { t.Parallel(); suffer(t, m) })
	}
}

func suffer(t *testing.T, m relaytest.Misbehaviour) {
	rel := startRelay(t, relaytest.Options{Hostile: true, Seed: 7})
	rel.Join(t) // a member who is never online, in whose place cells can be invented
	a, adir := open(t, "go-between", Options{})
	b, bdir := open(t, "envoy", Options{})
	if err := a.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, a, b, rel.Tickets[1])
	rel.Hostile.Set(m)
	r := rand.New(rand.NewPCG(1, 1))
	const n = 12
	for i := range n {
		for _, d := range []struct {
			from *Desk
			to   string
		}{{a, "envoy"}, {b, "go-between"}} {
			text := fmt.Sprintf("%03d %s", i, strings.Repeat("word ", r.IntN(500)))
			if _, err := d.from.Write(t.Context(), Commit, say(d.from, record.Name(d.to), text)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(4 * testPeriod)
		inOrder(t, a, "envoy")
		inOrder(t, b, "go-between")
	}
	rel.Hostile.Set(relaytest.Misbehaviour{})
	eventually(t, "the talk goes on", func() bool {
		return len(texts(t, a, "envoy")) == n && len(texts(t, b, "go-between")) == n
	})
	inOrder(t, a, "envoy")
	inOrder(t, b, "go-between")
	for _, d := range []*Desk{a, b} {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{adir, bdir} {
		if rep, err := Verify(dir, pass, nil); err != nil || len(rep.Notices) > 0 {
			t.Fatalf("verify: %+v %v", rep, err)
		}
	}
	if len(rel.Hostile.Done()) == 0 {
		t.Fatal("the relay was not hostile at all")
	}
}

// inOrder fails if what came from somebody is not a prefix of what was sent.
func inOrder(t *testing.T, d *Desk, from string) {
	t.Helper()
	for i, s := range texts(t, d, record.Name(from)) {
		if s[:3] != fmt.Sprintf("%03d", i) {
			t.Fatalf("message %d at %s reads %q", i, d.Keeper(), s)
		}
	}
}
