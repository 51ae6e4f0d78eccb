package line

import (
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/wire"
)

// What groups of an invite hold.
const (
	typedWhole = 1 // kind, the canonical bytes
	typedShort = 2 // kind, suite, secret, key hash, base, life, relay

	shortSecret = 16
	shortHash   = 16
	shortRelay  = 4
	shortSize   = 2 + shortSecret + shortHash + 5 + 3 + shortRelay
	maxLife     = 1<<24 - 1
	maxBase     = 1<<40 - 1
)

// brief is what a short invite says: enough for two members of one relay.
type brief struct {
	secret [shortSecret]byte
	keys   [shortHash]byte
	base   uint64
	life   uint64
	relay  [shortRelay]byte
}

// Groups gives the form that is typed by hand or shown as a QR code.
func (v *Invite) Groups() []string {
	if v.short == nil {
		return keys.Groups(append([]byte{typedWhole}, v.Encode()...))
	}
	s := v.short
	b := append([]byte{typedShort, Suite}, s.secret[:]...)
	b = append(b, s.keys[:]...)
	b = append(b, binary.BigEndian.AppendUint64(nil, s.base)[3:]...)
	b = append(b, binary.BigEndian.AppendUint32(nil, uint32(s.life))[1:]...)
	return keys.Groups(append(b, s.relay[:]...))
}

// Short reports whether the invite is for members of the same relay alone. On
// makes it whole.
func (v *Invite) Short() bool { return v.short != nil }

// On gives the whole of a short invite at the relay of whoever takes it; any
// other is given as it is.
func (v *Invite) On(r Relay) (*Invite, error) {
	if v.short == nil {
		return v, nil
	}
	id := r.ID()
	if v.short.relay != [shortRelay]byte(id[:]) {
		return nil, foreignRelay()
	}
	return v.short.whole(r), nil
}

// whole is the invite that a short one stands for. Both sides make it the same.
func (s *brief) whole(r Relay) *Invite {
	return &Invite{
		Suite: Suite, Addr: "-", Pin: r.Pin, Cohort: r.Cohort, Tickets: [][]byte{},
		Secret: hash("short invite", s.secret[:]), Base: s.base, Expires: s.base + s.life,
		KeyHash: shortKeys(s.keys[:]), short: s,
	}
}

// shortKeys is the key hash of a short invite. It stands for 128 bits of the
// hash of the inviter's keys: who wants to fit keys of his own has to try as
// many as that.
func shortKeys(start []byte) [32]byte { return hash("short inviter keys", start) }

// fits reports whether the inviter's keys are those that the invite spoke of.
func fits(want, got [32]byte) bool { return want == got || want == shortKeys(got[:shortHash]) }

// shorten makes a short invite from a whole one.
func shorten(v *Invite, r Relay, secret []byte) (*Invite, error) {
	id := r.ID()
	s := &brief{secret: [shortSecret]byte(secret), keys: [shortHash]byte(v.KeyHash[:]), base: v.Base, life: v.Expires - v.Base, relay: [shortRelay]byte(id[:])}
	if s.base > maxBase || s.life > maxLife || len(v.Tickets) > 0 {
		return nil, fault.New(fault.Refused, "line.short", "make a file or a QR code of it", "this invite cannot be made short: it brings a ticket, or is for too long")
	}
	return s.whole(r), nil
}

// parseTyped reads groups.
func parseTyped(text string) (*Invite, error) {
	b, err := keys.ParseGroups(text)
	if err != nil {
		return nil, err
	}
	switch {
	case len(b) > 1 && b[0] == typedWhole && len(b)-1 <= wire.MaxInvite:
		return DecodeInvite(b[1:])
	case len(b) > 1 && b[0] == typedShort && b[1] != Suite:
		return nil, otherSuite(uint16(b[1]))
	case len(b) == shortSize && b[0] == typedShort:
		s := &brief{secret: [shortSecret]byte(b[2:]), keys: [shortHash]byte(b[2+shortSecret:])}
		b = b[2+shortSecret+shortHash:]
		s.base = binary.BigEndian.Uint64(append(make([]byte, 3), b[:5]...))
		s.life = uint64(binary.BigEndian.Uint32(append(make([]byte, 1), b[5:8]...)))
		s.relay = [shortRelay]byte(b[8:])
		if s.life == 0 || s.life > MaxInviteLife {
			break
		}
		return &Invite{Suite: Suite, Base: s.base, Expires: s.base + s.life, short: s}, nil
	}
	return nil, fault.New(fault.Malformed, "line.typed", "ask for a new invite", "these groups are no invite of this version")
}
