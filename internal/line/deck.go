package line

import (
	"bytes"
	"slices"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Deck is all the lines of one desk at one relay: a value. No method changes
// it; those that say so return the next one.
type Deck struct {
	relay    [32]byte
	tick     uint64 // highest tick used for sending
	cursor   uint64 // tick of the next slate
	batch    uint64 // slates processed so far
	ingested uint64 // as the driver last said
	lines    uint32 // lines ever started
	dummy    dummy
	filler   chain
	used     [usedInvites][8]byte
	slots    [Slots]slot
	gaps     [2]gap // the last two, newest first
	pace     pace

	queues [Slots][Classes][]frame // not stored: the driver's outbox is
	idle   *[CellSize]byte         // sealed under the dummy key; opened where nothing came
}

// dummy is what the work is done with that nobody waits for. It never leaves
// the deck.
type dummy struct {
	Seed [32]byte                 `cbor:"1,keyasint"`
	Ek   [keys.KEMPublic]byte     `cbor:"2,keyasint"`
	Ct   [keys.KEMCiphertext]byte `cbor:"3,keyasint"`
}

// New makes an empty deck for one relay and cohort. The first tick it can use
// is the one after tick. rand is 64 fresh random bytes.
func New(relay Relay, tick uint64, kem keys.KEM, rand [64]byte) (*Deck, error) {
	d := &Deck{relay: relay.ID(), tick: tick, cursor: tick, pace: usualPace()}
	d.dummy.Seed = [32]byte(rand[:32])
	d.filler = chain{Key: [32]byte(rand[32:]), Pos: tick + 1, On: true}
	ek, err := kem.Public(d.dummy.Seed)
	if err != nil {
		return nil, err
	}
	ct, _, err := kem.Encapsulate(ek)
	if err != nil {
		return nil, err
	}
	copy(d.dummy.Ek[:], ek)
	copy(d.dummy.Ct[:], ct)
	d.makeIdle()
	return d, nil
}

// Queued is a frame in the driver's outbox.
type Queued struct {
	Slot   int // of Line; Open finds it by itself
	Line   uint32
	Class  Class
	Number uint64
	Bytes  []byte
}

// Open restores a deck from its stored state and the outbox, of which each
// line and class must be in the order of numbers. It also gives the frames of the outbox that need sending no more:
// acknowledged, or of a line that is gone.
func Open(stored []byte, outbox []Queued) (d *Deck, done []Queued, err error) {
	if d, err = AtRest(stored); err != nil {
		return nil, nil, err
	}
	return d.requeue(outbox)
}

// requeue puts the frames of an outbox into the empty queues.
func (d *Deck) requeue(outbox []Queued) (_ *Deck, done []Queued, err error) {
	for _, q := range outbox {
		q.Slot = d.slotOf(q.Line)
		if q.Slot < 0 || q.Class >= Classes || q.Number <= d.slots[q.Slot].Out[q.Class].Done {
			done = append(done, q)
			continue
		}
		if d, err = d.Queue(q); err != nil {
			return nil, nil, err
		}
	}
	for i := range d.slots {
		for c := range d.slots[i].Out {
			if o := &d.slots[i].Out[c]; o.Next > o.end(d.queues[i][c]) {
				d.rerun(i, d.tick) // part of a frame was sent that is not there any more
			}
		}
	}
	return d, done, nil
}

// Rest gives the next deck, which holds no frame: what waits to be sent waits
// on, what is under way may be acknowledged, and the lines go on in every other
// way. A driver uses it for a desk that is locked. The state stays as it is.
func (d *Deck) Rest() *Deck {
	n := d.clone()
	n.queues = [Slots][Classes][]frame{}
	return n
}

// Resume ends Rest, with the outbox as it was: each line and class in the order
// of numbers. Like Open it also gives the frames that need sending no more. One
// that was acknowledged whole meanwhile is reported as acked by the next cell.
func (d *Deck) Resume(outbox []Queued) (next *Deck, done []Queued, err error) {
	return d.Rest().requeue(outbox)
}

// slotOf gives the slot of a line that can still carry, or -1.
func (d *Deck) slotOf(line uint32) int {
	for i := range d.slots {
		if d.slots[i].Line == line && d.slots[i].live() {
			return i
		}
	}
	return -1
}

func (d *Deck) makeIdle() {
	b := box{key: mac(&d.dummy.Seed, "idle")}
	c := b.seal(&plain{}, [SaltSize]byte{}, &Work{})
	d.idle = &c
}

func (d *Deck) clone() *Deck {
	n := *d
	return &n
}

// Tick is the highest tick used.
func (d *Deck) Tick() uint64 { return d.tick }

// Cursor is the tick of the next slate to be fetched.
func (d *Deck) Cursor() uint64 { return d.cursor }

// Batch is the number of slates processed: rows of batches below
// Batch()-RingBatches may have been overwritten.
func (d *Deck) Batch() uint64 { return d.batch }

// at gives the slot of a line in use.
func (d *Deck) at(i int) (*slot, error) {
	if i < 0 || i >= Slots || d.slots[i].Phase == PhaseEmpty {
		return nil, fault.New(fault.NotFound, "line.slot", "", "there is no line in slot %d", i)
	}
	return &d.slots[i], nil
}

// Queue gives the next deck, in which a frame waits to be sent. The frame must
// be in the outbox before. Its number must be above all earlier ones of the
// line and class; Status gives one that is.
func (d *Deck) Queue(q Queued) (*Deck, error) {
	s, err := d.at(q.Slot)
	switch {
	case err != nil:
		return nil, err
	case !s.live() || s.Line != q.Line || s.held():
		return nil, fault.New(fault.Refused, "line.queue-closed", "open a new line", "this line is over")
	case q.Class >= Classes:
		return nil, fault.New(fault.Malformed, "line.class", "", "no such class: %d", q.Class)
	case len(q.Bytes) > MaxFrame:
		return nil, fault.New(fault.Limit, "line.frame", "split it", "a frame of %d bytes where at most %d are allowed", len(q.Bytes), MaxFrame)
	case len(d.queues[q.Slot][q.Class]) >= MaxQueue:
		return nil, fault.New(fault.Limit, "line.queue", "wait until some of it is delivered", "%d frames wait already", MaxQueue)
	case q.Number <= d.lastNumber(q.Slot, q.Class):
		return nil, fault.New(fault.Refused, "line.number", "", "frame number %d is not above the last", q.Number)
	}
	n := d.clone()
	n.queues[q.Slot][q.Class] = append(slices.Clip(n.queues[q.Slot][q.Class]), newFrame(q.Number, bytes.Clone(q.Bytes)))
	return n, nil
}

func (d *Deck) lastNumber(i int, c Class) uint64 {
	if q := d.queues[i][c]; len(q) > 0 {
		return q[len(q)-1].number
	}
	return d.slots[i].Out[c].Done
}

// Remove gives the next deck, in which the slot is empty and all keys of its
// line are gone. The other side is not told; it hears nothing any more.
func (d *Deck) Remove(i int) (*Deck, error) {
	s, err := d.at(i)
	if err != nil {
		return nil, err
	}
	n := d.clone()
	if j := d.renewal(s.Line); j >= 0 && !s.held() {
		n.drop(j)
	}
	n.drop(i)
	return n, nil
}

// fail ends a line that cannot be opened.
func (d *Deck) fail(i int, r Reason, e *Effects) {
	d.slots[i].wipe(PhaseFailed, r)
	d.queues[i] = [Classes][]frame{}
	e.event(Event{Kind: EventFailed, Slot: i, Line: d.slots[i].Line, Reason: r})
}

// InviteRequest is what an invite needs.
type InviteRequest struct {
	Relay   Relay
	Tickets [][]byte
	Label   string   // how the inviter calls themself; may be empty
	Life    uint64   // ticks until it expires
	Until   int64    // the same moment as Unix seconds
	Rand    [96]byte // fresh random bytes
	Short   bool     // for a member of the same relay: less to type, no ticket
}

// PrepareInvite makes the keys of an invite ahead of the call of Invite, which
// may come at a send moment. PrepareAccept does the same for Accept.
func PrepareInvite(kem keys.KEM, rand [96]byte) (keys.KEM, error) {
	return keys.Prepared(kem, [32]byte(rand[32:]), [32]byte(rand[64:]))
}

// PrepareAccept makes the keys of an acceptance ahead of the call of Accept.
func PrepareAccept(kem keys.KEM, rand [80]byte) (keys.KEM, error) {
	return keys.Prepared(kem, [32]byte(rand[:]), [32]byte(rand[32:]))
}

// Invite gives the next deck, in which a slot waits for a joiner, and the
// invite. The deck's state must be stored before the invite is shown.
func (d *Deck) Invite(r InviteRequest, kem keys.KEM) (next *Deck, i int, inv *Invite, err error) {
	if r.Relay.ID() != d.relay {
		return nil, 0, nil, foreignRelay()
	}
	n, i, err := d.take()
	if err != nil {
		return nil, 0, nil, err
	}
	s := &n.slots[i]
	s.Phase, s.Stage, s.Inviter = PhaseInvited, stageHello, true
	if err := s.inviteKeys(kem, r.Rand); err != nil {
		return nil, 0, nil, err
	}
	inv = &Invite{
		Suite: Suite, Addr: r.Relay.Addr, Pin: r.Relay.Pin, Cohort: r.Relay.Cohort, Tickets: r.Tickets,
		Secret: [32]byte(r.Rand[:32]), Base: d.tick + 1, Expires: d.tick + 1 + r.Life, Until: r.Until, Label: r.Label,
		KeyHash: keyHash(Suite, s.outBuf()[:keys.KEMPublic], s.outBuf()[keys.KEMPublic:keysSize]),
	}
	if r.Short {
		if inv, err = shorten(inv, r.Relay, r.Rand[:shortSecret]); err != nil {
			return nil, 0, nil, err
		}
	}
	if _, err := DecodeInvite(inv.Encode()); err != nil {
		return nil, 0, nil, err
	}
	n.rendezvous(i, inv)
	return n, i, inv, nil
}

// Accept gives the next deck, in which a slot says hello to the inviter. The
// deck's state must be stored before the next Step. rand is 80 fresh bytes.
func (d *Deck) Accept(inv *Invite, kem keys.KEM, rand [80]byte) (next *Deck, i int, err error) {
	if inv, err = DecodeInvite(inv.Encode()); err != nil {
		return nil, 0, err
	}
	if inv.Relay().ID() != d.relay {
		return nil, 0, foreignRelay()
	}
	if err := inv.Check(d.tick + 1); err != nil {
		return nil, 0, err
	}
	if slices.Contains(d.used[:], inv.mark()) {
		return nil, 0, fault.New(fault.Refused, "line.invite-used", "ask for a new invite; each is good for one use", "this desk has used this invite already, or made it")
	}
	n, i, err := d.take()
	if err != nil {
		return nil, 0, err
	}
	return n, i, n.join(i, inv, kem, rand)
}

// inviteKeys makes the keys of an inviter, where they will be said.
func (s *slot) inviteKeys(kem keys.KEM, rand [96]byte) error {
	for k := range s.Seeds {
		s.Seeds[k] = [32]byte(rand[32+32*k:])
		ek, err := kem.Public(s.Seeds[k])
		if err != nil {
			return err
		}
		copy(s.outBuf()[k*keys.KEMPublic:], ek)
	}
	return nil
}

// join makes slot i, which was just taken, a joiner.
func (d *Deck) join(i int, inv *Invite, kem keys.KEM, rand [80]byte) error {
	s := &d.slots[i]
	s.Phase, s.Stage = PhaseJoining, stageHello
	s.KeyHash = inv.KeyHash
	out := s.outBuf()
	d.rendezvous(i, inv)
	copy(out, []byte{byte(Suite >> 8), byte(Suite)})
	copy(out[2:helloSize], rand[64:])
	s.T.say(msgHello, out[:helloSize])
	s.say(msgHello, 0, helloSize)
	for k := range s.Seeds { // the keys wait where the answer will have them
		s.Seeds[k] = [32]byte(rand[32*k:])
		ek, err := kem.Public(s.Seeds[k])
		if err != nil {
			return err
		}
		copy(out[2*keys.KEMCiphertext+k*keys.KEMPublic:], ek)
	}
	return nil
}

// rendezvous starts epoch 0, whose keys come from the invite's secret. It
// carries the handshake and nothing else.
func (d *Deck) rendezvous(i int, inv *Invite) {
	s := &d.slots[i]
	s.Expires = inv.Expires
	s.T = begin(inv)
	_, seed := epochKeys([32]byte{}, inv.Secret[:], inv.digest())
	w := &Work{}
	s.Send = newChain(seed, d.relay, s.dir(), inv.Base)
	s.Send.walk(behind(inv.Base, d.tick+1), d.tick+1, w)
	s.Recv = newChain(seed, d.relay, s.peerDir(), inv.Base)
	s.Recv.walk(behind(inv.Base, d.cursor), d.cursor, w)
	copy(d.used[1:], d.used[:]) // the oldest is forgotten
	d.used[0] = inv.mark()
}

func behind(base, at uint64) uint64 {
	if base >= at {
		return 0
	}
	return at - base
}

// take finds an empty slot.
func (d *Deck) take() (*Deck, int, error) {
	for i := range d.slots {
		if d.slots[i].Phase == PhaseEmpty {
			n := d.clone()
			n.lines++
			n.slots[i] = slot{Line: n.lines, Made: d.tick, Run: 1}
			n.queues[i] = [Classes][]frame{}
			return n, i, nil
		}
	}
	return nil, 0, fault.New(fault.Limit, "line.slots", "remove a line that is over", "all %d lines of this desk are taken", Slots)
}

func foreignRelay() error {
	return fault.New(fault.Unauthentic, "line.invite-relay", "join that relay first", "the invite is for another relay or cohort")
}
