package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
	"backchannel/internal/line"
	"backchannel/internal/record"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// post is the desk's end of its lines: the deck, the relay, and the beat. One
// goroutine, run, steps the deck; everybody else only queues frames and asks
// for lines to be opened or closed, which happens at the next beat.
//
// Lock order: Desk.mu before post.mu. run takes Desk.mu only to ingest, which
// is away from the moment of sending, so a long write at the desk delays no
// tick.
type post struct {
	d      *Desk // nil while it is locked; see home
	opt    Options
	ctx    context.Context // ends when the desk closes
	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned; nil if it was never started

	homing  sync.Mutex // held while what arrived is taken in, and while the desk is locked or unlocked; before all others
	opening sync.Mutex // held while a line is being opened; before Desk.mu
	keeping sync.Mutex // held while the membership is stored; before mu

	mu       sync.Mutex
	newest   relay.Roster // of the cohort
	member   *membership  // nil until enrolled
	deck     *line.Deck
	store    *vault.Deck
	peers    map[uint32]peer   // by line number; stored under metaLines
	unacked  map[outKey][]byte // frames in the outbox
	acked    []line.Queued     // acknowledged, still in the outbox
	orders   []order           // what the next beat does to the deck
	online   bool              // connected
	beating  bool              // the last tick was worked, so the next will be
	standing map[uint32]bool   // lines on which to say where we stand
	resends  map[record.Name]resent
	notes    []string        // for the record, at the next ingest
	noted    map[string]bool // of them, since the desk was opened
	trouble  string          // the last thing that went wrong, in words
	tally    tally           // bytes of the machine's day
	out      bool            // the relay knows this desk no more
	batch    *relay.Batch    // tickets that the desk asks for
	receipt  relay.Receipt   // the last one, until it is looked at
	stock    stock           // tickets to hand on
	behind   uint64          // ticks between our cursor and the relay's head
	skew     time.Duration   // what to add to the machine's clock for the relay's
	works    []work          // what ticks cost, if a test asked for it
	keepWork bool
	heard    []line.Event // while the desk is locked, not stowed yet

	asm     *line.Assembler // used by ingest alone, under Desk.mu
	waiting map[segKey]bool // segments stored until their frame is whole
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
	Line     uint32         `cbor:"1,keyasint"`
	Name     record.Name    `cbor:"2,keyasint"`
	Compared bool           `cbor:"3,keyasint,omitempty"`
	Until    record.Instant `cbor:"4,keyasint,omitempty"` // when the invite expires
	Made     record.Instant `cbor:"5,keyasint,omitempty"` // when it was made or taken
	Of       []byte         `cbor:"6,keyasint,omitempty"` // the words that were compared, hashed
	Tick     uint64         `cbor:"7,keyasint,omitempty"` // of the second joiner that was known then
	Replaces uint32         `cbor:"8,keyasint,omitempty"` // the line that these are fresh keys for
}

type outKey struct {
	line   uint32
	class  line.Class
	number uint64
}

