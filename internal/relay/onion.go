package relay

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"backchannel/internal/fault"
)

// An onion service is a relay that is reached through Tor alone. A running Tor
// makes it, through its control port, for as long as the connection to that
// port is open.

const (
	onionKeyFile = "onion.key"
	onionPort    = 443
	maxControl   = 64 << 10 // bytes of one answer of the control port
	controlTime  = 30 * time.Second
)

// Onion is an onion service in front of a relay.
type Onion struct {
	HostPort string // for Config.Advertise
	Key      string // of its address
	conn     net.Conn
	gone     chan struct{}
}

// StartOnion asks the Tor whose control port is at control to lead an onion
// service to target, a port of this machine. Its key is kept in dir, so that
// the address stays.
func StartOnion(ctx context.Context, control, dir, target string) (*Onion, error) {
	path := filepath.Join(dir, onionKeyFile)
	key, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Disk, "tor.onion-key", "", "cannot read the onion service's key")
	}
	o, err := OpenOnion(ctx, control, string(key), target)
	if err == nil && len(key) == 0 {
		if err = keepOnionKey(dir, path, o.Key); err != nil {
			return nil, errors.Join(err, o.Close())
		}
	}
	return o, err
}

// OpenOnion does the same with a key that somebody else keeps; an empty one asks
// for a new one, which the service then has.
func OpenOnion(ctx context.Context, control, key, target string) (*Onion, error) {
	if key != "" && !onionKey.MatchString(key) {
		return nil, fault.New(fault.Corrupt, "tor.onion-key", "restore "+onionKeyFile+" from the backup", "the onion service's key is damaged")
	}
	conn, err := (&net.Dialer{Timeout: controlTime}).DialContext(ctx, "tcp", control)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unreachable, "tor.control", "set ControlPort 9051 and CookieAuthentication 1 in torrc", "Tor's control port does not answer")
	}
	conn.SetDeadline(time.Now().Add(controlTime))
	o, err := addOnion(conn, strings.TrimSpace(key), target)
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	go func() {
		defer close(o.gone)
		io.Copy(io.Discard, conn)
	}()
	return o, nil
}

// Gone is closed when Tor has ended, and the service with it.
func (o *Onion) Gone() <-chan struct{} { return o.gone }

// Close ends the service.
func (o *Onion) Close() error {
	err := o.conn.Close()
	<-o.gone
	return err
}

func addOnion(conn net.Conn, key, target string) (*Onion, error) {
	c := &controller{w: conn, r: bufio.NewReader(io.LimitReader(conn, maxControl))}
	if err := c.authenticate(); err != nil {
		return nil, err
	}
	ask := key
	if ask == "" {
		ask = "NEW:ED25519-V3"
	}
	lines, err := c.do(fmt.Sprintf("ADD_ONION %s Port=%d,%s", ask, onionPort, target))
	if err != nil {
		return nil, err
	}
	id, made := "", ""
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, "ServiceID="); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(l, "PrivateKey="); ok {
			made = v
		}
	}
	if !onionID.MatchString(id) || (made == "") != (key != "") || made != "" && !onionKey.MatchString(made) {
		return nil, strangeTor("names no onion service")
	}
	if made != "" {
		key = made
	}
	return &Onion{HostPort: fmt.Sprintf("%s.onion:%d", id, onionPort), Key: key, conn: conn, gone: make(chan struct{})}, nil
}

var (
	onionID  = regexp.MustCompile(`^[a-z2-7]{56}$`)
	onionKey = regexp.MustCompile(`^ED25519-V3:[A-Za-z0-9+/=]{80,100}\s*$`)
)

func keepOnionKey(dir, path, key string) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		_, err = f.WriteString(key + "\n")
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return fault.Wrap(err, fault.Disk, "tor.onion-key", "", "cannot write the onion service's key")
	}
	return nil
}

func strangeTor(what string) error {
	return fault.New(fault.Malformed, "tor.control-answer", "is this Tor's control port?", "Tor's control port %s", what)
}

// controller speaks to a control port.
type controller struct {
	w io.Writer
	r *bufio.Reader
}

// do sends a command and gives the lines of the answer, which must be 250.
func (c *controller) do(command string) ([]string, error) {
	if _, err := fmt.Fprintf(c.w, "%s\r\n", command); err != nil {
		return nil, fault.Wrap(err, fault.Unreachable, "tor.control", "", "Tor's control port does not answer")
	}
	var lines []string
	for {
		l, err := c.r.ReadString('\n')
		if err != nil {
			return nil, fault.Wrap(err, fault.Unreachable, "tor.control", "", "Tor's control port does not answer")
		}
		l = strings.TrimRight(l, "\r\n")
		if len(l) < 4 || !strings.HasPrefix(l, "250") {
			return nil, fault.New(fault.Refused, "tor.control-refused", "look at Tor's log", "Tor's control port refuses: %.100q", l)
		}
		switch lines = append(lines, l[4:]); l[3] {
		case ' ':
			return lines, nil
		case '-':
		default:
			return nil, strangeTor("gives an answer of another form")
		}
	}
}

// authenticate shows that we can read Tor's cookie, without sending it: so
// that whoever sits at the port learns no file of ours.
func (c *controller) authenticate() error {
	lines, err := c.do("PROTOCOLINFO 1")
	if err != nil {
		return err
	}
	m := regexp.MustCompile(`(?m)^AUTH METHODS=([A-Z,]*)(?: COOKIEFILE="((?:[^"\\]|\\.)*)")?`).FindStringSubmatch(strings.Join(lines, "\n"))
	if m == nil || !strings.Contains(m[1], "SAFECOOKIE") || m[2] == "" {
		return fault.New(fault.Refused, "tor.cookie", "set CookieAuthentication 1 in torrc", "Tor's control port offers no authentication by cookie")
	}
	name := regexp.MustCompile(`\\(.)`).ReplaceAllString(m[2], "$1")
	cookie, err := readCookie(name)
	if err != nil {
		return err
	}
	var nonce [32]byte
	rand.Read(nonce[:])
	if lines, err = c.do("AUTHCHALLENGE SAFECOOKIE " + hex.EncodeToString(nonce[:])); err != nil {
		return err
	}
	var theirs, server []byte
	for _, f := range strings.Fields(lines[0]) {
		if v, ok := strings.CutPrefix(f, "SERVERHASH="); ok {
			theirs, _ = hex.DecodeString(v)
		}
		if v, ok := strings.CutPrefix(f, "SERVERNONCE="); ok {
			server, _ = hex.DecodeString(v)
		}
	}
	if len(server) != 32 || !hmac.Equal(theirs, cookieHash("server-to-controller", cookie, nonce[:], server)) {
		return fault.New(fault.Unauthentic, "tor.control-cookie", "is another program on Tor's control port?", "whoever answers on Tor's control port does not have its cookie")
	}
	_, err = c.do("AUTHENTICATE " + hex.EncodeToString(cookieHash("controller-to-server", cookie, nonce[:], server)))
	return err
}

func cookieHash(way string, cookie, client, server []byte) []byte {
	h := hmac.New(sha256.New, []byte("Tor safe cookie authentication "+way+" hash"))
	h.Write(cookie)
	h.Write(client)
	h.Write(server)
	return h.Sum(nil)
}

func readCookie(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fault.Wrap(err, fault.Disk, "tor.cookie-read", "let this user into Tor's group, or set CookieAuthFileGroupReadable 1", "cannot read Tor's cookie")
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 33))
	if err != nil || len(b) != 32 {
		return nil, strangeTor("names a cookie that is none")
	}
	return b, nil
}
