package desk

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/circle"
	"backchannel/internal/record"
	"backchannel/internal/vault"
	"backchannel/internal/view"
)

// talkMix is what a long channel consists of, of a hundred entries: talk, its
// way through the go-between, and now and then a text or an act on one.
func talkMix() accordtest.Options {
	return accordtest.Options{Weights: map[record.Kind]int{
		record.KindMessage: 55, record.KindConveyance: 25, record.KindReadBack: 5,
		accord.KindAct: 6, accord.KindTerm: 3, accord.KindPackage: 2, accord.KindPerformance: 1,
		record.KindNote: 1, record.KindCorrection: 1, record.KindPerson: 1,
	}}
}

// scale measures one length of the record.
type scale struct {
	t      *testing.T
	n      int
	dir    string
	gen    *accordtest.Gen
	counts map[string]int
}

// note keeps a number under the length that it belongs to.
func (s *scale) note(what string, v int) {
	s.counts[fmt.Sprintf("%07d %s", s.n, what)] = v
	s.t.Logf("%d: %s %d", s.n, what, v)
}

func (s *scale) check(err error) {
	if err != nil {
		s.t.Fatal(err)
	}
}

// once times f.
func (s *scale) once(what string, f func()) time.Duration {
	began := time.Now()
	f()
	d := time.Since(began)
	s.note(what+" µs", int(d.Microseconds()))
	return d
}

// singles is how many entries are appended one by one, and timed.
const singles = 200

func median(d []time.Duration) int {
	slices.Sort(d)
	return int(d[len(d)/2].Nanoseconds())
}

// heap gives the bytes in use once the garbage is gone.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// fill makes the desk, writes all but the last entries in bulk, and the last
// one by one: durably, beside the same bytes written and synced plainly.
func (s *scale) fill() {
	s.check(Create(s.dir, s.gen.Keeper(), pass, vault.Cheap()))
	d, err := Open(s.t.Context(), s.dir, pass, Options{Offline: true, KeepDue: true})
	s.check(err)
	for left := s.n - singles; left > 0; {
		k := min(left, 500)
		s.check(d.store(s.gen.Items(k), nil))
		left -= k
	}
	raw, err := os.Create(filepath.Join(s.t.TempDir(), "raw"))
	s.check(err)
	defer raw.Close()
	ledger := func() {
		d.mu.Lock()
		d.context(d.last).Ledger()
		d.mu.Unlock()
	}
	s.once("first ledger", ledger)
	var append1, plain, follow []time.Duration
	for range singles {
		it := s.gen.Next()
		b, err := d.codec.EncodeItem(it)
		s.check(err)
		began := time.Now()
		s.check(d.store([]record.Item{it}, nil))
		append1 = append(append1, time.Since(began))
		began = time.Now()
		ledger()
		follow = append(follow, time.Since(began))
		began = time.Now()
		_, err = raw.Write(b)
		s.check(err)
		s.check(raw.Sync())
		plain = append(plain, time.Since(began))
	}
	s.note("append, durable ns", median(append1))
	s.note("the same bytes written and synced ns", median(plain))
	s.note("ledger after an append ns", median(follow))
	s.check(d.Close())
	for _, name := range []string{"vault.db", "snapshot"} {
		if fi, err := os.Stat(filepath.Join(s.dir, name)); err == nil {
			s.note(name+" bytes an entry", int(fi.Size())/s.n)
		}
	}
}

// replay reads the whole journal into a record, beside decoding alone before
// and after, so that whatever else the machine does meets both. The processor's
// time counts what all goroutines and the collector used.
func (s *scale) replay() {
	v, err := vault.Open(s.dir, pass)
	s.check(err)
	defer v.Close()
	codec := circle.Codec()
	var r *record.Record
	var took, burnt, wall, cpu time.Duration
	again := max(1, 50_000/s.n) // what takes milliseconds is measured many times
	decode := func() {
		w, c := s.decode(v)
		wall, cpu = wall+w, cpu+c
	}
	for range again {
		decode()
		r = record.New(s.gen.Keeper())
		before := heap()
		began, used := time.Now(), cpuTime()
		s.check(readJournal(v, codec, 0, func(_ uint64, it record.Item) error {
			_, err := r.Add(codec, it)
			return err
		}))
		took, burnt = took+time.Since(began), burnt+cpuTime()-used
		s.note("record, replayed, bytes an entry", (heap()-before)/s.n)
		decode()
	}
	wall, cpu = wall/2, cpu/2
	s.note("replays", again)
	s.note("replay of the journal µs", int(took.Microseconds())/again)
	s.note("decoding alone µs", int(wall.Microseconds())/again)
	s.note("replay per decoding %", int(100*took/wall))
	s.note("replay per decoding, processor time %", int(100*burnt/max(cpu, 1)))
	if r.Len() != s.n {
		s.t.Errorf("%d entries of %d", r.Len(), s.n)
	}
	runtime.KeepAlive(r)
	if took > 2*wall {
		s.t.Errorf("%d: replay takes more than twice decoding", s.n)
	}
}

