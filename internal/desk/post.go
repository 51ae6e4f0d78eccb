package desk

import (
	"context"
	"fmt"
	"sync"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// post is the desk's end of its lines: whom they lead to, what waits to be sent
// over them, and what has arrived. What belongs to one relay is a clock's.
//
// Lock order: Desk.mu before post.mu. A clock takes Desk.mu only to ingest,
// which is away from the moment of sending, so a long write at the desk delays
// no tick.
type post struct {
	d      *Desk // nil while it is locked; see home
	opt    Options
	ctx    context.Context // ends when the desk closes
	cancel context.CancelFunc

	line    *follower // what keeps the clocks in another process; nil if this one does
	away    *partConn // in a line process: the desk process, if there is one; guarded by mu
	sending moments   // clocks that are at their moment of sending

	homing  sync.RWMutex // held for writing while the desk is locked or unlocked, for reading between two beats; before all others
	opening sync.Mutex   // held while a line is being opened; before Desk.mu

	mu       sync.Mutex
	clocks   []*clock          // one for each relay; only grows
	peers    map[lineID]peer   // stored under metaLines
	unacked  map[outKey][]byte // frames in the outbox
	begun    map[outKey][]byte // frames in the outbox that arrived over the other of two lines, and go on to their end; see bond.go
	held     map[outKey]bool   // frames that are being taken back, and whether a line process that came up was not given them
	acked    []sent            // acknowledged, still in the outbox
	standing map[lineID]bool   // lines on which to say where we stand
	resends  map[record.Name]resent
	notes    []string        // for the record, at the next ingest
	noted    map[string]bool // of them, since the desk was opened
	tending  bool            // something is being done about second lines

	last    map[stream]uint64 // the last frame that came whole; used by ingest alone, under Desk.mu
	waiting map[segKey]bool   // segments stored until their frame is whole; used by ingest alone, under Desk.mu
}

// lineID names a line at this desk: the clock that it hangs on, and its number
// on that one's deck. On the first clock it is the number alone.
type lineID uint64

func (n lineID) clock() int     { return int(n >> 32) }
func (n lineID) number() uint32 { return uint32(n) }

// sent is a frame of the outbox.
type sent struct {
	outKey
	bytes []byte
	noted bool // it has arrived over another line, and that is in the record
}

// membership is what the desk knows of its relay; stored under metaRelay.
type membership struct {
	Address  string          `cbor:"1,keyasint"`
	Token    []byte          `cbor:"2,keyasint"`
	Charters []relay.Signed  `cbor:"3,keyasint"`
	Cohort   string          `cbor:"4,keyasint"`
	FromTick uint64          `cbor:"5,keyasint"`
	Table    relay.Timetable `cbor:"6,keyasint"`
	Code     string          `cbor:"7,keyasint,omitempty"`  // revocation code
	Seed     []byte          `cbor:"8,keyasint,omitempty"`  // of the tickets that the desk asks for
	Leaving  bool            `cbor:"9,keyasint,omitempty"`  // the keeper has said so
	Member   []byte          `cbor:"10,keyasint,omitempty"` // the desk's id in the roster, once it is there
	Tor      bool            `cbor:"11,keyasint,omitempty"` // it enrolled through Tor
}

// peer is whom a line leads to.
type peer struct {
	Line     lineID         `cbor:"1,keyasint"`
	Name     record.Name    `cbor:"2,keyasint"`
	Compared bool           `cbor:"3,keyasint,omitempty"`
	Until    record.Instant `cbor:"4,keyasint,omitempty"` // when the invite expires
	Made     record.Instant `cbor:"5,keyasint,omitempty"` // when it was made or taken
	Of       []byte         `cbor:"6,keyasint,omitempty"` // the words that were compared, hashed
	Tick     uint64         `cbor:"7,keyasint,omitempty"` // of the second joiner that was known then
	Replaces uint32         `cbor:"8,keyasint,omitempty"` // the line, on the same deck, that these are fresh keys for

	// Of a second line to somebody, over another relay; see bond.go.
	Bond     lineID `cbor:"9,keyasint,omitempty"`  // the first one
	BondOf   []byte `cbor:"10,keyasint,omitempty"` // the words of that, as they were then, hashed
	Said     bool   `cbor:"11,keyasint,omitempty"` // its invite is on its way
	Mirrored bool   `cbor:"12,keyasint,omitempty"` // what goes over the first goes over it too

	// Of a first line.
	Relays  [][]byte `cbor:"13,keyasint,omitempty"` // where the other desk is a member, as it says
	Offered []byte   `cbor:"14,keyasint,omitempty"` // an invite for a second line that waits to be taken
	Floor   uint64   `cbor:"15,keyasint,omitempty"` // the next frame's number is not below: a second line that is gone had those
}

type outKey struct {
	line   lineID
	class  line.Class
	number uint64
}

// work is what one beat cost, for the tests of law 2.
type work struct {
	Tick         uint64
	Deck         line.Work
	Transactions uint64
	Rows         int
}

const (
	metaRelay   = "relay"
	metaPending = "relay-pending" // a token stored before the ticket is spent
	metaLines   = "lines"
	metaMark    = "mark/"
)

func emptyPost() *post {
	return &post{
		peers: map[lineID]peer{}, unacked: map[outKey][]byte{}, begun: map[outKey][]byte{}, standing: map[lineID]bool{}, held: map[outKey]bool{}, noted: map[string]bool{},
		resends: map[record.Name]resent{}, waiting: map[segKey]bool{}, last: map[stream]uint64{},
	}
}

// newPost gives the post of a desk as it was stored. It does not start it: the
// desk must be whole first.
func newPost(ctx context.Context, d *Desk) (*post, error) {
	p := emptyPost()
	p.d, p.opt = d, d.opt
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for i := range vault.Decks {
		b, err := d.vault.Meta(ofClock(metaRelay, i))
		if fault.Is(err, fault.NotFound) {
			break
		}
		if err != nil {
			return nil, err
		}
		c := p.newClock(i)
		c.member = &membership{}
		if err := wire.DecodeOwn(b, c.member); err != nil {
			return nil, err
		}
		if err := c.loadStock(); err != nil {
			return nil, err
		}
		p.clocks = append(p.clocks, c)
	}
	if d.opt.Line != nil {
		return p, p.follow()
	}
	if len(p.clocks) == 0 {
		return p, nil
	}
	if err := p.restore(); err != nil {
		return nil, err
	}
	return p, p.heedNotes()
}

// maxSlates is how many slates are worked off in one tick, at most.
const maxSlates = 4

// shape is the size of what a tick stores.
func shape() vault.Shape {
	return vault.Shape{State: line.StateSize, Rows: line.RingBatches * line.Slots, Row: line.RowSize, Batch: line.Slots * maxSlates}
}

// restore brings back the decks, the frames that wait, and what was half
// received.
func (p *post) restore() (err error) {
	if p.peers, err = p.loadPeers(); err != nil {
		return err
	}
	queued, err := p.loadOutbox()
	if err != nil {
		return err
	}
	begun, err := p.loadBegun()
	if err != nil {
		return err
	}
	p.wait(queued, begun)
	for i, c := range p.clocks {
		if err := c.restore(queued[i]); err != nil {
			return err
		}
	}
	return p.restoreParts(p.lineIDs())
}

// wait notes frames of the outbox, by clock, as not acknowledged.
func (p *post) wait(queued [][]line.Queued, begun map[outKey]bool) {
	for i, c := range p.clocks {
		for _, q := range queued[i] {
			if k := (outKey{c.id(q.Line), q.Class, q.Number}); begun[k] {
				p.begun[k] = q.Bytes
			} else {
				p.unacked[k] = q.Bytes
			}
		}
	}
}

// arrived takes frames off what waits that were acknowledged, up to a number of
// a line and class, or that pick takes. They leave the outbox with the next
// ingest. The caller holds mu.
func (p *post) arrived(pick func(outKey) bool) {
	for k, b := range p.unacked {
		if pick(k) {
			p.acked = append(p.acked, sent{k, b, false})
			delete(p.unacked, k)
		}
	}
	for k, b := range p.begun {
		if pick(k) {
			p.acked = append(p.acked, sent{k, b, true})
			delete(p.begun, k)
		}
	}
}

func (p *post) loadPeers() (map[lineID]peer, error) {
	all := map[lineID]peer{}
	b, err := p.d.vault.Meta(metaLines)
	if err != nil {
		return all, nil // no line was ever opened
	}
	var peers []peer
	if err := wire.DecodeOwn(b, &peers); err != nil {
		return nil, err
	}
	for _, q := range peers {
		all[q.Line] = q
	}
	return all, nil
}

// loadOutbox gives the frames that wait, by clock, in order.
func (p *post) loadOutbox() (queued [][]line.Queued, err error) {
	frames, err := p.d.vault.Outbox()
	if err != nil {
		return nil, err
	}
	queued = make([][]line.Queued, len(p.clocks))
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			return nil, err
		}
		if i := k.line.clock(); i < len(queued) {
			queued[i] = append(queued[i], line.Queued{Line: k.line.number(), Class: k.class, Number: k.number, Bytes: f.Bytes})
		}
	}
	return queued, nil
}

