package line

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"backchannel/internal/fault"
	"backchannel/internal/keys"
)

// pieces cuts a message as its sender would, with the id that it ought to have.
func pieces(message byte, b []byte) (out []fragment) {
	s := slot{}
	copy(s.outBuf(), b)
	s.say(message, 0, len(b))
	for range (len(b) + fragmentSize - 1) / fragmentSize {
		f := s.nextFragment()
		f.Bytes = bytes.Clone(f.Bytes)
		out = append(out, f)
	}
	return out
}

// middle is an attacker who holds a copy of the invite and is the relay: it
// opens every cell of the rendezvous and seals another in its place.
type middle struct {
	w     *world
	chain map[byte]chain
	alter func(dir byte, f fragment) fragment
}

func newMiddle(w *world, inv *Invite) *middle {
	_, seed := epochKeys([32]byte{}, inv.Secret[:], inv.digest())
	m := &middle{w: w, chain: map[byte]chain{}}
	for _, dir := range []byte{fromInviter, fromJoiner} {
		m.chain[dir] = newChain(seed, w.relay.ID(), dir, inv.Base)
	}
	w.tamper = m.tamper
	return m
}

func (m *middle) tamper(tick uint64, cells [][]byte) [][]byte {
	out := slices.Clone(cells)
	for dir, c := range m.chain {
		c.walk(tick-c.Pos, tick, &Work{})
		m.chain[dir] = c
		b := box{tick: tick, roster: m.w.roster(tick), dir: dir}
		b.tag, b.key = c.tickKeys(&Work{})
		for i, cell := range cells {
			if !bytes.Equal(cell[:TagSize], b.tag[:]) {
				continue
			}
			p, ok := b.open(cell, &Work{})
			if !ok {
				m.w.t.Fatal("the attacker cannot open a rendezvous cell: the test is not testing")
			}
			if p[1] != bodyFragment {
				continue
			}
			f, _ := parseFragment(p[headSize:])
			f.Bytes = bytes.Clone(f.Bytes)
			g := m.alter(dir, f)
			clear(p[headSize:])
			g.put(p)
			n := b.seal(p, [SaltSize]byte(cell[TagSize:]), &Work{})
			out[i] = n[:]
		}
	}
	return out
}

// Who holds a copy of the invite and the relay can stop a handshake, visibly,
// and can do nothing else to it: each message, altered in each of its parts.
// [LINE-8] [LINE-9] [INVITE-10]
func TestHandshakeWithAnAttackerInTheMiddle(t *testing.T) {
	at := map[byte][]int{
		msgHello:   {0, 1, 2, 17},
		msgKeys:    {0, 1215, 1216, 2431},
		msgAnswer:  {0, 1120, 2239, 2240, 4687},
		msgConfirm: {0, 7, 8, 1128, 2247, 2248, 2279},
	}
	cases := 0
	for message, places := range at {
		for _, place := range places {
			cases++
			w := newWorld(t, "ann", "bob")
			a, b := w.desks[0], w.desks[1]
			inv := a.invite()
			b.accept(inv)
			m := newMiddle(w, inv)
			m.alter = func(dir byte, f fragment) fragment {
				if f.Message != message {
					return f
				}
				from := a
				if dir == fromJoiner {
					from = b
				}
				whole := flip(from.d.slots[0].outBuf()[:messageSize(message)], place)
				return pieces(message, whole)[f.Index]
			}
			w.run(160)
			name := fmt.Sprintf("message %d, byte %d", message, place)
			if pa, pb := a.phase(1), b.phase(1); pa != PhaseFailed || pb != PhaseFailed {
				t.Errorf("%s: phases %v and %v", name, pa, pb)
			}
			if a.saw(EventFailed) != 1 || b.saw(EventFailed) != 1 || a.saw(EventOpened)+b.saw(EventOpened) != 0 {
				t.Errorf("%s: not said, or not once", name)
			}
			// It is the joiner's look at the keys that ends this one: an attacker
			// with keys of its own would get through everything else.
			if r := b.status(1).Reason; message == msgKeys && r != ReasonKeys {
				t.Errorf("%s: the joiner's reason is %v", name, r)
			}
			if ra, rb := a.status(1).Reason, b.status(1).Reason; ra == ReasonExpired && rb == ReasonExpired {
				t.Errorf("%s: only time ended it", name)
			}
		}
	}
	if cases != 20 {
		t.Fatalf("%d cases", cases)
	}
}

