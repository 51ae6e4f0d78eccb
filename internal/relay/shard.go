package relay

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"time"

	"backchannel/internal/fault"
)

// shard is one log and the cohorts in it. One goroutine, run, writes: it takes
// all that waits, appends it as one bundle, applies it, and answers. While it
// appends, the next bundle gathers: a natural group commit.
type shard struct {
	log    Log
	key    ed25519.PrivateKey
	keys   *ticketKeys
	now    func() time.Time
	slog   *slog.Logger
	met    *metrics
	keep   int64         // bytes of log to keep at most, about
	queue  chan op       // bounded: when full, items are refused
	retry  time.Duration // pause after a failed append
	closed chan struct{} // when run has ended

	mu        sync.RWMutex // guards what follows; never held while waiting
	cohorts   map[string]*cohort
	last      uint64      // sequence applied last
	snapshots []snapPoint // bundles of snapshots in the log, ascending
	appended  int64       // bytes since the last snapshot
}

type snapPoint struct {
	seq  uint64
	open map[string]uint64
}

// op is an item on its way into a bundle. done has room for one answer.
type op struct {
	it   item
	done chan outcome
}

// submit queues an item. It never waits: a full queue refuses.
func (s *shard) submit(it item) <-chan outcome {
	done := make(chan outcome, 1)
	select {
	case s.queue <- op{it: it, done: done}:
	default:
		s.met.refused.Inc()
		done <- outcome{verdict: NotStored, refusal: Busy, err: errBusy()}
	}
	return done
}

func errBusy() error { return Busy.Err() }

// do submits and waits.
func (s *shard) do(ctx context.Context, it item) outcome {
	select {
	case o := <-s.submit(it):
		return o
	case <-ctx.Done():
	case <-s.closed:
	}
	return outcome{verdict: NotStored, refusal: Busy, err: errBusy()}
}

// run commits until stop is closed and the queue is empty. ctx ends it at once.
// An error means that it could not go on before that.
func (s *shard) run(ctx context.Context, stop <-chan struct{}) error {
	defer close(s.closed)
	for {
		var first op
		select {
		case first = <-s.queue:
		case <-ctx.Done():
			return nil
		case <-stop:
			select {
			case first = <-s.queue:
			default:
				return nil
			}
		}
		ops := s.gather(first)
		if err := s.commit(ctx, ops); err != nil {
			for _, o := range ops {
				o.done <- outcome{verdict: NotStored, refusal: Busy, err: err}
			}
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		s.maintain(ctx)
	}
}

// gather takes what waits, up to the bounds of a bundle.
func (s *shard) gather(first op) []op {
	ops := []op{first}
	size := first.it.size()
	for len(ops) < MaxBundleItems && size < MaxBundleBytes-MaxCellSize-34*MaxTickets {
		select {
		case o := <-s.queue:
			ops = append(ops, o)
			size += o.it.size()
		default:
			return ops
		}
	}
	return ops
}

// commit makes the items durable, then applies them, then answers: no answer
// says *accepted* before the bundle is on disk. [RELAY-19] It gives up only
// when ctx ends; whoever waits for an item may give up earlier.
func (s *shard) commit(ctx context.Context, ops []op) error {
	items := make([]item, len(ops))
	for i := range ops {
		items[i] = ops[i].it
	}
	outs, err := s.write(ctx, items)
	if err != nil {
		return err
	}
	for i, o := range ops {
		o.done <- outs[i]
	}
	return nil
}

func (s *shard) write(ctx context.Context, items []item) ([]outcome, error) {
	var id [16]byte
	rand.Read(id[:])
	raw, err := encodeBundle(id, items)
	if err != nil {
		return nil, err
	}
	name := hex.EncodeToString(id[:])
	for {
		begin := s.now()
		seq, err := s.log.Append(ctx, s.last, name, raw)
		if err == nil {
			s.met.committed(len(items), len(raw), s.now().Sub(begin))
			return s.apply(seq, items, len(raw))
		}
		if errors.Is(err, ErrConflict) {
			outs, found, cerr := s.catchUp(ctx, id)
			if cerr == nil && found {
				return outs, nil
			}
			if cerr == nil {
				continue // somebody else's bundles came first; ours follows
			}
			err = cerr
		}
		if fault.Is(err, fault.Corrupt) {
			return nil, err
		}
		s.met.appendErrors.Inc()
		s.slog.Warn("relay: append failed, trying again", "err", err)
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(s.retry):
		}
	}
}

