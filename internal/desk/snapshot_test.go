package desk

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/internal/accord"
	"backchannel/internal/accord/accordtest"
	"backchannel/internal/convey"
	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/vault"
)

// filled makes a desk of n random entries in dir and closes it.
func filled(t testing.TB, dir string, seed uint64, n int) [][]byte {
	t.Helper()
	if err := Create(dir, "go-between", pass, vault.Cheap()); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), dir, pass, Options{Offline: true, KeepDue: true})
	if err != nil {
		t.Fatal(err)
	}
	g := accordtest.New(seed, accordtest.Options{})
	for done := 0; done < n; {
		k := min(n-done, 300)
		if err := d.store(g.Items(k), nil); err != nil {
			t.Fatal(err)
		}
		done += k
	}
	out := journalOf(t, d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

// journalOf gives the record of d as the journal would hold it.
func journalOf(t testing.TB, d *Desk) (out [][]byte) {
	t.Helper()
	r, err := d.Record(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range r.Known() {
		b, err := accord.Codec().EncodeItem(it)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func opened(t testing.TB, dir string) *Desk {
	t.Helper()
	d, err := Open(t.Context(), dir, pass, Options{Offline: true, KeepDue: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func wantJournal(t testing.TB, d *Desk, want [][]byte, why string) {
	t.Helper()
	got := journalOf(t, d)
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", why, len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("%s: entry %d is another", why, i)
		}
	}
}

// A desk opens from its snapshot and the tail, and is the same as one that
// reads its whole journal; whatever happens to the snapshot, nothing is lost.
func TestOpenIsSnapshotAndTail(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "desk")
	want := filled(t, dir, 42, 3500)
	path := filepath.Join(dir, "snapshot")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := opened(t, dir)
	if to := d.vault.SnapshotTo(); to != 3*record.PackItems {
		t.Fatalf("the snapshot reaches %d", to)
	}
	wantJournal(t, d, want, "with its snapshot")
	last := d.last
	d.Close()
	rnd := rand.New(rand.NewPCG(42, 1))
	for i := range 12 {
		b := bytes.Clone(good)
		switch {
		case i == 0:
			b = nil
		case i%2 == 0:
			b = b[:rnd.IntN(len(b))]
		default:
			b[rnd.IntN(len(b))] ^= 1
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		d := opened(t, dir)
		wantJournal(t, d, want, fmt.Sprint("damaged ", i))
		if d.last != last || d.vault.SnapshotTo() != 3*record.PackItems {
			t.Fatalf("damaged %d: last %d, the snapshot was mended up to %d", i, d.last, d.vault.SnapshotTo())
		}
		d.Close()
	}
	rep, err := Verify(dir, pass, nil)
	if err != nil || rep.Entries != 3500 || rep.Packed != 3*record.PackItems {
		t.Fatalf("%+v %v", rep, err)
	}
}

// Verify holds the snapshot against the journal: one that this desk sealed and
// that says something else is found.
func TestVerifyFindsAWrongSnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "desk")
	filled(t, dir, 1, 1100)
	v, err := vault.Open(dir, pass)
	if err != nil {
		t.Fatal(err)
	}
	g := accordtest.New(2, accordtest.Options{})
	other := record.New("go-between")
	for range record.PackItems {
		if _, err := other.Add(accord.Codec(), g.Next()); err != nil {
			t.Fatal(err)
		}
	}
	block, n, err := accord.Codec().Pack(other, 0)
	if err == nil {
		err = v.DropSnapshot()
	}
	if err == nil {
		err = v.AppendSnapshot(0, uint64(n), 0, block)
	}
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	if _, err := Verify(dir, pass, nil); !fault.Is(err, fault.Corrupt) {
		t.Fatalf("got %v", err)
	}
}

// On the beat at most one block is written each tick, and only at the moment of
// ingesting.
func TestLaw2_SnapshotIsKeptOnTheBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := relay.NewTimetable("law", time.Now(), lawPeriod)
		table.Capacity, table.JoinEvery = 8, 4
		rel := relaytest.Memory(t, relaytest.Options{Timetable: table, Tickets: 1})
		d, dir := openIn(t, memoryDir(t), "go-between", Options{Dial: rel.Dial})
		if err := d.Enrol(t.Context(), rel.Addr.String(), rel.Tickets[0]); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Until(table.TickStart(20).Add(time.Second)))
		var notes []record.Entry
		for range 3 * record.PackItems / 2 {
			notes = append(notes, record.Entry{Body: record.Note{Text: "x"}})
		}
		for range 2 {
			if _, err := d.Write(t.Context(), Commit, notes...); err != nil {
				t.Fatal(err)
			}
		}
		for tick, want := range []uint64{0, 1, 2, 3, 3} {
			if got := d.vault.SnapshotTo(); got != want*record.PackItems {
				t.Fatalf("after %d ticks the snapshot reaches %d", tick, got)
			}
			time.Sleep(table.Period())
		}
		d.Close()
		synctest.Wait()
		if rep, err := Verify(dir, pass, nil); err != nil || rep.Packed != 3*record.PackItems {
			t.Fatal(rep, err)
		}
	})
}

// carryNewest plans to carry each entry of the newest, and gives the plans as they
// would be stored, or why not.
func carryNewest(t testing.TB, c convey.Context, newest int) (out []string) {
	t.Helper()
	n := 0
	c.NewID = func() keys.ID { n++; return keys.ID{0xee, byte(n >> 8), byte(n)} }
	for i := max(0, c.Record.Len()-newest); i < c.Record.Len(); i++ {
		for _, to := range []record.Name{"official", "envoy"} {
			o := convey.Order{Of: c.Record.At(i).ID, To: to, Fidelity: record.Verbatim, Consent: "by phone", Asked: true}
			p, err := convey.Carry(c, o)
			out = append(out, fmt.Sprintf("%+v %v", p, err))
		}
	}
	return out
}

// A plan made from the ledger that follows the record is the plan made from one
// that was read anew, and making it takes no more in a long record.
func TestPlansFollowTheRecord(t *testing.T) {
	cost := map[int]float64{}
	for _, n := range []int{300, 3000} {
		dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
		filled(t, dir, 9, n)
		d := opened(t, dir)
		g := accordtest.New(77, accordtest.Options{})
		if err := d.store(g.Items(200), nil); err != nil { // other people's words; the ledger has to follow
			t.Fatal(err)
		}
		d.mu.Lock()
		d.context(d.last).Ledger()
		d.mu.Unlock()
		if err := d.store(g.Items(200), nil); err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		live := d.context(d.last)
		anew := live
		anew.Ledger = nil
		got, want := carryNewest(t, live, 30), carryNewest(t, anew, 30)
		carried := 0
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%d entries, plan %d:\n%s\n%s", n, i, got[i], want[i])
			}
			if len(got[i]) > 300 {
				carried++
			}
		}
		if carried < 10 {
			t.Fatalf("only %d were carried", carried)
		}
		cost[n] = testing.AllocsPerRun(3, func() { carryNewest(t, live, 30) })
		d.mu.Unlock()
	}
	if cost[3000] > 1.5*cost[300] {
		t.Fatalf("allocations by length of the record: %v", cost)
	}
}
