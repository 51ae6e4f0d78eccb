package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/circle"
	"backchannel/internal/keys"
	"backchannel/internal/record"
)

// The points at which somebody is killed while a notification plan runs.
var faultPoints = []string{"begun", "amid", "written", "sent", "received", "answered", "acknowledged", "next"}

// TestLaw6_ToldOnceWhateverDies is [CIR-41], [CIR-43], [CIR-45] and [CIR-47] on
// real desks over a real relay: desks and relay are killed at each point of a
// plan, and started again. Nobody is told twice, nobody is skipped, the order is
// kept, nobody is told before those whom the plan holds for have answered, and
// no desk tells anybody by itself.
func TestLaw6_ToldOnceWhateverDies(t *testing.T) {
	w := newTelling(t, uint64(os.Getpid()))
	plans := [][]string{faultPoints}
	if !testing.Short() {
		for _, p := range faultPoints {
			plans = append(plans, []string{p})
		}
	}
	for _, points := range plans {
		w.run(func(point string) bool { return slices.Contains(points, point) })
	}
	t.Logf("kills: %v", w.kills)
	w.over()
}

// TestTrialNotification kills at random while sixty plans are carried out.
func TestTrialNotification(t *testing.T) {
	conduct(t, "notification-kills", 2027, func(t *testing.T, counts map[string]int) {
		w := newTelling(t, 2027)
		for range 60 {
			w.run(func(string) bool { return w.r.IntN(2) == 0 })
		}
		w.over()
		for point, n := range w.kills {
			counts["kills-"+point] = n
			counts["kills"] += n
		}
		counts["plans"], counts["told"] = w.n, w.told
	})
}

// telling is a stage on which plans are carried out under kills.
type telling struct {
	t      *testing.T
	r      *rand.Rand
	rel    child
	keeper *talker
	told   int
	kills  map[string]int
	deadly func(point string) bool
	people map[record.Name]*talker // who have a line
	plan   keys.ID
	n      int // which plan it is
	rang   []record.Name
	passed map[string]bool // points that this plan has gone by
}

