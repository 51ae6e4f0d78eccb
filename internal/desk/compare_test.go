package desk

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/compare"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// threeDesks has a go-between talk with two sides.
func threeDesks(t *testing.T) (mid, envoy, official *Desk, dirs [3]string) {
	rel := startRelay(t, relaytest.Options{})
	mid, dirs[0] = open(t, "go-between", Options{})
	envoy, dirs[1] = open(t, "envoy", Options{})
	official, dirs[2] = open(t, "official", Options{})
	if err := mid.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
		t.Fatal(err)
	}
	join(t, mid, envoy, rel.Tickets[1])
	join(t, mid, official, rel.Tickets[2])
	for i := range 3 {
		write(t, mid, say(mid, "envoy", fmt.Sprint("out ", i)))
		write(t, envoy, say(envoy, "go-between", fmt.Sprint("back ", i)))
		write(t, official, say(official, "go-between", fmt.Sprint("aside ", i)))
	}
	eventually(t, "all arrive", func() bool {
		return len(texts(t, envoy, "go-between")) == 3 && len(texts(t, mid, "envoy")) == 3 && len(texts(t, mid, "official")) == 3
	})
	eventually(t, "all is acknowledged", func() bool { return received(t, mid, "envoy") == 3 && received(t, envoy, "go-between") == 3 })
	return mid, envoy, official, dirs
}

// phase gives where a desk stands in the comparison that it asked for, or was
// asked.
func phase(d *Desk, peer record.Name, asked bool) compare.Phase {
	lines, _ := d.Lines(context.Background())
	for _, l := range lines {
		for _, s := range l.Comparisons {
			if l.Peer == peer && s.Asked == asked {
				return s.Phase
			}
		}
	}
	return compare.None
}

func step(t *testing.T, d *Desk, peer record.Name, s CompareStep) {
	t.Helper()
	if err := d.CompareLine(t.Context(), peer, s); err != nil {
		t.Fatal(s, err)
	}
}

// comparisons gives what a desk entered of comparisons.
func comparisons(t *testing.T, h Handle) (out []record.Comparison) {
	t.Helper()
	r, err := h.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		if c, ok := it.Body.(record.Comparison); ok {
			out = append(out, c)
		}
	}
	return out
}

// doctor makes a desk's record say that a message was another.
func doctor(t *testing.T, d *Desk, text, instead string) (id keys.ID) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	other := record.New(d.Keeper())
	for _, it := range d.record.Known() {
		if m, ok := it.Body.(record.Message); ok && m.Text == text {
			m.Text = instead
			it.Body, id = m, it.ID
		}
		if _, err := other.Add(d.codec, it); err != nil {
			t.Fatal(err)
		}
	}
	d.record, d.snap = other, nil
	return id
}

func asked(t *testing.T, from, to *Desk) {
	t.Helper()
	step(t, from, to.Keeper(), CompareAsk)
	eventually(t, "the ask arrives", func() bool { return phase(to, from.Keeper(), false) == compare.Pending })
}

// TestStory_TwoDesksCompareTheirLine: both records are the same; one is
// doctored, and both desks name the entry; the third learns nothing.
func TestStory_TwoDesksCompareTheirLine(t *testing.T) {
	if testing.Short() {
		t.Skip("the other comparisons here are run with the race detector; this one whole, without it")
	}
	t.Parallel()
	mid, envoy, official, _ := threeDesks(t)
	asked(t, mid, envoy)
	if got := append(comparisons(t, mid), comparisons(t, envoy)...); len(got) != 0 {
		t.Fatal("something was found before anybody consented", got)
	}
	step(t, envoy, "go-between", CompareConsent)
	eventually(t, "both have it", func() bool { return len(comparisons(t, mid)) == 1 && len(comparisons(t, envoy)) == 1 })
	for _, d := range []*Desk{mid, envoy} {
		if c := comparisons(t, d)[0]; !c.Same() || c.Sent.Last != 3 || c.Came.Last != 3 {
			t.Fatalf("%s: %+v", d.Keeper(), c)
		}
	}
	if err := envoy.CompareLine(t.Context(), "go-between", CompareConsent); !fault.Is(err, fault.NotFound) {
		t.Fatal("CMP-10: a consent was used twice:", err)
	}

	// The envoy's desk now says that something else was said to it.
	id := doctor(t, envoy, "out 1", "out 1, and we guarantee it")
	asked(t, envoy, mid)
	step(t, mid, "envoy", CompareConsent)
	eventually(t, "both have the second", func() bool { return len(comparisons(t, mid)) == 2 && len(comparisons(t, envoy)) == 2 })
	for _, d := range []*Desk{mid, envoy} {
		c := comparisons(t, d)[1]
		if len(c.Findings) != 1 || c.Findings[0].How != record.Differs || c.Findings[0].Entries[0] != id || c.Findings[0].Numbers.First != 2 || c.Findings[0].Sent != (d == mid) {
			t.Fatalf("%s finds %+v", d.Keeper(), c)
		}
		r, _ := d.Record(t.Context())
		raised := false
		for _, a := range view.Of(r.For(d.Keeper(), record.AsOf{}), record.At(time.Now())).Alarms() {
			raised = raised || a.Kind == view.RecordsDiffer
		}
		if !raised {
			t.Errorf("no alarm at %s", d.Keeper())
		}
		if got := r.For("official", record.AsOf{}).Items(); d == envoy && len(got) != 0 {
			t.Error("the official is shown something of it", got)
		}
	}
	if got := comparisons(t, official); len(got) != 0 || phase(official, "go-between", false) != compare.None {
		t.Error("law 5: a third desk learned of it", got)
	}
}

