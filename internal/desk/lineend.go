package desk

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/relay"
	"backchannel/internal/relay/client"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// LineProcess is what a line process is started with.
type LineProcess struct {
	Dir  string
	Lock *os.File // from vault.Hold
	Desk net.Conn // the desk process that started this one; nil if there is none yet

	// Start starts a desk process with the lock, and gives the way to it. One that
	// is started again waits for the passphrase, as a desk that is locked does; note
	// is what the one before noted. wait waits for the process to end, and gives its
	// exit code.
	Start func(again bool, note string) (conn net.Conn, wait func() int, err error)
	Log   *slog.Logger

	dial func(ctx context.Context, network, address string) (net.Conn, error) // as Options.Dial, for tests
}

// lineEnd is a line process.
type lineEnd struct {
	LineProcess
	ctx    context.Context
	post   *post // its desk is never at home
	locked *vault.Locked
	keys   vault.LineKeys
	conn   *partConn
	given  [][]line.Queued // frames that came before go, by clock
	gone   bool            // go was said
	note   string
}

// ServeLine is the whole of a line process: it ticks until a desk process says
// that all is done, and gives the exit code of the program. Whenever there is no
// desk process, it starts one.
func ServeLine(ctx context.Context, o LineProcess) (int, error) {
	// A tick leaves about a megabyte behind, and little lives longer: by its usual
	// measure the collector would take as much of the processor as the ticks.
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	return newLineEnd(ctx, o).run()
}

// garbage is how much of it a line process lets lie, in per cent of what lives.
const garbage = 400

func newLineEnd(ctx context.Context, o LineProcess) *lineEnd {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	l := &lineEnd{LineProcess: o, ctx: ctx, post: emptyPost()}
	l.post.ctx, l.post.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return l
}

func (l *lineEnd) run() (int, error) {
	defer func() {
		l.post.close()
		if l.locked != nil {
			l.locked.Close()
		}
	}()
	conn, wait := l.Desk, func() int { return 0 }
	for again := false; ; again = true {
		var err error
		if conn == nil {
			conn, wait, err = l.Start(again, l.note)
		}
		if err != nil && l.locked == nil {
			return 1, err
		}
		bye, code := "", 1
		if err == nil {
			bye = l.serve(conn)
			code = wait()
		}
		if bye == byeDone || l.ctx.Err() != nil || l.locked == nil {
			return code, nil
		}
		conn = nil
		if bye == byeLock {
			continue
		}
		l.Log.Error("the desk process ended; the lines go on")
		if again { // it must not be started again and again at once
			select {
			case <-l.ctx.Done():
			case <-time.After(pauseAgain):
			}
		}
	}
}

// pauseAgain is how long a line process waits before it starts another desk
// process behind one that ended by itself.
const pauseAgain = time.Second

// serve does what a desk process says until it ends, and gives why that was.
func (l *lineEnd) serve(c net.Conn) (bye string) {
	conn := newPartConn(c, l.gate)
	l.conn = conn
	defer conn.close()
	stop := context.AfterFunc(l.ctx, func() { // the desk process has been told too; it says bye when it is done
		c.SetReadDeadline(time.Now().Add(maxParting))
	})
	defer stop()
	for {
		m, err := conn.read()
		if err == nil && m.Kind == partBye {
			bye = string(m.Body)
			err = errClosed()
		}
		if err == nil {
			err = l.take(m)
		}
		if err != nil {
			l.rest()
			return bye
		}
	}
}

// maxParting is how long a desk process has to close its vault.
const maxParting = 30 * time.Second

// gate waits until no clock is at its moment of sending.
func (l *lineEnd) gate() { l.post.sending.wait() }

