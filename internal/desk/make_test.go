package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/circle"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// signs is all of a vault that somebody who has its passphrase could look at for
// a sign that the talk in it took place, or did not: which files there are,
// which values by name and how many, what waits, how far each line stands, and
// every entry. What is random at every desk, and when it was, is left out.
func signs(t *testing.T, dir string) (out []string) {
	t.Helper()
	tell := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		tell("file %s, mode %s", f.Name(), info.Mode())
	}
	rep, err := Verify(dir, pass, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range rep.Notices {
		tell("notice %s", x)
	}
	rep.Notices = nil
	tell("%+v", rep)
	d := reopen(t, dir, Options{Offline: true})
	defer d.Close()
	p := d.post
	for _, name := range []string{metaKeeper, metaRelay, metaPending, metaLines, metaTickets, metaClock, metaSign, metaSkipped, metaMoved, metaBackups} {
		if b, err := d.vault.Meta(name); err == nil && name == metaKeeper {
			tell("value %s: %s", name, b)
		} else if err == nil {
			tell("value %s", name)
		}
	}
	m := p.clocks[0].member
	tell("member of %s, %d charters, token %d, code %d, seed %d, id %d bytes, leaving %v, %+v", m.Cohort, len(m.Charters), len(m.Token), len(m.Code), len(m.Seed), len(m.Member), m.Leaving, timeless(m.Table))
	for _, st := range p.clocks[0].deck.Lines() {
		q := p.peers[lineID(st.Line)]
		tell("line %d to %s, compared %v, known since %v, expires %v, of %d", q.Line, q.Name, asCompared(q, st), q.Made != 0, q.Until != 0, len(q.Of))
		for c := range line.Class(line.Classes) {
			if b, err := d.vault.Meta(markName(lineID(st.Line), c)); err == nil {
				var k line.Mark
				if err := wire.DecodeOwn(b, &k); err != nil {
					t.Fatal(err)
				}
				tell("mark %d/%d, run %d, next %d, some %v", k.Line, k.Class, k.Run, k.Next, k.Last > 0)
			}
		}
		healed := st.Epoch > 1
		st.Words, st.Made, st.Expires, st.Heard, st.Epoch, st.EpochAge, st.NextFrame = st.Words[:0], 0, 0, 0, 0, 0, 0
		tell("healed %v, %+v", healed, st)
	}
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Len() {
		it := *r.At(i)
		typed := record.Item{Entry: it.Entry, Known: it.Known, Came: record.ByHand()}
		if it.Came.Over() != "" {
			typed.Came = record.OverLine(it.Came.Over(), it.Came.Number())
		}
		a, errA := circle.Codec().EncodeItem(it)
		b, errB := circle.Codec().EncodeItem(typed)
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Fatalf("an entry holds more than whoever types it knows: %v %v", errA, errB)
		}
		since := it.Known.Time().Sub(m.Table.Start()) % m.Table.Period()
		beat := it.Came.Over() != "" && since >= m.Table.Period()*3/4 && since < m.Table.Period()*13/16
		tell("entry %s by %s, over %q number %d, %d bytes, in time %v", it.Body.Kind(), it.By, it.Came.Over(), it.Came.Number(), len(a), beat)
	}
	slices.Sort(out)
	return out
}

func timeless(t relay.Timetable) relay.Timetable { t.StartMS = 0; return t }

// TestLaw3_AVaultCanBeMadeUp: one person makes the vaults of both ends of a talk
// that nobody had, with no relay, and there is nothing in them that those of the
// same talk between two desks over a relay do not have, nor the other way round.
// Showable confirmations apart, of which there is none here.
func TestLaw3_AVaultCanBeMadeUp(t *testing.T) {
	talk := func(say func(from, to record.Name, text string), settle func()) {
		say("go-between", "envoy", "a1")
		say("go-between", "envoy", "a2")
		say("envoy", "go-between", "b1")
		settle()
		say("go-between", "envoy", "a3")
		settle()
	}
	var genuine, made [2][]string
	var began, ended time.Time
	synctest.Test(t, func(t *testing.T) {
		s := putStage(t)
		desks := map[record.Name]*Desk{"go-between": s.a, "envoy": s.b}
		began = time.Now()
		s.until("healing", func() bool { return s.quiet() && s.healed() })
		talk(func(from, to record.Name, text string) { s.say(desks[from], to, text) }, func() {
			s.until("the talk", func() bool { return s.quiet() && s.a.post.idle() && s.b.post.idle() })
		})
		ended = time.Now()
		for i, dir := range []string{s.adir, s.bdir} {
			desks[record.Name(filepath.Base(dir))].Close()
			genuine[i] = signs(t, dir)
		}
	})
	dir := memoryDir(t)
	dirs := map[record.Name]string{"go-between": filepath.Join(dir, "go-between"), "envoy": filepath.Join(dir, "envoy")}
	table := relay.NewTimetable("put", began, lawPeriod)
	table.Capacity, table.JoinEvery = 8, 4
	l, err := newLoom(t.Context(), LoomOrder{Dirs: dirs, Passphrase: pass, Params: vault.Cheap(), Relay: "relay.example.org:443", From: record.At(began), To: record.At(ended)}, table)
	must(t, err)
	must(t, l.OpenLines(t.Context(), [][2]record.Name{{"go-between", "envoy"}}))
	talk(func(from, to record.Name, text string) {
		d, err := l.Desk(from)
		must(t, err)
		_, err = d.Write(t.Context(), Commit, say(d, to, text))
		must(t, err)
	}, func() { must(t, l.Settle(t.Context())) })
	must(t, l.Close())
	for i, n := range []record.Name{"go-between", "envoy"} {
		made[i] = signs(t, dirs[n])
		differ(t, string(n), genuine[i], made[i])
	}
	if n := len(genuine[0]); n < 20 {
		t.Errorf("only %d signs were compared", n)
	}
	t.Logf("%d and %d signs compared", len(genuine[0]), len(genuine[1]))
	l.goesOn(t, dirs)
}

