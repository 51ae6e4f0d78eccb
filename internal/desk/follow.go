package desk

import (
	"context"
	"net"
	"os"
	"sync"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/wire"
)

// LineWay is how a desk process reaches its line process.
type LineWay struct {
	Conn net.Conn // to the one that there is
	Lock *os.File // of the vault, which both hold

	// Start starts a line process with the lock, when the one that there was has
	// ended, and gives the way to it.
	Start func() (net.Conn, error)

	locked bool // the desk ends because it is locked
}

// follower keeps the clocks of a desk process as the line process says they are.
type follower struct {
	p   *post
	way *LineWay

	mu     sync.Mutex
	conn   *partConn // nil while there is no line process
	asked  map[uint64]chan partAnswerBody
	last   uint64        // number of the last question
	poke   chan struct{} // there is something to be done away from the sending
	ended  chan struct{} // closed when the reader has ended
	worked chan struct{} // and the worker
	roster map[int]bool  // clocks whose rosters are to be stored
	stocks map[int]stock // tickets to be stored
}

func errLineGone() error {
	return fault.New(fault.Unreachable, "desk.line-gone", "try again", "the line process has ended, and another is being started")
}

// follow begins to follow the line process. The desk must be whole before start.
func (p *post) follow() error {
	p.line = &follower{p: p, way: p.opt.Line, asked: map[uint64]chan partAnswerBody{}, poke: make(chan struct{}, 1),
		ended: make(chan struct{}), worked: make(chan struct{}), roster: map[int]bool{}, stocks: map[int]stock{}}
	var err error
	if p.peers, err = p.loadPeers(); err != nil {
		return err
	}
	for _, c := range p.clocks {
		if c.store, err = p.d.vault.DeckAt(c.index, shape()); err != nil {
			return err
		}
	}
	err = p.line.attach(p.opt.Line.Conn)
	if fault.Is(err, fault.Unreachable) {
		err = p.line.restart() // it ended while nobody was there
	}
	if err != nil {
		return err
	}
	if err := p.restoreParts(p.lineIDs()); err != nil {
		return err
	}
	return p.heedNotes()
}

