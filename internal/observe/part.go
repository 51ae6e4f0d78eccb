package observe

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/internal/desk"
	"backchannel/internal/fault"
	"backchannel/internal/record"
)

// order is what the parent tells a part. The first one of a part is "start".
type order struct {
	Op      string      `json:"op"`
	Kind    Kind        `json:"kind,omitempty"`
	Dir     string      `json:"dir,omitempty"`
	Keeper  record.Name `json:"keeper,omitempty"`
	Aside   int         `json:"aside,omitempty"` // the processor of the desk process; 0: any
	Address string      `json:"address,omitempty"`
	Ticket  string      `json:"ticket,omitempty"`
	Peer    record.Name `json:"peer,omitempty"`
	Invite  string      `json:"invite,omitempty"`
	Acts    []act       `json:"acts,omitempty"`
}

// act is something that a person does at a moment. Windows in which nobody does
// anything have acts too, that do nothing, so that the parent's own traffic with
// its parts is the same in all.
type act struct {
	At   int64       `json:"at"` // Unix nanoseconds
	Do   string      `json:"do"`
	To   record.Name `json:"to,omitempty"`
	Size int         `json:"size,omitempty"`
	File string      `json:"file,omitempty"` // where an invite is handed over
}

// What a person does.
const (
	doNothing = "nothing"
	doSay     = "say"
	doInvite  = "invite"
	doJoin    = "join"
	doHangup  = "hangup"
)

// answer is what a part says to any order but "acts", which has none.
type answer struct {
	Error  string `json:"error,omitempty"`
	Invite string `json:"invite,omitempty"`
	Open   int    `json:"open,omitempty"`   // lines
	Said   uint64 `json:"said,omitempty"`   // messages that were written
	Came   uint64 `json:"came,omitempty"`   // messages of others in the record
	Opened uint64 `json:"opened,omitempty"` // lines invited or joined
	Failed uint64 `json:"failed,omitempty"` // acts that gave an error
	Last   string `json:"last,omitempty"`   // the last such error
}

// actor is what a part runs: a desk, or a sender of the controls.
type actor interface {
	enrol(ctx context.Context, address, ticket string) error
	do(ctx context.Context, a act) error
	close() error
}

// Part runs one desk, or one sender of the controls, for an observation in
// another process: orders come on its standard input, which ends it, and answers
// go to its standard output. A desk is two processes here as everywhere: see
// serveLine.
func Part(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &part{}
	defer p.end()
	dec := json.NewDecoder(os.Stdin)
	first, err := p.inherit()
	if err != nil {
		return err
	}
	if first.Op == "" {
		if dec.Decode(&first) != nil {
			return nil // the parent is gone
		}
		if first.Op == "start" && first.Kind == Shaped {
			if err := serveLine(ctx, first); !errors.Is(err, errors.ErrUnsupported) {
				return err
			}
		}
	}
	enc := json.NewEncoder(os.Stdout)
	for o := first; ; {
		if o.Op == "acts" {
			p.schedule(ctx, o.Acts)
		} else {
			ans, err := p.obey(ctx, o)
			if err != nil {
				ans.Error = err.Error()
			}
			if err := enc.Encode(ans); err != nil {
				return fault.Wrap(err, fault.Internal, "observe.pipe", "", "the observation that this belongs to is gone")
			}
		}
		o = order{}
		if dec.Decode(&o) != nil {
			return nil // the parent is gone, or done
		}
	}
}

type part struct {
	way    *desk.LineWay // of a desk process: to its line process
	actor  actor
	desk   *desk.Desk // nil in a control
	said   atomic.Uint64
	opened atomic.Uint64
	failed atomic.Uint64
	mu     sync.Mutex
	last   string // guarded by mu
	wg     sync.WaitGroup
}

func (p *part) end() {
	p.wg.Wait()
	if p.actor != nil {
		p.actor.close()
	}
}