func differ(t *testing.T, who string, genuine, made []string) {
	t.Helper()
	for _, x := range genuine {
		if i := slices.Index(made, x); i >= 0 {
			made = slices.Delete(slices.Clone(made), i, i+1)
		} else {
			t.Errorf("%s, only in the genuine vault: %s", who, x)
		}
	}
	for _, x := range made {
		t.Errorf("%s, only in the one that was made up: %s", who, x)
	}
}

// goesOn opens the vaults that a loom has closed, and talks on: the two ends of
// a line that was made up fit.
func (l *Loom) goesOn(t *testing.T, dirs map[record.Name]string) {
	l.desks, l.slates = nil, nil
	l.tick += 100
	for _, n := range []record.Name{"envoy", "go-between"} {
		d := reopen(t, dirs[n], Options{Offline: true, CaseClock: true})
		l.desks = append(l.desks, d)
	}
	must(t, l.Settle(t.Context()))
	_, err := l.desks[0].Write(t.Context(), Commit, say(l.desks[0], "go-between", "and on"))
	must(t, err)
	must(t, l.Settle(t.Context()))
	if got := texts(t, l.desks[1], "envoy"); len(got) != 2 || got[1] != "and on" {
		t.Errorf("the go-between has %q", got)
	}
	must(t, l.Close())
}

// TestAMadeUpTalkMayTakeAYear: long pauses cost no time, and the desks are off.
func TestAMadeUpTalkMayTakeAYear(t *testing.T) {
	dir := memoryDir(t)
	from := time.Date(1990, 5, 1, 9, 0, 0, 0, time.UTC)
	dirs := map[record.Name]string{"go-between": filepath.Join(dir, "go-between"), "envoy": filepath.Join(dir, "envoy")}
	l, err := NewLoom(t.Context(), LoomOrder{Dirs: dirs, Passphrase: pass, Params: vault.Cheap(), Relay: "relay.example.org:443", From: record.At(from), To: record.At(from.AddDate(1, 0, 0))})
	must(t, err)
	must(t, l.OpenLines(t.Context(), [][2]record.Name{{"envoy", "go-between"}}))
	a, err := l.Desk("envoy")
	must(t, err)
	for quarter := range 5 {
		must(t, l.SetClock(t.Context(), record.At(from.AddDate(0, 3*quarter, 0))))
		_, err := a.Write(t.Context(), Commit, say(a, "go-between", fmt.Sprint("quarter ", quarter)))
		must(t, err)
		must(t, l.Settle(t.Context()))
	}
	must(t, l.Close())
	for n, dir := range dirs {
		rep, err := Verify(dir, pass, nil)
		if err != nil || len(rep.Notices) > 0 {
			t.Error(n, rep.Notices, err)
		}
	}
	b := reopen(t, dirs["go-between"], Options{Offline: true})
	if got := texts(t, b, "envoy"); len(got) != 5 {
		t.Errorf("the go-between has %q", got)
	}
	r, err := b.Record(t.Context())
	must(t, err)
	for i := range r.Len() {
		if k := r.At(i).Known.Time(); k.Before(from.AddDate(0, -1, 0)) || k.After(from.AddDate(1, 1, 0)) {
			t.Errorf("an entry is dated %s", k)
		}
	}
}

func (s *put) healed() bool {
	for _, d := range []*Desk{s.a, s.b} {
		for _, l := range d.post.lines() {
			if l.Epoch < 2 {
				return false
			}
		}
	}
	return true
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLaw2_WhoeverWritesForLongDelaysNoTick: between two ticks a desk does not
// wait for its keeper, whose import may take longer than a tick. What arrived
// is taken in later. (If this hangs, it waits.)
func TestLaw2_WhoeverWritesForLongDelaysNoTick(t *testing.T) {
	dir := memoryDir(t)
	dirs := map[record.Name]string{"go-between": filepath.Join(dir, "go-between"), "envoy": filepath.Join(dir, "envoy")}
	now := time.Date(2025, 5, 1, 9, 0, 0, 0, time.UTC)
	l, err := NewLoom(t.Context(), LoomOrder{Dirs: dirs, Passphrase: pass, Params: vault.Cheap(), Relay: "relay.example.org:443", From: record.At(now), To: record.At(now)})
	must(t, err)
	defer l.Close()
	must(t, l.OpenLines(t.Context(), [][2]record.Name{{"envoy", "go-between"}}))
	a, _ := l.Desk("envoy")
	b, _ := l.Desk("go-between")
	_, err = a.Write(t.Context(), Commit, say(a, "go-between", "while he imports"))
	must(t, err)
	cursor := func() uint64 { return b.vault.CursorOf(0) }
	for range 6 {
		must(t, l.beat(t.Context()))
	}
	before := cursor()
	b.mu.Lock()
	b.post.clocks[0].takeInAll()
	b.mu.Unlock()
	if cursor() != before || len(texts(t, b, "envoy")) != 0 {
		t.Error("it was taken in behind the keeper's back")
	}
	must(t, l.Settle(t.Context()))
	if got := texts(t, b, "envoy"); len(got) != 1 {
		t.Errorf("the go-between has %q", got)
	}
}
