package line

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"backchannel/internal/keys"
)

// The exhaustive search: two desks with one open line, and a relay, a disk and
// a keeper that may do their worst. Every sequence of steps up to a bound is
// tried; states that are the same are visited once.
//
// One step is one tick, with one of these moves in it:
type move uint8

const (
	quiet       move = iota
	sendA            // A's keeper says something
	sendB            // B's does
	loseA            // A's cell is lost
	loseB            // B's is
	loseBoth         // both are
	repeat           // every cell comes twice, and the slates before come again
	reorder          // cells change places, and slates come in the wrong order
	late             // A gets no slate in this tick, and two in the next
	crashStored      // A crashes after storing, before sending
	crashLost        // A crashes before storing
	restoreA         // A's vault is put back to the copy made at the start
	restoreB         // B's is
	moves
)

func (m move) String() string {
	return [...]string{"quiet", "send A", "send B", "lose A", "lose B", "lose both", "repeat", "reorder", "late", "crash stored", "crash lost", "restore A", "restore B"}[m]
}

// toyKEM is a KEM for finding deadlocks, not for keeping secrets: an
// encapsulation shows its randomness to everybody. A desk that lacks the seed
// cannot open one all the same, so who can read what is as with a real one.
type toyKEM struct{ salt [16]byte }

func stretch(n int, parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	out := make([]byte, n)
	copy(out, h.Sum(nil))
	return out
}

func (toyKEM) Public(seed [keys.KEMSeed]byte) ([]byte, error) {
	return stretch(keys.KEMPublic, []byte("ek"), seed[:]), nil
}

func (k toyKEM) Encapsulate(ek []byte) (ct, ss []byte, err error) {
	r := stretch(32, []byte("r"), k.salt[:], ek[:32])
	return append(r, make([]byte, keys.KEMCiphertext-32)...), stretch(keys.KEMShared, []byte("ss"), ek[:32], r), nil
}

func (k toyKEM) Decapsulate(seed [keys.KEMSeed]byte, ct []byte) ([]byte, error) {
	ek, _ := k.Public(seed)
	return stretch(keys.KEMShared, []byte("ss"), ek[:32], ct[:32]), nil
}

// end is one desk in the search: a value, like its deck.
type end struct {
	d      *Deck
	stored []byte // of the deck
	outbox []Queued
	marks  [Classes]Mark
	parts  []Row
	got    []byte // what was said to it, in the order in which it was shown
	said   []byte // what its journal says that its keeper said
	ring   []Row  // stored, and not ingested
}

// spot is one state of the search.
type spot struct {
	tick   uint64
	ends   [2]end
	slates []Slate // the last few
	late   bool    // A still has to get the slate before the last
	backup *[2]end
	put    bool // a vault was put back
	tags   [2][TagSize]byte
	up     *spot
	by     move
}

type search struct {
	t                    *testing.T
	relay                Relay
	states, merged, live int
	healed               int
	longest              int
	good                 map[[32]byte]bool
	hostile              func(tick uint64, cells [][]byte) [][]byte // the relay's hand; nothing that is said of it is then taken for a fault
}

func quickPace() pace {
	return pace{Silent: 12, CallEvery: 4, OfferEvery: 3, OfferTimes: 8, OfferLife: 150, HeldSilent: 250}
}

func (s *search) bytes(n int, what string, tick uint64, who int, put bool) []byte {
	return stretchLong(n, fmt.Appendf(nil, "%s %d %d %v", what, tick, who, put))
}

func stretchLong(n int, seed []byte) (out []byte) {
	for i := byte(0); len(out) < n; i++ {
		h := sha256.Sum256(append(seed, i))
		out = append(out, h[:]...)
	}
	return out[:n]
}

func (s *search) roster(uint64) [32]byte { return [32]byte{7} }

func (s *search) kem(p *spot, who int) toyKEM {
	return toyKEM{[16]byte(s.bytes(16, "kem", p.tick, who, p.put))}
}

