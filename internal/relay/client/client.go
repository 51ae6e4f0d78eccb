// Package client is what a desk speaks to a relay (spec/relay.md).
//
// Its contract, for law 2 (traffic is a function of the clock):
//
//   - Dial and Enrol write at once, when they are called, and never again
//     later. The caller calls them at start or after a loss, at a moment that
//     depends on the clock and its absence alone.
//   - Send makes exactly one write to the network, of constant length. Nothing
//     else writes: no pings, no answers to pings, no retries, no closing
//     handshake or alert. A reply needs no further write.
//   - Nothing here connects again by itself.
//
// And for what it lets through: every charter was verified against the pinned
// key and follows the one before; every slate is well-formed and in order, and
// of a charter that the client holds. What is in the cells it does not know.
package client

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// Options change how a connection is made. The zero value is right for a desk
// on the internet.
type Options struct {
	// Dial makes the connection under TLS: for Tor, and for tests that record
	// or have no network.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Now is the clock; time.Now if nil.
	Now func() time.Time
}

func (o Options) now() time.Time {
	if o.Now == nil {
		return time.Now()
	}
	return o.Now()
}

// Credentials are what a member shows and knows.
type Credentials struct {
	Token relay.Token
	// Charters are those held from before, in order; may be empty. With them
	// the client finds out when a relay goes back to an older state.
	Charters []relay.Signed
}

// Enrolment is what a ticket bought.
type Enrolment struct {
	Slot     int
	FromTick uint64 // in force from here, unless Pending charters say otherwise
	Charters []relay.Signed
}

// Reply is the relay's answer to one exchange.
type Reply struct {
	Tick    uint64 // of the request it answers
	Verdict relay.Verdict
	Head    uint64        // the first tick that the relay has not closed
	Resume  uint64        // no slate below this can be had: a cursor below it moves here
	Slates  []relay.Slate // of Resume, Resume+1, …; may begin below a cursor sent meanwhile
	Receipt relay.Receipt // of the errand, at join ticks
	At      time.Time     // when it arrived, by our clock
	Skew    time.Duration // relay's clock minus ours, to half the time the exchange took
	Roster  uint32        // the newest charter's version
}

// Conn is a member's connection. Send and Close may be called from any
// goroutine, Send from one at a time.
type Conn struct {
	ws      *websocket.Conn
	opts    Options
	key     ed25519.PublicKey
	slot    int
	from    uint64
	tt      relay.Timetable
	ctx     context.Context
	cancel  context.CancelFunc
	replies chan Reply
	ended   chan struct{} // closed when the reader has ended

	mu       sync.Mutex // guards what follows; never held while waiting
	charters relay.Charters
	errand   relay.Errand // what rides at join ticks
	sent     []sent       // requests without a reply yet, oldest first
	err      error
	closed   bool
}

type sent struct {
	tick, cursor uint64
	at           time.Time
}

// maxSent bounds the requests without a reply: a relay that takes that many
// and says nothing is as good as gone.
const maxSent = 64

// Enrol spends a ticket. The token must be stored before: after any doubt the
// same ticket and token again give the same answer, another token does not.
// Who has the revocation code can take the member off again.
func Enrol(ctx context.Context, addr relay.Address, ticket relay.Ticket, token relay.Token, code relay.Revocation, o Options) (Enrolment, error) {
	ws, key, err := open(ctx, addr, o)
	if err != nil {
		return Enrolment{}, err
	}
	defer ws.CloseNow()
	w, err := hello(ctx, ws, relay.EnrolHello(ticket, token, code))
	if err != nil {
		return Enrolment{}, err
	}
	var cs relay.Charters
	if err := addAll(&cs, w.Charters, key); err != nil {
		return Enrolment{}, err
	}
	if err := checkSlot(w, cs); err != nil {
		return Enrolment{}, err
	}
	return Enrolment{Slot: w.Slot, FromTick: w.FromTick, Charters: w.Charters}, nil
}

// Revoke takes a member off the roster by his revocation code, and gives when
// that takes effect.
func Revoke(ctx context.Context, addr relay.Address, code relay.Revocation, o Options) (time.Time, error) {
	ws, key, err := open(ctx, addr, o)
	if err != nil {
		return time.Time{}, err
	}
	defer ws.CloseNow()
	w, err := hello(ctx, ws, relay.RevokeHello(code))
	if err != nil {
		return time.Time{}, err
	}
	var cs relay.Charters
	if err := addAll(&cs, w.Charters, key); err != nil {
		return time.Time{}, err
	}
	if err := checkSlot(w, cs); err != nil {
		return time.Time{}, err
	}
	return cs.Newest().Charter().Timetable.TickStart(w.FromTick), nil
}

