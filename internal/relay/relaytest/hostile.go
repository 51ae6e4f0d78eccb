package relaytest

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"backchannel/internal/relay"
	"backchannel/internal/wire"
)

// Misbehaviour is what a hostile relay does. Fields that are probabilities are
// from 0 to 1. The zero value is honest.
type Misbehaviour struct {
	DropCells    float64 // a cell sent up is accepted and thrown away (its place is taken by noise)
	AlterSent    float64 // a byte of a cell sent up is changed
	HideCells    float64 // a cell of a slate is shown as absent, per reader
	AlterCells   float64 // a byte of a cell in a slate is changed, per reader
	InventCells  float64 // noise stands where an enrolled member was absent
	SwapSlots    float64 // the cells of a slate stand in other slots
	RepeatSlates float64 // the cells of the slate before, again
	DelaySlates  bool    // each slate's cells one tick late
	RollBack     uint64  // the cells of this many ticks ago
	DropReplies  float64 // no reply at all
	Garbage      float64 // a reply that is no reply
	TwoRosters   bool    // members in odd slots see another charter
	OldCharter   bool    // replies carry the first charter for ever
	FalseVerdict relay.Verdict
	BackInTime   bool // slates below the cursor

	// Victim, if not 0, is one more than the slot of the only member who suffers
	// it: from what he sends, and what he is answered, and what others are shown
	// as his. It goes for cells that are dropped, altered, hidden, repeated,
	// delayed or rolled back, and for replies that are dropped.
	Victim int
	Hold   time.Duration // what he sends is passed on so much later
}

// spares tells that a slot is not the victim.
func (m Misbehaviour) spares(slot int) bool { return m.Victim != 0 && slot != m.Victim-1 }

// Hostile is a proxy before an honest relay that has its key: to the desks it
// is the relay. What it does is switched with Set.
type Hostile struct {
	relay *Relay
	up    upstream
	http  *http.Server
	wg    sync.WaitGroup
	ctx   context.Context
	stop  context.CancelFunc

	mu    sync.Mutex // guards what follows
	how   Misbehaviour
	rnd   *rand.Rand
	held  map[uint64]relay.Slate // honest slates by tick, for repeating
	done  map[string]int         // what was done, by name
	conns map[*websocket.Conn]bool
}

type upstream struct {
	addr relay.Address
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Set switches what the relay does, from the next message on.
func (h *Hostile) Set(m Misbehaviour) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.how = m
}

// Done tells how often each misdeed was done, so that a test can see that its
// relay was hostile in earnest.
func (h *Hostile) Done() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[string]int{}
	for k, v := range h.done {
		out[k] = v
	}
	return out
}

// Disconnect cuts every connection.
func (h *Hostile) Disconnect() {
	h.mu.Lock()
	all := make([]*websocket.Conn, 0, len(h.conns))
	for c := range h.conns {
		all = append(all, c)
	}
	h.mu.Unlock()
	for _, c := range all {
		c.CloseNow()
	}
}

// front puts the proxy before r: r.Addr and r.Dial become the proxy's.
func front(t testing.TB, r *Relay, memory bool) {
	t.Helper()
	h := &Hostile{
		relay: r, up: upstream{addr: r.Addr, dial: r.Dial}, rnd: rand.New(rand.NewPCG(r.opts.Seed, 1)),
		held: map[uint64]relay.Slate{}, done: map[string]int{}, conns: map[*websocket.Conn]bool{},
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	var l net.Listener
	if memory {
		n := NewNet("relay.test:2")
		l, r.Dial = n, n.Dial
	} else {
		var err error
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := relay.ServerTLS(r.Key)
	if err != nil {
		t.Fatal(err)
	}
	h.http = &http.Server{Handler: http.HandlerFunc(h.serve), ErrorLog: log.New(io.Discard, "", 0)}
	h.wg.Go(func() { h.http.Serve(tls.NewListener(l, conf)) })
	t.Cleanup(func() {
		h.stop()
		h.http.Close()
		h.Disconnect()
		h.wg.Wait()
	})
	r.Addr.HostPort, r.Hostile = l.Addr().String(), h
}

func noPong(context.Context, []byte) bool { return false }

func (h *Hostile) serve(w http.ResponseWriter, req *http.Request) {
	h.wg.Add(1)
	defer h.wg.Done()
	down, err := websocket.Accept(w, req, &websocket.AcceptOptions{OnPingReceived: noPong})
	if err != nil {
		return
	}
	defer down.CloseNow()
	down.SetReadLimit(1 << 20)
	h.mu.Lock()
	h.conns[down] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.conns, down)
		h.mu.Unlock()
	}()
	up, err := h.dial(h.ctx)
	if err != nil {
		return
	}
	defer up.CloseNow()
	h.pump(down, up)
}