// An attacker in the middle who alters nothing opens nothing after epoch 0.
func TestHandshakeAttackerWhoOnlyReadsLearnsNothing(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	inv := a.invite()
	b.accept(inv)
	m := newMiddle(w, inv)
	seen := 0
	m.alter = func(_ byte, f fragment) fragment { seen++; return f }
	w.until(100, "open", func() bool { return a.phase(1) == PhaseOpen && b.phase(1) == PhaseOpen })
	w.run(5)
	was := seen
	a.say(1, Text, []byte("secret"))
	w.run(50)
	if len(b.disk.got) != 1 || seen != was || seen == 0 {
		t.Fatalf("%d frames; the attacker read %d cells of the handshake, %d after", len(b.disk.got), was, seen-was)
	}
}

// Two joiners with one invite, the second one coming at any moment. Never do
// both have a line, and never without a word. [INVITE-9]
func TestInviteUsedTwiceFailsSafelyAndVisibly(t *testing.T) {
	seen := map[string]int{}
	for start := 0; start <= 48; start += 3 {
		w := newWorld(t, "ann", "bob", "eve")
		a, b, e := w.desks[0], w.desks[1], w.desks[2]
		inv := a.invite()
		b.accept(inv)
		w.run(start)
		e.accept(inv)
		w.run(160)
		pa, pb, pe := a.phase(1), b.phase(1), e.phase(1)
		if pb == PhaseOpen && pe == PhaseOpen || (pb == PhaseOpen || pe == PhaseOpen) != (pa == PhaseOpen) {
			t.Errorf("second at %d: phases %v, %v, %v", start, pa, pb, pe)
		}
		if a.saw(EventReused)+a.saw(EventDoubled)+a.saw(EventFailed) == 0 {
			t.Errorf("second at %d: the inviter's desk said nothing", start)
		}
		if again := a.status(1).Again; again == 0 || again > w.tick {
			t.Errorf("second at %d: it is not kept: %d", start, again)
		}
		if pe != PhaseOpen && e.saw(EventFailed) != 1 || pb != PhaseOpen && b.saw(EventFailed) != 1 {
			t.Errorf("second at %d: a joiner's desk said nothing", start)
		}
		if pa == PhaseOpen {
			other := b
			if pe == PhaseOpen {
				other = e
			}
			a.say(1, Text, []byte("still here"))
			w.run(30)
			if len(other.disk.got) != 1 {
				t.Errorf("second at %d: the open line does not carry any more", start)
			}
		}
		seen[fmt.Sprintf("%v/%v/%v", pa, pb, pe)]++
	}
	t.Log(seen)
	if len(seen) < 2 {
		t.Fatal("the moments tried do not differ")
	}
}

