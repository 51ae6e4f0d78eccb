package relay

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
)

// Retention works on whole bundles: the log is cut before a bundle of
// snapshots, the newest one that no kept tick needs anything before. So cells
// stay up to an eighth longer than the timetable says, and never shorter.

// noteSnapshot remembers where the log may be cut. The caller holds mu.
func (s *shard) noteSnapshot(seq uint64, items []item) {
	if len(items) == 0 || items[0].Kind != itemSnapshot {
		return
	}
	p := snapPoint{seq: seq, open: map[string]uint64{}}
	for _, it := range items {
		if it.Kind == itemSnapshot {
			p.open[it.Cohort] = it.Snapshot.Open
		}
	}
	s.snapshots = append(s.snapshots, p)
	s.appended = 0
}

// snapshotDue reports whether an eighth of some cohort's retention, or a
// sixteenth of the bytes to keep, has passed since the last snapshot.
func (s *shard) snapshotDue() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.appended > s.keep/16 {
		return true
	}
	last := map[string]uint64{}
	if n := len(s.snapshots); n > 0 {
		last = s.snapshots[n-1].open
	}
	for name, c := range s.cohorts {
		if c.open-last[name] > max(1, c.tt.Retention/8) {
			return true
		}
	}
	return false
}

// maintain writes a snapshot when one is due, and cuts the log. What fails
// here is tried again later: nothing depends on it but space.
func (s *shard) maintain(ctx context.Context) {
	if !s.snapshotDue() {
		return
	}
	if err := s.writeSnapshot(ctx); err != nil {
		s.slog.Warn("relay: snapshot failed", "err", err)
		return
	}
	if err := s.trim(ctx); err != nil {
		s.slog.Warn("relay: trim failed", "err", err)
	}
}

// writeSnapshot appends every cohort as it stands. It is tried once: after a
// conflict the next round finds out.
func (s *shard) writeSnapshot(ctx context.Context) error {
	s.mu.RLock()
	var items []item
	for _, name := range s.names() {
		items = append(items, item{Kind: itemSnapshot, Cohort: name, Snapshot: s.cohorts[name].snapshot()})
	}
	s.mu.RUnlock()
	var id [16]byte
	rand.Read(id[:])
	raw, err := encodeBundle(id, items)
	if err != nil {
		return err
	}
	seq, err := s.log.Append(ctx, s.last, hex.EncodeToString(id[:]), raw)
	if errors.Is(err, ErrConflict) {
		_, _, err = s.catchUp(ctx, id)
		return err
	}
	if err != nil {
		return err
	}
	_, err = s.apply(seq, items, len(raw))
	return err
}

// names gives the cohorts' names in order. The caller holds mu.
func (s *shard) names() []string {
	var names []string
	for n := range s.cohorts {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// trim cuts the log where nothing needs it, and further where it is larger
// than is to be kept.
func (s *shard) trim(ctx context.Context) error {
	size, err := s.log.Size(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	need := s.last + 1
	pend := s.last + 1
	for _, c := range s.cohorts {
		need = min(need, c.needs(s.last))
		for _, p := range c.pending {
			pend = min(pend, p.first)
		}
	}
	cut := -1 // index into snapshots
	for i, p := range s.snapshots {
		if p.seq <= need {
			cut = i
		}
	}
	if size > s.keep {
		// Too much: half of the snapshots go, whatever is behind them; an
		// open tick's cells are acknowledged and stay.
		for i, p := range s.snapshots {
			if i <= len(s.snapshots)/2 && p.seq <= pend {
				cut = max(cut, i)
			}
		}
	}
	if cut < 0 {
		s.mu.Unlock()
		return nil
	}
	before := s.snapshots[cut].seq
	s.snapshots = slices.Clone(s.snapshots[cut:])
	for _, c := range s.cohorts {
		c.dropBefore(before)
	}
	s.mu.Unlock()
	return s.log.Trim(ctx, before)
}