func (h *Hostile) dial(ctx context.Context) (*websocket.Conn, error) {
	dial := h.up.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	tr := &http.Transport{DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return tls.Client(raw, relay.ClientTLS(h.up.addr.Pin, nil)), nil
	}}
	ws, _, err := websocket.Dial(ctx, "wss://"+h.up.addr.HostPort+relay.Path, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: tr}, OnPingReceived: noPong,
	})
	if err == nil {
		ws.SetReadLimit(relay.MaxReply * 2)
	}
	return ws, err
}

// pump carries one connection, until either end is gone.
func (h *Hostile) pump(down, up *websocket.Conn) {
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	_, b, err := down.Read(ctx)
	if err != nil || up.Write(ctx, websocket.MessageBinary, b) != nil {
		return
	}
	_, wb, err := up.Read(ctx)
	if err != nil {
		return
	}
	welcome, err := relay.DecodeWelcome(wb)
	if err != nil {
		return
	}
	h.alterWelcome(&welcome)
	if down.Write(ctx, websocket.MessageBinary, wire.MustEncode(welcome)) != nil {
		return
	}
	m := &member{h: h, slot: welcome.Slot, tt: h.relay.opts.Timetable, cursors: make(chan uint64, 128)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		m.pumpUp(ctx, down, up)
	}()
	m.pumpDown(ctx, down, up)
	cancel()
	<-done
}

// member is one connection's way through the proxy.
type member struct {
	h       *Hostile
	slot    int
	tt      relay.Timetable
	cursors chan uint64
}

func (m *member) pumpUp(ctx context.Context, down, up *websocket.Conn) {
	for {
		_, b, err := down.Read(ctx)
		if err != nil {
			return
		}
		if req, err := relay.DecodeRequest(m.tt, b); err == nil {
			if hold := m.h.alterRequest(m.slot, &req); hold > 0 {
				time.Sleep(hold)
			}
			b = req.Encode()
			m.cursors <- req.Cursor
		}
		if up.Write(ctx, websocket.MessageBinary, b) != nil {
			return
		}
	}
}

func (m *member) pumpDown(ctx context.Context, down, up *websocket.Conn) {
	for {
		_, b, err := up.Read(ctx)
		if err != nil {
			return
		}
		cursor := <-m.cursors
		r, err := relay.DecodeReply(m.tt, b)
		if err != nil {
			return
		}
		out, ok := m.h.alterReply(m, cursor, r)
		if ok && down.Write(ctx, websocket.MessageBinary, out) != nil {
			return
		}
	}
}

// chance decides and counts. The caller holds mu.
func (h *Hostile) chance(p float64, name string) bool {
	if p <= 0 || h.rnd.Float64() >= p {
		return false
	}
	h.done[name]++
	return true
}

func (h *Hostile) noise(b []byte) {
	for i := range b {
		b[i] = byte(h.rnd.Uint32())
	}
}

func (h *Hostile) alterRequest(slot int, req *relay.Request) (hold time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.how.spares(slot) {
		return 0
	}
	if h.how.Hold > 0 {
		h.done["hold"]++
	}
	if h.chance(h.how.DropCells, "drop") {
		h.noise(req.Cell)
	}
	if h.chance(h.how.AlterSent, "alter-sent") {
		req.Cell[h.rnd.IntN(len(req.Cell))] ^= 1 << h.rnd.IntN(8)
	}
	return h.how.Hold
}

func (h *Hostile) alterWelcome(w *relay.Welcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.Refusal != relay.Welcomed || !h.how.TwoRosters || w.Slot%2 == 0 {
		return
	}
	for i, s := range w.Charters {
		w.Charters[i] = h.other(s)
	}
}