// TestWhoeverDeclinesTeachesNothing: declined, not answered, taken back: the
// asker has the same frames and the same record each time.
func TestWhoeverDeclinesTeachesNothing(t *testing.T) {
	t.Parallel()
	mid, envoy, _, _ := threeDesks(t)
	doctor(t, envoy, "out 1", "other words")
	asked(t, mid, envoy)
	if err := mid.CompareLine(t.Context(), "envoy", CompareAsk); !fault.Is(err, fault.Exists) {
		t.Fatal("a second ask beside the first", err)
	}
	step(t, mid, "envoy", CompareStop)
	eventually(t, "it is taken back", func() bool { return phase(envoy, "go-between", false) == compare.Stopped })
	if err := envoy.CompareLine(t.Context(), "go-between", CompareConsent); !fault.Is(err, fault.NotFound) {
		t.Fatal("consent to what was taken back", err)
	}
	asked(t, mid, envoy)
	step(t, envoy, "go-between", CompareDecline)
	eventually(t, "it is declined", func() bool { return phase(mid, "envoy", true) == compare.Declined })
	for _, d := range []*Desk{mid, envoy} {
		if got := comparisons(t, d); len(got) != 0 {
			t.Errorf("%s has %+v", d.Keeper(), got)
		}
		d.mu.Lock()
		for _, c := range d.compares {
			for _, r := range []compare.Run{c.Mine, c.Theirs} {
				if !r.Mine.IsZero() || !r.Theirs.IsZero() || !r.Salt.IsZero() || len(r.Pages) > 0 {
					t.Errorf("CMP-33: %s keeps secrets of what is over", d.Keeper())
				}
			}
		}
		d.mu.Unlock()
	}
}

// TestWhoeverWithholdsIsSeen: the envoy consents, sees the go-between's side,
// and takes his consent back before his own is shown.
func TestWhoeverWithholdsIsSeen(t *testing.T) {
	t.Parallel()
	mid, envoy, _, _ := threeDesks(t)
	asked(t, mid, envoy)
	envoy.mu.Lock()
	envoy.comparing = true // his program does not go on by itself
	envoy.mu.Unlock()
	step(t, envoy, "go-between", CompareConsent)
	eventually(t, "it was shown", func() bool {
		envoy.mu.Lock()
		defer envoy.mu.Unlock()
		return len(envoy.compares["go-between"].Theirs.Inbox) > 0
	})
	step(t, envoy, "go-between", CompareStop)
	eventually(t, "it is seen", func() bool { return len(comparisons(t, mid)) == 1 })
	if c := comparisons(t, mid)[0]; c.Outcome != record.CompareWithheld || len(c.Findings) != 0 {
		t.Fatalf("%+v", c)
	}
}