func keyOf(f vault.Frame) (outKey, error) {
	var n lineID
	if _, err := fmt.Sscanf(f.Line, "%d", &n); err != nil {
		return outKey{}, fault.Wrap(err, fault.Corrupt, "desk.outbox", "run `backchannel verify`", "a frame of no line waits in the outbox")
	}
	return outKey{n, line.Class(f.Class), f.Number}, nil
}

func lineKey(n lineID) string { return fmt.Sprint(uint64(n)) }

func (p *post) close() {
	p.cancel()
	if p.line != nil {
		p.line.stop()
	}
	p.mu.Lock()
	clocks := p.clocks
	p.mu.Unlock()
	for _, c := range clocks {
		c.stop()
	}
}

// clock gives the clock of a line. The caller holds mu.
func (p *post) clock(n lineID) *clock { return p.clocks[n.clock()] }

// lineIDs names every line there is. The caller holds mu.
func (p *post) lineIDs() (out []lineID) {
	p.each(func(c *clock, st line.Status) { out = append(out, c.id(st.Line)) })
	return out
}

// each calls f for every line there is. The caller holds mu.
func (p *post) each(f func(c *clock, st line.Status)) {
	for _, c := range p.clocks {
		for _, st := range c.deck.Lines() {
			f(c, st)
		}
	}
}