// decode times decoding the whole journal and nothing else.
func (s *scale) decode(v *vault.Vault) (wall, cpu time.Duration) {
	codec := circle.Codec()
	var rows [][]byte
	decode := func() {
		began, used := time.Now(), cpuTime()
		for _, b := range rows {
			_, err := codec.DecodeItem(b)
			s.check(err)
		}
		wall, cpu = wall+time.Since(began), cpu+cpuTime()-used
		rows = rows[:0]
	}
	s.check(v.Journal(0, func(_ uint64, b []byte) error {
		if rows = append(rows, b); len(rows) == 10_000 {
			decode()
		}
		return nil
	}))
	decode()
	return wall, cpu
}

// views opens the desk from its snapshot and makes each view at both clocks.
func (s *scale) views() {
	before := heap()
	var d *Desk
	used := cpuTime()
	s.once("open, snapshot and tail", func() {
		var err error
		d, err = Open(s.t.Context(), s.dir, pass, Options{Offline: true, KeepDue: true})
		s.check(err)
	})
	s.note("open, snapshot and tail, processor time µs", int((cpuTime() - used).Microseconds()))
	defer d.Close()
	s.note("tail", d.record.Len()-int(d.vault.SnapshotTo()))
	s.note("record, opened, bytes an entry", (heap()-before)/s.n)
	r, err := d.Record(s.t.Context())
	s.check(err)
	now := s.gen.Now()
	half := r.At(r.Len() / 2).Known
	for _, at := range []struct {
		name string
		as   record.AsOf
	}{{"now", record.AsOf{}}, {"as it stood", record.AsOf{Stood: half}}, {"as we knew", record.AsOf{Knew: half}}} {
		name, as := at.name, at.as
		var v *view.View
		s.once(name+": projection and index", func() { v = view.Of(r.For(r.Keeper(), as), now) })
		for _, w := range []struct {
			name string
			make func()
		}{
			{"where we stand", func() { v.Standing() }}, {"who owes what", func() { v.Owes() }}, {"performance", func() { v.Performance() }},
			{"whose turn", func() { v.Turns() }}, {"through whom", func() { v.Paths() }}, {"tempo", func() { v.Traffic(0, now) }},
			{"alarms", func() { v.Alarms() }},
		} {
			s.once(name+": "+w.name, w.make)
		}
		runtime.KeepAlive(v)
	}
	s.live(d, before)
	other := r.For("envoy", record.AsOf{})
	s.note("entries that the envoy was given", other.Len())
}

