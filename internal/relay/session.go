package relay

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"backchannel/internal/wire"
)

const (
	helloTime = 10 * time.Second // a stranger's time to say hello
	writeTime = 60 * time.Second // time to take a reply
	// paceBurst is how many exchanges may come at once [RELAY-18]: as many as
	// a client lets pile up while the relay or the network hangs.
	paceBurst = 64
)

// session is one connection, from hello to end.
type session struct {
	ws     *websocket.Conn
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{} // closed when the handler has ended

	mu       sync.Mutex // guards what follows
	busy     bool       // between request and reply
	draining bool
}

// drain ends a session: at once when it is idle, else after its reply.
func (ss *session) drain() {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.draining = true
	if !ss.busy {
		ss.cancel()
	}
}

// begin marks a request under way; end, that it is answered. Both report
// whether the session goes on.
func (ss *session) begin() bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.busy = !ss.draining
	return ss.busy
}

func (ss *session) end() bool {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.busy = false
	return !ss.draining
}

// pacer bounds a member's exchanges across its connections.
type pacer struct{ lim *rate.Limiter }

// serve is the one door of the relay.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		CompressionMode: websocket.CompressionDisabled,
		OnPingReceived:  func(context.Context, []byte) bool { return false }, // [RELAY-5]
	})
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(s.ctx)
	ss := &session{ws: ws, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	defer close(ss.done)
	defer ws.CloseNow()
	defer cancel()
	if !s.register(ss) {
		return
	}
	defer s.unregister(ss)
	ws.SetReadLimit(EnrolSize)
	b, ok := ss.read(helloTime)
	if !ok {
		return
	}
	h, err := DecodeHello(b)
	if err != nil {
		s.met.hellos.WithLabelValues("malformed").Inc()
		return
	}
	switch h.Kind {
	case Enrol:
		s.enrol(ss, h)
	case Revoke:
		s.revoke(ss, h)
	default:
		s.attach(ss, h)
	}
}

func (s *Server) register(ss *session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.quit:
		return false
	default:
	}
	s.sessions[ss] = struct{}{}
	return true
}

func (s *Server) unregister(ss *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, ss)
}

// waitSessions waits until every session has ended; ctx cuts them off.
func (s *Server) waitSessions(ctx context.Context) {
	for {
		s.mu.Lock()
		var one *session
		for ss := range s.sessions {
			one = ss
			break
		}
		s.mu.Unlock()
		if one == nil {
			return
		}
		select {
		case <-one.done:
		case <-ctx.Done():
			s.cancel()
			<-one.done
		}
	}
}

// read gives the next message, or false when there is none in time.
func (ss *session) read(within time.Duration) ([]byte, bool) {
	ctx, cancel := context.WithTimeout(ss.ctx, within)
	defer cancel()
	typ, b, err := ss.ws.Read(ctx)
	return b, err == nil && typ == websocket.MessageBinary
}

func (ss *session) write(b []byte) bool {
	ctx, cancel := context.WithTimeout(ss.ctx, writeTime)
	defer cancel()
	return ss.ws.Write(ctx, websocket.MessageBinary, b) == nil
}

func (s *Server) welcome(ss *session, w Welcome) bool {
	s.met.hellos.WithLabelValues(map[bool]string{true: "welcome", false: "refused"}[w.Refusal == Welcomed]).Inc()
	w.TimeMS = s.cfg.Now().UnixMilli()
	if w.Charters == nil {
		w.Charters = []Signed{}
	}
	if w.Known == nil {
		w.Known = []byte{}
	}
	return ss.write(wire.MustEncode(w))
}

// enrol spends a ticket and ends the connection.
func (s *Server) enrol(ss *session, h Hello) {
	if !ss.begin() {
		return
	}
	k := h.Ticket.Hash()
	sh, name, epoch := s.findTicket(h.Ticket)
	if sh == nil {
		s.welcome(ss, Welcome{Refusal: TicketUnknown})
		return
	}
	id := newMemberID()
	ctx, cancel := context.WithTimeout(ss.ctx, helloTime)
	defer cancel()
	o := sh.do(ctx, item{Kind: itemEnrol, Cohort: name, TimeMS: s.cfg.Now().UnixMilli(), Ticket: k[:], Token: h.Token[:], ID: id[:], Epoch: epoch, Revoke: h.Revoke[:]})
	if o.refusal != Welcomed {
		s.welcome(ss, Welcome{Refusal: o.refusal})
		return
	}
	if s.welcome(ss, sh.member(name, o.slot, 0)) {
		// The client hangs up; if it does not, the relay does.
		ss.read(helloTime)
	}
}

// findTicket gives the cohort of a ticket, and for one that a member handed on
// its ticket epoch + 1. [RELAY-24]
func (s *Server) findTicket(k Ticket) (*shard, string, uint64) {
	h := k.Hash()
	for _, sh := range s.shards {
		var blind []*cohort
		sh.mu.RLock()
		for name, c := range sh.cohorts {
			if !k.blind() && c.tickets[h] != nil {
				sh.mu.RUnlock()
				return sh, name, 0
			}
			if k.blind() && c.tt.Tickets > 0 {
				blind = append(blind, c)
			}
		}
		sh.mu.RUnlock()
		for _, c := range blind {
			if epoch, ok := s.signedFor(sh, c, k); ok {
				return sh, c.tt.Cohort, epoch + 1
			}
		}
	}
	return nil, "", 0
}

