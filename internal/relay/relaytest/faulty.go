package relaytest

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"backchannel/internal/relay"
)

// Faulty is a log that fails: before it did what it was asked, or after, so
// that the caller cannot know.
type Faulty struct {
	relay.Log
	mu       sync.Mutex
	rnd      *rand.Rand
	before   float64
	after    float64
	delay    time.Duration
	failures int
}

// NewFaulty wraps a log that fails each call with these probabilities.
func NewFaulty(l relay.Log, seed uint64, before, after float64) *Faulty {
	return &Faulty{Log: l, rnd: rand.New(rand.NewPCG(seed, 2)), before: before, after: after}
}

// Set changes the probabilities.
func (f *Faulty) Set(before, after float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// Delay makes every append take so long.
func (f *Faulty) Delay(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// ErrFault is what a faulty log gives.
var ErrFault = errors.New("relaytest: the log failed")

// Failures counts them.
func (f *Faulty) Failures() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failures
}

// fails decides: before the call, or after it.
func (f *Faulty) fails(after bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.before
	if after {
		p = f.after
	}
	if f.rnd.Float64() >= p {
		return false
	}
	f.failures++
	return true
}

// Append implements relay.Log.
func (f *Faulty) Append(ctx context.Context, prev uint64, id string, b []byte) (uint64, error) {
	if f.fails(false) {
		return 0, ErrFault
	}
	f.mu.Lock()
	delay := f.delay
	f.mu.Unlock()
	time.Sleep(delay)
	seq, err := f.Log.Append(ctx, prev, id, b)
	if f.fails(true) {
		return 0, ErrFault
	}
	return seq, err
}

// Bounds implements relay.Log.
func (f *Faulty) Bounds(ctx context.Context) (uint64, uint64, error) {
	if f.fails(false) {
		return 0, 0, ErrFault
	}
	return f.Log.Bounds(ctx)
}

// Trim implements relay.Log.
func (f *Faulty) Trim(ctx context.Context, before uint64) error {
	if f.fails(false) {
		return ErrFault
	}
	return f.Log.Trim(ctx, before)
}
