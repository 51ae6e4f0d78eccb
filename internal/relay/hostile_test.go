package relay_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/relay/relaytest"
	"backchannel/internal/wire"
)

// TestAHostileRelaysLiesAreNoticed: what contradicts the protocol, the charter
// or an earlier word ends the connection with the right kind of fault.
func TestAHostileRelaysLiesAreNoticed(t *testing.T) {
	for name, c := range map[string]struct {
		how  relaytest.Misbehaviour
		kind fault.Kind
	}{
		"garbage":      {relaytest.Misbehaviour{Garbage: 1}, fault.Malformed},
		"two rosters":  {relaytest.Misbehaviour{TwoRosters: true}, fault.Unauthentic},
		"old charter":  {relaytest.Misbehaviour{OldCharter: true}, fault.Unauthentic},
		"back in time": {relaytest.Misbehaviour{BackInTime: true}, fault.Malformed},
		"no replies":   {relaytest.Misbehaviour{DropReplies: 1}, fault.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relaytest.Memory(t, relaytest.Options{Hostile: true})
				_, b := join(t, r), join(t, r) // b is in an odd slot
				b.inForce()
				r.Hostile.Set(c.how)
				var err error
				for range 3 {
					ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
					tick := nextSend(b.c.Timetable())
					_, err = b.c.Exchange(ctx, tick, b.cursor, cellOf(1, tick, 1024))
					cancel()
					if err != nil {
						break
					}
				}
				wantKind(t, name, err, c.kind)
				r.Hostile.Set(relaytest.Misbehaviour{})
				b.dial(r.Client()) // and on it goes
				b.inForce()
			})
		})
	}
}

// TestAHostileRelaysCellsPass: what only the line can judge passes the client
// unharmed, and nobody falls out of step.
func TestAHostileRelaysCellsPass(t *testing.T) {
	for name, how := range map[string]relaytest.Misbehaviour{
		"drop":       {DropCells: 0.5},
		"alter-sent": {AlterSent: 0.5},
		"hide":       {HideCells: 0.5},
		"alter":      {AlterCells: 0.5},
		"invent":     {InventCells: 0.5},
		"swap":       {SwapSlots: 0.5},
		"repeat":     {RepeatSlates: 0.5},
		"delay":      {DelaySlates: true},
		"roll-back":  {RollBack: 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relaytest.Memory(t, relaytest.Options{Hostile: true})
				a, b := join(t, r), join(t, r)
				together(a, b)
				a.inForce()
				r.Hostile.Set(how)
				cursor := a.cursor
				for i := range 20 {
					if name == "invent" && i%2 == 0 {
						a.beat() // b is absent now and then
						continue
					}
					together(a, b)
				}
				if r.Hostile.Done()[name] == 0 {
					t.Error("the relay was honest")
				}
				if a.cursor < cursor+19 {
					t.Errorf("fell behind: %d after %d", a.cursor, cursor)
				}
			})
		})
	}
}

func TestRelay3And4_OnlyOneKindOfConnection(t *testing.T) {
	r := relaytest.Start(t, relaytest.Options{})
	refused := func(what string, change func(*tls.Config)) {
		t.Helper()
		conf := relay.ClientTLS(r.Addr.Pin, nil)
		change(conf)
		c, err := tls.Dial("tcp", r.Addr.HostPort, conf)
		if err == nil {
			c.Close()
			t.Errorf("%s: accepted", what)
		}
	}
	refused("TLS 1.2", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 })
	refused("X25519 alone", func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} })
	refused("a HTTP/2 client", func(c *tls.Config) { c.NextProtos = []string{"h2"} })

	wrong := r.Addr
	wrong.Pin[0] ^= 1
	_, err := client.Dial(t.Context(), wrong, client.Credentials{}, client.Options{})
	wantKind(t, "wrong pin", err, fault.Unauthentic)

	c, err := tls.Dial("tcp", r.Addr.HostPort, relay.ClientTLS(r.Addr.Pin, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if s := c.ConnectionState(); s.Version != tls.VersionTLS13 || s.CurveID != tls.X25519MLKEM768 {
		t.Errorf("connected with %x, %v", s.Version, s.CurveID)
	}
}

func TestTheClientRefusesAWeakRelay(t *testing.T) {
	r := relaytest.Start(t, relaytest.Options{})
	for what, change := range map[string]func(*tls.Config){
		"TLS 1.2":      func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 },
		"X25519 alone": func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} },
	} {
		conf, err := relay.ServerTLS(r.Key)
		if err != nil {
			t.Fatal(err)
		}
		change(conf)
		l, err := tls.Listen("tcp", "127.0.0.1:0", conf)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{ErrorLog: log.New(io.Discard, "", 0)}
		go srv.Serve(l)
		_, err = client.Dial(t.Context(), relay.Address{HostPort: l.Addr().String(), Pin: r.Addr.Pin}, client.Credentials{}, client.Options{})
		wantKind(t, what, err, fault.Unreachable)
		srv.Close()
	}
	_, err := client.Dial(t.Context(), relay.Address{HostPort: "127.0.0.1:1", Pin: r.Addr.Pin}, client.Credentials{}, client.Options{})
	wantKind(t, "nobody there", err, fault.Unreachable)
}

