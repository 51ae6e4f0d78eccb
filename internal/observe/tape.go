package observe

import (
	"net"
	"sync"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// direction of what passed on a wire, seen from the desk.
type direction uint8

const (
	up direction = iota
	down
	dialled
)

// event is what a wire-tap has of one read.
type event struct {
	at  int64 // Unix nanoseconds
	n   int
	dir direction
}

// tape is what one member's wire and the relay's account of it have given and
// nobody has looked at yet.
type tape struct {
	mu     sync.Mutex
	events []event
	seen   []relay.Seen
	cut    bool
	conns  map[net.Conn]bool
}

func (t *tape) add(n int, d direction) {
	now := time.Now().UnixNano()
	t.mu.Lock()
	t.events = append(t.events, event{now, n, d})
	t.mu.Unlock()
}

func (t *tape) watch(s relay.Seen) {
	t.mu.Lock()
	t.seen = append(t.seen, s)
	t.mu.Unlock()
}

// until gives what is on the tape before a moment, and takes it off.
func (t *tape) until(at time.Time) ([]event, []relay.Seen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := 0
	for i < len(t.events) && t.events[i].at < at.UnixNano() {
		i++
	}
	j := 0
	for j < len(t.seen) && t.seen[j].Came.Before(at) {
		j++
	}
	e, s := t.events[:i:i], t.seen[:j:j]
	t.events, t.seen = append([]event(nil), t.events[i:]...), append([]relay.Seen(nil), t.seen[j:]...)
	return e, s
}

// sever cuts a member off, or lets it come again.
func (t *tape) sever(off bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cut = off
	if off {
		for c := range t.conns {
			c.Close()
		}
	}
}

func (t *tape) admit(c net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.cut {
		t.conns[c] = true
	}
	return !t.cut
}

func (t *tape) forget(c net.Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.conns, c)
}

// proxy is the recording wire of one member.
type proxy struct {
	tape tape
	ln   net.Listener
	to   string
	wg   sync.WaitGroup
}

func newProxy(to string) (*proxy, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap(err, fault.Unreachable, "observe.listen", "", "cannot listen on the loopback")
	}
	p := &proxy{ln: ln, to: to, tape: tape{conns: map[net.Conn]bool{}}}
	p.wg.Go(p.accept)
	return p, nil
}

func (p *proxy) close() {
	p.ln.Close()
	p.tape.sever(true)
	p.wg.Wait()
}

func (p *proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.tape.add(0, dialled)
		if !p.tape.admit(c) {
			c.Close()
			continue
		}
		p.wg.Go(func() { p.carry(c) })
	}
}

func (p *proxy) carry(desk net.Conn) {
	defer p.tape.forget(desk)
	defer desk.Close()
	rel, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer rel.Close()
	var both sync.WaitGroup
	both.Go(func() { p.copy(rel, desk, up) })
	both.Go(func() { p.copy(desk, rel, down) })
	both.Wait()
}

// copy carries one way, and notes every read before it passes it on.
func (p *proxy) copy(to, from net.Conn, d direction) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			p.tape.add(n, d)
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
