package line

import (
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Aid is how a line finds together again when one of its two vaults was set
// back past a change of epoch: spec/line.md, section 7. The chains that it goes
// over live as long as the line, so they carry nothing worth having: that a
// desk is deaf, and the way to a new handshake, which two people must confirm.

const (
	callSize  = 32
	offerSize = 88

	offerRenewal = 1
	offerCopy    = 2
)

// pace is how long aid waits, in ticks. Only tests have another than usual.
type pace struct {
	Silent     uint64 // a line that heard nothing for so long calls
	CallEvery  uint64
	OfferEvery uint64
	OfferTimes uint8
	OfferLife  uint64 // of a renewal's handshake
	HeldSilent uint64 // a held renewal that heard nothing for so long is forgotten
}

func usualPace() pace {
	return pace{Silent: 64, CallEvery: 16, OfferEvery: 8, OfferTimes: 12, OfferLife: 192, HeldSilent: 512}
}

// aid is what a slot keeps for it.
type aid struct {
	Send, Recv chain
	Dir        byte            // our direction on them: a renewal may change the roles, and they stay
	CallAt     uint64          // tick at which it last called
	HeardNow   uint64          // tick of the last cell from a peer who hears us
	BadAt      uint64          // tick of the first call that showed that the peer does not
	OfferAt    uint64          // tick at which the offer was last said
	OfferLeft  uint8           // how often it is still to be said
	Offer      [offerSize]byte // what is offered, by us or to us
	Due        Due
	Told       uint64 // tick at which the keeper was last told
}

// Due is what the driver must do for a line before it can be repaired.
type Due uint8

// What may be due.
const (
	DueNothing Due = iota
	DueRenew       // call Renew: the peer is deaf
	DueTakeUp      // call TakeUp: the peer offers a renewal
)

func (a *aid) code(c *coder) {
	c.chain(&a.Send)
	c.chain(&a.Recv)
	c.u8(&a.Dir)
	c.u64(&a.CallAt)
	c.u64(&a.HeardNow)
	c.u64(&a.BadAt)
	c.u64(&a.OfferAt)
	c.u8(&a.OfferLeft)
	c.bytes(a.Offer[:])
	c.u8((*uint8)(&a.Due))
	c.u64(&a.Told)
}

// epochID names an epoch to who has its root, and tells nobody anything else.
func epochID(root *[32]byte) [8]byte {
	h := hash("epoch id", root[:])
	return [8]byte(h[:8])
}

// silent reports whether the line has heard nothing for long, as far as slates
// were worked off: an absence of our own is not the peer's silence.
func (d *Deck) silent(s *slot) bool {
	return s.Phase == PhaseOpen && s.Aid.Send.On && !s.held() && d.cursor > s.Heard+d.pace.Silent
}

// aidDue gives the message that slot i should say over its aid chain now, or 0.
func (d *Deck) aidDue(s *slot, tick uint64) byte {
	switch {
	case s.Phase != PhaseOpen || s.held() || !s.Aid.Send.ready(tick):
		return 0
	case s.Aid.OfferLeft > 0 && tick >= s.Aid.OfferAt+d.pace.OfferEvery && (s.Aid.Offer[0] == offerCopy || d.awaited(s.Line)):
		return msgOffer
	case d.silent(s) && tick >= s.Aid.CallAt+d.pace.CallEvery:
		return msgCall
	}
	return 0
}

// writeAid makes the content of an aid cell.
func (d *Deck) writeAid(s *slot, message byte, tick uint64, p *plain) {
	f := fragment{Message: message, Count: 1}
	if message == msgOffer {
		f.Bytes = s.Aid.Offer[:]
		s.Aid.OfferAt, s.Aid.OfferLeft = tick, s.Aid.OfferLeft-1
	} else {
		b := make([]byte, callSize)
		binary.BigEndian.PutUint32(b, s.Epoch)
		id := epochID(&s.Root)
		copy(b[4:], id[:])
		if s.pending() && s.RootNext != [32]byte{} {
			binary.BigEndian.PutUint32(b[12:], s.NextEpoch)
			id = epochID(&s.RootNext)
			copy(b[16:], id[:])
		}
		binary.BigEndian.PutUint64(b[24:], s.Heard)
		f.Bytes, s.Aid.CallAt = b, tick
	}
	h := hash("message", []byte{message}, f.Bytes)
	f.ID = binary.BigEndian.Uint32(h[:])
	h0 := head{Kind: bodyFragment}
	h0.put(p)
	f.put(p)
}

// aided handles what came over the aid chain.
func (d *Deck) aided(i int, p *plain, tick uint64, e *Effects) {
	s := &d.slots[i]
	h, body, ok := p.parse()
	f, whole := parseFragment(body)
	if !ok || h.Kind != bodyFragment || !whole || f.Message < msgCall {
		e.event(Event{Kind: EventBroken, Slot: i, Line: s.Line})
		return
	}
	if s.Phase != PhaseOpen || s.held() {
		return
	}
	if f.Message == msgCall {
		d.called(i, f.Bytes, tick, e)
	} else {
		d.offered(i, f.Bytes, tick, e)
	}
}

// called judges a call: can the caller hear us?
func (d *Deck) called(i int, b []byte, tick uint64, e *Effects) {
	s := &d.slots[i]
	a := &s.Aid
	mine := epochID(&s.Root)
	if [8]byte(b[4:]) == mine || [8]byte(b[16:]) == mine {
		a.BadAt = 0
		if a.Due == DueRenew {
			a.Due = DueNothing
		}
		return
	}
	if theirs := binary.BigEndian.Uint32(b); theirs > s.Epoch || theirs == s.Epoch && !s.Inviter {
		d.tell(i, EventBehind, e) // it is for the peer to offer
		return
	}
	if a.BadAt == 0 {
		a.BadAt = tick
	}
	switch {
	case a.HeardNow > a.BadAt: // somebody there hears us, and somebody does not
		a.BadAt = tick
		d.twice(i, e)
	case tick > a.HeardNow+d.pace.Silent && a.Due == DueNothing && d.renewal(s.Line) < 0:
		a.Due = DueRenew
		d.tell(i, EventPeerBehind, e)
	}
}

// twice says that two vaults speak as the peer, to our keeper and to both.
func (d *Deck) twice(i int, e *Effects) {
	a := &d.slots[i].Aid
	if a.OfferLeft == 0 {
		a.Offer, a.OfferLeft = [offerSize]byte{offerCopy}, 2
	}
	d.tell(i, EventPeerTwice, e)
}

// offered handles an offer.
func (d *Deck) offered(i int, b []byte, tick uint64, e *Effects) {
	s := &d.slots[i]
	quiet := d.silent(s)
	base, expires := binary.BigEndian.Uint64(b[40:]), binary.BigEndian.Uint64(b[48:])
	switch {
	case b[0] == offerCopy && quiet:
		d.tell(i, EventCopy, e)
	case b[0] == offerCopy:
		d.tell(i, EventCopied, e)
	case b[0] != offerRenewal || !quiet || s.Aid.CallAt == 0 || s.Aid.Due == DueTakeUp || d.renewal(s.Line) >= 0:
	case base > tick || expires <= tick || expires-base > MaxInviteLife:
	default:
		copy(s.Aid.Offer[:], b)
		s.Aid.OfferLeft, s.Aid.Due = 0, DueTakeUp
		d.tell(i, EventBehind, e)
	}
}

// tell makes an event, not more often than a person wants to read it.
func (d *Deck) tell(i int, k EventKind, e *Effects) {
	s := &d.slots[i]
	if s.Aid.Told != 0 && e.Tick < s.Aid.Told+d.pace.Silent {
		return
	}
	s.Aid.Told = e.Tick
	e.event(Event{Kind: k, Slot: i, Line: s.Line})
}

// held reports whether the slot is a renewal that nobody has confirmed yet.
func (s *slot) held() bool { return s.Renews != 0 }

// renewal gives the slot of a line's renewal, or -1.
func (d *Deck) renewal(line uint32) int {
	for i := range d.slots {
		if d.slots[i].held() && d.slots[i].Renews == line && d.slots[i].live() {
			return i
		}
	}
	return -1
}

// awaited reports whether a renewal of a line still waits for its joiner.
func (d *Deck) awaited(line uint32) bool {
	i := d.renewal(line)
	return i >= 0 && d.slots[i].Phase == PhaseInvited
}

// forgetHeld drops held renewals that came to nothing.
func (d *Deck) forgetHeld(tick uint64) {
	for i := range d.slots {
		s := &d.slots[i]
		if s.held() && (s.Phase == PhaseFailed || s.Phase == PhaseOpen && d.cursor > max(s.Heard, s.Made)+d.pace.HeldSilent) {
			d.drop(i)
		}
	}
}

func (d *Deck) drop(i int) {
	d.slots[i] = slot{}
	d.queues[i] = [Classes][]frame{}
}

// offerInvite is the invite that an offer stands for. An invite that a person
// hands over has an address, so the two never give the same keys.
func offerInvite(b []byte) *Invite {
	return &Invite{Suite: Suite, Secret: [32]byte(b[8:40]), Base: binary.BigEndian.Uint64(b[40:]),
		Expires: binary.BigEndian.Uint64(b[48:]), KeyHash: [32]byte(b[56:])}
}

// Renew gives the next deck, in which a renewal of the line in slot i waits for
// its peer. The deck's state must be stored before the next Step. rand is 96
// fresh bytes; PrepareInvite makes the keys ahead.
func (d *Deck) Renew(i int, kem keys.KEM, rand [96]byte) (next *Deck, err error) {
	s, err := d.at(i)
	if err != nil {
		return nil, err
	}
	if s.Aid.Due != DueRenew {
		return nil, notDue()
	}
	n, j, err := d.take()
	if err != nil {
		return nil, err
	}
	t := &n.slots[j]
	t.Phase, t.Stage, t.Inviter, t.Renews = PhaseInvited, stageHello, true, s.Line
	if err := t.inviteKeys(kem, rand); err != nil {
		return nil, err
	}
	a := &n.slots[i].Aid
	a.Offer = [offerSize]byte{offerRenewal}
	copy(a.Offer[8:], rand[:32])
	binary.BigEndian.PutUint64(a.Offer[40:], d.tick+1)
	binary.BigEndian.PutUint64(a.Offer[48:], d.tick+1+d.pace.OfferLife)
	h := keyHash(Suite, t.outBuf()[:keys.KEMPublic], t.outBuf()[keys.KEMPublic:keysSize])
	copy(a.Offer[56:], h[:])
	a.OfferLeft, a.OfferAt, a.Due, a.BadAt = d.pace.OfferTimes, 0, DueNothing, 0
	n.rendezvous(j, offerInvite(a.Offer[:]))
	return n, nil
}

// TakeUp gives the next deck, in which the renewal that was offered for the
// line in slot i is taken up. rand is 80 fresh bytes; PrepareAccept makes the
// keys ahead.
func (d *Deck) TakeUp(i int, kem keys.KEM, rand [80]byte) (next *Deck, err error) {
	s, err := d.at(i)
	if err != nil {
		return nil, err
	}
	if s.Aid.Due != DueTakeUp {
		return nil, notDue()
	}
	n, j, err := d.take()
	if err != nil {
		return nil, err
	}
	n.slots[j].Renews = s.Line
	if err := n.join(j, offerInvite(s.Aid.Offer[:]), kem, rand); err != nil {
		return nil, err
	}
	a := &n.slots[i].Aid
	a.Offer, a.Due = [offerSize]byte{}, DueNothing
	return n, nil
}

func notDue() error {
	return fault.New(fault.Refused, "line.aid-due", "", "nothing of the kind is due on this line")
}

// Adopt gives the next deck, in which the open renewal in slot j has taken the
// place of the line that it renews. Call it when the keeper has said that the
// words are the same, and never otherwise: it is all that stands between an old
// copy of a vault and the line.
func (d *Deck) Adopt(j int) (next *Deck, err error) {
	s, err := d.at(j)
	if err != nil {
		return nil, err
	}
	i := d.slotOf(s.Renews)
	if !s.held() || s.Phase != PhaseOpen || i < 0 {
		return nil, fault.New(fault.Refused, "line.adopt", "look at the line again", "there is no renewal to confirm")
	}
	n := d.clone()
	old, t := &n.slots[i], &n.slots[j]
	t.Line, t.Made, t.Renews = old.Line, old.Made, 0
	t.Run, t.PeerRun, t.Out, t.In, t.Owed = old.Run, old.PeerRun, old.Out, old.In, max(d.tick, 1)
	t.Aid = aid{Send: old.Aid.Send, Recv: old.Aid.Recv, Dir: old.Aid.Dir, HeardNow: t.Heard}
	n.queues[j] = n.queues[i]
	n.drop(i)
	n.rerun(j, n.tick)
	return n, nil
}