func newTelling(t *testing.T, seed uint64) *telling {
	t.Logf("seed %d", seed)
	w := &telling{t: t, r: rand.New(rand.NewPCG(seed, 5)), kills: map[string]int{}, people: map[record.Name]*talker{}}
	w.rel = child{t: t, role: "relay " + t.TempDir() + " " + freePort(t)}
	w.rel.start()
	w.keeper = newTalker(t, "go-between")
	raw, err := os.ReadFile(filepath.Join(strings.Fields(w.rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	tickets := strings.Fields(string(raw))
	for i, n := range []record.Name{"envoy", "official"} {
		k := newTalker(t, n)
		w.people[n] = k
		if i == 0 {
			connectTalkers(t, w.keeper, k, w.rel.said, tickets)
			continue
		}
		a, b := w.at(w.keeper), w.at(k)
		inv, err := a.Invite(t.Context(), InviteOrder{For: n, Ticket: tickets[i+1]})
		if err == nil {
			err = b.Join(t.Context(), inv, w.keeper.name)
		}
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the second line opens", func() bool {
			l, err := a.Lines(t.Context())
			return err == nil && len(l) == 2 && l[0].Phase == Opened && l[1].Phase == Opened
		})
	}
	return w
}

// at reaches the desk of somebody.
func (w *telling) at(k *talker) *Remote {
	var r *Remote
	eventually(w.t, "the desk of "+string(k.name)+" answers", func() bool { r = k.handle(w.t); return r != nil })
	return r
}

func (w *telling) record(k *talker) *record.Record {
	w.t.Helper()
	r := w.at(k)
	defer r.Close()
	rec, err := r.Record(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

func (w *telling) following() circle.Following {
	w.t.Helper()
	p := w.record(w.keeper).For(w.keeper.name, record.AsOf{})
	f, ok := circle.Read(p).Following(w.plan, accord.Read(p, record.At(time.Now())))
	if !ok {
		w.t.Fatal("the plan is gone")
	}
	return f
}

// at each fault point somebody may die, and is started again.
func (w *telling) point(name string, who ...*child) {
	if w.passed[name] || !w.deadly(name) {
		return
	}
	w.passed[name] = true
	for _, c := range who {
		c.kill()
		w.kills[name]++
	}
	for _, c := range who {
		c.start()
	}
}

// write enters something at a desk; perhaps that desk dies amid it. What became
// of it, whoever asks next sees.
func (w *telling) write(k *talker, what string, drafts ...record.Entry) {
	r := w.at(k)
	defer r.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { _, err := r.Write(ctx, Commit, drafts...); done <- err }()
	if !w.passed[what] && w.deadly("amid") {
		w.passed[what] = true
		time.Sleep(time.Duration(w.r.IntN(int(testPeriod)))) // in the middle, wherever that is
		k.kill()
		w.kills["amid"]++
		<-done
		k.start()
		return
	}
	if err := <-done; err != nil {
		w.t.Fatal(err)
	}
}

func (w *telling) words(who record.Name) string { return fmt.Sprintf("Plan %d, for %s.", w.n, who) }

// run makes a plan and carries it out, as a keeper does who looks after every
// step what is next.
func (w *telling) run(deadly func(string) bool) {
	w.n++
	w.deadly, w.rang, w.passed = deadly, nil, map[string]bool{}
	steps := []circle.PlanStep{
		{Who: "envoy", Hold: true}, {Who: "family", Hold: true, Form: record.Call}, {Who: "official", Hold: true}, {Who: "press", Form: record.Call},
	}
	for i, s := range steps {
		steps[i].Words = w.words(s.Who)
	}
	w.plan = newID()
	r := w.at(w.keeper)
	if _, err := r.Write(w.t.Context(), Commit, record.Entry{ID: w.plan, Body: circle.Plan{On: circle.OnDeath, Steps: steps}}); err != nil {
		w.t.Fatal(err)
	}
	r.Close()
	for range 200 {
		if w.step() {
			w.check(steps)
			return
		}
	}
	w.t.Fatal("the plan does not end")
}

// step does what is next, and reports whether nothing is left to do.
func (w *telling) step() bool {
	f := w.following()
	if !f.Begun {
		w.write(w.keeper, "begin", record.Entry{Body: circle.Notification{Plan: w.plan, Reach: circle.Begun}})
		w.point("begun", &w.keeper.child)
		return false
	}
	for _, s := range f.Steps {
		switch {
		case s.Turn == circle.Next:
			w.point("next", &w.keeper.child)
			w.tell(f, s)
			return false
		case s.Turn == circle.WasTold && s.Hold:
			w.hear(s)
			return false
		}
	}
	return true
}

func (w *telling) tell(f circle.Following, s circle.Telling) {
	k := w.people[s.Who]
	if k == nil {
		if !slices.Contains(w.rang, s.Who) {
			w.rang = append(w.rang, s.Who) // what he has said on the telephone he remembers
		}
		w.write(w.keeper, "note "+string(s.Who), record.Entry{Body: circle.Notification{Plan: w.plan, Who: s.Who, Reach: circle.Told, Form: s.Form}})
		return
	}
	if n := w.got(k); n != 0 {
		w.t.Fatalf("%s was told %d times before anybody told him", s.Who, n)
	}
	drafts, err := f.Telling(w.keeper.name, newID())
	if err != nil {
		w.t.Fatal(err)
	}
	r := w.at(w.keeper)
	before, err := r.Relay(w.t.Context())
	r.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(w.keeper, "tell "+string(s.Who), drafts...)
	w.point("written", &w.keeper.child)
	if w.deadly("sent") {
		eventually(w.t, "a tick passes", func() bool {
			r := w.at(w.keeper)
			defer r.Close()
			now, err := r.Relay(w.t.Context())
			return err == nil && now.Tick > before.Tick
		})
		w.point("sent", &w.keeper.child, &w.rel)
	}
}

// hear brings the answer of somebody who was told: by hand, or from his desk.
func (w *telling) hear(s circle.Telling) {
	k := w.people[s.Who]
	if k == nil {
		w.write(w.keeper, "heard "+string(s.Who), record.Entry{Body: circle.Notification{Plan: w.plan, Who: s.Who, Reach: circle.Acknowledged}})
		return
	}
	var told, answered keys.ID
	eventually(w.t, "what "+string(s.Who)+" is told arrives", func() bool {
		for _, it := range w.record(k).Known() {
			if m, ok := it.Body.(record.Message); ok && m.Text == w.words(s.Who) {
				told = it.ID
			} else if ok && it.By == k.name && !told.IsZero() && it.Answers == told {
				answered = it.ID
			}
		}
		return !told.IsZero()
	})
	w.point("received", &k.child, &w.keeper.child)
	if answered.IsZero() {
		w.write(k, "answer "+string(s.Who), record.Entry{Audience: []record.Name{w.keeper.name}, Answers: told, Body: record.Message{
			From: k.name, To: w.keeper.name, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Confirm, Text: "Heard.",
		}})
		w.point("answered", &k.child)
		return // and looks again: perhaps it was not written
	}
	eventually(w.t, "the answer arrives", func() bool {
		_, there := w.record(w.keeper).Get(answered)
		return there
	})
	w.point("acknowledged", &w.keeper.child)
}

// got counts how often the record of somebody holds what he was told.
func (w *telling) got(k *talker) (n int) {
	for _, it := range w.record(k).Known() {
		if m, ok := it.Body.(record.Message); ok && it.By == w.keeper.name && m.Text == w.words(k.name) {
			n++
		}
	}
	return n
}

// check holds what became of a plan against what it says.
func (w *telling) check(steps []circle.PlanStep) {
	w.t.Helper()
	var order []string
	for _, it := range w.record(w.keeper).Known() {
		n, ok := it.Body.(circle.Notification)
		if ok && n.Plan == w.plan && n.Reach != circle.Begun {
			order = append(order, fmt.Sprint(n.Reach, " ", n.Who))
		}
		if m, ok := it.Body.(record.Message); ok && m.Text == "Heard." && w.tells(it.Answers) {
			order = append(order, fmt.Sprint(circle.Acknowledged, " ", it.By))
		}
	}
	var want []string
	for _, s := range steps {
		want = append(want, fmt.Sprint(circle.Told, " ", s.Who))
		if s.Hold {
			want = append(want, fmt.Sprint(circle.Acknowledged, " ", s.Who))
		}
	}
	if !slices.Equal(order, want) {
		w.t.Fatalf("plan %d went %q, not %q", w.n, order, want)
	}
	for _, k := range w.people {
		if n := w.got(k); n != 1 {
			w.t.Fatalf("plan %d: %s was told %d times", w.n, k.name, n)
		}
		w.told++
	}
	if w.told += len(w.rang); !slices.Equal(w.rang, []record.Name{"family", "press"}) {
		w.t.Fatalf("rang %v", w.rang)
	}
}

// tells reports whether a message is one by which this plan told somebody.
func (w *telling) tells(id keys.ID) bool {
	return slices.ContainsFunc(w.following().Notes, func(n circle.Noted) bool { return n.As == id && !id.IsZero() })
}

func (w *telling) over() {
	w.t.Helper()
	for _, k := range append([]*talker{w.keeper}, w.people["envoy"], w.people["official"]) {
		k.stop()
		rep, err := Verify(k.dir, pass, nil)
		if err != nil || len(rep.Notices) > 0 {
			w.t.Fatalf("verify %s: %+v %v", k.name, rep, err)
		}
	}
	w.rel.stop()
}
