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
	"backchannel/internal/relay"
	"backchannel/internal/vault"
)

// clock is what belongs to one relay: the membership, the deck, and the beat.
// One goroutine, run, steps the deck; everybody else only queues frames and
// asks for lines to be opened or closed, which happens at the next beat. It does
// all of its work at each tick, whatever another clock does.
type clock struct {
	p     *post
	index int           // of its deck in the vault
	done  chan struct{} // closed when run has returned; nil if it was never started

	keeping sync.Mutex // held while the membership is stored; before post.mu

	// Guarded by post.mu.
	newest   relay.Roster // of the cohort
	member   *membership
	deck     *line.Deck
	store    *vault.Deck
	orders   []order       // what the next beat does to the deck
	online   bool          // connected
	beating  bool          // the last tick was worked, so the next will be
	trouble  string        // the last thing that went wrong, in words
	full     string        // of that, what a disk that refused said last
	tally    tally         // bytes of the machine's day
	out      bool          // the relay knows this desk no more
	batch    *relay.Batch  // tickets that the desk asks for
	receipt  relay.Receipt // the last one, until it is looked at
	stock    stock         // tickets to hand on
	behind   uint64        // ticks between our cursor and the relay's head
	skew     time.Duration // what to add to the machine's clock for the relay's
	works    []work        // what ticks cost, if a test asked for it
	keepWork bool
	heard    []heardWire // while the desk is locked, not stowed yet
	said     string      // trouble that the line process last spoke of
	gen      uint64      // of the last report of the line process

	asm *line.Assembler // used by ingest alone, under Desk.mu
}

func (p *post) newClock(index int) *clock {
	return &clock{p: p, index: index, asm: line.NewAssembler()}
}

// ofClock gives the name under which the vault keeps something of one clock.
func ofClock(name string, index int) string {
	if index == 0 {
		return name
	}
	return fmt.Sprintf("%s/%d", name, index)
}

// id names a line of this clock.
func (c *clock) id(number uint32) lineID { return lineID(c.index)<<32 | lineID(number) }

// restore brings back the deck, and what of the outbox waits for it.
func (c *clock) restore(queued []line.Queued) (err error) {
	if c.store, err = c.p.d.vault.DeckAt(c.index, shape()); err != nil {
		return err
	}
	deck, finished, err := line.Open(c.store.State(), queued)
	if err != nil {
		return err
	}
	c.began(deck, finished)
	return nil
}

// began takes a deck that has come back, with what of the outbox needs sending
// no more. The caller holds mu, or is alone.
func (c *clock) began(deck *line.Deck, finished []line.Queued) {
	c.deck = deck
	c.settled(finished)
	c.standAll()
}

// settled notes frames that need sending no more. The caller holds mu, or is
// alone.
func (c *clock) settled(finished []line.Queued) {
	for _, q := range finished {
		k := outKey{c.id(q.Line), q.Class, q.Number}
		c.p.arrived(func(x outKey) bool { return x == k })
	}
}

// start begins the beat of a desk that is enrolled. The caller holds mu.
func (c *clock) start() {
	if c.p.opt.Offline || c.p.line != nil || c.done != nil {
		return
	}
	c.done = make(chan struct{})
	go c.run()
}

