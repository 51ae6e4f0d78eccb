package line

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"backchannel/internal/keys"
	"backchannel/internal/keys/kemtest"
)

// world is a relay and some desks, on a simulated clock. A desk here does what
// the driver's contract asks for, on a disk that is a few Go values, so that a
// test can crash it between any two steps.
type world struct {
	t      testing.TB
	tick   uint64
	relay  Relay
	roster func(uint64) [32]byte
	slates map[uint64][][]byte
	sent   map[uint64]map[string]bool // which members a slate has cells of
	desks  []*desk
	// tamper, if set, is the relay's hand on the slate of a tick.
	tamper func(tick uint64, cells [][]byte) [][]byte
}

// disk is what survives a crash.
type disk struct {
	state  []byte
	ring   map[uint64][][]byte // by batch mod RingBatches
	batch  uint64
	from   uint64 // first batch not ingested
	outbox []Queued
	marks  map[streamID]Mark
	parts  []Row
	got    []Frame // the journal
}

type desk struct {
	w       *world
	name    string
	member  string // at the relay
	d       *Deck
	kem     keys.KEM
	seq     uint64
	disk    disk
	asm     *Assembler
	online  bool
	lazy    bool // does not ingest
	events  []Event
	works   []Work
	onCrash func(stage string) bool
}

func newWorld(t testing.TB, names ...string) *world {
	w := &world{t: t, tick: 1000, relay: Relay{Addr: "relay.example:443", Pin: []byte("pin"), Cohort: "c1"},
		slates: map[uint64][][]byte{}, sent: map[uint64]map[string]bool{}, roster: func(uint64) [32]byte { return [32]byte{7} }}
	for _, n := range names {
		w.add(n)
	}
	return w
}

func (w *world) add(name string) *desk {
	p := &desk{w: w, name: name, member: name, kem: kemtest.New(name), online: true}
	d, err := New(w.relay, w.tick, p.kem, [64]byte(p.rand(64)))
	must(w.t, err)
	p.d = d
	p.disk = disk{ring: map[uint64][][]byte{}, marks: map[streamID]Mark{}, state: d.State()}
	p.asm = NewAssembler()
	w.desks = append(w.desks, p)
	return p
}

// rand gives bytes that are different every time and the same in every run.
func (p *desk) rand(n int) []byte {
	var out []byte
	for len(out) < n {
		p.seq++
		h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(p.name), p.seq))
		out = append(out, h[:]...)
	}
	return out[:n]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// input is what the desk would give to Step now.
func (p *desk) input() StepInput {
	in := StepInput{Tick: p.w.tick, Roster: p.w.roster, Ingested: p.disk.from, KEM: p.kem, Rand: [48]byte(p.rand(48))}
	for t := p.d.Cursor(); t+2 <= p.w.tick && len(in.Slates) < 4; t++ {
		if c, ok := p.w.slates[t]; ok {
			in.Slates = append(in.Slates, Slate{Tick: t, Cells: c, Mine: p.w.sent[t][p.member]})
		}
	}
	return in
}

// step does one tick as the contract says. It gives the cell, nil if the desk
// crashed before sending.
func (p *desk) step() []byte {
	next, e, err := p.d.Step(p.input())
	must(p.w.t, err)
	if len(e.State) != StateSize || len(e.Rows)%Slots != 0 {
		p.w.t.Fatalf("state %d, rows %d", len(e.State), len(e.Rows))
	}
	p.events = append(p.events, e.Events...)
	p.works = append(p.works, e.Work)
	if p.onCrash != nil && p.onCrash("before") {
		p.reopen()
		return nil
	}
	p.disk.state = e.State
	for i := 0; i < len(e.Rows); i += Slots {
		p.disk.ring[p.disk.batch%RingBatches] = e.Rows[i : i+Slots]
		p.disk.batch++
	}
	p.d = next
	for _, v := range e.Events {
		if v.Kind == EventAcked {
			p.drop(v.Line, v.Class, v.Frame)
		}
	}
	if p.onCrash != nil && p.onCrash("after") {
		p.reopen()
		return nil
	}
	if !p.lazy {
		p.ingest()
	}
	return e.Cell[:]
}

func (p *desk) drop(line uint32, c Class, upTo uint64) {
	var keep []Queued
	for _, q := range p.disk.outbox {
		if q.Line != line || q.Class != c || q.Number > upTo {
			keep = append(keep, q)
		}
	}
	p.disk.outbox = keep
}

// ingest moves rows from the ring into the journal.
func (p *desk) ingest() {
	for ; p.disk.from < p.disk.batch; p.disk.from++ {
		for _, b := range p.disk.ring[p.disk.from%RingBatches] {
			r, err := DecodeRow(b)
			must(p.w.t, err)
			if r.Real {
				r.Bytes = bytes.Clone(r.Bytes)
				p.feed(r)
			}
		}
	}
}

