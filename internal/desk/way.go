package desk

import (
	"context"
	"net"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
)

// way gives how to reach the relay: through Tor if the keeper says so. A desk
// that enrolled through Tor, and an onion address, are never tried without:
// one connection would show the relay what Tor hid, or the resolver the name.
func (o Options) way(address string, tor bool) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	addr, err := relay.ParseAddress(address)
	switch {
	case err != nil:
		return nil, err
	case o.Dial != nil:
		return o.Dial, nil
	case o.Tor != "":
		return o.tor, nil
	case tor || client.IsOnion(addr.HostPort):
		return nil, fault.New(fault.Refused, "desk.tor", "start Tor, and give --tor", "this desk goes to its relay through Tor alone")
	}
	return nil, nil
}