// found is a line to somebody.
type found struct {
	c  *clock
	st line.Status
	q  peer
}

func (l found) id() lineID { return l.c.id(l.st.Line) }

// lineTo gives the line to a person that content may be queued on: of two, the
// one that people opened. The caller holds mu.
func (p *post) lineTo(who record.Name) (at found, ok bool) {
	p.each(func(c *clock, st line.Status) {
		q, known := p.peers[c.id(st.Line)]
		if !ok && known && q.Name == who && q.Bond == 0 && st.Phase != line.PhaseFailed && (st.Replaces == 0 || st.Phase == line.PhaseOpen) {
			at, ok = found{c, st, q}, true
		}
	})
	return at, ok
}

// frame makes bytes into the next frame to a person: one for each line to him,
// under the same number. The caller holds Desk.mu, so no other frame can take
// the number meanwhile.
func (p *post) frame(to record.Name, b []byte) ([]vault.Frame, error) {
	return p.frameIn(line.Text, to, b)
}

// frameIn is frame for any class.
func (p *post) frameIn(class line.Class, to record.Name, b []byte) (out []vault.Frame, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first, ok := p.lineTo(to)
	if !ok {
		return nil, fault.New(fault.Refused, "desk.no-line", "invite them with `backchannel invite`, or say it by phone and log it by hand", "there is no line to %s", to)
	}
	number := first.q.Floor
	for _, l := range append([]found{first}, p.seconds(first.id(), mirrored)...) {
		number = max(number, l.st.NextFrame)
		if l.st.Frames[class] >= line.MaxQueue { // on one line alone it could be passed by a later one on the other
			return nil, fault.New(fault.Limit, "desk.queue", "wait until some have arrived", "%d parcels for %s wait already", l.st.Frames[class], to)
		}
		out = append(out, vault.Frame{Line: lineKey(l.id()), Class: uint8(class), Bytes: b})
	}
	for i := range out {
		out[i].Number = number
	}
	return out, nil
}

// queued hands frames that are now in the outbox to the decks.
func (p *post) queued(frames []vault.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			panic(err) // we made the key ourselves
		}
		if p.clock(k.line).queue(k, f.Bytes) {
			p.unacked[k] = f.Bytes
		}
	}
}