func (p *desk) feed(r Row) {
	frames, mark, bad := p.asm.Add(r)
	if bad > 0 {
		p.w.t.Fatalf("%s: %d bad frames", p.name, bad)
	}
	p.disk.parts = append(p.disk.parts, r)
	p.disk.got = append(p.disk.got, frames...)
	p.disk.marks[streamID{mark.Line, mark.Class}] = mark
	var keep []Row
	for _, q := range p.disk.parts {
		m := p.disk.marks[streamID{q.Line, q.Class}]
		if q.Run > m.Run || q.Run == m.Run && q.Number >= m.Next {
			keep = append(keep, q)
		}
	}
	p.disk.parts = keep
}

// reopen is what a desk does when it starts: from the disk alone.
func (p *desk) reopen() {
	outbox := slices.Clone(p.disk.outbox)
	for i := range outbox {
		outbox[i].Slot = 0 // a stored frame knows its line, not its slot
	}
	d, done, err := Open(p.disk.state, outbox)
	must(p.w.t, err)
	for _, q := range done {
		p.drop(q.Line, q.Class, q.Number)
	}
	p.d = d
	p.asm = NewAssembler()
	for _, m := range p.disk.marks {
		p.asm.Restore(m)
	}
	parts := p.disk.parts
	p.disk.parts = nil
	for _, r := range parts {
		p.feed(r)
	}
	p.disk.batch = d.Batch()
}

// run lets n ticks pass.
func (w *world) run(n int) {
	for range n {
		w.tick++
		var cells [][]byte
		w.sent[w.tick] = map[string]bool{}
		for _, p := range w.desks {
			if p.online {
				if c := p.step(); c != nil && !w.sent[w.tick][p.member] {
					cells = append(cells, c)
					w.sent[w.tick][p.member] = true
				}
			}
		}
		if w.tamper != nil {
			cells = w.tamper(w.tick, cells)
		}
		w.slates[w.tick] = cells
	}
}

// until lets ticks pass until ok, and gives how many did.
func (w *world) until(limit int, what string, ok func() bool) int {
	w.t.Helper()
	for n := range limit {
		if ok() {
			return n
		}
		w.run(1)
	}
	if !ok() {
		w.t.Fatalf("not within %d ticks: %s", limit, what)
	}
	return limit
}

func (p *desk) invite() *Invite {
	next, _, inv, err := p.d.Invite(InviteRequest{Relay: p.w.relay, Tickets: [][]byte{[]byte("ticket")}, Label: p.name,
		Life: 150, Until: 1 << 40, Rand: [96]byte(p.rand(96))}, p.kem)
	must(p.w.t, err)
	p.d, p.disk.state = next, next.State()
	return inv
}

func (p *desk) accept(inv *Invite) {
	next, _, err := p.d.Accept(inv, p.kem, [80]byte(p.rand(80)))
	must(p.w.t, err)
	p.d, p.disk.state = next, next.State()
}

// open opens a line between two desks and lets the handshake end.
func (w *world) open(a, b *desk) (la, lb uint32) {
	w.t.Helper()
	inv, err := ParseInvite(a.invite().Text())
	must(w.t, err)
	b.accept(inv)
	la, lb = a.d.lines, b.d.lines
	w.until(200, "handshake", func() bool { return a.phase(la) == PhaseOpen && b.phase(lb) == PhaseOpen })
	return la, lb
}

func (p *desk) status(line uint32) Status {
	for _, s := range p.d.Lines() {
		if s.Line == line {
			return s
		}
	}
	return Status{}
}

func (p *desk) phase(line uint32) Phase { return p.status(line).Phase }

// say puts a frame into the outbox and then queues it.
func (p *desk) say(line uint32, c Class, b []byte) uint64 {
	s := p.status(line)
	q := Queued{s.Slot, line, c, s.NextFrame, b}
	p.disk.outbox = append(p.disk.outbox, q)
	next, err := p.d.Queue(q)
	must(p.w.t, err)
	p.d = next
	return q.Number
}

func (p *desk) saw(k EventKind) int {
	n := 0
	for _, e := range p.events {
		if e.Kind == k {
			n++
		}
	}
	return n
}

// text makes a frame that says who and what it is.
func text(p *desk, n, size int) []byte {
	b := fmt.Appendf(nil, "%s %d ", p.name, n)
	for i := 0; len(b) < size; i++ {
		b = binary.BigEndian.AppendUint32(b, uint32(i*n+len(p.name)))
	}
	return b
}

// received gives the frames of one line and class, in order.
func (p *desk) received(line uint32, c Class) (out [][]byte) {
	for _, f := range p.disk.got {
		if f.Line == line && f.Class == c {
			out = append(out, f.Bytes)
		}
	}
	return out
}
