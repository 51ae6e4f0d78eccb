package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"backchannel/internal/fault"
)

func TestRelay23_ASecondWriterIsSeenAndNothingStandsTwice(t *testing.T) {
	ctx := context.Background()
	a := founded(t, 2)
	b := newBench(t, a.mem) // on the same log
	a.put(t, closeItem(2, 2), closeItem(3, 3), cellItem(0, 4, 'a'))
	outs := b.put(t, cellItem(0, 4, 'x'), cellItem(1, 4, 'b')) // b was behind
	if outs[0].verdict != Duplicate || outs[1].verdict != Accepted {
		t.Errorf("the second writer gets %v", outs)
	}
	a.put(t, closeItem(4, 4))
	if o := b.put(t, closeItem(4, 4), cellItem(1, 4, 'y')); o[1].verdict != Late {
		t.Errorf("after the other's close: %v", o[1].verdict)
	}
	a.catchUp(ctx, [16]byte{})
	x, err := a.slates(ctx, "c", 4)
	y, err2 := b.slates(ctx, "c", 4)
	if err != nil || err2 != nil || fmt.Sprint(x.Slates) != fmt.Sprint(y.Slates) || !x.Slates[0].Present[1] {
		t.Errorf("the two see different slates: %v %v", err, err2)
	}
}

// onceMore is a log whose append goes through and fails.
type onceMore struct {
	Log
	fail bool
}

func (l *onceMore) Append(ctx context.Context, prev uint64, id string, b []byte) (uint64, error) {
	seq, err := l.Log.Append(ctx, prev, id, b)
	if l.fail && err == nil {
		l.fail = false
		return 0, errors.New("no answer")
	}
	return seq, err
}

func TestRelay23_AnAppendWithoutAnswerIsFoundAgain(t *testing.T) {
	b := founded(t, 1)
	b.put(t, closeItem(2, 2), closeItem(3, 3))
	b.log = &onceMore{Log: b.mem, fail: true}
	if o := b.put(t, cellItem(0, 4, 'a')); o[0].verdict != Accepted {
		t.Errorf("got %v", o[0].verdict)
	}
	_, last, _ := b.mem.Bounds(context.Background())
	if last != b.last {
		t.Errorf("stored twice: %d, applied %d", last, b.last)
	}
}

func TestRelay8_SecretsAreNotInTheLog(t *testing.T) {
	b := newBench(t, NewMemory())
	tt := testTimetable()
	k, tok := newTicket(), NewToken()
	kh, th := k.Hash(), tok.Hash()
	b.put(t, item{Kind: itemCohort, Cohort: "c", Timetable: &tt}, item{Kind: itemTickets, Cohort: "c", TimeMS: 1, ExpiryMS: 9, Tickets: []Hash{kh}})
	o := b.put(t, item{Kind: itemEnrol, Cohort: "c", TimeMS: 2, Ticket: kh[:], Token: th[:], ID: make([]byte, 16), Revoke: make([]byte, 32)})
	if o[0].refusal != Welcomed {
		t.Fatal(o[0].refusal)
	}
	b.writeSnapshot(context.Background())
	b.mem.Scan(context.Background(), 1, 100, func(seq uint64, raw []byte) error {
		if bytes.Contains(raw, k.secret[:]) || bytes.Contains(raw, tok.secret[:]) {
			t.Errorf("bundle %d holds a secret", seq)
		}
		return nil
	})
}

func TestAFullQueueRefuses(t *testing.T) {
	b := founded(t, 1)
	for range cap(b.queue) {
		b.submit(cellItem(0, 4, 'a'))
	}
	o := <-b.submit(cellItem(0, 4, 'a'))
	if o.verdict != NotStored || o.refusal != Busy {
		t.Errorf("above the bound: %+v", o)
	}
}

func TestABundleIsBounded(t *testing.T) {
	b := founded(t, 1)
	b.queue = make(chan op, maxQueue)
	for range maxQueue {
		b.submit(cellItem(0, 4, 'a'))
	}
	first := <-b.queue
	if n := len(b.gather(first)); n != MaxBundleItems {
		t.Errorf("%d small items in a bundle", n)
	}
	big := item{Kind: itemCell, Cohort: "c", Cell: make([]byte, MaxCellSize)}
	b.queue = make(chan op, maxQueue)
	for range maxQueue {
		b.submit(big)
	}
	ops := b.gather(<-b.queue)
	var items []item
	for _, o := range ops {
		items = append(items, o.it)
	}
	if raw, err := encodeBundle([16]byte{}, items); err != nil || len(raw) > MaxBundleBytes || len(ops) < 200 {
		t.Errorf("%d large items: %d bytes, %v", len(ops), len(raw), err)
	}
	for range 300 {
		items = append(items, big)
	}
	if _, err := encodeBundle([16]byte{}, items); !fault.Is(err, fault.Limit) {
		t.Errorf("above the bound: %v", err)
	}
}

