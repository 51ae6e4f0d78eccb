package relay

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"hash/fnv"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"backchannel/internal/fault"
)

// Limits bound what strangers and members can make the relay do. Zero fields
// take the default.
type Limits struct {
	Connections         int     // open at once; 1,024
	HandshakesPerSecond float64 // of all hosts; 100
	HandshakeBurst      int     // 500
	HostPerSecond       float64 // of one host; 10
	HostBurst           int     // 100
	LogBytes            int64   // bytes of each log to keep, about; 8 GiB
}

func (l *Limits) defaults() {
	set := func(p *int, d int) {
		if *p == 0 {
			*p = d
		}
	}
	set(&l.Connections, 1024)
	set(&l.HandshakeBurst, 500)
	set(&l.HostBurst, 100)
	if l.HandshakesPerSecond == 0 {
		l.HandshakesPerSecond = 100
	}
	if l.HostPerSecond == 0 {
		l.HostPerSecond = 10
	}
	if l.LogBytes == 0 {
		l.LogBytes = 8 << 30
	}
}

// Config is what a relay needs.
type Config struct {
	// Dir is the data folder: identity key and lock. Empty for tests, which
	// then give Key.
	Dir string
	Key ed25519.PrivateKey
	// Listener, or Listen (host:port, default 127.0.0.1:0).
	Listener net.Listener
	Listen   string
	// Advertise is the host:port of the address, when it is not the listener's.
	Advertise string
	// Logs are the shards, in an order that must not change. The server closes
	// them. With a data folder give OpenLogs instead (jetstream.Opener): it is
	// called once the folder is locked.
	Logs     []Log
	OpenLogs func(ctx context.Context, dir string) ([]Log, error)
	// Cohorts are made unless they stand already. A start of 0 means: the
	// beginning of the current period, when it is made.
	Cohorts []Timetable
	// TicketKey gives the keys that sign tickets, when they are not to follow
	// from the identity key: for tests, since making them takes long.
	TicketKey func(cohort string, epoch uint64) *rsa.PrivateKey
	Now       func() time.Time // default time.Now
	Logger    *slog.Logger     // default: none
	Metrics   string           // loopback host:port for counters; empty: none
	Limits    Limits
	// Watch, if not nil, is told of every exchange: what an operator who
	// watches his own relay has. For the observer. It must not wait.
	Watch func(Seen)
}

// Server is a running relay.
type Server struct {
	cfg     Config
	slog    *slog.Logger
	met     *metrics
	keys    *ticketKeys
	signed  *signedCache
	pin     Pin
	addr    Address
	lock    *os.File
	shards  []*shard
	http    *http.Server
	metSrv  *http.Server
	admin   *http.Server
	metAddr string

	ctx    context.Context // ends what still runs
	cancel context.CancelFunc
	stop   chan struct{} // closed when no more items come: committers drain and end
	quit   chan struct{} // closed at the beginning of Stop
	once   sync.Once
	failed chan struct{} // closed when a shard gave up

	failOnce sync.Once
	timers   sync.WaitGroup // tickers
	bg       sync.WaitGroup // committers, listeners, session handlers

	mu       sync.Mutex // guards what follows
	sessions map[*session]struct{}
	live     map[memberKey]*session
	pace     map[memberKey]*pacer
}

type memberKey struct {
	cohort string
	slot   int
}

// Start opens the logs, rebuilds what they hold, makes the cohorts, and
// serves. On an error nothing is left behind, and the logs are closed.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s := &Server{
		cfg: cfg, slog: cfg.Logger, met: newMetrics(),
		stop: make(chan struct{}), quit: make(chan struct{}), failed: make(chan struct{}),
		sessions: map[*session]struct{}{}, live: map[memberKey]*session{}, pace: map[memberKey]*pacer{},
	}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if s.slog == nil {
		s.slog = slog.New(slog.DiscardHandler)
	}
	if s.cfg.Now == nil {
		s.cfg.Now = time.Now
	}
	s.cfg.Limits.defaults()
	if err := s.start(ctx); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Stop(stopCtx))
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	if err := s.identity(); err != nil {
		return err
	}
	if s.cfg.OpenLogs != nil {
		var err error
		if s.cfg.Logs, err = s.cfg.OpenLogs(ctx, s.cfg.Dir); err != nil {
			return err
		}
	}
	if len(s.cfg.Logs) == 0 {
		return fault.New(fault.Internal, "relay.no-log", "", "a relay needs a log")
	}
	s.keys = &ticketKeys{seed: s.cfg.Key.Seed(), give: s.cfg.TicketKey}
	s.signed = &signedCache{}
	for i, l := range s.cfg.Logs {
		sh := &shard{
			log: l, key: s.cfg.Key, keys: s.keys, now: s.cfg.Now, slog: s.slog.With("shard", i), met: s.met,
			keep: s.cfg.Limits.LogBytes, queue: make(chan op, maxQueue), retry: 100 * time.Millisecond,
			closed: make(chan struct{}), cohorts: map[string]*cohort{},
		}
		if err := sh.replay(ctx); err != nil {
			return err
		}
		s.shards = append(s.shards, sh)
		s.bg.Go(func() {
			if err := sh.run(s.ctx, s.stop); err != nil {
				s.slog.Error("relay: a log failed", "shard", i, "err", err)
				s.failOnce.Do(func() { close(s.failed) })
			}
		})
	}
	for _, t := range s.cfg.Cohorts {
		if err := s.makeCohort(ctx, t); err != nil {
			return err
		}
	}
	for _, sh := range s.shards {
		sh.mu.RLock()
		for name := range sh.cohorts {
			s.timers.Go(func() { s.tick(sh, name) })
		}
		sh.mu.RUnlock()
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	if err := s.listenMetrics(ctx); err != nil {
		return err
	}
	return s.listenAdmin(ctx)
}

