package observe

import (
	"context"
	"crypto/rand"
	"os"
	"sync"
	"time"

	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

// sender is a desk as it must not be, to see whether the observer sees: it
// speaks to the relay as a member, and carries nothing. It is of one of the
// kinds Unshaped and Occasional, and nothing but an observation can make one.
type sender struct {
	kind   Kind
	dir    string
	ctx    context.Context
	cancel context.CancelFunc
	dial   func(context.Context) (*client.Conn, error)
	conn   *client.Conn // after enrol, of the goroutine that sends
	done   sync.WaitGroup

	mu    sync.Mutex
	cells int           // that wait to be sent; guarded by mu
	more  chan struct{} // has a value when some came
}

func newSender(k Kind, dir string) *sender {
	s := &sender{kind: k, dir: dir, more: make(chan struct{}, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

func (s *sender) enrol(ctx context.Context, address, ticket string) error {
	addr, err := relay.ParseAddress(address)
	if err != nil {
		return err
	}
	k, err := relay.ParseTicket(ticket)
	if err != nil {
		return err
	}
	token := relay.NewToken()
	en, err := client.Enrol(ctx, addr, k, token, relay.NewRevocation(), client.Options{})
	if err != nil {
		return err
	}
	s.dial = func(ctx context.Context) (*client.Conn, error) {
		return client.Dial(ctx, addr, client.Credentials{Token: token, Charters: en.Charters}, client.Options{})
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	if s.kind == Unshaped {
		s.done.Go(s.whenThereIsSomething)
	} else {
		s.done.Go(s.workWhenThereIsSomething)
	}
	return nil
}

// connect makes a connection, and reads what comes over it.
func (s *sender) connect(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.conn = conn
	s.done.Go(func() {
		for range conn.Replies() {
		}
	})
	return nil
}

func (s *sender) do(_ context.Context, a act) error {
	s.mu.Lock()
	s.cells += a.Size/line.SegmentSize + 1
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return nil
}

func (s *sender) close() error {
	s.cancel()
	s.done.Wait()
	return nil
}

// take takes a cell that waits.
func (s *sender) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cells == 0 {
		return false
	}
	s.cells--
	return true
}

func (s *sender) sleep(until time.Time) bool {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// send sends a cell, over a new connection if need be: the relay hangs up on a
// member who is silent for long.
func (s *sender) send(tick uint64) bool {
	cell := make([]byte, s.conn.Timetable().CellSize)
	rand.Read(cell)
	for s.ctx.Err() == nil {
		if s.conn.Send(s.ctx, tick, tick, cell) == nil {
			return true
		}
		s.conn.Close()
		if s.connect(s.ctx) != nil {
			return false
		}
	}
	return false
}

// whenThereIsSomething sends at once, and is silent else.
func (s *sender) whenThereIsSomething() {
	defer func() { s.conn.Close() }() // the last one
	t := s.conn.Timetable()
	last, _ := t.Tick(time.Now())
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.more:
		}
		for s.take() {
			tick, _ := t.Tick(time.Now())
			if tick <= last { // the relay takes one cell a tick
				tick = last + 1
				if !s.sleep(t.TickStart(tick)) {
					return
				}
			}
			last = tick
			if !s.send(tick) {
				return
			}
		}
	}
}

// workWhenThereIsSomething keeps the beat, cell for cell, but does what a cell
// costs only for those that carry something: one operation with a key, and one
// page on the disk before it goes, as a program does that was given a beat, and no
// more thought.
func (s *sender) workWhenThereIsSomething() {
	defer func() { s.conn.Close() }() // the last one
	t := s.conn.Timetable()
	kem := keys.XWing()
	var seed [keys.KEMSeed]byte
	rand.Read(seed[:])
	ek, err := kem.Public(seed)
	if err != nil {
		return
	}
	ct, _, err := kem.Encapsulate(ek)
	if err != nil {
		return
	}
	page := make([]byte, 4096)
	disk, err := os.CreateTemp(s.dir, "state-")
	if err != nil {
		return
	}
	defer disk.Close()
	tick, _ := t.Tick(time.Now())
	for {
		tick++
		if !s.sleep(t.SendAt(tick)) {
			return
		}
		if s.take() {
			if _, err := kem.Decapsulate(seed, ct); err != nil {
				return
			}
			if _, err := disk.WriteAt(page, 0); err != nil || disk.Sync() != nil {
				return
			}
		}
		if !s.send(tick) {
			return
		}
	}
}