// start opens a line between two desks, without faults.
func (s *search) start(rest int) *spot {
	p := &spot{tick: 1000}
	for i := range p.ends {
		d, err := New(s.relay, p.tick, s.kem(p, i), [64]byte(s.bytes(64, "new", 0, i, false)))
		must(s.t, err)
		d.pace = quickPace()
		p.ends[i] = end{d: d, stored: d.State()}
	}
	a, b := &p.ends[0], &p.ends[1]
	next, _, inv, err := a.d.Invite(InviteRequest{Relay: s.relay, Label: "a", Life: 100, Until: 1, Rand: [96]byte(s.bytes(96, "inv", 0, 0, false))}, s.kem(p, 0))
	must(s.t, err)
	a.d = next
	b.d, _, err = b.d.Accept(inv, s.kem(p, 1), [80]byte(s.bytes(80, "acc", 0, 1, false)))
	must(s.t, err)
	for a.d.slots[0].Phase != PhaseOpen || b.d.slots[0].Phase != PhaseOpen {
		p = s.step(p, quiet)
		a, b = &p.ends[0], &p.ends[1]
		if p.tick > 1090 {
			s.t.Fatal("the line does not open")
		}
	}
	for range rest {
		p = s.step(p, quiet)
	}
	p.up = nil
	p.backup = &[2]end{p.ends[0].copy(), p.ends[1].copy()}
	return p
}

func (e *end) copy() end {
	c := *e
	c.outbox, c.parts, c.got, c.said, c.ring = slices.Clone(e.outbox), slices.Clone(e.parts), slices.Clone(e.got), slices.Clone(e.said), slices.Clone(e.ring)
	return c
}

// reopen is what a desk does when it starts.
func (s *search) reopen(e *end) {
	d, done, err := Open(e.stored, e.outbox)
	must(s.t, err)
	d.pace = quickPace()
	for _, q := range done {
		e.acked(q.Class, q.Number)
	}
	e.d = d
}

func (e *end) acked(c Class, n uint64) {
	e.outbox = slices.DeleteFunc(slices.Clone(e.outbox), func(q Queued) bool { return q.Class == c && q.Number <= n })
}

// say has a keeper say one thing, a byte that nobody has said before.
func (s *search) say(e *end, b byte) {
	st, err := e.d.Status(e.slot())
	must(s.t, err)
	q := Queued{Slot: st.Slot, Line: st.Line, Class: Text, Number: st.NextFrame, Bytes: []byte{b}}
	e.outbox = append(slices.Clone(e.outbox), q)
	e.d, err = e.d.Queue(q)
	must(s.t, err)
}

// slot finds the line, which a renewal moves.
func (e *end) slot() int {
	for i := range e.d.slots {
		if e.d.slots[i].Line == 1 {
			return i
		}
	}
	return 0
}

// ingest shows what came, once: frames by the assembler, things said by what
// they are, as a desk tells entries by their ids.
func (s *search) ingest(e *end) {
	asm := NewAssembler()
	for _, m := range e.marks {
		if m.Run > 0 {
			asm.Restore(m)
		}
	}
	rows := append(slices.Clone(e.parts), e.ring...)
	e.parts, e.ring, e.got = nil, nil, slices.Clone(e.got)
	for _, r := range rows {
		frames, m, bad := asm.Add(r)
		if bad > 0 {
			s.t.Fatal("a frame does not verify")
		}
		e.marks[m.Class] = m
		e.parts = append(e.parts, r)
		for _, f := range frames {
			if slices.Contains(e.got, f.Bytes[0]) {
				continue // sent again for a desk that may have lost it
			}
			e.got = append(e.got, f.Bytes[0])
		}
	}
	e.parts = slices.DeleteFunc(e.parts, func(r Row) bool {
		m := e.marks[r.Class]
		return r.Run < m.Run || r.Run == m.Run && r.Number < m.Next
	})
}

// step plays one tick.
func (s *search) step(p *spot, m move) *spot {
	n := &spot{tick: p.tick + 1, slates: slices.Clone(p.slates), backup: p.backup, put: p.put, up: p, by: m}
	for i := range n.ends {
		n.ends[i] = p.ends[i].copy()
	}
	if m == restoreA || m == restoreB {
		i := int(m - restoreA)
		n.ends[i] = p.backup[i].copy()
		s.reopen(&n.ends[i])
		n.put = true
	}
	if m == sendA || m == sendB {
		i := int(m - sendA)
		b := byte(i*100 + len(n.ends[i].said) + 1)
		if n.put {
			b += 50 // what is said afterwards is something else
		}
		s.say(&n.ends[i], b)
		n.ends[i].said = append(n.ends[i].said, b)
	}
	var cells [2][]byte
	for i := range n.ends {
		cells[i] = s.tick(n, p, i, m)
	}
	s.noTagTwice(n)
	for i, lost := range []bool{m == loseA || m == loseBoth, m == loseB || m == loseBoth} {
		if lost {
			cells[i] = nil
		}
	}
	slate := Slate{Tick: n.tick}
	for _, c := range cells {
		if c != nil {
			slate.Cells = append(slate.Cells, c)
		}
	}
	if m == repeat {
		slate.Cells = append(slate.Cells, slate.Cells...)
	}
	if m == reorder {
		slices.Reverse(slate.Cells)
	}
	if s.hostile != nil {
		slate.Cells = s.hostile(n.tick, slate.Cells)
	}
	n.slates = append(n.slates, slate)
	n.late = m == late
	if len(n.slates) > 6 {
		n.slates = n.slates[1:]
	}
	return n
}

