package relay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))

func testTimetable() Timetable {
	return Timetable{Cohort: "c", StartMS: 1000, PeriodMS: 1000, CellSize: MinCellSize, Capacity: 3, CatchUp: 3, Retention: MinRetention, JoinEvery: MinJoinEvery}
}

// bench is a shard without its goroutine: items go in, as bundles.
type bench struct {
	*shard
	mem *Memory
}

// benchKeys are two ticket keys in turn: making one for each ticket epoch takes long.
var benchKeys = &ticketKeys{give: func(_ string, epoch uint64) *rsa.PrivateKey { return vectorKeys.of("vector", epoch%2) }}

func newBench(t rapid.TB, mem *Memory) *bench {
	t.Helper()
	b := &bench{mem: mem, shard: &shard{
		log: mem, key: testKey, keys: benchKeys, now: time.Now, slog: slog.New(slog.DiscardHandler), met: newMetrics(),
		keep: 1 << 40, queue: make(chan op, 16), closed: make(chan struct{}), cohorts: map[string]*cohort{},
	}}
	if err := b.replay(context.Background()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) put(t rapid.TB, items ...item) []outcome {
	t.Helper()
	outs, err := b.write(context.Background(), items)
	if err != nil {
		t.Fatal(err)
	}
	b.maintain(context.Background())
	return outs
}

func testCell(slot int, tick uint64, tag byte) []byte {
	c := make([]byte, MinCellSize)
	copy(c, fmt.Sprintf("%d %d %d", slot, tick, tag))
	c[len(c)-1] = 1
	return c
}

func cellItem(slot int, tick uint64, tag byte) item {
	return item{Kind: itemCell, Cohort: "c", From: tick, Slot: slot, Cell: testCell(slot, tick, tag)}
}

func closeItem(from, to uint64) item {
	return item{Kind: itemClose, Cohort: "c", From: from, To: to}
}

// founded gives a shard with a cohort and n members in force from tick 4.
func founded(t rapid.TB, n int) *bench { return foundedWith(t, testTimetable(), n) }

func foundedWith(t rapid.TB, tt Timetable, n int) *bench {
	b := newBench(t, NewMemory())
	b.put(t, item{Kind: itemCohort, Cohort: "c", Timetable: &tt})
	it := item{Kind: itemTickets, Cohort: "c", TimeMS: 1, ExpiryMS: 1e12}
	for i := range 3 {
		it.Tickets = append(it.Tickets, Hash{1, byte(i)})
	}
	b.put(t, it)
	for i := range n {
		b.put(t, enrolItem(i))
	}
	b.put(t, closeItem(0, 0), closeItem(1, 1))
	return b
}

func enrolItem(i int) item {
	k, tok := Hash{1, byte(i)}, Hash{2, byte(i)}
	return item{Kind: itemEnrol, Cohort: "c", TimeMS: 2, Ticket: k[:], Token: tok[:], ID: bytes.Repeat([]byte{byte(i + 1)}, 16), Revoke: make([]byte, 32)}
}

func TestRelay14_JoinsTakeEffectAtEpochs(t *testing.T) {
	b := founded(t, 1)
	c := b.cohorts["c"]
	v := c.charters.Newest().Charter().Roster
	if v.Version != 2 || v.FromTick != 4 || len(v.Members) != 1 {
		t.Fatalf("enrolled before the close of tick 1, got %+v", v)
	}
	b.put(t, enrolItem(1)) // after the close of tick 1: too late for 4
	b.put(t, closeItem(2, 2), closeItem(3, 3), closeItem(4, 4))
	if c.charters.Len() != 2 {
		t.Fatal("a charter too early")
	}
	b.put(t, closeItem(5, 5))
	v = c.charters.Newest().Charter().Roster
	if v.Version != 3 || v.FromTick != 8 || len(v.Members) != 2 {
		t.Fatalf("got %+v", v)
	}
	for range 3 {
		b.put(t, closeItem(c.open, c.open+5))
	}
	if c.charters.Len() != 3 {
		t.Fatal("a charter without a change")
	}
}

func TestRelay17_20_FirstCellBeforeTheFirstClose(t *testing.T) {
	b := founded(t, 2)
	b.put(t, closeItem(2, 2), closeItem(3, 3))
	outs := b.put(t,
		cellItem(0, 4, 'a'), cellItem(0, 4, 'b'), cellItem(1, 5, 'c'), cellItem(2, 4, 'x'),
		closeItem(4, 4), cellItem(1, 4, 'd'), closeItem(4, 4))
	want := []Verdict{Accepted, Duplicate, Accepted, NotInForce, 0, Late, 0}
	for i, o := range outs {
		if o.verdict != want[i] {
			t.Errorf("item %d: %v, want %v", i, o.verdict, want[i])
		}
	}
	r, err := b.slates(context.Background(), "c", 4)
	if err != nil || len(r.Slates) != 1 {
		t.Fatalf("%v %v", r, err)
	}
	s := r.Slates[0]
	if !reflect.DeepEqual(s.Present, []bool{true, false, false}) || !bytes.Equal(s.Cells[0], testCell(0, 4, 'a')) || s.Version != 2 {
		t.Errorf("got %+v", s)
	}
}

func TestRelay21_DarkTicksAreSkipped(t *testing.T) {
	b := founded(t, 1)
	b.put(t, closeItem(2, 2), closeItem(3, 3), cellItem(0, 4, 'a'), cellItem(0, 7, 'b'))
	b.put(t, closeItem(4, 8), closeItem(9, 9))
	for _, c := range []struct{ cursor, resume, n uint64 }{{4, 4, 1}, {5, 7, 1}, {8, 9, 1}, {9, 9, 1}, {10, 10, 0}, {99, 99, 0}} {
		r, err := b.slates(context.Background(), "c", c.cursor)
		if err != nil || r.Resume != c.resume || uint64(len(r.Slates)) != c.n {
			t.Errorf("cursor %d: resume %d, %d slates, %v; want %d, %d", c.cursor, r.Resume, len(r.Slates), err, c.resume, c.n)
		}
	}
}

func TestRetentionAtTheBound(t *testing.T) {
	b := founded(t, 1)
	b.put(t, closeItem(2, 2), closeItem(3, 3))
	for tick := uint64(4); tick < 40; tick++ {
		b.put(t, cellItem(0, tick, 'a'))
		b.put(t, closeItem(tick, tick))
	}
	r, err := b.slates(context.Background(), "c", 0)
	if err != nil || r.Resume != 40-MinRetention || len(r.Slates) != 3 {
		t.Fatalf("resume %d, %d slates, %v", r.Resume, len(r.Slates), err)
	}
	first, last, _ := b.mem.Bounds(context.Background())
	if last-first > 2*(MinRetention+MinRetention/8+2)+12 {
		t.Errorf("the log keeps %d bundles", last-first+1)
	}
	again := newBench(t, b.mem.Reopen())
	if got := again.cohorts["c"].resume(0); got != 40-MinRetention {
		t.Errorf("after a restart resume is %d", got)
	}
}

func TestAVeryLongAbsenceOfTheRelayIsOneClose(t *testing.T) {
	b := founded(t, 1)
	b.put(t, cellItem(0, 4, 'a'), closeItem(2, 1<<40))
	c := b.cohorts["c"]
	if len(c.index) != MinRetention || c.resume(0) != 1<<40+1 || len(c.pending) != 0 {
		t.Fatalf("index %d, resume %d", len(c.index), c.resume(0))
	}
	b.put(t, cellItem(0, 1<<40+1, 'b'), closeItem(1<<40+1, 1<<40+1))
	if r, err := b.slates(context.Background(), "c", 0); err != nil || len(r.Slates) != 1 || !r.Slates[0].Present[0] {
		t.Fatalf("%+v %v", r, err)
	}
}

// TestRelay22_ReplayIsTheSame drives a cohort with random items, snapshots and
// cuts, and compares it with what a restart builds, from every cut of the log.
func TestRelay22_ReplayIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := foundedWith(t, ticketTimetable(), rapid.IntRange(0, 2).Draw(t, "members"))
		c := b.cohorts["c"]
		for range rapid.IntRange(1, 60).Draw(t, "bundles") {
			var items []item
			open := c.open
			for range rapid.IntRange(1, 5).Draw(t, "items") {
				tick := open + uint64(rapid.IntRange(0, 4).Draw(t, "tick"))
				switch rapid.IntRange(0, 12).Draw(t, "kind") {
				case 0:
					items = append(items, enrolItem(rapid.IntRange(0, 3).Draw(t, "who")))
				case 10:
					items = append(items, blindItem(rapid.IntRange(0, 9).Draw(t, "who"), c.tt.TicketEpoch(open)))
				case 11:
					if n := len(c.members); n > 0 {
						items = append(items, leaveItem(c, rapid.IntRange(0, n-1).Draw(t, "goes")))
					}
				case 12:
					if n := len(c.members); n > 0 {
						items = append(items, batchItem(c, rapid.IntRange(0, n-1).Draw(t, "asks"), c.tt.TicketEpoch(open), 1))
					}
				case 1, 2, 3:
					items = append(items, closeItem(open, tick))
				default:
					slot := rapid.IntRange(0, 2).Draw(t, "slot")
					if c.inForce(slot, tick) { // what the front lets through
						items = append(items, cellItem(slot, tick, byte(rapid.IntRange(0, 2).Draw(t, "tag"))))
					}
				}
			}
			if len(items) > 0 {
				b.put(t, items...)
			}
		}
		again := newBench(t, b.mem.Reopen())
		same(t, b, again)
		for _, k := range again.snapshots {
			cut := b.mem.Reopen()
			cut.Trim(context.Background(), k.seq)
			same(t, b, newBench(t, cut))
		}
	})
}