// attach takes up with a line process: gives it the keys and what waits to be
// sent, and takes the lines as they stand.
func (f *follower) attach(c net.Conn) error {
	p := f.p
	conn := newPartConn(c, func() {})
	h := partHelloBody{Keys: p.d.vault.LineKeys(), Far: p.d.vault.Far(), Tor: p.opt.Tor}
	p.mu.Lock()
	for _, c := range p.clocks {
		h.Members = append(h.Members, c.lentMember())
	}
	p.mu.Unlock()
	conn.send(partMsg{Kind: partHello, Body: wire.MustEncode(h)})
	w, err := welcomed(conn)
	if err == nil && len(w.Reports) != len(p.clocks) {
		err = errLineGone()
	}
	if err != nil {
		conn.close()
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	queued, err := p.loadOutbox() // under mu: nothing is taken back between reading and giving it
	var begun map[outKey]bool
	if err == nil {
		begun, err = p.loadBegun()
	}
	if err != nil {
		conn.close()
		return err
	}
	p.passHeld(queued)
	p.acked, p.unacked, p.begun = nil, map[outKey][]byte{}, map[outKey][]byte{}
	p.wait(queued, begun)
	for i, c := range p.clocks {
		r := w.Reports[i]
		if err := c.store.Lend(func() error { return f.wipe(c.index) }); err != nil {
			return err
		}
		c.store.Follow(r.State, r.Next, r.Gen)
		deck, err := line.AtRest(r.State)
		if err != nil {
			return err
		}
		deck, finished, err := deck.Resume(queued[i])
		if err != nil {
			return err
		}
		c.began(deck, finished)
		c.take(r)
		for _, q := range queued[i] {
			conn.send(partMsg{Kind: partFrame, Clock: i, Body: wire.MustEncode(partFrameBody{q.Line, q.Class, q.Number, q.Bytes})})
		}
	}
	conn.send(partMsg{Kind: partGo})
	f.mu.Lock()
	f.conn = conn
	f.mu.Unlock()
	return nil
}

// welcomed waits for the answer to hello.
func welcomed(conn *partConn) (w partWelcomeBody, err error) {
	m, err := conn.read()
	if err != nil {
		return w, fault.Wrap(err, fault.Unreachable, "desk.line-gone", "try again", "the line process has ended")
	}
	var a partAnswerBody
	if err := wire.DecodeOwn(m.Body, &a); err != nil {
		return w, err
	}
	if err := a.Error.err(); err != nil {
		return w, err
	}
	return w, wire.DecodeOwn(a.More, &w)
}

// lentMember is what the line process knows of a membership. The caller holds
// post.mu.
func (c *clock) lentMember() membership {
	m := *c.member
	m.Code = ""
	return m
}

// take takes what a report says besides the state. The caller holds post.mu.
func (c *clock) take(r report) {
	c.gen, c.online, c.beating, c.out, c.behind, c.skew = r.Gen, r.Online, r.Beating, r.Out, r.Behind, time.Duration(r.Skew)
	c.tally = tally{r.Day, r.Up, r.Down}
	if r.Trouble != c.said {
		c.trouble, c.said = r.Trouble, r.Trouble
	}
}

// start reads what the line process says, and does what follows from it.
func (f *follower) start() {
	go f.read()
	go f.work()
}

// stop ends both, behind the end of the post's context. The line process is
// told only by bye.
func (f *follower) stop() {
	<-f.ended
	<-f.worked
}

// bye says that the desk process ends, and why: the vault is closed.
func (f *follower) bye() {
	f.mu.Lock()
	conn := f.conn
	f.conn = nil
	f.mu.Unlock()
	if conn == nil {
		return
	}
	why := byeDone
	if f.way.locked {
		why = byeLock
	}
	conn.send(partMsg{Kind: partBye, Body: []byte(why)})
	conn.close()
	<-conn.done
}

// read does what the line process says. When it ends another is started.
func (f *follower) read() {
	defer close(f.ended)
	for {
		f.mu.Lock()
		conn := f.conn
		f.mu.Unlock()
		// Of whichever there is when the desk closes: it may just have been made.
		forget := context.AfterFunc(f.p.ctx, func() { conn.c.SetReadDeadline(time.Now()) })
		for {
			m, err := conn.read()
			if err == nil {
				err = f.take(m)
			}
			if err != nil {
				break
			}
		}
		forget()
		if f.p.ctx.Err() != nil {
			return
		}
		conn.close()
		f.lost()
		for f.restart() != nil {
			select {
			case <-f.p.ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
	}
}

// lost notes that there is no line process.
func (f *follower) lost() {
	f.p.opt.Log.Error("the line process ended; another is started")
	f.mu.Lock()
	f.conn = nil
	for id, ch := range f.asked {
		ch <- partAnswerBody{Error: toWire(errLineGone())}
		delete(f.asked, id)
	}
	f.mu.Unlock()
	f.p.mu.Lock()
	for _, c := range f.p.clocks {
		c.online, c.beating, c.trouble = false, false, errLineGone().Error()
		c.said = c.trouble
	}
	f.p.mu.Unlock()
	f.wake()
}

func (f *follower) restart() error {
	if f.way.Start == nil {
		return errLineGone()
	}
	c, err := f.way.Start()
	if err != nil {
		return err
	}
	return f.attach(c)
}

func (f *follower) wake() {
	select {
	case f.poke <- struct{}{}:
	default:
	}
}

// take does one thing that the line process says. It waits for nothing but
// post.mu, so that whoever asked has his answer.
func (f *follower) take(m partMsg) error {
	p := f.p
	if m.Kind == partAnswer {
		var a partAnswerBody
		if err := wire.DecodeOwn(m.Body, &a); err != nil {
			return err
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if ch := f.asked[m.ID]; ch != nil {
			ch <- a
			delete(f.asked, m.ID)
		}
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer f.wake()
	if m.Clock < 0 || m.Clock >= len(p.clocks) {
		return errLineGone()
	}
	c := p.clocks[m.Clock]
	switch m.Kind {
	case partReport:
		var r report
		if err := wire.DecodeOwn(m.Body, &r); err != nil {
			return err
		}
		r.State = m.state
		return c.follow(r)
	case partWithdrawn:
		var b partFrameBody
		if err := wire.DecodeOwn(m.Body, &b); err != nil {
			return err
		}
		k := outKey{c.id(b.Line), b.Class, b.Number}
		c.deck, _ = c.deck.Withdraw(b.Line, b.Class, b.Number)
		p.arrived(func(x outKey) bool { return x == k })
	case partMember:
		var w partRoster
		if err := wire.DecodeOwn(m.Body, &w); err != nil {
			return err
		}
		n := *c.member
		n.Charters, n.FromTick, n.Member = w.Member.Charters, w.Member.FromTick, w.Member.Member
		c.member, c.newest = &n, w.Newest
		f.mu.Lock()
		f.roster[c.index] = true
		f.mu.Unlock()
	case partTickets:
		var s stock
		if err := wire.DecodeOwn(m.Body, &s); err != nil {
			return err
		}
		f.mu.Lock()
		f.stocks[c.index] = s
		f.mu.Unlock()
	}
	return nil
}

// follow takes a report. The caller holds post.mu.
func (c *clock) follow(r report) error {
	if r.Gen < c.gen {
		return nil
	}
	deck, finished, err := c.deck.Follow(r.State)
	if err != nil {
		return err
	}
	c.store.Follow(r.State, r.Next, r.Gen)
	c.deck = deck
	c.settled(finished)
	c.take(r)
	c.heed(heardEvents(r.Heard))
	return nil
}

// work does what is to be done between two beats, when the line process has
// spoken. No tick waits for it.
func (f *follower) work() {
	defer close(f.worked)
	p := f.p
	online := map[int]bool{}
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-f.poke:
		}
		p.homing.RLock()
		p.mu.Lock()
		clocks := p.clocks
		p.mu.Unlock()
		for _, c := range clocks {
			p.mu.Lock()
			on := c.online
			p.mu.Unlock()
			if online[c.index] != on {
				online[c.index] = on
				c.notify()
			}
			c.takeInAll()
			c.mend()
			f.keep(c)
		}
		p.tend()
		f.send(partMsg{Kind: partFar, Body: p.d.vault.Far()})
		p.homing.RUnlock()
	}
}

// keep stores what the line process brought.
func (f *follower) keep(c *clock) {
	f.mu.Lock()
	roster := f.roster[c.index]
	s, tickets := f.stocks[c.index]
	delete(f.roster, c.index)
	delete(f.stocks, c.index)
	f.mu.Unlock()
	var err error
	if roster {
		err = c.storeMember()
	}
	if err == nil && tickets {
		err = c.addStock(s)
	}
	if err != nil {
		c.say(err)
	}
}

func (f *follower) send(m partMsg) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil {
		f.conn.send(m)
	}
}

// ask sends a question and waits for the answer.
func (f *follower) ask(ctx context.Context, m partMsg) (made, error) {
	ch := make(chan partAnswerBody, 1)
	f.mu.Lock()
	if f.conn == nil {
		f.mu.Unlock()
		return made{}, errLineGone()
	}
	f.last++
	m.ID = f.last
	f.asked[m.ID] = ch
	f.conn.send(m)
	f.mu.Unlock()
	select {
	case a := <-ch:
		return a.Made, a.Error.err()
	case <-ctx.Done():
		return made{}, ctx.Err()
	case <-f.p.ctx.Done():
		return made{}, fault.New(fault.Refused, "desk.closed", "open the desk again", "the desk is closed")
	}
}

func (f *follower) change(ctx context.Context, c *clock, o change) (made, error) {
	return f.ask(ctx, partMsg{Kind: partChange, Clock: c.index, Body: wire.MustEncode(o)})
}

func (f *follower) wipe(index int) error {
	_, err := f.ask(context.Background(), partMsg{Kind: partWipe, Clock: index, Body: f.p.d.vault.Far()})
	return err
}

func (f *follower) frame(k outKey, b []byte, kind partKind) {
	f.send(partMsg{Kind: kind, Clock: k.line.clock(), Body: wire.MustEncode(partFrameBody{k.line.number(), k.class, k.number, b})})
}

// member tells of a membership that changed. The caller holds post.mu.
func (f *follower) member(c *clock) {
	f.send(partMsg{Kind: partMember, Clock: c.index, Body: wire.MustEncode(c.lentMember())})
}

// begun hands over a clock that was just made. The caller holds post.mu.
func (f *follower) begun(c *clock) error {
	if err := c.store.Lend(func() error { return f.wipe(c.index) }); err != nil {
		return err
	}
	f.member(c)
	return nil
}

// addStock keeps tickets that came, once.
func (c *clock) addStock(fresh stock) error {
	c.p.mu.Lock()
	s := c.stock
	c.p.mu.Unlock()
	if s.Got >= fresh.Got {
		return nil
	}
	return c.setStock(s.with(fresh))
}

// Leave says that a desk which is being closed is only locked: its lines go on,
// in the line process.
func (d *Desk) Leave() error {
	d.opt.Line.locked = true
	return d.Close()
}

// Bye ends the line process of a desk that was never opened.
func (w *LineWay) Bye() {
	c := newPartConn(w.Conn, func() {})
	c.send(partMsg{Kind: partBye, Body: []byte(byeDone)})
	c.close()
	<-c.done
}

// Note keeps a word for the next desk process, if this one is followed by another.
func (d *Desk) Note(text string) {
	if f := d.post.line; f != nil {
		f.send(partMsg{Kind: partNote, Body: []byte(text)})
	}
}