// order is a change of the deck that waits for the beat: the deck's state is
// stored once a tick, not when somebody clicks.
type order struct {
	do   func(*line.Deck) (*line.Deck, error)
	done chan error // buffered; gets the outcome once the state is on disk
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

// newPost gives the post of a desk as it was stored. It does not start it: the
// desk must be whole first.
func newPost(ctx context.Context, d *Desk) (*post, error) {
	p := &post{
		d: d, opt: d.opt, peers: map[uint32]peer{}, unacked: map[outKey][]byte{}, standing: map[uint32]bool{}, noted: map[string]bool{}, resends: map[record.Name]resent{},
		asm: line.NewAssembler(), waiting: map[segKey]bool{},
	}
	p.ctx, p.cancel = context.WithCancel(context.WithoutCancel(ctx))
	b, err := d.vault.Meta(metaRelay)
	switch {
	case fault.Is(err, fault.NotFound):
		return p, nil
	case err != nil:
		return nil, err
	}
	var m membership
	if err := wire.DecodeOwn(b, &m); err != nil {
		return nil, err
	}
	if err := p.loadStock(); err != nil {
		return nil, err
	}
	if err := p.restore(&m); err != nil {
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

// restore brings back the deck, the frames that wait, and what was half
// received.
func (p *post) restore(m *membership) error {
	store, err := p.d.vault.Deck(shape())
	if err != nil {
		return err
	}
	if p.peers, err = p.loadPeers(); err != nil {
		return err
	}
	queued, err := p.loadOutbox()
	if err != nil {
		return err
	}
	p.wait(queued)
	deck, finished, err := line.Open(store.State(), queued)
	if err != nil {
		return err
	}
	p.member, p.deck, p.store = m, deck, store
	p.acked = finished
	for _, q := range finished {
		delete(p.unacked, outKey{q.Line, q.Class, q.Number})
	}
	p.standAll()
	return p.restoreParts(p.deck.Lines())
}

// wait notes frames of the outbox as not acknowledged.
func (p *post) wait(queued []line.Queued) {
	for _, q := range queued {
		p.unacked[outKey{q.Line, q.Class, q.Number}] = q.Bytes
	}
}

func (p *post) loadPeers() (map[uint32]peer, error) {
	all := map[uint32]peer{}
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

// loadOutbox gives the frames that wait, in order.
func (p *post) loadOutbox() (queued []line.Queued, err error) {
	frames, err := p.d.vault.Outbox()
	if err != nil {
		return nil, err
	}
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			return nil, err
		}
		queued = append(queued, line.Queued{Line: k.line, Class: k.class, Number: k.number, Bytes: f.Bytes})
	}
	return queued, nil
}

func keyOf(f vault.Frame) (outKey, error) {
	var n uint32
	if _, err := fmt.Sscanf(f.Line, "%d", &n); err != nil {
		return outKey{}, fault.Wrap(err, fault.Corrupt, "desk.outbox", "run `backchannel verify`", "a frame of no line waits in the outbox")
	}
	return outKey{n, line.Class(f.Class), f.Number}, nil
}

func lineKey(n uint32) string { return fmt.Sprint(n) }

// start begins the beat of a desk that is enrolled. The caller holds mu.
func (p *post) start() {
	if p.opt.Offline || p.member == nil || p.done != nil {
		return
	}
	p.done = make(chan struct{})
	go p.run()
}

func (p *post) close() {
	p.cancel()
	p.mu.Lock()
	done := p.done
	p.mu.Unlock()
	if done != nil {
		<-done
	}
	p.failOrders(fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed"))
}

func (p *post) failOrders(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.orders {
		o.done <- err
	}
	p.orders = nil
}

// change asks for a change of the deck and waits until it is on disk: at the
// next beat, or at once if the desk is not on the beat.
func (p *post) change(ctx context.Context, do func(*line.Deck) (*line.Deck, error)) error {
	o := order{do, make(chan error, 1)}
	p.mu.Lock()
	if !p.beating {
		defer p.mu.Unlock()
		next, err := do(p.deck)
		if err != nil {
			return err
		}
		if _, err := p.store.Tick(next.State()); err != nil {
			return err
		}
		p.deck = next
		return nil
	}
	p.orders = append(p.orders, o)
	p.mu.Unlock()
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-p.ctx.Done():
		return fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
	}
}

// lineTo gives the status of the line to a person that content may be queued
// on.
func (p *post) lineTo(who record.Name) (line.Status, peer, bool) {
	if p.deck == nil {
		return line.Status{}, peer{}, false
	}
	for _, st := range p.deck.Lines() {
		if q, ok := p.peers[st.Line]; ok && q.Name == who && st.Phase != line.PhaseFailed && (st.Replaces == 0 || st.Phase == line.PhaseOpen) {
			return st, q, true
		}
	}
	return line.Status{}, peer{}, false
}

// frame makes bytes into the next frame to a person. The caller holds Desk.mu,
// so no other frame can take the number meanwhile.
func (p *post) frame(to record.Name, b []byte) (vault.Frame, error) {
	return p.frameIn(line.Text, to, b)
}

// frameIn is frame for any class.
func (p *post) frameIn(class line.Class, to record.Name, b []byte) (vault.Frame, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	st, _, ok := p.lineTo(to)
	if !ok {
		return vault.Frame{}, fault.New(fault.Refused, "desk.no-line", "invite them with `backchannel invite`, or say it by phone and log it by hand", "there is no line to %s", to)
	}
	if st.Frames[class] >= line.MaxQueue {
		return vault.Frame{}, fault.New(fault.Limit, "desk.queue", "wait until some have arrived", "%d parcels for %s wait already", st.Frames[class], to)
	}
	return vault.Frame{Line: lineKey(st.Line), Class: uint8(class), Number: st.NextFrame, Bytes: b}, nil
}

// queued hands frames that are now in the outbox to the deck.
func (p *post) queued(frames []vault.Frame) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range frames {
		k, err := keyOf(f)
		if err != nil {
			panic(err) // we made the key ourselves
		}
		for _, st := range p.deck.Lines() {
			if st.Line != k.line {
				continue
			}
			next, err := p.deck.Queue(line.Queued{Slot: st.Slot, Line: k.line, Class: k.class, Number: k.number, Bytes: f.Bytes})
			if err != nil {
				// It is in the outbox and goes when the desk is opened again.
				p.trouble = err.Error()
				continue
			}
			p.deck = next
			p.unacked[k] = f.Bytes
		}
	}
}

// prepare steps the deck for a tick and stores the outcome. What it returns
// may be sent. Nothing is sent if it fails: the tick is burned, and the slates
// are kept for the next.
func (p *post) prepare(tick uint64, roster func(uint64) [32]byte, slates []line.Slate) (cell []byte, cursor uint64, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	deck, orders := p.deck, p.orders
	p.orders = nil
	outcomes := make([]error, len(orders))
	for i, o := range orders {
		next, err := o.do(deck)
		if outcomes[i] = err; err == nil {
			deck = next
		}
	}
	in := line.StepInput{Tick: tick, Slates: slates, KEM: keys.XWing(), Ingested: p.store.Done() / line.Slots, Roster: roster}
	rand.Read(in.Rand[:])
	next, eff, err := deck.Step(in)
	before := p.store.Ticks()
	if err == nil {
		_, err = p.store.Tick(eff.State, eff.Rows...)
	}
	for i, o := range orders {
		if outcomes[i] == nil {
			outcomes[i] = err
		}
		o.done <- outcomes[i]
	}
	if err != nil {
		p.trouble = err.Error()
		return nil, 0, err
	}
	p.deck, p.beating = next, true
	if p.d == nil {
		p.hear(eff.Events)
	} else {
		p.heed(eff.Events)
	}
	if p.keepWork {
		p.works = append(p.works, work{tick, eff.Work, p.store.Ticks() - before, len(eff.Rows)})
	}
	return eff.Cell[:], next.Cursor(), nil
}

// heed notes what happened on the lines. Acknowledged frames leave the outbox
// when the desk next ingests.
func (p *post) heed(events []line.Event) {
	for _, e := range events {
		name := p.peers[e.Line].Name
		switch e.Kind {
		case line.EventAcked:
			for k, b := range p.unacked {
				if k.line == e.Line && k.class == e.Class && k.number <= e.Frame {
					p.acked = append(p.acked, line.Queued{Line: k.line, Class: k.class, Number: k.number, Bytes: b})
					delete(p.unacked, k)
				}
			}
		case line.EventUnopened:
			p.trouble = fmt.Sprintf("A cell from %s was altered on its way, or the relay shows the two of you different rosters.", name)
		case line.EventBroken:
			p.trouble = fmt.Sprintf("The desk of %s sent something that no honest program sends.", name)
		case line.EventDoubled:
			p.trouble = fmt.Sprintf("Two different cells from %s came in one tick: somebody plays tricks at the relay, or that desk runs twice.", name)
		case line.EventReused:
			p.trouble = fmt.Sprintf("Somebody else came with the invite that %s has used. The line is untouched; compare words again.", name)
		case line.EventFailed:
			if name != "" { // a renewal that came to nothing is tried again
				p.trouble = fmt.Sprintf("The line to %s failed: %s.", name, e.Reason)
			}
		default:
			p.heedRepair(e, name)
		}
	}
}