// tick steps one desk and gives its cell, nil if it crashed before sending.
func (s *search) tick(n, p *spot, i int, m move) []byte {
	e := &n.ends[i]
	in := StepInput{Tick: n.tick, Roster: s.roster, Ingested: e.d.Batch(), KEM: s.kem(n, i), Rand: [48]byte(s.bytes(48, "step", n.tick, i, n.put))}
	for _, sl := range p.slates {
		again := m == repeat || m == reorder
		if sl.Tick+2 <= n.tick && (sl.Tick >= e.d.Cursor() || again) {
			in.Slates = append(in.Slates, sl)
		}
	}
	if m == reorder {
		slices.Reverse(in.Slates)
	}
	if m == late && i == 0 {
		in.Slates = nil
	}
	next, eff, err := e.d.Step(in)
	must(s.t, err)
	n.tags[i] = [TagSize]byte(eff.Cell[:])
	s.events(n, eff.Events)
	if m == crashLost && i == 0 {
		s.reopen(e)
		n.tags[i] = [TagSize]byte{}
		return nil
	}
	e.d, e.stored = next, eff.State
	for _, b := range eff.Rows {
		if r, err := DecodeRow(b); err == nil && r.Real {
			e.ring = append(e.ring, r)
		}
	}
	for _, v := range eff.Events {
		if v.Kind == EventAcked {
			e.acked(v.Class, v.Frame)
		}
	}
	if m == crashStored && i == 0 {
		s.reopen(e)
		n.tags[i] = [TagSize]byte{}
		return nil
	}
	s.ingest(e)
	return eff.Cell[:]
}

// events demands that nothing is said of old vaults where none is one.
func (s *search) events(n *spot, list []Event) {
	for _, v := range list {
		switch v.Kind {
		case EventAcked, EventEpoch, EventOpened, EventJoining:
		case EventUnopened, EventDoubled:
			if s.hostile == nil {
				s.t.Fatalf("%s: %s", v.Kind, n.path())
			}
		case EventSetBack, EventPeerSetBack, EventBehind, EventPeerBehind, EventElsewhere:
			if !n.put {
				s.t.Fatalf("%s without a vault put back: %s", v.Kind, n.path())
			}
		default:
			s.t.Fatalf("%s: %s", v.Kind, n.path())
		}
	}
}

// noTagTwice demands that no tick key is used again on the way to here.
func (s *search) noTagTwice(n *spot) {
	for i, t := range n.tags {
		if t == [TagSize]byte{} {
			continue
		}
		for q := n; q != nil; q = q.up {
			for j, u := range q.tags {
				if t == u && (q != n || i != j) {
					s.t.Fatalf("a tag is used twice: %s", n.path())
				}
			}
		}
	}
}

func (p *spot) path() (out string) {
	for q := p; q != nil && q.up != nil; q = q.up {
		out = fmt.Sprintf("%d %s; ", q.tick, q.by) + out
	}
	return out
}

// key names a state: all that what comes next depends on.
func (s *search) key(p *spot) [32]byte {
	buf := make([]byte, 0, 1<<16)
	for i := range p.ends {
		e := &p.ends[i]
		c := coder{b: make([]byte, 2<<14), put: true}
		for k := range 2 {
			sl := e.d.slots[k]
			sl.code(&c)
		}
		buf = append(buf, c.b[:c.at]...)
		buf = binary.BigEndian.AppendUint64(buf, e.d.tick)
		buf = binary.BigEndian.AppendUint64(buf, e.d.cursor)
		buf = fmt.Appendf(buf, "%v %v %v %v %v %v", e.d.gaps, e.outbox, e.marks, len(e.parts), e.got, e.said)
	}
	for _, sl := range p.slates {
		buf = append(buf, byte(sl.Tick))
		for _, c := range sl.Cells {
			buf = append(buf, c[:TagSize+SaltSize]...)
		}
	}
	buf = append(buf, bit(p.late), bit(p.put))
	return sha256.Sum256(buf)
}
