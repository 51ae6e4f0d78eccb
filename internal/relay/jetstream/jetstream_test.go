package jetstream

import (
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/relaytest"
)

// kept remembers a log's folder, so that it can be opened again.
type kept struct {
	relay.Log
	dir string
}

func openAt(t *testing.T, dir string) relay.Log {
	t.Helper()
	logs, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { logs[0].Close() })
	return kept{logs[0], dir}
}

func TestLogSuite(t *testing.T) {
	relaytest.LogSuite(t,
		func(t *testing.T) relay.Log { return openAt(t, t.TempDir()) },
		func(t *testing.T, l relay.Log) relay.Log {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return openAt(t, l.(kept).dir)
		})
}

func TestAnotherNumberOfShardsIsRefused(t *testing.T) {
	dir := t.TempDir()
	logs, err := Open(t.Context(), dir, Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		l.Close()
	}
	if _, err := Open(t.Context(), dir, Options{Shards: 1}); !fault.Is(err, fault.Refused) {
		t.Fatalf("got %v", err)
	}
}

func TestAFullLogRefusesAndLosesNothing(t *testing.T) {
	logs, err := Open(t.Context(), t.TempDir(), Options{LogBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer logs[0].Close()
	chunk := make([]byte, 100<<10)
	var seq uint64
	for {
		n, err := logs[0].Append(t.Context(), seq, "", chunk)
		if err != nil {
			if !fault.Is(err, fault.Disk) {
				t.Fatalf("got %v", err)
			}
			break
		}
		if seq = n; seq > 20 {
			t.Fatal("never full")
		}
	}
	n := 0
	if err := logs[0].Scan(t.Context(), 1, 100, func(uint64, []byte) error { n++; return nil }); err != nil || uint64(n) != seq {
		t.Fatalf("%d of %d, %v", n, seq, err)
	}
	if err := logs[0].Trim(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := logs[0].Append(t.Context(), seq, "", chunk); err != nil {
		t.Fatalf("after trimming: %v", err)
	}
}

func TestEveryMessageIsSynced(t *testing.T) {
	l := openAt(t, t.TempDir())
	if !l.(kept).Log.(*stream).st.srv.JetStreamConfig().SyncAlways {
		t.Fatal("JetStream does not sync each message")
	}
}
