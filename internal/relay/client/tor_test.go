package client_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/relaytest"
)

// proxy is a SOCKS5 proxy that knows one way: every name leads to one target.
type proxy struct {
	t      *testing.T
	ln     net.Listener
	target string
	method byte // that it chooses
	grant  byte // its answer to credentials
	answer byte // its answer to a request

	mu    sync.Mutex
	creds []string
	names []string
}

func newProxy(t *testing.T, target string) *proxy {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, ln: ln, target: target, method: 2}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	read := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(c, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	if !bytes.Equal(read(3), []byte{5, 1, 2}) {
		return // given up, or of another form
	}
	c.Write([]byte{5, p.method})
	if p.method != 2 {
		return
	}
	user := string(read(int(read(2)[1])))
	pass := string(read(int(read(1)[0])))
	c.Write([]byte{1, p.grant})
	if p.grant != 0 {
		return
	}
	head := read(4)
	name := ""
	switch head[3] {
	case 1:
		name = net.IP(read(4)).String()
	case 3:
		name = string(read(int(read(1)[0])))
	case 4:
		name = net.IP(read(16)).String()
	}
	read(2)
	p.mu.Lock()
	p.creds, p.names = append(p.creds, user+":"+pass), append(p.names, name)
	p.mu.Unlock()
	if p.answer != 0 {
		c.Write([]byte{5, p.answer, 0, 1, 0, 0, 0, 0, 0, 0})
		return
	}
	c.Write([]byte{5, 0, 0, 3, 2, 'a', 'b', 0, 1}) // bound to a name: Tor says 0.0.0.0, others may say this
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer up.Close()
	go func() { io.Copy(up, c); up.Close() }()
	io.Copy(c, up)
}

// TestTorCarriesTheWholeTalk: enrolment and exchanges through a proxy, to a
// name that only the proxy knows.
func TestTorCarriesTheWholeTalk(t *testing.T) {
	r := relaytest.Start(t, relaytest.Options{})
	p := newProxy(t, r.Addr.HostPort)
	addr := r.Addr
	addr.HostPort = "b5y6kcbrjz7aixqfoqtqw3zdm2vwsvj4phzcubmxzcs4r3pw3ytkizid.onion:443"
	opt := client.Options{Dial: client.Tor(p.ln.Addr().String())}
	k, err := relay.ParseTicket(r.Tickets[0])
	if err != nil {
		t.Fatal(err)
	}
	tok := relay.NewToken()
	e, err := client.Enrol(t.Context(), addr, k, tok, relay.NewRevocation(), opt)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(t.Context(), addr, client.Credentials{Token: tok, Charters: e.Charters}, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tick, _ := c.Timetable().Tick(time.Now())
	if _, err := c.Exchange(t.Context(), tick, 0, make([]byte, c.Timetable().CellSize)); err != nil {
		t.Fatal(err)
	}
	other, err := client.Tor(p.ln.Addr().String())(t.Context(), "tcp", "192.0.2.1:443")
	if err != nil {
		t.Fatal(err)
	}
	other.Close()
	six, err := opt.Dial(t.Context(), "tcp", "[2001:db8::1]:443")
	if err != nil {
		t.Fatal(err)
	}
	six.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	host, _, _ := net.SplitHostPort(addr.HostPort)
	for i, want := range []string{host, host, "192.0.2.1", "2001:db8::1"} {
		if p.names[i] != want {
			t.Errorf("connection %d asks for %q, want %q", i, p.names[i], want)
		}
	}
	if p.creds[0] != p.creds[1] || p.creds[0] == p.creds[2] || p.creds[0] == p.creds[3] {
		t.Errorf("circuits are not kept apart by relay: %v", p.creds)
	}
}

func TestTorRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*proxy)
		kind   fault.Kind
	}{
		"no credentials":      {func(p *proxy) { p.method = 0 }, fault.Refused},
		"credentials refused": {func(p *proxy) { p.grant = 1 }, fault.Refused},
		"no way":              {func(p *proxy) { p.answer = 4 }, fault.Unreachable},
	} {
		p := newProxy(t, "127.0.0.1:1")
		c.change(p)
		_, err := client.Tor(p.ln.Addr().String())(t.Context(), "tcp", "relay.example:443")
		if !fault.Is(err, c.kind) || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	dial := client.Tor("127.0.0.1:1")
	if _, err := dial(t.Context(), "tcp", "relay.example:443"); !fault.Is(err, fault.Unreachable) {
		t.Errorf("no proxy: %v", err)
	}
	p := newProxy(t, "127.0.0.1:1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Tor(p.ln.Addr().String())(ctx, "tcp", "relay.example:443"); err == nil {
		t.Error("a dial that was given up goes on")
	}
	if _, err := client.Tor(p.ln.Addr().String())(t.Context(), "tcp", "relay.example"); !fault.Is(err, fault.Malformed) {
		t.Errorf("no port: %v", err)
	}
	if !client.IsOnion("x.onion:443") || client.IsOnion("onion.example:443") {
		t.Error("what is an onion address")
	}
}
