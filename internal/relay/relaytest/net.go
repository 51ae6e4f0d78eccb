package relaytest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Net is a network in memory, for tests on a fake clock: it blocks only on
// channels, so that testing/synctest sees through it. Writes never block.
type Net struct {
	name   string
	accept chan net.Conn
	done   chan struct{}
	once   sync.Once
}

// NewNet gives a network with one listener, itself.
func NewNet(name string) *Net {
	return &Net{name: name, accept: make(chan net.Conn, 256), done: make(chan struct{})}
}

// Dial connects to the listener.
func (n *Net) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	a, b := pipe(n.name)
	select {
	case <-n.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case n.accept <- b:
		return a, nil
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (n *Net) Accept() (net.Conn, error) {
	select {
	case c := <-n.accept:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (n *Net) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

// Addr implements net.Listener.
func (n *Net) Addr() net.Addr { return addr(n.name) }

type addr string

func (addr) Network() string  { return "memory" }
func (a addr) String() string { return string(a) }

// half is one direction of a connection.
type half struct {
	mu     sync.Mutex
	buf    []byte
	closed bool
	wake   chan struct{} // closed and replaced when something changed
}

func newHalf() *half { return &half{wake: make(chan struct{})} }

func (h *half) changed() {
	close(h.wake)
	h.wake = make(chan struct{})
}

type conn struct {
	name    string
	in, out *half
	dead    deadline
}

func pipe(name string) (a, b net.Conn) {
	x, y := newHalf(), newHalf()
	return &conn{name: name, in: x, out: y}, &conn{name: name, in: y, out: x}
}

func (c *conn) Read(p []byte) (int, error) {
	for {
		late := c.dead.wait()
		c.in.mu.Lock()
		if len(c.in.buf) > 0 {
			n := copy(p, c.in.buf)
			c.in.buf = c.in.buf[n:]
			c.in.mu.Unlock()
			return n, nil
		}
		closed, wake := c.in.closed, c.in.wake
		c.in.mu.Unlock()
		if closed {
			return 0, io.EOF
		}
		select {
		case <-wake:
		case <-late:
			return 0, os.ErrDeadlineExceeded
		}
	}
}

func (c *conn) Write(p []byte) (int, error) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if c.out.closed {
		return 0, io.ErrClosedPipe
	}
	c.out.buf = append(c.out.buf, p...)
	c.out.changed()
	return len(p), nil
}

func (c *conn) Close() error {
	for _, h := range []*half{c.in, c.out} {
		h.mu.Lock()
		if !h.closed {
			h.closed = true
			h.changed()
		}
		h.mu.Unlock()
	}
	return nil
}

func (c *conn) LocalAddr() net.Addr                { return addr(c.name) }
func (c *conn) RemoteAddr() net.Addr               { return addr(c.name) }
func (c *conn) SetDeadline(t time.Time) error      { return c.SetReadDeadline(t) }
func (c *conn) SetWriteDeadline(_ time.Time) error { return nil }
func (c *conn) SetReadDeadline(t time.Time) error {
	c.dead.set(t)
	// Wake a reader, so that it looks at the new deadline.
	c.in.mu.Lock()
	c.in.changed()
	c.in.mu.Unlock()
	return nil
}

// deadline is a channel that is closed when a moment has passed.
type deadline struct {
	mu    sync.Mutex
	ch    chan struct{}
	timer *time.Timer
}

func (d *deadline) wait() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ch == nil {
		d.ch = make(chan struct{})
	}
	return d.ch
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	ch := make(chan struct{})
	d.ch = ch
	if t.IsZero() {
		return
	}
	if left := time.Until(t); left > 0 {
		d.timer = time.AfterFunc(left, func() { close(ch) })
		return
	}
	close(ch)
}

// Write is one write to the network.
type Write struct {
	Conn int // counted from 0 per Tap
	At   time.Time
	Len  int
}

// Tap records the writes of one desk: give Tap.Dial to the client.
type Tap struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu     sync.Mutex
	conns  int
	writes []Write
}

// NewTap taps a dialer; nil is the real network.
func NewTap(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *Tap {
	if dial == nil {
		dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	return &Tap{dial: dial}
}

// Dial connects and records.
func (t *Tap) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := t.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns++
	return &tapped{Conn: c, tap: t, n: t.conns - 1}, nil
}

// Writes gives what was written so far, in order.
func (t *Tap) Writes() []Write {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Write(nil), t.writes...)
}

type tapped struct {
	net.Conn
	tap *Tap
	n   int
}

func (c *tapped) Write(p []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.writes = append(c.tap.writes, Write{Conn: c.n, At: time.Now(), Len: len(p)})
	c.tap.mu.Unlock()
	return c.Conn.Write(p)
}