// signedFor reports whether a ticket is signed under a key of the cohort that
// is still taken: the ticket epoch's, or that before.
func (s *Server) signedFor(sh *shard, c *cohort, k Ticket) (uint64, bool) {
	sh.mu.RLock()
	now := c.tt.TicketEpoch(c.open)
	sh.mu.RUnlock()
	for epoch := now - min(now, 1); epoch <= now; epoch++ {
		key := TicketKey{Epoch: epoch, modulus: s.keys.of(c.tt.Cohort, epoch).N.FillBytes(make([]byte, TicketKeySize))}
		if k.verifyBlind(key) {
			return epoch, true
		}
	}
	return 0, false
}

// findToken gives the member who has a token, unless he has left.
func (s *Server) findToken(h Hash) (*shard, string, int) {
	for _, sh := range s.shards {
		sh.mu.RLock()
		for name, c := range sh.cohorts {
			slot, ok := c.byToken[h]
			if m := slot; ok && (c.members[m].Until == 0 || c.members[m].Until > c.open) {
				sh.mu.RUnlock()
				return sh, name, slot
			}
		}
		sh.mu.RUnlock()
	}
	return nil, "", 0
}

// member gives the welcome of a member who holds charters up to known.
func (s *shard) member(name string, slot int, known uint32) Welcome {
	s.mu.RLock()
	defer s.mu.RUnlock()
	c := s.cohorts[name]
	w := Welcome{Slot: slot, FromTick: c.members[slot].From, Head: c.open, Charters: []Signed{}}
	if w.FromTick == 0 {
		w.FromTick = c.nextEpoch()
	}
	for _, v := range c.charters.all {
		switch ver := v.charter.Roster.Version; {
		case ver > known:
			w.Charters = append(w.Charters, v.signed)
		case ver == known:
			w.Known = v.hash[:]
		}
	}
	return w
}

// attach is a member's connection.
func (s *Server) attach(ss *session, h Hello) {
	token := Token{secret: h.Secret}.Hash()
	sh, name, slot := s.findToken(token)
	if sh == nil {
		s.welcome(ss, Welcome{Refusal: NotAdmitted})
		return
	}
	key := memberKey{name, slot}
	p := s.takeOver(key, ss, sh)
	defer s.leave(key, ss)
	if !s.welcome(ss, sh.member(name, slot, h.Known)) {
		return
	}
	sh.mu.RLock()
	t := sh.cohorts[name].tt
	sh.mu.RUnlock()
	ss.ws.SetReadLimit(int64(t.RequestSizeAt(0)))
	var next uint64 // the lowest tick that the next request may have
	for {
		b, ok := ss.read(30*time.Second + 8*t.Period())
		if !ok || !ss.begin() {
			return
		}
		req, err := DecodeRequest(t, b)
		if err != nil || req.Tick < next || !p.lim.AllowN(s.cfg.Now(), 1) {
			return // [RELAY-18]
		}
		if !sh.holds(name, slot, token, req.Tick) {
			return // [RELAY-30]
		}
		next = req.Tick + 1
		if !s.exchange(ss, sh, t, slot, req) || !ss.end() || next == 0 {
			return
		}
	}
}

// takeOver makes a session the live one of its member; the older one ends.
// [RELAY-10]
func (s *Server) takeOver(key memberKey, ss *session, sh *shard) *pacer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.live[key]; old != nil {
		old.cancel()
	}
	s.live[key] = ss
	p := s.pace[key]
	if p == nil {
		sh.mu.RLock()
		t := sh.cohorts[key.cohort].tt
		sh.mu.RUnlock()
		p = &pacer{lim: rate.NewLimiter(rate.Every(t.Period()), paceBurst)}
		s.pace[key] = p
	}
	return p
}

func (s *Server) leave(key memberKey, ss *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live[key] == ss {
		delete(s.live, key)
	}
}

// exchange takes a cell and answers. It reports whether the session goes on.
func (s *Server) exchange(ss *session, sh *shard, t Timetable, slot int, req Request) bool {
	came := time.Now()
	v := s.take(ss, sh, t, slot, req)
	stored := time.Now()
	s.met.cells.WithLabelValues(v.String()).Inc()
	r, err := sh.slates(ss.ctx, t.Cohort, req.Cursor)
	if err != nil {
		s.slog.Warn("relay: cannot read slates", "err", err)
		return false
	}
	r.Verdict, r.Tick, r.Time = v, req.Tick, s.cfg.Now()
	if t.JoinTick(req.Tick) && v != Early && v != NotInForce {
		r.Receipt = s.errand(ss, sh, t, slot, req)
	}
	ok := ss.write(r.Encode(t))
	if s.cfg.Watch != nil {
		s.cfg.Watch(Seen{Cohort: t.Cohort, Slot: slot, Request: req, Verdict: v, Slates: len(r.Slates), Came: came, Stored: stored, Answered: time.Now()})
	}
	return ok
}

// take puts a cell into the log, if it may stand there. What can be refused
// without the log is; the log's word is final for the rest.
func (s *Server) take(ss *session, sh *shard, t Timetable, slot int, req Request) Verdict {
	now, started := t.Tick(s.cfg.Now())
	if !started && req.Tick > 0 || started && req.Tick > now+1 {
		return Early
	}
	sh.mu.RLock()
	c := sh.cohorts[t.Cohort]
	late, inForce := req.Tick < c.open, c.inForce(slot, req.Tick)
	p := c.pending[req.Tick]
	duplicate := p != nil && p.cells[slot] != nil
	sh.mu.RUnlock()
	switch {
	case late:
		return Late
	case !inForce:
		return NotInForce
	case duplicate:
		return Duplicate
	}
	ctx, cancel := context.WithTimeout(ss.ctx, max(5*time.Second, t.Period()))
	defer cancel()
	return sh.do(ctx, item{Kind: itemCell, Cohort: t.Cohort, From: req.Tick, Slot: slot, Cell: req.Cell}).verdict
}