// TestHostileComparisons: whatever a desk sends about comparing, nothing is
// shown without consent, nothing is entered, and the talk goes on.
func TestHostileComparisons(t *testing.T) {
	t.Parallel()
	mid, envoy, _, _ := threeDesks(t)
	send := func(b []byte) {
		envoy.mu.Lock()
		defer envoy.mu.Unlock()
		f, err := envoy.post.frameIn(line.Control, "go-between", b)
		if err == nil {
			if err = envoy.keepRaw(f); err == nil {
				return
			}
		}
		t.Error(err)
	}
	message := func(m compare.Message) {
		b, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		send(b)
	}
	r := rand.New(rand.NewPCG(5, 5))
	run := keys.ID{7}
	scope := compare.Scope{Asker: record.Numbers{First: 1, Last: 3}}
	ask := compare.Message{Step: compare.StepAsk, Run: run, Form: 1, Life: compare.Life, Nonce: keys.Hash{1}, Scope: scope}
	send([]byte("rubbish"))
	send(nil)
	for _, s := range []compare.Step{compare.StepDecline, compare.StepStop} {
		message(compare.Message{Step: s, Run: run})
	}
	message(compare.Message{Step: compare.StepShow, Run: run, Pages: make([]byte, 32)})
	message(compare.Message{Step: compare.StepOpen, Run: run, Salt: keys.Hash{1}, Pages: make([]byte, 32)})
	message(compare.Message{Step: compare.StepCommit, Run: run, Nonce: keys.Hash{1}, Scope: scope, Commit: keys.Hash{1}})
	message(ask)
	message(compare.Message{Step: compare.StepShow, Run: run, Pages: make([]byte, 32)}) // without consent
	for i := range 40 {                                                                 // endless
		ask.Run = keys.ID{8, byte(i)}
		message(ask)
		b, _ := ask.Encode()
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		send(b)
	}
	write(t, envoy, say(envoy, "go-between", "after all that"))
	eventually(t, "the talk goes on", func() bool { return len(texts(t, mid, "envoy")) == 4 })
	if got := comparisons(t, mid); len(got) != 0 || phase(mid, "envoy", false) != compare.Pending {
		t.Fatal(got, phase(mid, "envoy", false))
	}
	mid.mu.Lock()
	defer mid.mu.Unlock()
	for k := range mid.post.unacked {
		if k.class == line.Control {
			t.Error("something was answered without consent")
		}
	}
	for _, it := range mid.record.Known() {
		if n, ok := it.Body.(record.Note); ok && strings.Contains(n.Text, "not taken in") {
			t.Error("hostile messages fill the record:", n.Text)
		}
	}
}

// keepRaw queues a frame as it is. The caller holds mu.
func (d *Desk) keepRaw(frames []vault.Frame) error {
	err := d.vault.Update(func(tx *vault.Tx) error { return tx.Queue(frames[0]) })
	if err == nil {
		d.post.queued(frames)
	}
	return err
}

// TestLaw6_AComparisonIsKilledAtAnyMoment is [CMP-34]: desks are killed while they compare,
// and it comes to its end all the same.
func TestLaw6_AComparisonIsKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	rel := child{t: t, role: "relay " + t.TempDir() + " " + freePort(t)}
	rel.start()
	defer rel.stop()
	a, b := newTalker(t, "go-between"), newTalker(t, "envoy")
	tickets, err := os.ReadFile(filepath.Join(strings.Fields(rel.role)[1], "tickets"))
	if err != nil {
		t.Fatal(err)
	}
	connectTalkers(t, a, b, rel.said, strings.Fields(string(tickets)))
	for range 3 {
		a.say(t, "envoy")
		b.say(t, "go-between")
	}
	a.settled(t, b)
	b.settled(t, a)
	seed := uint64(os.Getpid())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 6))
	with := func(k *talker, f func(r *Remote) bool) bool {
		h := k.handle(t)
		if h == nil {
			return false
		}
		defer h.Close()
		return f(h)
	}
	do := func(k *talker, peer record.Name, s CompareStep) bool {
		return with(k, func(h *Remote) bool {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			return h.CompareLine(ctx, peer, s) == nil
		})
	}
	over := func(k *talker) bool {
		return with(k, func(h *Remote) bool {
			c := comparisons(t, h)
			return len(c) == 1 && c[0].Same()
		})
	}
	eventually(t, "it is asked", func() bool { return do(a, "envoy", CompareAsk) })
	a.kill()
	a.start()
	eventually(t, "it is answered", func() bool { return do(b, "go-between", CompareConsent) })
	for i := range 8 {
		v := []*talker{b, a}[i%2]
		time.Sleep(time.Duration(r.IntN(int(2 * testPeriod))))
		v.kill()
		v.start()
	}
	eventually(t, "both have what came of it", func() bool { return over(a) && over(b) })
	a.stop()
	b.stop()
}

// TestLaw2_AComparisonIsNotSeen: traffic and work are those of silence while
// two desks compare.
func TestLaw2_AComparisonIsNotSeen(t *testing.T) {
	done := false
	got := observe(t, workload{"a comparison", func(s *stage, tick int) {
		switch {
		case tick == 1:
			s.say("seventy days")
			s.reply("sixty")
		case tick == 18:
			if err := s.a.CompareLine(context.Background(), "envoy", CompareAsk); err != nil {
				t.Error(err)
			}
		case phase(s.b, "go-between", false) == compare.Pending:
			if err := s.b.CompareLine(context.Background(), "go-between", CompareConsent); err != nil {
				t.Error(err)
			}
		}
		done = done || phase(s.a, "envoy", true) == compare.Done
	}})
	if diff := sameTrace(observe(t, silence), got); diff != "" {
		t.Fatalf("it can be told from silence: %s", diff)
	}
	if !done {
		t.Fatal("nothing was compared: it was no workload")
	}
}
