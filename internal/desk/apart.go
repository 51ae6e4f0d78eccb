package desk

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"backchannel/internal/fault"
	"backchannel/internal/line"
	"backchannel/internal/relay"
	"backchannel/internal/vault"
	"backchannel/internal/wire"
)

// A desk that is served runs in two processes: decision 0109. The line process
// has the connections to the relays, the decks with their keys, and the inbox;
// the desk process has the vault. They talk over a pair of sockets without a name
// that one of them inherits from the other. When the desk process ends, by a lock
// or a crash, the line process ticks on and stows what arrives.

// partMsg is what goes over. What is in Body depends on Kind.
type partMsg struct {
	Kind  partKind `cbor:"1,keyasint"`
	ID    uint64   `cbor:"2,keyasint,omitempty"` // of a question, and of its answer
	Clock int      `cbor:"3,keyasint,omitempty"`
	Body  []byte   `cbor:"4,keyasint,omitempty"`

	report *report // of a partReport; Body and state are made of it when it goes
	state  []byte  // of a partReport: it stands behind the message
}

type partKind string

const (
	// From the desk process.
	partHello    partKind = "hello"    // hello; asks
	partFrame    partKind = "frame"    // partFrameBody: of the outbox, to be sent
	partGo       partKind = "go"       // all that waits was given
	partChange   partKind = "change"   // change; asks
	partWithdraw partKind = "withdraw" // partFrameBody without bytes
	partRecall   partKind = "recall"   // list of begunWire: off the decks, if none of them was begun; asks
	partFar      partKind = "far"      // vault.Far
	partMember   partKind = "member"   // membership: also of a clock that was just made; and from the line process: partRoster
	partWipe     partKind = "wipe"     // vault.Far; asks
	partNote     partKind = "note"     // for the next desk process: where the page was
	partBye      partKind = "bye"      // why

	// From the line process.
	partReport  partKind = "report"  // report, of one length
	partAnswer  partKind = "answer"  // partAnswerBody
	partTickets partKind = "tickets" // stock

	partWithdrawn partKind = "withdrawn" // partFrameBody: it was not begun, and is gone
)

// Why a desk process says bye. One that does not has crashed.
const (
	byeDone = "done"
	byeLock = "lock"
)

const (
	maxNote    = 256
	maxPart    = 4 << 20
	reportSize = 16 << 10 // enough for what is in one beside the state
)

type partHelloBody struct {
	Keys    vault.LineKeys `cbor:"1,keyasint"`
	Far     []byte         `cbor:"2,keyasint"`
	Tor     string         `cbor:"3,keyasint,omitempty"`
	Members []membership   `cbor:"4,keyasint"`
}

type partWelcomeBody struct {
	Reports []report `cbor:"1,keyasint"`
}

type partFrameBody struct {
	Line   uint32     `cbor:"1,keyasint"`
	Class  line.Class `cbor:"2,keyasint"`
	Number uint64     `cbor:"3,keyasint"`
	Bytes  []byte     `cbor:"4,keyasint,omitempty"`
}

type partAnswerBody struct {
	Made  made       `cbor:"1,keyasint"`
	More  []byte     `cbor:"2,keyasint,omitempty"`
	Error *faultWire `cbor:"3,keyasint,omitempty"`
}

type partRoster struct {
	Member membership   `cbor:"1,keyasint"`
	Newest relay.Roster `cbor:"2,keyasint"`
}

// report is what the line process says of a clock after each tick, in one length
// whatever happened, and with the deck's state.
type report struct {
	State   []byte      `cbor:"1,keyasint"` // empty where it stands behind the message
	Next    uint64      `cbor:"2,keyasint"`
	Gen     uint64      `cbor:"3,keyasint"`
	Online  bool        `cbor:"4,keyasint"`
	Beating bool        `cbor:"5,keyasint"`
	Out     bool        `cbor:"6,keyasint"`
	Trouble string      `cbor:"7,keyasint"`
	Behind  uint64      `cbor:"8,keyasint"`
	Skew    int64       `cbor:"9,keyasint"`
	Day     string      `cbor:"10,keyasint"`
	Up      uint64      `cbor:"11,keyasint"`
	Down    uint64      `cbor:"12,keyasint"`
	Heard   []heardWire `cbor:"13,keyasint"`
	Pad     []byte      `cbor:"14,keyasint"`

	deck *line.Deck // as it stood; State is made of it when the report goes
}

