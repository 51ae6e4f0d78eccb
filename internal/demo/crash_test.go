package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	mrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"backchannel/internal/casefile"
	"backchannel/internal/convey"
	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// TestLaw6_ACasePlayedUnderKills plays both cases on real desks over a real
// relay, while desks and relay are killed at random moments. Every answer must
// be the one that the case expects, and every vault must verify.
func TestLaw6_ACasePlayedUnderKills(t *testing.T) {
	if testing.Short() {
		t.Skip("in the tests without the race detector")
	}
	const kills = 50
	exe := filepath.Join(t.TempDir(), "backchannel")
	if out, err := exec.Command("go", "build", "-o", exe, "backchannel/cmd/backchannel").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	c, err := casefile.Load(casefile.Cases(), "rival-texts-2025")
	if err != nil {
		t.Fatal(err)
	}
	w := newPerilous(t, exe)
	for _, n := range c.AllDesks() {
		w.addDesk(n)
	}
	if err := w.stage.openLines(t.Context(), w.address, w.tickets, c.AllLines()); err != nil {
		t.Fatal(err)
	}
	w.left = kills
	ids := func() keys.ID {
		var id keys.ID
		rand.Read(id[:])
		return id
	}
	tell := func(*view.View, view.Answer) string { return "" }
	report, err := casefile.Run(t.Context(), c, casefile.NewPlayer(w, ids), tell, func(casefile.Progress) {})
	w.killing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	if w.left > 0 {
		t.Errorf("only %d kills of %d", kills-w.left, kills)
	}
	t.Logf("%d kills, %d answers", kills-w.left, len(report.Answers))
	w.verify()
}

// perilous is a stage whose processes are killed now and then. It waits for a
// desk that is down, as a person would, and asks again.
type perilous struct {
	t       *testing.T
	exe     string
	dir     string
	address string
	stage   *stage
	relay   *mortal
	desks   map[record.Name]*mortal
	killing sync.WaitGroup
	left    int // kills to come
}

// mortal is a process that can be killed and started again as it was.
type mortal struct {
	mu    sync.Mutex // held while it is down
	dir   string
	name  string
	first string
	args  []string
	c     *child
}

func newPerilous(t *testing.T, exe string) *perilous {
	dir, err := os.MkdirTemp("", "bckill") // short: it holds sockets
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	w := &perilous{t: t, exe: exe, dir: dir, desks: map[record.Name]*mortal{}, stage: &stage{desks: map[record.Name]*desk.Remote{}}}
	w.relay = &mortal{dir: dir, name: "relay", args: []string{"relay", "serve", "--json", "--tethered", "--data", filepath.Join(dir, "relay"), "--listen", at,
		"--cohort", cohort, "--period", "100ms", "--capacity", capacity, "--join-every", "4", "--keep", "1h"}}
	var status relay.Status
	w.start(w.relay, &status)
	w.address = status.Address
	t.Cleanup(func() {
		for _, d := range w.desks {
			d.c.stop()
		}
		w.relay.c.stop()
		os.RemoveAll(dir)
	})
	return w
}

func (w *perilous) start(m *mortal, ready any) {
	c, err := start(w.t.Context(), w.exe, m.dir, m.name, m.first, ready, m.args...)
	if err != nil {
		w.t.Errorf("start %s: %v", m.name, err)
		return
	}
	m.c = c
}