// live keeps one view of the desk up to date, entry by entry, as a face does.
func (s *scale) live(d *Desk, before int) {
	now := s.gen.Now()
	project := func() *record.Projection {
		r, err := d.Record(s.t.Context())
		s.check(err)
		return r.For(r.Keeper(), record.AsOf{})
	}
	v := view.Follow(project(), now)
	s.once("live view: first alarms", func() { v.CountAlarms() })
	s.once("live view: first turns", func() { v.Turns() })
	s.note("live view: alarms", v.CountAlarms())
	var party record.Name // whom most terms concern
	for _, p := range v.Parties() {
		if party == "" || v.Ledger().CountTouching(p.Name) > v.Ledger().CountTouching(party) {
			party = p.Name
		}
	}
	s.note("live view: terms that concern one party", v.Ledger().CountTouching(party))
	const windows = 9 // of the steps, how many do not list everything
	steps := []struct {
		name string
		do   func()
	}{
		{"brought up to date, with its alarms", func() { v = v.Next(project(), s.gen.Now()); v.CountAlarms() }},
		{"the newest 20 moments", func() { v.Moments(v.Projection().Len()-20, 20) }},
		{"the last 20 alarms", func() { v.SomeAlarms(v.CountAlarms()-20, 20) }},
		{"whose turn, the 20 that wait longest", func() { v.SomeTurns(0, 20) }},
		{"where we stand, the newest 20 packages", func() { v.SomePackages(v.Ledger().CountPackages()-20, 20) }},
		{"who owes what, the newest 20 terms of a party", func() { v.SomeOwed(party, v.Ledger().CountTouching(party)-20, 20) }},
		{"performance, the 20 due first", func() { v.SomePerformance(0, 20) }},
		{"tempo of the last day", func() { v.Traffic(v.Now()-record.Instant(24*time.Hour/time.Millisecond), 0) }},
		{"what passed between strangers", func() { v.Passed("nobody", "no-one"); v.Direct("nobody", "no-one", nil) }},
		{"whose turn", func() { v.Turns() }},
		{"where we stand", func() { v.Standing() }},
		{"who owes what", func() { v.Owes() }},
		{"performance", func() { v.Performance() }},
		{"through whom", func() { v.Paths() }},
		{"tempo", func() { v.Traffic(0, 0) }},
		{"what passed between two", func() { v.Passed("envoy", "official") }},
		{"direct talk between two", func() { v.Direct("envoy", "official", nil) }},
		{"corrections", func() { v.Corrections() }},
	}
	s.once("live view: corroborations", func() { s.note("live view: corroborations", len(v.Corroborations())) })
	took := make([][]time.Duration, len(steps))
	const alone, whole = 60, 6 // whole lists grow with what they list, and leave garbage
	for n := range alone + whole {
		s.check(d.store([]record.Item{s.gen.Next()}, nil))
		for i, step := range steps {
			if i < windows == (n >= alone) {
				continue
			}
			began := time.Now()
			step.do()
			took[i] = append(took[i], time.Since(began))
		}
	}
	for i, step := range steps {
		s.note("after an append: "+step.name+" ns", median(took[i]))
		s.note("after an append, at worst: "+step.name+" ns", int(took[i][len(took[i])-1].Nanoseconds()))
	}
	s.note("record and live view bytes an entry", (heap()-before)/s.n)
	runtime.KeepAlive(v)
}

// measureScale does it all at one length.
func measureScale(t *testing.T, seed uint64, n int, counts map[string]int) {
	s := &scale{t: t, n: n, dir: filepath.Join(t.TempDir(), "desk"), gen: accordtest.New(seed, talkMix()), counts: counts}
	s.fill()
	s.replay()
	s.views()
}

// TestTrialScaleLive measures a view that follows the record, at four lengths.
func TestTrialScaleLive(t *testing.T) {
	conduct(t, "scale-live", 2027, func(t *testing.T, counts map[string]int) {
		for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
			s := &scale{t: t, n: n, dir: filepath.Join(t.TempDir(), "desk"), gen: accordtest.New(2027, talkMix()), counts: counts}
			s.fill()
			before := heap()
			d, err := Open(t.Context(), s.dir, pass, Options{Offline: true, KeepDue: true})
			s.check(err)
			s.live(d, before)
			s.check(d.Close())
		}
	})
}

// TestTrialScale measures a desk at four lengths of its record.
func TestTrialScale(t *testing.T) {
	conduct(t, "scale", 2026, func(t *testing.T, counts map[string]int) {
		for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
			measureScale(t, 2026, n, counts)
		}
	})
}

// BenchmarkScale prints the ratios at the two lengths that do not take long.
func BenchmarkScale(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "desk")
			journal := filled(b, dir, 2026, n)
			codec := circle.Codec()
			var opening, decoding, replaying time.Duration
			for b.Loop() {
				began := time.Now()
				d, err := Open(b.Context(), dir, pass, Options{Offline: true, KeepDue: true})
				if err != nil {
					b.Fatal(err)
				}
				opening += time.Since(began)
				d.Close()
				began = time.Now()
				for _, e := range journal {
					if _, err := codec.DecodeItem(e); err != nil {
						b.Fatal(err)
					}
				}
				decoding += time.Since(began)
				v, err := vault.Open(dir, pass)
				if err != nil {
					b.Fatal(err)
				}
				began = time.Now()
				r := record.New("go-between")
				if err := readJournal(v, codec, 0, func(_ uint64, it record.Item) error {
					_, err := r.Add(codec, it)
					return err
				}); err != nil {
					b.Fatal(err)
				}
				replaying += time.Since(began)
				v.Close()
			}
			b.ReportMetric(float64(opening)/float64(decoding), "open-x-decoding")
			b.ReportMetric(float64(replaying)/float64(decoding), "replay-x-decoding")
		})
	}
}
