package relaytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"backchannel/internal/relay"
)

// LogSuite checks an implementation of relay.Log. open gives a new, empty log;
// reopen closes one and opens it again as after a restart.
func LogSuite(t *testing.T, open func(t *testing.T) relay.Log, reopen func(t *testing.T, l relay.Log) relay.Log) {
	s := logSuite{open: open, reopen: reopen}
	for name, run := range map[string]func(*testing.T){
		"new":                                 s.fresh,
		"append and scan":                     s.appendAndScan,
		"a writer that is behind is refused":  s.writerThatIsBehindIsRefused,
		"a retry is not stored twice":         s.retryIsNotStoredTwice,
		"scan stops at the first error":       s.scanStopsAtTheFirstError,
		"trim":                                s.trim,
		"reopen":                              s.reopened,
		"reopen after everything was trimmed": s.reopenAfterEverythingWasTrimmed,
		"largest bundle":                      s.largestBundle,
		"closed":                              s.closed,
	} {
		t.Run(name, run)
	}
}

type logSuite struct {
	open   func(t *testing.T) relay.Log
	reopen func(t *testing.T, l relay.Log) relay.Log
}

func data(i uint64) []byte { return bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 40) }

func fill(t *testing.T, l relay.Log, n uint64) {
	t.Helper()
	for i := range n {
		seq, err := l.Append(t.Context(), i, fmt.Sprint("id", i), data(i+1))
		if err != nil || seq != i+1 {
			t.Fatalf("append %d: %d, %v", i, seq, err)
		}
	}
}

func scan(t *testing.T, l relay.Log, from, to uint64) (seqs []uint64) {
	t.Helper()
	err := l.Scan(t.Context(), from, to, func(seq uint64, b []byte) error {
		if !bytes.Equal(b, data(seq)) {
			t.Errorf("sequence %d holds something else", seq)
		}
		seqs = append(seqs, seq)
		return nil
	})
	if err != nil {
		t.Fatalf("scan: %v", err)
	}
	return seqs
}

func bounds(t *testing.T, l relay.Log, first, last uint64) {
	t.Helper()
	f, la, err := l.Bounds(t.Context())
	if err != nil || f != first || la != last {
		t.Errorf("bounds %d, %d, %v; want %d, %d", f, la, err, first, last)
	}
}

func (s logSuite) fresh(t *testing.T) {
	l := s.open(t)
	bounds(t, l, 1, 0)
	if s := scan(t, l, 1, 100); len(s) != 0 {
		t.Errorf("a new log has %v", s)
	}
}

func (s logSuite) appendAndScan(t *testing.T) {
	l := s.open(t)
	fill(t, l, 100)
	bounds(t, l, 1, 100)
	for _, r := range [][4]uint64{{1, 100, 1, 100}, {3, 7, 3, 7}, {90, 300, 90, 100}, {1, 99, 1, 99}, {50, 50, 50, 50}} {
		s := scan(t, l, r[0], r[1])
		if uint64(len(s)) != r[3]-r[2]+1 || s[0] != r[2] || s[len(s)-1] != r[3] {
			t.Errorf("scan %d..%d gives %v", r[0], r[1], s)
		}
	}
}

func (s logSuite) writerThatIsBehindIsRefused(t *testing.T) {
	l := s.open(t)
	fill(t, l, 3)
	for _, prev := range []uint64{0, 2, 4} {
		if _, err := l.Append(t.Context(), prev, fmt.Sprint("other", prev), data(9)); !errors.Is(err, relay.ErrConflict) {
			t.Errorf("append behind %d of 3: %v", prev, err)
		}
	}
	bounds(t, l, 1, 3)
}

func (s logSuite) retryIsNotStoredTwice(t *testing.T) {
	l := s.open(t)
	fill(t, l, 3)
	if _, err := l.Append(t.Context(), 2, "id2", data(3)); !errors.Is(err, relay.ErrConflict) {
		t.Errorf("retry of the last: %v", err)
	}
	if _, err := l.Append(t.Context(), 3, "id2", data(3)); err == nil {
		// An engine without memory of ids stores it; that is allowed, the
		// shard looks before it appends again.
		t.Log("ids are not recognised")
		return
	}
	bounds(t, l, 1, 3)
}

func (s logSuite) scanStopsAtTheFirstError(t *testing.T) {
	l := s.open(t)
	fill(t, l, 50)
	n, stop := 0, errors.New("stop")
	err := l.Scan(t.Context(), 1, 50, func(uint64, []byte) error { n++; return stop })
	if !errors.Is(err, stop) || n != 1 {
		t.Errorf("%d calls, %v", n, err)
	}
}

func (s logSuite) trim(t *testing.T) {
	l := s.open(t)
	fill(t, l, 60)
	if err := l.Trim(t.Context(), 41); err != nil {
		t.Fatal(err)
	}
	bounds(t, l, 41, 60)
	if s := scan(t, l, 1, 60); len(s) != 20 || s[0] != 41 {
		t.Errorf("after trim: %v", s)
	}
	if err := l.Trim(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	bounds(t, l, 41, 60)
	if err := l.Trim(t.Context(), 61); err != nil {
		t.Fatal(err)
	}
	bounds(t, l, 61, 60)
	if seq, err := l.Append(t.Context(), 60, "next", data(61)); err != nil || seq != 61 {
		t.Errorf("append to a log trimmed empty: %d, %v", seq, err)
	}
}

func (s logSuite) reopened(t *testing.T) {
	l := s.open(t)
	fill(t, l, 40)
	if err := l.Trim(t.Context(), 11); err != nil {
		t.Fatal(err)
	}
	l = s.reopen(t, l)
	bounds(t, l, 11, 40)
	if s := scan(t, l, 1, 60); len(s) != 30 {
		t.Errorf("after reopening: %v", s)
	}
	if seq, err := l.Append(t.Context(), 40, "next", data(41)); err != nil || seq != 41 {
		t.Errorf("append after reopening: %d, %v", seq, err)
	}
}

func (s logSuite) reopenAfterEverythingWasTrimmed(t *testing.T) {
	l := s.open(t)
	fill(t, l, 5)
	if err := l.Trim(t.Context(), 6); err != nil {
		t.Fatal(err)
	}
	bounds(t, s.reopen(t, l), 6, 5)
}

func (s logSuite) largestBundle(t *testing.T) {
	l := s.open(t)
	big := bytes.Repeat([]byte{7}, relay.MaxBundleBytes+64<<10)
	if _, err := l.Append(t.Context(), 0, "big", big); err != nil {
		t.Fatal(err)
	}
	err := l.Scan(t.Context(), 1, 1, func(_ uint64, b []byte) error {
		if !bytes.Equal(b, big) {
			return errors.New("changed")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func (s logSuite) closed(t *testing.T) {
	l := s.open(t)
	fill(t, l, 1)
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
	if _, err := l.Append(context.Background(), 1, "x", data(2)); !errors.Is(err, relay.ErrLogClosed) {
		t.Errorf("append to a closed log: %v", err)
	}
}
