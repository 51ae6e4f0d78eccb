package client

import (
	"github.com/coder/websocket"

	"backchannel/internal/fault"
	"backchannel/internal/relay"
)

// readAll reads replies until the connection ends. It never writes.
func (c *Conn) readAll() {
	defer close(c.ended)
	defer close(c.replies)
	defer c.ws.CloseNow()
	for {
		typ, b, err := c.ws.Read(c.ctx)
		if err != nil {
			c.fail(unreachable(err))
			return
		}
		r, err := c.take(typ, b)
		if err != nil {
			c.fail(err)
			return
		}
		select {
		case c.replies <- r:
		case <-c.ctx.Done():
			return
		}
	}
}

// take checks a reply against what was asked and what is known. Three checks:
// well-formed (DecodeReply), authentic (the charter), permitted now (it
// answers the oldest request, from its cursor on, under charters held).
func (c *Conn) take(typ websocket.MessageType, b []byte) (Reply, error) {
	bad := func(text string, args ...any) (Reply, error) {
		return Reply{}, fault.New(fault.Malformed, "relay.reply", "", "reply: "+text, args...)
	}
	if typ != websocket.MessageBinary {
		return bad("in text")
	}
	r, err := relay.DecodeReply(c.tt, b)
	if err != nil {
		return Reply{}, err
	}
	now := c.opts.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sent) == 0 || c.sent[0].tick != r.Tick {
		return bad("to something that was not asked")
	}
	asked := c.sent[0]
	c.sent = c.sent[1:]
	if r.Resume < asked.cursor {
		return bad("from before the cursor")
	}
	v, err := r.Charter.Verify(c.key)
	if err != nil {
		return Reply{}, err
	}
	if v.Charter().Roster.Version < c.charters.Newest().Charter().Roster.Version {
		// Older than what it showed before: it went back.
		return Reply{}, relay.TwoRosters(v.Charter().Roster.Version)
	}
	if err := c.charters.Add(v); err != nil {
		return Reply{}, err
	}
	for _, s := range r.Slates {
		held, ok := c.charters.At(s.Tick)
		if !ok || held.Charter().Roster.Version != s.Version {
			return bad("slate of tick %d under charter %d", s.Tick, s.Version)
		}
		for i := range s.Present {
			if s.Present[i] && !held.Charter().Roster.Has(i) {
				return bad("a cell in slot %d, which nobody has", i)
			}
		}
	}
	return Reply{
		Tick: r.Tick, Verdict: r.Verdict, Head: r.Head, Resume: r.Resume, Slates: r.Slates, Receipt: r.Receipt,
		At: now, Skew: r.Time.Sub(asked.at.Add(now.Sub(asked.at) / 2)), Roster: v.Charter().Roster.Version,
	}, nil
}