// identity takes the data folder and the key.
func (s *Server) identity() error {
	if s.cfg.Dir != "" {
		if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
			return fault.Wrap(err, fault.Disk, "relay.dir", "", "cannot make the relay's data folder")
		}
		var err error
		if s.lock, err = lockDir(s.cfg.Dir); err != nil {
			return err
		}
		if s.cfg.Key, err = OpenKey(s.cfg.Dir); err != nil {
			return err
		}
	}
	if len(s.cfg.Key) != ed25519.PrivateKeySize {
		return fault.New(fault.Internal, "relay.no-key", "", "a relay needs a data folder or a key")
	}
	var err error
	s.pin, err = PinOf(s.cfg.Key.Public().(ed25519.PublicKey))
	return err
}

// shardOf gives the shard of a cohort: always the same for a name.
func (s *Server) shardOf(cohort string) *shard {
	h := fnv.New32a()
	io.WriteString(h, cohort)
	return s.shards[h.Sum32()%uint32(len(s.shards))]
}

func (s *Server) makeCohort(ctx context.Context, t Timetable) error {
	sh := s.shardOf(t.Cohort)
	sh.mu.RLock()
	have := sh.cohorts[t.Cohort]
	sh.mu.RUnlock()
	if t.StartMS == 0 && have != nil {
		t.StartMS = have.tt.StartMS
	}
	if t.StartMS == 0 && t.PeriodMS > 0 {
		t.StartMS = s.cfg.Now().UnixMilli() / t.PeriodMS * t.PeriodMS
	}
	if err := t.Check(); err != nil {
		return err
	}
	if have != nil {
		if have.tt != t {
			return timetableChanged(t.Cohort)
		}
		return nil
	}
	return sh.do(ctx, item{Kind: itemCohort, Cohort: t.Cohort, Timetable: &t}).err
}

func (s *Server) listen(ctx context.Context) error {
	l := s.cfg.Listener
	if l == nil {
		at := s.cfg.Listen
		if at == "" {
			at = "127.0.0.1:0"
		}
		// No keep-alive packets: every connection has its beat anyway.
		lc := net.ListenConfig{KeepAlive: -1}
		var err error
		if l, err = lc.Listen(ctx, "tcp", at); err != nil {
			return fault.Wrap(err, fault.Unreachable, "relay.listen", "is another program on this port?", "cannot listen on %s", at)
		}
	}
	s.addr = Address{HostPort: l.Addr().String(), Pin: s.pin}
	if s.cfg.Advertise != "" {
		s.addr.HostPort = s.cfg.Advertise
	}
	conf, err := ServerTLS(s.cfg.Key)
	if err != nil {
		l.Close()
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path, s.serve)
	s.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 8 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // it would name addresses
		Protocols: func() *http.Protocols {
			p := new(http.Protocols)
			p.SetHTTP1(true)
			return p
		}(),
	}
	tl := tls.NewListener(newGate(l, s.cfg.Now, s.cfg.Limits, s.met), conf)
	s.bg.Go(func() { s.http.Serve(tl) })
	return nil
}

func (s *Server) listenMetrics(ctx context.Context) error {
	if s.cfg.Metrics == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(s.cfg.Metrics)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fault.New(fault.Refused, "relay.metrics", "use 127.0.0.1 or ::1", "counters are served on a loopback address only")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Metrics)
	if err != nil {
		return fault.Wrap(err, fault.Unreachable, "relay.listen", "", "cannot listen on %s", s.cfg.Metrics)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.met.reg, promhttp.HandlerOpts{}))
	s.metSrv = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	s.metAddr = l.Addr().String()
	s.bg.Go(func() { s.metSrv.Serve(l) })
	return nil
}