// encode gives the report in its one length, without the state.
func (r report) encode() ([]byte, error) {
	const most = 1 << 10
	r.State = nil
	if len(r.Trouble) > most {
		r.Trouble = r.Trouble[:most]
	}
	b, err := wire.Encode(r)
	if err != nil {
		return nil, err
	}
	r.Pad = make([]byte, reportSize-len(b)-2) // its length takes two bytes more than that of none
	return wire.Encode(r)
}

// partConn is one end of what lies between the two processes.
type partConn struct {
	c    net.Conn
	r    *bufio.Reader
	gate func() // waits for a moment away from the sending

	mu    sync.Mutex
	more  *sync.Cond
	out   []partMsg
	ended bool
	done  chan struct{} // closed when the writer has ended
}

func newPartConn(c net.Conn, gate func()) *partConn {
	p := &partConn{c: c, r: bufio.NewReader(c), gate: gate, done: make(chan struct{})}
	p.more = sync.NewCond(&p.mu)
	go p.write()
	return p
}

// send puts a message behind the others. A report takes the place of an earlier
// one of the same clock that is still there, with all that was heard: so what
// waits is bounded, nobody who reads slowly holds up a tick, and an answer does
// not overtake the report that belongs to it.
func (p *partConn) send(m partMsg) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if m.Kind == partReport {
		for i, q := range p.out {
			if q.Kind == partReport && q.Clock == m.Clock {
				m.report.Heard = addHeard(q.report.Heard, m.report.Heard)
				p.out[i] = m
				return
			}
		}
	}
	p.out = append(p.out, m)
	p.more.Signal()
}

// write sends what waits, and closes when that is done and nothing more comes.
func (p *partConn) write() {
	defer close(p.done)
	defer p.c.Close()
	for {
		p.mu.Lock()
		for len(p.out) == 0 && !p.ended {
			p.more.Wait()
		}
		if len(p.out) == 0 {
			p.mu.Unlock()
			return
		}
		m := p.out[0]
		p.out = p.out[1:]
		p.mu.Unlock()
		var err error
		if m.report != nil {
			m.state = m.report.deck.State()
			m.Body, err = m.report.encode()
		}
		var b []byte
		if err == nil {
			b, err = wire.Encode(m)
		}
		if err == nil {
			p.gate()
			head := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b)))
			all := net.Buffers{append(head, b...)}
			if m.report != nil {
				all = append(all, m.state)
			}
			_, err = all.WriteTo(p.c)
		}
		if err != nil {
			p.mu.Lock()
			p.ended, p.out = true, nil
			p.mu.Unlock()
			return
		}
	}
}

// close lets what waits go out, and then ends it.
func (p *partConn) close() {
	p.mu.Lock()
	p.ended = true
	p.more.Signal()
	p.mu.Unlock()
}

func (p *partConn) read() (m partMsg, err error) {
	var n [4]byte
	if _, err := io.ReadFull(p.r, n[:]); err != nil {
		return m, err
	}
	size := binary.BigEndian.Uint32(n[:])
	if size > maxPart {
		return m, fault.New(fault.Limit, "desk.part", "", "a message of %d bytes between the parts of a desk", size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(p.r, b); err != nil {
		return m, err
	}
	if err := wire.DecodeOwn(b, &m); err != nil {
		return m, err
	}
	if m.Kind == partReport {
		m.state = make([]byte, line.StateSize)
		_, err = io.ReadFull(p.r, m.state)
	}
	p.gate()
	return m, err
}

// err gives the fault that crossed, if one did.
func (f *faultWire) err() error {
	if f == nil {
		return nil
	}
	return f.error()
}
