package relay

import (
	"net"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// gate is a listener that closes connections at once which are too many or
// come too fast, before any cryptography is spent on them.
type gate struct {
	net.Listener
	now  func() time.Time
	lim  Limits
	met  *metrics
	slot chan struct{} // one per open connection

	mu    sync.Mutex // guards what follows
	all   *rate.Limiter
	hosts map[string]*hostRate
}

type hostRate struct {
	lim  *rate.Limiter
	seen time.Time
}

// maxHosts bounds the table of hosts; when it is full and nobody in it is
// stale, a new host has only the common limit.
const maxHosts = 4096

func newGate(l net.Listener, now func() time.Time, lim Limits, met *metrics) *gate {
	return &gate{
		Listener: l, now: now, lim: lim, met: met, slot: make(chan struct{}, lim.Connections),
		all: rate.NewLimiter(rate.Limit(lim.HandshakesPerSecond), lim.HandshakeBurst), hosts: map[string]*hostRate{},
	}
}

// Accept gives the next connection that may stay.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.allowed(c.RemoteAddr()) {
			select {
			case g.slot <- struct{}{}:
				g.met.connections.Inc()
				return &gated{Conn: c, free: sync.OnceFunc(func() { <-g.slot; g.met.connections.Dec() })}, nil
			default:
			}
		}
		g.met.turnedAway.Inc()
		c.Close()
	}
}

func (g *gate) allowed(a net.Addr) bool {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		host = a.String()
	}
	now := g.now()
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.hosts[host]
	if h == nil {
		if len(g.hosts) >= maxHosts {
			for k, v := range g.hosts {
				if now.Sub(v.seen) > time.Minute {
					delete(g.hosts, k)
				}
			}
		}
		h = &hostRate{lim: rate.NewLimiter(rate.Limit(g.lim.HostPerSecond), g.lim.HostBurst)}
		if len(g.hosts) < maxHosts {
			g.hosts[host] = h
		}
	}
	h.seen = now
	return h.lim.AllowN(now, 1) && g.all.AllowN(now, 1)
}

// gated frees its place when it is closed.
type gated struct {
	net.Conn
	free func()
}

func (c *gated) Close() error {
	c.free()
	return c.Conn.Close()
}