func (p *part) obey(ctx context.Context, o order) (answer, error) {
	if p.actor == nil && o.Op != "start" {
		return answer{}, fault.New(fault.Internal, "observe.order", "", "a part is started first")
	}
	switch o.Op {
	case "start":
		return answer{}, p.start(ctx, o)
	case "enrol":
		return answer{}, p.actor.enrol(ctx, o.Address, o.Ticket)
	case "invite":
		inv, err := p.desk.Invite(ctx, desk.InviteOrder{For: o.Peer})
		return answer{Invite: inv}, err
	case "join":
		return answer{}, p.desk.Join(ctx, o.Invite, o.Peer)
	case "lines":
		return p.lines(ctx)
	case "counts":
		return p.counts(ctx)
	}
	return answer{}, fault.New(fault.Internal, "observe.order", "", "no such order")
}

func (p *part) start(ctx context.Context, o order) error {
	if o.Kind != Shaped {
		p.actor = newSender(o.Kind, o.Dir)
		return nil
	}
	if p.way == nil { // one process does it all
		if err := o.create(); err != nil {
			return err
		}
	}
	d, err := desk.Open(ctx, o.vault(), passphrase, desk.Options{Line: p.way})
	if err != nil {
		return err
	}
	p.desk, p.actor = d, deskActor{d}
	return nil
}

func (p *part) lines(ctx context.Context) (ans answer, err error) {
	lines, err := p.desk.Lines(ctx)
	for _, l := range lines {
		if l.Phase == desk.Opened {
			ans.Open++
		}
	}
	return ans, err
}

func (p *part) counts(ctx context.Context) (answer, error) {
	ans := answer{Said: p.said.Load(), Opened: p.opened.Load(), Failed: p.failed.Load()}
	p.mu.Lock()
	ans.Last = p.last
	p.mu.Unlock()
	if p.desk == nil {
		return ans, nil
	}
	r, err := p.desk.Record(ctx)
	if err != nil {
		return ans, err
	}
	for _, it := range r.Known() {
		if _, ok := it.Body.(record.Message); ok && it.By != r.Keeper() {
			ans.Came++
		}
	}
	return ans, nil
}

// schedule does each act at its moment.
func (p *part) schedule(ctx context.Context, acts []act) {
	for _, a := range acts {
		p.wg.Add(1)
		time.AfterFunc(time.Until(time.Unix(0, a.At)), func() {
			defer p.wg.Done()
			if a.Do == doNothing || ctx.Err() != nil {
				return
			}
			switch err := p.actor.do(ctx, a); {
			case err != nil:
				p.failed.Add(1)
				p.mu.Lock()
				p.last = a.Do + ": " + err.Error()
				p.mu.Unlock()
			case a.Do == doSay:
				p.said.Add(1)
			case a.Do != doHangup:
				p.opened.Add(1)
			}
		})
	}
}

// deskActor is a person at a real desk.
type deskActor struct{ d *desk.Desk }

func (a deskActor) enrol(ctx context.Context, address, ticket string) error {
	return a.d.Enrol(ctx, address, ticket)
}

func (a deskActor) close() error { return a.d.Close() }

func (a deskActor) do(ctx context.Context, c act) error {
	switch c.Do {
	case doSay:
		_, err := a.d.Write(ctx, desk.Commit, record.Entry{Audience: []record.Name{c.To}, Body: record.Message{
			From: a.d.Keeper(), To: c.To, Form: record.Text, Fidelity: record.Verbatim, SpeechAct: record.Inform, Text: strings.Repeat("word ", c.Size/5+1),
		}})
		return err
	case doInvite:
		inv, err := a.d.Invite(ctx, desk.InviteOrder{For: c.To})
		if err != nil {
			return err
		}
		return os.WriteFile(c.File, []byte(inv), 0o600)
	case doJoin:
		b, err := os.ReadFile(c.File)
		if err != nil {
			return err
		}
		os.Remove(c.File)
		return a.d.Join(ctx, string(b), c.To)
	case doHangup:
		return a.d.Hangup(ctx, c.To)
	}
	return fault.New(fault.Internal, "observe.act", "", "no such act")
}
