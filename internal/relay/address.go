package relay

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net"
	"strconv"
	"strings"

	"backchannel/internal/fault"
)

const addressScheme = "backchannel-relay:"

// Pin is the hash of a relay's identity key.
type Pin [32]byte

// PinOf gives the pin of a key.
func PinOf(key ed25519.PublicKey) (Pin, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return Pin{}, fault.Wrap(err, fault.Internal, "relay.pin", "", "cannot encode the relay's key")
	}
	return sha256.Sum256(der), nil
}

// String gives the pin in unpadded base64url.
func (p Pin) String() string { return base64.RawURLEncoding.EncodeToString(p[:]) }

// Address says where a relay is and by which key to know it.
type Address struct {
	HostPort string
	Pin      Pin
}

// String gives the one text form of an address.
func (a Address) String() string { return addressScheme + a.HostPort + "#" + a.Pin.String() }

// ParseAddress reads the text form, and refuses what String would not give. [RELAY-2]
func ParseAddress(s string) (Address, error) {
	bad := func(why string) (Address, error) {
		return Address{}, fault.New(fault.Malformed, "relay.address", "copy the whole address, from backchannel-relay: to the end",
			"this is not a relay's address: %s", why)
	}
	if len(s) > MaxAddress {
		return bad("too long")
	}
	rest, ok := strings.CutPrefix(s, addressScheme)
	if !ok {
		return bad("it does not begin with " + addressScheme)
	}
	hostPort, pin, ok := strings.Cut(rest, "#")
	if !ok {
		return bad("no pin")
	}
	host, port, err := net.SplitHostPort(hostPort)
	if err != nil || !plainHost(host) {
		return bad("no host and port")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return bad("no port")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(pin)
	if err != nil || len(raw) != len(Pin{}) {
		return bad("the pin is damaged")
	}
	a := Address{HostPort: net.JoinHostPort(host, strconv.FormatUint(n, 10)), Pin: Pin(raw)}
	if a.String() != s {
		return bad("not in its one form")
	}
	return a, nil
}

// plainHost reports whether a host is a name or an IP address in lower case.
func plainHost(h string) bool {
	if h == "" || len(h) > 253 {
		return false
	}
	for _, r := range h {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-.:", r) {
			return false
		}
	}
	return true
}