// take does one thing that the desk process says. An error ends the talk.
func (l *lineEnd) take(m partMsg) error {
	if m.Kind == partHello {
		return l.hello(m)
	}
	if l.locked == nil {
		return errClosed()
	}
	switch m.Kind {
	case partNote:
		l.note = string(m.Body[:min(len(m.Body), maxNote)])
		return nil
	case partGo:
		return l.begin()
	case partFar:
		return l.far(m.Body)
	case partRecall:
		return l.recall(m)
	case partMember:
		var q membership
		if err := wire.DecodeOwn(m.Body, &q); err != nil {
			return err
		}
		return l.member(m.Clock, &q)
	}
	l.post.mu.Lock()
	clocks := l.post.clocks
	l.post.mu.Unlock()
	if m.Clock < 0 || m.Clock >= len(clocks) {
		return errClosed()
	}
	c := clocks[m.Clock]
	switch m.Kind {
	case partFrame, partWithdraw:
		var f partFrameBody
		if err := wire.DecodeOwn(m.Body, &f); err != nil {
			return err
		}
		l.frame(c, f, m.Kind == partWithdraw)
	case partChange:
		var o change
		if err := wire.DecodeOwn(m.Body, &o); err != nil {
			return err
		}
		conn := l.conn
		go func() {
			is, err := c.change(l.ctx, o)
			c.tell() // so that the desk sees the lines as they are when it has the answer
			respond(conn, m.ID, partAnswerBody{Made: is}, err)
		}()
	case partWipe:
		err := l.far(m.Body)
		if err == nil {
			err = c.store.Wipe()
		}
		respond(l.conn, m.ID, partAnswerBody{}, err)
	}
	return nil
}

func respond(conn *partConn, id uint64, a partAnswerBody, err error) {
	if err != nil {
		a.Error = toWire(err)
	}
	conn.send(partMsg{Kind: partAnswer, ID: id, Body: wire.MustEncode(a)})
}

// frame takes a frame of the outbox, or off it.
func (l *lineEnd) frame(c *clock, f partFrameBody, off bool) {
	if !l.gone && off {
		return // it is not given again
	}
	if !l.gone {
		l.given[c.index] = append(l.given[c.index], line.Queued{Line: f.Line, Class: f.Class, Number: f.Number, Bytes: f.Bytes})
		return
	}
	k := outKey{c.id(f.Line), f.Class, f.Number}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if off {
		if c.withdraw(k) {
			l.conn.send(partMsg{Kind: partWithdrawn, Clock: c.index, Body: wire.MustEncode(partFrameBody{Line: f.Line, Class: f.Class, Number: f.Number})})
		}
	} else {
		c.queue(k, f.Bytes)
	}
}

// hello takes up with a desk process: the first one brings the keys, the others
// must have the same.
func (l *lineEnd) hello(m partMsg) error {
	var h partHelloBody
	err := wire.DecodeOwn(m.Body, &h)
	if err == nil && l.locked == nil {
		err = l.open(h)
	}
	if err == nil && !l.keys.Same(h.Keys) {
		err = fault.New(fault.Corrupt, "vault.other", "put back the folder that was locked", "the folder holds another vault than the one that was locked")
	}
	if err == nil {
		err = l.locked.Far(h.Far)
	}
	for i := range h.Members {
		if err == nil {
			err = l.member(i, &h.Members[i])
		}
	}
	if err != nil {
		respond(l.conn, m.ID, partAnswerBody{}, err)
		return err
	}
	p := l.post
	p.homing.Lock() // nothing is being stowed
	defer p.homing.Unlock()
	p.mu.Lock()
	l.gone, l.given = false, make([][]line.Queued, vault.Decks)
	p.away = l.conn
	var w partWelcomeBody
	for _, c := range p.clocks {
		r := c.report()
		r.State = r.deck.State()
		w.Reports = append(w.Reports, r)
	}
	p.mu.Unlock()
	respond(l.conn, m.ID, partAnswerBody{More: wire.MustEncode(w)}, nil)
	return nil
}

// open opens the decks, with the keys that the first desk process brings.
func (l *lineEnd) open(h partHelloBody) (err error) {
	opt := Options{Log: l.Log, Tor: h.Tor, Dial: l.dial}
	if opt.Tor != "" {
		opt.tor = client.Tor(opt.Tor)
	}
	if l.locked, err = vault.Keep(l.Dir, l.Lock, h.Keys); err != nil {
		return err
	}
	l.post.opt, l.keys = opt, h.Keys
	return nil
}

