package line

import (
	"bytes"
	"encoding/binary"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// Slate is all the cells of a cohort in one tick, in the relay's order.
type Slate struct {
	Tick  uint64
	Cells [][]byte
	Mine  bool // one of them is this desk's own, as the relay says
}

// StepInput is everything that a step depends on, besides the deck.
type StepInput struct {
	Tick     uint64                     // to send in; above every tick used before
	Slates   []Slate                    // arrived and not yet processed, oldest first
	Roster   func(tick uint64) [32]byte // hash of timetable and roster in force in a tick
	Ingested uint64                     // rows of all batches below this are in the journal or kept elsewhere
	KEM      keys.KEM
	Rand     [SaltSize + 32]byte // fresh random bytes
}

// Effects is what the driver must do, in this order: store State and Rows in
// one transaction, send Cell, act on Events.
type Effects struct {
	Tick   uint64
	State  []byte   // StateSize bytes
	Rows   [][]byte // Slots rows of RowSize bytes for each slate processed
	Cell   [CellSize]byte
	Events []Event
	Work   Work
}

// Work counts what a step did. For the same tick mod 3, slates and absence it
// is the same whatever the deck holds.
type Work struct {
	Seals   int
	Opens   int
	KEMs    [turns]int // key generations, encapsulations, decapsulations
	Chains  int        // chain steps
	Derives int        // tags and tick keys
	Tags    int        // comparisons of a tag with a cell
	Rows    int
}

// EventKind names what happened on a line.
type EventKind string

// The kinds of event.
const (
	EventJoining     EventKind = "joining"       // somebody came with the invite
	EventOpened      EventKind = "opened"        // the handshake ended; compare words are in Status
	EventFailed      EventKind = "failed"        // the line is over, for Reason
	EventReused      EventKind = "invite-reused" // a second joiner came with an invite already used; the open line is untouched
	EventAcked       EventKind = "acked"         // Frame of Class, and all before it, are stored at the other desk
	EventUnopened    EventKind = "unopened"      // a cell had our tag and did not open: altered, or the two sides see different rosters
	EventDoubled     EventKind = "doubled"       // two different cells with one tag: a relay that plays tricks, a second joiner, or a peer's vault that runs twice
	EventBroken      EventKind = "broken"        // a cell of the peer opened to something that no program of this version writes
	EventEpoch       EventKind = "epoch"         // healing made a step
	EventReplaced    EventKind = "replaced"      // fresh keys have taken the place of those of Line
	EventSetBack     EventKind = "set-back"      // this vault is older than what the peer has seen of it
	EventPeerSetBack EventKind = "peer-set-back" // the peer lost what it had acknowledged; older frames may have to be queued again
	EventElsewhere   EventKind = "elsewhere"     // this desk sent in ticks that this vault does not know of: it was set back, or it runs twice
	EventBehind      EventKind = "behind"        // this vault is older than a change of epoch; the line waits for a renewal
	EventPeerBehind  EventKind = "peer-behind"   // the peer's vault is; Renew is due
	EventPeerTwice   EventKind = "peer-twice"    // two vaults speak as the peer: one is a copy
	EventCopy        EventKind = "copy"          // the peer hears another vault as this desk: this one is an older copy
	EventCopied      EventKind = "copied"        // an older copy of this vault calls somewhere
)

// Event is something that a person or the driver may want to know.
type Event struct {
	Kind   EventKind
	Slot   int
	Line   uint32
	Class  Class
	Frame  uint64
	Reason Reason
	Tick   uint64
}

func (e *Effects) event(v Event) {
	v.Tick = e.Tick
	e.Events = append(e.Events, v)
}

// Step does one tick: works off the slates, does one KEM operation, seals one
// cell. The deck itself stays as it was.
func (d *Deck) Step(in StepInput) (*Deck, Effects, error) {
	if in.Tick <= d.tick {
		return nil, Effects{}, fault.New(fault.Clock, "line.tick", "set the clock right; the desk goes on when it has passed the last tick used",
			"tick %d is not after %d, the last one used", in.Tick, d.tick)
	}
	passed := in.Tick - d.tick
	if passed > MaxGap {
		return nil, Effects{}, fault.New(fault.Clock, "line.gap", "check the clock", "the clock says that %d ticks have passed", passed)
	}
	n := d.clone()
	n.ingested = min(in.Ingested, n.batch)
	e := &Effects{Tick: in.Tick}
	if passed > 1 {
		n.gaps = [2]gap{{d.tick, in.Tick}, n.gaps[0]}
	}
	n.expire(in.Tick, e)
	n.forgetHeld(in.Tick)
	for i := range in.Slates {
		s := &in.Slates[i]
		// A slate from the past is a repeat; one of this tick or later cannot
		// be there yet, and would let a relay push the chains ahead. With a
		// full ring nothing is read, so nothing is overwritten; the cursor
		// stays, and the same slates come again.
		if s.Tick >= n.cursor && s.Tick < in.Tick && n.batch-n.ingested < RingBatches {
			n.slate(s, in.Roster(s.Tick), e)
		}
	}
	n.eachSend(passed-1, in.Tick, &e.Work)
	n.kem(&in, e)
	n.catchUp(CatchUp*passed, in.Tick, &e.Work)
	e.Cell = n.fill(&in, e)
	n.eachSend(1, in.Tick+1, &e.Work)
	n.tick = in.Tick
	e.State = n.State()
	return n, *e, nil
}

// expire ends the handshakes whose invite has run out.
func (d *Deck) expire(tick uint64, e *Effects) {
	for i := range d.slots {
		s := &d.slots[i]
		if tick < s.Expires {
			continue
		}
		if (s.Phase == PhaseInvited || s.Phase == PhaseJoining || s.Phase == PhaseShaking) && !d.waits(i) {
			d.fail(i, ReasonExpired, e)
		}
		s.Old = chain{}
	}
}

// eachSend walks every sending chain, used or not.
func (d *Deck) eachSend(n, limit uint64, w *Work) {
	d.filler.walk(n, limit, w)
	for i := range d.slots {
		d.slots[i].Send.walk(n, limit, w)
		d.slots[i].SendNext.walk(n, limit, w)
		d.slots[i].Aid.Send.walk(n, limit, w)
	}
}

// eachRecv walks every receiving chain, used or not.
func (d *Deck) eachRecv(n, limit uint64, w *Work) {
	for i := range d.slots {
		d.slots[i].Recv.walk(n, limit, w)
		d.slots[i].RecvNext.walk(n, limit, w)
		d.slots[i].Old.walk(n, limit, w)
		d.slots[i].Aid.Recv.walk(n, limit, w)
	}
}

// catchUp spends exactly n chain steps on new chains that start in the past.
func (d *Deck) catchUp(n, tick uint64, w *Work) {
	var idle chain
	for i := range d.slots {
		s := &d.slots[i]
		for _, c := range []struct {
			*chain
			to uint64
		}{{&s.SendNext, tick}, {&s.RecvNext, d.cursor}, {&s.Aid.Send, tick}, {&s.Aid.Recv, d.cursor}} {
			if c.On && c.Pos < c.to {
				k := min(n, c.to-c.Pos)
				c.walk(k, c.to, w)
				n -= k
			}
		}
		s.promoteSend(tick)
	}
	idle.walk(n, 0, w)
}

// passedOver looks whether this desk sent in a tick that this deck passed over,
// as far as the relay still knows.
func (d *Deck) passedOver(s *Slate, e *Effects) {
	unsure, sent := false, false
	for _, g := range d.gaps {
		sent = sent || s.Mine && s.Tick > g.From && s.Tick < g.To
		unsure = unsure || max(d.cursor, g.From+1) < min(s.Tick, g.To)
	}
	if !sent && !unsure {
		return
	}
	for i := range d.slots {
		if d.slots[i].Phase == PhaseOpen {
			d.rerun(i, e.Tick)
		}
	}
	if sent {
		d.gaps = [2]gap{} // said once for an absence
		e.event(Event{Kind: EventElsewhere})
	}
}

// slate works off one slate: three candidate tags per slot, one box opened per
// slot, one row per slot.
func (d *Deck) slate(s *Slate, roster [32]byte, e *Effects) {
	d.passedOver(s, e)
	d.eachRecv(s.Tick-d.cursor, s.Tick, &e.Work)
	d.cursor = s.Tick
	var cand [Slots][3]candidate
	for i := range d.slots {
		cand[i] = d.candidates(i, s.Tick, roster, &e.Work)
	}
	var found, last [Slots][3]uint64 // index of the first and last cell + 1
	for k, c := range s.Cells {
		if len(c) != CellSize {
			continue
		}
		lo, hi := binary.LittleEndian.Uint64(c), binary.LittleEndian.Uint64(c[8:])
		for i := range cand {
			for j := range cand[i] {
				k, t := uint64(k+1), &cand[i][j]
				hit := -same(lo^t.lo|hi^t.hi) & t.on // all ones, or none
				last[i][j] ^= hit & (last[i][j] ^ k)
				hit &= -same(found[i][j])
				found[i][j] ^= hit & (found[i][j] ^ k)
			}
		}
		e.Work.Tags += Slots * len(cand[0])
	}
	for i := range d.slots {
		for j := range last[i] {
			if f, l := found[i][j], last[i][j]; f != l && !bytes.Equal(s.Cells[f-1], s.Cells[l-1]) {
				d.slots[i].seenAgain(s.Tick)
				e.event(Event{Kind: EventDoubled, Slot: i, Line: d.slots[i].Line})
			}
		}
		if found[i][2] != 0 && found[i][0]|found[i][1] != 0 {
			d.twice(i, e) // one desk sends one cell in a tick, and nobody else knows these tags
		}
		row := Row{Slot: i, Line: d.slots[i].Line, Batch: d.batch}
		d.openOne(i, s, &cand[i], found[i], &row, e)
		e.Rows = append(e.Rows, row.encode())
		e.Work.Rows++
	}
	d.batch++
	d.eachRecv(1, s.Tick+1, &e.Work)
	d.cursor = s.Tick + 1
}

// same gives 1 if x is zero and 0 if not, in the same time.
func same(x uint64) uint64 { return 1 ^ (x|-x)>>63 }

// candidate is a tag to look for.
type candidate struct {
	box
	lo, hi uint64 // the tag
	on     uint64 // all ones if it is real
}

// candidates gives the three tags of a slot for a tick: of the epoch in use, of
// the next one, and of aid. A place that would be empty watches the rendezvous chain
// for a second joiner, or nothing.
func (d *Deck) candidates(i int, tick uint64, roster [32]byte, w *Work) (out [3]candidate) {
	s := &d.slots[i]
	next := &s.RecvNext
	if !next.On {
		next = &s.Old
	}
	for j, c := range []*chain{&s.Recv, next, &s.Aid.Recv} {
		out[j].tag, out[j].key = c.tickKeys(w)
		out[j].tick, out[j].roster, out[j].dir = tick, roster, s.peerDir()
		if j == 2 {
			out[j].dir = fromInviter + fromJoiner - s.Aid.Dir
		}
		out[j].lo, out[j].hi = binary.LittleEndian.Uint64(out[j].tag[:]), binary.LittleEndian.Uint64(out[j].tag[8:])
		if c.ready(tick) && s.live() {
			out[j].on = ^uint64(0)
		}
	}
	return out
}

// openOne opens one box for a slot: the cell that matched, or the idle one.
func (d *Deck) openOne(i int, s *Slate, cand *[3]candidate, found [3]uint64, row *Row, e *Effects) {
	j := 0
	if found[1] != 0 {
		j = 1
	} else if found[0] == 0 {
		j = 2 // aid comes last: who has an old copy must not be able to crowd the line out
	}
	if found[j] == 0 {
		idle := box{key: mac(&d.dummy.Seed, "idle")}
		idle.open(d.idle[:], &e.Work)
		return
	}
	_ = mac(&d.dummy.Seed, "idle") // the same work as above
	sl := &d.slots[i]
	p, ok := cand[j].open(s.Cells[found[j]-1], &e.Work)
	if !ok {
		e.event(Event{Kind: EventUnopened, Slot: i, Line: sl.Line})
		return
	}
	if sl.Phase == PhaseEmpty {
		return // replaced while this slate was worked off
	}
	if j == 2 {
		d.aided(i, p, s.Tick, e)
		return
	}
	if j == 1 && !sl.RecvNext.On {
		sl.Old = chain{} // said once
		sl.Again = s.Tick
		e.event(Event{Kind: EventReused, Slot: i, Line: sl.Line})
		return
	}
	h, body, ok := p.parse()
	if !ok {
		e.event(Event{Kind: EventBroken, Slot: i, Line: sl.Line})
		return
	}
	sl.Heard = s.Tick
	if j == 1 {
		sl.promoteHeard(s.Tick)
		if sl.Stage == stageSaid {
			d.opened(i, e)
		}
		e.event(Event{Kind: EventEpoch, Slot: i, Line: sl.Line})
	}
	d.stillOld(sl.Line, s.Tick, e)
	if !sl.Lead || !sl.RecvNext.On {
		sl.Aid.HeardNow = s.Tick // under the epoch that we send under
	}
	d.content(i, &h, body, s.Tick, row, e)
}

// content handles an authentic plaintext.
func (d *Deck) content(i int, h *head, body []byte, tick uint64, row *Row, e *Effects) {
	s := &d.slots[i]
	switch h.Kind {
	case bodyFragment:
		f, ok := parseFragment(body)
		if !ok {
			e.event(Event{Kind: EventBroken, Slot: i, Line: s.Line})
			return
		}
		d.fragment(i, &f, tick, e)
		s = &d.slots[i]
	case bodySegment:
		g, ok := parseSegment(body)
		if !ok {
			e.event(Event{Kind: EventBroken, Slot: i, Line: s.Line})
			return
		}
		if s.Phase == PhaseOpen && !s.held() && d.arrive(i, h.Run, &g, tick) {
			row.Line = s.Line // which opening may have changed
			row.Real, row.Class, row.First, row.Run, row.Number, row.Bytes = true, g.Class, g.First, h.Run, g.Number, g.Bytes
		}
	}
	if s.Phase == PhaseOpen && !s.held() {
		d.acks(i, h, e)
	}
}

// fragment handles a piece of a handshake or epoch message.
func (d *Deck) fragment(i int, f *fragment, tick uint64, e *Effects) {
	s := &d.slots[i]
	if s.reused(f) {
		s.Again = tick
		d.fail(i, ReasonReused, e)
		return
	}
	if f.Message != s.expects() {
		return
	}
	if f.Message >= msgAsk && f.Epoch != s.Epoch+1 || f.Message == msgDone && s.Epoch == 0 {
		return
	}
	if f.Message == msgAsk && s.AnswerID != 0 && f.ID == s.AnswerID {
		return // replied to already
	}
	if f.Message == msgAnswer || f.Message == msgConfirm {
		s.quiet() // the other side has all of what we said
	}
	if s.collect(f, tick) && f.Message < msgAsk {
		d.took(i, f.Message, s.inBuf()[:messageSize(f.Message)], e)
		if s = &d.slots[i]; s.Phase != PhaseFailed && (f.Message == msgHello || f.Message == msgDone) {
			s.dropIn()
		}
	}
}