// Dial connects a member: TLS, WebSocket, hello, welcome.
func Dial(ctx context.Context, addr relay.Address, cred Credentials, o Options) (*Conn, error) {
	ws, key, err := open(ctx, addr, o)
	if err != nil {
		return nil, err
	}
	c, err := attach(ctx, ws, key, cred, o)
	if err != nil {
		ws.CloseNow()
		return nil, err
	}
	go c.readAll()
	return c, nil
}

// open makes the pinned connection and gives the relay's key.
func open(ctx context.Context, addr relay.Address, o Options) (*websocket.Conn, ed25519.PublicKey, error) {
	var key ed25519.PublicKey
	dial := o.Dial
	if dial == nil {
		// No keep-alive packets: every connection has its beat anyway.
		dial = (&net.Dialer{KeepAlive: -1}).DialContext
	}
	conf := relay.ClientTLS(addr.Pin, func(k ed25519.PublicKey) { key = k })
	tr := &http.Transport{
		DialTLSContext: func(ctx context.Context, network, hostPort string) (net.Conn, error) {
			raw, err := dial(ctx, network, hostPort)
			if err != nil {
				return nil, err
			}
			tc := tls.Client(raw, conf)
			if err := tc.HandshakeContext(ctx); err != nil {
				raw.Close()
				return nil, err
			}
			return quiet{Conn: tc, raw: raw}, nil
		},
		DisableCompression: true,
	}
	defer tr.CloseIdleConnections()
	ws, resp, err := websocket.Dial(ctx, "wss://"+addr.HostPort+relay.Path, &websocket.DialOptions{
		HTTPClient: &http.Client{
			Transport:     tr,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		HTTPHeader:      http.Header{"User-Agent": {"backchannel"}},
		CompressionMode: websocket.CompressionDisabled,
		OnPingReceived:  func(context.Context, []byte) bool { return false }, // [RELAY-5]
	})
	if resp != nil && resp.Body != nil && err != nil {
		resp.Body.Close()
	}
	if err != nil {
		return nil, nil, unreachable(err)
	}
	return ws, key, nil
}

// quiet is a TLS connection that closes without a word: the alert that TLS
// would send is a write off the beat.
type quiet struct {
	*tls.Conn
	raw net.Conn
}

func (q quiet) Close() error { return q.raw.Close() }

// unreachable keeps a wrong pin apart from a relay that is not there.
func unreachable(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	return fault.Wrap(err, fault.Unreachable, "relay.unreachable", "check the network; the desk tries again by itself", "the relay does not answer")
}

func hello(ctx context.Context, ws *websocket.Conn, h relay.Hello) (relay.Welcome, error) {
	ws.SetReadLimit(relay.MaxWelcome)
	if err := ws.Write(ctx, websocket.MessageBinary, h.Encode()); err != nil {
		return relay.Welcome{}, unreachable(err)
	}
	typ, b, err := ws.Read(ctx)
	if err != nil {
		return relay.Welcome{}, unreachable(err)
	}
	if typ != websocket.MessageBinary {
		return relay.Welcome{}, fault.New(fault.Malformed, "relay.welcome", "", "the relay answers in text")
	}
	w, err := relay.DecodeWelcome(b)
	if err != nil {
		return w, err
	}
	return w, w.Refusal.Err()
}

func addAll(cs *relay.Charters, signed []relay.Signed, key ed25519.PublicKey) error {
	for _, s := range signed {
		v, err := s.Verify(key)
		if err == nil {
			err = cs.Add(v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func checkSlot(w relay.Welcome, cs relay.Charters) error {
	if cs.Len() == 0 || w.Slot < 0 || w.Slot >= cs.Newest().Charter().Timetable.Capacity {
		return fault.New(fault.Malformed, "relay.welcome", "", "the relay's welcome has no charter, or no such slot")
	}
	return nil
}

func attach(ctx context.Context, ws *websocket.Conn, key ed25519.PublicKey, cred Credentials, o Options) (*Conn, error) {
	c := &Conn{ws: ws, opts: o, key: key, replies: make(chan Reply, 16), ended: make(chan struct{})}
	if err := addAll(&c.charters, cred.Charters, key); err != nil {
		return nil, err
	}
	var known uint32
	if c.charters.Len() > 0 {
		known = c.charters.Newest().Charter().Roster.Version
	}
	w, err := hello(ctx, ws, relay.AttachHello(cred.Token, known))
	if err != nil {
		return nil, err
	}
	if known > 0 {
		if h := c.charters.Newest().Hash(); string(w.Known) != string(h[:]) {
			return nil, relay.TwoRosters(known)
		}
	}
	if err := addAll(&c.charters, w.Charters, key); err != nil {
		return nil, err
	}
	if err := checkSlot(w, c.charters); err != nil {
		return nil, err
	}
	c.slot, c.from, c.tt = w.Slot, w.FromTick, c.charters.Newest().Charter().Timetable
	ws.SetReadLimit(int64(c.tt.ReplySizeAt(0, c.tt.CatchUp)))
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return c, nil
}

// Timetable gives the cohort's timetable.
func (c *Conn) Timetable() relay.Timetable { return c.tt }

// Slot gives the member's own slot.
func (c *Conn) Slot() int { return c.slot }

// FromTick gives the tick from which the relay says the member is in force.
func (c *Conn) FromTick() uint64 { return c.from }

// RosterHash gives the hash of the charter in force at a tick: what a cell of
// that tick binds. False when the client does not hold it.
func (c *Conn) RosterHash(tick uint64) (relay.Hash, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	v, ok := c.charters.At(tick)
	return v.Hash(), ok
}

// Charters gives every charter held, verified, for the vault and the screen.
func (c *Conn) Charters() []relay.Verified {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.charters.All()
}

// SetErrand sets what rides with the requests of join ticks from now on. It
// writes nothing, and changes the length of nothing.
func (c *Conn) SetErrand(e relay.Errand) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errand = e
}

// Send makes the exchange of a tick: one write. The reply comes through
// Replies. An error ends the connection.
func (c *Conn) Send(ctx context.Context, tick, cursor uint64, cell []byte) error {
	if len(cell) != c.tt.CellSize {
		return fault.New(fault.Internal, "relay.cell-size", "", "a cell of %d bytes, not %d", len(cell), c.tt.CellSize)
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return c.Err()
	}
	if len(c.sent) >= maxSent {
		c.mu.Unlock()
		c.fail(fault.New(fault.Unreachable, "relay.silent", "", "the relay has not replied for %d ticks", maxSent))
		return c.Err()
	}
	c.sent = append(c.sent, sent{tick: tick, cursor: cursor, at: c.opts.now()})
	errand := c.errand
	c.mu.Unlock()
	req := relay.Request{Tick: tick, Cursor: cursor, Cell: cell}
	if c.tt.JoinTick(tick) {
		req.Errand = errand.Encode(c.tt)
	}
	if err := c.ws.Write(ctx, websocket.MessageBinary, req.Encode()); err != nil {
		c.fail(unreachable(err))
		return c.Err()
	}
	return nil
}

// Replies gives the replies in order. It is closed when the connection has
// ended; Err then says why.
func (c *Conn) Replies() <-chan Reply { return c.replies }

// Exchange is Send and the wait for its reply. Replies to earlier requests
// that were given up are passed over. Use it or Replies, not both.
func (c *Conn) Exchange(ctx context.Context, tick, cursor uint64, cell []byte) (Reply, error) {
	if err := c.Send(ctx, tick, cursor, cell); err != nil {
		return Reply{}, err
	}
	for {
		select {
		case r, ok := <-c.replies:
			if !ok {
				return Reply{}, c.Err()
			}
			if r.Tick == tick {
				return r, nil
			}
		case <-ctx.Done():
			return Reply{}, unreachable(ctx.Err())
		}
	}
}

// Err says why the connection has ended; nil while it has not.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Close ends the connection, without a closing handshake, and waits for the
// reader.
func (c *Conn) Close() error {
	c.fail(fault.New(fault.Unreachable, "relay.closed", "", "the connection was closed here"))
	<-c.ended
	return nil
}

// fail ends the connection for the first reason given.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed, c.err = true, err
	c.mu.Unlock()
	c.cancel()
	c.ws.CloseNow()
}
