package relay

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrConflict is what Append gives when the log does not end where the writer
// thought: an earlier append of its own went through after all, or somebody
// else writes. Nothing was appended.
var ErrConflict = errors.New("relay: the log has grown meanwhile")

// Log keeps bundles in order. One shard writes it. Implementations pass the
// suite in relay/relaytest (LogSuite).
type Log interface {
	// Append makes a bundle durable behind sequence prev, which must be the
	// last one (0 when nothing was ever appended), and gives prev+1. When it
	// returns ErrConflict nothing was appended. After any other error the
	// bundle may or may not be there; appending it again then gives
	// ErrConflict if it is. id names the bundle, for engines that recognise
	// retries by it.
	Append(ctx context.Context, prev uint64, id string, bundle []byte) (uint64, error)
	// Bounds gives the first and the last sequence. An empty log that was
	// trimmed has first = last+1; a new one has 1 and 0.
	Bounds(ctx context.Context) (first, last uint64, err error)
	// Scan calls each for every bundle from a sequence to a sequence, in
	// order, until it returns an error. Bundles trimmed away are left out.
	Scan(ctx context.Context, from, to uint64, each func(seq uint64, bundle []byte) error) error
	// Trim removes what stands before a sequence.
	Trim(ctx context.Context, before uint64) error
	// Size is about how many bytes the log takes.
	Size(ctx context.Context) (int64, error)
	// Close lets go of the log. Append fails from then on.
	Close() error
}

// ErrLogClosed is what a closed log gives.
var ErrLogClosed = errors.New("relay: the log is closed")

// Memory is a Log that forgets. It is for tests and for measuring.
type Memory struct {
	mu      sync.Mutex // guards what follows; held for moments only
	bundles [][]byte
	first   uint64 // sequence of bundles[0]
	size    int64
	closed  bool
}

// NewMemory gives an empty log.
func NewMemory() *Memory { return &Memory{first: 1} }

// Append implements Log.
func (m *Memory) Append(_ context.Context, prev uint64, _ string, bundle []byte) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return 0, ErrLogClosed
	}
	if last := m.first + uint64(len(m.bundles)) - 1; prev != last {
		return 0, ErrConflict
	}
	m.bundles = append(m.bundles, slices.Clone(bundle))
	m.size += int64(len(bundle))
	return prev + 1, nil
}

// Bounds implements Log.
func (m *Memory) Bounds(context.Context) (uint64, uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.first, m.first + uint64(len(m.bundles)) - 1, nil
}

// Scan implements Log.
func (m *Memory) Scan(_ context.Context, from, to uint64, each func(uint64, []byte) error) error {
	for seq := from; seq <= to; seq++ {
		m.mu.Lock()
		if seq < m.first {
			seq = m.first
		}
		if seq > to || seq >= m.first+uint64(len(m.bundles)) {
			m.mu.Unlock()
			return nil
		}
		b := m.bundles[seq-m.first]
		m.mu.Unlock()
		if err := each(seq, b); err != nil {
			return err
		}
	}
	return nil
}

// Trim implements Log.
func (m *Memory) Trim(_ context.Context, before uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.first < before && len(m.bundles) > 0 {
		m.size -= int64(len(m.bundles[0]))
		m.bundles = m.bundles[1:]
		m.first++
	}
	return nil
}

// Size implements Log.
func (m *Memory) Size(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size, nil
}

// Close implements Log. What was written stays, for Reopen.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

// Reopen gives a log with the same bundles, as after a restart.
func (m *Memory) Reopen() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Memory{bundles: slices.Clone(m.bundles), first: m.first, size: m.size}
}