func (w *perilous) addDesk(keeper record.Name) {
	m := &mortal{dir: w.dir, name: string(keeper), first: rand.Text() + "\n",
		args: []string{"desk", "serve", "--json", "--tethered", "--case-clock", "--desk", filepath.Join(w.dir, string(keeper)+".desk"), "--passphrase-file", "-"}}
	if err := desk.Create(w.vault(keeper), keeper, []byte(m.first[:len(m.first)-1]), vault.Cheap()); err != nil {
		w.t.Fatal(err)
	}
	var ready json.RawMessage
	w.start(m, &ready)
	w.desks[keeper] = m
	var r *desk.Remote
	err := until(w.t.Context(), "test.desk", "a desk does not answer", func() (bool, error) {
		var err error
		r, err = desk.Connect(w.t.Context(), w.vault(keeper))
		return err == nil, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.stage.order = append(w.stage.order, keeper)
	w.stage.desks[keeper] = r
}

func (w *perilous) vault(keeper record.Name) string {
	return filepath.Join(w.dir, string(keeper)+".desk")
}

func (w *perilous) tickets(n int) ([]string, error) {
	return relay.AskTickets(w.t.Context(), filepath.Join(w.dir, "relay"), cohort, n, time.Now().Add(time.Hour))
}

// SetClock implements casefile.Stage. With every other call somebody dies a
// little later.
func (w *perilous) SetClock(ctx context.Context, at record.Instant) error {
	for _, n := range w.stage.order {
		if err := again(ctx, func() error { return w.stage.desks[n].SetClock(ctx, at) }); err != nil {
			return err
		}
	}
	victims := append([]*mortal{w.relay}, w.mortals()...)
	if v := victims[mrand.IntN(len(victims))]; w.left > 0 && mrand.IntN(3) > 0 {
		w.left--
		w.killing.Go(func() {
			time.Sleep(time.Duration(mrand.IntN(300)) * time.Millisecond)
			v.mu.Lock()
			defer v.mu.Unlock()
			v.c.cmd.Process.Kill()
			v.c.stdin.Close() // a desk process that lost its line process would start another
			<-v.c.ended
			var ready json.RawMessage
			w.start(v, &ready)
		})
	}
	return nil
}

func (w *perilous) mortals() []*mortal {
	var out []*mortal
	for _, n := range w.stage.order {
		out = append(out, w.desks[n])
	}
	return out
}

// Settle implements casefile.Stage.
func (w *perilous) Settle(ctx context.Context) error {
	return again(ctx, func() error { return w.stage.Settle(ctx) })
}

// Disturb implements casefile.Stage.
func (w *perilous) Disturb(context.Context, casefile.Disturbance) (bool, error) { return false, nil }

// Desk implements casefile.Stage.
func (w *perilous) Desk(keeper record.Name) (desk.Handle, error) {
	return patient{w.stage.desks[keeper]}, nil
}

// again does something until the desk is there to answer.
func again(ctx context.Context, do func() error) error {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		err := do()
		down := fault.Is(err, fault.Unreachable) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Refused) && idOf(err) == "desk.closed"
		if !down || time.Since(began) > time.Minute || ctx.Err() != nil {
			return err
		}
	}
}

func idOf(err error) string {
	e, ok := err.(*fault.Error)
	if !ok {
		return ""
	}
	return e.ID
}

// patient is a desk that is asked again when it was killed. What it had done
// without being able to say so is not done twice.
type patient struct{ *desk.Remote }

func (p patient) Record(ctx context.Context) (r *record.Record, err error) {
	err = again(ctx, func() error { r, err = p.Remote.Record(ctx); return err })
	return r, err
}

func (p patient) Clock(ctx context.Context) (at record.Instant, err error) {
	err = again(ctx, func() error { at, err = p.Remote.Clock(ctx); return err })
	return at, err
}

func (p patient) Lines(ctx context.Context) (l []desk.LineStatus, err error) {
	err = again(ctx, func() error { l, err = p.Remote.Lines(ctx); return err })
	return l, err
}

func (p patient) Write(ctx context.Context, m desk.Mode, drafts ...record.Entry) (plan convey.Plan, err error) {
	tries := 0
	err = again(ctx, func() error {
		tries++
		plan, err = p.Remote.Write(ctx, m, drafts...)
		if tries > 1 && idOf(err) == "convey.id" {
			return nil // it was stored before the desk died
		}
		return err
	})
	return plan, err
}

func (p patient) Carry(ctx context.Context, m desk.Mode, o convey.Order) (plan convey.Plan, err error) {
	tries := 0
	err = again(ctx, func() error {
		if tries++; tries > 1 && m == desk.Commit {
			if done, ok := p.carried(ctx, o); ok {
				plan = done
				return nil
			}
		}
		plan, err = p.Remote.Carry(ctx, m, o)
		return err
	})
	return plan, err
}

// carried finds the conveyance that a desk stored before it died.
func (p patient) carried(ctx context.Context, o convey.Order) (convey.Plan, bool) {
	r, err := p.Remote.Record(ctx)
	if err != nil {
		return convey.Plan{}, false
	}
	for _, it := range slices.Backward(r.Items()) {
		if c, ok := it.Body.(record.Conveyance); ok && c.Of == o.Of && c.To == o.To && c.Step == record.Conveyed {
			as, _ := r.Get(c.As)
			return convey.Plan{Entries: []record.Entry{as.Entry, it.Entry}}, true
		}
	}
	return convey.Plan{}, false
}

// verify stops everything and checks every vault.
func (w *perilous) verify() {
	for n, m := range w.desks {
		if err := m.c.stop(); err != nil {
			w.t.Error(err)
		}
		rep, err := desk.Verify(w.vault(n), []byte(m.first[:len(m.first)-1]), nil)
		if err != nil || len(rep.Notices) > 0 {
			w.t.Errorf("verify %s: %+v %v", n, rep, err)
		}
	}
}