func TestADamagedLogIsRefused(t *testing.T) {
	b := newBench(t, NewMemory())
	tt := testTimetable()
	tt.Retention = 1000
	b.put(t, item{Kind: itemCohort, Cohort: "c", Timetable: &tt})
	for tick := range uint64(5) {
		b.put(t, closeItem(tick, tick))
	}
	for what, damage := range map[string]func(*Memory){
		"a bundle that is none":       func(m *Memory) { m.bundles[1] = []byte{0xff} },
		"a log cut in a wrong place":  func(m *Memory) { m.Trim(context.Background(), 3) },
		"a bundle with bytes changed": func(m *Memory) { m.bundles[0] = append([]byte{0xa4}, m.bundles[0][1:]...) },
	} {
		m := b.mem.Reopen()
		damage(m)
		s := &shard{log: m, key: testKey, now: b.now, slog: b.slog, met: newMetrics(), cohorts: map[string]*cohort{}}
		if err := s.replay(context.Background()); !fault.Is(err, fault.Corrupt) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestBytesToKeep(t *testing.T) {
	b := newBench(t, NewMemory())
	b.keep = 64 << 10
	tt := testTimetable()
	tt.Retention = 1 << 16
	b.put(t, item{Kind: itemCohort, Cohort: "c", Timetable: &tt})
	b.put(t, item{Kind: itemTickets, Cohort: "c", TimeMS: 1, ExpiryMS: 1e12, Tickets: []Hash{{1}}})
	b.put(t, enrolItem(0), closeItem(0, 1), closeItem(2, 3))
	for tick := uint64(4); tick < 1500; tick++ {
		if o := b.put(t, cellItem(0, tick, 'a')); o[0].verdict != Accepted {
			t.Fatal(o[0].verdict)
		}
		b.put(t, closeItem(tick, tick))
		if size, _ := b.mem.Size(context.Background()); size > b.keep*3/2 {
			t.Fatalf("tick %d: the log takes %d bytes where %d are to be kept", tick, size, b.keep)
		}
	}
	c := b.cohorts["c"]
	r, err := b.slates(context.Background(), "c", 0)
	if err != nil || len(r.Slates) != tt.CatchUp || !r.Slates[0].Present[0] || c.open-r.Resume < 20 {
		t.Errorf("%d slates from %d of %d, %v", len(r.Slates), r.Resume, c.open, err)
	}
	again := newBench(t, b.mem.Reopen())
	if got := again.cohorts["c"].resume(0); got > r.Resume+1 {
		t.Errorf("after a restart the first slate is %d, before it was %d", got, r.Resume)
	}
}

func TestRelay15_LengthsAreFunctionsOfTheTimetable(t *testing.T) {
	tt := vectorTimetable()
	for n := range 3 {
		full, empty := vectorReply(n), vectorReply(n)
		for i := range empty.Slates {
			empty.Slates[i].Present, empty.Slates[i].Cells = make([]bool, tt.Capacity), make([][]byte, tt.Capacity)
		}
		empty.Charter = mustSign(vectorCharter(1, 0), testKey)
		if a, b := len(full.Encode(tt)), len(empty.Encode(tt)); a != b || a != tt.ReplySizeAt(12, n) {
			t.Errorf("%d slates: %d and %d bytes, want %d", n, a, b, tt.ReplySizeAt(12, n))
		}
		full.Tick, empty.Tick, empty.Receipt = 13, 13, Receipt{} // no join tick
		if a, b := len(full.Encode(tt)), len(empty.Encode(tt)); a != b || a != tt.ReplySize(n) {
			t.Errorf("%d slates: %d and %d bytes, want %d", n, a, b, tt.ReplySize(n))
		}
	}
}

// TestEveryRuleOfTheSpecHasATest looks for each rule's name in tests and
// vectors.
func TestEveryRuleOfTheSpecHasATest(t *testing.T) {
	spec, err := os.ReadFile("../../spec/relay.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, glob := range []string{"*_test.go", "*/*_test.go", vectorDir + "/*.json"} {
		files, _ := filepath.Glob(glob)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			tests.Write(b)
		}
	}
	rules := regexp.MustCompile(`\[RELAY-(\d+)\]`).FindAllStringSubmatch(string(spec), -1)
	if len(rules) < 33 {
		t.Fatalf("only %d rules", len(rules))
	}
	for _, r := range rules {
		if !regexp.MustCompile(`RELAY-` + r[1] + `\b|TestRelay(\d+_|\d+And)*` + r[1] + `(_|And)`).MatchString(tests.String()) {
			t.Errorf("no test names RELAY-%s", r[1])
		}
	}
}
