package client

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"backchannel/internal/fault"
)

// Tor gives a dialer that reaches relays through a running Tor's SOCKS port
// (RFC 1928, 1929). Names are given to Tor as they are: nothing is looked up
// here. Each relay gets credentials of its own, other ones in each process, so
// that Tor never puts two of them on one circuit; a proxy that does not take
// credentials is refused, since it would not keep them apart.
func Tor(proxy string) func(ctx context.Context, network, addr string) (net.Conn, error) {
	var secret [16]byte
	rand.Read(secret[:])
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", proxy)
		if err != nil {
			return nil, noTor(err)
		}
		stop := context.AfterFunc(ctx, func() { c.Close() })
		if err := socks(c, addr, secret); err != nil {
			stop()
			c.Close()
			return nil, err
		}
		if !stop() {
			return nil, noTor(ctx.Err())
		}
		return c, nil
	}
}

func noTor(err error) error {
	return fault.Wrap(err, fault.Unreachable, "tor.proxy", "start Tor, and name its SOCKS port with --tor, as in 127.0.0.1:9050", "Tor does not answer")
}

const (
	socks5     = 5
	socksUser  = 2 // authentication by name and password
	socksDial  = 1
	socksName  = 3
	socksIPv4  = 1
	socksIPv6  = 4
	authResult = 1
)

// socks asks a SOCKS5 proxy for a connection.
func socks(c net.Conn, addr string, secret [16]byte) error {
	host, port, err := net.SplitHostPort(addr)
	n, perr := strconv.ParseUint(port, 10, 16)
	if err != nil || perr != nil || len(host) > 255 {
		return fault.New(fault.Malformed, "tor.address", "", "this is not an address that Tor can reach")
	}
	id := sha256.Sum256(append(secret[:], addr...))
	user, pass := hex.EncodeToString(id[:8]), hex.EncodeToString(id[8:16])
	hello := slices.Concat([]byte{socks5, 1, socksUser},
		[]byte{authResult, byte(len(user))}, []byte(user), []byte{byte(len(pass))}, []byte(pass))
	var got [4]byte
	if err := ask(c, hello[:3], got[:2]); err != nil {
		return err
	}
	if got[0] != socks5 || got[1] != socksUser {
		return fault.New(fault.Refused, "tor.isolation", "name the SOCKS port of Tor itself", "the proxy takes no credentials, so it is not Tor")
	}
	if err := ask(c, hello[3:], got[:2]); err != nil {
		return err
	}
	if got[1] != 0 {
		return fault.New(fault.Refused, "tor.isolation", "name the SOCKS port of Tor itself", "the proxy refuses credentials, so it is not Tor")
	}
	if err := ask(c, append(destination(host), byte(n>>8), byte(n)), got[:]); err != nil {
		return err
	}
	if got[0] != socks5 || got[1] != 0 {
		return fault.New(fault.Unreachable, "tor.relay", "the desk tries again by itself", "Tor does not reach the relay (SOCKS answer %d)", got[1])
	}
	return skipBound(c, got[3])
}

func ask(c net.Conn, say, got []byte) error {
	_, err := c.Write(say)
	if err == nil {
		_, err = io.ReadFull(c, got)
	}
	if err != nil {
		return noTor(err)
	}
	return nil
}

func destination(host string) []byte {
	b := []byte{socks5, socksDial, 0}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		return append(append(b, socksName, byte(len(host))), host...)
	case ip.Is4():
		return append(append(b, socksIPv4), ip.AsSlice()...)
	}
	return append(append(b, socksIPv6), ip.WithZone("").AsSlice()...)
}

// skipBound reads over the address that a proxy says it is bound to.
func skipBound(c net.Conn, kind byte) error {
	n := map[byte]int{socksIPv4: net.IPv4len, socksIPv6: net.IPv6len}[kind]
	if kind == socksName {
		var l [1]byte
		if _, err := io.ReadFull(c, l[:]); err != nil {
			return noTor(err)
		}
		n = int(l[0])
	}
	if n == 0 {
		return fault.New(fault.Malformed, "tor.answer", "", "Tor answers in a way that is not SOCKS")
	}
	if _, err := io.ReadFull(c, make([]byte, n+2)); err != nil {
		return noTor(err)
	}
	return nil
}

// IsOnion reports whether a relay's address can only be reached through Tor.
func IsOnion(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	return err == nil && strings.HasSuffix(host, ".onion")
}