// Addr is what desks are given.
func (s *Server) Addr() Address { return s.addr }

// MetricsAddr is where the counters are, or "".
func (s *Server) MetricsAddr() string { return s.metAddr }

// Tickets makes n tickets for a cohort. They are shown once, here: the relay
// keeps only their hashes.
func (s *Server) Tickets(ctx context.Context, cohort string, n int, expiry time.Time) ([]Ticket, error) {
	if n < 1 || n > MaxTickets {
		return nil, fault.New(fault.Limit, "relay.tickets", "", "between 1 and %d tickets at a time", MaxTickets)
	}
	sh := s.shardOf(cohort)
	sh.mu.RLock()
	c := sh.cohorts[cohort]
	sh.mu.RUnlock()
	if c == nil {
		return nil, fault.New(fault.NotFound, "relay.cohort", "", "no cohort %q", cohort)
	}
	if now := s.cfg.Now(); !expiry.After(now) {
		return nil, fault.New(fault.Refused, "relay.ticket-expiry", "", "the tickets would have expired already")
	}
	it := item{Kind: itemTickets, Cohort: cohort, TimeMS: s.cfg.Now().UnixMilli(), ExpiryMS: expiry.UnixMilli()}
	tickets := make([]Ticket, n)
	for i := range tickets {
		tickets[i] = newTicket()
		it.Tickets = append(it.Tickets, tickets[i].Hash())
	}
	if o := sh.do(ctx, it); o.err != nil {
		return nil, o.err
	}
	return tickets, nil
}

// Charters gives a cohort's charters, as any member gets them.
func (s *Server) Charters(cohort string) []Verified {
	sh := s.shardOf(cohort)
	sh.mu.RLock()
	defer sh.mu.RUnlock()
	if c := sh.cohorts[cohort]; c != nil {
		return c.charters.All()
	}
	return nil
}

// tick closes ticks as the clock passes them. When the clock is set forward it
// notices within a period; set back, it waits: what is closed stays closed.
func (s *Server) tick(sh *shard, name string) {
	sh.mu.RLock()
	c := sh.cohorts[name]
	sh.mu.RUnlock()
	for {
		now, started := c.tt.Tick(s.cfg.Now())
		sh.mu.RLock()
		open := c.open
		sh.mu.RUnlock()
		if started && now > open {
			if c.tt.Tickets > 0 {
				// Made ahead, since whoever decides the charter must not wait for it.
				s.keys.of(name, c.tt.TicketEpoch(now+joinLead+c.tt.JoinEvery))
			}
			// One close at a time, so that a slow disk does not pile them up.
			o := sh.do(s.ctx, item{Kind: itemClose, Cohort: name, From: open, To: now - 1})
			if o.err == nil {
				continue
			}
		}
		wait := c.tt.Period()
		if started {
			wait = c.tt.TickStart(now + 1).Sub(s.cfg.Now())
		} else {
			wait = min(wait, c.tt.Start().Sub(s.cfg.Now()))
		}
		t := time.NewTimer(max(wait, time.Millisecond))
		select {
		case <-t.C:
		case <-s.quit:
			t.Stop()
			return
		}
	}
}

// Stop lets exchanges under way end, makes durable what waits, and closes
// everything. When ctx ends first it stops at once; nothing acknowledged is
// lost either way. It may be called again.
func (s *Server) Stop(ctx context.Context) error {
	var err error
	s.once.Do(func() { err = s.shutdown(ctx) })
	return err
}

func (s *Server) shutdown(ctx context.Context) error {
	close(s.quit)
	undo := context.AfterFunc(ctx, s.cancel)
	defer undo()
	if s.http != nil {
		s.http.Close() // listener and connections without a session
	}
	if s.metSrv != nil {
		s.metSrv.Close()
	}
	if s.admin != nil {
		s.admin.Close()
	}
	s.mu.Lock()
	for ss := range s.sessions {
		ss.drain()
	}
	s.mu.Unlock()
	s.timers.Wait()
	s.waitSessions(ctx)
	close(s.stop)
	s.bg.Wait()
	s.cancel()
	var errs []error
	for _, l := range s.cfg.Logs {
		errs = append(errs, l.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Failed is closed when a log turned out damaged, so that the relay cannot go
// on and should be stopped. The first shard to fail is enough.
func (s *Server) Failed() <-chan struct{} { return s.failed }

func newMemberID() (id MemberID) {
	rand.Read(id[:])
	return id
}