// member takes a membership: of a clock that there is, or of one that was just
// made.
func (l *lineEnd) member(i int, m *membership) error {
	p := l.post
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case i < len(p.clocks):
		c := p.clocks[i]
		now := *c.member
		if bytes.Equal(m.Token, now.Token) {
			m.Charters, m.FromTick, m.Member = now.Charters, now.FromTick, now.Member
		} else { // it was enrolled again
			c.out, c.batch, c.receipt, c.trouble = false, nil, relay.Receipt{}, ""
		}
		c.member = m
		return nil
	case i > len(p.clocks) || i >= vault.Decks:
		return errClosed()
	}
	c := p.newClock(i)
	c.member = m
	store, err := l.locked.Made(i)
	if err != nil {
		return err
	}
	if c.store = store; store == nil {
		return errClosed()
	}
	if c.deck, err = line.AtRest(store.State()); err != nil {
		return err
	}
	p.clocks = append(p.clocks, c)
	if l.gone {
		c.start()
	}
	return nil
}

// begin gives the decks what waits, and begins the beat where it was not begun.
func (l *lineEnd) begin() error {
	p := l.post
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.clocks {
		deck, _, err := c.deck.Resume(l.given[i])
		if err != nil {
			return err
		}
		c.deck = deck
		c.stock.Got = 0
		c.start()
		c.tellMember()
	}
	l.gone, l.given = true, nil
	return nil
}

// far takes in how far the vault has come, and empties what it has taken in.
func (l *lineEnd) far(b []byte) error {
	if err := l.locked.Far(b); err != nil {
		return err
	}
	l.post.mu.Lock()
	clocks := l.post.clocks
	l.post.mu.Unlock()
	for _, c := range clocks {
		if c.store.Stowed() == 0 {
			continue
		}
		if err := c.store.Empty(); err != nil {
			c.say(err)
			continue
		}
		l.post.roomAgain()
	}
	return nil
}

// rest is for when the desk process has ended: the lines go on, and hold nothing
// of what waits to be sent.
func (l *lineEnd) rest() {
	p := l.post
	l.conn, l.given = nil, nil
	p.homing.Lock()
	p.mu.Lock()
	p.away = nil
	clocks := p.clocks
	for _, c := range clocks {
		c.deck = c.deck.Rest()
		c.trouble = ""
	}
	p.mu.Unlock()
	p.homing.Unlock()
	for range 3 { // what is pooled is let go by the second
		runtime.GC()
	}
	debug.FreeOSMemory()
}

// report gives what the desk process is to know of the clock. The caller holds mu.
func (c *clock) report() report {
	r := report{deck: c.deck, Next: c.store.Next(), Gen: c.store.Gen(), Online: c.online, Beating: c.beating, Out: c.out,
		Trouble: c.trouble, Behind: c.behind, Skew: int64(c.skew), Day: c.tally.day, Up: c.tally.up, Down: c.tally.down}
	r.Heard = c.heard
	return r
}

// tell reports to the desk process, if there is one.
func (c *clock) tell() {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.p.away == nil {
		return
	}
	r := c.report()
	c.p.away.send(partMsg{Kind: partReport, Clock: c.index, report: &r})
	c.heard = nil
}

// tellMember says which rosters came. The caller holds mu.
func (c *clock) tellMember() {
	if c.p.away != nil {
		c.p.away.send(partMsg{Kind: partMember, Clock: c.index, Body: wire.MustEncode(partRoster{*c.member, c.newest})})
	}
}

// tellTickets makes tickets of a receipt, and hands them to the desk process.
func (c *clock) tellTickets() {
	c.p.mu.Lock()
	r, b, got := c.receipt, c.batch, c.stock.Got
	c.receipt = relay.Receipt{}
	away := c.p.away
	c.p.mu.Unlock()
	if r.Status != relay.ReceiptSigned || b == nil || got >= b.Errand().Epoch {
		return
	}
	tickets, err := b.Finish(r)
	if err != nil {
		c.say(err)
		return
	}
	s := stockOf(b, tickets)
	c.p.mu.Lock()
	c.stock.Got = s.Got
	c.p.mu.Unlock()
	away.send(partMsg{Kind: partTickets, Clock: c.index, Body: wire.MustEncode(s)})
}
