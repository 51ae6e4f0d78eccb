package relay_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

const (
	onionName = "b5y6kcbrjz7aixqfoqtqw3zdm2vwsvj4phzcubmxzcs4r3pw3ytkizid"
	onionMade = "ED25519-V3:qGm8rsSBVs1VBVFvRw3jmYUvNg8lLZMDyEqNVsS3o3GZrxhU5S0v0PYxDnEmWjT5mRBnFvVfBV0e3c1mLL7LNw=="
)

// fakeTor is a control port.
type fakeTor struct {
	ln      net.Listener
	cookie  []byte // that it has
	file    string // that it names
	methods string
	asked   chan string // ADD_ONION as it came
}

func newFakeTor(t *testing.T) *fakeTor {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeTor{ln: ln, cookie: bytes.Repeat([]byte{3}, 32), file: filepath.Join(t.TempDir(), "control auth cookie"), methods: "COOKIE,SAFECOOKIE", asked: make(chan string, 8)}
	if err := os.WriteFile(f.file, f.cookie, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go f.serve(c)
		}
	}()
	return f
}

func (f *fakeTor) hash(way string, client, server []byte) string {
	h := hmac.New(sha256.New, []byte("Tor safe cookie authentication "+way+" hash"))
	h.Write(f.cookie)
	h.Write(client)
	h.Write(server)
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil)))
}

func (f *fakeTor) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewScanner(c)
	var client []byte
	server := bytes.Repeat([]byte{4}, 32)
	ok := false
	for in.Scan() {
		w := strings.Fields(in.Text())
		switch {
		case w[0] == "PROTOCOLINFO":
			fmt.Fprintf(c, "250-PROTOCOLINFO 1\r\n250-AUTH METHODS=%s COOKIEFILE=\"%s\"\r\n250-VERSION Tor=\"0.4.9\"\r\n250 OK\r\n", f.methods, f.file)
		case w[0] == "AUTHCHALLENGE":
			client, _ = hex.DecodeString(w[2])
			fmt.Fprintf(c, "250 AUTHCHALLENGE SERVERHASH=%s SERVERNONCE=%X\r\n", f.hash("server-to-controller", client, server), server)
		case w[0] == "AUTHENTICATE":
			if ok = strings.EqualFold(w[1], f.hash("controller-to-server", client, server)); !ok {
				fmt.Fprint(c, "515 Authentication failed\r\n")
				return
			}
			fmt.Fprint(c, "250 OK\r\n")
		case w[0] == "ADD_ONION" && ok:
			f.asked <- in.Text()
			if strings.HasPrefix(w[1], "NEW:") {
				fmt.Fprintf(c, "250-ServiceID=%s\r\n250-PrivateKey=%s\r\n250 OK\r\n", onionName, onionMade)
			} else {
				fmt.Fprintf(c, "250-ServiceID=%s\r\n250 OK\r\n", onionName)
			}
		default:
			fmt.Fprint(c, "514 Authentication required\r\n")
		}
	}
}

func TestAnOnionServiceKeepsItsAddress(t *testing.T) {
	f, dir := newFakeTor(t), t.TempDir()
	for _, want := range []string{"ADD_ONION NEW:ED25519-V3 Port=443,127.0.0.1:7443", "ADD_ONION " + onionMade + " Port=443,127.0.0.1:7443"} {
		o, err := relay.StartOnion(t.Context(), f.ln.Addr().String(), dir, "127.0.0.1:7443")
		if err != nil {
			t.Fatal(err)
		}
		if got := <-f.asked; got != want {
			t.Errorf("asked %q, want %q", got, want)
		}
		if o.HostPort != onionName+".onion:443" {
			t.Errorf("address %q", o.HostPort)
		}
		if _, err := relay.ParseAddress(relay.Address{HostPort: o.HostPort}.String()); err != nil {
			t.Error(err)
		}
		o.Close()
		<-o.Gone()
	}
	if st, err := os.Stat(filepath.Join(dir, "onion.key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v %v", st, err)
	}
}

func TestAnOnionServiceIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(t *testing.T, f *fakeTor, dir string)
		kind   fault.Kind
	}{
		"no cookie":        {func(_ *testing.T, f *fakeTor, _ string) { f.methods = "HASHEDPASSWORD" }, fault.Refused},
		"the plain cookie": {func(_ *testing.T, f *fakeTor, _ string) { f.methods = "COOKIE" }, fault.Refused},
		"another cookie":   {func(_ *testing.T, f *fakeTor, _ string) { f.cookie = make([]byte, 32) }, fault.Unauthentic},
		"a file of ours":   {func(_ *testing.T, f *fakeTor, _ string) { os.WriteFile(f.file, make([]byte, 33), 0o600) }, fault.Malformed},
		"no file":          {func(_ *testing.T, f *fakeTor, _ string) { f.file += "x" }, fault.Disk},
		"a damaged own key": {func(_ *testing.T, _ *fakeTor, dir string) {
			os.WriteFile(filepath.Join(dir, "onion.key"), []byte("x Port=1"), 0o600)
		}, fault.Corrupt},
		"nobody there": {func(_ *testing.T, f *fakeTor, _ string) { f.ln.Close() }, fault.Unreachable},
	} {
		f, dir := newFakeTor(t), t.TempDir()
		c.change(t, f, dir)
		_, err := relay.StartOnion(t.Context(), f.ln.Addr().String(), dir, "127.0.0.1:7443")
		wantKind(t, name, err, c.kind)
	}
}

// TestRealTorMakesTheService: a Tor of this machine, with its network off,
// makes the service, keeps its address, and gives it up with the connection.
func TestRealTorMakesTheService(t *testing.T) {
	if _, err := exec.LookPath("tor"); err != nil {
		t.Skip("no tor here: the double of its control port is all that was tested (on Debian: apt-get install tor)")
	}
	data := t.TempDir()
	portFile := filepath.Join(data, "port")
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "tor", "--ignore-missing-torrc", "-f", filepath.Join(data, "none"), "--defaults-torrc", filepath.Join(data, "none"),
		"--DisableNetwork", "1", "--SocksPort", "0", "--DataDirectory", data, "--ControlPort", "auto", "--ControlPortWriteToFile", portFile,
		"--CookieAuthentication", "1", "--Log", "notice stdout")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); cmd.Wait() }()
	var said []string
	for in := bufio.NewScanner(out); in.Scan(); {
		if said = append(said, in.Text()); strings.Contains(in.Text(), "Opened Control listener") {
			break
		}
	}
	go io.Copy(io.Discard, out)
	var control string
	for range 1000 { // it says so a moment before it writes the file
		b, err := os.ReadFile(portFile)
		if addr, ok := strings.CutPrefix(strings.TrimSpace(string(b)), "PORT="); err == nil && ok {
			control = addr
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if control == "" {
		t.Fatal("tor did not start:\n" + strings.Join(said, "\n"))
	}
	dir, first := t.TempDir(), ""
	for range 2 {
		o, err := relay.StartOnion(t.Context(), control, dir, "127.0.0.1:7443")
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = o.HostPort
		}
		if o.HostPort != first || !strings.HasSuffix(first, ".onion:443") {
			t.Errorf("address %q, at first %q", o.HostPort, first)
		}
		o.Close() // and with it the service: Tor would refuse the same key twice
	}
	o, err := relay.StartOnion(t.Context(), control, dir, "127.0.0.1:7443")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-o.Gone()
	o.Close()
}