// same compares what members can see. The second may have less to give.
func same(t *rapid.T, a, b *bench) {
	x, y := a.cohorts["c"], b.cohorts["c"]
	if x.open != y.open || !reflect.DeepEqual(x.members, y.members) || x.unspent != y.unspent || !reflect.DeepEqual(x.tickets, y.tickets) ||
		!reflect.DeepEqual(x.spent, y.spent) {
		t.Fatalf("state differs: open %d, %d", x.open, y.open)
	}
	if !reflect.DeepEqual(x.charters, y.charters) {
		t.Fatal("charters differ")
	}
	for cursor := x.resume(0); cursor <= x.open; cursor++ {
		if have := x.resume(cursor); y.resume(cursor) != have {
			if y.resume(cursor) < have || max(y.floor, y.base) <= have {
				t.Fatalf("tick %d is missing without a reason", have)
			}
			continue
		}
		r, err := a.slates(context.Background(), "c", cursor)
		q, err2 := b.slates(context.Background(), "c", cursor)
		y.cache = slateCache{} // and once more from the log
		p, err3 := b.slates(context.Background(), "c", cursor)
		if err != nil || err2 != nil || err3 != nil || r.Resume != q.Resume || !reflect.DeepEqual(r.Slates, q.Slates) || !reflect.DeepEqual(r.Slates, p.Slates) {
			t.Fatalf("slates from %d differ: %v %v %v", cursor, err, err2, err3)
		}
	}
}
