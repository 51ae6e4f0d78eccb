// Package relaytest runs relays for tests: on the loopback or in memory,
// honest or hostile. Only tests import it.
package relaytest

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net"
	"testing"
	"time"

	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

// Options say what relay to run. The zero value is a cohort "test" of 8 with
// ticks of a second, joins at every fourth tick, and 8 tickets.
type Options struct {
	Timetable relay.Timetable
	Log       relay.Log // default: a new relay.Memory
	Tickets   int
	Limits    relay.Limits
	Logger    *slog.Logger
	// TicketKey gives the keys that sign tickets; default: TicketKey.
	TicketKey func(cohort string, epoch uint64) *rsa.PrivateKey
	// Hostile puts a proxy in front that has the relay's key: Relay.Hostile.
	// It is honest until it is told otherwise.
	Hostile bool
	Seed    uint64 // of the proxy's choices
	Host    string // of a relay in memory; default: relay.test:1
}

// Relay is a running relay.
type Relay struct {
	Addr    relay.Address
	Tickets []string           // text, as in an invite; good for ten years
	Codes   []relay.Revocation // of those who joined through Join, in order
	Server  *relay.Server
	Hostile *Hostile // nil unless asked for
	Key     ed25519.PrivateKey
	// Dial reaches the relay; nil on the loopback.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	opts Options
}

// Client gives the client's options for this relay.
func (r *Relay) Client() client.Options { return client.Options{Dial: r.Dial} }

// Start runs a relay on the loopback until the test ends.
func Start(t testing.TB, o Options) *Relay { return start(t, o, false) }

// Memory runs a relay in memory until the test ends; for use inside
// testing/synctest. Desks reach it through Relay.Dial.
func Memory(t testing.TB, o Options) *Relay { return start(t, o, true) }

func (o *Options) defaults() {
	if o.Timetable.Cohort == "" {
		now := time.Now()
		o.Timetable = relay.NewTimetable("test", now.Add(-10*time.Second).Truncate(time.Second), time.Second)
		o.Timetable.Capacity = 8
		o.Timetable.JoinEvery = 4
		o.Timetable = o.Timetable.WithTickets(2, time.Hour)
	}
	if o.Log == nil {
		o.Log = relay.NewMemory()
	}
	if o.Tickets == 0 {
		o.Tickets = 8
	}
}

func start(t testing.TB, o Options, memory bool) *Relay {
	t.Helper()
	o.defaults()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := &Relay{Key: key, opts: o}
	cfg := relay.Config{Key: key, Logs: []relay.Log{o.Log}, Cohorts: []relay.Timetable{o.Timetable}, Limits: o.Limits, Logger: o.Logger, TicketKey: o.TicketKey}
	if cfg.TicketKey == nil {
		cfg.TicketKey = TicketKey
	}
	if memory {
		n := NewNet(cmp.Or(o.Host, "relay.test:1"))
		cfg.Listener, r.Dial = n, n.Dial
	}
	if r.Server, err = relay.Start(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, r.Server) })
	r.Addr = r.Server.Addr()
	tickets, err := r.Server.Tickets(t.Context(), o.Timetable.Cohort, o.Tickets, time.Now().AddDate(10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range tickets {
		r.Tickets = append(r.Tickets, k.Text())
	}
	if o.Hostile {
		front(t, r, memory)
	}
	return r
}

func stop(t testing.TB, s *relay.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("relay does not stop: %v", err)
	}
}

// Join enrols with the next unused ticket and gives the member's credentials.
func (r *Relay) Join(t testing.TB) (client.Credentials, client.Enrolment) {
	t.Helper()
	if len(r.Tickets) == 0 {
		t.Fatal("no ticket left")
	}
	k, err := relay.ParseTicket(r.Tickets[0])
	if err != nil {
		t.Fatal(err)
	}
	r.Tickets = r.Tickets[1:]
	token := relay.NewToken()
	code := relay.NewRevocation()
	e, err := client.Enrol(t.Context(), r.Addr, k, token, code, r.Client())
	if err != nil {
		t.Fatal(err)
	}
	r.Codes = append(r.Codes, code)
	return client.Credentials{Token: token, Charters: e.Charters}, e
}