// catchUp applies what the log has beyond what was applied, and looks for a
// bundle of ours in it. [RELAY-23]
func (s *shard) catchUp(ctx context.Context, id [16]byte) (outs []outcome, found bool, err error) {
	_, last, err := s.log.Bounds(ctx)
	if err != nil {
		return nil, false, err
	}
	if last < s.last {
		return nil, false, corruptBundle(errors.New("the log has become shorter"))
	}
	err = s.log.Scan(ctx, s.last+1, last, func(seq uint64, raw []byte) error {
		b, err := decodeBundle(raw)
		if err != nil {
			return err
		}
		o, err := s.apply(seq, b.Items, len(raw))
		if b.ID == id {
			outs, found = o, true
		} else {
			s.met.foreign.Inc()
		}
		return err
	})
	return outs, found, err
}

// apply takes a bundle that is durable.
func (s *shard) apply(seq uint64, items []item, size int) ([]outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outs := make([]outcome, len(items))
	for i := range items {
		it := &items[i]
		c := s.cohorts[it.Cohort]
		if c == nil {
			var err error
			if c, err = s.found(it); err != nil {
				return nil, err
			}
			if c == nil {
				outs[i] = outcome{verdict: NotStored, err: fault.New(fault.Limit, "relay.cohorts", "", "no room for cohort %q", it.Cohort)}
				continue
			}
			s.cohorts[it.Cohort] = c
			continue
		}
		o, err := c.apply(seq, it)
		if err != nil {
			return nil, err
		}
		outs[i] = o
	}
	s.last = seq
	s.appended += int64(size)
	s.noteSnapshot(seq, items)
	return outs, nil
}

// found makes the cohort that an item founds. A log that begins with anything
// else was cut in the wrong place.
func (s *shard) found(it *item) (*cohort, error) {
	if len(s.cohorts) >= MaxCohortsShard {
		return nil, nil
	}
	switch it.Kind {
	case itemCohort:
		return newCohort(*it.Timetable, s.key, s.keys)
	case itemSnapshot:
		return load(it.Snapshot, s.key, s.keys)
	}
	return nil, corruptBundle(nil)
}

// replay builds everything from the log. [RELAY-22]
func (s *shard) replay(ctx context.Context) error {
	first, last, err := s.log.Bounds(ctx)
	if err != nil {
		return err
	}
	s.last = first - 1
	if _, _, err = s.catchUp(ctx, [16]byte{}); err != nil {
		return err
	}
	if s.last != last && last >= first {
		return corruptBundle(errors.New("the log has holes"))
	}
	return nil
}

// slates gives the slates for a reply, the first tick that can be had, the
// head, and the newest charter.
func (s *shard) slates(ctx context.Context, name string, cursor uint64) (Reply, error) {
	for {
		r, ok, err := s.trySlates(ctx, name, cursor)
		if ok || err != nil {
			return r, err
		}
		// The log was cut while it was read: from now on those ticks cannot be
		// had, and resume says so.
	}
}

func (s *shard) trySlates(ctx context.Context, name string, cursor uint64) (Reply, bool, error) {
	s.mu.RLock()
	c := s.cohorts[name]
	r := Reply{Head: c.open, Resume: c.resume(cursor), Charter: c.charters.Newest().signed}
	want := c.wanted(r.Resume)
	s.mu.RUnlock()
	for _, w := range want {
		if !w.have {
			cells, err := cellsOf(ctx, s.log, c.tt, w.in, w.tick, w.where)
			if err != nil {
				return Reply{}, false, err
			}
			s.met.slatesRead.Inc()
			s.mu.RLock()
			w.slate = c.slate(w.tick, cells)
			// Ticks are forgotten before the log is cut, so what is not
			// forgotten now was read whole.
			whole := c.base <= w.tick
			s.mu.RUnlock()
			if !whole {
				return Reply{}, false, nil
			}
		}
		r.Slates = append(r.Slates, w.slate)
	}
	return r, true, nil
}