// other gives a charter of the same version, rightly signed, with another
// last member.
func (h *Hostile) other(s relay.Signed) relay.Signed {
	v, err := s.Verify(h.relay.Key.Public().(ed25519.PublicKey))
	if err != nil || len(v.Charter().Roster.Members) == 0 {
		return s
	}
	c := v.Charter()
	c.Roster.Members = slices.Clone(c.Roster.Members)
	c.Roster.Members[len(c.Roster.Members)-1][0] ^= 1
	out, err := c.Sign(h.relay.Key)
	if err != nil {
		return s
	}
	h.done["two-rosters"]++
	return out
}

func (h *Hostile) alterReply(m *member, cursor uint64, r relay.Reply) ([]byte, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range r.Slates {
		honest := clone(r.Slates[i])
		h.held[honest.Tick] = honest
		delete(h.held, honest.Tick-min(honest.Tick, 256))
		h.alterSlate(&r.Slates[i], honest)
	}
	if h.how.FalseVerdict != 0 {
		r.Verdict = h.how.FalseVerdict
	}
	if h.how.TwoRosters && m.slot%2 == 1 {
		r.Charter = h.other(r.Charter)
	}
	if h.how.OldCharter {
		if all := h.relay.Server.Charters(m.tt.Cohort); len(all) > 1 {
			r.Charter = all[0].Signed()
			h.done["old-charter"]++
		}
	}
	if h.how.BackInTime && cursor > 0 && len(r.Slates) > 0 {
		h.done["back-in-time"]++
		r.Resume = cursor - 1
		for i := range r.Slates {
			r.Slates[i].Tick = r.Resume + uint64(i)
		}
	}
	if !h.how.spares(m.slot) && h.chance(h.how.DropReplies, "drop-reply") {
		return nil, false
	}
	b := r.Encode(m.tt)
	if h.chance(h.how.Garbage, "garbage") {
		h.noise(b)
	}
	return b, true
}

func clone(s relay.Slate) relay.Slate {
	c := s
	c.Present = slices.Clone(s.Present)
	c.Cells = make([][]byte, len(s.Cells))
	for i := range s.Cells {
		c.Cells[i] = slices.Clone(s.Cells[i])
	}
	return c
}

// alterSlate changes a slate in place; honest is what it was.
func (h *Hostile) alterSlate(s *relay.Slate, honest relay.Slate) {
	from := func(ticks uint64, name string) {
		if old, ok := h.held[honest.Tick-min(honest.Tick, ticks)]; ok {
			c := clone(old)
			for i := range s.Cells {
				if !h.how.spares(i) {
					s.Present[i], s.Cells[i] = c.Present[i], c.Cells[i]
				}
			}
			h.done[name]++
		}
	}
	if h.how.RollBack > 0 {
		from(h.how.RollBack, "roll-back")
	}
	if h.how.DelaySlates {
		from(1, "delay")
	}
	if h.chance(h.how.RepeatSlates, "repeat") {
		from(1, "repeat")
	}
	enrolled := 0
	for _, v := range h.relay.Server.Charters(h.relay.opts.Timetable.Cohort) {
		if v.Charter().Roster.FromTick <= s.Tick {
			enrolled = len(v.Charter().Roster.Members)
		}
	}
	for i := range enrolled {
		switch {
		case h.how.spares(i):
		case s.Present[i] && h.chance(h.how.HideCells, "hide"):
			s.Present[i] = false
		case s.Present[i] && h.chance(h.how.AlterCells, "alter"):
			s.Cells[i] = slices.Clone(s.Cells[i])
			s.Cells[i][h.rnd.IntN(len(s.Cells[i]))] ^= 1 << h.rnd.IntN(8)
		case !s.Present[i] && h.chance(h.how.InventCells, "invent"):
			s.Cells[i] = make([]byte, h.relay.opts.Timetable.CellSize)
			h.noise(s.Cells[i])
			s.Present[i] = true
		}
	}
	if enrolled > 1 && h.chance(h.how.SwapSlots, "swap") {
		h.rnd.Shuffle(enrolled, func(i, j int) {
			s.Cells[i], s.Cells[j] = s.Cells[j], s.Cells[i]
			s.Present[i], s.Present[j] = s.Present[j], s.Present[i]
		})
	}
}