// [INVITE-5] [INVITE-6] [INVITE-7], and room: refusals of Accept and Invite.
func TestInviteRefusals(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	inv := a.invite()
	try := func(p *desk, v *Invite) error {
		_, _, err := p.d.Accept(v, p.kem, [80]byte{})
		return err
	}
	if err := try(a, inv); !fault.Is(err, fault.Refused) {
		t.Errorf("own invite: %v", err)
	}
	other := *inv
	other.Cohort = "c2"
	if err := try(b, &other); !fault.Is(err, fault.Unauthentic) {
		t.Errorf("another cohort: %v", err)
	}
	moved := *inv
	moved.Addr = "elsewhere.example:443"
	if err := try(b, &moved); err != nil {
		t.Errorf("another address of the same relay: %v", err)
	}
	b.accept(inv)
	if err := try(b, inv); !fault.Is(err, fault.Refused) {
		t.Errorf("used: %v", err)
	}
	b.reopen()
	next, err := b.d.Remove(0)
	must(t, err)
	b.d = next
	if err := try(b, inv); !fault.Is(err, fault.Refused) {
		t.Errorf("used, after a restart and the line's removal: %v", err)
	}
	late := a.invite()
	w.tick += 148
	w.run(1)
	if err := try(b, late); err != nil {
		t.Errorf("in its last tick: %v", err)
	}
	w.run(1)
	if err := try(b, late); !fault.Is(err, fault.Expired) {
		t.Errorf("expired: %v", err)
	}
	if late.CheckTime(late.Until-1) != nil || !fault.Is(late.CheckTime(late.Until), fault.Expired) {
		t.Error("expiry by time")
	}
	for len(b.d.Lines()) < Slots {
		b.invite()
	}
	if _, _, _, err := b.d.Invite(InviteRequest{Relay: w.relay, Life: 1}, b.kem); !fault.Is(err, fault.Limit) {
		t.Errorf("no room: %v", err)
	}
	if _, _, _, err := a.d.Invite(InviteRequest{Relay: Relay{Cohort: "x"}, Life: 1}, b.kem); !fault.Is(err, fault.Unauthentic) {
		t.Errorf("another relay: %v", err)
	}
}

// countKEM counts the keys it has to make.
type countKEM struct {
	keys.KEM
	made int
}

func (c *countKEM) Public(seed [32]byte) ([]byte, error) {
	c.made++
	return c.KEM.Public(seed)
}

// Keys made ahead are the ones that are used.
func TestKeysMadeAhead(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	c := &countKEM{KEM: a.kem}
	r := InviteRequest{Relay: w.relay, Life: 150, Until: 1, Rand: [96]byte(a.rand(96))}
	k, err := PrepareInvite(c, r.Rand)
	must(t, err)
	_, _, inv, err := a.d.Invite(r, k)
	must(t, err)
	_, _, plain, err := a.d.Invite(r, a.kem)
	must(t, err)
	if c.made != 2 || inv.Text() != plain.Text() {
		t.Errorf("%d keys made for an invite", c.made)
	}
	rand := [80]byte(b.rand(80))
	k, err = PrepareAccept(c, rand)
	must(t, err)
	d, _, err := b.d.Accept(inv, k, rand)
	must(t, err)
	other, _, err := b.d.Accept(inv, b.kem, rand)
	must(t, err)
	if c.made != 4 || !bytes.Equal(d.State(), other.State()) {
		t.Errorf("%d keys made for an invite and an acceptance", c.made)
	}
}

// Content waits for the handshake, on either side, and epoch 0 never carries
// any. [LINE-10]
func TestNoContentBeforeTheHandshakeEnds(t *testing.T) {
	w := newWorld(t, "ann", "bob")
	a, b := w.desks[0], w.desks[1]
	inv := a.invite()
	b.accept(inv)
	a.say(1, Control, []byte("from the inviter"))
	b.say(1, Control, []byte("from the joiner"))
	m := newMiddle(w, inv)
	m.alter = func(_ byte, f fragment) fragment { return f }
	inner := w.tamper
	w.tamper = func(tick uint64, cells [][]byte) [][]byte {
		for _, c := range inner(tick, cells) {
			for dir, ch := range m.chain {
				bx := box{tick: tick, roster: w.roster(tick), dir: dir}
				bx.tag, bx.key = ch.tickKeys(&Work{})
				if p, ok := bx.open(c, &Work{}); ok && bytes.Equal(c[:TagSize], bx.tag[:]) && p[1] == bodySegment {
					t.Error("a segment under epoch 0")
				}
			}
		}
		return cells
	}
	for range 100 {
		w.run(1)
		for _, p := range w.desks {
			if len(p.disk.got) > 0 && p.phase(1) != PhaseOpen {
				t.Fatalf("%s has content in phase %v", p.name, p.phase(1))
			}
		}
	}
	if len(a.disk.got) != 1 || len(b.disk.got) != 1 {
		t.Fatal("what waited did not arrive")
	}
}