// stop waits until the beat has ended, behind the end of the post's context.
func (c *clock) stop() {
	c.p.mu.Lock()
	done := c.done
	c.p.mu.Unlock()
	if done != nil {
		<-done
	}
	c.failOrders(fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed"))
}

func (c *clock) failOrders(err error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	fail(c.orders, err)
	c.orders = nil
}

// change asks for a change of the deck and waits until it is on disk: at the
// next beat, or at once if the desk is not on the beat.
func (c *clock) change(ctx context.Context, q change) (made, error) {
	if c.p.line != nil {
		return c.p.line.change(ctx, c, q)
	}
	// The keys are made away from the moment of sending, and so is whatever follows
	// on the outcome, which comes right before it: neither may show in when the
	// cell goes.
	c.p.sending.wait()
	ready, err := q.prepare()
	if err != nil {
		return made{}, err
	}
	o := order{ready, make(chan outcome, 1)}
	c.p.mu.Lock()
	if !c.beating {
		defer c.p.mu.Unlock()
		next, m, err := o.apply(c.deck)
		if err != nil {
			return m, err
		}
		if _, err := c.store.Tick(next.State()); err != nil {
			return m, err
		}
		c.deck = next
		return m, nil
	}
	c.orders = append(c.orders, o)
	c.p.mu.Unlock()
	select {
	case out := <-o.done:
		c.p.sending.wait()
		return out.made, out.err
	case <-ctx.Done():
		return made{}, ctx.Err()
	case <-c.p.ctx.Done():
		return made{}, fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
	}
}

// queue hands a frame of the outbox to the deck, and reports whether its line
// is there. The caller holds mu.
func (c *clock) queue(k outKey, b []byte) bool {
	for _, st := range c.deck.Lines() {
		if st.Line != k.line.number() {
			continue
		}
		next, err := c.deck.Queue(line.Queued{Slot: st.Slot, Line: st.Line, Class: k.class, Number: k.number, Bytes: b})
		if err != nil {
			// It is in the outbox and goes when the desk is opened again.
			c.trouble = err.Error()
			return false
		}
		c.deck = next
		if c.p.line != nil {
			c.p.line.frame(k, b, partFrame)
		}
		return true
	}
	return false
}

// withdraw takes a frame off the deck that arrived by another way, and reports
// whether it is gone: one that was begun goes on to its end. The caller holds mu.
func (c *clock) withdraw(k outKey) (gone bool) {
	if c.p.line != nil {
		c.p.line.frame(k, nil, partWithdraw)
		return false // only the line process knows what was begun; see withdrawn
	}
	c.deck, gone = c.deck.Withdraw(k.line.number(), k.class, k.number)
	return gone
}

// prepare steps the deck for a tick and stores the outcome. What it returns
// may be sent. Nothing is sent if it fails: the tick is burned, and the slates
// are kept for the next.
func (c *clock) prepare(tick uint64, roster func(uint64) [32]byte, slates []line.Slate) (cell []byte, cursor uint64, err error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	deck, orders := c.deck, c.orders
	c.orders = nil
	outcomes := make([]outcome, len(orders))
	for i, o := range orders {
		next, m, err := o.apply(deck)
		if outcomes[i] = (outcome{m, err}); err == nil {
			deck = next
		}
	}
	in := line.StepInput{Tick: tick, Slates: slates, KEM: keys.XWing(), Ingested: c.store.Done() / line.Slots, Roster: roster}
	rand.Read(in.Rand[:])
	next, eff, err := deck.Step(in)
	before := c.store.Ticks()
	if err == nil {
		_, err = c.store.Tick(eff.State, eff.Rows...)
	}
	for i, o := range orders {
		if outcomes[i].err == nil {
			outcomes[i].err = err
		}
		o.done <- outcomes[i]
	}
	if err != nil {
		c.fails(err)
		return nil, 0, err
	}
	c.deck, c.beating = next, true
	if c.p.d == nil {
		c.hear(eff.Events)
	} else {
		c.heed(eff.Events)
	}
	if c.keepWork {
		c.works = append(c.works, work{tick, eff.Work, c.store.Ticks() - before, len(eff.Rows)})
	}
	return eff.Cell[:], next.Cursor(), nil
}

// heed notes what happened on the lines. Acknowledged frames leave the outbox
// when the desk next ingests.
func (c *clock) heed(events []line.Event) {
	for _, e := range events {
		id := c.id(e.Line)
		name := c.p.peers[id].Name
		switch e.Kind {
		case line.EventAcked:
			c.p.arrived(func(k outKey) bool { return k.line == id && k.class == e.Class && k.number <= e.Frame })
		case line.EventUnopened:
			c.trouble = fmt.Sprintf("A cell from %s was altered on its way, or the relay shows the two of you different rosters.", name)
		case line.EventBroken:
			c.trouble = fmt.Sprintf("The desk of %s sent something that no honest program sends.", name)
		case line.EventDoubled:
			c.trouble = fmt.Sprintf("Two different cells from %s came in one tick: somebody plays tricks at the relay, or that desk runs twice.", name)
		case line.EventReused:
			c.trouble = fmt.Sprintf("Somebody else came with the invite that %s has used. The line is untouched; compare words again.", name)
		case line.EventFailed:
			if name != "" { // a renewal that came to nothing is tried again
				c.trouble = fmt.Sprintf("The line to %s failed: %s.", name, e.Reason)
			}
		default:
			c.heedRepair(e, name)
		}
	}
}
