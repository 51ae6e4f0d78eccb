//go:build linux

package relay_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/jetstream"
)

// recording keeps the lengths of the bundles that were appended.
type recording struct {
	mu      sync.Mutex
	bundles []int
}

type recorded struct {
	relay.Log
	rec *recording
}

func (r recorded) Append(ctx context.Context, prev uint64, id string, b []byte) (uint64, error) {
	r.rec.mu.Lock()
	r.rec.bundles = append(r.rec.bundles, len(b))
	r.rec.mu.Unlock()
	return r.Log.Append(ctx, prev, id, b)
}

// BenchmarkDurableCells measures acknowledged cells per second through the
// committer and JetStream, with 16 cohorts of 64 members each sending one cell
// per tick, beside the limit in the same run: the same bundles written to a
// file, each with fdatasync.
func BenchmarkDurableCells(b *testing.B) {
	for _, shards := range []int{1, 4} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) { durableCells(b, shards) })
	}
}

func durableCells(b *testing.B, shards int) {
	const cohorts, members = 16, 64
	dir := b.TempDir()
	logs, err := jetstream.Open(b.Context(), filepath.Join(dir, "log"), jetstream.Options{Shards: shards})
	if err != nil {
		b.Fatal(err)
	}
	var rec recording
	for i, l := range logs {
		logs[i] = recorded{l, &rec}
	}
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	cfg := relay.Config{Key: key, Logs: logs, Limits: relay.Limits{HostPerSecond: 1e6, HostBurst: 1e6, HandshakesPerSecond: 1e6, HandshakeBurst: 1e6}}
	for i := range cohorts {
		tt := relay.NewTimetable(fmt.Sprint("c", i), time.Now().Add(-time.Minute), time.Hour)
		tt.Capacity, tt.JoinEvery, tt.Retention = members, 4, 2880
		cfg.Cohorts = append(cfg.Cohorts, tt)
	}
	s, err := relay.Start(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Stop(context.Background())
	for i := range cohorts {
		fill(b, s, fmt.Sprint("c", i), members)
	}
	rec.bundles = nil
	cell := make([]byte, relay.DefaultCellSize)
	rand.Read(cell)
	ticks := max(1, b.N/(cohorts*members))
	begin := time.Now()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range cohorts {
		wg.Go(func() { run(b, s, fmt.Sprint("c", i), members, ticks, cell) })
	}
	wg.Wait()
	b.StopTimer()
	cells := float64(ticks * cohorts * members)
	rate := cells / time.Since(begin).Seconds()
	raw := cells / plain(b, dir, rec.bundles).Seconds()
	b.ReportMetric(rate, "cells/s")
	b.ReportMetric(raw, "raw-cells/s")
	b.ReportMetric(rate/raw, "ratio")
	b.ReportMetric(cells/float64(len(rec.bundles)), "cells/bundle")
}

// fill enrols a whole cohort and brings it into force at tick 4.
func fill(b *testing.B, s *relay.Server, cohort string, members int) {
	b.Helper()
	ks, err := s.Tickets(b.Context(), cohort, members, time.Now().Add(time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range ks {
		if _, err := client.Enrol(b.Context(), s.Addr(), k, relay.NewToken(), client.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	for t := range uint64(4) {
		if err := s.CloseTick(b.Context(), cohort, t); err != nil {
			b.Fatal(err)
		}
	}
}

func run(b *testing.B, s *relay.Server, cohort string, members, ticks int, cell []byte) {
	for t := range uint64(ticks) {
		var wg sync.WaitGroup
		for slot := range members {
			wg.Go(func() {
				if v := s.Put(b.Context(), cohort, 4+t, slot, cell); v != relay.Accepted {
					b.Errorf("slot %d tick %d: %v", slot, 4+t, v)
				}
			})
		}
		wg.Wait()
		if err := s.CloseTick(b.Context(), cohort, 4+t); err != nil {
			b.Error(err)
		}
	}
}

// plain writes the same bundles to a file, with fdatasync after each.
func plain(b *testing.B, dir string, bundles []int) time.Duration {
	b.Helper()
	f, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 8<<20)
	rand.Read(buf)
	begin := time.Now()
	for _, n := range bundles {
		if _, err := f.Write(buf[:n]); err != nil {
			b.Fatal(err)
		}
		if err := syscall.Fdatasync(int(f.Fd())); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}
