//go:build linux

package relay_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
// file, each with fdatasync (ratio), and what JetStream alone makes of that
// limit (engine-ratio).
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
	engine, err := jetstream.Open(b.Context(), filepath.Join(dir, "engine"), jetstream.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer engine[0].Close()
	file, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	cell := make([]byte, relay.DefaultCellSize)
	rand.Read(cell)
	// In short rounds, each beside its limits, so that what else the machine
	// does meets all three alike.
	const round = 16 // ticks
	var relayed, plain, alone time.Duration
	var n, bundles int
	var seq uint64
	b.ResetTimer()
	for tick := uint64(4); n < b.N; tick += round {
		rec.bundles = nil
		begin := time.Now()
		var wg sync.WaitGroup
		for i := range cohorts {
			wg.Go(func() { run(b, s, fmt.Sprint("c", i), members, tick, round, cell) })
		}
		wg.Wait()
		relayed += time.Since(begin)
		n += round * cohorts * members
		bundles += len(rec.bundles)
		b.StopTimer()
		plain += plainly(b, file, rec.bundles)
		var d time.Duration
		d, seq = inEngine(b, engine[0], seq, rec.bundles)
		alone += d
		b.StartTimer()
	}
	b.ReportMetric(float64(n)/relayed.Seconds(), "cells/s")
	b.ReportMetric(float64(n)/plain.Seconds(), "raw-cells/s")
	b.ReportMetric(plain.Seconds()/relayed.Seconds(), "ratio")
	b.ReportMetric(plain.Seconds()/alone.Seconds(), "engine-ratio")
	b.ReportMetric(float64(n)/float64(bundles), "cells/bundle")
}

// fill enrols a whole cohort and brings it into force at tick 4.
func fill(b *testing.B, s *relay.Server, cohort string, members int) {
	b.Helper()
	ks, err := s.Tickets(b.Context(), cohort, members, time.Now().Add(time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	for _, k := range ks {
		if _, err := client.Enrol(b.Context(), s.Addr(), k, relay.NewToken(), relay.NewRevocation(), client.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	for t := range uint64(4) {
		if err := s.CloseTick(b.Context(), cohort, t); err != nil {
			b.Fatal(err)
		}
	}
}

func run(b *testing.B, s *relay.Server, cohort string, members int, first uint64, ticks int, cell []byte) {
	for t := range uint64(ticks) {
		var wg sync.WaitGroup
		for slot := range members {
			wg.Go(func() {
				if v := s.Put(b.Context(), cohort, first+t, slot, cell); v != relay.Accepted {
					b.Errorf("slot %d tick %d: %v", slot, first+t, v)
				}
			})
		}
		wg.Wait()
		if err := s.CloseTick(b.Context(), cohort, first+t); err != nil {
			b.Error(err)
		}
	}
}

// plainly writes the same bundles to a file, with fdatasync after each.
func plainly(b *testing.B, f *os.File, bundles []int) time.Duration {
	buf := make([]byte, slices.Max(bundles))
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

// inEngine appends the same bundles to JetStream, without the relay.
func inEngine(b *testing.B, l relay.Log, seq uint64, bundles []int) (time.Duration, uint64) {
	buf := make([]byte, slices.Max(bundles))
	rand.Read(buf)
	begin := time.Now()
	for _, n := range bundles {
		var err error
		if seq, err = l.Append(b.Context(), seq, fmt.Sprint(seq), buf[:n]); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin), seq
}