// TestRelay5_PingsGetNoAnswer: a relay that pings makes nobody write off the
// beat.
func TestRelay5_PingsGetNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		conf, err := relay.ServerTLS(r.Key)
		if err != nil {
			t.Fatal(err)
		}
		n := relaytest.NewNet("pinger:1")
		pinged, release := make(chan error, 1), make(chan struct{})
		v := r.Server.Charters("test")[0]
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			ws, err := websocket.Accept(w, req, nil)
			if err != nil {
				pinged <- err
				return
			}
			defer ws.CloseNow()
			ws.Read(req.Context())
			ws.Write(req.Context(), websocket.MessageBinary, wire.MustEncode(relay.Welcome{Charters: []relay.Signed{v.Signed()}, Known: []byte{}}))
			ctx, cancel := context.WithTimeout(req.Context(), time.Minute)
			defer cancel()
			go ws.Read(ctx) // would see the pong
			pinged <- ws.Ping(ctx)
			<-release
		})}
		go srv.Serve(tls.NewListener(n, conf))
		defer srv.Close()
		tap := relaytest.NewTap(n.Dial)
		c, err := client.Dial(t.Context(), relay.Address{HostPort: "pinger:1", Pin: r.Addr.Pin}, client.Credentials{Token: relay.NewToken()}, client.Options{Dial: tap.Dial})
		if err != nil {
			t.Fatal(err)
		}
		before := len(tap.Writes())
		if err := <-pinged; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the ping was answered: %v", err)
		}
		if after := len(tap.Writes()); after != before {
			t.Errorf("%d writes off the beat", after-before)
		}
		close(release) // the relay hangs up
		<-c.Replies()
		c.Close()
		if after := len(tap.Writes()); after != before {
			t.Errorf("%d writes at the end", after-before)
		}
	})
}

func TestRelay6And7_HelloIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{})
		hello := relay.AttachHello(relay.NewToken(), 0).Encode()
		for what, b := range map[string][]byte{
			"too long":  append(hello, make([]byte, 4096)...),
			"too short": hello[:10],
			"unknown":   append([]byte{9}, hello[1:]...),
			"silence":   nil,
		} {
			ws := rawDial(t, r)
			if b != nil {
				ws.Write(t.Context(), websocket.MessageBinary, b)
			}
			begin := time.Now()
			if _, _, err := ws.Read(t.Context()); err == nil {
				t.Errorf("%s: answered", what)
			}
			if d := time.Since(begin); d > 10*time.Second {
				t.Errorf("%s: ended after %v", what, d)
			}
			ws.CloseNow()
		}
	})
}

func rawDial(t *testing.T, r *relaytest.Relay) *websocket.Conn {
	t.Helper()
	tr := &http.Transport{DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := r.Dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return tls.Client(raw, relay.ClientTLS(r.Addr.Pin, nil)), nil
	}}
	ws, _, err := websocket.Dial(t.Context(), "wss://"+r.Addr.HostPort+relay.Path, &websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func TestBoundOnConnectionsAndRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relaytest.Memory(t, relaytest.Options{Limits: relay.Limits{Connections: 3, HostPerSecond: 1, HostBurst: 5}})
		open := func() (net.Conn, bool) {
			c, err := r.Dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			c.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, err = c.Read(make([]byte, 1))
			return c, !errors.Is(err, io.EOF)
		}
		var conns []net.Conn
		for i := range 5 {
			c, stays := open()
			defer c.Close()
			if stays != (i < 3) {
				t.Errorf("connection %d of 3 stays: %v", i+1, stays)
			}
			conns = append(conns, c)
		}
		conns[0].Close()
		synctest.Wait()
		if c, stays := open(); stays {
			t.Error("a sixth in one moment stays, where five may come")
			c.Close()
		}
		time.Sleep(1100 * time.Millisecond)
		c, stays := open()
		defer c.Close()
		if !stays {
			t.Error("a free place is refused")
		}
	})
}
